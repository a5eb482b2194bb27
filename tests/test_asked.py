"""What a question asks for besides its topic: what an answer has to name, and which of several is meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.asked import focus_of, pick_of, without_pick

FIVE = ["a", "b", "c", "d", "e"]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("What came up in the second call with Freedonia?", ["b"]),
        ("the most recent statement on shipbuilding", ["e"]),
        ("What did they say in their latest phone call?", ["e"]),
        ("the minister's first meeting with Sylvania", ["a"]),
        ("the earliest readout on that", ["a"]),
        ("list the last three calls", ["c", "d", "e"]),
        ("the first two meetings", ["a", "b"]),
        ("When did they last meet?", ["e"]),
        ("What has he said most recently?", ["e"]),
        ("the sixth call", []),
    ],
)
def test_which_of_several_is_meant(text: str, meant: list[str]) -> None:
    pick = pick_of(text)
    assert pick is not None and list(pick.of(FIVE)) == meant
    assert pick.several == (len(meant) > 1)


@pytest.mark.parametrize(
    "text",
    [
        "What did the First Lady say?",
        "the calls of last week",
        "What was said in the last week's call?",
        "the Second Summit for Democracy",
        "Who spoke first?",
        "the third quarter of 2023",
        "a second aircraft carrier",
    ],
)
def test_other_ordinals_pick_nothing(text: str) -> None:
    assert pick_of(text) is None


def test_the_words_that_pick_are_no_topic() -> None:
    text = "What came up in the second call with Freedonia?"
    assert "second" not in without_pick(text, pick_of(text))


@pytest.mark.parametrize(
    ("text", "focus"),
    [
        ("Which drone bases did Freedonia offer?", ["drone bases"]),
        ("How many patrol boats were promised?", ["patrol boats"]),
        ("What did they say about submarines in May?", ["submarines"]),
        ("and on shipbuilding?", ["shipbuilding"]),
        ("Which yards were named on the question of repair", ["yards", "the question of repair"]),
        ("What did they discuss?", []),
        ("Who attended?", []),
    ],
)
def test_what_an_answer_has_to_name(text: str, focus: list[str]) -> None:
    assert focus_of(text) == focus


@given(st.text(max_size=300))
def test_any_text_can_be_asked(text: str) -> None:
    pick = pick_of(text)
    assert pick is None or pick.words in text
    assert all(phrase in text for phrase in focus_of(text))
