"""What became of statements that were added: progress, what was understood of each, and a form to mend it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from corpus.model import Statement
from ui.render.words import many, origin, safe


def progress_html(name: str, done: int, count: int) -> str:
    """How far it is; `done` files of `count` are through."""
    return (
        f'<p class="or-status" role="status">Taking in {safe(name)} ({done + 1} of {count}) …</p>'
        f'<progress value="{done}" max="{count}" aria-label="Files taken in"></progress>'
    )


def problem_html(name: str, problem: str) -> str:
    """What could not be taken, and why."""
    return f'<p class="or-notice" role="alert"><bdi>{safe(name)}</bdi>: {safe(problem)}</p>'


def added_html(
    statements: Sequence[Statement], count: int, unchanged: int, waiting: int, *, mended: bool = False
) -> str:
    """What was taken in, each with what was understood of it and a form to mend that.

    Args:
        statements: those that are listed.
        count: how many there are in all.
        unchanged: how many were held already, just so.
        waiting: passages whose vectors are still to be made.
        mended: whether they were just corrected, and not added.
    """
    said = "Corrected." if mended else f"{many(count, 'statement')} taken in."
    if unchanged:
        said += f" {many(unchanged, 'statement')} held already."
    indexed = (
        f" Found by words now; {many(waiting, 'passage')} still to be indexed by meaning."
        if waiting
        else " All indexed."
    )
    rows = "".join(f"<li>{_added(statement)}</li>" for statement in statements)
    more = f"<li>and {count - len(statements):,} more</li>" if count > len(statements) else ""
    return f'<p class="or-status" role="status">{said}{indexed}</p><ul class="or-added">{rows}{more}</ul>'


def _added(statement: Statement) -> str:
    speakers = "; ".join(statement.speakers)
    about = " · ".join([*origin(statement), *([speakers] if speakers else [])])
    fields = {
        "title": ("Title", statement.title, "text"),
        "issuer": ("Issuer", statement.issuer or "", "text"),
        "date": ("Date", statement.published.isoformat(), "date"),
        "event_date": ("Date of the event", statement.event.isoformat() if statement.event else "", "date"),
        "speakers": ("Speakers, with ; between them", speakers, "text"),
        "kind": ("Kind", statement.kind, "text"),
    }
    inputs = "".join(
        f"<label{' class=or-wide' if name in ('title', 'speakers') else ''}>{label}"
        f'<input type="{kind}" name="{name}" value="{safe(value)}" maxlength="1000"></label>'
        for name, (label, value, kind) in fields.items()
    )
    return (
        f'<button type="button" class="or-open" data-statement="{escape(statement.id)}"><span>'
        f"<bdi>{safe(statement.title)}</bdi><small>{safe(about)}</small></span></button>"
        f'<details class="or-more"><summary>Correct this</summary>'
        f'<form class="or-form" data-mend="{escape(statement.id)}">'
        f'{inputs}<button type="submit" class="or-button">Save the correction</button></form></details>'
    )
