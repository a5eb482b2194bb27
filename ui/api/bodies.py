"""What requests to the REST API carry and what comes back, as pydantic models: checked, and shown in OpenAPI."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field

from corpus.model import Filters
from rag.model import Outcome, Turn
from ui.api.view import LONGEST_QUESTION
from ui.desk import LONGEST_TITLE
from ui.feedback import LONGEST_NOTE, Verdict

LONGEST_HISTORY = 50  # turns
_ISO = re.compile(r"\d{4}-\d\d-\d\d", re.A)
Day = date  # by another name, where a field is called date


def _sayable(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty")
    return _storable(text)


def _storable(text: str) -> str:
    """JSON can carry halves of surrogate pairs, and SQLite and UTF-8 cannot."""
    return text.encode("utf-8", "replace").decode()


def _iso(value: object) -> object:
    """pydantic would take a number for seconds since 1970."""
    if value is None or isinstance(value, date) or (isinstance(value, str) and _ISO.fullmatch(value)):
        return value
    raise ValueError("write it as YYYY-MM-DD")


IsoDay = Annotated[date | None, BeforeValidator(_iso)]
Text = Annotated[str, AfterValidator(_storable)]
Words = Annotated[str, Field(min_length=1, max_length=LONGEST_QUESTION), AfterValidator(_sayable)]
Name = Annotated[str, Field(max_length=500), AfterValidator(_storable)]
Names = Annotated[list[Name], Field(max_length=100)]


class PastTurn(BaseModel, extra="forbid"):
    """A turn before the question."""

    question: Words
    answer: Annotated[Text, Field(max_length=50_000)] = ""


class Narrowing(BaseModel, extra="forbid"):
    """What the search is restricted to; everything that is not given is left open."""

    date_from: IsoDay = Field(None, examples=["2025-11-01"])
    date_to: IsoDay = Field(None, examples=["2025-11-30"])
    issuers: Names = []
    speakers: Names = []
    kinds: Names = []

    def filters(self) -> Filters:
        """As the engine takes them."""
        return Filters(self.date_from, self.date_to, tuple(self.issuers), tuple(self.speakers), tuple(self.kinds))


class AskIn(Narrowing):
    """A question."""

    question: Words = Field(examples=["What did CDS discuss with Oman?"])


class Ask(AskIn):
    """A question with the turns before it, oldest first."""

    history: list[PastTurn] = Field([], max_length=LONGEST_HISTORY, examples=[[]])

    def turns(self) -> list[Turn]:
        """As the engine takes them."""
        return [Turn(turn.question, turn.answer) for turn in self.history]


class TitleIn(BaseModel, extra="forbid"):
    """A conversation's title."""

    title: Words = Field(max_length=LONGEST_TITLE, examples=["Talks with Oman"])


class FeedbackIn(BaseModel, extra="forbid"):
    """What a reader says of an answer of a conversation, or of one citation in it."""

    answer_id: Name = Field(examples=["kCJ2mJ2J1WqJ1mS8H0m3zA"])
    verdict: Verdict
    marker: int | None = Field(None, ge=1, le=10_000)
    note: Text = Field("", max_length=LONGEST_NOTE)


# ---- what comes back ---------------------------------------------------------------------------------------------


class _Out(BaseModel, extra="allow"):
    """Further fields may come with later releases."""


class Understood(_Out):
    """How a question was read."""

    date_from: Day | None
    date_to: Day | None
    issuers: list[str]
    people: list[str]
    places: list[str]
    shape: str


class CitationOut(_Out):
    """A quote: ``text[start:end]`` of that version of that statement, counted in Unicode code points."""

    marker: int
    statement_id: str
    version: int
    title: str
    issuer: str | None
    date: Day
    url: str | None
    start: int
    end: int
    quote: str
    speaker: str | None
    voice: str


class SearchedOut(_Out):
    """What was looked through."""

    statements: int
    date_from: Day | None
    date_to: Day | None
    issuers: list[str]


class Near(_Out):
    """A statement that comes closest to a question without an answer."""

    statement_id: str
    title: str
    date: Day


class AnswerOut(_Out):
    """The object that `onrecord ask --json` prints, too."""

    question: str
    standalone_question: str
    understood: Understood
    outcome: Outcome
    text: str
    citations: list[CitationOut]
    searched: SearchedOut
    nearest: list[Near]
    timings_ms: dict[str, float]


class HitOut(_Out):
    """A passage that was found; offsets as in a citation."""

    passage_id: str
    statement_id: str
    version: int
    title: str
    issuer: str | None
    date: Day
    start: int
    end: int
    text: str
    score: float
    why: dict[str, int]


class Entry(_Out):
    """A statement in a list."""

    id: str
    title: str
    date: Day
    event_date: Day | None
    issuer: str | None
    speakers: list[str]
    kind: str
    url: str | None
    lang: str
    withdrawn: bool


class VersionOut(_Out):
    """One capture of a statement."""

    number: int
    sha256: str
    fetched_at: datetime


class Span(_Out):
    """Characters of a text."""

    start: int
    end: int


class StatementOut(Entry):
    """The object that `onrecord show ID --json` prints, with the spans of its passages where they were asked for."""

    place: str | None
    audience: list[str]
    extra: dict[str, Any]
    version: int
    text: str
    versions: list[VersionOut]
    passages: list[Span] | None = None


class MonthOut(BaseModel):
    """How many statements an issuer published in a month."""

    issuer: str | None
    month: str
    statements: int


class CoverageOut(BaseModel):
    """How much is held inside the filters."""

    statements: int
    date_from: Day | None
    date_to: Day | None
    months: list[MonthOut]


class ConversationOut(BaseModel):
    """A conversation; `exchanges` counts its answers."""

    id: str
    title: str
    created: datetime
    updated: datetime
    exchanges: int


class ExchangeOut(BaseModel):
    """A question and its answer as it was given; `id` is what feedback and permalinks name."""

    id: str
    conversation: str
    question: str
    asked: dict[str, Any]
    answer: AnswerOut
    at: datetime


class FeedbackOut(BaseModel):
    """Feedback as it is kept, with the questions that led to the answer."""

    id: int
    answer_id: str
    reader: str
    verdict: Verdict
    marker: int | None
    note: str
    turns: list[str]
    at: datetime
