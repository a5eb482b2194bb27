"""The web server: the chat at ``/``, the API at ``/api/v1``, and the guard before both."""

from __future__ import annotations

import ipaddress
import logging
from datetime import date
from typing import Annotated, Any
from urllib.parse import urlsplit

import uvicorn
from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from corpus.errors import NotHeld, OnRecordError, SettingsError
from corpus.model import Filters
from corpus.settings import Settings
from rag.engine import Engine
from rag.model import Turn, as_json, hit_json
from ui.chat import LONGEST_QUESTION, checked, mount_chat
from ui.reader import LOCAL
from ui.render import statement_json

HEADERS = {
    # Gradio's page compiles templates ('unsafe-eval') and carries its own settings ('unsafe-inline').
    "content-security-policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline';"
        " img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; object-src 'none';"
        " base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
log = logging.getLogger(__name__)


Words = Annotated[str, Field(min_length=1, max_length=LONGEST_QUESTION)]


class PastTurn(BaseModel, extra="forbid"):
    """A turn before the question."""

    question: Words
    answer: str = Field("", max_length=50_000)


class Ask(BaseModel, extra="forbid"):
    """Body of ``POST /api/v1/ask``."""

    question: Words
    history: list[PastTurn] = Field([], max_length=50)
    date_from: date | None = None
    date_to: date | None = None
    issuers: list[str] = Field([], max_length=100)


def create_app(engine: Engine, settings: Settings, *, hosts: frozenset[str] | None = None) -> FastAPI:
    """The whole application.

    Args:
        engine: answers and searches.
        settings: title and examples of the chat.
        hosts: names under which it may be called; None takes any (something in front of it then has to check).
    """
    app = FastAPI(title=settings.chat.title, docs_url=None, redoc_url=None)  # the documentation pages load from a CDN
    _add_errors(app)
    _add_routes(app, engine)
    mount_chat(app, engine, settings)
    app.add_middleware(Guard, hosts=hosts)
    return app


def serve(engine: Engine, settings: Settings, host: str = "127.0.0.1", port: int = 7860) -> None:
    """Serve until stopped.

    Raises:
        SettingsError: the host can be reached from other machines; everybody there could read everything held.
    """
    require_loopback(host)
    uvicorn.run(create_app(engine, settings, hosts=LOOPBACK), host=host, port=port, log_level="warning")


def require_loopback(host: str) -> None:
    """Nothing but this machine, as long as there is no sign-in.

    Raises:
        SettingsError: the host is not a loopback address.
    """
    if host == "localhost":
        return
    try:
        local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = False
    if not local:
        raise SettingsError(
            f"This release serves this machine only, and {host} can be reached from others: sign-in comes with a later"
            " release. Use --host 127.0.0.1, and a tunnel or a proxy with its own sign-in to reach it from elsewhere."
        )


class Guard:
    """Middleware: refuses what another site's page sends, and tells browsers what the page may do.

    Gradio answers any Origin with credentials allowed, so that is decided here, before it.
    """

    def __init__(self, app: ASGIApp, hosts: frozenset[str] | None = None) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        problem = self._problem(headers.get("host", ""), headers.get("origin"))
        app = _problem_response(403, "Refused", problem) if problem and scope["type"] == "http" else self._app
        if problem and scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        scope.setdefault("state", {})["reader"] = LOCAL
        await app(scope, receive, _with_headers(send))

    def _problem(self, host: str, origin: str | None) -> str | None:
        if self._hosts is not None and _name(host) not in self._hosts:
            return "This server is not called by that name."
        if origin is not None and (not host or origin.partition("://")[2].lower() != host.lower()):
            return "Requests from another site's page are not accepted."
        return None


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
        await send(message)

    return sending


def _name(host: str) -> str | None:
    """The name in a Host header, without port and brackets."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def _add_routes(app: FastAPI, engine: Engine) -> None:
    archive = engine.holdings.archive

    @app.get("/healthz")
    def healthz() -> dict[str, Any]:
        """Whether the archive can be read."""
        return {"status": "ok", "statements": archive.coverage().statements}

    @app.post("/api/v1/ask")
    def ask(body: Ask) -> dict[str, Any]:
        """One answer; the same object as `onrecord ask --json`."""
        history = [Turn(turn.question, turn.answer) for turn in body.history]
        filters = checked(Filters(body.date_from, body.date_to, tuple(body.issuers)))
        return as_json(engine.ask(body.question, history=history, filters=filters))

    @app.get("/api/v1/search")
    def search(
        q: Annotated[str, Query(min_length=1, max_length=LONGEST_QUESTION)],
        k: Annotated[int, Query(ge=1, le=100)] = 10,
    ) -> list[dict[str, Any]]:
        """Passages, best first."""
        return [hit_json(hit) for hit in engine.search(q, Filters(), k)]

    @app.get("/api/v1/statements/{statement_id:path}")
    def statement(statement_id: str) -> dict[str, Any]:
        """One statement; the same object as `onrecord show ID --json`."""
        return statement_json(archive, statement_id)


def _add_errors(app: FastAPI) -> None:
    @app.exception_handler(OnRecordError)
    def expected(_: Request, error: OnRecordError) -> JSONResponse:
        if isinstance(error, NotHeld):
            return _problem_response(404, "Not held", str(error))
        return _problem_response(422, "That cannot be done", str(error))

    @app.exception_handler(RequestValidationError)
    def unusable(_: Request, error: RequestValidationError) -> JSONResponse:
        detail = "; ".join(f"{'.'.join(map(str, e['loc'][1:]))}: {e['msg']}" for e in error.errors())
        return _problem_response(422, "Unusable request", detail)

    @app.exception_handler(Exception)
    def unexpected(_: Request, __: Exception) -> JSONResponse:
        return _problem_response(
            500, "Something went wrong", "The request was not answered; the server's log says why."
        )


def _problem_response(status: int, title: str, detail: str) -> JSONResponse:
    return JSONResponse({"title": title, "detail": detail}, status_code=status)
