"""Vectors of single sentences, kept in memory: the same statements answer many questions, and follow-ups above all."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
from cachetools import LRUCache

from corpus.embedder import Embedder
from corpus.rows import Vectors

_MOST = 20_000  # sentences, 30 MB with 384 dimensions


class SentenceVectors:
    """Embeds sentences, those asked for lately only once; safe to use from several threads.

    Args:
        embedder: what embeds them.
    """

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._kept: LRUCache[str, Vectors] = LRUCache(_MOST)
        self._lock = threading.Lock()

    def of(self, texts: Sequence[str]) -> Vectors:
        """Unit-length vectors (n, dimension), in the order of the texts."""
        with self._lock:
            known = {text: self._kept[text] for text in texts if text in self._kept}
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        if missing:
            made = dict(zip(missing, self._embedder.encode(missing), strict=True))
            known |= made
            with self._lock:
                self._kept.update(made)
        return np.stack([known[text] for text in texts]) if texts else np.empty((0, 0), dtype=np.float32)
