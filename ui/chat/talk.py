"""A conversation as it goes on: questions asked, asked again, reworded, taken back; all of it kept on the desk."""

from __future__ import annotations

import logging
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from corpus.errors import InputError, NotHeld, UnverifiedAnswer
from corpus.model import Filters
from rag.dates import without_dates
from rag.engine import Engine
from rag.model import Answer, Piece, Question
from rag.understand import without_account
from ui.api.view import LONGEST_QUESTION
from ui.audit import on_behalf
from ui.chat.examples import examples
from ui.chat.narrowing import read_filters
from ui.conversation import Exchange, turns
from ui.desk import Desk
from ui.feedback import Verdict
from ui.reader import Reader
from ui.record import as_record, from_record
from ui.render.answer import answer_html, growing_html, notice_html, question_html, waiting_html
from ui.render.around import bar_html, record_note_html, shelf_html, start_html

_PACE = 0.1  # seconds between two pictures of a growing answer, at least: each costs the server about 10 ms
_MOST_NAMES, _LONGEST_NAME = 50, 200  # in a form
_UNEXPECTED = "Something went wrong on our side. The question was not answered; please try it again."
_UNVERIFIED = (
    "The answer that was written did not stand up to the check against the record, so it is not shown. Please ask"
    " again, perhaps in other words."
)
_NOT_ALLOWED = "You are signed in, but may not do that here. Ask whoever looks after this installation."
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Picture:
    """What changes on the page; None leaves a part as it is.

    Attributes:
        said: the exchanges before the last, as HTML.
        now: the last exchange.
        talk: the conversation's id, empty for one that was not begun.
        shelf: the list of conversations.
        bar: the line over the conversation.
        box: what stands in the question's box.
        begins: the question, in the one picture after which an answer to it is worked on.
        ends: in the one picture after which the answer is kept; whoever stops it by then keeps nothing.
    """

    said: str | None = None
    now: str | None = None
    talk: str | None = None
    shelf: str | None = None
    bar: str | None = None
    box: str | None = None
    begins: str = ""
    ends: bool = False


class Talk:
    """What happens to conversations, one method for each thing that a reader can do.

    Args:
        engine: answers; asked on behalf of the reader.
        desk: where conversations are kept.
        given: questions to begin with; where there are none, some are made of what is held.
    """

    def __init__(self, engine: Engine, desk: Desk, given: Sequence[str]) -> None:
        self._engine = engine
        self._desk = desk
        self._given = given

    def empty(self, reader: Reader) -> Picture:
        """A conversation that has not begun."""
        return Picture("", self._start(reader), "", self._shelf(reader, ""), bar_html(None), "")

    def reopen(self, reader: Reader, talk: str) -> Picture:
        """A conversation as it was left."""
        try:
            kept = self._desk.exchanges(reader.name, talk)
        except NotHeld as error:
            return replace(self.empty(reader), now=notice_html(str(error)) + self._start(reader))
        return self._picture(reader, talk, kept)

    def linked(self, reader: Reader, answer_id: str) -> Picture:
        """What a permalink shows: one answer, exactly as it was given."""
        try:
            exchange = self._desk.open(answer_id, reader, self._engine.holdings.archive)
        except NotHeld as error:
            return replace(self.empty(reader), now=notice_html(str(error)))
        own = exchange.reader == reader.name
        shown = record_note_html(exchange, own) + self._exchange(exchange)
        return replace(self.empty(reader), now=section(shown))

    def respond(
        self,
        reader: Reader,
        talk: str,
        text: str,
        filters: Filters,
        *,
        replacing: str = "",
        alone: bool = False,
    ) -> Generator[Picture]:
        """The conversation as it grows by one exchange.

        Args:
            reader: who asks.
            talk: the conversation; empty begins one.
            text: the question.
            filters: what the reader has set.
            replacing: an exchange of this conversation that gives way to the new one.
            alone: the question needs no turn before it.
        """
        text = text.strip()[:LONGEST_QUESTION]
        if not text:
            return
        asked = question_html(text)
        if "ask" not in reader.scopes:
            yield self.told(reader, talk, _NOT_ALLOWED, asked)
            return
        try:
            kept = self._desk.exchanges(reader.name, talk) if talk else []
            kept = [exchange for exchange in kept if exchange.id != replacing]
            yield Picture(self._said(reader, talk, kept), section(asked + waiting_html()), box="", begins=text)
            history = [] if alone else turns(kept)
            answer: Answer | None = None
            for answer, html in self._grow(reader, text, history, filters):
                if answer is None:
                    yield Picture(now=section(asked + html))
            if answer is None:
                raise AssertionError("A stream ends with its answer.")
            yield Picture(ends=True)
            talk = talk or self._desk.start(reader.name, text).id
            new = self._desk.keep(reader.name, talk, text, replace(filters, groups=reader.groups), as_record(answer))
            if replacing:
                self._desk.drop(reader.name, replacing)
            bar, shelf = self._bar(reader, talk), self._shelf(reader, talk)
            yield Picture(now=section(self._exchange(new, last=True)), talk=talk, shelf=shelf, bar=bar)
        except Exception as error:
            yield refused(text, sentence(error))

    def reworded(self, reader: Reader, talk: str, form: Mapping[str, Any], filters: Filters) -> Generator[Picture]:
        """As `respond`, for a question of which a reader has changed what was understood.

        Args:
            reader, talk: see `respond`.
            form: ``wording``, ``first`` and ``last`` (dates), ``issuers``, ``anyone`` (true where all issuers were
                taken out), ``names`` (pairs of was and is now); or ``wording`` and ``alone``, for the question just as
                it is, without the turns before it.
            filters: what the reader has set beside the chat; the form's own window and issuers replace theirs.
        """
        wording = str(form.get("wording", ""))[:LONGEST_QUESTION]
        if form.get("alone"):
            yield from self.respond(reader, talk, wording, filters, alone=True)
            return
        try:
            for was, now in list(form.get("names", ()))[:_MOST_NAMES]:
                if was:
                    wording = wording.replace(str(was), str(now)[:_LONGEST_NAME])[:LONGEST_QUESTION]
            named = read_filters(str(form.get("first") or ""), str(form.get("last") or ""), _strings(form, "issuers"))
        except (InputError, TypeError, ValueError) as error:
            yield self.told(reader, talk, sentence(error))
            return
        if not (named.date_from or named.date_to):
            wording = without_dates(wording)  # else the words would bring back the window taken out
        if form.get("anyone"):
            wording = without_account(wording)
        wording = " ".join(wording.split())
        filters = replace(filters, date_from=named.date_from, date_to=named.date_to, issuers=named.issuers)
        yield from self.respond(reader, talk, wording, filters, alone=True)

    def again(self, reader: Reader, talk: str, answer_id: str, filters: Filters) -> Generator[Picture]:
        """The last question once more, over what is held and with the filters that are set now."""
        exchange = self._find(reader, talk, answer_id)
        if exchange is not None:
            yield from self.respond(reader, talk, exchange.question, filters, replacing=exchange.id)

    def told(self, reader: Reader, talk: str, words: str, asked: str = "") -> Picture:
        """The conversation as it is kept, and below it a sentence about what was not done (and what was asked)."""
        try:
            kept = self._desk.exchanges(reader.name, talk) if talk else []
        except NotHeld:  # deleted meanwhile, in another window
            kept = []
        return Picture(self._said(reader, talk, kept), section(asked + notice_html(words)))

    def stopped(self, reader: Reader, talk: str, text: str) -> Picture:
        """The conversation as it is kept, without the question that was being answered, which is in the box again."""
        return replace(self.reopen(reader, talk) if talk else self.empty(reader), box=text)

    def undo(self, reader: Reader, talk: str, answer_id: str, *, edit: bool = False) -> Picture:
        """The conversation without an exchange; with `edit`, its question is in the box to be asked otherwise."""
        exchange = self._find(reader, talk, answer_id)
        if exchange is None:
            return Picture()
        self._desk.drop(reader.name, exchange.id)
        kept = self._desk.exchanges(reader.name, talk)
        if not kept:
            self._desk.delete(reader.name, talk)
        picture = self._picture(reader, talk, kept) if kept else self.empty(reader)
        return replace(picture, box=exchange.question if edit else "")

    def rename(self, reader: Reader, talk: str, title: str, current: str) -> Picture:
        """The shelf with another title; an unusable one changes nothing."""
        try:
            self._desk.rename(reader.name, talk, title)
        except (InputError, NotHeld):
            log.info("A conversation was not renamed")
        return Picture(shelf=self._shelf(reader, current), bar=self._bar(reader, current))

    def delete(self, reader: Reader, talk: str, current: str) -> Picture:
        """The shelf without a conversation, and an empty page if that was the one in hand."""
        try:
            self._desk.delete(reader.name, talk)
        except NotHeld:
            log.info("A conversation was gone before it was deleted")
        return self.empty(reader) if talk == current else Picture(shelf=self._shelf(reader, current))

    def judge(self, reader: Reader, form: Mapping[str, Any]) -> str:
        """Keep what a reader says of an answer; what to tell them."""
        if "feedback" not in reader.scopes:
            return _NOT_ALLOWED
        try:
            exchange = self._desk.open(str(form.get("answer", "")), reader, self._engine.holdings.archive)
            marker = int(form["marker"]) if form.get("marker") else None
            verdict = Verdict(str(form.get("verdict", "")))
            self._desk.judge(reader.name, exchange, verdict, marker=marker, note=str(form.get("note") or ""))
        except (InputError, NotHeld, ValueError) as error:
            return sentence(error)
        return "Thank you. It is kept, and becomes a case to test against."

    def _grow(
        self, reader: Reader, text: str, history: Sequence[Any], filters: Filters
    ) -> Iterator[tuple[Answer | None, str]]:
        """(None, HTML so far) as the answer grows, and (answer, "") at its end."""
        engine = on_behalf(self._engine, reader)
        so_far, question, shown = "", None, time.monotonic()
        for event in engine.stream(text, history=history, filters=replace(filters, groups=reader.groups)):
            if isinstance(event, Answer):
                yield event, ""
                return
            if isinstance(event, Question):
                question = event
            elif isinstance(event, Piece):
                so_far += event.text
            if question is not None and time.monotonic() - shown >= _PACE:
                shown = time.monotonic()
                yield None, growing_html(question, so_far)

    def _picture(self, reader: Reader, talk: str, kept: Sequence[Exchange]) -> Picture:
        if not kept:
            return replace(self.empty(reader), talk=talk, shelf=self._shelf(reader, talk), bar=self._bar(reader, talk))
        given = self._desk.verdicts(reader.name, talk)
        now = section(self._exchange(kept[-1], last=True, given=given.get(kept[-1].id, ())))
        return Picture(
            self._said(reader, talk, kept[:-1]), now, talk, self._shelf(reader, talk), self._bar(reader, talk), ""
        )

    def _said(self, reader: Reader, talk: str, kept: Sequence[Exchange]) -> str:
        given = self._desk.verdicts(reader.name, talk) if kept else {}
        return "".join(section(self._exchange(exchange, given=given.get(exchange.id, ()))) for exchange in kept)

    def _exchange(self, exchange: Exchange, *, last: bool = False, given: Sequence[str] = ()) -> str:
        answer = answer_html(from_record(exchange.answer), exchange.id, last=last, given=given)
        return question_html(exchange.question) + answer

    def _start(self, reader: Reader) -> str:
        return start_html(self._given or examples(self._engine.holdings.archive, reader))

    def _shelf(self, reader: Reader, current: str) -> str:
        return shelf_html(self._desk.conversations(reader.name, limit=100), current)

    def _bar(self, reader: Reader, talk: str) -> str:
        return bar_html(self._desk.conversation(reader.name, talk) if talk else None)

    def _find(self, reader: Reader, talk: str, answer_id: str) -> Exchange | None:
        kept = self._desk.exchanges(reader.name, talk) if talk else []
        return next((exchange for exchange in kept if exchange.id == answer_id), None)


def sentence(error: Exception) -> str:
    """What a reader is told of an error: what they can mend in its own words, anything else in ours."""
    if isinstance(error, UnverifiedAnswer):
        log.error("An answer did not verify: %s", error)
        return _UNVERIFIED
    if isinstance(error, InputError | NotHeld):
        return str(error)
    log.error("A question was not answered", exc_info=error)
    return _UNEXPECTED


def refused(question: str, why: str) -> Picture:
    """A question with a sentence about why there is no answer to it; it is in the box again."""
    return Picture(now=section(question_html(question) + notice_html(why)), box=question)


def section(inside: str) -> str:
    """An exchange's place on the page."""
    return f'<section class="or-exchange">{inside}</section>'


def _strings(form: Mapping[str, Any], name: str) -> list[str]:
    return [str(item) for item in form.get(name) or ()]
