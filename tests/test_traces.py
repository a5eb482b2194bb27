"""Traces as a collector gets them over OTLP, from a real server."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as messages
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc as service
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from playwright.sync_api import Browser, expect
from serving import BLUE, OPEN, QUESTION, RED, restricted, served

from corpus.errors import SettingsError
from corpus.model import Filters
from corpus.settings import Settings
from evals.scripted_model import BEHAVIOURS, ScriptedModel
from rag.engine import Engine
from rag.model import Event, Turn
from tests.chat_site import ask
from ui.tracing import Tracing

CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"  # a trace and a span of somebody else's
CLIENT, SERVER, ERROR = 3, 2, 2


@dataclass
class Collector(service.TraceServiceServicer):
    """What an OpenTelemetry collector does with spans: takes them."""

    requests: list[messages.ExportTraceServiceRequest] = field(default_factory=list)

    def Export(self, request: messages.ExportTraceServiceRequest, context: Any) -> Any:  # noqa: N802 - its name there
        """A batch of spans."""
        self.requests.append(request)
        return messages.ExportTraceServiceResponse()

    @property
    def spans(self) -> list[Span]:
        """All that came, the first to begin first."""
        found = [span for r in self.requests for part in r.resource_spans for s in part.scope_spans for span in s.spans]
        return sorted(found, key=lambda span: span.start_time_unix_nano)

    def named(self, name: str) -> Span:
        """The one span of that name."""
        [span] = [span for span in self.spans if span.name == name]
        return span

    def below(self, span: Span) -> list[Span]:
        """Its children, the first to begin first."""
        return [child for child in self.spans if child.parent_span_id == span.span_id]


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """One that listens, and to which the environment points."""
    collector = Collector()
    server = grpc.server(futures.ThreadPoolExecutor(2))
    service.add_TraceServiceServicer_to_server(collector, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{port}")
    yield collector
    server.stop(None).wait()


class Fragile(Engine):
    """The real engine, with a defect that a question can set off."""

    def stream(
        self, text: str, *, history: Sequence[Turn] = (), filters: Filters | None = None, today: date | None = None
    ) -> Iterator[Event]:
        """As ever, unless told to explode."""
        if text == "explode":
            raise RuntimeError(f"a secret of the machine room: {text}")
        yield from super().stream(text, history=history, filters=filters, today=today)


@contextmanager
def traced(folder: Path, **settings: Any) -> Iterator[httpx.Client]:
    """A server that sends traces; all of them are sent when it has stopped."""
    chosen = Settings(archive=folder / "archive", **({"log": {"traces": True}} | settings))
    with (
        restricted(chosen) as engine,
        served(Fragile(engine.holdings), chosen) as url,
        httpx.Client(base_url=url, timeout=60) as client,
    ):
        yield client


def told(span: Span) -> dict[str, Any]:
    """A span's attributes."""
    return {pair.key: _value(pair.value) for pair in span.attributes}


def _value(value: Any) -> Any:
    kind = value.WhichOneof("value")
    return [_value(each) for each in value.array_value.values] if kind == "array_value" else getattr(value, kind)


def test_a_trace_tells_what_an_answer_took(collector: Collector, tmp_path: Path) -> None:
    with traced(tmp_path) as client:
        headers = {"traceparent": f"00-{CALLER[0]}-{CALLER[1]}-01", "X-Request-ID": "portal-17"}
        answer = client.post("/api/v1/ask", json={"question": QUESTION}, headers=headers).json()
    request, answered = collector.named("POST /api/v1/ask"), collector.named("answer")
    assert {request.trace_id.hex(), answered.trace_id.hex()} == {CALLER[0]}
    assert request.parent_span_id.hex() == CALLER[1] and request.kind == SERVER
    asked = told(request)
    assert asked["http.request.method"] == "POST" and asked["http.response.status_code"] == 200
    assert asked["url.path"] == asked["http.route"] == "/api/v1/ask" and asked["url.scheme"] == "http"
    assert asked["http.response.header.x-request-id"] == ["portal-17"]

    assert collector.below(request) == [answered]
    assert told(answered) == {
        "onrecord.request_id": "portal-17",
        "onrecord.turns_before": 0,
        "onrecord.outcome": "answered",
        "onrecord.shape": answer["understood"]["shape"],
        "onrecord.citations": len(answer["citations"]),
        "onrecord.statements.cited": len({each["statement_id"] for each in answer["citations"]}),
        "onrecord.statements.retrieved": 3,
    }
    steps = collector.below(answered)
    assert [step.name for step in steps] == ["understand", "find", "compose", "verify"]
    edges = [time for step in steps for time in (step.start_time_unix_nano, step.end_time_unix_nano)]
    assert edges == sorted(edges)
    for step in steps:
        took = (step.end_time_unix_nano - step.start_time_unix_nano) / 1e6
        assert took == pytest.approx(answer["timings_ms"][step.name], abs=0.1)
    resource = collector.requests[0].resource_spans[0].resource
    assert {pair.key: pair.value.string_value for pair in resource.attributes}["service.name"] == "onrecord"


def test_every_interface_has_its_answer_in_its_request(collector: Collector, tmp_path: Path) -> None:
    asked = {"messages": [{"role": "user", "content": QUESTION}], "model": "onrecord", "stream": True}
    with traced(tmp_path) as client:
        client.post("/api/v1/ask?stream=1", json={"question": "Which aircraft did the Secretary buy?"})
        client.post("/v1/chat/completions", json=asked)
        client.get("/api/v1/statements/open/1")
        client.get("/healthz")
    for name in ("POST /api/v1/ask", "POST /v1/chat/completions"):
        assert [span.name for span in collector.below(collector.named(name))] == ["answer"]
    outcomes = [told(span)["onrecord.outcome"] for span in collector.spans if span.name == "answer"]
    assert outcomes == ["not_found", "answered"]
    requests = [span.name for span in collector.spans if span.kind == SERVER]
    assert requests[2:] == ["GET /api/v1/statements/{statement_id:path}"], "patterns, and no probes"


@pytest.mark.browser
def test_a_question_in_the_chat_is_a_trace(collector: Collector, tmp_path: Path, browser: Browser) -> None:
    with traced(tmp_path) as client:
        page = browser.new_page()
        page.goto(str(client.base_url))
        expect(page.locator(".or-example").first).to_be_visible(timeout=30_000)
        ask(page, QUESTION)
        page.close()
    answered = collector.named("answer")
    assert told(answered)["onrecord.outcome"] == "answered" and len(collector.below(answered)) == 4
    assert {span.name for span in collector.spans if span.kind == SERVER} == {"GET /", "GET /embed/frame.js"}


def test_nothing_asked_or_held_is_sent(collector: Collector, tmp_path: Path) -> None:
    secrets = ["Zarquon", "quicksand", "Brontitall", "breakwater", "Harbour", "Inlet", "eve@example.org", "explode"]
    with traced(tmp_path) as client:
        client.headers["Authorization"] = "Bearer eve@example.org"
        for question in (QUESTION, "What did the Zarquon Inlet Survey find?", "explode"):
            client.post("/api/v1/ask", json={"question": question, "issuers": []})
            client.post("/api/v1/ask?stream=1", json={"question": question})
        client.get("/api/v1/search", params={"q": "Zarquon quicksand", "issuer": "Bureau of Inlets"})
        client.get("/?conversation=eve@example.org")
    sent = b"".join(request.SerializeToString() for request in collector.requests)
    assert b"onrecord.citations" in sent and b"onrecord.hits" in sent
    assert [secret for secret in secrets if secret.encode() in sent] == []
    assert not any(text.encode() in sent for text in (OPEN, BLUE, RED, QUESTION))


def test_a_failure_is_marked_by_its_kind_alone(collector: Collector, tmp_path: Path) -> None:
    with traced(tmp_path) as client:
        assert client.post("/api/v1/ask", json={"question": "explode"}).status_code == 500
        assert client.get("/api/v1/statements/none").status_code == 404
    request, answered = collector.named("POST /api/v1/ask"), collector.named("answer")
    assert answered.status.code == ERROR and told(answered)["error.type"] == "RuntimeError"
    assert request.status.code == ERROR and told(request)["error.type"] == "500"
    assert not answered.events and not answered.status.message
    [missing] = [span for span in collector.spans if told(span).get("http.response.status_code") == 404]
    assert missing.status.code != ERROR, "what a caller does wrong is no error of the server's"


def test_a_language_models_part_is_told(collector: Collector, tmp_path: Path) -> None:
    with ScriptedModel(BEHAVIOURS["extract"]) as model:
        llm = {"provider": "openai_like", "base_url": model.url, "model": "scripted"}
        with traced(tmp_path, llm=llm) as client:
            answer = client.post("/api/v1/ask", json={"question": QUESTION}).json()
    assert told(collector.named("compose")) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "scripted",
        "onrecord.model.passages": len(answer["written_by"]["saw"]),
        "onrecord.model.used": True,
        "onrecord.model.sentences": len(answer["checks"]),
        "onrecord.model.removed": 0,
    }


def test_without_the_setting_nothing_is_sent(collector: Collector, tmp_path: Path) -> None:
    with traced(tmp_path, log={}) as client:
        assert client.post("/api/v1/ask", json={"question": QUESTION}).status_code == 200
    assert collector.requests == []


def test_answers_and_the_end_do_not_wait_for_a_collector_that_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    with traced(tmp_path) as client:
        assert client.post("/api/v1/ask", json={"question": QUESTION}).status_code == 200


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(SettingsError, match=r"onrecord\[traces\]"):
        Tracing()
