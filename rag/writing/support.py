"""Whether sentences of a statement support a sentence that a model wrote, by rules that see what likeness does not:
numbers, dates, names, who said it, negation, mood and direction. A sentence and its negation are alike.

Each check looks for one kind of flaw and returns what is wrong, or nothing. They err towards removing: a true sentence
lost costs fluency, a false one kept costs trust. What they cannot see is listed in docs/faults.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from countryinfo import all_countries

from corpus.analysis import asking_terms, terms
from corpus.model import Statement
from rag.writing.reading import Day, Mood, Number, Reading, Word, stem
from rag.writing.record import Status

# Share of a sentence's content words that its sources must have; the lower one where they are near in meaning.
_OVERLAP, _OVERLAP_NEAR, _NEAR = 0.6, 0.35, 0.6


@dataclass(frozen=True)
class Ground:
    """What a claim is checked against.

    Attributes:
        sentences: the sentences cited, read.
        before: the sentences right before those, to which their pronouns point.
        statements: that they are of.
        speakers: who speaks in each sentence cited, where the text says so.
    """

    sentences: tuple[Reading, ...]
    before: tuple[Reading, ...]
    statements: tuple[Statement, ...]
    speakers: tuple[str | None, ...]

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """Of all sentences cited."""
        return tuple(word for sentence in self.sentences for word in sentence.words)

    @cached_property
    def stems(self) -> frozenset[str]:
        """Content words of the sentences cited."""
        return frozenset().union(*(sentence.stems for sentence in self.sentences))

    @cached_property
    def around(self) -> frozenset[str]:
        """Words of the sentences cited, of those before them, and of what is known about their statements."""
        about = " . ".join(
            part for s in self.statements for part in (s.title, s.issuer or "", *s.speakers, s.place or "", s.kind)
        )
        near = " . ".join(sentence.text for sentence in (*self.sentences, *self.before))
        return frozenset(terms(f"{about} . {near}")) | _initials(f"{about} . {near}")


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why a claim is not supported."""

    status: Status
    reason: str


def flaw_of(claim: Reading, ground: Ground, speaker: str | None, likeness: float) -> Flaw | None:
    """The first flaw of a claim against its sources; None where it is supported as far as rules can see.

    Args:
        claim: the sentence.
        ground: what it cites.
        speaker: who the claim says is speaking, if anybody.
        likeness: cosine of the claim to what it cites.
    """
    if share(claim, ground) < (_OVERLAP_NEAR if likeness >= _NEAR else _OVERLAP):
        return Flaw(Status.UNSUPPORTED, "what it cites does not say this")
    for status, check in _CHECKS:
        if reason := check(claim, ground):
            return Flaw(status, reason)
    if reason := _speaker(speaker, claim, ground):
        return Flaw(Status.SPEAKER, reason)
    return None


def share(claim: Reading, ground: Ground) -> float:
    """How many of a claim's words, those of saying left out, its sources have; 0 to 1."""
    wanted = {word.stem for word in claim.words if word.content and word.stem not in asking_terms() | _SAYING}
    return len(wanted & (ground.stems | ground.around)) / len(wanted) if wanted else 1.0


# ---- numbers and dates ----------------------------------------------------------------------------------------------


def _number(claim: Reading, ground: Ground) -> str:
    """Each number is in the sources, with its unit, and counts there what it counts here."""
    held = [number for sentence in ground.sentences for number in sentence.numbers]
    for number in claim.numbers:
        same = [other for other in held if _same(number, other)]
        if not same and not _in_words(number, ground):
            return f"the number {number.text}"
        counted = frozenset().union(*(other.about for other in same)) if same else number.about
        elsewhere = [o for o in held if o not in same and o.about & number.about]
        if number.about and not counted & number.about and elsewhere:
            return f"the number {number.text} ({' '.join(sorted(number.about))})"
    return ""


def _same(number: Number, other: Number) -> bool:
    slack = 0.05 if number.roughly else 1e-9
    units = {number.unit, other.unit}
    return abs(number.value - other.value) <= slack * abs(other.value) and (len(units) == 1 or units <= {"", "$"})


def _in_words(number: Number, ground: Ground) -> bool:
    """A number of the title or the sentence before, such as a session's."""
    return number.unit == "th" and f"{number.value:.0f}th" in ground.around


def _date(claim: Reading, ground: Ground) -> str:
    """Each date is one of the sources', or of their statements, as far as it is told."""
    cited = [day for sentence in ground.sentences for day in sentence.days]
    known = [
        Day(when.isoformat(), when.year, when.month, when.day)
        for s in ground.statements
        for when in (s.published, s.event)
        if when
    ]
    # The sentence before gives the date only where the cited one has none.
    near = [] if cited else [day for sentence in ground.before for day in sentence.days]
    for day in claim.days:
        if not any(_agrees(day, other, known) for other in (*cited, *near, *known)):
            return f"the date {day.text}"
    return ""


def _agrees(day: Day, other: Day, known: Sequence[Day]) -> bool:
    years = {other.year} if other.year else {k.year for k in known}
    if day.year is not None and day.year not in years:
        return False
    pairs = ((day.month, other.month), (day.day, other.day))
    return all(mine is None or mine == theirs for mine, theirs in pairs)


# ---- names ----------------------------------------------------------------------------------------------------------

_TITLES = frozenset(
    terms(
        "president vice prime minister secretary general mr mrs ms dr sir sultan king queen prince chancellor"
        " ambassador national security advisor adviser chief defense defence staff foreign state senator governor"
        " speaker leader leaders director administrator press spokesperson deputy chairman chair admiral lieutenant"
        " colonel representative first lady his her excellency majesty honorable shri the of government administration"
        " commissioner counsel"
    )
)


def _name(claim: Reading, ground: Ground) -> str:
    """Each name stands in the sources, right before them, or in what is known about their statement."""
    for word in claim.words:
        checked = word.named and word.content and word.stem.isalpha() and word.stem not in _TITLES
        if checked and not _present(word.stem, ground.around):
            return f"the name {word.surface}"
    return ""


def _present(name: str, among: Iterable[str]) -> bool:
    """A name in any of its forms: as it is, as a country's people or capital, or with another ending."""
    forms = _places().get(name, frozenset()) | {name}
    return any(
        other in forms or (len(name) >= 5 and other[:5] == name[:5] and abs(len(other) - len(name)) <= 3)
        for other in among
    )


@cache
def _places() -> dict[str, frozenset[str]]:
    """Words that stand for one country: its name, its people, its capital; where each is one word."""
    groups: dict[str, frozenset[str]] = {}
    for country in all_countries():
        forms = [country.name(), country.demonym(), country.capital()]
        words = {terms(form)[0] for form in forms if isinstance(form, str) and form and len(terms(form)) == 1}
        for word in words:
            groups[word] = groups.get(word, frozenset()) | words
    america = frozenset({"usa", "american", "u", "america", "washington"})
    return groups | dict.fromkeys(america, america)


_RUN = re.compile(r"(?:[A-Z][\w’'-]*(?:\s+(?:of|the|and|for|on)\s+|\s+|,\s+|,?\s+and\s+)?){2,8}")


def _initials(text: str) -> frozenset[str]:
    """Acronyms that the capitalised words of a text could have: "Chief of Defence Staff" gives cds."""
    found = set()
    for run in _RUN.findall(text):
        letters = "".join(word[0] for word in run.split() if word[0].isupper()).lower()
        found |= {letters[i:j] for i in range(len(letters)) for j in range(i + 2, len(letters) + 1)}
    return frozenset(found)


# ---- who said it ----------------------------------------------------------------------------------------------------

_SAYING = frozenset(
    map(
        stem,
        "said stated added noted told explained remarked announced declared stressed underscored underlined emphasized"
        " emphasised highlighted reiterated reaffirmed affirmed expressed conveyed according statement says reported"
        " mentioned discussed spoke talked readout meeting call respective well including".split(),
    )
)
# Verbs that one party does to, or before, another; "met" and "discussed" read the same both ways.
_DOES = frozenset(
    map(
        stem,
        "said stated added noted told explained remarked announced declared recalled replied warned wrote stressed"
        " underscored underlined emphasized emphasised highlighted reiterated reaffirmed affirmed expressed conveyed"
        " welcomed thanked congratulated condemned urged called raised offered committed pledged briefed restated"
        " invited requested asked praised commended outlined described detailed appreciated acknowledged confirmed"
        " informed promised proposed accepted rejected refused hosted received visited signed approved supported"
        " opposed sent provided donated sold bought led attacked invaded voiced applauded encouraged shared"
        " updated".split(),
    )
)


def _speaker(speaker: str | None, claim: Reading, ground: Ground) -> str:
    """Who a claim says is speaking is who speaks in its sources, and who does something in it does it there."""
    if speaker is not None:
        mine = _person(speaker)
        said = [_person(who) for who in (*ground.speakers, *(s.issuer for s in ground.statements)) if who]
        said += [d for s in ground.sentences for w in s.words if w.mood is Mood.FACT and (d := _before(s.words, w))]
        if mine and any(ground.speakers) and not any(_same_person(mine, other) for other in said):
            return f"said by {ground.speakers[0] or 'another'}, not by {speaker}"
    for verb in (word for word in claim.words if word.stem in _DOES):
        doer = _doer(claim.words, verb)
        doers = [d for s in ground.sentences for w in s.words if w.stem == verb.stem and (d := _before(s.words, w))]
        if doer and doers and not any(_same_person(doer, other) for other in doers):
            return f"{' '.join(sorted(doer))} is not who {verb.surface}"
    return ""


def _person(name: str) -> frozenset[str]:
    """What a name is compared by: its words without offices, or the offices where there is nothing else."""
    words = frozenset(terms(name)) - {"the", "of"}
    return words - _TITLES or words


def _same_person(mine: frozenset[str], other: frozenset[str]) -> bool:
    if mine <= _TITLES or other <= _TITLES:  # "the President": nothing in it tells who
        return True
    return any(_present(name, other) for name in mine) or bool(mine & _initials(" ".join(w.title() for w in other)))


def _doer(words: Sequence[Word], verb: Word) -> frozenset[str]:
    """The name nearest before a verb, in its clause; nobody where the verb is a passive or a noun."""
    at = _index(words, verb)
    if verb.mood not in (Mood.FACT, Mood.FUTURE) or _passive(words, at):
        return frozenset()
    name: list[str] = []
    for word in reversed(words[:at]):
        if word.named and word.clause == verb.clause:
            name.append(word.stem)
        elif name:
            break
    return frozenset(name) - _TITLES


def _before(words: Sequence[Word], verb: Word) -> frozenset[str]:
    """All names before a verb of a source: any of them may be who does it."""
    at = _index(words, verb)
    if _passive(words, at):
        return frozenset()
    return frozenset(word.stem for word in words[:at] if word.named) - _TITLES


def _passive(words: Sequence[Word], at: int) -> bool:
    helpers = {word.surface.lower() for word in words[max(0, at - 2) : at]}
    follows = {word.surface.lower() for word in words[at + 1 : at + 3]}
    return "by" in follows or bool(helpers & {"was", "were", "been", "being", "is", "are", "be"})


def _index(words: Sequence[Word], verb: Word) -> int:
    return next(i for i, word in enumerate(words) if word is verb)


# ---- negation, mood, direction --------------------------------------------------------------------------------------


def _negation(claim: Reading, ground: Ground) -> str:
    """What is denied in the one is denied in the other."""
    denied_there = {word.stem for word in ground.words if word.negated}
    denied_here = {word.stem for word in claim.words if word.negated}
    for word in claim.words:
        made_up = word.stem in ground.stems or not any(s.negates for s in ground.sentences)
        if word.denied and word.stem not in denied_there and made_up:
            return f"a negation of “{word.surface}”"
    # "Policy has not changed" is not told by the "change" of "to change the status quo": that is in another mood.
    affirmed = {(word.stem, word.mood) for word in ground.words if word.content and not word.negated}
    said = {(word.stem, word.mood) for word in claim.words if word.content}
    for word in ground.words:
        here = any(root == word.stem and (root, mood) not in affirmed for root, mood in said)
        if word.denied and here and word.stem not in denied_here:
            return f"a negation of “{word.surface}” is missing"
    return ""


# What a claim's mood may rest on, besides the same mood and an unknown one.
_RESTS_ON = {
    Mood.FACT: {Mood.FACT},
    Mood.FUTURE: {Mood.FUTURE, Mood.AIM},
    Mood.POSSIBLE: {Mood.POSSIBLE},
    Mood.DUTY: {Mood.DUTY},
}


def _modality(claim: Reading, ground: Ground) -> str:
    """What will, may or should be is not told as done, nor the other way round."""
    for word in claim.words:
        if not word.content or word.mood not in _RESTS_ON or word.named:
            continue
        moods = {other.mood for other in ground.words if other.stem == word.stem and not other.named}
        bare = moods <= {Mood.UNKNOWN}
        if word.mood is Mood.FACT:
            bare = bare or Mood.FACT in moods
        elif Mood.UNKNOWN in moods:
            bare = True  # a noun or a present tense, of which any of these may be told
        if moods and not bare and not moods & _RESTS_ON[word.mood]:
            return f"“{word.surface}” as {word.mood.name.lower()}, where the source has it as another"
    return ""


_OPPOSITES = tuple(
    (frozenset(map(stem, one.split())), frozenset(map(stem, other.split())))
    for one, other in (
        ("increase rise grow raise expand boost gain", "decrease fall drop decline reduce shrink cut lower"),
        ("strengthen deepen enhance reinforce", "weaken undermine"),
        ("support back endorse welcome praise commend applaud", "oppose condemn criticize criticise denounce reject"),
        ("accept approve agree", "reject refuse disagree deny"),
        ("before", "after"),
        ("above", "below"),
        ("more", "less fewer"),
        ("win", "lose"),
        ("open", "close"),
        ("start begin launch", "end stop halt cease finish suspend"),
        ("import", "export"),
        ("join enter", "leave exit withdraw"),
        ("permit allow authorize authorise", "ban prohibit forbid"),
        ("lift ease", "impose tighten"),
        ("buy purchase", "sell"),
        ("north northern", "south southern"),
        ("east eastern", "west western"),
        ("success succeed", "failure fail"),
        ("first", "last"),
        ("majority", "minority"),
        ("improve", "worsen deteriorate"),
        ("include", "exclude"),
        ("confirm", "deny"),
        ("publicly public", "privately private"),
    )
)


def _direction(claim: Reading, ground: Ground) -> str:
    """No word stands for its opposite."""
    held = {word.stem for word in ground.words}
    for word in claim.words:
        for one, other in (*_OPPOSITES, *((b, a) for a, b in _OPPOSITES)):
            if word.stem in one and not held & one and held & other:
                return f"“{word.surface}”, where the source has its opposite"
    return ""


_CHECKS: tuple[tuple[Status, Callable[[Reading, Ground], str]], ...] = (
    (Status.NUMBER, _number),
    (Status.DATE, _date),
    (Status.NAME, _name),
    (Status.NEGATION, _negation),
    (Status.MODALITY, _modality),
    (Status.DIRECTION, _direction),
)
