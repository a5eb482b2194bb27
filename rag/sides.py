"""The two sides of a comparison, each as a question of its own.

Sides are told apart by time ("in August and in September 2022"), by name ("Truss ... and Sunak", "Indonesia against
the Philippines"), or by both, in the order in which the question names them. Where it sets two accounts against each
other ("the Omani readout and the Indian one"), each side is what that issuer has said.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise

from corpus.analysis import terms
from rag.concepts import Concept, Thesaurus
from rag.dates import Window, windows_in
from rag.model import Question, Shape

# What stands between two names that are set against each other: little more than a joining word.
_JOINED = re.compile(
    r"^(?:['’]s?)?[^.?!;]{0,80}?\b(?:and|or|vs\.?|versus|against|from|than|with|to)\b[^.?!;]{0,30}$", re.I
)


_ACCOUNTS = re.compile(
    r"\b(?:readouts?|versions?|accounts?|statements?|releases?|describe[ds]?|report(?:s|ed)?|sa(?:ys?|id)|put|frame[ds]?"
    r"|according|t(?:ell|old))\b",
    re.I,
)


def sides_of(
    question: Question, text: str, names: Sequence[str], today: date, thesaurus: Thesaurus
) -> tuple[Question, ...]:
    """Two questions, or none where the question does not name two sides.

    Args:
        question: a comparison, as understood.
        text: its words.
        names: runs of words in it that are written as names, in order.
        today: what "last week" counts from.
        thesaurus: who issues in whose name.
    """
    windows = windows_in(text, today)
    windows = windows if len(windows) == 2 else []
    pair = _opposed(text, names)
    if not windows and not pair:
        return ()
    accounts = _issuers_of(pair, thesaurus) if _ACCOUNTS.search(text) and not question.filters.issuers else ()
    apart = [] if accounts else pair  # both accounts are about both
    mine = [_concepts_of(name, question.concepts) for name in apart] or [frozenset[Concept]()] * 2
    found = []
    for i, other in ((0, 1), (1, 0)):
        filters = question.filters
        if windows:
            filters = replace(filters, date_from=windows[i].first, date_to=windows[i].last)
        if accounts:
            filters = replace(filters, issuers=accounts[i])
        label = ", ".join(filter(None, [pair[i] if pair else "", _label(windows[i]) if windows else ""]))
        kept = tuple(c for c in question.concepts if c not in mine[other] - mine[i])
        found.append(
            replace(
                question,
                standalone=_without(text, apart, other),
                filters=filters,
                concepts=kept,
                shape=Shape.DISCUSSION,
                label=label,
            )
        )
    return tuple(found)


def _opposed(text: str, names: Sequence[str]) -> list[str]:
    """The last two names in a row that a joining word sets against each other."""
    places, end = [], 0
    for name in names:
        start = text.find(name, end)
        if start >= 0:
            end = start + len(name)
            places.append((start, end))
    for (a, b), (c, d) in reversed(list(pairwise(places))):
        if _JOINED.match(text[b:c]):
            return [text[a:b], text[c:d]]
    return []


def _issuers_of(pair: Sequence[str], thesaurus: Thesaurus) -> tuple[tuple[str, ...], ...]:
    """The issuers of each of two names; none unless both have some, and not the same."""
    found = tuple(thesaurus.issuers_of(name) for name in pair)
    return found if all(found) and len(set(found)) == len(found) else ()


def _concepts_of(name: str, concepts: Sequence[Concept]) -> frozenset[Concept]:
    words = set(terms(name))
    return frozenset(concept for concept in concepts if set(concept.label.split()) <= words)


def _without(text: str, pair: Sequence[str], other: int) -> str:
    """The question's words for one side: without the other's name."""
    return text.replace(pair[other], " ", 1) if pair else text


def _label(window: Window) -> str:
    first, last = window.first, window.last
    if first and last and (first.year, first.month) == (last.year, last.month):
        return f"{first:%B %Y}"
    return " to ".join(f"{day.day} {day:%B %Y}" for day in (first, last) if day)
