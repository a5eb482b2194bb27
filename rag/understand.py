"""From the reader's words to a question that stands alone, with its window of time and the shape of its answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from wordfreq import zipf_frequency

from corpus.lexical import LexicalIndex
from corpus.model import Filters
from rag.asked import Pick, focus_of, pick_of, without_pick
from rag.concepts import Concept, Thesaurus
from rag.dates import Window, window_of, without_dates
from rag.followup import Resolved, resolve
from rag.model import Question, Shape, Turn
from rag.sides import sides_of

_CONTACTS = r"(?:calls|meetings|statements|contacts|readouts|visits)"
_TIMELINE = re.compile(
    r"\b(?:timeline|chronolog\w*|list\s+(?:all|every|each|the|\w+['’]s)"
    r"|every\s+(?:\w+\s+){0,3}?(?:call|meeting|statement|contact|readout|visit)"
    rf"|(?:all|which)\s+(?:the\s+|of\s+the\s+)?(?:\w+\s+){{0,2}}?{_CONTACTS}|\w+['’]s\s+(?:\w+\s+){{0,2}}?{_CONTACTS}"
    r"|track|trace|sequence\s+of|history\s+of|how\s+often|dates\s+and\s+topics|over\s+time|over\s+the\s+years"
    r"|year\s+by\s+year|in\s+(?:date\s+)?order|evolve[ds]?|evolution)\b",
    re.I,
)
_COMPARISON = re.compile(
    r"\b(?:compar(?:e[ds]?|ing|ison)|differ(?:s|ed|ent|ence|ences)?|versus|vs?\.?|contrast|(?:what|how)\s+(?:has\s+|had\s+)?"
    r"changed\s+between|set\s+.{3,80}?\s+against|same\s+in\s+both|what\s+was\s+the\s+same|side\s+by\s+side)\b",
    re.I,
)
_DISCUSSION = re.compile(
    r"\b(?:discuss\w*|talk(?:s|ed|ing)?|cover(?:s|ed)?|rais(?:e|es|ed)|agenda|topics?|speak|spoke|spoken|conversation"
    r"|exchang\w+|go(?:ne)?\s+(?:over|through|into)|went\s+(?:over|through|into)|c[ao]me\s+(?:up|out)|t[ao]ke?n?\s+up"
    r"|took\s+up|main\s+points|(?:say|said|tell|told)\s+(?:\w+\s+){0,3}?(?:to|about|on)|what\s+about|brief\s+me"
    r"|summari[sz]e|touch(?:ed)?\s+on)\b",
    re.I,
)
# A follow-up that has no verb of its own: "and with Qatar?", "what about space?".
_ELLIPTIC = re.compile(
    r"^\W*(?:and|what\s+about|how\s+about|same|also|or)\b(?!.*\b(?:is|are|was|were|did|does|do|has|have)\b)", re.I
)
# A follow-up that puts another place where the turns before had one: "and in Doha?", "and with Qatar?".
_ELSEWHERE = re.compile(r"^\W*(?:and|but|what\s+about|how\s+about|or)\s+(?:in|at|with|to)\b", re.I)
# Whose text is meant: "the Omani readout", "India's statement", "according to NATO".
_ISSUER = r"[A-Z][\w-]+(?:\s+(?:(?:of|for)\s+(?:the\s+)?)?[A-Z][\w-]+)"
_ACCOUNT = re.compile(
    rf"(?<![\w-])(?:the\s+)?(?P<of>{_ISSUER}{{0,4}}?)(?:(?:['’]s?)?\s+(?:readout|version|account|press\s+release)"
    rf"|['’]s?\s+(?:statement|release))\b|(?:,\s*)?\b[Aa]ccording\s+to\s+(?:the\s+)?(?P<by>{_ISSUER}{{0,4}}),?"
)
_NAME = re.compile(r"\b(?:[A-Z][\w’'-]+|[A-Z]{2,})(?:\s+(?:(?:bin|al|da|de|der|van|von|of|the)\s+)*[A-Z][\w’'-]+)*")
# Words that open a question with a capital and name nobody.
_OPENERS = frozenset(
    "and are as at before brief by can compare could did do does during for from give has have he how i if in is list "
    "main of on please set she show since summarise summarize tell thanks that the there they to trace track until "
    "was were what when where which who whom whose why will with would".split()
)


_PLAIN = 4.6  # Zipf frequency from which a capitalised first word is taken for no name
# What earlier turns said counts, but less than the words of this turn.
_EARLIER = 0.5
_ANSWERED = 0.3
_PRONOUN = re.compile(r"\b(?:he|him|his|she|her|hers|they|them|their|there)\b", re.I)


def understand(
    text: str, history: Sequence[Turn], given: Filters, today: date, thesaurus: Thesaurus, lexical: LexicalIndex
) -> Question:
    """What is asked.

    Args:
        text: the reader's words.
        history: the turns before, oldest first.
        given: filters that the reader set; a window there wins over one in the words.
        today: what "last week" counts from.
        thesaurus: other words for the same thing.
        lexical: where words are counted.
    """
    resolved = resolve(text, history)
    filters = given
    if not (given.date_from or given.date_to):
        window = _window(resolved, today)
        if window is not None:
            filters = replace(filters, date_from=window.first, date_to=window.last)
    named = names(without_dates(resolved.standalone))
    pick = pick_of(without_dates(resolved.question))
    concepts = _concepts(resolved, pick, thesaurus, lexical)
    shape = Shape.TIMELINE if pick and pick.several else _shape(resolved)
    if not given.issuers and shape is not Shape.COMPARISON:
        filters = replace(filters, issuers=_whose_account(resolved.question, thesaurus))
    question = Question(
        text=text,
        standalone=resolved.standalone,
        filters=filters,
        people=tuple(name for name in named if not thesaurus.is_place(name)),
        places=tuple(name for name in named if thesaurus.is_place(name)),
        shape=shape,
        concepts=concepts,
        focus=_focus(resolved.question, concepts, thesaurus, lexical),
        pick=pick,
    )
    if shape is not Shape.COMPARISON:
        return question
    sides = sides_of(question, resolved.question, names(without_dates(resolved.question)), today, thesaurus)
    return replace(question, sides=sides)


def _whose_account(text: str, thesaurus: Thesaurus) -> tuple[str, ...]:
    """The issuers that "the Omani readout" or "according to NATO" keeps to; none where nobody of that name issued."""
    found = _ACCOUNT.search(text)
    return thesaurus.issuers_of(found["of"] or found["by"]) if found else ()


def without_account(text: str) -> str:
    """The question without the words that keep it to one side's text: "the Omani readout" becomes "the readout"."""
    return _ACCOUNT.sub(_unsigned, text)


def _unsigned(found: re.Match[str]) -> str:
    if found["by"]:
        return ""
    return found[0].replace(found["of"], "", 1).replace("’s", "", 1).replace("'s", "", 1)


def _focus(
    text: str, concepts: Sequence[Concept], thesaurus: Thesaurus, lexical: LexicalIndex
) -> tuple[tuple[Concept, ...], ...]:
    """The concepts of each phrase of which an answer has to have something."""
    phrases = [
        {concept.label for concept in thesaurus.concepts(phrase, (), lexical, 1.0)}
        for phrase in focus_of(without_dates(text))
    ]
    groups = (tuple(c for c in concepts if c.label in labels and not c.asking) for labels in phrases)
    return tuple(group for group in groups if group)


def _window(resolved: Resolved, today: date) -> Window | None:
    """The window of a question, carried from turn to turn as each turn moves it."""
    window: Window | None = None
    for words in (*(turn.question for turn in resolved.thread), resolved.question):
        window = window_of(words, today, window) or window
    return window


def _concepts(
    resolved: Resolved, pick: Pick | None, thesaurus: Thesaurus, lexical: LexicalIndex
) -> tuple[Concept, ...]:
    """What this turn is about, then what earlier ones add; the words of a period filter, and are no topic."""
    parts = [(without_pick(resolved.question, pick), 1.0)]
    elsewhere = bool(_ELSEWHERE.match(resolved.question))
    for age, turn in enumerate(reversed(resolved.thread)):
        parts.append((turn.question, _EARLIER / (1 + age)))
        if _PRONOUN.search(resolved.question):
            parts.append((" ".join(names(_subject(turn.answer))), _ANSWERED / (1 + age)))
    found: dict[str, Concept] = {}
    for part, weight in parts:
        moved = elsewhere and any(thesaurus.is_of_place(concept) for concept in found.values())
        for concept in thesaurus.concepts(without_dates(part), names(part), lexical, weight):
            if not (moved and weight < 1 and thesaurus.is_of_place(concept)):
                found.setdefault(concept.label, concept)
    return tuple(found.values())


def _subject(answer: str) -> str:
    """The line of an answer that says which statement it quotes first: who "she" is, where the question did not say."""
    return next((line for line in answer.splitlines() if line.startswith("**")), "")


def names(text: str) -> list[str]:
    """Runs of capitalised words that are not the opening of a sentence, each once, in order."""
    found = []
    for match in _NAME.finditer(text):
        words = match[0].split()
        while words and words[0].lower() in _OPENERS:
            words = words[1:]
        if words and match.start() == 0 and _is_plain(words[0]):
            words = words[1:]
        if words:
            found.append(re.sub(r"['’]s?$", "", " ".join(words)))
    return list(dict.fromkeys(found))


def _is_plain(word: str) -> bool:
    """Whether the first word of a question is a common word that only its place gives a capital."""
    return word.istitle() and word[-1].isalpha() and zipf_frequency(word, "en") >= _PLAIN


def _shape(resolved: Resolved) -> Shape:
    """What kind of answer is asked for; "and with Qatar?" asks for what the turn before did."""
    for words in (resolved.question, *(turn.question for turn in reversed(resolved.thread))):
        if _COMPARISON.search(words):
            return Shape.COMPARISON
        if _TIMELINE.search(words):
            return Shape.TIMELINE
        if _DISCUSSION.search(words):
            return Shape.DISCUSSION
        if not _ELLIPTIC.match(words):
            break
    return Shape.FACT
