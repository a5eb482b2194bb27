"""Any sentence-transformers model: the general path, and the reference that the fast one is tested against."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from corpus.embedder import Span, mean_of_parts, weights_hash
from corpus.errors import EmbedderError
from corpus.rows import Vectors


class SentenceTransformerEmbedder:
    """See `corpus.embedder.Embedder`.

    Args:
        model: a folder, or a model hub name (which needs the network once).
        name: what to call it.
        threads: processor threads, 0 for torch's own choice.

    Raises:
        EmbedderError: the model is not there or cannot be loaded.
    """

    def __init__(self, model: str, name: str, threads: int = 0) -> None:
        os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
        import torch
        from sentence_transformers import SentenceTransformer

        if threads:
            torch.set_num_threads(threads)
        try:
            self._model = SentenceTransformer(model, device="cpu")
        except Exception as error:  # hub, file and weight errors come as many types
            raise EmbedderError(f"The embedding model {model!r} cannot be loaded: {error}") from error
        folder = Path(model)
        self.name = f"{name}@{weights_hash(folder)}" if folder.is_dir() else name
        kinds = [type(module).__name__ for module in self._model]
        self._pools_by_mean = kinds[1:] in (["Pooling"], ["Pooling", "Normalize"]) and (
            self._model[1].pooling_mode == "mean"
        )
        self.max_tokens = int(self._model.max_seq_length or 512)
        self.special_tokens = int(self._model.tokenizer.num_special_tokens_to_add(pair=False))

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Vectors (n, dimension), in the order of the texts; see `Embedder`."""
        vectors = self._model.encode(
            list(texts), normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False
        )
        return np.asarray(vectors, dtype=np.float32)

    def encode_with_parts(self, texts: Sequence[str], parts: Sequence[Sequence[Span]]) -> tuple[Vectors, list[Vectors]]:
        """Vectors of texts (n, dimension), and of parts of each; see `Embedder`.

        A model that does not pool by the mean has its parts read one by one: means of its tokens would be of no use.
        """
        if not self._pools_by_mean:
            return self.encode(texts), [
                self.encode([text[start:end] for start, end in spans]) for text, spans in zip(texts, parts, strict=True)
            ]
        read: Any = self._model.encode(
            list(texts), output_value=None, normalize_embeddings=True, show_progress_bar=False
        )
        offsets = self._model.tokenizer(
            list(texts), truncation=True, max_length=self.max_tokens, return_offsets_mapping=True
        )["offset_mapping"]
        vectors = np.array([each["sentence_embedding"].numpy() for each in read], dtype=np.float32)
        of_parts = [
            mean_of_parts(each["token_embeddings"][: len(tokens)].numpy(), tokens, spans)
            for each, tokens, spans in zip(read, offsets, parts, strict=True)
        ]
        return vectors, of_parts

    def token_spans(self, texts: Sequence[str]) -> list[list[Span]]:
        """Character spans of each text's tokens; see `Embedder`."""
        if not texts:
            return []
        encoded = self._model.tokenizer(
            list(texts), add_special_tokens=False, truncation=False, return_offsets_mapping=True, verbose=False
        )
        return [list(map(tuple, offsets)) for offsets in encoded["offset_mapping"]]
