"""Who speaks in a sentence, and how, as far as the text itself says so.

A speaker is never assumed: where the text names none, it is None. The rules read one paragraph, so they are cheap
enough to run on the few sentences that an answer quotes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from corpus.model import Statement, Voice

_OPENING, _CLOSING = "“«„", "”»"
_CAPITAL = r"(?:[A-Z][a-z]{0,3}\.|(?:[A-Z]\.)+|[A-Z][\w’'-]*)"
_NAME = rf"(?:{_CAPITAL}|bin|al|de|da|von|van|der|of|the)"
# A name: capitalised words, with the particles that stand inside one, ending in a capitalised word.
_PERSON = rf"(?P<who>(?:(?:The|the)\s+)?{_CAPITAL}(?:\s+{_NAME})*?)"
_SAYS = (
    r"(?:said|says|stated|added|noted|told|explained|remarked|announced|declared|recalled|replied|warned|wrote"
    r"|stressed|underscored|underlined|emphasi[sz]ed|highlighted|reiterated|reaffirmed|affirmed|expressed|conveyed"
    r"|welcomed|thanked|congratulated|condemned|urged|called\s+(?:for|on)|raised|offered|committed|pledged|briefed"
    r"|reviewed|discussed|spoke|met|held|agreed|restated|invited|requested|asked|praised|commended|outlined|described"
    r"|detailed|appreciated|acknowledged|confirmed|pointed\s+out|made\s+clear)"
)
_BEFORE = re.compile(
    rf"^(?:[^.“\"]{{0,80}}?,\s+)?{_PERSON}(?:,[^,]{{2,80}},)?\s+(?:also\s+|today\s+|then\s+)?{_SAYS}\b"
)
_SAID_NAME = re.compile(rf"^,?\s*{_SAYS}\s+{_PERSON}(?=[,.;]|\s[a-z]|$)")
_NAME_SAID = re.compile(rf"^,?\s*{_PERSON}\s+{_SAYS}\b")
_REPORTS = re.compile(rf"\b{_SAYS}\b")
_LABEL = re.compile(r"^(?P<who>Q|[A-Z][A-Z.’'\- ]{2,60}|(?:Mr|Mrs|Ms|Dr)\.? [A-Z][\w’' -]{1,40}):?(?:\s{2,}|:\s)")
_TITLE_SPEAKER = re.compile(
    r"^(?:Remarks|Statement|Speech|Address|Opening Address|Closing Address|Keynote)\b[^,]{0,20}?\s(?:by|from|of)\s"
    rf"(?P<who>{_CAPITAL}(?:\s+{_NAME})*?)"
    r"(?=\s+(?:[Oo]n|[Aa]t|[Ii]n|[Ff]or|[Bb]efore|[Aa]fter|[Rr]egarding|[Cc]oncerning|[Tt]o)\b|[,:–—]|$)"
)
# A sentence with this share of quoted words is a quote with its attribution, not a report with a quoted term.
_MOSTLY_QUOTED = 0.3
# Subjects that stand for somebody named elsewhere: reported speech, but by whom is for the reader to see.
_NOT_A_NAME = re.compile(
    r"^(?:the\s+)?(?:they|he|she|it|we|i|both|all|this|that|these|those|there|two|leaders?|sides?|officials?|ministers?"
    r"|delegations?|participants?|talks?|discussions?|meetings?|parties|committee|in|on|at|as|during|for|with|while"
    r"|earlier|later|also|today|such)\b",
    re.I,
)


def voice_of(statement: Statement, text: str, start: int, end: int) -> tuple[Voice, str | None]:
    """The voice of ``text[start:end]``, and its speaker where the text names one.

    Args:
        statement: whose version `text` is.
        text: the whole version.
        start: of the sentence, as a character offset.
        end: of the sentence.
    """
    left = text.rfind("\n\n", 0, start) + 2 if "\n\n" in text[:start] else 0
    right = text.find("\n\n", end)
    paragraph = text[left : right if right >= 0 else len(text)]
    sentence = text[start:end]
    quoted = _quoted_share(paragraph, start - left, end - left)
    if quoted > _MOSTLY_QUOTED:
        return Voice.DIRECT, _attributed(paragraph, start - left, end - left)
    label = _LABEL.match(paragraph)
    if label and statement.kind.casefold() != "joint statement":
        return Voice.DIRECT, None if label["who"] == "Q" else label["who"].strip(" .:")
    if statement.kind.casefold() == "joint statement" or statement.title.casefold().startswith("joint statement"):
        return Voice.JOINT, None
    own = _TITLE_SPEAKER.match(statement.title)
    if own:
        return Voice.DIRECT, own["who"]
    reported = _BEFORE.match(sentence)
    if reported:
        return Voice.REPORTED, _person(reported["who"])
    return (Voice.REPORTED if _REPORTS.search(sentence) else Voice.NARRATION), None


def _quoted_share(paragraph: str, start: int, end: int) -> float:
    """How much of ``paragraph[start:end]`` is between quotation marks; straight marks open and close in turn."""
    depth, straight, inside = 0, False, 0
    for i, char in enumerate(paragraph[:end]):
        if char in _OPENING:
            depth += 1
        elif char in _CLOSING:
            depth = max(0, depth - 1)
        elif char == '"':
            straight = not straight
        elif i >= start and (depth or straight):
            inside += 1
    return inside / max(1, end - start)


def _attributed(paragraph: str, start: int, end: int) -> str | None:
    """Who is said to have said a quote: in its own sentence, right after it, or leading up to it."""
    closing = [i for i in range(start, end) if paragraph[i] in _CLOSING + '"']
    for quote_end in closing or [_next(paragraph, _CLOSING + '"', end)]:
        rest = paragraph[quote_end + 1 : quote_end + 200] if quote_end >= 0 else ""
        after = _SAID_NAME.match(rest) or _NAME_SAID.match(rest)
        if after:
            return _person(after["who"])
    opened = _opened(paragraph, start, end)
    match = _BEFORE.match(re.split(r"[.!?][”»\"]?\s+", paragraph[: max(opened, 0)])[-1])
    return _person(match["who"]) if match else None


def _next(text: str, marks: Iterable[str], start: int) -> int:
    found = [i for mark in marks if (i := text.find(mark, start)) >= 0]
    return min(found, default=-1)


def _opened(paragraph: str, start: int, end: int) -> int:
    """Where the quote opens that the sentence is in, or that is the first in it; -1 for nowhere."""
    first, straight = -1, False
    for i, char in enumerate(paragraph[:end]):
        if char in _OPENING or (char == '"' and not straight):
            if i < start or first < 0:
                first = i
        elif (char in _CLOSING or char == '"') and i < start:
            first = -1
        straight = straight != (char == '"')
    return first


def _person(who: str) -> str | None:
    if _NOT_A_NAME.match(who):
        return None
    return who.strip(" ,")
