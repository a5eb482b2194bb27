"""Where what is held comes from: versions, the bytes they came in, corrections by hand, and what repeats what."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from datetime import datetime

from corpus.catalogue import Catalogue
from corpus.corrections import Correction, corrections_of
from corpus.errors import NotHeld
from corpus.model import Filters, Version
from corpus.reading import Reading
from corpus.repeats import repeats_of
from corpus.rows import marks, parts, version_from


class Provenance(Catalogue):
    """The part of `corpus.archive.Archive` that tells what a statement was made of, and what became of it."""

    def version(self, statement_id: str, number: int | None = None) -> Version:
        """A version with its text; without a number, the one that is current.

        Raises:
            NotHeld: no such statement or version.
        """
        row = self._connection.execute(
            "SELECT v.* FROM version v JOIN statement s ON s.id = v.statement_id"
            " WHERE v.statement_id = ? AND v.number = coalesce(?, s.current)",
            (statement_id, number),
        ).fetchone()
        self._require(row, statement_id if number is None else f"{statement_id}, version {number}")
        return version_from(row)

    def texts(self, versions: Iterable[tuple[str, int]]) -> dict[tuple[str, int], str]:
        """The texts of those of the given (statement id, version number) that are held."""
        return {
            (row["statement_id"], row["number"]): row["text"]
            for part in parts(list(versions))
            for row in self._connection.execute(
                f"WITH wanted (id, number) AS (VALUES {marks(part, '(?, ?)')})"
                " SELECT v.statement_id, v.number, v.text FROM wanted w"
                " JOIN version v ON v.statement_id = w.id AND v.number = w.number",
                [value for pair in part for value in pair],
            )
        }

    def unread(self, method: int) -> list[tuple[str, int]]:
        """Current versions, as (statement id, number), of which no reading was kept that was made in that way."""
        rows = self._connection.execute(
            "SELECT id, current FROM statement s WHERE NOT EXISTS (SELECT 1 FROM reading r"
            " WHERE r.statement_id = s.id AND r.version = s.current AND r.method = ?)",
            (method,),
        )
        return [(row["id"], row["current"]) for row in rows]

    def reading(self, statement_id: str, version: int, method: int) -> Reading | None:
        """What a version is sentence by sentence, if that was kept and made in that way."""
        row = self._connection.execute(
            "SELECT spans, lines FROM reading WHERE statement_id = ? AND version = ? AND method = ?",
            (statement_id, version, method),
        ).fetchone()
        return row and Reading.unpacked(row["spans"], row["lines"])

    def versions(self, statement_id: str) -> list[Version]:
        """All versions of a statement, oldest first (empty when it is not held)."""
        rows = self._connection.execute("SELECT * FROM version WHERE statement_id = ? ORDER BY number", (statement_id,))
        return [version_from(row) for row in rows]

    def edited_since(self, cited: Iterable[tuple[str, int]]) -> dict[tuple[str, int], datetime]:
        """Those of the given (statement id, version number) whose text is not the current one, and since when.

        A text that was changed and changed back is not among them.
        """
        pairs = list(dict.fromkeys(cited))
        return {
            (row["statement_id"], row["number"]): datetime.fromisoformat(row["since"])
            for part in parts(pairs)
            for row in self._connection.execute(
                f"WITH cited (id, number) AS (VALUES {marks(part, '(?, ?)')})"
                " SELECT v.statement_id, v.number, later.fetched_at since FROM cited"
                " JOIN statement s ON s.id = cited.id AND s.current > cited.number"
                " JOIN version v ON v.statement_id = s.id AND v.number = cited.number"
                " JOIN version now ON now.statement_id = s.id AND now.number = s.current"
                " JOIN version later ON later.statement_id = s.id AND later.number = v.number + 1"
                " WHERE now.text_sha256 <> v.text_sha256",
                [value for pair in part for value in pair],
            )
        }

    def corrections(self, statement_id: str) -> list[Correction]:
        """What was corrected by hand of a statement, by field; empty when nothing was."""
        return corrections_of(self._connection, statement_id)

    def repeats_of(self, ids: Iterable[str], filters: Filters | None = None) -> dict[str, list[tuple[str, float]]]:
        """The other statements that are one text with each of the given ones, such as the post of a release.

        Args:
            ids: statements; each that has repeats is a key of the result.
            filters: which statements may be named.

        Returns:
            (id, likeness) pairs, the likeliest first, likeness being the Jaccard similarity of word shingles, up to
            1; of statements that are linked through others, that of the weakest link on the best way between them.
        """
        return repeats_of(self._connection, ids, filters)

    def raw(self, sha: str) -> bytes:
        """The bytes a version came in, by their SHA-256.

        Raises:
            NotHeld: no such bytes.
        """
        row = self._connection.execute("SELECT zlib FROM raw WHERE sha256 = ?", (sha,)).fetchone()
        self._require(row, sha)
        return zlib.decompress(row["zlib"])

    @staticmethod
    def _require(found: object, what: str) -> None:
        if not found:
            raise NotHeld(f"The archive does not hold {what}. `onrecord list` shows what it does.")
