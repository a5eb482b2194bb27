"""API keys: made once, kept as hashes, accepted until they are over or taken back."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Run, put
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpus.archive import Archive
from corpus.errors import InputError, NotHeld
from ui.access.keys import Keys
from ui.access.store import DATABASE, cookie_secret, open_store


@pytest.fixture
def keys(tmp_path: Path) -> Iterator[Keys]:
    """No keys yet."""
    store = open_store(tmp_path)
    yield Keys(store)
    store.close()


def test_a_key_lets_in_whom_it_was_made_for(keys: Keys) -> None:
    key, secret = keys.add("portal", groups=["blue", "staff"], scopes=["ask"])
    reader = keys.reader(secret)
    assert reader is not None
    assert (reader.groups, reader.scopes) == ({"blue", "staff"}, {"ask"})
    assert reader.name == f"key:{key.id}"
    assert keys.all() == [key] and key.accepted
    everything, other = keys.add("archivist", groups=None)
    found = keys.reader(other)
    assert found is not None and found.groups is None and everything.groups is None


def test_nothing_that_could_be_used_is_kept(keys: Keys, tmp_path: Path) -> None:
    _, secret = keys.add("portal")
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert secret.encode() not in kept and secret.rpartition("_")[2].encode() not in kept
    assert stat.S_IMODE((tmp_path / DATABASE).stat().st_mode) == 0o600


def test_a_key_that_is_taken_back_or_over_lets_nobody_in(keys: Keys) -> None:
    key, secret = keys.add("portal")
    revoked = keys.revoke(key.id)
    assert keys.reader(secret) is None and not revoked.accepted
    assert keys.revoke(key.id).revoked == revoked.revoked, "the first time counts"
    over, secret = keys.add("guest", days=0)
    assert keys.reader(secret) is None and not over.accepted
    assert keys.reader(keys.add("guest", days=1)[1]) is not None
    with pytest.raises(NotHeld, match="key list"):
        keys.revoke("nobody")


@given(text=st.text(max_size=80) | st.from_regex(r"or_[0-9a-f]{10}_[A-Za-z0-9_-]{43}", fullmatch=True))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_no_key_is_none(keys: Keys, text: str) -> None:
    assert keys.reader(text) is None


def test_a_key_with_one_character_changed_is_none(keys: Keys) -> None:
    _, secret = keys.add("portal")
    for place in (3, 8, len(secret) - 1):
        other = "b" if secret[place] == "a" else "a"
        assert keys.reader(secret[:place] + other + secret[place + 1 :]) is None
    assert keys.reader(secret + "a") is None and keys.reader(f" {secret}") is None


@pytest.mark.parametrize(
    "wrong", [{"label": ""}, {"label": "x" * 101}, {"scopes": []}, {"scopes": ["root"]}, {"groups": [" "]}]
)
def test_a_key_that_makes_no_sense_is_not_made(keys: Keys, wrong: dict[str, object]) -> None:
    with pytest.raises(InputError):
        keys.add(**({"label": "x"} | wrong))  # type: ignore[arg-type]
    assert keys.all() == []


def test_the_secret_that_signs_cookies_stays(tmp_path: Path) -> None:
    first, second = open_store(tmp_path), open_store(tmp_path)
    assert cookie_secret(first) == cookie_secret(second) and len(cookie_secret(first)) == 64
    first.close()
    second.close()


def test_keys_from_the_command_line(tmp_path: Path, onrecord: Run) -> None:
    refused = onrecord("key", "add", "portal", check=False)
    assert refused.returncode == 1 and "No archive in" in refused.stderr
    archive = Archive(tmp_path / "archive")
    put(archive, "a", "A text.")
    archive.close()
    printed = onrecord("key", "add", "portal", "--group", "blue", "--scope", "ask", "--days", "30").stdout
    secret, explained = printed.splitlines()
    assert "only time" in explained and "until 20" in explained
    made = json.loads(onrecord("key", "add", "desk", "--all-groups", "--scope", "admin", "--json").stdout)
    listed = onrecord("key", "list")
    assert secret not in listed.stdout and made["key"] not in listed.stdout
    assert [line.split("  ")[1:4] for line in listed.stdout.splitlines()] == [
        ["portal", "[ask]", "blue"],
        ["desk", "[admin]", "all groups"],
    ]
    assert "is revoked" in onrecord("key", "revoke", made["id"]).stdout
    rows = json.loads(onrecord("key", "list", "--json").stdout)
    assert [row["accepted"] for row in rows] == [True, False]
    store = open_store(tmp_path / "archive")
    reader = Keys(store).reader(secret)
    assert reader is not None and reader.groups == {"blue"}
    store.close()
