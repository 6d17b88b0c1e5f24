"""Breakdowns by groups of days: added up from the sums by day, as statements of their own would."""

from __future__ import annotations

import itertools
import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

UNITS = """id,name,kind,parent,zone,comparator
harbour,Harbour,organisation,,UTC,
quay,Quay,site,harbour,Europe/Paris,
pier,Pier,site,harbour,Asia/Kathmandu,
rival,Rival,site,harbour,UTC,true
"""
SOURCE = """
[sources.calls]
reader = "csv"
table = "calls"
path = "calls.csv"
[sources.calls.columns]
call_id = "id"
unit = "unit"
queued_at = "at"
wait_s = "number(wait)"
outcome = "outcome"
"""
KINDS = {
    "calls": "count",
    "answered": "share\nvalue = \"outcome = 'answered'\"",
    "wait": 'mean\nvalue = "wait_s"',
    "longest": 'maximum\nvalue = "wait_s"',
    "rate": 'ratio\nnumerator = "wait_s"\ndenominator = "wait_s + 1"',
    "p50": 'quantile\nvalue = "wait_s"\nquantile = 0.5',
}
GROUPS = {
    "date": "date(queued_at)",
    "week": "week(queued_at)",
    "month": "month(queued_at)",
    "weekday": "weekday(queued_at)",
    "weekend": "case when weekday(queued_at) >= 6 then 'weekend' else 'week' end",
}
FIRST = datetime(2026, 3, 25, tzinfo=UTC)


def checklist():
    texts = []
    for name, rest in KINDS.items():
        kind, *fields = rest.split("\n")
        lines = "\n".join(fields)
        texts.append(f'[[metric]]\nid = "{name}"\ntable = "calls"\nkind = "{kind}"\n{lines}\n')
    texts.append(
        '[[item]]\nid = "item"\narea = "process"\ntouchpoints = ["phone"]\nper = "site"\n'
        'title = "Calls"\nrole = "informative"\ncheck = "within-target"\n'
        'with = { metric = "wait", target = 10, better = "lower" }\n'
    )
    return "\n".join(texts)


def breakdown(name, by):
    return (
        f'[[breakdown]]\nid = "{name}"\ntitle = "{name}"\nby = "{by}"\nminimum = 1\n'
        f"metrics = {list(KINDS)}\n"
    )


@pytest.fixture
def rows():
    draws = random.Random(7)
    units = ["quay", "pier", "harbour", "rival", "nobody"]
    return [
        {
            "id": f"c{number}",
            "unit": draws.choice(units),
            "at": (FIRST + timedelta(minutes=draws.randrange(20_000))).isoformat()
            if draws.random() < 0.95
            else "",
            "wait": draws.choice(["", *map(str, range(9))]),
            "outcome": draws.choice(["answered", "abandoned", ""]),
        }
        for number in range(600)
    ]


def test_groups_of_days_are_those_of_the_rows_and_of_a_statement_of_their_own(run, rows):
    """The second breakdown of each names the unit as well, so that it is no function of the day."""
    texts = [breakdown(name, by) for name, by in GROUPS.items()]
    texts += [
        breakdown(f"{name}-apart", f"case when unit = 'x' then null else {by} end")
        for name, by in GROUPS.items()
    ]
    ran = run(checklist(), units=UNITS, audit=SOURCE + "\n".join(texts), files={"calls.csv": rows})
    measured = {(m.breakdown, m.group, m.metric): m for m in ran.result.measurements if m.breakdown}
    zones = {"quay": "Europe/Paris", "pier": "Asia/Kathmandu"}
    days = {}
    for row in rows:
        if row["unit"] != "rival":
            zone = ZoneInfo(zones.get(row["unit"], "UTC"))
            day = datetime.fromisoformat(row["at"]).astimezone(zone).date() if row["at"] else None
            days.setdefault(str(day) if day else None, []).append(row)
    assert {group for name, group, _ in measured if name == "date"} == set(days)
    for day, of_day in days.items():
        assert measured["date", day, "calls"].n == len(of_day)
        answered = sum(row["outcome"] == "answered" for row in of_day)
        assert measured["date", day, "answered"].value == answered / len(of_day)
    for name, metric in itertools.product(GROUPS, KINDS):
        groups = {g for n, g, _ in measured if n == name}
        assert groups == {g for n, g, _ in measured if n == f"{name}-apart"}
        for group in groups:
            rolled, apart = measured[name, group, metric], measured[f"{name}-apart", group, metric]
            for field in ("n", "value", "low", "high", "clusters", "design_effect"):
                one, other = getattr(rolled, field), getattr(apart, field)
                assert one == (None if other is None else pytest.approx(other, rel=1e-12)), field
            assert rolled.statistics == pytest.approx(apart.statistics, rel=1e-12, abs=1e-12)


def test_the_plan_has_no_statement_for_them(run, rows, tmp_path):
    """Quantiles of groups have one, and so has a breakdown by the hour."""
    texts = [breakdown("week", GROUPS["week"]), breakdown("hour", "hour(queued_at)")]
    ran = run(checklist(), units=UNITS, audit=SOURCE + "\n".join(texts), files={"calls.csv": rows})
    audit = ran.session.load(tmp_path / "audit.toml")
    statements = ran.session.plan(audit).statements
    shared = [s for s in statements if "week" in s.breakdowns_by_day]
    assert [(s.breakdown, set(KINDS) <= set(s.metrics)) for s in shared] == [(None, True)]
    assert [s.metrics for s in statements if s.breakdown == "week"] == [("p50",)]
    assert len([s for s in statements if s.breakdown == "hour"]) == 2
    # However many units there are, statements are as long as they are.
    assert not [s for s in statements for unit in ("quay", "rival") if unit in s.text]
    run_statements = set(ran.result.provenance.statements)
    assert {s.digest for s in statements} == run_statements
