"""The routes, put together: whatever the server answers beside the chat page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool
from starlette.routing import Match, Route

from rag.engine import Engine
from ui.api import asking, browsing, conversations, embed, health, ingesting, openai
from ui.api.jobs import Jobs
from ui.api.ledger import Ledger, once
from ui.api.mcp import McpEndpoint
from ui.api.problems import problem_response
from ui.desk import Desk

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"]


def add_routes(app: FastAPI, engine: Engine, desk: Desk) -> None:
    """Put the routes into an application, and what they need into its lifespan.

    Args:
        app: where they go, before anything that takes every path.
        engine: answers and searches.
        desk: what readers keep.
    """
    ledger = Ledger(engine.holdings.archive.folder)
    jobs = Jobs(engine.holdings, ledger)
    mcp = McpEndpoint(engine)
    router = APIRouter(route_class=once(ledger))
    asking.add(router, engine)
    browsing.add(router, engine)
    conversations.add(router, engine, desk)
    ingesting.add(router, jobs)
    openai.add(router, engine)
    health.add(router, engine)
    embed.add(router)
    app.include_router(router)
    app.router.routes.append(Route("/mcp", mcp))
    _refuse_the_rest(app, router)

    before = app.router.lifespan_context

    @asynccontextmanager
    async def running(app: FastAPI) -> AsyncIterator[Any]:
        jobs.start()
        try:
            async with before(app) as state, mcp.running():
                yield state
        finally:
            await run_in_threadpool(jobs.stop)
            ledger.close()

    app.router.lifespan_context = running


def _refuse_the_rest(app: FastAPI, router: APIRouter) -> None:
    """What is not there under the API's roots is a problem object, and not a page of the chat."""

    async def unknown(request: Request) -> JSONResponse:
        partial = [route for route in router.routes if route.matches(request.scope)[0] is Match.PARTIAL]
        methods = sorted({method for route in partial for method in getattr(route, "methods", ())})
        if methods:
            allow = {"Allow": ", ".join(methods)}
            detail = f"Use {' or '.join(methods)} here."
            return problem_response(405, "Method Not Allowed", detail, instance=request.url.path, headers=allow)
        detail = "There is nothing at this address; /openapi.json lists what there is."
        return problem_response(404, "Not Found", detail, instance=request.url.path)

    for root in ("/api/{rest:path}", "/v1/{rest:path}", "/healthz", "/readyz"):
        app.add_route(root, unknown, methods=_METHODS, include_in_schema=False)
