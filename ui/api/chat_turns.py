"""What an OpenAI client sends, and the question with the turns before it that it amounts to."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from rag.model import Turn
from ui.api.bodies import LONGEST_HISTORY, Text
from ui.api.view import LONGEST_QUESTION

MODEL = "onrecord"
SOURCES = "\n\nSources\n\n"  # between an answer and its sources
MOST_MESSAGES = 1_000
LONGEST_MESSAGE = 200_000  # characters
_LONGEST_ANSWER = 10_000


class Refused(Exception):
    """A request that cannot be served, as OpenAI's clients are told."""

    def __init__(
        self,
        message: str,
        param: str | None = None,
        *,
        code: str | None = None,
        status: int = 400,
        kind: str = "invalid_request_error",
    ) -> None:
        super().__init__(message)
        self.message, self.param, self.code, self.status, self.kind = message, param, code, status, kind

    def body(self) -> dict[str, Any]:
        """The error object."""
        return {"error": {"message": self.message, "type": self.kind, "param": self.param, "code": self.code}}

    @classmethod
    def no_model(cls, name: str) -> Refused:
        """There is one model only."""
        return cls(
            f"There is no model {name[:100]!r} here; use {MODEL!r}.", "model", code="model_not_found", status=404
        )


class Part(BaseModel, extra="allow"):
    """A part of a message; text is read."""

    type: str
    text: Text | None = Field(None, max_length=LONGEST_MESSAGE)


class Message(BaseModel, extra="allow"):
    """A message; those of readers and assistants are read."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Annotated[Text, Field(max_length=LONGEST_MESSAGE)] | list[Part] | None = None

    def text(self) -> str:
        """Its text parts, one after the other."""
        if isinstance(self.content, str):
            return self.content
        return "\n".join(part.text for part in self.content or () if part.type == "text" and part.text)


class StreamOptions(BaseModel, extra="allow"):
    """Of a streamed completion."""

    include_usage: bool | None = None


class Completion(BaseModel, extra="allow"):
    """A chat completion as it is asked for; further parameters are accepted, and have no effect here."""

    model: str
    messages: list[Message] = Field(min_length=1, max_length=MOST_MESSAGES)
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: int | None = None
    tool_choice: str | dict[str, Any] | None = None
    function_call: str | dict[str, Any] | None = None
    response_format: dict[str, Any] | None = None


def asked(wanted: Completion) -> tuple[str, list[Turn]]:
    """The question, and the turns before it, oldest first.

    What system and developer messages say is not followed: answers are what statements say, in their words.

    Raises:
        Refused: something is asked for that cannot be given, or nothing is asked.
    """
    if wanted.model != MODEL:
        raise Refused.no_model(wanted.model)
    if wanted.n not in (None, 1):
        raise Refused("One answer is all there is: leave n out, or give 1.", "n", code="unsupported_value")
    for name in ("tool_choice", "function_call"):  # tools that may be called need not be; Open WebUI offers its own
        if getattr(wanted, name) not in (None, "auto", "none"):
            raise Refused(f"No tools are called here: leave {name} out.", name, code="unsupported_value")
    if (wanted.response_format or {}).get("type", "text") != "text":
        raise Refused(
            "Answers are text with their sources; leave response_format out, and read `citations`.",
            "response_format",
            code="unsupported_value",
        )
    turns = _turns(wanted.messages)
    if wanted.messages[-1].role != "user" or not turns[-1].question:
        raise Refused("The last message has to be a question of role user, with text.", "messages")
    *history, (question, _) = [(turn.question, turn.answer) for turn in turns]
    if len(question) > LONGEST_QUESTION:
        raise Refused(
            f"A question has at most {LONGEST_QUESTION} characters.", "messages", code="string_above_max_length"
        )
    return question, [Turn(q[:LONGEST_QUESTION], a[:_LONGEST_ANSWER]) for q, a in history if q][-LONGEST_HISTORY:]


def _turns(messages: list[Message]) -> list[Turn]:
    """Each message of a reader with what the assistant said to it, less the sources that we put under an answer."""
    turns = [Turn("")]
    for message in messages:
        if message.role == "user":
            turns.append(Turn(message.text().strip()))
        elif message.role == "assistant":
            said = f"{turns[-1].answer}\n\n{message.text().partition(SOURCES)[0]}"
            turns[-1] = Turn(turns[-1].question, said.strip())
    return turns
