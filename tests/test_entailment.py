"""The adapter of entailment models, with a real one: tiny, made here, with weights that always say the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus.errors import SettingsError
from rag.entailment import load_judge

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "they", "met", "in", "muscat"]


def made(folder: Path, labels: list[str], winner: int) -> str:
    """A classifier of sentence pairs, saved, that gives nearly all weight to one label."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

    folder.mkdir()
    (folder / "vocab.txt").write_text("\n".join(WORDS), encoding="utf-8")
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=8,
        id2label=dict(enumerate(labels)),
        label2id={label: i for i, label in enumerate(labels)},
    )
    model = BertForSequenceClassification(config)
    with torch.no_grad():
        model.classifier.weight.zero_()
        model.classifier.bias.copy_(torch.eye(len(labels))[winner] * 9)
    model.save_pretrained(folder)
    BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder)
    return str(folder)


def test_a_judge_goes_by_the_label_of_entailment(tmp_path: Path) -> None:
    labels = ["contradiction", "entailment", "neutral"]
    agrees = load_judge(made(tmp_path / "agrees", labels, winner=1))
    denies = load_judge(made(tmp_path / "denies", labels, winner=0))
    assert agrees("They met in Muscat.", "They met.") == ""
    assert denies("They met in Muscat.", "They met.").startswith("entailment 0.0")


def test_a_model_that_cannot_judge_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="none for entailment"):
        load_judge(made(tmp_path / "other", ["good", "bad"], winner=0))
    with pytest.raises(SettingsError, match="cannot be loaded"):
        load_judge(str(tmp_path / "missing"))
