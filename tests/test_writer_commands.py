"""The command line with a language model: `doctor`, `ask --json` and `eval faults`, in processes of their own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import SAMPLE, Run

from evals.faults import half_of, rows
from evals.planted import FAULTS, HOSTILE
from evals.scripted_model import BEHAVIOURS, ScriptedModel

CASE = {
    "id": "oman",
    "type": "discussion",
    "turns": ["What did CDS discuss with Oman?"],
    "answerable": True,
    "gold": [
        {"statement": "in-ids/2025-11-24-oman-cds-secgen-talks", "quote": "Operational matters were covered as well."}
    ],
}


def configure(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    for name, value in {"PROVIDER": "openai_like", "BASE_URL": url, "MODEL": "scripted", "TIMEOUT": "60"}.items():
        monkeypatch.setenv(f"ONRECORD_LLM__{name}", value)


def test_doctor_ask_and_faults(onrecord: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    onrecord("ingest", SAMPLE)
    cases = tmp_path / "cases.jsonl"
    cases.write_text(json.dumps(CASE) + "\n", encoding="utf-8")
    with ScriptedModel(BEHAVIOURS["extract"]) as model:
        configure(monkeypatch, model.url)
        given = json.loads(onrecord("ask", CASE["turns"][0], "--json").stdout)
        assert given["written_by"]["model"] == "scripted" and len(given["checks"]) == 4
        found = json.loads(onrecord("doctor", "--json").stdout)["checks"]
        assert "scripted at http://127.0.0.1" in next(c["finding"] for c in found if c["check"] == "language model")
        model.script = BEHAVIOURS["no-key"]
        ill = onrecord("doctor", check=False)
        assert ill.returncode == 1 and "does not accept the key" in ill.stdout
        model.script = BEHAVIOURS["extract"]
        out = tmp_path / "real.json"
        onrecord("eval", "faults", cases, "--out", out, "--configured", "--today", "2026-02-04")
        assert json.loads(out.read_text())["kinds"]["written"]["statuses"] == {"checked": 4}
    monkeypatch.delenv("ONRECORD_LLM__PROVIDER")
    out = tmp_path / "faults.json"
    printed = onrecord("eval", "faults", cases, "--out", out, "--today", "2026-02-04").stdout
    record = json.loads(out.read_text())
    assert "fabricated citation" in printed and sum(record["answers"].values()) == 5
    removed = record["kinds"]["fabricated citation"]
    assert removed["written"] and not {"checked", "unquoted"} & set(removed["statuses"])
    assert record["kinds"]["quoted"]["statuses"]["checked"] == record["kinds"]["quoted"]["written"]
    refused = onrecord("eval", "faults", cases, "--out", out, "--configured", check=False)
    assert refused.returncode == 1 and "llm.provider" in refused.stderr


def test_halves_share_nothing() -> None:
    develop, report = half_of([], "develop")[1], half_of([], "report")[1]
    assert not set(develop) & set(report) and len(develop) + len(report) == len(HOSTILE)


def test_the_table_has_a_line_for_each_kind() -> None:
    entry = {"written": 4, "statuses": {"checked": 1, "unquoted": 1, "number": 2}, "examples": []}
    table = rows({"kinds": {"swapped number": entry}})
    assert table[1] == ["swapped number", "4", "25.0% (1)", "25.0% (1)", "50.0% (2)"]
    assert "swapped number" in FAULTS
