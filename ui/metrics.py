"""What Prometheus reads at `/metrics`: requests, answers, the line, and how far the indexes are."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import FastAPI
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response

from corpus.holdings import Holdings
from ui.api.problems import problem_response
from ui.reader import reader_of

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120)


class Metrics:
    """Counters and gauges of one application, in a registry of its own.

    Args:
        holdings: counted anew whenever somebody reads.
    """

    def __init__(self, holdings: Holdings) -> None:
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        registry.register(_Held(holdings))
        self.requests = Counter(
            "onrecord_requests", "Requests answered.", ("method", "route", "status"), registry=registry
        )
        self.seconds = Histogram(
            "onrecord_request_seconds", "From a request to its end.", ("route",), buckets=_SECONDS, registry=registry
        )
        self.answers = Counter("onrecord_answers", "Answers given.", ("outcome",), registry=registry)
        self.waiting = Gauge("onrecord_requests_waiting", "Requests in line.", registry=registry)
        self.working = Gauge("onrecord_requests_working", "Requests being worked on.", registry=registry)

    def add_route(self, app: FastAPI) -> None:
        """`GET /metrics`, for those who look after the installation."""

        async def metrics(request: Request) -> Response:
            if "admin" not in reader_of(request.scope).scopes:
                return problem_response(
                    403, "Not allowed", "This takes the scope “admin”: onrecord key add --scope admin."
                )
            return Response(generate_latest(self._registry), media_type=CONTENT_TYPE_LATEST)

        app.add_route("/metrics", metrics, methods=["GET"], include_in_schema=False)


class _Held(Collector):
    def __init__(self, holdings: Holdings) -> None:
        self._holdings = holdings

    def collect(self) -> Iterable[Metric]:
        archive = self._holdings.archive
        yield GaugeMetricFamily("onrecord_statements", "Statements held.", archive.coverage().statements)
        due = archive.count_without_vector(self._holdings.embedder.name)
        yield GaugeMetricFamily("onrecord_passages_due", "Passages that have no vector yet.", due)
        behind = archive.last_change() - self._holdings.lexical.applied
        yield GaugeMetricFamily("onrecord_changes_due", "Changes that the lexical index lacks.", behind)
