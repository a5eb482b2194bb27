"""Check an answer before anybody sees it, by slicing, with no model."""

from __future__ import annotations

import re
from collections.abc import Sequence

from corpus.archive import Archive
from corpus.errors import NotHeld, UnverifiedAnswer
from rag.compose import Draft
from rag.model import Citation

_MARKER = re.compile(r"\[(\d+)\]")


def verify(draft: Draft, retrieved: Sequence[str], archive: Archive) -> None:
    """Check that every citation holds and that text and citations agree.

    Args:
        draft: the answer.
        retrieved: ids of the statements that were retrieved for it.
        archive: where the quoted versions are.

    Raises:
        UnverifiedAnswer: a quote is not the exact span that it claims to be, points to a statement that was not
            retrieved, is not shown word for word, or markers and citations do not match one to one.
    """
    rest = draft.text
    for number, citation in enumerate(draft.citations, start=1):
        if citation.marker != number:
            raise UnverifiedAnswer(f"Citation {number} has the marker [{citation.marker}].")
        if citation.statement.id not in retrieved:
            raise UnverifiedAnswer(f"Citation [{number}] points to {citation.statement.id}, which was not retrieved.")
        start, end = citation.start, citation.end
        exact = 0 <= start < end and end - start == len(citation.quote)
        if not exact or _held(citation, archive)[start:end] != citation.quote:
            raise UnverifiedAnswer(f"Citation [{number}] is not what {citation.statement.id} says at that place.")
        # Quotes are taken out one by one, so that a "[7]" inside a statement is never read as a marker of ours.
        shown = f"“{citation.quote}” [{number}]"
        if shown not in rest:
            raise UnverifiedAnswer(f"Citation [{number}] is not shown word for word.")
        rest = rest.replace(shown, "", 1)
    stray = _MARKER.search(rest)
    if stray:
        raise UnverifiedAnswer(f"The marker {stray[0]} has no citation.")


def _held(citation: Citation, archive: Archive) -> str:
    """The text of the version that is cited; empty where it is not held, which no quote is a span of."""
    try:
        return archive.version(citation.statement.id, citation.version).text
    except NotHeld:
        return ""
