"""Who asks: a reader, with what they may do and what they may see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SCOPES = frozenset({"ask", "feedback", "ingest", "admin"})


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who was let in.

    Attributes:
        name: stable and unique, such as a subject of the sign-in; what conversations belong to.
        groups: what they belong to, which decides what they see; None sees everything.
        scopes: what they may do, out of `SCOPES`.
    """

    name: str
    groups: frozenset[str] | None = frozenset()
    scopes: frozenset[str] = frozenset({"ask", "feedback"})


# Without sign-in there is one reader, on this machine, who owns everything.
LOCAL = Reader("local", None, SCOPES)


def reader_of(scope: Mapping[str, Any]) -> Reader:
    """Who sends a request, by its ASGI scope; the middleware before the application has put it there."""
    reader = scope.get("state", {}).get("reader")
    if not isinstance(reader, Reader):
        raise AssertionError("A request came in that no sign-in has looked at.")
    return reader
