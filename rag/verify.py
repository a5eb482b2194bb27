"""Check an answer before anybody sees it, by slicing, with no model."""

from __future__ import annotations

import re
from collections.abc import Sequence

from corpus.archive import Archive
from corpus.errors import NotHeld, UnverifiedAnswer
from rag.compose import Draft
from rag.model import Citation
from rag.writing.checker import exact_in, quotes_in

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
        if draft.writing and draft.writing.used:  # in a model's words, checked below
            continue
        # Quotes are taken out one by one, so that a "[7]" inside a statement is never read as a marker of ours.
        shown = f"“{citation.quote}” [{number}]"
        if shown not in rest:
            raise UnverifiedAnswer(f"Citation [{number}] is not shown word for word.")
        rest = rest.replace(shown, "", 1)
    if draft.writing and draft.writing.used:
        _verify_written(draft, archive)
        return
    stray = _MARKER.search(rest)
    if stray:
        raise UnverifiedAnswer(f"The marker {stray[0]} has no citation.")


def _verify_written(draft: Draft, archive: Archive) -> None:
    """Check an answer in a model's words: it is its checked sentences, and what it quotes is in what it cites.

    Raises:
        UnverifiedAnswer: the text has anything else, a marker without a citation or the other way round, or a sentence
            with quotation marks around words that none of its citations has.
    """
    kept = draft.writing.kept if draft.writing else ()
    used = {marker for claim in kept for marker in claim.markers}
    if not kept or used != set(range(1, len(draft.citations) + 1)):
        raise UnverifiedAnswer("Markers and citations of the written answer do not match one to one.")
    rest = draft.text
    for claim in kept:
        shown = f"{claim.text} {''.join(f'[{marker}]' for marker in claim.markers)}"
        if not claim.markers or _MARKER.search(claim.text) or shown not in rest:
            raise UnverifiedAnswer(f"A written sentence is not shown with its citations: {claim.text[:80]}")
        rest = rest.replace(shown, "", 1)
        cited = _cited([draft.citations[marker - 1] for marker in claim.markers], archive)
        for quote in quotes_in(claim.text):
            if not any(exact_in(quote, text) for text in cited):
                raise UnverifiedAnswer(f"A written sentence quotes words that it does not cite: {quote[:80]}")
    if re.search(r"\w", rest):
        raise UnverifiedAnswer("The written answer has words that nothing was checked for.")


def _cited(citations: Sequence[Citation], archive: Archive) -> list[str]:
    """What is cited of each version, from its first cited sentence to its last: a quote may run over several."""
    spans: dict[tuple[str, int], list[Citation]] = {}
    for citation in citations:
        spans.setdefault((citation.statement.id, citation.version), []).append(citation)
    return [_held(of[0], archive)[min(c.start for c in of) : max(c.end for c in of)] for of in spans.values()]


def _held(citation: Citation, archive: Archive) -> str:
    """The text of the version that is cited; empty where it is not held, which no quote is a span of."""
    try:
        return archive.version(citation.statement.id, citation.version).text
    except NotHeld:
        return ""
