"""Sign-in with an OpenID Connect provider: authorisation code flow with PKCE, state and nonce, done by authlib.

What the provider says of a reader goes into a session on this side; its tokens are not kept.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from html import escape
from typing import Any, cast
from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from corpus.errors import SettingsError
from corpus.settings import OidcSettings, SignInSettings
from ui.access.sessions import Sessions
from ui.access.sign_in import SIGN_IN
from ui.access.ways import SESSION, reader_with
from ui.reader import Reader

CALLBACK, SIGN_OUT = "/sign-in/callback", "/sign-out"
_NEXT = "next"
log = logging.getLogger(__name__)


class Oidc:
    """Args:
    settings: who the provider is, and what its claims mean here.
    sessions: where those who signed in are kept.
    public_url: the address that readers know; the provider sends them back there.
    """

    def __init__(self, settings: SignInSettings, sessions: Sessions, public_url: str) -> None:
        if settings.oidc is None:
            raise SettingsError("Sign-in with a provider needs ONRECORD_SIGN_IN__OIDC__ISSUER and __CLIENT_ID.")
        self._settings, self._oidc = settings, settings.oidc
        self._sessions = sessions
        self._public = public_url
        self._client = _client(settings.oidc)

    def add_routes(self, app: FastAPI) -> None:
        """Signing in, coming back from the provider, and signing out."""
        app.add_route(SIGN_IN, self.begin, methods=["GET"], include_in_schema=False)
        app.add_route(CALLBACK, self.come_back, methods=["GET"], include_in_schema=False)
        app.add_route(SIGN_OUT, self.ask_to_leave, methods=["GET"], include_in_schema=False)
        app.add_route(SIGN_OUT, self.leave, methods=["POST"], include_in_schema=False)

    async def begin(self, request: Request) -> Response:
        """Send a reader to the provider; `next` is where they wanted to go."""
        request.session[_NEXT] = self._place(request.query_params.get(_NEXT, ""))
        try:
            await self._check_issuer()
            response: Response = await self._client.authorize_redirect(request, self._public + CALLBACK)
        except Exception:  # authlib lets pass what httpx raises, and errors of its own without a common base
            log.exception("The sign-in provider does not answer")
            return _page(503, "No sign-in just now", "The sign-in provider does not answer. Please try again soon.")
        return response

    async def come_back(self, request: Request) -> Response:
        """Take what the provider says; all of it is checked before a session begins."""
        wanted = request.session.get(_NEXT) or self._root + "/"
        try:
            token = await self._client.authorize_access_token(request)
            reader = self._reader(token.get("userinfo") or {})
        except Exception as error:  # a forged or stale answer, or a provider that is gone: nobody is let in
            log.warning("A sign-in failed: %s", type(error).__name__)
            return self._not_signed_in()
        if reader is None:
            log.warning("A sign-in failed: no usable subject")
            return self._not_signed_in()
        request.session.clear()  # nothing of before goes on into the session of somebody who signed in
        request.session[SESSION] = self._sessions.start(reader)
        return RedirectResponse(wanted, status_code=303)

    async def ask_to_leave(self, _: Request) -> Response:
        """A page with one button: a link that other sites could call must not sign anybody out."""
        button = f'<form method="post" action="{escape(self._root + SIGN_OUT)}"><button>Sign out</button></form>'
        return _page(200, "Sign out", "", button)

    async def leave(self, request: Request) -> Response:
        """End the session here, and offer to end the provider's."""
        session = request.session.get(SESSION)
        if isinstance(session, str):
            self._sessions.end(session)
        request.session.clear()
        end = (self._client.server_metadata or {}).get("end_session_endpoint")
        links = f'<p><a href="{escape(self._root + SIGN_IN)}">Sign in again</a></p>'
        if isinstance(end, str) and end.startswith(("https://", "http://")):
            links += f'<p><a href="{escape(end)}">Sign out of the provider, too</a></p>'
        return _page(200, "You are signed out", "", links)

    @property
    def _root(self) -> str:
        return urlsplit(self._public).path

    def _place(self, wanted: str) -> str:
        """A path of ours to go to after signing in, whatever was asked for."""
        inside = wanted.startswith(f"{self._root}/") and not wanted.startswith(("//", "/\\"))
        return wanted if inside and wanted.isprintable() and "\\" not in wanted else f"{self._root}/"

    async def _check_issuer(self) -> None:
        """The provider has to be who was configured (OpenID Connect Discovery 1.0, section 4.3)."""
        found = (await self._client.load_server_metadata()).get("issuer")
        if found != self._oidc.issuer:
            self._client.server_metadata.clear()
            raise SettingsError(f"The provider calls itself {found!r}: set ONRECORD_SIGN_IN__OIDC__ISSUER to that.")

    def _reader(self, claims: Mapping[str, Any]) -> Reader | None:
        subject = claims.get("sub")
        if not isinstance(subject, str) or not subject or len(subject) > 255:
            return None
        groups: Any = claims
        for name in self._oidc.groups_claim.split("."):
            groups = groups.get(name) if isinstance(groups, Mapping) else None
        given = groups if isinstance(groups, list) else [groups]
        return reader_with(f"oidc:{subject}", given, self._settings.admin_groups)

    def _not_signed_in(self) -> Response:
        again = f'<p><a href="{escape(self._root + SIGN_IN)}">Try again</a></p>'
        return _page(400, "You are not signed in", "The sign-in was not finished, or took too long.", again)


def _client(settings: OidcSettings) -> Any:
    from authlib.integrations.starlette_client import OAuth

    secret = settings.client_secret
    return cast(Any, OAuth()).register(
        "provider",
        server_metadata_url=settings.issuer.rstrip("/") + "/.well-known/openid-configuration",
        client_id=settings.client_id,
        client_secret=secret.get_secret_value() if secret else None,
        client_kwargs={
            "scope": settings.scope,
            "code_challenge_method": "S256",
            "timeout": 10,
            **({} if secret else {"token_endpoint_auth_method": "none"}),
        },
    )


def _page(status: int, title: str, text: str, more: str = "") -> HTMLResponse:
    """A small page of our own; `more` is HTML that we wrote."""
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
    style = "<style>body{font-family:system-ui,sans-serif;max-width:32rem;margin:15vh auto;padding:0 1rem}</style>"
    return HTMLResponse(f"{head}{style}<h1>{escape(title)}</h1><p>{escape(text)}</p>{more}", status_code=status)
