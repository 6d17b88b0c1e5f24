"""Where items are judged, and whose rows and cases count there."""

from __future__ import annotations

import pytest

ANSWERED = """
[[metric]]
id = "answered"
table = "calls"
kind = "share"
value = "outcome = 'answered'"
lower_is_better = false
"""


def item(name, *, per='per = "site"', touchpoints='["phone"]', more=""):
    return f"""
[[item]]
id = "{name}"
area = "process"
touchpoints = {touchpoints}
{per}
title = "Calls are answered"
check = "within-target"
with = {{ metric = "answered", target = 0.9, limit = 0.1 }}
{more}
"""


def test_every_level_is_measured_on_its_own_pooled_rows(run_calls):
    """Simpson: 9 of 10 and 10 of 90 are 19 of 100 together, not the mean of the shares."""
    ran = run_calls(
        [
            ("quay", "answered", 9),
            ("quay", "abandoned", 1),
            ("mole", "answered", 10),
            ("mole", "abandoned", 80),
            ("pier", "answered", 50),
        ]
    )
    assert ran.units("phone.answered") == {"harbour", "north", "south", "quay", "mole", "pier"}
    expected = {
        "quay": 9 / 10,
        "mole": 10 / 90,
        "north": 19 / 100,
        "pier": 1.0,
        "south": 1.0,
        "harbour": 69 / 150,
    }
    for unit, value in expected.items():
        found = ran.finding("phone.answered", unit)
        assert found.value == value
        assert found.score == pytest.approx(min(1.0, (value - 0.1) / 0.8))
    assert ran.finding("phone.answered").n == 150


def test_rows_of_unknown_units_count_for_the_root_alone_and_are_listed(run_calls):
    ran = run_calls(
        [("quay", "answered", 3), ("0042", "abandoned", 1), ("0043", "abandoned", 2)],
        audit='[unit_alias."*"]\n"0042" = "mole"\n',
    )
    assert ran.value("answered", "quay") == 1.0
    assert ran.value("answered", "mole") == 0.0
    assert ran.value("answered", "north") == 3 / 4
    assert ran.value("answered") == 3 / 6
    assert dict(ran.result.accounts[0].unmatched_units) == {"0043": 2}


COMPARED = """id,name,kind,parent,zone,touchpoints,comparator
harbour,Harbour,organisation,,UTC,phone;in-store,
quay,Quay,site,harbour,,,
rival,Rival,site,harbour,,,true
"""


def test_a_comparator_is_shown_and_never_rolled_up(run_calls):
    ran = run_calls(
        [("quay", "answered", 1), ("quay", "abandoned", 1), ("rival", "abandoned", 8)],
        units=COMPARED,
    )
    assert ran.value("answered", "rival") == 0.0
    assert ran.value("answered") == 0.5
    assert ran.finding("phone.answered").n == 2
    assert ran.evidence("phone.answered").total == 1
    assert {piece.fields["unit"] for piece in ran.evidence("phone.answered").shown} == {"quay"}


def test_rows_of_unknown_units_are_evidence_beside_comparators_too(run_calls):
    """What counts for the root is also what the root's finding rests on."""
    ran = run_calls(
        [("quay", "abandoned", 1), ("0042", "abandoned", 2), ("rival", "abandoned", 4)],
        units=COMPARED,
    )
    assert ran.finding("phone.answered").n == 3
    assert ran.evidence("phone.answered").total == 3


def test_cases_of_a_comparator_are_shown_and_never_rolled_up(run):
    ran = run(
        ASK,
        units=COMPARED,
        head='cases = ["cases.csv"]\nanswers = ["answers.csv"]',
        files=cases([("quay", True), ("rival", False), ("rival", False)]),
    )
    assert (ran.finding("greeted", "rival").score, ran.finding("greeted", "rival").n) == (0.0, 2)
    assert (ran.finding("greeted").score, ran.finding("greeted").n) == (1.0, 1)


ASK = """
[[item]]
id = "greeted"
area = "interpersonal"
touchpoints = ["in-store"]
per = "site"
title = "Greeted"
ask = { answer = "yes-no" }
"""


def cases(given):
    """Return the files of one case and one answer for each (unit, whether it was met)."""
    visits = [
        {"id": f"v{n}", "unit": unit, "touchpoint": "in-store"} for n, (unit, _) in enumerate(given)
    ]
    answers = [
        {"item": "greeted", "case": f"v{n}", "rater": "a", "value": "yes" if met else "no"}
        for n, (_, met) in enumerate(given)
    ]
    return {"cases.csv": visits, "answers.csv": answers}


ASKED = 'cases = ["cases.csv"]\nanswers = ["answers.csv"]'


def test_answers_are_pooled_over_cases_with_the_weight_of_their_unit(run):
    """Quay weighs 3 however often it was visited, Mole 1: (3 * 1 + 1 * 0) / (3 + 1)."""
    units = """id,name,kind,parent,zone,weight,touchpoints
harbour,Harbour,organisation,,UTC,1,in-store
quay,Quay,site,harbour,,3,
mole,Mole,site,harbour,,1,
"""
    given = cases([("quay", True), ("quay", True), ("mole", False)])
    ran = run(ASK, units=units, head=ASKED, files=given)
    assert ran.finding("greeted", "quay").score == 1.0
    assert ran.finding("greeted", "mole").score == 0.0
    assert ran.finding("greeted").score == pytest.approx(3 / 4)
    assert ran.finding("greeted").n == 3


def test_a_unit_without_the_touchpoint_is_neutral(run_calls):
    units = """id,name,kind,parent,zone,touchpoints
harbour,Harbour,organisation,,UTC,phone;in-store
quay,Quay,site,harbour,,phone
mole,Mole,site,harbour,,in-store
"""
    ran = run_calls([("quay", "answered", 3), ("mole", "abandoned", 1)], units=units)
    assert ran.state("phone.answered", "mole") == "not_applicable"
    assert ran.finding("phone.answered", "mole").reason == "Mole has no touchpoint phone"
    assert ran.finding("phone.answered", "mole").weight == 0
    assert ran.value("answered") == 1.0


def test_when_true_false_and_null(run_calls):
    units = """id,name,kind,parent,zone,touchpoints,format
harbour,Harbour,organisation,,UTC,phone,
quay,Quay,site,harbour,,,shop
mole,Mole,site,harbour,,,kiosk
pier,Pier,site,harbour,,,
"""
    ran = run_calls(
        [("quay", "answered", 1), ("mole", "abandoned", 1), ("pier", "abandoned", 1)],
        ANSWERED + item("phone.answered", more="when = \"format <> 'kiosk'\""),
        units=units,
    )
    assert ran.state("phone.answered", "quay") == "measured"
    for unit in ("mole", "pier"):
        assert ran.state("phone.answered", unit) == "not_applicable"
        assert "format <> 'kiosk'" in ran.finding("phone.answered", unit).reason
    assert (ran.finding("phone.answered").value, ran.finding("phone.answered").n) == (1.0, 1)


def test_items_that_hold_at_different_units_share_a_metric_and_not_its_values(run_calls):
    """The same metric at the root over all sites for one item, over shops for the other."""
    shops = item("phone.shops", more="when = \"format = 'shop'\"")
    calls = [("quay", "answered", 2), ("mole", "abandoned", 2), ("pier", "answered", 1)]
    for order in (item("phone.all") + shops, shops + item("phone.all")):
        ran = run_calls(calls, ANSWERED + order)
        assert ran.finding("phone.all").value == 3 / 5
        assert ran.finding("phone.shops").value == 1.0
        assert ran.finding("phone.all", "north").value == 1 / 2
        assert ran.finding("phone.shops", "north").value == 1.0


WAVES = """
[[wave]]
id = "spring"
start = 2026-04-01
end = 2026-06-30
"""


def test_units_that_are_closed_or_not_open_yet_in_a_wave_are_neutral(run_calls):
    units = """id,name,kind,parent,zone,touchpoints,from,until
harbour,Harbour,organisation,,UTC,phone,,
quay,Quay,site,harbour,,,,2026-04-01
mole,Mole,site,harbour,,,,2026-03-31
pier,Pier,site,harbour,,,2026-07-01,
jetty,Jetty,site,harbour,,,2026-06-30,
"""
    calls = [(unit, "answered", 1) for unit in ("quay", "mole", "pier", "jetty")]
    ran = run_calls(calls, units=units, head='wave = "spring"', audit=WAVES)
    states = {unit: ran.state("phone.answered", unit) for unit in ("quay", "mole", "pier", "jetty")}
    assert states == {
        "quay": "measured",
        "mole": "not_applicable",
        "pier": "not_applicable",
        "jetty": "measured",
    }
    assert ran.finding("phone.answered", "mole").reason == "Mole closed on 2026-03-31"
    assert ran.finding("phone.answered", "pier").reason == "Pier opens on 2026-07-01"
    assert ran.finding("phone.answered").n == 2


def test_rows_are_told_apart_by_touchpoint_children_with_their_parent(run):
    rows = [
        {"thread_id": f"t{n}", "unit": "quay", "touchpoint": touchpoint, "status": status}
        for n, (touchpoint, status) in enumerate(
            [
                ("message", "solved"),
                ("message.chat", "open"),
                ("message.chat", "open"),
                ("message.chats", "open"),
                ("phone", "open"),
            ]
        )
    ]
    checklist = """
[[metric]]
id = "solved"
table = "threads"
kind = "share"
value = "status = 'solved'"
lower_is_better = false
[[item]]
id = "solved"
area = "process"
touchpoints = ["message", "message.chat", "phone"]
title = "Solved"
weight = 6
check = "within-target"
with = { metric = "solved", target = 1, limit = 0 }
"""
    source = '[sources.t]\nreader = "csv"\ntable = "threads"\npath = "t.csv"\n'
    ran = run(checklist, audit=source, files={"t.csv": rows})
    found = {t: ran.finding("solved", touchpoint=t) for t in ("message", "message.chat", "phone")}
    assert {t: (f.value, f.n) for t, f in found.items()} == {
        "message": (1 / 4, 4),
        "message.chat": (0.0, 2),
        "phone": (0.0, 1),
    }
    assert [f.weight for f in found.values()] == [2, 2, 2]


def test_an_item_at_several_touchpoints_counts_once(run_calls):
    """It lacks one of its touchpoints here, so the other carries its whole weight."""
    units = """id,name,kind,parent,zone,touchpoints
harbour,Harbour,organisation,,UTC,phone;in-store
quay,Quay,site,harbour,,phone;in-store
mole,Mole,site,harbour,,phone
"""
    both = item("phone.answered", touchpoints='["phone", "in-store"]', more="weight = 4")
    calls = [("quay", "answered", 1), ("mole", "answered", 1)]
    ran = run_calls(calls, ANSWERED + both, units=units)
    weights = {
        (f.unit, f.touchpoint): f.weight for f in ran.result.findings if f.item == "phone.answered"
    }
    assert weights["quay", "phone"] == weights["quay", "in-store"] == 2
    assert (weights["mole", "phone"], weights["mole", "in-store"]) == (4, 0)
    # Calls that name no touchpoint are on the phone.
    assert ran.state("phone.answered", "quay", "in-store") == "insufficient"


def test_a_kind_that_no_unit_has_is_judged_at_the_root_and_said(run_calls):
    ran = run_calls(
        [("quay", "answered", 1)], ANSWERED + item("phone.answered", per='per = "team"')
    )
    assert ran.units("phone.answered") == {"harbour"}
    assert any("phone.answered" in note and "team" in note for note in ran.notes)


def test_all_below_a_comparator_counts_for_it_alone(run_calls):
    units = """id,name,kind,parent,zone,touchpoints,comparator
harbour,Harbour,organisation,,UTC,phone,
quay,Quay,site,harbour,,,
rivals,Rivals,region,harbour,,,true
rival,Rival,site,rivals,,,
"""
    calls = [("quay", "answered", 4), ("rival", "abandoned", 3), ("rivals", "abandoned", 1)]
    ran = run_calls(calls, units=units)
    assert ran.units("phone.answered") == {"harbour", "quay", "rivals", "rival"}
    assert (ran.value("answered"), ran.value("answered", "rivals")) == (1.0, 0.0)
    assert (ran.finding("phone.answered").n, ran.finding("phone.answered", "rivals").n) == (4, 4)


def test_sites_of_a_region_that_closed_are_closed(run_calls):
    units = """id,name,kind,parent,zone,touchpoints,until
harbour,Harbour,organisation,,UTC,phone,
south,South,region,harbour,,,2026-03-31
pier,Pier,site,south,,,
quay,Quay,site,harbour,,,
"""
    calls = [("pier", "abandoned", 1), ("quay", "answered", 1)]
    ran = run_calls(calls, units=units, head='wave = "spring"', audit=WAVES)
    assert ran.state("phone.answered", "pier") == "not_applicable"
    assert ran.state("phone.answered", "south") == "not_applicable"
    assert ran.finding("phone.answered", "pier").reason == "South closed on 2026-03-31"
    assert ran.finding("phone.answered").n == 1


def test_an_item_that_applies_nowhere_is_neutral_at_the_root(run_calls):
    nowhere = item("phone.none", more="when = \"format = 'ship'\"")
    ran = run_calls([("quay", "answered", 1)], ANSWERED + item("phone.all") + nowhere)
    assert ran.state("phone.none") == "not_applicable"
    assert ran.finding("phone.none").reason == "only where format = 'ship'"
    assert ran.result.scorecard.root.overall.coverage == 1.0


def test_answers_at_a_child_touchpoint_count_for_its_parent(run):
    checklist = """
[[item]]
id = "clear"
area = "interpersonal"
touchpoints = ["message"]
title = "Clear"
ask = { answer = "yes-no" }
"""
    files = {
        "cases.csv": [
            {"id": "v1", "unit": "quay", "touchpoint": "message.chat"},
            {"id": "v2", "unit": "quay", "touchpoint": "message"},
        ],
        "answers.csv": [
            {"item": "clear", "case": "v1", "rater": "a", "value": "no"},
            {"item": "clear", "case": "v2", "rater": "a", "value": "yes"},
        ],
    }
    ran = run(checklist, head=ASKED, files=files)
    assert (ran.finding("clear").score, ran.finding("clear").n) == (0.5, 2)


def test_attributes_are_inherited(run_calls):
    units = """id,name,kind,parent,zone,touchpoints,seats
harbour,Harbour,organisation,,UTC,phone,20
quay,Quay,site,harbour,,,
mole,Mole,site,harbour,,,8
"""
    calls = [("quay", "answered", 1), ("mole", "abandoned", 1)]
    ran = run_calls(
        calls, ANSWERED + item("phone.a", more='when = "number(seats) > 10"'), units=units
    )
    assert (ran.state("phone.a", "quay"), ran.state("phone.a", "mole")) == (
        "measured",
        "not_applicable",
    )
    assert ran.value("answered") == 1.0


def test_areas_weigh_alike_whatever_their_number_of_items(run_calls):
    """Process: 1 and 0 by weights 3 and 1; roles: 0. (3/4 + 0) / 2."""
    checklist = ANSWERED + "".join(
        item(name, per="", more=f"weight = {weight}")
        .replace('area = "process"', f'area = "{area}"')
        .replace("target = 0.9, limit = 0.1", f"target = {target}")
        for name, area, weight, target in (
            ("a", "process", 3, 0.5),
            ("b", "process", 1, 0.9),
            ("c", "roles", 7, 0.9),
        )
    )
    ran = run_calls([("quay", "answered", 1), ("quay", "abandoned", 1)], checklist)
    root = ran.result.scorecard.root
    assert (root.areas["process"].value, root.areas["roles"].value) == (0.75, 0.0)
    assert root.overall.value == 0.375


def test_a_when_that_rests_on_an_unanswered_parameter_is_unknown_not_neutral(run_calls):
    """Nobody knows yet where the item applies, so it is not assessed; it does not vanish."""
    parameter = '[params.small]\ntype = "number"\nquestion = "Which sites are small?"\n'
    checklist = parameter + ANSWERED + item("phone.a", more='when = "number(seats) > $small"')
    units = """id,name,kind,parent,zone,touchpoints,seats
harbour,Harbour,organisation,,UTC,phone,
quay,Quay,site,harbour,,,20
mole,Mole,site,harbour,,,8
"""
    calls = [("quay", "answered", 1), ("mole", "abandoned", 1)]
    ran = run_calls(calls, checklist, units=units)
    for unit in ("harbour", "quay", "mole"):
        assert ran.state("phone.a", unit) == "unavailable"
        assert "'small'" in ran.finding("phone.a", unit).reason
    answered = run_calls(calls, checklist, units=units, audit="[params]\nsmall = 10\n")
    assert answered.state("phone.a", "mole") == "not_applicable"
    assert answered.value("answered") == 1.0


def test_a_plan_asks_what_the_run_asks(build, run_calls):
    """An item with a condition on units is planned at those where it holds."""
    checklist = ANSWERED + item("phone.a", more="when = \"format = 'shop'\"")
    ran = run_calls([("quay", "answered", 1)], checklist)
    path = build(checklist, audit=CALLS, files={})
    plan = ran.session.plan(ran.session.load(path))
    assert {each.digest for each in plan.statements} == set(ran.result.provenance.statements)


CALLS = """
[sources.calls]
reader = "csv"
table = "calls"
path = "calls.csv"
"""
