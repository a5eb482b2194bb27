"""Copy an archive's database while it is in use, and put a copy back. Indexes are not copied: they can be made anew."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from corpus.archive import DATABASE, Archive
from corpus.errors import ArchiveError
from corpus.schema import MIGRATIONS, migrate, schema_of


def back_up(archive: Archive, file: Path) -> None:
    """Write a sound copy of the database as it is at one moment; others may go on writing.

    Raises:
        ArchiveError: the file is there already, or cannot be written.
    """
    if file.exists():
        raise ArchiveError(f"{file} is there already. Give another name, or remove it first.")
    unfinished = file.with_name(f".{file.name}.part")
    try:
        unfinished.unlink(missing_ok=True)  # of a run that was killed
        with _connected(archive.folder / DATABASE) as source, _connected(unfinished) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, with no log beside it
        require_sound(unfinished)
        unfinished.rename(file)
    except (OSError, sqlite3.Error) as error:
        raise ArchiveError(f"No backup was written to {file}: {error}") from error
    finally:
        unfinished.unlink(missing_ok=True)


def put_back(file: Path, archive: Archive) -> None:
    """Fill an empty archive from a backup, in one transaction.

    Raises:
        ArchiveError: the archive holds statements, or the file is not a sound backup.
    """
    require_sound(file)
    if archive.coverage().statements:
        raise ArchiveError(
            f"The archive in {archive.folder} already holds statements. Restore into a new folder: --archive DIR"
        )
    try:
        with _connected(file) as source, _connected(archive.folder / DATABASE) as target:
            source.backup(target)
            migrate(target)
    except sqlite3.Error as error:
        raise ArchiveError(f"{file} could not be put back: {error}") from error


def require_sound(file: Path) -> None:
    """Nothing, when a file is a whole archive that this version can read.

    Raises:
        ArchiveError: it is not; the text says in what way.
    """
    if not file.is_file():
        raise ArchiveError(f"There is no file {file}.")
    try:
        with _connected(file) as db:
            flaws = integrity_flaws(db)
            schema = schema_of(db)
            db.execute("SELECT id, current FROM statement LIMIT 1")
            db.execute("SELECT text FROM version LIMIT 1")
    except sqlite3.Error as error:
        raise ArchiveError(f"{file} is not an OnRecord archive, or is damaged: {error}") from error
    if flaws:
        raise ArchiveError(f"{file} is damaged: {flaws[0]}. Use another backup.")
    if schema > len(MIGRATIONS):
        raise ArchiveError(f"{file} has schema {schema}, and this OnRecord knows up to {len(MIGRATIONS)}: upgrade it.")


def integrity_flaws(db: sqlite3.Connection) -> list[str]:
    """What SQLite finds wrong with a database; empty when it is sound."""
    return [row[0] for row in db.execute("PRAGMA quick_check(5)") if row[0] != "ok"]


def archive_flaws(archive: Archive) -> list[str]:
    """What SQLite finds wrong with an archive's database; empty when it is sound."""
    with _connected(archive.folder / DATABASE) as db:
        return integrity_flaws(db)


def _connected(path: Path) -> closing[sqlite3.Connection]:
    return closing(sqlite3.connect(path, timeout=60, isolation_level=None))
