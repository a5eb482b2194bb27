"""The web server: the chat at ``/``, the interfaces for programs, and what every request passes on the way to them."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from asgi_correlation_id import CorrelationIdMiddleware
from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from corpus.database import Database
from corpus.errors import SettingsError
from corpus.settings import Settings
from rag.engine import Engine
from ui.access.boundary import LOOPBACK, READ, SENT, Boundary, SafeHeaders, WithoutCors, name_in
from ui.access.keys import Keys
from ui.access.oidc import CALLBACK, Oidc
from ui.access.sessions import Sessions
from ui.access.sign_in import SIGN_IN, SignIn
from ui.access.store import cookie_secret, open_store
from ui.access.ways import ByKey, ByProxy, BySession, Way
from ui.api.problems import add_errors
from ui.api.routes import add_routes
from ui.audit import Audit, Retention, Watched
from ui.chat import mount_chat
from ui.desk import Desk
from ui.limits import Bodies, Line, Rates
from ui.logs import REQUEST_ID, Observe
from ui.metrics import Metrics
from ui.places import Places
from ui.tracing import TracedEngine, TraceRequests, Tracing

OPEN_PATHS = ("/healthz", "/readyz", "/embed.js")  # the script is loaded by pages of other sites
Lifespan = Callable[[Any], AbstractAsyncContextManager[Any]]


def create_app(engine: Engine, settings: Settings, *, hosts: frozenset[str] | None = None) -> FastAPI:
    """The whole application.

    Args:
        engine: answers and searches.
        settings: of the server, its sign-in and limits, and the chat.
        hosts: names under which it may be called; None takes any (something in front of it then has to check).
    """
    app = FastAPI(title=settings.chat.title, docs_url=None, redoc_url=None)  # the documentation pages load from a CDN
    folder = engine.holdings.archive.folder
    store, audit = open_store(folder), Audit(folder, settings.audit)
    metrics = Metrics(engine.holdings)
    tracing = Tracing() if settings.log.traces else None
    watched = Watched(TracedEngine(engine, tracing.tracer) if tracing else engine, audit, metrics)
    ways, oidc = _ways(settings, store)
    add_errors(app)
    metrics.add_route(app)
    if oidc is not None:
        oidc.add_routes(app)
    desk, places = Desk(folder), Places(settings.at_once, settings.limits.waiting, metrics)
    add_routes(app, watched, desk)
    mount_chat(app, watched, settings, desk, places)
    app.state.stopping = asyncio.Event()
    _add_middleware(app, settings, hosts, ways, metrics, places, store)
    closed_last: list[Any] = [desk, store, audit]
    if tracing:
        app.add_middleware(TraceRequests, tracer=tracing.tracer)
        closed_last.append(tracing)
    app.router.lifespan_context = _lifespan(app.router.lifespan_context, audit, closed_last)
    return app


def serve(engine: Engine, settings: Settings, host: str = "127.0.0.1", port: int = 7860) -> None:
    """Serve until stopped; then what is in hand is finished, for `server.drain_seconds` at most.

    Raises:
        SettingsError: see `check_settings`.
    """
    check_settings(settings, host)
    make_server(create_app(engine, settings, hosts=known_hosts(settings)), settings, host, port).run()


def make_server(app: FastAPI, settings: Settings, host: str, port: int) -> uvicorn.Server:
    """What listens for an application; run it, and set its `should_exit` to stop it in good order."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        root_path=_root(settings),
        log_config=None,
        access_log=False,
        proxy_headers=False,  # who is believed is decided in here
        server_header=False,
        ws="none",
        timeout_graceful_shutdown=settings.server.drain_seconds,
    )
    return _Server(config, app.state.stopping)


def check_settings(settings: Settings, host: str) -> None:
    """Whether a server with these settings lets in only whom it should.

    Raises:
        SettingsError: it can be reached from other machines and asks nobody to sign in, or its sign-in lacks
            something; the text says how to choose.
    """
    sign_in, server = settings.sign_in, settings.server
    public = server.public_url
    if sign_in.mode == "none":
        others = {host, *server.hosts, *([name_in(urlsplit(public).netloc) or ""] if public else [])}
        open_to = sorted(name for name in others if not _is_loopback(name))
        if open_to:
            raise SettingsError(
                f"{open_to[0]} can be reached from other machines, and nobody is asked to sign in, so everybody there"
                " could read everything held. Choose a sign-in with ONRECORD_SIGN_IN__MODE: keys, oidc or proxy (see"
                " docs/access.md); or serve this machine only, with --host 127.0.0.1."
            )
    if sign_in.mode == "oidc":
        if sign_in.oidc is None or public is None:
            raise SettingsError(
                "Sign-in with a provider needs ONRECORD_SIGN_IN__OIDC__ISSUER, ONRECORD_SIGN_IN__OIDC__CLIENT_ID and"
                " ONRECORD_SERVER__PUBLIC_URL, the address that readers know."
            )
        for url in (public, sign_in.oidc.issuer):
            if url.startswith("http://") and not _is_loopback(name_in(urlsplit(url).netloc) or ""):
                raise SettingsError(f"{url} has to begin with https:// since a sign-in passes through it.")
    if sign_in.mode == "proxy" and not server.proxies:
        raise SettingsError("Sign-in by a proxy needs ONRECORD_SERVER__PROXIES, the addresses that it calls from.")


def known_hosts(settings: Settings) -> frozenset[str]:
    """The names under which a server may be called."""
    public = settings.server.public_url
    own = name_in(urlsplit(public).netloc) if public else None
    return LOOPBACK | {name.lower() for name in settings.server.hosts} | ({own} if own else set())


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _root(settings: Settings) -> str:
    return urlsplit(settings.server.public_url or "").path


def _ways(settings: Settings, store: Database) -> tuple[list[Way], Oidc | None]:
    """How a reader may show who they are; nothing in the list lets everybody in."""
    sign_in, by_key = settings.sign_in, ByKey(Keys(store))
    match sign_in.mode:
        case "none":
            return [], None
        case "keys":
            return [by_key], None
        case "proxy":
            return [by_key, ByProxy(sign_in)], None
        case "oidc":
            sessions = Sessions(store, sign_in.session_hours)
            return [by_key, BySession(sessions)], Oidc(sign_in, sessions, settings.server.public_url or "")


def _add_middleware(
    app: FastAPI,
    settings: Settings,
    hosts: frozenset[str] | None,
    ways: list[Way],
    metrics: Metrics,
    places: Places,
    store: Database,
) -> None:
    """What a request passes, the innermost first."""
    sign_in, server, origins = settings.sign_in, settings.server, settings.portal.origins
    oidc = sign_in.mode == "oidc"
    rates = Rates(settings.limits)
    app.add_middleware(
        Line, settings=settings.limits, rates=rates, stopping=app.state.stopping, places=places, metrics=metrics
    )
    app.add_middleware(Bodies, settings=settings.limits)
    app.add_middleware(
        SignIn,
        ways=ways,
        open_paths=(*OPEN_PATHS, *((SIGN_IN, CALLBACK) if oidc else ())),
        proxies=server.proxies if sign_in.mode == "proxy" else None,
        page=oidc,
        rates=rates,
    )
    if oidc:
        app.add_middleware(
            SessionMiddleware,
            secret_key=cookie_secret(store),
            session_cookie="onrecord_session",
            max_age=sign_in.session_hours * 3600,
            path=_root(settings) or "/",
            same_site="lax",  # "strict" would lose the way back from the provider
            https_only=(server.public_url or "").startswith("https://"),
        )
    app.add_middleware(WithoutCors)
    if origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=["GET", "POST", "PATCH", "DELETE"],
            allow_headers=SENT,
            expose_headers=READ,
            allow_credentials=False,  # a portal's page calls with a key; what a cookie allows is for our own page
        )
    app.add_middleware(Boundary, hosts=hosts, public_url=server.public_url, origins=origins)
    app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=[str(network) for network in server.proxies])
    app.add_middleware(_Peer)
    app.add_middleware(Observe, metrics=metrics)
    app.add_middleware(SafeHeaders, origins=origins)
    app.add_middleware(CorrelationIdMiddleware, validator=lambda given: bool(REQUEST_ID.fullmatch(given)))


def _lifespan(inner: Lifespan, audit: Audit, closed_last: list[Any]) -> Lifespan:
    """What an application runs with, and what it gives back at its end."""

    @asynccontextmanager
    async def running(app: FastAPI) -> AsyncIterator[Any]:
        retention = Retention(audit)
        retention.start()
        try:
            async with inner(app) as state:
                yield state
        finally:
            retention.stop()
            for thing in closed_last:
                thing.close()

    return running


class _Peer:
    """Middleware: keeps who really connects, before a proxy's word for whom it calls changes that."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            scope.setdefault("state", {})["peer"] = scope["client"][0] if scope.get("client") else None
        await self._app(scope, receive, send)


class _Server(uvicorn.Server):
    """uvicorn, which tells endless streams to end before it waits for everything to end."""

    def __init__(self, config: uvicorn.Config, stopping: asyncio.Event) -> None:
        super().__init__(config)
        self._stopping = stopping

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._stopping.set()
        await super().shutdown(sockets)
