"""Ingest, memory, disk and query latency against plain LlamaIndex, on the same statements with the same model.

LlamaIndex is given documents that are read and tidied already; OnRecord's time includes reading and tidying. The
model's one-off export to ONNX, the imports and the loading of models are outside the measured work of either.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from benchmarks.fed import account, minilm_tokenizer
from benchmarks.measure import disk_mib, disk_parts, machine, percentile, say
from benchmarks.systems import OURS, SYSTEMS, WARM_UP
from benchmarks.workbench import Workbench, single_turn_questions
from corpus.embedder import load_embedder, packaged_model
from corpus.settings import EmbedderSettings

QUESTIONS: Final = 50
QUIET: Final = 0.15  # cores that others may keep busy without spoiling a figure
TITLES: Final = {
    OURS: "OnRecord",
    "llamaindex-256": "LI 256/200",
    "llamaindex-256-20": "LI 256/20",
    "llamaindex-1024": "LI 1024/200",
}
# Figure: how the table calls it, and its decimals.
FIGURES: Final = {
    "statements_per_second": ("statements/s", 2),
    "tokens_per_second": ("embedded tokens/s", 0),
    "distinct_tokens_per_second": ("distinct source tokens/s", 0),
    "passages": ("passages", 0),
    "share_embedded": ("share of text embedded", 4),
    "wall_seconds": ("seconds of work", 1),
    "cpu_seconds": ("processor seconds", 1),
    "lexical_seconds": ("seconds to word search", 2),
    "load_seconds": ("seconds to import and load", 1),
    "peak_mib": ("peak memory MiB", 0),
    "query_peak_mib": ("peak memory serving MiB", 0),
    "disk_mib": ("disk MiB", 1),
    "query_p50_ms": ("query p50 ms", 1),
    "query_p95_ms": ("query p95 ms", 1),
}
# Nobody telephones home, and nothing is fetched.
OFFLINE: Final = {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "ANONYMIZED_TELEMETRY": "False"}

Row = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the comparison, write its JSON and print its table; 1 when what it reads is missing."""
    options = _parser().parse_args(arguments)
    for path in (options.corpus, options.questions):
        if not path.is_file():
            say(f"There is no {path}. Give the reference data's place with --corpus and --questions.")
            return 1
    began = machine()
    with tempfile.TemporaryDirectory(prefix="onrecord-bench-") as folder:
        bench = Workbench(Path(folder))
        say(f"taking {options.statements} statements from {options.corpus}")
        bench.fill(options.corpus, options.statements)
        bench.save("questions", single_turn_questions(options.questions, QUESTIONS + WARM_UP))
        load_embedder(EmbedderSettings(runtime="onnx"))  # exports the model where that has not been done yet
        rows = {name: _row(name, bench, options.attempts) for name in SYSTEMS}
        _run("benchmarks.embedders", folder)
        embedder = bench.load("embedders")
    result = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": began,
        "arguments": {name: str(value) for name, value in vars(options).items()},
        "systems": rows,
        "ratios": {name: _ratios(rows[OURS], row) for name, row in rows.items() if name != OURS},
        "embedder": embedder,
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(_rounded(result), indent=2) + "\n", encoding="utf-8")
    print(_table(rows, embedder))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ingest_vs_llamaindex", description=__doc__)
    shared = Path("../shared")
    parser.add_argument("--statements", type=int, default=500, help="how many, evenly spaced over the corpus")
    parser.add_argument("--corpus", type=Path, default=shared / "corpora" / "wh_core.jsonl.gz")
    parser.add_argument("--questions", type=Path, default=shared / "evals" / "wh_dev.jsonl")
    parser.add_argument(
        "--attempts",
        type=int,
        default=1,
        help=f"measure a step again, at most so often, while others keep over {QUIET} cores busy; the quietest counts",
    )
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/ingest_vs_llamaindex.json"))
    return parser


def _row(name: str, bench: Workbench, attempts: int) -> Row:
    """Measure one system."""
    ingest, query = (_quietest(step, name, bench, attempts) for step in ("ingest", "query"))
    documents = bench.documents()
    fed = account(bench.chunks(name), documents, minilm_tokenizer(packaged_model()))
    seconds = ingest["wall_seconds"]
    return {
        "statements_per_second": len(documents) / seconds,
        "tokens_per_second": fed.tokens / seconds,
        "distinct_tokens_per_second": fed.distinct / seconds,
        "passages": fed.chunks,
        "share_embedded": fed.distinct / fed.source,
        "wall_seconds": seconds,
        "cpu_seconds": ingest["cpu_seconds"],
        "lexical_seconds": ingest["stages"]["searchable"],
        "load_seconds": ingest["load_seconds"],
        "peak_mib": ingest["peak_mib"],
        "query_peak_mib": query["peak_mib"],
        "disk_mib": disk_mib(bench.index(name)),
        "query_p50_ms": percentile(query["milliseconds"], 0.50),
        "query_p95_ms": percentile(query["milliseconds"], 0.95),
        "detail": {
            "fed": asdict(fed),
            "stages_seconds": ingest["stages"],
            "memory_after_load_mib": ingest["loaded_mib"],
            "disk_parts_mib": disk_parts(bench.index(name)),
            # OnRecord takes dates in a question as filters, and the sample may have nothing from then.
            "queries_without_hits": f"{query['empty']} of {len(query['milliseconds'])}",
            "seconds_to_open_and_warm_up": query["open_seconds"],
            "cores_others_kept_busy": {"ingest": ingest["others_cores"], "query": query["others_cores"]},
        },
    }


def _quietest(step: str, name: str, bench: Workbench, attempts: int) -> dict[str, Any]:
    """Run a step until the machine was quiet meanwhile; chosen by what others did, never by the outcome."""
    results: list[dict[str, Any]] = []
    while len(results) < attempts and not any(result["others_cores"] <= QUIET for result in results):
        if step == "ingest":
            shutil.rmtree(bench.index(name), ignore_errors=True)
        started = time.perf_counter()
        _run("benchmarks.systems", step, name, str(bench.folder))
        results.append(bench.load(f"{name}-{step}"))
        seconds, others = time.perf_counter() - started, results[-1]["others_cores"]
        say(f"{TITLES[name]}: {step} took {seconds:.0f} s with everything; others kept {others:.2f} cores busy")
    return min(results, key=lambda result: float(result["others_cores"]))


def _run(module: str, *arguments: str) -> None:
    """A step in a process of its own; what it prints goes to standard error."""
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, env={**os.environ, **OFFLINE}, stdout=sys.stderr)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}")


def _ratios(ours: Row, other: Row) -> dict[str, float | None]:
    """Ours over the other's, figure by figure."""
    return {figure: ours[figure] / other[figure] if other[figure] else None for figure in FIGURES}


def _rounded(value: Any) -> Any:
    """The value with its floats to five significant digits."""
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_rounded(inner) for inner in value]
    return float(f"{value:.5g}") if isinstance(value, float) else value


def _table(rows: dict[str, Row], embedder: dict[str, Any]) -> str:
    """The figures for reading, with ours over the others'."""
    others = [name for name in rows if name != OURS]
    header = f"{'':28}" + "".join(f"{TITLES[name]:>13}" for name in rows)
    lines = [header + "   ours / " + " / ".join(TITLES[name] for name in others)]
    for figure, (label, decimals) in FIGURES.items():
        figures = "".join(f"{row[figure]:>13,.{decimals}f}" for row in rows.values())
        ratios = (_ratios(rows[OURS], rows[name])[figure] for name in others)
        shown = "  ".join("-" if ratio is None else f"{ratio:.3g}" for ratio in ratios)
        lines.append(f"{label:28}{figures}   {shown}")
    speeds = embedder["tokens_per_second"]
    lines.append(
        f"\nEmbedder alone, {embedder['passages']:,} passages: {speeds['onnx']:,.0f} tokens/s against"
        f" {speeds['sentence_transformers']:,.0f} of sentence-transformers, {embedder['ratio']:.2f} times;"
        f" lowest cosine {embedder['lowest_cosine']:.6f}."
    )
    lines.append(f"Cores of {os.cpu_count()} that other processes kept busy (over {QUIET} spoils the figures):")
    lines += [
        f"  {TITLES[name]:12}"
        + ", ".join(f" {step} {cores:.2f}" for step, cores in row["detail"]["cores_others_kept_busy"].items())
        for name, row in rows.items()
    ]
    lines.append(f"  {'embedder':12} {embedder['others_cores']:.2f}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
