"""The scoring law, held against exact fractions and by its own sentences."""

from __future__ import annotations

import math

import attrs
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cxaudit._audit.scoring.cxaudit_1 import score
from cxaudit._statistics.intervals import wilson
from cxaudit.plugin import (
    AREAS,
    Checklist,
    Finding,
    Findings,
    Flag,
    Item,
    ScoringInput,
    State,
    Text,
    Unit,
    UnitTree,
)
from tests.support import scoring_law as reference

UNITS = UnitTree(
    (
        Unit(id="root", name="Root", kind="organisation"),
        Unit(id="quay", name="Quay", kind="site", parent="root"),
    )
)
TOUCHPOINTS = ("online", "phone", "message", "message.chat", "delivery")
KEYS = ((), ("a",), ("a", "b"))
ITEMS = tuple(
    Item(
        id=f"i{number}",
        area=AREAS[number % 5],
        touchpoints=TOUCHPOINTS,
        title=Text.of("x"),
        lenses={"house": KEYS[number % 3]} if KEYS[number % 3] else {},
    )
    for number in range(12)
)
AREA = {item.id: item.area for item in ITEMS}
SCORED = (State.MET, State.NOT_MET, State.PARTLY, State.MEASURED)
EPS = 1e-12


def checklist(**fields):
    return Checklist(id="c", version="1", title=Text.of("c"), items=ITEMS, **fields)


def scorecard(findings, **fields):
    given_ = ScoringInput(
        checklist=checklist(**fields), units=UNITS, findings=Findings.of(findings)
    )
    return score(given_)


def root(findings, **fields):
    return scorecard(findings, **fields).root


def place(**fields):
    base = {"item": "i0", "touchpoint": "phone", "unit": "root", "weight": 1.0}
    return Finding(**(base | fields))


@st.composite
def found(draw, state=None):
    state = draw(st.sampled_from(list(State))) if state is None else state
    value = low = high = None
    if state.scored:
        unit = st.floats(0, 1).map(lambda x: round(x, 6))
        fixed = {State.MET: 1.0, State.NOT_MET: 0.0}.get(state)
        value = draw(unit) if fixed is None else fixed
        if draw(st.booleans()):
            low, high = value * draw(unit), value + (1 - value) * draw(unit)
    return Finding(
        item=draw(st.sampled_from(ITEMS)).id,
        touchpoint=draw(st.sampled_from(TOUCHPOINTS)),
        unit=draw(st.sampled_from(["root", "root", "quay"])),
        state=state,
        score=value,
        low=low,
        high=high,
        weight=draw(st.sampled_from([0.25, 1 / 3, 0.5, 1.0, 2.0, 7.5])),
    )


FOUND = st.lists(found(), max_size=25)
WEIGHTS = st.dictionaries(st.sampled_from(AREAS), st.sampled_from([0.5, 1.0, 2.0, 3.0]))


def numbers(score_):
    return [
        None if number is None else float(number)
        for number in (
            score_.value,
            score_.coverage,
            score_.lowest,
            score_.highest,
            score_.low,
            score_.high,
        )
    ]


def same(got, expected):
    for one, other in zip(got, expected, strict=True):
        assert (one is None) == (other is None)
        # The root of a variance that is nearly 0 costs half of the digits.
        assert one is None or math.isclose(one, other, rel_tol=0, abs_tol=EPS), (got, expected)


def rows(findings):
    return [
        (
            AREA[f.item],
            f.state,
            f.weight,
            f.score,
            0.0 if f.low is None else f.low,
            1.0 if f.high is None else f.high,
        )
        for f in findings
    ]


def expected_mix(findings, weights):
    grouped = reference.by_area(rows(findings), lambda row: row[0])
    return [
        None if number is None else float(number)
        for number in reference.ended(reference.mixed(grouped, weights))
    ]


def expected_flat(findings):
    flat = reference.flat([row[1:] for row in rows(findings)])
    return [None if number is None else float(number) for number in reference.ended(flat)]


@given(FOUND, WEIGHTS)
def test_every_view_of_every_unit_equals_the_exact_reference(findings, weights):
    card = scorecard(findings, area_weights=weights)
    for unit in card.units:
        own = [f for f in findings if f.unit == unit.unit]
        same(numbers(unit.overall), expected_mix(own, weights))
        assert set(unit.areas) == {AREA[f.item] for f in own}
        for area, got in unit.areas.items():
            same(numbers(got), expected_flat([f for f in own if AREA[f.item] == area]))
        assert set(unit.touchpoints) == {f.touchpoint.partition(".")[0] for f in own}
        for top, got in unit.touchpoints.items():
            column = [f for f in own if f.touchpoint.partition(".")[0] == top]
            same(numbers(got), expected_mix(column, weights))
        for (area, top), got in unit.cells.items():
            cell = [
                f for f in own if AREA[f.item] == area and f.touchpoint.partition(".")[0] == top
            ]
            same(numbers(got), expected_flat(cell))
            assert (got.scored, got.unknown, got.neutral) == (
                sum(f.state.scored for f in cell),
                sum(f.state.unknown for f in cell),
                sum(f.state.neutral for f in cell),
            )
            assert got.met == sum(f.score == 1 for f in cell)
        for (_, key), got in unit.lenses.items():
            members = [f for f in own if key in KEYS[int(f.item[1:]) % 3]]
            same(numbers(got), expected_mix(members, weights))


@given(FOUND, WEIGHTS)
def test_lowest_score_highest_and_interval_stand_in_order(findings, weights):
    for unit in scorecard(findings, area_weights=weights).units:
        views = [unit.overall, *unit.areas.values(), *unit.touchpoints.values()]
        for got in [*views, *unit.cells.values(), *unit.lenses.values()]:
            if got.coverage is not None:
                assert 0 <= got.lowest <= got.highest <= 1
                assert 0 <= got.coverage <= 1 + EPS
            if got.value is not None:
                assert got.lowest <= got.value <= got.highest
                assert 0 <= got.low <= got.value <= got.high <= 1


@given(FOUND, st.sampled_from([s for s in State if s.neutral]).flatmap(found))
def test_a_neutral_finding_changes_nothing(findings, neutral):
    before, after = root(findings).overall, root([*findings, neutral]).overall
    same(numbers(before), numbers(after))


@given(FOUND, st.sampled_from([s for s in State if s.unknown]).flatmap(found))
def test_an_unknown_widens_the_bounds_and_moves_no_score(findings, unknown):
    unknown = attrs.evolve(unknown, unit="root")
    before, after = root(findings).overall, root([*findings, unknown]).overall
    assert (before.value is None) == (after.value is None)
    assert after.value is None or after.value == pytest.approx(before.value, abs=EPS)
    area = AREA[unknown.item]
    # In an area where nothing was due, the unknown opens the area as a whole.
    if any(AREA[f.item] == area and f.unit == "root" and not f.state.neutral for f in findings):
        assert after.lowest <= before.lowest + EPS
        assert after.highest >= before.highest - EPS
        assert after.coverage <= before.coverage + EPS


@given(FOUND, st.sampled_from([1e-6, 0.1, 3.0, 1e6]))
def test_scaling_all_weights_changes_nothing(findings, factor):
    scaled = [attrs.evolve(f, weight=f.weight * factor) for f in findings]
    same(numbers(root(findings).overall), numbers(root(scaled).overall))


@given(FOUND, st.randoms())
def test_order_changes_nothing(findings, random):
    shuffled = random.sample(findings, len(findings))
    one, other = scorecard(findings), scorecard(shuffled)
    assert [unit.unit for unit in one.units] == [unit.unit for unit in other.units]
    for left, right in zip(one.units, other.units, strict=True):
        assert left.grade == right.grade
        same(numbers(left.overall), numbers(right.overall))
        assert list(left.cells) == list(right.cells)
        assert list(left.touchpoints) == list(right.touchpoints)


@given(FOUND, st.data())
def test_moving_findings_between_cells_of_an_area_changes_nothing_overall(findings, data):
    moved = [attrs.evolve(f, touchpoint=data.draw(st.sampled_from(TOUCHPOINTS))) for f in findings]
    one, other = root(findings), root(moved)
    same(numbers(one.overall), numbers(other.overall))
    for area in one.areas:
        same(numbers(one.areas[area]), numbers(other.areas[area]))


@given(FOUND, st.data())
def test_raising_a_score_lowers_no_score(findings, data):
    scored = [index for index, f in enumerate(findings) if f.state.scored]
    assume(scored)
    index = data.draw(st.sampled_from(scored))
    raised = list(findings)
    raised[index] = attrs.evolve(findings[index], state=State.MET, score=1.0, low=None, high=None)
    before, after = scorecard(findings), scorecard(raised)
    for one, other in zip(before.units, after.units, strict=True):
        for view in ("areas", "touchpoints", "cells", "lenses"):
            for key, got in getattr(one, view).items():
                if got.value is not None:
                    assert getattr(other, view)[key].value >= got.value - EPS
        if one.overall.value is not None:
            assert other.overall.value >= one.overall.value - EPS
            assert other.overall.lowest >= one.overall.lowest - EPS


@given(FOUND)
def test_areas_weigh_alike_however_many_questions_they_have(findings):
    own = [f for f in findings if f.unit == "root"]
    got = root(findings)
    known = [area.value for area in got.areas.values() if area.value is not None]
    assert (got.overall.value is None) == (not known)
    if known:
        assert got.overall.value == pytest.approx(sum(known) / len(known), abs=EPS)
    assert own or got.overall.coverage is None


@given(FOUND)
def test_compliance_findings_touch_nothing_but_their_own_class(findings):
    own = [attrs.evolve(f, flags=Flag.COMPLIANCE | Flag.FAILED, unit="root") for f in findings]
    with_, without = root([*findings, *own]), root(findings)
    same(numbers(with_.overall), numbers(without.overall))
    assert with_.grade == without.grade
    assert without.compliance is None
    if own:
        same(numbers(with_.compliance), expected_flat(own))


def test_nothing_at_all_gives_no_score_and_no_grade():
    card = scorecard([])
    assert [unit.unit for unit in card.units] == ["root"]
    assert numbers(card.root.overall) == [None] * 6
    assert card.root.grade is None
    assert card.root.compliance is None


def test_all_not_applicable_gives_no_score_and_counts_them():
    got = root([place(state=State.NOT_APPLICABLE)] * 3)
    assert numbers(got.overall) == [None] * 6
    assert (got.grade, got.overall.neutral, got.overall.partial) == (None, 3, False)


def test_all_unknown_gives_no_score_and_bounds_from_0_to_1():
    got = root([place(state=State.UNANSWERED), place(state=State.NO_TARGET, item="i1")])
    assert numbers(got.overall) == [None, 0, 0, 1, None, None]
    assert (got.grade, got.overall.unknown, got.overall.partial) == (None, 2, True)


def test_one_finding_is_the_score_with_its_own_interval():
    got = root([place(state=State.MEASURED, score=0.8, low=0.7, high=0.95)])
    assert numbers(got.overall) == pytest.approx([0.8, 1, 0.8, 0.8, 0.7, 0.95])


def test_a_finding_without_an_interval_is_taken_to_be_open():
    got = root([place(state=State.MEASURED, score=0.8)])
    assert (got.overall.low, got.overall.high) == (0, 1)


@pytest.mark.parametrize(
    ("count", "low", "high"), [(1, 0.3, 0.7), (2, 0.3586, 0.6414), (4, 0.4, 0.6)]
)
def test_an_interval_of_equal_findings_narrows_by_the_root_of_their_number(count, low, high):
    got = root([place(state=State.MEASURED, score=0.5, low=0.3, high=0.7)] * count)
    assert (got.overall.low, got.overall.high) == pytest.approx((low, high), abs=5e-5)


def test_an_interval_inside_an_area_is_the_published_one():
    # Newcombe 1998, method 10, 56/70 against 48/80: 0.0524 to 0.3339. A difference of p and q is
    # twice the mean of p and 1 - q, less 1.
    (a, b), (c, d) = wilson(56, 70), wilson(48, 80)
    first = place(state=State.MEASURED, score=56 / 70, low=a, high=b)
    second = place(state=State.MEASURED, score=1 - 48 / 80, low=1 - d, high=1 - c)
    got = root([first, second]).areas["process"]
    assert [round(2 * end - 1, 4) for end in (got.low, got.high)] == [0.0524, 0.3339]


def test_only_units_with_findings_have_scores_and_the_root_is_first():
    card = scorecard([place(state=State.MET, score=1.0, unit="quay")])
    assert [unit.unit for unit in card.units] == ["root", "quay"]
    assert card.root.overall.value is None
    assert card.unit("quay").grade == "keeps its word"
    with pytest.raises(KeyError):
        card.unit("pier")


def test_areas_under_the_minimum_are_marked_and_the_overall_is_partial():
    findings = [
        place(state=State.MET, score=1.0),
        place(state=State.UNAVAILABLE, touchpoint="online"),
        place(item="i1", state=State.MET, score=1.0),
    ]
    card = scorecard(findings, min_coverage=0.8)
    assert card.under_coverage == ("process",)
    assert card.root.overall.partial
    assert card.root.areas["process"].partial
    assert not card.root.areas["roles"].partial
    assert not root(findings, min_coverage=0.5).overall.partial


def test_an_area_that_weighs_nothing_decides_nothing():
    findings = [place(state=State.NOT_MET, score=0.0), place(item="i1", state=State.MET, score=1.0)]
    assert root(findings, area_weights={"process": 0}).overall.value == 1
    everything = dict.fromkeys(AREAS, 0.0)
    assert numbers(root(findings, area_weights=everything).overall) == [None] * 6


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"item": "gone"}, "the item 'gone'"),
        ({"unit": "gone"}, "the unit 'gone'"),
        ({"score": None}, r"no score in \[0, 1\]"),
        ({"score": 1.2}, r"no score in \[0, 1\]"),
        ({"weight": -1.0}, "no weight"),
        ({"weight": math.inf}, "no weight"),
        ({"weight": math.nan}, "no weight"),
    ],
)
def test_columns_that_cannot_be_scored_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        scorecard([place(**({"state": State.MEASURED, "score": 0.5} | change))])
