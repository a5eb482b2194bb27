"""A statement as the page shows it beside the chat, and as `onrecord show --json` gives it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from corpus.archive import Archive
from corpus.model import Statement, Version
from ui.render.words import day, kind_in_words, link, moment, plain_marks, safe

_GAP = re.compile(r"\s*\n\s*\n\s*")
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Visit:
    """How a reader came to a statement.

    Attributes:
        marker: the citation that was chosen.
        voice: whose words it quotes, in words; empty where not known.
        position, count: its place among the answer's citations, from 1.
    """

    marker: int
    voice: str
    position: int
    count: int


def statement_html(
    statement: Statement,
    version: Version,
    highlight: Span | None = None,
    *,
    visit: Visit | None = None,
    versions: Sequence[Version] = (),
    repeats: Sequence[Statement] = (),
) -> str:
    """A statement as safe HTML, the highlighted characters in ``<mark>``, the first of them ``id="or-mark"``.

    A highlight that runs over a paragraph's end has a mark in each paragraph; joined, their text is the span's.
    """
    language = escape(statement.language)
    return (
        f'{_steps(statement, visit)}<article class="or-statement">{_header(statement, version)}'
        f"{_versions(version, versions, highlight)}{_repeats(repeats)}"
        f'<div class="or-text" lang="{language}" dir="auto">{_paragraphs(version.text, highlight)}</div></article>'
    )


def statement_json(archive: Archive, statement_id: str) -> dict[str, Any]:
    """What `onrecord show ID --json` and the API give: the statement, its current text, and its versions.

    Raises:
        NotHeld: no such statement.
    """
    statement, current = archive.statement(statement_id), archive.version(statement_id)
    return {
        "id": statement.id,
        "title": statement.title,
        "date": statement.published.isoformat(),
        "event_date": statement.event.isoformat() if statement.event else None,
        "issuer": statement.issuer,
        "speakers": list(statement.speakers),
        "kind": statement.kind,
        "place": statement.place,
        "url": statement.url,
        "lang": statement.language,
        "audience": list(statement.audience),
        "extra": dict(statement.extra),
        "withdrawn": statement.withdrawn,
        "version": current.number,
        "text": current.text,
        "versions": [
            {"number": v.number, "sha256": v.text_sha256, "fetched_at": v.fetched_at.isoformat()}
            for v in archive.versions(statement_id)
        ],
    }


def _steps(statement: Statement, visit: Visit | None) -> str:
    """Where the reader is among an answer's citations, the way to the ones beside it, and whose words these are.

    It stays in sight where the words are far down in the statement.
    """
    if visit is None:
        return ""
    back = "" if visit.position > 1 else " disabled"
    on = "" if visit.position < visit.count else " disabled"
    return (
        '<nav class="or-steps" aria-label="Sources of the answer"><span class="or-step-row">'
        f'<button type="button" class="or-step" data-step="-1"{back}>Previous</button>'
        f"<span>Quote {visit.position} of {visit.count}</span>"
        f'<button type="button" class="or-step" data-step="1"{on}>Next</button></span>'
        f'<p class="or-voice" dir="auto"><span class="or-numbers">{visit.marker}</span>{safe(visit.voice)}</p>'
        f'<p class="or-about or-short"><bdi>{safe(statement.title)}</bdi> · {day(statement.published)}</p></nav>'
    )


def _header(statement: Statement, version: Version) -> str:
    withdrawn = '<p class="or-withdrawn">Withdrawn by its source</p>' if statement.withdrawn else ""
    event = f"event {day(statement.event)}" if statement.event and statement.event != statement.published else ""
    facts = [day(statement.published), event, statement.issuer, kind_in_words(statement.kind), statement.place]
    about = safe(" · ".join(fact for fact in facts if fact))
    speakers = f'<p class="or-about" dir="auto">{safe(", ".join(statement.speakers))}</p>' if statement.speakers else ""
    away = link(statement.url)
    taken = f"Version {version.number}, taken {day(version.fetched_at.date())}"
    return (
        f'<header>{withdrawn}<h2 tabindex="-1" dir="auto">{safe(statement.title)}</h2>'
        f'<p class="or-about" dir="auto">{about}</p>{speakers}<p class="or-about">{taken}</p>'
        f"{f'<p class=or-link>{away}</p>' if away else ''}</header>"
    )


def _versions(shown: Version, versions: Sequence[Version], highlight: Span | None) -> str:
    """The versions, newest first, and what changed from each to the next; a word of warning over one that is past."""
    if len(versions) < 2:
        return ""
    newest = versions[-1]
    rows = "".join(
        f'<li><button type="button" class="or-open" data-statement="{escape(shown.statement_id)}"'
        f' data-version="{version.number}"{" aria-current=true" if version.number == shown.number else ""}>'
        f"<span>Version {version.number}<small>taken {moment(version.fetched_at)}</small></span></button>"
        f"{_compare(before, version, f'What changed from {before.number} to {version.number}') if before else ''}</li>"
        for before, version in reversed(list(zip([None, *versions], versions, strict=False)))
    )
    every = f'<details class="or-more"><summary>{len(versions)} versions</summary><ul>{rows}</ul></details>'
    return (_past(shown, newest, highlight) if shown.number != newest.number else "") + every


def _past(shown: Version, newest: Version, highlight: Span | None) -> str:
    """What a reader of a version that is not the current one has to know: above all, whether the words still stand."""
    quote = shown.text[slice(*highlight)] if highlight else ""
    stands = _folded(quote) in _folded(newest.text)
    still = " The quoted words still stand in it." if stands else " The quoted words are not in it."
    return (
        f'<p class="or-withdrawn">The text has changed since: version {newest.number}.{still if quote else ""}'
        f" {_compare(shown, newest, 'See what changed')}</p>"
    )


def _folded(text: str) -> str:
    """The words as they are compared: line breaks and the shape of quotation marks make no other quote."""
    return " ".join(plain_marks(text).split())


def _compare(old: Version, new: Version, words: str) -> str:
    return (
        f'<button type="button" class="or-mini" data-compare="{escape(old.statement_id)}" data-old="{old.number}"'
        f' data-new="{new.number}">{words}</button>'
    )


def _repeats(repeats: Sequence[Statement]) -> str:
    rows = "".join(
        f'<li><button type="button" class="or-open" data-statement="{escape(other.id)}"><span>'
        f"<bdi>{safe(other.title)}</bdi>"
        f"<small>{safe(' · '.join(part for part in (other.issuer, day(other.published)) if part))}</small></span>"
        "</button></li>"
        for other in repeats
    )
    count = "Also issued as 1 other statement" if len(repeats) == 1 else f"Also issued as {len(repeats)} others"
    return f'<details class="or-more"><summary>{count}</summary><ul>{rows}</ul></details>' if rows else ""


def _paragraphs(text: str, highlight: Span | None) -> str:
    """Every character of the text in order, so that the element's text content is the text itself."""
    span = highlight if highlight and 0 <= highlight[0] < highlight[1] <= len(text) else (0, 0)
    html, at = [], 0
    for gap in _GAP.finditer(text):
        html += [
            _paragraph(text, at, gap.start(), span),
            _marked(text, gap.start(), gap.end(), span, "mark class='or-gap'"),
        ]
        at = gap.end()
    html.append(_paragraph(text, at, len(text), span))
    return "".join(html).replace("<mark>", '<mark id="or-mark">', 1)


def _paragraph(text: str, first: int, last: int, span: Span) -> str:
    return f"<p>{_marked(text, first, last, span, 'mark')}</p>" if first < last else ""


def _marked(text: str, first: int, last: int, span: Span, tag: str) -> str:
    """The characters from first to last, those inside the span marked."""
    left, right = max(first, span[0]), min(last, span[1])
    if left >= right:
        return safe(text[first:last])
    return f"{safe(text[first:left])}<{tag}>{safe(text[left:right])}</mark>{safe(text[right:last])}"
