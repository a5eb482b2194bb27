"""The lexical index follows the archive, keeps filters inside, and knows which words are held."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from conftest import SAMPLE, put
from hypothesis import example, given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from corpus.analysis import content_terms
from corpus.archive import Archive
from corpus.embedder import Embedder
from corpus.holdings import Holdings
from corpus.lexical import LexicalIndex
from corpus.model import Filters
from corpus.settings import Settings
from ingest.pipeline import ingest


def found(index: LexicalIndex, query: str, archive: Archive, filters: Filters | None = None, k: int = 10) -> list[str]:
    """Statements that a lexical search finds, best first."""
    hits = index.search(dict.fromkeys(content_terms(query), 1.0), filters, k)
    passages = archive.passages([passage for passage, _ in hits])
    return [passages[passage].statement_id for passage, _ in hits]


@pytest.fixture
def lexical(archive: Archive) -> LexicalIndex:
    return LexicalIndex(archive.folder / "lexical")


def test_a_statement_is_found_by_its_words_before_it_has_vectors(archive: Archive, lexical: LexicalIndex) -> None:
    put(archive, "a", "The delegations discussed shipbuilding.")
    assert lexical.catch_up(archive)
    assert archive.count_without_vector("any") == 1
    assert found(lexical, "ships built by delegation", archive) == ["a"], "other forms of the words, too"
    assert found(lexical, "zebra", archive) == []


def test_update_and_removal_are_followed(archive: Archive, lexical: LexicalIndex) -> None:
    put(archive, "a", "The delegations discussed zebras.")
    put(archive, "b", "The delegations discussed zebras and more.")
    lexical.catch_up(archive)
    put(archive, "a", "The delegations discussed gazelles.")
    archive.remove("b")
    lexical.catch_up(archive)
    assert found(lexical, "zebra", archive) == []
    assert found(lexical, "gazelle", archive) == ["a"]
    put(archive, "a", "The delegations discussed gazelles.", title="On antelopes")
    lexical.catch_up(archive)
    assert found(lexical, "antelope", archive) == ["a"]
    assert lexical.count() == 1


def test_filters_are_inside_the_lexical_search(archive: Archive, lexical: LexicalIndex) -> None:
    for n in range(40):
        put(archive, f"out/{n}", "Zebra zebra zebra.", title="Zebra", published=date(2020, 1, 1), issuer="Other")
    for n in range(5):
        text = "A zebra was mentioned once, among many other words that make this a worse match."
        put(archive, f"in/{n}", text, title="Minutes", published=date(2021, 1, 1 + n), event=date(2019, 5, 1))
    lexical.catch_up(archive)
    assert not any(name.startswith("in/") for name in found(lexical, "zebra", archive, k=5))
    for filters in (
        Filters(date(2021, 1, 1), date(2021, 1, 5)),
        Filters(date_from=date(2021, 1, 1)),
        Filters(date(2019, 1, 1), date(2019, 12, 31)),  # by the event's date
        Filters(issuers=("MINISTRY OF TESTS",)),
        Filters(date_from=date(2020, 6, 1), issuers=("Ministry of Tests",)),
    ):
        assert sorted(found(lexical, "zebra", archive, filters, k=5)) == [f"in/{n}" for n in range(5)]
    assert found(lexical, "zebra", archive, Filters(date_to=date(2018, 1, 1))) == []
    assert found(lexical, "zebra", archive, Filters(issuers=("Ministry",))) == []


def test_while_another_process_writes_the_index_can_be_searched(archive: Archive, lexical: LexicalIndex) -> None:
    put(archive, "a", "The delegations discussed zebras.")
    lexical.catch_up(archive)
    put(archive, "b", "The delegations discussed gazelles.")
    hold = f"import sys; sys.path.insert(0, {str(Path(__file__).parents[1])!r}); from pathlib import Path;" + (
        "from corpus.locks import FolderLock; lock = FolderLock(Path(sys.argv[1])); lock.acquire();"
        "print('held', flush=True); sys.stdin.read()"
    )
    call = [sys.executable, "-c", hold, archive.folder / "lexical"]
    with subprocess.Popen(call, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None and other.stdout.readline() == "held\n"
        assert not lexical.catch_up(archive)
        assert found(lexical, "zebra", archive) == ["a"]
        assert found(lexical, "gazelle", archive) == []
        other.kill()
        other.wait()
    assert lexical.catch_up(archive)
    assert found(lexical, "gazelle", archive) == ["b"]


def test_a_rebuilt_lexical_index_finds_the_same(tmp_path: Path, embedder: Embedder) -> None:
    with Holdings(Settings(archive=tmp_path / "archive"), create=True) as holdings:
        holdings.embedder = embedder
        ingest([SAMPLE], holdings)
        holdings.archive.remove(holdings.archive.all_ids()[0])
        holdings.lexical.catch_up(holdings.archive)
        queries = ["shipbuilding with Oman", "trade agreement", "defence secretary visit", "Muscat"]
        weights = [dict.fromkeys(content_terms(query), 1.0) for query in queries]
        before = [sorted(passage for passage, _ in holdings.lexical.search(w, None, 1000)) for w in weights]
        holdings.lexical.rebuild(holdings.archive)
        after = [sorted(passage for passage, _ in holdings.lexical.search(w, None, 1000)) for w in weights]
        assert after == before and all(before)
        assert holdings.lexical.count() == holdings.archive.count_passages()


@pytest.mark.parametrize("damage", ["state", "half a state", "files"])
def test_a_damaged_lexical_index_is_made_anew(archive: Archive, lexical: LexicalIndex, damage: str) -> None:
    put(archive, "a", "The delegations discussed zebras.")
    lexical.catch_up(archive)
    folder = archive.folder / "lexical"
    if damage == "files":
        (folder / "tantivy" / "meta.json").write_bytes(os.urandom(200))
    else:
        (folder / "state.json").write_text("" if damage == "state" else '{"format": 1, "se')
    again = LexicalIndex(folder)
    assert again.catch_up(archive)
    assert found(again, "zebra", archive) == ["a"]
    assert again.count() == 1


# ---- what a reader with groups is shown first ----------------------------------------------------------------------

READER = Filters(groups=frozenset({"blue"}))


def test_more_of_a_word_in_less_text_comes_first_for_a_reader_with_groups(
    archive: Archive, lexical: LexicalIndex
) -> None:
    others = "Many other words about ports, tariffs, visas, grain, satellites and schools stood there. " * 3
    put(archive, "once", f"A zebra was seen. {others}", title="Minutes")
    put(archive, "twice", f"A zebra met a zebra. {others}", title="Minutes")
    put(archive, "short", "A zebra was seen.", title="Minutes")
    put(archive, "title", f"It was seen. {others}", title="Zebra")
    put(archive, "hidden", "Zebra zebra zebra.", title="Zebra", audience=("red",))
    put(archive, "rare", f"An okapi was seen. {others}", title="Minutes", audience=("blue",))
    lexical.catch_up(archive)
    assert found(lexical, "zebra", archive, READER) == ["title", "short", "twice", "once"]
    assert found(lexical, "zebra okapi", archive, READER)[0] == "rare"
    everything = lexical.with_all([[("zebra",), ("okapi",)], [("minut",)]], READER, 10)
    assert len(everything) == 4 and not any(score <= 0 for _, score in everything)


@pytest.mark.parametrize("k", [1, 3, 50, 64, 65, 500])
def test_of_passages_that_score_the_same_the_same_ones_come_first(
    archive: Archive, lexical: LexicalIndex, k: int
) -> None:
    for n in range(64):
        put(archive, f"same/{n}", "Zebras were counted.", title="Count")
        if n % 16 == 0:
            lexical.catch_up(archive)  # a commit, and so a segment, of its own
    lexical.catch_up(archive)
    ids = sorted(passage.id for n in range(64) for passage in archive.passages_of(f"same/{n}"))
    assert [passage for passage, _ in lexical.search({"zebra": 1.0}, READER, k)] == ids[:k]


# ---- which words are held ------------------------------------------------------------------------------------------


def test_words_of_another_process_are_known_with_its_next_commit(archive: Archive, lexical: LexicalIndex) -> None:
    writer = LexicalIndex(archive.folder / "lexical")
    for word, slip in (("gazelles", "gazellse"), ("antelopes", "antilopes"), ("buffaloes", "bufaloes")):
        [term], [slipped] = content_terms(word), content_terms(slip)
        for filters in (None, READER):
            assert not lexical.holds(term, filters) and lexical.variants(slipped, filters) == []
        put(archive, word, f"The {word} were counted.")
        writer.catch_up(archive)
        for filters in (None, READER):
            assert lexical.holds(term, filters) and lexical.variants(slipped, filters) == [term]
    archive.remove("gazelles")
    writer.catch_up(archive)
    assert not lexical.holds("gazell", READER)


NAMES = (
    "Nasser Naseer Naser Nasir Nassir Jiechi Jeichi Jieche Yermak Iermak Yermakk Sullivan Sulivan Sullyvan Solivan"
    " Zaporizhzhia Zaporizhzhya Zaporizhia Zaporozhye Muhammad Mohammad Mohamad Ahmed Ahmad Ahmede Berg Berk"
).split()
TERMS = sorted({term for name in NAMES for term in content_terms(name)})


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> LexicalIndex:
    """An index of names alone: one in a title, the rest in two statements."""
    archive = Archive(tmp_path_factory.mktemp("names") / "archive")
    put(archive, "a", " ".join(NAMES[1::2]), title=NAMES[0], issuer="Berg")
    put(archive, "b", " ".join(NAMES[2::2]), title=NAMES[-1], issuer="Berg")
    index = LexicalIndex(archive.folder / "lexical")
    index.catch_up(archive)
    archive.close()
    return index


edits = st.tuples(st.sampled_from(TERMS), st.integers(0, 12), st.sampled_from(["", "a", "y", "i", "ss"]), st.booleans())


@given(edits)
@example(("nasser", 0, "", False))
def test_variants_and_spellings_are_those_of_the_definition(
    named: LexicalIndex, edit: tuple[str, int, str, bool]
) -> None:
    term, at, put_in, swap = edit
    word = term[:at] + (term[at : at + 2][::-1] if swap else term[at : at + 1] + put_in) + term[at + 1 + swap :]
    reach = 1 if len(word) < 9 else 2
    alike = [other for other in TERMS if other != word and other[0] == word[0] and len(word) >= 5]
    slips = [t for t in alike if OSA.distance(t, word) <= reach and (len(word) > 5 or sorted(t) == sorted(word))]
    assert named.variants(word) == named.variants(word, READER) == slips
    same = [t for t in alike if _plain(t) == _plain(word)]
    assert named.spellings(word) == named.spellings(word, READER) == same


def _plain(word: str) -> str:
    """Without doubled letters, and with one letter for y and i."""
    letters = word.replace("y", "i")
    return "".join(b for a, b in zip(" " + letters, letters, strict=False) if a != b)
