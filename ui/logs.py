"""One line for each request, with an id that the caller gets back, and what it took; errors end here."""

from __future__ import annotations

import logging
import re
import time

from asgi_correlation_id import CorrelationIdFilter, correlation_id
from pythonjsonlogger.json import JsonFormatter
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from corpus.settings import LogSettings
from ui.access.boundary import route_path
from ui.api.problems import problem_response
from ui.metrics import Metrics
from ui.reader import Reader

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")  # nothing that could forge a line of a log
# Probes, and what a page loads beside itself: logged only where the level is DEBUG.
QUIET = re.compile(
    r"/(?:healthz|readyz|metrics|favicon\.ico|manifest\.json|theme\.css|(?:static|assets|svelte)/|gradio_api/)"
)
log = logging.getLogger(__name__)


class Observe:
    """Middleware, the outermost but one: counts and logs requests, and answers for what fails inside.

    Args:
        app: what it stands before.
        metrics: where it counts.
    """

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path, started, status = route_path(scope), time.perf_counter(), 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception:
            log.exception("A request was not answered")
            if status:  # half an answer is out already; the server cuts the connection
                raise
            detail = "The request was not answered; the server's log says why, under this request's id."
            await problem_response(500, "Something went wrong", detail)(scope, receive, sending)
        finally:
            self._note(scope, path, status, time.perf_counter() - started)

    def _note(self, scope: Scope, path: str, status: int, seconds: float) -> None:
        route = route_of(scope, path)
        self._metrics.requests.labels(scope["method"], route, str(status)).inc()
        self._metrics.seconds.labels(route).observe(seconds)
        reader = scope.get("state", {}).get("reader")
        fields = {
            "method": scope["method"],
            "path": path[:200],
            "status": status,
            "milliseconds": round(seconds * 1000, 1),
            "reader": reader.name if isinstance(reader, Reader) else None,
            "address": scope["client"][0] if scope.get("client") else None,
        }
        level = logging.DEBUG if status < 400 and QUIET.match(path) else logging.INFO
        log.log(level, "%(method)s %(path)s %(status)s %(milliseconds)s ms", fields, extra=fields)


def set_up_logs(settings: LogSettings) -> None:
    """Send what this process logs to standard error, in the form that the settings ask for."""
    handler = logging.StreamHandler()
    handler.addFilter(CorrelationIdFilter())
    if settings.format == "json":
        form = JsonFormatter("%(asctime)s %(levelname)s %(name)s %(message)s %(correlation_id)s", datefmt="%FT%T%z")
        form.rename_fields = {"asctime": "at", "levelname": "level", "correlation_id": "request_id"}
        handler.setFormatter(form)
    else:
        handler.setFormatter(_Plain("%(levelname)s [%(correlation_id)s] %(name)s: %(message)s"))
    logging.basicConfig(handlers=[handler], level=settings.level, force=True)
    for loud in ("httpx", "httpcore", "chromadb", "asgi_correlation_id", "mcp", "uvicorn"):
        logging.getLogger(loud).setLevel(logging.WARNING)


def request_id() -> str | None:
    """The id of the request in hand."""
    return correlation_id.get()


def route_of(scope: Scope, path: str) -> str:
    """A route's pattern, so that ids do not each become a counter of their own."""
    pattern = getattr(scope.get("route"), "path", None)
    if isinstance(pattern, str) and pattern:
        return pattern
    return "/gradio_api" if path.startswith("/gradio_api/") else "page"


class _Plain(logging.Formatter):
    """One line a record, whatever is in it, but for the traceback."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name that logging calls
        return super().formatMessage(record).replace("\n", "\\n").replace("\r", "\\r")
