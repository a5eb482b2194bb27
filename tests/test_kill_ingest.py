"""Bulk ingestion that is killed again and again ends as if nothing had happened."""

from __future__ import annotations

import json
import random
import signal
import sqlite3
import subprocess
import time
from pathlib import Path
from typing import Any

from conftest import Run, command, process

from corpus.archive import DATABASE, Archive
from corpus.holdings import Holdings
from corpus.settings import Settings

COUNT = 300
# What has to be equal: all but when it was fetched, and numbers that say in what order things came.
HELD = {
    "statement": "SELECT * FROM statement ORDER BY id",
    "version": "SELECT statement_id, number, text, text_sha256, raw_sha256, source FROM version ORDER BY 1, 2",
    "raw": "SELECT * FROM raw ORDER BY sha256",
    "passage": "SELECT * FROM passage ORDER BY id",
    "acronym": "SELECT * FROM acronym ORDER BY statement_id, short, long",
    "correction": "SELECT statement_id, field, value, said FROM correction ORDER BY 1, 2",
    "sketch": "SELECT statement_id, method, hashes FROM sketch ORDER BY 1",
    "band": "SELECT k.statement_id, b.hash FROM band b JOIN sketch k ON k.id = b.sketch ORDER BY 1, 2",
    "repeat": "SELECT * FROM repeat ORDER BY a, b",
    "changed": "SELECT DISTINCT statement_id FROM change WHERE words ORDER BY 1",
}


def records(path: Path, edition: int) -> Path:
    """Statements of several passages, each third the same text as the one before; later editions change some."""
    chance, rows = random.Random(7), []
    for n in range(COUNT):
        words = [
            " ".join(f"{chance.choice('bdfglmnprst')}{chance.choice('aeiou')}n" for _ in range(30)) for _ in range(9)
        ]
        text = rows[-1]["text"] if n % 3 == 2 else "The Joint Committee (JC) met.\n\n" + ".\n\n".join(words) + "."
        if n % 5 == 0:
            text += f"\n\nEdition {edition}."
        row = {"id": f"k/{n}", "title": f"Talks {n}", "date": f"2025-11-{1 + n % 28:02}", "issuer": "M", "text": text}
        rows.append(row | ({"place": f"Hall {edition}"} if n % 7 == 0 else {}))
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


def held(folder: Path) -> dict[str, list[Any]]:
    with sqlite3.connect(folder / DATABASE) as db:
        return {table: db.execute(query).fetchall() for table, query in HELD.items()}


def kill_at_some_point(archive: Path, path: Path, chance: random.Random) -> bool:
    """Start a run and kill it once it has written some more; False when it was quicker."""
    running = subprocess.Popen(command(archive, "ingest", path, "--no-wait"), **process(path.parent))  # type: ignore[call-overload]
    target = last_change(archive) + chance.randrange(COUNT // 4)
    while running.poll() is None and last_change(archive) <= target:
        time.sleep(0.002)
    time.sleep(chance.random() / 20)
    running.send_signal(signal.SIGKILL)
    running.communicate()
    return bool(running.returncode == -signal.SIGKILL)


def last_change(folder: Path) -> int:
    try:
        with sqlite3.connect(f"file:{folder / DATABASE}?mode=ro", uri=True) as db:
            found: int | None = db.execute("SELECT max(seq) FROM change").fetchone()[0]
            return found or 0
    except sqlite3.OperationalError:  # not there yet
        return 0


def test_a_run_killed_at_random_points_ends_like_one_that_was_not(tmp_path: Path, onrecord: Run) -> None:
    chance, killed = random.Random(11), 0
    editions = [records(tmp_path / f"edition-{n}.jsonl", n) for n in (1, 2)]
    for path in editions:
        assert onrecord("ingest", path, "--no-wait").returncode == 0
        for _ in range(2):
            killed += kill_at_some_point(tmp_path / "killed", path, chance)
        last = subprocess.run(command(tmp_path / "killed", "ingest", path, "--no-wait"), **process(tmp_path))  # type: ignore[call-overload]
        assert last.returncode == 0, last.stderr
    assert killed >= 3
    expected, found = held(tmp_path / "archive"), held(tmp_path / "killed")
    assert {table: len(rows) for table, rows in found.items()} == {table: len(rows) for table, rows in expected.items()}
    assert found == expected
    assert len(found["statement"]) == COUNT and len(found["repeat"]) >= COUNT // 5
    indexed = []
    for name in ("archive", "killed"):
        with Holdings(Settings(archive=tmp_path / name)) as holdings:
            hits = holdings.lexical.search({"ban": 1.0, "edition": 1.0}, None, 10_000)
            indexed.append((holdings.lexical.count(), {passage for passage, _ in hits}))
    assert indexed[0] == indexed[1]
    archive = Archive(tmp_path / "killed", create=False)
    assert indexed[0][0] == archive.count_passages()
    archive.close()
