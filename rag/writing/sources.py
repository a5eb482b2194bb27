"""What a model is given to write from: passages of the statements that answer, as many as fit its limit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from corpus.archive import Archive
from corpus.model import Passage, Statement
from ingest.sentences import Span, sentence_spans
from ingest.voice import Spoken, Voices
from rag.evidence import Evidence, Finding

_WHOLE = 5  # a statement of so many passages goes in whole
_MOST = 24  # passages; a model that is given more reads none of them well

CountTokens = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class Source:
    """A passage as a model is given it.

    Attributes:
        number: how the model cites it, counted from 1.
        passage: ``text[passage.start:passage.end] == passage.text``.
        text: of the whole version.
        sentences: spans in `text` of the sentences that begin in the passage.
        speaking: who speaks where in the version.
    """

    number: int
    statement: Statement
    passage: Passage
    text: str
    sentences: tuple[Span, ...]
    speaking: Voices

    def voices(self) -> list[Spoken]:
        """Who speaks in the passage, and how; each once, in order."""
        return list(dict.fromkeys(self.speaking.of(*span) for span in self.sentences))


@dataclass(frozen=True, slots=True)
class Selection:
    """The sources of an answer, and how many statements that answer had to be left out."""

    sources: tuple[Source, ...]
    left_out: int


def select(findings: Sequence[Finding], archive: Archive, budget: int, count: CountTokens) -> Selection:
    """Passages for a model: of every statement that answers what is quoted first, then the rest as far as it goes.

    Args:
        findings: what was found.
        archive: where the texts are.
        budget: tokens that all passages together may take.
        count: tokens of a passage with what is said about it.
    """
    chosen = list({item.statement.id: item for finding in findings for item in finding.chosen}.values())
    found = {hit.passage.id for finding in findings for hit in finding.hits}
    ranked = [_ranked(item, archive.passages_of(item.statement.id), found) for item in chosen]
    taken: dict[str, tuple[int, Passage]] = {}
    for passage, statement in _in_turn(ranked):
        cost = count(passage.text)
        if cost <= budget and len(taken) < _MOST:
            budget -= cost
            taken[passage.id] = (statement, passage)
    kept = sorted(taken.values(), key=lambda entry: (entry[0], entry[1].ordinal))
    sources = (_source(n, chosen[i], passage, archive) for n, (i, passage) in enumerate(kept, start=1))
    return Selection(tuple(sources), len(chosen) - len({i for i, _ in kept}))


def source_of(number: int, statement: Statement, passage: Passage, text: str) -> Source:
    """A passage of the version with this text as a source."""
    spans = tuple(span for span in sentence_spans(text) if passage.start <= span[0] < passage.end)
    return Source(number, statement, passage, text, spans, Voices(statement, text))


def _source(number: int, item: Evidence, passage: Passage, archive: Archive) -> Source:
    text = archive.version(item.statement.id, passage.version).text
    return source_of(number, item.statement, passage, text)


def _ranked(item: Evidence, passages: Sequence[Passage], found: set[str]) -> list[Passage]:
    """Passages worth giving of one statement: with its quotes, then those found, then all of it where it is short."""
    starts = [quote.start for quote in item.quotes]
    quoted = [p for p in passages if any(p.start <= start < p.end for start in starts)]
    hits = [p for p in passages if p.id in found]
    whole = list(passages) if len(passages) <= _WHOLE else []
    return list(dict.fromkeys([*quoted, *hits, *whole]))


def _in_turn(ranked: Sequence[Sequence[Passage]]) -> Iterator[tuple[Passage, int]]:
    """The first passage of each statement, then the second of each, with the statement's place."""
    for depth in range(max(map(len, ranked), default=0)):
        yield from ((passages[depth], i) for i, passages in enumerate(ranked) if depth < len(passages))
