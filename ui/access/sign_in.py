"""Nobody gets past this without having shown who they are; what follows finds them in the request (`ui.reader`)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from ipaddress import IPv4Network, IPv6Network
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ui.access.boundary import route_path
from ui.access.ways import NotLetIn, Way, comes_from
from ui.api.problems import problem_response
from ui.limits import Rates, too_many
from ui.reader import LOCAL, Reader

# Somebody whom nobody asked: a probe, or a reader on the way to sign in. Sees and may do nothing.
NOBODY = Reader("nobody", frozenset(), frozenset())
SIGN_IN = "/sign-in"
_CHECKED_LATER = ("/api/", "/v1/", "/mcp", "/metrics", "/sign-out")  # each route there asks for the scope it takes
_FOR_PROGRAMS = (*_CHECKED_LATER[:4], "/gradio_api/")
_FORGED = "A change has to be sent by this server's own page, or with an API key."
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class SignIn:
    """Middleware.

    Args:
        app: what it stands before.
        ways: to show who one is, in the order in which they are tried; none lets everybody in as `LOCAL`.
        open_paths: what anybody may call; there is nothing of the archive in them.
        proxies: where every request has to come from, if given.
        page: whether a person without a session is sent to the sign-in page.
        rates: how often somebody may fail.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        ways: Sequence[Way],
        open_paths: Collection[str] = (),
        proxies: Sequence[IPv4Network | IPv6Network] | None = None,
        page: bool = False,
        rates: Rates | None = None,
    ) -> None:
        self._app = app
        self._ways = ways
        self._open = frozenset(open_paths)
        self._proxies = proxies
        self._page = page
        self._rates = rates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        found = self._look_at(scope)
        if isinstance(found, Reader):
            scope.setdefault("state", {})["reader"] = found
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await found(scope, receive, send)

    def _look_at(self, scope: Scope) -> Reader | Response:
        """Who sends a request, or what is said instead of an answer."""
        if not self._ways:
            return LOCAL
        if route_path(scope) in self._open:
            return NOBODY
        if self._proxies is not None and not comes_from(scope["state"].get("peer"), self._proxies):
            return _forbidden("Requests are accepted from the sign-in proxy only (ONRECORD_SERVER__PROXIES).")
        address = scope["client"][0] if scope.get("client") else ""
        wait = self._rates.until_next_try(address) if self._rates else None
        if wait is not None:
            return too_many(wait, "Too many failed sign-ins from this address.")
        headers = Headers(scope=scope)
        try:
            for way in self._ways:
                reader = way.reader(scope, headers)
                if reader is not None:
                    return self._let_in(scope, way, reader)
        except NotLetIn as error:
            if self._rates:
                self._rates.failed(address)
            return _unknown(str(error))
        return self._to_sign_in(scope, headers)

    def _let_in(self, scope: Scope, way: Way, reader: Reader) -> Reader | Response:
        if not _is_own_doing(scope, way):
            return _forbidden(_FORGED)
        if "ask" not in reader.scopes and not route_path(scope).startswith(_CHECKED_LATER):
            return _forbidden("The chat takes the scope “ask”, which this reader does not have.")
        return reader

    def _to_sign_in(self, scope: Scope, headers: Headers) -> Response:
        path = route_path(scope)
        asks_for_page = scope["method"] == "GET" if scope["type"] == "http" else False
        if not (self._page and asks_for_page and "text/html" in headers.get("accept", "")):
            return _unknown("Sign in first: send an API key as “Authorization: Bearer …”.")
        if path.startswith(_FOR_PROGRAMS):
            return _unknown("Sign in first.")
        query = scope.get("query_string", b"").decode("latin-1")
        wanted = scope.get("root_path", "") + path + (f"?{query}" if query else "")
        return RedirectResponse(f"{scope.get('root_path', '')}{SIGN_IN}?next={quote(wanted)}", status_code=303)


def _is_own_doing(scope: Scope, way: Way) -> bool:
    """Whether the reader meant it: a page that is not ours may make their browser send what could change something."""
    if scope["type"] == "http" and scope["method"] in _SAFE:
        return True
    return scope["state"]["same_origin"] in way.changes_from


def _forbidden(detail: str) -> Response:
    return problem_response(403, "Refused", detail)


def _unknown(detail: str) -> Response:
    response = problem_response(401, "Not signed in", detail)
    response.headers["WWW-Authenticate"] = 'Bearer realm="OnRecord"'
    return response
