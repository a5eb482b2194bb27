"""OnRecord's parts inside a LlamaIndex user's own pipeline."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from llama_index.core.base.llms.types import ChatMessage, MessageRole
from llama_index.core.postprocessor import SimilarityPostprocessor
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import MetadataMode, NodeWithScore, QueryBundle
from llama_index.core.tools import QueryEngineTool
from rag_fixtures import TALKS, fill
from rag_fixtures import engine_fixture as engine_fixture
from rag_fixtures import sample_fixture as sample_fixture

from corpus.holdings import Holdings
from corpus.model import Filters
from corpus.settings import Settings
from rag.engine import Engine
from rag.llama import StatementChatEngine, StatementQueryEngine, StatementRetriever

OMAN = "What did CDS discuss with Oman?"


class NewestFirst(BaseNodePostprocessor):
    """A user's own part: the newest statement first, at most two passages."""

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        return sorted(nodes, key=lambda node: str(node.metadata["date"]), reverse=True)[:2]


def assert_spans(nodes: list[NodeWithScore], holdings: Holdings) -> None:
    """Each node's text stands in its statement where the node says."""
    assert nodes
    for node in nodes:
        text = holdings.archive.version(node.metadata["statement_id"], node.metadata["version"]).text
        assert text[node.node.start_char_idx : node.node.end_char_idx] == node.text  # type: ignore[attr-defined]


def test_the_retriever_gives_passages_with_their_place(engine: Engine, sample: Holdings) -> None:
    nodes = StatementRetriever(engine, k=5).retrieve("shipbuilding with Oman")
    assert len(nodes) == 5
    assert_spans(nodes, sample)
    scores = [node.score or 0.0 for node in nodes]
    assert scores == sorted(scores, reverse=True) and scores[-1] > 0
    assert all(node.metadata["title"] in node.node.get_content(MetadataMode.LLM) for node in nodes)


def test_the_retriever_keeps_to_its_filters(engine: Engine) -> None:
    nodes = StatementRetriever(engine, k=20, filters=Filters(issuers=("Indian Navy",))).retrieve(QueryBundle("Oman"))
    assert {node.metadata["issuer"] for node in nodes} == {"Indian Navy"}


def test_the_retriever_feeds_somebody_elses_postprocessors(engine: Engine, sample: Holdings) -> None:
    query = QueryBundle("talks with Oman")
    found = StatementRetriever(engine, k=8).retrieve(query)
    kept = SimilarityPostprocessor(similarity_cutoff=0.001).postprocess_nodes(found, query)
    nodes = NewestFirst().postprocess_nodes(kept, query)
    dates = [str(node.metadata["date"]) for node in nodes]
    assert len(dates) == 2 and dates[0] == max(str(node.metadata["date"]) for node in found) and dates[1] <= dates[0]
    assert_spans(nodes, sample)


def test_the_retriever_can_be_awaited(engine: Engine) -> None:
    retriever = StatementRetriever(engine, k=3)
    awaited = asyncio.run(retriever.aretrieve("shipbuilding"))
    assert [node.node_id for node in awaited] == [node.node_id for node in retriever.retrieve("shipbuilding")]


def test_the_query_engine_answers_with_checked_sources(engine: Engine, sample: Holdings) -> None:
    response = StatementQueryEngine(engine).query(OMAN)
    assert response.source_nodes[0].metadata["statement_id"] == TALKS
    assert_spans(response.source_nodes, sample)
    assert response.metadata is not None and response.metadata["outcome"] == "answered"
    assert [c["quote"] for c in response.metadata["citations"]] == [node.text for node in response.source_nodes]
    for marker, node in enumerate(response.source_nodes, start=1):
        assert f"“{node.text}” [{marker}]" in str(response)


def test_the_query_engine_says_when_nothing_is_held(engine: Engine) -> None:
    response = StatementQueryEngine(engine).query("What did CDS discuss with Brazil?")
    assert response.source_nodes == [] and str(response).startswith("Nothing held on that.")


def test_the_query_engine_keeps_to_its_filters(engine: Engine) -> None:
    response = StatementQueryEngine(engine, Filters(issuers=("NATO",))).query(OMAN)
    assert response.metadata is not None and response.metadata["outcome"] == "filtered_out"
    assert response.source_nodes == []


def test_the_query_engine_as_a_tool_and_awaited(engine: Engine) -> None:
    asked = StatementQueryEngine(engine)
    tool = QueryEngineTool.from_defaults(asked, name="statements", description="official statements")
    assert tool.call(OMAN).content == str(asked.query(OMAN)) == str(asyncio.run(asked.aquery(OMAN)))


def test_a_chat_reads_follow_ups_with_the_turns_before(engine: Engine, sample: Holdings) -> None:
    chat = StatementChatEngine(engine)
    chat.chat(OMAN)
    answer = chat.chat("and on shipbuilding?")
    assert {node.metadata["statement_id"] for node in answer.source_nodes} == {TALKS}
    assert any("doing more together on shipbuilding" in node.text for node in answer.source_nodes)
    assert_spans(answer.source_nodes, sample)
    assert [message.role for message in chat.chat_history] == [MessageRole.USER, MessageRole.ASSISTANT] * 2
    assert chat.chat_history[-1].content == answer.response


def test_a_reset_chat_remembers_nothing(engine: Engine) -> None:
    chat = StatementChatEngine(engine)
    chat.chat("What did NATO adopt in The Hague?")
    chat.reset()
    assert chat.chat_history == []
    assert chat.chat("and on shipbuilding?").metadata["standalone_question"] == "and on shipbuilding?"  # type: ignore[index]


def test_a_history_that_is_given_takes_the_place_of_the_one_kept(engine: Engine) -> None:
    chat = StatementChatEngine(engine)
    chat.chat("What did NATO adopt in The Hague?")
    given = [
        ChatMessage(content="You answer questions.", role=MessageRole.SYSTEM),
        ChatMessage(content=OMAN, role=MessageRole.USER),
        ChatMessage(content="An answer.", role=MessageRole.ASSISTANT),
    ]
    answer = chat.chat("and on shipbuilding?", chat_history=given)
    assert answer.source_nodes[0].metadata["statement_id"] == TALKS
    assert len(given) == 3  # the caller's list is the caller's


def test_a_streamed_answer_is_the_whole_answer(engine: Engine) -> None:
    whole = StatementChatEngine(engine).chat(OMAN).response
    chat = StatementChatEngine(engine)
    stream = chat.stream_chat(OMAN)
    assert "".join(stream.response_gen) == whole
    assert stream.source_nodes[0].metadata["statement_id"] == TALKS
    assert [message.content for message in chat.chat_history] == [OMAN, whole]


def test_a_chat_can_be_awaited(engine: Engine) -> None:
    async def talk() -> tuple[str, str]:
        chat = StatementChatEngine(engine)
        first = await chat.achat(OMAN)
        stream = await chat.astream_chat("and on shipbuilding?")
        return first.response, "".join([piece async for piece in stream.async_response_gen()])

    first, second = asyncio.run(asyncio.wait_for(talk(), 60))
    assert "Military Logistic Complex" in first and "doing more together on shipbuilding" in second


def test_a_rebuild_gives_the_same_node_ids(engine: Engine, tmp_path: Path) -> None:
    with Holdings(Settings(archive=tmp_path / "again"), create=True) as again:
        fill(again)
        rebuilt = Engine(again)
        for text in (OMAN, "shipbuilding"):
            one, other = StatementRetriever(engine).retrieve(text), StatementRetriever(rebuilt).retrieve(text)
            assert [node.node_id for node in one] == [node.node_id for node in other]
        one, other = (StatementQueryEngine(each).query(OMAN).source_nodes for each in (engine, rebuilt))
        assert [node.node_id for node in one] == [node.node_id for node in other]


@pytest.mark.parametrize("k", [1, 3])
def test_k_is_how_many(k: int, engine: Engine) -> None:
    assert len(StatementRetriever(engine, k=k).retrieve("Oman")) == k
