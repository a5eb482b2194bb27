"""A conversation as a PDF; the only module that imports fpdf2. Its fonts come from the package pymupdf-fonts."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pymupdf_fonts
from fpdf import FPDF
from fpdf.enums import XPos, YPos

from ui.export import Document, Part, Source
from ui.render.cited import Run

_BODY, _SMALL = 10.5, 8.5
_LINE = 1.45  # of the size
_MM = 0.3528  # a point in millimetres
_FONTS = {"": "notos", "B": "notosbo"}
_FURTHER = {"FiraGO": "figo", "Symbols": "symbol1", "Symbols2": "symbol2", "Mathematics": "math"}
_UNPRINTABLE = re.compile("[\x00-\x09\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def pdf(document: Document) -> bytes:
    """The file's bytes."""
    with tempfile.TemporaryDirectory(prefix="onrecord-fonts-") as folder:
        page = _Pages(Path(folder))
        page.set_title(_clean(document.title))
        page.set_creation_date(document.made)
        page.add_page()
        page.words(document.title, 18, "B", after=1)
        page.words(document.about, _SMALL, grey=True, after=5)
        for part in document.parts:
            _add(page, part)
        return bytes(page.output())


class _Pages(FPDF):
    """A4 with the fonts loaded and page numbers at the foot."""

    def __init__(self, folder: Path) -> None:
        super().__init__(format="A4")
        for style, name in _FONTS.items():
            self.add_font("Body", style, _font(folder, name))
        for family, name in _FURTHER.items():  # what the first font lacks: Arabic, Hebrew, Devanagari, Thai, symbols
            self.add_font(family, "", _font(folder, name))
        self.set_fallback_fonts(list(_FURTHER), exact_match=False)
        self.set_margins(22, 20, 22)
        self.set_auto_page_break(True, 22)

    def footer(self) -> None:
        """The page's number."""
        self.set_y(-15)
        self.set_font("Body", "", _SMALL)
        self.set_text_color(99, 94, 85)
        self.cell(0, 5, f"{self.page_no()}", align="C")

    def words(self, text: str, size: float, style: str = "", *, grey: bool = False, after: float = 2) -> None:
        """A paragraph in one style."""
        self.set_font("Body", style, size)
        self.set_text_color(*((99, 94, 85) if grey else (29, 27, 24)))
        self.multi_cell(0, size * _LINE * _MM, _clean(text), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(after)

    def runs(self, runs: Sequence[Run], *, item: bool) -> None:
        """A paragraph or list item out of runs."""
        margin = self.l_margin
        self.set_text_color(29, 27, 24)
        if item:
            self.set_font("Body", "", _BODY)
            self.cell(5, _BODY * _LINE * _MM, "–")
            self.set_left_margin(margin + 5)
        for run in runs:
            self.set_font("Body", "B" if run.kind == "bold" else "", _SMALL if run.kind == "marker" else _BODY)
            self.write(_BODY * _LINE * _MM, _clean(f" {run.text}" if run.kind == "marker" else run.text))
        self.set_left_margin(margin)
        self.ln(_BODY * _LINE * _MM + 1.5)


def _add(page: _Pages, part: Part) -> None:
    page.words(part.question, 13, "B", after=0.5)
    page.words(part.about, _SMALL, grey=True, after=3)
    for kind, runs in part.blocks:
        page.runs(runs, item=kind == "li")
    if part.sources:
        page.words("Sources", _BODY, "B", after=0.5)
        for source in part.sources:
            _source(page, source)
    page.ln(6)


def _source(page: _Pages, source: Source) -> None:
    page.set_font("Body", "", _SMALL)
    page.set_text_color(29, 27, 24)
    height = _SMALL * _LINE * _MM
    before, link, after = source.text.partition(source.url) if source.url else (source.text, "", "")
    page.write(height, _clean(f"[{source.marker}] {before}"))
    if link:
        page.set_text_color(28, 79, 124)
        page.write(height, _clean(link), link)
        page.set_text_color(29, 27, 24)
        page.write(height, _clean(after))
    page.ln(height + 1)


def _font(folder: Path, name: str) -> Path:
    """fpdf2 reads fonts from files, and the package has them as bytes."""
    file = folder / f"{name}.ttf"
    file.write_bytes(pymupdf_fonts.myfont(name))
    return file


def _clean(text: str) -> str:
    """Without control characters."""
    return _UNPRINTABLE.sub(" ", text)
