"""What the server takes on: how often somebody may ask, how large and how slow a request may be, and how many wait.

Answers are worked on a few at a time, since more at once would only make each slower; the rest wait in line, and when
the line is full the server says so at once (503, with Retry-After) instead of keeping everybody waiting.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from contextlib import aclosing, suppress

from limits import RateLimitItem, parse_many
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from corpus.errors import SettingsError
from corpus.settings import LimitSettings
from ui.access.boundary import route_path
from ui.api.problems import problem_response
from ui.metrics import Metrics
from ui.places import Places
from ui.reader import LOCAL, reader_of

_QUEUE = "/gradio_api/queue/join"  # where the chat page sends questions, which stand in the same line (`ui.chat.turns`)
_ENDLESS = "/gradio_api/heartbeat/"  # a page that is open keeps one
_FEW_SECONDS = 5
log = logging.getLogger(__name__)


class Rates:
    """Counts in moving windows, in this process's memory.

    Raises:
        SettingsError: a rate is not written like "120/minute".
    """

    def __init__(self, settings: LimitSettings) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._reader = _rates(settings.per_reader)
        self._address = _rates(settings.per_address)
        self._failures = _rates(settings.failed_sign_ins)

    def take(self, reader: str, address: str) -> float | None:
        """Count a request; returns the seconds to wait if it is one too many."""
        wait = self._full(self._reader, "reader", reader) or self._full(self._address, "address", address)
        if wait is None:
            for limits, kind, who in ((self._reader, "reader", reader), (self._address, "address", address)):
                for limit in limits:
                    self._limiter.hit(limit, kind, who)
        return wait

    def failed(self, address: str) -> None:
        """Count a sign-in that failed."""
        for limit in self._failures:
            self._limiter.hit(limit, "failed", address)

    def until_next_try(self, address: str) -> float | None:
        """Seconds until somebody at an address may try to sign in again; None when they may now."""
        return self._full(self._failures, "failed", address)

    def _full(self, limits: list[RateLimitItem], kind: str, who: str) -> float | None:
        waits = [
            self._limiter.get_window_stats(limit, kind, who).reset_time - time.time()
            for limit in limits
            if not self._limiter.test(limit, kind, who)
        ]
        return max(waits, default=None)


class Bodies:
    """Middleware: a request's body has to be small enough and here soon; it is, before the request stands in line.

    Args:
        app: what it stands before.
        settings: how small and how soon.
    """

    def __init__(self, app: ASGIApp, *, settings: LimitSettings) -> None:
        self._app = app
        self._most, self._seconds = settings.body_bytes, settings.body_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = await self._body(scope, receive)
        if isinstance(body, Response):
            await body(scope, receive, send)
            return
        first: Message | None = {"type": "http.request", "body": body, "more_body": False}

        async def receiving() -> Message:
            nonlocal first
            message, first = first, None
            return message or await receive()

        await self._app(scope, receiving, send)

    async def _body(self, scope: Scope, receive: Receive) -> bytes | Response:
        """The whole body, or what is said instead of an answer."""
        told = Headers(scope=scope).get("content-length", "0")
        parts, size, more = list[bytes](), int(told) if told.isdecimal() else self._most + 1, True
        if size > self._most:
            return self._too_large()
        size, until = 0, time.monotonic() + self._seconds
        while more:
            try:
                message = await asyncio.wait_for(receive(), max(until - time.monotonic(), 0.001))
            except TimeoutError:
                detail = f"Its body was not here within {self._seconds:g} seconds."
                return problem_response(408, "Request too slow", detail)
            if message["type"] == "http.disconnect":
                return problem_response(400, "Cut off", "The request ended before its body did.")
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            more = message.get("more_body", False)
            if size > self._most:
                return self._too_large()
        return b"".join(parts)

    def _too_large(self) -> Response:
        return problem_response(413, "Request too large", f"Send at most {self._most:,} bytes at a time.")


class Line:
    """Middleware: rates, then a place in line, then the answer within its time.

    Args:
        app: what it stands before.
        settings: how many and how long.
        rates: counted for everybody but the owner of a server without sign-in.
        stopping: set when the server is to end: streams that never would are told that their reader has gone.
        places: to work in.
        metrics: where it shows how many are worked on.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        settings: LimitSettings,
        rates: Rates,
        stopping: asyncio.Event,
        places: Places,
        metrics: Metrics,
    ) -> None:
        self._app = app
        self._settings = settings
        self._rates = rates
        self._stopping = stopping
        self._metrics = metrics
        self._places = places

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path, method = route_path(scope), scope["method"]
        works = path.startswith(("/api/", "/v1/")) or (path.startswith("/mcp") and method == "POST")
        wait = self._wait(scope) if works or path == _QUEUE else None
        if wait is not None:
            await too_many(wait, "You ask more often than is allowed here.")(scope, receive, send)
        elif works:
            await self._in_line(scope, receive, send)
        elif path.startswith(_ENDLESS):
            await self._app(scope, self._until_stopping(receive), send)
        else:
            await self._app(scope, receive, send)

    def _wait(self, scope: Scope) -> float | None:
        reader = reader_of(scope)
        if reader is LOCAL:
            return None
        return self._rates.take(reader.name, scope["client"][0] if scope.get("client") else "")

    async def _in_line(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._places.full:
            await _busy("Too many requests are waiting already.")(scope, receive, send)
            return
        try:
            async with asyncio.timeout(self._settings.answer_seconds), aclosing(self._places.line()) as line:
                async for _ in line:
                    pass
        except TimeoutError:
            await _busy("Its turn did not come in time.")(scope, receive, send)
            return
        await self._work(scope, receive, send)

    async def _work(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the request; where its time is over, answer without it. A thread cannot be stopped, so the place is
        given back when the work really ends."""
        started = late = False

        async def sending(message: Message) -> None:
            nonlocal started
            if not late:
                started = True
                await send(message)

        async def working() -> None:
            try:
                with self._metrics.working.track_inprogress():
                    await self._app(scope, receive, sending)
            finally:
                self._places.leave()

        task = asyncio.create_task(working())
        try:
            await asyncio.wait({task}, timeout=self._settings.answer_seconds)
        except asyncio.CancelledError:
            task.cancel()
            raise
        if task.done():
            await task
            return
        late = True
        task.add_done_callback(_forget)
        if started:
            task.cancel()
            return
        detail = f"There was no answer within {self._settings.answer_seconds:g} seconds. Ask for less at a time."
        await problem_response(504, "Out of time", detail)(scope, receive, send)

    def _until_stopping(self, receive: Receive) -> Receive:
        async def receiving() -> Message:
            message = asyncio.ensure_future(receive())
            stop = asyncio.ensure_future(self._stopping.wait())
            try:
                await asyncio.wait({message, stop}, return_when=asyncio.FIRST_COMPLETED)
                return message.result() if message.done() else {"type": "http.disconnect"}
            finally:
                message.cancel()
                stop.cancel()

        return receiving


def too_many(wait: float, detail: str) -> Response:
    """429: `wait` is in how many seconds it is worth trying again."""
    return _later(429, "Too many requests", detail, wait)


def _busy(detail: str) -> Response:
    return _later(503, "Busy", detail, _FEW_SECONDS)


def _later(status: int, title: str, detail: str, wait: float) -> Response:
    seconds = max(1, math.ceil(wait))
    response = problem_response(status, title, f"{detail} Try again in {seconds} s.")
    response.headers["Retry-After"] = str(seconds)
    return response


def _forget(task: asyncio.Task[None]) -> None:
    """What came of work that nobody waits for any more."""
    with suppress(asyncio.CancelledError):
        error = task.exception()
        if error is not None:
            log.error("A request that ran out of time failed", exc_info=error)


def _rates(text: str) -> list[RateLimitItem]:
    try:
        return parse_many(text)
    except ValueError as error:
        raise SettingsError(f"{text!r} is not a rate: write it like 120/minute.") from error
