"""The record of a run: everything needed to read it, repeat it and compare it, and nothing that is secret."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from corpus.errors import OnRecordError
from corpus.settings import Settings
from evals.cases import Span, explained

_PACKAGES = ("corpus", "ingest", "rag", "evals")
_SECRET = re.compile(r"key|token|secret|password", re.I)
REFUSED = frozenset({"not_found", "filtered_out", "unclear"})
FAILED = "error"  # outcome of a case where asking raised; its text says what


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True)


class Cited(_Read):
    """A citation, as `ask --json` gives it."""

    marker: int
    statement_id: str
    version: int
    title: str
    issuer: str | None = None
    date: date
    url: str | None = None
    start: int
    end: int
    quote: str
    speaker: str | None = None
    voice: str = ""


class Excerpt(_Read):
    """A piece of a version around gold and cited spans: ``text == version.text[start : start + len(text)]``."""

    statement: str
    version: int
    title: str
    start: int
    text: str


class CaseRecord(_Read):
    """One case of a run: what was asked and expected, what came back, and the scores.

    Attributes:
        retrieved: statement ids in order, or None where the one asked does not tell (a server).
        scores: by measure; one that the case is not eligible for is left out.
        timings_ms: by step; the one part of a record that differs from run to run.
    """

    id: str
    type: str
    turns: tuple[str, ...]
    answerable: bool
    gold: tuple[Span, ...] = ()
    alt_gold: tuple[Span, ...] = ()
    standalone_question: str = ""
    outcome: str
    text: str
    citations: tuple[Cited, ...] = ()
    retrieved: tuple[str, ...] | None = None
    timings_ms: Mapping[str, float] = {}
    scores: Mapping[str, float] = {}
    excerpts: tuple[Excerpt, ...] = ()

    @property
    def refused(self) -> bool:
        """Whether it said that it has no answer."""
        return self.outcome in REFUSED


class Head(_Read):
    """What a run was made with; two runs with equal heads answer equally."""

    config: Mapping[str, Any]
    corpus_sha256: str
    cases_sha256: str
    models: Mapping[str, str]
    code_version: str


class RunRecord(Head):
    """A whole run."""

    cases: tuple[CaseRecord, ...]


def read_record(path: Path) -> RunRecord:
    """Read a run record.

    Raises:
        OnRecordError: the file is not one.
    """
    try:
        return RunRecord.model_validate_json(path.read_bytes())
    except OSError as error:
        raise OnRecordError(f"{path}: cannot be read: {error.strerror}") from error
    except ValidationError as error:
        raise OnRecordError(f"{path}: not a run record: {next(explained(error))}. `eval run` makes one.") from error


def write_record(record: RunRecord, path: Path) -> None:
    """Write a run record in one step, so that there is never half of one."""
    unfinished = path.with_name(path.name + ".new")
    unfinished.write_text(json.dumps(record.model_dump(mode="json"), ensure_ascii=False, indent=1), encoding="utf-8")
    unfinished.replace(path)


def without_timings(record: RunRecord) -> dict[str, Any]:
    """A record as plain data without what differs from run to run."""
    plain = record.model_dump(mode="json")
    for case in plain["cases"]:
        del case["timings_ms"]
    return plain


_OF_SERVING = {"archive", "chat", "portal", "server", "sign_in", "limits", "audit", "log", "sources"}


def config_of(settings: Settings) -> dict[str, Any]:
    """The settings that a run depends on: not where the archive is or how it is served; secrets blotted out."""
    shown = settings.model_dump(mode="json", exclude=_OF_SERVING)
    blotted: dict[str, Any] = _without_secrets(shown)
    return blotted


def code_version() -> str:
    """The package's version and a hash of the source that answers and scores, so that an edit shows."""
    digest = hashlib.sha256()
    root = Path(__file__).parents[1]
    for path in sorted(file for package in _PACKAGES for file in (root / package).rglob("*.py")):
        digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes())
    try:
        number = version("onrecord")
    except PackageNotFoundError:
        number = "0"
    return f"{number}+{digest.hexdigest()[:12]}"


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: "***" if _SECRET.search(name) and inner else _without_secrets(inner) for name, inner in value.items()
        }
    return value
