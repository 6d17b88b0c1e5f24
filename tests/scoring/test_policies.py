"""Other systems' arithmetic: their worked cases, and the laws that each breaks."""

from __future__ import annotations

import importlib
import re

import pytest

from cxaudit._builtin.policies import POLICIES
from cxaudit.plugin import (
    Answer,
    AnswerKind,
    Ask,
    Case,
    Checklist,
    Choice,
    Critical,
    Curve,
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

BY_ID = {policy.id.removeprefix("cxaudit."): policy for policy in POLICIES}
VENDORS = [name for name in BY_ID if name != "cxaudit-1"]
UNITS = UnitTree(
    (
        Unit(id="root", name="Root", kind="organisation"),
        Unit(id="quay", name="Quay", kind="site", parent="root"),
        Unit(id="rival", name="Rival", kind="site", parent="root", comparator=True),
    )
)
NA, UNSEEN = AnswerKind.NOT_APPLICABLE, AnswerKind.NOT_OBSERVED


def question(name, area="process", ask=None, **fields):
    ask = ask or Ask(answer="yes-no")
    return Item(id=name, area=area, touchpoints=("phone",), title=Text.of(name), ask=ask, **fields)


def answer(item, value, case="1", unit="root", rater="ann"):
    kind = value if isinstance(value, AnswerKind) else AnswerKind.VALUE
    given = None if isinstance(value, AnswerKind) else value
    return Answer(
        item=item, touchpoint="phone", unit=unit, case=case, rater=rater, kind=kind, value=given
    )


def scored(policy, items, answers, findings=(), cases=()):
    module, _, name = BY_ID[policy].score.partition(":")
    function = getattr(importlib.import_module(module), name)
    checklist = Checklist(id="c", version="1", title=Text.of("c"), items=tuple(items))
    return function(
        ScoringInput(
            checklist=checklist,
            units=UNITS,
            findings=Findings.of(findings),
            answers=tuple(answers),
            cases=tuple(cases),
        )
    )


def overall(policy, items, answers, **given):
    return scored(policy, items, answers, **given).root.overall.value


FOUR = [question(f"q{n}") for n in range(4)]
WORKED = [answer(f"q{n}", value) for n, value in enumerate([True, True, False, NA])]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("sassie-1", 2 / 4),
        ("sassie-na-removed-1", 2 / 3),
        ("zendesk-qa-1", 2 / 3),
        ("maestroqa-1", 2 / 3),
        ("scorebuddy-1", 2 / 3),
        ("evaluagent-1", 3 / 4),
        ("evaluagent-na-removed-1", 2 / 3),
        ("evaluagent-keep-score-1", 3 / 4),
        ("amazon-connect-1", 2 / 3),
    ],
)
def test_yes_yes_no_and_not_applicable(policy, expected):
    card = scored(policy, FOUR, WORKED)
    assert card.root.overall.value == pytest.approx(expected)
    assert card.policy == BY_ID[policy].id
    counts = card.root.overall
    assert (counts.scored, counts.met, counts.unknown, counts.neutral) == (3, 2, 0, 1)
    assert (counts.low, counts.lowest, card.root.grade) == (None, None, None)


@pytest.mark.parametrize("policy", VENDORS)
def test_measured_findings_alone_are_the_questions_of_one_review(policy):
    states = [State.MET, State.MET, State.NOT_MET, State.NOT_APPLICABLE, State.EXCLUDED]
    findings = [
        Finding(
            item=f"q{n % 4}",
            touchpoint="phone" if n < 4 else "online",
            unit="root",
            state=state,
            score={State.MET: 1.0, State.NOT_MET: 0.0}.get(state),
        )
        for n, state in enumerate(states)
    ]
    # What does not apply at a unit is on nobody's form: met, met and not met are left.
    assert overall(policy, FOUR, [], findings=findings) == pytest.approx(2 / 3)


def neutral(item, unit="root", touchpoint="phone"):
    return Finding(item=item, touchpoint=touchpoint, unit=unit, state=State.NOT_APPLICABLE)


WORDS = question("words", ask=Ask(answer="text"))
OPEN = question("open", ask=Ask(answer="number"))
PICK = question("pick", ask=Ask(answer="choice", choices=(Choice("a", Text.of("a")),)))


@pytest.mark.parametrize("policy", VENDORS)
@pytest.mark.parametrize("value", [True, False])
def test_what_does_not_apply_or_cannot_score_is_no_review(policy, value):
    items = [*FOUR, WORDS, OPEN, PICK]
    visit = answer("q0", value=value)
    for answers, findings in (
        # The shop has no phone: nobody would ask it there.
        ([], [neutral("q1")]),
        # A second visit in which nothing applied; one in which nothing could be seen.
        ([answer("q0", NA, case="2"), answer("q1", NA, case="2")], []),
        ([answer("q0", UNSEEN, case="2"), answer("q1", NA, case="2")], []),
        # Words, numbers without a target and choices without a score earn nothing, also not
        # when they do not apply.
        ([answer(name, NA) for name in ("words", "open", "pick")], []),
        ([answer("words", "kind", case="2")], [neutral("words"), neutral("open")]),
        ([], [Finding(item="words", touchpoint="phone", unit="root", state=State.UNANSWERED)]),
    ):
        card = scored(policy, items, [visit, *answers], findings=findings)
        assert card.root.overall.value == float(value), answers
    assert overall(policy, items, [answer("q0", NA)], findings=[neutral("q1")]) is None


@pytest.mark.parametrize("policy", VENDORS)
def test_what_does_not_apply_at_a_unit_moves_no_measured_score(policy):
    measured = Finding(item="q0", touchpoint="phone", unit="root", state=State.MEASURED, score=0.25)
    findings = [measured, neutral("q1"), neutral("q2", touchpoint="online")]
    card = scored(policy, FOUR, [], findings=findings)
    assert (card.root.overall.value, card.root.overall.neutral) == (0.25, 2)
    assert card.root.touchpoints["online"].value is None


def test_an_area_in_which_nothing_applied_has_no_score():
    answers = [answer("q0", value=False), answer("q8", NA)]
    items = [FOUR[0], question("q8", area="roles")]
    for policy in VENDORS:
        assert scored(policy, items, answers).root.areas["roles"].value is None
    # Beside a scored answer it counts by the system's rule.
    more = [*answers, answer("q8", value=True, case="2"), answer("q0", value=False, case="2")]
    expected = {"sassie-1": 1 / 2, "sassie-na-removed-1": 1, "evaluagent-1": 1}
    for policy, value in expected.items():
        assert scored(policy, items, more).root.areas["roles"].value == value


def test_the_reviews_that_failed_are_counted_among_reviews():
    items = [FOUR[0], EVENT]
    answers = [answer("q9", value=False), answer("q0", NA, case="2"), answer("q9", NA, case="2")]
    card = scored("evaluagent-1", items, answers, findings=[neutral("q1")])
    assert card.root.capped == "1 of 1 reviews failed by a critical question."


EVENT = question("q9", area="roles", critical=Critical(event=True))
LIMIT = question("q9", area="roles", critical=Critical(fail_below=0.5))


@pytest.mark.parametrize(
    ("policy", "event", "limit"),
    [
        ("sassie-1", 4 / 5, 4 / 5),
        ("sassie-na-removed-1", 4 / 5, 4 / 5),
        ("zendesk-qa-1", 0, 0),
        ("maestroqa-1", 0, 0),
        ("scorebuddy-1", 0, 3 / 5),
        ("evaluagent-1", 0, 0),
        ("evaluagent-na-removed-1", 0, 0),
        ("evaluagent-keep-score-1", 4 / 5, 4 / 5),
        ("amazon-connect-1", 0, 3 / 5),
    ],
)
def test_a_failed_critical_question(policy, event, limit):
    items = [*FOUR[:3], question("q8", area="roles")]
    answers = [answer(item.id, value=True) for item in items]
    failed = answer("q9", value=False)
    assert overall(policy, [*items, EVENT], [*answers, failed]) == pytest.approx(event)
    card = scored(policy, [*items, LIMIT], [*answers, failed])
    assert card.root.overall.value == pytest.approx(limit)
    assert "1 of 1 reviews failed" in card.root.capped
    # One bad review of two.
    fine = [answer(item.id, value=True, case="2") for item in [*items, EVENT]]
    both = overall(policy, [*items, EVENT], [*answers, failed, *fine])
    assert both == pytest.approx((event + 1) / 2)


def test_a_failed_section_goes_before_not_applicable():
    items = [*FOUR[:3], question("q8", area="roles"), LIMIT]
    answers = [answer(f"q{n}", value=True) for n in range(3)]
    answers += [answer("q8", NA), answer("q9", value=False)]
    card = scored("scorebuddy-1", items, answers)
    assert card.root.areas["roles"].value == 0
    assert card.root.areas["process"].value == 1
    assert card.root.overall.value == pytest.approx(3 / 4)


def test_zendesk_fails_a_critical_rating_under_half_whatever_the_item_says():
    levels = Ask(answer="levels")
    strict = question("q9", ask=levels, critical=Critical(fail_below=0.9))
    given = [answer("q0", value=True), answer("q9", 0.5)]
    assert overall("zendesk-qa-1", [FOUR[0], strict], given) == pytest.approx(0.75)
    assert overall("maestroqa-1", [FOUR[0], strict], given) == 0


def sides(policy):
    """Return the laws that a policy is seen to break."""
    broken = set()
    plain = [answer(f"q{n}", value=n < 2) for n in range(3)]
    before = overall(policy, FOUR, plain)
    if overall(policy, FOUR, [*plain, answer("q3", NA)]) != before:
        broken.add(4)
    card = scored(policy, FOUR, [*plain, answer("q3", UNSEEN)]).root.overall
    if card.lowest is None or card.highest is None:
        broken.add(3)
    if card.low is None or card.high is None:
        broken.add(8)
    uneven = [*FOUR, question("q8", area="roles")]
    answers = [*(answer(f"q{n}", value=True) for n in range(4)), answer("q8", value=False)]
    if overall(policy, uneven, answers) != pytest.approx(0.5):
        broken.add(5)
    short = [answer("q0", value=False, case="short")]
    long = [answer(f"q{n}", value=True, case="long") for n in range(4)]
    if overall(policy, FOUR, [*short, *long]) != pytest.approx(4 / 5):
        broken.add(6)
    for item in (EVENT, LIMIT):
        given = [*plain, answer("q9", value=False)]
        if overall(policy, [*FOUR, item], given) != pytest.approx(2 / 4):
            broken.add(7)
    law = question("q9", critical=Critical(compliance=True))
    if overall(policy, [*FOUR, law], [*plain, answer("q9", value=True)]) != before:
        broken.add(7)
    return broken


@pytest.mark.parametrize("policy", VENDORS)
def test_each_policy_names_the_laws_that_it_is_seen_to_break(policy):
    named = {int(re.match(r"Law (\d+): ", text)[1]) for text in BY_ID[policy].breaks}
    assert sides(policy) == named


@pytest.mark.parametrize("policy", VENDORS)
def test_only_a_policy_that_overwrites_the_number_says_so(policy):
    overwritten = any(
        overall(policy, [*FOUR, item], [*WORKED[:3], answer("q9", value=False)])
        != pytest.approx(2 / 4)
        for item in (EVENT, LIMIT)
    )
    assert overwritten == any("overwrites" in text for text in BY_ID[policy].breaks)


def test_our_own_policy_breaks_none_and_every_policy_states_its_rules():
    assert BY_ID["cxaudit-1"].breaks == ()
    assert [band.at_least for band in BY_ID["cxaudit-1"].bands] == [0.9, 0.75, 0.6, 0]
    assert len(BY_ID) == len(POLICIES) == 10
    for policy in POLICIES:
        rules = (policy.not_applicable, policy.unanswered, policy.critical, policy.aggregation)
        assert all(rule.endswith(".") for rule in rules)
        assert policy.source


@pytest.mark.parametrize("policy", list(BY_ID))
def test_nothing_gives_no_score(policy):
    card = scored(policy, FOUR, [])
    assert [unit.unit for unit in card.units] == ["root"]
    assert card.root.overall.value is None
    assert (card.root.overall.coverage, card.root.grade) == (None, None)


@pytest.mark.parametrize("policy", VENDORS)
def test_only_unseen_gives_no_score_and_no_coverage(policy):
    card = scored(policy, FOUR, [answer("q0", UNSEEN), answer("q1", UNSEEN)])
    assert (card.root.overall.value, card.root.overall.coverage) == (None, 0)
    assert card.root.overall.unknown == 2


@pytest.mark.parametrize("policy", VENDORS)
def test_what_does_not_count_is_left_out(policy):
    items = [
        *FOUR,
        question("aside", role="informative"),
        question("out", excluded="no such desk"),
        question("words", ask=Ask(answer="text")),
        question("pick", ask=Ask(answer="choice", choices=(Choice("a", Text.of("a")),))),
        question("open", ask=Ask(answer="number")),
    ]
    answers = [
        answer("q0", value=True),
        answer("q1", value=True, case="draft"),
        answer("aside", value=False),
        answer("out", value=False),
        answer("words", "hello"),
        answer("pick", "a"),
        answer("open", 3.0),
    ]
    cases = [
        Case(id="1", unit="root", touchpoint="phone"),
        Case(id="draft", unit="root", touchpoint="phone", status="draft"),
    ]
    card = scored(policy, items, answers, cases=cases)
    assert (card.root.overall.value, card.root.overall.scored) == (1, 1)


@pytest.mark.parametrize("policy", VENDORS)
def test_reviews_of_a_site_count_above_it_and_those_of_a_comparator_do_not(policy):
    answers = [
        answer("q0", value=True, unit="quay"),
        answer("q0", value=False, unit="rival", case="2"),
        answer("q0", value=False, unit="quay", case="1", rater="ben"),
    ]
    card = scored(policy, FOUR, answers)
    assert [(unit.unit, unit.overall.value) for unit in card.units] == [
        ("root", 0.5),
        ("quay", 0.5),
        ("rival", 0),
    ]


def test_measured_findings_join_the_answers_as_one_more_review():
    curve = Curve(kind="linear", lower_is_better=True, target=10, limit=20)
    waited = question("waited", ask=Ask(answer="number", curve=curve), weight=2.0)
    measured = question("calls")
    finding = Finding(
        item="calls",
        touchpoint="phone",
        unit="root",
        state=State.MEASURED,
        score=0.25,
        flags=Flag.NONE,
    )
    answers = [answer("waited", 15.0), answer("q0", value=True)]
    items = [FOUR[0], waited, measured]
    # (2 * 0.5 + 1 + 0.25) / 4 pooled; the mean of 2/3 and 1/4 by reviews.
    assert overall("maestroqa-1", items, answers, findings=[finding]) == pytest.approx(2.25 / 4)
    by_review = overall("zendesk-qa-1", items, answers, findings=[finding])
    assert by_review == pytest.approx((2 / 3 + 1 / 4) / 2)
