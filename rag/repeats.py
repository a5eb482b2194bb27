"""One text that several carriers have issued (release, post, republication) is one item, with all of them named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from corpus.archive import Archive
from corpus.model import Filters
from rag.evidence import Evidence


def collapse(chosen: Sequence[Evidence], archive: Archive, seen: Filters) -> list[Evidence]:
    """Keep the first of those statements that repeat one another, and note its other carriers.

    Args:
        chosen: what answers, best first.
        archive: which knows what repeats what.
        seen: all that the reader may see; no carrier outside of it is named.
    """
    repeats = archive.repeats_of([item.statement.id for item in chosen], seen)
    carriers = archive.statements({other for found in repeats.values() for other, _ in found})
    kept: list[Evidence] = []
    told: set[str] = set()
    for item in chosen:
        if item.statement.id in told:
            continue
        others = [other for other, _ in repeats.get(item.statement.id, ())]
        told.update(others)
        kept.append(replace(item, carriers=tuple(carriers[other] for other in others if other in carriers)))
    return kept
