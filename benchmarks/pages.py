"""How well a page's fields and text are found: `python -m benchmarks.pages FOLDER`.

The folder holds saved pages and `expected.json`, a list of `{"file", "title", "date", "issuer", "url"}`. Prints a
table with a row per field and then every miss. With `--body SELECTOR`, the text is judged word by word against the
element of the page that has the body; the reader knows nothing of it.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from corpus.errors import InputError
from ingest.decode import decode_html
from ingest.describe import Described, describe
from ingest.readers import Item, reader_for
from ingest.tidy import tidy

FIELDS = ("title", "date", "issuer", "url", "language")
# Nothing of what surrounds a statement on its site.
CHROME = re.compile(r"cookies?\b|skip to main|sign up|subscribe|share on|follow us|privacy policy|you are here", re.I)
_WORD = re.compile(r"\w+")


@dataclass(slots=True)
class Score:
    """Hits and misses over all pages; for bodies, shares of words."""

    pages: int = 0
    right: Counter[str] = field(default_factory=Counter)
    misses: list[str] = field(default_factory=list)
    bodies: int = 0
    recall: float = 0.0
    precision: float = 0.0
    whole: int = 0
    clean: int = 0

    def page(self, name: str, found: Described, expected: Mapping[str, Any], gold: str | None) -> None:
        """Count one page."""
        self.pages += 1
        statement = found.statement
        values = {
            "title": (statement.title, " ".join(expected["title"].split())),
            "date": (statement.published.isoformat(), expected["date"][:10]),
            "issuer": (statement.issuer, expected["issuer"]),
            "url": (statement.url, expected["url"]),
            "language": (statement.language, expected.get("language", "en")),
        }
        for name_of_field, (got, wanted) in values.items():
            if got == wanted:
                self.right[name_of_field] += 1
            else:
                self.misses.append(f"{name}: {name_of_field} is {got!r}, expected {wanted!r}")
        if chrome := CHROME.search(found.text):
            self.misses.append(f"{name}: the text has {chrome[0]!r}")
        else:
            self.clean += 1
        if gold:
            self._body(name, found.text, gold, statement.title)

    def _body(self, name: str, text: str, gold: str, title: str) -> None:
        got, wanted, heading = _words(text), _words(gold), _words(title)
        shared = (got & wanted).total()
        self.bodies += 1
        recall = shared / max(1, wanted.total())
        # The headline above the body is the statement's too.
        precision = (got & (wanted + heading)).total() / max(1, got.total())
        self.recall += recall
        self.precision += precision
        self.whole += recall > 0.995
        if recall <= 0.995 or precision < 0.95:
            self.misses.append(f"{name}: body has {recall:.1%} of its words and {precision:.1%} of its own")

    def table(self) -> str:
        """As Markdown."""
        rows = [f"| {name} | {self.right[name]}/{self.pages} |" for name in FIELDS]
        rows.append(f"| text without the site's own words | {self.clean}/{self.pages} |")
        if self.bodies:
            rows.append(f"| body whole (over 99.5 % of its words) | {self.whole}/{self.bodies} |")
            rows.append(f"| words of the body found, on average | {self.recall / self.bodies:.2%} |")
            rows.append(f"| words found that are the body's or the headline's | {self.precision / self.bodies:.2%} |")
        return "\n".join(["| field | right |", "|---|---|", *rows])


def _words(text: str) -> Counter[str]:
    return Counter(_WORD.findall(text.casefold()))


def score(folder: Path, body: str | None = None) -> Score:
    """The score of a folder of pages; `body` is the CSS selector of a page's body, where that is known."""
    result = Score()
    for expected in json.loads((folder / "expected.json").read_text(encoding="utf-8")):
        path = folder / Path(expected["file"]).name
        read = reader_for(path)
        assert read is not None
        for found in read(path):
            if isinstance(found, InputError):
                result.misses.append(str(found))
                continue
            result.page(path.name, describe(found), expected, _gold(found, body) if body else None)
    return result


def _gold(item: Item, selector: str) -> str | None:
    node = LexborHTMLParser(decode_html(item.raw, item.where)).css_first(selector)
    return tidy(node.html or "", "html") if node is not None else None


def main(arguments: list[str] | None = None) -> int:
    """Print the table and the misses; the exit code is 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pages", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path, help="saved pages with their expected.json")
    parser.add_argument("--body", metavar="SELECTOR", help="CSS selector of the element that holds a page's body")
    given = parser.parse_args(arguments)
    result = score(given.folder, given.body)
    print(result.table())
    print("\n".join(["", f"{len(result.misses)} misses", *result.misses]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
