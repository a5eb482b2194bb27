"""OpenTelemetry traces: a span for each request, and in it one for each answer, with one for each of its steps.

Nothing that was asked or is held goes into a span: no query of an address, no question, no title or quote, and not who
reads. The request's id, which the log and the audit log have too, leads from a span to those. That is why the spans
are made here: the instrumentation that there is for ASGI writes down queries.

Names and attributes are those of OpenTelemetry's semantic conventions where there is one; the rest is `onrecord.*`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import date
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from corpus.errors import SettingsError
from corpus.model import Filters
from rag.engine import Engine
from rag.model import Answer, Event, Hit, Turn
from ui.access.boundary import route_path
from ui.logs import QUIET, request_id, route_of

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_ID_BACK = "http.response.header.x-request-id"


class Tracing:
    """Sends spans to a collector in batches; `OTEL_EXPORTER_OTLP_ENDPOINT` says where (this machine's port 4317).

    Raises:
        SettingsError: OpenTelemetry is not installed.
    """

    def __init__(self) -> None:
        try:
            from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
            from opentelemetry.sdk.resources import OTELResourceDetector, Resource
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor
            from opentelemetry.semconv.schemas import Schemas
        except ImportError as error:
            raise SettingsError("Traces need more packages: pip install 'onrecord[traces]'.") from error
        own = Resource({"service.name": "onrecord", "service.version": version("onrecord")})
        # One of our own: set as the global one, it would also send what libraries make of questions and passages.
        self._provider = TracerProvider(resource=own.merge(OTELResourceDetector().detect()), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self.tracer: Tracer = self._provider.get_tracer("onrecord", schema_url=Schemas.V1_25_0.value)

    def close(self) -> None:
        """Send what is left, and stop."""
        self._provider.shutdown()


class TraceRequests:
    """Middleware, outside all others: a span for each request, but for probes and what a page loads.

    Args:
        app: what it stands before.
        tracer: makes the spans; a caller's `traceparent` is what they belong to.
    """

    def __init__(self, app: ASGIApp, *, tracer: Tracer) -> None:
        self._app = app
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        path = route_path(scope)
        if scope["type"] != "http" or QUIET.match(path):
            await self._app(scope, receive, send)
            return
        with self._span(scope) as span:

            async def sending(message: Message) -> None:
                if message["type"] == "http.response.start":
                    _note_status(span, message["status"])
                    given = Headers(raw=message["headers"]).get("x-request-id")
                    if given:
                        span.set_attribute(_ID_BACK, [given])
                await send(message)

            try:
                await self._app(scope, receive, sending)
            except BaseException as error:
                _note_error(span, error)
                raise
            finally:
                _note_route(span, scope, path)

    def _span(self, scope: Scope) -> Any:
        from opentelemetry.trace import SpanKind
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        method = scope["method"] if scope["method"] in _METHODS else "_OTHER"
        carrier = {name: value for name, value in Headers(scope=scope).items() if name in ("traceparent", "tracestate")}
        host, port = scope.get("server") or (None, None)
        attributes = {
            "http.request.method": method,
            "url.scheme": scope.get("scheme", "http"),
            "url.path": scope["path"],
            "network.protocol.version": scope.get("http_version", "1.1"),
            **({"server.address": host} if host else {}),
            **({"server.port": port} if port else {}),
        }
        return self._tracer.start_as_current_span(
            method,
            context=TraceContextTextMapPropagator().extract(carrier),
            kind=SpanKind.SERVER,
            attributes=attributes,
            record_exception=False,  # its text may quote what was asked
            set_status_on_exception=False,
        )


class TracedEngine(Engine):
    """An engine that makes a span of each answer and each search, below the span of their request if there is one.

    Args:
        engine: what answers.
        tracer: makes the spans.
    """

    def __init__(self, engine: Engine, tracer: Tracer) -> None:
        self.holdings = engine.holdings
        self._engine, self._tracer = engine, tracer

    def stream(
        self, text: str, *, history: Sequence[Turn] = (), filters: Filters | None = None, today: date | None = None
    ) -> Iterator[Event]:
        """As `Engine.stream`."""
        span = self._tracer.start_span("answer", attributes=_request() | {"onrecord.turns_before": len(history)})
        started = time.time_ns()
        try:
            for event in self._engine.stream(text, history=history, filters=filters, today=today):
                if isinstance(event, Answer):
                    self._note_answer(span, event, started)
                yield event
        except GeneratorExit:  # the reader went away, or has the answer and asked for nothing after it
            raise
        except BaseException as error:
            _note_error(span, error)
            raise
        finally:
            span.end()

    def search(self, query: str, filters: Filters | None = None, k: int = 10) -> list[Hit]:
        """As `Engine.search`."""
        with self._tracer.start_as_current_span(
            "search", attributes=_request(), record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                hits = self._engine.search(query, filters, k)
            except BaseException as error:
                _note_error(span, error)
                raise
            span.set_attribute("onrecord.hits", len(hits))
            return hits

    def _note_answer(self, span: Span, answer: Answer, started: int) -> None:
        span.set_attributes(
            {
                "onrecord.outcome": answer.outcome.value,
                "onrecord.shape": answer.question.shape.value,
                "onrecord.citations": len(answer.citations),
                "onrecord.statements.retrieved": len(answer.retrieved),
                "onrecord.statements.cited": len({citation.statement.id for citation in answer.citations}),
            }
        )
        self._note_steps(span, answer, started)

    def _note_steps(self, span: Span, answer: Answer, at: int) -> None:
        """A span for each step that the engine has measured, one after the other, as it takes them."""
        from opentelemetry.trace import set_span_in_context

        inside = set_span_in_context(span)
        for name, milliseconds in answer.timings_ms.items():
            if name == "total":
                continue
            step = self._tracer.start_span(name, context=inside, start_time=at)
            if name == "compose":
                step.set_attributes(_model(answer))
            at += int(milliseconds * 1e6)
            step.end(end_time=at)


def _model(answer: Answer) -> dict[str, Any]:
    """A language model's part in an answer."""
    writing = answer.writing
    if writing is None or not writing.saw:
        return {}
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": writing.model,
        "onrecord.model.passages": len(writing.saw),
        "onrecord.model.used": writing.used,
        "onrecord.model.sentences": len(writing.claims),
        "onrecord.model.removed": sum(writing.removed.values()),
    }


def _request() -> dict[str, Any]:
    given = request_id()
    return {"onrecord.request_id": given} if given else {}


def _note_status(span: Span, status: int) -> None:
    span.set_attribute("http.response.status_code", status)
    if status >= 500:
        _fail(span, str(status))


def _note_error(span: Span, error: BaseException) -> None:
    _fail(span, type(error).__name__)


def _fail(span: Span, kind: str) -> None:
    from opentelemetry.trace import Status, StatusCode

    span.set_attribute("error.type", kind)
    span.set_status(Status(StatusCode.ERROR))


def _note_route(span: Span, scope: Scope, path: str) -> None:
    """Known only when the request has been through the application: no id makes a name of its own."""
    route = route_of(scope, path)
    if route.startswith("/"):
        span.set_attribute("http.route", f"{scope.get('root_path', '')}{route}")
    span.update_name(f"{scope['method'] if scope['method'] in _METHODS else 'HTTP'} {route}")
