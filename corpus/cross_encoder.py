"""Any sentence-transformers CrossEncoder, which reads a question and a passage together and says how well they fit.

Slower than comparing vectors by orders of magnitude, so it only puts the best passages found in a better order.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from corpus.errors import EmbedderError


class CrossEncoder:
    """Scores pairs of a question and a passage.

    Args:
        model: a folder, or a model hub name (which needs the network once).

    Raises:
        EmbedderError: the model is not there, cannot be loaded, or gives more than one score for a pair.
    """

    def __init__(self, model: str) -> None:
        os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
        import torch
        from sentence_transformers import CrossEncoder as Library

        try:
            self._model = Library(model, device="cpu", num_labels=None, activation_fn=torch.nn.Sigmoid())
        except Exception as error:  # hub, file and weight errors come as many types
            raise EmbedderError(f"The re-ranking model {model!r} cannot be loaded: {error}") from error
        if self._model.num_labels != 1:
            raise EmbedderError(
                f"The re-ranking model {model!r} gives {self._model.num_labels} scores for a pair, not one: choose a"
                " CrossEncoder trained to rank passages."
            )

    def scores(self, question: str, passages: Sequence[str]) -> list[float]:
        """How well each passage fits the question, 0 to 1; what is longer than the model reads is cut."""
        if not passages:
            return []
        found = self._model.predict([(question, passage) for passage in passages], show_progress_bar=False)
        return [float(score) for score in found]
