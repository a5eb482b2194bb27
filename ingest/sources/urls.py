"""Web addresses: one form for each, the statement id that follows from it, and which of them are of one site."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

import httpx

from corpus.errors import AddressRefused, FetchError
from corpus.model import sha256

LONGEST: Final = 2_000
LONGEST_ID: Final = 300
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
# What campaigns and social networks append; no page is another one for it.
_TRACKING = re.compile(r"(?:utm_\w+|fbclid|gclid|dclid|msclkid|mc_[ce]id|igshid)(?:=|$)", re.I)


def is_web_address(text: str) -> bool:
    """Whether an argument of the command line means an address and not a file."""
    return text.lower().startswith(("http://", "https://"))


def canonical(url: str, base: str | None = None) -> str:
    """An address as it is requested, compared and kept.

    Scheme and host in lower case, international names in ASCII; without fragment, default port and what campaigns
    append. The rest of the query stays as it is, in its order.

    Args:
        url: the address as found.
        base: what a relative one is relative to.

    Raises:
        AddressRefused: another scheme than http and https, or a name and password in it.
        FetchError: it is no web address.
    """
    try:
        parsed = httpx.URL(base).join(url.strip()) if base else httpx.URL(url.strip())
        host = parsed.raw_host.decode("ascii")
    except (httpx.InvalidURL, ValueError) as problem:
        raise FetchError(url[:200], "is not a web address") from problem
    if parsed.scheme not in _DEFAULT_PORTS:
        raise AddressRefused(url[:200], "is refused: only http and https addresses are fetched")
    if parsed.userinfo:
        raise AddressRefused(f"{parsed.scheme}://…@{host}", "is refused: an address must not carry name and password")
    if not host or "%" in host or not 0 < (parsed.port or 80) < 65536:
        raise FetchError(url[:200], "is not a web address")
    port = None if parsed.port == _DEFAULT_PORTS[parsed.scheme] else parsed.port
    query = b"&".join(part for part in parsed.query.split(b"&") if not _TRACKING.match(part.decode("ascii", "replace")))
    found = str(parsed.copy_with(port=port, query=query or None, fragment=None))
    if len(found) > LONGEST:
        raise FetchError(found[:200], f"is longer than {LONGEST:,} characters")
    return found


def statement_id(url: str) -> str:
    """The id of the statement that a canonical address gives: host, path and query, such as ``mod.example/press/12``.

    Scheme, ``www.`` and a closing slash make no difference, so that a site's move to https makes no second statement.
    """
    parts = urlsplit(url)
    name = parts.netloc.removeprefix("www.") + parts.path.rstrip("/") + (f"?{parts.query}" if parts.query else "")
    return name if len(name) <= LONGEST_ID else f"{name[:LONGEST_ID]}~{sha256(name)[:16]}"


def same_site(one: str, other: str) -> bool:
    """Whether two addresses are of one host, or the host of one is below that of the other (``www.`` apart)."""
    a, b = (_site(url) for url in (one, other))
    return a == b or a.endswith(f".{b}") or b.endswith(f".{a}")


def _site(url: str) -> str:
    return (urlsplit(url).hostname or "").rstrip(".").removeprefix("www.")
