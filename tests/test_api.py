"""The REST API as a program sees it: answers, streams, lists, refusals, and what a reader may not see."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from api_place import Place, keyed
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from serving import BLUE, OPEN, QUESTION

from corpus.archive import DATABASE
from corpus.holdings import Holdings
from corpus.model import Filters
from corpus.settings import Settings
from rag.engine import Engine
from rag.model import Event
from ui.api import health


class Fragile(Engine):
    """The real engine, with a defect that a question can set off in the middle of an answer, and a pause."""

    go_on = threading.Event()

    def stream(
        self,
        text: str,
        *,
        history: Any = (),
        filters: Filters | None = None,
        today: date | None = None,
    ) -> Iterator[Event]:
        """As ever, unless told to explode."""
        for number, event in enumerate(super().stream(text, history=history, filters=filters, today=today)):
            if number and "explode" in text:
                raise RuntimeError("a secret of the machine room")
            yield event
            if not number and "wait" in text:
                assert self.go_on.wait(30)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """See `Place`."""
    with keyed(tmp_path_factory.mktemp("archive"), Fragile) as place:
        yield place


@pytest.fixture
def client(place: Place) -> Iterator[httpx.Client]:
    """A reader of no group."""
    with place.client() as client:
        yield client


def events(text: str) -> list[tuple[str, Any]]:
    """The named events of a stream, with their data."""
    blocks = [block for block in text.split("\n\n") if block and not block.startswith(":")]
    parts = [dict(line.split(": ", 1) for line in block.split("\n")) for block in blocks]
    return [(part["event"], json.loads(part["data"])) for part in parts]


def test_an_answer_is_what_the_engine_answers(place: Place, client: httpx.Client) -> None:
    asked = client.post("/api/v1/ask", json={"question": QUESTION}).json()
    assert asked["outcome"] == "answered"
    assert [citation["quote"] for citation in asked["citations"]] == [OPEN]
    text = client.get("/api/v1/statements/open/1").json()["text"]
    (cited,) = asked["citations"]
    assert text[cited["start"] : cited["end"]] == cited["quote"]


def test_history_and_filters_are_the_readers(client: httpx.Client) -> None:
    follow_up = {"question": "and when?", "history": [{"question": QUESTION, "answer": ""}]}
    assert "Harbour" in client.post("/api/v1/ask", json=follow_up).json()["standalone_question"]
    narrowed = client.post("/api/v1/ask", json={"question": QUESTION, "date_from": "2025-02-01"}).json()
    assert (narrowed["outcome"], narrowed["searched"]["statements"]) == ("filtered_out", 0)
    nobody = client.post("/api/v1/ask", json={"question": QUESTION, "speakers": ["Nobody"]}).json()
    assert nobody["outcome"] == "filtered_out"


@pytest.mark.parametrize("by", ["header", "parameter"])
def test_a_stream_ends_with_the_same_answer(client: httpx.Client, by: str) -> None:
    headers, query = ({"Accept": "text/event-stream"}, "") if by == "header" else ({}, "?stream=1")
    streamed = client.post(f"/api/v1/ask{query}", json={"question": QUESTION}, headers=headers)
    assert streamed.headers["content-type"].startswith("text/event-stream")
    told = events(streamed.text)
    assert [name for name, _ in told] == ["understood", *["piece"] * (len(told) - 2), "answer"]
    answer = told[-1][1]
    assert "".join(data["text"] for name, data in told if name == "piece") == answer["text"]
    assert told[0][1]["understood"] == answer["understood"]
    whole = client.post("/api/v1/ask", json={"question": QUESTION}).json()
    assert {**answer, "timings_ms": None} == {**whole, "timings_ms": None}


def test_a_stream_is_sent_as_it_is_made_and_holds_nobody_up(place: Place, client: httpx.Client) -> None:
    Fragile.go_on.clear()
    with client.stream("POST", "/api/v1/ask?stream=1", json={"question": f"{QUESTION} wait"}) as streamed:
        lines = streamed.iter_lines()
        assert next(lines) == "event: understood"  # while the engine still waits
        assert httpx.get(f"{place.url}/healthz", timeout=10).status_code == 200
        Fragile.go_on.set()
        assert "event: answer" in list(lines)


def test_a_stream_that_fails_says_so_and_no_more(client: httpx.Client) -> None:
    streamed = client.post("/api/v1/ask?stream=1", json={"question": f"{QUESTION} explode"})
    *_, (name, problem) = events(streamed.text)
    assert (name, problem["status"]) == ("error", 500)
    assert "secret" not in streamed.text


def test_other_groups_statements_are_not_there(place: Place) -> None:
    with place.client() as outside, place.client("blue") as inside:
        for path in ("/api/v1/statements", "/api/v1/search?q=Harbour+Ministry&k=50"):
            assert "blue/1" not in outside.get(path).text
            assert "blue/1" in inside.get(path).text
        assert outside.get("/api/v1/coverage").json()["statements"] == 1
        assert inside.get("/api/v1/coverage").json()["statements"] == 2
        hidden, absent = (outside.get(f"/api/v1/statements/{name}") for name in ("blue/1", "blue/2"))
        assert hidden.status_code == absent.status_code == 404
        assert hidden.text.replace("blue/1", "") == absent.text.replace("blue/2", "")
        assert outside.get("/api/v1/statements/blue/1?version=1").status_code == 404
        shown = inside.get("/api/v1/statements/blue/1").json()
        assert (shown["text"], shown["audience"]) == (BLUE, ["blue"])


def test_a_page_leads_to_the_next(place: Place) -> None:
    with place.client("blue", "red") as client:
        found, address = [], "/api/v1/statements?limit=1"
        while address:
            page = client.get(address)
            found += page.json()
            address = page.links["next"]["url"] if "next" in page.links else ""
        assert [entry["id"] for entry in found] == ["blue/1", "open/1", "red/1"]
        assert len({entry["date"] for entry in found}) == 3
        first = client.get("/api/v1/search?q=Harbour+Ministry&k=1")
        second = client.get(first.links["next"]["url"])
        together = client.get("/api/v1/search?q=Harbour+Ministry&k=2").json()
        assert first.json() + second.json() == together
        filtered = client.get("/api/v1/statements", params={"issuer": "bureau of inlets", "date_to": "2026-01-01"})
        assert [entry["id"] for entry in filtered.json()] == ["blue/1"]
        assert client.get("/api/v1/statements?cursor=AAAA").status_code == 400


def test_coverage_counts_by_issuer_and_month(place: Place) -> None:
    with place.client("blue", "red") as client:
        held = client.get("/api/v1/coverage").json()
        assert (held["statements"], held["date_from"], held["date_to"]) == (3, "2020-01-01", "2025-11-24")
        assert {"issuer": "Bureau of Inlets", "month": "2025-11", "statements": 1} in held["months"]
        assert sum(month["statements"] for month in held["months"]) == 3


def test_a_statement_has_its_versions_and_passages(place: Place) -> None:
    with place.client() as client:
        shown = client.get("/api/v1/statements/open%2F1?passages=true").json()
        assert [shown["text"][span["start"] : span["end"]] for span in shown["passages"]] == [OPEN]
        assert [version["number"] for version in shown["versions"]] == [1]
        assert client.get("/api/v1/statements/open/1?version=1").json()["text"] == OPEN
        assert client.get("/api/v1/statements/open/1?version=2").status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/api/v1/ask", {"question": ""}, 422),
        ("POST", "/api/v1/ask", {"question": "x", "date_from": "2022-02-01", "date_to": "2022-01-01"}, 422),
        ("POST", "/api/v1/ask", {"question": "x" * 2001}, 422),
        ("POST", "/api/v1/ask", {"question": "x", "unknown": 1}, 422),
        ("POST", "/api/v1/ask", {"question": "x", "date_from": 0}, 422),
        ("GET", "/api/v1/search?q=x&date_to=0", None, 422),
        ("GET", "/api/v1/search?q=x&k=0", None, 422),
        ("GET", "/api/v1/statements/nothing", None, 404),
        ("GET", "/api/v1/nothing", None, 404),
        ("PUT", "/api/v1/ask", {}, 405),
        ("POST", "/api/v1/ingest", {"statements": []}, 403),
        ("GET", "/api/v1/feedback", None, 403),
    ],
)
def test_a_refusal_is_a_problem_object(client: httpx.Client, method: str, path: str, body: Any, status: int) -> None:
    refused = client.request(method, path, json=body)
    assert refused.headers["content-type"] == "application/problem+json"
    problem = refused.json()
    assert refused.status_code == problem["status"] == status
    assert problem["type"] and problem["title"] and problem["detail"]
    assert problem["instance"] == path.partition("?")[0]


def test_what_is_wrong_is_listed(client: httpx.Client) -> None:
    refused = client.post("/api/v1/ask", json={"question": "", "issuers": "x"}).json()
    assert {wrong["where"] for wrong in refused["errors"]} == {"question", "issuers"}


def test_a_method_that_is_not_there_names_those_that_are(client: httpx.Client) -> None:
    assert client.put("/api/v1/ask", json={}).headers["allow"] == "POST"


def test_a_key_does_what_its_scopes_say(place: Place) -> None:
    with place.client(scopes=("ingest",)) as sender:
        for path in ("/api/v1/search?q=x", "/api/v1/statements", "/api/v1/coverage", "/api/v1/conversations"):
            assert sender.get(path).status_code == 403
        assert sender.post("/api/v1/ask", json={"question": QUESTION}).status_code == 403
        assert sender.get("/api/v1/jobs").status_code == 200


def test_health_is_told_to_everybody_and_names_nothing(place: Place) -> None:
    assert httpx.get(f"{place.url}/healthz").json() == {"status": "ok"}
    ready = httpx.get(f"{place.url}/readyz")
    assert (ready.status_code, ready.json()["status"], ready.json()["lag"]["vectors"]) == (200, "ready", 0)


def test_what_is_not_ready_is_said_without_its_details(tmp_path: Path) -> None:
    with Holdings(Settings(archive=tmp_path), create=True) as holdings:
        app, router = FastAPI(), APIRouter()
        health.add(router, Engine(holdings))
        app.include_router(router)
        holdings.archive.close()
        for file in tmp_path.glob(f"{DATABASE}*"):
            file.write_bytes(b"this is no database" * 1000)
        with TestClient(app) as client:
            ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["status"], ready.json()["model"]) == (503, "not ready", "ok")
    assert ready.json()["archive"].startswith("failed") and "database" not in ready.text


def test_openapi_has_examples_and_no_page_that_loads_from_elsewhere(client: httpx.Client) -> None:
    described = client.get("/openapi.json").json()
    assert {"/api/v1/ask", "/api/v1/statements/{statement_id}", "/v1/chat/completions"} <= described["paths"].keys()
    assert described["components"]["schemas"]["Ask"]["properties"]["question"]["examples"]
    assert "cdn" not in client.get("/docs").text.lower()
