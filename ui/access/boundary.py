"""The first rules of a request: under which name the server is called, and what other sites' pages may do.

Gradio answers any Origin with credentials allowed, so this stands before it and takes its CORS headers away.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.api.problems import problem_response

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
# What a page of a portal may send and read beyond what every page may.
SENT = ("Authorization", "Content-Type", "Idempotency-Key", "X-Request-ID", "Last-Event-ID", "Mcp-Session-Id")
READ = ("X-Request-ID", "Retry-After", "Location", "Link", "Idempotency-Replayed", "Mcp-Session-Id")


class SafeHeaders:
    """Middleware: tells browsers what the pages may do, on every response, errors included.

    Args:
        app: what it stands before.
        origins: of the pages that may frame this server's.
    """

    def __init__(self, app: ASGIApp, *, origins: Sequence[str] = ()) -> None:
        self._app = app
        self._headers = _headers(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers[name] = value
            await send(message)

        await self._app(scope, receive, sending)


class Boundary:
    """Middleware: refuses other names and other sites' pages.

    It leaves in `scope["state"]["same_origin"]` whether a page of our own sent the request: True, False, or None where
    the request does not say (no browser leaves both Origin and Sec-Fetch-Site out of one that can change something).

    Args:
        app: what it stands before.
        hosts: names under which the server may be called; None takes any (something in front then has to check).
        public_url: the address that readers know, if it is another than the one that is called.
        origins: of the pages that may call this server.
    """

    def __init__(
        self, app: ASGIApp, *, hosts: Collection[str] | None, public_url: str | None = None, origins: Sequence[str] = ()
    ) -> None:
        self._app = app
        self._hosts = hosts
        self._public = origin_of(public_url) if public_url else None
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        problem = self._problem(headers)
        if problem and scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        scope.setdefault("state", {})["same_origin"] = self._same_origin(headers)
        app = problem_response(403, "Refused", problem) if problem else self._app
        await app(scope, receive, send)

    def _problem(self, headers: Headers) -> str | None:
        if self._hosts is not None and name_in(headers.get("host", "")) not in self._hosts:
            return "This server is not called by that name. Names are added with ONRECORD_SERVER__HOSTS."
        origin = headers.get("origin")
        if origin is not None and not self._own(origin, headers) and origin.lower() not in self._origins:
            return "Requests from another site's page are not accepted, unless ONRECORD_PORTAL__ORIGINS names it."
        return None

    def _same_origin(self, headers: Headers) -> bool | None:
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        if origin is not None:
            return self._own(origin, headers)
        return None if site is None else site in ("same-origin", "none")

    def _own(self, origin: str, headers: Headers) -> bool:
        given, host = origin.lower(), headers.get("host", "").lower()
        return given == self._public or (host != "" and given.partition("://")[2] == host)


class WithoutCors:
    """Middleware: takes off what the application inside says to other origins."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    (name, value)
                    for name, value in message["headers"]
                    if not name.lower().startswith(b"access-control-")
                ]
            await send(message)

        await self._app(scope, receive, sending)


def origin_of(url: str) -> str:
    """Scheme, name and port of an address, as browsers write them."""
    parts = urlsplit(url.lower())
    default = {"http": 80, "https": 443}.get(parts.scheme)
    name = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{name}" + (f":{parts.port}" if parts.port not in (None, default) else "")


def _headers(origins: Sequence[str]) -> dict[str, str]:
    framed_by = " ".join(("'self'", *origins))
    return {
        # Gradio's page compiles templates ('unsafe-eval') and carries its own settings ('unsafe-inline').
        "content-security-policy": (
            "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline';"
            " img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; object-src 'none';"
            f" base-uri 'self'; form-action 'self'; frame-ancestors {framed_by}"
        ),
        "x-content-type-options": "nosniff",
        # Not "no-referrer", with which browsers send a form of our own page with the Origin "null".
        "referrer-policy": "same-origin",
    }


def name_in(host: str) -> str | None:
    """The name in a Host header, without port and brackets."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def route_path(scope: Scope) -> str:
    """The path of a request below the one that a proxy in front takes off."""
    path, root = str(scope.get("path", "")), str(scope.get("root_path", ""))
    return path[len(root) :] if root and path.startswith(f"{root}/") else path
