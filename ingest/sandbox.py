"""Parsers of complex formats run in a process of their own, under a limit of time and one of memory.

A PDF or a page is written by anybody, and the libraries that read them are large. Whatever happens to one in there (a
hang, a crash, a bomb), the run that asked loses that item and nothing else: the process is killed and the next item
gets a new one. Nothing but JSON comes back.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, Final

from corpus.errors import InputError
from ingest.decode import name_of, read_bytes
from ingest.readers import MAX_ITEM_BYTES, Item

SECONDS: Final = 60.0
MEGABYTES: Final = 2048
# What comes back of one item: its text many times over, with room for what JSON escapes.
MOST_REPLY: Final = 8 * MAX_ITEM_BYTES
# A process is replaced after this many items, so that nothing that a library leaks adds up.
ITEMS_A_PROCESS: Final = 500

_HEAD = struct.Struct(">II")


class Sandbox:
    """One parsing process, started when first needed; safe to use from several threads, one item at a time.

    Args:
        seconds: wall clock that an item may take.
        megabytes: address space of the process, where the system can limit it.
    """

    def __init__(self, seconds: float = SECONDS, megabytes: int = MEGABYTES) -> None:
        self._seconds = seconds
        self._megabytes = megabytes
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._items = 0

    def parse(self, module: str, raw: bytes, where: str) -> list[Item | InputError]:
        """What ``module.parse(raw, where)`` yields, as a list; a process that dies or takes too long is one error.

        Args:
            module: full name of a module of ours.
            raw: the bytes of one file.
            where: its name, for messages.
        """
        with self._lock:
            reply = self._ask(module, raw, where)
        if isinstance(reply, InputError):
            return [reply]
        return [
            InputError(found["where"], found["problem"])
            if "problem" in found
            else Item(found["where"], raw, found["markup"], found["fields"], found["found"])
            for found in reply
        ]

    def close(self) -> None:
        """End the process; a later `parse` starts another."""
        with self._lock:
            self._drop()

    def _ask(self, module: str, raw: bytes, where: str) -> Any:
        process = self._running()
        late = threading.Event()

        def end() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(self._seconds, end)
        timer.start()
        try:
            assert process.stdin is not None and process.stdout is not None
            _send(process.stdin, json.dumps([module, where]).encode(), raw)
            return json.loads(_receive(process.stdout)[0])
        except (OSError, EOFError, ValueError):
            self._drop()
            if late.is_set():
                return InputError(where, f"took over {self._seconds:g} s to read; split it or convert it to text first")
            return InputError(where, "broke the program that reads it; it may be damaged: convert it to text first")
        finally:
            timer.cancel()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._items >= ITEMS_A_PROCESS:
            self._drop()
        if self._process is None:
            # The same modules as here, whatever put them on the path; nothing of the environment is run.
            code = f"import sys; sys.path[:] = {sys.path!r}; from ingest.sandbox import serve; serve({self._megabytes})"
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-c", code],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            self._items = 0
        self._items += 1
        return self._process

    def _drop(self) -> None:
        if self._process is not None:
            self._process.kill()
            with contextlib.suppress(OSError):  # what was not sent yet is not to be sent any more
                self._process.communicate()
            self._process = None


@cache
def sandbox() -> Sandbox:
    """The one that all readers of this process share."""
    return Sandbox()


def read_isolated(path: Path, module: str) -> Iterator[Item | InputError]:
    """What a module's `parse` finds in a file, with the file's bytes as each item's record."""
    try:
        raw = read_bytes(path)
    except InputError as problem:
        yield problem
        return
    yield from sandbox().parse(module, raw, name_of(path))


# --- inside the process ---------------------------------------------------------------------------------------------


def serve(megabytes: int) -> None:
    """Answers requests on standard input until it ends. What libraries print goes nowhere."""
    _limit_memory(megabytes)
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    with open(os.devnull, "r+b") as nowhere:  # noqa: PTH123 (no path, a device)
        os.dup2(nowhere.fileno(), 0)
        os.dup2(nowhere.fileno(), 1)
    with contextlib.suppress(EOFError):
        while True:
            question, raw = _receive(requests)
            module, where = json.loads(question)
            _send(replies, json.dumps(_replies(module, raw, where)).encode(), b"")


def _replies(module: str, raw: bytes, where: str) -> list[dict[str, Any]]:
    replies = []
    try:
        for found in importlib.import_module(module).parse(raw, where):
            replies.append(_as_json(found))
    except InputError as problem:
        replies.append(_as_json(problem))
    except MemoryError:
        why = "needs too much memory to be read; split it or convert it to text first"
        replies.append(_as_json(InputError(where, why)))
    except Exception as error:  # a library's own, on input that it was not made for
        reason = " ".join(f"{type(error).__name__} {error}".split())[:200]
        why = f"cannot be read ({reason}); it may be damaged: open it and save it again"
        replies.append(_as_json(InputError(where, why)))
    return replies


def _as_json(found: Item | InputError) -> dict[str, Any]:
    if isinstance(found, InputError):
        return {"where": found.where, "problem": found.problem}
    shown = {"where": found.where, "markup": found.markup}
    return shown | {"fields": dict(found.fields), "found": dict(found.found)}


def _limit_memory(megabytes: int) -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):  # not every system can
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


# --- the line between -----------------------------------------------------------------------------------------------


def _send(stream: BinaryIO | Any, *parts: bytes) -> None:
    stream.write(_HEAD.pack(*map(len, parts)))
    stream.writelines(parts)
    stream.flush()


def _receive(stream: BinaryIO | Any) -> tuple[bytes, bytes]:
    first, second = _HEAD.unpack(_exactly(stream, _HEAD.size))
    if max(first, second) > MOST_REPLY:
        raise EOFError
    return _exactly(stream, first), _exactly(stream, second)


def _exactly(stream: BinaryIO | Any, size: int) -> bytes:
    data: bytes = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data
