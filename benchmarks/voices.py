"""How well `ingest.voice` tells who speaks, on sentences labelled by hand: `python -m benchmarks.voices [SHARED]`.

SHARED is the folder of reference data (`../shared` beside the project when left out), with `corpora/wh_core.jsonl.gz`
and `inputs/`. The labels are in `tests/voices.jsonl`: no text, only where a sentence is, the start of its SHA-256, and
what it is. The statements that have one are ingested into an archive of their own, so what is judged is the stored
text; a sentence that is no longer where it was is looked for by its hash, and left out and counted when it is gone.

A speaker is right when all words of the label are in it; labels give other names for the same person after a "|", and
"*" where any answer would do. Wrong is another name, or a name where the text gives none; none is no answer where the
text gives one.
"""

from __future__ import annotations

import gzip
import json
import re
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from corpus.archive import Archive
from corpus.holdings import Holdings
from corpus.model import Statement, Voice, sha256
from corpus.settings import Settings
from ingest.pipeline import ingest
from ingest.sentences import Span, sentence_spans
from ingest.voice import Spoken, Voices

ROOT = Path(__file__).parents[1]
LABELS = ROOT / "tests" / "voices.jsonl"
HALVES = ("tuning", "held out")

_WORD = re.compile(r"[\w’'-]+")


@dataclass(frozen=True, slots=True)
class Label:
    """One line of the labels: where a sentence is, and what it is."""

    source: str
    statement: str
    start: int
    end: int
    sha256: str
    kind: str
    half: str
    voice: Voice
    speaker: str | None
    office: str | None


@dataclass(frozen=True, slots=True)
class Case:
    """A label with the text that it is about."""

    label: Label
    statement: Statement
    text: str
    span: Span


Heard = tuple[Case, Spoken]
Outcomes = Counter[str]


def labels() -> list[Label]:
    """All labels."""
    lines = LABELS.read_text(encoding="utf-8").splitlines()
    return [Label(**(fields | {"voice": Voice(fields["voice"])})) for fields in map(json.loads, lines)]


def cases(shared: Path, folder: Path) -> list[Case]:
    """The labelled sentences that are found in their texts as ingested today, in the order of the labels.

    Args:
        shared: the reference data.
        folder: an empty folder to work in.
    """
    wanted = labels()
    files = _files(wanted, shared, folder)
    with Holdings(Settings(archive=folder / "archive"), create=True) as holdings:
        ingest(files, holdings)
        return list(_found(wanted, holdings.archive))


def hear(found: Sequence[Case]) -> list[Heard]:
    """Each case with what `Voices` says of it."""
    return [(case, Voices(case.statement, case.text).of(*case.span)) for case in found]


def by_voice(heard: Sequence[Heard]) -> dict[Voice, tuple[int, int, int]]:
    """For each voice: sentences labelled with it, sentences given it, and those that are both."""
    pairs = [(case.label.voice, spoken.voice) for case, spoken in heard]
    return {
        voice: (sum(a is voice for a, _ in pairs), sum(b is voice for _, b in pairs), pairs.count((voice, voice)))
        for voice in Voice
    }


def names(heard: Sequence[Heard], of: Callable[[Label | Spoken], str | None]) -> Outcomes:
    """How often a name (the speaker's, or the office's) is right, wrong, missing, invented, or rightly absent."""
    return Counter(_outcome(of(case.label), of(spoken)) for case, spoken in heard)


def precision(outcomes: Outcomes) -> float:
    """The share of the names given that are right."""
    return _share(outcomes["right"], outcomes["right"] + outcomes["wrong"] + outcomes["invented"])


def coverage(outcomes: Outcomes) -> float:
    """The share of the names that the texts give which are found."""
    return _share(outcomes["right"], outcomes["right"] + outcomes["wrong"] + outcomes["none"])


def speaker(of: Label | Spoken) -> str | None:
    """The speaker of a label or of an answer."""
    return of.speaker


def office(of: Label | Spoken) -> str | None:
    """The office of a label or of an answer."""
    return of.office


def report(heard: Sequence[Heard]) -> str:
    """The tables of `docs/voices.md`, in Markdown."""
    halves = {half: [pair for pair in heard if pair[0].label.half == half] for half in HALVES}
    lines = ["| half | voice | labelled | given | precision | recall |", "| --- | --- | ---: | ---: | ---: | ---: |"]
    for half, pairs in halves.items():
        for voice, (labelled, given, both) in by_voice(pairs).items():
            shares = f"{_share(both, given):.3f} | {_share(both, labelled):.3f}"
            lines.append(f"| {half} | {voice} | {labelled} | {given} | {shares} |")
    lines += ["", "| half | | right | wrong | invented | none | precision | coverage |"]
    lines += ["| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |"]
    for half, pairs in halves.items():
        for what, of in (("speaker", speaker), ("office", office)):
            counts = names(pairs, of)
            numbers = " | ".join(str(counts[name]) for name in ("right", "wrong", "invented", "none"))
            lines.append(f"| {half} | {what} | {numbers} | {precision(counts):.3f} | {coverage(counts):.3f} |")
    lines += ["", "| kind of text | sentences | voice right | speaker right | speaker wrong | speaker none |"]
    lines += ["| --- | ---: | ---: | ---: | ---: | ---: |"]
    for kind in dict.fromkeys(case.label.kind for case, _ in heard):
        pairs = [pair for pair in heard if pair[0].label.kind == kind]
        right = sum(case.label.voice is spoken.voice for case, spoken in pairs)
        counts = names(pairs, speaker)
        wrong = counts["wrong"] + counts["invented"]
        lines.append(f"| {kind} | {len(pairs)} | {right} | {counts['right']} | {wrong} | {counts['none']} |")
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    """Print the tables, and to the error stream how many labelled sentences were not found."""
    shared = Path(arguments[0]) if arguments else ROOT.parent / "shared"
    with tempfile.TemporaryDirectory() as folder:
        found = cases(shared, Path(folder))
    print(report(hear(found)))
    print(f"{len(found)} of {len(labels())} labelled sentences found.", file=sys.stderr)
    return 0


def _files(wanted: Sequence[Label], shared: Path, folder: Path) -> list[Path]:
    """What to ingest: the labelled records of the corpus in one file, and copies of the labelled inputs."""
    ids = {label.statement for label in wanted if label.source == "wh_core"}
    records = folder / "records.jsonl"
    with gzip.open(shared / "corpora" / "wh_core.jsonl.gz", "rt", encoding="utf-8") as corpus:
        records.write_text("".join(line for line in corpus if json.loads(line)["id"] in ids), encoding="utf-8")
    inputs = []
    for number, name in enumerate(sorted({label.statement for label in wanted if label.source == "inputs"})):
        # Each in a folder of its own, so that the archive's note of its source tells which it is.
        inputs.append(folder / "inputs" / f"{number}" / Path(name).name)
        inputs[-1].parent.mkdir(parents=True)
        shutil.copyfile(shared / "inputs" / name, inputs[-1])
    return [records, *inputs]


def _found(wanted: Sequence[Label], archive: Archive) -> Iterator[Case]:
    versions = {statement_id: archive.version(statement_id) for statement_id in archive.all_ids()}
    by_file = {Path(version.source).name: version for version in versions.values()}
    for label in wanted:
        known = versions if label.source == "wh_core" else by_file
        version = known.get(label.statement if label.source == "wh_core" else Path(label.statement).name)
        span = version and _place(label, version.text)
        if version and span:
            yield Case(label, archive.statement(version.statement_id), version.text, span)


def _place(label: Label, text: str) -> Span | None:
    spans = [(label.start, label.end), *sentence_spans(text)]
    return next((span for span in spans if sha256(text[slice(*span)])[:16] == label.sha256), None)


def _outcome(labelled: str | None, given: str | None) -> str:
    if labelled == "*":
        return "unscored"
    if labelled is None:
        return "absent" if given is None else "invented"
    if given is None:
        return "none"
    words = set(_WORD.findall(given.casefold()))
    alternatives = (set(_WORD.findall(name.casefold())) for name in labelled.split("|"))
    return "right" if any(name <= words for name in alternatives) else "wrong"


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
