"""Writing through the API: conversations, feedback, ingest jobs, and writes that are sent twice."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from api_place import Place, keyed
from serving import BLUE, OPEN, QUESTION

from corpus.holdings import Holdings
from corpus.settings import Settings
from ui.api.jobs import MOST_WAITING, Jobs
from ui.api.ledger import MOST_KEPT, Ledger, Reply
from ui.api.problems import Refusal

SURVEY = "What did the Zarquon Inlet Survey find?"  # which is for the group blue
RECORD = {"id": "new/1", "title": "New", "date": "2025-12-01", "text": "The Ministry opened a new pier."}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """See `Place`."""
    with keyed(tmp_path_factory.mktemp("archive")) as place:
        yield place


def start(client: httpx.Client) -> str:
    """The address of a new conversation."""
    made = client.post("/api/v1/conversations", json={"title": "Harbour"})
    assert made.status_code == 201
    return made.headers["location"]


def finished(client: httpx.Client, sent: httpx.Response) -> dict[str, Any]:
    """A job at its end."""
    assert sent.status_code == 202, sent.text
    until = time.monotonic() + 60
    while (job := client.get(sent.headers["location"]).json())["state"] in ("waiting", "running"):
        assert time.monotonic() < until
        time.sleep(0.05)
    return job


def test_a_conversation_from_its_start_to_its_end(place: Place) -> None:
    with place.client() as client:
        address = start(client)
        first = client.post(f"{address}/exchanges", json={"question": QUESTION})
        assert first.status_code == 201
        second = client.post(f"{address}/exchanges", json={"question": "and when would it be finished?"}).json()
        assert "Harbour" in second["answer"]["standalone_question"]
        assert [kept["id"] for kept in client.get(f"{address}/exchanges").json()] == [first.json()["id"], second["id"]]
        assert client.get(f"/api/v1/answers/{second['id']}").json() == second
        assert client.patch(address, json={"title": "Pier"}).json()["title"] == "Pier"
        assert client.get("/api/v1/conversations").json()[0] | {"updated": ""} == client.get(address).json() | {
            "updated": ""
        }
        assert client.delete(address).status_code == 204
        assert client.get(address).status_code == client.get(f"{address}/exchanges").status_code == 404


def test_a_streamed_answer_is_kept(place: Place) -> None:
    with place.client() as client:
        address = start(client)
        streamed = client.post(f"{address}/exchanges?stream=1", json={"question": QUESTION})
        name, data = streamed.text.strip().split("\n\n")[-1].split("\n")
        assert name == "event: exchange"
        assert client.get(f"{address}/exchanges").json() == [json.loads(data.removeprefix("data: "))]


def test_a_conversation_is_its_readers_alone(place: Place) -> None:
    with place.client("blue") as mine, place.client("blue") as other, place.client() as outside:
        address = start(mine)
        kept = mine.post(f"{address}/exchanges", json={"question": SURVEY}).json()
        assert BLUE in {citation["quote"] for citation in kept["answer"]["citations"]}
        for method, path in (("GET", ""), ("GET", "/exchanges"), ("DELETE", ""), ("PATCH", ""), ("POST", "/exchanges")):
            body = {"title": "Mine"} if method == "PATCH" else {"question": "x"} if method == "POST" else None
            assert other.request(method, f"{address}{path}", json=body).status_code == 404
        assert other.get(f"/api/v1/answers/{kept['id']}").status_code == 200
        assert outside.get(f"/api/v1/answers/{kept['id']}").status_code == 404


def test_feedback_goes_to_those_who_look_after_it(place: Place) -> None:
    with place.client() as client, place.client(scopes=("admin",)) as admin:
        kept = client.post(f"{start(client)}/exchanges", json={"question": QUESTION}).json()
        said = {"answer_id": kept["id"], "verdict": "wrong date", "marker": 1, "note": "It was June."}
        assert client.post("/api/v1/feedback", json=said).status_code == 204
        assert client.post("/api/v1/feedback", json=said | {"marker": 9}).status_code == 422
        assert client.post("/api/v1/feedback", json=said | {"answer_id": "none"}).status_code == 404
        (heard,) = [item for item in admin.get("/api/v1/feedback").json() if item["answer_id"] == kept["id"]]
        assert (heard["verdict"], heard["marker"], heard["note"], heard["turns"]) == (
            "wrong date",
            1,
            "It was June.",
            [QUESTION],
        )


def test_records_and_files_are_taken_in(place: Place) -> None:
    with place.client(scopes=("ask", "ingest")) as client:
        job = finished(client, client.post("/api/v1/ingest", json={"statements": [RECORD, {"id": "bad"}]}))
        assert (job["state"], job["done"]) == ("done", 1)
        assert (job["report"]["new"], job["report"]["not_taken"]) == (1, 1)
        assert job["report"]["problems"][0]["where"].startswith("records.jsonl:2")
        assert client.get("/api/v1/statements/new/1").json()["text"] == RECORD["text"]
        file = {"file": ("../../My note 2025-12-02.txt", b"A heading\n\nThe second pier was opened.", "text/plain")}
        sent = client.post("/api/v1/ingest", files=file, data={"issuer": "Pier Office"})
        assert finished(client, sent)["report"]["new"] == 1
        assert client.get("/api/v1/statements/My note 2025-12-02").json()["issuer"] == "Pier Office"
        assert not any((place.engine.holdings.archive.folder / "uploads").iterdir())
        unknown = client.post("/api/v1/ingest", files={"file": ("x.exe", b"MZ", "application/octet-stream")})
        assert unknown.status_code == 415
        assert client.post("/api/v1/ingest", content=b"x", headers={"content-type": "text/plain"}).status_code == 415
        assert client.post("/api/v1/ingest", json={"statements": "x"}).json()["errors"][0]["where"] == "statements"


def test_jobs_are_their_senders_and_the_owners(place: Place) -> None:
    with (
        place.client(scopes=("ingest",)) as sender,
        place.client(scopes=("ingest",)) as other,
        place.client(scopes=("ingest", "admin")) as admin,
    ):
        job = finished(sender, sender.post("/api/v1/ingest", json={"statements": [RECORD]}))
        assert job["report"]["statements"] == 1
        address = f"/api/v1/jobs/{job['id']}"
        assert (other.get(address).status_code, admin.get(address).status_code) == (404, 200)
        assert other.get("/api/v1/jobs").json() == []


def test_a_write_that_is_sent_twice_is_done_once(place: Place) -> None:
    with place.client() as client, place.client() as other:
        send = {"json": {"title": "Once"}, "headers": {"Idempotency-Key": "k1"}}
        first, again = (client.post("/api/v1/conversations", **send) for _ in range(2))  # type: ignore[arg-type]
        assert (again.status_code, again.json(), again.headers["location"]) == (
            201,
            first.json(),
            first.headers["location"],
        )
        assert "idempotency-replayed" in again.headers
        assert len(client.get("/api/v1/conversations").json()) == 1
        changed = client.post("/api/v1/conversations", json={"title": "Two"}, headers={"Idempotency-Key": "k1"})
        assert (changed.status_code, changed.json()["title"]) == (422, "Key used before")
        assert other.post("/api/v1/conversations", **send).json()["id"] != first.json()["id"]  # type: ignore[arg-type]
        refused = client.post("/api/v1/conversations", json={}, headers={"Idempotency-Key": "k2"})
        assert refused.status_code == 422
        mended = client.post("/api/v1/conversations", json={"title": "x"}, headers={"Idempotency-Key": "k2"})
        assert mended.status_code == 201
        assert client.post("/api/v1/conversations", json={}, headers={"Idempotency-Key": "k" * 300}).status_code == 400


def test_the_same_upload_is_known_whatever_its_boundary(place: Place) -> None:
    with place.client(scopes=("ingest",)) as client:
        jobs = []
        for boundary in ("aaaa", "bbbb"):
            body = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.jsonl"\r\n\r\n'
            body += f"{json.dumps(RECORD)}\r\n--{boundary}--\r\n"
            kind = {"content-type": f"multipart/form-data; boundary={boundary}", "Idempotency-Key": "up"}
            jobs.append(client.post("/api/v1/ingest", content=body, headers=kind).json()["id"])
        assert jobs[0] == jobs[1]


def test_the_same_key_at_the_same_time_is_refused(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    assert ledger.begin("a", "k", "f") is None
    with pytest.raises(Refusal) as refused:
        ledger.begin("a", "k", "f")
    assert (refused.value.status, refused.value.headers) == (409, {"Retry-After": "1"})
    ledger.close()
    again = Ledger(tmp_path)  # a server that was killed while it served the request
    assert again.begin("a", "k", "f") is None
    reply = Reply(201, {"location": "/x"}, b"{}")
    again.finish("a", "k", reply)
    assert again.begin("a", "k", "f") == reply
    again.close()


def test_replies_are_kept_up_to_a_bound(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    with ledger.database.transaction() as db:
        rows = [("a", f"k{n}", "f", 200, "{}", b"", 9e9 + n) for n in range(MOST_KEPT + 5)]
        db.executemany("INSERT INTO reply VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    ledger.begin("a", "last", "f")
    ledger.finish("a", "last", Reply(200, {}, b""))
    kept = ledger.database.connection.execute("SELECT count(*) FROM reply").fetchone()[0]
    assert kept <= MOST_KEPT
    ledger.close()


def test_waiting_jobs_survive_a_stop_and_are_bounded(tmp_path: Path) -> None:
    lines = "".join(
        json.dumps({"id": f"s/{n}", "title": f"T{n}", "date": "2025-01-01", "text": f"Sentence {n}."}) + "\n"
        for n in range(40)
    )
    with Holdings(Settings(archive=tmp_path), create=True) as holdings:
        ledger = Ledger(tmp_path)
        jobs = Jobs(holdings, ledger)
        sent = [jobs.submit("a", "x.jsonl", None, lambda path: path.write_text(lines) and None) for _ in range(3)]
        jobs.start()
        jobs.stop()
        states = {jobs.job(job.id, "a").state for job in sent}
        assert "running" not in states
        for _ in range(MOST_WAITING - sum(jobs.job(job.id, "a").state == "waiting" for job in sent)):
            jobs.submit("a", "x.jsonl", None, lambda path: path.write_text(lines) and None)
        with pytest.raises(Refusal) as refused:
            jobs.submit("a", "x.jsonl", None, lambda path: path.write_text(lines) and None)
        assert refused.value.status == 503
        orphan = tmp_path / "uploads" / "sent to a server that was killed"
        orphan.mkdir()
        later = Jobs(holdings, ledger)
        later.start()
        until = time.monotonic() + 60
        while any(job.state != "done" for job in later.jobs("a", 100, 0)):
            assert time.monotonic() < until
            time.sleep(0.05)
        later.stop()
        assert holdings.archive.coverage().statements == 40
        assert not any((tmp_path / "uploads").iterdir())
        ledger.close()


def test_readers_ask_while_statements_come_in(place: Place) -> None:
    records = [{**RECORD, "id": f"many/{n}", "text": f"Pier number {n} was opened."} for n in range(300)]
    with place.client() as reader, place.client(scopes=("ingest",)) as sender:
        sent = sender.post("/api/v1/ingest", json={"statements": records})
        answers = [reader.post("/api/v1/ask", json={"question": QUESTION}) for _ in range(5)]
        assert {answer.status_code for answer in answers} == {200}
        assert all(answer.json()["citations"][0]["quote"] == OPEN for answer in answers)
        assert finished(sender, sent)["report"]["new"] == 300
