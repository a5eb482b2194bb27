"""What is shown first to a reader, and with which score, owes nothing to statements that they may not see.

The same open statements are indexed twice: alone, and among generated statements of another audience that repeat their
words, are far longer, are put before, between and after them, change, and are withdrawn. Index and archive are real.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from conftest import put
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.analysis import content_terms
from corpus.archive import Archive
from corpus.lexical import LexicalIndex
from corpus.model import Filters

WORDS = "port treaty grain frigate visa reactor drone tariff summit refugee radar loan oman omani yermak iermak".split()
TERMS = [term for word in WORDS for term in content_terms(word)]
OUTSIDER, BLUE = Filters(groups=frozenset()), Filters(groups=frozenset({"blue", "other"}))


@dataclass(frozen=True)
class Said:
    """A statement to be: its title, its paragraphs' words, how often the text says them over, and its audience."""

    title: str
    paragraphs: tuple[str, ...]
    repeated: int = 1
    audience: tuple[str, ...] = ()
    fate: str = "stays"

    @property
    def text(self) -> str:
        """Its whole text."""
        return "\n\n".join(" ".join([paragraph] * self.repeated).capitalize() + "." for paragraph in self.paragraphs)


def said(**fields: st.SearchStrategy[object]) -> st.SearchStrategy[Said]:
    """Statements made of `WORDS`."""
    runs = st.lists(st.sampled_from(WORDS), min_size=1, max_size=12).map(" ".join)
    return st.builds(Said, title=runs, paragraphs=st.lists(runs, min_size=1, max_size=3).map(tuple), **fields)


seen = st.lists(said(audience=st.sampled_from([(), (), ("blue",), ("blue", "red")])), min_size=1, max_size=12)
hidden = st.lists(
    said(
        audience=st.sampled_from([("red",), ("crimson", "red"), ("everybody",)]),
        repeated=st.sampled_from([1, 3, 40, 400]),
        fate=st.sampled_from(["stays", "stays", "changes", "is withdrawn"]),
    ),
    min_size=1,
    max_size=12,
)
weights = st.dictionaries(st.sampled_from(TERMS), st.sampled_from([0.2, 0.3, 0.5, 1.0]), min_size=1, max_size=6)


def indexed(folder: Path, before: Sequence[Said], open_ones: Sequence[Said], after: Sequence[Said]) -> LexicalIndex:
    """An index of them all, in several commits; the open statements have the same ids whatever is around them."""
    archive = Archive(folder)
    index = LexicalIndex(folder / "lexical")
    groups = {"before": before, "open": open_ones, "after": after}
    for group, statements in groups.items():
        for number, one in enumerate(statements):
            put(archive, f"{group}/{number}", one.text, title=one.title, audience=one.audience)
        index.catch_up(archive)
    for group, statements in groups.items():
        for number, one in enumerate(statements):
            if one.fate == "changes":
                put(archive, f"{group}/{number}", f"{one.text} Port.", title=one.title, audience=one.audience)
            elif one.fate == "is withdrawn":
                archive.remove(f"{group}/{number}")
    index.catch_up(archive)
    archive.close()
    return index


@settings(max_examples=10, deadline=None)
@given(
    before=hidden,
    open_ones=seen,
    after=hidden,
    asked=st.lists(weights, min_size=1, max_size=8),
    k=st.integers(1, 12),
    data=st.data(),
)
def test_order_and_scores_are_those_of_an_index_without_the_others(
    before: list[Said],
    open_ones: list[Said],
    after: list[Said],
    asked: list[dict[str, float]],
    k: int,
    data: st.DataObject,
) -> None:
    with TemporaryDirectory() as folder:
        full = indexed(Path(folder) / "full", before, open_ones, after)
        bare = indexed(Path(folder) / "bare", (), open_ones, ())
        for reader in (OUTSIDER, BLUE):
            for terms in asked:
                assert full.search(terms, reader, k) == bare.search(terms, reader, k)
                together = [[(term,), (data.draw(st.sampled_from(TERMS)), "port")] for term in list(terms)[:2]]
                assert full.with_all(together, reader, k) == bare.with_all(together, reader, k)
            assert full.rarity(TERMS, reader) == bare.rarity(TERMS, reader)
            for word in (*TERMS, "yermka", "reacotr", "traeti"):
                assert full.holds(word, reader) == bare.holds(word, reader)
                assert full.variants(word, reader) == bare.variants(word, reader)
                assert full.spellings(word, reader) == bare.spellings(word, reader)


@pytest.mark.parametrize("reader", [OUTSIDER, BLUE])
def test_a_search_that_only_others_can_answer_finds_nothing(tmp_path: Path, reader: Filters) -> None:
    hers = Said("Treaty", ("port treaty",), audience=("red",))
    index = indexed(tmp_path / "archive", [hers], [Said("Grain", ("grain and visas",))], [hers])
    assert len(index.search({"treati": 1.0}, None, 10)) == 2
    assert index.search({"treati": 1.0}, reader, 10) == index.with_all([[("treati",)]], reader, 10) == []
