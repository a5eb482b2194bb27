"""Cases out of what people have: an answer that a reader corrected, or a spreadsheet of questions saved as CSV."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from corpus.errors import OnRecordError
from evals.answerers import Reply
from evals.cases import Case, explained

COLUMNS = (
    *("id", "type", "before", "question", "answerable", "statement", "quote", "speaker"),
    *("alternative", "facts", "date_from", "date_to", "note"),
)
_YES = frozenset("1 true yes y".split())
_NO = frozenset("0 false no n".split())


@dataclass(frozen=True, slots=True)
class Correction:
    """What the reader says of an answer.

    Attributes:
        keep: markers of the citations that are right; None keeps all of them.
        gold: (statement, quote) pairs that are missing.
        unanswerable: nothing held answers it, whatever was said.
        facts: what the answer should have told.
        note: for people.
    """

    keep: Sequence[int] | None = None
    gold: Sequence[tuple[str, str]] = ()
    unanswerable: bool = False
    facts: Sequence[str] = ()
    note: str = ""


def case_of(answer: Reply, correction: Correction, *, name: str, kind: str, before: Sequence[str] = ()) -> Case:
    """A case out of an answer and its correction.

    Args:
        answer: the object of `ask --json`.
        correction: what the reader says of it.
        name, kind: the case's id and type.
        before: the questions of earlier turns, oldest first.

    Raises:
        OnRecordError: the answer has no such marker, or no case comes of it.
    """
    try:
        by_marker = {int(c["marker"]): (str(c["statement_id"]), str(c["quote"])) for c in answer["citations"]}
        question, understood = answer["question"], answer["understood"]
        window = {name: understood[name] for name in ("date_from", "date_to")}
    except (KeyError, TypeError, ValueError) as error:
        raise OnRecordError("That is not an answer as `onrecord ask --json` gives it.") from error
    kept = list(by_marker) if correction.keep is None else list(correction.keep)
    if unknown := [marker for marker in kept if marker not in by_marker]:
        raise OnRecordError(f"The answer has no citation {unknown[0]}; it has {sorted(by_marker)}.")
    gold = [] if correction.unanswerable else [*(by_marker[marker] for marker in kept), *correction.gold]
    return _case(
        f"case {name}",
        {
            "id": name,
            "type": kind,
            "turns": [*before, question],
            "answerable": not correction.unanswerable,
            "gold": [{"statement": statement, "quote": quote} for statement, quote in gold],
            "facts": list(correction.facts),
            "note": correction.note,
            **window,
        },
    )


def read_answer(path: Path) -> Reply:
    """The object of `ask --json` from a file.

    Raises:
        OnRecordError: it is not JSON.
    """
    try:
        answer: Reply = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise OnRecordError(f"{path}: not an answer; make one with: onrecord ask QUESTION --json") from error
    return answer


def import_csv(path: Path) -> list[Case]:
    """Cases from a CSV file with a heading; ``question`` is required, the columns of `COLUMNS` are known.

    A cell of ``before`` (earlier turns) or ``facts`` has one on each line. Rows with the same ``id`` are one case, of
    which each further row adds a gold quote; ``alternative`` set to yes makes it one that stands in. A row without
    ``id`` is a case of its own, named after the file and its number; without ``answerable`` it is answerable when it
    has a quote.

    Raises:
        OnRecordError: rows cannot be taken; all of them are named, with their numbers.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = _rows(file, path)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise OnRecordError(f"{path}: cannot be read as CSV in UTF-8: {error}") from error
    merged: dict[str, tuple[str, dict[str, Any]]] = {}
    problems: list[str] = []
    for number, row in rows:
        where, name = f"{path}:{number}", row.get("id") or f"{path.stem}-{number}"
        try:
            _, fields = merged.setdefault(name, (where, _fields(name, row, where)))
            if row.get("quote"):
                kind = "alt_gold" if _flag(row.get("alternative", ""), where, default=False) else "gold"
                item = {key: row[key] for key in ("statement", "quote", "speaker") if row.get(key)}
                fields[kind].append(item)
        except OnRecordError as error:
            problems.append(str(error))
    cases = []
    for where, fields in merged.values():
        answerable = bool(fields["gold"]) if fields["answerable"] is None else fields["answerable"]
        try:
            cases.append(_case(where, fields | {"answerable": answerable}))
        except OnRecordError as error:
            problems.append(str(error))
    if problems or not cases:
        raise OnRecordError("\n  ".join(["The questions cannot be taken:", *(problems or [f"{path}: has no rows"])]))
    return cases


def _rows(lines: Iterable[str], path: Path) -> list[tuple[int, dict[str, str]]]:
    """The rows with their line numbers, empty ones left out."""
    reader = csv.DictReader(lines)
    unknown = [name for name in reader.fieldnames or () if name not in COLUMNS]
    if unknown or "question" not in (reader.fieldnames or ()):
        wrong = f"unknown column {unknown[0]!r}" if unknown else "no column 'question'"
        raise OnRecordError(f"{path}:1: {wrong}; known are {', '.join(COLUMNS)}")
    rows = [(reader.line_num, {key: (cell or "").strip() for key, cell in row.items() if key}) for row in reader]
    return [(number, row) for number, row in rows if any(row.values())]


def _fields(name: str, row: Mapping[str, str], where: str) -> dict[str, Any]:
    answerable = row.get("answerable", "")
    return {
        "id": name,
        "type": row.get("type") or "question",
        "turns": [*_lines(row.get("before", "")), row.get("question", "")],
        "answerable": _flag(answerable, where, default=False) if answerable else None,
        "gold": [],
        "alt_gold": [],
        "facts": list(_lines(row.get("facts", ""))),
        "date_from": row.get("date_from") or None,
        "date_to": row.get("date_to") or None,
        "note": row.get("note", ""),
    }


def _lines(cell: str) -> Iterator[str]:
    return (line.strip() for line in cell.splitlines() if line.strip())


def _flag(cell: str, where: str, *, default: bool) -> bool:
    if cell.lower() in _YES | _NO:
        return cell.lower() in _YES
    if cell:
        raise OnRecordError(f"{where}: {cell!r} is neither yes nor no")
    return default


def _case(where: str, fields: dict[str, Any]) -> Case:
    try:
        return Case.model_validate(fields)
    except ValidationError as error:
        raise OnRecordError(f"{where}: {'; '.join(explained(error))}") from error
