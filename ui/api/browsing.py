"""Reading what is held: search, lists, single statements, coverage."""

from __future__ import annotations

import base64
import binascii
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from corpus.model import Filters, Statement
from rag.engine import Engine
from rag.model import hit_json
from ui.api.bodies import CoverageOut, Entry, HitOut, IsoDay, MonthOut, Name, Names, StatementOut, Words
from ui.api.deps import may, next_page, refusals
from ui.api.problems import Refusal
from ui.api.view import View
from ui.reader import Reader

DEEPEST = 200  # hits; retrieval ranks no more
Asker = Annotated[Reader, Depends(may("ask"))]


def filters_of(
    date_from: Annotated[IsoDay, Query(examples=["2025-11-01"])] = None,
    date_to: Annotated[IsoDay, Query(examples=["2025-11-30"])] = None,
    issuer: Annotated[Names | None, Query()] = None,
    speaker: Annotated[Names | None, Query()] = None,
    kind: Annotated[Names | None, Query()] = None,
) -> Filters:
    """Filters out of a query string; those with several values are given several times."""
    return Filters(date_from, date_to, tuple(issuer or ()), tuple(speaker or ()), tuple(kind or ()))


Narrowed = Annotated[Filters, Depends(filters_of)]


def add(router: APIRouter, engine: Engine) -> None:
    """Add the routes."""

    @router.get("/api/v1/search", response_model=list[HitOut], responses=refusals(422, 503), tags=["statements"])
    def search(
        q: Annotated[Words, Query(examples=["naval exercise with Oman"])],
        filters: Narrowed,
        reader: Asker,
        request: Request,
        response: Response,
        k: Annotated[int, Query(ge=1, le=100, description="passages a page")] = 10,
        offset: Annotated[int, Query(ge=0, le=DEEPEST, description="passages to leave out")] = 0,
    ) -> list[dict[str, Any]]:
        """Passages, best first; the header `Link` has the next page, while there is one."""
        hits = View(engine, reader).search(q, filters, k=k + 1, offset=offset)
        if len(hits) > k and offset + k <= DEEPEST:
            response.headers["link"] = next_page(request, {"offset": offset + k})
        return [hit_json(hit) for hit in hits[:k]]

    @router.get("/api/v1/statements", response_model=list[Entry], responses=refusals(400, 422), tags=["statements"])
    def statements(
        filters: Narrowed,
        reader: Asker,
        request: Request,
        response: Response,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        cursor: Annotated[str | None, Query(max_length=2000, description="out of a `Link` header")] = None,
    ) -> list[dict[str, Any]]:
        """What is held, newest first; the header `Link` has the next page, while there is one."""
        after = _read(cursor) if cursor else None
        found = View(engine, reader).statements(filters, after=after, limit=limit + 1)
        if len(found) > limit:
            response.headers["link"] = next_page(request, {"cursor": _cursor(found[limit - 1])})
        return [_entry(statement) for statement in found[:limit]]

    @router.get(
        "/api/v1/statements/{statement_id:path}",
        response_model=StatementOut,
        response_model_exclude_unset=True,
        responses=refusals(404, 422),
        tags=["statements"],
    )
    def statement(
        statement_id: Name,
        reader: Asker,
        version: Annotated[int | None, Query(ge=1, le=2**31, description="whose text to give")] = None,
        passages: Annotated[bool, Query(description="add the spans of the current version's passages")] = False,
    ) -> dict[str, Any]:
        """One statement with its text and its versions; the same object as `onrecord show ID --json`."""
        view = View(engine, reader)
        shown = view.statement(statement_id, version)
        return shown | {"passages": view.passages(statement_id)} if passages else shown

    @router.get("/api/v1/coverage", response_model=CoverageOut, responses=refusals(422), tags=["statements"])
    def coverage(filters: Narrowed, reader: Asker) -> CoverageOut:
        """How much is held inside the filters, in all, and by issuer and month of publication."""
        held, months = View(engine, reader).coverage(filters)
        counted = [MonthOut(issuer=m.issuer, month=m.month, statements=m.statements) for m in months]
        return CoverageOut(statements=held.statements, date_from=held.first, date_to=held.last, months=counted)


def _entry(statement: Statement) -> dict[str, Any]:
    return {
        "id": statement.id,
        "title": statement.title,
        "date": statement.published,
        "event_date": statement.event,
        "issuer": statement.issuer,
        "speakers": list(statement.speakers),
        "kind": statement.kind,
        "url": statement.url,
        "lang": statement.language,
        "withdrawn": statement.withdrawn,
    }


def _cursor(last: Statement) -> str:
    """Where a page ended, for the next one to go on; made for us, not to be taken apart."""
    return base64.urlsafe_b64encode(f"{last.published.isoformat()} {last.id}".encode()).decode()


def _read(cursor: str) -> tuple[date, str]:
    try:
        day, _, statement_id = base64.urlsafe_b64decode(cursor).decode().partition(" ")
        return date.fromisoformat(day), statement_id
    except (binascii.Error, ValueError):
        raise Refusal(400, "Unusable cursor", "Take the cursor as it stands in the Link header of a page.") from None
