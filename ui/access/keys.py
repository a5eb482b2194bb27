"""API keys: random, shown once, kept as a hash, with what they may see and do; `onrecord key` manages them.

A key is `or_<id>_<43 characters>`: 256 random bits, so one round of SHA-256 keeps it as safe as a slow password hash
would (there is nothing to guess), and costs a request nothing. The id finds the row and may be shown.
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from corpus.database import Database
from corpus.errors import InputError, NotHeld
from corpus.model import sha256
from ui.reader import SCOPES, Reader

LONGEST_LABEL = 100
_KEY = re.compile(r"or_([0-9a-f]{10})_[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Key:
    """What is known of a key, without its secret.

    Attributes:
        id: the part that may be seen.
        label: whom or what it was made for.
        groups: what its reader belongs to; None sees everything.
        scopes: what its reader may do.
        expires: from when it is no longer accepted; None is never.
        revoked: when it was taken back.
    """

    id: str
    label: str
    groups: frozenset[str] | None
    scopes: frozenset[str]
    created: datetime
    expires: datetime | None
    revoked: datetime | None

    @property
    def accepted(self) -> bool:
        """Whether it lets anybody in today."""
        return self.revoked is None and (self.expires is None or self.expires > _now())


class Keys:
    """The keys of one installation.

    Args:
        store: see `ui.access.store`.
    """

    def __init__(self, store: Database) -> None:
        self._store = store

    def add(
        self,
        label: str,
        *,
        groups: Iterable[str] | None = (),
        scopes: Iterable[str] = ("ask", "feedback"),
        days: int | None = None,
    ) -> tuple[Key, str]:
        """Make a key.

        Args:
            label: whom or what it is for.
            groups: what its reader belongs to; None sees everything.
            scopes: what its reader may do.
            days: how long it is accepted; None is for ever.

        Returns:
            What is kept, and the key itself, which cannot be had again.

        Raises:
            InputError: a label or group is empty or too long, or a scope unknown.
        """
        given, may = None if groups is None else frozenset(groups), frozenset(scopes)
        if not label.strip() or len(label) > LONGEST_LABEL:
            raise InputError("Key", f"give it a label of 1 to {LONGEST_LABEL} characters.")
        if given and not all(group.strip() for group in given):
            raise InputError("Key", "a group has a name.")
        if not may or may - SCOPES:
            raise InputError("Key", f"scopes are {', '.join(sorted(SCOPES))}; give one or more.")
        made, now = secrets.token_hex(5), _now()
        secret = f"or_{made}_{secrets.token_urlsafe(32)}"
        expires = now + timedelta(days=days) if days is not None else None
        with self._store.transaction() as db:
            db.execute(
                "INSERT INTO key VALUES (?, ?, ?, ?, ?, ?, ?, NULL)",
                (
                    made,
                    sha256(secret),
                    label.strip(),
                    None if given is None else json.dumps(sorted(given)),
                    json.dumps(sorted(may)),
                    now.isoformat(),
                    expires and expires.isoformat(),
                ),
            )
        return self._key(made), secret

    def all(self) -> list[Key]:
        """Every key ever made, oldest first."""
        return [_key(row) for row in self._store.connection.execute("SELECT * FROM key ORDER BY created, id")]

    def revoke(self, key_id: str) -> Key:
        """Take a key back, from the next request on; to take it back again changes nothing.

        Raises:
            NotHeld: there is no such key.
        """
        with self._store.transaction() as db:
            db.execute("UPDATE key SET revoked = coalesce(revoked, ?) WHERE id = ?", (_now().isoformat(), key_id))
        return self._key(key_id)

    def reader(self, secret: str) -> Reader | None:
        """Who shows a key, if it is one and is accepted."""
        shape = _KEY.fullmatch(secret)
        if shape is None:
            return None
        row = self._store.connection.execute("SELECT * FROM key WHERE id = ?", (shape[1],)).fetchone()
        if row is None or not hmac.compare_digest(row["digest"], sha256(secret)):
            return None
        key = _key(row)
        return Reader(f"key:{key.id}", key.groups, key.scopes) if key.accepted else None

    def _key(self, key_id: str) -> Key:
        row = self._store.connection.execute("SELECT * FROM key WHERE id = ?", (key_id,)).fetchone()
        if row is None:
            raise NotHeld(f"There is no key {key_id}; `onrecord key list` shows those there are.")
        return _key(row)


def _key(row: sqlite3.Row) -> Key:
    return Key(
        id=row["id"],
        label=row["label"],
        groups=None if row["groups"] is None else frozenset(json.loads(row["groups"])),
        scopes=frozenset(json.loads(row["scopes"])),
        created=datetime.fromisoformat(row["created"]),
        expires=row["expires"] and datetime.fromisoformat(row["expires"]),
        revoked=row["revoked"] and datetime.fromisoformat(row["revoked"]),
    )


def _now() -> datetime:
    return datetime.now(UTC)
