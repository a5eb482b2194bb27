"""Who speaks in a sentence: only as far as the text says so."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rag_fixtures import unhurried

from corpus.model import Statement, Voice
from ingest.sentences import sentence_spans
from ingest.voice import voice_of

CHAUHAN = "General Anil Chauhan"


def hear(
    text: str, sentence: str = "", kind: str = "press release", title: str = "A title"
) -> tuple[Voice, str | None]:
    """The voice of a sentence, which has to be a sentence of the text."""
    sentence = sentence or text
    start = text.index(sentence)
    end = start + len(sentence)
    assert (start, end) in sentence_spans(text)
    return voice_of(Statement(id="x", title=title, published=date(2025, 11, 24), kind=kind), text, start, end)


_OWN_SENTENCE = [
    f"“We will build more ships together,” said {CHAUHAN}.",
    f"“We will build more ships together,” {CHAUHAN} said.",
    f"{CHAUHAN} said: “We will build more ships together.”",
    f"{CHAUHAN}, Chief of Defence Staff, said: “We will build more ships together.”",
    f"{CHAUHAN} told the visitors: “We will build more ships together.”",
    f"“We will build more ships,” {CHAUHAN} said, “and we will train on them.”",
    f'"We will build more ships together," said {CHAUHAN}.',
    f'{CHAUHAN} said: "We will build more ships together."',
]


@pytest.mark.parametrize("text", _OWN_SENTENCE)
def test_a_quotation_is_direct(text: str) -> None:
    assert hear(text)[0] is Voice.DIRECT


@pytest.mark.parametrize("text", _OWN_SENTENCE)
def test_a_quotation_has_the_speaker_that_stands_before_after_or_around_it(text: str) -> None:
    assert hear(text)[1] == CHAUHAN


def test_the_speaker_may_stand_in_the_next_sentence_of_a_quotation() -> None:
    text = f"“The ship is ready. The crew is on board,” said {CHAUHAN}."
    assert hear(text, "“The ship is ready.") == (Voice.DIRECT, CHAUHAN)


def test_the_speaker_may_stand_after_an_earlier_sentence() -> None:
    sentence = f"{CHAUHAN} said: “We will build ships.”"
    assert hear(f"The fleet grows. {sentence}", sentence) == (Voice.DIRECT, CHAUHAN)


@pytest.mark.parametrize(
    "text",
    [
        "“The ship is ready and the crew is on board.”",
        "“The ship is ready,” he added.",
        "They said: “The ship is ready and the crew is on board.”",
        "“The ship is ready,” officials said.",
    ],
)
def test_a_quotation_of_nobody_named_has_no_speaker(text: str) -> None:
    assert hear(text) == (Voice.DIRECT, None)


def test_the_speaker_of_another_paragraph_is_not_taken_over() -> None:
    text = f"“We will build ships,” said {CHAUHAN}.\n\n“The crew is ready to sail tomorrow.”"
    assert hear(text, "“The crew is ready to sail tomorrow.”") == (Voice.DIRECT, None)


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        ("General Anil Chauhan spoke at length with Mohammed Al-Zaabi.", CHAUHAN),
        ("Defence Minister Rajnath Singh said that exports had risen.", "Defence Minister Rajnath Singh"),
        (
            "In Muscat, Admiral R Hari Kumar, Chief of the Naval Staff, said that ships would come.",
            "Admiral R Hari Kumar",
        ),
        ("He said that exports had risen.", None),
        ("The two sides discussed maritime security.", None),
        ("Both men restated the intention to go further.", None),
    ],
)
def test_reported_speech(text: str, speaker: str | None) -> None:
    assert hear(text) == (Voice.REPORTED, speaker)


@pytest.mark.parametrize(
    "text",
    [
        "Exports rose by 12 per cent.",
        "The policy, known as “Act East”, goes on with trade and investment in the region.",
    ],
)
def test_what_nobody_says_is_the_issuers_narration(text: str) -> None:
    assert hear(text) == (Voice.NARRATION, None)


def test_a_joint_statement_speaks_for_all_who_issue_it() -> None:
    assert hear("The two sides agreed to meet again.", kind="joint statement") == (Voice.JOINT, None)
    assert hear("Ministers welcomed the deal.", title="Joint statement of the Ministers") == (Voice.JOINT, None)


@pytest.mark.parametrize(
    ("text", "sentence", "speaker"),
    [
        ("MR. SULLIVAN:  We spoke for an hour.", "", "MR. SULLIVAN"),
        ("THE PRESIDENT: We spoke for an hour. It went well.", "It went well.", "THE PRESIDENT"),
        ("Q    What did he say to you?", "", None),
    ],
)
def test_a_transcript_label_names_the_speaker_of_its_paragraph(text: str, sentence: str, speaker: str | None) -> None:
    start = text.index(sentence) if sentence else 0
    statement = Statement(id="x", title="Briefing", published=date(2025, 11, 24), kind="briefing transcript")
    assert voice_of(statement, text, start, len(text)) == (Voice.DIRECT, speaker)


def test_a_speech_is_in_the_voice_of_whom_its_title_names() -> None:
    assert hear("We spoke for an hour.", title="Remarks by President Biden at the UN") == (
        Voice.DIRECT,
        "President Biden",
    )


_PIECES = st.lists(
    st.sampled_from(
        [
            "“",
            "”",
            '"',
            "He",
            "General Anil Chauhan",
            "said",
            "that",
            "ships",
            ",",
            ".",
            "\n\n",
            "Q:",
            "the",
            "Minister",
            "told",
        ]
    ),
    max_size=25,
).map(" ".join)


@unhurried
@given(st.text() | _PIECES)
def test_a_speaker_is_always_in_the_words_of_the_text(text: str) -> None:
    statement = Statement(id="x", title="A title", published=date(2025, 11, 24))
    for start, end in sentence_spans(text):
        _, speaker = voice_of(statement, text, start, end)
        assert speaker is None or (speaker and speaker in text)
