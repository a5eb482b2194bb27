"""A model's words become sentences with their markers, however they were cut on the way."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.writing.stream import sentences

ANSWER = """## Talks
General Chauhan met Dr. Al-Zaabi in Delhi. [1] They discussed shipbuilding [2]. “We agree.” [1][3] It was 3.5 percent.

- A first point [1].
- A second point. [2] And more [3]!

```
A last line without an end [4]"""


def told(*pieces: str) -> list[tuple[str, str]]:
    return [(sentence.before, sentence.text) for sentence in sentences(pieces)]


def test_markers_belong_to_the_sentence_before_them() -> None:
    assert told(ANSWER) == [
        ("\n\n", "General Chauhan met Dr. Al-Zaabi in Delhi [1]."),
        (" ", "They discussed shipbuilding [2]."),
        (" ", "“We agree [1][3].”"),
        (" ", "It was 3.5 percent."),
        ("\n- ", "A first point [1]."),
        ("\n- ", "A second point [2]."),
        (" ", "And more [3]!"),
        ("\n\n", "A last line without an end [4]"),
    ]


SENTENCES = st.sampled_from(["They met in Muscat.", "“We agree.”", "It was 3.5 percent.", "Dr. Ali spoke!", "(Twice.)"])
MARKERS = st.sampled_from(["", " [1]", "[1][2]", " [1] [22]", " 【1】", "[1, 2]"])
BETWEEN = st.sampled_from([" ", "\n", "\n- ", "\n\n"])
MADE = st.lists(st.tuples(SENTENCES, MARKERS, BETWEEN).map("".join), min_size=1, max_size=8).map("".join)


@given(st.just(ANSWER) | MADE, st.lists(st.floats(0, 1), max_size=60))
def test_where_the_words_are_cut_does_not_matter(answer: str, cuts: list[float]) -> None:
    places = [0, *sorted({round(cut * len(answer)) for cut in cuts}), len(answer)]
    pieces = [answer[a:b] for a, b in pairwise(places)]
    assert told(*pieces) == told(answer)


def test_a_sentence_comes_as_soon_as_the_next_has_begun() -> None:
    taken: list[str] = []

    def pieces() -> object:
        for piece in ("They met in Muscat [1]. ", "The talks ", "went on."):
            taken.append(piece)
            yield piece

    stream = sentences(pieces())  # type: ignore[arg-type]
    assert next(stream).text == "They met in Muscat [1]."
    assert len(taken) == 2


@pytest.mark.parametrize("text", ["", "\n\n\n", "# Only a heading", "```"])
def test_nothing_said_is_no_sentence(text: str) -> None:
    assert told(text) == []


def test_a_run_without_an_end_does_not_pile_up() -> None:
    assert len(list(sentences(["word " for _ in range(2000)]))) > 3
