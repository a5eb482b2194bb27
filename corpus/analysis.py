"""Words as the lexical index sees them: one analyzer for documents, queries and sentence scoring.

Case and accents are folded and English words stemmed (Porter2), so "Erdoğan", "Erdogan" and "ERDOGAN" are one term.
"""

from __future__ import annotations

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


def terms(text: str) -> list[str]:
    """All terms of a text, in order, with repeats."""
    found: list[str] = analyzer().analyze(text)
    return found


# Words that shape a question or a sentence but do not say what it is about.
_FUNCTION_WORDS = """
a about after again against all also am an and any anybody anyone are as at be because been before being between both
but by can could did do does doing done down during each either else ever every few for from further get give given
gave go goes had has have having he her here hers herself him himself his how i if in into is it its itself just let
list many may me might more most much must my neither no nor not now of off on once one only or other our ours out over
own please pls quite rather s same shall she should show so some such summarise summarize t tell than thanks that the
their theirs them themselves then there these they this those though through thx to too under until up upon us very was
we were what whatever when where whether which while who whom whose why will with within without would yet you your
yours
"""


@cache
def function_terms() -> frozenset[str]:
    """Terms that carry no topic: dropped from queries and from judging whether a question is covered."""
    return frozenset(terms(_FUNCTION_WORDS))


def content_terms(text: str) -> list[str]:
    """The terms of a text that carry its topic, each once, in order."""
    return [term for term in dict.fromkeys(terms(text)) if term not in function_terms()]
