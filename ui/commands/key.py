"""`onrecord key`: API keys, made, listed and revoked; a running server goes by them from the next request on."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from corpus.archive import Archive
from ui.access.keys import Key, Keys
from ui.access.store import open_store
from ui.commands.opening import print_json, settings_from


def add(arguments: argparse.Namespace) -> int:
    """Make a key and print it; it cannot be printed again."""
    with _keys(arguments) as keys:
        groups = None if arguments.all_groups else arguments.group
        key, secret = keys.add(
            arguments.label, groups=groups, scopes=arguments.scope or ("ask", "feedback"), days=arguments.days
        )
    if arguments.json:
        print_json({**_json(key), "key": secret})
        return 0
    print(secret)
    print(f"This is the only time that it is shown. It is accepted {_until(key)}; its id is {key.id}.")
    return 0


def listing(arguments: argparse.Namespace) -> int:
    """Print the keys, oldest first."""
    with _keys(arguments) as keys:
        held = keys.all()
    if arguments.json:
        print_json([_json(key) for key in held])
        return 0
    for key in held:
        groups = "all groups" if key.groups is None else ", ".join(sorted(key.groups)) or "no groups"
        state = "revoked" if key.revoked else "expired" if not key.accepted else _until(key)
        print(f"{key.id}  {key.label}  [{', '.join(sorted(key.scopes))}]  {groups}  {state}")
    return 0


def revoke(arguments: argparse.Namespace) -> int:
    """Take a key back."""
    with _keys(arguments) as keys:
        key = keys.revoke(arguments.id)
    print(f"{key.id} ({key.label}) is revoked.")
    return 0


@contextmanager
def _keys(arguments: argparse.Namespace) -> Iterator[Keys]:
    """The keys of an archive that is there already."""
    folder = settings_from(arguments).archive
    Archive(folder, create=False).close()
    store = open_store(folder)
    try:
        yield Keys(store)
    finally:
        store.close()


def _until(key: Key) -> str:
    return f"until {key.expires:%Y-%m-%d %H:%M} UTC" if key.expires else "until it is revoked"


def _json(key: Key) -> dict[str, Any]:
    return {
        "id": key.id,
        "label": key.label,
        "groups": None if key.groups is None else sorted(key.groups),
        "scopes": sorted(key.scopes),
        "created": key.created.isoformat(),
        "expires": key.expires and key.expires.isoformat(),
        "revoked": key.revoked and key.revoked.isoformat(),
        "accepted": key.accepted,
    }
