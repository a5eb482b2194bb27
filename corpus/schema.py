"""The archive's SQLite schema, as a list of migrations: entry n takes a database from version n to n + 1."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from corpus.errors import ArchiveError

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE statement (
        id        TEXT PRIMARY KEY,
        title     TEXT NOT NULL,
        issuer    TEXT,
        issuer_key TEXT NOT NULL,          -- casefolded issuer, '' where unknown: what filters compare
        kind      TEXT NOT NULL,
        language  TEXT NOT NULL,
        url       TEXT,
        place     TEXT,
        published INTEGER NOT NULL,        -- yyyymmdd
        event     INTEGER NOT NULL,        -- yyyymmdd; equals published where no event date is known
        has_event INTEGER NOT NULL,
        speakers  TEXT NOT NULL,           -- JSON list
        audience  TEXT NOT NULL,           -- JSON list
        extra     TEXT NOT NULL,           -- JSON object
        withdrawn INTEGER NOT NULL DEFAULT 0,
        current   INTEGER NOT NULL         -- number of the version that is searched
    ) STRICT;
    CREATE INDEX statement_published ON statement (published);
    CREATE INDEX statement_event ON statement (event);
    CREATE INDEX statement_issuer ON statement (issuer_key);

    CREATE TABLE raw (
        sha256 TEXT PRIMARY KEY,
        zlib   BLOB NOT NULL               -- the bytes as they came, compressed
    ) STRICT;

    CREATE TABLE version (
        statement_id TEXT NOT NULL REFERENCES statement ON DELETE CASCADE,
        number       INTEGER NOT NULL,
        text         TEXT NOT NULL,
        text_sha256  TEXT NOT NULL,
        raw_sha256   TEXT NOT NULL REFERENCES raw,
        fetched_at   TEXT NOT NULL,        -- ISO 8601, UTC
        source       TEXT NOT NULL,
        PRIMARY KEY (statement_id, number)
    ) STRICT;
    CREATE INDEX version_raw ON version (raw_sha256);

    CREATE TABLE passage (
        id           TEXT PRIMARY KEY,
        statement_id TEXT NOT NULL,
        version      INTEGER NOT NULL,
        ordinal      INTEGER NOT NULL,
        start        INTEGER NOT NULL,
        "end"        INTEGER NOT NULL,
        embed_key    BLOB NOT NULL,        -- hash of what is embedded: header and text
        FOREIGN KEY (statement_id, version) REFERENCES version ON DELETE CASCADE
    ) STRICT;
    CREATE INDEX passage_place ON passage (statement_id, version, ordinal);
    CREATE INDEX passage_embed_key ON passage (embed_key);

    CREATE TABLE vector (
        model     TEXT NOT NULL,
        embed_key BLOB NOT NULL,
        value     BLOB NOT NULL,           -- float32, little endian, unit length
        UNIQUE (model, embed_key)
    ) STRICT;

    CREATE TABLE acronym (                 -- as the current version of a statement explains it
        statement_id TEXT NOT NULL REFERENCES statement ON DELETE CASCADE,
        short        TEXT NOT NULL,
        long         TEXT NOT NULL
    ) STRICT;
    CREATE INDEX acronym_statement ON acronym (statement_id);

    CREATE TABLE change (                  -- what derived indexes have to catch up with
        seq          INTEGER PRIMARY KEY AUTOINCREMENT,
        statement_id TEXT NOT NULL
    ) STRICT;
    """,
    # 0 where a statement has gained nothing but vectors, which says nothing to an index of words.
    "ALTER TABLE change ADD COLUMN words INTEGER NOT NULL DEFAULT 1;",
)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring a database to the newest schema, each step in a transaction of its own.

    Raises:
        ArchiveError: the database was written by a newer version of OnRecord.
    """
    while (version := schema_of(connection)) < len(MIGRATIONS):
        connection.execute("BEGIN IMMEDIATE")
        try:
            if schema_of(connection) == version:  # else another process was quicker
                for statement in _statements(MIGRATIONS[version]):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {version + 1}")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
    if version > len(MIGRATIONS):
        raise ArchiveError(
            f"The archive has schema {version}, and this OnRecord knows up to {len(MIGRATIONS)}: upgrade OnRecord."
        )


def schema_of(connection: sqlite3.Connection) -> int:
    """Which schema a database has, 0 when it has none."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def _statements(script: str) -> Iterator[str]:
    """A script's statements one by one: run as a whole it would commit what it finds open."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
