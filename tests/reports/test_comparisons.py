"""Units and groups beside each other: days that they share make no difference between them."""

from __future__ import annotations

import csv

import attrs
import numpy as np
import pytest

from cxaudit import Session
from cxaudit._model.report import Funnel, Ranking, Table, TextBlock
from cxaudit._report.build import build_report

SITES, DAYS = 12, 20
CHECKLIST = """cxaudit = 1
[checklist]
id = "c"
version = "1"
title = "C"
[[metric]]
id = "answered"
table = "calls"
kind = "share"
value = "outcome = 'answered'"
lower_is_better = false
[[item]]
id = "phone.answered"
area = "process"
touchpoints = ["phone"]
per = "site"
title = "Calls are answered"
fail_title = "Calls stay unanswered"
check = "within-target"
with = { metric = "answered", target = 1, limit = 0 }
"""
AUDIT = """cxaudit = 1
[audit]
id = "t"
title = "Calls of a chain"
client = "Chain"
checklists = ["c.toml"]
units = "units.csv"
[sources.calls]
reader = "csv"
table = "calls"
path = "calls.csv"
zone = "UTC"
[[breakdown]]
id = "by-queue"
title = "queue"
metrics = ["answered"]
by = "queue"
"""


def calls(draw, *, worse=(), one_day=False):
    """Yield calls of sites that have the same good and bad days."""
    level = draw.uniform(0.35, 0.98, DAYS)
    for site in range(SITES):
        for day in range(1 if one_day and site == 0 else DAYS):
            answered = level[day] - (0.2 if site in worse else 0)
            for call in range(40):
                yield (
                    f"{site}-{day}-{call}",
                    f"s{site}",
                    f"queue {site}",
                    f"2026-03-{day + 1:02}T{8 + call // 5:02}:{call % 60:02}:00",
                    "answered" if draw.random() < answered else "abandoned",
                )


@pytest.fixture
def chain(tmp_path):
    """Return what runs an audit of the chain with some calls."""

    def run(rows):
        (tmp_path / "c.toml").write_text(CHECKLIST)
        (tmp_path / "audit.toml").write_text(AUDIT)
        with (tmp_path / "units.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("id", "name", "kind", "parent"))
            writer.writerow(("chain", "Chain", "organisation", ""))
            writer.writerows((f"s{n}", f"Shop {n:02}", "site", "chain") for n in range(SITES))
        with (tmp_path / "calls.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("call_id", "unit", "queue", "started_at", "outcome"))
            writer.writerows(rows)
        session = Session()
        return session, session.run(session.load(tmp_path / "audit.toml"))

    return run


def blocks(result, kind, section="units"):
    sections = {part.id: part for part in build_report(result, "internal").sections}
    return [block for block in sections[section].blocks if isinstance(block, kind)]


def test_equal_sites_with_the_same_bad_days_are_all_first(chain):
    _, result = chain(calls(np.random.default_rng(5)))
    (ranking,) = blocks(result, Ranking)
    assert [row.rank for row in ranking.rows] == [1] * SITES
    assert not any("than the mean" in row.note for row in ranking.rows)
    (table,) = blocks(result, Table, "breakdowns")
    assert [row[0] for row in table.rows] == [1] * SITES
    assert {row[-1] for row in table.rows} == {""}


def test_a_worse_site_is_found_behind_bad_days_that_all_share(chain):
    """Days move a site by some 10 points to each side, more than the 20 that it is worse by."""
    _, result = chain(calls(np.random.default_rng(5), worse={3}))
    (ranking,) = blocks(result, Ranking)
    by_name = {row.name: row for row in ranking.rows}
    assert by_name["Shop 03"].rank == SITES
    assert "worse than the mean" in by_name["Shop 03"].note
    assert by_name["Shop 03"].high > min(row.low for row in ranking.rows if row.rank == 1)
    (table,) = blocks(result, Table, "breakdowns")
    assert table.rows[-1][:2] == (SITES, "queue 3")
    assert table.rows[-1][-1] == "worse"


def test_a_group_of_one_day_beside_others_of_many_has_no_rank(chain):
    _, result = chain(calls(np.random.default_rng(5), one_day=True))
    (table,) = blocks(result, Table, "breakdowns")
    assert [row[1] for row in table.rows if row[0] == "\u2013"] == ["queue 0"]


def test_a_saved_result_is_compared_alike_and_one_without_spreads_says_so(chain, tmp_path):
    session, result = chain(calls(np.random.default_rng(5), worse={3}))
    session.render(result, "json", tmp_path / "result.json")
    again = session.read_result(tmp_path / "result.json")
    assert again.scorecard == result.scorecard
    assert blocks(again, Ranking) == blocks(result, Ranking)
    notes = " ".join(block.text for block in blocks(again, TextBlock))
    assert "as if they shared none" not in notes
    old = attrs.evolve(
        result,
        scorecard=attrs.evolve(
            result.scorecard,
            units=tuple(
                attrs.evolve(scores, overall=attrs.evolve(scores.overall, spread=None))
                for scores in result.scorecard.units
            ),
        ),
    )
    assert "as if they shared none" in " ".join(block.text for block in blocks(old, TextBlock))
    assert {row.rank for row in blocks(old, Ranking)[0].rows} == {1}


def test_good_and_bad_days_widen_the_lines_of_a_funnel(chain):
    """Days of a spread of .33 in shares add to the variance what rows alone do not have."""
    _, result = chain(calls(np.random.default_rng(5)))
    (funnel,) = blocks(result, Funnel)
    n, low, high = min(funnel.limits, key=lambda limit: abs(limit[0] - DAYS * 40))
    rows_alone = 3.0902 * (funnel.mean * (1 - funnel.mean) / n) ** 0.5
    effects = [
        measurement.design_effect
        for measurement in result.measurements
        if measurement.unit != "chain" and measurement.breakdown is None
    ]
    assert min(effects) > 3
    assert (high - low) / 2 == pytest.approx(rows_alone * np.median(effects) ** 0.5, rel=0.01)
    assert {point.side for point in funnel.points} == {""}
