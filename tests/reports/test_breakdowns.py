"""Breakdowns: groups are ranked with ties, drawn to their mean, and told apart with care."""

from __future__ import annotations

import attrs
import pytest

from cxaudit._formats.markdown import render_markdown
from cxaudit._model.audit import Conduct
from cxaudit._model.metrics import Breakdown, Measurement, Metric
from cxaudit._plugins.host import PluginHost
from cxaudit._report.build import build_report
from cxaudit._report.people import groups_people
from cxaudit._statistics.intervals import wilson
from cxaudit._words import numbers

HANG_UPS = Metric(
    id="phone.short-service",
    table="calls",
    kind="share",
    value="talk_s < 10",
    lower_is_better=True,
    title="Services too short to be real",
)


def group(name, k, n):
    low, high = wilson(k, n)
    return Measurement(
        metric="phone.short-service",
        kind="share",
        unit="tide",
        touchpoint="phone",
        breakdown="by",
        group=name,
        statistics={"k": k, "n": n},
        n=n,
        value=k / n,
        low=low,
        high=high,
    )


@pytest.fixture
def section(audit):
    def build(groups, *, by="agent", audience="client", individual=True, metric=HANG_UPS):
        base = audit("mixed")
        result = attrs.evolve(
            base,
            metrics=(metric,),
            measurements=tuple(groups),
            breakdowns=(Breakdown(id="by", metrics=(metric.id,), by=by, title="by"),),
            conduct=Conduct(individual_results=individual),
        )
        report = build_report(result, audience)
        return next(each for each in report.sections if each.id == "breakdowns"), report

    return build


MANY = [group(f"a{n}", 20 + n % 3, 1000) for n in range(20)]


def test_who_is_worse_after_many_comparisons_is_said(section):
    found, _ = section([*MANY, group("hangs-up", 170, 1000)])
    table, told = found.blocks[:2]
    assert told.text == (
        "Worse than the mean of the 21 groups, by more than chance usually explains: hangs-up."
    )
    assert table.rows[-1][1] == "hangs-up"
    assert table.rows[-1][-1] == "worse"
    assert {row[0] for row in table.rows[:-1]} == {1}, "all others are tied"


def test_chance_alone_flags_nobody(section):
    # Of 20 groups with the same truth, the farthest lies at p = .02 by itself.
    found, _ = section([*MANY, group("unlucky", 33, 1000)])
    assert found.blocks[1].text == (
        "None of 21 groups is worse than their mean by more than chance usually explains."
    )


def test_the_good_end_counts(section):
    better = attrs.evolve(HANG_UPS, lower_is_better=False)
    found, _ = section([*MANY, group("best", 170, 1000)], metric=better)
    assert found.blocks[0].rows[0][1] == "best"
    assert found.blocks[0].rows[0][-1] == "better"


def test_single_people_are_counted_not_named(section):
    found, report = section([*MANY, group("hangs-up", 170, 1000)], individual=False)
    (block,) = found.blocks
    assert block.text.endswith(
        "1 of 21 is worse than their mean by more than chance usually explains."
    )
    assert "hangs-up" not in render_markdown(report)


def test_groups_by_any_key_of_a_person_are_single_people():
    tables = PluginHost().registry.of("table").values()
    keys = {each.name for table in tables for each in table.columns if each.identifies}
    assert {"agent", "to_agent", "first_responder", "solved_by", "promised_by"} < keys
    assert [name for name in sorted(keys - {"key"}) if not groups_people(name)] == []
    assert not any(map(groups_people, ("agent_present", "ended_by", "queue", "customer_messages")))


@pytest.mark.parametrize("audience", ["client", "public", "internal"])
def test_small_groups_are_kept_back_from_all(section, audience):
    found, report = section([*MANY, group("tiny", 5, 9)], by="queue", audience=audience)
    assert "1 group under 10 rows not shown." in found.blocks[0].note
    assert "tiny" not in render_markdown(report)


def test_hours_are_not_ranked(section):
    found, _ = section(MANY, by="half_hour(queued_at)")
    assert found.blocks[0].columns == ("Group", "Measured", "Interval", "n")


def test_a_mean_without_a_scale_is_not_cut_off(section):
    waits = attrs.evolve(HANG_UPS, kind="mean", unit="seconds")
    groups = [
        attrs.evolve(each, kind="mean", value=60.0 + n, low=55.0 + n, high=65.0 + n)
        for n, each in enumerate(MANY[:5])
    ]
    found, _ = section(groups, metric=waits, by="queue")
    assert [row[2] for row in found.blocks[0].rows] == ["60", "61", "62", "63", "64"]
    assert {row[5] for row in found.blocks[0].rows} == {"62"}


@pytest.mark.parametrize(("groups", "drawn"), [(4, False), (5, True)])
def test_few_groups_keep_their_own_values(section, groups, drawn):
    table = section(MANY[:groups], by="queue")[0].blocks[0]
    assert all((row[5] != numbers.DASH) is drawn for row in table.rows)
