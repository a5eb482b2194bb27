"""Whatever a parser does, the item is lost and the run goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from corpus.errors import InputError
from ingest.readers import Item
from ingest.sandbox import Sandbox

PARSERS = """
import os, sys, time
from corpus.errors import InputError
from ingest.readers import Item

def parse(raw, where):
    what = raw.decode()
    if what == "hang":
        time.sleep(600)
    if what == "spin":
        while True: pass
    if what == "die":
        os._exit(1)
    if what == "crash":
        import ctypes; ctypes.string_at(0)
    if what == "memory":
        bytearray(8 << 30)
    if what == "raise":
        raise KeyError("no such part")
    if what == "refuse":
        yield Item(where, raw, "plain", {"text": "first"})
        raise InputError(where, "is refused")
    if what == "speak":
        print("x" * 100_000); sys.stdout.flush(); os.write(1, b"y" * 100_000)
    yield Item(where, raw, "plain", {"text": what}, {"text": {"from": "meta"}})
"""


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    (tmp_path / "misbehaving.py").write_text(PARSERS)
    monkeypatch.syspath_prepend(str(tmp_path))
    box = Sandbox(seconds=4)
    yield box
    box.close()


def parse(box: Sandbox, what: str) -> list[Item | InputError]:
    return box.parse("misbehaving", what.encode(), "a.x")


@pytest.mark.parametrize(
    ("what", "problem"),
    [
        ("hang", "took over 4 s"),
        ("spin", "took over 4 s"),
        ("die", "broke the program"),
        ("crash", "broke the program"),
        ("memory", "too much memory"),
        ("raise", "KeyError 'no such part'"),
    ],
)
def test_what_goes_wrong_is_one_error_and_the_next_item_is_read(box: Sandbox, what: str, problem: str) -> None:
    [found] = parse(box, what)
    assert isinstance(found, InputError) and found.where == "a.x" and problem in found.problem
    [after] = parse(box, "words")
    assert after == Item("a.x", b"words", "plain", {"text": "words"}, {"text": {"from": "meta"}})


def test_what_was_found_before_an_error_is_kept(box: Sandbox) -> None:
    first, second = parse(box, "refuse")
    assert isinstance(first, Item) and first.raw == b"refuse"
    assert isinstance(second, InputError) and second.problem == "is refused"


def test_what_a_library_prints_disturbs_nothing(box: Sandbox) -> None:
    [found] = parse(box, "speak")
    assert isinstance(found, Item) and found.fields == {"text": "speak"}


def test_large_items_go_through(box: Sandbox) -> None:
    large = "x" * 10_000_000
    [found] = parse(box, large)
    assert isinstance(found, Item) and found.fields["text"] == large


def test_only_known_modules_are_asked_for(box: Sandbox) -> None:
    [found] = box.parse("no_such_module", b"x", "a.x")
    assert isinstance(found, InputError) and "ModuleNotFoundError" in found.problem
