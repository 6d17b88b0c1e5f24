"""Metrics on records, by hand: quantiles, waits that are not over, net scores, breakdowns."""

from __future__ import annotations

import pytest

from cxaudit._audit.measuring import statistics

SOURCE = """
[sources.calls]
reader = "csv"
table = "calls"
path = "calls.csv"
[sources.calls.columns]
call_id = "id"
unit = "unit"
outcome = "outcome"
wait_s = "number(wait)"
kind = "kind"
"""


def metric(name, kind, rest, table="calls"):
    return f'\n[[metric]]\nid = "{name}"\ntable = "{table}"\nkind = "{kind}"\n{rest}\n'


def item(name, given="target = 10", metric=None, more=""):
    return f"""
[[item]]
id = "{name}"
area = "process"
touchpoints = ["phone"]
title = "Calls"
check = "within-target"
with = {{ metric = "{metric or name}", {given} }}
{more}
"""


@pytest.fixture
def waits(run):
    def start(rows, checklist, audit=""):
        names = ("wait", "outcome", "kind", "unit")
        calls = [
            {"id": f"c{n}", "outcome": "", "kind": "", "unit": "quay"}
            | dict(zip(names, row, strict=False))
            for n, row in enumerate(rows)
        ]
        return run(checklist, audit=SOURCE + audit, files={"calls.csv": calls})

    return start


def one(ran, name):
    (found,) = ran.measured(name)
    return found


LOWER = "lower_is_better = true"


def test_a_quantile_and_its_interval_by_order_statistics(waits):
    """Waits 1 to 100: type 7 gives 90.1; by the binomial, ranks 84 and 96 bound it at 95 %.

    P(X <= 83) = .0206 <= .025 < P(X <= 84) = .0399; P(X <= 95) = .9763 >= .975 > .9424.
    """
    quantile = metric("p90", "quantile", f'value = "wait_s"\nquantile = 0.9\n{LOWER}')
    ran = waits([(n,) for n in range(1, 101)], quantile + item("p90", "target = 90"))
    found = one(ran, "p90")
    assert found.value == pytest.approx(90.1)
    assert (found.low, found.high) == pytest.approx((84, 96))
    finding = ran.finding("p90")
    # 90 of 100 lie at or under the target; Wilson on that share straddles 0.9.
    assert found.statistics["le:90.0"] == 90
    assert (finding.state.label, finding.low, finding.high) == ("not_met", 0.0, 1.0)
    assert "tentative" in finding.flags.labels


def test_waits_that_are_not_over_count_until_they_were_last_seen(waits):
    """Kaplan-Meier: S(1) = 3/4, S(2) = 1/2 with one censored at 2, S(4) = 0; the median is 2."""
    rows = [(1, "answered"), (2, "answered"), (2, "waiting"), (4, "answered")]
    event = f'value = "wait_s"\nevent = "outcome = \'answered\'"\nquantile = 0.5\n{LOWER}'
    ran = waits(rows, metric("median", "censored_quantile", event) + item("median"))
    assert (one(ran, "median").value, one(ran, "median").n) == (2.0, 4)


def test_a_quantile_that_was_never_reached_is_insufficient(waits):
    rows = [(1, "answered"), (2, "waiting"), (2, "waiting"), (4, "waiting")]
    event = f'value = "wait_s"\nevent = "outcome = \'answered\'"\nquantile = 0.5\n{LOWER}'
    ran = waits(rows, metric("median", "censored_quantile", event) + item("median"))
    assert one(ran, "median").value is None
    assert ran.state("median") == "insufficient"


def test_a_net_score_leaves_out_rows_without_an_answer(waits):
    """Scores 10, 9, 8, 0 and none: (2 - 1) / 4."""
    net = 'positive = "wait_s >= 9"\nnegative = "wait_s <= 6"\nlower_is_better = false'
    rows = [(10,), (9,), (8,), (0,), ("",)]
    ran = waits(
        rows, metric("net", "net_score", net) + item("net", "target = 0.2", more='role = "outcome"')
    )
    found = one(ran, "net")
    assert (found.value, found.n) == (0.25, 4)
    assert found.low < 0.25 < found.high
    assert (ran.state("net"), ran.finding("net").value) == ("informative", 0.25)


def test_a_ratio_divides_sums(waits):
    ratio = f'numerator = "wait_s"\ndenominator = "number(kind)"\n{LOWER}'
    ran = waits([(10, "", 1), (20, "", 9)], metric("per", "ratio", ratio) + item("per"))
    assert (one(ran, "per").value, one(ran, "per").n) == (3.0, 2)


def test_counts_extremes_and_distinct_values(waits):
    checklist = (
        metric("count", "count", f"where = \"outcome = 'answered'\"\n{LOWER}")
        + metric("kinds", "count_distinct", f'value = "kind"\n{LOWER}')
        + metric("least", "minimum", f'value = "wait_s"\n{LOWER}')
        + metric("most", "maximum", f'value = "wait_s"\n{LOWER}')
        + "".join(item(name) for name in ("count", "kinds", "least", "most"))
    )
    rows = [(3, "answered", "a"), (7, "answered", "b"), (5, "abandoned", "a"), ("", "", "")]
    ran = waits(rows, checklist)
    values = {name: one(ran, name).value for name in ("count", "kinds", "least", "most")}
    assert values == {"count": 2, "kinds": 2, "least": 3, "most": 7}


def test_one_metric_is_measured_once_for_all_items_at_a_place(waits):
    checklist = metric("mean", "mean", f'value = "wait_s"\n{LOWER}')
    checklist += item("a", metric="mean") + item("b", "target = 1", metric="mean")
    ran = waits([(2,), (4,)], checklist)
    assert (one(ran, "mean").value, one(ran, "mean").n) == (3.0, 2)
    assert (ran.state("a"), ran.state("b")) == ("met", "not_met")
    assert len(ran.result.provenance.statements) == 1


BREAKDOWN = """
[[breakdown]]
id = "by-kind"
title = "By kind"
metrics = ["mean"]
by = "kind"
minimum = 2
"""


def test_a_breakdown_measures_each_group_and_makes_no_findings(waits):
    checklist = metric("mean", "mean", f'value = "wait_s"\n{LOWER}') + item("mean")
    rows = [(2, "", "a"), (4, "", "a"), (9, "", "b"), (1, "", "c", "0042"), (5, "", "c", "pier")]
    ran = waits(rows, checklist, BREAKDOWN)
    groups = {m.group: (m.value, m.n) for m in ran.result.measurements if m.breakdown == "by-kind"}
    assert groups == {"a": (3.0, 2), "b": (9.0, 1), "c": (3.0, 2)}
    assert ran.units("mean") == {"harbour"}
    page = ran.session.render(ran.result, "markdown")
    table = page[page.index("By kind") :].split("\n\n")[1]
    assert {line.split("|")[2].strip() for line in table.splitlines()[2:]} == {"a", "c"}


def test_many_groups_are_measured_some_at_a_time(waits, monkeypatch):
    """The tables of groups by days are as small as memory asks; the numbers are the same."""
    per_site = 'per = "site"'
    checklist = metric("mean", "mean", f'value = "wait_s"\n{LOWER}') + item("mean", more=per_site)
    checklist += metric("p90", "quantile", f'value = "wait_s"\nquantile = 0.9\n{LOWER}')
    checklist += item("p90", more=per_site)
    rows = [
        (n % 7, "", f"2026-04-0{1 + n % 5}T1{n % 2}:00:00Z", ("quay", "mole")[n % 3 // 2])
        for n in range(60)
    ]
    audit = f'queued_at = "time(kind)"\n{BREAKDOWN}'
    whole = waits(rows, checklist, audit).result.measurements
    monkeypatch.setattr(statistics, "_MOST_CELLS", 1)
    assert waits(rows, checklist, audit).result.measurements == whole
    assert len(whole) >= 13
    assert 5 in {one.clusters for one in whole if one.breakdown is None}


def test_a_breakdown_that_cannot_be_made_says_why(waits):
    checklist = metric("mean", "mean", f'value = "wait_s"\n{LOWER}') + item("mean")
    ran = waits([(2,)], checklist, BREAKDOWN.replace('"kind"', '"queue"'))
    assert "breakdown by-kind: no source gives calls.queue" in ran.notes


def test_mystery_calls_stay_out_unless_a_metric_asks_for_them(run):
    """A row marked `is_test` is no customer's; a metric that names the column decides itself."""
    calls = "id,outcome,test\n1,answered,\n2,abandoned,false\n3,answered,true\n4,answered,true\n"
    source = """
[sources.calls]
reader = "csv"
table = "calls"
path = "calls.csv"
[sources.calls.columns]
call_id = "id"
outcome = "outcome"
is_test = "test"
"""
    checklist = metric("real", "share", "value = \"outcome = 'answered'\"")
    checklist += metric("mystery", "count", 'where = "is_test"')
    checklist += item("real", 'target = 0.9, better = "higher"')
    checklist += item("mystery", 'target = 1, better = "higher"')
    ran = run(checklist, audit=source, files={"calls.csv": calls})
    assert (ran.value("real"), ran.measured("real")[0].n) == (0.5, 2)
    assert ran.value("mystery") == 2
    assert {piece.key for piece in ran.evidence("real").shown} == {"2"}


def test_approximate_quantiles_say_so_wherever_they_are_shown(waits):
    """Verdicts against a threshold go by exact shares, so they stay the same."""
    checklist = metric("wait", "quantile", f'value = "wait_s"\nquantile = 0.5\n{LOWER}') + item(
        "wait", "target = 40"
    )
    rows = [(wait,) for wait in range(1, 100)]
    exact = waits(rows, checklist)
    approximate = waits(rows, checklist, '\n[engine]\nquantiles = "approximate"\n')
    before, after = one(exact, "wait"), one(approximate, "wait")
    assert (before.value, before.statistics.get("error")) == (50, None)
    assert after.value == pytest.approx(50, rel=0.01)
    assert after.statistics["error"] == 0.01
    assert after.low <= before.low < before.high <= after.high
    assert after.low == pytest.approx(before.low, rel=0.0202)
    assert after.high == pytest.approx(before.high, rel=0.0202)
    assert after.statistics["le:40.0"] == before.statistics["le:40.0"] == 40
    assert approximate.finding("wait").score == exact.finding("wait").score
    for output in ("terminal", "markdown"):
        assert "within 1\xa0%" in approximate.session.render(approximate.result, output)
        assert "within 1\xa0%" not in exact.session.render(exact.result, output)
