"""Sending statements in: records as JSON, or a file; each sending is a job that is told about by its id."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, BinaryIO

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from ui.api.bodies import Name
from ui.api.deps import address, may, next_page, refusals
from ui.api.jobs import Job, Jobs, State
from ui.api.problems import Refusal, Wrong
from ui.reader import Reader

MOST_RECORDS = 5_000
Sender = Annotated[Reader, Depends(may("ingest"))]
Write = Callable[[Path], None]


class Records(BaseModel, extra="forbid"):
    """Statements with the fields of bulk JSON Lines: `id, title, text, date`, and more; see `docs/api.md`."""

    statements: list[dict[str, Any]] = Field(min_length=1, max_length=MOST_RECORDS)
    issuer: Name | None = Field(None, description="who issued those that do not say")


class ReportOut(BaseModel):
    """What became of a job's statements; at most 200 of its problems."""

    statements: int
    new: int
    changed: int
    updated: int
    unchanged: int
    passages: int
    not_taken: int
    problems: list[Wrong]


class JobOut(BaseModel):
    """A job; `done` counts the statements dealt with so far."""

    id: str
    name: str
    state: State
    done: int
    report: ReportOut | None
    problem: str | None
    created: datetime
    finished: datetime | None


_EXAMPLE = {
    "issuer": "Ministry of Examples",
    "statements": [
        {
            "id": "examples/2025/harbour",
            "title": "Readout of the harbour talks",
            "date": "2025-11-24",
            "text": "The Minister said the harbour agreement would be signed in May.",
        }
    ],
}
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": Records.model_json_schema(), "example": _EXAMPLE},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "issuer": {"type": "string", "maxLength": 500},
                    },
                }
            },
        },
    }
}


def add(router: APIRouter, jobs: Jobs) -> None:
    """Add the routes."""

    @router.post(
        "/api/v1/ingest",
        status_code=202,
        response_model=JobOut,
        responses=refusals(400, 409, 413, 415, 422, 503),
        openapi_extra=_BODY,
        tags=["ingest"],
    )
    async def ingest(request: Request, reader: Sender, response: Response) -> dict[str, Any]:
        """Take in statements: records as JSON, or one file of a format that `onrecord ingest` takes."""
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == "application/json":
            name, issuer, write = _records(await request.body())
        elif kind == "multipart/form-data":
            name, issuer, write = await _file(request)
        else:
            raise Refusal(415, "No reader for this", "Send application/json, or multipart/form-data with a file.")
        job = await run_in_threadpool(jobs.submit, reader.name, name, issuer, write)
        response.headers["location"] = address(request, f"/api/v1/jobs/{job.id}")
        return _told(job)

    @router.get("/api/v1/jobs", response_model=list[JobOut], responses=refusals(422), tags=["ingest"])
    def listing(
        reader: Sender,
        request: Request,
        response: Response,
        limit: Annotated[int, Query(ge=1, le=100)] = 50,
        offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    ) -> list[dict[str, Any]]:
        """Jobs, newest first: this reader's, and everybody's for `admin`; the header `Link` has the next page."""
        found = jobs.jobs(_owner(reader), limit + 1, offset)
        if len(found) > limit:
            response.headers["link"] = next_page(request, {"offset": offset + limit})
        return [_told(job) for job in found[:limit]]

    @router.get("/api/v1/jobs/{job_id}", response_model=JobOut, responses=refusals(404, 422), tags=["ingest"])
    def status(job_id: Name, reader: Sender) -> dict[str, Any]:
        """How far a job is, and what became of its statements."""
        return _told(jobs.job(job_id, _owner(reader)))


def _records(body: bytes) -> tuple[str, str | None, Write]:
    try:
        records = Records.model_validate_json(body)
    except ValidationError as error:
        raise RequestValidationError([{**e, "loc": ("body", *e["loc"])} for e in error.errors()]) from None
    lines = "".join(f"{json.dumps(record)}\n" for record in records.statements)
    return "records.jsonl", records.issuer, lambda path: _write(path, lines)


async def _file(request: Request) -> tuple[str, str | None, Write]:
    form = await request.form(max_files=1, max_fields=4)  # closed with the request
    file, issuer = form.get("file"), form.get("issuer")
    if not isinstance(file, UploadFile) or not file.filename:
        raise _wrong("file", "is missing; send one file, with its name")
    if issuer is not None and not (isinstance(issuer, str) and len(issuer) <= 500):
        raise _wrong("issuer", "is a text of at most 500 characters")
    stream: BinaryIO = file.file
    return file.filename, issuer or None, lambda path: _copy(stream, path)


def _wrong(field: str, what: str) -> RequestValidationError:
    return RequestValidationError([{"loc": ("body", field), "msg": what, "type": "value_error"}])


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _copy(stream: BinaryIO, path: Path) -> None:
    with path.open("wb") as out:
        shutil.copyfileobj(stream, out)


def _owner(reader: Reader) -> str | None:
    return None if "admin" in reader.scopes else reader.name


def _told(job: Job) -> dict[str, Any]:
    report = job.report
    if report is not None:
        problems = [{"where": problem["where"], "what": problem["problem"]} for problem in report["problems"]]
        report = report | {"problems": problems}
    return {
        "id": job.id,
        "name": job.name,
        "state": job.state,
        "done": job.done,
        "report": report,
        "problem": job.problem,
        "created": job.created,
        "finished": job.finished,
    }
