"""Vectors of the sentences of a passage, as they are kept beside the passage's own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corpus.rows import Vectors

_STEPS = 127


@dataclass(frozen=True, slots=True)
class SentenceVectors:
    """Where sentences begin in their passage, and their vectors.

    Attributes:
        starts: offsets (m,) into the passage.
        vectors: of unit length (m, dimension), or zero for a sentence that has none.
    """

    starts: Sequence[int]
    vectors: Vectors

    @classmethod
    def joined(cls, parts: Iterable[tuple[int, SentenceVectors]]) -> SentenceVectors:
        """Those of several passages as one, with offsets into their text.

        Args:
            parts: each with the offset of its passage.
        """
        read = [(offset, part) for offset, part in parts if part.starts]
        starts = [offset + start for offset, part in read for start in part.starts]
        return cls(starts, np.concatenate([p.vectors for _, p in read]) if read else np.empty((0, 0), dtype=np.float32))

    def packed(self) -> bytes:
        """As bytes, a quarter of the size: each vector in 255 even steps of its largest component.

        What is lost turns a vector by about half a degree.
        """
        largest = np.abs(self.vectors).max(axis=1, keepdims=True, initial=0.0)
        steps = np.rint(self.vectors / np.where(largest > 0, largest, 1.0) * _STEPS).astype(np.int8)
        count = np.array([len(self.starts), *self.starts], dtype="<u4")
        return count.tobytes() + steps.tobytes()

    @classmethod
    def unpacked(cls, data: bytes) -> SentenceVectors:
        """From bytes that `packed` has made."""
        count = int(np.frombuffer(data, "<u4", 1)[0])
        starts: NDArray[np.uint32] = np.frombuffer(data, "<u4", count, 4)
        steps = np.frombuffer(data, np.int8, offset=4 * (count + 1))
        vectors = steps.reshape(count, len(steps) // max(count, 1)).astype(np.float32)
        length = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), np.float32(1))
        return cls(starts.tolist(), vectors / length)
