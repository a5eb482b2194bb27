"""Copy the databases in an archive's folder while they are in use, and put a copy back.

A backup is a tar file with one SQLite database for the statements and one for each of the others that lie beside it
(conversations, keys, the audit log, what the API has in hand). Indexes are not in it: they can be made anew. The
database of the statements alone, as `tar -x` takes it out and as backups once were, can be put back as well.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from corpus.archive import DATABASE, Archive
from corpus.errors import ArchiveError
from corpus.schema import MIGRATIONS, migrate, schema_of

BESIDE = ("access.sqlite3", "api.sqlite3", "audit.sqlite3", "desk.sqlite3")  # what a server keeps in the same folder
_SQLITE = b"SQLite format 3\0"


def back_up(archive: Archive, file: Path) -> list[str]:
    """Write sound copies of the databases, each as it is at one moment; others may go on writing.

    The statements come last: what the other copies name, that copy holds.

    Returns:
        The names of the databases.

    Raises:
        ArchiveError: the file is there already, or cannot be written.
    """
    if file.exists():
        raise ArchiveError(f"{file} is there already. Give another name, or remove it first.")
    unfinished = file.with_name(f".{file.name}.part")
    names = [*_beside(archive.folder), DATABASE]
    try:
        unfinished.unlink(missing_ok=True)  # of a run that was killed
        with TemporaryDirectory(prefix=f".{file.name}.", dir=file.parent) as scratch, _private(unfinished) as out:
            for name in names:
                copy = Path(scratch) / name
                _copy(archive.folder / name, copy)
                _require_whole(copy) if name != DATABASE else _require_archive(copy)
                out.add(copy, name, filter=_nobodys)
                copy.unlink()
        unfinished.rename(file)
    except (ArchiveError, OSError) as error:
        raise ArchiveError(f"No backup was written to {file}: {error}") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return names


@contextmanager
def unpacked(file: Path, folder: Path) -> Iterator[Mapping[str, Path]]:
    """The databases of a backup by name, each found sound, until the block ends.

    Args:
        file: the backup.
        folder: the archive that they are for; they are unpacked on its disk.

    Raises:
        ArchiveError: the file is not a whole backup that this version can read; the text says in what way.
    """
    if not file.is_file():
        raise ArchiveError(f"There is no file {file}.")
    disk = next(parent for parent in (folder.absolute(), *folder.absolute().parents) if parent.is_dir())
    with TemporaryDirectory(prefix=".onrecord-restore.", dir=disk) as scratch:
        try:
            with file.open("rb") as opened:
                alone = opened.read(len(_SQLITE)) == _SQLITE
            copies = {DATABASE: file} if alone else _taken_out(file, Path(scratch))
            if DATABASE not in copies:
                raise ArchiveError(f"{DATABASE} is not in it.")
            for name, copy in copies.items():
                _require_archive(copy) if name == DATABASE else _require_whole(copy)
        except (ArchiveError, OSError, tarfile.TarError) as error:
            raise ArchiveError(f"{file} cannot be put back: {error}") from error
        yield copies


def put_back(copies: Mapping[str, Path], archive: Archive) -> None:
    """Fill an empty archive from the databases of a backup; the statements in one transaction, and last.

    Raises:
        ArchiveError: the folder holds statements or something else that would be written over.
    """
    elsewhere = "Restore into a new folder: --archive DIR"
    if archive.coverage().statements:
        raise ArchiveError(f"The archive in {archive.folder} already holds statements. {elsewhere}")
    others = {name: copy for name, copy in copies.items() if name != DATABASE}
    taken = sorted(name for name in others if (archive.folder / name).exists())
    if taken:
        raise ArchiveError(f"There is a {taken[0]} in {archive.folder} already. {elsewhere}")
    try:
        for name, copy in others.items():
            shutil.move(copy, archive.folder / name)
        with _connected(copies[DATABASE]) as source, _connected(archive.folder / DATABASE) as target:
            source.backup(target)
            migrate(target)
    except (OSError, sqlite3.Error) as error:
        raise ArchiveError(f"The backup could not be put back into {archive.folder}: {error}") from error


def integrity_flaws(db: sqlite3.Connection) -> list[str]:
    """What SQLite finds wrong with a database; empty when it is sound."""
    return [row[0] for row in db.execute("PRAGMA quick_check(5)") if row[0] != "ok"]


def archive_flaws(archive: Archive) -> list[str]:
    """What SQLite finds wrong with an archive's databases, each flaw with its file; empty when all are sound."""
    names = (DATABASE, *_beside(archive.folder))
    return [f"{name}: {flaw}" for name in names for flaw in _flaws(archive.folder / name)]


def _beside(folder: Path) -> list[str]:
    return [name for name in BESIDE if (folder / name).exists()]


def _copy(path: Path, to: Path) -> None:
    try:
        with _connected(path) as source, _connected(to) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, with no log beside it
    except sqlite3.Error as error:
        raise ArchiveError(f"{path} cannot be copied: {error}") from error


@contextmanager
def _private(path: Path) -> Iterator[tarfile.TarFile]:
    """A new tar file for its owner's eyes alone, since keys and conversations are in it; on the disk at the end."""
    with (
        os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file,
        tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as out,
    ):
        yield out
        out.close()
        file.flush()
        os.fsync(file.fileno())


def _nobodys(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o600
    return member


def _taken_out(file: Path, folder: Path) -> dict[str, Path]:
    """Its databases; nothing else that a tar file could name is looked at."""
    copies = {}
    with tarfile.open(file, mode="r:") as packed:
        for member in packed:
            content = packed.extractfile(member) if member.isreg() and member.name in (*BESIDE, DATABASE) else None
            if content is None:
                raise ArchiveError(f"{member.name[:80]!r} is in it, which is in no backup of an archive.")
            copies[member.name] = folder / member.name
            with os.fdopen(os.open(copies[member.name], os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
                shutil.copyfileobj(content, out)
    return copies


def _require_archive(path: Path) -> None:
    try:
        with _connected(path) as db:
            schema = schema_of(db)
            db.execute("SELECT id, current FROM statement LIMIT 1")
            db.execute("SELECT text FROM version LIMIT 1")
    except sqlite3.Error as error:
        raise ArchiveError(f"{path.name} is not an OnRecord archive, or is damaged: {error}") from error
    _require_whole(path)
    if schema > len(MIGRATIONS):
        raise ArchiveError(
            f"{path.name} has schema {schema}, and this OnRecord knows up to {len(MIGRATIONS)}: upgrade it."
        )


def _require_whole(path: Path) -> None:
    if flaws := _flaws(path):
        raise ArchiveError(f"{path.name} is damaged: {flaws[0]}. Use another backup.")


def _flaws(path: Path) -> list[str]:
    try:
        with _connected(path) as db:
            return integrity_flaws(db)
    except sqlite3.Error as error:  # not even a database
        return [str(error)]


def _connected(path: Path) -> closing[sqlite3.Connection]:
    return closing(sqlite3.connect(path, timeout=60, isolation_level=None))
