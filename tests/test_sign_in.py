"""Who is let in, over a real server: keys, names, origins, and a page that gives nothing away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import httpx
import pytest
from serving import BLUE, OPEN, QUESTION, RED, bearer, restricted, served
from starlette.routing import Mount, Route

from corpus.errors import SettingsError
from corpus.model import Filters
from corpus.settings import Settings, load_settings
from rag.engine import Engine
from rag.model import Answer, Turn
from ui.access.keys import Keys
from ui.access.store import open_store
from ui.server import OPEN_PATHS, check_settings, create_app

PORTAL = "https://portal.example"


@dataclass(frozen=True)
class Place:
    """A server with sign-in by key, and its keys."""

    url: str
    keys: Keys
    engine: Engine
    settings: Settings

    def key(self, *groups: str, scopes: tuple[str, ...] = ("ask", "feedback")) -> dict[str, str]:
        """The headers of a new key."""
        return bearer(self.keys.add("test", groups=groups, scopes=scopes)[1])

    def ask(self, headers: dict[str, str], **more: object) -> httpx.Response:
        """Ask what everybody in these tests asks."""
        return httpx.post(f"{self.url}/api/v1/ask", json={"question": QUESTION, **more}, headers=headers, timeout=60)


class Fragile(Engine):
    """The real engine, with a defect that a question can set off."""

    def ask(
        self,
        text: str,
        *,
        history: tuple[Turn, ...] = (),  # type: ignore[override]
        filters: Filters | None = None,
        today: date | None = None,
    ) -> Answer:
        """As ever, unless told to explode."""
        if text == "explode":
            raise RuntimeError("a secret of the machine room")
        return super().ask(text, history=history, filters=filters, today=today)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """See `Place`."""
    settings = Settings(
        archive=tmp_path_factory.mktemp("archive"),
        sign_in={"mode": "keys"},  # type: ignore[arg-type]
        portal={"origins": [PORTAL]},  # type: ignore[arg-type]
        limits={"failed_sign_ins": "1000/minute"},  # type: ignore[arg-type]
    )
    with restricted(settings) as engine:
        store = open_store(settings.archive)
        fragile = Fragile(engine.holdings)
        with served(fragile, settings) as url:
            yield Place(url, Keys(store), fragile, settings)
        store.close()


def test_a_key_is_asked_for_and_what_it_may_see_is_shown(place: Place) -> None:
    for headers in ({}, bearer("or_0123456789_" + "x" * 43), {"Authorization": "Basic eDp5"}, bearer("x")):
        refused = place.ask(headers)
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"].startswith("Bearer")
        assert refused.headers["content-type"] == "application/problem+json"
    assert OPEN in place.ask(place.key()).json()["text"]
    for groups, seen in {(): [OPEN], ("blue",): [OPEN, BLUE], ("red", "blue"): [OPEN, BLUE, RED]}.items():
        answer = place.ask(place.key(*groups)).json()
        assert answer["searched"]["statements"] == len(seen)
        assert {text for text in (OPEN, BLUE, RED) if text in answer["text"]} <= set(seen)


def test_a_key_is_over_when_it_is_taken_back(place: Place) -> None:
    key, secret = place.keys.add("guest")
    assert place.ask(bearer(secret)).status_code == 200
    place.keys.revoke(key.id)
    assert place.ask(bearer(secret)).status_code == 401


def test_what_a_key_may_not_do_is_refused(place: Place) -> None:
    assert place.ask(place.key(scopes=("feedback",))).status_code == 403
    assert httpx.get(f"{place.url}/metrics", headers=place.key()).status_code == 403
    upload = httpx.post(f"{place.url}/api/v1/ingest", files={"file": ("a.txt", b"x")}, headers=place.key())
    assert upload.status_code == 403
    read = httpx.get(f"{place.url}/metrics", headers=place.key(scopes=("admin",)))
    assert read.status_code == 200 and "onrecord_statements 3.0" in read.text
    assert 'onrecord_answers_total{outcome="answered"}' in read.text


def test_probes_need_no_key_and_tell_nothing(place: Place) -> None:
    health = httpx.get(f"{place.url}/healthz")
    assert (health.status_code, health.json()) == (200, {"status": "ok"})
    assert httpx.get(f"{place.url}/readyz").status_code == 200


def test_no_route_gives_anything_to_nobody(place: Place) -> None:
    app = create_app(place.engine, place.settings)
    paths = sorted({path for path in _paths(app.routes) if path not in OPEN_PATHS})
    assert len(paths) > 60 and "/gradio_api/queue/join" in paths and "/gradio_api/queue/data" in paths
    with httpx.Client(base_url=place.url, timeout=20) as client:
        for path in paths:
            for method in ("GET", "POST"):
                reply = client.request(method, path, headers={"Accept": "text/html"})
                assert reply.status_code == 401, (method, path)
                assert not any(word in reply.text for word in ("Harbour", "Inlet", "Zarquon", "gradio"))


def _paths(routes: object, before: str = "") -> Iterator[str]:
    """Every path that an application knows, with something in place of parameters."""
    for route in routes:  # type: ignore[attr-defined]
        if isinstance(route, Mount):
            yield from _paths(route.routes or getattr(route.app, "routes", []), before + route.path)
        elif hasattr(route, "original_router"):  # a router of FastAPI that was included
            yield from _paths(route.original_router.routes, before)
        elif isinstance(route, Route):
            path = before + route.path
            while "{" in path:
                path = path[: path.index("{")] + "x" + path[path.index("}") + 1 :]
            yield path


def test_every_reply_carries_the_headers_that_browsers_go_by(place: Place) -> None:
    key = place.key()
    broken = httpx.post(f"{place.url}/api/v1/ask", json={"question": "explode"}, headers=key)
    assert broken.status_code == 500 and "secret" not in broken.text
    assert broken.headers["content-type"] == "application/problem+json"
    replies = [
        broken,
        place.ask({}),
        place.ask(key),
        httpx.get(f"{place.url}/", headers=key),
        httpx.get(f"{place.url}/healthz", headers={"Host": "evil.example"}),
    ]
    assert [reply.status_code for reply in replies] == [500, 401, 200, 200, 403]
    for reply in replies:
        assert f"frame-ancestors 'self' {PORTAL}" in reply.headers["content-security-policy"]
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert len(reply.headers.get_list("x-request-id")) == 1


def test_a_request_id_comes_back_unless_it_could_forge_a_log(place: Place) -> None:
    for given, kept in {"abc-1.2_3": True, "a b": False, "x" * 65: False, "{}": False}.items():
        got = httpx.get(f"{place.url}/healthz", headers={"X-Request-ID": given}).headers["x-request-id"]
        assert (got == given) is kept and got


def test_only_named_portals_call_from_a_browser(place: Place) -> None:
    url, key = f"{place.url}/api/v1/ask", place.key()
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
    flown = httpx.options(url, headers={"Origin": PORTAL, **asked})
    assert flown.status_code == 200 and flown.headers["access-control-allow-origin"] == PORTAL
    assert "access-control-allow-credentials" not in flown.headers
    answer = place.ask(key | {"Origin": PORTAL})
    assert answer.status_code == 200 and answer.headers["access-control-allow-origin"] == PORTAL
    assert place.ask({"Origin": PORTAL}).headers["access-control-allow-origin"] == PORTAL, "401 can be read, too"
    for origin in ("https://evil.example", f"{PORTAL}.evil.example", "https://portal.example:444", "null", "http://["):
        for path in ("/api/v1/ask", "/gradio_api/queue/join", "/gradio_api/info", "/config", "/"):
            for refused in (
                httpx.post(place.url + path, json={}, headers=key | {"Origin": origin}),
                httpx.options(place.url + path, headers={"Origin": origin, **asked}),
            ):
                assert refused.status_code == 403
                assert not any(name.startswith("access-control-") for name in refused.headers)
    config = httpx.get(f"{place.url}/config", headers=key | {"Origin": place.url})
    assert config.status_code == 200 and "access-control-allow-origin" not in config.headers


def test_failing_too_often_is_slowed_down(tmp_path: Path) -> None:
    settings = Settings(
        archive=tmp_path,
        sign_in={"mode": "keys"},  # type: ignore[arg-type]
        limits={"failed_sign_ins": "3/hour"},  # type: ignore[arg-type]
    )
    store = open_store(tmp_path)
    _, secret = Keys(store).add("portal")
    with restricted(settings) as engine, served(engine, settings) as url:
        tried = [httpx.get(f"{url}/api/v1/coverage", headers=bearer("guess")).status_code for _ in range(5)]
        assert tried == [401, 401, 401, 429, 429]
        late = httpx.get(f"{url}/api/v1/coverage", headers=bearer(secret))
        assert late.status_code == 429 and 3000 < int(late.headers["retry-after"]) <= 3600
    store.close()


OIDC = {"issuer": "https://id.example", "client_id": "onrecord"}


@pytest.mark.parametrize(
    ("host", "given", "said"),
    [
        ("0.0.0.0", {}, "Choose a sign-in"),
        ("192.168.1.2", {}, "Choose a sign-in"),
        ("::", {}, "Choose a sign-in"),
        ("example.org", {}, "Choose a sign-in"),
        ("127.0.0.1", {"server": {"hosts": ["onrecord.example"]}}, "Choose a sign-in"),
        ("127.0.0.1", {"server": {"public_url": "https://portal.example/onrecord"}}, "Choose a sign-in"),
        ("0.0.0.0", {"sign_in": {"mode": "proxy"}}, "ONRECORD_SERVER__PROXIES"),
        ("0.0.0.0", {"sign_in": {"mode": "oidc"}}, "ONRECORD_SIGN_IN__OIDC__ISSUER"),
        ("0.0.0.0", {"sign_in": {"mode": "oidc", "oidc": OIDC}}, "ONRECORD_SERVER__PUBLIC_URL"),
        (
            "0.0.0.0",
            {"sign_in": {"mode": "oidc", "oidc": OIDC}, "server": {"public_url": "http://portal.example"}},
            "https://",
        ),
    ],
)
def test_a_server_that_asks_nobody_serves_this_machine_only(host: str, given: dict[str, object], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        check_settings(load_settings(**given), host)


@pytest.mark.parametrize(
    ("host", "given"),
    [
        ("127.0.0.1", {}),
        ("::1", {}),
        ("localhost", {"server": {"public_url": "http://127.0.0.1:8080/onrecord"}}),
        ("0.0.0.0", {"sign_in": {"mode": "keys"}}),
        ("0.0.0.0", {"sign_in": {"mode": "proxy"}, "server": {"proxies": ["10.0.0.0/8"]}}),
        ("::", {"sign_in": {"mode": "oidc", "oidc": OIDC}, "server": {"public_url": "https://portal.example/x"}}),
    ],
)
def test_a_server_with_a_sign_in_may_be_public(host: str, given: dict[str, object]) -> None:
    check_settings(load_settings(**given), host)


@pytest.mark.parametrize(
    "wrong",
    [
        {"server": {"proxies": ["everybody"]}},
        {"server": {"public_url": "portal.example"}},
        {"server": {"public_url": "https://portal.example/?x"}},
        {"sign_in": {"mode": "trust"}},
        {"limits": {"at_once": 0}},
    ],
)
def test_settings_that_make_no_sense_are_named(wrong: dict[str, object]) -> None:
    with pytest.raises(SettingsError, match="Unusable settings"):
        load_settings(**wrong)


def test_a_rate_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    from ui.limits import Rates

    with pytest.raises(SettingsError, match="120/minute"):
        Rates(load_settings(limits={"per_reader": "often"}).limits)
