"""Conversations as files: what was said is in all of them, whatever characters it has."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime

import pypdfium2
import pytest
from docx import Document
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.errors import NotHeld
from corpus.model import Filters, Statement, Voice
from rag.model import Answer, Citation, Outcome, Question, Searched
from ui.conversation import Conversation, Exchange
from ui.export import FORMS, export
from ui.record import as_record

AT = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
WORDS = "“Grüße, Ελλάδα, Киев, مرحبا, שלום, नमस्ते, สวัสดี ✓.”"


def exchange(question: str, text: str, *citations: Citation, outcome: Outcome = Outcome.ANSWERED) -> Exchange:
    asked = Question(question, question, Filters())
    searched = Searched(52, date(2018, 2, 12), date(2026, 1, 27))
    answer = Answer(asked, outcome, text, citations, searched, (), {})
    return Exchange("a", "c", question, {}, as_record(answer), "ana", None, AT)


def citation(marker: int, quote: str, **fields: object) -> Citation:
    given = {"id": "s/1", "title": "A title", "published": date(2025, 11, 24), "issuer": "A Ministry"} | fields
    return Citation(marker, Statement(**given), 1, 0, len(quote), quote, Voice.DIRECT, "A Speaker")  # type: ignore[arg-type]


def conversation(title: str = "Talks") -> Conversation:
    return Conversation("c", title, AT, AT, 1)


def words_of(content: bytes, ending: str) -> str:
    if ending == "docx":
        document = Document(io.BytesIO(content))
        return "\n".join(
            "".join(part.text or "" for part in p._p.iter() if part.tag.endswith("}t")) for p in document.paragraphs
        )
    if ending == "pdf":
        return "\n".join(page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(content))
    return content.decode()


@pytest.mark.parametrize("ending", list(FORMS))
def test_questions_quotes_and_sources_are_in_every_form(ending: str) -> None:
    cited = citation(1, "It rests on trust.", url="https://example.org/a?b=c&d")
    asked = exchange("What does it rest on?", "**Both:**\n\n- “It rests on trust.” [1]\n- and more", cited)
    nothing = exchange("And ships?", "Nothing is held on that.", outcome=Outcome.NOT_FOUND)
    text = " ".join(words_of(export(conversation(), [asked, nothing], ending, "OnRecord"), ending).split())
    for words in (
        "What does it rest on?",
        "“It rests on trust.” [1]" if ending == "md" else "“It rests on trust.”",
        "[1] A Ministry, “A title”, 24 Nov 2025, A Speaker, direct quote, https://example.org/a?b=c&d, statement s/1",
        "And ships?",
        "Nothing held on that. Searched 52 statements",
        "Asked 2 Jan 2026, 03:04 UTC",
    ):
        assert words in text


def test_a_pdf_has_the_letters_of_many_scripts() -> None:
    pdf = pypdfium2.PdfDocument(export(conversation(), [exchange(WORDS, WORDS)], "pdf", "OnRecord"))
    text = pdf[0].get_textpage().get_text_bounded()
    for word in ("Grüße", "Ελλάδα", "Киев", "✓"):
        assert word in text
    assert not any(letter in text for letter in "□\ufffd")


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=60), st.text(max_size=80))
def test_no_text_breaks_a_form(title: str, text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    title = title.encode("utf-8", "replace").decode()
    asked = exchange(
        title or "x", f"{text}\n\n- “{text}” [1]", citation(1, text, title=title, url=f"https://x/{title}")
    )
    for ending in FORMS:
        assert words_of(export(conversation(title or "x"), [asked], ending, title), ending)


def test_a_question_cannot_become_markdown() -> None:
    asked = exchange("# [x](javascript:y) <b>\n# z", "Text.")
    lines = export(conversation("**t**"), [asked], "md", "OnRecord").decode().split("\n")
    assert lines[0] == "# \\*\\*t\\*\\*"
    assert "## \\# \\[x\\](javascript:y) \\<b\\> \\# z" in lines


def test_another_form_is_refused() -> None:
    with pytest.raises(NotHeld, match="md, docx, pdf"):
        export(conversation(), [], "exe", "OnRecord")
