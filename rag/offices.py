"""Who held an office at the time asked about, as the statements themselves name its holder.

"What did the UK prime minister say in October 2022?" is also answered by a statement that names Rishi Sunak and no
office. Which name goes with an office changes, so it is read out of the statements of the window: the name that stands
beside the office there, most often and with the same place.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache

from corpus.analysis import terms
from corpus.holdings import Holdings
from corpus.model import Filters
from rag.concepts import Concept, Thesaurus
from rag.model import Question

_PASSAGES, _MOST_OFFICES = 200, 3
# A holder is named in a large share of all mentions; and, where no country narrows the office down, more than once.
_SHARE, _MOST_HOLDERS = 0.2, 3
_PART = r"(?:[A-Z][\w’'-]*[a-z][\w’'-]*|[A-Z]\.)"
_PERSON = rf"(?P<name>(?:{_PART}\s+(?:(?:bin|ibn|al|el|da|de|der|van|von|of\s+the)\s+)?){{0,4}}{_PART})"
_OF = re.compile(r"\s+(?:of|for)\s+(?:the\s+)?([A-Z][\w-]+(?:\s+[A-Z][\w-]+){0,2})")
# A vice president is no president, and a former one holds no office.
_NO_OTHER = r"(?<!Vice\s)(?<!Deputy\s)(?<!ormer\s)(?<!Assistant\s)"
_NOT_A_NAME = frozenset(
    terms("the and of his her its president minister prime foreign secretary general chief adviser vice deputy mr ms "
          "mrs today yesterday met meeting call statement readout government council ministry united")
)  # fmt: skip
# A pattern after what it has beside a name it opens with: what could be a name is slow to look for, and most texts have
# nothing of the rest.
Pattern = tuple[re.Pattern[str], re.Pattern[str]]


@dataclass(frozen=True, slots=True)
class Office:
    """An office that a question names without its holder.

    Attributes:
        concept: the office in the question.
        names: every way to write it.
        places: every way to write the country that it is of; empty where the question names none.
    """

    concept: Concept
    names: tuple[str, ...]
    places: tuple[str, ...]


def with_holders(question: Question, thesaurus: Thesaurus, holdings: Holdings) -> Question:
    """The question with the holders of its offices as other words for them, and among its people.

    Only for offices without a name after them, and where the statements of the window name a holder.
    """
    for office in _offices_in(question, thesaurus):
        found = holders(office, question, holdings)
        surnames = [(surname,) for surname in found.values()]
        place = set(_forms(office.places))
        concepts = tuple(
            # Who holds the office stands for its country, too.
            replace(concept, forms=tuple(dict.fromkeys([*concept.forms, *surnames])))
            if concept.label == office.concept.label or place.intersection(concept.forms)
            else concept
            for concept in question.concepts
        )
        question = replace(question, concepts=concepts, people=tuple(dict.fromkeys([*question.people, *found])))
    return question


def holders(office: Office, question: Question, holdings: Holdings) -> dict[str, str]:
    """Who holds an office in the statements of a question's window, most often named first.

    Returns:
        Full names, each with the term that is its surname: the part that stands alone elsewhere ("Kishida" of
        "Kishida Fumio"), else the last.
    """
    groups = [office.concept.forms, *([_forms(office.places)] if office.places else [])]
    window = replace(question.filters, issuers=(), speakers=(), kinds=())
    patterns = _patterns(office)
    named = Counter(name for text in _texts(groups, window, holdings) for name in _named(text, patterns))
    alone = {terms(name)[0] for name in named if len(terms(name)) == 1}
    by_surname: dict[str, Counter[str]] = {}
    for name, count in named.items():
        parts = terms(name)
        surname = next((part for part in reversed(parts) if part in alone), parts[-1])
        by_surname.setdefault(surname, Counter())[name] += count
    enough = max(1 if office.places else 2, _SHARE * named.total())
    ranked = sorted(by_surname.items(), key=lambda pair: -pair[1].total())
    return {
        max(names, key=lambda name: (len(name.split()) > 1, names[name], name)): surname
        for surname, names in ranked[:_MOST_HOLDERS]
        if names.total() >= enough
    }


def _offices_in(question: Question, thesaurus: Thesaurus) -> list[Office]:
    """The offices of a question, each with its country where it names one beside it."""
    text = question.standalone
    by_label = {concept.label: concept for concept in question.topic}
    found = []
    for match in _office_pattern(thesaurus.offices).finditer(text):
        concept = by_label.get(" ".join(terms(match[0])))
        if concept is None:
            continue
        names = [
            name for group in thesaurus.offices if match[0].casefold() in map(str.casefold, group) for name in group
        ]
        before = re.findall(r"[\w’'-]+", text[: match.start()])[-3:]
        after = _OF.match(text, match.end())
        beside = [" ".join(before[i:]) for i in range(len(before))] + ([after[1]] if after else [])
        places = [name for place in beside for name in thesaurus.names_of_place(re.sub(r"['’]s?$", "", place))]
        found.append(Office(concept, tuple(dict.fromkeys(names)), tuple(dict.fromkeys(places))))
    return found[:_MOST_OFFICES]


def _texts(groups: list[tuple[tuple[str, ...], ...]], window: Filters, holdings: Holdings) -> list[str]:
    found = holdings.lexical.with_all(groups, window or None, _PASSAGES)
    current = holdings.archive.passing([passage for passage, _ in found], window)
    return [passage.text for passage in holdings.archive.passages(current).values()]


def _patterns(office: Office) -> list[Pattern]:
    """How a name stands beside the office and its place."""
    title = _NO_OTHER + "(?:" + "|".join(sorted(map(re.escape, office.names), key=len, reverse=True)) + ")"
    place = "|".join(sorted(map(re.escape, office.places), key=len, reverse=True))
    patterns = [rf"\b{title}\s+{_PERSON}"] if not place else [
        rf"\b(?:{place})(?:['’]s)?\s+{title}\s+{_PERSON}",
        rf"\b{title}\s+{_PERSON}\s+of\s+(?:the\s+)?(?:{place})\b",
        rf"{_PERSON},\s+(?:the\s+)?{title}\s+(?:of|for)\s+(?:the\s+)?(?:{place})\b",
        rf"{_PERSON},\s+(?:{place})(?:['’]s)?\s+{title}\b",
        rf"\b{title}\s+of\s+(?:the\s+)?(?:{place}),?\s+{_PERSON}",
    ]  # fmt: skip
    return [(re.compile(pattern.removeprefix(_PERSON)), re.compile(pattern)) for pattern in patterns]


def _named(text: str, patterns: Iterable[Pattern]) -> Iterator[str]:
    """Names that stand in a text where the patterns look for them."""
    for rest, pattern in patterns:
        for match in pattern.finditer(text) if rest.search(text) else ():
            name = " ".join(match["name"].split()).removesuffix("’s").removesuffix("'s")
            if (last := terms(name)[-1:]) and last[0] not in _NOT_A_NAME:
                yield name


def _forms(names: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    return tuple(dict.fromkeys(form for name in names if (form := tuple(terms(name)))))


@cache
def _office_pattern(offices: tuple[tuple[str, ...], ...]) -> re.Pattern[str]:
    """Any office as written, not followed by a name, which would be its holder."""
    names = {name for group in offices for name in group}
    written = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    return re.compile(rf"\b(?:{written})\b(?!\s+(?-i:[A-Z][a-z]))", re.I)
