"""Questions to start with: those of the settings, or else some that what is held can answer."""

from __future__ import annotations

from corpus.archive import Archive
from corpus.model import Filters
from ui.reader import Reader


def examples(archive: Archive, reader: Reader) -> list[str]:
    """A question about the newest statement, one about who speaks most, and one about who issues most.

    Args:
        archive: of which.
        reader: who may see what they ask about.
    """
    mine = Filters(groups=reader.groups)
    tally, newest = archive.tally(mine), archive.page(mine, limit=1)
    found = [f"What does “{newest[0].title}” say?"] if newest else []
    for speaker, _ in tally.speakers[:1]:
        for last in archive.page(Filters(speakers=(speaker,), groups=reader.groups), limit=1):
            found.append(f"What did {speaker} say in {last.published.year}?")
    for issuer, _ in tally.issuers[:1]:
        for last in archive.page(Filters(issuers=(issuer,), groups=reader.groups), limit=1):
            found.append(f"List every statement by {issuer} in {last.published:%B %Y}")
    return found
