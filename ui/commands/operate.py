"""`onrecord backup`, `restore`, `reindex` and `setup-model`; `onrecord doctor` is in `ui.commands.doctor`."""

from __future__ import annotations

import argparse
import time

from corpus.archive import DATABASE, Archive
from corpus.backup import back_up, put_back, unpacked
from corpus.embedder import load_embedder, packaged_model, weights_hash
from corpus.holdings import Holdings
from corpus.settings import EmbedderSettings
from ingest.pipeline import split_anew
from ingest.vectors import embed_due
from ui.commands.doctor import doctor
from ui.commands.opening import progress_bar, settings_from

__all__ = ["backup", "doctor", "reindex", "restore", "setup_model"]


def backup(arguments: argparse.Namespace) -> int:
    """Copy the archive's database and those beside it, also while they are in use."""
    archive = Archive(settings_from(arguments).archive, create=False)
    names = back_up(archive, arguments.file)
    size = arguments.file.stat().st_size / 1e6
    print(f"{archive.coverage().statements} statements are in {arguments.file} ({size:.1f} MB), checked:")
    print(", ".join(sorted(names)))
    return 0


def restore(arguments: argparse.Namespace) -> int:
    """Make an archive out of a backup, with both its indexes."""
    settings = settings_from(arguments)
    with (
        unpacked(arguments.file, settings.archive) as copies,
        # Owning the vector index keeps a server from working on the archive meanwhile.
        Holdings(settings, create=True, own_vectors=True) as holdings,
    ):
        put_back(copies, holdings.archive)
        _rebuild(holdings)
        left = holdings.archive.count_without_vector(holdings.embedder.name)
        beside = "".join(f", {name}" for name in sorted(copies) if name != DATABASE)
        print(f"{holdings.archive.coverage().statements} statements are restored{beside}, and both indexes made.")
    if left:
        print(f"{left} vectors are missing; make them with: onrecord reindex")
    return 0


def reindex(arguments: argparse.Namespace) -> int:
    """Make passages and vectors that the embedder needs, and both indexes, anew from the archive."""
    with Holdings(settings_from(arguments), own_vectors=True) as holdings:
        archive, name = holdings.archive, holdings.embedder.name
        with progress_bar("statements", archive.coverage().statements) as advance:
            split = split_anew(holdings, progress=advance)
        with progress_bar("vectors", archive.count_without_vector(name)) as advance:
            embedded = embed_due(archive, holdings.embedder, progress=advance)
        _rebuild(holdings)
        passages = archive.count_passages()
        print(f"{passages} passages are indexed; {split} statements split anew, {embedded} vectors made.")
    return 0


def setup_model(arguments: argparse.Namespace) -> int:
    """Prepare the default embedding model, so that the first command need not wait for it."""
    from corpus.onnx_runtime import export_path

    started = time.perf_counter()
    embedder = load_embedder(EmbedderSettings(runtime="onnx"))
    embedder.encode(["ready"])
    path = export_path(weights_hash(packaged_model()))
    print(f"{embedder.name} is ready in {path} ({time.perf_counter() - started:.1f} s).")
    return 0


def _rebuild(holdings: Holdings) -> None:
    holdings.lexical.rebuild(holdings.archive)
    if holdings.chroma is not None:
        holdings.chroma.rebuild()
