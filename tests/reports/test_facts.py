"""A finding's title and its number say the same thing."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest

from cxaudit import Session
from cxaudit._builtin.checks import evidence_present, within_target
from cxaudit._formats.markdown import render_markdown
from cxaudit._model.placeholders import unknown_placeholders
from cxaudit._report.build import build_report
from cxaudit._report.context import Context
from cxaudit._report.facts import fact, facts_of
from cxaudit._words.language import has_catalogue, speaking, translated
from cxaudit.plugin import (
    Anchor,
    Answer,
    Ask,
    Case,
    CheckUse,
    Choice,
    Curve,
    Finding,
    Findings,
    Item,
    Metric,
    MetricKind,
    Parameter,
    State,
    Text,
    Unit,
    UnitTree,
)
from cxaudit.testing import check_request, measurement

ROOT = Path(__file__).parents[2]
RESTAURANT = ROOT / "examples" / "restaurant-group"
SHIPPED = ("pride-core", "quick-scan")
N = 400
JUDGES = {"cxaudit.within-target": within_target, "cxaudit.evidence-present": evidence_present}
TREE = UnitTree(
    (
        Unit(id="all", name="All", kind="organisation", touchpoints=("phone", "in-store")),
        Unit(id="all.a", name="A", kind="site", parent="all", touchpoints=("phone", "in-store")),
        Unit(id="all.b", name="B", kind="site", parent="all", touchpoints=("phone", "in-store")),
    )
)


def asked(ask: Ask, **fields) -> Item:
    values = {
        "id": "i",
        "area": "roles",
        "touchpoints": ("in-store",),
        "title": Text.of("Staff know the answer"),
        "fail_title": Text.of("Staff do not know the answer"),
    }
    return Item(ask=ask, **{**values, **fields})


@pytest.fixture
def seen(audit):
    """Give a function that puts an item, its finding and the answers to it into a result."""

    def put(item, finding, answers=(), *, audience="client", parameters=None, **changes):
        checklist = audit("mixed").checklist
        checklist = attrs.evolve(checklist, items=(item,), parameters=parameters or {})
        cases = {answer.case: answer.unit for answer in answers}
        result = attrs.evolve(
            audit("mixed"),
            checklist=checklist,
            units=TREE,
            findings=Findings.of([finding]),
            evidence=(),
            answers=tuple(answers),
            **{
                "cases": tuple(Case(id=c, unit=u, touchpoint="in-store") for c, u in cases.items()),
                **changes,
            },
        )
        return Context.of(result, audience)

    return put


def answers(values, raters=("r1",), unit="all.a"):
    """Return answers, one list of values a case, one value a rater."""
    return [
        Answer(
            item="i", touchpoint="in-store", unit=unit, case=f"c{number}", rater=rater, value=value
        )
        for number, case in enumerate(values)
        for rater, value in zip(raters, case, strict=True)
    ]


def judged(score, n, state=State.PARTLY, **fields):
    return Finding(
        item="i", touchpoint="in-store", unit="all", state=state, score=score, n=n, **fields
    )


YES_NO = Ask(answer="yes-no")
LEVELS = Ask(
    answer="levels",
    anchors=(Anchor(1.0, Text.of("a")), Anchor(0.5, Text.of("b")), Anchor(0.0, Text.of("c"))),
)


@pytest.mark.parametrize(
    ("ask", "values", "score", "says"),
    [
        (YES_NO, [[True], [True], [True], [False]], 0.75, "1 of 4 visits."),
        (YES_NO, [[True]] * 4, 1.0, "4 of 4 visits."),
        (YES_NO, [[False]], 0.0, "1 of 1 visit."),
        (YES_NO, [[True]] * 9 + [[False]] * 3, 0.75, "3 of 12 visits (25\u00a0%)."),
        (Ask(answer="yes-no", met=False), [[True], [False], [False]], 2 / 3, "1 of 3 visits."),
        (LEVELS, [[1.0], [0.0]], 0.5, "1 of 2 visits."),
        (LEVELS, [[1.0]] * 3 + [[0.5]] * 3, 0.75, "6 visits: 3 in part, 3 met."),
        (LEVELS, [[1.0], [0.5], [0.0], [0.0]], 0.375, "4 visits: 2 not met, 1 in part, 1 met."),
    ],
)
def test_cases_are_counted_in_the_direction_of_the_title(seen, ask, values, score, says):
    context = seen(asked(ask), judged(score, len(values)), answers(values))
    (finding,) = context.findings
    assert context.title(finding) == (
        "Staff know the answer" if score == 1 else "Staff do not know the answer"
    )
    assert fact(context, finding) == says


def test_under_the_plain_title_those_met_are_counted(seen):
    item = asked(LEVELS, fail_title=None)
    context = seen(item, judged(0.75, 4), answers([[1.0], [1.0], [1.0], [0.0]]))
    assert fact(context, context.findings[0]) == "3 of 4 visits."
    context = seen(item, judged(0.75, 2), answers([[1.0], [0.5]]))
    assert fact(context, context.findings[0]) == "2 visits: 1 met, 1 in part."


def test_a_case_on_which_raters_differ_is_neither_met_nor_not(seen):
    values = [[True, True], [True, False], [False, False]]
    found = answers(values, raters=("r1", "r2"))
    context = seen(asked(YES_NO), judged(0.5, 3), found)
    says = "3 visits: 1 not met, 1 on which raters differ, 1 met."
    assert fact(context, context.findings[0]) == says


def test_a_weighted_score_is_no_count(seen):
    """Nine of ten parts of the score come from one unit; still one of four visits failed."""
    found = answers([[True]], unit="all.a")
    found += [
        attrs.evolve(each, case=f"b{number}")
        for number, each in enumerate(answers([[True], [True], [False]], unit="all.b"))
    ]
    context = seen(asked(YES_NO), judged(0.9667, 4), found)
    assert fact(context, context.findings[0]) == "1 of 4 visits."


def test_drafts_and_what_was_not_observed_are_not_counted(seen):
    found = answers([[True], [False], [True]])
    found[2] = attrs.evolve(found[2], kind="not_observed", value=None)
    found += [attrs.evolve(found[1], case="draft")]
    cases = [Case(id=f"c{n}", unit="all.a", touchpoint="in-store") for n in range(3)]
    cases.append(Case(id="draft", unit="all.a", touchpoint="in-store", status="draft"))
    context = seen(asked(YES_NO), judged(0.5, 2), found, cases=tuple(cases))
    assert fact(context, context.findings[0]) == "1 of 2 visits."


def test_without_the_answers_no_count_is_made_up(seen):
    """A published result keeps none; half a score is not half of the cases."""
    context = seen(asked(LEVELS), judged(0.5, 12))
    assert fact(context, context.findings[0]) == "12 visits judged."


def test_the_public_sees_no_cases_that_were_met_in_part(seen):
    half = [[0.5]] * 2 + [[1.0]] * 10
    context = seen(asked(LEVELS), judged(11 / 12, 12), answers(half), audience="public")
    assert fact(context, context.findings[0]) == "12 visits judged."
    whole = [[0.0]] * 3 + [[1.0]] * 9
    context = seen(asked(LEVELS), judged(0.75, 12), answers(whole), audience="public")
    assert fact(context, context.findings[0]) == "3 of 12 visits (25\u00a0%)."


def test_a_number_is_said_to_be_a_mean_and_how_many_keep_the_target(seen):
    """The mean of 10, 20, 40, 70 is 35; two of four are slower than 30 seconds."""
    curve = Curve(kind="linear", lower_is_better=True, target=30.0, limit=90.0)
    ask = Ask(answer="time", curve=curve, curve_settings={"target": "$greet", "limit": 90})
    greet = Parameter(
        id="greet", question=Text.of("How fast?"), unit="seconds", value=30.0, basis="promise"
    )
    finding = judged(0.79, 4, State.MEASURED, value=35.0, value_low=5.0, value_high=65.0)
    context = seen(
        asked(ask), finding, answers([[10.0], [20.0], [40.0], [70.0]]), parameters={"greet": greet}
    )
    assert fact(context, context.findings[0]) == (
        "On average 0:35 over 4 visits; 2 of 4 outside the target. Promised: at most 0:30."
    )
    one = judged(1.0, 1, State.MEASURED, value=12.0)
    context = seen(asked(ask), one, answers([[12.0]]), parameters={"greet": greet})
    assert fact(context, context.findings[0], against=False) == "0:12 (1 visit)."


def test_a_choice_without_scores_is_counted_by_option(seen):
    ask = Ask(
        answer="choice", choices=(Choice("a", Text.of("by card")), Choice("b", Text.of("cash")))
    )
    finding = judged(None, 3, State.INFORMATIVE)
    context = seen(asked(ask, role="informative"), finding, answers([["a"], ["b"], ["a"]]))
    assert fact(context, context.findings[0]) == "3 visits: 2 “by card”, 1 “cash”."


METRIC = Metric(
    id="m",
    table="calls",
    kind="share",
    value="wait_s <= $answer-seconds",
    lower_is_better=False,
    title="Answered in time",
    says=Text({"en": "{k} of {n} calls, {rest} not, in {answer-seconds}.", "de": "{k} von {n}."}),
)


def checked(**settings) -> Item:
    return Item(
        id="i",
        area="process",
        touchpoints=("in-store",),
        title=Text.of("Quick"),
        check=CheckUse(check="cxaudit.within-target", settings={"metric": "m", **settings}),
    )


def measured(seen, metric=METRIC, value=0.62, n=50, **changes):
    parameters = {
        "answer-seconds": Parameter(id="answer-seconds", question=Text.of("?"), value=20.0)
    }
    found = measurement(
        value,
        metric="m",
        kind=metric.kind,
        n=n,
        unit="all",
        touchpoint="in-store",
        measured_in=metric.unit,
    )
    finding = judged(0.5, n, State.MEASURED, value=value, value_low=0.5, value_high=0.7)
    return seen(
        changes.pop("item", checked(target=0.8)),
        finding,
        parameters=parameters,
        metrics=(metric,),
        measurements=(found,),
        **changes,
    )


def test_a_metric_says_its_own_values(seen):
    context = measured(seen)
    assert fact(context, context.findings[0]) == (
        "31 of 50 calls, 19 not, in 20 (62\u00a0%, likely 50\u00a0% to 70\u00a0%). "
        "Target: at least 80\u00a0%."
    )


def test_few_rows_carry_no_percent(seen):
    context = measured(seen, value=0.75, n=8)
    assert fact(context, context.findings[0], against=False) == "6 of 8 calls, 2 not, in 20."


def test_a_metric_without_a_sentence_says_its_title(seen):
    plain = attrs.evolve(METRIC, says=Text({}))
    context = measured(seen, plain, value=0.75, n=8)
    assert fact(context, context.findings[0], against=False) == "Answered in time: 6 of 8."
    nameless = attrs.evolve(plain, title="")
    assert fact(measured(seen, nameless, value=0.75, n=8), judged_of(context)) == (
        "m: 6 of 8. Target: at least 80\u00a0%."
    )
    mean = attrs.evolve(plain, kind="mean", unit="seconds", lower_is_better=True)
    context = measured(seen, mean, value=34.0, n=820)
    assert fact(context, context.findings[0], against=False).startswith(
        "Answered in time: 0:34 (820 records); likely "
    )


def judged_of(context):
    return context.findings[0]


def test_a_value_that_looks_like_a_placeholder_is_left_alone(seen):
    """Plain replacement: nothing of an object is reached, nothing is put in twice."""
    odd = attrs.evolve(METRIC, says=Text.of("{k} of {n} at {place}"), parameters={"place": "{n}"})
    context = measured(seen, odd, value=0.75, n=8)
    assert fact(context, context.findings[0], against=False) == "6 of 8 at {n}."
    reaching = attrs.evolve(METRIC, says=Text.of("{k.__class__} of {n!r} {} {0} {n"))
    context = measured(seen, reaching, value=0.75, n=8)
    assert fact(context, context.findings[0], against=False) == "{k.__class__} of {n!r} {} {0} {n."


def test_a_quantile_that_was_not_reached_says_so_once(seen):
    reason = "more than 188.5 hours: fewer than 90 in 100 were done when the records ended"
    finding = judged(0.0, 40, State.MEASURED, reason=reason)
    context = seen(checked(target=24.0, better="lower"), finding, metrics=())
    assert fact(context, context.findings[0]) == (
        "More than 188.5 hours: fewer than 90 in 100 were done when the records ended. "
        "Target: at most 24."
    )


def test_two_metrics_compared_are_both_said(seen):
    check = CheckUse(
        check="cxaudit.compare", settings={"metric": "m", "against": "o", "target": 0.0}
    )
    item = attrs.evolve(checked(), check=check)
    other = attrs.evolve(METRIC, id="o", says=Text({}), title="At weekends")
    found = [
        measurement(value, metric=name, n=100, unit="all", touchpoint="in-store")
        for name, value in (("m", 0.5), ("o", 0.75))
    ]
    finding = judged(0.0, 100, State.NOT_MET, value=-0.25)
    context = seen(
        item,
        finding,
        metrics=(attrs.evolve(METRIC, says=Text({})), other),
        measurements=tuple(found),
    )
    assert fact(context, context.findings[0], against=False) == (
        "Answered in time: 50 of 100. At weekends: 75 of 100. "
        "The first less the second: -25\u00a0%."
    )


@pytest.mark.parametrize(
    ("basis", "settings", "says"),
    [
        ("promise", {}, "Promised: at least 80\u00a0%."),
        ("policy", {"better": "lower"}, "The policy says: at most 80\u00a0%."),
        ("law", {"limit": 0.9}, "The law allows at most 80\u00a0%."),
        ("law", {"limit": 0.5}, "The law asks for at least 80\u00a0%."),
        ("reference", {}, "Reference: at least 80\u00a0%."),
        (None, {}, "Target: at least 80\u00a0%."),
    ],
)
def test_a_target_is_said_by_its_direction_and_basis(seen, basis, settings, says):
    check = CheckUse(
        check="cxaudit.within-target",
        settings={"metric": "m", "target": 0.8, **settings},
        written={"metric": "m", "target": "$share"},
    )
    item = attrs.evolve(checked(), check=check)
    context = measured(seen, item=item)
    share = Parameter(id="share", question=Text.of("?"), value=0.8, basis=basis)
    checklist = attrs.evolve(context.result.checklist, parameters={"share": share})
    context = attrs.evolve(context, result=attrs.evolve(context.result, checklist=checklist))
    assert fact(context, context.findings[0]).endswith(says)


# What the project ships


def restaurant() -> Session:
    return Session([RESTAURANT / "plugins"])


def shipped_metrics() -> list[Metric]:
    own = restaurant().load(RESTAURANT / "audit.toml").checklist.metrics
    return [*Session().registered("metric").values(), *own]


@pytest.mark.parametrize("metric", shipped_metrics(), ids=lambda metric: metric.id)
def test_every_shipped_metric_has_a_sentence(metric):
    says = str(metric.says)
    assert says.endswith("."), "a sentence"
    assert says.count(".") == 1
    assert unknown_placeholders(metric) == {}
    if metric.kind is MetricKind.SHARE:
        assert "{k}" in says
        assert "{n}" in says
    else:
        assert "{value}" in says
        assert metric.kind is MetricKind.COUNT or "{n}" in says
    if metric.id.startswith("cxaudit."):
        assert has_catalogue("de")
        with speaking("de"):
            assert translated(says) != says


def parameters_of(checklist) -> dict[str, float]:
    """Return values for every parameter: shares of four in five where more is better."""
    more = {
        item.check.written["target"][1:]
        for item in checklist.items
        if item.check and item.check.written.get("better") == "higher"
        if str(item.check.written.get("target", "")).startswith("$")
    }
    others = {"answer-seconds": 20, "cutoff-hours": 48}
    return {
        name: (0.8 if name in more else 0.1)
        if each.unit.startswith("share")
        else others.get(name, 3)
        for name, each in checklist.parameters.items()
    }


def load(name: str, folder: Path):
    """Return the metrics and the checklist of a name, with all parameters answered."""
    if name == "restaurant":
        session = restaurant()
        audit = session.load(RESTAURANT / "audit.toml")
        return session, audit.checklist
    session = Session()
    given = "".join(
        f'[params.{key}]\nvalue = {value}\nbasis = "promise"\nagreed_by = "Client"\n'
        for key, value in parameters_of(session.load_checklist(name)).items()
    )
    file = folder / f"{name}.toml"
    file.write_text(
        f'cxaudit = 1\n[audit]\nid = "a"\ntitle = "A"\nclient = "C"\nchecklists = ["{name}"]\n'
        f"{given}"
        '[[unit]]\nid = "all"\nname = "All"\nkind = "organisation"\n'
    )
    return session, session.load(file).checklist


def measurements(metric: Metric, target: float | None) -> list[float]:
    """Return a value that meets a target, and one that does not."""
    share = metric.kind in {MetricKind.SHARE, MetricKind.RATIO}
    if target is None:
        return [0.25 if share else 12.0]
    if metric.lower_is_better:
        return [target * 0.5, target * 2 or 0.1]
    return [min(target * 1.125, 1.0) if share else target * 1.125, target * 0.5]


def told_by(item, place, values):
    """Yield an answer a case."""
    for number, value in enumerate(values):
        yield Answer(
            item=item.id, touchpoint=place, unit="all", case=f"c{number}", rater="r", value=value
        )


def titles_and_facts(session, checklist, result, language):
    """Yield, for each item, title and fact of what was met and of what was not."""
    metrics = {**session.registered("metric"), **{each.id: each for each in checklist.metrics}}
    for item in checklist.items:
        if item.excluded is not None:
            continue
        place = item.touchpoints[0]
        common = {"item": item.id, "touchpoint": place, "unit": "all"}
        made = []
        if item.check is not None:
            name = item.check.settings.get("metric")
            if name not in metrics:
                continue
            metric = metrics[name]
            for value in measurements(metric, item.check.settings.get("target")):
                found = measurement(
                    value,
                    metric=name,
                    kind=metric.kind,
                    n=N,
                    unit="all",
                    touchpoint=place,
                    measured_in=metric.unit,
                    statistics={"n": N, "k": value * N},
                )
                request = check_request(
                    found, settings=item.check.settings, lower_is_better=metric.lower_is_better
                )
                verdict = JUDGES[item.check.check](request)
                shown = attrs.asdict(verdict, recurse=False)
                for key in ("tentative", "proven", "evidence"):
                    del shown[key]
                made.append((Finding(**common, **shown), (found,), ()))
        elif item.ask.answer in {"yes-no", "levels"}:
            yes_no = item.ask.answer == "yes-no"
            good, bad = (item.ask.met, not item.ask.met) if yes_no else (1.0, 0.0)
            for values, score in (([good] * 4, 1.0), ([good, good, good, bad], 0.75)):
                answered = tuple(told_by(item, place, values))
                state = State.MET if score == 1 else State.PARTLY
                made.append((Finding(**common, state=state, score=score, n=4), (), answered))
        elif item.ask.curve is not None:
            goal = item.ask.curve.target
            bad = goal * 3 if item.ask.curve.lower_is_better else goal / 3
            for values, score in (([goal] * 4, 1.0), ([goal, goal, goal, bad], 0.8)):
                answered = tuple(told_by(item, place, values))
                mean = sum(values) / 4
                shown = Finding(**common, state=State.MEASURED, score=score, n=4, value=mean)
                made.append((shown, (), answered))
        for finding, measured_here, answered_here in made:
            context = Context.of(
                attrs.evolve(
                    result,
                    checklist=checklist,
                    language=language,
                    metrics=tuple(metrics.values()),
                    units=TREE,
                    findings=Findings.of([finding]),
                    measurements=measured_here,
                    answers=answered_here,
                    cases=tuple(Case(id=f"c{n}", unit="all", touchpoint=place) for n in range(4)),
                    evidence=(),
                ),
                "client",
            )
            with speaking(language):
                yield f"{item.id}: {context.title(finding)}\n    {fact(context, finding)}"


@pytest.mark.parametrize("language", ["en", "de"])
def test_titles_and_facts_of_all_shipped_items(audit, tmp_path, language, approved):
    """Each pair is for a person to read: may the sentence be taken for its opposite?"""
    lines = []
    for name in (*SHIPPED, "restaurant"):
        session, checklist = load(name, tmp_path)
        lines.append(f"# {name}")
        lines += titles_and_facts(session, checklist, audit("mixed"), language)
    approved(f"facts.{language}.txt", "\n".join(lines) + "\n")


def test_facts_for_machines_are_english(seen):
    context = measured(seen)
    german = attrs.evolve(context.result, language="de")
    assert facts_of(german)(context.findings[0]).startswith("31 of 50 calls, 19 not")


def test_a_reports_sentence_is_in_its_language(seen):
    context = measured(seen)
    report = build_report(attrs.evolve(context.result, language="de"))
    text = render_markdown(report).replace("\u00a0", " ")
    assert "31 von 50 (62 %, wahrscheinlich 50 % bis 70 %). Ziel: mindestens 80 %." in text
