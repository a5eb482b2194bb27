"""A web server on loopback that serves what a test puts there, and misbehaves where it is told to."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Handler = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Site:
    """What is served, by path, and what was asked for.

    Attributes:
        at: paths to bodies or to functions that answer as they like.
        types: content types by path; the rest is HTML.
        asked: paths in the order of requests, and `headers` those that came with each.
    """

    port: int = 0
    scheme: str = "http"
    at: dict[str, bytes | str | Handler] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        """The address of a path."""
        return f"{self.scheme}://{host}:{self.port}{path}"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """A GET: what is there, with an ETag; 304 where the caller has it; 404 for the rest."""
        self.asked.append(request.path)
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
        found = self.at.get(request.path)
        if callable(found):
            found(request)
            return
        if found is None:
            send(request, 404, b"nothing here")
            return
        body = found.encode() if isinstance(found, str) else found
        etag = f'"{sha256(body).hexdigest()[:16]}"'
        unchanged = request.headers.get("If-None-Match") == etag
        content_type = self.types.get(request.path, "text/html; charset=utf-8")
        send(
            request, 304 if unchanged else 200, b"" if unchanged else body, {"Content-Type": content_type, "ETag": etag}
        )


def send(request: BaseHTTPRequestHandler, status: int, body: bytes = b"", headers: Mapping[str, str] = {}) -> None:
    """One whole answer."""
    request.send_response(status)
    for name, value in headers.items():
        request.send_header(name, value)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


def redirect(to: str) -> Handler:
    """An answer that leads elsewhere."""
    return lambda request: send(request, 302, b"", {"Location": to})


def in_turn(*answers: tuple[int, bytes, Mapping[str, str]]) -> Handler:
    """Answers one after the other, the last one from then on."""
    left = list(answers)

    def answer(request: BaseHTTPRequestHandler) -> None:
        send(request, *(left.pop(0) if len(left) > 1 else left[0]))

    return answer


def release(title: str, day: str, text: str, around: str = "") -> str:
    """A ministry's page with one statement."""
    return (
        f'<!doctype html><html lang="en"><head><title>{title}</title>'
        f'<meta property="og:title" content="{title}"><meta property="article:published_time" content="{day}">'
        f"</head><body><nav>{around}</nav><main><article><h1>{title}</h1><p>{text}</p></article></main></body></html>"
    )


def feed(*entries: tuple[str, str, str]) -> str:
    """An RSS feed of (address, title, date)."""
    items = "".join(
        f"<item><title>{title}</title><link>{link}</link><pubDate>{day}</pubDate></item>"
        for link, title, day in entries
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>Ministry</title>{items}</channel></rss>'


def sitemap(*addresses: str) -> str:
    """A sitemap of addresses."""
    urls = "".join(f"<url><loc>{address}</loc></url>" for address in addresses)
    return f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'


@contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[Site]:
    """A site that is served until the block ends."""
    site = Site(scheme="https" if tls else "http")

    class _Request(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                site.answer(self)
            except OSError:  # the client has had enough, which is what many tests are about
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Nothing on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), _Request)
    server.daemon_threads = True
    server.block_on_close = False
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    site.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
