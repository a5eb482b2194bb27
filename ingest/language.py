"""The language of a text, offline (`py3langid`: Lui and Baldwin, "langid.py", ACL 2012 demonstrations)."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

# Fewer letters than this do not tell; more than this tell no more.
SHORTEST: Final = 200
LONGEST: Final = 1_200
SURE: Final = 0.9


def language_of(text: str) -> str | None:
    """The ISO 639-1 code of a text's language, or None where the text is short or the answer is not sure."""
    sample = text[:LONGEST]
    if sum(map(str.isalpha, sample)) < SHORTEST:
        return None
    code, probability = _identifier().classify(sample)
    return str(code) if probability >= SURE else None


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
