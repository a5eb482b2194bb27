"""Conversations, the answers that belong to them, and what readers say of those."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from corpus.errors import OnRecordError
from rag.engine import Engine
from rag.model import Answer, Event
from ui.api.asking import EVENTS, STREAMED, failure, told, wants_events
from ui.api.bodies import AskIn, ConversationOut, ExchangeOut, FeedbackIn, FeedbackOut, Name, TitleIn
from ui.api.deps import address, may, next_page, refusals
from ui.api.events import event, event_stream
from ui.api.view import View, checked
from ui.conversation import Exchange, turns
from ui.desk import Desk
from ui.reader import Reader
from ui.record import as_record

Asker = Annotated[Reader, Depends(may("ask"))]
Limit = Annotated[int, Query(ge=1, le=100)]
Offset = Annotated[int, Query(ge=0, le=1_000_000)]
_ROOT = "/api/v1/conversations"


def add(router: APIRouter, engine: Engine, desk: Desk) -> None:
    """Add the routes."""
    _add_conversations(router, desk)
    _add_exchanges(router, engine, desk)
    _add_feedback(router, engine, desk)


def _add_conversations(router: APIRouter, desk: Desk) -> None:
    @router.get(_ROOT, response_model=list[ConversationOut], responses=refusals(422), tags=["conversations"])
    def conversations(
        reader: Asker, request: Request, response: Response, limit: Limit = 50, offset: Offset = 0
    ) -> list[dict[str, Any]]:
        """This reader's conversations, the one used last first; the header `Link` has the next page."""
        found = desk.conversations(reader.name, limit=limit + 1, offset=offset)
        if len(found) > limit:
            response.headers["link"] = next_page(request, {"offset": offset + limit})
        return [asdict(conversation) for conversation in found[:limit]]

    @router.post(_ROOT, status_code=201, response_model=ConversationOut, responses=_WRITE, tags=["conversations"])
    def start(body: TitleIn, reader: Asker, request: Request, response: Response) -> dict[str, Any]:
        """A new conversation."""
        made = desk.start(reader.name, body.title)
        response.headers["location"] = address(request, f"{_ROOT}/{made.id}")
        return asdict(made)

    @router.get(
        _ROOT + "/{conversation_id}",
        response_model=ConversationOut,
        responses=refusals(404, 422),
        tags=["conversations"],
    )
    def conversation(conversation_id: Name, reader: Asker) -> dict[str, Any]:
        """One conversation."""
        return asdict(desk.conversation(reader.name, conversation_id))

    @router.patch(
        _ROOT + "/{conversation_id}", response_model=ConversationOut, responses=_WRITE_ONE, tags=["conversations"]
    )
    def rename(conversation_id: Name, body: TitleIn, reader: Asker) -> dict[str, Any]:
        """Give a conversation another title."""
        desk.rename(reader.name, conversation_id, body.title)
        return asdict(desk.conversation(reader.name, conversation_id))

    @router.delete(_ROOT + "/{conversation_id}", status_code=204, responses=_WRITE_ONE, tags=["conversations"])
    def delete(conversation_id: Name, reader: Asker) -> None:
        """Forget a conversation with its answers; feedback given on them stays."""
        desk.delete(reader.name, conversation_id)


def _add_exchanges(router: APIRouter, engine: Engine, desk: Desk) -> None:
    @router.get(
        _ROOT + "/{conversation_id}/exchanges",
        response_model=list[ExchangeOut],
        responses=refusals(404, 422),
        tags=["conversations"],
    )
    def exchanges(conversation_id: Name, reader: Asker) -> list[dict[str, Any]]:
        """A conversation's questions with their answers as they were given, oldest first."""
        return [_exchange(exchange) for exchange in desk.exchanges(reader.name, conversation_id)]

    @router.post(
        _ROOT + "/{conversation_id}/exchanges",
        status_code=201,
        response_model=ExchangeOut,
        responses={201: {"description": f"The exchange. {_STREAMED}", "content": EVENTS}, **_WRITE_ONE},
        tags=["conversations"],
    )
    def ask(
        conversation_id: Name,
        body: AskIn,
        reader: Asker,
        request: Request,
        stream: Annotated[bool, Query(description="answer with Server-Sent Events")] = False,
    ) -> Any:
        """Ask in a conversation: the turns before are known, and the answer is kept."""
        view, filters = View(engine, reader), replace(checked(body.filters()), groups=reader.groups)
        before = turns(desk.exchanges(reader.name, conversation_id))

        def keep(answer: Answer) -> dict[str, Any]:
            return _exchange(desk.keep(reader.name, conversation_id, body.question, filters, as_record(answer)))

        if wants_events(request, stream):
            response = event_stream(_told_and_kept(view.stream(body.question, before, filters), keep))
            response.status_code = 201
            return response
        return keep(view.ask(body.question, before, filters))

    @router.get(
        "/api/v1/answers/{answer_id}", response_model=ExchangeOut, responses=refusals(404, 422), tags=["answers"]
    )
    def answer(answer_id: Name, reader: Asker) -> dict[str, Any]:
        """An answer as it was given: to who asked, and to those who may read every statement that it names."""
        return _exchange(desk.open(answer_id, reader, engine.holdings.archive))


def _add_feedback(router: APIRouter, engine: Engine, desk: Desk) -> None:
    @router.post("/api/v1/feedback", status_code=204, responses=_WRITE_ONE, tags=["feedback"])
    def judge(body: FeedbackIn, reader: Annotated[Reader, Depends(may("feedback"))]) -> None:
        """Say what an answer of a conversation is worth; said again, the newest note counts."""
        exchange = desk.open(body.answer_id, reader, engine.holdings.archive)
        desk.judge(reader.name, exchange, body.verdict, marker=body.marker, note=body.note)

    @router.get("/api/v1/feedback", response_model=list[FeedbackOut], responses=refusals(422), tags=["feedback"])
    def feedback(
        _: Annotated[Reader, Depends(may("admin"))],
        request: Request,
        response: Response,
        limit: Limit = 50,
        offset: Offset = 0,
    ) -> list[dict[str, Any]]:
        """What all readers said, oldest first; the header `Link` has the next page."""
        found = desk.feedback(limit=limit + 1, offset=offset)
        if len(found) > limit:
            response.headers["link"] = next_page(request, {"offset": offset + limit})
        return [asdict(item) for item in found[:limit]]


def _told_and_kept(events: Iterator[Event], keep: Any) -> Iterator[bytes]:
    """As `told`, and at the end the exchange that was kept."""
    answers: list[Answer] = []

    def noted() -> Iterator[Event]:
        for happened in events:
            if isinstance(happened, Answer):
                answers.append(happened)
            yield happened

    yield from told(noted())
    try:
        for answer in answers:
            yield event(_plain(keep(answer)), "exchange")
    except OnRecordError as error:
        yield failure("The answer could not be kept", str(error))


def _plain(exchange: dict[str, Any]) -> dict[str, Any]:
    return ExchangeOut.model_validate(exchange).model_dump(mode="json")


def _exchange(exchange: Exchange) -> dict[str, Any]:
    shown = asdict(exchange)
    del shown["reader"]
    return shown


_STREAMED = STREAMED.replace("a problem object) in its place", "a problem object) in its place; then `exchange`")
_WRITE = refusals(400, 409, 413, 422)
_WRITE_ONE = refusals(400, 404, 409, 413, 422)
