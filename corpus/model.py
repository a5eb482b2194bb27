"""The nouns: what is held, and where in it something was said.

Dates are `datetime.date`; offsets count Python characters (Unicode code points) of `Version.text`.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Statement:
    """One official text as issued.

    Attributes:
        id: stable identifier, unique in an archive.
        title: headline as issued.
        published: date of publication.
        issuer: who issued it, or None where the source does not say.
        speakers: people whose words the statement carries, as the source names them.
        kind: press release, readout, speech, social post, joint statement ...
        event: date of what it reports, where that is known and differs or is stated.
        place: where that happened.
        url: where it was published.
        language: BCP 47 tag.
        audience: groups that may read it; empty means everybody.
        extra: fields of the source that have no place above, kept as they came.
        withdrawn: the source took it back; it stays held, and is shown as withdrawn.
    """

    id: str
    title: str
    published: date
    issuer: str | None = None
    speakers: tuple[str, ...] = ()
    kind: str = "statement"
    event: date | None = None
    place: str | None = None
    url: str | None = None
    language: str = "en"
    audience: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    withdrawn: bool = False

    def header(self) -> str:
        """The line that is embedded before each passage so that it can be found by what it belongs to.

        It is never part of a passage's text and never quoted.
        """
        day = f"{self.published.day} {self.published:%B %Y}"
        return ". ".join(part for part in (self.title, self.issuer, day) if part)


@dataclass(frozen=True, slots=True)
class Version:
    """One capture of a statement's text.

    Attributes:
        number: counts from 1.
        source: file and record, or address, that it came from.
        pages: where each page of a paged document begins in `text`, in order, the first at 0; empty where there are
            none.
    """

    statement_id: str
    number: int
    text: str
    text_sha256: str
    raw_sha256: str
    fetched_at: datetime
    source: str
    pages: tuple[int, ...] = ()

    def page(self, offset: int) -> int | None:
        """The number, from 1, of the page that ``text[offset]`` is on; None where the text has no pages."""
        return bisect_right(self.pages, offset) or None


@dataclass(frozen=True, slots=True)
class Passage:
    """A span of a version: ``version.text[start:end] == text``."""

    id: str
    statement_id: str
    version: int
    ordinal: int
    start: int
    end: int
    text: str


class Voice(StrEnum):
    """How a sentence speaks."""

    DIRECT = "direct quote"
    REPORTED = "reported speech"
    NARRATION = "issuer's narration"
    JOINT = "joint text"


@dataclass(frozen=True, slots=True)
class Filters:
    """What a search may touch; applied inside the indexes, before ranking.

    Attributes:
        date_from, date_to: inclusive window; a statement is inside when its publication date or its
            event date is.
        issuers: exact issuer names, compared without case; empty means any.
        speakers: names as statements list them, of which a statement needs one; empty means any.
        kinds: kinds as statements have them; empty means any.
        groups: what the reader belongs to: a statement with an audience is inside when it names one of them.
            None is a reader who may see everything, the empty set one who sees what has no audience.
    """

    date_from: date | None = None
    date_to: date | None = None
    issuers: tuple[str, ...] = ()
    speakers: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    groups: frozenset[str] | None = None

    def __bool__(self) -> bool:
        return self.narrowing or self.groups is not None

    @property
    def narrowing(self) -> bool:
        """Whether the reader asked for less than what they may see."""
        return bool(self.date_from or self.date_to or self.issuers or self.speakers or self.kinds)

    def widest(self) -> Filters:
        """All that this reader may see."""
        return Filters(groups=self.groups)


def sha256(data: bytes | str) -> str:
    """Hex SHA-256 of bytes, or of a text's UTF-8."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def passage_id(statement_id: str, version: int, text_sha256: str, start: int, end: int) -> str:
    """Deterministic id of a passage, so that a rebuild gives the same ids.

    The version's number is part of it because a text may come back later (A, B, A).
    """
    return sha256(f"{statement_id}\0{version}\0{text_sha256}\0{start}\0{end}")[:24]


def embed_key(header: str, text: str) -> bytes:
    """What identifies an embedding input; equal inputs are embedded once."""
    return bytes.fromhex(sha256(f"{header}\n{text}")[:32])


def as_int(day: date) -> int:
    """A date as yyyymmdd, the form in which both indexes hold it."""
    return day.year * 10000 + day.month * 100 + day.day
