"""The command line as its users call it: in a process of its own, on an archive of its own."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from conftest import SAMPLE, Run, command, process

from corpus.archive import DATABASE, Archive
from corpus.schema import MIGRATIONS

HEAVY = "torch chromadb gradio llama_index tantivy onnxruntime sentence_transformers numpy pydantic tqdm".split()
CHANGED = {
    "id": "z/1",
    "title": "Zebra treaty",
    "date": "2026-09-01",
    "text": "The treaty was drafted.\n\nIt was not signed.",
    "issuer": "Zoo",
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an archive of the sample and one statement that has two versions."""
    folder = tmp_path_factory.mktemp("cli")
    for text in (CHANGED["text"], "The treaty was drafted.\n\nIt was signed."):
        (folder / "z.jsonl").write_text(json.dumps(CHANGED | {"text": text}))
        call = command(folder / "archive", "ingest", SAMPLE, folder / "z.jsonl")
        done = subprocess.run(call, **process(folder))  # type: ignore[call-overload]
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A copy of `made` to do with as one likes; `onrecord` works on its archive."""
    shutil.copytree(made / "archive", tmp_path / "archive")
    return tmp_path


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom ui.cli import main\ntry:\n    main(sys.argv[1:])\nexcept SystemExit:\n    pass\n"
        "print('MODULES', *sorted(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code, "--help"], **process(tmp_path))  # type: ignore[call-overload]
    text, modules = done.stdout.split("MODULES")
    assert not set(HEAVY) & {name.split(".")[0] for name in modules.split()}
    commands = "ingest ask search serve show list withdraw remove doctor backup restore reindex setup-model".split()
    assert all(f"\n    {name} " in text for name in commands)


@pytest.mark.parametrize(
    "call", [["list"], ["show", "x"], ["remove", "x"], ["backup", "b"], ["ask", "Q?"], ["reindex"]]
)
def test_an_archive_that_is_not_there_is_named_and_not_made(call: list[str], tmp_path: Path, onrecord: Run) -> None:
    done = onrecord(*call, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("onrecord: No archive in") and "ingest" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "archive").exists()


@pytest.mark.parametrize(
    "call",
    [[], ["nonsense"], ["search", "x", "--k", "0"], ["ask", "x", "--from", "24.11.2025"], ["show"], ["list", "--bad"]],
)
def test_a_wrong_call_is_told_so(call: list[str], onrecord: Run) -> None:
    done = onrecord(*call, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "usage: onrecord" in done.stderr and "Traceback" not in done.stderr


def test_list_is_newest_first(folder: Path, onrecord: Run) -> None:
    entries = json.loads(onrecord("list", "--json").stdout)
    assert len(entries) == 53
    assert entries[0] == {
        "date": "2026-09-01",
        "issuer": "Zoo",
        "title": "Zebra treaty",
        "id": "z/1",
        "withdrawn": False,
    }
    assert [entry["date"] for entry in entries] == sorted((entry["date"] for entry in entries), reverse=True)
    lines = onrecord("list").stdout.splitlines()
    assert len(lines) == 53
    assert all(line.startswith(e["date"]) and line.endswith(e["id"]) for line, e in zip(lines, entries, strict=True))


def test_show_gives_the_text_that_offsets_count_in(folder: Path, onrecord: Run) -> None:
    archive = Archive(folder / "archive", create=False)
    name = "in-mod/2025-11-24-oman-jmcc-13"
    shown = json.loads(onrecord("show", name, "--json").stdout)
    assert shown["text"] == archive.version(name).text
    text = onrecord("show", name).stdout
    assert archive.version(name).text in text and "Ministry of Defence, India" in text
    [hit, *_] = json.loads(onrecord("search", "zebra treaty", "--json").stdout)
    assert hit["statement_id"] == "z/1"
    treaty = json.loads(onrecord("show", "z/1", "--json").stdout)
    assert treaty["text"][hit["start"] : hit["end"]] == hit["text"]
    archive.close()


def test_show_versions_says_what_changed(folder: Path, onrecord: Run) -> None:
    text = onrecord("show", "z/1", "--versions").stdout
    assert text.splitlines()[0].startswith("1  ") and text.splitlines()[1].startswith("2  ")
    assert "\n The treaty was drafted.\n \n-It was not signed.\n+It was signed.\n" in text
    shown = json.loads(onrecord("show", "z/1", "--versions", "--json").stdout)
    assert [v["number"] for v in shown["versions"]] == [1, 2]
    assert "+It was signed." in shown["versions"][1]["diff"]


def test_what_is_not_held_is_said(folder: Path, onrecord: Run) -> None:
    for call in ("show", "withdraw", "remove"):
        done = onrecord(call, "nowhere/1", check=False)
        assert (done.returncode, done.stdout) == (1, "")
        assert "does not hold nowhere/1" in done.stderr


def test_withdraw_marks_and_undoes(folder: Path, onrecord: Run) -> None:
    onrecord("withdraw", "z/1")
    assert json.loads(onrecord("show", "z/1", "--json").stdout)["withdrawn"] is True
    assert "Zebra treaty [withdrawn]" in onrecord("list").stdout
    onrecord("withdraw", "z/1", "--undo")
    assert json.loads(onrecord("show", "z/1", "--json").stdout)["withdrawn"] is False


def test_remove_forgets_in_both_indexes(folder: Path, onrecord: Run) -> None:
    onrecord("remove", "z/1")
    assert onrecord("show", "z/1", check=False).returncode == 1
    hits = json.loads(onrecord("search", "zebra treaty", "--json").stdout)
    assert hits and all(hit["statement_id"] != "z/1" for hit in hits)
    report = json.loads(onrecord("doctor", "--json").stdout)
    assert report["sound"], report


def test_doctor_finds_each_flaw_and_says_how_to_mend_it(folder: Path, onrecord: Run) -> None:
    sound = json.loads(onrecord("doctor", "--json").stdout)
    assert sound["sound"] and all(check["ok"] and not check["mend"] for check in sound["checks"])
    assert {check["check"] for check in sound["checks"]} == {
        "archive", "counts", "embedder", "integrity", "language model", "lexical index", "vector index"
    }  # fmt: skip
    with sqlite3.connect(folder / "archive" / DATABASE) as db:
        db.execute("DELETE FROM vector WHERE rowid IN (SELECT rowid FROM vector LIMIT 3)")
        db.execute("DELETE FROM passage WHERE statement_id = 'z/1'")
    done = onrecord("doctor", "--json", check=False)
    flawed = {check["check"]: check["mend"] for check in json.loads(done.stdout)["checks"] if not check["ok"]}
    assert done.returncode == 1
    assert set(flawed) == {"lexical index", "vector index"}
    assert all("onrecord reindex" in mend for mend in flawed.values())
    onrecord("reindex")
    assert "WRONG" not in onrecord("doctor").stdout


def test_doctor_warns_of_what_comes_right_by_itself(folder: Path, onrecord: Run) -> None:
    (folder / "new.jsonl").write_text(json.dumps(CHANGED | {"id": "new", "text": "Okapis were counted."}))
    onrecord("ingest", folder / "new.jsonl", "--no-wait")
    with sqlite3.connect(folder / "archive" / DATABASE) as db:
        db.execute("INSERT INTO change (statement_id) VALUES ('z/1')")
    done = onrecord("doctor", "--json")
    report = json.loads(done.stdout)
    behind = {check["check"] for check in report["checks"] if check["warning"]}
    assert done.returncode == 0 and report["sound"] and behind == {"counts", "lexical index", "vector index"}
    assert onrecord("doctor").stdout.count("later  ") == 3
    onrecord("reindex")
    assert "later" not in onrecord("doctor").stdout


def test_doctor_finds_damage(folder: Path, onrecord: Run) -> None:
    path = folder / "archive" / DATABASE
    data = bytearray(path.read_bytes())
    data[len(data) // 4 : len(data) // 2] = bytes(len(data) // 2 - len(data) // 4)
    path.write_bytes(data)
    done = onrecord("doctor", check=False)
    assert done.returncode == 1 and "WRONG  integrity" in done.stdout and "restore FILE" in done.stdout
    assert "Traceback" not in done.stderr
    path.write_bytes(b"no database at all" * 100)
    done = onrecord("doctor", "--json", check=False)
    assert done.returncode == 1 and not json.loads(done.stdout)["sound"]


def test_backup_while_another_process_writes_and_restore(folder: Path, onrecord: Run) -> None:
    rows = [CHANGED | {"id": f"w/{n}", "text": f"Written {n}."} for n in range(1_500)]
    (folder / "w.jsonl").write_text("\n".join(map(json.dumps, rows)))
    writing = subprocess.Popen(
        command(folder / "archive", "ingest", folder / "w.jsonl", "--no-wait"),
        **process(folder),  # type: ignore[call-overload]
    )
    archive = Archive(folder / "archive", create=False)
    while archive.coverage().statements < 100:
        time.sleep(0.005)
    backup = folder / "copy.onrecord"
    onrecord("backup", backup)
    assert writing.poll() is None, "the backup was made while the other process wrote"
    assert writing.wait() == 0
    assert archive.coverage().statements == 1_553
    size = backup.stat().st_size
    again = onrecord("backup", backup, check=False)
    assert (again.returncode, backup.stat().st_size) == (1, size) and "is there already" in again.stderr

    restored = folder / "restored"
    done = subprocess.run(command(restored, "restore", backup), **process(folder))  # type: ignore[call-overload]
    assert done.returncode == 0, done.stderr
    copy = Archive(restored, create=False)
    assert 100 <= copy.coverage().statements < 1_553
    assert copy.versions("z/1") == archive.versions("z/1")
    searched = subprocess.run(command(restored, "search", "joint military cooperation"), **process(folder))  # type: ignore[call-overload]
    assert "in-mod/2025-11-24-oman-jmcc-13" in searched.stdout
    assert sorted(path.name for path in folder.iterdir() if "copy" in path.name) == ["copy.onrecord"]
    copy.close()
    archive.close()


def test_restore_refuses_what_would_lose_or_spoil_something(folder: Path, onrecord: Run) -> None:
    backup = folder / "b"
    onrecord("backup", backup)
    done = onrecord("restore", backup, check=False)
    assert done.returncode == 1 and "already holds statements" in done.stderr
    assert len(json.loads(onrecord("list", "--json").stdout)) == 53

    bad = {name: folder / name for name in ("cut", "newer", "other", "text", "missing")}
    bad["cut"].write_bytes(backup.read_bytes()[: backup.stat().st_size // 2])
    shutil.copy(folder / "archive" / DATABASE, bad["newer"])
    with sqlite3.connect(bad["newer"]) as db:
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    with sqlite3.connect(bad["other"]) as db:
        db.execute("CREATE TABLE other (a)")
    bad["text"].write_text("a text")
    for name, file in bad.items():
        call = command(folder / f"into-{name}", "restore", file)
        done = subprocess.run(call, **process(folder))  # type: ignore[call-overload]
        assert done.returncode == 1 and str(file) in done.stderr and "Traceback" not in done.stderr, name
        assert not (folder / f"into-{name}").exists(), name


def test_reindex_makes_what_is_missing(folder: Path, onrecord: Run) -> None:
    shutil.rmtree(folder / "archive" / "chroma")
    shutil.rmtree(folder / "archive" / "lexical")
    with sqlite3.connect(folder / "archive" / DATABASE) as db:
        db.execute("DELETE FROM vector")
    onrecord("reindex")
    assert json.loads(onrecord("doctor", "--json").stdout)["sound"]
    assert "z/1" in onrecord("search", "zebra treaty").stdout


def test_setup_model_says_where_it_is(onrecord: Run) -> None:
    text = onrecord("setup-model").stdout
    assert Path(text.split(" is ready in ")[1].split(" (")[0]).is_file()


def test_a_server_takes_in_what_others_ingest_and_stops_cleanly(folder: Path, onrecord: Run) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(command(folder / "archive", "serve", "--port", str(port)), **process(folder))  # type: ignore[call-overload]
    try:
        _wait_for(f"http://127.0.0.1:{port}/healthz")
        (folder / "new.jsonl").write_text(json.dumps(CHANGED | {"id": "new", "text": "Okapis were counted."}))
        assert json.loads(onrecord("ingest", folder / "new.jsonl", "--no-wait", "--json").stdout)["left_to_embed"] == 1
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/search?q=okapis") as response:
            assert json.load(response)[0]["statement_id"] == "new"
        deadline = time.monotonic() + 30
        while "later" in onrecord("doctor").stdout:
            assert time.monotonic() < deadline
        checks = json.loads(onrecord("doctor", "--json").stdout)["checks"]
        assert f"pid {server.pid}" in next(c["finding"] for c in checks if c["check"] == "vector index")
        assert str(server.pid) in onrecord("reindex", check=False).stderr
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=30) == 0
    finally:
        server.kill()
        server.communicate()
    assert not (folder / "archive" / "chroma" / "in-use").exists()
    assert json.loads(onrecord("doctor", "--json").stdout)["sound"]


def test_a_server_for_other_machines_is_refused(folder: Path, onrecord: Run) -> None:
    done = onrecord("serve", "--host", "0.0.0.0", check=False)
    assert done.returncode == 1 and "sign-in" in done.stderr


def _wait_for(url: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except OSError:
            assert time.monotonic() < deadline, f"{url} does not answer"
            time.sleep(0.1)
