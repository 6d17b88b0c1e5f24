"""What a report says of chance is true of the interval that it names."""

from __future__ import annotations

import attrs
import pytest

from cxaudit._report.chance import certain_sentence, independent, likely, rests_on
from cxaudit._report.context import Context
from cxaudit._report.sections.headline import headline
from cxaudit._words.cells import score_block, score_facts, widest
from cxaudit._words.language import speaking
from cxaudit.plugin import Score
from cxaudit.testing import measurement


def by_day(days, effect=1.0, n=30_140, **changes):
    measured = measurement(0.1, n=n, unit="tide", touchpoint="phone", metric="phone.in-time")
    values = {"cluster": "day", "clusters": days, "design_effect": effect, **changes}
    return attrs.evolve(measured, **values)


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (1, "8 % to 12 % on one day; other days may differ"),
        (2, "likely 8 % to 12 %, rests on 2 days"),
        (5, "likely 8 % to 12 %, rests on 5 days"),
        (6, "likely 8 % to 12 %"),
        (0, "likely 8 % to 12 %"),
    ],
)
def test_few_days_are_said(days, words):
    assert likely("8 % to 12 %", by_day(days)) == words


def test_other_clusters_are_named():
    measured = by_day(3, cluster="customer")
    assert rests_on(measured) == "rests on 3 groups by customer"
    one = attrs.evolve(measured, clusters=1)
    assert likely("1 to 2", one) == "1 to 2 in one group by customer; others may differ"
    assert rests_on(None) == ""


def test_records_count_as_fewer():
    """The bank's log: 30,140 calls of 29 days, design effect 32.21."""
    measured = by_day(29, 32.21)
    assert (
        independent(measured) == "days differ: 30,140 records count as about 936 independent ones"
    )
    with speaking("de"):
        assert independent(measured) == (
            "die Tage sind verschieden: 30.140 Datensätze zählen wie etwa 936 unabhängige"
        )
    assert independent(by_day(29)) == ""
    assert independent(measurement(None, n=0)) == ""


SCORE = Score(value=0.5, coverage=0.8, lowest=0.4, highest=0.6, low=0.42, high=0.55)


def test_the_outer_range_adds_chance_to_the_bounds():
    """Bounds 40 to 60; chance goes 8 down and 5 up."""
    assert widest(SCORE) == pytest.approx((0.32, 0.65))
    wide = attrs.evolve(SCORE, lowest=0.05, highest=0.98)
    assert widest(wide) == (0.0, 1.0)
    unknown = Score(value=None, coverage=0.0, lowest=0.0, highest=1.0)
    assert widest(unknown) == (0.0, 1.0)
    assert widest(Score(value=None, coverage=None)) == (None, None)


def facts(score):
    return score_facts(score_block("T", score, None))


def test_one_sentence_says_which_range_is_which():
    assert " ".join(facts(SCORE)).replace("\u00a0", " ") == (
        "Likely 42 to 55 for what was assessed (inner range); 32 to 65 with the 20 % that was not "
        "(outer range)."
    )


def test_without_anything_unknown_there_is_one_range():
    whole = attrs.evolve(SCORE, coverage=1.0, lowest=0.5, highest=0.5)
    assert [fact.replace("\u00a0", " ") for fact in facts(whole)] == [
        "Likely 42 to 55.",
        "100 % assessed.",
    ]


def test_what_was_seen_whole_has_bounds_alone():
    seen = attrs.evolve(SCORE, low=0.5, high=0.5)
    assert [fact.replace("\u00a0", " ") for fact in facts(seen)] == [
        "All that is likely scores the same.",
        "80 % assessed.",
        "40 to 60 if all the rest were wrong, or right.",
    ]


def rests(audit, days):
    result = audit("mixed")
    measurements = tuple(
        attrs.evolve(measured, cluster="day", clusters=days) for measured in result.measurements
    )
    return Context.of(attrs.evolve(result, measurements=measurements), "client")


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (1, "What was measured is of one day; other days may differ."),
        (4, "What was measured rests on 4 days."),
    ],
)
def test_the_headline_says_that_all_rests_on_few_days(audit, days, words):
    assert words in headline(rests(audit, days))


def test_many_days_need_no_word(audit):
    assert "rests on" not in headline(rests(audit, 28))


def test_the_sentence_names_what_varies(audit):
    assert "with other days and other visits like these" in certain_sentence(rests(audit, 28))
    assert "with other records and other visits like these" in certain_sentence(rests(audit, 1))
