"""Ingestion: a bad item costs itself and nothing else, and whatever stops a run, the next one finishes it."""

from __future__ import annotations

import json
import random
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Run, command, process

from corpus.archive import Archive
from corpus.embedder import Embedder
from corpus.holdings import Holdings
from corpus.settings import Settings
from ingest.pipeline import ingest, split_anew
from ingest.vectors import embed_due

ROW = {"title": "Talks", "date": "2025-11-24", "text": "The delegations met. They discussed shipbuilding."}


@pytest.fixture
def holdings(tmp_path: Path, embedder: Embedder) -> Iterator[Holdings]:
    with Holdings(Settings(archive=tmp_path / "archive"), create=True) as holdings:
        holdings.embedder = embedder
        yield holdings


def jsonl(path: Path, *rows: dict[str, object] | str) -> Path:
    """A file of records; a string is written as it is."""
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows), encoding="utf-8")
    return path


def rows(count: int, **fields: object) -> list[dict[str, object]]:
    return [
        ROW | {"id": f"s/{n}", "title": f"Talks {n}", "text": f"Round {n} took place. It went well."} | fields
        for n in range(count)
    ]


def check_whole(archive: Archive) -> None:
    """Every statement held has its version, and passages that cover it and are exactly their spans."""
    for name in archive.all_ids():
        version, passages = archive.version(name), archive.passages_of(name)
        assert passages and version.text.strip()
        assert all(version.text[p.start : p.end] == p.text for p in passages)
        assert "".join("".join(p.text.split()) for p in passages) == "".join(version.text.split())


BAD = {
    "empty.txt": (b"", "empty"),
    "blank.md": (b" \n\n ", "empty"),
    "large.txt": (b"x" * 50_000_000, "larger than"),
    "binary.txt": (random.Random(1).randbytes(20_000), "UTF-8|binary"),
    "nulls.md": (b"a\0" * 500, "binary"),
    "unknown.xyz": (b"words", "no reader"),
    "undated.txt": (b"A title\n\nWords without a date.", "date"),
    "when.md": (b"---\ntitle: T\ndate: sometime in May\n---\nWords.", "date"),
    "scripts.html": (b"<html><head><title>T</title></head><body><script>alert(1)</script></body></html>", "date|text"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_named_and_not_held(name: str, tmp_path: Path, holdings: Holdings) -> None:
    data, problem = BAD[name]
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / name).write_bytes(data)
    jsonl(tmp_path / "in" / "zz-good.jsonl", ROW | {"id": "good"})
    report = ingest([tmp_path / "in"], holdings)
    [found] = report.problems
    assert name in found.where
    assert "\n" not in str(found) and len(str(found)) < 400
    assert re.search(problem, found.problem)
    assert (report.new, holdings.archive.all_ids()) == (1, ["good"])


def test_text_in_another_encoding_is_read_or_refused_but_never_garbled(tmp_path: Path, holdings: Holdings) -> None:
    words = "The café talks “went well”. Señor Núñez agreed."
    head = "Title: T\nDate: 2025-11-24\n\n"
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "cp1252"):
        (tmp_path / f"{encoding}.txt").write_bytes((head + words).encode(encoding))
    (tmp_path / "koi8.txt").write_bytes(
        (head + "Стороны обсудили вопросы безопасности и сотрудничества." * 5).encode("koi8-r")
    )
    report = ingest(sorted(tmp_path.glob("*.txt")), holdings)
    assert report.new == 4
    assert {holdings.archive.version(name).text for name in holdings.archive.all_ids()} == {words}
    [problem] = report.problems
    assert problem.where == "koi8.txt" and "UTF-8" in problem.problem


def test_records_are_named_by_file_and_line(tmp_path: Path, holdings: Holdings) -> None:
    path = jsonl(
        tmp_path / "many.jsonl",
        ROW | {"id": "a"},
        {"id": "b", "title": "T", "date": "2025-11-24"},
        "{not json",
        ROW | {"id": "d", "date": "the day after"},
        ROW | {"id": "a", "text": "Other text."},
        {key: value for key, value in ROW.items() if key != "date"} | {"id": "f"},
        ROW | {"id": "g"},
        ROW | {"id": "a"},
    )
    report = ingest([path], holdings)
    problems = {problem.where: problem.problem for problem in report.problems}
    assert list(problems) == [f"many.jsonl:{line}" for line in (2, 3, 4, 5, 6)]
    assert "text" in problems["many.jsonl:2"] and "JSON" in problems["many.jsonl:3"]
    assert "the day after" in problems["many.jsonl:4"] and "date" in problems["many.jsonl:6"]
    assert "'a'" in problems["many.jsonl:5"] and "many.jsonl:1" in problems["many.jsonl:5"]
    assert sorted(holdings.archive.all_ids()) == ["a", "g"]
    assert holdings.archive.version("a").text == ROW["text"]


def test_files_of_the_same_name_do_not_overwrite_each_other(tmp_path: Path, holdings: Holdings) -> None:
    for folder in ("2024", "2025"):
        (tmp_path / "in" / folder).mkdir(parents=True)
        (tmp_path / "in" / folder / "speech.txt").write_text(f"Date: {folder}-01-01\n\nThe speech of {folder}.")
    for expected in ("new", "unchanged"):
        report = ingest([tmp_path / "in"], holdings)
        assert (len(report.problems), getattr(report, expected), report.statements) == (1, 1, 1)
        assert "speech" in str(report.problems[0])
    assert [v.text for v in holdings.archive.versions("speech")] == ["The speech of 2024."]


def test_scripts_of_a_page_are_not_its_text(tmp_path: Path, holdings: Holdings) -> None:
    page = (
        '<html><head><title>Talks</title><meta property="article:published_time" content="2025-11-24">'
        "<style>p{color:red}</style></head><body><p>The delegations met.</p><script>alert('zebra')</script>"
        '<p onclick="alert(1)">They <b>agreed</b>.</p></body></html>'
    )
    (tmp_path / "page.html").write_text(page)
    report = ingest([tmp_path / "page.html"], holdings)
    assert not report.problems
    text = holdings.archive.version("page").text
    assert "The delegations met." in text and "They agreed." in text
    assert not any(word in text for word in ("alert", "zebra", "color", "<"))
    assert holdings.archive.raw(holdings.archive.version("page").raw_sha256) == page.encode()


def test_one_bad_file_among_a_hundred(tmp_path: Path, onrecord: Run) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for n, row in enumerate(rows(100)):
        jsonl(folder / f"file-{n:03}.jsonl", row)
    jsonl(folder / "file-050.jsonl", "{broken")
    done = onrecord("ingest", folder, "--json", "--no-wait", check=False)
    assert done.returncode == 1
    summary = json.loads(done.stdout)
    assert (summary["new"], summary["embedded"], summary["left_to_embed"]) == (99, 0, 99)
    [problem] = summary["problems"]
    assert problem["where"] == "file-050.jsonl:1"
    assert [line for line in done.stderr.splitlines() if "file-050.jsonl:1" in line]
    archive = Archive(tmp_path / "archive", create=False)
    assert len(archive.all_ids()) == 99
    check_whole(archive)
    archive.close()


def test_a_path_that_is_not_there_is_reported(tmp_path: Path, onrecord: Run) -> None:
    good = jsonl(tmp_path / "good.jsonl", ROW | {"id": "a"})
    (tmp_path / "nothing").mkdir()
    done = onrecord("ingest", tmp_path / "missing.jsonl", tmp_path / "nothing", good, "--no-wait", check=False)
    assert done.returncode == 1
    assert "missing.jsonl" in done.stderr and "the folder has no files" in done.stderr
    assert "1 new" in done.stdout


def test_again_is_skipped_and_changed_is_a_new_version(tmp_path: Path, holdings: Holdings) -> None:
    path = jsonl(tmp_path / "a.jsonl", *rows(40))
    assert ingest([path], holdings, issuer="Ministry").new == 40
    changes = holdings.archive.last_change()
    again = ingest([path, path], holdings, issuer="Ministry")
    assert (again.unchanged, again.statements, again.passages) == (40, 40, 0)
    assert holdings.archive.last_change() == changes
    changed = rows(40)
    changed[3]["text"] = "Round 3 was put off."
    changed[5]["title"] = "Another title"
    report = ingest([jsonl(path, *changed)], holdings, issuer="Ministry")
    assert (report.changed, report.updated, report.unchanged) == (1, 1, 38)
    assert [v.text for v in holdings.archive.versions("s/3")] == [rows(4)[3]["text"], "Round 3 was put off."]
    assert len(holdings.archive.versions("s/5")) == 1
    assert holdings.archive.issuers() == [("Ministry", 40)]


def test_what_was_withdrawn_stays_so_when_the_file_is_taken_in_again(tmp_path: Path, holdings: Holdings) -> None:
    path = jsonl(tmp_path / "a.jsonl", ROW | {"id": "a"})
    ingest([path], holdings)
    holdings.archive.withdraw("a")
    assert ingest([path], holdings).unchanged == 1
    assert holdings.archive.statement("a").withdrawn


def test_statements_can_be_found_before_the_run_ends(tmp_path: Path, holdings: Holdings) -> None:
    path = jsonl(tmp_path / "a.jsonl", *rows(100))
    seen: list[int] = []
    ingest(
        [path], holdings, progress=lambda count: seen.append(len(holdings.lexical.search({"round": 1.0}, None, 999)))
    )
    assert len(seen) > 2 and seen[0] > 0 and seen[-1] == 100


def test_kill_at_any_point_and_run_again(tmp_path: Path, onrecord: Run) -> None:
    path = jsonl(tmp_path / "a.jsonl", *rows(2_000))
    archive = Archive(tmp_path / "archive")
    held = 0
    for _ in range(2):
        running = subprocess.Popen(command(archive.folder, "ingest", path, "--no-wait"), **process(tmp_path))  # type: ignore[call-overload]
        while archive.coverage().statements < held + 200 and running.poll() is None:
            pass
        running.send_signal(signal.SIGKILL)
        running.communicate()
        assert running.returncode == -signal.SIGKILL
        held = archive.coverage().statements
        assert 0 < held < 2_000
        check_whole(archive)
    summary = json.loads(onrecord("ingest", path, "--no-wait", "--json").stdout)
    assert (summary["new"], summary["unchanged"], summary["changed"]) == (2_000 - held, held, 0)
    assert archive.coverage().statements == archive.count_passages() == 2_000
    assert all(len(archive.versions(name)) == 1 for name in archive.all_ids())
    with Holdings(Settings(archive=archive.folder)) as holdings:
        assert holdings.lexical.count() == 2_000
    archive.close()


def test_vectors_left_are_made_by_the_next_run(tmp_path: Path, onrecord: Run) -> None:
    path = jsonl(tmp_path / "a.jsonl", *rows(10))
    first = json.loads(onrecord("ingest", path, "--no-wait", "--json").stdout)
    assert (first["embedded"], first["left_to_embed"], first["problems"]) == (0, 10, [])
    assert set(first["seconds"]) == {"lexically searchable", "total"}
    second = json.loads(onrecord("ingest", path, "--json").stdout)
    assert (second["unchanged"], second["embedded"], second["left_to_embed"]) == (10, 10, 0)
    assert json.loads(onrecord("doctor", "--json").stdout)["sound"]


def test_a_killed_embedding_goes_on_where_it_was(tmp_path: Path, embedder: Embedder, holdings: Holdings) -> None:
    ingest([jsonl(tmp_path / "a.jsonl", *rows(1_200))], holdings)
    running = subprocess.Popen(command(holdings.archive.folder, "reindex"), **process(tmp_path))  # type: ignore[call-overload]
    while holdings.archive.count_vectors(embedder.name) == 0 and running.poll() is None:
        time.sleep(0.005)
    running.send_signal(signal.SIGKILL)
    running.communicate()
    done = holdings.archive.count_vectors(embedder.name)
    assert 0 < done < 1_200
    assert embed_due(holdings.archive, embedder) == 1_200 - done
    assert holdings.archive.count_without_vector(embedder.name) == 0


def test_statements_are_split_anew_for_an_embedder_that_reads_less(
    tmp_path: Path, embedder: Embedder, holdings: Holdings
) -> None:
    class Small:
        name, max_tokens, special_tokens = "small", 100, 2
        encode, token_spans = embedder.encode, embedder.token_spans

    ingest(
        [jsonl(tmp_path / "a.jsonl", *rows(3), ROW | {"id": "long", "text": "They met and talked. " * 60})], holdings
    )
    assert split_anew(holdings) == 0
    before = len(holdings.archive.passages_of("long"))
    holdings.embedder = Small()
    assert split_anew(holdings) == 1
    passages = holdings.archive.passages_of("long")
    assert len(passages) > before
    room = Small.max_tokens - Small.special_tokens
    assert all(len(spans) <= room for spans in embedder.token_spans([p.text for p in passages]))
    check_whole(holdings.archive)
    assert split_anew(holdings) == 0
