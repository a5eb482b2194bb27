"""The systems that are compared, each in a process of its own: `python -m benchmarks.systems STEP SYSTEM FOLDER`."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from benchmarks.measure import measured, peak_mib
from benchmarks.workbench import ISSUER, Chunk, Workbench

if TYPE_CHECKING:
    from llama_index.core import VectorStoreIndex
    from llama_index.core.schema import Document as LlamaDocument

TOP = 10
WARM_UP = 5
ROUNDS = 3
OURS: Final = "onrecord"
# What SentenceSplitter is given; the rest is its default, which for overlap is 200.
SPLITTERS: Final[dict[str, dict[str, Any]]] = {
    "llamaindex-256": {"chunk_size": 256},
    "llamaindex-256-20": {"chunk_size": 256, "chunk_overlap": 20},
    "llamaindex-1024": {},
}
SYSTEMS: Final = (OURS, *SPLITTERS)


class System(Protocol):
    """What is measured of each: `load` apart from `ingest`, `open` apart from `query`."""

    def load(self) -> None:
        """Imports, and models into memory."""
        ...

    def ingest(self) -> dict[str, float]:
        """The work, into an empty folder; returns seconds of its stages, `searchable` among them."""
        ...

    def chunks(self) -> Iterator[Chunk]:
        """What was fed to the model."""
        ...

    def open(self) -> None:
        """Make ready to answer from what was ingested."""
        ...

    def query(self, text: str) -> int:
        """Search; returns how many were found."""
        ...


class OnRecord:
    """What `onrecord ingest` does, and the search of a serving process."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench

    def load(self) -> None:
        import chromadb  # noqa: F401  (opening the index would import it inside the measured work)

        from corpus.holdings import Holdings
        from corpus.settings import load_settings
        from ingest.sentences import sentence_spans

        sentence_spans("It loads its model. Then it splits.")
        self._holdings = Holdings(load_settings(archive=self._bench.index(OURS)), create=True)
        self._holdings.embedder.encode(["warm"])

    def ingest(self) -> dict[str, float]:
        from corpus.chroma import ChromaIndex
        from ingest.pipeline import ingest
        from ingest.vectors import embed_due

        holdings = self._holdings
        marks = [time.perf_counter()]
        batches: list[float] = []
        report = ingest(
            [self._bench.sample], holdings, issuer=ISSUER, progress=lambda count: batches.append(time.perf_counter())
        )
        if report.problems or holdings.lexical.applied < holdings.archive.last_change():
            raise SystemExit(f"not everything was taken in: {report}")
        marks.append(time.perf_counter())
        embed_due(holdings.archive, holdings.embedder)
        marks.append(time.perf_counter())
        chroma = ChromaIndex(holdings.archive, holdings.embedder.name, holdings.settings.chroma)
        chroma.catch_up()
        chroma.close()
        marks.append(time.perf_counter())
        searchable, embedding, filling = (after - before for before, after in pairwise(marks))
        first = batches[0] - marks[0]
        return {"first_searchable": first, "searchable": searchable, "embedding": embedding, "chroma": filling}

    def chunks(self) -> Iterator[Chunk]:
        from ingest.split import cut_header

        archive, embedder = self._holdings.archive, self._holdings.embedder
        for statement in archive.statements(archive.all_ids()).values():
            whole = statement.header()
            header = cut_header(whole, embedder.token_spans([whole])[0]) + "\n"
            for passage in archive.passages_of(statement.id):
                yield Chunk(statement.id, passage.start, len(header), header + passage.text)

    def open(self) -> None:
        from corpus.holdings import Holdings
        from corpus.settings import load_settings
        from rag.engine import Engine

        self._holdings = Holdings(load_settings(archive=self._bench.index(OURS)), own_vectors=True)
        self._holdings.catch_up()
        self._engine = Engine(self._holdings)

    def query(self, text: str) -> int:
        return len(self._engine.search(text, k=TOP))


class LlamaIndex:
    """Plain LlamaIndex: SentenceSplitter, HuggingFaceEmbedding, VectorStoreIndex over an embedded Chroma."""

    def __init__(self, bench: Workbench, name: str) -> None:
        self._bench = bench
        self._name = name
        self._index: VectorStoreIndex

    def load(self) -> None:
        import chromadb  # noqa: F401
        import llama_index.vector_stores.chroma  # noqa: F401
        from llama_index.core.node_parser import SentenceSplitter
        from llama_index.embeddings.huggingface import HuggingFaceEmbedding

        from corpus.embedder import packaged_model

        self._splitter = SentenceSplitter(**SPLITTERS[self._name])
        self._splitter.split_text("It loads its model. Then it splits.")
        self._model = HuggingFaceEmbedding(model_name=str(packaged_model()), device="cpu")
        self._model.get_text_embedding("warm")
        self._documents = self._read()

    def ingest(self) -> dict[str, float]:
        from llama_index.core import StorageContext, VectorStoreIndex

        started = time.perf_counter()
        VectorStoreIndex.from_documents(
            self._documents,
            storage_context=StorageContext.from_defaults(vector_store=self._store()),
            embed_model=self._model,
            transformations=[self._splitter],
        )
        return {"searchable": time.perf_counter() - started}  # it has no lexical index

    def chunks(self) -> Iterator[Chunk]:
        from llama_index.core.schema import MetadataMode

        texts = {document.id: document.text for document in self._bench.documents()}
        owner, start = "", -1
        for node in self._splitter.get_nodes_from_documents(self._documents):
            content, given = node.get_content(MetadataMode.NONE), node.get_content(MetadataMode.EMBED)
            if not given.endswith(content):
                raise SystemExit(f"an input does not end in its text: {given!r}")
            if node.ref_doc_id != owner:
                owner, start = node.ref_doc_id or "", -1
            # Its own offsets are wrong where a text repeats itself.
            found = texts[owner].find(content, start + 1)
            start = found if found >= 0 else start
            yield Chunk(owner, found if found >= 0 else None, len(given) - len(content), given)

    def open(self) -> None:
        from llama_index.core import VectorStoreIndex
        from llama_index.embeddings.huggingface import HuggingFaceEmbedding

        from corpus.embedder import packaged_model

        model = HuggingFaceEmbedding(model_name=str(packaged_model()), device="cpu")
        index = VectorStoreIndex.from_vector_store(self._store(), embed_model=model)
        self._retriever = index.as_retriever(similarity_top_k=TOP)

    def query(self, text: str) -> int:
        return len(self._retriever.retrieve(text))

    def _store(self) -> Any:
        import chromadb
        from chromadb.config import Settings
        from llama_index.vector_stores.chroma import ChromaVectorStore

        folder = str(self._bench.index(self._name))
        client = chromadb.PersistentClient(folder, settings=Settings(anonymized_telemetry=False))
        collection = client.get_or_create_collection("statements", embedding_function=None)
        return ChromaVectorStore(chroma_collection=collection)

    def _read(self) -> list[LlamaDocument]:
        from llama_index.core.schema import Document as LlamaDocument

        return [
            LlamaDocument(id_=d.id, text=d.text, metadata={"title": d.title, "date": d.date, "issuer": ISSUER})
            for d in self._bench.documents()
        ]


def system_of(name: str, bench: Workbench) -> System:
    """The system of that name."""
    return OnRecord(bench) if name == OURS else LlamaIndex(bench, name)


def ingest_step(system: System, name: str, bench: Workbench) -> dict[str, Any]:
    """Take everything in, and hand over what was fed to the model."""
    with measured() as loading:
        system.load()
    loaded = peak_mib()
    with measured() as work:
        stages = system.ingest()
    result = {
        **work,
        "load_seconds": loading["wall_seconds"],
        "stages": stages,
        "loaded_mib": loaded,
        "peak_mib": peak_mib(),
    }
    bench.save_chunks(name, system.chunks())
    return result


def query_step(system: System, bench: Workbench) -> dict[str, Any]:
    """Ask the same questions, in a process that only answers."""
    questions: list[str] = bench.load("questions")
    with measured() as opening:
        system.open()
        for question in questions[-WARM_UP:]:
            system.query(question)
    milliseconds: list[float] = []
    empty = 0
    with measured() as work:
        for _ in range(ROUNDS):
            for question in questions[:-WARM_UP]:
                started = time.perf_counter()
                found = system.query(question)
                milliseconds.append((time.perf_counter() - started) * 1000)
                empty += not found
    return {
        "open_seconds": opening["wall_seconds"],
        "milliseconds": milliseconds,
        "empty": empty,
        "others_cores": work["others_cores"],
        "peak_mib": peak_mib(),
    }


def main(arguments: list[str]) -> None:
    """One step of one system; the result goes into the shared folder."""
    step, name, folder = arguments
    bench = Workbench(Path(folder))
    system = system_of(name, bench)
    result = ingest_step(system, name, bench) if step == "ingest" else query_step(system, bench)
    bench.save(f"{name}-{step}", result)


if __name__ == "__main__":
    main(sys.argv[1:])
