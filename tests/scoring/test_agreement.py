"""Agreement against published tables and the krippendorff package."""

from __future__ import annotations

import math
import warnings

import krippendorff
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxaudit._statistics.agreement import agreement, alpha, chance_corrected
from cxaudit.plugin import (
    Anchor,
    Answer,
    AnswerKind,
    Answers,
    Ask,
    Checklist,
    Choice,
    Item,
    Text,
)

# Gwet (2014), four raters, twelve subjects, five categories, with missing ratings: the data of
# Krippendorff (2011).
RATERS = (
    (1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None),
    (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3),
    (None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None),
    (1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None),
)
SUBJECTS = [[r for r in case if r is not None] for case in zip(*RATERS, strict=True)]


def test_the_four_raters_of_gwet():
    raw, ac1, kappa = chance_corrected(SUBJECTS, range(1, 6))
    assert [round(c, 3) for c in (raw, ac1, kappa)] == [0.818, 0.775, 0.761]
    assert round(alpha(SUBJECTS, "nominal"), 3) == 0.743
    # Krippendorff (2011), section C: ordinal 0.815, interval 0.849.
    assert round(alpha(SUBJECTS, "ordinal"), 3) == 0.815
    assert round(alpha(SUBJECTS, "interval"), 3) == 0.849


# Computed with irrCAC 0.4.4, Gwet's own formulas in Python, by categories 1 to 5 and 0, 0.5, 1.
def test_the_four_raters_of_gwet_on_an_ordered_scale():
    _, ac2, kappa = chance_corrected(SUBJECTS, range(1, 6), ordinal=True)
    assert [round(c, 5) for c in (ac2, kappa)] == [0.89894, 0.85021]


def test_three_auditors_on_levels_with_missing_ratings():
    auditors = (
        (1, 0.5, 0.5, 0, 1, 1, 0, 0.5, None, 1),
        (1, 1, 0.5, 0, 1, 0.5, 0, 0, 1, 1),
        (0.5, 0.5, 0.5, 0, 1, 1, None, 0.5, 1, 1),
    )
    cases = [[r for r in case if r is not None] for case in zip(*auditors, strict=True)]
    plain = chance_corrected(cases, [0, 0.5, 1])
    assert [round(c, 5) for c in plain] == [0.73333, 0.60848, 0.58188]
    ordered = chance_corrected(cases, [0, 0.5, 1], ordinal=True)
    assert [round(c, 5) for c in ordered] == [0.91111, 0.77647, 0.75155]


def test_a_scale_of_two_has_no_order_to_count():
    cases = [[0, 0], [0, 1], [1, 1], [1], [1, 1, 0]]
    assert chance_corrected(cases, [0, 1], ordinal=True) == pytest.approx(
        chance_corrected(cases, [0, 1])
    )


def test_the_three_coders_with_missing_values():
    # The worked example of the encyclopaedia article on alpha: nominal 0.691, interval 0.811.
    coders = (
        (None, None, None, None, None, 3, 4, 1, 2, 1, 1, 3, 3, None, 3),
        (1, None, 2, 1, 3, 3, 4, 3, None, None, None, None, None, None, None),
        (None, None, 2, 1, 3, 4, 4, None, 2, 1, 1, 3, 3, None, 4),
    )
    cases = [[r for r in case if r is not None] for case in zip(*coders, strict=True)]
    assert round(alpha(cases, "nominal"), 3) == 0.691
    assert round(alpha(cases, "interval"), 3) == 0.811


def test_the_diagnoses_of_fleiss_as_far_as_whole_tables_go():
    # Fleiss' worked example of fourteen raters, ten subjects, five categories: kappa 0.210.
    table = (
        (0, 0, 0, 0, 14), (0, 2, 6, 4, 2), (0, 0, 3, 5, 6), (0, 3, 9, 2, 0), (2, 2, 8, 1, 1),
        (7, 7, 0, 0, 0), (3, 2, 6, 3, 0), (2, 5, 3, 2, 2), (6, 5, 2, 1, 0), (0, 2, 2, 3, 7),
    )  # fmt: skip
    cases = [[c for c, count in enumerate(row) for _ in range(count)] for row in table]
    raw, _, kappa = chance_corrected(cases, range(5))
    assert (round(raw, 3), round(kappa, 3)) == (0.378, 0.21)


@pytest.mark.parametrize(
    ("table", "kappa", "ac1"), [((90, 5, 5, 0), -0.05, 0.89), ((45, 5, 5, 45), 0.80, 0.80)]
)
def test_the_paradox_of_prevalence(table, kappa, ac1):
    both, first, second, neither = table
    cases = (
        [[True, True]] * both
        + [[True, False]] * first
        + [[False, True]] * second
        + [[False, False]] * neither
    )
    got = chance_corrected(cases, [False, True])
    assert got[0] == pytest.approx(0.9)
    assert round(got[1], 2) == ac1
    assert round(got[2], 2) == kappa


SCALE = (1.0, 2.0, 3.0, 4.5)
RATED = st.lists(
    st.lists(st.sampled_from([*SCALE, None]), min_size=3, max_size=3),
    min_size=2,
    max_size=12,
)


@given(RATED, st.sampled_from(["nominal", "ordinal", "interval"]))
def test_alpha_agrees_with_the_krippendorff_package(cases, scale):
    ours = alpha([[r for r in case if r is not None] for case in cases], scale)
    paired = [r for case in cases if sum(r is not None for r in case) > 1 for r in case]
    if len({r for r in paired if r is not None}) < 2:
        assert ours is None
        return
    data = [[math.nan if r is None else r for r in rater] for rater in zip(*cases, strict=True)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = krippendorff.alpha(reliability_data=data, level_of_measurement=scale)
    assert ours == pytest.approx(expected, abs=1e-9)


@given(RATED, st.booleans())
def test_full_agreement_is_one_and_nothing_lies_above(cases, ordinal):
    kept = [[r for r in case if r is not None] for case in cases]
    raw, ac1, kappa = chance_corrected(kept, SCALE, ordinal=ordinal)
    for coefficient in (raw, ac1, kappa):
        assert coefficient is None or coefficient <= 1 + 1e-12
    alike = [[case[0]] * len(case) for case in kept if case]
    raw, ac1, kappa = chance_corrected(alike, SCALE, ordinal=ordinal)
    for coefficient in (raw, ac1, kappa):
        assert coefficient is None or coefficient == pytest.approx(1)


def test_nobody_rated_twice():
    assert chance_corrected([[1], [2], []], [1, 2]) == (None, None, None)
    assert alpha([[1], [2], []], "nominal") is None


def test_all_the_same_value_is_full_agreement_where_it_is_defined():
    assert chance_corrected([[True, True]] * 5, [False, True]) == (1.0, 1.0, None)
    assert alpha([[True, True]] * 5, "nominal") is None


def item(name, **ask):
    return Item(
        id=name, area="process", touchpoints=("phone",), title=Text.of(name), ask=Ask(**ask)
    )


CHECKLIST = Checklist(
    id="c",
    version="1",
    title=Text.of("c"),
    items=(
        item("greeted", answer="yes-no"),
        item(
            "sincere",
            answer="levels",
            anchors=tuple(Anchor(n, Text.of(str(n))) for n in (0.0, 0.5, 1.0)),
        ),
        item("waited", answer="time"),
        item("said", answer="text"),
        item(
            "tone", answer="choice", choices=(Choice("a", Text.of("a")), Choice("b", Text.of("b")))
        ),
    ),
)


def said(name, case, **by_rater):
    return [
        Answer(item=name, touchpoint="phone", unit="root", case=case, rater=rater, value=value)
        for rater, value in by_rater.items()
    ]


def test_an_item_that_raters_read_differently_is_flagged():
    answers = [
        *said("greeted", "1", ann=True, ben=True),
        *said("greeted", "2", ann=True, ben=True),
        *said("greeted", "3", ann=False, ben=False),
        *said("sincere", "1", ann=1.0, ben=0.0),
        *said("sincere", "2", ann=0.0, cat=1.0),
        *said("waited", "1", ann=30.0, ben=31.0),
        *said("waited", "2", ann=300.0, ben=301.0),
        *said("said", "1", ann="x", ben="y"),
        *said("tone", "1", ann="a"),
    ]
    greeted, sincere, waited = agreement(Answers.of(answers), CHECKLIST)
    assert (greeted.item, greeted.cases, greeted.raters, greeted.flagged) == (
        "greeted",
        3,
        2,
        False,
    )
    assert (greeted.raw, greeted.kappa) == (1, pytest.approx(1))
    assert greeted.prevalence == {"False": pytest.approx(1 / 3), "True": pytest.approx(2 / 3)}
    assert (sincere.raters, sincere.raw, sincere.flagged) == (3, 0, True)
    assert (sincere.scale, sincere.ac1, greeted.scale, greeted.ac2) == (
        "ordinal",
        None,
        "nominal",
        None,
    )
    assert waited.scale == "interval"
    assert (waited.ac1, waited.kappa, waited.flagged) == (None, None, False)
    assert waited.alpha > 0.99


def test_auditors_a_level_apart_do_not_flag_an_item_and_at_both_ends_do():
    same = [(1.0, 1.0), (0.0, 0.0), (0.5, 0.5), (1.0, 1.0), (0.0, 0.0), (1.0, 1.0)]
    near = [*same, (1.0, 0.5), (0.5, 0.0), (0.5, 1.0), (0.0, 0.5)]
    far = [*same, (1.0, 0.0), (1.0, 0.0), (0.0, 1.0), (0.0, 1.0)]
    for ratings, flagged in ((near, False), (far, True)):
        answers = [
            each
            for case, (ann, ben) in enumerate(ratings)
            for each in said("sincere", str(case), ann=ann, ben=ben)
        ]
        (found,) = agreement(Answers.of(answers), CHECKLIST)
        # As many pairs are the same in both: only the order tells them apart.
        assert (found.raw, found.flagged) == (0.6, flagged)


def test_not_applicable_is_a_missing_rating():
    answers = said("greeted", "1", ann=True, ben=True)
    away = Answer(
        item="greeted",
        touchpoint="phone",
        unit="root",
        case="1",
        rater="cat",
        kind=AnswerKind.NOT_APPLICABLE,
    )
    (found,) = agreement(Answers.of([*answers, away]), CHECKLIST)
    assert (found.cases, found.raters, found.raw) == (1, 2, 1)
    assert agreement(Answers.of([away]), CHECKLIST) == ()
    assert agreement(Answers.of([]), CHECKLIST) == ()
