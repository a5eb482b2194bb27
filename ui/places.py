"""Places to work in: answers are worked on a few at a time, since more at once would only make each slower.

The rest stand in one line, first come, first served: readers of the chat and programs alike.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from ui.metrics import Metrics


class Places:
    """As many as the settings have; for one event loop.

    Args:
        at_once: how many may work at once.
        waiting: how many may wait.
        metrics: where it shows how long the line is.
    """

    def __init__(self, at_once: int, waiting: int, metrics: Metrics) -> None:
        self._free, self._most = at_once, waiting
        self._line: list[asyncio.Event] = []
        self._metrics = metrics

    @property
    def full(self) -> bool:
        """Whether nobody more can stand in line."""
        return not self._free and len(self._line) >= self._most

    async def line(self) -> AsyncGenerator[int]:
        """Stand in line: yields how many wait before this one, whenever somebody moves, until there is a place.

        When it ends by itself the place is taken; give it back with `leave`.
        """
        moved = asyncio.Event()
        self._line.append(moved)
        try:
            with self._metrics.waiting.track_inprogress():
                while (before := self._line.index(moved)) or not self._free:
                    yield before
                    await moved.wait()
                    moved.clear()
            self._free -= 1
        finally:
            self._line.remove(moved)
            self.stir()

    def leave(self) -> None:
        """Give a place back."""
        self._free += 1
        self.stir()

    def stir(self) -> None:
        """Let everybody in line look again where they stand, and whether they still want to."""
        for moved in self._line:
            moved.set()
