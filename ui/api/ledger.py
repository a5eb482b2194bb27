"""The ledger: replies to writes with an Idempotency-Key, and ingest jobs, in `api.sqlite3` beside the archive.

After the Internet-Draft "The Idempotency-Key HTTP Header Field" (draft-ietf-httpapi-idempotency-key-header): a repeat
gets the first reply, a repeat while the first still runs is refused with 409, and the key with another request 422.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from corpus.schema import open_database
from ui.api.problems import Refusal
from ui.reader import reader_of

DATABASE = "api.sqlite3"
LONGEST_KEY = 255
KEPT_SECONDS = 24 * 3600
MOST_KEPT = 10_000
LARGEST_REPLY = 1_000_000  # bytes; a longer reply is not kept, and its key can be used again
_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_KEPT_HEADERS = frozenset({"content-type", "location"})
MIGRATIONS = (
    """
    CREATE TABLE reply (
        reader      TEXT NOT NULL,
        key         TEXT NOT NULL,
        fingerprint TEXT NOT NULL,         -- of method, address and body
        status      INTEGER,               -- NULL while the request is being served
        headers     TEXT,                  -- JSON object
        body        BLOB,
        at          REAL NOT NULL,         -- seconds since 1970
        PRIMARY KEY (reader, key)
    ) STRICT;
    CREATE INDEX reply_at ON reply (at);

    CREATE TABLE job (
        id       TEXT PRIMARY KEY,
        reader   TEXT NOT NULL,
        name     TEXT NOT NULL,            -- of the file, as it was sent
        issuer   TEXT,                     -- of statements that do not say
        state    TEXT NOT NULL,            -- waiting, running, done or failed
        done     INTEGER NOT NULL DEFAULT 0,
        report   TEXT,                     -- JSON, once done
        problem  TEXT,                     -- why it failed
        created  TEXT NOT NULL,            -- ISO 8601, UTC
        finished TEXT
    ) STRICT;
    CREATE INDEX job_state ON job (state, created);
    """,
)


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply as it was sent."""

    status: int
    headers: dict[str, str]
    body: bytes


class Ledger:
    """Open with `Ledger(folder)`, the archive's folder; for one server process, and all of its threads.

    Raises:
        ArchiveError: the file cannot be opened, or was written by a newer OnRecord.
    """

    def __init__(self, folder: Path) -> None:
        self.database = open_database(folder / DATABASE, MIGRATIONS, "ledger")
        with self.database.transaction() as db:  # requests that ended with the process that served them
            db.execute("DELETE FROM reply WHERE status IS NULL")

    def close(self) -> None:
        """Close the connections of every thread."""
        self.database.close()

    def begin(self, reader: str, key: str, fingerprint: str) -> Reply | None:
        """The reply that this request has had already; or None, and the key is taken until `finish` or `forget`.

        Raises:
            Refusal: the key is in use by a request that still runs, or was used for another request.
        """
        with self.database.transaction() as db:
            db.execute("DELETE FROM reply WHERE at < ? AND status IS NOT NULL", (time.time() - KEPT_SECONDS,))
            row = db.execute("SELECT * FROM reply WHERE reader = ? AND key = ?", (reader, key)).fetchone()
            if row is None:
                db.execute(
                    "INSERT INTO reply (reader, key, fingerprint, at) VALUES (?, ?, ?, ?)",
                    (reader, key, fingerprint, time.time()),
                )
                return None
        if row["fingerprint"] != fingerprint:
            raise Refusal(422, "Key used before", "This Idempotency-Key came with another request; take a new key.")
        if row["status"] is None:
            raise Refusal(
                409, "Still running", "The first request with this Idempotency-Key still runs.", {"Retry-After": "1"}
            )
        return Reply(row["status"], json.loads(row["headers"]), row["body"])

    def finish(self, reader: str, key: str, reply: Reply) -> None:
        """Keep the reply, and at most `MOST_KEPT` in all."""
        with self.database.transaction() as db:
            db.execute(
                "UPDATE reply SET status = ?, headers = ?, body = ? WHERE reader = ? AND key = ?",
                (reply.status, json.dumps(reply.headers), reply.body, reader, key),
            )
            db.execute(
                "DELETE FROM reply WHERE status IS NOT NULL AND at <="
                " (SELECT at FROM reply ORDER BY at DESC LIMIT 1 OFFSET ?)",
                (MOST_KEPT,),
            )

    def forget(self, reader: str, key: str) -> None:
        """The request did not come to anything; the key can be used again."""
        with self.database.transaction() as db:
            db.execute("DELETE FROM reply WHERE reader = ? AND key = ? AND status IS NULL", (reader, key))


def once(ledger: Ledger) -> type[APIRoute]:
    """Routes that serve a write with an Idempotency-Key once, and repeat the reply."""

    class Once(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            serve = super().get_route_handler()

            async def serve_once(request: Request) -> Response:
                key = request.headers.get("idempotency-key")
                if key is None or request.method not in _WRITES:
                    return await serve(request)
                if not 1 <= len(key) <= LONGEST_KEY:
                    raise Refusal(400, "Unusable key", f"An Idempotency-Key has 1 to {LONGEST_KEY} characters.")
                reader = reader_of(request.scope).name
                fingerprint = await _fingerprint(request)
                if reply := await run_in_threadpool(ledger.begin, reader, key, fingerprint):
                    headers = reply.headers | {"idempotency-replayed": "true"}
                    return Response(reply.body, reply.status, headers)
                kept = False
                try:
                    response = await serve(request)
                    if reply := _kept(response):
                        await run_in_threadpool(ledger.finish, reader, key, reply)
                        kept = True
                finally:
                    if not kept:
                        ledger.forget(reader, key)
                return response

            return serve_once

    return Once


async def _fingerprint(request: Request) -> str:
    kind = request.headers.get("content-type", "").partition(";")[0]
    sent = hashlib.sha256(f"{request.method} {request.url.path}?{request.url.query}\0{kind}\0".encode())
    body = await request.body()
    if kind == "multipart/form-data":  # each sending of the same form draws another boundary
        boundary = request.headers["content-type"].partition("boundary=")[2].strip('"').encode()
        body = body.replace(boundary, b"") if boundary else body
    sent.update(body)
    return sent.hexdigest()


def _kept(response: Response) -> Reply | None:
    """A reply to keep: a success whose body is known and not too long."""
    body = getattr(response, "body", None)
    if not isinstance(body, bytes) or not 200 <= response.status_code < 300 or len(body) > LARGEST_REPLY:
        return None
    headers = {name: value for name, value in response.headers.items() if name in _KEPT_HEADERS}
    return Reply(response.status_code, headers, body)
