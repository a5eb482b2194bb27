"""Who speaks in a sentence, and how, as far as the text itself says so.

A speaker is never assumed: where the text names none, it is None. In reading order: `people` knows names and offices,
`quotations` finds what stands between quotation marks, `attribution` reads who is said to have said something, `turns`
divides transcripts and parliamentary answers, `author` tells whose words a whole text is, and `Voices`, here, asks them
in turn. How well that works is measured in `docs/voices.md`.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from corpus.model import Statement, Voice
from ingest.sentences import sentence_spans
from ingest.voice import attribution
from ingest.voice.attribution import Attribution
from ingest.voice.author import Author, author
from ingest.voice.people import (
    NAME,
    Person,
    is_body,
    is_marked,
    key,
    may_be,
    office_held,
    office_in,
    surname,
)
from ingest.voice.quotations import Quotation, is_speech, quotations
from ingest.voice.turns import Turn, answers, turns

# With this share of quoted words a sentence is a quote with its attribution, not a report with a quoted term; with that
# share there is nothing in it beside the quote.
_MOSTLY_QUOTED, _NOTHING_ELSE = 0.3, 0.95
# How far is looked: for the clause before a quotation, after one, back to whom "he" may be, and for offices.
_CLAUSE, _AFTER, _LOOK_BACK, _OFFICES = 400, 300, 1_500, 12_000
_LONGEST_PARAGRAPH, _LONGEST_SENTENCE = 6_000, 2_000
# How many quotations of one paragraph, or paragraphs of one quotation, share the attribution of one of them.
_SHARED = 40
_SENTENCE_END = re.compile(
    r"(?<![ .(][A-Z])(?<!\bMr)(?<!\bMs)(?<!\bDr)(?<!\bMrs)(?<!\bGen)(?<!\bSt)[.!?][”\"’)]* +(?=[A-Z“\"‘])"
)
_INTRODUCES = re.compile(r"\b(?:released|issued|made|published)\b.{0,60}\bfollowing\b.{0,40}\bstatement\b")
_NAMES = re.compile(NAME)


@dataclass(frozen=True, slots=True)
class Spoken:
    """How a sentence speaks.

    Attributes:
        voice: direct, reported, narrated or joint.
        speaker: who speaks, as the text or its title writes it; None where neither says. "Q" in a transcript is
            whoever asked.
        office: the speaker's office, where the text or its title gives it.
    """

    voice: Voice
    speaker: str | None = None
    office: str | None = None


class Voices:
    """Who speaks where in one version of a statement; made once per version, then asked for any number of sentences.

    Args:
        statement: whose version `text` is.
        text: the whole version.
    """

    def __init__(self, statement: Statement, text: str) -> None:
        self._statement = statement
        self._text = text
        self._offices: dict[str, str | None] = {}
        self._attributions: dict[int, Attribution | None] = {}

    def of(self, start: int, end: int) -> Spoken:
        """How ``text[start:end]``, a sentence, speaks."""
        turn = self._turn(start)
        if turn is not None:
            return Spoken(Voice.NARRATION) if turn.aside else self._spoken(Voice.DIRECT, turn.speaker)
        whole = self._author
        quoted = [q for q in self._quoted(start, end) if is_speech(self._text[q.start + 1 : q.end])]
        share = sum(min(end, q.end) - max(start, q.start) for q in quoted) / max(1, end - start)
        if whole is not None:
            other = self._speaker_of(quoted) if share > _MOSTLY_QUOTED and not self._is_own(quoted[0]) else None
            if other is None and share > _NOTHING_ELSE and not self._is_own(quoted[0]):
                return Spoken(Voice.DIRECT)
            return self._spoken(Voice.DIRECT, other) if other else self._of_author(whole, start, end)
        if share > _MOSTLY_QUOTED:
            return self._spoken(Voice.DIRECT, self._speaker_of(quoted))
        return self._reported(start, end)

    def _of_author(self, whole: Author, start: int, end: int) -> Spoken:
        if not whole.joint:
            return self._spoken(Voice.DIRECT, whole.person)
        introduces = _INTRODUCES.search(self._text, start, end)
        return Spoken(Voice.NARRATION if introduces else Voice.JOINT)

    def _reported(self, start: int, end: int) -> Spoken:
        """Of a sentence in a text that is the issuer's own, and that quotes nobody at length."""
        sentence = self._text[start : min(end, start + _LONGEST_SENTENCE)]
        if attribution.said_by_them(sentence) is False:
            return Spoken(Voice.REPORTED if self._after_a_crowd(start) else Voice.JOINT)
        found = attribution.reported(sentence)
        if found is None:
            return Spoken(Voice.NARRATION)
        if found.joint:
            return Spoken(Voice.JOINT)
        speaker = self._resolved(found, start)
        if speaker is None and (found.person is not None or found.pronoun == "it"):
            return Spoken(Voice.NARRATION)  # a capitalised word that is nobody's name; a thing
        return self._spoken(Voice.REPORTED, speaker)

    def _spoken(self, voice: Voice, speaker: Person | None) -> Spoken:
        if speaker is None:
            return Spoken(voice)
        bare = None if speaker.office else surname(speaker.name)
        if bare and bare not in self._offices:
            self._offices[bare] = office_held(bare, (self._statement.title, self._text[:_OFFICES]))
        return Spoken(voice, speaker.name, speaker.office or (self._offices[bare] if bare else None))

    # The text as a whole.

    @cached_property
    def _quotations(self) -> list[Quotation]:
        return quotations(self._text)

    @cached_property
    def _starts(self) -> list[int]:
        return [quotation.start for quotation in self._quotations]

    @cached_property
    def _turns(self) -> list[Turn]:
        found = turns(self._statement, self._text)
        return found or answers(self._text, self._author.person if self._author else None)

    @cached_property
    def _turn_starts(self) -> list[int]:
        return [turn.start for turn in self._turns]

    @cached_property
    def _author(self) -> Author | None:
        return author(self._statement, self._text, self._quotations)

    def _turn(self, start: int) -> Turn | None:
        return self._turns[bisect_right(self._turn_starts, start) - 1] if self._turns else None

    # Quotations.

    def _quoted(self, start: int, end: int) -> list[Quotation]:
        """The quotations that a sentence has a part in."""
        first = max(0, bisect_right(self._starts, start) - 1)
        return [q for q in self._quotations[first : bisect_left(self._starts, end)] if q.end > start]

    def _is_own(self, quotation: Quotation) -> bool:
        """Whether a text is itself in quotation marks, so that in a text of one author these are the author's."""
        return quotation is self._quotations[0] and not self._text[: min(quotation.start, _CLAUSE)].strip()

    def _speaker_of(self, quoted: list[Quotation]) -> Person | None:
        """Who is quoted; None where that is nobody named, or not the same throughout."""
        speakers = {self._quoted_from(bisect_left(self._starts, quotation.start)) for quotation in quoted[:_SHARED]}
        return speakers.pop() if len(speakers) == 1 else None

    def _quoted_from(self, index: int) -> Person | None:
        """Who is quoted at an index of the quotations: by what stands around it, or around others of the same words."""
        for at in self._same_words(index):
            if at not in self._attributions:
                self._attributions[at] = self._around(at)
            found = self._attributions[at]
            if found is not None:
                return self._resolved(found, self._quotations[at].start)
        return None

    def _same_words(self, index: int) -> Iterator[int]:
        """A quotation, then those that it goes on from, then those in which it goes on."""
        yield index
        for at in range(index, max(0, index - _SHARED), -1):
            before, this = self._quotations[at - 1], self._quotations[at]
            if not (this.resumes and before.goes_on) and not self._only_attribution(before, this):
                break
            yield at - 1
        for at in range(index, min(len(self._quotations) - 1, index + _SHARED)):
            if not self._quotations[at].goes_on:
                break
            yield at + 1

    def _only_attribution(self, before: Quotation, this: Quotation) -> bool:
        """Whether two quotations have nothing between them but who says them: "...," said X. "..." """
        gap = self._text[before.end : min(this.start, before.end + _AFTER)]
        if "\n" in gap or before.end + _AFTER <= this.start:
            return False
        after = attribution.after_quotation(gap, self._ended(before))
        return after is not None and _SENTENCE_END.search(gap, after[1], len(gap) - 1) is None

    def _around(self, index: int) -> Attribution | None:
        """What stands right after a quotation, or leads up to it."""
        quotation = self._quotations[index]
        left, right = self._paragraph(quotation.start, quotation.end)
        if not quotation.goes_on:
            rest = self._text[quotation.end : min(right, quotation.end + _AFTER)]
            after = attribution.after_quotation(rest, self._ended(quotation))
            if after is not None and not re.match(r" ?(?:that|:) ?[“\"«‘]", rest[after[1] :]):
                return after[0]
        if index:
            left = max(left, min(self._quotations[index - 1].end, quotation.start))
        clause = self._text[max(left, quotation.start - _CLAUSE) : quotation.start]
        ends = list(_SENTENCE_END.finditer(clause))
        return attribution.before_quotation(clause[ends[-1].end() :] if ends else clause)

    def _ended(self, quotation: Quotation) -> bool:
        return "." in self._text[max(quotation.start, quotation.end - 2) : quotation.end]

    # Who "he" is.

    def _resolved(self, found: Attribution, at: int) -> Person | None:
        """Whom an attribution means: the one it names, or the only one that "he", "she" or "it" can stand for."""
        if found.person is not None:
            return found.person if self._is_known(found.person.name) else None
        return self._antecedent(found.pronoun, at) if found.pronoun else None

    def _is_known(self, name: str) -> bool:
        """Whether a single word is a name: it has a title, or stands with a capital inside a sentence elsewhere."""
        if " " in name or is_marked(name) or is_body(name) or name == "Q":
            return True
        elsewhere = re.compile(rf"(?<=[\w,] ){re.escape(name)}\b")
        return any(elsewhere.search(place) for place in (self._statement.title, self._text[:_OFFICES]))

    def _antecedent(self, pronoun: str, at: int) -> Person | None:
        """The one whom the sentence before has as its subject, where nobody else is named in that paragraph."""
        left, _ = self._paragraph(at, at)
        start = left if self._text[left:at].strip() else self._paragraph(max(0, left - 2), max(0, left - 2))[0]
        start = max(start, at - _LOOK_BACK)
        before = self._text[start:at]
        for begin, end in reversed(sentence_spans(before)):
            if any(quotation.start < start + begin for quotation in self._quoted(start + begin, start + end)):
                continue  # inside a quotation
            name, repeated = attribution.subject(before[begin:end])
            if repeated == pronoun:
                continue
            people = _distinct(list(self._named(start, at, bodies=pronoun == "it")))
            alone = name is not None and len(people) == 1 and key(people[0].name) == key(name) and may_be(pronoun, name)
            return Person(name, people[0].office) if alone and name else None
        return None

    def _named(self, start: int, end: int, *, bodies: bool) -> Iterator[Person]:
        for found in _NAMES.finditer(self._text, start, end):
            for written in re.split(r" and (?=the |The |[A-Z])", found[0]):
                written = re.sub(r"[’']s?$", "", written.strip())
                if is_body(written) if bodies else (is_marked(written) and not is_body(written)):
                    yield Person(written, None if bodies else office_in(written))

    def _after_a_crowd(self, at: int) -> bool:
        """Whether "they" are several unnamed people of one side, as in "Officials said ... They added ..."."""
        left, _ = self._paragraph(at, at)
        for start, end in reversed(sentence_spans(self._text[max(left, at - _LOOK_BACK) : at])):
            sentence = self._text[max(left, at - _LOOK_BACK) :][start:end]
            if attribution.said_by_them(sentence) is None:
                return attribution.crowd(sentence) is not None
        return False

    def _paragraph(self, start: int, end: int) -> tuple[int, int]:
        """Where the paragraph around a span begins and ends, as far as is looked."""
        earliest = max(0, start - _LONGEST_PARAGRAPH)
        left = self._text.rfind("\n\n", earliest, start)
        right = self._text.find("\n\n", end, end + _LONGEST_PARAGRAPH)
        return (left + 2 if left >= 0 else earliest), (
            right if right >= 0 else min(len(self._text), end + _LONGEST_PARAGRAPH)
        )


def _distinct(named: list[Person]) -> list[Person]:
    """People named, each once: a bare office is the one who is named with it, where just one is."""
    by_key: dict[str, Person] = {}
    for one in named:
        by_key.setdefault(key(one.name), one)
    offices = {name: (one.office or "").casefold() for name, one in by_key.items()}
    for bare in [name for name, office in offices.items() if name == office]:
        holders = [name for name, office in offices.items() if name != bare and office.endswith(bare)]
        if len(holders) == 1:
            by_key[bare] = by_key[holders[0]]
    return list(dict.fromkeys(by_key.values()))
