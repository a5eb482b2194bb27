"""Which addresses may be called: those of the public internet, and private ones that the settings name.

A name is resolved once per request, everything that it resolves to is checked, and the connection is made to that very
address: a name that points elsewhere a moment later (DNS rebinding) gains nothing. Each redirect is a request of its
own and is checked like the first.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

from corpus.errors import AddressRefused, FetchError
from corpus.settings import Network

Resolve = Callable[[str, int], Sequence[str]]
_NAT64: Final = IPv6Network("64:ff9b::/96")
_SEE: Final = "see docs/sources.md"


def system_resolver(host: str, port: int) -> list[str]:
    """The addresses that the system's resolver gives for a host. Raises OSError (UnicodeError for an odd name)."""
    return list(dict.fromkeys(str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))


@dataclass(frozen=True, slots=True)
class Guard:
    """What may be called.

    Attributes:
        networks: not public, and allowed all the same.
        ports: that may be called.
        resolve: (host, port) to addresses.
    """

    networks: tuple[Network, ...] = ()
    ports: frozenset[int] = frozenset({80, 443})
    resolve: Resolve = system_resolver

    def addresses(self, host: str, port: int, where: str) -> Sequence[str]:
        """The addresses of a host, every one of which may be called; `where` is for messages.

        Raises:
            AddressRefused: the port, or one of the addresses, is not allowed.
            FetchError: the name does not resolve.
        """
        if port not in self.ports:
            raise AddressRefused(where, f"is refused: port {port} is not among sources.ports ({_SEE})")
        try:
            found = self.resolve(host, port)
        except (OSError, UnicodeError) as problem:
            raise FetchError(where, f"{host} is not known by that name", temporary=True) from problem
        for address in found:
            if not self._allowed(address):
                raise AddressRefused(where, f"is refused: {address} is not public; allow it in sources ({_SEE})")
        if not found:
            raise FetchError(where, f"{host} has no address", temporary=True)
        return found

    def _allowed(self, text: str) -> bool:
        try:
            address = _meant(ip_address(text))
        except ValueError:  # with an IPv6 zone, say, which is link-local
            return False
        return is_public(address) or any(address in network for network in self.networks)


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is one that anybody on the internet may call."""
    address = _meant(address)
    special = address.is_multicast or address.is_reserved or address.is_unspecified
    if isinstance(address, IPv6Address):
        special = special or address.is_site_local or address.teredo is not None
    return address.is_global and not special


def _meant(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address inside a mapped, 6to4 or NAT64 one, which is where the packets go."""
    if isinstance(address, IPv6Address):
        if inner := address.ipv4_mapped or address.sixtofour:
            return inner
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address
