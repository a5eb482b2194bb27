"""Windows of time read out of questions, by worked examples and for arbitrary text."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rag.dates import PUBLICATION_LAG, Window, window_of, windows_in, without_dates

TODAY = date(2026, 2, 4)  # a Wednesday
OCTOBER = Window(date(2022, 10, 1), date(2022, 10, 31))
FIFTH_OF_MARCH = Window(date(2022, 3, 5), date(2022, 3, 5))


def iso(window: Window | None) -> str | None:
    """A window as "first..last", an open end left out."""
    if window is None:
        return None
    return f"{window.first or ''}..{window.last or ''}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("calls in March 2022", "2022-03-01..2022-03-31"),
        ("talks of Nov. 2025", "2025-11-01..2025-11-30"),
        ("in February 2024", "2024-02-01..2024-02-29"),
        ("in spring 2022", "2022-03-01..2022-05-31"),
        ("the summer of 2023", "2023-06-01..2023-08-31"),
        ("fall 2021", "2021-09-01..2021-11-30"),
        ("winter 2021", "2021-12-01..2022-02-28"),
        ("the first half of 2021", "2021-01-01..2021-06-30"),
        ("in the second half of 2022", "2022-07-01..2022-12-31"),
        ("the third quarter of 2024", "2024-07-01..2024-09-30"),
        ("Q4 2023", "2023-10-01..2023-12-31"),
        ("mid-March 2022", "2022-03-08..2022-03-22"),
        ("early February 2022", "2022-02-01..2022-02-15"),
        ("late 2022", "2022-09-01..2022-12-31"),
        ("in the last week of June 2022", "2022-06-24..2022-06-30"),
        ("anything in 2022?", "2022-01-01..2022-12-31"),
        ("during the 2023 visit", "2023-01-01..2023-12-31"),
    ],
)
def test_a_period_is_from_its_first_day_to_its_last(text: str, expected: str) -> None:
    assert iso(window_of(text, TODAY)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "on 24 November 2025",
        "on Monday, 24th of November 2025",
        "on November 24th, 2025",
        "on Nov. 24 2025",
        "on 2025-11-24",
    ],
)
def test_a_single_day_reaches_forward_to_when_its_readout_is_published(text: str) -> None:
    day = date(2025, 11, 24)
    assert window_of(text, TODAY) == Window(day, day + PUBLICATION_LAG)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("between March and May 2022", "2022-03-01..2022-05-31"),
        ("January-March 2022", "2022-01-01..2022-03-31"),
        ("from May 2021 until August 2021", "2021-05-01..2021-08-31"),
        ("from 31 July to 2 August 2023", "2023-07-31..2023-08-02"),
        ("between 20 Aug and 2 Sept 2021", "2021-08-20..2021-09-02"),
        ("between 1 and 20 Feb 2022", "2022-02-01..2022-02-20"),
        ("between Feb 1 and 20, 2022", "2022-02-01..2022-02-20"),
        ("from November 24-25, 2025", "2025-11-24..2025-11-25"),
        ("12 to 14 May 2023", "2023-05-12..2023-05-14"),
        ("between 2020 and 2022", "2020-01-01..2022-12-31"),
        ("in 2021-2022", "2021-01-01..2022-12-31"),
        ("between May 2022 and March 2022", "2022-03-01..2022-05-31"),
        ("in May 2021 and then again in June 2022", "2021-05-01..2022-06-30"),
    ],
)
def test_two_periods_span_what_lies_between(text: str, expected: str) -> None:
    assert iso(window_of(text, TODAY)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("since March 2022", "2022-03-01.."),
        ("from January 2022 onwards", "2022-01-01.."),
        ("before March 2022", "..2022-02-28"),
        ("before 24 February 2022", "..2022-02-23"),
        ("before he left on 5 May 2022", "..2022-05-04"),
        ("before the March 2022 strikes", "..2022-03-31"),
        ("until June 2021", "..2021-06-30"),
        ("by the end of June 2021", "..2021-06-30"),
        ("after 5 May 2023", "2023-05-05.."),
        ("after May 2023", "2023-05-01.."),
        ("after the March 2022 call", "2022-03-01..2022-03-31"),
        ("since March 2021 and until May 2022", "2021-03-01..2022-05-31"),
    ],
)
def test_the_words_before_a_period_open_the_window(text: str, expected: str) -> None:
    assert iso(window_of(text, TODAY)) == expected


def test_after_one_year_or_before_an_earlier_one_is_no_empty_window() -> None:
    assert window_of("since 2024 or else until 2020", TODAY) == Window(None, None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("what was said last week?", "2026-01-26..2026-02-01"),
        ("this week", "2026-02-02..2026-02-04"),
        ("last month", "2026-01-01..2026-01-31"),
        ("in the last quarter", "2025-10-01..2025-12-31"),
        ("last year", "2025-01-01..2025-12-31"),
        ("this year", "2026-01-01..2026-02-04"),
        ("in the last 30 days", "2026-01-05..2026-02-04"),
        ("over the past two weeks", "2026-01-21..2026-02-04"),
        ("yesterday", "2026-02-03..2026-02-06"),
    ],
)
def test_relative_periods_count_from_today(text: str, expected: str) -> None:
    assert iso(window_of(text, TODAY)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("in March and in September of 2022", "2022-03-01..2022-09-30"),
        ("in 2022, what was said in March?", "2022-03-01..2022-03-31"),
        ("what did they say on 5 March, 2022 being the year?", "2022-03-05..2022-03-08"),
    ],
)
def test_a_month_or_day_takes_the_year_that_stands_elsewhere(text: str, expected: str) -> None:
    assert iso(window_of(text, TODAY)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "what did CDS discuss with Oman?",
        "the 2016 accord",
        "Agenda 2030",
        "Vision 2030 and what it says",
        "What may he say about the march of the army?",
        "may we march on?",
        "talks in December",  # of which year?
        "not the January 2022 call",
        "everything except March 2022",
        "defence exports for 2024-25",  # a financial year is a subject: its figures come out after it
        "exports in 2018–19",
        "Rs 2,022 crore in 2022.5 parts",
    ],
)
def test_no_window(text: str) -> None:
    assert window_of(text, TODAY) is None


def test_what_is_excluded_does_not_count_beside_what_is_asked() -> None:
    assert iso(window_of("the May 2022 call, not the January 2022 call", TODAY)) == "2022-05-01..2022-05-31"


@pytest.mark.parametrize("text", ["on 31 February 2022", "29 February 2022"])
def test_a_day_that_does_not_exist_gives_its_month(text: str) -> None:
    assert iso(window_of(text, TODAY)) == "2022-02-01..2022-02-28"


@pytest.mark.parametrize(
    ("text", "context", "expected"),
    [
        ("a month later", OCTOBER, "2022-11-01..2022-11-30"),
        ("and a year earlier?", OCTOBER, "2021-10-01..2021-10-31"),
        ("two weeks later", FIFTH_OF_MARCH, "2022-03-19..2022-03-19"),
        ("the next day", FIFTH_OF_MARCH, "2022-03-06..2022-03-06"),
        ("three months before", FIFTH_OF_MARCH, "2021-12-05..2021-12-05"),
        ("the following month", OCTOBER, "2022-11-01..2022-11-30"),
        ("and after that?", OCTOBER, "2022-10-01.."),
        ("what about before that?", OCTOBER, "..2022-10-31"),
        ("what did he say that October?", FIFTH_OF_MARCH, "2022-10-01..2022-10-31"),
        ("and in December?", OCTOBER, "2022-12-01..2022-12-31"),
        ("and in 2023?", OCTOBER, "2023-01-01..2023-12-31"),
        ("and on shipbuilding?", OCTOBER, "2022-10-01..2022-10-31"),
        ("a year earlier", Window(date(2024, 2, 29), None), "2023-02-28.."),
        ("a month later", Window(None, date(2022, 1, 31)), "..2022-02-28"),
    ],
)
def test_a_follow_up_counts_from_the_window_before(text: str, context: Window, expected: str) -> None:
    assert iso(window_of(text, TODAY, context)) == expected


def test_the_periods_of_a_comparison_stay_apart() -> None:
    assert list(map(iso, windows_in("in August 2022 and in September 2022", TODAY))) == [
        "2022-08-01..2022-08-31",
        "2022-09-01..2022-09-30",
    ]


def test_the_words_of_a_period_are_no_topic() -> None:
    assert without_dates("calls with Oman in March 2022").split() == ["calls", "with", "Oman", "in"]
    assert without_dates("what may the 2016 accord cover") == "what may the 2016 accord cover"


_DAYS = st.dates(date(1990, 1, 1), date(2090, 12, 31))
_WORDS = st.lists(
    st.sampled_from(
        "in on from to and between since before after until not the last past 999 3 31 20 1 first half of quarter"
        " March may Feb 2022 2024 2020-21 2021-22 week years , - . ? a year month earlier later that early late".split()
    )
    | st.text(max_size=6),
    max_size=14,
).map(" ".join)
_WINDOWS = st.tuples(_DAYS, st.integers(0, 400)).map(lambda w: Window(w[0], w[0] + timedelta(days=w[1])))


@given(st.text() | _WORDS, _DAYS, st.none() | _WINDOWS)
@example("calls over the past 999 years", TODAY, None)
@example("since 2024 , until 2020", TODAY, None)
def test_any_text_has_a_window_in_order_or_none(text: str, today: date, context: Window | None) -> None:
    window = window_of(text, today, context)
    if window is not None and window.first and window.last:
        assert window.first <= window.last
    for each in windows_in(text, today):
        assert each.first and each.last and each.first <= each.last
    without_dates(text)


@given(st.text(), _DAYS, st.text())
def test_an_iso_day_is_found_inside_any_text(before: str, day: date, after: str) -> None:
    window = window_of(f"{before}. On {day.isoformat()}; {after}", TODAY)
    assert window is not None
    assert window.first is None or window.first <= day
    assert window.last is None or day <= window.last


@given(_DAYS, st.sampled_from(["{d.day} {d:%B %Y}", "{d:%B} {d.day}, {d.year}", "{d:%b} {d.day}, {d.year}", "{d}"]))
def test_a_day_is_the_same_however_it_is_written(day: date, form: str) -> None:
    assert window_of(f"what was said on {form.format(d=day)}?", TODAY) == Window(day, day + PUBLICATION_LAG)


@pytest.mark.parametrize(
    ("question", "first", "last"),
    [
        ("what was said on 24/11/2025", "2025-11-24", "2025-11-27"),
        ("the call of 24.11.2025", "2025-11-24", "2025-11-27"),
        ("the call of 11/24/2025", "2025-11-24", "2025-11-27"),
        ("calls at the end of 2023", "2023-09-01", "2023-12-31"),
        ("calls at the beginning of March 2022", "2022-03-01", "2022-03-15"),
        ("in the middle of 2021", "2021-05-01", "2021-08-31"),
        ("in the second week of June 2024", "2024-06-08", "2024-06-14"),
        ("anything by the end of 2022", None, "2022-12-31"),
        ("anything before the end of 2022", None, "2022-12-31"),
        ("calls last summer", "2026-06-01", "2026-08-31"),
        ("calls last winter", "2025-12-01", "2026-02-28"),
        ("what was said last March", "2026-03-01", "2026-03-31"),
        ("what was said last December", "2025-12-01", "2025-12-31"),
        ("what was said last Monday", "2026-11-16", "2026-11-19"),
        ("the visit two weeks ago", "2026-11-09", "2026-11-15"),
        ("the visit three months ago", "2026-08-01", "2026-08-31"),
        ("in the past few months", "2026-08-25", "2026-11-23"),
    ],
)
def test_windows_said_in_other_ways(question: str, first: str | None, last: str | None) -> None:
    window = window_of(question, date(2026, 11, 23))
    assert window is not None
    assert (window.first and window.first.isoformat(), window.last and window.last.isoformat()) == (first, last)


@pytest.mark.parametrize("question", ["version 31.2.2021 of it", "on 99/99/2021"])
def test_a_day_that_does_not_exist_is_no_window(question: str) -> None:
    assert window_of(question, date(2026, 11, 23)) is None


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("calls with Kyiv before the invasion of 24 February 2022", "calls with Kyiv before"),
        ("what was said after the great storm on 3 May 2021 about relief", "what was said after about relief"),
        ("the talks of 3 May 2021", "the talks of"),
        ("before the March 2022 strikes on Kyiv", "before the strikes on Kyiv"),
    ],
)
def test_an_event_that_only_names_a_day_is_no_topic(question: str, topic: str) -> None:
    assert without_dates(question).split() == topic.split()
