"""The adapter of language models: a LlamaIndex `LLM` out of settings, and its answer as text or as a `ModelError`."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING, Any

from corpus.errors import ModelError, SettingsError
from corpus.settings import LLMSettings

if TYPE_CHECKING:  # importing it takes seconds
    from llama_index.core.base.llms.types import ChatMessage
    from llama_index.core.llms import LLM

_MOST_CHARACTERS = 12_000
_CUT_OFF = frozenset({"length", "max_tokens"})
_WITHHELD = frozenset({"content_filter", "refusal", "safety"})


def load_llm(settings: LLMSettings) -> LLM:
    """The model that settings name; nothing is sent until it is asked.

    Raises:
        SettingsError: none is named, its package is not installed, or its key file cannot be read.
    """
    if not settings.provider:
        raise SettingsError("No language model is configured; set llm.provider and llm.model.")
    try:
        return _PROVIDERS[settings.provider](settings)
    except ImportError as error:
        extra = {"openai_like": "llm"}.get(settings.provider, settings.provider)
        raise SettingsError(
            f"{settings.provider} needs a package that is not here: pip install 'onrecord[{extra}]'"
        ) from error


def streamed(llm: LLM, messages: Sequence[ChatMessage], seconds: float) -> Generator[str, None, None]:
    """A model's answer, piece by piece.

    Args:
        llm: the model.
        messages: what it is asked.
        seconds: how long may be waited for it in all; a single wait is bounded by the client's own timeout.

    Raises:
        ModelError: no answer, only the beginning of one, or one that is withheld; the reason is for the reader.
    """
    waited, length, finish = 0.0, 0, _Finish()
    chunks: Any = None
    try:
        started = time.monotonic()
        chunks = llm.stream_chat(messages)
        for chunk in chunks:
            waited += time.monotonic() - started
            finish.see(chunk.raw)
            delta = chunk.delta or ""
            length += len(delta)
            if length > _MOST_CHARACTERS:
                raise ModelError("the language model did not stop writing")
            if waited > seconds:
                raise ModelError(f"the language model took more than {seconds:.0f} seconds")
            if delta:
                yield delta
            started = time.monotonic()  # what is done with each piece is not the model's time
    except ModelError:
        raise
    except Exception as error:  # each provider has its own, for the same few things
        raise ModelError(reason_of(error)) from error
    finally:
        if hasattr(chunks, "close"):
            chunks.close()
    finish.require(length)


class _Finish:
    """Whether an answer came to its end; servers of OpenAI's protocol say so in the last chunk."""

    def __init__(self) -> None:
        self._expected = False
        self._reason: str | None = None

    def see(self, raw: Any) -> None:
        """Note what a chunk says about the end."""
        for choice in getattr(raw, "choices", None) or ():
            self._expected = True
            self._reason = getattr(choice, "finish_reason", None) or self._reason

    def require(self, length: int) -> None:
        """Raise where the answer is withheld, empty, or not whole."""
        if self._reason in _WITHHELD:
            raise ModelError("the language model's provider withheld its answer")
        if not length:
            raise ModelError("the language model answered with nothing")
        if self._reason in _CUT_OFF:
            raise ModelError("the language model's answer ran into its length limit")
        if self._expected and self._reason is None:
            raise ModelError("the language model's answer broke off")


def reason_of(error: Exception) -> str:
    """Why a call failed, in words for the reader: by status code and by kind of error, which all clients share."""
    status = getattr(error, "status_code", None)
    kinds = " ".join(kind.__name__ for kind in type(error).__mro__).lower()
    if status == 429 or "ratelimit" in kinds:
        return "the language model is over its rate limit"
    if status in (401, 403):
        return "the language model does not accept the key that is configured"
    if status == 404:
        return "the language model's server does not know the model or the address"
    if status is not None:
        return f"the language model's server answered with error {status}"
    if "timeout" in kinds:
        return "the language model did not answer in time"
    if "decode" in kinds or "validation" in kinds or "valueerror" in kinds:
        return "the language model's server sent something that cannot be read"
    if "remoteprotocol" in kinds or "incomplete" in kinds:
        return "the language model's answer broke off"
    if "connect" in kinds or "connection" in kinds:
        return "the language model cannot be reached"
    return f"the language model failed ({type(error).__name__})"


def _key(settings: LLMSettings) -> str | None:
    if settings.api_key is not None:
        return settings.api_key.get_secret_value()
    if settings.api_key_file is None:
        return None
    try:
        return settings.api_key_file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(f"llm.api_key_file cannot be read: {error}") from error


def _openai_like(settings: LLMSettings) -> LLM:
    from llama_index.llms.openai_like import OpenAILike

    model: LLM = OpenAILike(
        model=settings.model,
        api_base=settings.base_url,
        api_key=_key(settings) or "none",  # the client insists on one
        is_chat_model=True,
        context_window=settings.context_window,
        max_tokens=settings.max_tokens,
        temperature=0.0,
        timeout=settings.timeout,
        max_retries=0,  # a reader waits: the verbatim answer is there at once
    )
    return model


def _anthropic(settings: LLMSettings) -> LLM:
    from llama_index.llms.anthropic import Anthropic

    model: LLM = Anthropic(
        model=settings.model,
        base_url=settings.base_url,
        api_key=_key(settings),
        max_tokens=settings.max_tokens,
        temperature=0.0,
        timeout=settings.timeout,
        max_retries=0,
    )
    return model


def _ollama(settings: LLMSettings) -> LLM:
    from llama_index.llms.ollama import Ollama

    key = _key(settings)
    model: LLM = Ollama(
        model=settings.model,
        base_url=settings.base_url or "http://127.0.0.1:11434",
        request_timeout=settings.timeout,
        context_window=settings.context_window,
        temperature=0.0,
        headers={"Authorization": f"Bearer {key}"} if key else None,
        additional_kwargs={"num_predict": settings.max_tokens},
    )
    return model


_PROVIDERS: dict[str, Callable[[LLMSettings], LLM]] = {
    "openai_like": _openai_like,
    "anthropic": _anthropic,
    "ollama": _ollama,
}
