"""All phone metrics of ten million calls, overall and per site, beside SQL written by hand.

A seeded log of calls is made as Parquet in a temporary folder. One run of cxaudit reads it and
measures every metric of `cxaudit_phone` over calls, what derives from them and missed_calls, for
the organisation and for each site. Beside it, statements written by hand for the same metrics
read the same file into a table, in DuckDB alone. Each has a process of its own; every number of
the one is held to the other's, and so are the verdicts: each metric has a target, some are
critical. The script fails where anything differs.

    python bench/phone.py [--rows 10000000] [--sites 100]
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb

from cxaudit import Session
from cxaudit.plugin import Flag, Metric, MetricKind
from cxaudit_phone.metrics import METRICS

TABLES = ("calls", "call_chains", "queue_visits", "contacts", "missed_calls")
PARAMETERS = {
    "answer-seconds": 20,
    "short-abandon-seconds": 5,
    "repeat-days": 7,
    "return-hours": 24,
    "short-service-seconds": 10,
    "person-seconds": 60,
}
CRITICAL = ("abandoned", "wait.p90", "service-level.of-offered", "repeat-contact")
"""Metrics of items that fail critically under half of the score."""
LOG = """
SELECT
    'c' || i AS call_id,
    'c' || (i - CASE WHEN u3 < 0.03 THEN least(1 + i % 2, i) ELSE 0 END) AS chain_id,
    CASE WHEN u7 < 0.9 THEN 'p' || CAST(floor(pow(u1, 1.7) * {people}) AS BIGINT) END
        AS customer_key,
    'firm.s' || CAST(floor(u2 * u2 * {sites}) AS INTEGER) AS unit,
    ['orders', 'returns', 'repairs', 'press'][1 + CAST(floor(u3 * 3.999) AS INTEGER)] AS queue,
    CASE WHEN u4 >= 0.14 AND u2 < 0.95 THEN 'a' || CAST(floor(u5 * 3000) AS BIGINT) END AS agent,
    CASE WHEN u6 < 0.06 THEN 'out' ELSE 'in' END AS direction,
    CASE WHEN u4 < 0.08 THEN 'abandoned' WHEN u4 < 0.11 THEN 'ivr' WHEN u4 < 0.125 THEN 'voicemail'
        WHEN u4 < 0.13 THEN 'timeout' WHEN u4 < 0.14 THEN 'missed' ELSE 'answered' END AS outcome,
    TIMESTAMPTZ '2026-01-01 00:00:00+00'
        + to_microseconds(CAST(floor(i * (7776000e6 / {rows})) AS BIGINT)) AS started_at,
    CASE WHEN u5 > 0.2 THEN round(-40 * ln(1 - u5), 1) ELSE 0.0 END AS wait_s,
    CASE WHEN u4 >= 0.14 THEN round(-210 * ln(1 - u6), 1) END AS talk_s,
    CASE WHEN u4 >= 0.14 AND u7 < 0.3 THEN round(-50 * ln(1 - u1), 1)
        WHEN u4 >= 0.14 THEN 0.0 END AS hold_s,
    CASE WHEN u4 >= 0.14 THEN floor(pow(u7, 4) * 4) END AS holds,
    CASE WHEN u4 >= 0.14 THEN floor(pow(u7, 6) * 4) END AS transfers,
    CASE WHEN u2 > 0.6 THEN ['price', 'delivery', 'fault'][1 + CAST(floor(u1 * 2.999) AS INTEGER)]
        END AS reason
FROM (SELECT i, {uniforms} FROM range({rows}) AS numbers(i))
"""
"""Every number comes from a hash of the row and the seed: the log is the same on every run."""

OFFERED = "outcome IN ('answered', 'abandoned', 'timeout', 'voicemail', 'callback')"
MISSED = "outcome IN ('voicemail', 'missed', 'abandoned', 'timeout')"
WAITED = """
SELECT *, a AND wait_s BETWEEN 0 AND 20 AS a20, b AND wait_s BETWEEN 0 AND 20 AS b20,
    b AND wait_s BETWEEN 0 AND 5 AS b5, CASE WHEN a AND wait_s >= 0 THEN wait_s END AS aw,
    CASE WHEN b AND wait_s >= 0 THEN wait_s END AS bw,
    CASE WHEN o AND wait_s >= 0 THEN wait_s END AS ow
FROM (SELECT *, outcome = 'answered' AS a, outcome = 'abandoned' AS b, {offered} AS o FROM ({rows}))
""".replace("{offered}", OFFERED)
CHAINS = f"""
SELECT arg_min(unit, started_at) AS unit, {{queue}},
    count(DISTINCT coalesce(agent, queue)) FILTER (outcome = 'answered') AS handlers,
    coalesce(arg_max(outcome, started_at) FILTER ({OFFERED}), arg_max(outcome, started_at))
        AS outcome,
    sum(wait_s) FILTER ({OFFERED}) AS wait_s
FROM calls WHERE direction = 'in' GROUP BY chain_id, {{queue}}"""
"""Legs of this log have waits and no times of entering and leaving a queue, so waits add up."""
SOURCES = {
    "calls": f"""
SELECT *, CASE WHEN a AND talk_s >= 0 THEN talk_s END AS talk,
    CASE WHEN a AND hold_s >= 0 THEN hold_s END AS ah,
    CASE WHEN a AND agent IS NOT NULL AND talk_s >= 0 THEN talk_s END AS st
FROM ({WAITED.format(rows="SELECT * FROM calls WHERE direction = 'in'")})""",
    "call_chains": WAITED.format(rows=CHAINS.format(queue="true")),
    "queue_visits": WAITED.format(rows=CHAINS.format(queue="queue")),
    "contacts": f"""
WITH contacts AS (
    SELECT arg_min(unit, started_at) AS unit, arg_min_null(customer_key, started_at) AS who,
        arg_min(coalesce(reason, ''), started_at) AS reason, min(started_at) AS t,
        bool_or(outcome = 'answered') AS answered
    FROM calls WHERE direction = 'in' AND {OFFERED} GROUP BY chain_id
), followed AS (
    SELECT *, lead(t) OVER w AS any1,
        lead(CASE WHEN reason = '' THEN t END IGNORE NULLS) OVER w AS plain1,
        lead(t) OVER (PARTITION BY who, reason ORDER BY t) AS same1
    FROM contacts WHERE who IS NOT NULL WINDOW w AS (PARTITION BY who ORDER BY t)
)
SELECT unit, CASE WHEN reason = '' THEN any1 ELSE least(plain1, same1) END - t AS after
FROM followed WHERE answered AND t <= (SELECT max(started_at) FROM calls) - INTERVAL 7 DAY""",
    "missed_calls": f"""
WITH missed AS (
    SELECT arg_max(unit, started_at) FILTER ({MISSED}) AS unit,
        arg_max_null(customer_key, started_at) FILTER ({MISSED}) AS who,
        max(started_at) FILTER ({MISSED}) AS t,
        arg_max(outcome, started_at) FILTER ({MISSED}) AS outcome, false AS made, false AS spoken
    FROM calls WHERE direction = 'in' GROUP BY chain_id
    HAVING count_if(outcome = 'answered') = 0 AND count_if({MISSED}) > 0
    UNION ALL
    SELECT unit, customer_key, started_at, outcome, true, outcome = 'answered'
    FROM calls WHERE direction = 'out'
    UNION ALL
    SELECT NULL, arg_min(customer_key, started_at),
        min(started_at) FILTER (outcome = 'answered'), NULL, NULL, true
    FROM calls WHERE direction = 'in' GROUP BY chain_id HAVING count_if(outcome = 'answered') > 0
), followed AS (
    SELECT *, lead(CASE WHEN made THEN t END IGNORE NULLS) OVER w - t AS after,
        lead(CASE WHEN spoken THEN t END IGNORE NULLS) OVER w AS heard
    FROM missed WHERE who IS NOT NULL WINDOW w AS (PARTITION BY who ORDER BY t)
), misses AS (
    SELECT *, row_number() OVER v > 1 AND lag(heard) OVER v IS NOT DISTINCT FROM heard AS again
    FROM followed WHERE NOT made
    WINDOW v AS (PARTITION BY who, outcome = 'voicemail' ORDER BY t)
)
SELECT unit, outcome = 'voicemail' AS v, again, after <= INTERVAL 24 HOUR AS returned,
    heard - t <= INTERVAL 24 HOUR AS reached
FROM misses WHERE t <= (SELECT max(started_at) FROM calls) - INTERVAL 24 HOUR""",
}
"""What an analyst writes who knows this log: no test calls, every call has a time of its own."""

WAITS = {f"wait.{name}p{p}": (f"quantile_cont({column}, [0.5, 0.9, 0.95])[{i}]", f"count({column})")
    for name, column in (("", "ow"), ("answered.", "aw"))
    for i, p in ((1, 50), (2, 90), (3, 95))}  # fmt: skip
HELD = "CASE WHEN ah IS NOT NULL AND talk IS NOT NULL THEN {} END"
AGAIN = ("count_if(after <= INTERVAL 7 DAY)", "count(*)")
REACHING = {
    "offered": ("count_if(o)",),
    "ended-in-menu": ("count_if(outcome = 'ivr')",),
    "service-level.of-answered": ("count_if(a20)", "count_if(a)"),
    "service-level.of-offered": ("count_if(a20)", "count_if(o)"),
    "service-level.early-abandons-kept": ("count_if(a20) + count_if(b20)", "count_if(o)"),
    "service-level.without-early-abandons": ("count_if(a20)", "count_if(o) - count_if(b20)"),
    "speed-of-answer": ("avg(aw)", "count(aw)"),
    "speed-of-answer.queued": ("avg(CASE WHEN aw > 0 THEN aw END)", "count_if(aw > 0)"),
    "time-to-abandon": ("avg(bw)", "count(bw)"),
    **WAITS,
    "wait.longest": ("max(ow)", "count(ow)"),
    "queued": ("count_if(o AND (wait_s > 0 OR NOT a))", "count_if(o)"),
    "abandoned": ("count_if(b)", "count_if(o)"),
    "abandoned.after-short": ("count_if(b) - count_if(b5)", "count_if(o) - count_if(b5)"),
    "turned-away": ("0", "count_if(o)"),
}
HAND = {
    "calls": {
        **{f"{name}.by-leg": pair for name, pair in REACHING.items()},
        "answered": ("count_if(a)",),
        "hold.share-of-call": (
            f"sum({HELD.format('ah')}) / sum({HELD.format('ah + talk')})",
            f"count({HELD.format('ah')})",
        ),
        "hold.more-than-once": ("count_if(a AND holds > 1)", "count_if(a AND holds >= 0)"),
        "hold.mean": ("avg(ah)", "count(ah)"),
        "transferred": ("count_if(a AND transfers >= 1)", "count_if(a AND transfers >= 0)"),
        "service-time": ("avg(st)", "count(st)"),
        **{
            f"service-time.p{p}": (f"quantile_cont(st, [0.5, 0.9, 0.95])[{i}]", "count(st)")
            for i, p in ((1, 50), (2, 90), (3, 95))
        },
        "short-service": ("count_if(st < 10)", "count(st)"),
        "short-service.all-answered": ("count_if(talk < 10)", "count(talk)"),
    },
    "call_chains": {
        **REACHING,
        "answered.by-caller": ("count_if(handlers > 0)",),
        "run-around": ("count_if(handlers >= 3)", "count_if(handlers > 0)"),
        "handlers.mean": (
            "avg(CASE WHEN handlers > 0 THEN handlers END)",
            "count_if(handlers > 0)",
        ),
        "served": ("count_if(o AND handlers > 0)", "count_if(o)"),
        "served.by-person": ("count_if(o AND handlers > 0)", "count_if(o)"),
        **dict.fromkeys(("contained", "machine-resolved", "person-reached"), ("0", "0")),
    },
    "queue_visits": {f"{name}.by-queue": pair for name, pair in REACHING.items()},
    "contacts": {
        "repeat-contact": AGAIN,
        "repeat-contact.same-channel": AGAIN,
        "contained.not-back": ("0", "0"),
    },
    "missed_calls": {
        "voicemail-returned": ("count_if(v AND returned)", "count_if(v)"),
        "missed-returned": (
            "count_if(NOT v AND NOT again AND reached)",
            "count_if(NOT v AND NOT again)",
        ),
    },
}
"""Per metric: k and n of a share, value and n, or n alone."""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rows", type=int, default=10_000_000)
    arguments.add_argument("--sites", type=int, default=100)
    arguments.add_argument("--only", choices=["cxaudit", "by-hand"], help=argparse.SUPPRESS)
    arguments.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = arguments.parse_args()
    if options.only:
        measured = cxaudit if options.only == "cxaudit" else by_hand
        print(json.dumps(measured(options.folder)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        make_log(folder / "calls.parquet", options.rows, options.sites)
        write_audit(folder, options.sites)
        size = (folder / "calls.parquet").stat().st_size / 1e6
        names = [name for metrics in HAND.values() for name in metrics]
        print(f"{options.rows:,} calls of {options.sites} sites, {size:.0f} MB of Parquet")
        print(f"{len(names)} metrics, overall and per site, on {os.cpu_count()} cores")
        runs = {name: in_a_process(name, folder) for name in ("by-hand", "cxaudit")}
    for name, run in runs.items():
        print(f"\n{name:<32}{'wall s':>8}{'CPU s':>8}{'GB':>6}")
        for stage, (wall, cpu) in run["stages"].items():
            print(f"  {stage:<30}{wall:>8.1f}{cpu:>8.1f}")
        wall, cpu = run["whole"]
        print(f"  {'in all':<30}{wall:>8.1f}{cpu:>8.1f}{run['peak'] / 1e9:>6.1f}")
    whole = [runs[name]["whole"] for name in ("cxaudit", "by-hand")]
    ratios = [mine / theirs for mine, theirs in zip(*whole, strict=True)]
    print(f"\ncxaudit / by hand: {ratios[0]:.2f} of wall, {ratios[1]:.2f} of CPU")
    numbers = runs["by-hand"]["numbers"]
    differing = differences(runs["cxaudit"]["numbers"], numbers)
    wrong, counts = wrong_verdicts(runs["cxaudit"]["verdicts"], numbers)
    print(f"findings: {', '.join(f'{count:,} {state}' for state, count in counts.items())}")
    print(f"findings that do not follow from SQL: {len(wrong)}", *wrong[:20], sep="\n  ")
    print(f"numbers compared: {sum(map(len, runs['by-hand']['numbers'].values()))}")
    print(f"numbers that differ: {len(differing)}", *differing[:20], sep="\n  ")
    sys.exit(bool(differing or wrong))


def make_log(path: Path, rows: int, sites: int, seed: int = 7) -> None:
    uniforms = ", ".join(
        f"(hash(8 * (i + {seed * 10**9}) + {n}) >> 11) / 9007199254740992.0 AS u{n}"
        for n in range(1, 8)
    )
    query = LOG.format(rows=rows, people=max(rows // 4, 10), sites=sites, uniforms=uniforms)
    duckdb.connect().execute(f"COPY ({query}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")


def write_audit(folder: Path, sites: int) -> None:
    """Write an audit in which each metric serves one item of every site."""
    checklist = ["cxaudit = 1", "[checklist]", 'id = "bench.phone"', 'version = "1"']
    checklist += ['title = "Calls"']
    for name, value in PARAMETERS.items():
        checklist += [f"[params.{name}]", 'type = "number"', 'question = "How much?"']
        checklist += [f"value = {value}"]
    for metric in measured_metrics():
        checklist += ["[[item]]", f'id = "item.{short(metric)}"', f'title = "{metric.title}"']
        checklist += ['area = "process"', 'touchpoints = ["phone"]', 'per = "site"']
        checklist += ['check = "within-target"']
        checklist += ["critical = { fail_below = 0.5 }"] * (short(metric) in CRITICAL)
        better = "lower" if lower_is_better(metric) else "higher"
        settings = f'metric = "{metric.id}", target = {target(metric)}, better = "{better}"'
        checklist += [f"with = {{ {settings} }}"]
    (folder / "phone.toml").write_text("\n".join(checklist))
    audit = ["cxaudit = 1", "[audit]", 'id = "bench"', 'title = "Bench"', 'client = "None"']
    audit += ['checklists = ["phone.toml"]', "[[unit]]", 'id = "firm"', 'kind = "organisation"']
    audit += ['zone = "Europe/Paris"', 'touchpoints = ["phone"]']
    for site in range(sites):
        audit += ["[[unit]]", f'id = "firm.s{site}"', 'kind = "site"', 'parent = "firm"']
    audit += ["[sources.calls]", 'reader = "parquet"', 'table = "calls"', 'path = "calls.parquet"']
    # Open day and night, so that hours by hand are hours of the calendar.
    audit += ["[[schedule]]", 'hours = { mon-sun = ["00:00-24:00"] }']
    (folder / "audit.toml").write_text("\n".join(audit))


def measured_metrics() -> list[Metric]:
    return [metric for metric in METRICS if metric.table in TABLES]


def short(metric: Metric) -> str:
    return metric.id.removeprefix("cxaudit.phone.")


def target(metric: Metric) -> float:
    return 0.5 if metric.kind in {MetricKind.SHARE, MetricKind.RATIO} else 30


def lower_is_better(metric: Metric) -> bool:
    return metric.lower_is_better is not False


def in_a_process(name: str, folder: Path) -> dict[str, Any]:
    command = [sys.executable, __file__, "--only", name, "--folder", str(folder)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    run: dict[str, Any] = json.loads(done.stdout)
    return run


class Clock:
    """Wall and CPU seconds of the stages of this process."""

    def __init__(self) -> None:
        self.marks: list[tuple[str, float, float]] = []

    def __call__(self, stage: str) -> None:
        self.marks.append((stage, time.perf_counter(), time.process_time()))

    def times(self) -> dict[str, Any]:
        self("end")
        stages = {
            stage: (end - start, cpu_end - cpu)
            for (stage, start, cpu), (_, end, cpu_end) in itertools.pairwise(self.marks)
        }
        (_, start, cpu), (_, end, cpu_end) = self.marks[0], self.marks[-1]
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        return {"stages": stages, "whole": (end - start, cpu_end - cpu), "peak": peak}


def cxaudit(folder: Path) -> dict[str, Any]:
    clock = Clock()
    clock("loading the audit")
    session = Session()
    audit = session.load(folder / "audit.toml")

    def watch(event: Any) -> None:
        if event.kind == "stage":
            clock(event.stage)

    result = session.run(audit, watch)
    times = clock.times()
    assert not result.problems, result.problems
    numbers: dict[str, dict[str, list[float | None]]] = {}
    for measurement in result.measurements:
        assert not measurement.unavailable, measurement
        name = measurement.metric.removeprefix("cxaudit.phone.")
        values: list[float | None] = [measurement.n]
        if measurement.kind is not MetricKind.COUNT:
            values.insert(0, measurement.statistics.get("k", measurement.value))
        numbers.setdefault(name, {})[measurement.unit] = values
    bad = Flag.FAILED | Flag.SUSPECTED | Flag.NOT_CLEARED
    verdicts: dict[str, dict[str, tuple[str, bool]]] = {}
    for finding in result.findings:
        name = finding.item.removeprefix("item.")
        verdict = (finding.state.label, bool(finding.flags & bad))
        verdicts.setdefault(name, {})[finding.unit] = verdict
    return {**times, "numbers": numbers, "verdicts": verdicts}


def by_hand(folder: Path) -> dict[str, Any]:
    clock = Clock()
    clock("reading")
    connection = duckdb.connect(config={"temp_directory": str(folder / "spill")})
    connection.execute(f"CREATE TABLE calls AS SELECT * FROM '{folder / 'calls.parquet'}'")
    numbers: dict[str, dict[str, list[float | None]]] = {}
    for table, metrics in HAND.items():
        clock(table)
        columns = ", ".join(column for pair in metrics.values() for column in pair)
        rows = connection.execute(
            f"SELECT unit, {columns} FROM ({SOURCES[table]}) GROUP BY GROUPING SETS ((), (unit))"
        ).fetchall()
        for unit, *values in rows:
            row = iter(values)
            for name, pair in metrics.items():
                numbers.setdefault(name, {})[unit or "firm"] = [next(row) for _ in pair]
    return {**clock.times(), "numbers": numbers}


def differences(mine: dict[str, Any], theirs: dict[str, Any]) -> list[str]:
    """Return which numbers of the one are not those of the other."""
    assert set(mine) == set(theirs), set(mine) ^ set(theirs)
    differing = []
    for name, units in theirs.items():
        for unit, numbers in units.items():
            pairs = zip(mine[name][unit], numbers, strict=True)
            if not all(a == b or math.isclose(a or 0, b or 0, rel_tol=1e-9) for a, b in pairs):
                differing.append(
                    f"{name} of {unit}: {mine[name][unit]} by cxaudit, {numbers} by hand"
                )
    return differing


def wrong_verdicts(
    verdicts: dict[str, Any], numbers: dict[str, Any]
) -> tuple[list[str], Counter[str]]:
    """Return what does not follow from the numbers, and how many findings have each state."""
    metrics = {short(metric): metric for metric in measured_metrics()}
    wrong = []
    counts: Counter[str] = Counter()
    for name, units in verdicts.items():
        metric = metrics[name]
        for unit, (state, flagged) in units.items():
            *values, n = numbers[name].get(unit, [None, 0])
            value = values[0] if values else n
            if value is None or n == 0:
                expected = "insufficient"
            else:
                value = value / n if metric.kind is MetricKind.SHARE else value
                distance = value - target(metric)
                kept = distance <= 0 if lower_is_better(metric) else distance >= 0
                expected = "met" if kept else "not_met"
            counts[state] += 1
            if (state, flagged) != (expected, name in CRITICAL and expected != "met"):
                wrong.append(f"{name} of {unit}: {state}, {'' if flagged else 'not '}flagged")
    return wrong, counts


if __name__ == "__main__":
    main()
