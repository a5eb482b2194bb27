"""A real server with sign-in by key over statements of which a part is restricted, for tests of the interfaces."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from serving import bearer, restricted, served

from corpus.settings import Settings
from rag.engine import Engine
from ui.access.keys import Keys
from ui.access.store import open_store


@dataclass(frozen=True)
class Place:
    """Where it listens, and its keys."""

    url: str
    keys: Keys
    engine: Engine

    def secret(self, *groups: str, scopes: tuple[str, ...] = ("ask", "feedback")) -> str:
        """A new key."""
        return self.keys.add("test", groups=groups, scopes=scopes)[1]

    def client(self, *groups: str, scopes: tuple[str, ...] = ("ask", "feedback")) -> httpx.Client:
        """A client with a new key."""
        return httpx.Client(base_url=self.url, headers=bearer(self.secret(*groups, scopes=scopes)), timeout=60)


@contextmanager
def keyed(folder: Path, engine_class: type[Engine] = Engine, **more: Any) -> Iterator[Place]:
    """The server, over what `serving.restrict` holds."""
    many = {"per_reader": "100000/minute", "per_address": "100000/minute", "failed_sign_ins": "1000/minute"}
    settings = Settings(archive=folder, **({"sign_in": {"mode": "keys"}, "limits": many} | more))
    with restricted(settings) as engine:
        store = open_store(folder)
        engine = engine_class(engine.holdings)
        with served(engine, settings) as url:
            yield Place(url, Keys(store), engine)
        store.close()
