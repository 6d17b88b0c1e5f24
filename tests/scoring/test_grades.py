"""Grades, critical items, and the weights of findings."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from cxaudit._audit.scoring.cxaudit_1 import BANDS, critical_flags, finding_weights, grade_of, score
from cxaudit.plugin import (
    Checklist,
    Critical,
    Finding,
    Findings,
    Flag,
    Item,
    ScoringInput,
    State,
    Text,
    Unit,
    UnitTree,
    Verdict,
)

KEEPS, MOSTLY, NOT_RELIABLY, FAILS = (band.grade for band in BANDS)


def item(name, weight=1.0):
    return Item(id=name, area="process", touchpoints=("phone",), title=Text.of(name), weight=weight)


def graded(*findings):
    checklist = Checklist(
        id="c", version="1", title=Text.of("c"), items=tuple(item(f"i{n}") for n in range(9))
    )
    units = UnitTree((Unit(id="root", name="Root", kind="organisation"),))
    rows = [
        Finding(
            item=f"i{number}",
            touchpoint="phone",
            unit="root",
            weight=1.0,
            state=State.MEASURED if given is not None else State.UNANSWERED,
            score=given,
            flags=flags,
        )
        for number, (given, flags) in enumerate(findings)
    ]
    return score(ScoringInput(checklist=checklist, units=units, findings=Findings.of(rows))).root


@pytest.mark.parametrize(
    ("value", "grade"),
    [
        (1.0, KEEPS),
        (0.9, KEEPS),
        (np.nextafter(0.9, 0), MOSTLY),
        (0.75, MOSTLY),
        (0.7499999999, NOT_RELIABLY),
        (0.6, NOT_RELIABLY),
        (0.59, FAILS),
        (0.0, FAILS),
        (None, None),
    ],
)
def test_grades_compare_unrounded_numbers(value, grade):
    assert grade_of(value) == grade


def test_a_failed_critical_item_caps_the_grade_and_keeps_the_score():
    got = graded((1.0, Flag.NONE), (0.95, Flag.CRITICAL | Flag.FAILED))
    assert got.overall.value == pytest.approx(0.975)
    assert got.grade == NOT_RELIABLY
    assert "failed: i1" in got.capped
    assert repr(KEEPS) in got.capped


def test_a_failed_critical_item_lifts_no_bad_grade():
    got = graded((0.1, Flag.CRITICAL | Flag.FAILED))
    assert (got.grade, got.capped) == (FAILS, "")


def test_an_item_not_cleared_bars_the_top_grade_only():
    top = graded((1.0, Flag.NONE), (None, Flag.CRITICAL | Flag.NOT_CLEARED))
    assert top.grade == MOSTLY
    assert "not cleared: i1" in top.capped
    second = graded((0.8, Flag.NONE), (None, Flag.CRITICAL | Flag.NOT_CLEARED))
    assert (second.grade, second.capped) == (MOSTLY, "")


def test_a_waiver_does_not_lift_the_cap_and_a_suspicion_does_not_cap():
    waived = graded((1.0, Flag.CRITICAL | Flag.FAILED | Flag.WAIVED))
    assert waived.grade == NOT_RELIABLY
    assert graded((1.0, Flag.CRITICAL | Flag.SUSPECTED)).grade == KEEPS


def test_compliance_stays_outside_the_grade():
    got = graded((1.0, Flag.NONE), (0.0, Flag.COMPLIANCE | Flag.FAILED))
    assert (got.grade, got.capped) == (KEEPS, "")
    assert got.compliance.value == 0


def test_many_failed_items_are_counted_not_listed():
    got = graded(*[(1.0, Flag.CRITICAL | Flag.FAILED)] * 5)
    assert "i0, i1, i2 and 2 more" in got.capped


def verdict(score_=None, low=None, high=None, state=None, **fields):
    if state is None:
        state = State.MEASURED if score_ is not None else State.UNANSWERED
    return Verdict(state=state, score=score_, low=low, high=high, **fields)


@pytest.mark.parametrize(
    ("critical", "given", "expected"),
    [
        (None, verdict(0.0), Flag.NONE),
        (Critical(fail_below=0.5), verdict(0.2, 0.1, 0.49), Flag.CRITICAL | Flag.FAILED),
        (Critical(fail_below=0.5), verdict(0.2, 0.1, 0.5), Flag.CRITICAL | Flag.SUSPECTED),
        (Critical(fail_below=0.5), verdict(0.2), Flag.CRITICAL | Flag.SUSPECTED),
        (Critical(fail_below=0.5), verdict(0.5, 0.1, 0.9), Flag.CRITICAL),
        (Critical(fail_below=0.5), verdict(), Flag.CRITICAL | Flag.NOT_CLEARED),
        (Critical(fail_below=0.5), verdict(state=State.NOT_APPLICABLE), Flag.CRITICAL),
        (Critical(event=True), verdict(0.99, 0.9, 1.0, proven=True), Flag.CRITICAL | Flag.FAILED),
        (Critical(event=True), verdict(0.99, 0.9, 1.0), Flag.CRITICAL),
        (Critical(event=True), verdict(), Flag.CRITICAL | Flag.NOT_CLEARED),
        (Critical(compliance=True), verdict(0.0, 0.0, 0.0), Flag.COMPLIANCE | Flag.FAILED),
        (Critical(compliance=True), verdict(1.0, 0.5, 1.0), Flag.COMPLIANCE),
        (Critical(compliance=True), verdict(0.9, 0.5, 1.0), Flag.COMPLIANCE | Flag.SUSPECTED),
        (Critical(compliance=True), verdict(), Flag.COMPLIANCE | Flag.NOT_CLEARED),
    ],
)
def test_what_a_verdict_means_for_a_critical_item(critical, given, expected):
    assert critical_flags(critical, given) == expected


def rows(*places):
    return Findings.of(
        Finding(item=i, touchpoint=t, unit=u, state=s, score=1.0 if s.scored else None)
        for i, t, u, s in places
    )


def test_an_item_counts_once_however_many_touchpoints_it_has():
    checklist = Checklist(
        id="c", version="1", title=Text.of("c"), items=(item("one", 6.0), item("two", 1.0))
    )
    found = rows(
        ("one", "phone", "root", State.MET),
        ("one", "online", "root", State.UNANSWERED),
        ("one", "message", "root", State.NOT_APPLICABLE),
        ("two", "phone", "root", State.MET),
        ("one", "phone", "quay", State.MET),
    )
    assert finding_weights(found, checklist).tolist() == [3.0, 3.0, 0.0, 1.0, 6.0]
    neutral = rows(("one", "phone", "root", State.EXCLUDED))
    assert finding_weights(neutral, checklist).tolist() == [0.0]
    assert finding_weights(rows(), checklist).tolist() == []
    with pytest.raises(ValueError, match="the item 'three'"):
        finding_weights(rows(("three", "phone", "root", State.MET)), checklist)


def test_weights_hold_where_most_items_have_no_finding_at_most_units():
    places = [("one", "phone", f"u{n}", State.MET) for n in range(1500)]
    names = tuple(f"i{n}" for n in range(1500))
    found = rows(*places, ("one", "online", "u7", State.MET))
    found = attrs.evolve(found, items=("one", *names))
    checklist = Checklist(
        id="c",
        version="1",
        title=Text.of("c"),
        items=(item("one", 2.0), *(item(name) for name in names)),
    )
    weights = finding_weights(found, checklist)
    assert weights[7] == weights[-1] == 1.0
    assert weights.sum() == 3000.0
