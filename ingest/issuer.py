"""Names of public bodies, and where a text itself says which of them issued it."""

from __future__ import annotations

import re
from typing import Final

from ingest.dateline import DAY

LONGEST_BODY: Final = 120

# A name with one of these in it is a body's. Kept to words of government, so that no company is taken for one.
_BODY: Final = re.compile(
    r"\b(?:ministry|ministries|department|dept|government|office|agency|commission|council|embassy|consulate|parliament"
    r"|senate|assembly|bureau|authority|secretariat|directorate|administration|cabinet|presidency|chancellery|mission"
    r"|treasury|headquarters|command|armed forces|navy|army|air force|coast ?guard|police|court|tribunal|ombudsman"
    r"|inspectorate|registry|central bank|reserve bank|white house|united nations|european union|african union|nato"
    r"|asean|gcc|board|institute|service|house of (?:commons|lords|representatives)|lok sabha|rajya sabha|congress"
    r"|minist[eè]re|ministerio|minist[eé]rio|ministerium|ministero|gobierno|gouvernement|bundesregierung|regierung)\b",
    re.I,
)
_WORD = r"[A-Z](?:[\w&'’()/-]|\.(?=\w)|(?<=\b[A-Z])\.(?!\w))*"
_WORDS = rf"{_WORD}(?:,?\s+(?:(?:of|for|the|and|in|on|to|&|de|du|des|la|y|e)\s+)*{_WORD}){{0,11}}"
_LEADING = re.compile(r"^(?:the|das|der|die|le|la|les|el)\s+", re.I)
_UNITED_STATES = re.compile(r"^(?:United\s+States|U\.?\s?S\.?(?:A\.?)?)(?:\s+of\s+America)?(?:['’]s?)?\s+(?=[A-Z])")
_ISSUED_BY = re.compile(rf"(?im:^[ \t]*(?:issued|released|published)\s+by)\s*:?\s+(?:the\s+)?(?P<who>{_WORDS})")
_LABELLED = re.compile(rf"(?im:^[ \t]*(?:source|issuer|issuing\s+(?:body|authority)))[ \t]*:[ \t]*(?P<who>{_WORDS})")
_WIRE_SOURCE = re.compile(rf"^[ \t]*SOURCE[ \t]+(?P<who>{_WORDS})[ \t]*$", re.M)
# "NEW DELHI, Nov 24 (Agency) -": the agency of a wire report stands in its dateline.
_AGENCY = re.compile(
    rf"\s*(?:[A-Z][\w .’'-]{{2,30}},\s*(?:\w+day,?\s+)?{DAY}|[A-Z][A-Z .’'-]{{2,30}}),?\s*"
    r"\((?P<who>[A-Z][A-Za-z]{1,14}(?:\s[A-Z][A-Za-z]{1,14})?)\)\s*[-–—]"
)
# A letterhead: a body's whole name, alone on its line.
_LETTERHEAD = re.compile(
    r"(?:(?:the\s+)?government\s+of\s+[\w ]{3,40},?\s+)?(?:the\s+)?(?:federal\s+|royal\s+|national\s+|u\.?s\.?\s+)?"
    r"(?:ministry|department|embassy|high\s+commission|consulate(?:\s+general)?|permanent\s+mission|directorate(?:\s+general)?"
    r"|secretariat|prime\s+minister['’]s\s+office|president['’]s\s+office|press\s+information\s+bureau)"
    r"(?:\s+(?:of|for|to)\s+(?:the\s+)?[a-z][\w,&’'() -]{2,70})?",
    re.I,
)
_LINE = re.compile(r"[^\n]+")
_DATED = re.compile(rf"(?:\w+day,?\s+)?{DAY}\.?$", re.I)
_RIGHTS = re.compile(rf"(?i:©|\(c\)|copyright)\s*(?:\d{{4}}\s*[-–,]?\s*)*(?i:by\s+)?(?i:the\s+)?(?P<who>{_WORDS})")


def is_body(name: str) -> bool:
    """Whether a name reads like that of a public body: short, capitalised, with a word such as Ministry in it."""
    name = name.strip()
    return 2 < len(name) <= LONGEST_BODY and name[0].isupper() and bool(_BODY.search(name)) and not name.endswith("?")


def house_form(name: str) -> str:
    """One way to write one body, so that a filter on issuers finds them all.

    No leading article; "United States" and "US" before a name are "U.S."; words all in capitals are capitalised.
    """
    name = _LEADING.sub("", " ".join(name.split()).strip(" .,;:|-–—"))
    if name.isupper() and " " in name:
        name = _capitalised(name)
    return _UNITED_STATES.sub("U.S. ", name[:1].upper() + name[1:])


def _capitalised(name: str) -> str:
    small = {"of", "and", "the", "for", "in", "on", "to"}
    words = (word if "." in word else word.capitalize() for word in name.lower().split())
    titled = " ".join(word.lower() if word.lower() in small else word for word in words)
    return re.sub(r"(?<=[(-])\w", lambda letter: letter[0].upper(), titled).replace("u.s.", "U.S.")


def rights_holder(text: str) -> str | None:
    """The public body that a page's foot names as owner, or None."""
    found = _RIGHTS.search(text)
    return house_form(found["who"]) if found and is_body(found["who"]) else None


def issuer_in(text: str) -> tuple[str, int, int] | None:
    """The body that a text says issued it, with the span that says so; None where it does not say.

    Looks for lines such as "Issued by: X", "SOURCE X" and "MINISTRY OF X" at the top or the end, and for the agency
    of a wire report's dateline. A body that the text merely reports on is not its issuer.
    """
    for pattern in (_ISSUED_BY, _LABELLED, _WIRE_SOURCE):
        for found in pattern.finditer(text):
            if is_body(found["who"]):
                return house_form(found["who"]), found.start("who"), found.end("who")
    agency = _AGENCY.match(text)
    if agency:
        return agency["who"], agency.start("who"), agency.end("who")
    return _letterhead(text)


def _letterhead(text: str) -> tuple[str, int, int] | None:
    """A body's whole name alone on one of the first lines, or as a signature with a date at the end."""
    tail = max(1_000, len(text) - 300)
    lines = list(_LINE.finditer(text, 0, 1_000))[:3]
    signatures = list(_LINE.finditer(text, tail))[-3:] if tail < len(text) else []
    for line in lines + signatures:
        name = _DATED.sub("", line[0].strip()).strip(" ,")
        if not _LETTERHEAD.fullmatch(name) or 2 * sum(word[:1].isupper() for word in name.split()) <= len(name.split()):
            continue
        dated = _DATED.search(line[0].strip()) or _DATED.fullmatch(text[line.end() :].strip())
        if (line in lines and line.end() < len(text) and " " in name) or (dated and " " in name):
            start = line.start() + line[0].index(name)
            return house_form(name), start, start + len(name)
    return None
