"""Cases, runs, comparison, report and gate, on the sample corpus and through the real command line."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from conftest import ROOT, SAMPLE, Run, command, process
from llama_index.core.llms import CompletionResponse, CompletionResponseGen, CustomLLM, LLMMetadata
from pydantic import Field

from corpus.archive import Archive
from corpus.errors import OnRecordError
from corpus.settings import Settings
from evals.answerers import Reply, Server
from evals.authoring import Correction, case_of, import_csv
from evals.cases import load_cases, locate, resolve
from evals.compare import compare, difference
from evals.gate import fallen, read_bars
from evals.judge import judged
from evals.record import Head, RunRecord, config_of, read_record, without_timings, write_record
from evals.report import report
from evals.run import run
from evals.scoring import summarise
from rag.model import Turn

CASES = ROOT / "evals" / "cases" / "sample.jsonl"
BARS = ROOT / "evals" / "bars" / "sample.toml"
HEAD = Head(config={}, corpus_sha256="c", cases_sha256="s", models={}, code_version="1")
OMAN = "in-ids/2025-11-24-oman-cds-secgen-talks"


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an archive of the sample, vectors included; only read."""
    folder = tmp_path_factory.mktemp("evals")
    done = subprocess.run(command(folder / "archive", "ingest", SAMPLE), **process(folder), timeout=120)  # type: ignore[call-overload]
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def runs(sample: Path) -> dict[str, Path]:
    """Records of the sample set: ours, and a baseline with both indexes and with dense off."""
    made = {}
    for system in ("ours", "plain-fusion", "lexical-only"):
        made[system] = sample / f"{system}.json"
        call = ["eval", "run", CASES, "--out", made[system], "--system", system, "--today", "2026-11-23"]
        done = subprocess.run(command(sample / "archive", *call), **process(sample), timeout=300)  # type: ignore[call-overload]
        assert done.returncode == 0, done.stderr
    return made


@pytest.fixture
def held(sample: Path) -> Archive:
    return Archive(sample / "archive", create=False)


def case(**fields: Any) -> dict[str, Any]:
    """A usable case, but for the fields given."""
    gold = [{"statement": OMAN, "quote": "openings for defence exports"}]
    usual = {"id": "a", "type": "fact", "turns": ["What of exports?"], "answerable": True, "gold": gold}
    return usual | fields


def write(path: Path, *lines: dict[str, Any] | str) -> Path:
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), encoding="utf-8")
    return path


class Scripted:
    """Answers every question with one quote; fails, or is slow to, as told.

    Args:
        archive: what it quotes.
        dies_at: the number of the question, from 1, at which it is interrupted.
    """

    def __init__(self, archive: Archive, dies_at: int = 0) -> None:
        self._version = archive.version(OMAN)
        self._dies_at = dies_at
        self.asked: list[tuple[str, list[str]]] = []

    def __call__(self, question: str, history: Sequence[Turn]) -> Reply:
        self.asked.append((question, [turn.answer for turn in history]))
        if len(self.asked) == self._dies_at:
            raise KeyboardInterrupt
        if question == "broken?":
            raise OnRecordError("It broke.")
        start = self._version.text.index("openings")
        quote = self._version.text[start : start + 28]
        cited = {"marker": 1, "statement_id": OMAN, "version": 1, "title": "T", "date": "2025-11-24"}
        cited |= {"start": start, "end": start + 28, "quote": quote}
        timings = {"total": time.perf_counter()}
        return {
            "outcome": "answered",
            "text": f"{question} “{quote}” [1]",
            "citations": [cited],
            "retrieved": [OMAN],
            "timings_ms": timings,
        }


# ---- cases ---------------------------------------------------------------------------------------------------------


def test_the_shipped_set_is_sound_and_stands_in_the_sample(held: Archive) -> None:
    cases = load_cases(CASES)
    resolved = resolve(cases, held)
    assert len(resolved) >= 55
    types = {each.case.type for each in resolved}
    assert {"discussion", "fact", "attribution", "date", "timeline", "compare", "multiturn", "unanswerable"} <= types
    for each in resolved:
        for span in (*each.gold, *each.alt_gold):
            assert held.version(span.statement, span.version).text[span.start : span.end] == span.quote


def test_every_bad_line_is_named_with_file_and_line(tmp_path: Path) -> None:
    path = write(
        tmp_path / "bad.jsonl",
        case(),
        "{not json",
        "",
        case(id="b", turns=[]),
        case(id="c", colour="red"),
        case(id="d", answerable=False),
        case(id="e", gold=[]),
        case(id="f", date_from="2025-02-01", date_to="2025-01-01"),
        case(),
        case(id="g", type="all"),
    )
    with pytest.raises(OnRecordError) as raised:
        load_cases(path)
    lines = str(raised.value).splitlines()[1:]
    assert [re.search(r"bad\.jsonl:(\d+): ", line)[1] for line in lines] == [*"2456789", "10"]  # type: ignore[index]
    for words, line in (("turns", 1), ("colour", 2), ("needs gold", 4), ("later", 5), (":1 already", 6), ("'all'", 7)):
        assert words in lines[line]


@pytest.mark.parametrize("text", ["", "\n\n"])
def test_an_empty_set_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(OnRecordError, match="no case"):
        load_cases(write(tmp_path / "empty.jsonl", text))


def test_quotes_are_found_whatever_their_spaces_and_quote_marks() -> None:
    text = "It said: “the\n\nUnited States’  view (1.5%)” and left."
    place = locate('"the United States\' view (1.5%)"', text)
    assert place and text[slice(*place)] == "“the\n\nUnited States’  view (1.5%)”"
    assert locate("the United States view", text) is None
    assert locate("THE united", text) is None


def test_unresolved_gold_is_listed_and_nothing_runs(sample: Path, tmp_path: Path) -> None:
    gone = {"statement": "no/such", "quote": "x"}
    unsaid = {"statement": OMAN, "quote": "They agreed on everything."}
    path = write(tmp_path / "c.jsonl", case(), case(id="b", gold=[gone]), case(id="c", alt_gold=[unsaid]))
    call = command(sample / "archive", "eval", "run", path, "--out", tmp_path / "r.json")
    done = subprocess.run(call, **process(tmp_path), timeout=120)  # type: ignore[call-overload]
    assert done.returncode == 1
    assert "c.jsonl:2: gold: the archive does not hold the statement 'no/such'" in done.stderr
    assert "c.jsonl:3: alt_gold:" in done.stderr and "does not say 'They agreed on everything.'" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.glob("r.json*"))


# ---- runs ----------------------------------------------------------------------------------------------------------


def four(tmp_path: Path, held: Archive) -> list[Any]:
    path = write(
        tmp_path / "c.jsonl",
        case(),
        case(id="b", turns=["One?", "Two?", "Three?"]),
        case(id="c", turns=["broken?"]),
        case(id="d", answerable=False, gold=[]),
    )
    return resolve(load_cases(path), held)


def test_every_turn_is_asked_and_the_last_is_scored(tmp_path: Path, held: Archive) -> None:
    answerer = Scripted(held)
    record = run(four(tmp_path, held), answerer, held, HEAD, tmp_path / "r.json")
    quoted = "“openings for defence exports” [1]"
    assert answerer.asked[1:4] == [
        ("One?", []),
        ("Two?", [f"One? {quoted}"]),
        ("Three?", [f"One? {quoted}", f"Two? {quoted}"]),
    ]
    assert record.cases[1].text == f"Three? {quoted}"
    good, _, broken, absent = record.cases
    assert good.scores["evidence_recall"] == good.scores["verbatim_rate"] == good.scores["decision"] == 1.0
    assert (broken.outcome, broken.text, broken.scores["decision"]) == ("error", "It broke.", 0.0)
    assert broken.scores["statement_recall"] == broken.scores["evidence_recall"] == 0.0
    assert absent.scores["decision"] == 0.0 and "evidence_recall" not in absent.scores
    assert summarise(record.cases).values["evidence_recall"] == pytest.approx(2 / 3)
    assert read_record(tmp_path / "r.json") == record


def test_a_wrong_quote_shows_in_the_verbatim_rate(tmp_path: Path, held: Archive) -> None:
    def answerer(question: str, history: Sequence[Turn]) -> Reply:
        reply = Scripted(held)(question, history)
        reply["citations"][0]["quote"] = "openings for defense exports"
        return reply

    record = run(four(tmp_path, held)[:1], answerer, held, HEAD, tmp_path / "r.json")
    assert record.cases[0].scores["verbatim_rate"] == 0.0


@pytest.mark.parametrize("dies_at", [1, 3, 6])
@pytest.mark.parametrize("torn", [False, True])
def test_a_stopped_run_goes_on_to_the_same_record(tmp_path: Path, held: Archive, dies_at: int, torn: bool) -> None:
    cases, out = four(tmp_path, held), tmp_path / "r.json"
    whole = run(cases, Scripted(held), held, HEAD, tmp_path / "whole.json")
    with pytest.raises(KeyboardInterrupt):
        run(cases, Scripted(held, dies_at), held, HEAD, out)
    assert not out.exists()
    partial = tmp_path / "r.json.partial"
    if torn:
        partial.write_text(partial.read_text()[:-9])
    resumed = Scripted(held)
    record = run(cases, resumed, held, HEAD, out)
    assert without_timings(record) == without_timings(whole)
    assert len(resumed.asked) < 6 or dies_at == 1 or torn
    assert not partial.exists()


def test_an_unfinished_run_of_something_else_is_not_mixed_in(tmp_path: Path, held: Archive) -> None:
    cases, out = four(tmp_path, held), tmp_path / "r.json"
    with pytest.raises(KeyboardInterrupt):
        run(cases, Scripted(held, 3), held, HEAD, out)
    with pytest.raises(OnRecordError, match="other code_version"):
        run(cases, Scripted(held), held, HEAD.model_copy(update={"code_version": "2"}), out)


def test_many_at_a_time_give_the_record_of_one_at_a_time(tmp_path: Path, held: Archive) -> None:
    one = run(four(tmp_path, held), Scripted(held), held, HEAD, tmp_path / "one.json")
    many = run(four(tmp_path, held), Scripted(held), held, HEAD, tmp_path / "many.json", jobs=4)
    assert without_timings(one) == without_timings(many)


def test_a_record_shows_no_secret() -> None:
    class WithKey(Settings):
        llm: dict[str, str] = Field({"api_key": "sk-123", "model": "m"})

    shown = config_of(WithKey())
    assert shown["llm"] == {"api_key": "***", "model": "m"}
    assert "archive" not in shown


def test_a_second_run_killed_and_resumed_leaves_the_identical_record(sample: Path, tmp_path: Path) -> None:
    def call(out: Path) -> list[str]:
        call = ["eval", "run", CASES, "--out", out, "--limit", "12", "--today", "2026-11-23"]
        return command(sample / "archive", *call)

    whole, killed = tmp_path / "whole.json", tmp_path / "killed.json"
    partial = tmp_path / "killed.json.partial"
    child = subprocess.Popen(call(killed), **process(tmp_path))  # type: ignore[call-overload]
    until = time.monotonic() + 60
    while not (partial.exists() and partial.read_bytes().count(b"\n") > 4) and time.monotonic() < until:
        time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    child.communicate()
    assert partial.exists() and not killed.exists()
    for out in (whole, killed):
        done = subprocess.run(call(out), **process(tmp_path), timeout=300)  # type: ignore[call-overload]
        assert done.returncode == 0, done.stderr
    assert without_timings(read_record(killed)) == without_timings(read_record(whole))
    assert not partial.exists()


class FakeServer(BaseHTTPRequestHandler):
    """The API as far as a run needs it; keeps what it was sent in `seen`."""

    seen: ClassVar[list[Any]] = []

    def do_GET(self) -> None:
        self._send(200, {"statements": 1})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.seen.append(body)
        if body["question"] == "broken?":
            self._send(422, {"detail": "no such thing"})
        else:
            self._send(200, {"outcome": "not_found", "text": "Nothing held on that.", "citations": []})

    def _send(self, status: int, body: Any) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: Any) -> None:
        """Nothing."""


def test_a_server_is_asked_over_its_address(tmp_path: Path, held: Archive) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), FakeServer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        asked = Server(f"http://127.0.0.1:{server.server_port}/")
        record = run(four(tmp_path, held), asked, held, HEAD, tmp_path / "r.json")
    finally:
        server.shutdown()
        server.server_close()
    assert asked.statements == 1
    assert FakeServer.seen[3] == {
        "question": "Three?",
        "history": [{"question": q, "answer": "Nothing held on that."} for q in ("One?", "Two?")],
    }
    assert [case.outcome for case in record.cases] == ["not_found", "not_found", "error", "not_found"]
    assert "422" in record.cases[2].text and "no such thing" in record.cases[2].text
    first, *_, absent = record.cases
    assert first.retrieved is None and "statement_recall" not in first.scores  # this server does not tell
    assert absent.scores["decision"] == 1.0


@pytest.mark.parametrize("url", ["ftp://x", "http://127.0.0.1:9"])
def test_an_address_where_nobody_answers_is_told(url: str) -> None:
    with pytest.raises(OnRecordError, match=r"address of a server|Is the server running"):
        Server(url)


class Judge(CustomLLM):
    """A language model that says the same to everything."""

    says: str

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(model_name="judge-1")

    def complete(self, prompt: str, formatted: bool = False, **_: Any) -> CompletionResponse:
        return CompletionResponse(text=self.says)

    def stream_complete(self, prompt: str, formatted: bool = False, **_: Any) -> CompletionResponseGen:
        raise NotImplementedError


@pytest.mark.parametrize(("says", "faithful", "relevant"), [("YES", 1.0, None), ("NO. [RESULT] 1", 0.0, 0.5)])
def test_a_judge_is_asked_apart(runs: dict[str, Path], says: str, faithful: float, relevant: float | None) -> None:
    record = read_record(runs["ours"])
    few = record.model_copy(update={"cases": record.cases[:2] + record.cases[-1:]})
    seen = judged(few, Judge(says=says))
    assert seen.models == {**record.models, "judge": "judge-1"}
    for before, after in zip(few.cases, seen.cases, strict=True):
        expected = {"faithfulness": faithful} | ({} if relevant is None else {"answer_relevance": relevant})
        assert after.scores == {**before.scores, **(expected if before.citations else {})}


# ---- comparison ----------------------------------------------------------------------------------------------------


def test_dense_off_is_found_by_comparing(runs: dict[str, Path], onrecord: Run) -> None:
    found = compare(read_record(runs["plain-fusion"]), read_record(runs["lexical-only"]))
    of_all = {d.measure: d.difference for d in found.differences if d.group == "all"}
    assert of_all["ndcg"] < 0 and of_all["evidence_recall"] < 0
    assert sum(not flip.better for flip in found.flips) > sum(flip.better for flip in found.flips)
    printed = onrecord("eval", "compare", runs["plain-fusion"], runs["lexical-only"]).stdout
    assert f"{len(found.flips)} cases flipped" in printed and "[A: " in printed and "[B: " in printed


def test_a_difference_is_sure_when_both_tests_say_so() -> None:
    clear = difference("all", "mrr", [(0.2, 0.7), (0.1, 0.9), (0.4, 0.6), (0.3, 0.8), (0.2, 0.8), (0.5, 0.6)])
    assert clear.sure and clear.low > 0 and clear.difference == pytest.approx(0.45)
    assert not difference("all", "mrr", [(0.2, 0.7)]).sure  # one case proves nothing, though its interval leaves out 0
    assert not difference("all", "mrr", [(0.2, 0.7), (0.9, 0.4), (0.1, 0.2)]).sure


def test_a_run_does_not_differ_from_itself(runs: dict[str, Path]) -> None:
    record = read_record(runs["ours"])
    found = compare(record, record)
    assert not found.flips and not any(d.sure or d.difference for d in found.differences)


def test_other_sets_and_corpora_are_refused_unless_told(runs: dict[str, Path], tmp_path: Path, onrecord: Run) -> None:
    record = read_record(runs["ours"])
    other = record.model_copy(update={"corpus_sha256": "other", "cases": record.cases[1:]})
    write_record(other, tmp_path / "other.json")
    done = onrecord("eval", "compare", runs["ours"], tmp_path / "other.json", check=False)
    assert done.returncode == 1 and "different cases and corpora" in done.stderr
    anyway = json.loads(onrecord("eval", "compare", runs["ours"], tmp_path / "other.json", "--anyway", "--json").stdout)
    of = {(d["group"], d["measure"]): d for d in anyway["differences"]}
    assert of["all", "statement_recall"]["cases"] == sum(case.answerable for case in record.cases)
    lacking = record.cases[0].scores["statement_recall"] / of["all", "statement_recall"]["cases"]
    assert of["all", "statement_recall"]["a"] - of["all", "statement_recall"]["b"] == pytest.approx(lacking)


# ---- report --------------------------------------------------------------------------------------------------------


def test_the_report_asks_nothing_of_the_network(runs: dict[str, Path], tmp_path: Path, onrecord: Run) -> None:
    onrecord("eval", "report", runs["ours"], runs["lexical-only"], "--out", tmp_path / "report")
    (made,) = (tmp_path / "report").iterdir()
    page = made.read_text(encoding="utf-8")
    assert "default-src 'none'" in page
    tags = re.findall(r"<(?!/)([a-z0-9]+)([^>]*)>", page)
    assert not {"link", "img", "iframe", "object", "embed", "a", "base", "image", "use"} & {name for name, _ in tags}
    assert not [rest for _, rest in tags if re.search(r"\s(?:src|href|action|srcset|on\w+)\s*=", rest)]
    assert "url(" not in page.split("</style>")[0] and "@import" not in page and page.count("<script") == 1
    assert page.count("<svg") == 5
    assert page.count('<details class="case') == len(read_record(runs["ours"]).cases)
    assert 'class="gold cited"' in page


def test_hostile_text_stays_text(runs: dict[str, Path]) -> None:
    evil = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\" onmouseover='x'"
    record = read_record(runs["ours"])
    first = record.cases[0]
    excerpts = tuple(e.model_copy(update={"text": evil, "title": evil, "statement": evil}) for e in first.excerpts)
    changed = {"id": evil, "type": evil, "turns": (evil, evil), "text": evil, "outcome": evil, "excerpts": excerpts}
    hostile = record.model_copy(
        update={"cases": (first.model_copy(update=changed), *record.cases[1:]), "config": {evil: evil}}
    )
    page = report({evil: hostile})
    assert page.count("<script") == 1 and "<img" not in page
    assert not re.search(r'<[^>]*"\s+onmouseover', page)
    assert "&lt;/script&gt;&lt;script&gt;alert(1)" in page


# ---- gate ----------------------------------------------------------------------------------------------------------


def test_the_sample_passes_its_bars(runs: dict[str, Path], onrecord: Run) -> None:
    done = onrecord("eval", "gate", runs["ours"], "--bars", BARS, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr


def test_the_gate_names_what_fell(runs: dict[str, Path], tmp_path: Path, onrecord: Run) -> None:
    bars = tmp_path / "bars.toml"
    bars.write_text(
        "[at_least.all]\nverbatim_rate = 1.0\nevidence_recall = 1.01\n[at_least.nonsense]\nmrr = 0.1\n"
        "[at_most.timeline]\nwords = 1\n"
    )
    done = onrecord("eval", "gate", runs["ours"], "--bars", bars, check=False)
    assert done.returncode == 1
    fell = done.stderr.splitlines()
    assert len(fell) == 3
    assert re.fullmatch(r"fell: all: evidence_recall is 0\.\d+, wanted at least 1\.01", fell[0])
    assert fell[1] == "fell: nonsense: mrr has no score in this run (wanted at least 0.1)"
    assert fell[2].startswith("fell: timeline: words is ") and fell[2].endswith("wanted at most 1")


@pytest.mark.parametrize("text", ["", "[at_least.all]\n", "[bar.all]\nmrr = 1", "[at_least.all]\nmrr = 'x'", "]["])
def test_unusable_bars_are_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bars.toml"
    path.write_text(text)
    with pytest.raises(OnRecordError, match=re.escape(str(path))):
        read_bars(path)


def test_a_limited_run_passes_no_gate(sample: Path, tmp_path: Path) -> None:
    out = tmp_path / "part.json"
    for call in (["run", CASES, "--out", out, "--limit", "2"], ["gate", out, "--bars", BARS]):
        done = subprocess.run(command(sample / "archive", "eval", *call), **process(tmp_path), timeout=120)  # type: ignore[call-overload]
    assert done.returncode == 1 and "--limit" in done.stderr


def test_bars_hold_at_their_own_value(runs: dict[str, Path]) -> None:
    record: RunRecord = read_record(runs["ours"])
    value = summarise(record.cases).values["mrr"]
    assert not fallen(record, read_bars(BARS).model_copy(update={"at_least": {"all": {"mrr": value}}, "at_most": {}}))


# ---- authoring -----------------------------------------------------------------------------------------------------


def test_an_answer_becomes_a_case(sample: Path, tmp_path: Path, held: Archive) -> None:
    def call(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command(sample / "archive", *arguments), **process(tmp_path), timeout=120)  # type: ignore[call-overload, no-any-return]

    answer, cases = tmp_path / "answer.json", tmp_path / "mine.jsonl"
    answer.write_text(call("ask", "What did CDS discuss with Oman?", "--json").stdout, encoding="utf-8")
    corrected = ["--keep", "1", "--gold", OMAN, "openings for defence exports", "--fact", "exports", "--note", "n"]
    done = call("eval", "new", answer, "--to", cases, "--id", "n1", "--type", "fact", "--before", "Hello?", *corrected)
    assert done.returncode == 0, done.stderr
    assert call("eval", "new", answer, "--to", cases, "--id", "n2", "--unanswerable").returncode == 0
    first, second = (each.case for each in resolve(load_cases(cases), held))
    assert first.turns == ("Hello?", "What did CDS discuss with Oman?")
    assert [gold.quote for gold in first.gold][1:] == ["openings for defence exports"] and first.facts == ("exports",)
    assert not second.answerable and not second.gold
    before = cases.read_text()
    again = call("eval", "new", answer, "--to", cases, "--id", "n1")
    unsaid = call("eval", "new", answer, "--to", cases, "--id", "n3", "--gold", OMAN, "Nobody said this.")
    unknown = call("eval", "new", answer, "--to", cases, "--id", "n4", "--keep", "99")
    assert "already" in again.stderr and "does not say" in unsaid.stderr and "no citation 99" in unknown.stderr
    assert cases.read_text() == before


def test_what_is_no_answer_makes_no_case() -> None:
    with pytest.raises(OnRecordError, match="not an answer"):
        case_of({"question": "Q?"}, Correction(), name="a", kind="fact")


def test_a_spreadsheet_comes_in(tmp_path: Path) -> None:
    path = tmp_path / "questions.csv"
    path.write_text(
        "\ufeffid,type,before,question,statement,quote,alternative,facts,date_from\n"
        'x,multiturn,"One?\nTwo?",Three?,s/1,said,,"fact one\nfact two",2025-01-01\n'
        "x,,,,s/2,also said,,,\n"
        "x,,,,s/3,said too,yes,,\n"
        ",,,Nothing held?,,,,,\n",
        encoding="utf-8",
    )
    x, other = import_csv(path)
    assert x.turns == ("One?", "Two?", "Three?") and x.facts == ("fact one", "fact two")
    assert [gold.statement for gold in x.gold] == ["s/1", "s/2"] and x.alt_gold[0].statement == "s/3"
    assert x.date_from == date(2025, 1, 1)
    assert (other.id, other.answerable, other.type) == ("questions-7", False, "question")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("id,frage\nx,y\n", ":1: unknown column 'frage'"),
        ("id\nx\n", ":1: no column 'question'"),
        ("question\n", "has no rows"),
        ("question,answerable\nQ?,perhaps\n", ":2: 'perhaps' is neither yes nor no"),
        ("question,statement,quote\nQ?,,said\n", ":2: gold.0.statement"),
    ],
)
def test_a_bad_spreadsheet_is_told(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "q.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(OnRecordError, match=re.escape(problem)):
        import_csv(path)


def test_a_wrong_system_is_told(sample: Path, tmp_path: Path) -> None:
    shutil.copy(CASES, tmp_path / "c.jsonl")
    call = command(sample / "archive", "eval", "run", "c.jsonl", "--out", "r.json", "--system", "theirs")
    done = subprocess.run(call, **process(tmp_path), timeout=60)  # type: ignore[call-overload]
    assert done.returncode == 1 and "known are ours, lexical-only" in done.stderr
