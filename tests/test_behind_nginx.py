"""Below a path behind a real nginx, configured by docs/deploy/nginx.conf, whose portal says who reads."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import httpx
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
from playwright.sync_api import Browser, Page, expect
from serving import QUESTION, free_port, restricted, served

from corpus.settings import Settings
from tests.site import send, serving

AROUND = """
daemon off;
pid {folder}/nginx.pid;
error_log stderr;
{user}
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {certificate.chain};
        ssl_certificate_key {certificate.key};
        location = /sign-in-check {{
            internal;
            proxy_pass {portal};
            proxy_pass_request_body off;
            proxy_set_header Content-Length "";
        }}
        location = /portal {{ proxy_pass {portal}; }}
        include {folder}/onrecord.conf;
    }}
}}
"""
PORTAL = """<!doctype html><html lang="en"><head><title>Portal</title><script src="/onrecord/embed.js" defer></script>
</head><body><h1>Portal</h1><onrecord-chat lang="en"></onrecord-chat></body></html>"""
ANN = {"Cookie": "portal=ann"}  # how the portal knows her; she is of the group blue
ELSEWHERE = "127.0.0.3"  # all of 127.0.0.0/8 is this machine


def _who(request: BaseHTTPRequestHandler) -> None:
    """The portal's word for who reads, by its own cookie."""
    known = "portal=ann" in request.headers.get("Cookie", "")
    send(request, 200 if known else 401, b"", {"X-User": "ann", "X-Groups": "blue"} if known else {})


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    """A portal's nginx, and the server that it passes to."""
    nginx, folder = program("nginx"), tmp_path_factory.mktemp("nginx")
    certificate, port, server = Certificate.made(folder), free_port(), free_port()
    public = f"https://127.0.0.1:{port}{PREFIX}"
    settings = Settings(
        archive=tmp_path_factory.mktemp("archive"),
        server={"public_url": public, "proxies": ["127.0.0.1"]},  # type: ignore[arg-type]
        sign_in={"mode": "proxy"},  # type: ignore[arg-type]
    )
    shipped = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    changes = {"http://127.0.0.1:7860/": f"http://127.0.0.1:{server}/", "# auth_request": "auth_request"}
    (folder / "onrecord.conf").write_text(replaced(shipped, changes))
    with serving() as portal, restricted(settings) as engine:
        portal.at |= {"/sign-in-check": _who, "/portal": PORTAL}
        user = "user root;" if os.geteuid() == 0 else ""  # pytest's folders are for their owner alone
        named = {"folder": folder, "port": port, "certificate": certificate, "portal": portal.url(""), "user": user}
        (folder / "nginx.conf").write_text(AROUND.format(**named))
        held = Held(engine.holdings)
        with (
            served(held, settings, port=server) as direct,
            running(
                [nginx, "-c", f"{folder}/nginx.conf", "-p", str(folder)], folder / "log", public, certificate.trusting
            ),
        ):
            yield Behind(public, direct, held, certificate.trusting)


@pytest.fixture
def page(browser: Browser, place: Behind) -> Iterator[Page]:
    """A page of Ann's browser."""
    context = browser.new_context(ignore_https_errors=True, extra_http_headers={})
    context.add_cookies([{"name": "portal", "value": "ann", "url": place.origin}])
    yield context.new_page()
    context.close()


def test_interfaces_below_the_path(place: Behind) -> None:
    checked_interfaces(place, ANN)


def test_answers_come_as_they_are_made(place: Behind) -> None:
    checked_streaming(place, ANN)


def test_only_the_portal_says_who_reads(place: Behind) -> None:
    forged = {"X-Forwarded-User": "eve", "X-Forwarded-Groups": "red,blue", "X-Forwarded-For": "127.0.0.1"}
    body = {"question": QUESTION}
    with place.client(ANN | forged) as client:
        assert client.post("/api/v1/ask", json=body).json()["searched"]["statements"] == 2, "blue, and not red"
    with place.client(forged) as client:
        assert client.post("/api/v1/ask", json=body).status_code == 401
        assert client.get("/").status_code == 401
    with httpx.Client(transport=httpx.HTTPTransport(local_address=ELSEWHERE), headers=forged) as client:
        refused = client.post(f"{place.direct}/api/v1/ask", json=body)
        assert refused.status_code == 403 and "proxy" in refused.json()["detail"]


def test_the_address_of_a_reader_is_the_one_that_connected(place: Behind, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "ui.logs")
    transport = httpx.HTTPTransport(local_address=ELSEWHERE, verify=place.trusting)
    with httpx.Client(transport=transport, headers=ANN | {"X-Forwarded-For": "198.51.100.7"}) as client:
        assert client.get(f"{place.public}/api/v1/coverage").status_code == 200
    until = time.monotonic() + 30
    while not (asked := [record for record in caplog.records if record.path == "/api/v1/coverage"]):  # type: ignore[attr-defined]
        assert time.monotonic() < until, "a request is logged when it is over, which may be after its answer has come"
        time.sleep(0.05)
    assert [record.address for record in asked] == [ELSEWHERE]  # type: ignore[attr-defined]


@pytest.mark.browser
def test_a_reader_asks_in_the_chat(place: Behind, page: Page) -> None:
    checked_chat(place, page)


@pytest.mark.browser
def test_the_chat_in_the_portals_own_page(place: Behind, page: Page) -> None:
    page.goto(f"{place.origin}/portal")
    chat = page.frame_locator("onrecord-chat iframe")
    chat.get_by_label("Question", exact=True).fill(QUESTION)
    chat.get_by_label("Question", exact=True).press("Enter")
    expect(chat.locator("#or-now .or-chip").first).to_be_visible(timeout=30_000)
    assert (
        page.locator("onrecord-chat")
        .evaluate("element => element.shadowRoot.querySelector('iframe').src")
        .startswith(f"{place.public}/?")
    )
