"""One sentence of a model against the passages that it cites: kept with exact citations, or removed with a reason."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from corpus.embedder import Embedder
from corpus.model import Statement
from ingest.sentences import Span
from ingest.voice import Voices
from rag.compose import plain
from rag.model import Citation
from rag.writing.reading import Reading, read
from rag.writing.record import Claim, Status
from rag.writing.sources import Source
from rag.writing.support import Flaw, Ground, flaw_of

MARKER = re.compile(
    r"[\[【]\s*(?:(?:passages?|sources?|ids?|nos?\.?|p|s)?\s*[#:]?\s*\d+\s*(?:[,;&–-]|\band\b)?\s*)+[\]】]", re.I
)
_QUOTED = re.compile(r"[“\"«„]([^“”\"«»„]{1,600})[”\"»]")
_MARKS = "“”„«»\"‘’‚'"
_MOST_GROUND = 3  # sentences that one claim may rest on
_WORTH_ADDING = 0.2  # share of a claim's words that a further sentence must add
# A paragraph of a statement that speaks to a model, or dictates an answer, supports nothing.
_INSTRUCTS = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b.{0,60}\b(?:instruction|prompt|rule|passage|source|previous|above|prior)"
    r"|\b(?:system|developer|assistant|user)\s*(?:prompt|message|instruction|:)"
    r"|\byou\s+are\s+(?:now\s+)?an?\s+(?:AI|assistant|language\s+model|chatbot|LLM)\b"
    r"|\b(?:to|for|dear|attention)\s+(?:all\s+|any\s+|the\s+)?(?:AI\s+assistant|language\s+model|chatbot|LLM)s?\b"
    r"|(?:^|[.:;,!?]\s+|\b(?:and|or|then|please|only|now|always)\s+)"
    r"(?:answer|respond|reply|output|write|print|repeat|say|state|cite)\s+(?:only\s+)?(?:that\b|with\b|in\s+JSON|exactly"
    r"|the\s+following|the\s+words?|verbatim|[“\"'])"
    r"|\b(?:answers?|summar(?:y|ies)|repl(?:y|ies))\b.{0,50}\b(?:must|ha(?:s|ve)\s+to|should|shall)\s+"
    r"(?:begin|start|end|say|state|contain|include|read)\b"
    r"|\b(?:correct|right|only)\s+answer\s+to\s+(?:every|any|all|this|the)\b"
    r"|\b(?:do\s+not|don['’]t|never)\s+(?:mention|cite|reveal|quote)\b|<\|.{0,40}\|>|\[/?INST\]|#{2,}\s*instruction",
    re.I,
)

# Judges whether a text entails another: (premise, hypothesis) -> reason why not, or nothing.
Entails = Callable[[str, str], str]


@dataclass(frozen=True, slots=True)
class _Place:
    """A sentence of a source."""

    source: Source
    span: Span
    reading: Reading

    @property
    def key(self) -> tuple[str, int, int, int]:
        return (self.source.statement.id, self.source.passage.version, *self.span)


class Checker:
    """Checks the sentences of one answer, in order, and numbers its citations.

    Args:
        sources: what the model was given.
        embedder: compares a claim with what it cites.
        entails: a further judge, where one is configured.
    """

    def __init__(self, sources: Sequence[Source], embedder: Embedder, entails: Entails | None = None) -> None:
        self._sources = {source.number: source for source in sources}
        self._embedder = embedder
        self._entails = entails
        self._numbers: dict[tuple[str, int, int, int], int] = {}
        self._seen: set[tuple[str | int, ...]] = set()
        self.citations: list[Citation] = []

    def check(self, text: str) -> Claim:
        """Check one sentence as the model wrote it, markers included."""
        words = MARKER.sub(" ", text)
        numbers = list(dict.fromkeys(int(n) for m in MARKER.findall(text) for n in re.findall(r"\d{1,6}", m)))
        shown = _tidy(words)
        if not re.search(r"\w", shown):
            return Claim(shown, Status.UNMARKED, reason="it has no words")
        if (shown.casefold(), *numbers) in self._seen:
            return Claim(shown, Status.REPEATED, reason="it was said before")
        self._seen.add((shown.casefold(), *numbers))
        if not numbers:
            return Claim(shown, Status.UNMARKED, reason="it cites nothing")
        unknown = [n for n in numbers if n not in self._sources]
        if unknown:
            return Claim(shown, Status.UNKNOWN_MARKER, reason=f"there is no passage {unknown[0]}")
        return self._against(shown, [self._sources[n] for n in numbers])

    def _against(self, shown: str, sources: Sequence[Source]) -> Claim:
        exact, held = _exact_quotes(shown, sources)
        claim = read(_without_marks(exact))
        places = self._ground(claim, sources, held)
        if not places:
            return Claim(shown, Status.UNSUPPORTED, reason="what it cites does not say this")
        if any(_INSTRUCTS.search(_paragraph(place)) for place in places) or _INSTRUCTS.search(shown):
            return Claim(shown, Status.INSTRUCTED, reason="it repeats words that address a model")
        unquoted = exact != shown
        flaw = self._flaw(exact, claim, places)
        if unquoted and (foreign := _foreign(shown, exact, places)):
            flaw = Flaw(Status.QUOTE, f"a quote with “{foreign}”, which what it cites does not have")
        if flaw:
            status = Status.QUOTE if unquoted else flaw.status
            return Claim(shown, status, reason=flaw.reason)
        return Claim(exact, Status.UNQUOTED if unquoted else Status.CHECKED, tuple(sorted(map(self._cite, places))))

    def _flaw(self, shown: str, claim: Reading, places: Sequence[_Place]) -> Flaw | None:
        premise = " ".join(place.reading.text for place in places)
        mine, theirs = self._embedder.encode([claim.text, premise])
        ground = Ground(
            sentences=tuple(place.reading for place in places),
            before=tuple(r for place in places for r in _before(place)),
            statements=tuple({place.source.statement.id: place.source.statement for place in places}.values()),
            speakers=tuple(place.source.speaking.of(*place.span).speaker for place in places),
        )
        speaker = Voices(_anonymous(places[0].source.statement), shown).of(0, len(shown)).speaker
        flaw = flaw_of(claim, ground, speaker, float(np.dot(mine, theirs)))
        if flaw is None and self._entails and (reason := self._entails(premise, claim.text)):
            return Flaw(Status.ENTAILMENT, reason)
        return flaw

    def _ground(self, claim: Reading, sources: Sequence[Source], held: Sequence[Span]) -> list[_Place]:
        """The few sentences that have most of a claim's words, those with its quotes before all others.

        Numbers choose no sentence: else a swapped one would find the sentence that it was taken from.
        """
        wanted = {word.stem for word in claim.words if word.content and not word.stem[0].isdigit()}
        places = [
            _Place(source, span, read(source.text[slice(*span)])) for source in sources for span in source.sentences
        ]
        chosen = [p for p in places if any(p.span[0] < end and start < p.span[1] for start, end in held)][:_MOST_GROUND]
        missing = wanted.difference(*(place.reading.stems for place in chosen)) if chosen else set(wanted)
        while len(chosen) < _MOST_GROUND and missing:
            best = max(places, key=lambda place: (len(missing & place.reading.stems), -place.span[0]), default=None)
            if best is None or len(missing & best.reading.stems) < max(1, _WORTH_ADDING * len(wanted)):
                break
            chosen.append(best)
            missing -= best.reading.stems
        return chosen

    def _cite(self, place: _Place) -> int:
        """The marker of a sentence, a new one where it has none."""
        if place.key not in self._numbers:
            number = self._numbers[place.key] = len(self.citations) + 1
            source, (start, end) = place.source, place.span
            spoken = source.speaking.of(start, end)
            self.citations.append(
                Citation(
                    marker=number,
                    statement=source.statement,
                    version=source.passage.version,
                    start=start,
                    end=end,
                    quote=source.text[start:end],
                    voice=spoken.voice,
                    speaker=spoken.speaker,
                    office=spoken.office,
                )
            )
        return self._numbers[place.key]


def exact_in(quote: str, text: str) -> Span | None:
    """Where a quote stands in a text word for word, whatever its white space and quotation marks; None for nowhere.

    A comma or full stop that a quote ends with is the quoting sentence's own.
    """
    words = quote.strip().rstrip(",.;:").split()
    if not words:
        return None
    bodies = (re.sub(f"[{_MARKS}]", lambda _: f"[{_MARKS}]", re.escape(word)) for word in words)
    match = re.search(r"(?<!\w)" + r"\s+".join(bodies) + r"(?!\w)", text)
    return match.span() if match else None


def quotes_in(text: str) -> Iterator[str]:
    """What a text has between quotation marks."""
    yield from (match[1] for match in _QUOTED.finditer(text))


def _exact_quotes(shown: str, sources: Sequence[Source]) -> tuple[str, list[Span]]:
    """The sentence with quotation marks around exact quotes only, and where those stand in their versions."""
    held: list[Span] = []

    def keep(match: re.Match[str]) -> str:
        for source in sources:
            start = source.passage.start
            span = exact_in(match[1], source.passage.text)
            if span:
                held.append((start + span[0], start + span[1]))
                return f"“{match[1]}”"
        return match[1]

    return _QUOTED.sub(keep, shown), held


def _tidy(text: str) -> str:
    """A model's words without anything that Markdown reads as markup, and without a space before a full stop."""
    straight = re.sub(r'"([^"]*)"', r"“\1”", text)
    return re.sub(r"\s+([.,;:!?])", r"\1", plain(straight)).strip(" -•")


def _without_marks(text: str) -> str:
    return re.sub(r"[“”\"«»„]", "", text)


def _foreign(shown: str, exact: str, places: Sequence[_Place]) -> str:
    """A word of a misquote that none of its sources has: such a quote is wrong, not only loose; empty for none."""
    held = frozenset().union(*(place.reading.stems for place in places))
    loose = " ; ".join(quote for quote in quotes_in(shown) if quote not in set(quotes_in(exact)))
    return next((word.surface for word in read(loose).words if word.content and word.stem not in held), "")


def _before(place: _Place) -> list[Reading]:
    """The two sentences before, inside the source."""
    spans = place.source.sentences
    i = spans.index(place.span)
    return [read(place.source.text[slice(*span)]) for span in spans[max(0, i - 2) : i]]


def _paragraph(place: _Place) -> str:
    text, (start, end) = place.source.text, place.span
    left, right = text.rfind("\n\n", 0, start), text.find("\n\n", end)
    return text[left + 2 if left >= 0 else 0 : right if right >= 0 else len(text)]


def _anonymous(statement: Statement) -> Statement:
    """A statement whose title and kind say nothing, so that a claim is read by its own words."""
    return replace(statement, title="", kind="")
