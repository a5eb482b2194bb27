"""An answer as the page shows it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from corpus.model import Filters, Statement
from rag.model import Answer, Citation, Outcome, Question, Searched
from ui.record import cited_statements
from ui.render.cited import blocks_of, place
from ui.render.markdown import answer_markdown
from ui.render.rich import answer_rich
from ui.render.shapes import body_html, laid_out
from ui.render.words import kind_in_words, link, many, origin, safe, voice_in_words, window

LABELS = {
    Outcome.ANSWERED: "Answered",
    Outcome.PARTIAL: "Partly answered",
    Outcome.NOT_FOUND: "Nothing held on that",
    Outcome.FILTERED_OUT: "Emptied by the filter",
    Outcome.UNCLEAR: "Please say more",
}
_CLOSEST = {Outcome.FILTERED_OUT: "Outside the filter there are"}
_VERDICTS = ("wrong speaker", "wrong date", "not supported", "missed something")


def answer_html(answer: Answer, answer_id: str = "", *, last: bool = False, given: Sequence[str] = ()) -> str:
    """An answer as safe HTML.

    Args:
        answer: what to show.
        answer_id: what its permalink names; without one there are no controls that need it.
        last: whether it is its conversation's last one, which can be asked again, edited and taken back.
        given: what this reader has said of it already.
    """
    label = f'<p class="or-outcome" data-outcome="{answer.outcome.value}">{LABELS[answer.outcome]}</p>'
    inside = body_html(answer) + _evidence(answer) + _nearest(answer) + _foot(answer, answer_id, last, given)
    return (
        f'<div class="or-answer" data-answer="{escape(answer_id)}">'
        f'<div class="or-read">{label}{understood_html(answer.question)}</div>{inside}</div>'
    )


def growing_html(question: Question, text: str) -> str:
    """An answer on its way: what was understood, and the text so far, whose markers open nothing yet."""
    so_far = Answer(question, Outcome.ANSWERED, text, (), Searched(0, None, None), (), {})
    blocks = laid_out(blocks_of(so_far))
    label = '<p class="or-outcome or-working" role="status">Reading the record …</p>'
    body = f'<div class="or-body">{blocks}</div>' if blocks else ""
    return f'<div class="or-answer"><div class="or-read">{label}{understood_html(question)}</div>{body}</div>'


def waiting_html(before: int = -1) -> str:
    """A question that is being searched for, or waits for its turn.

    Args:
        before: how many questions wait before it; less than 0 for one that is being searched for.
    """
    words = "Searching the record …"
    if before == 0:
        words = "Many are asking just now. Yours is next …"
    elif before > 0:
        words = f"Many are asking just now. {many(before, 'question')} before yours …"
    return f'<p class="or-outcome or-working" role="status">{words}</p>'


def question_html(text: str) -> str:
    """The reader's words."""
    return f'<h2 class="or-question" dir="auto">{safe(text)}</h2>'


def notice_html(text: str) -> str:
    """A plain sentence about something that did not work."""
    return f'<p class="or-notice" role="alert">{safe(text)}</p>'


def understood_html(question: Question) -> str:
    """How the question was read, as chips that unfold into a form for asking again with one of them changed."""
    filters = question.filters
    chips: list[tuple[str, str]] = []  # the words, and the field of the form below that they stand in
    if question.standalone.strip() != question.text.strip():
        chips.append((f"Read as “{question.standalone}”", "wording"))
    chips += [(name, "name") for name in (*question.people, *question.places)]
    if words := window(filters.date_from, filters.date_to):
        chips.append((words, "first"))
    chips += [(name, "issuer") for name in filters.issuers]
    chips += [(words, "") for words in (*filters.speakers, *map(kind_in_words, filters.kinds))]
    shown = "".join(
        f'<span class="or-token" dir="auto" data-field="{safe(field)}">{safe(words)}</span>' for words, field in chips
    )
    return (
        f'<details class="or-understood"><summary>{shown}<span class="or-change">Change</span></summary>'
        f"{_form(question, filters)}</details>"
    )


def _form(question: Question, filters: Filters) -> str:
    names = "".join(
        f'<label>{noun}<input type="text" name="name" data-was="{safe(name)}" value="{safe(name)}" maxlength="200">'
        "</label>"
        for noun, group in (("Person or body", question.people), ("Place", question.places))
        for name in group
    )
    issuers = "".join(
        f'<label class="or-tick-box"><input type="checkbox" name="issuer" value="{safe(name)}" checked>'
        f"{safe(name)}</label>"
        for name in filters.issuers
    )
    alone = (
        f'<button type="button" class="or-mini or-wide" data-alone="{safe(question.text)}">'
        "Ask it by itself, without the questions before</button>"
        if question.standalone.strip() != question.text.strip()
        else ""
    )
    start, end = (when.isoformat() if when else "" for when in (filters.date_from, filters.date_to))
    return (
        '<form class="or-form"><label class="or-wide">Question, standing alone'
        f'<textarea name="wording" rows="2" maxlength="2000">{safe(question.standalone)}</textarea></label>{names}'
        f'<label>From<input type="date" name="first" value="{start}"></label>'
        f'<label>To<input type="date" name="last" value="{end}"></label>{issuers}'
        f'<button type="submit" class="or-button">Ask again like this</button>{alone}</form>'
    )


def _evidence(answer: Answer) -> str:
    """One card for each citation, folded away: the answer has the quotes in it already."""
    if not answer.citations:
        return ""
    cards = "".join(f"<li>{card_html(citation)}</li>" for citation in answer.citations)
    count = many(len(answer.citations), "quote")
    held = many(len(cited_statements(answer.citations)), "statement")
    return f'<details class="or-more"><summary>{count} from {held}</summary><ol class="or-cards">{cards}</ol></details>'


def card_html(citation: Citation) -> str:
    """What a reader needs in order to trust one quote, with a way to the words themselves."""
    statement = citation.statement
    speaker = f'<p class="or-voice" dir="auto">{safe(voice_in_words(citation))}</p>'
    away = link(statement.url, "Source")
    return (
        f'<article class="or-card"><button type="button" class="or-open" {place(citation)}>'
        f'<span class="or-numbers">{citation.marker}</span><q class="or-quote" dir="auto">{safe(citation.quote)}</q>'
        f'</button>{speaker}<p class="or-about"><bdi>{safe(statement.title)}</bdi> · '
        f"{safe(' · '.join(origin(statement)))}{' · ' + away if away else ''}</p></article>"
    )


def _nearest(answer: Answer) -> str:
    rows = "".join(f"<li>{_near(statement)}</li>" for statement in answer.nearest)
    label = _CLOSEST.get(answer.outcome, "Closest, without the answer")
    return f'<p class="or-label">{label}</p><ul class="or-nearest">{rows}</ul>' if rows else ""


def _near(statement: Statement) -> str:
    return (
        f'<button type="button" class="or-open" data-statement="{escape(statement.id)}"><span>'
        f"<bdi>{safe(statement.title)}</bdi><small>{safe(' · '.join(origin(statement)))}</small></span></button>"
    )


def _foot(answer: Answer, answer_id: str, last: bool, given: Sequence[str]) -> str:
    searched = ""
    if answer.outcome is not Outcome.UNCLEAR:  # then nothing was searched
        searched = f'<p class="or-searched">{safe(searched_words(answer.searched))}</p>'
    copy = (
        f'<button type="button" class="or-act" data-copy="{safe(answer_markdown(answer))}"'
        f' data-rich="{safe(answer_rich(answer))}">Copy with footnotes</button>'
        if answer.citations
        else ""
    )
    acts = copy
    if answer_id:
        acts += '<button type="button" class="or-act" data-act="link">Copy link</button>'
        acts += _judge(answer, given)
        if last:
            names = {"again": "Ask again", "edit": "Edit", "undo": "Undo"}
            acts += "".join(
                f'<button type="button" class="or-act" data-act="{act}">{name}</button>' for act, name in names.items()
            )
    controls = f'<div class="or-acts" role="group" aria-label="This answer">{acts}</div>' if acts else ""
    return f'<div class="or-foot">{searched}{controls}</div>'


def _judge(answer: Answer, given: Sequence[str]) -> str:
    """Good, or what is wrong with it; what was said is shown as pressed."""
    good = str("good" in given).lower()
    wrong = [verdict for verdict in given if verdict != "good"]
    options = "".join(
        f'<label class="or-tick-box"><input type="radio" name="verdict" value="{verdict}" required>'
        f"{verdict.capitalize()}</label>"
        for verdict in _VERDICTS
        if answer.citations or verdict == "missed something"
    )
    markers = "".join(f'<option value="{c.marker}">Source {c.marker}</option>' for c in answer.citations)
    which = (
        f'<label>Which<select name="marker"><option value="">The whole answer</option>{markers}</select></label>'
        if markers
        else ""
    )
    said = "Reported" if wrong else "Something is wrong"
    return (
        f'<button type="button" class="or-act" data-act="good" aria-pressed="{good}">'
        f"{'Marked as good' if good == 'true' else 'Good answer'}</button>"
        f'<details class="or-wrong"><summary class="or-act">{said}</summary><form class="or-form">'
        f'<fieldset><legend>What is wrong?</legend>{options}</fieldset>{which}<label class="or-wide">What should it be?'
        '<textarea name="note" rows="2" maxlength="2000"></textarea></label>'
        '<button type="submit" class="or-button">Send</button></form></details>'
    )


def searched_words(searched: Searched) -> str:
    """What was looked through, in one line."""
    parts = [f"Searched {many(searched.statements, 'statement')}"]
    parts += [words for words in [window(searched.date_from, searched.date_to)] if words]
    parts += ["from " + ", ".join(searched.issuers)] if searched.issuers else []
    return ", ".join(parts)
