"""Server-Sent Events out of work that blocks: the work runs in threads, and silence is filled with comments."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

from fastapi.sse import KEEPALIVE_COMMENT, EventSourceResponse, format_sse_event
from starlette.concurrency import run_in_threadpool

_SILENCE = 15.0  # seconds; proxies cut a connection on which nothing comes for a minute or so
_HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}


def event(data: Any, name: str | None = None) -> bytes:
    """One event, its data as JSON."""
    return format_sse_event(data_str=json.dumps(data, ensure_ascii=False), event=name)


def event_stream(events: Iterator[bytes]) -> EventSourceResponse:
    """A response that sends events as they are made."""
    return EventSourceResponse(_paced(events), headers=_HEADERS)


async def _paced(events: Iterator[bytes]) -> AsyncIterator[bytes]:
    while True:
        step = asyncio.ensure_future(run_in_threadpool(next, events, None))
        while not (await asyncio.wait({step}, timeout=_SILENCE))[0]:
            yield KEEPALIVE_COMMENT
        made = step.result()
        if made is None:
            return
        yield made
