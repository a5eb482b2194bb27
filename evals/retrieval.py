"""Score retrieval on a collection, each wording of its queries by the same retriever.

A collection becomes an archive of its own through `ingest`, each document a statement of one fixed date. What a
question says of dates and shapes is left aside, since documents here have neither.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from corpus.errors import OnRecordError
from corpus.holdings import Holdings
from corpus.model import Filters
from evals.beir import Collection, Rankings
from ingest.pipeline import ingest
from ingest.vectors import embed_due
from rag.concepts import Thesaurus
from rag.model import Question, Shape, Turn
from rag.retrieve import retrieve
from rag.understand import understand

_DAY = date(2000, 1, 1)
_DEPTH = 100  # passages; a document has one or a few

Progress = Callable[[int], None]
Ask = tuple[str, Sequence[Turn]]


def hold(collection: Collection, work: Path, holdings: Holdings, progress: Progress = lambda count: None) -> None:
    """Put a collection into an archive, with vectors; what is there already is left as it is.

    Args:
        collection: the documents.
        work: where the file that is ingested is written.
        holdings: an archive for this collection alone.
        progress: told how many passages were embedded since the last call.

    Raises:
        OnRecordError: a document cannot be taken: scores without it would not compare.
    """
    work.mkdir(parents=True, exist_ok=True)
    path = work / "documents.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for document in collection.documents:
            row = {"id": document.id, "title": document.title or document.id, "text": document.text, "date": str(_DAY)}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    report = ingest([path], holdings)
    if report.problems:
        shown = "\n".join(f"  {problem}" for problem in report.problems[:10])
        raise OnRecordError(f"{len(report.problems)} documents cannot be taken:\n{shown}")
    embed_due(holdings.archive, holdings.embedder, progress=progress)


def wordings(collection: Collection) -> Mapping[str, Mapping[str, Ask]]:
    """The ways to ask each query: by name, then by query id, a text with the turns before it.

    A collection of conversations gives the last turn alone, all turns joined, the last turn with its history (which
    is for us to resolve), and the rewrite made by a person; any other gives its queries.
    """
    queries = collection.queries
    if "questions" not in queries:
        return {name: {q: (turns[-1], ()) for q, turns in asked.items()} for name, asked in queries.items()}
    whole = queries["questions"]
    found: dict[str, Mapping[str, Ask]] = {
        "last turn": {q: (turns[-1], ()) for q, turns in whole.items()},
        "all turns joined": {q: (" ".join(turns), ()) for q, turns in whole.items()},
        "ours": {q: (turns[-1], [Turn(turn) for turn in turns[:-1]]) for q, turns in whole.items()},
    }
    if "rewrite" in queries:
        found["human rewrite"] = {q: (" ".join(turns), ()) for q, turns in queries["rewrite"].items()}
    return found


def rank(asked: Mapping[str, Ask], holdings: Holdings, progress: Progress = lambda count: None) -> Rankings:
    """The documents for each query, best first."""
    holdings.lexical.catch_up(holdings.archive)
    thesaurus = Thesaurus(holdings.archive.acronyms())
    rankings = {}
    for query, (text, history) in asked.items():
        question = understand(text, history, Filters(), _DAY, thesaurus, holdings.lexical)
        rankings[query] = _documents(replace(question, filters=Filters(), shape=Shape.FACT, sides=()), holdings)
        progress(1)
    return rankings


def _documents(question: Question, holdings: Holdings) -> list[str]:
    vector = holdings.embedder.encode([question.standalone])[0]
    hits = retrieve(question, vector, holdings, _DEPTH)
    return list(dict.fromkeys(hit.statement.id for hit in hits))
