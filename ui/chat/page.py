"""The page in Gradio: its parts and what happens between them. The only module that imports gradio."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Callable, Generator, Iterator, Mapping
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar, cast
from weakref import WeakValueDictionary

from fastapi import FastAPI
from starlette.datastructures import QueryParams

from corpus.errors import InputError
from corpus.model import Filters
from corpus.settings import Settings
from rag.engine import Engine
from ui.api.embed import FRAME_HEAD, start_of
from ui.api.view import LONGEST_QUESTION, View
from ui.chat.adding import MOST_AT_ONCE, Adding, Batch, Pasted, Sent, Told
from ui.chat.beside import Beside
from ui.chat.narrowing import choices, in_words, read_filters
from ui.chat.talk import Picture, Talk
from ui.chat.turns import Hand
from ui.places import Places
from ui.reader import Reader, reader_of
from ui.render.answer import notice_html
from ui.render.around import active_html, doors_html, head_html, status_html

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # both are read when gradio is imported, and it calls home without
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"

import gradio as gr

Pictures = AsyncGenerator[tuple[Any, ...]]
Part = TypeVar("Part", gr.HTML, gr.Textbox)
Ask = Callable[[Filters], Generator[Picture]]
_QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
_MORE_THREADS = 40
_PAUSE = 3  # seconds between two looks at how much is still to be indexed
_SANS = ("system-ui", "-apple-system", "Segoe UI", "sans-serif")


def mount_page(
    app: FastAPI, talk: Talk, beside: Beside, engine: Engine, settings: Settings, places: Places, static: Path
) -> None:
    """Put the page at the application's root, with system fonts (Gradio's own themes ask for others).

    The style sheet goes into the page itself, so that no path has to be right behind a proxy.
    """
    head = f"<style>{(static / 'chat.css').read_text(encoding='utf-8')}</style>{FRAME_HEAD}"
    script = (static / "chat.js").read_text(encoding="utf-8")
    gr.mount_gradio_app(
        app, _Page(talk, beside, engine, settings, places).blocks(script), path="/",
        theme=gr.themes.Base(font=_SANS, font_mono="monospace"), head=head, footer_links=[], run_history=False,
        show_error=False, max_file_size=settings.limits.body_bytes, ssr_mode=False, mcp_server=False,
    )  # fmt: skip


class _Page:
    """Lays out the parts and joins them to what readers can do."""

    def __init__(self, talk: Talk, beside: Beside, engine: Engine, settings: Settings, places: Places) -> None:
        self._talk = talk
        self._beside = beside
        self._engine = engine
        self._settings = settings
        self._places = places
        self._adding = Adding(engine)
        self._in_hand: WeakValueDictionary[str, Hand] = WeakValueDictionary()  # what each open page has asked last

    def blocks(self, script: str) -> gr.Blocks:
        """The rail on the left, the conversation in the middle, the statement on the right."""
        with gr.Blocks(title=self._settings.chat.title, analytics_enabled=False) as blocks:
            with gr.Row(elem_id="or-layout"):
                with gr.Column(elem_id="or-rail", min_width=0):
                    self._lay_out_rail()
                with gr.Column(elem_id="or-left", min_width=0):
                    self._lay_out_conversation(script)
                with gr.Column(elem_id="or-right", min_width=0):
                    self._panel = _html("or-panel")
                    with gr.Column(elem_id="or-adding", min_width=0):
                        self._lay_out_adding()
            self._join(blocks)
        # Questions wait in our own line, which says so; Gradio's is for what would be too many even there.
        blocks.max_threads = self._settings.limits.at_once + self._settings.limits.waiting + _MORE_THREADS
        blocks.queue(max_size=64)
        return cast(gr.Blocks, blocks)  # its __enter__ is not typed

    # ---- parts ---------------------------------------------------------------------------------------------------

    def _lay_out_rail(self) -> None:
        self._head = _html("or-head")
        self._clock = gr.Timer(_PAUSE, active=False)
        self._indexing = [_html("or-indexing")]
        self._fresh = gr.Button("New conversation", variant="secondary", elem_id="or-fresh", min_width=0, scale=0)
        self._shelf = _html("or-shelf")
        with gr.Column(elem_id="or-filters", min_width=0):
            _html("or-filters-head", '<h2 class="or-label">Filters</h2>')
            with gr.Row(elem_id="or-dates"):
                dates: dict[str, Any] = {"max_length": 40, "min_width": 0, "lines": 1, "max_lines": 1}
                self._first = gr.Textbox(label="From", placeholder="2022-03", **dates)
                self._last = gr.Textbox(label="To", placeholder="2022-12-31", **dates)
            many: dict[str, Any] = {"choices": [], "multiselect": True, "min_width": 0}
            self._issuers = gr.Dropdown(label="Issuer", elem_id="or-issuers", **many)
            self._speakers = gr.Dropdown(label="Speaker", elem_id="or-speakers", **many)
            self._kinds = gr.Dropdown(label="Kind", elem_id="or-kinds", **many)
            self._clear = gr.Button("Clear filters", elem_id="or-clear", min_width=0, scale=0)
        self._doors = _html("or-doors")
        self._filters = [self._first, self._last, self._issuers, self._speakers, self._kinds]

    def _lay_out_conversation(self, script: str) -> None:
        self._id = gr.State("")
        self._address = gr.Textbox(visible=False)  # the page's query, which only the browser knows
        self._bar = _html("or-top")
        # Values go in through the default template: in any other, `${...}` in a statement would be run.
        self._said = _html("or-said")
        self._now = _html("or-now")
        self._bus = gr.HTML("", elem_id="or-bus", js_on_load=script, apply_default_css=False)
        with gr.Column(elem_id="or-composer", min_width=0):
            self._active = _html("or-active")
            with gr.Row(elem_id="or-ask"):
                self._box = _kept(gr.Textbox(
                    placeholder="Ask about what is on record", label="Question", show_label=False, lines=1,
                    max_lines=6, max_length=LONGEST_QUESTION, autofocus=True, container=False, elem_id="or-box",
                ))  # fmt: skip
                self._send = gr.Button("Ask", variant="primary", elem_id="or-send", min_width=0, scale=0)
                _html("or-halt", '<button type="button" id="or-stop" data-do="stop">Stop</button>')
            self._status = _html("or-status")

    def _lay_out_adding(self) -> None:
        _html(
            "or-adding-head",
            '<button type="button" class="or-close" data-do="close" aria-label="Close">×</button>'
            '<h2 tabindex="-1">Add statements</h2><p class="or-about">Found by their words at once, and by'
            f" their meaning soon after. Files: {' '.join(self._adding.endings())}, each of at most"
            f" {self._settings.limits.body_bytes / 1_000_000:g} MB.</p>",
        )
        kinds = self._adding.endings()
        self._files = gr.File(
            label="Files", file_count="multiple", file_types=kinds, elem_id="or-files", height=150, min_width=0
        )
        self._pasted = gr.Textbox(
            label="Or paste a text", lines=5, max_lines=12, max_length=500_000, elem_id="or-pasted", min_width=0
        )
        with gr.Row(elem_id="or-about-paste"):
            self._title = gr.Textbox(label="Title of the pasted text", max_length=500, min_width=120)
            self._date = gr.Textbox(label="Its date", placeholder="2022-03-31", max_length=40, min_width=80)
        self._address_to_add = gr.Textbox(label="Or a web address", max_length=2000, elem_id="or-web", min_width=0)
        self._issuer = gr.Textbox(label="Issuer, where a text does not say", max_length=300, min_width=0)
        self._add = gr.Button("Add", variant="primary", elem_id="or-add", min_width=0, scale=0)
        self._indexing.append(_html("or-indexing-added"))
        self._batch = gr.State(Batch())
        self._added = _html("or-added")

    # ---- what happens --------------------------------------------------------------------------------------------

    def _join(self, blocks: gr.Blocks) -> None:
        picture = [self._said, self._now, self._id, self._shelf, self._bar, self._box]
        asking: dict[str, Any] = {"outputs": picture, "concurrency_limit": None, **_QUIET}
        at_once: dict[str, Any] = {"queue": False, **_QUIET}
        bus, here = self._bus, [self._id, *self._filters]
        asked = [
            gr.on([self._box.submit, self._send.click], self.ask, [self._box, *here], **asking),
            bus.offered(self.ask_offered, here, **asking),
            bus.reworded(self.ask_reworded, here, **asking),
            bus.again(self.ask_again, here, **asking),
        ]
        bus.undo(self.undo, [self._id], picture, **at_once)
        bus.edit(self.edit, [self._id], picture, **at_once)
        bus.reopen(self.reopen, None, picture, cancels=asked, **at_once)
        bus.stop(self.stop, None, None, **at_once)
        bus.rename(self.rename, [self._id], picture, **at_once)
        bus.forget(self.delete, [self._id], picture, **at_once)
        self._fresh.click(self.start_again, None, picture, cancels=asked, **at_once)
        bus.show(self.show, None, self._panel, **at_once)
        bus.compare(self.compare, None, self._panel, **at_once)
        bus.held(self.held, None, self._panel, **at_once)
        bus.judge(self.judge, None, self._status, **at_once)
        narrowed = [self._issuers, self._speakers, self._kinds, self._active]
        changed = [self._first.blur, self._first.submit, self._last.blur, self._last.submit]
        changed += [self._issuers.input, self._speakers.input, self._kinds.input]
        gr.on(changed, self.narrow, self._filters, narrowed, **at_once)
        self._clear.click(self.widen, None, [*self._filters, self._active], **at_once)
        everything = [self._doors, self._panel, *self._filters, self._active, *picture]
        everything += [self._head, *self._indexing, self._clock]
        blocks.load(self.welcome, self._address, everything, js="() => [window.location.search]", **at_once)
        about = [self._files, self._pasted, self._title, self._date, self._address_to_add, self._issuer]
        listed, states = [self._added, self._batch], [self._head, *self._indexing, self._clock]
        adding: dict[str, Any] = {"concurrency_limit": MOST_AT_ONCE, "concurrency_id": "add", **_QUIET}
        done = self._add.click(self.add, about, [*listed, self._files, self._pasted, self._address_to_add], **adding)
        mended = bus.correct(self.correct, self._batch, listed, **at_once)
        supplied = bus.supply(self.supply, [self._batch, *about], listed, **adding)
        for after in (self._clock.tick, done.then, mended.then, supplied.then):
            after(self.indexing, None, states, **at_once)
        for after in (done.then, mended.then, supplied.then):
            after(self.narrow, self._filters, narrowed, **at_once)

    def welcome(self, request: gr.Request, address: str) -> tuple[Any, ...]:
        """A page that was just opened, perhaps at a conversation or a permalink."""
        reader, query = _reader(request), QueryParams((address or "").removeprefix("?")[:4000])
        if "answer" in query:
            picture = self._talk.linked(reader, query["answer"])
        elif "conversation" in query:
            picture = self._talk.reopen(reader, query["conversation"])
        else:
            picture = self._talk.empty(reader)
        doors = doors_html(may_add="ingest" in reader.scopes)
        picture = replace(picture, box=None)  # a reader who was sooner than the page may be writing in it
        shown = doors, self._beside.held(reader), *self._begin(reader, query), *_shown(picture)
        return *shown, *self.indexing(request)

    async def ask(self, request: gr.Request, text: str, talk: str, *typed: Any) -> Pictures:
        """A question from the box."""
        async with self._asked(
            request, talk, typed, lambda given: self._talk.respond(_reader(request), talk, text, given)
        ) as pictures:
            async for picture in pictures:
                yield _shown(picture)

    async def ask_offered(self, request: gr.Request, event: gr.EventData, talk: str, *typed: Any) -> Pictures:
        """A question that the page offers."""
        text = str(_data(event).get("question", ""))
        async with self._asked(
            request, talk, typed, lambda given: self._talk.respond(_reader(request), talk, text, given)
        ) as pictures:
            async for picture in pictures:
                yield _shown(picture)

    async def ask_reworded(self, request: gr.Request, event: gr.EventData, talk: str, *typed: Any) -> Pictures:
        """A question of which the reader has changed what was understood."""
        form = _data(event)
        async with self._asked(
            request, talk, typed, lambda given: self._talk.reworded(_reader(request), talk, form, given)
        ) as pictures:
            async for picture in pictures:
                yield _shown(picture)

    async def ask_again(self, request: gr.Request, event: gr.EventData, talk: str, *typed: Any) -> Pictures:
        """The last question once more."""
        answer = str(_data(event).get("answer", ""))
        async with self._asked(
            request, talk, typed, lambda given: self._talk.again(_reader(request), talk, answer, given)
        ) as pictures:
            async for picture in pictures:
                yield _shown(picture)

    def stop(self, request: gr.Request) -> None:
        """The answer that is on its way is not wanted any more."""
        self._stop(request, told=True)

    def undo(self, request: gr.Request, event: gr.EventData, talk: str) -> tuple[Any, ...]:
        """The conversation without its last exchange."""
        return _shown(self._talk.undo(_reader(request), talk, str(_data(event).get("answer", ""))))

    def edit(self, request: gr.Request, event: gr.EventData, talk: str) -> tuple[Any, ...]:
        """The same, with its question in the box."""
        return _shown(self._talk.undo(_reader(request), talk, str(_data(event).get("answer", "")), edit=True))

    def reopen(self, request: gr.Request, event: gr.EventData) -> tuple[Any, ...]:
        """A conversation of the shelf."""
        self._stop(request, told=False)
        return _shown(self._talk.reopen(_reader(request), str(_data(event).get("talk", ""))))

    def rename(self, request: gr.Request, event: gr.EventData, talk: str) -> tuple[Any, ...]:
        """Another title for a conversation of the shelf."""
        form = _data(event)
        title = str(form.get("title", ""))
        return _shown(self._talk.rename(_reader(request), str(form.get("talk", "")), title, talk))

    def delete(self, request: gr.Request, event: gr.EventData, talk: str) -> tuple[Any, ...]:
        """A conversation of the shelf is to go."""
        return _shown(self._talk.delete(_reader(request), str(_data(event).get("talk", "")), talk))

    def start_again(self, request: gr.Request) -> tuple[Any, ...]:
        """An empty conversation."""
        self._stop(request, told=False)
        return _shown(self._talk.empty(_reader(request)))

    def show(self, request: gr.Request, event: gr.EventData) -> str:
        """The statement that a button stands for, at the cited words."""
        return self._beside.statement(_reader(request), _data(event))

    def compare(self, request: gr.Request, event: gr.EventData) -> str:
        """What changed between two versions."""
        return self._beside.changes(_reader(request), _data(event))

    def held(self, request: gr.Request) -> str:
        """What is held."""
        return self._beside.held(_reader(request))

    def judge(self, request: gr.Request, event: gr.EventData) -> str:
        """What the reader says of an answer."""
        return status_html(self._talk.judge(_reader(request), _data(event)))

    def narrow(self, request: gr.Request, *typed: Any) -> tuple[Any, ...]:
        """Counts inside the filters that are set, and what they are in words."""
        try:
            filters = read_filters(*typed)
        except InputError as error:
            return gr.skip(), gr.skip(), gr.skip(), notice_html(str(error))
        return *self._choices(_reader(request), filters), active_html(in_words(filters))

    def widen(self, request: gr.Request) -> tuple[Any, ...]:
        """No filter."""
        updates = [
            gr.update(choices=update["choices"], value=[]) for update in self._choices(_reader(request), Filters())
        ]
        return "", "", *updates, ""

    def add(self, request: gr.Request, files: list[str] | None, *typed: str) -> Iterator[tuple[Any, ...]]:
        """Take statements in, telling how far it is."""
        for told in self._adding.add(_reader(request), _sent(files, *typed)):
            yield *_listed(told), *((None, "", "") if told.taken else (gr.skip(),) * 3)

    def correct(self, request: gr.Request, event: gr.EventData, batch: Batch) -> tuple[Any, ...]:
        """What was understood of a statement, mended."""
        return _listed(self._adding.correct(_reader(request), batch, _data(event)))

    def supply(
        self, request: gr.Request, event: gr.EventData, batch: Batch, files: list[str] | None, *typed: str
    ) -> tuple[Any, ...]:
        """What could not be taken, with what it lacks."""
        return _listed(self._adding.supply(_reader(request), batch, _sent(files, *typed), _data(event)))

    def indexing(self, request: gr.Request) -> tuple[Any, ...]:
        """How much is held, how much of it is still to be indexed, and whether to look again soon."""
        coverage, _ = View(self._engine, _reader(request)).coverage()
        html = self._adding.indexing()
        return head_html(self._settings.chat.title, coverage), html, html, gr.Timer(active=bool(html))

    def _asked(
        self, request: gr.Request, talk: str, typed: tuple[Any, ...], ask: Ask
    ) -> aclosing[AsyncGenerator[Picture]]:
        reader = _reader(request)
        hand = Hand(_pictures(typed, ask), lambda text: self._talk.stopped(reader, talk, text), self._places)
        self._in_hand[str(request.session_hash)] = hand
        return aclosing(hand.shown())

    def _stop(self, request: gr.Request, *, told: bool) -> None:
        """Gradio's own way of cancelling cannot do it: pictures that are on their way would come after all."""
        if hand := self._in_hand.get(str(request.session_hash)):
            hand.stop(told=told)

    def _begin(self, reader: Reader, query: QueryParams) -> tuple[Any, ...]:
        """The filters that the page's address asks for, as a portal that embeds it does; unusable ones are left out."""
        held = choices(self._engine.holdings.archive, reader, Filters()).issuers
        start = start_of(query.getlist, [name for _, name in held])
        first, last, wanted = start.first, start.last, list(start.issuers)
        try:
            filters = read_filters(first, last, wanted)
        except InputError:
            first, last, filters = "", "", Filters(issuers=start.issuers)
        issuers, speakers, kinds = self._choices(reader, filters)
        return first, last, issuers | {"value": wanted}, speakers, kinds, active_html(in_words(filters))

    def _choices(self, reader: Reader, filters: Filters) -> list[dict[str, Any]]:
        found = choices(self._engine.holdings.archive, reader, filters)
        return [gr.update(choices=list(items)) for items in (found.issuers, found.speakers, found.kinds)]


def _pictures(typed: tuple[Any, ...], ask: Ask) -> Generator[Picture]:
    try:
        filters = read_filters(*typed)
    except InputError as error:
        yield Picture(now=notice_html(str(error)))
        return
    yield from ask(filters)


def _html(name: str, value: str = "") -> gr.HTML:
    return _kept(gr.HTML(value, elem_id=name, js_on_load=None, apply_default_css=False))


def _kept(part: Part) -> Part:
    """A part that None leaves as it is.

    Gradio's own way to say so, `gr.skip`, makes the component and its description anew: a millisecond for each part
    that did not change, in every picture of a growing answer.
    """
    sent = part.postprocess

    def postprocess(value: str | None) -> Any:
        return {"__type__": "update"} if value is None else sent(value)

    part.postprocess = postprocess  # type: ignore[method-assign]
    return part


def _shown(picture: Picture) -> tuple[Any, ...]:
    talk = gr.skip() if picture.talk is None else picture.talk
    return picture.said, picture.now, talk, picture.shelf, picture.bar, picture.box


def _sent(files: list[str] | None, text: str, title: str, day: str, address: str, issuer: str) -> Sent:
    return Sent(files or (), Pasted(text, title, day), address, issuer)


def _listed(told: Told) -> tuple[Any, ...]:
    return told.html, told.batch


def _data(event: gr.EventData) -> Mapping[str, Any]:
    data = event._data
    return data if isinstance(data, dict) else {}


def _reader(request: gr.Request) -> Reader:
    return reader_of(request.request.scope if request.request is not None else {})
