"""A question in hand: what its reader sees of it, and what a stop stops."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Generator

import pytest

from corpus.archive import Archive
from corpus.holdings import Holdings
from corpus.settings import Settings
from ui.chat.talk import Picture
from ui.chat.turns import Hand
from ui.metrics import Metrics
from ui.places import Places

ASKED, GROWING, ANSWERED, STOPPED = Picture(begins="a question"), Picture(now="so far"), Picture(now="all"), Picture("")


class Work:
    """An answer that waits to be told to go on in two places: before it is kept, and while it is."""

    def __init__(self) -> None:
        self.written, self.stored, self.kept = threading.Event(), threading.Event(), False

    def pictures(self) -> Generator[Picture]:
        """As a conversation makes them."""
        yield ASKED
        yield GROWING
        assert self.written.wait(20)
        yield Picture(ends=True)
        assert self.stored.wait(20)
        self.kept = True
        yield ANSWERED


async def seen(work: Work, metrics: Metrics, stop_at: str, *, told: bool) -> list[Picture]:
    """What a reader sees who stops the question while it is "written", while it is "kept", or "never"."""
    places = Places(1, 64, metrics)
    hand = Hand(work.pictures(), lambda question: STOPPED, places, 20)
    pictures = []

    async def watch() -> None:
        async for picture in hand.shown():
            pictures.append(picture)

    watching = asyncio.create_task(watch())
    while GROWING not in pictures:
        await asyncio.sleep(0.01)
    if stop_at == "written":
        hand.stop(told=told)
        await watching
    work.written.set()
    await asyncio.sleep(0.2)
    if stop_at == "kept":
        hand.stop(told=told)
        await asyncio.sleep(0.1)
    work.stored.set()
    await watching
    while places._free != 1:
        await asyncio.sleep(0.01)
    return pictures


@pytest.mark.parametrize(
    ("stop_at", "told", "last", "kept"),
    [
        ("never", True, ANSWERED, True),
        ("written", True, STOPPED, False),
        ("written", False, GROWING, False),
        ("kept", True, ANSWERED, True),  # else it would be kept and the page would say that it was not
        ("kept", False, GROWING, True),
    ],
)
def test_what_a_stop_stops(stop_at: str, told: bool, last: Picture, kept: bool, archive: Archive) -> None:
    work = Work()
    with Holdings(Settings(archive=archive.folder)) as holdings:
        pictures = asyncio.run(seen(work, Metrics(holdings), stop_at, told=told))
    assert pictures[-1] == last
    assert work.kept is kept
