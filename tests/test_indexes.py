"""Vectors are found as in an exact search, follow the archive, and come back from a kill without embedding again."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from conftest import NO_SENTENCES, SAMPLE, process, put
from test_embedder import Counting
from test_lexical import found

from corpus.archive import Archive
from corpus.chroma import ChromaIndex
from corpus.dense import DenseIndex
from corpus.embedder import Embedder
from corpus.errors import IndexBusy, IndexMismatch
from corpus.holdings import Holdings
from corpus.locks import FolderLock
from corpus.model import Filters
from corpus.rows import Vectors
from corpus.settings import ChromaSettings, Settings
from ingest.pipeline import ingest
from ingest.sentences import sentence_spans
from ingest.vectors import embed_due
from ingest.worker import Worker

EMBEDDED = ChromaSettings()
OWNER = """
import sys
import time
from pathlib import Path
from corpus.archive import Archive
from corpus.chroma import ChromaIndex
from corpus.settings import ChromaSettings

index = ChromaIndex(Archive(Path(sys.argv[1])), sys.argv[2], ChromaSettings())
print("owned", flush=True)
while sys.argv[3] == "fill":
    index.rebuild()
    print("filled", flush=True)
sys.stdin.read()
"""


def owner(archive: Archive, model: str, *, fill: bool = False) -> subprocess.Popen[str]:
    """A process that owns an archive's Chroma directory, and fills it again and again if it should."""
    call = [sys.executable, "-c", OWNER, archive.folder, model, "fill" if fill else "hold"]
    running: subprocess.Popen[str] = subprocess.Popen(
        call,
        stdin=subprocess.PIPE,
        **process(archive.folder),  # type: ignore[call-overload]
    )
    assert running.stdout is not None and running.stdout.readline() == "owned\n"
    return running


def kill(running: subprocess.Popen[str]) -> None:
    running.send_signal(signal.SIGKILL)
    running.communicate()
    assert running.returncode == -signal.SIGKILL


@pytest.fixture(scope="module")
def made(embedder: Embedder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with some hundreds of real passages, all with vectors: the sample, split by sentences."""
    folder = tmp_path_factory.mktemp("made") / "archive"
    with Holdings(Settings(archive=folder), create=True) as holdings:
        holdings.embedder = embedder
        ingest([SAMPLE], holdings)
        for name in holdings.archive.all_ids():
            version = holdings.archive.version(name)
            holdings.archive.split_anew(name, version.text_sha256, sentence_spans(version.text))
        embed_due(holdings.archive, embedder)
    return folder


@pytest.fixture
def held(made: Path, tmp_path: Path, embedder: Embedder) -> Iterator[Archive]:
    """A copy of `made` to do with as one likes."""
    shutil.copytree(made, tmp_path / "archive")
    archive = Archive(tmp_path / "archive", create=False)
    assert archive.count_vectors(embedder.name) == archive.count_passages() >= 300
    yield archive
    archive.close()


@pytest.fixture
def chroma(held: Archive, embedder: Embedder) -> Iterator[ChromaIndex]:
    index = ChromaIndex(held, embedder.name, EMBEDDED)
    index.catch_up()
    yield index
    index.close()


QUESTIONS = [
    "What did CDS discuss with Oman?",
    "free trade agreement",
    "naval exercise",
    "health cooperation",
    "Muscat",
]


def test_chroma_finds_what_an_exact_search_finds(held: Archive, embedder: Embedder, chroma: ChromaIndex) -> None:
    exact, graph = DenseIndex(held, embedder.name), DenseIndex(held, embedder.name, chroma)
    assert chroma.count() == held.count_vectors(embedder.name)
    for vector in embedder.encode(QUESTIONS):
        ours, theirs = exact.search(vector, None, 10), graph.search(vector, None, 10)
        assert [passage for passage, _ in ours] == [passage for passage, _ in theirs]
        assert np.allclose([score for _, score in ours], [score for _, score in theirs], atol=1e-4)


@pytest.mark.parametrize("limit", [0, 5_000], ids=["over-fetched", "exact"])
def test_filters_are_inside_the_dense_search(
    held: Archive, embedder: Embedder, chroma: ChromaIndex, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("corpus.dense.EXACT_LIMIT", limit)
    index = DenseIndex(held, embedder.name, chroma)
    issuer = held.issuers()[-1][0]
    for filters in (
        Filters(issuers=(issuer,)),
        Filters(date_from=date(2025, 11, 1)),
        Filters(date_to=date(2025, 6, 1)),
    ):
        inside, everything = held.count_passages(filters), held.count_passages()
        assert 0 < inside < everything
        for vector in embedder.encode(QUESTIONS):
            hits = [passage for passage, _ in index.search(vector, filters, 10)]
            assert len(hits) == min(10, inside)
            assert held.passing(hits, filters) == set(hits)
            ranking = [passage for passage, _ in DenseIndex(held, embedder.name).search(vector, None, everything)]
            allowed = held.passing(ranking, filters)
            assert hits == [passage for passage in ranking if passage in allowed][:10]
    assert index.search(vector, Filters(date_to=date(1900, 1, 1)), 10) == []


def test_chroma_follows_updates_and_removals(held: Archive, embedder: Embedder, chroma: ChromaIndex) -> None:
    put(held, "new", "Zebras were counted in the savannah.")
    embed_due(held, embedder)
    chroma.catch_up()
    [vector] = embedder.encode(["zebra count"])
    [(first, _)] = chroma.query(vector, 1)
    assert held.passages([first])[first].statement_id == "new"
    put(held, "new", "Gazelles were counted in the savannah.")
    embed_due(held, embedder)
    held.remove(next(name for name in held.all_ids() if name != "new"))
    chroma.catch_up()
    assert chroma.count() == held.count_vectors(embedder.name)
    [(second, _)] = chroma.query(vector, 1)
    assert second != first and set(held.passages([second]))


def test_one_owner_at_a_time(held: Archive, embedder: Embedder) -> None:
    other = owner(held, embedder.name)
    with pytest.raises(IndexBusy, match=rf"pid {other.pid}\b"):
        ChromaIndex(held, embedder.name, EMBEDDED)
    kill(other)
    ChromaIndex(held, embedder.name, EMBEDDED).close()


def test_after_a_kill_chroma_is_filled_again_without_embedding(held: Archive, embedder: Embedder) -> None:
    counting = Counting(embedder)
    for filled in range(3):
        other = owner(held, embedder.name, fill=True)
        assert other.stdout is not None
        for _ in range(filled):
            other.stdout.readline()
        kill(other)
        index = ChromaIndex(held, embedder.name, EMBEDDED)
        index.catch_up()
        embed_due(held, counting)
        assert counting.inputs == []
        assert index.count() == held.count_vectors(embedder.name)
        [vector] = embedder.encode(QUESTIONS[:1])
        assert len(index.query(vector, 10)) == 10
        index.close()


def test_looking_only_does_not_clear_a_doubt(held: Archive, embedder: Embedder) -> None:
    """After a kill, the comparison with the archive must happen, however often the index is opened before it."""
    index = ChromaIndex(held, embedder.name, EMBEDDED)
    index.catch_up()
    index._collection.delete(ids=[index._collection.get(limit=1)["ids"][0]])  # what a kill may lose
    index.close()
    (held.folder / "chroma" / "in-use").touch()
    ChromaIndex(held, embedder.name, EMBEDDED).close()
    index = ChromaIndex(held, embedder.name, EMBEDDED)
    index.catch_up()
    assert index.count() == held.count_vectors(embedder.name)
    index.close()


@pytest.mark.parametrize("killed", [True, False], ids=["after a kill", "after a clean end"])
@pytest.mark.parametrize("damage", ["cut", "garbage"])
def test_a_damaged_chroma_directory_is_rebuilt(held: Archive, embedder: Embedder, damage: str, killed: bool) -> None:
    index = ChromaIndex(held, embedder.name, EMBEDDED)
    index.catch_up()
    index.close()
    files = [file for file in (held.folder / "chroma" / "data").rglob("*") if file.is_file()]
    assert any(file.name == "chroma.sqlite3" for file in files)
    for file in files:
        data = file.read_bytes()
        file.write_bytes(data[: len(data) // 2] if damage == "cut" else os.urandom(len(data)))
    if killed:
        (held.folder / "chroma" / "in-use").touch()
    index = ChromaIndex(held, embedder.name, EMBEDDED)
    index.catch_up()
    assert index.count() == held.count_vectors(embedder.name)
    [vector] = embedder.encode(QUESTIONS[:1])
    assert [p for p, _ in index.query(vector, 10)] == [
        p for p, _ in DenseIndex(held, embedder.name).search(vector, None, 10)
    ]
    index.close()


def test_with_another_model_the_collection_is_dropped_and_filled(held: Archive, chroma: ChromaIndex) -> None:
    before = chroma.count()
    chroma.close()
    other = ChromaIndex(held, "another-model", EMBEDDED)
    other.catch_up()
    assert (before > 0, other.count()) == (True, 0)
    due = held.without_vector("another-model", 10)
    held.put_vectors(
        "another-model",
        [key for key, _, _ in due],
        np.eye(len(due), 5, dtype=np.float32) + 1,
        [NO_SENTENCES] * len(due),
    )
    other.catch_up()
    assert other.count() == held.count_vectors("another-model") > 0
    assert len(other.query(np.ones(5, dtype=np.float32), 3)) == 3
    other.close()


def test_a_chroma_server_that_does_not_answer_is_named(archive: Archive) -> None:
    with pytest.raises(IndexMismatch, match=r"No Chroma server answers at http://127.0.0.1:9"):
        ChromaIndex(archive, "m", ChromaSettings(url="http://127.0.0.1:9"))


def test_the_worker_embeds_and_indexes_what_others_put(tmp_path: Path, embedder: Embedder) -> None:
    with Holdings(Settings(archive=tmp_path / "archive"), create=True, own_vectors=True) as holdings:
        assert holdings.chroma is not None
        worker = Worker(holdings, pause=0.02)
        worker.start()
        other = Archive(tmp_path / "archive")
        put(other, "a", "Zebras were counted.\n\nGazelles were not.")
        _until(lambda: holdings.chroma is not None and holdings.chroma.count() == 2)
        _until(lambda: found(holdings.lexical, "zebra", other) == ["a"])
        with FolderLock(tmp_path / "archive" / "lexical"):  # somebody else writes there: not an error
            put(other, "b", "Okapis were counted.")
            _until(lambda: other.count_vectors(holdings.embedder.name) == 3)
        other.remove("a")
        _until(lambda: holdings.chroma is not None and holdings.chroma.count() == 1)
        other.close()
        worker.stop()
    assert not (tmp_path / "archive" / "chroma" / "in-use").exists()


def test_the_worker_survives_errors(tmp_path: Path, embedder: Embedder, caplog: pytest.LogCaptureFixture) -> None:
    with Holdings(Settings(archive=tmp_path / "archive"), create=True) as holdings:
        failures = [OSError("no room on the disk")]

        class Failing(Counting):
            def encode_with_parts(
                self, texts: list[str], parts: list[list[tuple[int, int]]]
            ) -> tuple[Vectors, list[Vectors]]:
                if failures:
                    raise failures.pop()
                return super().encode_with_parts(texts, parts)

        holdings.embedder = Failing(embedder)
        put(holdings.archive, "a", "Zebras were counted.")
        worker = Worker(holdings, pause=0.02)
        worker.start()
        _until(lambda: holdings.archive.count_vectors(embedder.name) == 1)
        worker.stop()
    assert "no room on the disk" in caplog.text


def _until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not happen"
        time.sleep(0.02)
