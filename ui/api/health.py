"""Whether the server lives (``/healthz``) and whether it can answer (``/readyz``)."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel

from corpus.holdings import Holdings
from rag.engine import Engine
from ui.api.problems import Problem

_GOOD_FOR = 5.0  # seconds
log = logging.getLogger(__name__)


class Health(BaseModel):
    """The process answers."""

    status: Literal["ok"]


class Readiness(BaseModel):
    """Whether questions can be answered.

    `archive` and `model` are `ok` or what is wrong with them; `lag` says how many changes the indexes have still to
    take in, which keeps nobody from asking.
    """

    status: Literal["ready", "not ready"]
    archive: str
    model: str
    lag: dict[str, int]


def add(router: APIRouter, engine: Engine) -> None:
    """Add the routes."""

    @router.get("/healthz", response_model=Health, tags=["operation"])
    def healthz() -> dict[str, str]:
        """Whether the process answers."""
        return {"status": "ok"}

    unready: dict[int | str, dict[str, Any]] = {
        503: {"model": Readiness, "description": "Not ready; the fields say why."},
        500: {"model": Problem},
    }

    readiness = _Readiness(engine.holdings)

    @router.get("/readyz", response_model=Readiness, responses=unready, tags=["operation"])
    def readyz(response: Response) -> Readiness:
        """Whether questions can be answered now."""
        found = readiness.now()
        response.status_code = 200 if found.status == "ready" else 503
        return found


class _Readiness:
    """Looks at most every few seconds: anybody may ask, and counting what waits for its vector takes a while."""

    def __init__(self, holdings: Holdings) -> None:
        self._holdings = holdings
        self._lock = threading.Lock()
        self._found: Readiness | None = None
        self._until = 0.0

    def now(self) -> Readiness:
        with self._lock:
            if self._found is None or time.monotonic() > self._until:
                self._found = self._look()
                self._until = time.monotonic() + _GOOD_FOR
            return self._found

    def _look(self) -> Readiness:
        holdings = self._holdings
        archive, model = _tried(holdings.archive.last_change), _tried(lambda: holdings.embedder.encode(["ready"]))
        ready = archive == model == "ok"
        lag = _lag(holdings) if ready else {}
        return Readiness(status="ready" if ready else "not ready", archive=archive, model=model, lag=lag)


def _tried(work: Callable[[], object]) -> str:
    try:
        work()
    except Exception:  # whatever it is, and with its details in the log only: anybody may ask here
        log.exception("Not ready")
        return "failed; the server's log says why"
    return "ok"


def _lag(holdings: Holdings) -> dict[str, int]:
    archive = holdings.archive
    words = archive.last_change() - holdings.lexical.applied
    return {"words": max(0, words), "vectors": archive.count_without_vector(holdings.embedder.name)}
