"""One module per input format; a new format is one new file here.

A reader module has `SUFFIXES`, the lower-case file name endings that it takes, and `read(path)`, which yields an
`Item` per statement found and an `InputError` per record that cannot be read, so that one bad record never costs the
others. Modules are discovered by name; longer endings win (`.jsonl.gz` before `.gz`).
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from corpus.errors import InputError

Markup = Literal["plain", "markdown", "html", "paged"]
MAX_ITEM_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Item:
    """One statement as found in a source, before anything is understood of it.

    Attributes:
        where: file and record for messages, such as ``a.jsonl:12``.
        raw: the bytes it was read from, kept for the record.
        markup: what `fields["text"]` is written in; "paged" is plain text whose lines end where they should, with a
            form feed between pages.
        fields: `title`, `text`, `date` and whatever else the source had.
        found: where the reader found those fields that the source does not name itself, see `ingest.metadata`.
    """

    where: str
    raw: bytes
    markup: Markup
    fields: Mapping[str, Any]
    found: Mapping[str, Any] = field(default_factory=dict)


Reader = Callable[[Path], Iterator[Item | InputError]]


@cache
def registry() -> Mapping[str, Reader]:
    """Every known file name ending with its reader, longest ending first."""
    found: dict[str, Reader] = {}
    for module_info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{module_info.name}")
        found.update(dict.fromkeys(module.SUFFIXES, module.read))
    return dict(sorted(found.items(), key=lambda pair: -len(pair[0])))


def reader_for(path: Path) -> Reader | None:
    """The reader for a file by its name, or None where no format takes it."""
    name = path.name.lower()
    return next((read for suffix, read in registry().items() if name.endswith(suffix)), None)
