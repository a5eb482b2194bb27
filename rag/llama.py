"""OnRecord as LlamaIndex parts: a retriever, a query engine and a chat engine to drop into somebody's own pipeline.

Nothing here uses LlamaIndex's global `Settings`, and no node id is random: a node is a passage, and has its id.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import Any

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.llms.types import ChatMessage, ChatResponse, MessageRole
from llama_index.core.base.response.schema import RESPONSE_TYPE, Response
from llama_index.core.callbacks import CallbackManager
from llama_index.core.chat_engine.types import (
    AgentChatResponse,
    BaseChatEngine,
    StreamingAgentChatResponse,
)
from llama_index.core.prompts.mixin import PromptMixinType
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from corpus.model import Filters
from rag.engine import Engine
from rag.model import Answer, Citation, Hit, Turn, as_json


class StatementRetriever(BaseRetriever):
    """Passages as `NodeWithScore`.

    Args:
        engine: what searches.
        k: how many passages.
        filters: what the search is restricted to.
    """

    def __init__(self, engine: Engine, k: int = 10, filters: Filters | None = None) -> None:
        super().__init__(callback_manager=CallbackManager())
        self._engine = engine
        self._k = k
        self._filters = filters

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return [_hit_node(hit) for hit in self._engine.search(query_bundle.query_str, self._filters, self._k)]


class StatementQueryEngine(BaseQueryEngine):
    """Checked answers as `Response`: its source nodes are the citations, and `metadata` is the answer as JSON.

    Args:
        engine: what answers.
        filters: what the search is restricted to.
    """

    def __init__(self, engine: Engine, filters: Filters | None = None) -> None:
        super().__init__(callback_manager=CallbackManager())
        self._engine = engine
        self._filters = filters

    def _query(self, query_bundle: QueryBundle) -> RESPONSE_TYPE:
        answer = self._engine.ask(query_bundle.query_str, filters=self._filters)
        return Response(answer.text, source_nodes=_sources(answer), metadata=as_json(answer))

    async def _aquery(self, query_bundle: QueryBundle) -> RESPONSE_TYPE:
        import asyncio

        return await asyncio.to_thread(self._query, query_bundle)

    def _get_prompt_modules(self) -> PromptMixinType:
        return {}


class StatementChatEngine(BaseChatEngine):
    """A conversation: follow-ups are read with the turns before them.

    Args:
        engine: what answers.
        filters: what the search is restricted to.
    """

    def __init__(self, engine: Engine, filters: Filters | None = None) -> None:
        self._engine = engine
        self._filters = filters
        self._history: list[ChatMessage] = []

    @property
    def chat_history(self) -> list[ChatMessage]:
        """The messages so far."""
        return self._history

    def reset(self) -> None:
        """Begin a new conversation."""
        self._history.clear()

    def chat(self, message: str, chat_history: list[ChatMessage] | None = None) -> AgentChatResponse:
        """Answer a message; a history that is given takes the place of the one kept."""
        if chat_history is not None:
            self._history = list(chat_history)
        answer = self._engine.ask(message, history=_turns(self._history), filters=self._filters)
        self._history += [
            ChatMessage(content=message, role=MessageRole.USER),
            ChatMessage(content=answer.text, role=MessageRole.ASSISTANT),
        ]
        return AgentChatResponse(response=answer.text, source_nodes=_sources(answer), metadata=as_json(answer))

    async def achat(self, message: str, chat_history: list[ChatMessage] | None = None) -> AgentChatResponse:
        """As `chat`, without blocking the event loop."""
        import asyncio

        return await asyncio.to_thread(self.chat, message, chat_history)

    def stream_chat(self, message: str, chat_history: list[ChatMessage] | None = None) -> StreamingAgentChatResponse:
        """As `chat`; an answer is verified as a whole, so it comes in one piece."""
        answered = self.chat(message, chat_history)
        message_out = ChatMessage(content=answered.response, role=MessageRole.ASSISTANT)
        whole = ChatResponse(message=message_out, delta=answered.response)
        return StreamingAgentChatResponse(
            response=answered.response,
            source_nodes=answered.source_nodes,
            chat_stream=(piece for piece in (whole,)),
            achat_stream=_in_one_piece(whole),
            is_writing_to_memory=False,
        )

    async def astream_chat(
        self, message: str, chat_history: list[ChatMessage] | None = None
    ) -> StreamingAgentChatResponse:
        """As `stream_chat`, without blocking the event loop."""
        import asyncio

        return await asyncio.to_thread(self.stream_chat, message, chat_history)


async def _in_one_piece(whole: ChatResponse) -> AsyncGenerator[ChatResponse, None]:
    yield whole


def _turns(messages: Sequence[ChatMessage]) -> list[Turn]:
    """Questions with the answer that follows each."""
    turns: list[Turn] = []
    for message in messages:
        if message.role == MessageRole.USER:
            turns.append(Turn(message.content or ""))
        elif message.role == MessageRole.ASSISTANT and turns:
            turns[-1] = Turn(turns[-1].question, message.content or "")
    return turns


def _hit_node(hit: Hit) -> NodeWithScore:
    passage, statement = hit.passage, hit.statement
    metadata: dict[str, Any] = {
        "statement_id": statement.id,
        "version": passage.version,
        "title": statement.title,
        "issuer": statement.issuer,
        "date": statement.published.isoformat(),
        "url": statement.url,
    }
    node = TextNode(
        id_=passage.id, text=passage.text, metadata=metadata, start_char_idx=passage.start, end_char_idx=passage.end
    )
    return NodeWithScore(node=node, score=hit.score)


def _sources(answer: Answer) -> list[NodeWithScore]:
    return [
        _citation_node(citation, entry)
        for citation, entry in zip(answer.citations, as_json(answer)["citations"], strict=True)
    ]


def _citation_node(citation: Citation, entry: dict[str, Any]) -> NodeWithScore:
    metadata = {key: value for key, value in entry.items() if key not in ("quote", "start", "end")}
    node = TextNode(
        id_=f"{citation.statement.id}@{citation.version}:{citation.start}-{citation.end}",
        text=citation.quote,
        metadata=metadata,
        start_char_idx=citation.start,
        end_char_idx=citation.end,
    )
    return NodeWithScore(node=node)
