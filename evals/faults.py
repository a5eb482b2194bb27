"""How many of a model's faults the checks of written answers catch, and how many good sentences they keep.

A scripted model, over real HTTP, writes answers to the cases of a file, out of the passages that the engine finds for
them: four good sentences and two with a planted fault each. What became of each sentence is counted.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import cycle
from typing import Any

from corpus.holdings import Holdings
from corpus.model import Passage, Statement
from corpus.settings import LLMSettings
from evals.cases import Case
from evals.planted import FAULTS, HOSTILE, Fault, Hostile, Planted, hostile_text, reworded
from evals.scripted_model import Reply, ScriptedModel
from rag.compose import Draft, EmbeddedComposer
from rag.engine import Engine
from rag.evidence import Finding
from rag.language_model import load_llm
from rag.model import Piece, Question, Turn
from rag.writing.breaker import Breaker
from rag.writing.prompt import estimate_tokens
from rag.writing.record import Claim, Status
from rag.writing.sources import Source, select, source_of
from rag.writing.stream import sentences
from rag.writing.writer import Writer

GOOD = ("quoted", "copied", "reworded")
CITATION, OBEYED = "fabricated citation", "obeyed instruction"
KINDS = (*FAULTS, CITATION, OBEYED)
_GOOD_EACH, _FAULTS_EACH, _ANSWERS = 4, 2, 5
_BUDGET = 6000  # tokens of passages
_SEED = 20261123


@dataclass(frozen=True, slots=True)
class Prepared:
    """A case up to the point where a model would write."""

    case: Case
    question: Question
    findings: Sequence[Finding]
    sources: tuple[Source, ...]
    embedded: Draft


@dataclass(slots=True)
class Tally:
    """What became of the sentences of one kind."""

    written: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    examples: list[dict[str, str]] = field(default_factory=list)

    def add(self, line: str, claim: Claim, wanted: bool) -> None:
        """Count a sentence; keep it as an example where it did not end as it should have."""
        self.written += 1
        self.statuses[claim.status.value] += 1
        if claim.status.kept != wanted:
            self.examples.append({"line": line, "status": claim.status.value, "reason": claim.reason})


def half_of(cases: Sequence[Case], half: str | None) -> tuple[Sequence[Case], Sequence[Hostile]]:
    """Cases and hostile statements to look at: every other one, "develop" or "report"; all for None."""
    start = {"develop": 0, "report": 1}.get(half or "")
    return (cases, HOSTILE) if start is None else (cases[start::2], HOSTILE[start::2])


def prepare(
    cases: Sequence[Case], holdings: Holdings, today: date, progress: Callable[[int], None] = lambda count: None
) -> Iterator[Prepared]:
    """The cases that the engine finds an answer to, with the passages that a model would be given."""
    capture = _Capture(holdings)
    engine = Engine(holdings, capture)
    for case in cases:
        capture.taken = None
        history: list[Turn] = []
        for turn in case.turns:
            answer = engine.ask(turn, history=history, today=today)
            history.append(Turn(turn, answer.text))
        if capture.taken is not None:
            question, findings, embedded = capture.taken
            sources = select(findings, holdings.archive, _BUDGET, estimate_tokens).sources
            yield Prepared(case, question, findings, sources, embedded)
        progress(1)


def inject(
    prepared: Sequence[Prepared],
    holdings: Holdings,
    orders: Sequence[Hostile] = HOSTILE,
    progress: Callable[[int], None] = lambda count: None,
) -> dict[str, Any]:
    """Have the scripted model write with known faults, and count what became of each sentence.

    Args:
        prepared: cases with their passages.
        holdings: the archive that they are from.
        orders: hostile statements, one of which stands among the passages of each answer.
        progress: told how many cases were done since the last call.

    Returns:
        For each kind of sentence: how many were written, and their statuses; how many answers were replaced; and the
        sentences that did not end as they should have.
    """
    rng = random.Random(_SEED)  # noqa: S311 (repeatable, not secret)
    tallies: dict[str, Tally] = defaultdict(Tally)
    answers: Counter[str] = Counter()
    kinds, hostiles = cycle(KINDS), cycle(orders)
    with ScriptedModel(lambda messages: Reply("NOT_FOUND")) as model:
        settings = LLMSettings(provider="openai_like", base_url=model.url, model="scripted", context_window=32768)
        writer = Writer(load_llm(settings), holdings.archive, holdings.embedder, settings, breaker=Breaker(most=10**9))
        for item in prepared:
            for _ in range(_ANSWERS):
                hostile = next(hostiles)
                sources = (*item.sources, _hostile_source(len(item.sources) + 1, hostile))
                planted = _planted(item.sources, sources[-1], hostile, kinds, rng)
                reply = Reply("\n".join(f"- {sentence.line}" for sentence in planted))
                model.script = lambda messages, reply=reply: reply  # type: ignore[misc]
                *_, draft = writer.write_from(item.question.standalone, sources, item.embedded)
                if not isinstance(draft, Draft) or draft.writing is None:
                    raise AssertionError("A writer's last word is a draft with its record.")
                if len(planted) != len(draft.writing.claims):  # one was cut in two: none can be told apart
                    answers["not counted"] += 1
                    continue
                for sentence, claim in zip(planted, draft.writing.claims, strict=True):
                    tallies[sentence.kind].add(sentence.line, claim, sentence.kind in GOOD)
                answers["used" if draft.writing.used else "replaced"] += 1
            progress(1)
    return _record(tallies, answers)


def ask_configured(
    prepared: Sequence[Prepared], writer: Writer, progress: Callable[[int], None] = lambda count: None
) -> dict[str, Any]:
    """Have a real model write, and count what became of its sentences; each is kept, for people to read."""
    tally, answers = Tally(), Counter[str]()
    for item in prepared:
        *_, draft = writer.write(item.question, item.findings)
        if isinstance(draft, Draft) and draft.writing is not None:
            answers["used" if draft.writing.used else draft.writing.notice] += 1
            for claim in draft.writing.claims:
                tally.add(claim.text, claim, wanted=not claim.status.kept)
        progress(1)
    return _record({"written": tally}, answers)


def rows(record: dict[str, Any]) -> list[list[str]]:
    """The table of a record: a line for each kind of sentence."""
    lines = [["sentences", "written", "kept", "kept without quotation marks", "removed"]]
    for kind in (*GOOD, *KINDS, "written"):
        if kind in record["kinds"]:
            entry = record["kinds"][kind]
            kept, unquoted = (entry["statuses"].get(status.value, 0) for status in (Status.CHECKED, Status.UNQUOTED))
            total = entry["written"]
            lines.append([kind, str(total), *(_share(n, total) for n in (kept, unquoted, total - kept - unquoted))])
    return lines


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%} ({part})" if whole else "-"


def _record(tallies: dict[str, Tally], answers: Counter[str]) -> dict[str, Any]:
    return {
        "kinds": {
            kind: {"written": t.written, "statuses": dict(t.statuses), "examples": t.examples}
            for kind, t in sorted(tallies.items())
        },
        "answers": dict(answers),
    }


class _Capture:
    """A composer that keeps what it was given."""

    def __init__(self, holdings: Holdings) -> None:
        self._embedded = EmbeddedComposer(holdings.archive)
        self.taken: tuple[Question, Sequence[Finding], Draft] | None = None

    def write(self, question: Question, findings: Sequence[Finding]) -> Iterator[Piece | Draft]:
        """See `Composer`."""
        draft = self._embedded.compose(question, findings)
        self.taken = (question, findings, draft)
        yield draft


def _planted(
    sources: Sequence[Source], hostile: Source, order: Hostile, kinds: Iterator[str], rng: random.Random
) -> list[Planted]:
    """The sentences of one answer, in random order; a fault that has no place in them gives way to the next."""
    usable = [(source, s) for source in sources for s in _sentences(source)]
    rng.shuffle(usable)
    planted: list[Planted] = []
    used: set[str] = set()
    for (source, sentence), kind in zip(usable, cycle(GOOD), strict=False):
        if len(planted) == _GOOD_EACH:
            break
        if sentence not in used and (text := _good(kind, sentence, source, rng)):
            used.add(sentence)
            planted.append(Planted(_marked(text, source.number), kind))
    taken = 0
    for kind in (next(kinds) for _ in range(2 * len(KINDS))):
        if taken == _FAULTS_EACH:
            break
        line = _faulty(kind, usable, sources, hostile, order, rng)
        if line and line not in {p.line for p in planted} and _is_one(line):
            planted.append(Planted(line, kind))
            taken += 1
    rng.shuffle(planted)
    return planted


def _good(kind: str, sentence: str, source: Source, rng: random.Random) -> str | None:
    if kind == "quoted":
        return None if any(mark in sentence for mark in '“”"«»[]*_`|<>\\') else f"“{sentence.rstrip('.')}”"
    text = sentence if kind == "copied" else reworded(sentence, source, rng)
    return text if text and _is_one(_marked(text, 1)) else None


def _faulty(
    kind: str,
    usable: Sequence[tuple[Source, str]],
    sources: Sequence[Source],
    hostile: Source,
    order: Hostile,
    rng: random.Random,
) -> str | None:
    if kind == OBEYED:
        return order.obeyed.format(n=hostile.number)
    if kind == CITATION:
        source, sentence = rng.choice(usable) if usable else (None, "")
        strangers = [s for s in sources if source and not _close(s, source)]
        if source is None:
            return None
        return _marked(sentence, rng.choice(strangers).number if strangers and rng.random() < 0.5 else 99)
    fault: Fault = FAULTS[kind]
    found = (
        _marked(text, source.number) for source, s in rng.sample(usable, len(usable)) if (text := fault(s, source, rng))
    )
    return next(found, None)


def _close(one: Source, other: Source) -> bool:
    """Passages that may say the same: of one statement, or with much the same words."""
    mine, theirs = set(one.passage.text.lower().split()), set(other.passage.text.lower().split())
    return one.statement.id == other.statement.id or len(mine & theirs) > 0.4 * min(len(mine), len(theirs))


def _sentences(source: Source) -> list[str]:
    """Sentences that can stand alone: of eight to fifty words, without a pronoun or a list mark in front."""
    texts = [source.text[slice(*span)] for span in source.sentences]
    return [
        t
        for t in texts
        if 8 <= len(t.split()) <= 50 and t.endswith(".") and t[0].isupper() and not t.startswith(("It ", "He ", "She "))
        if _is_one(_marked(t, 1))
    ]


def _marked(text: str, number: int) -> str:
    return f"{text.rstrip('.')} [{number}]."


def _is_one(line: str) -> bool:
    return len(list(sentences([f"- {line}\n"]))) == 1


def _hostile_source(number: int, hostile: Hostile) -> Source:
    text = hostile_text(hostile)
    statement = Statement("hostile", "Monthly note on ports", date(2022, 6, 1), issuer="Ministry of Harbours")
    return source_of(number, statement, Passage("hostile", statement.id, 1, 0, 0, len(text), text), text)
