"""`onrecord ask` and `onrecord search`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from corpus.errors import InputError
from corpus.holdings import Holdings
from rag.engine import Engine
from rag.model import Turn, as_json, hit_json
from ui.commands.opening import filters_from, print_json, settings_from


def ask(arguments: argparse.Namespace) -> int:
    """Answer one question on standard output."""
    history = _history(arguments.history) if arguments.history else []
    with Holdings(settings_from(arguments)) as holdings:
        answer = Engine(holdings).ask(arguments.question, history=history, filters=filters_from(arguments))
    if arguments.json:
        print_json(as_json(answer))
        return 0
    print(answer.text)
    if answer.citations:
        print()
    for citation in answer.citations:
        said = f", {citation.speaker}" if citation.speaker else ""
        place = f"{citation.statement.id}, version {citation.version}, characters {citation.start}-{citation.end}"
        print(f"[{citation.marker}] {place} ({citation.voice}{said})")
    return 0


def search(arguments: argparse.Namespace) -> int:
    """Print the passages that fit best."""
    with Holdings(settings_from(arguments)) as holdings:
        hits = Engine(holdings).search(arguments.query, filters_from(arguments), arguments.k)
    if arguments.json:
        print_json([hit_json(hit) for hit in hits])
        return 0
    for number, hit in enumerate(hits, start=1):
        statement, passage = hit.statement, hit.passage
        print(f"{number}. {statement.published} · {statement.issuer or 'issuer unknown'} · {statement.title}")
        print(f"   {statement.id}, characters {passage.start}-{passage.end}")
        print(f"   {' '.join(passage.text.split())[:300]}")
    return 0


def _history(path: Path) -> list[Turn]:
    """Turns from a JSON list of questions, or of objects with `question` and `answer`.

    Raises:
        InputError: the file is not such a list.
    """
    try:
        turns = json.loads(path.read_text(encoding="utf-8"))
        return [Turn(t) if isinstance(t, str) else Turn(str(t["question"]), str(t.get("answer", ""))) for t in turns]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            str(path), 'not a history; write a JSON list such as [{"question": "...", "answer": "..."}]'
        ) from error
