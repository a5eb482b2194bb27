"""The portal widget: its script, the one that goes into the framed page, and what the frame's address says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse

# Goes into the page's head; the path is relative, so that it is right behind a proxy.
FRAME_HEAD = '<script src="embed/frame.js" defer></script>'
LONGEST = 500  # characters of a parameter
_FOLDER = Path(__file__).parents[1] / "embed"
# A page on another origin loads the script; the policy of such a page may ask for this header.
_HEADERS = {"cross-origin-resource-policy": "cross-origin", "cache-control": "public, max-age=3600"}


@dataclass(frozen=True, slots=True)
class Start:
    """Filters that a page starts with, as a reader would type them; what is not usable has been left out."""

    first: str = ""
    last: str = ""
    issuers: tuple[str, ...] = ()


def start_of(query: Callable[[str], Sequence[str]], issuers: Sequence[str]) -> Start:
    """The filters that a page's address asks for.

    Args:
        query: all values of a parameter of the page's address, by its name.
        issuers: those that the reader can choose from.
    """
    first, last = (next(iter(query(name)), "")[:LONGEST] for name in ("from", "to"))
    known = {issuer.casefold(): issuer for issuer in issuers}
    wanted = [known.get(name[:LONGEST].strip().casefold()) for name in query("issuer")]
    return Start(first, last, tuple(dict.fromkeys(name for name in wanted if name)))


def add(router: APIRouter) -> None:
    """Add the routes."""

    @router.get("/embed.js", include_in_schema=False)
    def widget() -> FileResponse:
        """The custom element, for the portal's page."""
        return FileResponse(_FOLDER / "embed.js", media_type="text/javascript", headers=_HEADERS)

    @router.get("/embed/frame.js", include_in_schema=False)
    def frame() -> FileResponse:
        """What the framed page does to fit in."""
        return FileResponse(_FOLDER / "frame.js", media_type="text/javascript", headers=_HEADERS)
