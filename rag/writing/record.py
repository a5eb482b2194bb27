"""What is kept about a written answer: which model saw which passages, and what became of each sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """What became of a sentence that a model wrote. The first two are kept; any other is removed, by its reason."""

    CHECKED = "checked"
    UNQUOTED = "unquoted"  # supported, but not in these words: its quotation marks are gone

    UNMARKED = "unmarked"  # it names no passage
    UNKNOWN_MARKER = "unknown marker"  # it names one that the model was not given
    UNSUPPORTED = "unsupported"  # nothing cited is about this
    INSTRUCTED = "instructed"  # it repeats what a statement tells a model to say
    QUOTE = "quote"  # a quote with other words, which as a paraphrase is not supported either
    NUMBER = "number"
    DATE = "date"
    NAME = "name"
    SPEAKER = "speaker"
    NEGATION = "negation"
    MODALITY = "modality"
    DIRECTION = "direction"
    ENTAILMENT = "entailment"
    REPEATED = "repeated"

    @property
    def kept(self) -> bool:
        """Whether a reader sees the sentence."""
        return self in (Status.CHECKED, Status.UNQUOTED)


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence that a model wrote.

    Attributes:
        text: as shown, without its markers; as written where it was removed.
        markers: the answer's citations that support it; none where it was removed.
        reason: why it was removed, with the word or number that is not supported.
    """

    text: str
    status: Status
    markers: tuple[int, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Writing:
    """A model's part in an answer.

    Attributes:
        model: its name; empty where none was asked.
        saw: ids of the passages that were sent to it.
        used: the answer's text is its own; otherwise the text is verbatim sentences.
        claims: its sentences, in order, removed ones included.
        notice: a line for the reader: what was removed, or why the model's answer is not used; may be empty.
    """

    model: str
    saw: tuple[str, ...] = ()
    used: bool = False
    claims: tuple[Claim, ...] = ()
    notice: str = ""

    @property
    def kept(self) -> tuple[Claim, ...]:
        """The sentences that a reader sees."""
        return tuple(claim for claim in self.claims if claim.status.kept) if self.used else ()

    @property
    def removed(self) -> Mapping[str, int]:
        """How many sentences were removed, by reason."""
        return Counter(claim.status.value for claim in self.claims if not claim.status.kept)


def writing_json(writing: Writing | None) -> dict[str, Any]:
    """The keys that a model's part adds to the object of `ask --json`.

    None where no model is configured. What was removed is counted and not repeated: nobody should find an unsupported
    sentence in an answer's record.
    """
    if writing is None:
        return {}
    consulted = {"model": writing.model, "saw": list(writing.saw)} if writing.saw else None
    return {
        "written_by": consulted if writing.used else None,
        "shown_to": consulted,
        "checks": [
            {"text": claim.text, "status": claim.status.value, "markers": list(claim.markers)} for claim in writing.kept
        ],
        "removed": dict(writing.removed),
        "notice": writing.notice,
    }
