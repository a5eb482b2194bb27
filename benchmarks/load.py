"""Many readers at once against a real `onrecord serve`: answers a second, how long each takes, how flat memory stays.

    python -m benchmarks.load --archive DIR [--readers 50] [--seconds 120] [--out FILE.json]

Every reader asks one question after the other, without a pause, from the list below; a refusal with 429 or 503 is
counted by itself and followed by the pause that it asks for. Memory is that of the server process, read every second.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

PEOPLE = "Macron Zelenskyy Modi Kishida Scholz Trudeau Sunak Netanyahu Lula Marcos".split()
TOPICS = (
    "semiconductors|climate|trade|nuclear energy|fentanyl|infrastructure|supply chains|cybersecurity|steel tariffs"
    "|vaccines|artificial intelligence|NATO|sanctions|inflation|student loans|border security|shipbuilding|minerals"
    "|space|wildfires"
).split("|")
FORMS = (
    "What did the President discuss with {person}?",
    "What was said about {topic}?",
    "What did the President say to {person} about {topic}?",
    "When did {person} visit?",
    "List every call with {person} in {year}",
    "What was announced on {topic} in {year}?",
    "How does the {year} statement on {topic} differ from the one of {later}?",
    "Who met {person} on {topic}?",
)
REFUSED = frozenset({429, 503})


@dataclass
class Tally:
    """What came of all requests; `seconds` of those that were answered."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    memory: list[int] = field(default_factory=list)


def main(argv: list[str] | None = None) -> int:
    """Run, print, and write the figures; 1 where anything but an answer or a refusal came back."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--archive", type=Path, required=True, help="a copy: the server brings it up to date")
    parser.add_argument("--readers", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args(argv)
    with serving(arguments.archive) as (url, process):
        tally = asyncio.run(load(url, process, arguments.readers, arguments.seconds))
    figures = summary(tally, arguments.readers, arguments.seconds)
    print(json.dumps(figures, indent=1))
    if arguments.out:
        arguments.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    wrong = set(tally.statuses) - {"200"} - {str(status) for status in REFUSED}
    return 1 if wrong else 0


@contextmanager
def serving(archive: Path) -> Iterator[tuple[str, psutil.Process]]:
    """A server in a process of its own, warm; and that process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "ui.cli", "--archive", str(archive), "serve", "--port", str(port)]
    environment = os.environ | {"ONRECORD_LOG__LEVEL": "WARNING"}
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + 300
        while not _ready(url):
            if server.poll() is not None or time.monotonic() > until:
                raise SystemExit("The server did not come up.")
            time.sleep(0.5)
        for question in (
            "What was said about trade?",
            "List every call with Modi in 2022",
        ):  # the index is rebuilt here
            httpx.post(f"{url}/api/v1/ask", json={"question": question}, timeout=300)
        yield url, psutil.Process(server.pid)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(60)


async def load(url: str, process: psutil.Process, readers: int, seconds: float) -> Tally:
    """All readers at once, for so long."""
    tally, until = Tally(), time.monotonic() + seconds
    limits = httpx.Limits(max_connections=readers, max_keepalive_connections=readers)
    async with httpx.AsyncClient(base_url=url, timeout=180, limits=limits) as client:
        watching = asyncio.create_task(_watch(process, tally))
        await asyncio.gather(*(_read(client, random.Random(number), until, tally) for number in range(readers)))
        watching.cancel()
    return tally


async def _read(client: httpx.AsyncClient, chance: random.Random, until: float, tally: Tally) -> None:
    while time.monotonic() < until:
        year = chance.randint(2021, 2025)
        question = chance.choice(FORMS).format(
            person=chance.choice(PEOPLE), topic=chance.choice(TOPICS), year=year, later=year + 1
        )
        started = time.perf_counter()
        try:
            reply = await client.post("/api/v1/ask", json={"question": question})
        except httpx.HTTPError as error:
            tally.statuses[type(error).__name__] += 1
            continue
        tally.statuses[str(reply.status_code)] += 1
        if reply.status_code == 200:
            tally.seconds.append(time.perf_counter() - started)
            tally.outcomes[reply.json()["outcome"]] += 1
        elif reply.status_code in REFUSED:
            await asyncio.sleep(float(reply.headers["retry-after"]))


async def _watch(process: psutil.Process, tally: Tally) -> None:
    while True:
        tally.memory.append(process.memory_info().rss)
        await asyncio.sleep(1)


def summary(tally: Tally, readers: int, seconds: float) -> dict[str, Any]:
    """The figures; memory in MiB, over time, so that a climb can be told from a start."""
    ranked, memory = sorted(tally.seconds), [round(rss / 2**20) for rss in tally.memory]
    third = max(1, len(memory) // 3)
    return {
        "readers": readers,
        "seconds": seconds,
        "answers": len(ranked),
        "answers_per_second": round(len(ranked) / seconds, 2),
        "latency_s": {f"p{share}": _at(ranked, share) for share in (50, 95, 99, 100)},
        "statuses": dict(tally.statuses),
        "outcomes": dict(tally.outcomes),
        "memory_mib": {
            "start": memory[0],
            "mean_of_first_third": round(sum(memory[:third]) / third),
            "mean_of_last_third": round(sum(memory[-third:]) / third),
            "end": memory[-1],
            "every_20_seconds": memory[::20],
        },
        "load_average": [round(load, 1) for load in os.getloadavg()],
    }


def _at(ranked: list[float], share: int) -> float | None:
    if not ranked:
        return None
    return round(ranked[min(len(ranked) - 1, len(ranked) * share // 100)], 2)


def _ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", timeout=30).status_code == 200
    except httpx.TransportError:
        return False


if __name__ == "__main__":
    sys.exit(main())
