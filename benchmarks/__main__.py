"""Every benchmark in turn: `python -m benchmarks`, which is what `make bench` runs."""

from __future__ import annotations

import sys

from benchmarks import ingest_vs_llamaindex

ALL = (ingest_vs_llamaindex.main,)

if __name__ == "__main__":
    sys.exit(max(benchmark([]) for benchmark in ALL))
