"""Differences between versions are exact spans of both, and a diff of any texts is short enough to read."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from corpus.differences import changed_blocks, differences
from corpus.model import Version, sha256
from ui.commands.versions import diff, history

words = st.sampled_from(
    ["the", "ministers", "met", "Oman", "in", "2025", ".", ",", "\n", "\n\n", "é", "👩‍👩‍👧", "\u2028"]
)
texts = st.lists(words, max_size=40).map(" ".join)


def version(text: str, number: int = 1) -> Version:
    return Version("a", number, text, sha256(text), sha256(text), datetime(2025, 11, 24, tzinfo=UTC), "a.txt")


@settings(max_examples=300, deadline=None)
@example("One. Two.", "")
@example("", "One.")
@example("a\nb", "a b")
@given(texts, texts)
def test_putting_the_differences_in_gives_the_new_text(old: str, new: str) -> None:
    found = differences(old, new)
    made, at = "", 0
    for difference in found:
        made += old[at : difference.was[0]] + new[slice(*difference.now)]
        at = difference.was[1]
    made += old[at:]
    assert made == new
    assert [d.was for d in found] == sorted(d.was for d in found)
    assert [d.now for d in found] == sorted(d.now for d in found)
    assert bool(found) == (old != new)


def test_what_changed_is_named_word_by_word() -> None:
    old, new = "They met in Muscat on Monday, for an hour.", "They met in Salalah on Monday, for two hours."
    assert [(old[slice(*d.was)], new[slice(*d.now)]) for d in differences(old, new)] == [
        ("Muscat", "Salalah"),
        ("an hour", "two hours"),
    ]
    [added] = differences("One.\n\nThree.", "One.\n\nTwo.\n\nThree.")
    assert added.was[0] == added.was[1]


@given(st.lists(st.sampled_from("abc"), max_size=30), st.lists(st.sampled_from("abc"), max_size=30))
def test_outside_the_changed_blocks_items_are_equal(old: list[str], new: list[str]) -> None:
    at = (0, 0)
    for i1, i2, j1, j2 in [*changed_blocks(old, new), (len(old), len(old), len(new), len(new))]:
        assert old[at[0] : i1] == new[at[1] : j1]
        at = i2, j2


@pytest.mark.parametrize("lines", [50_000, 1])
def test_texts_of_any_size_give_a_diff_that_can_be_read(lines: int) -> None:
    old = version("\n".join(" ".join(f"w{n}" for n in range(m, m + 100_000 // lines)) for m in range(lines)))
    new = version(old.text.replace("3", "4").replace("w7", "x y"), 2)
    shown = list(diff(old, new))
    assert 3 < len(shown) < 20_000
    plain = old.text.replace("w99", "v99", 1) if lines == 1 else old.text + "\nlast"
    few = list(diff(old, version(plain, 2)))
    assert 3 < len(few) < 15 and all(len(line) < 500 for line in few)


def test_equal_texts_have_no_diff() -> None:
    assert list(diff(version("A."), version("A.", 2))) == ["--- version 1", "+++ version 2"]
    assert [entry["changes"] for entry in history([version("A."), version("A.", 2)])] == [[], []]
    assert history([]) == []


def test_changed_words_stand_out_where_there_is_colour() -> None:
    shown = "\n".join(diff(version("They met in Muscat."), version("They met in Salalah.", 2), colour=True))
    assert "\x1b[1;7mMuscat\x1b[0m" in shown and "\x1b[1;7mSalalah\x1b[0m" in shown
    assert "\x1b" not in "\n".join(diff(version("They met in Muscat."), version("They met.", 2)))
