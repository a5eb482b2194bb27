"""Sources as a person and the server use them: the commands, and the server's schedule."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

import pytest

from corpus.embedder import Embedder
from corpus.holdings import Holdings
from corpus.ledger import Ledger
from corpus.settings import Settings, SourceSettings
from ingest.schedule import SyncSchedule
from tests.conftest import Run
from tests.site import Site, feed, release, send, serving
from ui.cli import main

WORDS = (
    "The Minister of Defence of Freedonia met the Ambassador of Sylvania. They agreed on a joint exercise in spring."
)


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as site:
        site.at["/press/one"] = release("Exercise agreed", "2026-03-02", WORDS)
        site.at["/feed"] = feed((site.url("/press/one"), "1", "Mon, 02 Mar 2026 10:00:00 GMT"))
        yield site


@dataclass(frozen=True)
class Done:
    """What a command did."""

    returncode: int
    stdout: str
    stderr: str


Call = Callable[..., Done]


@pytest.fixture
def allowed(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """The command line, in this process, with settings under which the site may be called."""
    given = {"ALLOW_PRIVATE": '["127.0.0.1/32"]', "PORTS": f"[{site.port}]", "SECONDS_BETWEEN": "0", "BACKOFF": "0"}
    for name, value in given.items():
        monkeypatch.setenv(f"ONRECORD_SOURCES__{name}", value)

    def run(*arguments: str) -> Done:
        code = main(["--archive", str(tmp_path / "archive"), *arguments])
        return Done(code, *capsys.readouterr())

    return run


def test_this_machine_is_not_called_unless_a_setting_allows_it(site: Site, onrecord: Run) -> None:
    refused = onrecord("ingest", site.url("/press/one"), check=False)
    assert refused.returncode == 1 and "is refused" in refused.stderr and "docs/sources.md" in refused.stderr
    assert site.asked == []
    quiet = onrecord("sync")
    assert "There are no sources" in quiet.stderr and site.asked == []


def test_from_source_to_withdrawn_statement(site: Site, allowed: Call) -> None:
    added = allowed("source", "add", site.url("/feed"), "--issuer", "Ministry of Defence, Freedonia")
    assert added.returncode == 0 and "Source 1 is a feed" in added.stdout
    first = json.loads(allowed("sync", "--json").stdout)
    assert (first["new"], first["embedded"], first["problems"]) == (1, 1, [])
    (source,) = json.loads(allowed("source", "list", "--json").stdout)
    assert (source["held"], source["gone"], source["failing"], source["problem"]) == (1, 0, 0, None)

    site.at["/press/one"] = release("Exercise agreed", "2026-03-02", WORDS.replace("spring", "autumn"))
    assert json.loads(allowed("sync", "1", "--json", "--no-wait").stdout)["changed"] == 1
    name = f"127.0.0.1:{site.port}/press/one"
    shown = allowed("show", name, "--versions").stdout
    assert "+" in shown and "autumn" in shown and "spring" in shown

    site.at["/press/one"] = lambda request: send(request, 404)
    site.at["/feed"] = feed((site.url("/press/two"), "2", ""))
    last = allowed("sync")
    assert last.returncode == 1 and f"withdrawn by its source: {name}" in last.stdout
    assert "[withdrawn]" in allowed("list").stdout
    assert "/press/two: was answered with HTTP status 404 (1 times" in allowed("source", "failures").stdout
    assert [letter["failures"] for letter in json.loads(allowed("source", "failures", "--json").stdout)] == [1]

    assert "what was held of it stays" in allowed("source", "remove", "1").stdout
    assert name in allowed("list").stdout and allowed("source", "list").stdout == ""


def test_an_address_is_ingested_like_a_file(site: Site, allowed: Call) -> None:
    done = allowed("ingest", site.url("/press/one"), site.url("/nothing"), "--json", "--no-wait")
    summary = json.loads(done.stdout)
    assert done.returncode == 1 and summary["new"] == 1
    assert summary["problems"] == [{"where": site.url("/nothing"), "problem": "was answered with HTTP status 404"}]
    assert json.loads(allowed("ingest", site.url("/feed"), "--json", "--no-wait").stdout)["unchanged"] == 1


def test_the_server_syncs_by_itself_where_it_is_told_to(site: Site, tmp_path: Path, embedder: Embedder) -> None:
    limits = {"allow_private": (ip_network("127.0.0.1/32"),), "ports": (site.port,), "seconds_between": 0.0}
    asked = threading.Event()
    page = site.at["/press/one"]
    assert isinstance(page, str)
    body = page.encode()

    def told(request: object) -> None:
        send(request, 200, body, {"Content-Type": "text/html"})  # type: ignore[arg-type]
        asked.set()

    site.at["/press/one"] = told
    for hours in (0.0, 12.0):
        sources = SourceSettings(every_hours=hours, **limits)  # type: ignore[arg-type]
        with Holdings(Settings(archive=tmp_path / "archive", sources=sources), create=True) as holdings:
            holdings.embedder = embedder
            with Ledger(holdings.archive) as ledger:
                if not ledger.sources():
                    ledger.add(site.url("/feed"), "feed")
                schedule = SyncSchedule(holdings)
                schedule.start()
                found = asked.wait(30 if hours else 0.3)
                schedule.stop()
                assert found is bool(hours)
                assert bool(site.asked) is bool(hours)
    with Holdings(Settings(archive=tmp_path / "archive", sources=sources)) as holdings:
        holdings.embedder = embedder
        assert holdings.archive.all_ids() == [f"127.0.0.1:{site.port}/press/one"]
        site.asked.clear()
        schedule = SyncSchedule(holdings)  # a restart: nothing is due for another twelve hours
        schedule.start()
        schedule.stop()
        assert site.asked == []
