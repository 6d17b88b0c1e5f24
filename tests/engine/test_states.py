"""What is unknown, neutral or failed, and why; waivers and the gate."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cxaudit._cli.exits import code_of
from cxaudit.errors import PluginError
from cxaudit.plugin import Check, Policy, hook

ANSWERED = """
[[metric]]
id = "answered"
table = "calls"
kind = "share"
value = "outcome = 'answered'"
lower_is_better = false
"""


def item(name, *, check="within-target", given='metric = "answered", target = 0.9', more=""):
    return f"""
[[item]]
id = "{name}"
area = "process"
touchpoints = ["phone"]
title = "Calls"
check = "{check}"
with = {{ {given} }}
{more}
"""


def asked(name, more="", ask='answer = "yes-no"'):
    return f"""
[[item]]
id = "{name}"
area = "interpersonal"
touchpoints = ["in-store"]
title = "Greeted"
ask = {{ {ask} }}
{more}
"""


ASKED = 'cases = ["cases.csv"]\nanswers = ["answers.csv"]'


def visits(*answers, name="greeted", status="final"):
    """Return the files of one case for each answer: a value, or (value, status, rater)."""
    cases, rows = {}, []
    for number, given in enumerate(answers):
        value, state, rater, case = (
            (*given, *(None,) * 4)[:4]
            if isinstance(given, tuple)
            else (
                given,
                None,
                None,
                None,
            )
        )
        case = case or f"v{number}"
        cases[case] = {
            "id": case,
            "unit": "quay",
            "touchpoint": "in-store",
            "status": state or status,
        }
        rows.append(
            {"item": name, "case": case, "rater": rater or "a", "value": value, "reason": "why"}
        )
    return {"cases.csv": list(cases.values()), "answers.csv": rows}


def test_no_target_while_nobody_answered_the_parameter(run_calls):
    parameter = '[params.promise]\ntype = "number"\nquestion = "How many?"\n'
    checked = item("phone.answered", given='metric = "answered", target = "$promise"')
    calls = [("quay", "answered", 3), ("quay", "abandoned", 1)]
    ran = run_calls(calls, parameter + ANSWERED + checked)
    found = ran.finding("phone.answered")
    assert (found.state.label, found.score, found.value, found.n) == ("no_target", None, 0.75, 4)
    answered = run_calls(calls, parameter + ANSWERED + checked, audit="[params]\npromise = 0.7\n")
    assert answered.state("phone.answered") == "met"


def test_unavailable_says_which_parameter_table_or_column_is_missing(run_calls):
    checklist = """
[params.promise]
type = "number"
question = "How many?"
[[metric]]
id = "a"
table = "calls"
kind = "share"
value = "wait_s <= $promise"
lower_is_better = false
[[metric]]
id = "b"
table = "threads"
kind = "count"
[[metric]]
id = "c"
table = "calls"
kind = "mean"
value = "wait_s"
lower_is_better = true
""" + "".join(
        item(f"phone.{m}", given=f'metric = "{m}", target = 1, better = "lower"') for m in "abc"
    )
    ran = run_calls([("quay", "answered", 3)], checklist)
    reasons = {m: ran.finding(f"phone.{m}").reason for m in "abc"}
    assert {ran.state(f"phone.{m}") for m in "abc"} == {"unavailable"}
    assert reasons == {
        "a": "nobody has answered the parameter 'promise' yet",
        "b": "no source gives the table threads",
        "c": "no source gives calls.wait_s",
    }
    root = ran.result.scorecard.root.overall
    assert (root.value, root.coverage, root.lowest, root.highest) == (None, 0.0, 0.0, 1.0)
    assert code_of(ran.result) == 4


def test_coalesce_says_what_holds_for_a_column_that_nobody_gives(run_calls):
    calls = """
[[metric]]
id = "inbound"
table = "calls"
kind = "share"
where = "coalesce(direction, 'in') = 'in'"
value = "outcome = 'answered'"
lower_is_better = false
"""
    given = 'metric = "inbound", target = 1'
    ran = run_calls([("quay", "answered", 3)], calls + item("phone.inbound", given=given))
    assert ran.finding("phone.inbound").value == 1
    assert ran.state("phone.inbound") == "met"


def test_insufficient_under_min_n_and_where_no_row_counts(run_calls):
    few = item("phone.few", given='metric = "answered", target = 0.5, min_n = 4')
    enough = item("phone.enough", given='metric = "answered", target = 0.5, min_n = 3')
    ran = run_calls([("quay", "answered", 3)], ANSWERED + few + enough)
    assert (ran.state("phone.few"), ran.finding("phone.few").value) == ("insufficient", 1.0)
    assert ran.finding("phone.few").reason == "3 rows, 4 are needed"
    assert ran.state("phone.enough") == "met"


class Raising:
    """A plugin with a check that fails at one unit."""

    @hook
    def cxaudit_register(self):
        yield Check(
            id="test.fails",
            judge=self.judge,
            settings={"type": "object", "properties": {"metric": {"type": "string"}}},
        )

    @staticmethod
    def judge(request):
        raise ZeroDivisionError(request.unit.id)


def test_a_check_that_raises_is_an_error_and_the_run_goes_on(run_calls):
    bad = item("phone.bad", check="test.fails", given='metric = "answered"')
    ran = run_calls(
        [("quay", "answered", 1)], ANSWERED + bad + item("phone.good"), plugins=[Raising()]
    )
    assert ran.state("phone.bad") == "error"
    assert "ZeroDivisionError" in ran.finding("phone.bad").reason
    assert ran.state("phone.good") == "met"
    (problem,) = ran.result.problems
    assert "phone.bad" in problem.subject
    assert "ZeroDivisionError: harbour" in problem.cause
    assert code_of(ran.result) == 3


@pytest.mark.parametrize("role", ["outcome", "informative"])
def test_what_is_no_practice_is_neutral_with_its_value_shown(run_calls, role):
    checklist = ANSWERED + item("phone.seen", more=f'role = "{role}"') + item("phone.scored")
    ran = run_calls([("quay", "answered", 1), ("quay", "abandoned", 3)], checklist)
    found = ran.finding("phone.seen")
    assert (found.state.label, found.score, found.weight) == ("informative", None, 0)
    assert (found.value, found.n) == (0.25, 4)
    assert ran.result.scorecard.root.overall.value == 0.0
    assert ran.result.scorecard.root.overall.neutral == 1


def test_excluded_by_a_tailor_is_recorded_with_its_rationale(run_calls):
    checklist = (
        ANSWERED
        + item("phone.a")
        + item("phone.b")
        + '[[tailor]]\nitem = "phone.b"\nexclude = true\nrationale = "No such line"\n'
    )
    ran = run_calls([("quay", "answered", 1)], checklist)
    found = ran.finding("phone.b")
    assert (found.state.label, found.reason) == ("excluded", "No such line")
    assert ran.result.scorecard.root.overall.coverage == 1.0


class Proposing:
    """A plugin that proposes exclusions."""

    def __init__(self, *proposals):
        self.proposals = proposals

    @hook
    def cxaudit_propose_exclusions(self, unit):
        return self.proposals if unit.id == "mole" else ()


def test_an_exclusion_that_a_plugin_proposes_is_recorded(run_calls):
    checklist = ANSWERED + item("phone.a", more='per = "site"')
    plugin = Proposing(("phone.a", "No phone there"))
    ran = run_calls([("quay", "answered", 1)], checklist, plugins=[plugin])
    found = ran.finding("phone.a", "mole")
    assert found.state.label == "excluded"
    assert found.reason.startswith("No phone there (proposed by ")
    assert ran.state("phone.a", "quay") == "met"
    assert "exclusions: plugins excluded 1 finding" in ran.notes


@pytest.mark.parametrize("proposal", ["phone.a", ("phone.a",), ("phone.x", "No such item"), 7])
def test_a_proposal_that_says_nothing_is_a_problem_and_no_crash(run_calls, proposal):
    ran = run_calls(
        [("quay", "answered", 1)], ANSWERED + item("phone.a"), plugins=[Proposing(proposal)]
    )
    assert ran.state("phone.a") == "met"
    assert any("exclusions" in f"{p.stage} {p.subject}" for p in ran.result.problems)


CRITICAL = "critical = { fail_below = 0.5 }"


def share(answered, abandoned):
    return [("quay", "answered", answered), ("quay", "abandoned", abandoned)]


def critical(run_calls, calls, more=CRITICAL, audit="", **given):
    linear = 'metric = "answered", target = 1, limit = 0'
    return run_calls(
        calls, ANSWERED + item("phone.a", given=linear, more=more), audit=audit, **given
    )


def test_failed_when_the_whole_interval_lies_below(run_calls):
    """Wilson on 10 of 100: 0.055 to 0.175."""
    ran = critical(run_calls, share(10, 90))
    assert ran.flags("phone.a") == {"critical", "failed"}
    assert not ran.result.gate.passed
    assert ran.result.gate.reasons == ("critical item phone.a failed at harbour",)
    assert code_of(ran.result) == 1
    assert ran.result.scorecard.root.overall.value == 0.1


def test_suspected_when_only_the_point_lies_below(run_calls):
    """Wilson on 4 of 10 reaches 0.687."""
    ran = critical(run_calls, share(4, 6))
    assert {"critical", "suspected"} <= ran.flags("phone.a")
    assert "failed" not in ran.flags("phone.a")
    assert ran.result.gate.passed


def test_not_cleared_when_unknown(run_calls):
    few = 'metric = "answered", target = 0.9, min_n = 100'
    ran = run_calls(share(4, 6), ANSWERED + item("phone.a", given=few, more=CRITICAL))
    assert ran.flags("phone.a") == {"critical", "not_cleared"}
    assert ran.result.gate.passed


def test_a_failed_critical_item_of_a_comparator_does_not_fail_the_gate(run_calls):
    units = """id,name,kind,parent,zone,touchpoints,comparator
harbour,Harbour,organisation,,UTC,phone,
quay,Quay,site,harbour,,,
rival,Rival,site,harbour,,,true
"""
    calls = [("quay", "answered", 50), ("rival", "abandoned", 50)]
    ran = critical(run_calls, calls, more=CRITICAL + '\nper = "site"', units=units)
    assert "failed" in ran.flags("phone.a", "rival")
    assert ran.result.gate.passed


def test_an_event_is_failed_by_one_proven_case(run):
    checklist = asked("greeted", 'critical = { severity = "event" }')
    nine = ["yes"] * 9
    proven = run(checklist, head=ASKED, files=visits(*nine, "no"))
    assert proven.finding("greeted").score == pytest.approx(0.9)
    assert "failed" in proven.flags("greeted")
    checked = run(checklist, head=ASKED, files=visits(*nine, ("no", "checked")))
    assert "failed" not in checked.flags("greeted")


def test_compliance_has_its_own_gate_and_stays_out_of_the_score(run_calls):
    law = item(
        "phone.law",
        given='metric = "answered", target = 0.9',
        more="critical = { compliance = true }",
    )
    checklist = ANSWERED + law + item("phone.a", given='metric = "answered", target = 0.01')
    calls = share(1, 99)
    for gate, passed in (("", False), ("compliance = false\n", True)):
        ran = run_calls(calls, checklist, audit=f"[gate]\n{gate}")
        assert "compliance" in ran.flags("phone.law")
        assert ran.result.gate.passed is passed
        assert ran.result.scorecard.root.overall.value == 1.0


def waiver(days, *, item="phone.a", extra=""):
    until = (datetime.now(UTC) + timedelta(days=days)).date().isoformat()
    return (
        f'[[waiver]]\nitem = "{item}"\nreason = "New line"\napprover = "Head"\n'
        f"expires = {until}\n{extra}\n"
    )


def test_a_waiver_acts_on_the_gate_only(run_calls):
    calls = share(10, 90)
    plain = critical(run_calls, calls)
    waived = critical(run_calls, calls, audit=waiver(0))
    assert not plain.result.gate.passed
    assert waived.result.gate.passed
    assert waived.result.scorecard == plain.result.scorecard
    assert waived.flags("phone.a") == plain.flags("phone.a") | {"waived"}
    assert [(w.status, w.findings) for w in waived.result.waivers] == [("used", 1)]


def test_an_expired_waiver_waives_nothing(run_calls):
    ran = critical(run_calls, share(10, 90), audit=waiver(-1))
    assert not ran.result.gate.passed
    assert "waived" not in ran.flags("phone.a")
    assert [w.status for w in ran.result.waivers] == ["expired"]


def test_a_waiver_that_is_not_needed_says_so(run_calls):
    ran = critical(run_calls, share(100, 0), audit=waiver(9))
    assert [(w.status, w.findings) for w in ran.result.waivers] == [("not needed", 0)]


def test_a_waiver_of_another_unit_waives_nothing_here(run_calls):
    ran = critical(run_calls, share(10, 90), audit=waiver(9, extra='unit = "quay"'))
    assert not ran.result.gate.passed


@pytest.mark.parametrize(
    ("gate", "code"),
    [
        ("min_score = 0.5", 0),
        ("min_score = 0.51", 1),
        ("min_coverage = 0.5", 0),
        ("min_coverage = 0.51", 4),
        ("min_score = 0.51\nmin_coverage = 0.51", 1),
    ],
)
def test_gate_rules_and_what_the_exit_code_says(run_calls, gate, code):
    """One item at 0.5, one that nobody answered: score 0.5, coverage 0.5."""
    linear = 'metric = "answered", target = 1, limit = 0'
    unknown = item("phone.b", given='metric = "answered", target = 1, min_n = 1000')
    checklist = ANSWERED + item("phone.a", given=linear) + unknown
    ran = run_calls(share(5, 5), checklist, audit=f"[gate]\n{gate}\n")
    overall = ran.result.scorecard.root.overall
    assert (overall.value, overall.coverage) == (0.5, 0.5)
    assert code_of(ran.result) == code


def test_drafts_and_rejected_cases_are_shown_and_not_counted(run):
    files = visits(
        "yes",
        ("yes", "checked"),
        ("no", "draft"),
        ("no", "disputed"),
        ("no", "rejected"),
        ("no", "rejected"),
    )
    ran = run(asked("greeted"), head=ASKED, files=files)
    # Final, checked and disputed: yes, yes, no.
    assert (ran.finding("greeted").score, ran.finding("greeted").n) == (pytest.approx(2 / 3), 3)
    assert len(ran.result.cases) == 6
    assert len(ran.result.answers) == 6
    assert {n for n in ran.notes if n.startswith("cases:")} == {
        "cases: 1 case is draft and not counted",
        "cases: 2 cases are rejected and not counted",
        "cases: without a case at in-store, so not in the means above: Mole, Pier",
    }


def test_a_case_of_several_raters_counts_once(run):
    """v0: 1 and 0 by two raters, v1: 1 by one; (0.5 + 1) / 2."""
    files = visits(("yes", None, "a", "v0"), ("no", None, "b", "v0"), ("yes", None, "a", "v1"))
    ran = run(asked("greeted"), head=ASKED, files=files)
    assert (ran.finding("greeted").score, ran.finding("greeted").n) == (0.75, 2)
    (agreement,) = ran.result.agreement
    assert (agreement.cases, agreement.raters, agreement.raw) == (1, 2, 0.0)
    assert {a.rater for a in ran.result.answers}.isdisjoint({"a", "b"})


def test_cases_of_other_waves_stay_out(run):
    files = visits("yes", "no")
    files["cases.csv"][0]["wave"] = "spring"
    files["cases.csv"][1]["wave"] = "autumn"
    waves = "".join(
        f'[[wave]]\nid = "{name}"\nstart = {start}\nend = {end}\n'
        for name, start, end in (
            ("spring", "2026-04-01", "2026-06-30"),
            ("autumn", "2026-09-01", "2026-10-31"),
        )
    )
    ran = run(asked("greeted"), head=ASKED + '\nwave = "autumn"', audit=waves, files=files)
    assert (ran.finding("greeted").score, ran.finding("greeted").n) == (0.0, 1)


def test_files_of_cases_and_answers_may_be_globs(run):
    first, second = visits("yes", "no"), visits("yes", "yes")
    for case in second["cases.csv"]:
        case["id"] += "-more"
    for answer in second["answers.csv"]:
        answer["case"] += "-more"
    files = {
        f"{name}-{n}.csv": given[f"{name}.csv"]
        for n, given in enumerate((first, second))
        for name in ("cases", "answers")
    }
    head = 'cases = ["cases-*.csv"]\nanswers = ["answers-*.csv"]'
    ran = run(asked("greeted"), head=head, files=files)
    assert (ran.finding("greeted").score, ran.finding("greeted").n) == (0.75, 4)


def test_metrics_run_over_answers(run):
    checklist = """
[[metric]]
id = "seconds"
table = "answers"
kind = "mean"
where = "item = 'greeted'"
value = "value"
lower_is_better = true
[[item]]
id = "greeted.mean"
area = "process"
touchpoints = ["in-store"]
title = "Soon"
check = "within-target"
with = { metric = "seconds", target = 30, limit = 90 }
""" + asked("greeted", ask='answer = "number"')
    files = visits("20", "40", ("900", "draft"), "could not be observed")
    ran = run(checklist, head=ASKED, files=files)
    assert (ran.finding("greeted.mean").value, ran.finding("greeted.mean").n) == (30.0, 2)
    assert ran.finding("greeted.mean").score == 1.0
    assert (ran.state("greeted"), ran.finding("greeted").value) == ("no_target", 30.0)


def test_only_practice_fails_the_gate(run_calls):
    """An outcome is shown beside the score: whatever its value, no gate rests on it."""
    ran = critical(run_calls, share(10, 90), more=CRITICAL + '\nrole = "outcome"')
    assert ran.flags("phone.a") == set()
    assert ran.result.gate.passed


def test_a_policy_that_gives_no_score_is_told_with_its_plugin(run_calls):
    class Odd:
        @hook
        def cxaudit_register(self):
            rules = dict.fromkeys(("not_applicable", "unanswered", "critical", "aggregation"), "")
            yield Policy(id="test.odd", title="Odd", bands=(), score=lambda _: 0.5, **rules)

    ran = run_calls(share(1, 1), ANSWERED + item("phone.a"), plugins=[Odd()])
    with pytest.raises(PluginError, match="not a Scorecard"):
        ran.session.rescore(ran.result, "test.odd")


class Gating:
    """A plugin that fails the gate."""

    @hook
    def cxaudit_gate(self, result):
        if result.scorecard.root.overall.value < 1:
            yield "not perfect"


def test_a_plugin_may_fail_the_gate(run_calls):
    ran = run_calls(share(1, 1), ANSWERED + item("phone.a"), plugins=[Gating()])
    assert (ran.result.gate.passed, ran.result.gate.reasons) == (False, ("not perfect",))
    assert code_of(ran.result) == 1


def test_answers_alone_need_no_engine(run):
    ran = run(asked("greeted"), head=ASKED, files=visits("yes", "no", "not applicable"))
    assert (ran.finding("greeted").score, ran.finding("greeted").n) == (0.5, 2)
    assert ran.result.provenance.engine == ""


def test_not_applicable_is_neutral_and_not_observed_unknown(run):
    neutral = run(asked("greeted"), head=ASKED, files=visits("not applicable"))
    assert (neutral.state("greeted"), neutral.finding("greeted").weight) == ("not_applicable", 0)
    unknown = run(asked("greeted"), head=ASKED, files=visits("could not be observed"))
    assert unknown.state("greeted") == "not_observed"
    overall = unknown.result.scorecard.root.overall
    assert (overall.value, overall.coverage) == (None, 0.0)


def test_nothing_asked_is_unanswered(run):
    ran = run(asked("greeted") + asked("thanked"), head=ASKED, files=visits("yes"))
    assert ran.state("thanked") == "unanswered"
    assert ran.result.scorecard.root.overall.coverage == 0.5


def test_a_proven_event_counts_at_every_level(run):
    checklist = asked("greeted", 'critical = { severity = "event" }\nper = "site"')
    files = visits("yes", "no")
    files["cases.csv"][1]["unit"] = "pier"
    ran = run(checklist, head=ASKED, files=files)
    failed = {f.unit for f in ran.result.findings if "failed" in f.flags.labels}
    assert failed == {"harbour", "south", "pier"}
    assert ran.state("greeted", "mole") == "unanswered"


WEIGHED = """id,name,kind,parent,weight,touchpoints,comparator
all,All,organisation,,1,in-store;phone,
old,Old town,region,all,1,,
quay,Quay,site,old,9,,
pier,Pier,site,all,1,,
dock,Dock,site,all,90,,
call,Call centre,site,all,5,phone,
other,Other,site,all,,,true
"""


def page_one(ran, audience="client"):
    """Return the words of the answer."""
    report = ran.session.report(ran.result, audience)
    (summary,) = [section for section in report.sections if section.id == "summary"]
    return " ".join(getattr(block, "text", "") for block in summary.blocks)


def test_a_disputed_case_counts_and_the_score_without_it_is_said(run):
    checklist = asked("greeted", 'per = "site"') + asked("thanked")
    files = visits("yes", "yes", ("no", "disputed"), ("yes", "rejected"))
    files["answers.csv"] += [{"item": "thanked", "case": "v0", "rater": "a", "value": "yes"}]
    ran = run(checklist, head=ASKED, files=files)
    # 2 of 3 and 1 of 1 in one area; without the dispute 2 of 2 and 1 of 1.
    assert ran.result.scorecard.root.overall.value == pytest.approx((2 / 3 + 1) / 2)
    assert (ran.result.disputed.cases, ran.result.disputed.score) == (1, 1.0)
    said = (
        "1 visit is disputed and counts until that is decided; without it the score would be 100.0."
    )
    assert said in page_one(ran)
    assert said in page_one(ran, "internal")
    assert "disputed" not in page_one(ran, "public")
    # Reviews of one question each, two of them by v0: 2/3 over all, without the dispute 1.
    again = ran.session.rescore(ran.result, "zendesk-qa-1")
    assert again.scorecard.root.overall.value == pytest.approx((1 + 1 + 0) / 3)
    assert again.disputed.score == 1.0
    decided = ran.session.rescore(again, "cxaudit-1")
    assert decided.disputed == ran.result.disputed


def test_the_score_without_disputed_cases_is_that_of_the_run_without_them(run):
    checklist = asked("greeted", 'per = "site"\ncritical = { fail_below = 0.9 }') + asked("smiled")
    files = visits(("no", "disputed"), "yes", ("no", "disputed"), "no", "not applicable")
    for row in files["cases.csv"][2:4]:
        row["unit"] = "pier"
    files["answers.csv"] += [{"item": "smiled", "case": "v2", "rater": "b", "value": "yes"}]
    ran = run(checklist, head=ASKED, files=files)
    assert ran.result.disputed.cases == 2
    dropped = run(
        checklist,
        head=ASKED,
        files={
            name: [row for row in rows if row.get("case", row.get("id")) not in {"v0", "v2"}]
            for name, rows in files.items()
        },
    )
    assert ran.result.disputed.score == dropped.result.scorecard.root.overall.value
    assert dropped.result.disputed is None
    without = {(f.item, f.unit): (f.state, f.score, f.n) for f in ran.result.disputed.findings}
    for (name, unit), found in without.items():
        other = dropped.finding(name, unit)
        assert found == (other.state, other.score, other.n)
    # Units in which nothing is disputed are as they are.
    assert {unit for _, unit in without} == {"harbour", "north", "quay", "south", "pier"}


def test_where_all_is_disputed_there_would_be_no_score(run):
    ran = run(asked("greeted"), head=ASKED, files=visits(("no", "disputed"), ("yes", "disputed")))
    assert ran.result.disputed.score is None
    assert (
        "2 visits are disputed and count until that is decided; without them there would be no "
        "score." in page_one(ran)
    )


def test_a_site_weighs_by_its_weight_and_not_by_its_visits(run):
    files = visits("yes", *["no"] * 12)
    for row in files["cases.csv"][1:]:
        row["unit"] = "pier"
    ran = run(asked("greeted", 'per = "site"'), head=ASKED, files=files, units=WEIGHED)
    assert ran.finding("greeted", "all").score == pytest.approx(0.9)
    assert ran.finding("greeted", "all").n == 13
    assert (ran.finding("greeted", "quay").score, ran.finding("greeted", "pier").score) == (1, 0)
    # The dock holds no visit: it leaves the mean and is named. The call centre has no shop.
    assert ran.notes == ["cases: without a case at in-store, so not in the means above: Dock"]


def test_units_without_cases_are_named_up_to_twenty(run):
    units = WEIGHED + "".join(f"s{n},S{n},site,all,1,,\n" for n in range(25))
    ran = run(asked("greeted"), head=ASKED, files=visits("yes"), units=units)
    (note,) = ran.notes
    assert note.endswith(
        "above: Pier, Dock, " + ", ".join(f"S{n}" for n in range(18)) + " and 7 more"
    )
    # People are not named.
    people = WEIGHED.replace(",site,", ",agent,")
    assert run(asked("greeted"), head=ASKED, files=visits("yes"), units=people).notes == []
    # What was asked at the head office is no matter of its sites.
    files = visits("yes")
    files["cases.csv"][0]["unit"] = "all"
    assert run(asked("greeted"), head=ASKED, files=files, units=units).notes == []


def test_min_cases_and_documents(run):
    few = run(
        asked("greeted", ask='answer = "yes-no", min_cases = 3'),
        head=ASKED,
        files=visits("yes", "no"),
    )
    assert (few.state("greeted"), few.finding("greeted").reason) == (
        "insufficient",
        "2 of at least 3 cases",
    )
    whole = run(
        asked("greeted", ask='answer = "yes-no", method = "document"'),
        head=ASKED,
        files=visits("yes"),
    ).finding("greeted")
    assert (whole.score, whole.low, whole.high) == (1.0, 1.0, 1.0)


def test_levels_and_curves_are_scored_case_by_case(run):
    """Levels 1, 0.5 and 0; seconds 30, 60 and 120 on a line from 30 to 90: 1, 0.5 and 0."""
    anchors = ", ".join(f'{{ level = {n}, text = "at {n}" }}' for n in (1.0, 0.5, 0.0))
    levels = asked("warm", ask=f'answer = "levels", anchors = [{anchors}]')
    timed = asked("soon", ask='answer = "number", curve = { target = 30, limit = 90 }')
    warm, soon = visits("1.0", "0.5", "0", name="warm"), visits("30", "60", "120", name="soon")
    files = {
        "cases.csv": warm["cases.csv"],
        "answers.csv": warm["answers.csv"] + soon["answers.csv"],
    }
    ran = run(levels + timed, head=ASKED, files=files)
    assert ran.finding("warm").score == pytest.approx(0.5)
    assert ran.finding("soon").score == pytest.approx(0.5)
    assert ran.finding("soon").value == pytest.approx(70)
