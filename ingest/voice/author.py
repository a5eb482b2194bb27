"""Whose words a whole text is: a speech or statement by somebody, a signed letter, a joint text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from corpus.model import Statement
from ingest.voice.people import NAME, Person, is_body, is_marked, office_apposed, office_in, person, several
from ingest.voice.quotations import Quotation

_JOINT = re.compile(
    r"^(?!(?:fact sheet|readout|remarks|statement|press briefing|press gaggle|background|speech|on-the-record)\b)"
    r"[^:]{0,90}?\bjoint\s+(?:[\w.-]+\s+){0,3}?(?:statement|declaration|communiqu[eé]|press release|vision|readout)\b"
    r"|\bmemorandum of understanding\b|\bcommuniqu[eé]\b|\bleaders[’'] (?:statement|declaration)\b",
    re.IGNORECASE,
)
_TITLE_BY = re.compile(
    r"^(?:(?:second|third) reading |opening |closing |keynote |welcome |written |oral |full |prepared |press )?"
    r"(?P<form>remarks|statement|speech|address|message|answer|reply|testimony|lecture|toast|intervention|comments)\b"
    r"(?:.{0,60}?\s(?:by|from)|\s+of)\s+(?P<who>\S.*)$",
    re.IGNORECASE,
)
_TITLE_OWN = re.compile(
    r"^(?:Excerpts? (?:from|of) )?(?P<who>[A-Z]\S* .{2,80}?)(?:[’']s?)?(?<! to)(?<! will)"
    r" (?:Statement|Message|Remarks|Speech|Address)\b(?! to\b)"
)
_WHO_ENDS = re.compile(
    r"\s+(?:on|at|in|before|after|ahead|upon|about|under|with|to(?! the (?:Vice )?President\b)|when|as|–|—|\|"
    r"|(?:congratulat|extend|thank|applaud|remember|send|recogni[sz]|mourn|prais|urg|call|mark|announc|welcom"
    r"|hono(?:u)?r|celebrat|commemorat|condemn|regard|concern|follow|respond|express|commend|introduc|sign|veto|dur|support)ing"
    r"|(?:one|two|three|four|five|ten|\d+) years?)\s|\s[–—|]\s|:",
    re.IGNORECASE,
)
_SIGNED = re.compile(r"\n(?P<name>(?:[A-ZÀ-Þ][A-ZÀ-Þ.’'-]*,? ){1,4}[A-ZÀ-Þ][A-ZÀ-Þ.’'-]+)[ ]*(?=\n|$)")
_CLOSED = re.compile(
    r"\n(?:Yours )?(?:Sincerely|Respectfully|Faithfully|Yours truly)(?: yours)?,?\s*\n(?P<name>[^\n]{4,60})"
)
_SELF = re.compile(rf"\bI, (?P<name>{NAME}), (?P<office>{NAME})")
_VESTED = re.compile(r"\bauthority vested in me as (?P<office>[A-Z]\w+)")
_MINE = re.compile(r"\b[Mm]y (?:Administration|administration|presidency|government|Government|ministry|Ministry)\b")
_FIRST_PERSON = re.compile(
    r"(?<!War )(?<!Phase )(?<!Title )(?<!Part )(?<!Article )\bI (?!and|or|of|to|through)[a-z]|\bI[’']"
)
_OWN = re.compile(r"\b(?:[Mm]y|me)\b|\bI, [A-Z]")
_SAID = re.compile(
    r",[”\"]? (?:said|stated|announced|exclaimed|commented) (?:[A-Z]|the )"
    r"|\b(?:said|stated|remarked|added|noted|continued|affirmed|shared)[,:]? [“\"]"
)
_NO_SIGNATURE = frozenset(
    "THE FACT SHEET ANNEX NOTES NOTE END CONTACT MEDIA BACKGROUND ABOUT ENCLOSURE ATTACHMENT".split()
)
# Where a signature stands, what may follow it, and how much of a text tells whether it is in the first person.
_TAIL, _AFTER_SIGNATURE, _HEAD = 400, 120, 20_000


@dataclass(frozen=True, slots=True)
class Author:
    """Whose words a text is as a whole.

    Attributes:
        person: who that is, where the text names one.
        joint: several issued it together.
    """

    person: Person | None
    joint: bool = False


def author(statement: Statement, text: str, quoted: Sequence[Quotation]) -> Author | None:
    """The author of a text; None where it is the issuer's own narration."""
    if is_joint(statement):
        return Author(None, joint=True)
    named = _in_title(statement.title)
    if named:
        return named
    signed = _signature(text)
    if signed:
        return Author(signed)
    return Author(None) if _first_person(statement, text, quoted) else None


def is_joint(statement: Statement) -> bool:
    """Whether a statement's kind or title says that several issued it together."""
    return statement.kind.casefold() == "joint statement" or _JOINT.search(statement.title) is not None


def _in_title(title: str) -> Author | None:
    by = _TITLE_BY.match(title)
    if by:
        return _named(by["who"], together=by["form"].casefold() in ("statement", "message"))
    own = _TITLE_OWN.match(title)
    if own and re.search(r"\b(?:and|&)\b", own["who"]) and is_marked(own["who"]):
        return Author(None, joint=True)
    return _named(own["who"], together=True) if own and is_marked(own["who"]) else None


def _named(who: str, *, together: bool) -> Author | None:
    """The author that a title names, where that is a person.

    Args:
        who: what follows "by", or leads a title.
        together: a text of this form by two people is a joint text; a record of what two said is not.
    """
    ends = _WHO_ENDS.search(who)
    rest = who[ends.start() :] if ends else ""
    who = who[: ends.start()] if ends else who
    first, _, second = who.partition(", ")
    if second.startswith(("Jr", "Sr")):
        first, second = who, ""
    if several(first) or (_holds_office(first) and _holds_office(second)):
        return Author(None, joint=together)
    found = re.match(NAME, first)
    # Two capitalised words alone are taken for a name only where nothing else follows them but an office.
    bare = _could_be_a_name(first) and (not second or office_apposed(second) is not None)
    if not found or is_body(first) or not (is_marked(first) or bare):
        return None
    name = re.match(NAME, second)
    if name and _is_post(first) and not office_in(name[0]):
        return Author(Person(name[0], first))  # "Minister for Law, Mr K Shanmugam"
    # An office after the name may itself have small words that end a name: "Minister In The Prime Minister's Office".
    after = office_apposed(re.split(r"\s+(?:at|on)\s", second + rest, flags=re.IGNORECASE)[0]) if second else None
    led = person(first)
    return Author(Person(led.name, after or led.office)) if led else None


def _holds_office(words: str) -> bool:
    """Whether words are a name with its office in front: "President Joe Biden", not "Minister for Law"."""
    found = re.match(NAME, words)
    return found is not None and is_marked(found[0]) and office_in(found[0]) is not None and not _is_post(found[0])


def _is_post(words: str) -> bool:
    """Whether words are an office without a name: "Prime Minister", "Minister for Law"."""
    office = office_in(words)
    return office is not None and re.match(rf"(?:the )?{re.escape(office)}(?:$| (?:of|for|in) )", words) is not None


def _could_be_a_name(words: str) -> bool:
    each = words.split()
    return 2 <= len(each) <= 4 and all(word[0].isupper() for word in each) and person(words) is not None


def _signature(text: str) -> Person | None:
    tail = text[-_TAIL:]
    signed = (m for m in _SIGNED.finditer(tail) if not _NO_SIGNATURE & set(m["name"].split()))
    found = _CLOSED.search(tail) or next((m for m in signed if len(tail) - m.end() <= _AFTER_SIGNATURE), None)
    if not found:
        return None
    name = found["name"].strip(" ,")
    if is_body(name) or not (_FIRST_PERSON.search(text) or _OWN.search(text)):
        return None
    self_named = _SELF.search(text)
    if self_named and self_named["name"].casefold().split()[-1] == name.casefold().rstrip(".").split()[-1].rstrip("."):
        return Person(name, self_named["office"])
    if self_named and name.casefold().rstrip(".") == self_named["name"].casefold().rstrip("."):
        return Person(name, self_named["office"])
    vested = _VESTED.search(text)
    return Person(name, vested["office"] if vested else None)


def _first_person(statement: Statement, text: str, quoted: Sequence[Quotation]) -> bool:
    """Whether a text that names no author is written by one person all the same ("my Administration", "I direct")."""
    if re.match(r"(?:fact sheet|readout|icymi)\b", statement.title, re.IGNORECASE) or _SAID.search(text, 0, _HEAD):
        return False
    outside, at = [], 0
    for quotation in quoted:
        outside.append(text[at : quotation.start])
        at = quotation.end
        if at > _HEAD:
            break
    own = " ".join([*outside, text[at:_HEAD]])
    return _MINE.search(own) is not None or len(_FIRST_PERSON.findall(own)) > 1
