"""OpenAI's chat protocol, ``/v1/chat/completions`` and ``/v1/models``, so that any of its clients can ask.

Generic clients show the message and drop what they do not know, so the sources stand in the message, too. They render
it as Markdown; links and images that a statement might smuggle in are made harmless, and `citations` has the exact
text.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from fastapi.sse import format_sse_event
from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool

from corpus.errors import OnRecordError
from rag.engine import Engine
from rag.model import Answer, Piece, Turn, as_json
from ui.api.chat_turns import MODEL, SOURCES, Completion, Refused, asked
from ui.api.deps import may
from ui.api.events import event, event_stream
from ui.api.problems import UNEXPECTED, Refusal
from ui.api.view import View
from ui.render.markdown import footnote

CORRECTION = "\n\n**What stands above was not confirmed, and this answer replaces it:**\n\n"
_CHUNK = "chat.completion.chunk"
_DONE = format_sse_event(data_str="[DONE]")
_EXAMPLE = {"model": MODEL, "messages": [{"role": "user", "content": "What did CDS discuss with Oman?"}]}
log = logging.getLogger(__name__)


class ErrorObject(BaseModel):
    """What is wrong, as OpenAI says it."""

    message: str
    type: str
    param: str | None
    code: str | None


class ErrorOut(BaseModel):
    """A refusal, as OpenAI's clients read it."""

    error: ErrorObject


_REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorOut, "description": "Refused, as OpenAI's clients read it."}
    for status in (400, 401, 403, 404, 429, 500, 503)
}


def add(router: APIRouter, engine: Engine) -> None:
    """Add the routes."""
    started = int(time.time())
    model = {"id": MODEL, "object": "model", "created": started, "owned_by": "onrecord"}

    @router.get("/v1/models", responses=_REFUSALS, tags=["OpenAI-compatible"])
    def models(request: Request) -> Any:
        """The one model: what is on record."""
        return _refused(request) or {"object": "list", "data": [model]}

    @router.get("/v1/models/{name}", responses=_REFUSALS, tags=["OpenAI-compatible"])
    def one_model(name: str, request: Request) -> Any:
        """A model by its name."""
        if refused := _refused(request):
            return refused
        return model if name == MODEL else _error(Refused.no_model(name))

    @router.post(
        "/v1/chat/completions",
        responses=_REFUSALS,
        tags=["OpenAI-compatible"],
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": Completion.model_json_schema(), "example": _EXAMPLE}},
            }
        },
    )
    async def completions(request: Request) -> Response:
        """An answer as a chat completion, with its sources in the message and as `citations`."""
        if refused := _refused(request):
            return refused
        try:
            wanted = _read(await request.body())
            question, history = asked(wanted)
        except Refused as error:
            return _error(error)
        view = View(engine, may("ask")(request))
        reply = _Reply(view, question, history)
        if wanted.stream:
            usage = bool(wanted.stream_options and wanted.stream_options.include_usage)
            return event_stream(reply.chunks(usage=usage))
        try:
            return JSONResponse(await run_in_threadpool(reply.whole))
        except OnRecordError as error:
            return _error(Refused(str(error), "messages"))
        except Exception:
            log.exception("A completion failed")
            return _error(Refused(" ".join(UNEXPECTED), status=500, kind="server_error"))


class _Reply:
    """One completion, whole or in chunks."""

    def __init__(self, view: View, question: str, history: Sequence[Turn]) -> None:
        self._view = view
        self._question = question
        self._history = history
        self._head = {"id": f"chatcmpl-{secrets.token_hex(12)}", "created": int(time.time()), "model": MODEL}

    def whole(self) -> dict[str, Any]:
        """A `chat.completion` object."""
        answer = self._view.ask(self._question, self._history)
        content, citations = harmless(answer.text) + sources(answer), as_json(answer)["citations"]
        message = {"role": "assistant", "content": content, "refusal": None, "citations": citations}
        choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
        usage = self._usage(content)
        return {**self._head, "object": "chat.completion", "choices": [choice], "usage": usage, "citations": citations}

    def chunks(self, *, usage: bool) -> Iterator[bytes]:
        """`chat.completion.chunk` objects as Server-Sent Events, the last with the usage where it is asked for."""
        yield self._chunk({"role": "assistant", "content": ""})
        sent = said = ""
        try:
            for happened in self._view.stream(self._question, self._history):
                if isinstance(happened, Piece):
                    cut = sent.endswith("]") and happened.text.startswith("(")  # a link may lie across two pieces
                    sent += happened.text
                    yield self._chunk({"content": ("\\" if cut else "") + harmless(happened.text)})
                elif isinstance(happened, Answer):
                    last = self._last(happened, sent)
                    said = harmless(sent) + last
                    citations = as_json(happened)["citations"]
                    yield self._chunk({"content": last})
                    yield self._chunk({"citations": citations}, "stop", citations=citations)
            if usage:
                yield event({**self._head, "object": _CHUNK, "choices": [], "usage": self._usage(said)})
        except OnRecordError as error:
            yield event(Refused(str(error), "messages").body())
        except Exception:
            log.exception("A streamed completion failed")
            yield event(Refused(" ".join(UNEXPECTED), status=500, kind="server_error").body())
        yield _DONE

    def _last(self, answer: Answer, sent: str) -> str:
        """The sources, and before them the text where it is another than the pieces, which cannot be taken back."""
        if sent == answer.text:
            return sources(answer)
        return (CORRECTION if sent else "") + harmless(answer.text) + sources(answer)

    def _chunk(self, delta: Mapping[str, Any], finish: str | None = None, **more: Any) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        return event({**self._head, "object": _CHUNK, "choices": [choice], **more})

    def _usage(self, content: str) -> dict[str, int]:
        """Tokens of what was read and written, as the embedding model counts them."""
        turns = [part for turn in self._history for part in (turn.question, turn.answer)]
        embedder = self._view.engine.holdings.embedder
        asked = "\n".join([*turns, self._question])
        prompt, completion = (len(spans) for spans in embedder.token_spans([asked, content]))
        return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def harmless(text: str) -> str:
    """Markdown in which no link or image can be: clients would fetch them."""
    return text.replace("](", "]\\(")


def sources(answer: Answer) -> str:
    """The sources of an answer as numbered lines, or nothing."""
    lines = [f"- [{citation.marker}] {harmless(footnote(citation))}" for citation in answer.citations]
    return SOURCES + "\n".join(lines) if lines else ""


def _read(body: bytes) -> Completion:
    try:
        return Completion.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or None
        raise Refused(f"{where or 'The body'}: {first['msg']}", where) from None


def _refused(request: Request) -> JSONResponse | None:
    try:
        may("ask")(request)
    except Refusal as refusal:
        return _error(Refused(refusal.detail, status=403, kind="permission_error"))
    return None


def _error(error: Refused) -> JSONResponse:
    return JSONResponse(error.body(), error.status)
