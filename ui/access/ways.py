"""The ways to show who one is: an API key, a session, or the word of a proxy that is trusted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any, Protocol

from starlette.datastructures import Headers
from starlette.types import Scope

from corpus.settings import SignInSettings
from ui.access.keys import Keys
from ui.access.sessions import Sessions
from ui.reader import SCOPES, Reader

SESSION = "session"  # under which a signed cookie has the name of a session
_MOST_GROUPS, _LONGEST_NAME = 500, 200


class NotLetIn(Exception):
    """What was shown is no good; the text may be told to whoever showed it."""


class Way(Protocol):
    """One way to show who one is."""

    # With which `same_origin` (see `ui.access.boundary`) a change is accepted: what browsers send along unasked, they
    # also send with what another site's page makes them send.
    changes_from: frozenset[bool | None]

    def reader(self, scope: Scope, headers: Headers) -> Reader | None:
        """Who sends a request; None where it shows nothing of this kind.

        Raises:
            NotLetIn: it shows something, and that is not accepted.
        """
        ...


class ByKey:
    """`Authorization: Bearer or_...`."""

    changes_from: frozenset[bool | None] = frozenset({True, False, None})

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def reader(self, scope: Scope, headers: Headers) -> Reader | None:
        """See `Way`."""
        given = headers.get("authorization")
        if given is None:
            return None
        scheme, _, secret = given.partition(" ")
        found = self._keys.reader(secret.strip()) if scheme.lower() == "bearer" else None
        if found is None:
            raise NotLetIn("That API key is not accepted: it is mistyped, over, or taken back.")
        return found


class BySession:
    """The signed cookie that a sign-in with the provider left."""

    changes_from: frozenset[bool | None] = frozenset({True})

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def reader(self, scope: Scope, headers: Headers) -> Reader | None:
        """See `Way`."""
        session = scope["session"].get(SESSION)
        return self._sessions.reader(session) if isinstance(session, str) else None


class ByProxy:
    """Headers of a proxy; who connects from elsewhere is refused before (see `ui.access.sign_in`).

    Programs behind it send no Origin, so that is accepted; browsers always send one with a change.
    """

    changes_from: frozenset[bool | None] = frozenset({True, None})

    def __init__(self, settings: SignInSettings) -> None:
        self._settings = settings

    def reader(self, scope: Scope, headers: Headers) -> Reader | None:
        """See `Way`."""
        users = headers.getlist(self._settings.user_header)
        if not users:
            return None
        user = users[0].strip()
        if len(users) > 1 or not user or len(user) > _LONGEST_NAME or not user.isprintable():
            raise NotLetIn(f"The proxy has to send one {self._settings.user_header}, and did not.")
        given = [group for value in headers.getlist(self._settings.groups_header) for group in value.split(",")]
        return reader_with(f"proxy:{user}", given, self._settings.admin_groups)


def reader_with(name: str, groups: Iterable[Any], admin_groups: Sequence[str]) -> Reader:
    """A reader as somebody else vouches for: what is no usable group's name is left out."""
    usable = (group.strip() for group in groups if isinstance(group, str))
    kept = frozenset(sorted(group for group in usable if group and len(group) <= _LONGEST_NAME)[:_MOST_GROUPS])
    may = SCOPES if kept & set(admin_groups) else frozenset({"ask", "feedback"})
    return Reader(name, kept, may)


def comes_from(peer: str | None, networks: Sequence[IPv4Network | IPv6Network]) -> bool:
    """Whether an address is in one of the networks."""
    try:
        address = ip_address(peer or "")
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return any((mapped or address) in network for network in networks)
