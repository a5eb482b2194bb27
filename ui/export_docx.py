"""A conversation as a Word document; the only module that imports python-docx."""

from __future__ import annotations

import io
import re

from docx import Document as WordFile
from docx.document import Document as Word
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt, RGBColor
from docx.text.paragraph import Paragraph

from ui.export import Document, Part, Source

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_MUTED = RGBColor(0x63, 0x5E, 0x55)


def docx(document: Document) -> bytes:
    """The file's bytes."""
    word = WordFile()
    word.styles["Normal"].font.size = Pt(11)
    word.core_properties.title = _clean(document.title)[:255]
    word.core_properties.author = ""
    word.core_properties.created = word.core_properties.modified = document.made.replace(tzinfo=None)
    word.add_heading(_clean(document.title), 0)
    _small(word, document.about)
    for part in document.parts:
        _add(word, part)
    file = io.BytesIO()
    word.save(file)
    return file.getvalue()


def _add(word: Word, part: Part) -> None:
    word.add_heading(_clean(part.question), 1)
    _small(word, part.about)
    for kind, runs in part.blocks:
        paragraph = word.add_paragraph(style="List Bullet" if kind == "li" else None)
        for run in runs:
            made = paragraph.add_run(_clean(run.text))
            made.bold = run.kind == "bold" or None
            made.font.superscript = run.kind == "marker" or None
    if part.sources:
        word.add_heading("Sources", 2)
    for source in part.sources:
        _add_source(word, source)


def _add_source(word: Word, source: Source) -> None:
    paragraph = word.add_paragraph()
    paragraph.paragraph_format.space_after = Pt(3)
    before, link, after = source.text.partition(source.url) if source.url else (source.text, "", "")
    paragraph.add_run(_clean(f"[{source.marker}] {before}")).font.size = Pt(9)
    if link:
        _link(paragraph, link)
        paragraph.add_run(_clean(after)).font.size = Pt(9)


def _link(paragraph: Paragraph, url: str) -> None:
    """python-docx has no hyperlinks of its own to add."""
    holder = OxmlElement("w:hyperlink")
    holder.set(qn("r:id"), paragraph.part.relate_to(_clean(url), RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
    run = paragraph.add_run(_clean(url))
    run.font.size = Pt(9)
    run.font.underline = True
    holder.append(run._r)
    paragraph._p.append(holder)


def _small(word: Word, text: str) -> None:
    run = word.add_paragraph().add_run(_clean(text))
    run.font.size = Pt(9)
    run.font.color.rgb = _MUTED


def _clean(text: str) -> str:
    """Without what XML cannot hold."""
    return _NOT_XML.sub("\ufffd", text)
