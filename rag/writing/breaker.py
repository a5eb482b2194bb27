"""A circuit breaker: a model that fails again and again is left alone for a while, so that no reader waits for it.

Pattern: Nygard, "Release It!", 2007. The libraries at hand hold a lock for as long as a call lasts, which would make
readers wait for one another.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Breaker:
    """Counts failures in a row; safe to use from several threads.

    Args:
        most: failures in a row after which calls stop.
        rest: seconds until one call may try again; where that fails, too, the next rest begins.
        clock: seconds that only grow.
    """

    def __init__(self, most: int = 3, rest: float = 60.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._rest, self._clock = most, rest, clock
        self._lock = threading.Lock()
        self._failures = 0
        self._until = 0.0

    def allows(self) -> bool:
        """Whether a call may be made now; during a rest none, and after it one at a time."""
        with self._lock:
            if self._failures < self._most:
                return True
            if self._clock() < self._until:
                return False
            self._until = self._clock() + self._rest  # for all others, until this one has ended
            return True

    def succeeded(self) -> None:
        """The call got an answer."""
        with self._lock:
            self._failures = 0

    def failed(self) -> None:
        """The call got none."""
        with self._lock:
            self._failures += 1
            if self._failures >= self._most:
                self._until = self._clock() + self._rest
