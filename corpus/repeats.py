"""Which statements are one text: a release, the post of it, and what others printed.

Likeness alone does not tell. Of the pairs in a large archive of real statements that share most of their words, most
are forms filled in anew: the same letter a year later, the same readout with another president's name. So three things
are asked of a pair: that they share most of their word shingles (Broder, "On the resemblance and containment of
documents", 1997), that they were published within days of one another, and that no name or number of one stands where
the other has another.

Candidates come from MinHash signatures cut into bands (Leskovec, Rajaraman and Ullman, "Mining of Massive Datasets",
section 3.4), by the library `rensa`; bands are rows of the archive, so that looking them up is one query.
"""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein
from rensa import RMinHash

from corpus.differences import Block, changed_blocks
from corpus.model import Filters, Statement, as_int
from corpus.rows import where_clause

METHOD: int = RMinHash.ALGORITHM_VERSION
# See docs/decisions/0010 for what real pairs are like.
LIKENESS = 0.6
WITHIN = timedelta(days=7)
# At a likeness of 0.6 a pair shares a band with a probability of 0.997, at 0.3 of 0.48.
_BANDS, _ROWS = 24, 3
_SHINGLE = 5
# Signatures are 72 hashes: their estimate is off by more than this about once in 1,000 pairs.
_ESTIMATE_OFF = 0.2
_MOST_WORDS = 100_000
_MOST_CANDIDATES = 50
_LONGEST_DATELINE = 12
_SHORT_FORM, _LONGEST_SHORT_FORM = 3, 4
_SAME_WORD = 0.7

_WORD = re.compile(r"[^\W_]+")
_DOUBLED = re.compile(r"(.)\1+")
_VOWELS_OUT = str.maketrans("cz", "ss", "aeiou")

Hashes = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Sketch:
    """What repeats are found by: a text's words, their shingles, and the MinHash signature of these."""

    words: tuple[str, ...]
    shingles: frozenset[str]
    hashes: Hashes

    @classmethod
    def of(cls, text: str) -> Sketch:
        """The sketch of a text, of its first 100,000 words."""
        words = tuple(found[0] for found in islice(_WORD.finditer(text), _MOST_WORDS))
        folded = [word.casefold() for word in words]
        runs = zip(*(folded[i:] for i in range(_SHINGLE)), strict=False)
        shingles = frozenset(map(" ".join, runs)) or frozenset((" ".join(folded),))
        signature = RMinHash(num_perm=_BANDS * _ROWS, seed=1)
        signature.update(list(shingles))
        return cls(words, shingles, np.array(signature.digest(), dtype="<u4"))

    def bands(self) -> list[int]:
        """Each band as a signed number of 64 bits, different from band to band."""
        return _bands(self.hashes)

    def likeness(self, other: Sketch) -> float:
        """Jaccard similarity of the shingles, 0 to 1."""
        shared = len(self.shingles & other.shingles)
        return shared / (len(self.shingles) + len(other.shingles) - shared)


def likeness(one: Sketch, other: Sketch) -> float | None:
    """How like two texts are that are one text, from `LIKENESS` to 1; None where they are not one text."""
    if one.words == other.words:
        return 1.0
    found = one.likeness(other)
    return found if found >= LIKENESS and not _filled_in_anew(one.words, other.words) else None


def link(db: sqlite3.Connection, statement: Statement, sketch: Sketch) -> None:
    """Note a statement's sketch, and which statements it repeats; what was noted of it before goes."""
    forget(db, statement.id)
    row = db.execute(
        "INSERT INTO sketch (statement_id, method, hashes) VALUES (?, ?, ?) RETURNING id",
        (statement.id, METHOD, sketch.hashes.tobytes()),
    ).fetchone()
    bands = sketch.bands()
    if not sketch.words:
        return
    for candidate, text in _candidates(db, statement, sketch, bands):
        found = likeness(sketch, Sketch.of(text))
        if found is not None:
            pair = sorted((statement.id, candidate))
            db.execute("INSERT INTO repeat (a, b, likeness) VALUES (?, ?, ?)", (*pair, round(found, 3)))
    db.executemany("INSERT INTO band (hash, sketch) VALUES (?, ?)", [(band, row["id"]) for band in bands])


def forget(db: sqlite3.Connection, statement_id: str) -> None:
    """Take out what `link` has noted of a statement."""
    row = db.execute("SELECT id, hashes FROM sketch WHERE statement_id = ?", (statement_id,)).fetchone()
    if row is None:
        return
    bands = _bands(np.frombuffer(row["hashes"], dtype="<u4"))
    db.executemany("DELETE FROM band WHERE hash = ? AND sketch = ?", [(band, row["id"]) for band in bands])
    db.execute("DELETE FROM repeat WHERE a = ?1 OR b = ?1", (statement_id,))
    db.execute("DELETE FROM sketch WHERE id = ?", (row["id"],))


def repeats_of(
    db: sqlite3.Connection, ids: Iterable[str], filters: Filters | None
) -> dict[str, list[tuple[str, float]]]:
    """See `corpus.archive.Archive.repeats_of`."""
    where, values = where_clause(filters)
    found: dict[str, list[tuple[str, float]]] = {}
    for root in dict.fromkeys(ids):
        # A pair that is linked through others is as like as the weakest link on the best way between them.
        rows = db.execute(
            "WITH RECURSIVE reach (id, likeness) AS ("
            " SELECT ?, 1.0"
            " UNION SELECT r.b, min(reach.likeness, r.likeness) FROM reach JOIN repeat r ON r.a = reach.id"
            " UNION SELECT r.a, min(reach.likeness, r.likeness) FROM reach JOIN repeat r ON r.b = reach.id)"
            " SELECT s.id, max(reach.likeness) likeness FROM reach JOIN statement s ON s.id = reach.id"
            f" WHERE s.id <> ? AND {where} GROUP BY s.id ORDER BY likeness DESC, s.published, s.id",
            (root, root, *values),
        ).fetchall()
        if rows:
            found[root] = [(row["id"], row["likeness"]) for row in rows]
    return found


def _candidates(
    db: sqlite3.Connection, statement: Statement, sketch: Sketch, bands: Sequence[int]
) -> list[tuple[str, str]]:
    """(id, text) of those held whose signature is near and whose day is, the nearest first."""
    first, last = (_shifted(statement.published, days) for days in (-WITHIN, WITHIN))
    rows = db.execute(
        "WITH near (sketch, shared) AS ("
        f" SELECT sketch, count(*) FROM band WHERE hash IN ({', '.join('?' * len(bands))}) GROUP BY sketch)"
        " SELECT k.statement_id, k.hashes, v.text FROM near JOIN sketch k ON k.id = near.sketch AND k.method = ?"
        " JOIN statement s ON s.id = k.statement_id AND s.published BETWEEN ? AND ?"
        " JOIN version v ON v.statement_id = s.id AND v.number = s.current"
        " ORDER BY near.shared DESC, k.id LIMIT ?",
        (*bands, METHOD, as_int(first), as_int(last), _MOST_CANDIDATES),
    )
    return [
        (row["statement_id"], row["text"])
        for row in rows
        if np.mean(np.frombuffer(row["hashes"], dtype="<u4") == sketch.hashes) >= LIKENESS - _ESTIMATE_OFF
    ]


def _shifted(day: date, by: timedelta) -> date:
    try:
        return day + by
    except OverflowError:
        return day


def _bands(hashes: Hashes) -> list[int]:
    # Multiplied by odd constants and added up: each hash moves every higher bit, and overflow is meant.
    odd = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], dtype=np.uint64)
    mixed = (hashes.astype(np.uint64).reshape(_BANDS, _ROWS) * odd).sum(axis=1, dtype=np.uint64)
    numbered = mixed * np.uint64(0xFF51AFD7ED558CCD) + np.arange(_BANDS, dtype=np.uint64)
    return [int(band) for band in numbered.view(np.int64)]


def _filled_in_anew(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether a name or number of one text stands where the other has another, or one thing for another throughout."""
    folded = [word.casefold() for word in one], [word.casefold() for word in other]
    swaps = Counter(
        (tuple(folded[0][i1:i2]), tuple(folded[1][j1:j2])) for i1, i2, j1, j2 in changed_blocks(*folded, chance=0)
    )
    if any(count > 1 and _differ(" ".join(was), " ".join(now)) for (was, now), count in swaps.items()):
        return True
    common = {word for text in (one, other) for word in text if word.islower()}
    return any(
        _conflict(one[i1:i2], other[j1:j2], common, dateline=_is_edge((i1, i2, j1, j2), len(one), len(other)))
        for i1, i2, j1, j2 in changed_blocks(*folded)
    )


def _differ(was: str, now: str) -> bool:
    """Whether two wordings are more than two spellings of one ("defence", "defense")."""
    return bool(was and now) and Levenshtein.normalized_similarity(was, now) < _SAME_WORD


def _is_edge(block: Block, one: int, other: int) -> bool:
    """Whether a change is what carriers put before and after a text: "MUSCAT, 24 Nov (ONA)", "ABB/Savvy"."""
    i1, i2, j1, j2 = block
    short = max(i2 - i1, j2 - j1) <= _LONGEST_DATELINE < min(one, other) // 4
    return short and ((i1, j1) == (0, 0) or (i2, j2) == (one, other))


def _conflict(one: Sequence[str], other: Sequence[str], common: Set[str], *, dateline: bool) -> bool:
    mine, theirs = _telling(one, common), _telling(other, common)
    if dateline:
        mine, theirs = ({word for word in words if _has_digit(word)} for words in (mine, theirs))
    return bool(_foreign(mine, theirs) and _foreign(theirs, mine))


def _telling(words: Sequence[str], common: Set[str]) -> set[str]:
    """Numbers and names: words with a capital letter or of a script without them, but for one that opens a sentence."""
    numbers = {word.casefold() for word in words if _has_digit(word)}
    names = {word.casefold() for word in words if not word[0].islower()} - numbers
    return numbers | (set() if len(names) == 1 and names & common else names)


def _has_digit(word: str) -> bool:
    return any(map(str.isdigit, word))


def _foreign(words: Collection[str], others: Collection[str]) -> set[str]:
    """Words that are not among the others, not even in short ("Nov") or in another spelling ("Naseer", "Nasser")."""
    return {word for word in words if word not in others and not any(_is_form_of(word, other) for other in others)}


def _is_form_of(word: str, other: str) -> bool:
    short, long = sorted((word, other), key=len)
    if not long.isalpha() or len(short) < _SHORT_FORM:
        return False
    if len(short) <= _LONGEST_SHORT_FORM and long.startswith(short):
        return True
    return len(long) - len(short) <= 1 and _skeleton(long) == _skeleton(short)


def _skeleton(word: str) -> str:
    """A word without vowels and doubled letters: spellings of one name share it, "Iran" and "Iraq" do not."""
    return _DOUBLED.sub(r"\1", word.translate(_VOWELS_OUT))
