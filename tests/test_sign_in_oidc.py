"""Sign-in with a real OpenID Connect provider on loopback, in the way that a browser goes through it."""

from __future__ import annotations

import base64
import hashlib
import io
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import oidc_provider_mock
import pytest
from serving import BLUE, OPEN, QUESTION, bearer, free_port, restricted, served
from werkzeug.serving import make_server

from corpus.settings import Settings
from ui.access.keys import Keys
from ui.access.store import open_store

PAGE = {"Accept": "text/html"}


@dataclass
class Provider:
    """A provider that keeps what it was sent, and insists on PKCE, which the one inside does not look at."""

    app: Any
    challenges: dict[str, str] = field(default_factory=dict)
    redirects: list[str] = field(default_factory=list)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """One request."""
        if environ["PATH_INFO"] == "/oauth2/token":
            body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
            environ["wsgi.input"] = io.BytesIO(body)
            form = parse_qs(body.decode())
            digest = hashlib.sha256(form["code_verifier"][0].encode()).digest()
            if base64.urlsafe_b64encode(digest).decode().rstrip("=") not in self.challenges:
                start_response("400 Bad Request", [("Content-Type", "application/json")])
                return [b'{"error": "invalid_grant"}']
        if environ["PATH_INFO"] == "/oauth2/authorize":
            query = parse_qs(environ["QUERY_STRING"])
            self.challenges[query["code_challenge"][0]] = query["code_challenge_method"][0]
            self.redirects += query["redirect_uri"]
        return self.app(environ, start_response)


@dataclass(frozen=True)
class Place:
    """A server that signs in with a provider."""

    url: str
    provider: Provider
    settings: Settings

    def browser(self) -> httpx.Client:
        """Somebody who has not signed in."""
        return httpx.Client(base_url=self.url, headers=PAGE, timeout=60)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """See `Place`."""
    users = [
        oidc_provider_mock.User(sub="ann", claims={"realm": {"roles": ["blue", 7, "", "x" * 300]}}),
        oidc_provider_mock.User(sub="bob", claims={"realm": "nonsense"}),
        oidc_provider_mock.User(sub="eve", claims={"realm": {"roles": ["keepers"]}}),
    ]
    provider = Provider(oidc_provider_mock.app(user_claims=users, require_nonce=True))
    issuer = make_server("localhost", 0, provider, threaded=True)
    thread = threading.Thread(target=issuer.serve_forever, daemon=True)
    thread.start()
    port = free_port()
    settings = Settings(
        archive=tmp_path_factory.mktemp("archive"),
        server={"public_url": f"http://127.0.0.1:{port}"},  # type: ignore[arg-type]
        sign_in={  # type: ignore[arg-type]
            "mode": "oidc",
            "admin_groups": ["keepers"],
            "oidc": {
                "issuer": f"http://localhost:{issuer.server_port}",
                "client_id": "onrecord",
                "client_secret": "s3cret",
                "groups_claim": "realm.roles",
            },
        },
    )
    with restricted(settings) as engine, served(engine, settings, port=port) as url:
        yield Place(url, provider, settings)
    issuer.shutdown()
    thread.join()


def to_provider(browser: httpx.Client, start: str = "/") -> str:
    """Go to a page, and on to where the provider asks who it is; returns that address."""
    first = browser.get(start)
    assert first.status_code == 303 and first.headers["location"].startswith("/sign-in?next=")
    second = browser.get(first.headers["location"])
    assert second.status_code == 302
    return str(second.headers["location"])


def sign_in(browser: httpx.Client, who: str, start: str = "/") -> httpx.Response:
    """As somebody does it; returns what the server says when the provider has sent them back."""
    answered = httpx.post(to_provider(browser, start), data={"sub": who})
    assert answered.status_code == 302
    return browser.get(answered.headers["location"])


def ask(browser: httpx.Client, **headers: str) -> httpx.Response:
    """The same question, as the page asks it."""
    return browser.post("/api/v1/ask", json={"question": QUESTION}, headers=headers)


def test_a_reader_signs_in_and_sees_what_their_groups_see(place: Place) -> None:
    with place.browser() as browser:
        assert ask(browser).status_code == 401
        back = sign_in(browser, "ann", "/?embed=1&from=2025-01-01")
        assert (back.status_code, back.headers["location"]) == (303, "/?embed=1&from=2025-01-01")
        cookie = back.headers["set-cookie"].lower()
        assert "httponly" in cookie and "samesite=lax" in cookie and "secure" not in cookie.replace("onrecord", "")
        assert browser.get("/").status_code == 200
        assert ask(browser, Origin=place.url).json()["searched"]["statements"] == 2
        found = browser.get("/api/v1/search", params={"q": "Harbour Ministry"}).json()
        assert {hit["text"] for hit in found} == {OPEN, BLUE}
    with place.browser() as browser:
        assert sign_in(browser, "bob").headers["location"] == "/"
        assert ask(browser, Origin=place.url).json()["searched"]["statements"] == 1
        assert browser.get("/metrics").status_code == 403
    with place.browser() as browser:
        sign_in(browser, "eve")
        assert browser.get("/metrics").status_code == 200
    assert set(place.provider.challenges.values()) == {"S256"}
    assert set(place.provider.redirects) == {f"{place.url}/sign-in/callback"}


def test_programs_are_told_and_not_sent_away(place: Place) -> None:
    with place.browser() as browser:
        for path in ("/api/v1/coverage", "/gradio_api/info", "/v1/models"):
            assert browser.get(path).status_code == 401
        assert browser.get("/", headers={"Accept": "*/*"}).status_code == 401
        assert browser.post("/gradio_api/queue/join", json={}).status_code == 401


def test_a_key_works_beside_it(place: Place) -> None:
    store = open_store(place.settings.archive)
    _, secret = Keys(store).add("program", groups=["blue"])
    with place.browser() as browser:
        assert ask(browser, **bearer(secret)).json()["searched"]["statements"] == 2
        sign_in(browser, "ann")
        wrong = ask(browser, Origin=place.url, **bearer("or_0123456789_" + "x" * 43))
        assert wrong.status_code == 401, "a key that is shown counts, whatever the cookie says"
    store.close()


def test_a_cookie_changes_nothing_for_another_sites_page(place: Place) -> None:
    with place.browser() as browser:
        sign_in(browser, "ann")
        assert ask(browser, Origin=place.url).status_code == 200
        assert ask(browser, **{"Sec-Fetch-Site": "same-origin"}).status_code == 200
        for sent in (
            {},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Origin": "http://127.0.0.1:1"},
        ):
            assert ask(browser, **sent).status_code == 403, sent
            for path in ("/gradio_api/queue/join", "/sign-out"):
                assert browser.post(path, json={}, headers=sent).status_code == 403


def test_signing_out_ends_the_session_also_for_a_copied_cookie(place: Place) -> None:
    with place.browser() as browser:
        sign_in(browser, "ann")
        copied = dict(browser.cookies)
        assert "button" in browser.get("/sign-out").text and browser.get("/").status_code == 200
        out = browser.post("/sign-out", headers={"Origin": place.url})
        assert out.status_code == 200 and "/oauth2/end_session" in out.text
        assert browser.get("/").status_code == 303
        assert httpx.get(f"{place.url}/", headers=PAGE, cookies=copied).status_code == 303


def test_a_cookie_that_we_did_not_sign_is_nothing(place: Place) -> None:
    with place.browser() as browser:
        sign_in(browser, "ann")
        value = browser.cookies["onrecord_session"]
        body, _, rest = value.partition(".")
        forged = base64.b64encode(base64.b64decode(body).replace(b"session", b"session ")).decode()
        for cookie in (value[:-1] + ("A" if value[-1] != "A" else "B"), f"{forged}.{rest}", "x", body):
            reply = httpx.get(f"{place.url}/", headers=PAGE, cookies={"onrecord_session": cookie})
            assert reply.status_code == 303


def test_an_answer_of_the_provider_counts_once_and_for_who_asked(place: Place) -> None:
    with place.browser() as browser, place.browser() as other:
        location = httpx.post(to_provider(browser), data={"sub": "ann"}).headers["location"]
        query = parse_qs(urlsplit(location).query)
        to_provider(other)
        assert other.get(location).status_code == 400, "another browser's answer"
        for bad in (
            location.replace(query["state"][0], "x"),
            location.replace(query["code"][0], "x"),
            f"{place.url}/sign-in/callback",
            f"{place.url}/sign-in/callback?error=access_denied&state={query['state'][0]}",
        ):
            with place.browser() as fresh:
                to_provider(fresh)
                failed = fresh.get(bad)
                assert failed.status_code == 400 and "not signed in" in failed.text
                assert fresh.get("/").status_code == 303
        assert browser.get(location).status_code == 303
        assert browser.get("/").status_code == 200
        assert browser.get(location).status_code == 400, "the same answer again"


def test_a_denied_sign_in_lets_nobody_in(place: Place) -> None:
    with place.browser() as browser:
        denied = httpx.post(to_provider(browser), data={"sub": "ann", "action": "deny"})
        assert browser.get(denied.headers["location"]).status_code == 400
        assert browser.get("/").status_code == 303


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "x",
        "/a\nb",
    ],
)
def test_after_signing_in_nobody_lands_elsewhere(place: Place, wanted: str) -> None:
    with place.browser() as browser:
        began = browser.get("/sign-in", params={"next": wanted})
        answered = httpx.post(began.headers["location"], data={"sub": "bob"})
        assert browser.get(answered.headers["location"]).headers["location"] == "/"


def test_a_provider_that_calls_itself_otherwise_is_not_believed(place: Place, tmp_path: Path) -> None:
    sign_in_settings = place.settings.sign_in
    assert sign_in_settings.oidc is not None
    renamed = sign_in_settings.oidc.issuer.replace("localhost", "127.0.0.1") + "/"
    port = free_port()
    settings = Settings(
        archive=tmp_path,
        server={"public_url": f"http://127.0.0.1:{port}"},  # type: ignore[arg-type]
        sign_in={"mode": "oidc", "oidc": {"issuer": renamed, "client_id": "onrecord"}},  # type: ignore[arg-type]
    )
    with restricted(settings) as engine, served(engine, settings, port=port) as url:
        reply = httpx.get(f"{url}/sign-in", headers=PAGE)
        assert reply.status_code == 503 and "provider" in reply.text and renamed not in reply.text
