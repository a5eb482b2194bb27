"""Question sets: JSON Lines in, checked cases out, each gold quote resolved to the exact span it stands at."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from corpus.archive import Archive
from corpus.errors import NotHeld, OnRecordError
from corpus.model import sha256

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
_QUOTE_MARKS = ('"“”„‟«»', "'’‘‚‛`´")


class Gold(BaseModel):
    """A quote that answers, as a case file has it; `speaker` where the case says whose words they are."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    statement: Words
    quote: Words
    speaker: Words | None = None


class Case(BaseModel):
    """One line of a case file.

    Attributes:
        id: unique in its file.
        type: what kind of question it is, freely chosen; scores are reported by it.
        turns: the conversation; the last turn is scored.
        answerable: whether the corpus has an answer.
        gold: what an answer has to quote; empty just when there is no answer.
        alt_gold: statements that answer as well: citing them is right, and where there is one gold statement, any
            of them stands in for it.
        facts: what an answer should tell, in few words each.
        date_from, date_to: the window in which the statements that answer lie.
        note: for people.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Words
    type: Words
    turns: tuple[Words, ...] = Field(min_length=1)
    answerable: bool
    gold: tuple[Gold, ...] = ()
    alt_gold: tuple[Gold, ...] = ()
    facts: tuple[Words, ...] = ()
    date_from: date | None = None
    date_to: date | None = None
    note: str = ""

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if self.answerable != bool(self.gold):
            raise ValueError("an answerable case needs gold, and one that is not must have none")
        if self.type == "all":
            raise ValueError("the type 'all' is what reports call all types together; choose another")
        if self.date_from and self.date_to and self.date_from > self.date_to:
            raise ValueError("date_from is later than date_to")
        return self


@dataclass(frozen=True, slots=True)
class Span:
    """Where a gold quote stands: ``version.text[start:end] == quote``."""

    statement: str
    version: int
    start: int
    end: int
    quote: str
    speaker: str | None = None


@dataclass(frozen=True, slots=True)
class Resolved:
    """A case with its gold quotes found in the archive."""

    case: Case
    gold: tuple[Span, ...]
    alt_gold: tuple[Span, ...]
    where: str


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A question set as read: (file and line, case) in order, and the SHA-256 of what it asks and expects."""

    name: str
    cases: tuple[tuple[str, Case], ...]

    @property
    def sha256(self) -> str:
        """Equal for equal cases in equal order, however the file is laid out."""
        return sha256("\n".join(case.model_dump_json() for _, case in self.cases))

    def first(self, count: int | None) -> CaseFile:
        """The first so many cases; all of them for None."""
        return CaseFile(self.name, self.cases[:count])


def load_cases(path: Path) -> CaseFile:
    """Read and check a case file.

    Raises:
        OnRecordError: it cannot be read, or lines of it are wrong: all of them are named, with file and line.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise OnRecordError(f"{path}: cannot be read as UTF-8 text: {error}") from error
    cases: list[tuple[str, Case]] = []
    problems: list[str] = []
    seen: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        try:
            case = Case.model_validate_json(line)
        except ValidationError as error:
            problems += [f"{where}: {problem}" for problem in explained(error)]
            continue
        if case.id in seen:
            problems.append(f"{where}: the id {case.id!r} is used at {seen[case.id]} already")
        seen.setdefault(case.id, where)
        cases.append((where, case))
    if not cases and not problems:
        problems.append(f"{path}: there is no case in it")
    _refuse(problems)
    return CaseFile(path.name, tuple(cases))


def resolve(cases: CaseFile, archive: Archive) -> list[Resolved]:
    """Find every gold quote in the current version of its statement.

    Raises:
        OnRecordError: some cannot be found; every one of them is named, with file and line.
    """
    problems: list[str] = []
    resolved = [
        Resolved(
            case,
            tuple(_spans(case.gold, f"{where}: gold", archive, problems)),
            tuple(_spans(case.alt_gold, f"{where}: alt_gold", archive, problems)),
            where,
        )
        for where, case in cases.cases
    ]
    _refuse(problems)
    return resolved


def locate(quote: str, text: str) -> tuple[int, int] | None:
    """The first place in a text where a quote stands, taking all white space for equal and all quote marks of a kind.

    Returns:
        (start, end), or None where it does not stand in the text.
    """
    marks = "".join(_QUOTE_MARKS)
    pieces = re.split(rf"(\s+|[{re.escape(marks)}])", quote.strip())
    pattern = "".join(_any_of(piece) for piece in pieces if piece)
    found = re.search(pattern, text)
    return found.span() if found else None


def explained(error: ValidationError) -> Iterator[str]:
    """What is wrong with a record, one line for each thing."""
    for flaw in error.errors():
        place = ".".join(map(str, flaw["loc"]))
        yield f"{place}: {flaw['msg']}" if place else flaw["msg"]


def _any_of(piece: str) -> str:
    if piece.isspace():
        return r"\s+"
    alike = next((marks for marks in _QUOTE_MARKS if piece in marks), None)
    return f"[{re.escape(alike)}]" if alike else re.escape(piece)


def _spans(gold: Sequence[Gold], where: str, archive: Archive, problems: list[str]) -> Iterable[Span]:
    for item in gold:
        try:
            version = archive.version(item.statement)
        except NotHeld:
            problems.append(f"{where}: the archive does not hold the statement {item.statement!r}")
            continue
        place = locate(item.quote, version.text)
        if place is None:
            problems.append(f"{where}: {item.statement!r} does not say {item.quote!r}")
            continue
        start, end = place
        yield Span(item.statement, version.number, start, end, version.text[start:end], item.speaker)


def _refuse(problems: Sequence[str]) -> None:
    if problems:
        raise OnRecordError("The cases cannot be used:\n" + "\n".join(f"  {problem}" for problem in problems))


def as_line(case: Case) -> str:
    """A case as a line of a case file, without what it leaves empty."""
    return json.dumps(case.model_dump(mode="json", exclude_defaults=True), ensure_ascii=False)
