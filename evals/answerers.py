"""Who is asked: the engine in this process, or a running server. Both give the object of `ask --json`."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Sequence
from datetime import date
from typing import Any, Protocol

from corpus.errors import OnRecordError
from rag.engine import Engine
from rag.model import Turn, as_json

_SECONDS = 300.0

Reply = dict[str, Any]


class Answerer(Protocol):
    """Answers one question after others."""

    def __call__(self, question: str, history: Sequence[Turn]) -> Reply:
        """The object of `ask --json`, and `retrieved` with statement ids in order where that is known.

        Raises:
            OnRecordError: there is no answer, for a reason that it tells.
        """
        ...


class InProcess:
    """The engine in this process.

    Args:
        engine: what answers.
        today: what "last week" counts from; given, so that a run can be repeated on another day.
    """

    def __init__(self, engine: Engine, today: date) -> None:
        self._engine = engine
        self._today = today

    def __call__(self, question: str, history: Sequence[Turn]) -> Reply:
        """See `Answerer`."""
        answer = self._engine.ask(question, history=history, today=self._today)
        return as_json(answer) | {"retrieved": list(answer.retrieved)}


class Server:
    """A running server.

    Args:
        url: where it is, for example ``http://127.0.0.1:7860``.

    Raises:
        OnRecordError: nothing answers there.
    """

    def __init__(self, url: str) -> None:
        if not url.startswith(("http://", "https://")):
            raise OnRecordError(f"{url} is not the address of a server; write it as http://127.0.0.1:7860")
        self._url = url.rstrip("/")
        self.statements = int(self._call("/healthz")["statements"])

    def __call__(self, question: str, history: Sequence[Turn]) -> Reply:
        """See `Answerer`."""
        turns = [{"question": turn.question, "answer": turn.answer} for turn in history]
        return self._call("/api/v1/ask", {"question": question, "history": turns})

    def _call(self, path: str, body: Reply | None = None) -> Reply:
        request = urllib.request.Request(  # noqa: S310 (the scheme is checked above)
            self._url + path,
            data=json.dumps(body).encode() if body is not None else None,
            headers={"content-type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS) as response:  # noqa: S310
                reply: Reply = json.load(response)
        except urllib.error.HTTPError as error:
            raise OnRecordError(
                f"{self._url}{path}: {error.code} {error.read(500).decode(errors='replace')}"
            ) from error
        except (OSError, ValueError) as error:
            raise OnRecordError(f"{self._url}{path} gives no answer: {error}. Is the server running?") from error
        return reply
