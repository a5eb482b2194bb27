"""Ask every case, score it, keep it: a run that can be killed at any point and goes on from there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from pydantic import ValidationError

from corpus.archive import Archive
from corpus.errors import OnRecordError
from evals.answerers import Answerer, Reply
from evals.cases import Resolved
from evals.excerpts import excerpts
from evals.record import FAILED, CaseRecord, Cited, Head, RunRecord, write_record
from evals.scoring import score
from rag.model import Turn


def run(
    cases: Sequence[Resolved],
    answerer: Answerer,
    archive: Archive,
    head: Head,
    out: Path,
    *,
    jobs: int = 1,
    progress: Callable[[int], None] = lambda count: None,
) -> RunRecord:
    """Run cases and write the record to `out`.

    Each finished case goes at once into ``OUT.partial``; a run that finds one of its own, made with the same head,
    takes over what is done.

    Args:
        cases: what to ask, resolved against `archive`.
        answerer: who is asked.
        archive: what the quotes are checked against.
        head: what the run is made with.
        out: the record's file.
        jobs: how many cases are asked at a time; times are of use with 1 only.
        progress: told how many cases were done since the last call.

    Raises:
        OnRecordError: the partial file is of another run.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    with _partial(out.with_name(out.name + ".partial"), head) as (done, keep):
        progress(len(done))
        missing = [case for case in cases if case.case.id not in done]
        for result in _asked(missing, answerer, archive, jobs):
            keep(result)
            done[result.id] = result
            progress(1)
    record = RunRecord(**head.model_dump(), cases=tuple(done[case.case.id] for case in cases))
    write_record(record, out)
    out.with_name(out.name + ".partial").unlink()
    return record


def run_case(case: Resolved, answerer: Answerer, archive: Archive) -> CaseRecord:
    """Ask every turn of a case, each after the answers to those before; the last one is scored."""
    history: list[Turn] = []
    reply: Reply = {}
    try:
        for turn in case.case.turns:
            reply = answerer(turn, tuple(history))
            history.append(Turn(turn, reply["text"]))
        result = _result(case, reply)
    except OnRecordError as error:  # one case that cannot be answered costs its own scores and no others
        result = _result(case, {"outcome": FAILED, "text": str(error)})
    shown = tuple(excerpts((*case.gold, *case.alt_gold), result.citations, archive))
    return result.model_copy(update={"scores": score(case, result, archive), "excerpts": shown})


def _result(case: Resolved, reply: Reply) -> CaseRecord:
    retrieved = reply.get("retrieved")
    return CaseRecord(
        id=case.case.id,
        type=case.case.type,
        turns=case.case.turns,
        answerable=case.case.answerable,
        gold=case.gold,
        alt_gold=case.alt_gold,
        standalone_question=reply.get("standalone_question", ""),
        outcome=reply["outcome"],
        text=reply["text"],
        citations=tuple(Cited.model_validate(citation) for citation in reply.get("citations", ())),
        retrieved=None if retrieved is None else tuple(retrieved),
        timings_ms=reply.get("timings_ms", {}),
    )


def _asked(cases: Sequence[Resolved], answerer: Answerer, archive: Archive, jobs: int) -> Iterator[CaseRecord]:
    """Results as they come; what was not begun is dropped when the caller stops."""
    if jobs == 1:
        yield from (run_case(case, answerer, archive) for case in cases)
        return
    with ThreadPoolExecutor(jobs) as pool:
        waiting = [pool.submit(run_case, case, answerer, archive) for case in cases]
        try:
            yield from (future.result() for future in as_completed(waiting))
        finally:
            pool.shutdown(cancel_futures=True)


@contextmanager
def _partial(path: Path, head: Head) -> Iterator[tuple[dict[str, CaseRecord], Callable[[CaseRecord], None]]]:
    """What an earlier run of the same head has done, and what keeps one more result."""
    done = _taken_over(path, head) if path.exists() else {}
    with path.open("w", encoding="utf-8") as file:  # anew, so that a torn last line goes
        _append(file, json.dumps(head.model_dump(mode="json"), ensure_ascii=False))
        for result in done.values():
            _append(file, result.model_dump_json())
        yield done, lambda result: _append(file, result.model_dump_json())


def _taken_over(path: Path, head: Head) -> dict[str, CaseRecord]:
    lines = path.read_text(encoding="utf-8", errors="replace").split("\n")[:-1]  # what has no newline was cut short
    if not lines:
        return {}
    try:
        before = Head.model_validate_json(lines[0])
        results = [CaseRecord.model_validate_json(line) for line in lines[1:]]
    except ValidationError as error:
        raise OnRecordError(f"{path} is not an unfinished run; move it away and run again.") from error
    if before != head:
        names = [name for name in Head.model_fields if getattr(before, name) != getattr(head, name)]
        raise OnRecordError(
            f"{path} is an unfinished run with other {', '.join(names)}: its answers would not mix with these."
            " Remove it to begin anew, or choose another --out."
        )
    return {result.id: result for result in results}


def _append(file: TextIO, line: str) -> None:
    file.write(line + "\n")
    file.flush()
