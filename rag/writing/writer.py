"""Answers written by a language model, each sentence checked before it is shown; verbatim sentences where it fails."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING

from corpus.archive import Archive
from corpus.embedder import Embedder
from corpus.errors import ModelError, UnverifiedAnswer
from corpus.holdings import Holdings
from corpus.settings import LLMSettings
from rag.compose import Composer, Draft, EmbeddedComposer
from rag.evidence import Finding
from rag.language_model import load_llm, streamed
from rag.model import Piece, Question
from rag.verify import verify
from rag.writing.breaker import Breaker
from rag.writing.checker import Checker, Entails
from rag.writing.prompt import NOT_FOUND, OVERHEAD, estimate_tokens, messages
from rag.writing.record import Claim, Writing
from rag.writing.sources import Source, select
from rag.writing.stream import Written, sentences

if TYPE_CHECKING:  # importing it takes seconds
    from llama_index.core.llms import LLM

_INSTEAD = "Shown instead are the statements' own words."
_NOT_FOUND = re.compile(rf"\W*{NOT_FOUND.replace('_', '[_ ]?')}\b", re.I)
_DECLINES = re.compile(
    r"\b(?:I(?:['’]m|\s+am)\s+(?:sorry|unable|not\s+able)|I\s+(?:can(?:not|['’]t)|won['’]t)\s+(?:help|assist|answer|provide)"
    r"|as\s+an\s+AI)\b",
    re.I,
)


class Writer:
    """A composer that has a model write, and shows of it what its sources support.

    Args:
        llm: any LlamaIndex `LLM`; its own `metadata.context_window` bounds what it is given.
        archive: where the texts are.
        embedder: compares sentences.
        settings: limits and the bar.
        entails: a further judge of each sentence, where one is configured.
        breaker: leaves a failing model alone.
    """

    def __init__(
        self,
        llm: LLM,
        archive: Archive,
        embedder: Embedder,
        settings: LLMSettings,
        *,
        entails: Entails | None = None,
        breaker: Breaker | None = None,
    ) -> None:
        self._llm, self._archive, self._embedder, self._settings = llm, archive, embedder, settings
        self._entails = entails
        self._breaker = breaker or Breaker()
        self._embedded = EmbeddedComposer(archive)
        self.model = llm.metadata.model_name or settings.model

    def write(self, question: Question, findings: Sequence[Finding]) -> Iterator[Piece | Draft]:
        """See `Composer`; the last draft is the embedded composer's, with a notice, where the model's is of no use."""
        window = min(self._llm.metadata.context_window, self._settings.context_window)
        budget = window - self._settings.max_tokens - OVERHEAD - estimate_tokens(question.standalone)
        selection = select(findings, self._archive, budget, lambda text: estimate_tokens(text) + 150)
        embedded = self._embedded.compose(question, findings)
        if selection.left_out:
            yield self._instead(
                embedded, "the statements that answer are more than the language model takes at once", ()
            )
            return
        yield from self.write_from(question.standalone, selection.sources, embedded)

    def write_from(self, question: str, sources: Sequence[Source], embedded: Draft) -> Iterator[Piece | Draft]:
        """Write from given sources.

        Args:
            question: wording that stands alone.
            sources: what the model is given.
            embedded: what is shown where it fails.
        """
        if not self._breaker.allows():
            yield self._instead(embedded, "the language model failed several times and is left alone for a minute", ())
            return
        checker = Checker(sources, self._embedder, self._entails)
        text, claims, said = "", list[Claim](), ""
        try:
            with closing(self._sentences(question, sources)) as written:
                for sentence in written:
                    said = f"{said} {sentence.text}"[:400]
                    if _NOT_FOUND.match(sentence.text):
                        continue
                    claim = checker.check(sentence.text)
                    claims.append(claim)
                    if claim.status.kept:
                        piece = _piece(sentence, claim, first=not text)
                        text += piece
                        yield Piece(piece)
        except ModelError as error:
            self._breaker.failed()
            yield self._instead(embedded, str(error), sources, claims)
            return
        self._breaker.succeeded()
        if reason := self._below(claims, said):
            yield self._instead(embedded, reason, sources, claims)
            return
        writing = Writing(self.model, _ids(sources), True, tuple(claims), _removed(claims))
        draft = Draft(text, tuple(checker.citations), writing)
        try:
            verify(draft, [source.statement.id for source in sources], self._archive)
        except UnverifiedAnswer as error:
            draft = self._instead(embedded, f"the language model's answer did not hold: {error}", sources, claims)
        yield draft

    def _sentences(self, question: str, sources: Sequence[Source]) -> Generator[Written, None, None]:
        pieces = streamed(self._llm, messages(question, sources), seconds=2 * self._settings.timeout)
        try:
            yield from sentences(pieces)
        finally:
            pieces.close()  # a reader who leaves ends the request, too

    def _below(self, claims: Sequence[Claim], said: str) -> str:
        """Why an answer cannot be used; empty where it can."""
        kept = sum(claim.status.kept for claim in claims)
        if kept and kept >= self._settings.minimum_checked * len(claims):
            return ""
        if kept:
            return f"only {kept} of the language model's {len(claims)} sentences are supported by what it cites"
        if _NOT_FOUND.match(said.strip()):
            return "the language model found no answer in them"
        if _DECLINES.search(said):
            return "the language model declined to answer"
        return "nothing that the language model wrote is supported by what it cites"

    def _instead(self, embedded: Draft, reason: str, sources: Sequence[Source], claims: Sequence[Claim] = ()) -> Draft:
        notice = f"{reason[0].upper()}{reason[1:]}. {_INSTEAD}"
        writing = Writing(self.model, _ids(sources), False, tuple(claims), notice)
        return Draft(embedded.text, embedded.citations, writing)


def composer_for(holdings: Holdings) -> Composer:
    """What settings ask for: the embedded composer, or a model's writer where one is configured.

    Raises:
        SettingsError: the model's package is missing or its key cannot be read.
    """
    settings = holdings.settings.llm
    if not settings.provider:
        return EmbeddedComposer(holdings.archive)
    entails = None
    if settings.entailment_model:
        from rag.entailment import load_judge

        entails = load_judge(settings.entailment_model)
    return Writer(load_llm(settings), holdings.archive, holdings.embedder, settings, entails=entails)


def _piece(sentence: Written, claim: Claim, *, first: bool) -> str:
    """A sentence as shown, with its markers and what stands before it."""
    before = sentence.before.lstrip("\n") if first else sentence.before or " "
    return f"{before.lstrip(' ') if first else before}{claim.text} {''.join(f'[{n}]' for n in claim.markers)}"


def _ids(sources: Sequence[Source]) -> tuple[str, ...]:
    return tuple(source.passage.id for source in sources)


def _removed(claims: Sequence[Claim]) -> str:
    count = sum(not claim.status.kept for claim in claims)
    if not count:
        return ""
    if count == 1:
        return "1 sentence of the language model was removed: what it cites does not support it."
    return f"{count} sentences of the language model were removed: what they cite does not support them."
