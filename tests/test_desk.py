"""The desk: what is kept for a reader is theirs, and an answer stays what it was."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from corpus.archive import Archive
from corpus.errors import ArchiveError, InputError, NotHeld
from corpus.model import Filters
from tests.conftest import put
from ui.conversation import turns
from ui.desk import LARGEST_PAGE, LONGEST_TITLE, Desk
from ui.feedback import LONGEST_NOTE, Verdict
from ui.reader import Reader


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path / "archive")
    yield desk
    desk.close()


def record(*statements: str, text: str = "“Yes.” [1]") -> dict[str, Any]:
    cited = [{"marker": n, "statement_id": name, "quote": "Yes."} for n, name in enumerate(statements, 1)]
    return {"text": text, "citations": cited, "nearest": []}


def test_a_conversation_is_kept_in_order_and_survives_reopening(desk: Desk, tmp_path: Path) -> None:
    talk = desk.start("ana", "  What about\nships? ")
    assert talk.title == "What about ships?"
    for number in (1, 2):
        desk.keep("ana", talk.id, f"Question {number}", Filters(issuers=("A",)), record(text=f"Answer {number}"))
    again = Desk(tmp_path / "archive")
    kept = again.exchanges("ana", talk.id)
    assert [(e.question, e.asked["issuers"]) for e in kept] == [("Question 1", ["A"]), ("Question 2", ["A"])]
    assert [turn.answer for turn in turns(kept)] == ["Answer 1", "Answer 2"]
    assert again.conversation("ana", talk.id).exchanges == 2
    again.close()


def test_the_shelf_goes_by_last_use_and_in_pages(desk: Desk) -> None:
    ids = [desk.start("ana", f"Talk {n}").id for n in range(3)]
    desk.keep("ana", ids[0], "And?", Filters(), record())
    assert desk.conversations("ana")[0].id == ids[0]
    pages = [desk.conversations("ana", limit=2), desk.conversations("ana", limit=2, offset=2)]
    assert sorted(talk.id for page in pages for talk in page) == sorted(ids)
    assert desk.conversations("ana", limit=-5) == []
    assert len(desk.conversations("ana", limit=10 * LARGEST_PAGE)) == 3


def test_another_reader_has_no_way_in(desk: Desk) -> None:
    talk = desk.start("ana", "Mine")
    kept = desk.keep("ana", talk.id, "Q", Filters(), record())
    assert desk.conversations("bo") == []
    for forbidden in (
        lambda: desk.conversation("bo", talk.id),
        lambda: desk.exchanges("bo", talk.id),
        lambda: desk.rename("bo", talk.id, "Theirs"),
        lambda: desk.delete("bo", talk.id),
        lambda: desk.keep("bo", talk.id, "Q", Filters(), record()),
        lambda: desk.drop("bo", kept.id),
    ):
        with pytest.raises(NotHeld):
            forbidden()
    assert desk.conversation("ana", talk.id).title == "Mine"
    assert len(desk.exchanges("ana", talk.id)) == 1


def test_rename_undo_and_delete(desk: Desk) -> None:
    talk = desk.start("ana", "First")
    desk.rename("ana", talk.id, " Second ")
    assert desk.conversation("ana", talk.id).title == "Second"
    for bad in ("  ", "x" * (LONGEST_TITLE + 1)):
        with pytest.raises(InputError, match="Title"):
            desk.rename("ana", talk.id, bad)
    one, two = (desk.keep("ana", talk.id, q, Filters(), record()) for q in ("one", "two"))
    assert desk.drop("ana", two.id).question == "two"
    desk.keep("ana", talk.id, "three", Filters(), record())
    assert [e.question for e in desk.exchanges("ana", talk.id)] == ["one", "three"]
    desk.delete("ana", talk.id)
    with pytest.raises(NotHeld):
        desk.drop("ana", one.id)


def test_a_permalink_opens_for_those_who_may_read_all_that_it_names(desk: Desk, archive: Archive) -> None:
    put(archive, "open", "Yes.")
    put(archive, "closed", "Yes.", audience=("desk-a",))
    talk = desk.start("ana", "T")
    public, staff = Filters(groups=frozenset()), Filters(groups=frozenset({"desk-a"}))
    shared = desk.keep("ana", talk.id, "Q", public, record("open"))
    secret = desk.keep("ana", talk.id, "Q", staff, record("open", "closed"))
    hint = desk.keep("ana", talk.id, "Q", public, record() | {"nearest": [{"statement_id": "closed"}]})
    counted = desk.keep("ana", talk.id, "Q", staff, record())  # names nothing, and says how many were searched
    everything = desk.keep("ana", talk.id, "Q", Filters(), record())
    ana, bo, cy = Reader("ana"), Reader("bo"), Reader("cy", frozenset({"desk-a", "desk-b"}))
    assert desk.open(shared.id, bo, archive).answer == shared.answer
    assert desk.open(counted.id, cy, archive).id == counted.id
    assert desk.open(everything.id, Reader("di", None), archive).id == everything.id
    with pytest.raises(NotHeld):
        desk.open(everything.id, cy, archive)
    assert desk.open(secret.id, ana, archive).id == desk.open(secret.id, cy, archive).id == secret.id
    for hidden in (secret.id, hint.id, counted.id, everything.id, "guess"):
        with pytest.raises(NotHeld):
            desk.open(hidden, bo, archive)
    archive.remove("open")  # nobody can tell any more who might read it
    with pytest.raises(NotHeld):
        desk.open(shared.id, bo, archive)
    assert desk.open(shared.id, ana, archive).answer["text"] == "“Yes.” [1]"


def test_feedback_outlives_the_conversation_and_the_newest_note_counts(desk: Desk) -> None:
    talk = desk.start("ana", "T")
    desk.keep("ana", talk.id, "before", Filters(), record("s"))
    kept = desk.keep("ana", talk.id, "judged", Filters(), record("s"))
    desk.keep("ana", talk.id, "after", Filters(), record("s"))
    desk.judge("ana", kept, Verdict.WRONG_DATE, marker=1, note="older")
    desk.judge("ana", kept, Verdict.WRONG_DATE, marker=1, note="newer")
    desk.judge("bo", kept, Verdict.GOOD)
    with pytest.raises(InputError, match="no source 7"):
        desk.judge("ana", kept, Verdict.NOT_SUPPORTED, marker=7)
    with pytest.raises(InputError, match="Note"):
        desk.judge("ana", kept, Verdict.MISSED, note="x" * (LONGEST_NOTE + 1))
    desk.delete("ana", talk.id)
    said = desk.feedback()
    assert [(f.reader, f.verdict, f.marker, f.note) for f in said] == [
        ("ana", Verdict.WRONG_DATE, 1, "newer"),
        ("bo", Verdict.GOOD, None, ""),
    ]
    assert said[0].turns == ("before", "judged")
    assert said[0].answer == kept.answer


def test_threads_share_a_desk(desk: Desk) -> None:
    talk = desk.start("ana", "T")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: desk.keep("ana", talk.id, str(n), Filters(), record()), range(40)))
    assert sorted(int(e.question) for e in desk.exchanges("ana", talk.id)) == list(range(40))


def test_a_desk_of_a_newer_release_is_refused(desk: Desk, tmp_path: Path) -> None:
    with desk._database.transaction() as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(ArchiveError, match="desk has schema 99"):
        Desk(tmp_path / "archive")
