"""Names of people and bodies in running text, and the office that stands with a name."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ABBREVIATED = r"(?:Mr|Mrs|Ms|Dr|Gen|Lt|Col|Maj|Adm|Capt|Cdr|Cmde|Brig|Sen|Rep|Gov|Sec|Prof|Hon|St|Jr|Sr|Assoc|Amb|Smt)"
_TOKEN = rf"(?:(?:[A-ZÀ-Þ]\.){{1,4}}|{_ABBREVIATED}\.|[A-ZÀ-Þ][\w’'\-]*)"
_LINK = r"(?:bin|ibn|al|el|de|da|di|do|dos|du|la|van|von|der|den|y|of|the|for|and|to|in|&)"
# A name with what belongs to it: capitalised words, the small words that stand between such, a suffix. Atomic, and not
# possessive (`{0,14}+`), which Python before 3.11.5 matches wrongly.
NAME = (
    rf"(?:[Tt]he )?{_TOKEN}"
    rf"(?>(?:,? (?:J[Rr]\.?|S[Rr]\.?|SC|KC|QC)(?!\w)| (?:{_LINK} ){{0,3}}{_TOKEN}){{0,14}})"
)
# Somebody named only by what they are, or a body, in lower case.
ROLE = (
    r"[Tt]he (?:(?:prime|vice|foreign|defen[cs]e|deputy|finance|home|interior|press) )?"
    r"(?:president|minister|chancellor|secretary|ambassador|spokes(?:person|man|woman)|governor|mayor|premier"
    r"|department|ministry|government|embassy|agency|commission)\b"
)

_HEADS = frozenset(
    "president minister secretary chancellor ambassador senator representative congressman congresswoman governor mayor"
    " general admiral marshal chief director administrator advisor adviser spokesperson spokesman spokeswoman attorney"
    " commissioner coordinator chairman chairwoman chair chairperson lady gentleman king queen prince princess pope"
    " patriarch speaker leader officer counsel counselor envoy judge premier commander colonel captain brigadier"
    " lieutenant major undersecretary sheriff taoiseach emir sultan registrar inspector superintendent agent"
    " comptroller prosecutor solicitor delegate councillor ceo cds apnsa pdnsa dg pm dpm eam nsa sms head member"
    " vice-president secretary-general director-general co-chair marquis".split()
)
_HONORIFICS = frozenset(
    "mr mrs ms miss dr shri smt sir madam madame prof professor hon he h.e excellency majesty highness".split()
)
_BODIES = frozenset(
    "ministry department headquarters government embassy office commission committee army navy force forces council"
    " agency authority house centre center union administration service bureau division court police bank fund"
    " organization organisation association company inc kremlin pentagon parliament cabinet board group states nations"
    " kingdom emirates netherlands philippines republic congress senate tribunal institute university"
    " secretariat treasury".split()
)
# Bodies that are named after the office that they serve ("Office of the Director", "Ministry of the Prime Minister").
_HOUSES = frozenset("office ministry department embassy council committee government bureau".split())
# Offices that are surnames as well: "Loretta King" holds none.
_SURNAMES = frozenset("king prince pope major marshal judge speaker".split())
_CROWNED = frozenset("the crown his her majesty vice house".split())
# What holds no office and says nothing, though it is written with a capital.
_THINGS = frozenset(
    "memorandum order act bill statement report plan agreement proclamation framework strategy initiative program"
    " programme summit meeting resolution declaration pact treaty dialogue exercise visit constitution"
    " partnership bulletin address speech indictment complaint".split()
)
_GROUPS = frozenset(
    "officials leaders participants ministers presidents sides delegations members representatives stakeholders"
    " speakers governors mayors experts advocates parties countries nations governments senators panellists"
    " panelists students attendees secretaries advisors advisers both all they he she it we i you this that these those"
    " there two three such who what today some many several others everyone each one".split()
)
_RANKS = frozenset("general admiral marshal colonel captain brigadier lieutenant major commander vice rear air".split())
_PREPOSITIONS = frozenset("of for to in at on".split())
_FEMALE = frozenset("mrs ms miss madam madame smt lady queen princess congresswoman spokeswoman chairwoman".split())
_MALE = frozenset("mr shri sir king prince pope congressman spokesman gentleman".split())
_WORD = re.compile(r"\S+")
_CREDENTIAL = re.compile(r",? (?:J[Rr]\.?|S[Rr]\.?|SC|KC|QC)$")


@dataclass(frozen=True, slots=True)
class Person:
    """Who speaks: a person or a body, as the text writes it, and the office that it gives them.

    A name that is nothing but an office ("the Vice President") is both.
    """

    name: str
    office: str | None = None


def person(written: str) -> Person | None:
    """Who a name is, with the office that leads it; None where it names a thing, a group, or more than one."""
    written = written.strip(" ,")
    words = [plain(word) for word in written.split()]
    if words and words[0] == "the":
        words = words[1:]
    if not words or words[0] in _GROUPS or words[-1] in _GROUPS or is_thing(written) or several(written):
        return None
    return Person(written, office_in(written))


def is_thing(written: str) -> bool:
    """Whether a name is of something that cannot speak ("the Roadmap", "The Joint Statement")."""
    words = written.split()
    if is_marked(written) or is_body(written):
        return False
    article = plain(words[0]) == "the" and len(words) > 1 and not words[-1].isupper()
    return article or plain(words[-1]) in _THINGS


def office_in(written: str) -> str | None:
    """The office at the head of a name ("Defence Minister" of "Defence Minister Rajnath Singh"), if there is one."""
    words = [(m.start(), m.end(), plain(m[0])) for m in _WORD.finditer(_CREDENTIAL.sub("", written))]
    if words and words[0][2] == "the":
        words = words[1:]
    if is_body(written):
        return None
    if len(words) > 1 and words[-1][2] in _SURNAMES and words[-2][2] not in _CROWNED:
        words, named = words[:-1], words[-1:]
    else:
        named = []
    at = max((i for i, word in enumerate(words) if _is_head(word[2])), default=-1)
    words += named
    if at < 0:
        return None
    rest = words[at + 1 :]
    if rest and rest[0][2] in _PREPOSITIONS:
        # "Chief of Staff Tarak Shah", "Minister of Defence Reznikov": the name is what is left of the last two words.
        last = words[-1 if len(rest) <= 3 else -2][0] if len(rest) > 2 else words[-1][1]
        return written[words[0][0] : last].strip(" ,")
    return written[words[0][0] : words[at][1]].strip(" ,")


def office_apposed(phrase: str | None) -> str | None:
    """The office in what stands between commas after a name; None where it is none ("who spoke first")."""
    if (phrase or "").lstrip().startswith(("who ", "which ", "whose ", "where ")):
        return None
    phrase = re.split(r" (?:who|which|where|when|after|before|during|while|said|told)\b", (phrase or "").strip(" ,."))[
        0
    ]
    words = [plain(word) for word in phrase.split()[:7]]
    return phrase.removeprefix("the ") if any(_is_head(word) for word in words) else None


def is_rank(office: str | None) -> bool:
    """Whether an office is only a military rank, which says less than a post that stands with it."""
    return office is not None and all(plain(word) in _RANKS for word in office.split())


def is_body(written: str) -> bool:
    """Whether a name is one of an organisation, not a person."""
    words = [plain(word) for word in written.split() if not word.endswith(("’s", "'s"))]
    words = words[1:] if words and words[0] == "the" else words
    if not words or not _BODIES & set(words):
        return False
    return words[0] in _HOUSES or words[-1] in _HOUSES or not any(_is_head(word) for word in words)


def is_marked(written: str) -> bool:
    """Whether an office or a courtesy title shows that a name is a person's."""
    words = [plain(word) for word in written.split()]
    return any(_is_head(word) or word in _HONORIFICS for word in words) and words[-1] not in _GROUPS | _THINGS


def several(written: str) -> bool:
    """Whether a name is several people's or bodies' ("Sullivan and Barzani", not "Minister for Trade and Industry")."""
    first, _, second = written.partition(" and ")
    if not second:
        return False
    before = [plain(word) for word in first.split()]
    after = [plain(word) for word in second.split()]
    article = before[0] == "the"
    heads = [i for i, word in enumerate(before) if _is_head(word)]
    if heads and heads[-1] == len(before) - 1 and not article:
        return False  # "Senior Advisor and Coordinator Mitch Landrieu": two offices of one
    if heads and _PREPOSITIONS & set(before[heads[-1] :]):
        return after[0] == "the" or any(_is_head(word) or word in _HONORIFICS for word in after)
    return not ({before[-1], after[0]} & {"trade", "finance", "foreign"} and not heads)


def key(written: str) -> str:
    """What two writings of one name have in common: its last word, or the office where there is nothing else."""
    written = _CREDENTIAL.sub("", re.sub(r"[’']s$", "", written.strip(" ,")))
    if office_in(written) == written.removeprefix("the ").removeprefix("The "):
        return plain(written.split()[-1]) if is_body(written) else (office_in(written) or "").casefold()
    return plain(written.split()[-1]) if written else ""


def surname(written: str) -> str | None:
    """The name proper where only a courtesy title stands with it ("MS. PSAKI", "Mr. Sullivan", "Barzani")."""
    words = written.split()
    if words and plain(words[0]) in _HONORIFICS:
        words = words[1:]
    if not words or len(words) > 3 or any(_is_head(plain(word)) for word in words) or is_body(written):
        return None
    return " ".join(words)


def may_be(pronoun: str, written: str) -> bool:
    """Whether "he" or "she" may stand for a name, as far as its titles tell."""
    words = {plain(word) for word in written.split()}
    return not (words & (_FEMALE if pronoun == "he" else _MALE))


def plain(word: str) -> str:
    """A word without case, points and the possessive."""
    return re.sub(r"[’']s?$", "", word.casefold().strip('.,;:()[]*“”"'))


def _is_head(word: str) -> bool:
    return word in _HEADS or ("-" in word and word.rpartition("-")[2] in _HEADS)


_LEADING = rf"((?>(?:(?:{_TOKEN}|{_LINK}) ){{1,10}}))"


def office_held(name: str, places: tuple[str, ...]) -> str | None:
    """The office with which a surname stands in the title or text; None where there is none, or there are several.

    Args:
        name: as `surname` gives it; compared without case.
        places: where to look, in this order; the first that gives an office decides.
    """
    for place in places:
        offices: dict[str, str] = {}
        for found in re.finditer(rf"\b{re.escape(name)}(?!\w)", place, re.IGNORECASE):
            before = place[max(0, found.start() - 120) : found.start()]
            led = re.search(rf"(?:^|[^\w’.-]){_LEADING}$", before)
            office = _office_before(led[1]) if led else None
            if office:
                offices.setdefault(office.casefold(), office)
        if offices:
            longest = max(offices.values(), key=len)
            return longest if all(office in longest.casefold() for office in offices) else None
    return None


def _without_occasion(led: re.Match[str]) -> str:
    """ "Readout of", "Joint Statement of" say what a text is; "Minister of" is an office's own."""
    return led[0] if office_in(led[0].removesuffix(" of ")) else ""


def _office_before(led: str) -> str | None:
    led = re.sub(r"^(?:[A-Z][a-z]+ )?[A-Z][a-z]+ of (?=.* )", _without_occasion, led)
    # "Statement by Spokesperson X of Advisor Y": what follows "of" has an office of its own.
    last = led.rpartition(" of ")[2]
    led = last if any(_is_head(plain(word)) for word in last.split()) else led
    led = re.split(r"(?:^| )(?:and|to|in) (?=[A-Z])|(?:^| )(?:by|from|By|From) ", led)[-1].strip()
    office = office_in(led + " X") if led else None
    if office is None:
        return None
    # "NSC Coordinator for Strategic Communications John": the given name is no part of the office.
    return " ".join(office.split()[:-1]) if " for " in office and office == led else office
