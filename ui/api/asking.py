"""``POST /api/v1/ask``: one answer, whole or as it comes."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from corpus.errors import OnRecordError
from rag.engine import Engine
from rag.model import Answer, Event, Piece, as_json, question_json
from ui.api.bodies import AnswerOut, Ask
from ui.api.deps import may, refusals
from ui.api.events import event, event_stream
from ui.api.problems import UNEXPECTED, problem
from ui.api.view import View, checked
from ui.reader import Reader

STREAMED = (
    "Server-Sent Events, where `Accept: text/event-stream` or `?stream=1` asks for them: `understood` (the question as"
    ' it was read), `piece` (`{"text"}`, a checked part of the text; several), `answer` (the whole object, which has'
    " the last word where it differs from the pieces), or `error` (a problem object) in its place."
)
EVENTS: dict[str, Any] = {
    "text/event-stream": {
        "schema": {
            "type": "object",
            "required": ["event", "data"],
            "properties": {
                "event": {"enum": ["understood", "piece", "answer", "exchange", "error"]},
                "data": {"type": "string", "contentMediaType": "application/json"},
            },
        }
    }
}
log = logging.getLogger(__name__)


def add(router: APIRouter, engine: Engine) -> None:
    """Add the route."""

    @router.post(
        "/api/v1/ask",
        response_model=AnswerOut,
        responses={200: {"description": f"The answer. {STREAMED}", "content": EVENTS}, **refusals(400, 413, 422, 503)},
        tags=["answers"],
    )
    def ask(
        body: Ask,
        request: Request,
        reader: Annotated[Reader, Depends(may("ask"))],
        stream: Annotated[bool, Query(description="answer with Server-Sent Events")] = False,
    ) -> Any:
        """One answer; the same object as `onrecord ask --json`."""
        view, filters = View(engine, reader), checked(body.filters())
        if wants_events(request, stream):
            return event_stream(told(view.stream(body.question, body.turns(), filters)))
        return as_json(view.ask(body.question, body.turns(), filters))


def wants_events(request: Request, stream: bool) -> bool:
    """Whether a request asks for Server-Sent Events."""
    return stream or "text/event-stream" in request.headers.get("accept", "")


def told(events: Iterator[Event]) -> Iterator[bytes]:
    """An engine's events as Server-Sent Events; one that fails is the last."""
    try:
        for happened in events:
            match happened:
                case Piece(text):
                    yield event({"text": text}, "piece")
                case Answer():
                    yield event(as_json(happened), "answer")
                case _:
                    yield event(question_json(happened), "understood")
    except OnRecordError as error:
        yield failure("That cannot be done", str(error))
    except Exception:
        log.exception("A streamed answer failed")
        yield failure(*UNEXPECTED)


def failure(title: str, detail: str) -> bytes:
    """An `error` event: the problem object that a reply would have been."""
    status = 500 if title == UNEXPECTED[0] else 422
    return event(problem(status, title, detail), "error")
