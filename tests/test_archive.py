"""The archive: what is committed stays whole, whatever happens to the process that wrote it."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from conftest import NO_SENTENCES, process, put
from hypothesis import example, given, settings
from hypothesis import strategies as st

from corpus.archive import DATABASE, Archive
from corpus.errors import ArchiveError, InputError, NotHeld
from corpus.model import Filters, Statement, sha256
from corpus.schema import MIGRATIONS

MODEL = "test@1"
WRITER = """
import sys
from pathlib import Path
from conftest import put
from corpus.archive import Archive

archive = Archive(Path(sys.argv[1]))
for number in range(int(sys.argv[3])):
    put(archive, f"{sys.argv[2]}/{number}", "\\n\\n".join(f"Paragraph {n} of {number}." for n in range(20)))
    print(number, flush=True)
"""


def writer(folder: Path, name: str, count: int) -> subprocess.Popen[str]:
    """A process that puts statements `name/0`, `name/1` ... and prints each number once it is committed."""
    started = process(folder)
    started["env"]["PYTHONPATH"] += f":{Path(__file__).parent}"  # type: ignore[index]
    return subprocess.Popen([sys.executable, "-c", WRITER, folder / "archive", name, str(count)], **started)  # type: ignore[call-overload, no-any-return]


def rows(archive: Archive) -> dict[str, int]:
    """Number of rows in each table that holds something of a statement."""
    with sqlite3.connect(archive.folder / DATABASE) as db:
        tables = ("statement", "version", "passage", "raw", "vector", "acronym")
        return {name: db.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables}


def test_put_says_what_came_of_it(archive: Archive) -> None:
    assert put(archive, "a", "One.\n\nTwo.") == "new"
    assert put(archive, "a", "One.\n\nTwo.") == "unchanged"
    assert put(archive, "a", "One.\n\nTwo.", title="Another title") == "updated"
    assert archive.statement("a").title == "Another title"
    assert len(archive.versions("a")) == 1
    assert put(archive, "a", "One.\n\nThree.", title="Another title") == "changed"
    assert [passage.text for passage in archive.passages_of("a")] == ["One.", "Three."]


def test_every_version_stays(archive: Archive) -> None:
    for text in ("A first.", "B second.", "A first."):
        assert put(archive, "a", text) in ("new", "changed")
    versions = archive.versions("a")
    assert [(v.number, v.text) for v in versions] == [(1, "A first."), (2, "B second."), (3, "A first.")]
    assert archive.version("a").number == 3
    assert archive.version("a", 2).text == "B second."
    assert archive.raw(versions[1].raw_sha256) == b"B second."
    [current] = archive.passages_of("a")
    assert current.version == 3
    with pytest.raises(NotHeld, match="a, version 4"):
        archive.version("a", 4)


def test_passage_ids_are_the_same_in_another_archive(archive: Archive, tmp_path: Path) -> None:
    other = Archive(tmp_path / "other")
    put(other, "b", "Filler.")
    for one in (archive, other):
        put(one, "a", "One.\n\nTwo.")
    assert archive.passages_of("a") == other.passages_of("a")
    other.close()


def test_remove_leaves_nothing_behind(archive: Archive) -> None:
    put(archive, "kept", "Shared words.\n\nOwn words.", title="Same")
    before = rows(archive)
    for text in ("First. The Joint Committee (JC) met.\n\nShared words.", "Second. The Joint Committee (JC) met."):
        put(archive, "gone", text, title="Same")
    due = archive.without_vector(MODEL, 100)
    keys = [key for key, _, _ in due]
    archive.put_vectors(MODEL, keys, np.ones((len(keys), 3), dtype=np.float32), [NO_SENTENCES] * len(keys))
    assert rows(archive)["raw"] == 3 and rows(archive)["acronym"] == 1
    archive.remove("gone")
    assert rows(archive) == before | {"vector": 2}
    assert archive.count_vectors(MODEL) == 2
    with pytest.raises(NotHeld):
        archive.remove("gone")


def test_vectors_that_come_after_a_removal_are_not_kept(archive: Archive) -> None:
    put(archive, "gone", "Some words.")
    [(key, _, _)] = archive.without_vector(MODEL, 10)
    archive.remove("gone")
    archive.put_vectors(MODEL, [key], np.ones((1, 3), dtype=np.float32), [NO_SENTENCES])
    assert rows(archive) == dict.fromkeys(rows(archive), 0)


def test_withdrawn_stays_held_and_marked(archive: Archive) -> None:
    put(archive, "a", "Words.")
    archive.withdraw("a")
    assert archive.statement("a").withdrawn
    assert archive.version("a").text == "Words."
    assert put(archive, "a", "Words.") == "unchanged", "what the source still shows does not take the mark away"
    assert put(archive, "a", "Other words.") == "changed"
    assert archive.statement("a").withdrawn
    archive.withdraw("a", withdrawn=False)
    assert not archive.statement("a").withdrawn
    with pytest.raises(NotHeld):
        archive.withdraw("b")


def test_a_statement_is_held_by_publication_and_event_date(archive: Archive) -> None:
    put(archive, "a", "Words.", published=date(2025, 11, 24), event=date(2025, 11, 20))
    for day, inside in ((20, 1), (22, 0), (24, 1)):
        day_ = date(2025, 11, day)
        assert archive.coverage(Filters(day_, day_)).statements == inside
    assert archive.coverage(Filters(issuers=("MINISTRY of tests",))).statements == 1


def test_a_kill_leaves_every_committed_statement_whole(tmp_path: Path) -> None:
    for killed in range(3):
        running = writer(tmp_path, f"k{killed}", 100_000)
        assert running.stdout is not None
        for _ in range(5 + 20 * killed):
            running.stdout.readline()
        running.send_signal(signal.SIGKILL)
        printed = [int(line) for line in running.stdout if line.strip().isdigit()]
        assert running.wait() == -signal.SIGKILL
        running.communicate()
        archive = Archive(tmp_path / "archive", create=False)
        held = [name for name in archive.all_ids() if name.startswith(f"k{killed}/")]
        assert len(held) >= max(printed, default=5 + 20 * killed - 1) + 1 > 4
        for name in held:
            passages = archive.passages_of(name)
            assert len(passages) == 20
            assert all(archive.version(name).text[p.start : p.end] == p.text for p in passages)
        assert sorted(archive.changes(0)[1]) == sorted(archive.all_ids()), "an index would miss a statement"
        archive.close()


def test_two_processes_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    running = [writer(tmp_path, name, 60) for name in ("left", "right")]  # both also make the archive
    for one in running:
        _, errors = one.communicate(timeout=60)
        assert one.returncode == 0, errors
    archive = Archive(tmp_path / "archive", create=False)
    assert set(archive.all_ids()) == {f"{name}/{n}" for name in ("left", "right") for n in range(60)}
    assert archive.count_passages() == 2 * 60 * 20
    archive.close()


def test_reading_goes_on_while_another_process_writes(tmp_path: Path, archive: Archive) -> None:
    running = writer(tmp_path, "w", 100)
    seen = set()
    while running.poll() is None:
        seen.add(archive.coverage().statements)
        time.sleep(0.005)
    assert running.communicate()[1] == ""
    assert len(seen) > 2
    assert archive.coverage().statements == 100


def test_a_newer_schema_is_refused(archive: Archive) -> None:
    with sqlite3.connect(archive.folder / DATABASE) as db:
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    with pytest.raises(ArchiveError, match="upgrade OnRecord"):
        Archive(archive.folder)


def test_an_archive_of_the_first_schema_is_brought_up_to_date(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    with sqlite3.connect(tmp_path / "old" / DATABASE) as db:
        db.executescript(MIGRATIONS[0] + "PRAGMA user_version = 1; INSERT INTO change (statement_id) VALUES ('x');")
    archive = Archive(tmp_path / "old", create=False)
    assert put(archive, "a", "Words.") == "new"
    assert archive.changes(0, words=True)[1] == ["x", "a"]
    archive.close()


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=r"No archive in .*nowhere.*ingest"):
        Archive(tmp_path / "nowhere", create=False)
    (tmp_path / DATABASE).write_text("no database" * 100)
    with pytest.raises(ArchiveError, match="cannot be opened"):
        Archive(tmp_path)


def test_a_failed_put_leaves_nothing(archive: Archive) -> None:
    put(archive, "a", "Words.")
    before = rows(archive)
    with pytest.raises(InputError, match="NUL"):
        put(archive, "b", "Words\0 after.")
    with pytest.raises(ArchiveError, match="cannot be written"):  # two passages of the same place have the same id
        archive.put(Statement("c", "T", date(2025, 1, 1)), "Words.", b"", "c", [(0, 6), (0, 6)])
    assert rows(archive) == before
    assert put(archive, "a", "Words again.") == "changed"


def test_splitting_anew_replaces_the_current_passages_only(archive: Archive) -> None:
    text = "One.\n\nTwo."
    put(archive, "a", text)
    archive.split_anew("a", sha256("another text"), [(0, 4)])
    assert [p.text for p in archive.passages_of("a")] == ["One.", "Two."]
    archive.split_anew("a", sha256(text), [(0, len(text))])
    assert [p.text for p in archive.passages_of("a")] == [text]
    archive.split_anew("gone", sha256(text), [(0, 4)])
    assert archive.all_ids() == ["a"]


def test_an_index_of_words_is_not_told_of_vectors(archive: Archive) -> None:
    put(archive, "a", "Words.")
    seen, _ = archive.changes(0)
    keys = [key for key, _, _ in archive.without_vector(MODEL, 10)]
    archive.put_vectors(MODEL, keys, np.ones((1, 3), dtype=np.float32), [NO_SENTENCES])
    newest, changed = archive.changes(seen)
    assert changed == ["a"] and newest > seen
    assert archive.changes(seen, words=True) == (newest, [])


# Letters with marks on top, flags and families of several code points, signs beyond 16 bits, line ends of all kinds.
pieces = st.sampled_from(["e\u0301", "👩‍👩‍👧", "🇮🇳", "𝒳", "नमस्ते", "\r\n", "\u2028", "\n\n", " ", "a", "\ufeff"])
texts = st.lists(st.one_of(pieces, st.text(max_size=5)), min_size=1, max_size=20).map("".join)


@pytest.fixture(scope="module")
def long_lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    archive = Archive(tmp_path_factory.mktemp("property"))
    yield archive
    archive.close()


@st.composite
def spanned(draw: st.DrawFn) -> tuple[str, list[tuple[int, int]]]:
    """A text that can be stored, and disjoint spans that cover it."""
    text = draw(texts).replace("\0", " ").encode("utf-8", "ignore").decode()
    return text, list(pairwise(sorted({0, len(text), *draw(st.lists(st.integers(0, len(text))))})))


@settings(max_examples=150, deadline=None)
@example(("👩‍👩‍👧 said e\u0301.\n\n𝒳 agreed.", [(0, 5), (6, 13), (15, 24)]))
@given(spanned())
def test_a_passage_is_exactly_its_span(long_lived: Archive, given: tuple[str, list[tuple[int, int]]]) -> None:
    text, spans = given
    name = sha256(f"{text}{spans}")[:12]
    long_lived.put(Statement(name, "T", date(2025, 1, 1)), text, text.encode(), "x", spans)
    version, passages = long_lived.version(name), long_lived.passages_of(name)
    assert version.text == text
    assert [(p.start, p.end) for p in passages] == spans
    assert all(p.text == text[p.start : p.end] for p in passages)
    assert long_lived.passages([p.id for p in passages]) == {p.id: p for p in passages}
