"""Shared by all tests: real parts in small, and nothing of the developer's own settings."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import settings

from corpus.archive import Archive
from corpus.embedder import Embedder, load_embedder
from corpus.model import Statement
from corpus.sentence_vectors import SentenceVectors
from corpus.settings import EmbedderSettings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# No test is about time: a slow machine fails none.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

CHROMIUM = Path("/usr/bin/chromium")
ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"
SAMPLE = ROOT / "corpus" / "sample" / "statements.jsonl"

# Of a passage whose sentences were not embedded.
NO_SENTENCES = SentenceVectors([], np.empty((0, 0), dtype=np.float32))

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Tests marked `shared` need the reference data, which is not part of the project."""
    if SHARED.is_dir():
        return
    for item in items:
        if item.get_closest_marker("shared"):
            item.add_marker(pytest.mark.skip(reason=f"no reference data in {SHARED}"))


@pytest.fixture(autouse=True)
def _no_settings_leak_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's onrecord.toml and ONRECORD_ variables say nothing here."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("ONRECORD_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    """The default embedding model, loaded once."""
    return load_embedder(EmbedderSettings())


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    """An empty archive."""
    archive = Archive(tmp_path / "archive")
    yield archive
    archive.close()


@pytest.fixture
def onrecord(tmp_path: Path) -> Run:
    """Run the command line in a process of its own, on the archive `tmp_path / "archive"`."""

    def run(*arguments: str | Path, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(command(tmp_path / "archive", *arguments), **process(tmp_path), timeout=120)
        assert not check or done.returncode == 0, done.stderr
        return done

    return run


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; required where ONRECORD_REQUIRE_BROWSER is set, else skipped where there is none.

    No longer than a module: Playwright's event loop runs as long, and no other can run beside it.
    """
    from playwright.sync_api import sync_playwright

    if not CHROMIUM.exists() and not os.environ.get("ONRECORD_REQUIRE_BROWSER"):
        pytest.skip(f"no browser at {CHROMIUM}")
    flags = "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=str(CHROMIUM), args=[*flags.split(), "--no-first-run"])
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a chat over the statements of `tests.chat_site` is served."""
    from tests.chat_site import chat_served

    with chat_served(tmp_path_factory.mktemp("chat")) as address:
        yield address


@pytest.fixture
def page(browser: Browser, chat: str) -> Iterator[Page]:
    """That chat, just opened in a window of 1440 by 900."""
    from tests.chat_site import page_open

    with page_open(browser, chat) as page:
        yield page


def command(archive: Path, *arguments: str | Path) -> list[str]:
    """How `onrecord` is called on an archive."""
    return [sys.executable, "-m", "ui.cli", "--archive", str(archive), *map(str, arguments)]


def process(folder: Path) -> dict[str, object]:
    """How a process of ours is started: in a folder of its own, with our code, its output kept as text."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    return {"cwd": folder, "env": environment, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}


def put(archive: Archive, name: str, text: str, **fields: object) -> str:
    """Hold a statement whose passages are its paragraphs; returns what came of it."""
    given = {"title": f"Title of {name}", "published": date(2025, 11, 24), "issuer": "Ministry of Tests"} | fields
    return archive.put(Statement(id=name, **given), text, text.encode(), f"{name}.txt", paragraphs(text))  # type: ignore[arg-type]


def paragraphs(text: str) -> list[tuple[int, int]]:
    """Spans of a text's paragraphs."""
    spans, start = [], 0
    for part in text.split("\n\n"):
        if part.strip():
            spans.append((start, start + len(part)))
        start += len(part) + 2
    return spans
