"""The date of a document that does not name it in a field."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from ingest.dateline import date_in
from ingest.decode import date_in_name

Dated = tuple[str, dict[str, Any]]


def date_of(path: Path, text: str, property_: date | str | None = None) -> Dated | None:
    """A document's date with the place where it was found, best first.

    Args:
        path: of the file, whose name may have a date.
        text: in which a date may stand in a line of its own or in the dateline.
        property_: what the file's own properties say; that is when it was made, which is near when it was issued.
    """
    if named := date_in_name(path):
        return named, {"from": "name"}
    if found := date_in(text):
        return found[0].isoformat(), {"from": "text"}
    if property_:
        return property_ if isinstance(property_, str) else property_.isoformat(), {"from": "meta"}
    return None
