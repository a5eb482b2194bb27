"""Transcripts and parliamentary answers: where one speaker's turn begins and ends."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from corpus.model import Statement
from ingest.voice.people import Person, is_marked, office_held, office_in, surname

_QUESTIONER = re.compile(r"Q(?:UESTION|uestion)?\d{0,3}|REPORTERS?|Reporter|PRESS")
_LABEL = re.compile(
    r"^(?:(?P<q>Q\d{0,3}) +(?=\S)|(?P<who>[A-Z][^\n:;!?“”\"]{0,90}?) ?:(?=\s|$))"
    r"|^(?P<aside>[(\[][^\n]{0,300}[)\]]|\d{1,2}:\d\d [AP]\.?M\.?[^\n]{0,20}|END\b[^\n]{0,30}|#{2,}|\* \* \*)$",
    re.MULTILINE,
)
_ROLES = frozenset(
    "MODERATOR AIDE AUDIENCE OPERATOR INTERPRETER PARTICIPANT PARTICIPANTS REPORTER OFFICIAL SPEAKER STAFF HOST ANCHOR"
    " STUDENT ATTENDEE TRANSLATOR CHAIR CHAIRMAN VOICE".split()
)
_SPOKEN = re.compile(
    r"\b(?:remarks|briefing|gaggle|press (?:conference|call|availability|encounter)|interview|conversation|q ?& ?a"
    r"|transcript|town hall|hearing|media interaction|questions and answers)\b",
    re.IGNORECASE,
)
_COURTESY = re.compile(r"(?:Mr|Mrs|Ms|Miss|Dr|Shri|Smt|Moderator|Official Spokesperson)\b\.?")
_PHRASES = frozenset("for on to from and by in about with as first second third next last".split())
_IN_BRACKETS = re.compile(r" *\([^)]*\)")
_LONGEST_LABEL, _LONGEST_NAME = 8, 6
_QUESTION = re.compile(
    r"^(?:Parliamentary )?(?:Questions?|QUESTIONS?)(?: No\.? ?\d+| \d+)?:?[ ]*(?:$|(?<=:) )", re.MULTILINE
)
_ANSWER = re.compile(
    r"^(?:(?:Oral |Written |Parliamentary )?(?:Reply|Answer|Response|REPLY|ANSWER|ANSWERED)"
    r"(?: (?:by|from) (?P<by>[^\n:]{3,120}))?)(?::|$)",
    re.MULTILINE,
)
_ASKER = re.compile(
    r"^(?P<name>(?:Mr|Mrs|Ms|Miss|Mdm|Dr|Prof|Assoc Prof|Shri|Smt|Sir|Dame)\.? [^\n,(:]{2,60})[^\n]{0,120}$"
)


@dataclass(frozen=True, slots=True)
class Turn:
    """From `start` on somebody speaks, until the next turn.

    Attributes:
        speaker: whose words follow; None where nobody is named, or nobody speaks.
        aside: what follows is nobody's words but the record's own (place, time, applause).
    """

    start: int
    speaker: Person | None
    aside: bool = False


def turns(statement: Statement, text: str) -> list[Turn]:
    """The turns of a text in order, with the record's own words before the first; none where it is no transcript."""
    labels = list(_LABEL.finditer(text))
    if not _is_transcript(statement, labels):
        return []
    found = [Turn(0, None, aside=True)]
    known: dict[str, Person] = {}
    for match in labels:
        last = next((turn for turn in reversed(found[-2:]) if not turn.aside), None)
        if match["aside"]:
            # What stands in brackets on a line of its own interrupts a speaker, who goes on in the next line.
            found.append(Turn(match.start(), None, aside=True))
            if last and match["aside"][0] in "([":
                found.append(Turn(match.end(), last.speaker))
        elif match["q"]:
            found.append(Turn(match.start(), Person(match["q"])))
        elif _is_label(match["who"]):
            speaker = known.get(match["who"]) or _speaker(match["who"], statement.title)
            known[match["who"]] = speaker
            found.append(Turn(match.start(), speaker))
        elif _may_be_a_label(match["who"]):
            # Whoever that is, it is not the speaker before.
            found.append(Turn(match.start(), None))
    return found


def answers(text: str, author: Person | None) -> list[Turn]:
    """The turns of a parliamentary question and its answer; none where the text has not both.

    Args:
        text: the whole version.
        author: whom the title names as giving the answer.
    """
    answer = _ANSWER.search(text)
    question = _QUESTION.search(text)
    if answer is None or question is None or question.start() > answer.start():
        return []
    lines = text[: question.start()].rstrip().splitlines()
    asker = _ASKER.match(lines[-1]) if lines else None
    found = [
        Turn(0, None, aside=True),
        Turn(question.start(), Person(asker["name"].strip()) if asker else None),
        Turn(answer.start(), Person(answer["by"].strip(), office_in(answer["by"])) if answer["by"] else author),
    ]
    return found


def _is_transcript(statement: Statement, labels: list[re.Match[str]]) -> bool:
    questions = sum(bool(match["q"]) for match in labels)
    written = Counter(match["who"] for match in labels if match["who"] and _is_label(match["who"]))
    if _SPOKEN.search(statement.title) or _SPOKEN.search(statement.kind.replace("-", " ")):
        return bool(written) or questions > 0
    return (questions > 1 and bool(written)) or (len(written) > 1 and written.most_common(1)[0][1] > 1)


def _is_label(who: str) -> bool:
    """Whether what stands before a colon names a speaker, and is no heading."""
    who = _IN_BRACKETS.sub("", who).strip()
    words = who.split()
    if not words or len(words) > _LONGEST_LABEL:
        return False
    if _QUESTIONER.fullmatch(who) or _COURTESY.match(who):
        return True
    if who.upper() == who:
        return bool(_ROLES & set(words)) or is_marked(who)
    return is_marked(who) and _is_capitalised(words)


def _may_be_a_label(who: str) -> bool:
    """Whether, in a transcript, what stands before a colon may name a speaker, though nothing shows that it does."""
    words = _IN_BRACKETS.sub("", who).split()
    if who.upper() == who:
        return 0 < len(words) <= 2 * _LONGEST_NAME
    return len(words) > 1 and _is_capitalised(words)


def _is_capitalised(words: list[str]) -> bool:
    """Whether words are a short name in capitals and small letters, not a phrase like "On Sudan" or "For Dr. Roth"."""
    return len(words) <= _LONGEST_NAME and all(word[0].isupper() for word in words) and words[0].lower() not in _PHRASES


def _speaker(who: str, title: str) -> Person:
    name = _IN_BRACKETS.sub("", who).strip(" .")
    office = None if _ROLES & set(name.split()) else office_in(name)
    bare = None if office else surname(name)
    return Person(name, office or (office_held(bare, (title,)) if bare else None))
