"""Answers without a language model: verbatim sentences, grouped by statement, in our own words only around them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from corpus.archive import Archive
from corpus.model import Statement
from ingest.voice import Spoken, Voices
from rag.evidence import Evidence, Finding
from rag.model import Citation, Piece, Question, Shape
from rag.writing.record import Writing

# A list mark before a sentence belongs to the page, not to what is said.
_LIST_MARK = re.compile(r"(?:[-•*–]|\d{1,3}[.)])\s+")

Sounded = tuple[int, int, Spoken]


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer's text with the citations behind its markers, not yet verified.

    Attributes:
        writing: a language model's part in it; None where none is configured.
    """

    text: str
    citations: tuple[Citation, ...]
    writing: Writing | None = None


class Composer(Protocol):
    """Makes an answer out of findings."""

    def write(self, question: Question, findings: Sequence[Finding]) -> Iterator[Piece | Draft]:
        """Write an answer; every marker ``[n]`` in its text has a citation.

        Args:
            question: what was asked.
            findings: what was found; one, or one for each side of a comparison, of which at least one has evidence.

        Yields:
            Pieces that are checked already, as they become ready, which may be none; and, last, the whole.
        """
        ...


class EmbeddedComposer:
    """Quotes the chosen sentences, each with its marker.

    Args:
        archive: where the quoted texts are.
    """

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def write(self, question: Question, findings: Sequence[Finding]) -> Iterator[Piece | Draft]:
        """See `Composer`."""
        yield self.compose(question, findings)

    def compose(self, question: Question, findings: Sequence[Finding]) -> Draft:
        """The whole answer at once. A timeline goes by date, one line each; anything else by fit, one block each."""
        if question.shape is Shape.TIMELINE:
            return self._timeline(findings[0])
        citations: list[Citation] = []
        blocks = []
        for finding in findings:
            blocks += [finding.note] if finding.note else []
            if finding.question.label:
                nothing = "" if finding.chosen else ": nothing held"
                blocks.append(f"**{plain(finding.question.label)}**{nothing}")
            for item in finding.chosen:
                quoted = list(self._cite(item, first_marker=len(citations) + 1))
                citations += quoted
                lines = [f"- {_shown(together)}" for together in self._by_paragraph(quoted)]
                head = f"**{introduction(item.statement, item.version)}:**"
                blocks.append("\n".join([head, "", *lines, *_carriers(item)]))
        return Draft("\n\n".join(blocks), tuple(citations))

    def _timeline(self, finding: Finding) -> Draft:
        citations: list[Citation] = []
        lines = []
        for item in sorted(finding.chosen, key=lambda item: item.by_date):
            quoted = list(self._cite(item, first_marker=len(citations) + 1))
            citations += quoted
            lines.append(f"- **{introduction(item.statement, item.version)}:** {_shown(quoted)}")
            lines += [f"  {line}" for line in _carriers(item)]
        held = "1 statement" if len(finding.chosen) == 1 else f"{len(finding.chosen)} statements"
        opening = finding.note or f"{held}, by date:"
        return Draft(f"{opening}\n\n" + "\n".join(lines), tuple(citations))

    def _by_paragraph(self, citations: Sequence[Citation]) -> list[list[Citation]]:
        """Citations of one statement, those together that follow one another in one paragraph."""
        groups: list[list[Citation]] = []
        for citation in citations:
            last = groups[-1][-1] if groups else None
            if last is not None:
                text = self._archive.version(citation.statement.id, citation.version).text
                if text[last.end : citation.start].strip(" ") == "":
                    groups[-1].append(citation)
                    continue
            groups.append([citation])
        return groups

    def _cite(self, item: Evidence, first_marker: int) -> Iterator[Citation]:
        """A citation for each quote of one statement; sentences in one voice that follow one another make one quote."""
        version = self._archive.version(item.statement.id, item.version)
        text = version.text
        voices = Voices(item.statement, text)
        heard = [(s.start, s.end, voices.of(s.start, s.end)) for s in item.quotes]
        for marker, (start, end, spoken) in enumerate(_joined(text, heard), start=first_marker):
            mark = _LIST_MARK.match(text, start, end)
            start = mark.end() if mark else start
            yield Citation(
                marker=marker,
                statement=item.statement,
                version=item.version,
                start=start,
                end=end,
                quote=text[start:end],
                voice=spoken.voice,
                speaker=spoken.speaker,
                office=spoken.office,
                page=version.page(start),
            )


def introduction(statement: Statement, version: int = 1) -> str:
    """Date, issuer, kind and title of a statement, in one line; the version where it was edited."""
    day = statement.event or statement.published
    when = f"{day.day} {day:%B %Y}"
    if statement.event and statement.event != statement.published:
        when += f" (published {statement.published.day} {statement.published:%B %Y})"
    named = [when, *(plain(part or "") for part in (statement.issuer, statement.kind, statement.title))]
    named += [f"edited, version {version}"] if version > 1 else []
    return " · ".join(part for part in named if part) + (" · withdrawn" if statement.withdrawn else "")


def plain(text: str) -> str:
    """A title without characters that Markdown reads as markup, so that it cannot become any."""
    return re.sub(r"\s+", " ", re.sub(r"[*_`\[\]<>|\\]", "", text)).strip()


def _carriers(item: Evidence) -> list[str]:
    """A line for each other statement that has the same text."""
    return [f"- Same text: {introduction(carrier)}" for carrier in item.carriers]


def _shown(citations: Sequence[Citation]) -> str:
    return " ".join(f"“{citation.quote}” [{citation.marker}]" for citation in citations)


def _joined(text: str, heard: Sequence[Sounded]) -> list[Sounded]:
    """Spans of sentences, those joined that have one voice and only a space between them."""
    spans: list[Sounded] = []
    for start, end, spoken in heard:
        if spans and spans[-1][2] == spoken and text[spans[-1][1] : start].strip(" ") == "":
            spans[-1] = (spans[-1][0], end, spoken)
        else:
            spans.append((start, end, spoken))
    return spans
