"""Other people's collections and runs: BEIR folders, the multi-turn layout of MTRAG, TREC run files.

BEIR: ``corpus.jsonl``, ``queries.jsonl``, ``qrels/test.tsv`` (Thakur et al., "BEIR", NeurIPS Datasets 2021).
MTRAG: ``passages.jsonl``, ``qrels.tsv`` and one file of queries for each wording, ``*_lastturn.jsonl``,
``*_questions.jsonl`` (all turns), ``*_rewrite.jsonl`` (Katsis et al., "MTRAG", arXiv 2501.03468). Any ``.jsonl`` may
be gzipped.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ir_measures
from ir_measures import R, nDCG

from corpus.errors import OnRecordError

QUERIES = "queries"
_WORDINGS = ("lastturn", "questions", "rewrite")
_SPEAKER = "|user|:"
MEASURES = (R @ 5, R @ 10, nDCG @ 5, nDCG @ 10)

Qrels = Mapping[str, Mapping[str, int]]
Rankings = Mapping[str, Sequence[str]]  # document ids by query id, best first


@dataclass(frozen=True, slots=True)
class Document:
    """One text of a collection."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Collection:
    """A test collection.

    Attributes:
        documents: what is searched.
        queries: by wording, then by query id, the user's turns, of which the last one asks; a BEIR folder has the
            one wording "queries".
        qrels: by query id, then by document id, how relevant; 0 is not.
    """

    documents: tuple[Document, ...]
    queries: Mapping[str, Mapping[str, Sequence[str]]]
    qrels: Qrels


def load_collection(folder: Path) -> Collection:
    """Read a folder of either layout.

    Raises:
        OnRecordError: a file is missing, or a line of one is not what it should be.
    """
    documents = tuple(
        Document(str(row["_id"]), str(row.get("title") or ""), str(row["text"]))
        for row in _rows(_one_of(folder, "corpus.jsonl", "passages.jsonl"), "_id", "text")
    )
    files = {name: path for name in _WORDINGS for path in sorted(folder.glob(f"*_{name}.jsonl*"))}
    if not files:
        files = {QUERIES: _one_of(folder, "queries.jsonl")}
    queries = {
        name: {str(row["_id"]): _turns(str(row["text"])) for row in _rows(path, "_id", "text")}
        for name, path in files.items()
    }
    return Collection(documents, queries, load_qrels(_one_of(folder, "qrels/test.tsv", "qrels.tsv")))


def load_qrels(path: Path) -> Qrels:
    """Read judgements, BEIR's three columns (with their heading) or TREC's four.

    Raises:
        OnRecordError: a line is neither.
    """
    qrels: dict[str, dict[str, int]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.reader(file, delimiter="\t"), start=1):
            cells = row if len(row) > 1 else " ".join(row).split()
            if number == 1 and cells and not cells[-1].lstrip("-").isdecimal():
                continue
            try:
                query, document, grade = (cells[0], *cells[-2:])
                qrels.setdefault(query, {})[document] = int(grade)
            except (IndexError, ValueError) as error:
                raise OnRecordError(f"{path}:{number}: not a judgement (query, document, grade)") from error
    return qrels


def evaluate(qrels: Qrels, rankings: Rankings) -> dict[str, float]:
    """Mean Recall and nDCG at 5 and 10 over the judged queries, as trec_eval has them; one not in the run is 0."""
    judged = [ir_measures.Qrel(q, d, grade) for q, by_document in qrels.items() for d, grade in by_document.items()]
    run = [
        ir_measures.ScoredDoc(query, document, -float(rank))
        for query, ranked in rankings.items()
        for rank, document in enumerate(ranked)
    ]
    found = ir_measures.calc_aggregate(MEASURES, judged, run) if run else {}
    return {str(measure): float(found.get(measure, 0.0)) for measure in MEASURES}


def write_run(rankings: Rankings, path: Path, tag: str) -> None:
    """Write rankings as a TREC run file: ``query Q0 document rank score tag``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        for query, ranked in rankings.items():
            for rank, document in enumerate(ranked, start=1):
                file.write(f"{query} Q0 {document} {rank} {1 / rank:.6f} {tag}\n")


def read_run(path: Path) -> Rankings:
    """Read a TREC run file; documents are ordered by score, equal ones by rank.

    Raises:
        OnRecordError: a line is not of a run.
    """
    scored: dict[str, list[tuple[float, int, str]]] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            query, _, document, rank, score, _ = line.split()
            scored.setdefault(query, []).append((-float(score), int(rank), document))
        except ValueError as error:
            raise OnRecordError(
                f"{path}:{number}: not a line of a TREC run (query Q0 document rank score tag)"
            ) from error
    return {query: [document for _, _, document in sorted(entries)] for query, entries in scored.items()}


def _turns(text: str) -> list[str]:
    """The user's turns of a conversation, or the one query that a text is."""
    return [turn.strip() for turn in text.split(_SPEAKER) if turn.strip()] or [text]


def _one_of(folder: Path, *names: str) -> Path:
    tried = [folder / f"{name}{ending}" for name in names for ending in ("", ".gz")]
    found = next((path for path in tried if path.exists()), None)
    if found is None:
        raise OnRecordError(f"{folder} has no {' or '.join(names)}; it should be a BEIR folder.")
    return found


def _rows(path: Path, *required: str) -> Iterator[dict[str, Any]]:
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                row = json.loads(line)
                missing = [name for name in required if name not in row]
            except (ValueError, TypeError) as error:
                raise OnRecordError(f"{path}:{number}: not JSON: {error}") from error
            if missing:
                raise OnRecordError(f"{path}:{number}: has no {', '.join(missing)}")
            yield row
