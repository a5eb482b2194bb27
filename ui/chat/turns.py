"""A question of the chat in the line that the server keeps, what its reader sees meanwhile, and how it is stopped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import aclosing
from dataclasses import replace

from starlette.concurrency import run_in_threadpool

from ui.chat.talk import Picture, refused, section
from ui.places import Places
from ui.render.answer import question_html, waiting_html

_NOTHING = Picture()
_LOOK = 0.5  # seconds between two looks at the line
_FULL = "Too many people are asking just now. Your question is in the box: please ask again in a moment."
_LESS = "It is in the box: ask for less at a time, or try it again later."


class Hand:
    """A question in hand, to be made in the event loop's thread, and stopped from any.

    Args:
        pictures: of the conversation as it grows, each made in a thread.
        stopped: the picture of a question that was stopped.
        places: to work in.
        seconds: how long a question may wait in line, and how long may be worked on it.
    """

    def __init__(
        self, pictures: Generator[Picture], stopped: Callable[[str], Picture], places: Places, seconds: float
    ) -> None:
        self._pictures, self._stopped, self._places, self._seconds = pictures, stopped, places, seconds
        self._loop, self._told = asyncio.get_running_loop(), True
        self._unwanted = asyncio.Event()
        self._made: asyncio.Queue[Picture | None] = asyncio.Queue()  # None at the end
        self._question, self._before = "", 0
        self._late = self._ends = False

    def stop(self, *, told: bool) -> None:
        """It is not wanted any more; where its reader is told, the conversation is shown without it.

        An answer that is being kept already is not stopped.
        """
        self._told = told
        self._loop.call_soon_threadsafe(self._give_up)

    async def shown(self) -> AsyncGenerator[Picture]:
        """What its reader sees, one picture after the other. Work goes on beside, so that a stop shows at once."""
        work, unwanted = asyncio.create_task(self._work()), asyncio.create_task(self._unwanted.wait())
        silent = True
        try:
            while True:
                made = asyncio.create_task(self._made.get())
                await asyncio.wait({made, unwanted}, return_when=asyncio.FIRST_COMPLETED)
                if unwanted.done() and not (self._told and self._ends):
                    made.cancel()
                    if self._late:
                        yield refused(self._question, f"There was no answer within {self._seconds:g} seconds. {_LESS}")
                    elif self._told:
                        yield await run_in_threadpool(self._stopped, self._question)
                    return
                picture = await made
                if picture is None:
                    await work
                    if silent:  # where an event ends without a word, Gradio empties every part
                        yield _NOTHING
                    return
                silent = False
                yield picture
        finally:
            unwanted.cancel()
            self._give_up()

    def _give_up(self) -> None:
        self._unwanted.set()
        self._places.stir()

    def _take_too_long(self) -> None:
        self._late = True
        self._give_up()

    async def _work(self) -> None:
        """Step by step. The step in hand is always brought to its end, since threads cannot be interrupted; so is the
        keeping of an answer."""
        working, alarm = False, None
        try:
            while not self._unwanted.is_set() or self._ends:
                picture = await run_in_threadpool(next, self._pictures, None)
                if picture is None:
                    return
                if picture.ends:
                    self._ends = not self._unwanted.is_set()
                    continue
                self._question = picture.begins or self._question
                if picture.begins and self._places.full:
                    self._made.put_nowait(replace(refused(self._question, _FULL), said=picture.said))
                    return
                self._made.put_nowait(picture)
                if picture.begins:
                    working = await self._wait()
                    if not working:
                        return
                    alarm = self._loop.call_later(self._seconds, self._take_too_long)
        finally:
            if alarm:
                alarm.cancel()
            if working:
                self._places.leave()
            self._pictures.close()
            self._made.put_nowait(None)

    async def _wait(self) -> bool:
        """Stand in line; whether there is a place at its end."""
        telling = asyncio.create_task(self._tell())
        try:
            async with asyncio.timeout(self._seconds), aclosing(self._places.line()) as line:
                async for self._before in line:
                    if self._unwanted.is_set():
                        return False
        except TimeoutError:
            self._made.put_nowait(refused(self._question, _FULL))
            return False
        finally:
            telling.cancel()
        return True

    async def _tell(self) -> None:
        """Show how many are before this one: now and then, since in a long line of short answers somebody always moves,
        and every picture for everybody takes time from the answers."""
        told = None
        while True:
            await asyncio.sleep(_LOOK)
            if self._before != told:
                told = self._before
                self._made.put_nowait(Picture(now=section(question_html(self._question) + waiting_html(told))))
