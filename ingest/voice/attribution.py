"""Who is said to have said something: the grammar of attribution, within one clause or around one quotation."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ingest.voice.people import (
    NAME,
    ROLE,
    Person,
    is_body,
    is_marked,
    is_rank,
    is_thing,
    office_apposed,
    person,
    plain,
    several,
)

# Verbs that report words. Those of mutual speech tell what several did together, whoever they are.
MUTUAL: Final = r"(?:consulted|conferred|discussed|agreed|exchanged|decided|committed|concurred|resolved)"
SAYS: Final = (
    r"(?:said|says|stated|states|added|adds|noted|notes|told|tells|explained|remarked|announced|announces|declared"
    r"|recalled|replied|answered|responded|warned|cautioned|wrote|writes|stressed|stresses|underscored|underscores"
    r"|underlined|emphasi[sz]ed|emphasi[sz]es|highlighted|reiterated|reaffirmed|affirmed|affirms|expressed|conveyed"
    r"|voiced|thanked|congratulated|condemned|urged|urges|called (?:for|on|upon)|raised|offered|pledged|briefed"
    r"|reviewed|discussed|spoke|spoken|talked|agreed|restated|requested|asked|asks|praised|commended|applauded"
    r"|lauded|hailed"
    r"|encouraged|outlined|described|detailed|appreciated|acknowledged|confirmed|pointed out"
    r"|made (?:it )?clear|exclaimed|observed|insisted|asserted|argued|claimed"
    r"|alleged|alleges|admitted|denied|maintained|suggested|proposed|promised"
    r"|vowed|committed|extended|wished|recounted|reassured|assured|informed|reminded|identified|implored|testified"
    r"|continued|concluded|opined|commented|exchanged|decided|invited|welcomed|provided an? (?:\w+ )?update|uplifted"
    r"|consulted|conferred|explored|shared|reported|reports|quipped|declaimed|concurred|resolved"
    r"|questioned|elaborated|clarified)"
)
_MEETS = r"(?:met|meets|held|hosted|convened|joined|visited|chaired|co-chaired|participated|called|attended)"
_WITH_WORDS = re.compile(
    r"\b(?:to|and|where [a-z ]{2,20}|,) (?:also )?(?:discuss|congratulat|underscor|reaffirm|thank|express|convey"
    r"|reiterat|urge|stress|condemn|commend|affirm|emphasi[sz]|review|receiv\w+ an update)\w*\b"
)
_DAY = r"(?:on (?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|this (?:morning|afternoon|evening|week))"
_HOW = (
    r"(?>(?:(?:has|have|had|also|today|yesterday|then|later|further|again|both|once|too|in turn|[a-z]+ly"
    rf"|{_DAY})\b,? ){{0,4}})"
)
_OPENING_WORD = (
    r"(?:In|On|At|Beyond|Given|During|Following|After|Before|While|With|Throughout|Today|Yesterday|Tonight|Earlier|Later"
    r"|Additionally|Moreover|Further|Furthermore|Finally|Lastly|Separately|Building|For|From|Since|By|Upon|Under|Also|Meanwhile"
    r"|Similarly|Speaking|Addressing|Noting|Citing|Recalling|Responding|Reflecting|Asked|Last|This|Over|When|Towards?"
    r"|Then|First|Second|Third|Next|[A-Z][a-z]+ly|However|As part|As a)"
)
# What may stand before the subject: adverbials that end with a comma, and a few words that need none.
_LEAD = (
    rf"(?:{_OPENING_WORD}\b[^,“”\"\n]{{0,160}}, ){{0,2}}"
    r"(?:(?:Today|Yesterday|As|And|But|Earlier today|Together|That is why(?: today)?"
    r"|This (?:morning|afternoon|evening|week))\b,? )?"
)
_APPOSED = r"(?:, (?P<app>[^,“”\"\n]{2,90}(?:, [^,“”\"\n]{2,60})?),)?"
_ACRONYM = r"(?: \([A-Z][A-Za-z.&-]{1,14}\))?"
_WHO = rf"(?P<who>{ROLE}|{NAME}){_ACRONYM}"
_BEFORE = re.compile(rf"{_LEAD}{_WHO}{_APPOSED} {_HOW}(?P<verb>{SAYS})\b")
_BEFORE_PRONOUN = re.compile(rf"{_LEAD}(?P<who>[Hh]e|[Ss]he|[Ii]t) {_HOW}(?P<verb>{SAYS})\b")
_MET = re.compile(rf"{_LEAD}{_WHO}{_APPOSED} {_HOW}{_MEETS}\b")
_SUBJECT = re.compile(rf"{_LEAD}(?:{_WHO}{_APPOSED}) [a-z]")
_TAIL_OFFICE = r"(?:, (?P<app>(?:[^,;:.“”\"\n]|(?<=[ .,][A-Z])\.){2,100}))?"
_SAID_NAME = re.compile(rf"[ ]?,? ?{SAYS} (?:today |yesterday )?(?P<who>{ROLE}|{NAME}){_TAIL_OFFICE}")
_NAME_SAID = re.compile(rf"[ ]?,? ?(?P<who>{ROLE}|{NAME}){_APPOSED} {_HOW}{SAYS}\b")
_DASHED = re.compile(rf"[ ]?\n?[–—-]{{1,2}} ?(?P<who>{NAME}){_TAIL_OFFICE} *$", re.MULTILINE)
_PRONOUN_SAID = re.compile(rf"[ ]?,? ?(?:(?P<who>he|she|it) {_HOW}{SAYS}|{SAYS} (?P<inverted>he|she))\b")
_LABELLED = re.compile(
    rf"(?:\W{{0,3}}(?:Statement|Remarks|Message|Quote|Comment)s? (?:from|by|of) )?(?P<who>{NAME})"
    r"(?:, (?P<app>[^“”\"\n:]{2,100}))?:[ *]*$"
)
_ACCORDING = re.compile(
    rf"\b[Aa]ccording to (?:[a-z ]{{2,40}} (?:released|issued|shared|made|published) by )?(?P<who>{ROLE}|{NAME}|[a-z])"
    r"(?:, (?P<app>[^,“”\"\n]{2,90}))?"
)
_SAID_LAST = re.compile(
    rf"(?:,|(?<=\w)(?= announced)) (?:said|stated|announced|added|noted|explained|remarked|concluded)"
    rf" (?:today )?(?P<who>{NAME}){_TAIL_OFFICE}"
)
_NAMED_LAST = re.compile(
    rf", (?P<who>{ROLE}|{NAME}) {_HOW}(?:said|says|announced|stated|added|noted)(?: \w+){{0,3}}[.”\"]*$"
)
_BY = re.compile(rf"\b(?:was|were|is|are) (?:also )?announced(?: today)? by (?P<who>{NAME}){_TAIL_OFFICE}")
_SAYS_WORD = re.compile(rf"(?P<before>[\w’.]+),? {_HOW}{SAYS}\b")
_PARTY = (
    r"(?:leaders|sides|presidents|ministers|secretaries|delegations|parties|countries|nations|governments|men|women"
    r"|(?:prime|foreign|defen[cs]e) ministers|pair|trio|principals|[Pp]residents|[Ll]eaders)"
)
_BOTH = re.compile(
    rf"{_LEAD}(?:(?:[Tt]he|[Bb]oth|[Aa]ll|[Tt]hese)(?: the)? (?:(?:two|three|four|five|six|seven|both|other) )?"
    rf"{_PARTY}"
    r"|[Tt]he (?:two|three|four|five)(?: [A-Za-z]+)?|[Bb]oth (?:leaders|sides)"
    rf"|[Tt]wo (?:leaders|sides)) {_HOW}(?:{SAYS}|re-?affirm\w*)\b"
)
_CROWD = re.compile(rf"{_LEAD}(?P<who>(?:[A-Za-z][\w’.&-]* ){{1,12}}?){_HOW}(?P<verb>{SAYS})\b")
# Words with the plural's ending that are nobody's who speak.
_NO_CROWD = frozenset(
    "meetings discussions talks events actions efforts measures steps sanctions programs words was has does his its"
    " policies results agreements documents remarks exercises visits".split()
)
_THEY = re.compile(rf"{_LEAD}[Tt]hey {_HOW}(?P<verb>{SAYS})\b")
_ALLEGED = re.compile(
    r"\b(?:indictment|complaint|information|report|documents?|papers|plan|study|filing|records?)s? (?:also |further )?"
    r"(?:alleges?|charges?|claims?|estimates?|says?|states?|finds?|shows?) that\b"
)
_AND_MORE = re.compile(rf"(?:;|,? and) (?:by )?(?P<who>{NAME})")
_PRONOUNS = ("he", "she", "it")
_LIST_MARK = re.compile(r"(?:[-•*–]|\d{1,3}[.)]|[a-z][.)]) +")
_DATELINE = re.compile(r"[A-Z][A-Z .]{3,30}(?:, [A-Z][\w. ]{1,25})?(?: ?[–—-]+ ?| (?=[A-Z][a-z]))")


@dataclass(frozen=True, slots=True)
class Attribution:
    """What a clause says of who speaks.

    Attributes:
        person: the one who is named; None where nobody is, or several are.
        pronoun: "he", "she" or "it" where that is what stands there.
        joint: several speak together.
    """

    person: Person | None = None
    pronoun: str | None = None
    joint: bool = False


def opening(sentence: str) -> str:
    """A sentence without a list mark or a dateline before it."""
    mark = _LIST_MARK.match(sentence)
    sentence = sentence[mark.end() :] if mark else sentence
    dateline = _DATELINE.match(sentence)
    return sentence[dateline.end() :] if dateline and dateline[0].split()[0].isupper() else sentence


def before_quotation(clause: str) -> Attribution | None:
    """Who speaks where a quotation follows at the end of `clause`, as in "X said in Muscat that ..."."""
    clause = opening(clause.lstrip(" ,"))
    labelled = _LABELLED.fullmatch(clause.rstrip())
    if labelled:
        return _of(labelled, alone=False)
    match = _BEFORE_PRONOUN.match(clause) or _BEFORE.match(clause)
    if match:
        if not _no_other_speaker(clause[match.end() :]):
            return Attribution()
        pronoun = match["who"].lower()
        return Attribution(pronoun=pronoun) if pronoun in _PRONOUNS else _of(match)
    according = _ACCORDING.search(clause)
    return _of(according) if according and _can_say(according["who"]) else None


def after_quotation(rest: str, ended: bool = False) -> tuple[Attribution, int] | None:
    """Who speaks where `rest` follows a quotation, as in ", said X, the minister.".

    Args:
        rest: what follows, to the end of the paragraph at most.
        ended: the quotation ends with a full stop, so that a name after it begins a new sentence.

    Returns:
        Who, and where in `rest` that was said; None where it does not say.
    """
    pronoun = _PRONOUN_SAID.match(rest)
    if pronoun:
        return Attribution(pronoun=pronoun["who"] or pronoun["inverted"]), pronoun.end()
    match = _SAID_NAME.match(rest) or _DASHED.match(rest) or (None if ended else _NAME_SAID.match(rest))
    if not match:
        return None
    return (Attribution() if _others(rest[match.end() : match.end() + 200]) else _of(match)), match.end()


def reported(sentence: str) -> Attribution | None:
    """Who speaks in a sentence without quotation marks; None where it reports nobody's words.

    Args:
        sentence: one sentence.
    """
    sentence = opening(sentence)
    if _BOTH.match(sentence) or said_by_them(sentence):
        return Attribution(joint=True)
    pronoun = _BEFORE_PRONOUN.match(sentence)
    if pronoun:
        return Attribution(pronoun=pronoun["who"].lower())
    match = _BEFORE.match(sentence)
    if match and is_thing(match["who"]):
        return None
    if match and _tells(match, sentence):
        return _of(match)
    met = _MET.match(sentence)
    if met and _WITH_WORDS.search(sentence, met.end()):
        return _of(met)
    according = _ACCORDING.search(sentence)
    if according:
        return _of(according) if _can_say(according["who"]) else Attribution()
    for pattern in (_SAID_LAST, _BY):
        last = next(iter(list(pattern.finditer(sentence))[-1:]), None)
        if last:
            return Attribution() if _others(sentence[last.end("who") :]) else _of(last, alone=False)
    named = _NAMED_LAST.search(sentence)
    if named:
        return _of(named)
    return _unnamed(sentence)


def said_by_them(sentence: str) -> bool | None:
    """Whether a sentence with the subject "they" tells of speech that is mutual; None for any other subject."""
    match = _THEY.match(opening(sentence))
    return None if match is None else re.fullmatch(MUTUAL, match["verb"]) is not None


def crowd(sentence: str) -> str | None:
    """The verb with which several unnamed people speak in a sentence ("Participants expressed ..."), or None."""
    match = _CROWD.match(opening(sentence))
    if not match or not match["who"].strip():
        return None
    last = plain(match["who"].split()[-1])
    plural = last.endswith("s") and not last.endswith(("ss", "us", "is")) and last not in _NO_CROWD
    return match["verb"] if plural or last in ("group", "others") else None


def _unnamed(sentence: str) -> Attribution | None:
    verb = crowd(sentence)
    if verb:
        return Attribution(joint=re.fullmatch(MUTUAL, verb) is not None)
    return Attribution() if _ALLEGED.search(sentence) else None


def subject(sentence: str) -> tuple[str | None, str | None]:
    """The name that a sentence begins with as its subject, and the pronoun; at most one of them."""
    sentence = opening(sentence)
    match = _SUBJECT.match(sentence)
    if match is None:
        return None, None
    pronoun = match["who"].lower() if match["who"].lower() in _PRONOUNS else None
    return (None, pronoun) if pronoun else (match["who"], None)


def _can_say(written: str) -> bool:
    return is_marked(written) or is_body(written)


def _tells(match: re.Match[str], sentence: str) -> bool:
    """Whether a verb reports words where it may also tell of a deed ("welcomed X to the White House")."""
    if match["verb"] in ("welcomed", "joined", "invited"):
        return re.search(r"^[^,;]{0,140} to (?:the |his |her )?[A-Z]", sentence[match.end() :]) is None
    return True


def _of(match: re.Match[str], *, alone: bool = True) -> Attribution:
    written = match["who"].strip()
    if several(written):
        return Attribution(joint=alone)
    found = person(written)
    if found is None:
        return Attribution()
    apposed = office_apposed(match.groupdict().get("app"))
    office = apposed or found.office if found.office is None or is_rank(found.office) else found.office
    return Attribution(Person(found.name, office))


def _others(rest: str) -> bool:
    """Whether more speakers are named after the first ("; U.S. Attorney Y; and Z")."""
    return any(is_marked(found["who"]) and not _is_office(found["who"]) for found in _AND_MORE.finditer(rest))


def _is_office(written: str) -> bool:
    found = person(written)
    return found is not None and (found.office == written or is_body(written))


def _no_other_speaker(rest: str) -> bool:
    """Whether nobody else speaks between a subject's verb and the quotation."""
    return all(
        plain(found["before"]) in ("and", "also", "then", "he", "she", "who", "it")
        for found in _SAYS_WORD.finditer(rest)
    )
