"""Splitting: passages that the embedder reads whole, and not one character lost."""

from __future__ import annotations

import gzip
import json
from itertools import pairwise

import pytest
from conftest import SHARED
from hypothesis import example, given, settings
from hypothesis import strategies as st

from corpus.embedder import Embedder
from ingest.sentences import Span, sentence_spans
from ingest.split import HEADER_TOKENS, cut_header, split

ROOM = 40
word = st.one_of(
    st.sampled_from(
        [
            "Mr.",
            "Lt. Gen.",
            "U.S.",
            "said",
            "1,250",
            "co-operation.",
            "“Yes,”",
            "।",
            "नमस्ते",
            "安全保障について",
            "e\u0301",
        ]
    ),
    st.text(min_size=1, max_size=12),
    st.integers(1, 300).map("x1,".__mul__),
    st.integers(1, 300).map("ab".__mul__),
)
gap = st.sampled_from([" ", "  ", "\n", "\n\n", "\u00a0", "\u2028", "\r\n", ". "])
texts = st.lists(st.tuples(word, gap), max_size=40).map(lambda pairs: "".join(w + g for w, g in pairs))


def passages_of(text: str, embedder: Embedder, room: int = ROOM) -> list[Span]:
    return split(text, embedder.token_spans([text])[0], room)


def check_spans(text: str, spans: list[Span]) -> None:
    """In order, disjoint, no white space at the ends, and nothing but white space between them."""
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    assert all(text[start:end] == text[start:end].strip() for start, end in spans)
    edges = [0, *(edge for span in spans for edge in span), len(text)]
    assert not any(text[a:b].strip() for a, b in zip(edges[::2], edges[1::2], strict=True))


@settings(max_examples=300, deadline=None)
@example("Mr. Singh met Lt. Gen. Al Zaabi at 10 a.m. They spoke.")
@example("\u2028 One.\u2028Two. ")
@given(texts)
def test_sentences_cover_every_character_once(text: str) -> None:
    check_spans(text, sentence_spans(text))


@settings(max_examples=300, deadline=None)
@example("word " * 500)
@example("x1," * 500)
@example("安全保障について" * 60)
@given(texts)
def test_passages_fit_and_cover_everything(embedder: Embedder, text: str) -> None:
    spans = passages_of(text, embedder)
    check_spans(text, spans)
    assert spans == passages_of(text, embedder)
    lengths = [len(tokens) for tokens in embedder.token_spans([text[start:end] for start, end in spans])]
    assert max(lengths, default=0) <= ROOM
    assert bool(spans) == bool(text.strip())


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=600))
def test_a_header_is_cut_to_its_room(embedder: Embedder, header: str) -> None:
    cut = cut_header(header, embedder.token_spans([header])[0])
    assert header.startswith(cut)
    assert len(embedder.token_spans([cut])[0]) <= HEADER_TOKENS


def test_passages_end_where_sentences_end(embedder: Embedder) -> None:
    sentence = "The delegations agreed that working together more closely serves stability in the region."
    text = "\n\n".join(" ".join([sentence] * 4) for _ in range(6))
    spans = passages_of(text, embedder)
    assert len(spans) > 6
    assert all(text[start:end].startswith("The delegations") and text[end - 1] == "." for start, end in spans)
    assert all("\n\n" not in text[start:end] for start, end in spans), "a full paragraph closes its passage"


def test_abbreviations_do_not_end_sentences() -> None:
    text = "Lt. Gen. D. P. Singh met Maj. Gen. Al Zaabi. They spoke for Rs. 5 crore."
    assert [text[a:b] for a, b in sentence_spans(text)] == [
        "Lt. Gen. D. P. Singh met Maj. Gen. Al Zaabi.",
        "They spoke for Rs. 5 crore.",
    ]


def test_a_sentence_of_20_000_words_is_cut_between_words(embedder: Embedder) -> None:
    words = [f"word{n % 97}" for n in range(20_000)]
    text = " ".join(words)
    spans = passages_of(text, embedder, 198)
    check_spans(text, spans)
    assert [w for start, end in spans for w in text[start:end].split(" ")] == words
    assert max(len(tokens) for tokens in embedder.token_spans([text[a:b] for a, b in spans])) <= 198


@pytest.mark.parametrize("text", ["x" * 100_000, "x,1;" * 25_000, "安" * 20_000, "🇮🇳" * 5_000])
def test_a_long_string_without_spaces_is_kept_whole_or_cut_to_fit(embedder: Embedder, text: str) -> None:
    spans = passages_of(text, embedder, 198)
    check_spans(text, spans)
    assert "".join(text[a:b] for a, b in spans) == text
    assert max(len(tokens) for tokens in embedder.token_spans([text[a:b] for a, b in spans])) <= 198


@pytest.mark.shared
def test_real_statements_are_split_without_loss(embedder: Embedder) -> None:
    with gzip.open(SHARED / "corpora" / "wh_core.jsonl.gz", "rt", encoding="utf-8") as file:
        texts = [json.loads(next(file))["text"] for _ in range(100)]
    room = embedder.max_tokens - embedder.special_tokens - HEADER_TOKENS
    for text in texts:
        spans = passages_of(text, embedder, room)
        check_spans(text, spans)
        assert max(len(t) for t in embedder.token_spans([text[a:b] for a, b in spans])) <= room
