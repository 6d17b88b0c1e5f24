"""Intervals of answers keep their word: what varies is the visit, within units."""

from __future__ import annotations

from datetime import UTC, datetime

import attrs
import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from cxaudit._audit.judging.answers import AskedAnswers, Pools
from cxaudit._audit.scoring.cxaudit_1 import score
from cxaudit._model.scores import ScoringInput
from cxaudit.plugin import (
    AREAS,
    Anchor,
    Answer,
    Answers,
    Ask,
    Case,
    Checklist,
    Finding,
    Findings,
    Item,
    Text,
    Unit,
    UnitTree,
)

ANCHORS = tuple(Anchor(level, Text.of("words")) for level in (1.0, 0.75, 0.5, 0.25, 0.0))
QUESTIONS = {
    "yes-no": Ask(answer="yes-no"),
    "levels": Ask(answer="levels", anchors=ANCHORS),
    "number": Ask(answer="number", unit="points"),
    "document": Ask(answer="levels", anchors=ANCHORS, method="document"),
}


def item(kind, name="it", area="process"):
    return Item(
        id=name,
        area=area,
        touchpoints=("in-store",),
        title=Text.of("It"),
        ask=QUESTIONS[kind],
    )


def visit(number, value, unit="mill", rater="Ann", at=None, cluster=""):
    """Return a case and the answer to it; several raters are divided by a plus."""
    case = Case(id=f"c{number}", unit=unit, touchpoint="in-store", at=at, cluster=cluster)
    answers = [
        Answer(item="it", touchpoint="in-store", unit=unit, case=case.id, rater=name, value=value)
        for name in rater.split("+")
    ]
    return case, answers


def judged(kind, visits, weights=None, zone="UTC"):
    """Return the verdict on all visits together, with its direction."""
    cases = [case for case, _ in visits]
    names = weights or dict.fromkeys((case.unit for case in cases), 1.0)
    units = [
        Unit(id=name, name=name, kind="site", weight=weight, zone=zone)
        for name, weight in names.items()
    ]
    asked = AskedAnswers(Answers.of(answer for _, said in visits for answer in said), cases, units)
    pools = Pools.of({"all": tuple(names)}, asked.positions)
    verdicts, chosen, direction = asked.judged(item(kind), "in-store", pools)
    code = int(direction[0])
    return attrs.evolve(
        verdicts[chosen[0]], direction=asked.directions[code] if code >= 0 else None
    )


def clustered(values, clusters):
    """Return visits to one unit of which some are declared to belong together."""
    pairs = zip(values, clusters, strict=True)
    return [visit(n, value, cluster=f"k{k}") for n, (value, k) in enumerate(pairs)]


def robust(values, clusters):
    """Return the standard error of a mean by clusters, by statsmodels' regression on nothing."""
    groups = {"groups": np.array(clusters)}
    return sm.OLS(values, np.ones(len(values))).fit(cov_type="cluster", cov_kwds=groups).bse[0]


def half_width(error, clusters, strata, shares):
    """Return Student's for an error, with fewer degrees of freedom where clusters are uneven.

    Args:
        error: The standard error.
        clusters: Number of clusters.
        strata: Number of strata.
        shares: Of the whole weight that each cluster holds.
    """
    effective = 1 / np.square(shares).sum()
    return stats.t.ppf(0.975, (clusters - strata) * effective / clusters) * error


DRAWN = st.lists(st.tuples(st.integers(-20, 20), st.integers(0, 5)), min_size=3, max_size=40)


@given(DRAWN)
@settings(max_examples=60, deadline=None)
def test_a_unit_alone_has_the_interval_of_cluster_robust_regression(drawn):
    """With the larger of that and of the regression in which each case is a cluster."""
    values, clusters = zip(*drawn, strict=True)
    of_clusters, n = len(set(clusters)), len(values)
    counts = np.unique(clusters, return_counts=True)[1]
    if of_clusters > 1 and n**2 / np.square(counts).sum() < 1.1:
        return
    verdict = judged("number", clustered([float(value) for value in values], clusters))
    error = robust(values, range(n))
    if of_clusters > 1:
        error = max(error, robust(values, clusters))
    shares = counts / n if of_clusters > 1 else np.full(n, 1 / n)
    spread = half_width(error, len(shares), 1, shares)
    mean = np.mean(values)
    low = mean - spread if min(values) < 0 else max(0.0, mean - spread)
    assert verdict.value_low == pytest.approx(low, abs=1e-9)
    assert verdict.value_high == pytest.approx(mean + spread, abs=1e-9)


STRATA = st.lists(
    st.tuples(
        st.sampled_from([0.5, 1.0, 3.0]),
        st.lists(
            st.tuples(st.integers(-20, 20), st.integers(0, 3)), min_size=2, max_size=12
        ).filter(lambda rows: len({cluster for _, cluster in rows}) > 1),
    ),
    min_size=2,
    max_size=5,
)


@given(STRATA)
@settings(max_examples=40, deadline=None)
def test_what_differs_between_units_is_no_noise(strata):
    """Errors of unit means by statsmodels, put together by the weights (Cochran 1977, 5.3)."""
    visits, variances, shares = [], {"clusters": 0.0, "cases": 0.0}, []
    whole = sum(weight for weight, _ in strata)
    for number, (weight, rows) in enumerate(strata):
        values, groups = zip(*rows, strict=True)
        variances["clusters"] += (weight / whole * robust(values, groups)) ** 2
        variances["cases"] += (weight / whole * robust(values, range(len(rows)))) ** 2
        counts = np.unique(groups, return_counts=True)[1]
        shares += (weight / whole * counts / len(rows)).tolist()
        visits += [
            visit(f"{number}.{n}", float(value), unit=f"u{number}", cluster=f"k{group}")
            for n, (value, group) in enumerate(rows)
        ]
    weights = {f"u{number}": weight for number, (weight, _) in enumerate(strata)}
    verdict = judged("number", visits, weights)
    if 1 / np.square(shares).sum() < 1.1:
        return
    spread = half_width(max(variances.values()) ** 0.5, len(shares), len(strata), shares)
    assert verdict.value_high - verdict.value == pytest.approx(spread, abs=1e-9)


def test_a_stratified_and_clustered_mean_is_that_of_samplics():
    """What samplics 0.6.0 (TaylorEstimator with stratum and psu) says of these visits."""
    units = {
        "mill": (5.0, [[4, 5], [7, 9], [1, 2], [6, 8]]),
        "quay": (2.0, [[10, 12, 9], [5, 0, 4]]),
        "dock": (1.0, [[6], [0], [8], [8], [2]]),
    }
    visits = [
        visit(f"{unit}{number}.{n}", float(value), unit=unit, cluster=f"k{number}")
        for unit, (_, clusters) in units.items()
        for number, values in enumerate(clusters)
        for n, value in enumerate(values)
    ]
    verdict = judged("number", visits, {unit: weight for unit, (weight, _) in units.items()})
    assert verdict.value == pytest.approx(5.547916666666667)
    shares = [5 / 8 / 4] * 4 + [2 / 8 / 2] * 2 + [1 / 8 / 5] * 5
    spread = half_width(1.3051696755381825, 11, 3, shares)
    assert verdict.value_high - verdict.value == pytest.approx(spread)


def test_units_visited_once_are_one_stratum_around_their_own_mean():
    """Two visits to the mill, one each to three others: strata of 2 and of 3 clusters."""
    visits = [visit(n, value) for n, value in enumerate([4.0, 8.0])]
    once = {"quay": 10.0, "dock": 20.0, "pier": 40.0}
    visits += [visit(unit, value, unit=unit) for unit, value in once.items()]
    weights = {"mill": 5.0, "quay": 1.0, "dock": 2.0, "pier": 1.0}
    verdict = judged("number", visits, weights)
    # The three together, by 1, 2 and 1: a mean of 22.5.
    collapsed = 3 / 2 * (12.5**2 + (2 * 2.5) ** 2 + 17.5**2)
    variance = (25 * np.var([4, 8], ddof=1) / 2 + collapsed) / 9**2
    assert verdict.value == pytest.approx((5 * 6 + 10 + 40 + 40) / 9)
    spread = half_width(variance**0.5, 5, 2, np.array([2.5, 2.5, 1, 2, 1]) / 9)
    assert verdict.value_high - verdict.value == pytest.approx(spread)


MORNING, EVENING = (datetime(2026, 3, 2, hour, tzinfo=UTC) for hour in (8, 23))
NEXT = datetime(2026, 3, 3, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [
        ({}, {}, True),
        ({}, {"at": EVENING}, True),
        ({}, {"at": NEXT}, False),
        ({}, {"rater": "Bo"}, False),
        ({}, {"unit": "quay"}, False),
        ({"rater": "Ann+Bo"}, {"rater": "Bo+Ann"}, True),
        ({"rater": "Ann+Bo"}, {"rater": "Ann"}, False),
        ({"at": None}, {"at": None}, False),
        ({"cluster": "a"}, {"cluster": "b"}, False),
        ({"cluster": "a"}, {"cluster": "a", "at": NEXT, "rater": "Bo"}, True),
        ({"cluster": "a"}, {"cluster": "a", "unit": "quay"}, False),
        ({"cluster": "Ann"}, {}, False),
    ],
)
def test_visits_by_the_same_raters_to_a_unit_on_a_day_belong_together(first, second, together):
    visits = [
        visit(n, value, **{"at": MORNING} | fields)
        for n, (value, fields) in enumerate([(True, first), (False, second)])
    ]
    visits += [visit(n, value=True, at=datetime(2026, 4, n, tzinfo=UTC)) for n in (2, 3, 4)]
    verdict = judged("yes-no", visits)
    assert verdict.n == 5
    named = first.get("cluster") or second.get("cluster")
    words = (
        "rests on 4 groups of cases that belong together"
        if named
        else "rests on 4 days of visits; those of one rater to one unit on one day are alike"
    )
    assert verdict.reason == (words if together else "")


def test_days_are_those_of_the_units_zone():
    # 8:00 and 23:00 in UTC are two days in Auckland, and 23:00 and 9:00 the next day are one.
    visits = [visit(n, value=True, at=at) for n, at in enumerate([MORNING, EVENING, NEXT])]
    days = "rests on 2 days of visits; those of one rater to one unit on one day are alike"
    for zone in ("UTC", "Pacific/Auckland"):
        assert judged("yes-no", visits, zone=zone).reason == days
    assert judged("yes-no", visits[:2], zone="Pacific/Auckland").reason == ""
    assert judged("yes-no", visits[1:], zone="UTC").reason == ""


def test_one_day_alone_has_the_interval_of_its_visits_and_says_so():
    visits = [visit(n, n < 6, at=MORNING) for n in range(8)]
    verdict = judged("yes-no", visits)
    assert verdict.reason == "all on one day of visits by one rater; other days may differ"
    size = 7 * (stats.norm.ppf(0.975) / stats.t.ppf(0.975, 7)) ** 2
    expected = proportion_confint(0.75 * size, size, method="wilson")
    assert (verdict.low, verdict.high) == pytest.approx(expected)
    assert len(verdict.direction.weights) == 8


def test_units_that_are_each_alike_do_not_claim_certainty():
    visits = [visit(n, float(n % 2), unit="mq"[n % 2]) for n in range(8)]
    verdict = judged("levels", visits)
    size = 7 * (stats.norm.ppf(0.975) / stats.t.ppf(0.975, 6)) ** 2
    expected = proportion_confint(0.5 * size, size, method="wilson")
    assert (verdict.low, verdict.high) == pytest.approx(expected)
    assert verdict.direction is None


def test_documents_are_facts_and_have_no_direction():
    verdict = judged("document", [visit(n, n / 2) for n in range(3)])
    assert (verdict.low, verdict.high, verdict.direction) == (0.5, 0.5, None)


def test_the_direction_points_up_where_a_cluster_scored_higher():
    """Clusters of 1, 1 and 2 cases, 1, 0 and (0, 0): residuals 3/4, -1/4 and -2/4."""
    direction = judged("yes-no", clustered([True, False, False, False], [0, 1, 2, 2])).direction
    expected = np.array([3, -1, -2]) / 14**0.5
    assert direction.evidence == "cases"
    assert direction.clusters.tolist() == [0, 1, 2]
    assert direction.weights == pytest.approx(expected, abs=1e-3)


@given(
    st.lists(
        st.lists(
            st.tuples(st.sampled_from([0.0, 0.5, 1.0]), st.sampled_from([0.0, 0.5, 1.0])),
            min_size=2,
            max_size=6,
        ),
        min_size=1,
        max_size=4,
    )
)
@settings(deadline=None)
def test_directions_of_two_items_multiply_to_their_correlation(units):
    """Their covariance and variances over clusters within units, by numpy."""
    covariance = sum(np.cov(np.array(unit).T) / len(unit) for unit in units)
    variances = np.diag(covariance)
    first, second = (
        judged(
            "levels",
            [
                visit(f"{n}.{m}", values[which], unit=f"u{n}")
                for n, unit in enumerate(units)
                for m, values in enumerate(unit)
            ],
        ).direction
        for which in (0, 1)
    )
    if (variances < 1e-12).any():
        assert first is None or second is None
    else:
        expected = covariance[0, 1] / np.sqrt(variances[0] * variances[1])
        assert first.correlation(second) == pytest.approx(expected, abs=3e-3)


def score_of(yes, visits_of_units=None, of_day=1):
    """Return the score of each draw, which is a unit, of yes-no items that are all weighed alike.

    Args:
        yes: Answers, as an array of (draw, visit, item).
        visits_of_units: How many of its visits each draw has; all, when left out.
        of_day: How many visits in a row belong together.
    """
    draws, visits, items = yes.shape
    units = [
        Unit(id="root", name="root", kind="organisation"),
        *(Unit(id=f"u{n}", name="u", kind="site", parent="root") for n in range(draws)),
    ]
    there = np.ones((draws, visits), bool)
    if visits_of_units is not None:
        there = np.arange(visits) < np.array(visits_of_units)[:, None]
    draw, number = np.nonzero(there)
    cases = [
        Case(id=f"{d}.{v}", unit=f"u{d}", touchpoint="in-store", cluster=f"k{v // of_day}")
        for d, v in zip(draw.tolist(), number.tolist(), strict=True)
    ]
    checklist = [item("yes-no", f"i{n}", tuple(AREAS)[n % len(AREAS)]) for n in range(items)]
    size = len(cases)
    one = np.zeros(size * items, np.int32)
    example = Answer(item="", touchpoint="in-store", unit="", case="", rater="r")
    tables = {name: (getattr(example, name),) for name in Answers.of([example]).tables}
    tables |= {
        "item": tuple(asked.id for asked in checklist),
        "unit": tuple(unit.id for unit in units),
        "case": tuple(case.id for case in cases),
        "value": (False, True),
    }
    codes = dict.fromkeys(tables, one) | {
        "item": np.tile(np.arange(items, dtype=np.int32), size),
        "unit": np.repeat(draw.astype(np.int32) + 1, items),
        "case": np.repeat(np.arange(size, dtype=np.int32), items),
        "value": yes[draw, number].astype(np.int32).ravel(),
    }
    asked = AskedAnswers(Answers(tables, codes, one.astype(np.int64)), cases, units)
    pools = Pools.of({unit.id: (unit.id,) for unit in units[1:]}, asked.positions)
    findings = []
    for one_item in checklist:
        verdicts, chosen, direction = asked.judged(one_item, "in-store", pools)
        for n, code in enumerate(direction.tolist()):
            verdict = verdicts[chosen[n]]
            findings.append(
                Finding(
                    item=one_item.id,
                    touchpoint="in-store",
                    unit=f"u{n}",
                    state=verdict.state,
                    score=verdict.score,
                    low=verdict.low,
                    high=verdict.high,
                    weight=1.0,
                    direction=asked.directions[code] if code >= 0 else None,
                )
            )
    card = score(
        ScoringInput(
            checklist=Checklist(id="c", version="1", title=Text.of("c"), items=tuple(checklist)),
            units=UnitTree(tuple(units)),
            findings=Findings.of(findings),
        )
    )
    by_unit = {scored.unit: scored.overall for scored in card.units}
    return [by_unit[unit.id] for unit in units[1:]], findings


def test_one_fact_asked_twenty_times_keeps_the_interval_of_one():
    yes = np.repeat(np.arange(30) % 2 == 0, 20).reshape(1, 30, 20)
    (overall,), findings = score_of(yes)
    assert (overall.low, overall.high) == pytest.approx((findings[0].low, findings[0].high))
    assert overall.value == 0.5
    size = 29 * (stats.norm.ppf(0.975) / stats.t.ppf(0.975, 29)) ** 2
    expected = proportion_confint(0.5 * size, size, method="wilson")
    assert (overall.low, overall.high) == pytest.approx(expected, abs=1e-6)


def test_scores_of_units_with_other_visits_do_not_hang_on_each_other():
    draw = np.random.default_rng(4)
    yes = draw.random((6, 9, 7)) < 0.7
    counts = [1, 2, 3, 3, 5, 9]
    together, _ = score_of(yes, counts)
    for number, count in enumerate(counts):
        (alone,), _ = score_of(yes[number : number + 1, :count])
        for name in ("value", "low", "high"):
            assert getattr(together[number], name) == pytest.approx(getattr(alone, name), abs=1e-6)


def simulated(visits, correlation, draws, of_day=1, items=20):
    """Return how often the score's interval holds the truth, its width, and the width needed.

    Args:
        visits: Number of visits.
        correlation: Of what lies behind two items of a visit, or of visits of a day.
        draws: Number of draws.
        of_day: Number of visits a day.
        items: Number of items.
    """
    draw = np.random.default_rng(5)
    shares = np.linspace(0.6, 0.97, items)
    common = draw.standard_normal((draws, visits // of_day, 1)) * correlation**0.5
    own = draw.standard_normal((draws, visits, items)) * (1 - correlation) ** 0.5
    yes = np.repeat(common, of_day, axis=1) + own < stats.norm.ppf(shares)
    scores, _ = score_of(yes, of_day=of_day)
    truth = np.mean([shares[n :: len(AREAS)].mean() for n in range(len(AREAS))])
    value, least, most = (
        np.array([getattr(one, name) for one in scores]) for name in ("value", "low", "high")
    )
    held = ((least <= truth) & (truth <= most)).mean()
    return held, (most - least).mean(), 2 * stats.norm.ppf(0.975) * value.std()


@pytest.mark.slow
@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.6])
@pytest.mark.parametrize("visits", [5, 12, 30, 100])
def test_the_interval_of_a_score_holds_the_truth_and_is_no_wider_than_it_must(visits, correlation):
    """Of 1,000 draws, three standard errors are 3 points of a coverage and 7 % of a width."""
    held, width, needed = simulated(visits, correlation, draws=1000)
    least = 0.90 if visits < 12 else 0.92
    assert least - 0.03 <= held <= 0.98 + 0.01
    assert width / needed == pytest.approx(1, abs=0.15 + 0.07)


@pytest.mark.slow
@pytest.mark.parametrize("correlation", [0.15, 0.3])
def test_visits_of_a_day_that_are_alike_are_not_taken_for_as_many(correlation):
    """Fifteen days of four visits; noise as above."""
    held, width, needed = simulated(60, correlation, draws=1000, of_day=4)
    assert 0.92 - 0.03 <= held <= 0.98 + 0.01
    assert width / needed == pytest.approx(1, abs=0.15 + 0.07)
