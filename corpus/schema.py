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
    # Corrections by hand, and which statements repeat one another.
    """
    CREATE TABLE correction (
        statement_id TEXT NOT NULL REFERENCES statement ON DELETE CASCADE,
        field        TEXT NOT NULL,
        value        TEXT NOT NULL,        -- JSON, as the field is to be
        at           TEXT NOT NULL,        -- ISO 8601, UTC
        note         TEXT NOT NULL DEFAULT '',
        PRIMARY KEY (statement_id, field)
    ) STRICT;

    CREATE TABLE band (                    -- MinHash bands of current versions: equal bands are candidates
        statement_id TEXT NOT NULL REFERENCES statement ON DELETE CASCADE,
        number       INTEGER NOT NULL,
        hash         BLOB NOT NULL,
        PRIMARY KEY (statement_id, number)
    ) STRICT;
    CREATE INDEX band_hash ON band (number, hash);
    CREATE TABLE repeat (                  -- pairs of statements with nearly the same text, the smaller id first
        a          TEXT NOT NULL REFERENCES statement ON DELETE CASCADE,
        b          TEXT NOT NULL REFERENCES statement ON DELETE CASCADE,
        likeness   REAL NOT NULL,          -- estimated Jaccard similarity of their word shingles, 0 to 1
        PRIMARY KEY (a, b)
    ) STRICT;
    CREATE INDEX repeat_b ON repeat (b);
    """,
    # Sources that are fetched again and again.
    """
    CREATE TABLE source (
        id      INTEGER PRIMARY KEY,
        url     TEXT NOT NULL UNIQUE,
        kind    TEXT NOT NULL,             -- feed, sitemap or listing
        issuer  TEXT,
        added   TEXT NOT NULL,             -- ISO 8601, UTC
        synced  TEXT                       -- when it was last gone through to its end
    ) STRICT;
    CREATE TABLE fetched (                 -- one row an address that a source names, the source's own address too
        url           TEXT PRIMARY KEY,
        source_id     INTEGER NOT NULL REFERENCES source ON DELETE CASCADE,
        statement_id  TEXT,
        etag          TEXT,
        last_modified TEXT,
        fetched_at    TEXT NOT NULL,
        failures      INTEGER NOT NULL DEFAULT 0,
        problem       TEXT,                -- set: it is a dead letter
        missing_since TEXT                 -- set: the source does not have it any more
    ) STRICT;
    """,
    # Where the pages of a paged document begin, as offsets into the version's text; [] where it has none.
    "ALTER TABLE version ADD COLUMN pages TEXT NOT NULL DEFAULT '[]';",
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
