"""Which of the statements found are meant by "the latest call" or "the second meeting"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.evidence import Evidence
from rag.model import Question


@dataclass(frozen=True, slots=True)
class Picked:
    """The statements that are meant, none where there are not so many, with a line that says out of how many."""

    chosen: Sequence[Evidence]
    note: str = ""


def pick_from(question: Question, found: Sequence[Evidence]) -> Picked | None:
    """Count statements by the day of their event.

    Args:
        question: what is asked, with its pick.
        found: every statement of the pair or the topic in the window.

    Returns:
        None where there is nothing to pick from, or where a title has the word that seems to pick: the "Second Summit
        for Democracy" is not the second in any list.
    """
    pick = question.pick
    if pick is None or not found:
        return None
    if pick.start >= 0 and any(re.search(rf"\b{pick.words}\b", item.statement.title, re.I) for item in found):
        return None
    in_order = sorted(found, key=lambda item: item.by_date)
    chosen = pick.of(in_order)
    what = f"the {pick.words.lower()} {len(chosen)}" if len(chosen) > 1 else f"the {pick.words.lower()}"
    return Picked(chosen, f"By date, {what} of {len(found)} held on that.")
