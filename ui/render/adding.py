"""What became of statements that were added: progress, what was understood of each, and forms to mend that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from corpus.model import Statement
from ui.render.words import day, kind_in_words, many, safe

_NOT_STATED = "not stated"


@dataclass(frozen=True, slots=True)
class Problem:
    """What could not be taken, and why.

    Attributes:
        where: where it stands, as its reader knows it.
        key: of what was read, which can be taken with what its reader says of it; empty where it could not be read.
    """

    where: str
    problem: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Trouble:
    """A form that was sent and could not be used: of which statement or problem, why, and what it said."""

    of: str
    why: str
    given: Mapping[str, str]


def progress_html(name: str, done: int, count: int, statements: int) -> str:
    """How far it is: `done` files of `count` are through, and so many statements in all."""
    value = f' value="{done}"' if count > 1 else ""  # of one file it is not known how much there is
    taken = f" {many(statements, 'statement')} so far." if statements else ""
    return (
        f'<p class="or-status">Taking in {safe(name)} ({done + 1} of {count}) …{taken}</p>'
        f'<progress max="{count}"{value} aria-label="Files taken in"></progress>'
    )


def indexing_html(waiting: int) -> str:
    """How much is still to be indexed by meaning; nothing where all is."""
    if not waiting:
        return ""
    said = f"{many(waiting, 'passage')} still to be indexed by meaning; found by words already."
    return f'<p class="or-status or-indexing">{said}</p>'


def added_html(
    said: str,
    statements: Sequence[Statement],
    more: int,
    problems: Sequence[Problem],
    not_taken: int,
    trouble: Trouble | None = None,
) -> str:
    """What was taken in, each with what was understood of it, and what was not, each with a form to mend that.

    Args:
        said: how it went, in a sentence.
        statements: those that are listed.
        more: how many more were taken.
        problems: what could not be taken, as far as it is listed.
        not_taken: how much that is in all.
        trouble: a form that was just sent in vain, which stays open as it was.
    """
    rows = "".join(f"<li>{_added(statement, trouble)}</li>" for statement in statements)
    rows += f"<li>and {more:,} more</li>" if more else ""
    listed = f'<ul class="or-added">{rows}</ul>' if rows else ""
    left = "".join(f"<li>{_problem(problem, trouble)}</li>" for problem in problems)
    left += f"<li>and {not_taken - len(problems):,} more</li>" if not_taken > len(problems) else ""
    head = f'<h3 class="or-label">{not_taken:,} not taken</h3>' if not_taken else ""
    return f'<p class="or-status" role="status">{safe(said)}</p>{head}<ul class="or-problems">{left}</ul>{listed}'


def _added(statement: Statement, trouble: Trouble | None) -> str:
    facts = {
        "Date": day(statement.published),
        "Event": day(statement.event) if statement.event else "",
        "Issuer": statement.issuer or _NOT_STATED,
        "Kind": kind_in_words(statement.kind) or "statement",
        "Speakers": ", ".join(statement.speakers) or _NOT_STATED,
        "Language": statement.language,
    }
    rows = "".join(
        f"<div><dt>{name}</dt><dd{' class=or-lacking' if fact is _NOT_STATED else ''} dir=auto>{safe(fact)}</dd></div>"
        for name, fact in facts.items()
        if fact
    )
    fields = {
        "title": ("Title", statement.title, "text"),
        "issuer": ("Issuer", statement.issuer or "", "text"),
        "kind": ("Kind", statement.kind, "text"),
        "date": ("Date", statement.published.isoformat(), "date"),
        "event_date": ("Date of the event", statement.event.isoformat() if statement.event else "", "date"),
        "speakers": ("Speakers, with ; between them", "; ".join(statement.speakers), "text"),
        "language": ("Language, as en or fr", statement.language, "text"),
    }
    form = _form("mend", statement.id, fields, "Save the correction", trouble)
    return (
        f'<button type="button" class="or-open" data-statement="{escape(statement.id)}"><span>'
        f'<bdi>{safe(statement.title)}</bdi></span></button><dl class="or-facts">{rows}</dl>'
        f"{_details('Correct this', form, trouble is not None and trouble.of == statement.id)}"
    )


def _problem(problem: Problem, trouble: Trouble | None) -> str:
    said = f'<p class="or-notice"><bdi>{safe(problem.where)}</bdi>: {safe(problem.problem)}</p>'
    if not problem.key:
        return said + '<p class="or-about">Mend it where it comes from, and send it again.</p>'
    fields = {
        "title": ("Title", "", "text"),
        "date": ("Date", "", "date"),
        "issuer": ("Issuer", "", "text"),
        "kind": ("Kind", "", "text"),
    }
    form = _form("supply", problem.key, fields, "Take it with this", trouble)
    opened = trouble is not None and trouble.of == problem.key
    return f"{said}{_details('Say what it lacks', form, opened)}"


def _details(words: str, inside: str, opened: bool) -> str:
    return f'<details class="or-more"{" open" if opened else ""}><summary>{words}</summary>{inside}</details>'


def _form(what: str, of: str, fields: Mapping[str, tuple[str, str, str]], words: str, trouble: Trouble | None) -> str:
    """A form of which the script sends an event named `what`; as it was sent, where that was in vain."""
    mine = trouble if trouble is not None and trouble.of == of else None
    why = f'<p class="or-notice or-wide" role="alert">{safe(mine.why)}</p>' if mine else ""
    inputs = "".join(
        f"<label{' class=or-wide' if name in ('title', 'speakers') else ''}>{label}"
        f'<input type="{kind}" name="{name}" value="{safe(mine.given.get(name, value) if mine else value)}"'
        ' maxlength="1000"></label>'
        for name, (label, value, kind) in fields.items()
    )
    return (
        f'<form class="or-form" data-{what}="{safe(of)}">{why}{inputs}'
        f'<button type="submit" class="or-button">{words}</button></form>'
    )
