"""Chroma, as a cache of the archive's vectors: owned by one process, probed after a crash, rebuilt without embedding.

An embedded directory or a Chroma server, by setting. Only vectors go in, with the statement's id: texts and
everything that filters stay in the archive. docs/decisions/0002-vectors-live-in-the-archive.md has the reasons.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from corpus.archive import Archive
from corpus.errors import IndexMismatch
from corpus.locks import FolderLock
from corpus.model import sha256
from corpus.rows import Vectors
from corpus.settings import ChromaSettings

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection

# Recall against brute force on 30,000 vectors was .979 at the default of 100 and .9987 here, for 1.5 ms a query.
_EF_SEARCH = 400
_BATCH = 2_000  # vectors per call; the client refuses more than 5,461
_PROBE_SECONDS = 120


class ChromaIndex:
    """The nearest-neighbour index of one archive and one embedding model; close it when done.

    Args:
        archive: whose vectors it caches.
        model: name of the embedder; a collection made with another is dropped and filled again.
        settings: where Chroma is.

    Raises:
        IndexBusy: another process owns the embedded directory.
        IndexMismatch: the Chroma server does not answer.
    """

    def __init__(self, archive: Archive, model: str, settings: ChromaSettings) -> None:
        self._archive = archive
        self._model = model
        # A server may have the collections of many archives; a directory goes where its archive goes.
        self._name = "onrecord" + (f"-{sha256(str(archive.folder.resolve()))[:12]}" if settings.url else "")
        self._threads = threading.Lock()
        self._folder = archive.folder / "chroma"
        self._suspect = False
        self._owner = self._own_folder() if settings.url is None else None
        self._client, self._collection = self._open(settings.url)

    def close(self) -> None:
        """Give the directory back, marked as closed in good order."""
        self._client.close()
        if self._owner is not None:
            if not self._suspect:  # what was never compared with the archive is still in doubt next time
                self._in_use.unlink(missing_ok=True)
            self._owner.release()
            self._owner = None

    def query(self, vector: Vectors, k: int) -> list[tuple[str, float]]:
        """At most `k` (passage id, cosine similarity) pairs for a vector (dimension,), best first."""
        if k < 1:
            return []
        found = self._collection.query(query_embeddings=vector.reshape(1, -1), n_results=k, include=["distances"])
        distances = found["distances"] or [[]]
        return [(passage, 1.0 - distance) for passage, distance in zip(found["ids"][0], distances[0], strict=True)]

    def catch_up(self) -> None:
        """Apply what has changed in the archive since last time."""
        with self._threads:
            self._apply()
            if self._suspect and self.count() != self._archive.count_vectors(self._model):
                self._clear()
                self._apply()
            self._suspect = False

    def rebuild(self) -> None:
        """Drop everything and fill again from the archive's vectors; nothing is embedded."""
        with self._threads:
            self._clear()
            self._apply()

    def count(self) -> int:
        """How many passages it holds."""
        return self._collection.count()

    def _apply(self) -> None:
        newest, changed = self._archive.changes(self.applied)
        if not changed:
            return
        held = set(self._archive.statements(changed))
        self._delete(self._archive.superseded(changed), gone=[i for i in changed if i not in held])
        ids: list[str] = []
        owners: list[str] = []
        rows: list[Vectors] = []
        for statement_id in changed:
            passages, vectors = self._archive.vectors_of(self._model, statement_id)
            ids += [passage.id for passage in passages]
            owners += [statement_id] * len(passages)
            rows += [vectors] if passages else []
            if len(ids) >= _BATCH:
                self._upsert(ids, owners, rows)
                ids, owners, rows = [], [], []
        self._upsert(ids, owners, rows)
        self._collection.modify(metadata={"model": self._model, "seq": newest})

    def _clear(self) -> None:
        self._client.delete_collection(self._name)
        self._collection = self._get_or_create(self._client)

    @property
    def applied(self) -> int:
        """Number of the newest archive change that can be found here."""
        return int((self._collection.metadata or {}).get("seq", 0))

    @property
    def _in_use(self) -> Path:
        return self._folder / "in-use"

    def _own_folder(self) -> FolderLock:
        """Lock the directory; if its last owner was killed, keep what it left only when a probe can read it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        lock = FolderLock(self._folder)
        lock.acquire()
        data = self._folder / "data"
        self._suspect = self._in_use.exists()
        if self._suspect and not _readable(data):
            shutil.rmtree(data, ignore_errors=True)
        self._in_use.touch()
        return lock

    def _open(self, url: str | None) -> tuple[Client, Collection]:
        """Connect; a directory that Chroma refuses to read is thrown away, since the archive has all that was in it."""
        from chromadb.api.shared_system_client import SharedSystemClient
        from chromadb.errors import ChromaError

        data = self._folder / "data"
        try:
            client = _connect(data, url)
            return client, self._open_collection(client)
        except ChromaError as error:
            if url is not None:
                raise IndexMismatch(f"The Chroma server at {url} cannot be used: {error}") from error
            SharedSystemClient.clear_system_cache()  # it keeps the half-started one
            shutil.rmtree(data, ignore_errors=True)
        client = _connect(data, url)
        return client, self._open_collection(client)

    def _open_collection(self, client: Client) -> Collection:
        collection = self._get_or_create(client)
        if (collection.metadata or {}).get("model") != self._model:
            client.delete_collection(self._name)
            collection = self._get_or_create(client)
        return collection

    def _get_or_create(self, client: Client) -> Collection:
        # Chroma keeps the metadata of a collection that exists, whatever is passed here.
        return client.get_or_create_collection(
            self._name,
            metadata={"model": self._model, "seq": 0},
            embedding_function=None,  # the default one downloads a model
            configuration={"hnsw": {"space": "cosine", "ef_search": _EF_SEARCH}},
        )

    def _upsert(self, ids: list[str], owners: list[str], rows: list[Vectors]) -> None:
        vectors = np.concatenate(rows) if rows else np.empty((0, 0), dtype=np.float32)
        for start in range(0, len(ids), _BATCH):
            end = start + _BATCH
            self._collection.upsert(
                ids=ids[start:end],
                embeddings=vectors[start:end],
                metadatas=[{"statement": owner} for owner in owners[start:end]],
            )

    def _delete(self, passages: list[str], gone: list[str]) -> None:
        for start in range(0, len(passages), _BATCH):
            self._collection.delete(ids=passages[start : start + _BATCH])
        for statement_id in gone:  # removed from the archive, which no longer knows their passages
            self._collection.delete(where={"statement": statement_id})


def _connect(data: Path, url: str | None) -> Client:
    os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")
    import chromadb
    from chromadb.config import Settings

    quiet = Settings(anonymized_telemetry=False)
    if url is None:
        return cast("Client", chromadb.PersistentClient(str(data), settings=quiet))
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    secure = parts.scheme == "https"
    try:
        port = parts.port or (443 if secure else 8000)
        client = chromadb.HttpClient(host=parts.hostname or "localhost", port=port, ssl=secure, settings=quiet)
        return cast("Client", client)
    except Exception as error:  # the client raises ValueError, httpx errors and its own
        raise IndexMismatch(f"No Chroma server answers at {url}: start it, or unset ONRECORD_CHROMA__URL.") from error


def _readable(data: Path) -> bool:
    """Open and query a directory in a process of its own: what a kill leaves may crash the process that reads it."""
    probe = [sys.executable, "-m", "corpus.chroma", str(data)]
    try:
        return subprocess.run(probe, timeout=_PROBE_SECONDS, capture_output=True).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def _probe(data: Path) -> None:
    for collection in _connect(data, None).list_collections():
        if collection.count():
            sample = collection.get(limit=1, include=["embeddings"])["embeddings"]
            collection.query(query_embeddings=sample, n_results=min(10, collection.count()))


if __name__ == "__main__":
    _probe(Path(sys.argv[1]))
