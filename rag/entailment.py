"""The adapter of a sentence-transformers CrossEncoder for natural language inference: a further judge of sentences."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from corpus.errors import SettingsError

_AT_LEAST = 0.5  # probability of entailment


def load_judge(model: str) -> Callable[[str, str], str]:
    """A judge that says why a premise does not entail a hypothesis, or nothing where it does.

    Args:
        model: folder or hub name of a CrossEncoder whose labels say which of them is entailment.

    Raises:
        SettingsError: it cannot be loaded, or has no label for entailment.
    """
    from sentence_transformers import CrossEncoder

    try:
        encoder = CrossEncoder(model)
    except Exception as error:  # missing files, no network, another kind of model: each library below has its own
        raise SettingsError(f"llm.entailment_model {model!r} cannot be loaded: {error}") from error
    labels = {str(name).lower(): int(number) for number, name in encoder.config.id2label.items()}
    wanted = next((number for name, number in labels.items() if name.startswith("entail")), None)
    if wanted is None:
        raise SettingsError(f"llm.entailment_model {model!r} has the labels {sorted(labels)}, and none for entailment.")
    place = wanted

    def judge(premise: str, hypothesis: str) -> str:
        logits = np.asarray(encoder.predict([(premise, hypothesis)], show_progress_bar=False))[0]
        odds = np.exp(logits - logits.max())
        probability = float(odds[place] / odds.sum())
        return "" if probability >= _AT_LEAST else f"entailment {probability:.2f}"

    return judge
