"""Answers and statements as HTML, Markdown and JSON: pure functions, no web framework.

Statement text is data. Everything is escaped first, and only then gets this package's own markup, so nothing that a
statement, a title or a question says can become a tag, a link or a marker.
"""

from ui.render.answer import LABELS, answer_html, growing_html, notice_html, question_html
from ui.render.markdown import answer_markdown
from ui.render.statement import Visit, statement_html, statement_json

__all__ = [
    "LABELS",
    "Visit",
    "answer_html",
    "answer_markdown",
    "growing_html",
    "notice_html",
    "question_html",
    "statement_html",
    "statement_json",
]
