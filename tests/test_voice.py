"""Who speaks in a sentence: only as far as the text says so. All officials here are made up."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.model import Statement, Voice
from ingest.sentences import sentence_spans
from ingest.voice import Spoken, Voices

MEHTA = "General Arun Mehta"
HADDAD = "Foreign Minister Layla Haddad"


def hear(text: str, sentence: str = "", kind: str = "press release", title: str = "A title") -> Spoken:
    """How a sentence speaks, which has to be a sentence of the text."""
    sentence = sentence or text
    start = text.index(sentence)
    end = start + len(sentence)
    assert (start, end) in sentence_spans(text)
    return Voices(Statement(id="x", title=title, published=date(2025, 11, 24), kind=kind), text).of(start, end)


_OWN_SENTENCE = [
    f"“We will build more ships together,” said {MEHTA}.",
    f"“We will build more ships together,” {MEHTA} said.",
    f"{MEHTA} said: “We will build more ships together.”",
    f"{MEHTA}, Chief of Defence Staff, said: “We will build more ships together.”",
    f"{MEHTA} told the visitors: “We will build more ships together.”",
    f"“We will build more ships,” {MEHTA} said, “and we will train on them.”",
    f"“We will build more ships,” {MEHTA}, Chief of Defence Staff, said, “and we will train on them.”",
    f'"We will build more ships together," said {MEHTA}.',
    f'{MEHTA} said: "We will build more ships together."',
    f"‘We will build more ships together,’ said {MEHTA}.",
    f"«We will build more ships together», said {MEHTA}.",
    f"„We will build more ships together“, said {MEHTA}.",
    f"{MEHTA}: “We will build more ships together.”",
    f"As {MEHTA} said in Port Sel, “we will build more ships together, and soon.”",
    f"In a message to the crews, {MEHTA} praised their work, adding, “We will build more ships together.”",
    f"According to {MEHTA}, “we will build more ships together.”",
]


@pytest.mark.parametrize("text", _OWN_SENTENCE)
def test_a_quotation_has_the_speaker_that_stands_before_after_or_around_it(text: str) -> None:
    spoken = hear(text)
    assert (spoken.voice, spoken.speaker) == (Voice.DIRECT, MEHTA)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (f"“The ship is ready. The crew is on board,” said {MEHTA}.", "“The ship is ready."),
        (f"“The ship is ready,” said {MEHTA}. “The crew is on board.”", "“The crew is on board.”"),
        (f"{MEHTA} said: “The ship is ready. It sails today.”", "It sails today.”"),
        (f"The fleet grows. {MEHTA} said: “We will build ships.”", f"{MEHTA} said: “We will build ships.”"),
        (f"{MEHTA} said: “The ship is ready.\n\n“The crew is on board.”", "“The crew is on board.”"),
        (f"“The ship is ready to sail.” – {MEHTA}", "“The ship is ready to sail.”"),
        (f"“The ship is ready.\n\n“The crew is on board,” said {MEHTA}.", "“The ship is ready."),
    ],
)
def test_a_quotation_may_run_over_sentences_and_paragraphs(text: str, sentence: str) -> None:
    spoken = hear(text, sentence)
    assert (spoken.voice, spoken.speaker) == (Voice.DIRECT, MEHTA)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("“The ship is ready and the crew is on board.”", ""),
        ("“The ship is ready and on its way,” he added.", ""),
        ("They said: “The ship is ready and the crew is on board.”", ""),
        ("“The ship is ready and on its way,” officials said.", ""),
        # Somebody else's paragraph, sentence, and verb.
        (f"“We build ships,” said {MEHTA}.\n\n“The crew is ready to sail.”", "“The crew is ready to sail.”"),
        (f"“The crew is ready to sail.” {MEHTA} said nothing.", "“The crew is ready to sail.”"),
        (f"{MEHTA} spoke after a sailor had said “the crew is ready to sail.”", ""),
        # Two speakers in one sentence.
        (f"{MEHTA} said “the ship is ready” and {HADDAD} said “the treaty is not.”", ""),
        (f"“The ship is ready to sail,” said {MEHTA} and {HADDAD}.", ""),
    ],
)
def test_a_quotation_of_nobody_named_or_of_two_has_no_speaker(text: str, sentence: str) -> None:
    spoken = hear(text, sentence)
    assert (spoken.voice, spoken.speaker) == (Voice.DIRECT, None)


@pytest.mark.parametrize(
    ("text", "speaker", "office"),
    [
        (f"{MEHTA}, Chief of Defence Staff, said that ships would come.", MEHTA, "Chief of Defence Staff"),
        (f"{HADDAD} said that ships would come.", HADDAD, "Foreign Minister"),
        ("“We will sail at once,” said Nadia Orlov, the deputy minister.", "Nadia Orlov", "deputy minister"),
        ("The Prime Minister stressed that ships would come.", "The Prime Minister", "Prime Minister"),
        ("The Ministry of Harbours announced that ships would come.", "The Ministry of Harbours", None),
        ("“We will sail at once,” said Loretta Prince.", "Loretta Prince", None),
    ],
)
def test_an_office_is_taken_from_before_or_after_the_name(text: str, speaker: str, office: str | None) -> None:
    spoken = hear(text)
    assert (spoken.speaker, spoken.office) == (speaker, office)


def test_an_office_is_taken_from_where_the_name_first_stands_with_it() -> None:
    text = f"{HADDAD} met the crews. Ms. Haddad thanked them."
    assert hear(text, "Ms. Haddad thanked them.").office == "Foreign Minister"
    text = "Foreign Minister Layla Haddad met Admiral Omar Haddad. Haddad thanked the crews."
    assert hear(text, "Haddad thanked the crews.") == Spoken(Voice.REPORTED, "Haddad", None)


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        (f"{MEHTA} spoke at length with the Secretary General.", MEHTA),
        (f"{HADDAD} said that exports had risen.", HADDAD),
        ("In Port Sel, Admiral R Kumaran, Chief of the Naval Staff, said that ships would come.", "Admiral R Kumaran"),
        (f"According to {HADDAD}, exports had risen.", HADDAD),
        (f"{HADDAD} met {MEHTA} to congratulate him on the launch.", HADDAD),
        (f"Exports rose by a tenth, {HADDAD} said.", HADDAD),
        (f"Exports rose by a tenth, said {HADDAD}.", HADDAD),
        (f"The launch was announced by {HADDAD}.", HADDAD),
        (f"Mr Tan asked {HADDAD} whether exports had risen.", "Mr Tan"),
        (f"The launch was announced by {HADDAD}; {MEHTA}; and others.", None),
        ("He said that exports had risen.", None),
        ("Participants expressed concern about the harbour.", None),
        ("The indictment alleges that the harbour was closed.", None),
    ],
)
def test_reported_speech(text: str, speaker: str | None) -> None:
    spoken = hear(text)
    assert (spoken.voice, spoken.speaker) == (Voice.REPORTED, speaker)


@pytest.mark.parametrize(
    ("before", "speaker"),
    [
        (f"{HADDAD} welcomed the crews.", HADDAD),
        (f"{HADDAD} welcomed the crews. She also thanked them.", HADDAD),
        # Two who could be meant; one who cannot; nobody.
        (f"{HADDAD} welcomed Admiral Ines Roth.", None),
        ("Mr. Haddad welcomed the crews.", None),
        ("The crews were welcomed.", None),
    ],
)
def test_he_and_she_are_the_last_named_only_where_nobody_else_can_be_meant(before: str, speaker: str | None) -> None:
    assert hear(f"{before} She said that ships would come.", "She said that ships would come.") == Spoken(
        Voice.REPORTED, speaker, "Foreign Minister" if speaker else None
    )


def test_it_is_the_body_that_spoke_last() -> None:
    text = "The Ministry of Harbours stated, “The ship is ready to sail.”\n\n“The crew is on board,” it added."
    assert hear(text, "“The crew is on board,” it added.").speaker == "The Ministry of Harbours"


@pytest.mark.parametrize(
    "text",
    [
        "The two sides discussed maritime security.",
        "The two leaders agreed to meet again.",
        "Both men restated the intention to go further.",
        f"{HADDAD} and {MEHTA} reaffirmed the treaty.",
        "They agreed to meet again.",
    ],
)
def test_what_several_say_together_is_joint(text: str) -> None:
    assert hear(text) == Spoken(Voice.JOINT)


def test_they_are_not_two_sides_where_they_are_some_officials() -> None:
    text = "Officials said that ships would come. They also thanked the crews."
    assert hear(text, "They also thanked the crews.") == Spoken(Voice.REPORTED)


@pytest.mark.parametrize(
    "text",
    [
        "Exports rose by 12 per cent.",
        "The policy, known as “Act East”, goes on with trade and investment in the region.",
        f"{HADDAD} met {MEHTA} in Port Sel.",
        f"{HADDAD} welcomed {MEHTA} to the Ministry.",
        "The meeting underscored the importance of harbours.",
        "The Roadmap underscores the importance of harbours.",
        "It’s the crews’ ‘own’ choice, and the crew’s.",
    ],
)
def test_what_nobody_says_is_the_issuers_narration(text: str) -> None:
    assert hear(text) == Spoken(Voice.NARRATION)


_PIECES = st.lists(
    st.sampled_from(
        "“ ” ‘ ’ \" ' « » „ He She it they said that told discussed ships , . : ; ( ) \n \n\n Q Q: MS. TAN: Reply:"
        " the The Minister General Arun Mehta and of Sincerely, ARUN I my —".split(" ")
    ),
    max_size=30,
).map(" ".join)


@given(st.text() | _PIECES, st.text(max_size=60) | _PIECES, st.data())
def test_any_text_gives_speakers_in_its_own_words_and_never_raises(text: str, title: str, data: st.DataObject) -> None:
    statement = Statement(id="x", title=title, published=date(2025, 11, 24))
    voices = Voices(statement, text)
    start = data.draw(st.integers(0, len(text)))
    spans = [*sentence_spans(text), (start, data.draw(st.integers(start, len(text))))]
    for span in spans:
        spoken = voices.of(*span)
        for name in (spoken.speaker, spoken.office):
            assert name is None or (name and (name in text or name in title))
        assert Voices(statement, text).of(*span) == spoken
