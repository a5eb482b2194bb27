"""The archive opened together with its indexes and embedder: what ingest fills and retrieval reads."""

from __future__ import annotations

from functools import cached_property
from types import TracebackType

from corpus.archive import Archive
from corpus.chroma import ChromaIndex
from corpus.cross_encoder import CrossEncoder
from corpus.dense import DenseIndex
from corpus.embedder import Embedder, load_embedder
from corpus.lexical import LexicalIndex
from corpus.settings import Settings


class Holdings:
    """Open with a context manager, or call `close`.

    Args:
        settings: where the archive is, which embedder, which Chroma.
        create: make the archive if it is not there.
        own_vectors: take hold of Chroma, which a process that serves or ingests does; one that answers once
            searches vectors exactly in the archive and owns nothing.

    Raises:
        ArchiveError, IndexBusy, IndexMismatch: see `Archive` and `ChromaIndex`.
    """

    def __init__(self, settings: Settings, *, create: bool = False, own_vectors: bool = False) -> None:
        self.settings = settings
        self.archive = Archive(settings.archive, create=create)
        self.lexical = LexicalIndex(settings.archive / "lexical")
        self.chroma = ChromaIndex(self.archive, self.embedder.name, settings.chroma) if own_vectors else None

    @cached_property
    def embedder(self) -> Embedder:
        """The embedding model, loaded when first needed."""
        return load_embedder(self.settings.embedder)

    @cached_property
    def reranker(self) -> CrossEncoder | None:
        """The model that orders passages anew, if one is set, loaded when first needed."""
        model = self.settings.reranker.model
        return CrossEncoder(model) if model else None

    @cached_property
    def dense(self) -> DenseIndex:
        """Search by meaning over what is held."""
        return DenseIndex(self.archive, self.embedder.name, self.chroma)

    def catch_up(self) -> None:
        """Bring the indexes up to the archive."""
        self.lexical.catch_up(self.archive)
        if self.chroma is not None:
            self.chroma.catch_up()

    def close(self) -> None:
        """Give everything back."""
        if self.chroma is not None:
            self.chroma.close()
        self.archive.close()

    def __enter__(self) -> Holdings:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
