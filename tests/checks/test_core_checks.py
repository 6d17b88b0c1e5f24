"""The checks of core, each with literal measurements."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxaudit._builtin.checks import compare, evidence_present, within_target
from cxaudit._model.checklist import Item
from cxaudit._model.curves import Band, Curve
from cxaudit._model.findings import State
from cxaudit._model.metrics import Measurement
from cxaudit._model.protocols import CheckRequest
from cxaudit._model.text import Text
from cxaudit._model.units import Unit

ITEM = Item(id="a.b", area="process", touchpoints=("phone",), title=Text.of("A"))
UNIT = Unit(id="root", name="Root", kind="organisation")


def measured(value, low=None, high=None, n=100, kind="share", **fields):
    return Measurement(
        metric="m", kind=kind, unit="root", touchpoint="phone", value=value, low=low, high=high,
        n=n, **fields,
    )  # fmt: skip


def request(settings, lower=None, **measurements):
    return CheckRequest(
        item=ITEM,
        settings=settings,
        measurements=measurements,
        lower_is_better=dict.fromkeys(measurements, lower),
        unit=UNIT,
        touchpoint="phone",
    )


def test_a_kept_threshold_is_met_and_a_broken_one_is_not():
    """The target itself keeps the promise."""
    kept = within_target(request({"target": 0.8, "better": "higher"}, metric=measured(0.8)))
    broken = within_target(request({"target": 0.8, "better": "higher"}, metric=measured(0.7999)))
    assert (kept.state, kept.score, broken.state, broken.score) == (
        State.MET, 1.0, State.NOT_MET, 0.0,
    )  # fmt: skip


def test_an_interval_over_the_target_makes_the_verdict_tentative():
    verdict = within_target(
        request({"target": 0.8, "better": "higher"}, metric=measured(0.82, 0.75, 0.88))
    )
    assert (verdict.tentative, verdict.low, verdict.high) == (True, 0.0, 1.0)


def test_a_line_from_target_to_limit_is_scored_at_both_ends_of_the_interval():
    verdict = within_target(
        request({"target": 20, "limit": 120}, metric=measured(70, 60, 80, kind="mean"))
    )
    assert (verdict.score, verdict.low, verdict.high) == (0.5, 0.4, 0.6)


def test_nobody_having_stated_the_target_is_no_target_with_the_value_shown():
    verdict = within_target(
        request({"target": None, "better": "lower"}, metric=measured(12.0, 11, 13, kind="mean"))
    )
    assert (verdict.state, verdict.value, verdict.score) == (State.NO_TARGET, 12.0, None)


def test_too_few_rows_are_insufficient_with_the_value_shown():
    verdict = within_target(
        request({"target": 0.8, "better": "higher", "min_n": 200}, metric=measured(0.9))
    )
    assert (verdict.state, verdict.value) == (State.INSUFFICIENT, 0.9)
    assert verdict.reason == "100 rows, 200 are needed"


def test_no_row_at_all_is_insufficient_and_never_zero():
    verdict = within_target(
        request({"target": 0.8, "better": "higher"}, metric=measured(None, n=0))
    )
    assert (verdict.state, verdict.value, verdict.score) == (State.INSUFFICIENT, None, None)


def test_what_could_not_be_measured_is_unavailable_with_its_reason():
    verdict = within_target(
        request({"target": 1, "better": "lower"}, metric=measured(None, unavailable="no source"))
    )
    assert (verdict.state, verdict.reason) == (State.UNAVAILABLE, "no source")


def test_a_quantile_is_judged_by_the_share_at_or_under_the_target():
    """95 of 100 within 20 s, for a promise on the 90th percentile: Wilson 88.8 to 97.8 %."""
    share = {"le:20.0": 95.0, "le:20.0:low": 0.888, "le:20.0:high": 0.978, "level": 0.9}
    found = measured(19, kind="quantile", statistics=share)
    verdict = within_target(request({"target": 20, "better": "lower"}, metric=found))
    assert (verdict.score, verdict.low, verdict.high, verdict.tentative) == (1.0, 0.0, 1.0, True)


def test_lighthouse_published_points_hold_for_the_log_normal_curve():
    """Lighthouse 10, mobile LCP: 2,500 ms scores 0.90 and 4,000 ms scores 0.50."""
    curve = Curve(kind="log-normal", lower_is_better=True, target=2500, limit=4000)
    assert [round(curve.score(x), 9) for x in (2500, 4000)] == [0.9, 0.5]


def test_the_least_number_there_is_scores_as_0_does():
    curve = Curve(kind="log-normal", lower_is_better=True, target=1.0, limit=2.0)
    assert curve.score(5e-324) == curve.score(0.0) == 1


@given(
    st.sampled_from(["threshold", "linear", "log-normal"]),
    st.booleans(),
    st.floats(0.01, 1e6),
    st.floats(0.01, 1e6),
    st.floats(-1e7, 1e7),
    st.floats(-1e7, 1e7),
)
def test_every_curve_is_monotone_and_stays_within_0_and_1(kind, lower, target, limit, x, y):
    if target == limit:
        return
    target, limit = sorted((target, limit), reverse=not lower)
    curve = Curve(kind=kind, lower_is_better=lower, target=target, limit=limit)
    better, worse = (min(x, y), max(x, y)) if lower else (max(x, y), min(x, y))
    assert 0 <= curve.score(worse) <= curve.score(better) <= 1


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"kind": "linear", "lower_is_better": True, "target": 1}, "a limit"),
        ({"kind": "linear", "lower_is_better": True, "target": 2, "limit": 1}, "wrong side"),
        ({"kind": "linear", "lower_is_better": True, "target": 1, "limit": 1}, "equals"),
        ({"kind": "threshold", "lower_is_better": True, "target": math.nan}, "number"),
        ({"kind": "bands", "lower_is_better": True}, "at least one"),
        ({"kind": "bands", "lower_is_better": True, "bands": (Band(0.2, 1), Band(0.9))}, "best"),
        ({"kind": "bands", "lower_is_better": True, "bands": (Band(1, 9), Band(0.9, 3))}, "order"),
        ({"kind": "sigmoid", "lower_is_better": True, "target": 1}, "not a curve"),
    ],
)
def test_a_curve_that_contradicts_itself_is_refused(settings, says):
    with pytest.raises(ValueError, match=says):
        Curve(**settings)


def test_bands_take_their_limit_and_leave_the_rest_to_the_last():
    """New York's rule for restaurant grades: A to 13, B to 27, C from 28."""
    curve = Curve(
        kind="bands",
        lower_is_better=True,
        bands=(Band(1.0, 13, "A"), Band(0.5, 27, "B"), Band(0.0, label="C")),
    )
    assert [curve.band(x).label for x in (0, 13, 14, 27, 28, 500)] == list("AABBCC")


def test_a_difference_is_bounded_by_mover():
    """Newcombe 1998 (II), table II, case (a): 56/70 against 48/80, method 10: 0.0524 to 0.3339."""
    from cxaudit._statistics.intervals import wilson

    first = measured(56 / 70, *wilson(56, 70), n=70)
    second = measured(48 / 80, *wilson(48, 80), n=80)
    verdict = compare(request({"target": 0.1, "better": "lower"}, metric=first, against=second))
    assert [round(x, 4) for x in (verdict.value_low, verdict.value, verdict.value_high)] == [
        0.0524, 0.2, 0.3339,
    ]  # fmt: skip
    assert verdict.state is State.NOT_MET
    assert verdict.tentative


def test_a_ratio_to_nothing_is_insufficient():
    verdict = compare(
        request(
            {"target": 1, "better": "lower", "by": "ratio"},
            metric=measured(0.5),
            against=measured(0.0),
        )
    )
    assert verdict.state is State.INSUFFICIENT


def test_evidence_counts_from_the_least_that_is_asked():
    absent = measured(0.0, n=0, kind="count")
    assert evidence_present(request({}, metric=absent)).state is State.NOT_MET
    assert evidence_present(request({}, metric=measured(1.0, kind="count"))).state is State.MET


def never(longest, n=100, **more):
    given = {"n": n, "level": 0.9, "beyond": longest, **more}
    return measured(None, n=n, kind="censored_quantile", statistics=given, measured_in="hours")


def test_a_wait_that_nine_in_ten_never_ended_scores_nothing_where_even_the_longest_does():
    found = within_target(request({"target": 8, "limit": 24}, lower=True, metric=never(118.25)))
    assert (found.state, found.score, found.low, found.high) == (State.MEASURED, 0, 0, 0)
    assert found.value is None
    assert found.reason == (
        "more than 118.2 hours: fewer than 90 in 100 were done when the records ended"
    )
    by_threshold = within_target(request({"target": 8}, lower=True, metric=never(118)))
    assert (by_threshold.state, by_threshold.score) == (State.NOT_MET, 0)


def test_the_lower_end_of_such_a_wait_is_the_upper_end_of_its_score():
    given = {"target": 8, "limit": 24}
    found = within_target(request(given, lower=True, metric=never(118, low=16)))
    assert (found.score, found.high) == (0, 0.5)


@pytest.mark.parametrize(
    ("settings", "state"),
    [
        ({"target": 8, "limit": 24}, State.INSUFFICIENT),
        ({"target": None}, State.NO_TARGET),
        ({"target": 8, "min_n": 200}, State.INSUFFICIENT),
    ],
)
def test_a_wait_that_is_not_over_yet_is_not_guessed(settings, state):
    found = within_target(request(settings, lower=True, metric=never(20)))
    assert (found.state, found.score, found.value) == (state, None, None)
