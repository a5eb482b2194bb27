"""The folder that the processes of one comparison share: what goes in, and what each hands back."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ingest.describe import describe
from ingest.readers import Item, reader_for

ISSUER = "The White House"  # the corpus does not say; both systems are told the same


@dataclass(frozen=True, slots=True)
class Document:
    """A statement as LlamaIndex gets it: read, tidied and described already."""

    id: str
    title: str
    date: str
    text: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """One embedding input.

    Attributes:
        statement: whose text it is from.
        start: where in that text it begins, or None where it could not be found there.
        head: how many characters of `input` come before the text.
        input: what the model was given.
    """

    statement: str
    start: int | None
    head: int
    input: str


@dataclass(frozen=True, slots=True)
class Workbench:
    """Paths in the shared folder, and reading and writing them."""

    folder: Path

    @property
    def sample(self) -> Path:
        """The statements as they came, one a line: what `onrecord ingest` is given."""
        return self.folder / "sample.jsonl"

    def index(self, system: str) -> Path:
        """Where a system keeps what it makes."""
        return self.folder / system

    def save(self, name: str, value: Any) -> None:
        """Keep a JSON value."""
        (self.folder / f"{name}.json").write_text(json.dumps(value), encoding="utf-8")

    def load(self, name: str) -> Any:
        """What was kept under a name."""
        return json.loads((self.folder / f"{name}.json").read_text(encoding="utf-8"))

    def fill(self, corpus: Path, statements: int) -> None:
        """Take statements, evenly spaced over a corpus that JSON Lines hold."""
        items = _evenly(list(_items(corpus)), statements)
        self.sample.write_bytes(b"".join(item.raw.rstrip(b"\r\n") + b"\n" for item in items))
        described = [describe(item) for item in items]
        documents = [
            Document(one.statement.id, one.statement.title, one.statement.published.isoformat(), one.text)
            for one in described
        ]
        self.save("documents", [asdict(document) for document in documents])

    def documents(self) -> list[Document]:
        """The statements, tidied."""
        return [Document(**fields) for fields in self.load("documents")]

    def save_chunks(self, system: str, chunks: Iterable[Chunk]) -> None:
        """Keep what a system fed to its model."""
        with gzip.open(self.folder / f"{system}-chunks.jsonl.gz", "wt", encoding="utf-8", compresslevel=1) as file:
            for chunk in chunks:
                file.write(json.dumps(asdict(chunk)) + "\n")

    def chunks(self, system: str) -> Iterator[Chunk]:
        """What a system fed to its model."""
        with gzip.open(self.folder / f"{system}-chunks.jsonl.gz", "rt", encoding="utf-8") as file:
            for line in file:
                yield Chunk(**json.loads(line))


def _items(corpus: Path) -> Iterator[Item]:
    read = reader_for(corpus)
    if read is None:
        raise SystemExit(f"No reader for {corpus}; give a .jsonl or .jsonl.gz file.")
    for item in read(corpus):
        if not isinstance(item, Item):
            raise SystemExit(f"The corpus has an item that cannot be read: {item}")
        yield item


def _evenly(items: Sequence[Item], count: int) -> list[Item]:
    count = min(count, len(items))
    return [items[i * len(items) // count] for i in range(count)]


def single_turn_questions(cases: Path, count: int) -> list[str]:
    """The questions of the first `count` cases that have one turn."""
    lines = [line for line in cases.read_text(encoding="utf-8").splitlines() if line.strip()]
    turns: list[list[str]] = [json.loads(line)["turns"] for line in lines]
    return [turn[-1] for turn in turns if len(turn) == 1][:count]
