"""What a text is sentence by sentence, worked out once so that a question need not: where each is, and its words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Reading:
    """The sentences of a version, in order.

    Attributes:
        spans: (start, end) of each in the version's text.
        lines: of each the terms that carry something (see `corpus.analysis`), with spaces between them.
    """

    spans: tuple[Span, ...]
    lines: tuple[str, ...]

    def packed(self) -> tuple[bytes, str]:
        """As two columns of a row."""
        return np.array(self.spans, dtype="<u4").tobytes(), "\n".join(self.lines)

    @classmethod
    def unpacked(cls, spans: bytes, lines: str) -> Reading:
        """From the columns that `packed` has made."""
        pairs = np.frombuffer(spans, "<u4").reshape(-1, 2).tolist()
        return cls(tuple(map(tuple, pairs)), tuple(lines.split("\n")) if pairs else ())
