"""A backup has everything that cannot be made anew, a restore brings it all back, and older backups go on working."""

from __future__ import annotations

import io
import shutil
import sqlite3
import stat
import subprocess
import tarfile
from pathlib import Path
from typing import IO, cast

import httpx
import pytest
from conftest import Run, command, process, put
from serving import OPEN, QUESTION, bearer, restricted, served

from corpus.archive import DATABASE, Archive
from corpus.backup import BESIDE, archive_flaws, back_up, put_back, unpacked
from corpus.errors import ArchiveError
from corpus.settings import AuditSettings, Settings
from ui import audit, desk
from ui.access import store as access
from ui.access.keys import Keys
from ui.access.store import open_store
from ui.api import ledger
from ui.audit import Audit
from ui.desk import Desk


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, str, str]:
    """An archive that a server has answered over, its backup made while it served, a key, and an answer's id."""
    folder = tmp_path_factory.mktemp("used")
    settings = Settings(archive=folder / "archive", sign_in={"mode": "keys"})  # type: ignore[arg-type]
    with restricted(settings) as engine:
        store = open_store(settings.archive)
        _, secret = Keys(store).add("program", groups=("blue",))
        store.close()
        with served(engine, settings) as url, httpx.Client(base_url=url, headers=bearer(secret), timeout=60) as client:
            talk = client.post("/api/v1/conversations", json={"title": "Harbours"}).headers["location"]
            asked = client.post(f"{talk}/exchanges", json={"question": QUESTION})
            answer = str(asked.json()["id"])
            names = back_up(engine.holdings.archive, folder / "backup.tar")
            assert client.delete(talk).status_code == 204, "what comes later is not in it"
    assert names == [*BESIDE, DATABASE]
    return settings.archive, folder / "backup.tar", secret, answer


def test_everything_comes_back(used: tuple[Path, Path, str, str], tmp_path: Path) -> None:
    _, backup, secret, answer = used
    call = command(tmp_path / "new" / "archive", "restore", backup)
    done = subprocess.run(call, **process(tmp_path))  # type: ignore[call-overload]
    assert done.returncode == 0, done.stderr
    assert all(name in done.stdout for name in BESIDE)
    folder = tmp_path / "new" / "archive"
    store, desk, audit = open_store(folder), Desk(folder), Audit(folder, AuditSettings())
    reader = Keys(store).reader(secret)
    assert reader is not None and reader.groups == {"blue"}
    archive = Archive(folder, create=False)
    kept = desk.open(answer, reader, archive)
    assert kept.question == QUESTION and OPEN in str(kept.answer)
    assert [entry.action for entry in audit.entries()] == ["asked"] and audit.verify()[2] is None
    for name in BESIDE:
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600, name
    for opened in (store, desk, audit, archive):
        opened.close()
    assert list(tmp_path.rglob(".onrecord*")) == [], "nothing unpacked is left lying about"


def test_a_backup_may_lie_in_the_archives_folder(archive: Archive) -> None:
    put(archive, "a", "Ships sail.")
    Desk(archive.folder).close()
    for number in range(2):
        assert back_up(archive, archive.folder / f"backup{'x' * number}.sqlite3") == ["desk.sqlite3", DATABASE]
    assert archive_flaws(archive) == []
    (archive.folder / "desk.sqlite3").write_bytes(b"no database at all, but long enough to be read as one" * 9)
    assert archive_flaws(archive) == ["desk.sqlite3: file is not a database"]


def test_every_database_of_a_server_is_backed_up() -> None:
    assert sorted(module.DATABASE for module in (access, audit, desk, ledger)) == list(BESIDE)


def test_a_backup_is_its_owners_and_plain_tar(used: tuple[Path, Path, str, str], tmp_path: Path) -> None:
    _, backup, secret, _ = used
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    with tarfile.open(backup) as packed:
        assert packed.getnames() == [*BESIDE, DATABASE]
        (tmp_path / DATABASE).write_bytes(cast(IO[bytes], packed.extractfile(DATABASE)).read())
    with sqlite3.connect(tmp_path / DATABASE) as db:
        assert db.execute("SELECT count(*) FROM statement").fetchone()[0] == 3
    assert secret.encode() not in backup.read_bytes()
    assert {path.name for path in backup.parent.iterdir()} == {"archive", "backup.tar"}


def test_the_statements_alone_as_backups_once_were(used: tuple[Path, Path, str, str], tmp_path: Path) -> None:
    folder, _, _, _ = used
    shutil.copy(folder / DATABASE, tmp_path / "old")
    archive = Archive(tmp_path / "archive")
    with unpacked(tmp_path / "old", archive.folder) as copies:
        put_back(copies, archive)
    assert archive.coverage().statements == 3 and (tmp_path / "old").is_file()
    archive.close()


def test_nothing_is_written_over(used: tuple[Path, Path, str, str], tmp_path: Path) -> None:
    _, backup, _, _ = used
    archive = Archive(tmp_path / "archive")
    (archive.folder / "desk.sqlite3").write_bytes(b"somebody's")
    with unpacked(backup, archive.folder) as copies, pytest.raises(ArchiveError, match=r"desk\.sqlite3"):
        put_back(copies, archive)
    assert archive.coverage().statements == 0 and not (archive.folder / "audit.sqlite3").exists()
    assert (archive.folder / "desk.sqlite3").read_bytes() == b"somebody's"
    archive.close()


def test_what_is_no_backup_is_refused(used: tuple[Path, Path, str, str], tmp_path: Path) -> None:
    folder, backup, _, _ = used
    whole = (folder / DATABASE).read_bytes()
    members = {
        "outside": {"../evil.sqlite3": whole, DATABASE: whole},
        "absolute": {str(tmp_path / "evil.sqlite3"): whole, DATABASE: whole},
        "other": {DATABASE: whole, "run.sh": b"echo"},
        "without": {"desk.sqlite3": whole},
        "damaged": {DATABASE: whole, "desk.sqlite3": whole[: len(whole) // 2]},
        "twice": {DATABASE: whole},
    }
    for name, content in members.items():
        with tarfile.open(tmp_path / name, "w") as out:
            for member, data in [*content.items(), *(content.items() if name == "twice" else [])]:
                info = tarfile.TarInfo(member)
                info.size = len(data)
                out.addfile(info, io.BytesIO(data))
    with tarfile.open(tmp_path / "link", "w") as out:
        info = tarfile.TarInfo(DATABASE)
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        out.addfile(info)
    (tmp_path / "cut").write_bytes(backup.read_bytes()[:-20_000])
    (tmp_path / "empty").touch()
    for name in (*members, "link", "cut", "empty", "missing"):
        with pytest.raises(ArchiveError, match=name), unpacked(tmp_path / name, tmp_path / "archive"):
            pass
    assert not (tmp_path / "evil.sqlite3").exists() and not (tmp_path.parent / "evil.sqlite3").exists()


def test_a_failed_backup_leaves_nothing(used: tuple[Path, Path, str, str], tmp_path: Path, onrecord: Run) -> None:
    folder, _, _, _ = used
    shutil.copytree(folder, tmp_path / "archive")
    (tmp_path / "archive" / "desk.sqlite3").write_bytes(b"SQLite format 3\0 and then nothing" * 100)
    done = onrecord("backup", tmp_path / "copy", check=False)
    assert done.returncode == 1 and "desk.sqlite3" in done.stderr and "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["archive"]
