"""Feedback becomes evaluation cases that `onrecord eval` takes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from corpus.archive import Archive
from corpus.model import Filters
from evals.cases import Case, load_cases, resolve
from tests.conftest import Run, put
from ui.commands.feedback import case_of
from ui.desk import Desk
from ui.feedback import Feedback, Verdict


def record(*quotes: str) -> dict[str, Any]:
    cited = [{"marker": n, "statement_id": "s", "quote": quote} for n, quote in enumerate(quotes, 1)]
    understood = {"date_from": "2022-01-01", "date_to": None}
    return {"text": "An answer.", "citations": cited, "nearest": [], "understood": understood}


def said(verdict: Verdict, *quotes: str, marker: int | None = None) -> Feedback:
    return Feedback(7, "a", "ana", verdict, marker, "a\nnote", ("before", "asked"), record(*quotes), datetime.now(UTC))


@pytest.mark.parametrize(
    ("verdict", "marker", "kept"),
    [
        (Verdict.GOOD, None, ["one", "two"]),
        (Verdict.NOT_SUPPORTED, 1, ["two"]),
        (Verdict.WRONG_SPEAKER, 2, ["two"]),
        (Verdict.WRONG_DATE, None, ["one", "two"]),
        (Verdict.MISSED, None, ["one", "two"]),
    ],
)
def test_what_is_gold_depends_on_what_was_said(verdict: Verdict, marker: int | None, kept: list[str]) -> None:
    case = case_of(said(verdict, "one", "two", marker=marker))
    checked = Case.model_validate(case)
    assert [gold.quote for gold in checked.gold] == kept
    assert checked.turns == ("before", "asked")
    assert checked.note == f"{verdict.value}. a note"


def test_a_good_answer_that_nothing_is_held_is_a_case_and_a_wrong_one_is_not() -> None:
    assert Case.model_validate(case_of(said(Verdict.GOOD))).answerable is False
    assert case_of(said(Verdict.MISSED)) is None
    assert case_of(said(Verdict.NOT_SUPPORTED, "one")) is None


def test_the_command_lists_and_exports(tmp_path: Path, archive: Archive, onrecord: Run) -> None:
    put(archive, "s", "It rests on trust.")
    none = onrecord("feedback", "list", check=False)
    assert (none.returncode, "nobody has used its chat yet" in none.stderr) == (1, True)
    desk = Desk(tmp_path / "archive")
    talk = desk.start("ana", "T")
    kept = desk.keep("ana", talk.id, "What does it rest on?", Filters(), record("It rests on trust."))
    desk.judge("ana", kept, Verdict.GOOD, note="Just so.")
    listed = onrecord("feedback", "list").stdout
    assert "good  What does it rest on?\n    Just so." in listed
    onrecord("feedback", "export", "--to", tmp_path / "cases.jsonl")
    (resolved,) = resolve(load_cases(tmp_path / "cases.jsonl"), archive)
    assert resolved.gold[0].quote == "It rests on trust."
    desk.judge("ana", kept, Verdict.NOT_SUPPORTED)
    partly = onrecord("feedback", "export", "--to", tmp_path / "cases.jsonl", check=False)
    assert (partly.returncode, "has to be given by hand" in partly.stderr) == (1, True)
    desk.close()
