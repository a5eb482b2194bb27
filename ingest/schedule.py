"""Sources synced by the server itself, every so many hours; off unless `sources.every_hours` says how many."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime, timedelta

from corpus.errors import IndexBusy
from corpus.holdings import Holdings
from corpus.ledger import Ledger
from ingest.sources.sync import sync, visitor_for

_LONGEST_PAUSE = 60.0
log = logging.getLogger(__name__)


class SyncSchedule:
    """One background thread; `start` it, and `stop` it before the holdings are closed.

    Times are kept with the sources, so that a restart neither skips a sync nor makes one too many.

    Args:
        holdings: where statements go; vectors are left to `ingest.worker.Worker`.
    """

    def __init__(self, holdings: Holdings) -> None:
        self._holdings = holdings
        self._every = timedelta(hours=holdings.settings.sources.every_hours)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="onrecord-sync", daemon=True)

    def start(self) -> None:
        """Begin, where a schedule is set; sources that are due are synced at once."""
        if self._every:
            self._thread.start()

    def stop(self) -> None:
        """End after the request in hand; the rest is done next time."""
        self._stopping.set()
        if self._every:
            self._thread.join()

    def _run(self) -> None:
        pause = min(self._every.total_seconds() / 2, _LONGEST_PAUSE)
        with Ledger(self._holdings.archive) as ledger:
            while not self._stopping.is_set():
                try:
                    self._round(ledger)
                except IndexBusy:  # somebody is syncing by hand
                    log.info("Sources are being synced by another process; this round is left out.")
                except Exception:  # whatever it was, the next round tries again, and answering goes on meanwhile
                    log.exception("The sources could not be synced; trying again later.")
                self._stopping.wait(pause)

    def _round(self, ledger: Ledger) -> None:
        before = datetime.now(UTC) - self._every
        due = [source for source in ledger.sources() if source.tried is None or source.tried <= before]
        if not due:
            return
        visitor = visitor_for(self._holdings, sleep=self._stopping.wait)
        report = sync(self._holdings, ledger, due, visitor, stop=self._stopping.is_set)
        log.info(
            "Synced %d sources: %d new, %d changed, %d withdrawn, %d not taken.",
            len(due),
            report.taken.new,
            report.taken.changed,
            len(report.withdrawn),
            len(report.problems),
        )
