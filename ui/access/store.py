"""What sign-in keeps, in `access.sqlite3` beside the archive: API keys, sessions, and the secret that signs cookies."""

from __future__ import annotations

import secrets
from pathlib import Path

from corpus.database import Database
from corpus.schema import open_database

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
    return open_database(folder / DATABASE, MIGRATIONS, "store of keys and sessions")


def cookie_secret(store: Database) -> str:
    """What cookies are signed with: random, made once, kept, so that a restart signs nobody out."""
    with store.transaction() as db:
        db.execute("INSERT OR IGNORE INTO secret VALUES ('cookie', ?)", (secrets.token_hex(32),))
        value: str = db.execute("SELECT value FROM secret WHERE name = 'cookie'").fetchone()["value"]
    return value
