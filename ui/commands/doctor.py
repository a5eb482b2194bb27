"""`onrecord doctor`: looks at everything and changes nothing; each flaw says how to mend it."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass

from corpus.archive import Archive
from corpus.backup import archive_flaws
from corpus.chroma import ChromaIndex
from corpus.embedder import Embedder, load_embedder
from corpus.errors import IndexBusy, ModelError, OnRecordError
from corpus.lexical import LexicalIndex
from corpus.schema import MIGRATIONS
from corpus.settings import LLMSettings, Settings
from rag.language_model import load_llm, streamed
from rag.writing.prompt import greeting
from ui.commands.opening import print_json, settings_from

_RESTORE = "Restore the last backup into a new folder: onrecord --archive NEW restore FILE"
_REINDEX = "Run: onrecord reindex"
_MODEL = "Check llm.base_url, llm.model and the key; readers get the statements' own words meanwhile"


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, whether it is as it should be, what was found, and what to do where it is not.

    A warning is about what is behind and comes right by itself, as long as a server runs or questions are asked.
    """

    check: str
    ok: bool
    finding: str
    mend: str = ""
    warning: bool = False


def doctor(arguments: argparse.Namespace) -> int:
    """Print one line per check; the exit code is 1 when any of them failed, and 0 where some only warn."""
    checks: list[Check] = []
    for check in _checks(settings_from(arguments)):
        checks.append(check)
        if not arguments.json:
            state = "WRONG" if not check.ok else "later" if check.warning else "ok   "
            print(f"{state}  {check.check}: {check.finding}")
            if check.mend:
                print(f"       -> {check.mend}")
    sound = all(check.ok for check in checks)
    if arguments.json:
        print_json({"sound": sound, "checks": [asdict(check) for check in checks]})
    return 0 if sound else 1


def _checks(settings: Settings) -> Iterator[Check]:
    embedder: list[Embedder] = []
    yield _guarded("language model", lambda: _language_model(settings.llm), _MODEL)
    yield _guarded("embedder", lambda: _embedder(settings, embedder), "Reinstall OnRecord, then: onrecord setup-model")
    try:
        archive = Archive(settings.archive, create=False)
    except OnRecordError as error:
        yield Check("archive", False, str(error), "" if "upgrade" in str(error) else _RESTORE)
        return
    with closing(archive):
        yield Check("archive", True, f"{settings.archive} opens, schema {len(MIGRATIONS)}")
        yield _guarded("integrity", lambda: _integrity(archive), _RESTORE)
        yield _guarded("lexical index", lambda: _lexical(archive, settings), _REINDEX)
        if embedder:
            yield _guarded("counts", lambda: _counts(archive, embedder[0]), _RESTORE)
            yield _guarded("vector index", lambda: _chroma(archive, embedder[0], settings), _REINDEX)


def _guarded(name: str, check: Callable[[], Check], mend: str) -> Check:
    """A check that fails in a way nobody thought of is a finding too, and keeps no other from being made."""
    try:
        return check()
    except Exception as error:
        return Check(name, False, f"{type(error).__name__}: {error}", mend)


def _language_model(settings: LLMSettings) -> Check:
    if not settings.provider:
        return Check("language model", True, "none is configured; answers are the statements' own words")
    llm = load_llm(settings)
    started = time.perf_counter()
    try:
        said = "".join(streamed(llm, greeting(), settings.timeout)).strip()
    except ModelError as error:
        return Check("language model", False, f"{settings.model}: {error}", _MODEL)
    seconds = time.perf_counter() - started
    where = settings.base_url or settings.provider
    return Check("language model", True, f"{settings.model} at {where} answers in {seconds:.1f} s: {said[:40]!r}")


def _embedder(settings: Settings, loaded: list[Embedder]) -> Check:
    embedder = load_embedder(settings.embedder)
    embedder.encode(["warm up"])
    started = time.perf_counter()
    embedder.encode(["What was agreed on shipbuilding?"])
    milliseconds = (time.perf_counter() - started) * 1000
    loaded.append(embedder)
    return Check("embedder", True, f"{embedder.name} by {type(embedder).__name__}, one query {milliseconds:.0f} ms")


def _integrity(archive: Archive) -> Check:
    flaws = archive_flaws(archive)
    return Check("integrity", not flaws, "; ".join(flaws) or "the database is whole", _RESTORE if flaws else "")


def _counts(archive: Archive, embedder: Embedder) -> Check:
    left = archive.count_without_vector(embedder.name)
    finding = (
        f"{archive.coverage().statements} statements, {archive.count_passages()} passages,"
        f" {archive.count_vectors(embedder.name)} with a vector, {left} left to embed"
    )
    mend = f"A running server makes the missing vectors; without one: {_REINDEX}" if left else ""
    return Check("counts", True, finding, mend, warning=bool(left))


def _lexical(archive: Archive, settings: Settings) -> Check:
    index = LexicalIndex(settings.archive / "lexical")
    behind = len(archive.changes(index.applied, words=True)[1])
    held, expected = index.count(), archive.count_passages()
    if behind:
        mend = f"The next question or ingest brings it up to date; or: {_REINDEX}"
        return Check("lexical index", True, f"{behind} statements behind the archive", mend, warning=True)
    if held != expected:
        return Check("lexical index", False, f"holds {held} passages, the archive {expected}", _REINDEX)
    return Check("lexical index", True, f"up to date, {held} passages")


def _chroma(archive: Archive, embedder: Embedder, settings: Settings) -> Check:
    try:
        chroma = ChromaIndex(archive, embedder.name, settings.chroma)
    except IndexBusy as busy:
        return Check("vector index", True, f"in the care of a running server: {busy}")
    with closing(chroma):
        behind = len(archive.changes(chroma.applied)[1])
        held, expected = chroma.count(), archive.count_vectors(embedder.name)
        if held:
            chroma.query(embedder.encode(["Can it be searched?"])[0], 1)
    where = settings.chroma.url or "this archive"
    if behind:
        mend = f"A running server brings it up to date, and so does the next ingest; or: {_REINDEX}"
        return Check("vector index", True, f"{behind} statements behind the archive", mend, warning=True)
    if held != expected:
        return Check("vector index", False, f"Chroma in {where} holds {held}, the archive {expected}", _REINDEX)
    return Check("vector index", True, f"Chroma in {where} can be searched, {held} passages, owned by nobody else")
