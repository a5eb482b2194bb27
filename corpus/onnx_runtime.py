"""The default model through ONNX Runtime: same vectors as sentence-transformers, more than twice as fast on two cores.

The model is exported once (transformer, mean pooling and normalisation in one graph) into the user's cache folder.
Measured choices are in docs/decisions/0003-embedding-runtime.md.
"""

from __future__ import annotations

import json
import os
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from platformdirs import user_cache_path
from tokenizers import Encoding, Tokenizer

from corpus.embedder import Span, mean_of_parts, weights_hash
from corpus.errors import EmbedderError
from corpus.rows import Vectors

# Padded tokens per batch: small enough that activations stay in the cores' caches, large enough to feed them.
_BATCH_TOKENS = 1024
_FEWEST, _LONGER = 4, 1.3  # with batches cut where texts get longer, 25 sentences took .87 of the time
_EXPORT_FORMAT = 2


class OnnxEmbedder:
    """See `corpus.embedder.Embedder`; safe to use from several threads.

    Args:
        folder: a sentence-transformers BERT model with mean pooling.
        name: what to call it.
        threads: processor threads, 0 for all.

    Raises:
        EmbedderError: the export or its loading failed.
    """

    def __init__(self, folder: Path, name: str, threads: int = 0) -> None:
        digest = weights_hash(folder)
        self.name = f"{name}@{digest}"
        self.max_tokens = _max_tokens(folder)
        self.special_tokens = 2
        path = export_path(digest)
        try:
            if not path.exists():
                _export(folder, path)
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = threads or os.cpu_count() or 1
            self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
            self._tokenizer = Tokenizer.from_file(str(next(folder.rglob("tokenizer.json"))))
        except Exception as error:  # torch's exporter and the runtime raise types of their own
            raise EmbedderError(f"The model in {folder} does not run in ONNX Runtime: {error}") from error
        self._dimension: int = self._session.get_outputs()[0].shape[1]
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Vectors (n, dimension), in the order of the texts; see `Embedder`."""
        ids = [self._fit(encoding.ids) for encoding in self._tokenizer.encode_batch(list(texts))]
        vectors = np.empty((len(ids), self._dimension), dtype=np.float32)
        for batch in _batches([len(row) for row in ids]):
            [vectors[batch]] = self._session.run(["vectors"], _padded([ids[i] for i in batch]))
        return vectors

    def encode_with_parts(self, texts: Sequence[str], parts: Sequence[Sequence[Span]]) -> tuple[Vectors, list[Vectors]]:
        """Vectors of texts (n, dimension), and of parts of each; see `Embedder`."""
        encodings = self._tokenizer.encode_batch(list(texts))
        ids = [self._fit(encoding.ids) for encoding in encodings]
        vectors = np.empty((len(ids), self._dimension), dtype=np.float32)
        of_parts = [np.zeros((len(spans), self._dimension), dtype=np.float32) for spans in parts]
        for batch in _batches([len(row) for row in ids]):
            vectors[batch], states = self._session.run(["vectors", "states"], _padded([ids[i] for i in batch]))
            for row, i in enumerate(batch):
                tokens = encodings[i].offsets[: len(ids[i])]
                of_parts[i] = mean_of_parts(states[row, : len(tokens)], tokens, parts[i])
        return vectors, of_parts

    def _fit(self, ids: list[int]) -> list[int]:
        """A text that is too long (a pasted question: passages are split to fit) loses words, not its end mark."""
        return ids if len(ids) <= self.max_tokens else [*ids[: self.max_tokens - 1], ids[-1]]

    def token_spans(self, texts: Sequence[str]) -> list[list[Span]]:
        """Character spans of each text's tokens; see `Embedder`."""
        encodings: list[Encoding] = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [encoding.offsets for encoding in encodings]


def export_path(weights: str) -> Path:
    """Where the export of a model is kept, by the hash of its weights."""
    return user_cache_path("onrecord") / f"{weights}-{_EXPORT_FORMAT}.onnx"


def _padded(rows: Sequence[list[int]]) -> dict[str, NDArray[np.int64]]:
    """A batch as the model takes it."""
    padded = np.zeros((len(rows), max(map(len, rows))), dtype=np.int64)
    mask = np.zeros_like(padded)
    for i, ids in enumerate(rows):
        padded[i, : len(ids)] = ids
        mask[i, : len(ids)] = 1
    return {"input_ids": padded, "attention_mask": mask}


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Indices in batches of like lengths, so that little is padding."""
    batch: list[int] = []
    for i in sorted(range(len(lengths)), key=lengths.__getitem__):
        full = (len(batch) + 1) * lengths[i] > _BATCH_TOKENS
        longer = len(batch) >= _FEWEST and lengths[i] > _LONGER * lengths[batch[0]]
        if batch and (full or longer):
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch


def _max_tokens(folder: Path) -> int:
    config = json.loads((folder / "sentence_bert_config.json").read_text(encoding="utf-8"))
    return int(config["max_seq_length"])


def _export(folder: Path, target: Path) -> None:
    """Write the model as one ONNX file; a half-written file never gets the final name."""
    import torch
    from transformers import AutoModel

    class Pooled(torch.nn.Module):
        def __init__(self, bert: torch.nn.Module) -> None:
            super().__init__()
            self.bert = bert

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> tuple[torch.Tensor, ...]:
            states = self.bert(
                input_ids=input_ids, attention_mask=attention_mask, token_type_ids=torch.zeros_like(input_ids)
            ).last_hidden_state
            mask = attention_mask.unsqueeze(-1).to(states.dtype)
            mean = (states * mask).sum(1) / mask.sum(1).clamp(min=1e-9)
            return torch.nn.functional.normalize(mean, p=2, dim=1), states

    target.parent.mkdir(parents=True, exist_ok=True)
    model = Pooled(AutoModel.from_pretrained(folder, local_files_only=True, attn_implementation="eager")).eval()
    example = torch.ones((2, 16), dtype=torch.long)
    names = ["input_ids", "attention_mask"]
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        unfinished = Path(scratch) / "model.onnx"
        # The tracing exporter: its graph ran 1.27 times as fast as the torch.export one, and needs no onnxscript.
        torch.onnx.export(
            model,
            (example, example.clone()),
            str(unfinished),
            dynamo=False,
            opset_version=17,
            input_names=names,
            output_names=["vectors", "states"],
            dynamic_axes={name: {0: "batch", 1: "tokens"} for name in (*names, "states")} | {"vectors": {0: "batch"}},
        )
        unfinished.replace(target)
