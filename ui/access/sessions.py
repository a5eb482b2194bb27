"""Sessions of readers who signed in with a provider: rows that can be ended, named by a random id in a cookie."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime, timedelta

from corpus.database import Database
from corpus.model import sha256
from ui.reader import Reader


class Sessions:
    """Args:
    store: see `ui.access.store`.
    hours: how long a session lasts; then the provider is asked again, and groups are as they are by then.
    """

    def __init__(self, store: Database, hours: int) -> None:
        self._store = store
        self._hours = hours

    def start(self, reader: Reader) -> str:
        """Begin a session, and clear away those that are over; returns what the cookie has to hold."""
        made, now = secrets.token_urlsafe(32), datetime.now(UTC)
        expires = (now + timedelta(hours=self._hours)).isoformat()
        groups, scopes = json.dumps(sorted(reader.groups or ())), json.dumps(sorted(reader.scopes))
        with self._store.transaction() as db:
            db.execute("DELETE FROM session WHERE expires < ?", (now.isoformat(),))
            db.execute(
                "INSERT INTO session VALUES (?, ?, ?, ?, ?)", (sha256(made), reader.name, groups, scopes, expires)
            )
        return made

    def reader(self, session: str) -> Reader | None:
        """Whose session it is, if it is one and not over."""
        row = self._store.connection.execute(
            "SELECT * FROM session WHERE digest = ? AND expires > ?", (sha256(session), datetime.now(UTC).isoformat())
        ).fetchone()
        if row is None:
            return None
        return Reader(row["reader"], frozenset(json.loads(row["groups"])), frozenset(json.loads(row["scopes"])))

    def end(self, session: str) -> None:
        """Sign out."""
        with self._store.transaction() as db:
            db.execute("DELETE FROM session WHERE digest = ?", (sha256(session),))
