"""What happens between the parts of the page in Gradio, and its place in the application."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator, Iterator, Mapping
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast
from weakref import WeakValueDictionary

import gradio as gr
from fastapi import FastAPI
from starlette.datastructures import QueryParams

from corpus.errors import InputError
from corpus.model import Filters
from corpus.settings import Settings
from rag.engine import Engine
from ui.api.embed import FRAME_HEAD, start_of
from ui.chat.adding import MOST_AT_ONCE, Adding, Batch, Pasted, Sent, Told
from ui.chat.beside import Beside
from ui.chat.layout import Parts
from ui.chat.narrowing import choices, in_words, read_filters
from ui.chat.talk import Picture, Talk
from ui.chat.turns import Hand
from ui.places import Places
from ui.reader import Reader, reader_of
from ui.render.answer import notice_html
from ui.render.around import active_html, doors_html, head_html, status_html

Pictures = AsyncGenerator[tuple[Any, ...]]
Ask = Callable[[Filters], Generator[Picture]]
_QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
_ADDRESS = "(_, talk) => [window.location.search, talk]"
_MORE_THREADS = 40
_MOST_PAGES = 1000
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
    """Joins the parts to what readers can do."""

    def __init__(self, talk: Talk, beside: Beside, engine: Engine, settings: Settings, places: Places) -> None:
        self._talk = talk
        self._beside = beside
        self._engine = engine
        self._settings = settings
        self._places = places
        self._adding = Adding(engine)
        self._in_hand: WeakValueDictionary[str, Hand] = WeakValueDictionary()  # what each open page has asked last

    def blocks(self, script: str) -> gr.Blocks:
        """The whole page, with what happens on it."""
        with gr.Blocks(title=self._settings.chat.title, analytics_enabled=False) as blocks:
            self._join(blocks, Parts(script, self._adding.endings(), self._settings.limits.body_bytes))
        # Questions wait in our own line, which says so; Gradio's is for what would be too many even there.
        blocks.max_threads = self._settings.at_once + self._settings.limits.waiting + _MORE_THREADS
        blocks.queue(max_size=64)
        blocks.state_session_capacity = _MOST_PAGES  # of which Gradio remembers what they show, about 1 MB each
        return cast(gr.Blocks, blocks)  # its __enter__ is not typed

    def _join(self, blocks: gr.Blocks, parts: Parts) -> None:
        picture = [parts.said, parts.now, parts.id, parts.shelf, parts.bar, parts.box]
        asking: dict[str, Any] = {"outputs": picture, "concurrency_limit": None, **_QUIET}
        at_once: dict[str, Any] = {"queue": False, **_QUIET}
        bus, here = parts.bus, [parts.id, *parts.filters]
        asked = [
            gr.on([parts.box.submit, parts.send.click], self.ask, [parts.box, *here], **asking),
            bus.offered(self.ask_offered, here, **asking),
            bus.reworded(self.ask_reworded, here, **asking),
            bus.again(self.ask_again, here, **asking),
        ]
        bus.undo(self.undo, [parts.id], picture, **at_once)
        bus.edit(self.edit, [parts.id], picture, **at_once)
        bus.reopen(self.reopen, None, picture, cancels=asked, **at_once)
        bus.stop(self.stop, None, None, **at_once)
        bus.rename(self.rename, [parts.id], picture, **at_once)
        bus.forget(self.delete, [parts.id], picture, **at_once)
        parts.fresh.click(self.start_again, None, picture, cancels=asked, **at_once)
        bus.show(self.show, None, parts.panel, **at_once)
        bus.compare(self.compare, None, parts.panel, **at_once)
        bus.held(self.held, None, parts.panel, **at_once)
        bus.judge(self.judge, None, parts.status, **at_once)
        narrowed = [parts.issuers, parts.speakers, parts.kinds, parts.active]
        changed = [parts.first.blur, parts.first.submit, parts.last.blur, parts.last.submit]
        changed += [parts.issuers.input, parts.speakers.input, parts.kinds.input]
        gr.on(changed, self.narrow, parts.filters, narrowed, **at_once)
        parts.clear.click(self.widen, None, [*parts.filters, parts.active], **at_once)
        everything = [parts.doors, parts.panel, *parts.filters, parts.active, *picture]
        everything += [parts.head, *parts.indexing, parts.clock]
        blocks.load(self.welcome, [parts.address, parts.id], everything, js=_ADDRESS, **at_once)
        about = [parts.files, parts.pasted, parts.title, parts.date, parts.address_to_add, parts.issuer]
        listed, states = [parts.added, parts.batch], [parts.head, *parts.indexing, parts.clock]
        adding: dict[str, Any] = {"concurrency_limit": MOST_AT_ONCE, "concurrency_id": "add", **_QUIET}
        done = parts.add.click(self.add, about, [*listed, parts.files, parts.pasted, parts.address_to_add], **adding)
        mended = bus.correct(self.correct, parts.batch, listed, **at_once)
        supplied = bus.supply(self.supply, [parts.batch, *about], listed, **adding)
        for after in (parts.clock.tick, done.then, mended.then, supplied.then):
            after(self.indexing, None, states, **at_once)
        for after in (done.then, mended.then, supplied.then):
            after(self.narrow, parts.filters, narrowed, **at_once)

    def welcome(self, request: gr.Request, address: str, talk: str) -> tuple[Any, ...]:
        """A page that was just opened, perhaps at a conversation or a permalink."""
        reader, query = _reader(request), QueryParams((address or "").removeprefix("?")[:4000])
        if talk or str(request.session_hash) in self._in_hand:  # its reader was sooner than this
            picture = Picture()
        elif "answer" in query:
            picture = self._talk.linked(reader, query["answer"])
        elif "conversation" in query:
            picture = self._talk.reopen(reader, query["conversation"])
        else:
            picture = self._talk.empty(reader)
        doors = doors_html(may_add="ingest" in reader.scopes)
        picture = replace(picture, box=None)  # in which somebody may be writing already
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
        reader = _reader(request)
        coverage = self._engine.holdings.archive.coverage(Filters(groups=reader.groups))
        html = self._adding.indexing(reader)
        return head_html(self._settings.chat.title, coverage), html, html, gr.Timer(active=bool(html))

    def _asked(
        self, request: gr.Request, talk: str, typed: tuple[Any, ...], ask: Ask
    ) -> aclosing[AsyncGenerator[Picture]]:
        reader = _reader(request)
        pictures = _pictures(typed, ask, partial(self._talk.told, reader, talk))
        seconds = self._settings.limits.answer_seconds
        hand = Hand(pictures, partial(self._talk.stopped, reader, talk), self._places, seconds)
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


def _pictures(typed: tuple[Any, ...], ask: Ask, told: Callable[[str], Picture]) -> Generator[Picture]:
    try:
        filters = read_filters(*typed)
    except InputError as error:
        yield told(str(error))
        return
    yield from ask(filters)


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
