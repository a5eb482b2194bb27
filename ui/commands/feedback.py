"""`onrecord feedback`: what readers said of answers, and evaluation cases out of it."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from corpus.errors import ArchiveError, OnRecordError
from ui.commands.opening import print_json, settings_from
from ui.desk import DATABASE, Desk
from ui.feedback import LARGEST_PAGE, Feedback, Verdict


def listing(arguments: argparse.Namespace) -> int:
    """Print everything that readers said, oldest first."""
    for said in _all(_desk(arguments)):
        if arguments.json:
            print_json(_as_json(said))
            continue
        which = f" (source {said.marker})" if said.marker else ""
        print(f"{said.at:%Y-%m-%d %H:%M}  {said.reader}  {said.verdict.value}{which}  {said.turns[-1]}")
        if said.note:
            print(f"    {said.note}")
    return 0


def export(arguments: argparse.Namespace) -> int:
    """Write cases in the format of `onrecord eval run`; the exit code is 1 when some feedback gives none."""
    cases, left = [], []
    for said in _all(_desk(arguments)):
        case = case_of(said)
        if case is None:
            left.append(said)
        else:
            cases.append(json.dumps(case, ensure_ascii=False))
    try:
        Path(arguments.to).write_text("".join(f"{case}\n" for case in cases), encoding="utf-8")
    except OSError as error:
        raise OnRecordError(f"{arguments.to} cannot be written: {error.strerror or error}") from error
    print(f"{len(cases)} cases written to {arguments.to}.")
    for said in left:
        print(
            f"not a case: {said.turns[-1]!r} ({said.verdict.value}): nothing that it cites is right, so the quote that"
            " answers has to be given by hand, with: onrecord eval new",
            file=sys.stderr,
        )
    return 1 if left else 0


def case_of(said: Feedback) -> dict[str, Any] | None:
    """One evaluation case, as `DESIGN.md` describes them, or None where no gold quote is known.

    Good answers stand as they are. A citation that is not supported is no gold, and where the whole answer is not
    supported none is; a wrong speaker or date leaves the quote right, and the note says what to look at.
    """
    citations = said.answer.get("citations", [])
    if said.verdict is Verdict.NOT_SUPPORTED:
        citations = [item for item in citations if said.marker is not None and item["marker"] != said.marker]
    elif said.verdict in (Verdict.WRONG_SPEAKER, Verdict.WRONG_DATE) and said.marker is not None:
        citations = [item for item in citations if item["marker"] == said.marker]
    if not citations and said.verdict is not Verdict.GOOD:
        return None
    understood = said.answer.get("understood", {})
    case = {
        "id": f"feedback-{said.id}",
        "type": f"feedback: {said.verdict.value}",
        "turns": list(said.turns),
        "answerable": bool(citations),
        "gold": [{"statement": item["statement_id"], "quote": item["quote"]} for item in citations],
        "date_from": understood.get("date_from"),
        "date_to": understood.get("date_to"),
        "note": " ".join(f"{said.verdict.value}. {said.note}".split()),
    }
    return {name: value for name, value in case.items() if value not in (None, [])}


def _desk(arguments: argparse.Namespace) -> Desk:
    folder = settings_from(arguments).archive
    if not (folder / DATABASE).exists():
        raise ArchiveError(f"No feedback in {folder}: nobody has used its chat yet (onrecord serve).")
    return Desk(folder)


def _all(desk: Desk) -> Iterator[Feedback]:
    offset = 0
    while page := desk.feedback(limit=LARGEST_PAGE, offset=offset):
        yield from page
        offset += len(page)


def _as_json(said: Feedback) -> dict[str, Any]:
    return {
        "id": said.id,
        "at": said.at.isoformat(),
        "reader": said.reader,
        "verdict": said.verdict.value,
        "marker": said.marker,
        "note": said.note,
        "turns": list(said.turns),
        "answer": dict(said.answer),
    }
