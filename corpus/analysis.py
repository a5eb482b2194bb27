"""Words as the lexical index sees them: one analyzer for documents, queries and sentence scoring.

Case and accents are folded and English words stemmed (Porter2), so "Erdoğan", "Erdogan" and "ERDOGAN" are one term.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from tantivy import Filter, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

ANALYZER = "statements"


@cache
def analyzer() -> TextAnalyzer:
    """The analyzer, built once; it holds no state."""
    return (
        TextAnalyzerBuilder(Tokenizer.simple())
        .filter(Filter.remove_long(60))
        .filter(Filter.lowercase())
        .filter(Filter.ascii_fold())
        .filter(Filter.stemmer("english"))
        .build()
    )


# Spellings that differ between American and British texts, brought to one form; the same words on both sides of a
# search, so that a word that only looks like one of them ("exercise") still finds itself.
_SPELLINGS = re.compile(
    r"\b(?:(?P<dotted>(?:[A-Za-z]\.){2,})|(?P<us>US)\b|(?P<ce>(?i:def|off|lic|pret)en)ce(?P<ce_s>s?)\b"
    r"|(?P<re>(?i:cent|theat|fib|met|lit|kilomet))re(?P<re_s>s?)\b|(?P<our>[A-Za-z]{3,})our(?P<our_s>s|ed|ing|hood|able)?\b"
    r"|(?P<ise>[A-Za-z]{3,})is(?P<ise_s>e|ed|es|ing|ation|ations)\b|(?P<mme>[Pp]rogram)me(?P<mme_s>s?)\b)"
)


# "FY25", "FY 2025" and "2024-25" are one financial year: 202425, a word of its own.
_FISCAL = re.compile(
    r"\b(?:FY\s?'?(?:20)?(?P<ends>\d\d)|(?:FY\s?)?20(?P<from>\d\d)\s?[-–/]\s?(?:20)?(?P<to>\d\d))\b(?![-–/]\d)"
)
_CONTRACTED = re.compile(r"(?<=\w)['’](?:re|ve|ll|s|d|m|t)\b")
_CAPITALS = re.compile(r"\b[A-Z]{2,5}\b")
_ACRONYMS = re.compile(r"\b([A-Z]{2,6})s\b")


def normalise(text: str) -> str:
    """A text with one spelling for words that have two, and "U.S." as the word it stands for; for indexing only."""
    text = _FISCAL.sub(_one_year, _CONTRACTED.sub("", text))
    text = _SPELLINGS.sub(_one_spelling, _ACRONYMS.sub(r"\1", text))
    return _CAPITALS.sub(_told_apart, text)


def _told_apart(match: re.Match[str]) -> str:
    """An acronym that would be lost among the function words ("WHO", "INS", "IT") as a word of its own."""
    word: str = match[0]
    return f"{word}acronym" if not function_terms().isdisjoint(analyzer().analyze(word)) else word


def _one_year(match: re.Match[str]) -> str:
    if match["ends"]:
        return f"FY 20{(int(match['ends']) - 1) % 100:02}{match['ends']}"
    follows = int(match["to"]) == (int(match["from"]) + 1) % 100
    return f"20{match['from']}{match['to']}" if follows else match[0]


def _one_spelling(match: re.Match[str]) -> str:
    g = match.groupdict(default="")
    if g["dotted"] or g["us"]:
        letters = (g["dotted"] or g["us"]).replace(".", "")
        return "USA" if letters in ("US", "USA") else letters + " " * g["dotted"].endswith(".")
    for kind, ending in (("ce", "se"), ("re", "er"), ("our", "or"), ("ise", "iz"), ("mme", "")):
        if g[kind]:
            return g[kind] + ending + g[f"{kind}_s"]
    return match[0]


def terms(text: str) -> list[str]:
    """All terms of a text, in order, with repeats."""
    found: list[str] = analyzer().analyze(normalise(text))
    return found


# Words that shape a question or a sentence but do not say what it is about.
_FUNCTION_WORDS = """
a about after again against all also am an and any anybody anyone are as at be because been before being between both
but by can could did do does doing done down during each either else ever every few for from further gave get give
given go goes had has have having he hello her here hers herself hey hi him himself his how i if in into is it its
itself just let list many may me might more most much must my neither no nor not now of off ok okay on once one only
or other our ours out over own please pls quite rather s same shall she should show so some such summarise summarize t
tell than thanks that the their theirs them themselves then there these they this those though through thx to too
under until up upon us very was we were what whatever when where whether which while who whom whose why will with
within without would yet you your yours
"""

# Words that ask for what was said, or point at the saying, without being what it was about.
_ASKING_WORDS = """
according add added address adm agenda amb anything ask asked besides bring brought came capt cdr change changed chat
chats chronology col come comment compare compared comparison contact contacts contrast cover covered covers date
dates dealt detail details differ difference different differs discuss discussed discussing discussion dr drop dropped
end engagement especially etc evolution evolve evolved exact exactly gen get got happen happened happening held hello
himself hold hon incl including involve issue issues itself language line lines list look looked looks lt main maj
matter matters mention mentioned mentions message messages mr mrs ms name need needs passage per pick picked point
points prof put question raise raised rang right ring said sat saw say saying says see seen separate sequence set shri
side since sit smt speak speaks specific specifically spoke spoken stress stressed subject subjects table take taken
talk talked talking talks tells theme themes thing things through thru timeline told tone took topic topics touch
touched trace track turn use used versus via want wanted went wording words yes
"""


@cache
def asking_terms() -> frozenset[str]:
    """Terms of asking: they help to find a readout, but a statement need not have them to answer."""
    return frozenset(terms(_ASKING_WORDS))


@cache
def function_terms() -> frozenset[str]:
    """Terms that carry no topic: dropped from queries and from judging whether a question is covered."""
    return frozenset(terms(_FUNCTION_WORDS))


def content(form: Iterable[str]) -> tuple[str, ...]:
    """Terms without those that carry nothing: function words and single letters."""
    return tuple(term for term in form if term not in function_terms() and (len(term) > 1 or not term.isalpha()))


def content_line(text: str) -> str:
    """The terms of a text that carry something, in order, with spaces between them."""
    return " ".join(content(terms(text)))


def content_terms(text: str) -> list[str]:
    """The terms of a text that carry its topic, each once, in order."""
    return [term for term in dict.fromkeys(terms(text)) if term not in function_terms()]
