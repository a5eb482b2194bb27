"""`onrecord serve`."""

from __future__ import annotations

import argparse
import signal
import sys

from corpus.holdings import Holdings
from ingest.schedule import SyncSchedule
from ingest.worker import Worker
from rag.engine import Engine
from ui.commands.opening import settings_from
from ui.logs import set_up_logs
from ui.server import check_settings
from ui.server import serve as run


def serve(arguments: argparse.Namespace) -> int:
    """Serve the chat and the API until stopped, and keep vectors and indexes caught up meanwhile."""
    settings = settings_from(arguments)
    check_settings(settings, arguments.host)
    set_up_logs(settings.log)
    # uvicorn stops in good order and then raises the signal again, which would end the process before it tidies up.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with Holdings(settings, create=True, own_vectors=True) as holdings:
        worker = Worker(holdings)
        schedule = SyncSchedule(holdings)
        worker.start()
        schedule.start()
        print(f"OnRecord is on http://{arguments.host}:{arguments.port} (stop with Ctrl-C)", flush=True)
        try:
            run(Engine(holdings), settings, arguments.host, arguments.port)
        finally:
            schedule.stop()
            worker.stop()
    return 0
