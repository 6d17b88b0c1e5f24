"""The scoring law for asked items: raters inside cases, cases weighted by units."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm, t
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import DescrStatsW

from cxaudit._audit.judging.answers import AskedAnswers, Pools
from cxaudit.plugin import (
    Anchor,
    Answer,
    AnswerKind,
    Answers,
    Ask,
    Case,
    Choice,
    Critical,
    Curve,
    Item,
    State,
    Text,
    Unit,
)

LEVELS = tuple(Anchor(level, Text.of("words")) for level in (1.0, 0.5, 0.0))


def item(answer="yes-no", *, critical=None, **ask):
    return Item(
        id="it",
        area="process",
        touchpoints=("in-store",),
        title=Text.of("It"),
        ask=Ask(answer=answer, **ask),
        critical=critical,
    )


def judge(asked, said, *, weights=None, statuses=None, units=None):
    """Judge answers given as {case: [value or kind of each rater]}; a case is its own unit."""
    units = units or {case: case for case in said}
    answers = [
        Answer(
            item="it",
            touchpoint="in-store",
            unit=units[case],
            case=case,
            rater=f"r{number}",
            kind=value if isinstance(value, AnswerKind) else AnswerKind.VALUE,
            value=None if isinstance(value, AnswerKind) else value,
            reason="shut" if isinstance(value, AnswerKind) else "",
        )
        for case, values in said.items()
        for number, value in enumerate(values)
    ]
    cases = {
        case: Case(
            id=case,
            unit=units[case],
            touchpoint="in-store",
            status=(statuses or {}).get(case, "final"),
        )
        for case in said
    }
    weights = weights or dict.fromkeys(units.values(), 1)
    columns = columns_of(answers, list(cases.values()), weights)
    return judged_at(columns, asked, {"all": tuple(weights)})["all"]


def columns_of(answers, cases, weights):
    """Return answers made ready, with units given by their weights."""
    units = [
        Unit(id=name, name=name, kind="site", weight=weight) for name, weight in weights.items()
    ]
    return AskedAnswers(Answers.of(answers), cases, units)


def judged_at(columns, asked, counted):
    """Judge an item at units, each given with the units whose cases count for it."""
    verdicts, chosen, _ = columns.judged(asked, "in-store", Pools.of(counted, columns.positions))
    return dict(zip(counted, (verdicts[n] for n in chosen.tolist()), strict=True))


NA, UNSEEN = AnswerKind.NOT_APPLICABLE, AnswerKind.NOT_OBSERVED


def test_raters_are_averaged_inside_a_case_before_cases():
    verdict = judge(item(), {"a": [True, True, False], "b": [False]})
    assert verdict.score == pytest.approx((2 / 3 + 0) / 2)
    assert (verdict.state, verdict.n) == (State.PARTLY, 2)


def test_cases_weigh_as_their_units():
    verdict = judge(item(), {"a": [True], "b": [False]}, weights={"a": 3, "b": 1})
    assert verdict.score == 0.75


def test_the_cases_of_a_unit_share_its_weight():
    # Three visits to the mill, one to the quay: the mean of the units, 2/3 and 0, by 2 to 1.
    said = {"m1": [True], "m2": [True], "m3": [False], "q1": [False]}
    units = {"m1": "mill", "m2": "mill", "m3": "mill", "q1": "quay"}
    verdict = judge(item(), said, units=units, weights={"mill": 2, "quay": 1})
    assert verdict.score == pytest.approx((2 * 2 / 3 + 1 * 0) / 3)
    assert verdict.n == 4
    # Kish on weights of 2/3, 2/3, 2/3 and 1: 9 / (3 * 4/9 + 1) visits say as much, less the one
    # that the mean takes. They say no more, though by their variance within the mill they would:
    # (2/3)^2 * 1/9 + (1/3)^2 * (4/9)^2. Four visits in two strata are 2 degrees of freedom, less by
    # as much as the visits say less than four.
    variance = float(Fraction(4, 81) + Fraction(16, 729))
    assert 4 / 9 * 5 / 9 / variance > 9 / (7 / 3) - 1
    expected = share_interval(4 / 9, 9 / (7 / 3) - 1, freedom=2 * 9 / (7 / 3) / 4)
    assert (verdict.low, verdict.high) == pytest.approx(expected)


def test_the_value_is_the_mean_of_units_too_and_cases_without_one_take_no_share():
    said = {"m1": [100.0], "m2": [200.0], "m3": [NA], "q1": [300.0], "q2": [UNSEEN]}
    units = {case: case[0] for case in said}
    verdict = judge(item("number"), said, units=units, weights={"m": 3, "q": 1})
    assert verdict.value == pytest.approx((3 * 150 + 300) / 4)
    # A unit in which nothing was seen leaves the mean.
    said["q1"] = [UNSEEN]
    assert judge(item("number"), said, units=units, weights={"m": 3, "q": 1}).value == 150


@pytest.mark.parametrize(
    ("values", "met", "state", "score"),
    [
        ((True, True), True, State.MET, 1),
        ((False, False), True, State.NOT_MET, 0),
        ((False, False), False, State.MET, 1),
        ((True, False), True, State.PARTLY, 0.5),
    ],
)
def test_state_of_yes_no(values, met, state, score):
    verdict = judge(item(met=met), {str(number): [value] for number, value in enumerate(values)})
    assert (verdict.state, verdict.score) == (state, score)


def share_interval(share, size, freedom):
    """Return Wilson's interval on a size that is cut by the degrees of freedom of t."""
    size *= (norm.ppf(0.975) / t.ppf(0.975, freedom)) ** 2
    return proportion_confint(share * size, size, method="wilson")


def test_yes_no_has_the_interval_of_wilson():
    said = {str(number): [number < 7] for number in range(10)}
    verdict = judge(item(), said)
    assert (verdict.low, verdict.high) == pytest.approx(share_interval(0.7, 9, freedom=9))


def test_unequal_weights_widen_the_interval_by_the_effective_number_of_cases():
    weights = {"a": 3, "b": 1}
    verdict = judge(item(), {"a": [True], "b": [False]}, weights=weights)
    # Kish: 4^2 / (3^2 + 1^2) cases of the same weight.
    expected = share_interval(0.75, 16 / 10 - 1, freedom=16 / 10 / 2)
    assert (verdict.low, verdict.high) == pytest.approx(expected)


def test_levels_have_the_interval_of_student_cut_at_the_ends():
    values = [1.0, 0.5, 0.5, 0.0, 1.0, 0.5]
    said = {str(number): [value] for number, value in enumerate(values)}
    verdict = judge(item("levels", anchors=LEVELS), said)
    assert (verdict.low, verdict.high) == pytest.approx(DescrStatsW(values).tconfint_mean())
    verdict = judge(item("levels", anchors=LEVELS), {"a": [1.0], "b": [0.5]})
    assert (verdict.low, verdict.high) == (0, 1)


def test_agreeing_cases_do_not_claim_certainty():
    said = {"a": [1.0], "b": [1.0]}
    verdict = judge(item("levels", anchors=LEVELS), said)
    assert (verdict.low, verdict.high) == pytest.approx(share_interval(1, 1, freedom=1))


def test_one_case_shows_nothing_of_how_cases_vary():
    verdict = judge(item("levels", anchors=LEVELS), {"a": [1.0]})
    assert (verdict.low, verdict.high) == pytest.approx(proportion_confint(1, 1, method="wilson"))


def test_a_document_is_seen_whole():
    verdict = judge(item("levels", anchors=LEVELS, method="document"), {"a": [0.5]})
    assert (verdict.low, verdict.score, verdict.high) == (0.5, 0.5, 0.5)
    assert not verdict.tentative


def test_a_case_that_outweighs_all_others_leaves_the_interval_open():
    said = {"a": [0.0], "b": [0.5]}
    weights = {"a": 30, "b": 0.125}
    verdict = judge(item("levels", anchors=LEVELS), said, weights=weights)
    assert (verdict.state, verdict.low, verdict.high) == (State.PARTLY, None, None)


def test_choices_score_as_declared_and_those_without_a_score_are_left_out():
    choices = tuple(
        Choice(name, Text.of(name), score) for name, score in (("a", 1.0), ("b", 0.2), ("c", None))
    )
    asked = item("choice", choices=choices)
    verdict = judge(asked, {"1": ["a"], "2": ["b"], "3": ["c"]})
    assert (verdict.score, verdict.n) == (pytest.approx(0.6), 2)
    assert judge(asked, {"1": ["c"]}).state is State.INFORMATIVE


def test_texts_inform_and_never_score():
    verdict = judge(item("text"), {"a": ["kind"]})
    assert (verdict.state, verdict.score, verdict.n) == (State.INFORMATIVE, None, 1)


CURVE = Curve(kind="linear", lower_is_better=True, target=100, limit=200)


def test_a_curve_scores_each_rating_and_the_value_is_the_mean():
    verdict = judge(item("time", curve=CURVE), {"a": [100.0, 200.0], "b": [120.0]})
    assert verdict.state is State.MEASURED
    assert verdict.score == pytest.approx((0.5 + 0.8) / 2)
    assert verdict.value == pytest.approx((150 + 120) / 2)


@pytest.mark.parametrize(
    ("values", "tentative"), [((90, 95, 92), False), ((90, 130, 95), True), ((90,), True)]
)
def test_an_interval_that_straddles_the_target_is_tentative(values, tentative):
    said = {str(number): [float(value)] for number, value in enumerate(values)}
    assert judge(item("time", curve=CURVE), said).tentative is tentative


def test_an_interval_that_straddles_the_critical_limit_is_tentative():
    many = {str(number): [number < 80] for number in range(100)}
    assert judge(item(critical=Critical(fail_below=0.8)), many).tentative
    assert not judge(item(critical=Critical(fail_below=0.5)), many).tentative


def test_without_a_curve_the_value_is_still_shown():
    verdict = judge(item("number"), {"a": [10.0], "b": [20.0]})
    assert (verdict.state, verdict.score, verdict.value) == (State.NO_TARGET, None, 15.0)


@pytest.mark.parametrize("zero", [0.0])
def test_zero_is_a_value(zero):
    verdict = judge(item("count"), {"a": [zero]})
    assert (verdict.value, verdict.n) == (0.0, 1)


def test_states_without_a_value():
    assert judge(item(), {}).state is State.UNANSWERED
    verdict = judge(item(), {"a": [NA], "b": [NA]})
    assert (verdict.state, verdict.reason) == (State.NOT_APPLICABLE, "shut")
    assert judge(item(), {"a": [UNSEEN]}).state is State.NOT_OBSERVED
    assert judge(item(), {"a": [UNSEEN], "b": [NA]}).state is State.NOT_OBSERVED


def test_what_was_seen_is_scored_and_the_rest_is_said():
    verdict = judge(item(), {"a": [True], "b": [UNSEEN], "c": [NA], "d": [True, UNSEEN]})
    assert (verdict.state, verdict.n) == (State.MET, 2)
    assert verdict.reason == "could not be observed in 1 of 4 cases; not applicable in 1 of 4 cases"


def test_too_few_cases_are_insufficient_and_show_their_value():
    verdict = judge(item("time", curve=CURVE, min_cases=3), {"a": [120.0], "b": [140.0]})
    assert (verdict.state, verdict.score, verdict.value) == (State.INSUFFICIENT, None, 130.0)
    assert verdict.reason == "2 of at least 3 cases"


def test_checked_final_and_disputed_cases_count():
    said = {"a": [True], "b": [False], "c": [False], "d": [True], "e": [False]}
    statuses = {"a": "checked", "b": "disputed", "c": "rejected", "e": "draft"}
    verdict = judge(item(), said, statuses=statuses)
    assert (verdict.score, verdict.n) == (pytest.approx(2 / 3), 3)
    assert judge(item(), {"e": [False]}, statuses=statuses).state is State.UNANSWERED


@pytest.mark.parametrize(
    ("said", "status", "proven"),
    [
        ({"a": [False], "b": [True]}, "final", True),
        ({"a": [False, True], "b": [True]}, "final", False),
        ({"a": [False], "b": [True]}, "checked", False),
        ({"a": [False], "b": [True]}, "disputed", False),
    ],
)
def test_an_event_is_proven_by_one_final_case_whose_raters_agree(said, status, proven):
    asked = item(critical=Critical(event=True))
    assert judge(asked, said, statuses={"a": status}).proven is proven
    assert not judge(item(), said, statuses={"a": status}).proven


SITES = st.dictionaries(
    st.sampled_from(["mill", "quay", "dock"]),
    st.tuples(
        st.floats(0.01, 1000), st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=1, max_size=6)
    ),
    min_size=1,
)


def of_sites(sites, times=1, scale=1.0):
    """Judge sites given as {site: (weight, levels)}, each visit made so many times."""
    said = {
        f"{site} {number} {again}": [level]
        for site, (_, levels) in sites.items()
        for number, level in enumerate(levels)
        for again in range(times if site == "mill" else 1)
    }
    units = {case: case.split()[0] for case in said}
    weights = {site: weight * scale for site, (weight, _) in sites.items()}
    return judge(item("levels", anchors=LEVELS), said, units=units, weights=weights)


@given(SITES, st.integers(2, 5), st.floats(0.01, 100))
def test_a_unit_counts_by_its_weight_however_often_it_was_visited(sites, times, scale):
    whole = sum(weight for weight, _ in sites.values())
    expected = sum(weight * sum(seen) / len(seen) for weight, seen in sites.values()) / whole
    verdict = of_sites(sites)
    assert math.isclose(verdict.score, expected, abs_tol=1e-9)
    # One site visited more often, with the same outcome, eats nobody's weight.
    assert math.isclose(of_sites(sites, times).score, expected, abs_tol=1e-9)
    scaled = of_sites(sites, scale=scale)
    assert math.isclose(scaled.score, expected, abs_tol=1e-9)
    for end in ("low", "high"):
        one, other = getattr(verdict, end), getattr(scaled, end)
        assert (one is None) == (other is None)
        assert one is None or math.isclose(one, other, abs_tol=1e-6)


RATINGS = st.dictionaries(
    st.text("abcdefgh", min_size=1, max_size=3),
    st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=1, max_size=3),
    min_size=1,
    max_size=8,
)


@given(RATINGS, st.data())
def test_score_lies_in_its_interval_and_does_not_hang_on_order_or_scale(said, data):
    asked = item("levels", anchors=LEVELS)
    weights = {case: data.draw(st.floats(0.01, 100)) for case in said}
    verdict = judge(asked, said, weights=weights)
    assert 0 <= verdict.low <= verdict.score + 1e-12 if verdict.low is not None else True
    assert verdict.score - 1e-12 <= verdict.high <= 1 if verdict.high is not None else True
    shuffled = {case: said[case][::-1] for case in reversed(list(said))}
    scaled = {case: weight * 7 for case, weight in weights.items()}
    again = judge(asked, shuffled, weights=scaled)
    assert math.isclose(again.score, verdict.score, abs_tol=1e-12)
    assert again.n == verdict.n == len(said)


@pytest.mark.parametrize("answer", ["count", "time", "number"])
def test_the_interval_of_what_cannot_be_negative_ends_at_0(answer):
    """1, 2 and 3: 2 +- 4.303 / sqrt(3), by Student's t with 2 degrees of freedom."""
    verdict = judge(item(answer, unit="clicks"), {"a": [1.0], "b": [2.0], "c": [3.0]})
    assert (verdict.value, verdict.value_low) == (2.0, 0.0)
    assert verdict.value_high == pytest.approx(2 + 4.3027 / 3**0.5, abs=1e-4)


def test_numbers_that_lie_below_0_may_have_an_interval_there():
    verdict = judge(item("number", unit="degrees"), {"a": [-1.0], "b": [0.0], "c": [1.0]})
    assert verdict.value_low == pytest.approx(-4.3027 / 3**0.5, abs=1e-4)


def tenth(number):
    return number / 10


KINDS = {
    "yes-no": (item(), st.booleans()),
    "event": (item(critical=Critical(event=True)), st.booleans()),
    "levels": (item("levels", anchors=LEVELS), st.sampled_from([0.0, 0.5, 1.0])),
    "time": (item("time", curve=CURVE, min_cases=2), st.integers(90, 210).map(float)),
    "number": (
        item("number", critical=Critical(fail_below=0.4)),
        st.floats(-9, 9).map(lambda number: number + 0.0),
    ),
    "text": (item("text"), st.sampled_from(["kind", "curt"])),
}
REFUSALS = st.sampled_from([NA, UNSEEN])


@st.composite
def visited(draw):
    """Draw an item, units with weights, regions, and answers to it and to another item."""
    asked, values = KINDS[draw(st.sampled_from(sorted(KINDS)))]
    weights = {unit: draw(st.sampled_from([1.0, 1.0, 2.5])) for unit in "abcdef"}
    cases = draw(
        st.lists(
            st.tuples(
                st.sampled_from("abcdef"),
                st.sampled_from(["final", "final", "checked", "disputed", "draft"]),
                st.lists(values | REFUSALS, min_size=1, max_size=3),
            ),
            max_size=12,
        )
    )
    answers = [
        Answer(
            item=name,
            touchpoint=touchpoint,
            unit=unit,
            case=f"{unit}{number}",
            rater=f"r{rater}",
            kind=value if isinstance(value, AnswerKind) else AnswerKind.VALUE,
            value=None if isinstance(value, AnswerKind) else value,
            reason=f"{value} {number % 2}." if isinstance(value, AnswerKind) else "",
        )
        for number, (unit, _, said) in enumerate(cases)
        for rater, value in enumerate(said)
        for name, touchpoint in (("it", "in-store.till"), ("other", "in-store"), ("it", "phone"))
    ]
    known = [
        Case(id=f"{unit}{number}", unit=unit, touchpoint="in-store", status=status)
        for number, (unit, status, _) in enumerate(cases)
    ]
    return asked, weights, draw(st.permutations(answers)), known


COUNTED = {"root": tuple("abcdef"), "left": ("a", "b", "c"), "right": ("f", "e"), "none": ()}


@given(visited())
def test_units_judged_together_are_judged_as_each_would_be_alone(drawn):
    """What units share is worked out once; no unit's verdict hangs on another's answers."""
    asked, weights, answers, cases = drawn
    counted = COUNTED | {unit: (unit,) for unit in weights}
    together = judged_at(columns_of(answers, cases, weights), asked, counted)
    for unit, members in counted.items():
        of_unit = Answers.of(answer for answer in answers if answer.unit in members)
        alone = judged_at(columns_of(of_unit, cases, weights), asked, {unit: members})
        assert repr(together[unit]) == repr(alone[unit])


@given(visited())
def test_verdicts_follow_the_law_written_out(drawn):
    """Means of raters, of cases, then of units by weight, in exact fractions."""
    asked, weights, answers, cases = drawn
    counted = COUNTED | {unit: (unit,) for unit in weights}
    verdicts = judged_at(columns_of(answers, cases, weights), asked, counted)
    counting = {case.id: case for case in cases if case.counts}
    for unit, members in counted.items():
        kinds, means = {}, {}
        for answer in answers:
            here = answer.item == "it" and answer.touchpoint == "in-store.till"
            if here and answer.unit in members and answer.case in counting:
                kinds.setdefault(answer.case, set()).add(answer.kind)
                if answer.kind is AnswerKind.VALUE:
                    means.setdefault(answer.case, []).append(answer.value)
        verdict = verdicts[unit]
        if not means:
            unseen = {UNSEEN} & set().union(*kinds.values())
            states = (State.UNANSWERED, State.NOT_OBSERVED, State.NOT_APPLICABLE)
            assert verdict.state is states[0 if not kinds else 1 if unseen else 2]
            assert (verdict.n, verdict.score) == (len(kinds), None)
            continue
        assert verdict.n == len(means)
        if asked.ask.answer == "text":
            assert verdict.state is State.INFORMATIVE
            continue
        by_unit = {}
        for case, values in means.items():
            mean = sum(map(Fraction, values)) / len(values)
            by_unit.setdefault(counting[case].unit, []).append(mean)
        whole = sum(Fraction(weights[name]) for name in by_unit)
        expected = sum(
            Fraction(weights[name]) * sum(of_unit) / len(of_unit) / whole
            for name, of_unit in by_unit.items()
        )
        measured = verdict.score if asked.ask.answer in {"yes-no", "levels"} else verdict.value
        assert math.isclose(measured, expected, rel_tol=1e-12, abs_tol=1e-12)
        proven = any(
            not any(values) and counting[case].status == "final" for case, values in means.items()
        )
        assert verdict.proven is bool(asked.critical and asked.critical.event and proven)
