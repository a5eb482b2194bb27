"""One request over the network, to an address that the guard allows; the only file that imports `httpcore`.

`httpcore` and not `httpx`, because what matters here lies below the latter: where the connection goes, how long all of
it may take, and how large a compressed body may become. No proxy of the environment is used, no cookie kept.
"""

from __future__ import annotations

import ssl
import time
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import httpcore

from corpus.errors import FetchError
from corpus.settings import SourceSettings
from ingest.sources.guard import Guard

_MOST_GZIP_MEMBERS: Final = 100


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; header names are in lower case, and the body is unpacked."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes


class Fetcher:
    """Makes single requests, without redirects or retries.

    Args:
        settings: time and size limits, and the user agent.
        guard: what may be called.
        tls: what certificates are checked with; by default those of the system and of `certifi`.
    """

    def __init__(self, settings: SourceSettings, guard: Guard, tls: ssl.SSLContext | None = None) -> None:
        self._settings = settings
        self._guard = guard
        self._tls = tls

    def get(self, url: str, headers: Mapping[str, str] = {}) -> Reply:
        """The reply to a GET of a canonical address, whatever its status.

        Raises:
            AddressRefused: the guard does not allow where it leads.
            FetchError: no whole reply within the limits; `temporary` where another try may do better.
        """
        deadline = time.monotonic() + self._settings.total_timeout
        timeouts = dict.fromkeys(("connect", "read", "write", "pool"), self._settings.timeout)
        sent = {"Host": urlsplit(url).netloc, "User-Agent": self._settings.user_agent, **headers}
        sent |= {"Accept": "*/*", "Accept-Encoding": "gzip", "Connection": "close"}
        try:
            with (
                httpcore.ConnectionPool(
                    ssl_context=self._tls, network_backend=_Guarded(self._guard, deadline, url)
                ) as connections,
                connections.stream(
                    "GET", url, headers=list(sent.items()), extensions={"timeout": timeouts}
                ) as response,
            ):
                received = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
                body = self._body(url, response.iter_stream(), received)
                return Reply(url, response.status, received, body)
        except httpcore.TimeoutException as problem:
            raise FetchError(url, "does not answer in time", temporary=True) from problem
        except (httpcore.NetworkError, httpcore.RemoteProtocolError) as problem:
            reason = " ".join(str(problem).split())[:200] or "the connection broke"
            raise FetchError(url, f"cannot be reached: {reason}", temporary=True) from problem
        except (httpcore.LocalProtocolError, httpcore.UnsupportedProtocol) as problem:
            raise FetchError(url, f"cannot be requested: {problem}") from problem

    def _body(self, url: str, chunks: Iterable[bytes], headers: Mapping[str, str]) -> bytes:
        most = self._settings.max_bytes
        length = headers.get("content-length", "")
        body = bytearray()
        if length.isdecimal() and int(length[:20]) > most:
            raise FetchError(url, f"is larger than {most:,} bytes (sources.max_bytes)")
        for chunk in chunks:
            body += chunk
            if len(body) > most:
                raise FetchError(url, f"is larger than {most:,} bytes (sources.max_bytes)")
        encoding = headers.get("content-encoding", "identity").strip().lower()
        if encoding in ("gzip", "x-gzip") and body:
            return gunzip(bytes(body), most, url)
        if encoding not in ("identity", "", "gzip", "x-gzip"):
            raise FetchError(url, f"is packed as {encoding[:40]!r}, which was not asked for")
        return bytes(body)


def gunzip(data: bytes, most: int, where: str) -> bytes:
    """What gzip packed, never unpacking more than `most` bytes. Raises FetchError for more, and for broken data."""
    unpacked = bytearray()
    for _ in range(_MOST_GZIP_MEMBERS):
        inflater = zlib.decompressobj(wbits=31)
        try:
            unpacked += inflater.decompress(data, most - len(unpacked) + 1)
        except zlib.error as problem:
            raise FetchError(where, "is not gzip, although it says so") from problem
        if len(unpacked) > most:
            raise FetchError(where, f"unpacks to more than {most:,} bytes (sources.max_bytes)")
        if not inflater.eof:
            raise FetchError(where, "is cut short: its gzip data do not end", temporary=True)
        data = inflater.unused_data.lstrip(b"\0")
        if not data:
            return bytes(unpacked)
    raise FetchError(where, "is gzip data in too many parts")


class _Guarded(httpcore.NetworkBackend):
    """Connects to addresses that the guard has checked, and ends everything at the deadline.

    TLS still verifies the host's name: httpcore takes that from the address requested, not from here.
    """

    def __init__(self, guard: Guard, deadline: float, url: str) -> None:
        self._guard = guard
        self._url = url
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to the first of the host's addresses that takes one."""
        last: Exception = httpcore.ConnectError("no address")
        for address in self._guard.addresses(host, port, self._url):
            try:
                stream = httpcore.SyncBackend().connect_tcp(
                    address, port, _left(self._deadline, timeout), local_address, socket_options
                )
                return _Timed(stream, self._deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as problem:
                last = problem
        raise last


class _Timed(httpcore.NetworkStream):
    """A stream each of whose steps ends at the deadline: a body that drips in byte by byte outlasts no limit."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(self._deadline, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(self._deadline, timeout))

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        stream = self._stream.start_tls(ssl_context, server_hostname, _left(self._deadline, timeout))
        return _Timed(stream, self._deadline)

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(deadline: float, timeout: float | None) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout
    return left if timeout is None else min(left, timeout)
