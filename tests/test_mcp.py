"""The Model Context Protocol, with the SDK's own client, over HTTP and over stdio."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from api_place import Place, keyed
from conftest import ROOT, SAMPLE, Run
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from serving import BLUE, OPEN, QUESTION, bearer


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """See `Place`."""
    with keyed(tmp_path_factory.mktemp("archive")) as place:
        yield place


@asynccontextmanager
async def session(place: Place, secret: str) -> AsyncIterator[ClientSession]:
    """A session over HTTP."""
    async with (
        httpx.AsyncClient(headers=bearer(secret), timeout=60) as http,
        streamable_http_client(f"{place.url}/mcp", http_client=http) as (read, write, *_),
        ClientSession(read, write) as client,
    ):
        await client.initialize()
        yield client


async def called(client: ClientSession, tool: str, **arguments: Any) -> Any:
    """What a tool gives."""
    result = await client.call_tool(tool, arguments)
    assert not result.isError, result.content
    return result.structuredContent


def test_the_tools_over_http(place: Place) -> None:
    async def run() -> None:
        async with session(place, place.secret()) as client:
            tools = {tool.name: tool for tool in (await client.list_tools()).tools}
            assert tools.keys() == {"search_statements", "ask_statements", "get_statement"}
            assert all(tool.annotations and tool.annotations.readOnlyHint for tool in tools.values())
            answer = await called(client, "ask_statements", question=QUESTION)
            (cited,) = answer["citations"]
            assert cited["quote"] == OPEN
            shown = await called(client, "get_statement", id=cited["statement_id"], version=cited["version"])
            assert shown["text"][cited["start"] : cited["end"]] == OPEN
            part = await called(client, "get_statement", id="open/1", start=4, length=7)
            assert (part["text"], part["start"], part["end"], part["length"]) == (OPEN[4:11], 4, 11, len(OPEN))
            found = await called(client, "search_statements", query="Harbour Ministry", limit=1)
            assert [hit["text"] for hit in found["passages"]] == [OPEN]

    anyio.run(run)


def test_what_cannot_be_done_is_a_tools_error(place: Place) -> None:
    async def run() -> None:
        async with session(place, place.secret()) as client:
            for tool, arguments, told in (
                ("get_statement", {"id": "none"}, "does not hold none"),
                ("search_statements", {"query": "x", "limit": 1000}, "limit: Input should be less than"),
                ("search_statements", {"query": "x", "date_from": "2022-02-01", "date_to": "2022-01-01"}, "before it"),
                ("drop_statements", {}, "There is no tool of that name"),
            ):
                result = await client.call_tool(tool, arguments)
                assert result.isError
                assert told in result.content[0].text  # type: ignore[union-attr]

    anyio.run(run)


def test_readers_are_told_apart_over_http(place: Place) -> None:
    async def run() -> None:
        async with session(place, place.secret()) as outside, session(place, place.secret("blue")) as inside:
            assert (await outside.call_tool("get_statement", {"id": "blue/1"})).isError
            assert (await called(inside, "get_statement", id="blue/1"))["text"] == BLUE
            passages = (await called(outside, "search_statements", query=QUESTION, limit=50))["passages"]
            assert {hit["statement_id"] for hit in passages} == {"open/1"}
        async with session(place, place.secret(scopes=("ingest",))) as sender:
            refused = await sender.call_tool("ask_statements", {"question": QUESTION})
            assert refused.isError and "scope" in refused.content[0].text  # type: ignore[union-attr]

    anyio.run(run)


def test_nobody_gets_in_without_a_key_and_no_stream_stays_open(place: Place) -> None:
    assert httpx.post(f"{place.url}/mcp", json={}).status_code == 401
    listening = httpx.get(f"{place.url}/mcp", headers=bearer(place.secret()) | {"Accept": "text/event-stream"})
    assert (listening.status_code, listening.headers["allow"]) == (405, "POST")


def test_the_tools_over_stdio(onrecord: Run, tmp_path: Path) -> None:
    onrecord("ingest", SAMPLE)
    command = ["-m", "ui.cli", "--archive", str(tmp_path / "archive"), "mcp"]
    started = StdioServerParameters(command=sys.executable, args=command, env={"PYTHONPATH": str(ROOT)}, cwd=tmp_path)

    async def run() -> None:
        async with stdio_client(started) as (read, write), ClientSession(read, write) as client:
            assert (await client.initialize()).serverInfo.name == "OnRecord"
            answer = await called(client, "ask_statements", question="What did CDS discuss with Oman?")
            first = answer["citations"][0]
            shown = await called(client, "get_statement", id=first["statement_id"])
            assert shown["text"][first["start"] : first["end"]] == first["quote"]

    anyio.run(run)
