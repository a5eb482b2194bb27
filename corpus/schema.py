"""The archive's SQLite schema, as a list of migrations: entry n takes a database from version n to n + 1."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from corpus.database import Database
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
        field        TEXT NOT NULL,        -- attribute of a statement, or extra.NAME
        value        TEXT NOT NULL,        -- JSON, as the field is to be
        said         TEXT NOT NULL,        -- JSON, as the source has it
        at           TEXT NOT NULL,        -- ISO 8601, UTC
        note         TEXT NOT NULL,
        editor       TEXT NOT NULL,        -- who made it, '' where that is not known
        PRIMARY KEY (statement_id, field)
    ) STRICT;

    CREATE TABLE sketch (                  -- MinHash of a current version's words
        id           INTEGER PRIMARY KEY,
        statement_id TEXT NOT NULL UNIQUE REFERENCES statement ON DELETE CASCADE,
        method       INTEGER NOT NULL,     -- sketches of different methods cannot be compared
        hashes       BLOB NOT NULL         -- uint32, little endian
    ) STRICT;
    CREATE TABLE band (                    -- a few hashes of a sketch as one number: equal bands are candidates
        hash   INTEGER NOT NULL,
        sketch INTEGER NOT NULL,
        PRIMARY KEY (hash, sketch)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE repeat (                  -- pairs of statements that are one text, the smaller id first
        a          TEXT NOT NULL REFERENCES statement ON DELETE CASCADE,
        b          TEXT NOT NULL REFERENCES statement ON DELETE CASCADE,
        likeness   REAL NOT NULL,          -- Jaccard similarity of their word shingles, 0 to 1
        PRIMARY KEY (a, b)
    ) STRICT;
    CREATE INDEX repeat_b ON repeat (b);
    """,
    # Sources that are fetched again and again.
    """
    CREATE TABLE source (
        id         INTEGER PRIMARY KEY,
        url        TEXT NOT NULL UNIQUE,
        kind       TEXT NOT NULL,          -- feed, sitemap or listing
        issuer     TEXT,
        containing TEXT NOT NULL,          -- what an address must contain to be taken; '' takes all
        added      TEXT NOT NULL,          -- ISO 8601, UTC, as all times here
        tried      TEXT,                   -- when it was last gone through
        synced     TEXT,                   -- when that last went well
        problem    TEXT                    -- why it last did not
    ) STRICT;
    CREATE TABLE fetched (                 -- one row an address that a source names, and that it names them at
        url           TEXT NOT NULL,
        source_id     INTEGER NOT NULL REFERENCES source ON DELETE CASCADE,
        page          INTEGER NOT NULL,    -- 0: it is not a page to hold but names such, as a feed does
        statements    TEXT NOT NULL DEFAULT '[]', -- JSON list: ids of what was held of it
        published     TEXT,                -- as the source says, for pages that do not
        updated       TEXT,                -- when the source says that it last changed
        etag          TEXT,
        last_modified TEXT,
        fetched_at    TEXT,                -- when it was last asked for; NULL: not yet
        failures      INTEGER NOT NULL DEFAULT 0, -- syncs in a row that could not take it
        problem       TEXT,                -- why the last of them could not: it is a dead letter
        missing_since TEXT,                -- set: its statements were marked as withdrawn for its absence
        PRIMARY KEY (url, page)            -- one source's page may be another's list
    ) STRICT;
    CREATE INDEX fetched_source ON fetched (source_id, page);
    """,
    # Where the pages of a paged document begin, as offsets into the version's text; [] where it has none.
    "ALTER TABLE version ADD COLUMN pages TEXT NOT NULL DEFAULT '[]';",
    # A passage that has a vector and none of these was read by an older release, and is due again. Not a column of the
    # table of vectors, whose rows are read by the thousand.
    """
    CREATE TABLE sentence_vectors (
        model     TEXT NOT NULL,
        embed_key BLOB NOT NULL,           -- of the passage that the sentences are in
        value     BLOB NOT NULL,           -- see `corpus.sentence_vectors`
        UNIQUE (model, embed_key)
    ) STRICT;
    """,
    """
    CREATE TABLE reading (                 -- see `corpus.reading`
        statement_id TEXT NOT NULL,
        version      INTEGER NOT NULL,
        method       INTEGER NOT NULL,     -- readings made in another way are not used
        spans        BLOB NOT NULL,        -- uint32, little endian: start and end of each sentence
        lines        TEXT NOT NULL,        -- the words of each, a line a sentence
        PRIMARY KEY (statement_id, version),
        FOREIGN KEY (statement_id, version) REFERENCES version ON DELETE CASCADE
    ) STRICT;
    """,
)


def migrate(connection: sqlite3.Connection, migrations: Sequence[str] = MIGRATIONS, what: str = "archive") -> None:
    """Bring a database to the newest schema, each step in a transaction of its own.

    Raises:
        ArchiveError: the database was written by a newer version of OnRecord.
    """
    while (version := schema_of(connection)) < len(migrations):
        connection.execute("BEGIN IMMEDIATE")
        try:
            if schema_of(connection) == version:  # else another process was quicker
                for statement in _statements(migrations[version]):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {version + 1}")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
    if version > len(migrations):
        raise ArchiveError(
            f"The {what} has schema {version}, and this OnRecord knows up to {len(migrations)}: upgrade OnRecord."
        )


def open_database(path: Path, migrations: Sequence[str], what: str) -> Database:
    """A database that is kept beside the archive, made where it is missing, and for its owner's eyes alone.

    Raises:
        ArchiveError: it cannot be opened, or was written by a newer OnRecord.
    """
    database = Database(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)  # SQLite gives its own files beside it the same mode
        migrate(database.connection, migrations, what)
    except (OSError, sqlite3.Error) as error:
        database.close()
        raise ArchiveError(f"{path} cannot be opened: {error}") from error
    return database


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
