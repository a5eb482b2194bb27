"""A real server on loopback over the sample corpus, and over a small archive of which a part is restricted."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import httpx
from conftest import put

from corpus.archive import Archive
from corpus.holdings import Holdings
from corpus.settings import Settings
from ingest.vectors import embed_due
from rag.engine import Engine
from ui.server import create_app, known_hosts, make_server

OPEN = "The Harbour Ministry of Elsewhere said that the breakwater would be finished in May."
BLUE = "The Harbour Ministry of Elsewhere said in confidence that the Zarquon Inlet Survey (ZIS) found quicksand."
RED = "The Harbour Ministry of Elsewhere said in confidence that the lighthouse keeper Brontitall had resigned."
QUESTION = "What did the Harbour Ministry of Elsewhere say?"


def restrict(archive: Archive) -> None:
    """Three statements: one for everybody, one for the group blue, one for red."""
    put(archive, "open/1", OPEN, title="Breakwater", published=date(2025, 1, 1))
    put(archive, "blue/1", BLUE, title="Inlet", audience=("blue",), issuer="Bureau of Inlets")
    put(archive, "red/1", RED, title="Lighthouse", audience=("red",), published=date(2020, 1, 1))


@contextmanager
def restricted(settings: Settings) -> Iterator[Engine]:
    """An engine over what `restrict` holds."""
    with Holdings(settings, create=True, own_vectors=True) as holdings:
        restrict(holdings.archive)
        embed_due(holdings.archive, holdings.embedder)
        holdings.catch_up()
        yield Engine(holdings)


@contextmanager
def served(engine: Engine, settings: Settings, *, host: str = "127.0.0.1", port: int | None = None) -> Iterator[str]:
    """Where the server listens, as `onrecord serve` would run it."""
    port = port or free_port()
    app = create_app(engine, settings, hosts=known_hosts(settings))
    server = make_server(app, settings, host, port)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 60
    while not server.started:
        assert thread.is_alive() and time.monotonic() < until, "the server did not start"
        time.sleep(0.02)
    try:
        yield f"http://{host}:{port}"
    finally:
        server.should_exit = True
        thread.join(60)
        assert not thread.is_alive(), "the server did not stop"


def free_port() -> int:
    """A port that nobody listened on a moment ago."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def wait_for(url: str, seconds: float = 90) -> None:
    """Until an address answers 200."""
    until = time.monotonic() + seconds
    while True:
        try:
            if httpx.get(url, timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            pass
        assert time.monotonic() < until, f"{url} does not answer"
        time.sleep(0.1)


def bearer(secret: str) -> dict[str, str]:
    """The header that shows a key."""
    return {"Authorization": f"Bearer {secret}"}
