"""What stands around a conversation: the head, the shelf of conversations, where to start, and what is held."""

from __future__ import annotations

import calendar
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from math import ceil, log

from corpus.archive import Coverage
from corpus.catalogue import Month
from corpus.ledger import Source
from ui.conversation import Conversation, Exchange
from ui.render.words import day, many, moment, safe, window

_MOST_ISSUERS = 12
_MOST_YEARS = 30
_LEVELS = 4


def head_html(title: str, held: Coverage) -> str:
    """The page's name and how much it stands on."""
    since = f", {window(held.first, held.last)}" if held.first and held.last else ""
    count = many(held.statements, "statement")
    close = '<button type="button" class="or-close" data-do="close" aria-label="Close the menu">×</button>'
    return f'<header>{close}<p class="or-name">{safe(title)}</p><p>{count} held{since}</p></header>'


def bar_html(talk: Conversation | None) -> str:
    """The line over a conversation: its title, and ways to take it away."""
    menu = '<button type="button" class="or-mini or-menu" data-do="rail">Menu</button>'
    if talk is None or not talk.exchanges:
        return f'<div class="or-bar">{menu}</div>'
    forms = {"md": "Markdown", "docx": "Word", "pdf": "PDF"}
    links = "".join(
        f'<li><a class="or-mini" href="exports/{escape(talk.id)}.{ending}" download>{name}</a></li>'
        for ending, name in forms.items()
    )
    return (
        f'<div class="or-bar" data-talk="{escape(talk.id)}">{menu}'
        f'<h1 class="or-title" dir="auto">{safe(talk.title)}</h1>'
        f'<nav aria-label="Export this conversation"><span>Export</span><ul>{links}</ul></nav></div>'
    )


def start_html(examples: Sequence[str]) -> str:
    """An empty conversation, with questions to begin with."""
    buttons = "".join(
        f'<li><button type="button" class="or-example" data-question="{question}">{question}</button></li>'
        for question in map(escape, examples)
    )
    return (
        '<div class="or-start"><h1 class="or-lead">What was said, by whom, and when.</h1>'
        "<p>Every quotation is an exact passage of a statement that is held, and opens where it stands.</p>"
        f"<ul>{buttons}</ul></div>"
    )


def shelf_html(conversations: Sequence[Conversation], current: str) -> str:
    """A reader's conversations, to open, rename and delete."""
    rows = "".join(_talk(talk, talk.id == current) for talk in conversations)
    inside = f"<ul>{rows}</ul>" if rows else '<p class="or-none">Conversations are kept here.</p>'
    return f'<nav class="or-shelf" aria-label="Conversations">{inside}</nav>'


def _talk(talk: Conversation, current: bool) -> str:
    title = safe(talk.title)
    here = ' aria-current="true"' if current else ""
    return (
        f'<li class="or-talk" data-talk="{escape(talk.id)}">'
        f'<button type="button" class="or-open" data-do="reopen"{here}>'
        f'<span><b dir="auto">{title}</b>'
        f"<small>{day(talk.updated.date())} · {many(talk.exchanges, 'question')}</small></span>"
        f'</button><button type="button" class="or-mini" data-do="rename" aria-label="Rename: {title}">Rename</button>'
        f'<button type="button" class="or-mini" data-do="delete" aria-label="Delete: {title}">Delete</button></li>'
    )


def doors_html(*, may_add: bool) -> str:
    """Ways to what is beside the chat."""
    add = '<button type="button" class="or-mini" data-do="add">Add statements</button>' if may_add else ""
    return (
        f'<div class="or-doors"><button type="button" class="or-mini" data-do="held">What is held</button>{add}</div>'
    )


def active_html(filters: Sequence[str]) -> str:
    """The filters that are set, over the box, so that nobody asks through one without knowing; empty for none."""
    chips = "".join(f'<span class="or-token" dir="auto">{safe(words)}</span>' for words in filters)
    return f'<p class="or-active"><span>Only</span>{chips}</p>' if chips else ""


def status_html(text: str) -> str:
    """A sentence about what was just done."""
    return f'<p class="or-status" role="status">{safe(text)}</p>'


def record_note_html(exchange: Exchange, own: bool) -> str:
    """What tells an answer that a permalink shows from one that was just given."""
    whose = "you asked" if own else "a colleague asked"
    return f'<p class="or-kept" role="note">The answer as it was given on {moment(exchange.at)}, when {whose}.</p>'


def held_html(
    held: Coverage,
    months: Sequence[Month],
    taken: datetime | None,
    sources: Sequence[Source],
    waiting: int,
) -> str:
    """What is held: by issuer and year, and each issuer by month; cells darken with the count.

    Args:
        held: the whole.
        months: counts by issuer and month, see `Catalogue.by_month`.
        taken: when a statement was last taken in.
        sources: what is gone through again and again for new statements; none for a reader who is not to know.
        waiting: passages that are searched by their words alone until their vectors are made.
    """
    if not months or held.first is None or held.last is None:
        return (
            '<article class="or-held"><h2 tabindex="-1">What is held</h2><p>Nothing yet. Add statements, or run'
            " <code>onrecord ingest</code>.</p></article>"
        )
    by_issuer: dict[str, Counter[str]] = {}
    for entry in months:
        by_issuer.setdefault(entry.issuer or "Issuer not stated", Counter())[entry.month] += entry.statements
    names = sorted(by_issuer, key=lambda name: (-by_issuer[name].total(), name))
    shown, left = names[:_MOST_ISSUERS], len(names) - _MOST_ISSUERS
    facts = [many(held.statements, "statement"), f"{day(held.first)} to {day(held.last)}"]
    facts += [f"last taken in {moment(taken)}"] if taken else []
    indexing = (
        f"{many(waiting, 'passage')} still to be indexed by meaning; found by their words already."
        if waiting
        else "Everything is indexed."
    )
    overview = _by_year({name: by_issuer[name] for name in shown}) if len(names) > 1 else ""
    single = len(names) == 1
    details = "".join(
        f'<details class="or-more"{" open" if single else ""}><summary>{safe(name)}, by month</summary>'
        f"{_by_month(name, by_issuer[name])}</details>"
        for name in shown
    )
    more = f'<p class="or-about">and {many(left, "issuer")} with fewer.</p>' if left > 0 else ""
    return (
        f'<article class="or-held"><h2 tabindex="-1">What is held</h2><p class="or-about">{" · ".join(facts)}</p>'
        f'<p class="or-about" role="status">{indexing}</p>{_synced(sources)}{overview}{details}{more}</article>'
    )


def _synced(sources: Sequence[Source]) -> str:
    """When the sources were last gone through, which is what an absence is judged by."""
    if not sources:
        return ""
    failed = sum(source.problem is not None for source in sources)
    went_well = [source.synced for source in sources if source.synced is not None]
    complete = len(went_well) == len(sources)
    since = f"all synced since {moment(min(went_well))}" if complete else "not all synced yet"
    words = f"{many(len(sources), 'source')}, {since}"
    words += f"; {failed} could not be read at the last try" if failed else ""
    rows = "".join(
        f"<li><bdi>{safe(source.url)}</bdi><small>{safe(_last_sync(source))}</small></li>" for source in sources
    )
    return f'<details class="or-more"><summary>{words}</summary><ul class="or-sources">{rows}</ul></details>'


def _last_sync(source: Source) -> str:
    went_well = f"synced {moment(source.synced)}" if source.synced else "never synced"
    return f"{went_well}. {source.problem}" if source.problem else went_well


def _by_year(by_issuer: Mapping[str, Counter[str]]) -> str:
    years = sorted({month[:4] for months in by_issuer.values() for month in months})
    years = [str(year) for year in range(int(years[0]), int(years[-1]) + 1)][-_MOST_YEARS:]
    rows = {
        (name, f"{months.total():,}"): [
            sum(count for month, count in months.items() if month.startswith(year)) for year in years
        ]
        for name, months in by_issuer.items()
    }
    return _table("Statements by issuer and year", years, rows)


def _by_month(name: str, months: Counter[str]) -> str:
    years = sorted({month[:4] for month in months}, reverse=True)[:_MOST_YEARS]
    rows = {(year, ""): [months[f"{year}-{number:02}"] for number in range(1, 13)] for year in years}
    return _table(f"Statements of {name} by month", calendar.month_abbr[1:], rows)


def _table(caption: str, columns: Sequence[str], rows: Mapping[tuple[str, str], Sequence[int]]) -> str:
    most = max(count for counts in rows.values() for count in counts)
    heads = "".join(f'<th scope="col">{safe(column)}</th>' for column in columns)
    lines = "".join(
        f'<tr><th scope="row"><bdi>{safe(name)}</bdi><small>{total}</small></th>'
        + "".join(_cell(count, most) for count in counts)
        + "</tr>"
        for (name, total), counts in rows.items()
    )
    return (
        f'<div class="or-scroll" tabindex="0" role="region" aria-label="{safe(caption)}"><table>'
        f'<caption class="or-unseen">{safe(caption)}</caption><thead><tr><td></td>{heads}</tr></thead>'
        f"<tbody>{lines}</tbody></table></div>"
    )


def _cell(count: int, most: int) -> str:
    level = 0 if not count else max(1, ceil(_LEVELS * log(1 + count) / log(1 + most)))
    return f'<td data-level="{level}">{f"{count:,}" if count else ""}</td>'
