"""A sentence is compared with what its sources say: each kind of falsehood is seen, and true wording passes."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.model import Statement
from rag.writing.checker import exact_in
from rag.writing.reading import Mood, read
from rag.writing.record import Status
from rag.writing.support import Ground, flaw_of

SOURCE = (
    "President Biden thanked Prime Minister Kishida for $12 billion in aid, and the two leaders agreed to expand"
    " training for 25 pilots on October 2, 2022."
)
PLANS = "General Chauhan said that the committee will not sign the 2 agreements before the summit in Muscat."
STATEMENT = Statement(
    "s", "Readout of President Biden's call with Prime Minister Kishida", date(2022, 10, 3), "White House"
)


def flaw(claim: str, source: str = SOURCE, speaker: str | None = None, said_by: str | None = None) -> Status | None:
    ground = Ground((read(source),), (), (STATEMENT,), (said_by,))
    found = flaw_of(read(claim), ground, speaker, likeness=0.9)
    return found.status if found else None


@pytest.mark.parametrize(
    "claim",
    [
        SOURCE,
        "Biden thanked Kishida for 12 billion dollars in aid.",
        "On 2 October 2022 the leaders agreed to expand training for twenty-five pilots.",
        "The two leaders agreed to expand the training of pilots.",
        "According to the White House, the leaders agreed to expand training for 25 pilots.",
        "Japanese Prime Minister Kishida was thanked for aid worth $12,000,000,000.",
    ],
)
def test_true_wording_passes(claim: str) -> None:
    source = SOURCE if "Japan" not in claim else SOURCE.replace("Kishida", "Kishida of Japan")
    assert flaw(claim, source) is None


@pytest.mark.parametrize(
    ("claim", "status"),
    [
        ("Biden thanked Kishida for $13 billion in aid.", Status.NUMBER),
        ("Biden thanked Kishida for 12 million dollars in aid.", Status.NUMBER),
        ("Biden thanked Kishida for 12% in aid.", Status.NUMBER),
        ("The leaders agreed to expand training for 26 pilots.", Status.NUMBER),
        ("The leaders agreed to expand training for twelve billion pilots with $25 in aid.", Status.NUMBER),
        ("The leaders agreed to expand training for 25 pilots on October 3, 2021.", Status.DATE),
        ("The leaders agreed to expand training on 4 October 2022.", Status.DATE),
        ("Biden thanked Prime Minister Modi for aid.", Status.NAME),
        ("The leaders agreed to expand training for 25 pilots in Berlin.", Status.NAME),
        ("Kishida thanked Biden for $12 billion in aid.", Status.SPEAKER),
        ("Biden did not thank Kishida for $12 billion in aid.", Status.NEGATION),
        ("The leaders never agreed to expand training for 25 pilots.", Status.NEGATION),
        ("The two leaders refused to expand training for 25 pilots.", Status.NEGATION),
        ("The two leaders expanded training for 25 pilots.", Status.MODALITY),
        ("Biden will thank Kishida for $12 billion in aid.", Status.MODALITY),
        ("The two leaders agreed to reduce training for 25 pilots.", Status.DIRECTION),
        ("The two leaders signed a treaty on fisheries and whaling quotas.", Status.UNSUPPORTED),
    ],
)
def test_each_kind_of_falsehood_is_seen(claim: str, status: Status) -> None:
    assert flaw(claim) is status


@pytest.mark.parametrize(
    ("claim", "status"),
    [
        ("The committee will not sign the two agreements before the summit.", None),
        ("The committee will sign the two agreements before the summit.", Status.NEGATION),
        ("The committee has not signed the two agreements before the summit.", Status.MODALITY),
        ("The committee will not sign the two agreements after the summit.", Status.DIRECTION),
    ],
)
def test_a_negation_may_not_be_dropped_either(claim: str, status: Status | None) -> None:
    assert flaw(claim, PLANS) is status


def test_the_speaker_of_a_claim_is_the_one_of_its_source() -> None:
    words = "We agreed to expand training for 25 pilots."
    claim = "{} said that they agreed to expand training for 25 pilots."
    assert flaw(claim.format("Biden"), words, "Biden", "President Biden") is None
    assert flaw(claim.format("Kishida"), words, "Kishida", "President Biden") is Status.SPEAKER


def test_numbers_are_read_in_digits_and_in_words() -> None:
    numbers = read(
        "Twenty-five people, $1.5 billion, 3,000 tons, 40 per cent, Rs 500 crore and the 13th session."
    ).numbers
    assert [(number.value, number.unit) for number in numbers] == [
        (25, ""), (1.5e9, "$"), (3000, ""), (40, "%"), (5e9, "₹"), (13, "th"),
    ]  # fmt: skip


def test_dates_are_read_in_every_order_and_are_no_numbers() -> None:
    reading = read("On October 2, 2022, 3 May 2021, 2020-01-05, June 2019 and in 2018.")
    assert [(day.year, day.month, day.day) for day in reading.days] == [
        (2022, 10, 2), (2021, 5, 3), (2020, 1, 5), (2019, 6, None), (2018, None, None),
    ]  # fmt: skip
    assert reading.numbers == ()


def test_moods_are_told_apart() -> None:
    moods = {
        word.surface: word.mood for word in read("They agreed to meet, will visit, may sign, and should act.").words
    }
    assert [moods[word] for word in ("agreed", "meet", "visit", "sign", "act")] == [
        Mood.FACT, Mood.AIM, Mood.FUTURE, Mood.POSSIBLE, Mood.DUTY,
    ]  # fmt: skip


def test_what_only_looks_like_a_negation_is_none() -> None:
    assert not read("They met not only in Muscat, and no later than May.").negates
    assert read("They haven't met.").negates


@given(st.text(max_size=300))
def test_any_text_can_be_read(text: str) -> None:
    assert read(text).text == text


@given(st.lists(st.sampled_from(["ships", "“sea”", "U.S.", "(a)", "40%", "it’s"]), min_size=1, max_size=8), st.data())
def test_a_quote_is_found_whatever_its_white_space_and_marks(words: list[str], data: st.DataObject) -> None:
    text = "Before, " + " ".join(words) + " after."
    spaced = data.draw(st.sampled_from([" ", "\n", "  \t"])).join(words).replace("“", '"').replace("’", "'")
    span = exact_in(spaced, text)
    assert span is not None
    assert text[slice(*span)].split() == text[8 : 8 + len(" ".join(words))].rstrip(",.;:").split()
    assert exact_in(spaced + " other", text) is None
