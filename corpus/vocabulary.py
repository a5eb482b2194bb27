"""The terms of one state of the lexical index, for telling what a word may be another spelling of, or a slip for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract
from tantivy import Searcher

_SHORTEST = 5  # letters of a word that has other spellings
_DOUBLED = re.compile(r"(.)\1+")


@dataclass(frozen=True, slots=True)
class _Letter:
    """The terms that begin with one letter.

    Attributes:
        terms: sorted.
        romanised: the same, sorted, under what all romanisations of a name have in common.
    """

    terms: list[str]
    romanised: dict[str, list[str]]


class Vocabulary:
    """Terms by their first letter, read when a letter is first asked about.

    Args:
        searcher: the state of the index.
        fields: whose terms.
    """

    def __init__(self, searcher: Searcher, fields: Iterable[str]) -> None:
        self._searcher, self._fields = searcher, tuple(fields)
        self._letters: dict[str, _Letter] = {}

    def variants(self, word: str) -> list[str]:
        """Other terms that a term may be another spelling of, or a slip for, sorted.

        A word of five letters has those with two letters swapped, a longer one those one letter off, one of nine or
        more those two off; all begin alike.
        """
        if len(word) < _SHORTEST or not word.isalpha():
            return []
        reach = 1 if len(word) < 9 else 2
        near = extract(word, self._letter(word[0]).terms, scorer=OSA.distance, score_cutoff=reach, limit=None)
        found = (term for term, *_ in near if len(word) > _SHORTEST or sorted(term) == sorted(word))
        return sorted(term for term in found if term != word)

    def spellings(self, word: str) -> list[str]:
        """Other terms that are the same name in another romanisation, as Naseer is of Nasser, sorted."""
        if len(word) < _SHORTEST or not word.isalpha():
            return []
        alike = self._letter(word[0]).romanised.get(_romanised(word), ())
        return [term for term in alike if term != word]

    def _letter(self, letter: str) -> _Letter:
        found = self._letters.get(letter)
        if found is None:
            listed = (self._searcher.terms_with_prefix(field, letter) for field in self._fields)
            terms = sorted({term for of_field in listed for term, _ in of_field})
            romanised: dict[str, list[str]] = {}
            for term in terms:
                romanised.setdefault(_romanised(term), []).append(term)
            found = self._letters[letter] = _Letter(terms, romanised)
        return found


def _romanised(word: str) -> str:
    """A term without what romanisations differ in: doubled letters, and y for i."""
    return _DOUBLED.sub(r"\1", word.replace("y", "i"))
