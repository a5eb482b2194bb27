"""What is too much is refused at once, clearly, and with a time to come back."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from serving import QUESTION, bearer, restricted, served

from corpus.model import Filters
from corpus.settings import LimitSettings, Settings, load_settings
from rag.engine import Engine
from rag.model import Answer, Turn
from ui.access.keys import Keys
from ui.access.store import open_store
from ui.limits import Rates


class Slow(Engine):
    """The real engine, which answers when it is told to."""

    def hold(self) -> None:
        """From now on an answer waits until `go` is set; `busy` counts those that wait."""
        self.go = threading.Event()
        self.busy = threading.Semaphore(0)

    def ask(
        self, text: str, *, history: Sequence[Turn] = (), filters: Filters | None = None, today: date | None = None
    ) -> Answer:
        """As ever, when it is time."""
        self.busy.release()
        assert self.go.wait(60)
        return super().ask(text, history=history, filters=filters, today=today)


@contextmanager
def running(folder: Path, **given: Any) -> Iterator[tuple[str, Slow]]:
    """A server with these settings, and its engine."""
    settings = Settings(archive=folder, **given)
    with restricted(settings) as engine:
        slow = Slow(engine.holdings)
        slow.hold()
        with served(slow, settings) as url:
            yield url, slow
            slow.go.set()


def ask(url: str, headers: dict[str, str] | None = None) -> httpx.Response:
    """The question of these tests."""
    return httpx.post(f"{url}/api/v1/ask", json={"question": QUESTION}, headers=headers, timeout=60)


def is_problem(reply: httpx.Response, status: int, *, later: bool = False) -> bool:
    """Whether a refusal says what it is, and when to come back where that helps."""
    body = reply.json()
    told = reply.headers["content-type"] == "application/problem+json" and body["status"] == status and body["detail"]
    return bool(reply.status_code == status and told and (not later or int(reply.headers["retry-after"]) >= 1))


def test_the_line_has_an_end(tmp_path: Path) -> None:
    with running(tmp_path, limits={"at_once": 2, "waiting": 3}) as (url, engine), ThreadPoolExecutor(8) as readers:
        asked = [readers.submit(ask, url) for _ in range(2)]
        for _ in asked:
            assert engine.busy.acquire(timeout=30)
        asked += [readers.submit(ask, url) for _ in range(3)]
        while "onrecord_requests_waiting 3.0" not in httpx.get(f"{url}/metrics").text:
            assert not any(answer.done() for answer in asked)
        assert is_problem(ask(url), 503, later=True)
        assert httpx.get(f"{url}/healthz").status_code == 200, "a probe does not stand in line"
        assert httpx.get(f"{url}/", timeout=20).status_code == 200, "nor does the page"
        engine.go.set()
        assert [answer.result().status_code for answer in asked] == [200] * 5
        assert "onrecord_requests_waiting 0.0" in httpx.get(f"{url}/metrics").text


def test_the_time_in_line_is_not_the_time_for_the_body(tmp_path: Path) -> None:
    with (
        running(tmp_path, limits={"at_once": 1, "body_seconds": 0.2}) as (url, engine),
        ThreadPoolExecutor(2) as readers,
    ):
        first = readers.submit(ask, url)
        assert engine.busy.acquire(timeout=30)
        second = readers.submit(ask, url)
        while "onrecord_requests_waiting 1.0" not in httpx.get(f"{url}/metrics").text:
            assert not second.done()
        time.sleep(0.5)
        engine.go.set()
        assert [first.result().status_code, second.result().status_code] == [200, 200]


def test_an_answer_that_takes_too_long_is_given_up_and_its_place_comes_free(tmp_path: Path) -> None:
    with running(tmp_path, limits={"at_once": 1, "answer_seconds": 0.3}) as (url, engine):
        assert is_problem(ask(url), 504)
        assert is_problem(ask(url), 503, later=True), "the thread still works, so the place is still taken"
        engine.go.set()
        while (late := ask(url)).status_code == 503:
            assert is_problem(late, 503, later=True)
        assert late.status_code in (200, 504)


def test_rates_count_by_reader_and_by_address(tmp_path: Path) -> None:
    settings = {"per_reader": "3/hour", "per_address": "5/hour"}
    store = open_store(tmp_path)
    keys = [bearer(Keys(store).add(label)[1]) for label in ("a", "b", "c")]
    with running(tmp_path, limits=settings, sign_in={"mode": "keys"}) as (url, engine):
        engine.go.set()
        assert [ask(url, keys[0]).status_code for _ in range(4)] == [200, 200, 200, 429]
        assert is_problem(ask(url, keys[0]), 429, later=True)
        assert [ask(url, keys[1]).status_code for _ in range(3)] == [200, 200, 429], "five from one address"
        assert ask(url, keys[2]).status_code == 429
        assert httpx.get(f"{url}/", headers=keys[2]).status_code == 200, "the page itself is not counted"
        joined = httpx.post(f"{url}/gradio_api/queue/join", json={}, headers=keys[2])
        assert is_problem(joined, 429, later=True), "what it asks is"
    store.close()


def test_the_owner_of_this_machine_is_not_counted(tmp_path: Path) -> None:
    with running(tmp_path, limits={"per_reader": "1/hour", "per_address": "1/hour"}) as (url, engine):
        engine.go.set()
        assert [ask(url).status_code for _ in range(3)] == [200] * 3


def test_a_window_moves_on() -> None:
    rates = Rates(LimitSettings(per_reader="2/second;3/hour", per_address="1000/hour"))
    assert [rates.take("a", "x"), rates.take("a", "x")] == [None, None]
    short = rates.take("a", "x")
    assert short is not None and 0 < short <= 1
    assert rates.take("b", "x") is None
    fresh = Rates(LimitSettings(per_reader="1000/second;3/hour"))
    assert [fresh.take("a", "x") for _ in range(3)] == [None] * 3
    long = fresh.take("a", "x")
    assert long is not None and 3500 < long <= 3600


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that takes little, and waits for little."""
    limits = {"body_bytes": 1000, "body_seconds": 0.5}
    with running(tmp_path_factory.mktemp("small"), limits=limits) as (url, engine):
        engine.go.set()
        yield url


def test_a_body_that_is_too_large_is_refused(small: str) -> None:
    body = b'{"question": "' + b"x" * 2000 + b'"}'
    json = {"Content-Type": "application/json"}
    assert is_problem(httpx.post(f"{small}/api/v1/ask", content=body, headers=json), 413)

    def in_parts() -> Iterator[bytes]:
        for start in range(0, len(body), 500):
            yield body[start : start + 500]

    for path in ("/api/v1/ask", "/v1/chat/completions", "/gradio_api/queue/join"):
        assert is_problem(httpx.post(small + path, content=in_parts(), headers=json), 413), path
    assert ask(small).status_code == 200


@pytest.mark.parametrize("path", ["/api/v1/ask", "/gradio_api/queue/join"])
def test_a_body_that_never_comes_is_not_waited_for(small: str, path: str) -> None:
    where = urlsplit(small)
    with socket.create_connection((where.hostname, where.port), timeout=20) as slow:
        about = "Content-Type: application/json\r\nContent-Length: 100\r\n"
        head = f"POST {path} HTTP/1.1\r\nHost: {where.netloc}\r\n{about}"
        slow.sendall(f"{head}\r\n{{".encode())
        assert slow.recv(1000).startswith(b"HTTP/1.1 408 ")


def test_as_many_at_once_as_there_are_cores_unless_a_model_is_waited_for() -> None:
    cores = max(2, os.cpu_count() or 2)
    model = {"provider": "openai_like", "base_url": "http://127.0.0.1:9/v1", "model": "any"}
    assert load_settings().at_once == cores
    assert load_settings(llm=model).at_once == 8
    assert load_settings(llm=model, limits={"at_once": 3}).at_once == 3
