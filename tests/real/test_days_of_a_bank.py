"""Days of a bank's call log vary as wholes: design effects, and halves of one month."""

from __future__ import annotations

import duckdb
import numpy as np
import pytest
from scipy import stats

from cxaudit import Session

CHECKLIST = """
cxaudit = 1
[checklist]
id = "bank.days"
version = "1"
title = "Days"
[[metric]]
id = "days.abandoned"
table = "calls"
kind = "share"
value = "outcome = 'abandoned'"
[[metric]]
id = "days.in-time"
table = "calls"
kind = "share"
value = "outcome = 'answered' and wait_s <= 20"
[[item]]
id = "days.given-up"
title = "Callers wait"
area = "process"
per = "half"
touchpoints = ["phone"]
check = "within-target"
with = { metric = "days.abandoned", target = 0.05, better = "lower" }
[[item]]
id = "days.answered"
title = "Callers are answered"
area = "process"
per = "half"
touchpoints = ["phone"]
check = "within-target"
with = { metric = "days.in-time", target = 0.8, better = "higher" }
"""
AUDIT = """
cxaudit = 1
[audit]
id = "bank.days"
title = "Days"
client = "A bank"
checklists = ["c.toml"]
[sources.calls]
reader = "parquet"
table = "calls"
path = "calls.parquet"
zone = "UTC"
[sources.calls.columns]
call_id = "call_id"
unit = "unit"
queued_at = "queued_at"
outcome = "outcome"
wait_s = "wait_s"
[[unit]]
id = "bank"
kind = "organisation"
"""
SHUFFLES = 150
NAMES = ("abandoned", "in-time")


@pytest.fixture(scope="module")
def log(real):
    """Calls that reached the queue, on the days that have more than a hundred."""
    file = real.data / "bank_technion" / "january_1999.csv.gz"
    connection = duckdb.connect()
    connection.execute(
        "CREATE TABLE calls AS SELECT strptime(date, '%y%m%d') + INTERVAL 12 HOUR AS queued_at, "
        "if(outcome = 'HANG', 'abandoned', 'answered') AS outcome, q_time::DOUBLE AS wait_s FROM "
        f"read_csv('{file}', all_varchar = true, ignore_errors = true) "
        "WHERE outcome IN ('AGENT', 'HANG') AND (TRY_CAST(q_time AS INT) > 0 OR outcome = 'AGENT')"
    )
    connection.execute(
        "DELETE FROM calls WHERE queued_at IN "
        "(SELECT queued_at FROM calls GROUP BY 1 HAVING count(*) <= 100)"
    )
    return connection


def run(log, folder, select, units):
    log.execute(f"COPY ({select}) TO '{folder / 'calls.parquet'}'")
    audit = AUDIT + "".join(
        f'[[unit]]\nid = "{unit}"\nkind = "half"\nparent = "bank"\n' for unit in units
    )
    (folder / "audit.toml").write_text(audit)
    (folder / "c.toml").write_text(CHECKLIST)
    session = Session()
    result = session.run(session.load(folder / "audit.toml"))
    return {(m.metric.rpartition(".")[2], m.unit): m for m in result.measurements}


def test_design_effects_of_a_month(log, tmp_path):
    """By the formula of Cochran 1977, ch. 6, from sums that DuckDB gives by day."""
    select = "SELECT row_number() OVER () AS call_id, NULL::VARCHAR AS unit, * FROM calls"
    measured = run(log, tmp_path, select, [])
    expected = {"abandoned": (10.2190, 32.21, 2.028), "in-time": (54.4194, 97.42, 5.800)}
    holds = {
        "abandoned": "outcome = 'abandoned'",
        "in-time": "outcome <> 'abandoned' AND wait_s <= 20",
    }
    for name in NAMES:
        n, k = log.execute(
            f"SELECT list(n ORDER BY d), list(k ORDER BY d) FROM (SELECT queued_at AS d, "
            f"count(*) AS n, count_if({holds[name]}) AS k FROM calls GROUP BY 1)"
        ).fetchone()
        n, k = np.array(n, float), np.array(k, float)
        share, days = k.sum() / n.sum(), len(n)
        variance = days / (days - 1) * ((k - share * n) ** 2).sum() / n.sum() ** 2
        effect = variance / (share * (1 - share) / n.sum())
        measurement = measured[name, "bank"]
        assert (measurement.n, measurement.clusters) == (30_140, 29)
        assert measurement.value == pytest.approx(share, abs=1e-6)
        assert measurement.design_effect == pytest.approx(effect, abs=1e-6)
        half = stats.t.ppf(0.975, days - 1) * np.sqrt(variance)
        printed = (round(100 * share, 4), round(effect, 2), round(100 * half, 3))
        assert printed == pytest.approx(expected[name], abs=0.006)
        size = n.sum() / effect * (stats.norm.ppf(0.975) / stats.t.ppf(0.975, days - 1)) ** 2
        assert (measurement.low, measurement.high) == pytest.approx(wilson(share, size), abs=1e-6)


def wilson(share, n):
    from statsmodels.stats.proportion import proportion_confint

    return proportion_confint(share * n, n, method="wilson")


def test_two_halves_of_a_month_seldom_differ(log, tmp_path):
    """Of 300 comparisons of days that are no better than others, 5 in 100 may differ."""
    draw = np.random.default_rng(7)
    days = [
        day for (day,) in log.execute("SELECT DISTINCT queued_at FROM calls ORDER BY 1").fetchall()
    ]
    halves = [
        (f"s{n}-{'ab'[position % 2]}", day)
        for n in range(SHUFFLES)
        for position, day in enumerate(draw.permutation(np.array(days, object)))
    ]
    log.execute(
        "CREATE OR REPLACE TABLE halves AS SELECT unnest($1) AS unit, unnest($2) AS queued_at",
        [
            [unit for unit, _ in halves],
            [day for _, day in halves],
        ],
    )
    select = (
        "SELECT row_number() OVER () AS call_id, unit, queued_at, outcome, wait_s "
        "FROM calls JOIN halves USING (queued_at)"
    )
    measured = run(log, tmp_path, select, sorted({unit for unit, _ in halves}))
    apart = 0
    for n in range(SHUFFLES):
        for name in NAMES:
            a, b = measured[name, f"s{n}-a"], measured[name, f"s{n}-b"]
            gap = a.value - b.value
            low = gap - np.hypot(a.value - a.low, b.high - b.value)
            high = gap + np.hypot(a.high - a.value, b.value - b.low)
            apart += low > 0 or high < 0
    assert 3 <= 100 * apart / (len(NAMES) * SHUFFLES) <= 8
