"""A model's words, as they come, cut into whole sentences with the markers that belong to each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ingest.sentences import sentence_spans

# Models put markers before or after the full stop; inside the sentence is where they can be told apart.
_AFTER_STOP = re.compile(r"(?P<stop>[.!?][”\"’')]*)\s*(?P<markers>(?:[\[【]\s*[^\[\]【】\n]{1,40}[\]】]\s*)+)")
_LIST_MARK = re.compile(r"\s*(?:[-*•–]|\d{1,2}[.)])\s+")
_MARKUP_LINE = re.compile(r"\s*(?:#{1,6}\s|```|---|===|\*\*\*|___)")
# Only a marker makes it sure that a full stop ends a sentence, before what follows is known.
_ENDS_MARKED = re.compile(r"[\]】][.!?”\"’')\s]*$")
_LONGEST = 1500  # characters; a longer run without an end is no sentence


@dataclass(frozen=True, slots=True)
class Written:
    """A sentence as a model wrote it.

    Attributes:
        before: what stands between it and the sentence before: a space, a paragraph break, or a list mark.
    """

    text: str
    before: str


def sentences(deltas: Iterable[str]) -> Iterator[Written]:
    """Whole sentences out of pieces of text, each as soon as it is sure to have ended.

    A sentence has ended when it has its markers and another has begun, with a whole word; or when its line has.
    Headings and fences are left out. What comes after the last piece ends the last sentence.
    """
    buffer, before = "", ""
    for delta in deltas:
        buffer += delta
        while "\n" in buffer:
            line, buffer = buffer.split("\n", 1)
            yield from _split(line, before)
            before = "\n\n"
        ready, buffer, before = _ready(buffer, before)
        yield from ready
    yield from _split(buffer, before)


def _ready(buffer: str, before: str) -> tuple[list[Written], str, str]:
    """The sentences of an unfinished line that have ended, what is left of it, and what stands before that."""
    if len(buffer) >= _LONGEST:
        return list(_split(buffer, before)), "", " "
    if _MARKUP_LINE.match(buffer) or not re.search(r"[\]】]", buffer):
        return [], buffer, before
    moved = _moved(buffer)
    spans = sentence_spans(moved)
    start = spans[-1][0] if spans else 0
    begun = re.match(r"\S+\s", moved[start:]) and not moved.startswith(("[", "【"), start)
    if len(spans) < 2 or not begun or not _ENDS_MARKED.search(moved, 0, start):
        return [], buffer, before
    start = _unmoved(buffer, start)  # what is left stays as it was written: more markers may follow its own
    done = list(_split(buffer[:start], before))
    return done, buffer[start:], " " if done else before


def _split(line: str, before: str) -> Iterator[Written]:
    """The sentences of a finished line."""
    if _MARKUP_LINE.match(line):
        return
    mark = _LIST_MARK.match(line)
    if mark:
        line, before = line[mark.end() :], "\n- "
    moved = _moved(line)
    for start, end in sentence_spans(moved):
        yield Written(moved[start:end], before)
        before = " "


def _moved(text: str) -> str:
    """A text whose markers stand before the full stop of their sentence."""
    return _AFTER_STOP.sub(_before_stop, text)


def _unmoved(text: str, place: int) -> int:
    """Where a place in the moved text is in the text itself."""
    for found in _AFTER_STOP.finditer(text):
        more = len(_before_stop(found)) - len(found[0])
        if found.end() + more > place:
            break
        place -= more
    return place


def _before_stop(found: re.Match[str]) -> str:
    return f" {found['markers'].strip()}{found['stop']} "
