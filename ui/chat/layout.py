"""The parts of the page in Gradio, and how they lie."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import gradio as gr

from ui.api.view import LONGEST_QUESTION
from ui.chat.adding import Batch

Part = TypeVar("Part", gr.HTML, gr.Textbox)
_PAUSE = 3  # seconds between two looks at how much is still to be indexed


class Parts:
    """The rail on the left, the conversation in the middle, the statement on the right. To be made inside a `Blocks`.

    Args:
        script: what the page does by itself, as JavaScript.
        endings: of files that can be added.
        most_bytes: of one such file.
    """

    def __init__(self, script: str, endings: Sequence[str], most_bytes: int) -> None:
        with gr.Row(elem_id="or-layout"):
            with gr.Column(elem_id="or-rail", min_width=0):
                self._lay_out_rail()
            with gr.Column(elem_id="or-left", min_width=0):
                self._lay_out_conversation(script)
            with gr.Column(elem_id="or-right", min_width=0):
                self.panel = _html("or-panel")
                with gr.Column(elem_id="or-adding", min_width=0):
                    self._lay_out_adding(endings, most_bytes)

    def _lay_out_rail(self) -> None:
        self.head = _html("or-head")
        self.clock = gr.Timer(_PAUSE, active=False)
        self.indexing = [_html("or-indexing")]
        self.fresh = gr.Button("New conversation", variant="secondary", elem_id="or-fresh", min_width=0, scale=0)
        self.shelf = _html("or-shelf")
        with gr.Column(elem_id="or-filters", min_width=0):
            _html("or-filters-head", '<h2 class="or-label">Filters</h2>')
            with gr.Row(elem_id="or-dates"):
                dates: dict[str, Any] = {"max_length": 40, "min_width": 0, "lines": 1, "max_lines": 1}
                self.first = gr.Textbox(label="From", placeholder="2022-03", **dates)
                self.last = gr.Textbox(label="To", placeholder="2022-12-31", **dates)
            many: dict[str, Any] = {"choices": [], "multiselect": True, "min_width": 0}
            self.issuers = gr.Dropdown(label="Issuer", elem_id="or-issuers", **many)
            self.speakers = gr.Dropdown(label="Speaker", elem_id="or-speakers", **many)
            self.kinds = gr.Dropdown(label="Kind", elem_id="or-kinds", **many)
            self.clear = gr.Button("Clear filters", elem_id="or-clear", min_width=0, scale=0)
        self.doors = _html("or-doors")
        self.filters = [self.first, self.last, self.issuers, self.speakers, self.kinds]

    def _lay_out_conversation(self, script: str) -> None:
        self.id = gr.State("")
        self.address = gr.Textbox(visible=False)  # the page's query, which only the browser knows
        self.bar = _html("or-top")
        # Values go in through the default template: in any other, `${...}` in a statement would be run.
        self.said = _html("or-said")
        self.now = _html("or-now")
        self.bus = gr.HTML("", elem_id="or-bus", js_on_load=script, apply_default_css=False)
        with gr.Column(elem_id="or-composer", min_width=0):
            self.active = _html("or-active")
            with gr.Row(elem_id="or-ask"):
                self.box = _kept(gr.Textbox(
                    placeholder="Ask about what is on record", label="Question", show_label=False, lines=1,
                    max_lines=6, max_length=LONGEST_QUESTION, autofocus=True, container=False, elem_id="or-box",
                ))  # fmt: skip
                self.send = gr.Button("Ask", variant="primary", elem_id="or-send", min_width=0, scale=0)
                _html("or-halt", '<button type="button" id="or-stop" data-do="stop">Stop</button>')
            self.status = _html("or-status")

    def _lay_out_adding(self, endings: Sequence[str], most_bytes: int) -> None:
        _html(
            "or-adding-head",
            '<button type="button" class="or-close" data-do="close" aria-label="Close">×</button>'
            '<h2 tabindex="-1">Add statements</h2><p class="or-about">Found by their words at once, and by'
            f" their meaning soon after. Files: {' '.join(endings)}, each of at most"
            f" {most_bytes / 1_000_000:g} MB.</p>",
        )
        self.files = gr.File(
            label="Files", file_count="multiple", file_types=list(endings), elem_id="or-files", height=150, min_width=0
        )
        self.pasted = gr.Textbox(
            label="Or paste a text", lines=5, max_lines=12, max_length=500_000, elem_id="or-pasted", min_width=0
        )
        with gr.Row(elem_id="or-about-paste"):
            self.title = gr.Textbox(label="Title of the pasted text", max_length=500, min_width=120)
            self.date = gr.Textbox(label="Its date", placeholder="2022-03-31", max_length=40, min_width=80)
        self.address_to_add = gr.Textbox(label="Or a web address", max_length=2000, elem_id="or-web", min_width=0)
        self.issuer = gr.Textbox(label="Issuer, where a text does not say", max_length=300, min_width=0)
        self.add = gr.Button("Add", variant="primary", elem_id="or-add", min_width=0, scale=0)
        self.indexing.append(_html("or-indexing-added"))
        self.batch = gr.State(Batch())
        self.added = _html("or-added")


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
