"""Exports of social posts (.json): one statement per post.

Takes an array of posts; an object that holds them under a name such as "posts", "statuses" or "data"; a Mastodon or
other ActivityPub outbox (``orderedItems`` of ``Create`` activities); and files of an X archive
(``window.YTD.tweets.part0 = [{"tweet": {...}}]``). An array of statements in our own fields is taken as well.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Final

from corpus.errors import InputError
from ingest.decode import decode, name_of, read_bytes, stem_of
from ingest.readers import Item, Markup
from ingest.tidy import guess_markup

SUFFIXES = (".json",)

MOST_POSTS: Final = 1_000_000
LONGEST_TITLE: Final = 90

_ARCHIVE_PREFIX = re.compile(r"\s*window\.YTD\.[\w.]{1,80}\s*=\s*")
_LISTS: Final = ("posts", "orderedItems", "statuses", "tweets", "items", "data", "messages")
_TEXT: Final = ("full_text", "text", "content", "message", "body", "content_text", "content_html")
_TIME: Final = ("created_at", "createdAt", "published", "date", "timestamp", "date_published", "time")
_ID: Final = ("id_str", "id", "uri", "url")
_URL: Final = ("url", "permalink", "link", "uri", "id")
_AUTHOR: Final = ("user", "account", "author", "from", "attributedTo")
_NAME: Final = ("name", "display_name", "displayName", "screen_name", "username", "handle", "acct")
_SURROGATE = re.compile("[\ud800-\udfff]")
_ADDRESS = re.compile(r"https?://\S+")


def read(path: Path) -> Iterator[Item | InputError]:
    """Yields an Item per post and an InputError per post that has no text or date."""
    where = name_of(path)
    try:
        posts, common = _posts(decode(read_bytes(path), where), where)
    except InputError as problem:
        yield problem
        return
    if not any(isinstance(post, dict) and _value(_own(post), _TEXT) for post in posts):
        yield InputError(where, f"holds no posts: none of its {len(posts):,} records has a text")
        return
    for number, post in enumerate(posts, start=1):
        yield _item(f"{where}:{number}", post, common, path)


def _posts(text: str, where: str) -> tuple[list[Any], dict[str, Any]]:
    """The posts of an export, and what it says of their author."""
    try:
        data = json.loads(_ARCHIVE_PREFIX.sub("", text, count=1))
    except RecursionError as problem:
        raise InputError(where, "is nested too deeply; it is no export of posts") from problem
    except ValueError as problem:
        raise InputError(where, f"is not JSON: {problem}") from problem
    common: dict[str, Any] = {}
    if isinstance(data, dict):
        common = data
        data = next((data[name] for name in _LISTS if isinstance(data.get(name), list)), None) or (
            [data] if _value(data, _TEXT) else None
        )
    if not isinstance(data, list):
        raise InputError(where, f"holds no posts; put them in an array, or under one of {', '.join(_LISTS)}")
    if len(data) > MOST_POSTS:
        raise InputError(where, f"has over {MOST_POSTS:,} posts; split it")
    return data, common


def _item(where: str, post: Any, common: Mapping[str, Any], path: Path) -> Item | InputError:
    if not isinstance(post, dict):
        return InputError(where, "is no post; a post is a JSON object")
    post = _own(post)
    text = _value(post, _TEXT)
    if text is None:
        return InputError(where, "has no text; a repeat or a picture alone is no statement")
    raw = json.dumps(post, ensure_ascii=False).encode("utf-8", "replace")
    text = _SURROGATE.sub("\ufffd", text)
    if {"title", "text", "date"} <= post.keys():  # a statement in our own fields
        own = {"id": f"{stem_of(path)}-{where.rpartition(':')[2]}"} | post | {"text": text}
        return Item(where, raw, guess_markup(text), own)
    markup: Markup = "html" if re.search(r"<(?:p|br|a|span)\b", text) else "plain"
    author = _author(post) or _author(common)
    when = _when(post)
    if when is None:
        return InputError(where, f"has no date; known names are {', '.join(_TIME)}")
    name = _value(post, _ID) or where.rpartition(":")[2]
    url = next((value for key in _URL if (value := _value(post, (key,))) and _ADDRESS.fullmatch(value)), None)
    fields: dict[str, str | None] = {
        "id": f"{stem_of(path)}/{name}" if not _ADDRESS.fullmatch(name) else name,
        "title": _title(text, author, markup),
        "date": when,
        "issuer": author,
        "url": url,
        "lang": _language(post),
        "category": "social post",
        "text": text,
    }
    return Item(where, raw, markup, {key: value for key, value in fields.items() if value})


def _own(post: dict[str, Any]) -> dict[str, Any]:
    """The post itself, out of what some exports wrap it in."""
    if isinstance(post.get("tweet"), dict):
        return dict(post["tweet"])
    wrapped = isinstance(post.get("object"), dict) and post.get("type") in ("Create", None)
    return dict(post["object"]) if wrapped else post


def _value(post: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    for name in names:
        value = post.get(name)
        if isinstance(value, str) and value.strip():
            return value.strip()
        if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() < 100:
            return str(value)
    return None


def _author(post: Mapping[str, Any]) -> str | None:
    for key in _AUTHOR:
        who = post.get(key)
        if isinstance(who, dict) and (name := _value(who, _NAME)):
            return name
        if isinstance(who, str) and who.strip() and not _ADDRESS.match(who):
            return who.strip()
    return _value(post, ("user_name", "account_name", "screen_name", "username"))


def _when(post: Mapping[str, Any]) -> str | None:
    """The post's day, in the time zone that it is written in; "Mon Nov 24 10:00:00 +0000 2025" as X writes it."""
    value = _value(post, _TIME)
    if value is None:
        return None
    try:
        if value.isdecimal() and len(value) in (10, 13):  # seconds or milliseconds since 1970
            return datetime.fromtimestamp(int(value[:10]), UTC).date().isoformat()
        if re.match(r"[A-Z][a-z]{2} [A-Z][a-z]{2} \d", value):
            return datetime.strptime(value, "%a %b %d %H:%M:%S %z %Y").date().isoformat()
        if re.match(r"[A-Z][a-z]{2}, \d", value):
            return parsedate_to_datetime(value).date().isoformat()
    except (ValueError, TypeError, OverflowError, IndexError, OSError):
        return value
    return value


def _language(post: Mapping[str, Any]) -> str | None:
    value = _value(post, ("lang", "language"))
    return value if value and value not in ("und", "zxx", "qme", "qht") else None


def _title(text: str, author: str | None, markup: Markup) -> str:
    """A post has no headline: its author and its first words stand in for one."""
    words = " ".join((re.sub(r"<[^>]{0,500}>", " ", text) if markup == "html" else text).split())
    short = words if len(words) <= LONGEST_TITLE else words[:LONGEST_TITLE].rsplit(" ", 1)[0] + "…"
    return f"{author}: {short}" if author else short
