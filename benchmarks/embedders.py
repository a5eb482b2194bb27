"""Our ONNX path against plain sentence-transformers on the same passages: `python -m benchmarks.embedders FOLDER`."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.fed import MAX_TOKENS, minilm_tokenizer
from benchmarks.measure import measured
from benchmarks.systems import OURS
from benchmarks.workbench import Workbench
from corpus.embedder import load_embedder, packaged_model
from corpus.settings import EmbedderSettings

PASSAGES = 1_000
ROUNDS = 3


def compare(texts: list[str]) -> dict[str, Any]:
    """Tokens per second of both, taking turns in one process, and how alike their vectors are."""
    from sentence_transformers import SentenceTransformer

    folder = packaged_model()
    ours = load_embedder(EmbedderSettings(runtime="onnx"))
    plain = SentenceTransformer(str(folder), device="cpu")
    encoders: dict[str, Callable[[list[str]], Any]] = {
        "onnx": ours.encode,
        "sentence_transformers": lambda given: plain.encode(given, normalize_embeddings=True, show_progress_bar=False),
    }
    encodings = minilm_tokenizer(folder).encode_batch(texts)
    tokens = sum(min(len(encoding.ids), MAX_TOKENS) for encoding in encodings)
    speeds: dict[str, list[float]] = {name: [] for name in encoders}
    vectors: dict[str, Any] = {}
    for encode in encoders.values():
        encode(texts[:32])
    with measured() as work:
        for _ in range(ROUNDS):
            for name, encode in encoders.items():
                started = time.perf_counter()
                vectors[name] = encode(texts)
                speeds[name].append(tokens / (time.perf_counter() - started))
    cosines = np.sum(vectors["onnx"] * vectors["sentence_transformers"], axis=1)
    medians = {name: statistics.median(rounds) for name, rounds in speeds.items()}
    return {
        "passages": len(texts),
        "tokens": tokens,
        "rounds": speeds,
        "tokens_per_second": medians,
        "ratio": medians["onnx"] / medians["sentence_transformers"],
        "lowest_cosine": float(cosines.min()),
        "others_cores": work["others_cores"],
    }


def main(folder: Path) -> None:
    """Compare over the passages that our system embedded, evenly spaced; the result goes into the shared folder."""
    bench = Workbench(folder)
    texts = [chunk.input for chunk in bench.chunks(OURS)]
    count = min(PASSAGES, len(texts))
    bench.save("embedders", compare([texts[i * len(texts) // count] for i in range(count)]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
