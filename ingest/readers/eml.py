"""E-mail messages (.eml): the message as a statement, and each attachment in a format that is read as another."""

from __future__ import annotations

import email
import importlib
import re
from collections.abc import Iterator
from email.message import EmailMessage, MIMEPart
from email.policy import default
from email.utils import parseaddr, parsedate_to_datetime
from pathlib import Path, PurePosixPath
from typing import Final

from corpus.errors import InputError
from ingest.decode import date_in_name, decode, decode_html, stem_of
from ingest.readers import Item
from ingest.sandbox import read_isolated

SUFFIXES = (".eml",)

MOST_ATTACHMENTS: Final = 50
MOST_PARTS: Final = 500
ATTACHED: Final = {".pdf": "pdf", ".docx": "docx", ".html": "html", ".htm": "html"}

_REPLY_MARK = re.compile(r"^(?:\s*(?:re|fwd?|aw|wg)\s*:)+\s*", re.I)
_UNFIT = re.compile(r"[^\w .()-]+")


def read(path: Path) -> Iterator[Item | InputError]:
    """Yields an Item for the message and one per attachment that can be read; what cannot is an InputError."""
    return read_isolated(path, __name__)


def parse(raw: bytes, where: str) -> Iterator[Item | InputError]:
    """The message and its attachments; every attachment has the message's date, sender and raw bytes."""
    message = email.message_from_bytes(raw, policy=default)
    if not message.keys():
        raise InputError(where, "has no header lines; it is no e-mail message")
    parts = [part for _, part in zip(range(MOST_PARTS + 1), message.walk(), strict=False)]
    if len(parts) > MOST_PARTS:
        raise InputError(where, f"has over {MOST_PARTS} parts; save the statement alone")
    attached = [part for part in parts if isinstance(part, EmailMessage) and part.get_filename()]
    common = {"date": _date(message) or date_in_name(Path(where)), "issuer": _sender(message)}
    given = {key: value for key, value in common.items() if value}
    body = message.get_body(("html", "plain"))
    if body is not None and not body.get_filename():
        fields = {
            "id": stem_of(Path(where)),
            "title": _REPLY_MARK.sub("", _header(message, "subject")) or stem_of(Path(where)),
            "attachments": [part.get_filename() for part in attached[:MOST_ATTACHMENTS]],
        }
        html = body.get_content_type() == "text/html"
        content = _bytes_of(body)
        words = (decode_html if html else decode)(content, where) if content.strip() else ""
        if words.strip():
            notes = {name: {"from": "meta"} for name in given}
            yield Item(where, raw, "html" if html else "plain", given | fields | {"text": words}, notes)
        elif not attached:
            yield InputError(where, "has no text and no attachment that could have one")
    elif not attached:
        yield InputError(where, "has no text and no attachment that could have one")
    yield from _attachments(attached, given, raw, where)


def _attachments(
    parts: list[EmailMessage], given: dict[str, str], raw: bytes, where: str
) -> Iterator[Item | InputError]:
    notes = {name: {"from": "meta"} for name in given}
    for number, part in enumerate(parts):
        # A name inside a message is a label and never a place on disk.
        name = PurePosixPath((part.get_filename() or "").replace("\\", "/")).name
        name = _UNFIT.sub("_", name)[:120] or f"part{number}"
        place = f"{where}#{name}"
        if number >= MOST_ATTACHMENTS:
            yield InputError(place, f"is beyond the first {MOST_ATTACHMENTS} attachments; save it as a file")
            return
        reader = ATTACHED.get(PurePosixPath(name).suffix.lower())
        if reader is None:
            if part.get_content_maintype() not in ("image", "audio", "video", "font"):
                yield InputError(place, f"is an attachment that is not read; known are {' '.join(ATTACHED)}")
            continue
        try:
            for found in importlib.import_module(f"ingest.readers.{reader}").parse(_bytes_of(part), name):
                if isinstance(found, InputError):
                    yield InputError(place, found.problem)
                else:
                    own = {"id": f"{stem_of(Path(where))}/{name}"}
                    yield Item(place, raw, found.markup, {**found.fields, **given, **own}, {**found.found, **notes})
        except InputError as problem:
            yield InputError(place, problem.problem)
        except Exception as error:  # a damaged attachment costs neither the message nor its other attachments
            yield InputError(place, f"cannot be read ({type(error).__name__}); save it as a file and look at it")


def _bytes_of(part: MIMEPart) -> bytes:
    """A part's content, in UTF-8 where it is text of a character set that is known."""
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return b""
    charset = part.get_content_charset()
    if part.get_content_maintype() == "text" and charset and not part.get_filename():
        try:
            return payload.decode(charset, "replace").encode("utf-8", "replace")
        except (LookupError, ValueError):
            return payload
    return payload


def _header(message: EmailMessage, name: str) -> str:
    try:
        return " ".join(str(message.get(name, "")).split())
    except (ValueError, IndexError, AttributeError, TypeError):  # the standard library on malformed headers
        return ""


def _date(message: EmailMessage) -> str | None:
    try:
        return parsedate_to_datetime(_header(message, "date")).date().isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _sender(message: EmailMessage) -> str | None:
    """The name that the sender goes by, else the host of the address."""
    try:
        name, address = parseaddr(_header(message, "from"))
    except (ValueError, IndexError, TypeError):
        return None
    return name.strip(" \"'") or address.partition("@")[2] or None
