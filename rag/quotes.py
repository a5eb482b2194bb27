"""Which sentences of a statement to quote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag.concepts import Concept
from rag.model import Shape

# Sentences quoted of one statement at most, by shape; where the question asks for no part of it, and where it does.
_MOST_BROAD = {Shape.FACT: 3, Shape.DISCUSSION: 7, Shape.COMPARISON: 6, Shape.TIMELINE: 3}
_MOST_NARROW = {Shape.FACT: 3, Shape.DISCUSSION: 5, Shape.COMPARISON: 4, Shape.TIMELINE: 3}
_NEAR_BEST = 0.6
# A readout of so many words is quoted whole when the question is what was discussed.
_SHORT = 200
# A sentence about nothing in particular, such as an end mark or a greeting, is no answer.
_FEWEST_WORDS = 5


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a version.

    Attributes:
        found: the question's concepts in it.
        leads: it is the first of its statement, which mostly says who met whom.
        likeness: to the question (cosine); 0 where it was not compared.
        centrality: to the rest of the statement (cosine); 0 where it was not compared.
    """

    start: int
    end: int
    text: str
    found: frozenset[Concept]
    leads: bool
    likeness: float = 0.0
    centrality: float = 0.0


def choose(sentences: Sequence[Sentence], telling: frozenset[Concept], shape: Shape, likeness: float) -> list[Sentence]:
    """The sentences that answer, in order.

    Args:
        sentences: of one statement, in order.
        telling: the question's concepts that do not belong to the statement's identity.
        shape: what kind of answer is asked for.
        likeness: of the statement's best sentence.
    """
    if shape is Shape.DISCUSSION and sum(len(s.text.split()) for s in sentences) <= _SHORT:
        return list(sentences)
    usable = [s for s in sentences if len(s.text.split()) >= _FEWEST_WORDS] or list(sentences)
    told = telling & frozenset[Concept]().union(*(sentence.found for sentence in usable))
    # The first sentence mostly says who met whom and when: an answer to a fact question, and no news otherwise.
    body = [s for s in usable if shape is Shape.FACT or not s.leads or s.found & told] or usable
    if not told:
        ranked = sorted(body, key=lambda s: (-(s.likeness + s.centrality), s.start))
        return sorted(ranked[: _MOST_BROAD[shape]], key=lambda s: s.start)
    total = sum(concept.weight for concept in told)

    def score(sentence: Sentence) -> float:
        return sentence.likeness + sum(concept.weight for concept in sentence.found & told) / total

    ranked = sorted(body, key=lambda s: (-score(s), s.start))
    kept = [s for s in ranked if score(s) >= _NEAR_BEST * score(ranked[0])][: _MOST_NARROW[shape]]
    return sorted(kept, key=lambda s: s.start)
