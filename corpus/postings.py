"""What the lexical index keeps of a passage.

Beside the words themselves it keeps grades: how much a passage has of a term, for a ranking that asks nothing of other
passages. A grade is what BM25 makes of frequency and length (Robertson and Zaragoza, "The Probabilistic Relevance
Framework: BM25 and Beyond", 2009), summed over the fields, with the usual length of a field in place of the mean over
what is held, and in steps: four grades more are twice as much.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping

from tantivy import Document, Schema, SchemaBuilder, Searcher

from corpus.analysis import ANALYZER, analyzer, normalise
from corpus.archive import Archive
from corpus.model import as_int

FORMAT = 7
BOOSTS = {"title": 2.0, "names": 2.0, "body": 1.0}
EVERYBODY, GROUP = "everybody", "group:"  # terms of the field "audience"; a group's name cannot become the first
_K1, _B = 1.2, 0.75  # as tantivy has them
_USUAL = {"title": 13, "names": 5, "body": 107}  # terms of a field: means over 21,882 passages of readouts
_LOWEST, _PER_DOUBLING = -16, 4


def schema() -> Schema:
    """The fields of a passage."""
    builder = SchemaBuilder()
    builder.add_text_field("passage", stored=True, tokenizer_name="raw")
    builder.add_text_field("statement", tokenizer_name="raw")
    for name in ("issuer", "speaker", "kind", "audience"):
        builder.add_text_field(name, tokenizer_name="raw")
    for name in BOOSTS:
        builder.add_text_field(name, tokenizer_name=ANALYZER)
    builder.add_text_field("graded", tokenizer_name="whitespace", index_option="basic")
    builder.add_integer_field("order", fast=True)
    builder.add_integer_field("published", indexed=True, fast=True)
    builder.add_integer_field("event", indexed=True, fast=True)
    return builder.build()


def documents(archive: Archive, statement_id: str) -> Iterator[Document]:
    """The documents of a statement's current version, one a passage; none where it is no longer held."""
    held = archive.statements([statement_id]).get(statement_id)
    if held is None:
        return
    whole = {"title": normalise(held.title), "names": normalise(" ".join((*held.speakers, held.issuer or "")))}
    counted = {name: _counted(text) for name, text in whole.items()}
    for passage in archive.passages_of(statement_id):
        document = Document()
        document.add_text("passage", passage.id)
        document.add_text("statement", statement_id)
        document.add_text("issuer", (held.issuer or "").casefold())
        document.add_text("kind", held.kind)
        for speaker in held.speakers:
            document.add_text("speaker", speaker)
        for reader in [GROUP + group for group in held.audience] or [EVERYBODY]:
            document.add_text("audience", reader)
        body = normalise(passage.text)
        for name, text in {**whole, "body": body}.items():
            document.add_text(name, text)
        document.add_text("graded", _graded({**counted, "body": _counted(body)}))
        document.add_integer("order", int(passage.id[:15], 16))
        document.add_integer("published", as_int(held.published))
        document.add_integer("event", as_int(held.event or held.published))
        yield document


def grades_of(term: str, searcher: Searcher) -> Iterator[tuple[str, float]]:
    """The terms of the field "graded" that stand for a term, each with how much of it a passage has: up to `MOST`."""
    for graded, _ in searcher.terms_with_prefix("graded", f"{term}/"):
        yield graded, 2 ** (int(graded.rpartition("/")[2]) / _PER_DOUBLING)


def _counted(normalised: str) -> Counter[str]:
    return Counter(analyzer().analyze(normalised))


def _graded(found: Mapping[str, Counter[str]]) -> str:
    """The terms of a passage, by field, as words "term/grade"."""
    amounts: dict[str, float] = {}
    for name, counts in found.items():
        saturation = _K1 * (1 - _B + _B * counts.total() / _USUAL[name])
        for term, times in counts.items():
            amounts[term] = amounts.get(term, 0.0) + BOOSTS[name] * times / (times + saturation)
    return " ".join(f"{term}/{_grade(amount)}" for term, amount in amounts.items())


def _grade(amount: float) -> int:
    return max(_LOWEST, round(_PER_DOUBLING * math.log2(amount)))


MOST = 2 ** (_grade(sum(BOOSTS.values())) / _PER_DOUBLING)
