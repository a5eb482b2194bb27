"""Whose words a statement carries, and whom it was with, as its title and its labels say."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import Final

from countryinfo import all_countries

from ingest.dateline import MONTH

MOST_SPEAKERS: Final = 12
_CAPITAL = r"(?:[A-Z][\w’'-]*\.?|(?:[A-Z]\.)+)"
_TO = r"(?:Secretary|Advis[eo]r|Assistant|Spokesperson|Counsel(?:l?or)?|Ambassador|Representative)\s+to\s+(?:the\s+)?"
_SMALL = rf"(?:{_TO}|(?:of|the|for|de|da|von|van|bin|al|el)\s+){{0,2}}"
_NAME = rf"(?:{_TO})?{_CAPITAL}(?:,?\s+Jr\.|\s+{_SMALL}{_CAPITAL}){{0,14}}"
_AND = r"(?:,\s(?:and|&)\s|,\s|\s(?:and|&)\s)(?:the\s)?"
_NAMES = rf"{_NAME}(?:{_AND}{_NAME}){{0,4}}"
_BY_TITLE = re.compile(
    r"^(?:[\w’'/-]+\s){0,3}(?:(?:Remarks|Statement|Speech|Address|Keynote|Toasts?|Eulogy|Answer|Reply)\b[^,:|]{0,40}?\s(?:[Bb]y|[Ff]rom|[Oo]f)"
    rf"|(?:Gaggle|Briefing|Conference|Call)\b[^,:|]{{0,30}}?\s[Bb]y|(?:Letter|Message|Interview)\s(?:[Bb]y|[Ff]rom))\s(?:[Tt]he\s)?(?P<who>{_NAMES})"
)
# Where a name that opens a title ends: what the words are about, where and when they were spoken.
_ENDS = re.compile(
    r"\s+(?:On|At|In|For|Before|After|Regarding|Concerning|To|During|Following|Ahead|Marking|Celebrating|Announcing|As"
    r"|Upon|Honoring|Commemorating|With|And\sthe\s(?:Assistance|Future)|Opposing|Supporting|Calling|Condemning|Urging"
    r"|Applauding|Welcoming|Recognizing|Responding|About|Against|Over|Under|Into|While|Via|Congratulating|Thanking|Mourning|Remembering|Rejecting|Addressing|Accepting|Wishing|Endorsing|Praising|One|Two|Three|En\sRoute)\b.*$"
)
_SPLIT = re.compile(rf"{_AND}(?=[A-Z])")
_AND_ONLY = re.compile(r",?\s(?:and|&)\s(?:the\s)?(?=[A-Z])")
_TRAILING_DAY = re.compile(rf",\s(?:\w+day|{MONTH}(?:\s+\d.*)?)$")
# What stands before a name, or tells an office from a department's second word.
_OFFICE = re.compile(
    r"\b(?:President|Minister|Secretary|Spokes\w+|Ambassador|Chair\w*|Director|Commissioner|Advis[eo]rs?|Chancellor|King"
    r"|Queen|Prince|Princess|Sheikh|Senator|Governor|General|Admiral|Representative|Representatives|Leader|Lady|Gentleman"
    r"|Coordinator|Administrator|Officials?|Member|Mr|Mrs|Ms|Dr|Prof|Sir|Lord|Justice|Taoiseach|Premier|Mayor|Speaker"
    r"|Envoy|Counsel\w*|Chief|Deputy|Attorney|Amir|Pope|Judge|Under|Assistant|Head)\b"
)
_OFFICE_ALONE = re.compile(r"\b(?:Advis[eo]r|Coordinator|Director|Secretary|Spokes\w+|Chair\w*|Minister|Officials?)$")
_GROUP = re.compile(
    r"(?:(?:Foreign|Defen[cs]e|Prime|Finance)\s)?"
    r"(?:Governments|Leaders|Presidents|Ministers|Members|Heads|National Security Advisors)\b"
)
_LABEL = re.compile(
    r"^[ \t]*(?P<who>(?:[A-Z][A-Z.’'-]+|(?:[A-Z]\.)+)(?:[ ](?:[A-Z][A-Z.’'-]*|(?:[A-Z]\.)+)){0,6})[ \t]*:(?=\s)", re.M
)
_NO_SPEAKER = re.compile(
    r"^(?:Q|A|QUESTION|ANSWER|NOTE|SUBJECT|FACT SHEET|PARTICIPANTS?|DATE|TO|FROM|RE|CC|TITLE|TIME|LOCATION|PLACE|WHO"
    r"|WHAT|WHEN|WHERE|WHY|CONTACT|SOURCE|MEDIA|PRESS|UPDATE|AUDIENCE(?: MEMBERS?)?|CROWD|[IVX]+)$"
)
_WITH = re.compile(
    r"\b(?:[Mm]eeting|[Cc]all|[Cc]onversation|[Tt]alk|[Dd]iscussion|[Ll]unch|[Dd]inner|[Ee]ngagement|[Cc]onsultation"
    r"|[Ii]nteraction|[Vv]isit)"
    rf"s?\s+(?:with|between)\s+(?:the\s+)?(?P<who>{_NAMES})"
)
_SOURCE = r"(?:the +)?[A-Z][\w.’'-]*(?: +(?:of|for|the|and|[A-Z][\w.’'-]*)){0,8}"
_QUOTED_SOURCE = re.compile(
    rf"(?:”|\") *(?P<after>{_SOURCE}) +(?:stated|said|added|told)\b"
    rf"|(?:,|^) *(?P<before>{_SOURCE}) +(?:stated|said|added),? +(?:“|\")"
    rf"|\bAccording to (?P<by>{_SOURCE}), +(?:“|\")",
    re.M,
)
_ARTICLE = re.compile(r"^(?:the|The|In|On|As|But|And)\s+")


def title_speakers(title: str) -> tuple[str, ...]:
    """Who a title says the words are of: "Remarks by President A and Prime Minister B of C at ..." gives both."""
    found = _BY_TITLE.search(title)
    if not found:
        return ()
    who = _ENDS.sub("", " " + found["who"]).strip()
    rest = title[found.start("who") + len(who) :]
    if re.match(r"['’]s?\s", rest) or who.endswith(("’s", "'s", "s’")):
        return ()  # "Statement of President A's Office": somebody's, but not that person's
    return _persons(who)


def _persons(names: str) -> tuple[str, ...]:
    """The people of a list. Where an office and a name stand apart ("Minister for Law, Mr A") they are one."""
    names = names.replace(", Jr.", " Jr.").strip(" ,")
    parts = _SPLIT.split(names)
    listed = len(parts) > 2 and _AND_ONLY.search(names) and all(_OFFICE.search(part) for part in parts)
    if not listed:
        parts = _AND_ONLY.split(names)
        in_office = [bool(_OFFICE.search(part)) for part in parts]
        one = any(" " not in part for part in parts) or (in_office[0] and not all(in_office))
        if one or _OFFICE_ALONE.search(parts[0]):
            parts = [names]
    kept = [_TRAILING_DAY.sub("", re.sub(r"['’]s$", "", part.strip(" ,"))) for part in parts]
    return tuple(part for part in kept if " " in part and not _is_a_group(part))[:MOST_SPEAKERS]


def _is_a_group(name: str) -> bool:
    """Whether a name is of countries or their leaders at large."""
    first = name.split(",")[0].removeprefix("the ")
    return bool(_GROUP.match(name)) or first.casefold() in _country_names()


def labelled_speakers(text: str) -> dict[str, tuple[int, int]]:
    """Names that label paragraphs of a transcript ("MS. ADAMS:") more than once, with the first place of each."""
    places: dict[str, tuple[int, int]] = {}
    counts: Counter[str] = Counter()
    for found in _LABEL.finditer(text):
        name = found["who"].strip()
        if not _NO_SPEAKER.match(name):
            counts[name] += 1
            places.setdefault(name, found.span("who"))
    return {name: places[name] for name, count in counts.most_common(MOST_SPEAKERS) if count > 1}


def quoted_sources(text: str) -> dict[str, tuple[int, int]]:
    """Those to whom a report attributes what it quotes, with the first place of each."""
    places: dict[str, tuple[int, int]] = {}
    for found in _QUOTED_SOURCE.finditer(text[:200_000]):
        group = next(name for name, value in found.groupdict().items() if value)
        name = _ARTICLE.sub("", found[group])
        if " " in name and name.split()[0] not in ("He", "She", "They", "It", "We", "I", "Both"):
            places.setdefault(name, (found.end(group) - len(name), found.end(group)))
    return dict(list(places.items())[:MOST_SPEAKERS])


def counterparts(title: str) -> tuple[str, ...]:
    """Whom a title says a meeting or call was with."""
    found = _WITH.search(title)
    if not found:
        return ()
    who = _ENDS.sub("", " " + found["who"]).strip()
    return _persons(who)


def countries_in(text: str) -> tuple[str, ...]:
    """Countries that a short text names, by name or by the adjective of their people, in the order of the text."""
    found: dict[str, int] = {}
    for match in _country_pattern().finditer(text):
        found.setdefault(_country_names()[match[0].casefold()], match.start())
    return tuple(found)


@cache
def _country_names() -> dict[str, str]:
    names: dict[str, str] = {}
    for country in all_countries():
        name = country.name()
        for form in (name, country.demonym()):
            if isinstance(form, str) and len(form) > 3:
                names.setdefault(form.casefold(), name)
    return names


@cache
def _country_pattern() -> re.Pattern[str]:
    forms = sorted(_country_names(), key=len, reverse=True)
    return re.compile(rf"(?<![\w-])(?<!\b[Nn]ew )(?:{'|'.join(map(re.escape, forms))})(?![\w])", re.I)
