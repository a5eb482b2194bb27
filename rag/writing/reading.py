"""What a sentence says, taken apart so far that two sentences can be compared: words with polarity and mood, numbers,
dates and names. Rules over words, with no model: what they see they see in the same way every time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cache

from text_to_num import alpha2digit

from corpus.analysis import function_terms, terms
from rag.understand import names

_WORD = re.compile(r"[^\W_]+(?:[’'][^\W_]+)?")
_CLAUSE = re.compile(r"[,;:()—–]|\.(?=\s)|\b(?:but|while|whereas|although|though|because)\b", re.I)
# Past forms that a stemmer leaves apart from their verb.
_IRREGULAR = dict(
    pair.split(":")
    for pair in (
        "met:meet spoke:speak spoken:speak held:hold said:say told:tell gave:give given:give took:take taken:take"
        " made:make sent:send bought:buy sold:sell built:build led:lead won:win lost:lose grew:grow grown:grow"
        " rose:rise risen:rise fell:fall fallen:fall began:begin begun:begin came:come went:go gone:go wrote:write"
        " written:write sought:seek brought:bring left:leave saw:see seen:see paid:pay kept:keep became:become"
        " understood:understand withdrew:withdraw withdrawn:withdraw chose:choose chosen:choose sprang:spring"
    ).split()
)
_PAST = frozenset(_IRREGULAR)

_NEGATES = frozenset("not no never none neither nor without cannot nobody nothing hardly".split())
# Verbs that say no to what follows them.
_REFUSES = frozenset("declin refus reject fail deni lack".split())
_NOT_NEGATION = re.compile(
    r"\bnot\s+(?:only|just|merely|simply)\b|\bno\s+(?:later|less|fewer|more|sooner)\s+than\b|\bno\s+doubt\b", re.I
)
# In a question "thanks" and "give" carry nothing; in a statement they are what somebody did.
_EMPTY = function_terms() - {"thank", "give"}
_SCOPE = 4  # content words after a negation that it may be about


class Mood(Enum):
    """How a word is put: as a fact, as what will be, may be or should be, or as an aim; unknown for most words."""

    FACT = 1
    FUTURE = 2
    POSSIBLE = 3
    DUTY = 4
    AIM = 5
    UNKNOWN = 6


_MOODS = (
    dict.fromkeys("will shall would ll".split(), Mood.FUTURE)
    | dict.fromkeys("may might could".split(), Mood.POSSIBLE)
    | dict.fromkeys("should must ought".split(), Mood.DUTY)
    | dict.fromkeys("is are was were has have had did been being".split(), Mood.FACT)
)
_PLANS = frozenset("plan plans planned intend intends intended expected scheduled set due going aims hopes".split())
_PASSED_OVER = frozenset("not also be been have both then now further never soon jointly".split())


@dataclass(frozen=True, slots=True)
class Word:
    """A word in its sentence.

    Attributes:
        stem: what it is compared by.
        clause: which of the sentence's clauses it is in, counted from 0.
        named: it is part of a name.
        content: it is no function word.
        negated: a negation may be about it.
        denied: a negation is right before it.
    """

    surface: str
    stem: str
    clause: int
    named: bool
    content: bool
    mood: Mood
    negated: bool = False
    denied: bool = False


@dataclass(frozen=True, slots=True)
class Number:
    """A number: its value and unit, and the stems of the words that it counts."""

    text: str
    value: float
    unit: str
    about: frozenset[str]
    roughly: bool


@dataclass(frozen=True, slots=True)
class Day:
    """A date, as far as it is told."""

    text: str
    year: int | None
    month: int | None
    day: int | None


@dataclass(frozen=True, slots=True)
class Reading:
    """A sentence taken apart."""

    text: str
    words: tuple[Word, ...]
    numbers: tuple[Number, ...]
    days: tuple[Day, ...]

    @property
    def stems(self) -> frozenset[str]:
        """Of its content words."""
        return frozenset(word.stem for word in self.words if word.content)

    @property
    def negates(self) -> bool:
        """Whether there is any negation in it."""
        return any(word.negated or word.denied for word in self.words)


def read(text: str) -> Reading:
    """Take a sentence apart."""
    undated = _DATE.sub(lambda match: " " * len(match[0]), text)
    return Reading(text, _words(undated), tuple(_numbers(undated)), tuple(_days(text)))


@cache
def stem(surface: str) -> str:
    """What a word is compared by."""
    low = surface.lower()
    found = terms(_IRREGULAR.get(low, low))
    return found[0] if found else low


def _words(text: str) -> tuple[Word, ...]:
    named = {part.lower() for name in names(text) for part in _WORD.findall(name)}
    borders = [match.start() for match in _CLAUSE.finditer(text)]
    silent = [match.span() for match in _NOT_NEGATION.finditer(text)]
    words: list[Word] = []
    scope, denies, clause = 0, False, 0
    for match in _WORD.finditer(text):
        surface = match[0]
        low = surface.lower().replace("’", "'")
        here = sum(border < match.start() for border in borders)
        if here != clause:
            scope, denies, clause = 0, False, here
        root = stem(re.sub(r"'s?$", "", low))
        content = root not in _EMPTY and low not in _MOODS and low not in _NEGATES
        is_named = surface[0].isupper() and re.sub(r"'s?$", "", low) in {n.replace("’", "'") for n in named}
        words.append(
            Word(
                surface,
                root,
                here,
                is_named,
                content,
                _mood(words, low, here),
                content and scope > 0,
                content and denies,
            )
        )
        if content and scope:
            scope, denies = scope - 1, False
        negation = low in _NEGATES or low.endswith("n't") or root in _REFUSES
        if negation and not any(a <= match.start() < b for a, b in silent):
            scope, denies = _SCOPE, True
    return tuple(words)


def _mood(before: list[Word], low: str, clause: int) -> Mood:
    """The mood of a word, by what governs it: helping verbs right before it, with adverbs between."""
    past = low.endswith("ed") or low in _PAST
    fact = past
    for i in range(len(before) - 1, max(-1, len(before) - 6), -1):
        helper = before[i].surface.lower()
        if before[i].clause != clause:
            break
        if helper == "to":
            return Mood.FUTURE if i and before[i - 1].surface.lower() in _PLANS else Mood.AIM
        mood = Mood.FUTURE if helper.endswith(("'ll", "’ll")) else _MOODS.get(helper)
        if mood is not None and mood is not Mood.FACT:
            return mood
        fact = fact or mood is Mood.FACT
        if mood is None and helper not in _PASSED_OVER and not helper.endswith("ly"):
            break
    return Mood.FACT if fact else Mood.UNKNOWN


# ---- numbers --------------------------------------------------------------------------------------------------------

_TIMES = {
    "hundred": 1e2, "thousand": 1e3, "k": 1e3, "lakh": 1e5, "million": 1e6, "mn": 1e6, "m": 1e6, "crore": 1e7,
    "billion": 1e9, "bn": 1e9, "trillion": 1e12, "tn": 1e12, "1000": 1e3, "1000000": 1e6, "1000000000": 1e9,
    "1000000000000": 1e12, "100": 1e2, "dozen": 12.0,
}  # fmt: skip
_SMALL = dict(zip("two three four five six seven eight nine".split(), range(2, 10), strict=True))
_MONEY = {"$": "$", "usd": "$", "dollar": "$", "€": "€", "eur": "€", "euro": "€", "£": "£", "gbp": "£", "pound": "£",
          "₹": "₹", "rs": "₹", "inr": "₹", "rupee": "₹"}  # fmt: skip
_NUMBER = re.compile(
    r"(?:(?P<money>[$€£₹]|\b(?:USD|EUR|GBP|INR|Rs)\b\.?)\s?)?(?<![\w.])(?P<digits>\d[\d,]*(?:\.\d+)?)(?P<nth>st|nd|rd|th)?\b"
    r"(?:[ -]?(?P<times>hundred|thousand|lakh|million|crore|billion|trillion|dozen|mn|bn|tn|k|m"
    r"|1000000000000|1000000000|1000000|1000|100)\b)?"
    r"(?:\s?(?P<share>%|per\s?cent\b|percent\b))?(?:\s(?P<after>dollars?|euros?|pounds?|rupees?)\b)?",
    re.I,
)
_ROUGHLY = re.compile(r"\b(?:about|around|nearly|almost|roughly|approximately|some|over|more\s+than)\s+$", re.I)


def _numbers(text: str) -> Iterator[Number]:
    """Numbers in digits and in words ("twenty-five", "two billion"); not the word "one", which seldom counts."""
    digits = alpha2digit(text, "en")
    digits = re.sub(rf"\b(?:{'|'.join(_SMALL)})\b", lambda m: str(_SMALL[m[0].lower()]), digits, flags=re.I)
    for match in _NUMBER.finditer(digits):
        value = float(match["digits"].replace(",", "") or 0) * _TIMES.get((match["times"] or "").lower(), 1.0)
        money = (match["money"] or match["after"] or "").lower().strip(".")
        unit = "%" if match["share"] else "th" if match["nth"] else _MONEY.get(money) or _MONEY.get(money[:-1], "")
        yield Number(match[0].strip(), value, unit, _counted(digits[match.end() :]), _is_rough(digits, match.start()))


def _counted(rest: str) -> frozenset[str]:
    """The first two content words of the clause that a number stands in, after it."""
    clause = _CLAUSE.split(rest[:80], maxsplit=1)[0]
    stems = [stem(word) for word in _WORD.findall(clause)]
    return frozenset([root for root in stems if root not in function_terms()][:2])


def _is_rough(text: str, start: int) -> bool:
    return bool(_ROUGHLY.search(text[max(0, start - 20) : start]))


# ---- dates ----------------------------------------------------------------------------------------------------------

_MONTHS = "january february march april may june july august september october november december".split()
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|" + "|".join(m.title() for m in _MONTHS) + r")\b\.?"
_DATE = re.compile(
    rf"\b(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<m1>{_MONTH})(?:,?\s+(?P<y1>\d{{4}}))?"
    rf"|\b(?P<m2>{_MONTH})\s+(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+(?P<y2>\d{{4}}))?"
    rf"|\b(?P<y3>\d{{4}})-(?P<m3>\d\d)-(?P<d3>\d\d)\b"
    rf"|\b(?P<m4>{_MONTH}),?\s+(?P<y4>\d{{4}})\b"
    r"|(?<![$€£₹,.\d-])\b(?P<y5>(?:19|20)\d\d)\b(?![,.]\d)(?!\s*(?:%|per\s?cent|million|billion|people|troops))"
)


def _days(text: str) -> Iterator[Day]:
    for match in _DATE.finditer(text):
        part = {name[0]: value for name, value in match.groupdict().items() if value}
        yield Day(match[0], _int(part.get("y")), _month(part.get("m")), _int(part.get("d")))


def _int(text: str | None) -> int | None:
    return int(text) if text else None


def _month(text: str | None) -> int | None:
    if text is None or text.isdigit():
        return _int(text)
    return next(i for i, month in enumerate(_MONTHS, start=1) if month.startswith(text.lower().rstrip(".")[:3]))
