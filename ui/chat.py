"""The chat page: the only module that imports gradio."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from pathlib import Path
from typing import Any, cast

from fastapi import FastAPI

from corpus.errors import InputError, OnRecordError
from corpus.model import Filters
from corpus.settings import Settings
from rag.engine import Engine
from rag.model import Turn
from ui.render import answer_html, count_blocks, day, notice_html, question_html, statement_html

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # both are read when gradio is imported, and it calls home without
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"

import gradio as gr

LONGEST_QUESTION = 2000
_STATIC = Path(__file__).parent / "static"
_PACE, _LONGEST_WAIT = 0.04, 0.6  # seconds between two paragraphs of an answer, and in all
_EMPTY_PANEL = (
    '<div class="or-empty"><h2>The record</h2>'
    "<p>Choose a source number in an answer to read its words where they stand.</p></div>"
)
_UNEXPECTED = "Something went wrong on our side. The question was not answered; please try it again."
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and what came of it: a turn to remember (None where it failed), and how it looks."""

    html: str
    turn: Turn | None = None


Conversation = tuple[Exchange, ...]


def mount_chat(app: FastAPI, engine: Engine, settings: Settings) -> None:
    """Put the page at the application's root, with system fonts (Gradio's own themes ask for others).

    The style sheet goes into the page itself, so that no path has to be right behind a proxy.
    """
    sans = ("system-ui", "-apple-system", "Segoe UI", "sans-serif")
    gr.mount_gradio_app(
        app, build_chat(engine, settings), path="/", theme=gr.themes.Base(font=sans, font_mono="monospace"),
        head=f"<style>{(_STATIC / 'chat.css').read_text(encoding='utf-8')}</style>",
        footer_links=[], run_history=False, show_error=False, max_file_size=1, ssr_mode=False, mcp_server=False,
    )  # fmt: skip


def build_chat(engine: Engine, settings: Settings) -> gr.Blocks:
    """The page: conversation on the left, the statement that a source number opens on the right."""
    script = (_STATIC / "chat.js").read_text(encoding="utf-8")
    chat = _Chat(engine, settings)
    with gr.Blocks(title=settings.chat.title, analytics_enabled=False) as blocks, gr.Row(elem_id="or-layout"):
        with gr.Column(elem_id="or-left", min_width=0):
            head = gr.HTML(elem_id="or-head", apply_default_css=False)
            said = gr.State(())
            # The value goes in through the default template: in any other, `${...}` in a statement would be run.
            conversation = gr.HTML(elem_id="or-conversation", js_on_load=script, apply_default_css=False)
            with gr.Column(elem_id="or-composer", min_width=0):
                with gr.Row(elem_id="or-ask"):
                    box = gr.Textbox(
                        placeholder="Ask about what is on record", label="Question", show_label=False, lines=1,
                        max_lines=6, max_length=LONGEST_QUESTION, autofocus=True, container=False, elem_id="or-box",
                    )  # fmt: skip
                    send = gr.Button("Ask", variant="primary", elem_id="or-send", min_width=0, scale=0)
                with gr.Row(elem_id="or-tools"):
                    with gr.Accordion("Filters", open=False, elem_id="or-filters"), gr.Row():
                        first = gr.Textbox(label="From", placeholder="2022-03-31", max_length=40, min_width=120)
                        last = gr.Textbox(label="To", placeholder="2022-12-31", max_length=40, min_width=120)
                        issuers = gr.Dropdown(label="Issuers", choices=[], multiselect=True, min_width=200)
                    fresh = gr.Button("New conversation", variant="secondary", elem_id="or-fresh", min_width=0, scale=0)
        with gr.Column(elem_id="or-right", min_width=0):
            panel = gr.HTML(_EMPTY_PANEL, elem_id="or-panel", js_on_load=script, apply_default_css=False)

        quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        asking: dict[str, Any] = {"outputs": [conversation, said, box], "concurrency_limit": 4, **quiet}
        filters = [first, last, issuers]
        typed = gr.on([box.submit, send.click], chat.respond, [box, said, *filters], **asking)
        offered = conversation.ask(chat.respond_to_example, [said, *filters], **asking)
        conversation.select(chat.open, None, panel, queue=False, **quiet)
        fresh.click(
            chat.start_again, None, [conversation, said, box, panel], queue=False, cancels=[typed, offered], **quiet
        )
        blocks.load(chat.welcome, None, [head, conversation, issuers], queue=False, **quiet)
    blocks.queue(max_size=64)
    return cast(gr.Blocks, blocks)  # its __enter__ is not typed


class _Chat:
    """What the page does, one method for each thing a reader can do."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine = engine
        self._title = settings.chat.title
        self._start = _start_html(settings.chat.examples)

    def welcome(self) -> tuple[str, str, Any]:
        """A page that was just opened."""
        archive = self._engine.holdings.archive
        names = [name for name, _ in archive.issuers()]
        return self._head(), self._start, gr.update(choices=names)

    def start_again(self) -> tuple[str, Conversation, str, str]:
        """An empty conversation."""
        return self._start, (), "", _EMPTY_PANEL

    def respond(
        self, text: str, said: Conversation, first: str, last: str, issuers: list[str]
    ) -> Iterator[tuple[Any, Any, Any]]:
        """The conversation as it grows by one exchange."""
        text = text.strip()[:LONGEST_QUESTION]
        if not text:
            yield gr.skip(), gr.skip(), gr.skip()
            return
        asked = question_html(text)
        yield _page(said, asked + '<p class="or-searching" role="status">Searching …</p>'), said, ""
        try:
            filters = read_filters(first, last, issuers)
            history = [exchange.turn for exchange in said if exchange.turn]
            answer = self._engine.ask(text, history=history, filters=filters)
            blocks = count_blocks(answer)
            for shown in range(1, blocks):
                yield _page(said, asked + answer_html(answer, blocks=shown)), said, gr.skip()
                time.sleep(min(_PACE, _LONGEST_WAIT / blocks))
            exchange = Exchange(asked + answer_html(answer), Turn(text, answer.text))
        except OnRecordError as error:
            exchange = Exchange(asked + notice_html(str(error)))
        except Exception:
            log.exception("A question was not answered")
            exchange = Exchange(asked + notice_html(_UNEXPECTED))
        yield _page(said, exchange.html), (*said, exchange), gr.skip()

    def respond_to_example(
        self, event: gr.EventData, said: Conversation, first: str, last: str, issuers: list[str]
    ) -> Iterator[tuple[Any, Any, Any]]:
        """As `respond`, for a question that the page offers."""
        yield from self.respond(str(event._data.get("question", "")), said, first, last, issuers)

    def open(self, event: gr.EventData) -> str:
        """The statement that a source number stands for, at the cited words."""
        place = event._data
        try:
            statement_id, number = str(place["statement"]), place.get("version")
            archive = self._engine.holdings.archive
            version = archive.version(statement_id, int(number) if number else None)
            cited = (int(place["start"]), int(place["end"])) if number else None
            return _panel(statement_html(archive.statement(statement_id), version, cited))
        except OnRecordError as error:
            return _panel(notice_html(str(error)))
        except (KeyError, ValueError, TypeError):  # not from one of our buttons
            return _panel(notice_html("That source cannot be opened."))

    def _head(self) -> str:
        held = self._engine.holdings.archive.coverage()
        since = f", {day(held.first)} to {day(held.last)}" if held.first and held.last else ""
        return (
            f"<header><h1>{escape(self._title)}</h1>"
            f"<p>{held.statements:,} statement{'' if held.statements == 1 else 's'} held{since}</p></header>"
        )


def read_filters(first: str | None, last: str | None, issuers: Sequence[str] | None) -> Filters:
    """Filters as a reader typed them.

    Raises:
        InputError: a date cannot be read, or the window ends before it starts.
    """
    return checked(Filters(_day(first, "From"), _day(last, "To"), tuple(issuers or ())))


def checked(filters: Filters) -> Filters:
    """The filters, when their window holds at least one day.

    Raises:
        InputError: it ends before it starts.
    """
    if filters.date_from and filters.date_to and filters.date_from > filters.date_to:
        raise InputError("Filters", f"the window ends ({filters.date_to}) before it starts ({filters.date_from}).")
    return filters


def _day(text: str | None, name: str) -> date | None:
    if not text or not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise InputError(name, f"“{text.strip()}” is not a date. Write it like 2022-03-31.") from None


def _start_html(examples: Sequence[str]) -> str:
    buttons = "".join(
        f'<li><button type="button" class="or-example" data-question="{question}">{question}</button></li>'
        for question in map(escape, examples)
    )
    return (
        '<div class="or-start"><p class="or-lead">What was said, by whom, and when.</p>'
        "<p>Every quotation is an exact passage of a statement that is held, and opens where it stands.</p>"
        f"<ul>{buttons}</ul></div>"
    )


def _page(said: Conversation, now: str) -> str:
    parts = [exchange.html for exchange in said] + [now]
    inside = "".join(f'<section class="or-exchange">{part}</section>' for part in parts)
    return f'<div role="log" aria-label="Conversation">{inside}</div>'


def _panel(inside: str) -> str:
    close = '<button type="button" class="or-close" aria-label="Close the statement">×</button>'
    return f'<section aria-label="Statement">{close}{inside}</section>'
