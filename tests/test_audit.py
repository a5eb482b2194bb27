"""The audit log: who asked what and what they were shown, in a chain that shows when it was changed."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from conftest import Run, put
from serving import BLUE, QUESTION, bearer, restricted, served

from corpus.archive import Archive
from corpus.model import Filters
from corpus.settings import AuditSettings, Settings
from ui.access.keys import Keys
from ui.access.store import open_store
from ui.audit import DATABASE, Audit, Watched, on_behalf
from ui.metrics import Metrics
from ui.reader import Reader


@pytest.fixture
def audit(tmp_path: Path) -> Iterator[Audit]:
    """An empty log."""
    log = Audit(tmp_path, AuditSettings())
    yield log
    log.close()


def fill(audit: Audit, count: int = 5) -> None:
    """Some entries of two readers."""
    for number in range(count):
        audit.write(f"key:{number % 2}", "asked", {"question": f"Question {number}?", "shown": []})


def test_the_chain_holds_and_goes_on_when_opened_again(audit: Audit, tmp_path: Path) -> None:
    assert audit.verify() == (0, "0" * 64, None)
    fill(audit)
    count, last, broken = audit.verify()
    assert (count, broken) == (5, None)
    again = Audit(tmp_path, AuditSettings())
    fill(again, 1)
    assert again.verify()[0] == 6 and again.verify()[1] != last and again.verify()[2] is None
    again.close()


def test_several_threads_make_one_chain(audit: Audit) -> None:
    threads = [threading.Thread(target=fill, args=(audit, 25)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert audit.verify()[::2] == (100, None)
    assert [entry.seq for entry in audit.entries()] == list(range(1, 101))


def test_a_long_log_is_no_more_work_to_add_to(audit: Audit) -> None:
    def work() -> int:
        steps = 0

        def count() -> None:
            nonlocal steps
            steps += 1

        audit._database.connection.set_progress_handler(count, 1)  # called at every step of SQLite's own machine
        fill(audit, 1)
        audit._database.connection.set_progress_handler(None, 0)
        return steps

    fill(audit, 1)
    short = work()
    fill(audit, 500)
    assert short > 0 and work() < short + 50


def test_entries_cannot_be_changed_or_taken_out(audit: Audit, tmp_path: Path) -> None:
    fill(audit)
    with sqlite3.connect(tmp_path / DATABASE) as db:
        for change in ("UPDATE entry SET reader = 'x'", "DELETE FROM entry", "DELETE FROM entry WHERE seq = 3"):
            with pytest.raises(sqlite3.IntegrityError, match="only grows"):
                db.execute(change)
    assert audit.verify()[0] == 5


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("UPDATE entry SET detail = replace(detail, 'Question 2', 'Question 7') WHERE seq = 3", 3),
        ("UPDATE entry SET reader = 'key:9' WHERE seq = 1", 1),
        ("UPDATE entry SET at = '2020-01-01' WHERE seq = 5", 5),
        ("DELETE FROM entry WHERE seq = 2", 3),
        ("UPDATE entry SET seq = 9 WHERE seq = 5", 9),
    ],
)
def test_a_change_behind_its_back_is_found(audit: Audit, tmp_path: Path, change: str, found: int) -> None:
    fill(audit)
    with sqlite3.connect(tmp_path / DATABASE) as db:
        db.executescript("DROP TRIGGER entry_stays; DROP TRIGGER entry_is_kept;")
        db.execute(change)
    assert audit.verify()[2] == found


def test_the_oldest_are_forgotten_and_the_chain_goes_on(audit: Audit, tmp_path: Path) -> None:
    fill(audit)
    assert audit.prune() == 0
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    assert audit.prune(tomorrow) == 5
    assert audit.verify()[::2] == (0, None) and list(audit.entries()) == []
    fill(audit, 2)
    assert [entry.seq for entry in audit.entries()] == [6, 7]
    assert audit.verify()[::2] == (2, None)
    assert audit.prune(date(2020, 1, 1)) == 0
    forever = Audit(tmp_path, AuditSettings(keep_days=0))
    assert forever.prune() == 0
    forever.close()


def test_what_is_redacted_cannot_be_read_and_can_be_told_apart(tmp_path: Path) -> None:
    log = Audit(tmp_path, AuditSettings(redact=["question", "reader"]))
    for question in ("Who is Ann?", "Who is Bob?", "Who is Ann?"):
        log.write("oidc:ann", "asked", {"question": question, "outcome": "answered"})
    first, second, third = log.entries()
    log.close()
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"Ann" not in kept and b"oidc:ann" not in kept
    assert first.detail["question"] == third.detail["question"] != second.detail["question"]
    assert first.reader == second.reader and first.detail["outcome"] == "answered"
    other = Audit(tmp_path / "other", AuditSettings(redact=["question"]))
    other.write("oidc:ann", "asked", {"question": "Who is Ann?"})
    assert next(other.entries()).detail["question"] != first.detail["question"], "each log has its own secret"
    other.close()


def test_nothing_is_written_where_the_settings_say_so(tmp_path: Path) -> None:
    log = Audit(tmp_path, AuditSettings(record=False))
    fill(log)
    assert log.verify()[0] == 0
    log.close()


def test_a_server_writes_down_who_was_shown_what(tmp_path: Path) -> None:
    settings = Settings(archive=tmp_path, sign_in={"mode": "keys"})  # type: ignore[arg-type]
    store = open_store(tmp_path)
    key, secret = Keys(store).add("program", groups=["blue"])
    with restricted(settings) as engine, served(engine, settings) as url:
        headers = bearer(secret) | {"X-Request-ID": "portal-7"}
        with httpx.Client(base_url=url, headers=headers, timeout=60) as client:
            answer = client.post("/api/v1/ask", json={"question": "What did the Zarquon Inlet Survey find?"}).json()
            streamed = client.post("/api/v1/ask", json={"question": QUESTION}, params={"stream": "1"})
            assert streamed.status_code == 200
            found = client.get("/api/v1/search", params={"q": "quicksand", "k": 1}).json()
            assert client.get("/api/v1/statements/blue/1").status_code == 200
            assert client.get("/api/v1/statements/red/1").status_code == 404
            assert httpx.post(f"{url}/api/v1/ask", json={"question": "nobody's"}).status_code == 401
    log = Audit(tmp_path, settings.audit)
    entries = list(log.entries())
    assert [entry.action for entry in entries] == ["asked", "asked", "searched", "opened"]
    assert {(entry.reader, entry.request_id) for entry in entries} == {(f"key:{key.id}", "portal-7")}
    asked, _, searched, opened = (entry.detail for entry in entries)
    assert asked["question"] == "What did the Zarquon Inlet Survey find?"
    assert (asked["outcome"], asked["groups"]) == (answer["outcome"], ["blue"])
    assert asked["shown"] == [
        {"statement": c["statement_id"], "version": c["version"], "start": c["start"], "end": c["end"]}
        for c in answer["citations"]
    ]
    assert asked["shown"][0] == {"statement": "blue/1", "version": 1, "start": 0, "end": len(BLUE)}
    assert searched["query"] == "quicksand" and searched["shown"][0]["statement"] == found[0]["statement_id"]
    assert opened == {"shown": [{"statement": "blue/1", "version": 1}]}
    assert log.verify()[2] is None
    log.close()
    store.close()


def test_an_answer_that_was_not_heard_to_its_end_is_written_down(tmp_path: Path) -> None:
    log = Audit(tmp_path, AuditSettings())
    with restricted(Settings(archive=tmp_path)) as engine:
        watched = on_behalf(Watched(engine, log, Metrics(engine.holdings)), Reader("ann", frozenset({"blue"})))
        cut = watched.stream(QUESTION, filters=Filters(groups=frozenset({"blue"})))
        next(cut)
        cut.close()
        with pytest.raises(AttributeError):
            watched.ask("and when was that?", history=[None])  # type: ignore[list-item]
        assert len(list(watched.stream(QUESTION))) > 1
    entries = list(log.entries())
    assert [(entry.reader, entry.detail["outcome"]) for entry in entries[:2]] == [("ann", "cut off"), ("ann", "failed")]
    assert entries[0].detail["groups"] == ["blue"] and entries[2].detail["shown"]
    log.close()


def test_the_log_from_the_command_line(tmp_path: Path, onrecord: Run) -> None:
    archive = Archive(tmp_path / "archive")
    put(archive, "a", "A text.")
    archive.close()
    log = Audit(tmp_path / "archive", AuditSettings())
    shown = [{"statement": "a", "version": 1, "start": 0, "end": 7}]
    log.write("oidc:ann", "asked", {"question": "What\nis \x1b[31mA?", "outcome": "answered", "shown": shown})
    fill(log, 3)
    log.close()
    line, *rest = onrecord("audit", "list").stdout.splitlines()
    assert "oidc:ann asked answered" in line and "a v1" in line and "\x1b" not in line and len(rest) == 3
    [only] = json.loads(onrecord("audit", "list", "--reader", "key:1", "--json").stdout)
    assert only["question"] == "Question 1?"
    assert onrecord("audit", "list", "--since", "2999-01-01").stdout == ""
    assert "4 entries" in onrecord("audit", "export", tmp_path / "log.jsonl").stdout
    assert len([json.loads(row) for row in (tmp_path / "log.jsonl").read_text().splitlines()]) == 4
    assert onrecord("audit", "export", tmp_path / "log.jsonl", check=False).returncode == 1, "nothing is overwritten"
    assert "4 entries hold" in onrecord("audit", "verify").stdout
    assert "4 entries" in onrecord("audit", "prune", "--before", "2999-01-01").stdout
    with sqlite3.connect(tmp_path / "archive" / DATABASE) as db:
        db.executescript("DROP TRIGGER entry_stays; DROP TRIGGER entry_is_kept;")
    log = Audit(tmp_path / "archive", AuditSettings())
    fill(log, 2)
    log.close()
    with sqlite3.connect(tmp_path / "archive" / DATABASE) as db:
        db.execute("UPDATE entry SET reader = 'x' WHERE seq = 6")
    done = onrecord("audit", "verify", check=False)
    assert done.returncode == 1 and "entry 6" in done.stdout
