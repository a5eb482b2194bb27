"""An answer as HTML to paste into a word processor: its text with raised markers, then its sources."""

from __future__ import annotations

from html import escape

from rag.model import Answer, Citation
from ui.render.cited import Run, runs_of
from ui.render.markdown import footnote
from ui.render.words import safe, web


def answer_rich(answer: Answer) -> str:
    """What `answer_markdown` has, for where Markdown's signs would be in the way; no classes, no scripts."""
    html, listing = [], False
    for kind, runs in runs_of(answer):
        if listing is not (kind == "li"):
            html.append("</ul>" if listing else "<ul>")
            listing = not listing
        html.append(f"<{kind}>{''.join(map(_run, runs))}</{kind}>")
    html.append("</ul>" if listing else "")
    sources = "".join(f"<li>{_source(citation)}</li>" for citation in answer.citations)
    return "".join(html) + (f"<p><b>Sources</b></p><ul>{sources}</ul>" if sources else "")


def _run(run: Run) -> str:
    tag = {"bold": "b", "marker": "sup"}.get(run.kind)
    text = safe(run.text).replace("\n", "<br>")
    return f"<{tag}>{text}</{tag}>" if tag else text


def _source(citation: Citation) -> str:
    text, address = safe(footnote(citation)), web(citation.statement.url)
    if address:
        text = text.replace(safe(address), f'<a href="{escape(address)}">{safe(address)}</a>', 1)
    return f"[{citation.marker}] {text}"
