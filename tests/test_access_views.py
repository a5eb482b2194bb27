"""What is not for a reader is not there: over every interface, and told no differently from what was never held."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from serving import BLUE, OPEN, QUESTION, RED, bearer, restricted, served

from corpus.settings import Settings
from ui.access.keys import Keys
from ui.access.store import open_store

SECRETS = ("red/1", "Brontitall", "lighthouse", "2020", "Lighthouse", '"red"')


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, httpx.Client]]:
    """A program for each: nobody in particular, a member of blue, and one of red."""
    settings = Settings(archive=tmp_path_factory.mktemp("archive"), sign_in={"mode": "keys"})  # type: ignore[arg-type]
    store = open_store(settings.archive)
    keys = {name: Keys(store).add(name, groups=[name])[1] for name in ("outsider", "blue", "red")}
    with restricted(settings) as engine, served(engine, settings) as url:
        made = {who: httpx.Client(base_url=url, headers=bearer(key), timeout=60) for who, key in keys.items()}
        yield made
        for client in made.values():
            client.close()
    store.close()


def test_a_statement_of_others_is_not_there(clients: dict[str, httpx.Client]) -> None:
    assert clients["red"].get("/api/v1/statements/red/1").json()["text"] == RED
    for who in ("outsider", "blue"):
        for query in ({}, {"version": 1}, {"spans": "true"}):
            hidden = clients[who].get("/api/v1/statements/red/1", params=query)
            never = clients[who].get("/api/v1/statements/red/9", params=query)
            assert hidden.status_code == never.status_code == 404
            assert hidden.text.replace("red/1", "red/9") == never.text
            assert hidden.headers.keys() == never.headers.keys()


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/statements",
        "/api/v1/statements?limit=1",
        "/api/v1/coverage",
        "/api/v1/coverage?date_from=2020-01-01&date_to=2020-12-31",
        "/api/v1/search?q=lighthouse+keeper&k=100",
        "/api/v1/search?q=Brontitall&k=100",
        "/api/v1/conversations",
    ],
)
def test_lists_counts_and_searches_leave_it_out(clients: dict[str, httpx.Client], path: str) -> None:
    for who in ("outsider", "blue"):
        reply = clients[who].get(path)
        assert reply.status_code == 200
        assert not [word for word in SECRETS if word in reply.text.replace(reply.request.url.query.decode(), "")]
    assert clients["blue"].get("/api/v1/coverage").json()["statements"] == 2
    assert clients["outsider"].get("/api/v1/coverage").json()["statements"] == 1


def test_a_restricted_statement_names_no_other_audience(clients: dict[str, httpx.Client]) -> None:
    assert clients["blue"].get("/api/v1/statements/blue/1").json()["audience"] == ["blue"]


def test_a_conversation_is_nobody_elses(clients: dict[str, httpx.Client]) -> None:
    red = clients["red"]
    made = red.post("/api/v1/conversations", json={"title": "On the lighthouse"}).json()["id"]
    where = f"/api/v1/conversations/{made}"
    asked = red.post(f"{where}/exchanges", json={"question": "What did the lighthouse keeper Brontitall do?"})
    assert asked.status_code in (200, 201) and RED in asked.json()["answer"]["text"]
    for who in ("outsider", "blue"):
        for method, path, body in (
            ("GET", where, None),
            ("GET", f"{where}/exchanges", None),
            ("POST", f"{where}/exchanges", {"question": QUESTION}),
            ("PATCH", where, {"title": "Mine"}),
            ("DELETE", where, None),
            ("GET", f"/api/v1/answers/{asked.json()['id']}", None),
        ):
            reply = clients[who].request(method, path, json=body)
            assert reply.status_code == 404, (method, path)
            assert not [word for word in SECRETS if word in reply.text]
        feedback = {"answer_id": asked.json()["id"], "verdict": "good"}
        assert clients[who].post("/api/v1/feedback", json=feedback).status_code == 404
    assert len(red.get(f"{where}/exchanges").json()) == 1


def test_openais_protocol_and_mcp_see_what_the_key_sees(clients: dict[str, httpx.Client]) -> None:
    asked = {"model": "onrecord", "messages": [{"role": "user", "content": "What did the keeper Brontitall do?"}]}
    texts = {who: client.post("/v1/chat/completions", json=asked).text for who, client in clients.items()}
    assert "resigned" in texts["red"]
    assert not any("resigned" in texts[who] or "red/1" in texts[who] for who in ("outsider", "blue"))
    call = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": "get_statement", "arguments": {"id": "red/1"}},
    }
    accept = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-06-18"}
    told = {who: client.post("/mcp", json=call, headers=accept).text for who, client in clients.items()}
    assert "Brontitall" in told["red"], told["red"]
    assert not any("Brontitall" in told[who] for who in ("outsider", "blue"))


def test_who_sees_more_sees_that_too(clients: dict[str, httpx.Client]) -> None:
    found = {hit["text"] for hit in clients["blue"].get("/api/v1/search", params={"q": "Harbour Ministry"}).json()}
    assert found == {OPEN, BLUE}


def test_no_file_beside_the_archive_can_be_fetched(clients: dict[str, httpx.Client], tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("Brontitall")
    for name in (tmp_path / "x.txt", "archive.sqlite3", "access.sqlite3", "/etc/passwd", "../access.sqlite3"):
        for path in ("/gradio_api/file=", "/file=", "/gradio_api/file/", "/static/", "/assets/"):
            reply = clients["red"].get(f"{path}{name}")
            assert reply.status_code in (403, 404, 405) or b"<!doctype html>" in reply.content.lower()
            assert (
                b"Brontitall" not in reply.content and b"SQLite" not in reply.content and b"root:" not in reply.content
            )
