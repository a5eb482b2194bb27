"""What sign-in keeps, in `access.sqlite3` beside the archive: API keys, sessions, and the secret that signs cookies."""

from __future__ import annotations

import secrets
import sqlite3
from pathlib import Path

from corpus.database import Database
from corpus.errors import ArchiveError
from corpus.schema import migrate

DATABASE = "access.sqlite3"
MIGRATIONS = (
    """
    CREATE TABLE key (
        id      TEXT PRIMARY KEY,          -- the part of a key that may be seen
        digest  TEXT NOT NULL,             -- hex SHA-256 of the whole key
        label   TEXT NOT NULL,
        groups  TEXT,                      -- JSON list; NULL sees everything
        scopes  TEXT NOT NULL,             -- JSON list
        created TEXT NOT NULL,             -- ISO 8601, UTC
        expires TEXT,
        revoked TEXT
    ) STRICT;
    CREATE TABLE session (
        digest  TEXT PRIMARY KEY,          -- hex SHA-256 of what the cookie has
        reader  TEXT NOT NULL,
        groups  TEXT NOT NULL,
        scopes  TEXT NOT NULL,
        expires TEXT NOT NULL
    ) STRICT;
    CREATE TABLE secret (
        name  TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) STRICT;
    """,
)


def open_store(folder: Path) -> Database:
    """The database in an archive's folder, made where it is missing, for its owner's eyes alone.

    Raises:
        ArchiveError: it cannot be opened.
    """
    database = private_database(folder / DATABASE)
    try:
        migrate(database.connection, MIGRATIONS, "store of keys and sessions")
    except sqlite3.Error as error:
        raise ArchiveError(f"{folder / DATABASE} cannot be opened: {error}") from error
    return database


def private_database(path: Path) -> Database:
    """A database file that other users of the machine cannot read.

    Raises:
        ArchiveError: it cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)  # SQLite gives its own files beside it the same mode
    except OSError as error:
        raise ArchiveError(f"{path} cannot be opened: {error}") from error
    return Database(path)


def cookie_secret(store: Database) -> str:
    """What cookies are signed with: random, made once, kept, so that a restart signs nobody out."""
    with store.transaction() as db:
        db.execute("INSERT OR IGNORE INTO secret VALUES ('cookie', ?)", (secrets.token_hex(32),))
        value: str = db.execute("SELECT value FROM secret WHERE name = 'cookie'").fetchone()["value"]
    return value
