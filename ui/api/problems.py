"""Errors as problem details (RFC 9457): every refusal is ``application/problem+json`` and says what to do next."""

from __future__ import annotations

import http
import re
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from corpus.errors import NotHeld, OnRecordError


class Wrong(BaseModel):
    """One thing that is wrong with a request: where, as a JSON path without its root, and what."""

    where: str
    what: str


class Problem(BaseModel):
    """What a refusal looks like."""

    type: str
    title: str
    status: int
    detail: str
    instance: str | None = None
    errors: list[Wrong] | None = None


class Refusal(Exception):
    """A request that is not served, for the reason given; raised in routes, where no other error fits."""

    def __init__(self, status: int, title: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.title, self.detail, self.headers = status, title, detail, headers


def add_errors(app: FastAPI) -> None:
    """Answer every exception that leaves a route."""

    @app.exception_handler(OnRecordError)
    def expected(request: Request, error: OnRecordError) -> JSONResponse:
        status, title = (404, "Not held") if isinstance(error, NotHeld) else (422, "That cannot be done")
        return problem_response(status, title, str(error), instance=request.url.path)

    @app.exception_handler(Refusal)
    def refused(request: Request, error: Refusal) -> JSONResponse:
        return problem_response(
            error.status, error.title, error.detail, instance=request.url.path, headers=error.headers
        )

    @app.exception_handler(RequestValidationError)
    def unusable(request: Request, error: RequestValidationError) -> JSONResponse:
        wrong = [{"where": ".".join(map(str, e["loc"][1:])), "what": e["msg"]} for e in error.errors()]
        detail = "; ".join(f"{e['where']}: {e['what']}" for e in wrong)
        return problem_response(422, "Unusable request", detail, instance=request.url.path, errors=wrong)

    @app.exception_handler(HTTPException)
    def http_error(request: Request, error: HTTPException) -> JSONResponse:
        title = http.HTTPStatus(error.status_code).phrase
        return problem_response(
            error.status_code, title, str(error.detail), instance=request.url.path, headers=error.headers
        )

    @app.exception_handler(Exception)
    def unexpected(request: Request, _: Exception) -> JSONResponse:
        return problem_response(500, *UNEXPECTED, instance=request.url.path)


UNEXPECTED = "Something went wrong", "The request was not answered; the server's log says why."


def problem_response(
    status: int, title: str, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any
) -> JSONResponse:
    """A refusal.

    Args:
        status: the HTTP status, repeated in the body.
        title: what kind of problem, the same for each of its kind.
        detail: what is wrong here, and what to do.
        headers: such as Retry-After.
        more: further members: `instance`, the path that was asked for; `errors`, a list of `Wrong`.
    """
    body = problem(status, title, detail, **more)
    return JSONResponse(body, status_code=status, headers=dict(headers or {}), media_type="application/problem+json")


def problem(status: int, title: str, detail: str, **more: Any) -> dict[str, Any]:
    """A problem object; its `type` is a name and leads nowhere, and is about:blank where the status says it all."""
    usual = title == http.HTTPStatus(status).phrase
    kind = "about:blank" if usual else f"tag:onrecord,2026:{re.sub(r'[^a-z]+', '-', title.lower()).strip('-')}"
    return {"type": kind, "title": title, "status": status, "detail": detail, **more}
