"""What really reached the model: tokens fed, and which tokens of the source were among them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from tokenizers import Tokenizer

from benchmarks.workbench import Chunk, Document

MAX_TOKENS = 256  # of MiniLM, special ones included


@dataclass(frozen=True, slots=True)
class Fed:
    """Counts over all chunks of a system.

    Attributes:
        chunks: embedding inputs.
        cut: those of them that were longer than the model reads.
        tokens: fed to the model after cutting, special ones included.
        source: tokens of all texts.
        distinct: tokens of the texts that were in at least one input, after cutting.
        unplaced: chunks that were not found in their text; none of their tokens counts as distinct.
    """

    chunks: int
    cut: int
    tokens: int
    source: int
    distinct: int
    unplaced: int


def minilm_tokenizer(folder: Path) -> Tokenizer:
    """The model's tokenizer, cutting nothing off."""
    tokenizer = Tokenizer.from_file(str(next(folder.rglob("tokenizer.json"))))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def account(chunks: Iterable[Chunk], documents: Iterable[Document], tokenizer: Tokenizer) -> Fed:
    """Count; the chunks of one statement have to follow one another."""
    by_statement = {key: list(group) for key, group in groupby(chunks, key=lambda chunk: chunk.statement)}
    count = cut = tokens = source = distinct = unplaced = 0
    for document in documents:
        spans = tokenizer.encode(document.text, add_special_tokens=False).offsets
        starts, ends = [start for start, _ in spans], [end for _, end in spans]
        covered = bytearray(len(spans))
        own = by_statement.get(document.id, [])
        for chunk, encoding in zip(own, tokenizer.encode_batch([chunk.input for chunk in own]), strict=True):
            too_long = len(encoding.ids) > MAX_TOKENS
            tokens += min(len(encoding.ids), MAX_TOKENS)
            cut += too_long
            if chunk.start is None:
                unplaced += 1
                continue
            # The last token that is read is the end mark; the one before it is the last of the text.
            read = encoding.offsets[MAX_TOKENS - 2][1] if too_long else len(chunk.input)
            first = bisect_left(starts, chunk.start)
            last = bisect_right(ends, chunk.start + max(0, read - chunk.head))
            covered[first:last] = b"\1" * max(0, last - first)
        count += len(own)
        source += len(spans)
        distinct += sum(covered)
    return Fed(count, cut, tokens, source, distinct, unplaced)
