"""Below a path behind a real Caddy, configured by docs/deploy/Caddyfile, with a real OpenID Connect provider."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import oidc_provider_mock
import pytest
from behind import (
    DEPLOY,
    PREFIX,
    Behind,
    Certificate,
    Held,
    checked_chat,
    checked_interfaces,
    checked_streaming,
    program,
    replaced,
    running,
)
from playwright.sync_api import Browser, expect
from serving import QUESTION, bearer, free_port, restricted, served
from werkzeug.serving import make_server

from corpus.settings import Settings
from ui.access.keys import Keys
from ui.access.store import open_store


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """Where readers sign in; Ann is of the group blue."""
    ann = oidc_provider_mock.User(sub="ann", claims={"groups": ["blue"]})
    server = make_server("localhost", 0, oidc_provider_mock.app(user_claims=[ann], require_nonce=True), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, provider: str) -> Iterator[Behind]:
    """Caddy, and the server that it passes to."""
    caddy, folder = program("caddy"), tmp_path_factory.mktemp("caddy")
    certificate, port, server = Certificate.made(folder), free_port(), free_port()
    public = f"https://127.0.0.1:{port}{PREFIX}"
    settings = Settings(
        archive=tmp_path_factory.mktemp("archive"),
        server={"public_url": public, "proxies": ["127.0.0.1"]},  # type: ignore[arg-type]
        sign_in={"mode": "oidc", "oidc": {"issuer": provider, "client_id": "onrecord", "client_secret": "s3cret"}},  # type: ignore[arg-type]
    )
    changes = {
        "portal.example {": f"https://127.0.0.1:{port} {{\n\ttls {certificate.chain} {certificate.key}",
        "127.0.0.1:7860": f"127.0.0.1:{server}",
    }
    shipped = (DEPLOY / "Caddyfile").read_text(encoding="utf-8")
    (folder / "Caddyfile").write_text("{\n\tadmin off\n\tauto_https off\n}\n" + replaced(shipped, changes))
    with restricted(settings) as engine:
        held = Held(engine.holdings)
        command = [caddy, "run", "--config", f"{folder}/Caddyfile", "--adapter", "caddyfile"]
        with (
            served(held, settings, port=server) as direct,
            running(command, folder / "log", public, certificate.trusting),
        ):
            yield Behind(public, direct, held, certificate.trusting)


@pytest.fixture(scope="module")
def key(place: Behind) -> dict[str, str]:
    """What a program of the group blue sends."""
    store = open_store(place.engine.holdings.archive.folder)
    headers = bearer(Keys(store).add("program", groups=("blue",))[1])
    store.close()
    return headers


def test_interfaces_below_the_path(place: Behind, key: dict[str, str]) -> None:
    checked_interfaces(place, key)


def test_answers_come_as_they_are_made(place: Behind, key: dict[str, str]) -> None:
    checked_streaming(place, key)


def test_nobody_becomes_somebody_by_a_header(place: Behind, key: dict[str, str]) -> None:
    forged = {"X-Forwarded-User": "eve", "X-Forwarded-Groups": "red", "X-Forwarded-For": "127.0.0.1"}
    with place.client(forged) as client:
        assert client.post("/api/v1/ask", json={"question": QUESTION}).status_code == 401
    with place.client(key | forged) as client:
        assert client.post("/api/v1/ask", json={"question": QUESTION}).json()["searched"]["statements"] == 2


@pytest.mark.browser
def test_a_reader_signs_in_with_the_provider_and_asks(place: Behind, browser: Browser) -> None:
    context = browser.new_context(ignore_https_errors=True)
    page = context.new_page()
    page.goto(f"{place.public}/?from=2024-01-01")
    page.locator("[name=sub]").first.fill("ann")
    page.locator("[name=sub]").first.press("Enter")
    expect(page.locator(".or-example").first).to_be_visible(timeout=30_000)
    assert page.url == f"{place.public}/?from=2024-01-01"
    [cookie] = context.cookies()
    assert cookie["secure"] and cookie["httpOnly"] and cookie["path"] == PREFIX and cookie["sameSite"] == "Lax"
    checked_chat(place, page)
    page.goto(f"{place.public}/sign-out")
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("body")).to_contain_text("You are signed out")
    context.close()
