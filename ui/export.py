"""A conversation as a file to keep or to paste from: Markdown, Word or PDF, each answer with its numbered sources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from corpus.errors import NotHeld
from rag.model import Outcome
from ui.conversation import Conversation, Exchange
from ui.record import from_record
from ui.render.answer import LABELS, searched_words
from ui.render.cited import Run, runs_of
from ui.render.markdown import footnote
from ui.render.words import day, web

FORMS = {
    "md": "text/markdown; charset=utf-8",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
}


@dataclass(frozen=True, slots=True)
class Source:
    """One footnote; `url` is an address of the web, or None."""

    marker: int
    text: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Part:
    """A question with its answer, ready to be set.

    Attributes:
        about: outcome and what was searched, in one line.
        blocks: ("p" or "li", runs) in order.
    """

    question: str
    about: str
    blocks: Sequence[tuple[str, Sequence[Run]]]
    sources: Sequence[Source]


@dataclass(frozen=True, slots=True)
class Document:
    """A conversation, ready to be set."""

    title: str
    about: str
    made: datetime
    parts: Sequence[Part]


def export(conversation: Conversation, exchanges: Sequence[Exchange], ending: str, name: str) -> bytes:
    """A conversation as a file.

    Args:
        conversation: whose title it bears.
        exchanges: its questions and answers.
        ending: one of `FORMS`.
        name: what the installation is called.

    Raises:
        NotHeld: there is no such form.
    """
    document = document_of(conversation, exchanges, name)
    match ending:
        case "md":
            return markdown(document).encode()
        case "docx":
            from ui.export_docx import docx

            return docx(document)
        case "pdf":
            from ui.export_pdf import pdf

            return pdf(document)
    raise NotHeld(f"A conversation is exported as {', '.join(FORMS)}.")


def document_of(conversation: Conversation, exchanges: Sequence[Exchange], name: str) -> Document:
    """What every form is set from."""
    about = f"{name}. Questions and answers of {day(conversation.created.date())}"
    if conversation.updated.date() != conversation.created.date():
        about += f" to {day(conversation.updated.date())}"
    parts = [_part(exchange) for exchange in exchanges]
    return Document(conversation.title, f"{about}. Every quotation is exact.", conversation.updated, parts)


def markdown(document: Document) -> str:
    """As Markdown. The reader's words are escaped; an answer is Markdown already."""
    lines = [f"# {_escaped(document.title)}", "", document.about, ""]
    for part in document.parts:
        lines += [f"## {_escaped(part.question)}", "", f"*{part.about}*", ""]
        before = ""
        for kind, runs in part.blocks:
            if before and not (before == kind == "li"):
                lines.append("")
            text = "".join(_marked(run) for run in runs)
            lines.append(f"- {text}" if kind == "li" else text)
            before = kind
        lines.append("")
        if part.sources:
            lines += ["Sources", ""]
            lines += [f"- [{source.marker}] {source.text}" for source in part.sources]
            lines.append("")
    return "\n".join(lines)


def _part(exchange: Exchange) -> Part:
    answer = from_record(exchange.answer)
    about = LABELS[answer.outcome]
    if answer.outcome is not Outcome.UNCLEAR:
        about += f". {searched_words(answer.searched)}"
    about += f". Asked {day(exchange.at.date())}, {exchange.at:%H:%M} UTC."
    sources = [Source(c.marker, footnote(c), web(c.statement.url)) for c in answer.citations]
    return Part(exchange.question, about, runs_of(answer), sources)


def _marked(run: Run) -> str:
    if run.kind == "bold":
        return f"**{run.text}**"
    return f" {run.text}" if run.kind == "marker" else run.text


def _escaped(text: str) -> str:
    """One line that Markdown reads as plain words."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]<>#|" else c for c in " ".join(text.split()))
