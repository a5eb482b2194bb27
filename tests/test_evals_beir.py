"""Other people's collections and runs: loaded, written, read back, scored as trec_eval scores them."""

from __future__ import annotations

import gzip
import json
from math import log2
from pathlib import Path

import numpy as np
import pytest
from conftest import SHARED, Run
from sklearn.metrics import ndcg_score

from corpus.errors import OnRecordError
from evals.beir import evaluate, load_collection, load_qrels, read_run, write_run
from evals.retrieval import wordings

MTRAG = SHARED / "evals" / "mtrag-clapnq"
DOCUMENTS = {
    "d1": ("Zebra", "Zebras are striped animals of the savanna."),
    "d2": ("Treaty", "The treaty on shipping lanes was signed."),
    "d3": ("Whale", "Whales live in the sea."),
}


def beir_folder(folder: Path) -> Path:
    """A collection of three documents and two queries."""
    (folder / "qrels").mkdir(parents=True)
    rows = [{"_id": name, "title": title, "text": text} for name, (title, text) in DOCUMENTS.items()]
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, rows)))
    queries = [{"_id": "q1", "text": "striped zebra"}, {"_id": "q2", "text": "shipping treaty"}]
    (folder / "queries.jsonl").write_text("\n".join(map(json.dumps, queries)))
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td1\t1\nq2\td2\t1\nq2\td3\t0\n")
    return folder


def test_a_beir_folder_is_scored_by_the_command(tmp_path: Path, onrecord: Run) -> None:
    folder = beir_folder(tmp_path / "tiny")
    theirs = tmp_path / "theirs.trec"
    theirs.write_text("q1 Q0 d3 1 9.0 x\nq1 Q0 d1 2 8.0 x\n")
    call = ["eval", "beir", folder, "--work", tmp_path / "work", "--score", theirs, "--json"]
    scores = json.loads(onrecord(*call).stdout)
    assert set(scores["queries"].values()) == {1.0}
    assert scores["theirs.trec"]["R@5"] == pytest.approx(1 / 2)  # q2 is missing from it and scores zero
    assert scores["theirs.trec"]["nDCG@5"] == pytest.approx(1 / log2(3) / 2)
    ours = tmp_path / "work" / "tiny" / "queries.trec"
    assert evaluate(load_qrels(folder / "qrels" / "test.tsv"), read_run(ours)) == scores["queries"]
    assert json.loads(onrecord(*call).stdout) == scores  # from the kept archive


def test_graded_judgements_equal_those_of_scikit_learn() -> None:
    qrels = {"q": {"a": 2, "b": 1, "c": 0, "d": 3}}
    ranked = ["b", "c", "d", "a"]
    truth, score = np.array([[qrels["q"][name] for name in ranked]]), np.array([[4.0, 3.0, 2.0, 1.0]])
    assert evaluate(qrels, {"q": ranked})["nDCG@5"] == pytest.approx(ndcg_score(truth, score, k=5))


def test_an_empty_run_scores_zero() -> None:
    assert set(evaluate({"q": {"a": 1}}, {}).values()) == {0.0}


def test_a_trec_run_goes_out_and_comes_back(tmp_path: Path) -> None:
    rankings = {"q1": ["b", "a", "c"], "q2": ["c"]}
    write_run(rankings, tmp_path / "runs" / "r.trec", "me")
    assert read_run(tmp_path / "runs" / "r.trec") == rankings
    assert (tmp_path / "runs" / "r.trec").read_text().splitlines()[0] == "q1 Q0 b 1 1.000000 me"


def test_a_trec_run_is_ordered_by_score(tmp_path: Path) -> None:
    (tmp_path / "r").write_text("q Q0 a 1 0.5 x\nq Q0 b 2 0.9 x\nq Q0 c 3 0.5 x\n")
    assert read_run(tmp_path / "r") == {"q": ["b", "a", "c"]}


def test_trec_judgements_are_read_too(tmp_path: Path) -> None:
    (tmp_path / "q").write_text("q1 0 d1 1\nq1 0 d2 -1\n")
    assert load_qrels(tmp_path / "q") == {"q1": {"d1": 1, "d2": -1}}


def test_what_is_wrong_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "r").write_text("q Q0 a 1 0.5 x\nq a 1\n")
    with pytest.raises(OnRecordError, match="r:2: not a line of a TREC run"):
        read_run(tmp_path / "r")
    (tmp_path / "q").write_text("query-id\tcorpus-id\tscore\nq\td\tmuch\n")
    with pytest.raises(OnRecordError, match="q:2: not a judgement"):
        load_qrels(tmp_path / "q")
    with pytest.raises(OnRecordError, match=r"has no corpus\.jsonl"):
        load_collection(tmp_path)
    folder = beir_folder(tmp_path / "tiny")
    (folder / "queries.jsonl").write_text('{"_id": "q1", "text": "x"}\n{"_id": "q2"}\n')
    with pytest.raises(OnRecordError, match=r"queries\.jsonl:2: has no text"):
        load_collection(folder)


def test_a_conversation_gives_four_wordings(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "passages.jsonl.gz", "wt") as file:
        file.write('{"_id": "d", "title": "", "text": "t"}\n')
    (tmp_path / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nc<::>2\td\t1\n")
    asked = {"lastturn": "And his son?", "questions": "Who is he?\n|user|: And his son?", "rewrite": "Who is X's son?"}
    for name, text in asked.items():
        (tmp_path / f"x_{name}.jsonl").write_text(json.dumps({"_id": "c<::>2", "text": f"|user|: {text}"}))
    found = {name: by_query["c<::>2"] for name, by_query in wordings(load_collection(tmp_path)).items()}
    assert [text for text, _ in found.values()] == [
        "And his son?",
        "Who is he? And his son?",
        "And his son?",
        "Who is X's son?",
    ]
    assert [[turn.question for turn in turns] for _, turns in found.values()] == [[], [], ["Who is he?"], []]


@pytest.mark.shared
def test_mtrag_loads_whole() -> None:
    collection = load_collection(MTRAG)
    assert len(collection.documents) == 11_023
    held = {document.id for document in collection.documents}
    assert all(document in held for by_document in collection.qrels.values() for document in by_document)
    asked = wordings(collection)
    assert list(asked) == ["last turn", "all turns joined", "ours", "human rewrite"]
    assert {len(queries) for queries in asked.values()} == {208} and set(asked["ours"]) == set(collection.qrels)
