"""What stands around answers: what is held and when it was synced, what is pasted, and questions to start with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from corpus.archive import Archive, Coverage
from corpus.catalogue import Month
from corpus.ledger import Source
from corpus.model import Filters, Statement, Voice
from rag.model import Answer, Citation, Outcome, Question, Searched
from tests.conftest import put
from ui.chat.examples import examples
from ui.reader import LOCAL, Reader
from ui.render.around import held_html
from ui.render.rich import answer_rich

COVERAGE = Coverage(3, date(2025, 1, 1), date(2025, 3, 1))
MONTHS = [Month("Ministry of <b>", "2025-01", 3)]
EARLY, LATE = datetime(2025, 3, 1, 8, 0, tzinfo=UTC), datetime(2025, 3, 2, 9, 30, tzinfo=UTC)
FEED = Source(1, "https://a.example/feed", "feed", None, "", EARLY, LATE, LATE, None)


def held(sources: Sequence[Source]) -> str:
    return held_html(COVERAGE, MONTHS, EARLY, sources, 0)


def test_what_is_held_says_since_when_every_source_is_synced() -> None:
    assert "source" not in held([])
    html = held([FEED, replace(FEED, url="https://b.example/<script>", synced=EARLY, problem="503 <i>")])
    assert "2 sources, all synced since 1 Mar 2025, 08:00 UTC; 1 could not be read at the last try" in html
    assert "https://b.example/&lt;script&gt;" in html
    assert "synced 1 Mar 2025, 08:00 UTC. 503 &lt;i&gt;" in html
    assert "1 source, not all synced yet" in held([replace(FEED, synced=None)])


def test_what_is_pasted_into_a_word_processor_has_raised_markers_and_safe_links() -> None:
    where = Statement("x", "Gate <b>", date(2025, 1, 1), "Wardens", url="https://a.example/?a=1&b=2")
    cited = Citation(1, where, 1, 0, 5, "<i>So", Voice.DIRECT, None)
    filters = Filters()
    answer = Answer(
        Question("q", "q", filters),
        Outcome.ANSWERED,
        "**On it:**\n\n- “<i>So” [1]",
        (cited,),
        Searched(1, None, None),
        (),
        {},
    )
    html = answer_rich(answer)
    assert html.startswith("<p><b>On it:</b></p><ul><li>“&lt;i&gt;So”<sup>[1]</sup></li></ul>")
    assert '<a href="https://a.example/?a=1&amp;b=2">https://a.example/?a=1&amp;b=2</a>' in html
    assert "Gate &lt;b&gt;" in html
    script = replace(answer, citations=(replace(cited, statement=replace(where, url="javascript:alert(1)")),))
    assert "javascript" not in answer_rich(script)


def test_questions_to_start_with_are_made_of_what_their_reader_may_see(archive: Archive) -> None:
    assert examples(archive, LOCAL) == []
    put(archive, "a", "Text.", title="Gate", speakers=("The Warden",), published=date(2024, 5, 6))
    put(archive, "b", "Other text.", title="Fleet", issuer="Secret Fleet", audience=("fleet",))
    asked = ["What does “Gate” say?", "What did The Warden say in 2024?"]
    assert examples(archive, Reader("bo")) == [*asked, "List every statement by Ministry of Tests in May 2024"]
    assert examples(archive, Reader("ana", frozenset({"fleet"})))[0] == "What does “Fleet” say?"
