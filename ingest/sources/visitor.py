"""Requests as a polite guest makes them.

Each request, of a redirect too, is one that the site's robots.txt permits, and waits for its host's turn. What may do
better later is tried again, after as long as the server asks for. A host that keeps failing is left alone.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

from protego import Protego
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

from corpus.errors import AddressRefused, FetchError
from corpus.settings import SourceSettings
from ingest.sources.fetch import Fetcher, Reply
from ingest.sources.urls import canonical, same_site

MOST_REDIRECTS: Final = 5
GONE: Final = frozenset({404, 410})
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_TRY_AGAIN: Final = frozenset({408, 425, 429})
# Addresses of a host in a row, each tried several times, after which nothing more is expected of it for now.
_FAILURES_OF_HOST: Final = 3
_LARGEST_ROBOTS: Final = 512 * 1024  # RFC 9309 asks for 500 KiB


class Visitor:
    """One for each sync: it remembers robots.txt, whose turn it is, and which hosts are left alone.

    Args:
        settings: pace, retries and limits.
        fetcher: makes the requests.
        sleep: waits, in seconds; the server's schedule passes one that ends when it is stopped.
    """

    def __init__(
        self, settings: SourceSettings, fetcher: Fetcher, *, sleep: Callable[[float], object] = time.sleep
    ) -> None:
        self._settings = settings
        self._fetcher = fetcher
        self._sleep = sleep
        self._robots: dict[str, Protego | FetchError] = {}
        self._turn: dict[str, float] = {}
        self._failures: Counter[str] = Counter()
        self._left_alone: dict[str, str] = {}

    def get(
        self, url: str, *, etag: str | None = None, last_modified: str | None = None, site: str | None = None
    ) -> Reply:
        """What an address has now.

        Args:
            url: a canonical address.
            etag, last_modified: as the last reply gave them, so that what is unchanged need not be sent again.
            site: an address whose site redirects must not leave.

        Returns:
            A reply of status 200 (its `url` is where redirects ended), 304 (unchanged), 404 or 410.

        Raises:
            AddressRefused: it, or where it redirects to, must not be fetched.
            FetchError: anything else; `put_off` where the host is left alone for now.
        """
        conditions = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        headers = {name: value for name, value in conditions.items() if value}
        reply = self._follow(url, headers, site, self._require_permission)
        if reply.status in GONE or reply.status == 200 or (reply.status == 304 and headers):
            return reply
        raise FetchError(url, f"was answered with HTTP status {reply.status}")

    def _follow(
        self, url: str, headers: Mapping[str, str], site: str | None, permission: Callable[[str], float]
    ) -> Reply:
        asked = url
        for _ in range(MOST_REDIRECTS + 1):
            delay = permission(url)
            reply = self._with_retries(url, headers, delay)
            if reply.status not in _REDIRECTS:
                return reply
            url = canonical(reply.headers.get("location", ""), base=url)
            if site is not None and not same_site(url, site):
                raise FetchError(asked, f"redirects to another site ({url[:200]}); ingest that address if it is right")
        raise FetchError(asked, f"redirects more than {MOST_REDIRECTS} times")

    # ---- robots.txt ----------------------------------------------------------------------------------------------

    def _require_permission(self, url: str) -> float:
        """Seconds that the site's robots.txt asks to leave between requests. Raises where it forbids this one."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._robots:
            self._robots[origin] = self._read_robots(f"{origin}/robots.txt")
        rules = self._robots[origin]
        if isinstance(rules, FetchError):
            raise rules
        agent = self._settings.user_agent.partition("/")[0]
        if not rules.can_fetch(url, agent):
            raise AddressRefused(url, "is closed to us by the site's robots.txt")
        return min(float(rules.crawl_delay(agent) or 0), self._settings.longest_wait)

    def _read_robots(self, url: str) -> Protego | FetchError:
        """As RFC 9309 has it: what is not there forbids nothing, what cannot be read forbids everything for now."""
        try:
            reply = self._follow(url, {}, None, lambda hop: 0.0)
        except AddressRefused as problem:
            return problem
        except FetchError as problem:
            reason = f"cannot be read, so nothing of the site is fetched: {problem.problem}"
            return FetchError(url, reason, put_off=True)
        text = reply.body[:_LARGEST_ROBOTS].decode("utf-8", "replace") if reply.status == 200 else ""
        return Protego.parse(text)

    # ---- one address, several times ------------------------------------------------------------------------------

    def _with_retries(self, url: str, headers: Mapping[str, str], delay: float) -> Reply:
        host = urlsplit(url).netloc
        if host in self._left_alone:
            raise FetchError(url, f"was not asked: {self._left_alone[host]}", put_off=True)
        attempts = Retrying(
            stop=stop_after_attempt(self._settings.attempts),
            wait=self._wait,
            retry=retry_if_exception(self._worth_another),
            sleep=self._pause,
            reraise=True,
        )
        try:
            reply = attempts(self._once, url, headers, host, delay)
        except FetchError as problem:
            self._failed(host, problem)
            raise
        self._failures[host] = 0
        return reply

    def _once(self, url: str, headers: Mapping[str, str], host: str, delay: float) -> Reply:
        now = time.monotonic()
        turn = max(self._turn.get(host, now), now)
        if turn > now:
            self._pause(turn - now)
        self._turn[host] = turn + max(delay, self._settings.seconds_between)
        reply = self._fetcher.get(url, headers)
        if reply.status in _TRY_AGAIN or reply.status >= 500:
            wait = _retry_after(reply.headers.get("retry-after"))
            problem = f"was answered with HTTP status {reply.status}"
            raise FetchError(url, problem, temporary=True, wait=wait)
        return reply

    def _pause(self, seconds: float) -> None:
        self._sleep(seconds)

    def _worth_another(self, problem: BaseException) -> bool:
        wait = problem.wait if isinstance(problem, FetchError) else None
        temporary = isinstance(problem, FetchError) and problem.temporary
        return temporary and (wait is None or wait <= self._settings.longest_wait)

    def _wait(self, state: RetryCallState) -> float:
        """As long as the server asks, else twice as long each time, with a tenth of chance in it."""
        problem = state.outcome.exception() if state.outcome else None
        if isinstance(problem, FetchError) and problem.wait is not None:
            return problem.wait
        backoff: float = self._settings.backoff * 2 ** (state.attempt_number - 1)
        return min(backoff, self._settings.longest_wait) * random.uniform(0.9, 1.1)  # noqa: S311 (no secret)

    def _failed(self, host: str, problem: FetchError) -> None:
        """Leave a host alone that asks for a long wait, or that has failed too often in a row."""
        if problem.wait is not None and problem.wait > self._settings.longest_wait:
            self._left_alone[host] = f"{host} asks to be left alone for {problem.wait:.0f} s"
        elif problem.temporary:
            self._failures[host] += 1
            if self._failures[host] >= _FAILURES_OF_HOST:
                self._left_alone[host] = f"{host} has failed {_FAILURES_OF_HOST} times in a row ({problem.problem})"


def _retry_after(value: str | None) -> float | None:
    """Seconds that a Retry-After header asks for, in either of its two forms; None where it says nothing of use."""
    if not value:
        return None
    if value.strip().isdecimal():
        return float(value.strip()[:9])
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())
