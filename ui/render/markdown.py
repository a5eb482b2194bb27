"""An answer as Markdown, to paste into a brief."""

from __future__ import annotations

from rag.model import Answer, Citation
from ui.render.words import day, voice_in_words, web


def answer_markdown(answer: Answer) -> str:
    """An answer to paste elsewhere: its text, then one line for each source with what is needed to check it."""
    lines = [answer.text.strip()]
    if answer.citations:
        lines += ["", "Sources", ""]
        lines += [f"- [{citation.marker}] {footnote(citation)}" for citation in answer.citations]
    return "\n".join(lines) + "\n"


def footnote(citation: Citation) -> str:
    """Who issued what when, where it is, and which characters of which version are quoted."""
    statement = citation.statement
    where = f"statement {statement.id}, version {citation.version}, characters {citation.start}-{citation.end}"
    voice = voice_in_words(citation)
    parts = [statement.issuer, f"“{statement.title}”", day(statement.published), voice, web(statement.url), where]
    return " ".join(", ".join(part for part in parts if part).split())
