"""How well speakers are told on sentences labelled by hand: floors below what `docs/voices.md` reports."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import SHARED

from benchmarks.voices import (
    HALVES,
    Case,
    Heard,
    Label,
    by_voice,
    cases,
    coverage,
    hear,
    labels,
    names,
    office,
    precision,
    speaker,
)
from corpus.model import Statement, Voice
from ingest.voice import Spoken


def heard(voice: Voice, name: str | None, spoken: Spoken) -> Heard:
    label = Label("wh_core", "a", 0, 1, "0", "readout", "tuning", voice, name, None)
    return Case(label, Statement(id="a", title="A", published=None), "a", (0, 1)), spoken  # type: ignore[arg-type]


def test_the_measures_worked_by_hand() -> None:
    pairs = [
        heard(Voice.DIRECT, "Roth", Spoken(Voice.DIRECT, "Captain Ines Roth")),  # right
        heard(Voice.DIRECT, "the Captain|Roth", Spoken(Voice.DIRECT, "THE CAPTAIN")),  # right
        heard(Voice.DIRECT, "Roth", Spoken(Voice.REPORTED, "Rothman")),  # wrong
        heard(Voice.REPORTED, "Roth", Spoken(Voice.REPORTED)),  # none
        heard(Voice.NARRATION, None, Spoken(Voice.REPORTED, "Roth")),  # invented
        heard(Voice.NARRATION, None, Spoken(Voice.NARRATION)),  # rightly absent
        heard(Voice.NARRATION, "*", Spoken(Voice.NARRATION, "Roth")),  # not scored
    ]
    outcomes = names(pairs, speaker)
    assert dict(outcomes) == {"right": 2, "wrong": 1, "none": 1, "invented": 1, "absent": 1, "unscored": 1}
    assert precision(outcomes) == 2 / 4
    assert coverage(outcomes) == 2 / 4
    assert by_voice(pairs) == {
        Voice.DIRECT: (3, 2, 2),
        Voice.REPORTED: (1, 3, 1),
        Voice.NARRATION: (3, 2, 2),
        Voice.JOINT: (0, 0, 0),
    }


def test_the_labels_are_enough_and_their_halves_share_no_statement() -> None:
    known = labels()
    halves = [{label.statement for label in known if label.half == half} for half in HALVES]
    assert len(known) >= 150
    assert not halves[0] & halves[1]
    assert {label.statement for label in known} == halves[0] | halves[1]


@pytest.mark.shared
def test_voices_and_speakers_are_as_good_as_measured(tmp_path: Path) -> None:
    found = hear(cases(SHARED, tmp_path))
    assert len(found) >= 260
    for half in HALVES:
        pairs = [pair for pair in found if pair[0].label.half == half]
        for voice, (labelled, given, both) in by_voice(pairs).items():
            assert both >= 0.8 * labelled, (half, voice)
            assert both >= 0.8 * given, (half, voice)
        assert precision(names(pairs, speaker)) >= 0.95, half
        assert coverage(names(pairs, speaker)) >= 0.85, half
        assert precision(names(pairs, office)) >= 0.9, half
        assert coverage(names(pairs, office)) >= 0.8, half
