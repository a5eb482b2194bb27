"""Whose words a whole text is: transcripts, parliamentary answers, speeches, signed and joint texts. All made up."""

from __future__ import annotations

from datetime import date

import pytest

from corpus.model import Statement, Voice
from ingest.sentences import sentence_spans
from ingest.voice import Spoken, Voices

BRIEFING = """Port Sel Press Room

1:05 P.M.

MS. ORLOV:  Good afternoon. The fleet sails today.

It will be back in May.

(A phone rings.)

Q    Thank you, Nadia. Who pays for it?

And who decided that?

For Dr. Tan: And who knew?

MS. ORLOV: The Ministry — and I said, “Of course.”

MODERATOR: One more.

THE PRESIDENT: I decided it.

QUESTION: Why?

PRESIDENT HADDAD (via interpreter): We agreed on it together.

Foreign Minister Ines Roth: I was there.

LAURA TAN: So was I.

Omar Tan: And I.

1:20 P.M."""

ANSWER = """10 May 2024 Posted in Answers

Mr Tan Wei, Member for Port Sel

Question
To ask the Minister whether harbours are safe.

Written Answer:

1. Harbours are safe. We looked at each."""

SIGNED = """Dear Madam Speaker:

I am sending you the treaty. It is short.

Sincerely,

ARUN K. MEHTA"""

PROCLAMATION = """Harbours feed us.

NOW, THEREFORE, I, ARUN K. MEHTA, President of Valdoria, proclaim the Week of Harbours.

ARUN K. MEHTA"""


def hear(text: str, sentence: str, title: str, kind: str = "statement") -> Spoken:
    start = text.index(sentence)
    assert any(begin <= start < end for begin, end in sentence_spans(text))
    statement = Statement(id="x", title=title, published=date(2025, 11, 24), kind=kind)
    return Voices(statement, text).of(start, start + len(sentence))


@pytest.mark.parametrize(
    ("sentence", "speaker", "office"),
    [
        ("The fleet sails today.", "MS. ORLOV", "Press Secretary"),
        ("It will be back in May.", "MS. ORLOV", "Press Secretary"),
        ("Who pays for it?", "Q", None),
        ("And who decided that?", "Q", None),
        ("And who knew?", "Q", None),
        ("The Ministry — and I said, “Of course.”", "MS. ORLOV", "Press Secretary"),
        ("One more.", "MODERATOR", None),
        ("I decided it.", "THE PRESIDENT", "PRESIDENT"),
        ("Why?", "QUESTION", None),
        ("We agreed on it together.", "PRESIDENT HADDAD", "PRESIDENT"),
        ("I was there.", "Foreign Minister Ines Roth", "Foreign Minister"),
        # Nothing shows that these are people; but it is nobody from before.
        ("So was I.", None, None),
        ("And I.", None, None),
    ],
)
def test_a_transcripts_label_names_the_speaker_until_the_next(sentence: str, speaker: str, office: str | None) -> None:
    spoken = hear(BRIEFING, sentence, "Press Briefing by Press Secretary Nadia Orlov", "briefing transcript")
    assert spoken == Spoken(Voice.DIRECT, speaker, office)


@pytest.mark.parametrize("sentence", ["Port Sel Press Room", "1:05 P.M.", "(A phone rings.)", "1:20 P.M."])
def test_what_a_transcript_notes_of_its_own_is_nobodys_words(sentence: str) -> None:
    assert hear(BRIEFING, sentence, "Press Briefing by Press Secretary Nadia Orlov") == Spoken(Voice.NARRATION)


def test_headings_with_a_colon_are_no_speakers() -> None:
    text = "PROTECTING PATIENTS: The Ministry pays.\n\nPRESIDENT MEHTA IS KEEPING HIS WORD: The Ministry pays again."
    assert hear(text, "The Ministry pays.", "Fact Sheet: Harbours") == Spoken(Voice.NARRATION)
    assert hear(text, "The Ministry pays again.", "Fact Sheet: Harbours") == Spoken(Voice.NARRATION)


@pytest.mark.parametrize(
    ("sentence", "spoken"),
    [
        ("10 May 2024 Posted in Answers", Spoken(Voice.NARRATION)),
        ("To ask the Minister whether harbours are safe.", Spoken(Voice.DIRECT, "Mr Tan Wei")),
        ("We looked at each.", Spoken(Voice.DIRECT, "Ms Layla Haddad", "Minister for Harbours")),
    ],
)
def test_a_parliamentary_question_and_its_answer_have_two_speakers(sentence: str, spoken: Spoken) -> None:
    title = "Written Answer by Minister for Harbours, Ms Layla Haddad, to Parliamentary Question on Safety"
    assert hear(ANSWER, sentence, title) == spoken


def test_an_answer_whose_giver_is_not_named_has_no_speaker() -> None:
    assert hear(ANSWER, "We looked at each.", "Safety of harbours") == Spoken(Voice.DIRECT)
    named = ANSWER.replace("Written Answer:", "Reply by Minister Layla Haddad:")
    assert hear(named, "We looked at each.", "Safety") == Spoken(Voice.DIRECT, "Minister Layla Haddad", "Minister")


@pytest.mark.parametrize(
    ("title", "speaker", "office"),
    [
        ("Remarks by President Arun Mehta at the UN", "President Arun Mehta", "President"),
        ("Statement from Press Secretary Nadia Orlov on Harbours", "Press Secretary Nadia Orlov", "Press Secretary"),
        ("Statement by President Arun K. Mehta, Jr. on Harbours", "President Arun K. Mehta, Jr.", "President"),
        ("Statement from the Vice President on Harbours", "the Vice President", "Vice President"),
        ("Vice President Layla Haddad Statement on Harbours", "Vice President Layla Haddad", "Vice President"),
        ("Speech by Ms Layla Haddad, Minister for Harbours, at the Port", "Ms Layla Haddad", "Minister for Harbours"),
        ("Opening Address by Minister for Law, K Orlov, at the Port", "K Orlov", "Minister for Law"),
        ("Statement by President Arun Mehta Congratulating Prime Minister Roth", "President Arun Mehta", "President"),
    ],
)
def test_a_text_is_in_the_voice_of_whom_its_title_names(title: str, speaker: str, office: str) -> None:
    assert hear("We spoke for an hour.", "We spoke for an hour.", title) == Spoken(Voice.DIRECT, speaker, office)


@pytest.mark.parametrize(
    "title",
    [
        "Statement of Administration Policy",
        "Message to the Congress on the Death of James Roth",
        "Readout by Spokesperson Nadia Orlov of the President’s Call",
        "Vice President Haddad to Address the Pacific Forum",
        "Statement by the Ministry of Harbours",
    ],
)
def test_a_title_that_names_no_author_gives_none(title: str) -> None:
    assert hear("The harbour is open.", "The harbour is open.", title) == Spoken(Voice.NARRATION)


def test_others_who_are_quoted_in_somebodys_statement_keep_their_words() -> None:
    text = (
        "I thank the crews. “We sailed all night in the storm,” said Captain Ines Roth. We remember “the storm of May.”"
    )
    title = "Statement by President Arun Mehta"
    assert (
        hear(text, "“We sailed all night in the storm,” said Captain Ines Roth.", title).speaker == "Captain Ines Roth"
    )
    assert hear(text, "We remember “the storm of May.”", title).speaker == "President Arun Mehta"
    assert hear("“I thank the crews and the port.”", "“I thank the crews and the port.”", title).speaker == (
        "President Arun Mehta"
    )


def test_a_signed_text_is_in_the_voice_of_whom_it_is_signed_by() -> None:
    assert hear(SIGNED, "It is short.", "Letter to the Speaker") == Spoken(Voice.DIRECT, "ARUN K. MEHTA")
    assert hear(PROCLAMATION, "Harbours feed us.", "A Proclamation on Harbours") == Spoken(
        Voice.DIRECT, "ARUN K. MEHTA", "President of Valdoria"
    )


def test_an_unsigned_text_in_the_first_person_has_an_unknown_speaker() -> None:
    text = "Today, my Administration opens the harbour. It is deep."
    assert hear(text, "It is deep.", "Harbour Day") == Spoken(Voice.DIRECT)


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("A title", "joint statement"),
        ("Joint Statement of the Ministers", "statement"),
        ("Valdoria-Ostland Joint Statement on Harbours", "statement"),
        ("Memorandum of Understanding between Valdoria and Ostland", "statement"),
        ("Statement by President Arun Mehta and Prime Minister Ines Roth on Harbours", "statement"),
        ("Statement by President Arun Mehta, Prime Minister Ines Roth, and President Tan", "statement"),
    ],
)
def test_a_joint_text_speaks_for_all_who_issue_it(title: str, kind: str) -> None:
    assert hear("Ministers welcomed the deal.", "Ministers welcomed the deal.", title, kind) == Spoken(Voice.JOINT)


def test_what_introduces_a_joint_text_is_narration() -> None:
    text = "The leaders released the following joint statement:\n\nWe will meet again."
    assert hear(text, "The leaders released the following joint statement:", "Joint Statement") == Spoken(
        Voice.NARRATION
    )
    assert hear(text, "We will meet again.", "Joint Statement") == Spoken(Voice.JOINT)


def test_a_statement_on_a_joint_statement_is_not_joint() -> None:
    title = "Statement by President Arun Mehta on the Joint Statement with Ostland"
    assert hear("We will meet again.", "We will meet again.", title).voice is Voice.DIRECT


def test_looking_does_not_go_back_over_the_whole_text_for_each_sentence() -> None:
    """Many openings, nestings and labels cost little: a hang would run into the suite's time limit."""
    for piece in (
        "“a ‘b ",
        "“a b c d,” said X. ",
        "“a b c\n\n",
        "MS. X: hi\nQ yes\n",
        "The President ",
        "In X, ",
        "He said. ",
    ):
        text = piece * 4_000
        voices = Voices(Statement(id="x", title="A title", published=date(2025, 11, 24)), text)
        for start in range(0, len(text), len(text) // 50):
            voices.of(start, min(len(text), start + 100))
        voices.of(0, len(text))
