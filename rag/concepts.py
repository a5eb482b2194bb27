"""What a question is about, as concepts: each a set of other words that count as the same, with a weight.

"CDS" is the same as "Chief of Defence Staff" because statements say so; "Omani" as "Oman" because country data do;
"Jeichi" as "Jiechi" because nothing held is spelled the first way and something is one slip from it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from countryinfo import all_countries
from wordfreq import zipf_frequency

from corpus.analysis import asking_terms, content, content_line, terms
from corpus.lexical import LexicalIndex
from corpus.model import Filters

Form = tuple[str, ...]
Groups = Mapping[Form, frozenset[Form]]

_LONGEST_FORM = 7
# Zipf frequencies between which a word loses weight, from everyday words down to words of a subject.
_EVERYDAY, _SPREAD, _PLAINEST = 6.5, 2.5, 0.15
_HARDLY_A_WORD = 2.0
_PARAPHRASED = 0.7
# Names tell statements apart even where many statements have them.
_NAME_RARITY = 2.0
# A mined acronym whose long form has one of these stands for an office.
_OFFICE_WORDS = frozenset(
    "chief minister secretary president commander commissioner director advisor adviser governor ambassador".split()
)
_GLOSSARY = Path(__file__).parent / "glossary.toml"


class Words:
    """The terms of a text that carry something, for asking which concepts are in it.

    Args:
        line: those terms as `corpus.analysis.content_line` writes them.
    """

    def __init__(self, line: str) -> None:
        self.terms = frozenset(line.split())
        self._line = f" {line} "

    def have(self, form: Form) -> bool:
        """Whether the terms of a form stand in a row (function words between them do not count)."""
        return form[0] in self.terms and (len(form) == 1 or f" {' '.join(form)} " in self._line)


@dataclass(frozen=True, slots=True)
class Concept:
    """One thing that a question names.

    Attributes:
        label: as the question has it, analyzed.
        forms: every way to say it, each a tuple of terms; the first is the question's own.
        rarity: of its commonest form that is held, or of an unseen word where none is; less for a word that is common
            in English at large, since a small archive makes everyday words look rare.
        turn_weight: 1 for the words of this turn, less for those of earlier ones.
        asking: it asks for what was said rather than being what it was about.
        named: the question writes it as a name, or it can be nothing else.
        unseen: no form of it is held anywhere.
    """

    label: str
    forms: tuple[Form, ...]
    rarity: float
    turn_weight: float
    asking: bool
    named: bool
    unseen: bool

    @property
    def weight(self) -> float:
        """How much it tells statements apart."""
        return self.rarity * self.turn_weight

    @property
    def of_this_turn(self) -> bool:
        """Whether the question's own words have it, not only those of an earlier turn."""
        return self.turn_weight == 1.0


class Finder:
    """Finds concepts in text after text.

    Args:
        concepts: what to look for.
    """

    def __init__(self, concepts: Iterable[Concept]) -> None:
        self._by_first: dict[str, list[tuple[Form, Concept]]] = {}
        for concept in concepts:
            for form in concept.forms:
                self._by_first.setdefault(form[0], []).append((form, concept))

    def found(self, words: Words) -> frozenset[Concept]:
        """Those of the concepts that a text has, in any form: the terms of one form in a row."""
        begun = words.terms & self._by_first.keys()
        return frozenset(c for first in begun for form, c in self._by_first[first] if words.have(form))


class Thesaurus:
    """Forms that mean the same: countries, the glossary, and the acronyms that the archive's statements explain.

    Args:
        acronyms: (short, long) pairs.
        issuers: who has issued what is held.
        seen: what the reader may see; no word of anything else counts as held.

    Attributes:
        offices: ways to write each office.
    """

    def __init__(
        self, acronyms: Iterable[tuple[str, str]], issuers: Iterable[str] = (), seen: Filters | None = None
    ) -> None:
        self._groups: dict[Form, frozenset[Form]] = dict(_general())
        self._issuers = {issuer: Words(content_line(issuer)) for issuer in issuers}
        self._seen = seen or None
        mined = tuple(acronyms)
        for pair in mined:
            _join(self._groups, pair)
        of_office = (pair for pair in mined if not _OFFICE_WORDS.isdisjoint(pair[1].casefold().split()))
        self.offices: tuple[tuple[str, ...], ...] = (*map(tuple, _glossary()["offices"]), *of_office)

    def concepts(self, text: str, names: Iterable[str], lexical: LexicalIndex, turn_weight: float) -> list[Concept]:
        """The concepts of a text, each once, in order.

        Args:
            text: a question, or a part of one.
            names: those runs of words in it that are written as names.
            lexical: where the forms are counted.
            turn_weight: what a concept of this turn weighs.
        """
        found: dict[str, Concept] = {}
        words, named = terms(text), set(terms(" ".join(names)))
        commonness = _commonness(text)
        i = 0
        while i < len(words):
            form = self._longest(words[i : i + _LONGEST_FORM])
            i += len(form)
            kept = content(form)
            if kept and " ".join(form) not in found:
                concept = self._concept(form, kept, lexical, is_name=named.issuperset(kept))
                found[" ".join(form)] = _weighed(concept, named, commonness, turn_weight)
        return list(found.values())

    def is_place(self, name: str) -> bool:
        """Whether a name is that of a country, its people or its capital, or a place of the glossary."""
        return tuple(terms(name)) in _names_of_places()

    def is_of_place(self, concept: Concept) -> bool:
        """Whether a concept is a place, its people or its capital."""
        return not _names_of_places().keys().isdisjoint(concept.forms)

    def issuers_of(self, name: str) -> tuple[str, ...]:
        """Issuers whose name has this name, or another word for it: those of India for "Indian"."""
        form = tuple(terms(name))
        forms = [kept for each in {form, *self._groups.get(form, ())} if (kept := content(each))]
        return tuple(issuer for issuer, words in self._issuers.items() if any(words.have(each) for each in forms))

    def names_of_place(self, name: str) -> tuple[str, ...]:
        """Every name of a place, as written: country, people and capital; none where it is no place."""
        form = tuple(terms(name))
        return _names_of_places().get(form, ())

    def _longest(self, words: Sequence[str]) -> Form:
        """The longest known form that the words begin with, or the first word alone."""
        known = (tuple(words[:n]) for n in range(len(words), 1, -1))
        return next((form for form in known if form in self._groups), (words[0],))

    def _concept(self, form: Form, kept: Form, lexical: LexicalIndex, *, is_name: bool) -> Concept:
        """A form with the others of its group, with other spellings of a name, or with what it may be a slip for."""
        others = sorted(filter(None, map(content, self._groups.get(form, frozenset()) - {form})))
        forms = list(dict.fromkeys([kept, *others]))
        if len(kept) == 1 and not self._holds(kept[0], lexical):
            forms += [*self._halves(kept[0], lexical), *((t,) for t in lexical.variants(kept[0], self._seen))]
        elif len(kept) == 1 and is_name:
            forms += [(term,) for term in lexical.spellings(kept[0], self._seen)]
        rarity = lexical.rarity([term for each in forms for term in each], self._seen)
        held = [max(rarity[t] for t in each) for each in forms if all(self._holds(t, lexical) for t in each)]
        return Concept(
            label=" ".join(kept),
            forms=tuple(forms),
            rarity=min(held, default=max(rarity.values(), default=0.0)),
            turn_weight=1.0,
            asking=all(term in asking_terms() for term in kept),
            named=form in self._groups and len(form) == 1 and form in _names_of_places(),
            unseen=not held,
        )

    def _holds(self, term: str, lexical: LexicalIndex) -> bool:
        return lexical.holds(term, self._seen)

    def _halves(self, word: str, lexical: LexicalIndex) -> list[Form]:
        """A compound as the two words that are held: "coastguard" as "coast guard"."""
        cuts = ((word[:i], word[i:]) for i in range(4, len(word) - 3))
        return [cut for cut in cuts if all(self._holds(half, lexical) for half in cut)]


def _weighed(concept: Concept, named: Collection[str], commonness: Mapping[str, float], turn_weight: float) -> Concept:
    """A concept with what the question's spelling and English at large say of it."""
    words = concept.label.split()
    common = max((commonness.get(word, 0.0) for word in words), default=0.0)
    # A word that is next to unknown in English and nowhere held can only be a name or a term of art.
    is_name = (
        concept.named
        or any(word in named for word in words)
        or _is_year(words[0])
        or (concept.unseen and len(words) == 1 and common < _HARDLY_A_WORD and words[0].isalpha() and len(words[0]) > 3)
    )
    plain = min(1.0, max(_PLAINEST, (_EVERYDAY - common) / _SPREAD))
    # A common word that is nowhere held has most likely been said in another word.
    plain *= _PARAPHRASED if concept.unseen else 1.0
    rarity = max(concept.rarity, _NAME_RARITY) if is_name else concept.rarity * plain
    return replace(concept, named=is_name, rarity=rarity, turn_weight=turn_weight)


def _commonness(text: str) -> dict[str, float]:
    """Zipf frequency in English of the word behind each term: 7 for "the", 5 for "exactly", 1.5 for "Chabahar"."""
    found: dict[str, float] = {}
    for word in re.findall(r"[^\W_]+", text):
        for term in terms(word):
            found[term] = max(found.get(term, 0.0), zipf_frequency(word, "en"))
    return found


def _is_year(word: str) -> bool:
    """Whether a term is a financial year as `corpus.analysis` writes it."""
    return len(word) == 6 and word.startswith("20") and word.isdecimal()


def _join(groups: dict[Form, frozenset[Form]], names: Iterable[str]) -> None:
    """Make the names one group, together with what each already belongs to by its own form."""
    forms = {form for name in names if (form := tuple(terms(name)))}
    for form in forms:
        groups[form] = groups.get(form, frozenset()) | forms


@cache
def _general() -> Groups:
    """Countries and the glossary; the same for every archive."""
    groups: dict[Form, frozenset[Form]] = {}
    for names in (*_glossary()["offices"], *_glossary()["things"], *_place_names()):
        _join(groups, names)
    return groups


@cache
def _names_of_places() -> Mapping[Form, tuple[str, ...]]:
    """Every name of the place, or of the several places, that a form is a name of."""
    found: dict[Form, dict[str, None]] = {}
    for names in _place_names():
        for form in {tuple(terms(name)) for name in names}:
            found.setdefault(form, {}).update(dict.fromkeys(names))
    return {form: tuple(names) for form, names in found.items()}


@cache
def _glossary() -> Mapping[str, Sequence[Sequence[str]]]:
    sections: Mapping[str, Sequence[Sequence[str]]] = tomllib.loads(_GLOSSARY.read_text(encoding="utf-8"))
    return sections


@cache
def _place_names() -> tuple[Sequence[str], ...]:
    """Names of one place, group by group: each country with its people and capital, then the glossary's."""
    countries = [(country.name(), country.demonym(), country.capital()) for country in all_countries()]
    known = [[name for name in names if isinstance(name, str) and name] for names in countries]
    return (*known, *_glossary()["places"])
