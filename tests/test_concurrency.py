"""Many readers, an ingest and a stop at the same time, in a real server process."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from conftest import SAMPLE, command, process
from serving import free_port, wait_for

from corpus.archive import Archive
from corpus.settings import AuditSettings
from ui.audit import Audit

QUESTIONS = (
    "What did CDS discuss with Oman?",
    "Who co-chaired the 13th Joint Military Cooperation Committee?",
    "What was said about shipbuilding?",
    "List every statement on Oman",
    "What about the Okapi Accord?",
    "Compare the two readouts of the talks with Oman",
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an archive of the sample, vectors included."""
    folder = tmp_path_factory.mktemp("busy")
    done = subprocess.run(command(folder / "archive", "ingest", SAMPLE), **process(folder))  # type: ignore[call-overload]
    assert done.returncode == 0, done.stderr
    return folder


@contextmanager
def server(folder: Path, log: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`onrecord serve` in a process of its own, ready."""
    port = free_port()
    how = process(folder)
    with log.open("w") as out:
        running = subprocess.Popen(
            command(folder / "archive", "serve", "--port", str(port)),
            **(how | {"stdout": out, "stderr": out}),  # type: ignore[call-overload]
        )
        try:
            wait_for(f"http://127.0.0.1:{port}/readyz")
            yield running, f"http://127.0.0.1:{port}"
        finally:
            running.kill()
            running.wait()


def ask(url: str, question: str) -> httpx.Response:
    """One question."""
    return httpx.post(f"{url}/api/v1/ask", json={"question": question}, timeout=120)


def test_readers_are_answered_while_statements_come_in(made: Path, tmp_path: Path) -> None:
    rows = [
        {
            "id": f"okapi/{n}",
            "title": f"Okapi Accord {n}",
            "date": "2026-01-05",
            "text": f"Notice {n} says that okapi number {n} was counted.",
            "issuer": "Zoo Office",
        }
        for n in range(300)
    ]
    upload = "\n".join(map(json.dumps, rows)).encode()
    with server(made, tmp_path / "log") as (_, url), ThreadPoolExecutor(12) as readers:
        job = httpx.post(f"{url}/api/v1/ingest", files={"file": ("okapi.jsonl", upload)}, timeout=60)
        assert job.status_code == 202, job.text
        asked = [readers.submit(ask, url, QUESTIONS[n % len(QUESTIONS)]) for n in range(60)]
        for reply in asked:
            answer = reply.result()
            assert answer.status_code == 200
            archive = Archive(made / "archive", create=False)
            for citation in answer.json()["citations"]:
                text = archive.version(citation["statement_id"], citation["version"]).text
                assert text[citation["start"] : citation["end"]] == citation["quote"]
            archive.close()
        until = time.monotonic() + 120
        while True:
            state = httpx.get(url + job.headers["location"]).json()
            if state["state"] == "done":
                break
            assert state["state"] in ("waiting", "running") and time.monotonic() < until, state
            time.sleep(0.2)
        # While one index writer catches up, another reads what there was a moment before.
        asks = len(asked) + 1
        while ask(url, "Which okapi was counted in notice 299?").json()["outcome"] != "answered":
            assert time.monotonic() < until
            asks += 1
            time.sleep(0.2)
        while "onrecord_passages_due 0.0" not in httpx.get(f"{url}/metrics").text:
            assert time.monotonic() < until
            time.sleep(0.5)
    log = Audit(made / "archive", AuditSettings())
    assert log.verify() == (asks, log.verify()[1], None), "one chain, whatever came at once"
    log.close()


def test_a_stop_lets_answers_in_hand_finish(made: Path, tmp_path: Path) -> None:
    with server(made, tmp_path / "log") as (running, url), ThreadPoolExecutor(10) as readers:
        page = threading.Thread(target=_keep_open, args=(url,), daemon=True)
        page.start()
        asked = [readers.submit(ask, url, f"{QUESTIONS[n % 6]} {n}") for n in range(10)]
        while _at_work(url) == 0:
            assert not all(reply.done() for reply in asked), "the machine is too quick for this test: ask more"
        running.send_signal(signal.SIGTERM)
        replies = [reply.result() for reply in asked if not isinstance(reply.exception(), httpx.ConnectError)]
        assert replies and all(reply.status_code == 200 and reply.json()["text"] for reply in replies)
        assert running.wait(timeout=25) == 0, "an open page must not hold a stop up until the drain is over"
    assert not (made / "archive" / "chroma" / "in-use").exists()
    assert "Traceback" not in (tmp_path / "log").read_text()
    done = subprocess.run(command(made / "archive", "doctor"), **process(made))  # type: ignore[call-overload]
    assert done.returncode == 0, done.stdout


def test_a_job_that_a_stop_cuts_short_goes_on(made: Path, tmp_path: Path) -> None:
    rows = [{"id": f"late/{n}", "title": f"Late {n}", "date": "2026-01-06", "text": f"Late {n}."} for n in range(400)]
    upload = "\n".join(map(json.dumps, rows)).encode()
    with server(made, tmp_path / "log") as (running, url):
        job = httpx.post(f"{url}/api/v1/ingest", files={"file": ("late.jsonl", upload)}, timeout=60)
        where = job.headers["location"]
        while httpx.get(url + where).json()["done"] == 0:
            time.sleep(0.02)
        running.send_signal(signal.SIGTERM)
        assert running.wait(timeout=60) == 0
    archive = Archive(made / "archive", create=False)
    held = archive.coverage().statements
    archive.close()
    with server(made, tmp_path / "log") as (running, url):
        until = time.monotonic() + 120
        while (state := httpx.get(url + where).json())["state"] != "done":
            assert time.monotonic() < until, state
            time.sleep(0.2)
        assert httpx.get(f"{url}/api/v1/coverage").json()["statements"] >= max(held, 400)
        running.send_signal(signal.SIGTERM)
        assert running.wait(timeout=60) == 0


def _keep_open(url: str) -> None:
    """What a page that is open does until the server ends."""
    try:
        with httpx.stream("GET", f"{url}/gradio_api/heartbeat/somebody", timeout=None) as stream:
            for _ in stream.iter_raw():
                pass
    except httpx.HTTPError:
        pass


def _at_work(url: str) -> float:
    text = httpx.get(f"{url}/metrics", timeout=30).text
    return float(next(line for line in text.splitlines() if line.startswith("onrecord_requests_working ")).split()[1])
