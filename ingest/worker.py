"""What a server does beside answering: it gives new passages their vectors and keeps both indexes caught up."""

from __future__ import annotations

import logging
import threading

from corpus.holdings import Holdings
from ingest.pipeline import link_due
from ingest.reading import read_due
from ingest.vectors import embed_due

# Inputs per transaction: few enough that a stop waits a few seconds at most.
_WINDOW = 128
log = logging.getLogger(__name__)


class Worker:
    """One background thread; `start` it, and `stop` it before the holdings are closed.

    Args:
        holdings: what is kept caught up; it owns its vector index.
        pause: seconds between looks at the archive, which other processes fill.
    """

    def __init__(self, holdings: Holdings, pause: float = 2.0) -> None:
        self._holdings = holdings
        self._pause = pause
        self._stopping = threading.Event()
        self._done = -1  # the newest change that has been dealt with
        self._thread = threading.Thread(target=self._run, name="onrecord-worker", daemon=True)

    def start(self) -> None:
        """Begin; everything that is due is done at once."""
        self._thread.start()

    def stop(self) -> None:
        """End after the transaction in hand; what is left is done next time."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._round()
            except Exception:  # whatever it was, the next round tries again, and answering goes on meanwhile
                log.exception("The indexes could not be brought up to date; trying again.")
            self._stopping.wait(self._pause)

    def _round(self) -> None:
        newest = self._holdings.archive.last_change()
        if newest == self._done:
            return
        self._holdings.catch_up()
        link_due(self._holdings, self._stopping.is_set)
        read_due(self._holdings, self._stopping.is_set)
        embed_due(
            self._holdings.archive,
            self._holdings.embedder,
            window=_WINDOW,
            progress=lambda count: self._holdings.catch_up(),
            stop=self._stopping.is_set,
        )
        self._done = newest
