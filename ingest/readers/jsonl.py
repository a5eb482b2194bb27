"""JSON Lines, one statement per line, plain or gzipped."""

from __future__ import annotations

import gzip
import json
import math
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NoReturn, cast

from corpus.errors import InputError
from ingest.decode import bounded_lines, name_of
from ingest.readers import MAX_ITEM_BYTES, Item
from ingest.tidy import guess_markup

SUFFIXES = (".jsonl", ".jsonl.gz")

_SURROGATE = re.compile("[\ud800-\udfff]")


def read(path: Path) -> Iterator[Item | InputError]:
    """Yields an Item per line and an InputError per line that is not a JSON object; holds one line at a time."""
    name, number, empty = name_of(path), 0, True
    try:
        with _open(path) as stream:
            for number, line in enumerate(bounded_lines(stream), start=1):
                if line is None or line.strip():
                    empty = False
                    yield _item(f"{name}:{number}", line)
    except (OSError, EOFError, zlib.error) as problem:
        yield InputError(f"{name}:{number + 1}", f"cannot be read further ({problem}); get the file again")
        return
    if empty:
        yield InputError(name, "holds no statements; write one JSON object per line")


def _open(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path, "rb")) if path.name.lower().endswith(".gz") else path.open("rb")


def _item(where: str, line: bytes | None) -> Item | InputError:
    if line is None:
        return InputError(where, f"the line is over {MAX_ITEM_BYTES:,} bytes; split the statement")
    try:
        fields = _parse(line)
    except UnicodeDecodeError:
        return InputError(where, "is not UTF-8; save the file as UTF-8")
    except RecursionError:
        return InputError(where, "is nested too deeply; a statement is a flat JSON object")
    except ValueError as problem:
        return InputError(where, f"is not JSON: {problem}")
    if not isinstance(fields, dict):
        return InputError(where, "is not a JSON object; write one {...} per line")
    text = fields.get("text")
    return Item(where, line, guess_markup(text) if isinstance(text, str) else "plain", fields)


def _parse(line: bytes) -> Any:
    text = line.decode("utf-8-sig")
    value = json.loads(text, parse_constant=_refuse, parse_float=_finite)
    if "\\ud" not in text.lower():
        return value
    # Half a surrogate pair is no character and could not be stored.
    return json.loads(_SURROGATE.sub("\ufffd", json.dumps(value, ensure_ascii=False)))


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a JSON value")


def _finite(digits: str) -> float:
    number = float(digits)
    return number if math.isfinite(number) else _refuse(digits[:20])
