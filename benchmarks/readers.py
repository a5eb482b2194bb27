"""Ten readers at once: how long until the page shows the first piece of an answer, and until the answer is whole.

Over the page's own protocol (Gradio's queue, as a browser speaks it), against a running server:

    onrecord --archive DIR serve &
    python -m benchmarks.readers http://127.0.0.1:7860 --questions ../shared/evals/wh_dev.jsonl
"""

from __future__ import annotations

import argparse
import json
import random
import secrets
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

_NOW = 1  # which of the outputs has the last exchange


@dataclass(frozen=True, slots=True)
class Wait:
    """Seconds until something shows at all, until a piece of the answer does, and until all of it does."""

    sign: float
    first: float
    full: float


def main() -> None:
    """Measure, and print percentiles."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("--questions", type=Path, required=True, help="a case file; the last turns are asked")
    parser.add_argument("--readers", type=int, default=10)
    parser.add_argument("--each", type=int, default=6, help="questions a reader asks, one after the other")
    parser.add_argument(
        "--pause", type=float, default=0.0, help="seconds a reader reads before the next one, on average"
    )
    given = parser.parse_args()
    lines = given.questions.read_text(encoding="utf-8").splitlines()
    questions = [json.loads(line)["turns"][0] for line in lines if line.strip()]
    event, inputs = asking(given.address)
    Session(given.address, event, inputs).ask(questions[0])  # so that no first request is among those measured
    with ThreadPoolExecutor(given.readers) as pool:
        parts = [
            [questions[(n * given.each + i) % len(questions)] for i in range(given.each)] for n in range(given.readers)
        ]
        waits = [
            wait
            for found in pool.map(lambda part: reader(given.address, event, inputs, part, given.pause), parts)
            for wait in found
        ]
    print(f"{given.readers} readers at once, {len(waits)} questions, {given.pause:g} s of reading after each")
    for name in ("sign", "first", "full"):
        values = [getattr(wait, name) * 1000 for wait in waits]
        p95 = statistics.quantiles(values, n=20)[18]
        print(f"{name:6} p50 {statistics.median(values):7.0f} ms   p95 {p95:7.0f} ms")


def asking(address: str) -> tuple[int, int]:
    """Which of the page's events asks a question, and how many inputs it has."""
    config: dict[str, Any] = httpx.get(f"{address}/config", timeout=30).json()
    found = next(
        event
        for event in config["dependencies"]
        if any(target[1] == "submit" for target in event["targets"]) and len(event["outputs"]) == 6
    )
    return found["id"], len(found["inputs"])


def reader(address: str, event: int, inputs: int, questions: list[str], pause: float) -> list[Wait]:
    """What one reader waits for, question by question, in one open page."""
    page, waits, chance = Session(address, event, inputs), list[Wait](), random.Random(questions[0])
    for question in questions:
        time.sleep(chance.expovariate(1 / pause) if pause else 0)
        waits.append(page.ask(question))
    return waits


class Session:
    """A page that stays open, with one conversation."""

    def __init__(self, address: str, event: int, inputs: int) -> None:
        self._event, self._inputs = event, inputs
        self._hash = secrets.token_hex(6)
        self._browser = httpx.Client(base_url=address, timeout=120)

    def ask(self, question: str) -> Wait:
        """Ask one question and follow the answer."""
        data = [question, None, "", "", [], [], []][: self._inputs]
        body = {"data": data, "fn_index": self._event, "trigger_id": self._event, "session_hash": self._hash}
        started, seen = time.perf_counter(), dict[str, float]()
        self._browser.post("/gradio_api/queue/join", json=body).raise_for_status()
        with self._browser.stream("GET", "/gradio_api/queue/data", params={"session_hash": self._hash}) as stream:
            for line in stream.iter_lines():
                if not line.startswith("data:"):
                    continue
                waited = time.perf_counter() - started
                message = json.loads(line[5:])
                if message["msg"] in ("process_generating", "process_completed"):
                    seen.setdefault("sign", waited)
                now = str(message.get("output", {}).get("data", ["", ""])[_NOW])
                if "or-body" in now or "or-nearest" in now or "or-foot" in now:
                    seen.setdefault("first", waited)
                if "or-foot" in now:
                    seen.setdefault("full", waited)
                if message["msg"] == "process_completed":
                    seen.setdefault("full", waited)
                    break
        return Wait(seen["sign"], seen.get("first", seen["full"]), seen["full"])


if __name__ == "__main__":
    main()
