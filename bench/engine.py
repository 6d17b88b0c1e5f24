"""Thirty metrics with targets, some of them critical: a run beside SQL written by hand.

A seeded log of calls is made in a temporary folder for 1, 100 and 2,000 sites. A run reads it,
measures, judges every metric at every site and draws evidence; its stages are timed. Beside it,
two statements written by hand give the same numbers from the same table: one as good as we can
write it, one naive (``FILTER`` and one quantile at a time). The numbers are held to those of the
naive statement, and the findings to what follows from them: so many met, not met and flagged, and
no error.

    python bench/engine.py [--rows 5000000] [--sites 1 100 2000] [--runs 3] [--csv-rows 1000000]
"""

from __future__ import annotations

import argparse
import itertools
import math
import os
import statistics
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
from measure import Stages, cpu

from cxaudit import Session
from cxaudit.plugin import AuditResult, Flag, State

SITES = 40
LOG = """
SELECT
    'c' || i AS call_id,
    'p' || CAST(floor(pow(u1, 1.7) * {people}) AS BIGINT) AS customer_key,
    {unit} AS unit,
    ['orders', 'returns', 'repairs', 'press'][1 + CAST(floor(u3 * 3.999) AS INTEGER)] AS queue,
    CASE WHEN u4 < 0.08 THEN 'abandoned' WHEN u4 < 0.11 THEN 'ivr' ELSE 'answered' END AS outcome,
    TIMESTAMP '2026-01-01' + to_seconds(CAST(floor(i * 7776000.0 / {rows}) AS BIGINT)) AS queued_at,
    round(-40 * ln(1 - u5), 1) AS wait_s,
    CASE WHEN u4 >= 0.11 THEN round(-210 * ln(1 - u6), 1) END AS talk_s,
    CASE WHEN u4 >= 0.11 AND u7 < 0.3 THEN round(-50 * ln(1 - u1), 1)
         WHEN u4 >= 0.11 THEN 0.0 END AS hold_s,
    CASE WHEN u4 >= 0.11 THEN round(20 + 30 * u3, 1) END AS wrap_s,
    CAST(floor(pow(u7, 6) * 4) AS DOUBLE) AS transfers,
    CASE WHEN u4 >= 0.11 AND u2 < 0.9 THEN u6 < 0.7 END AS resolved
FROM (
    SELECT i, {uniforms} FROM range({rows}) AS numbers(i)
)
"""
"""Every number comes from a hash of the row and the seed: the log is the same on every run."""

ANSWERED = "outcome = 'answered'"
OFFERED = "outcome = 'answered' or (outcome = 'abandoned' and wait_s > 5)"
SHARES = {
    "abandoned": ("", "outcome = 'abandoned'"),
    "abandoned-late": (OFFERED, "outcome = 'abandoned'"),
    "in-menu": ("", "outcome = 'ivr'"),
    "level.10": (OFFERED, "outcome = 'answered' and wait_s <= 10"),
    "level.20": (OFFERED, "outcome = 'answered' and wait_s <= 20"),
    "level.30": (OFFERED, "outcome = 'answered' and wait_s <= 30"),
    "level.60": (OFFERED, "outcome = 'answered' and wait_s <= 60"),
    "held": (ANSWERED, "hold_s > 0"),
    "held-long": ("hold_s > 0", "hold_s > 120"),
    "passed-on": (ANSWERED, "transfers >= 1"),
    "passed-around": (ANSWERED, "transfers >= 2"),
    "settled": (ANSWERED, "resolved"),
    "settled-at-once": (ANSWERED, "resolved and transfers = 0"),
    "short": (ANSWERED, "talk_s < 10"),
    "repairs": ("", "queue = 'repairs'"),
    "waited-for-nothing": ("outcome = 'abandoned'", "wait_s > 60"),
}
VALUES = {
    "wait.mean": ("mean", ANSWERED, "wait_s"),
    "talk.mean": ("mean", ANSWERED, "talk_s"),
    "hold.mean": ("mean", "hold_s > 0", "hold_s"),
    "transfers.mean": ("mean", ANSWERED, "transfers"),
    "handled.mean": ("mean", ANSWERED, "talk_s + hold_s + wrap_s"),
    "wait.most": ("maximum", ANSWERED, "wait_s"),
    "patience.least": ("minimum", "outcome = 'abandoned'", "wait_s"),
    "people": ("count_distinct", "", "customer_key"),
    "wait.p50": (0.5, ANSWERED, "wait_s"),
    "wait.p90": (0.9, ANSWERED, "wait_s"),
    "wait.p95": (0.95, ANSWERED, "wait_s"),
    "handled.p90": (0.9, ANSWERED, "talk_s + hold_s + wrap_s"),
    "patience.p50": (0.5, "outcome = 'abandoned'", "wait_s"),
}
"""Metric to kind (or quantile), which rows count, and what is measured; and the count of calls."""

GOOD = """
SELECT {keys}, count(*),
    count_if(o), count_if(ab), count_if(o AND ab), count_if(outcome = 'ivr'),
    count_if(a AND wait_s <= 10), count_if(a AND wait_s <= 20), count_if(a AND wait_s <= 30),
    count_if(a AND wait_s <= 60), count_if(a), count_if(a AND hold_s > 0), count_if(hold_s > 0),
    count_if(hold_s > 120), count_if(a AND transfers >= 1), count_if(a AND transfers >= 2),
    count_if(a AND resolved), count_if(a AND resolved AND transfers = 0),
    count_if(a AND talk_s < 10), count_if(queue = 'repairs'), count_if(ab AND wait_s > 60),
    avg(aw), var_pop(aw), count(aw), avg(t), var_pop(t), count(t), avg(h), var_pop(h), count(h),
    avg(r), var_pop(r), count(r), avg(x), var_pop(x), count(x), max(aw), min(bw), count(bw),
    count(DISTINCT customer_key), count(customer_key),
    quantile_cont(aw, [0.5, 0.9, 0.95]), quantile_cont(x, 0.9), quantile_cont(bw, 0.5),
    count_if(aw <= 30), count_if(x <= 30), count_if(bw <= 30)
FROM (
    SELECT *,
        CASE WHEN a THEN wait_s END AS aw, CASE WHEN ab THEN wait_s END AS bw,
        CASE WHEN a THEN talk_s END AS t, CASE WHEN hold_s > 0 THEN hold_s END AS h,
        CASE WHEN a THEN transfers END AS r, CASE WHEN a THEN talk_s + hold_s + wrap_s END AS x
    FROM (SELECT *, outcome = 'answered' AS a, outcome = 'abandoned' AS ab,
        outcome = 'answered' OR (outcome = 'abandoned' AND wait_s > 5) AS o FROM calls)
) {grouping}
"""


CRITICAL = ("level.20", "level.60", "passed-on", "wait.mean", "handled.p90")
STAGES = ("reading records", "measuring", "judging", "collecting evidence", "scoring")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rows", type=int, default=5_000_000)
    arguments.add_argument("--sites", type=int, nargs="+", default=[1, 100, 2000])
    arguments.add_argument("--runs", type=int, default=3)
    arguments.add_argument("--csv-rows", type=int, default=1_000_000)
    options = arguments.parse_args()
    load = ", ".join(f"{share:.1f}" for share in os.getloadavg())
    print(f"CPU seconds, median of {options.runs}; {os.cpu_count()} cores, load before {load}")
    for sites in options.sites:
        with tempfile.TemporaryDirectory() as scratch:
            judged(Path(scratch), options.rows, sites, options.runs)
    with tempfile.TemporaryDirectory() as scratch:
        text_file(Path(scratch), options.csv_rows)


def make_log(path: Path, rows: int, sites: int = SITES, seed: int = 7) -> None:
    uniforms = ", ".join(
        f"(hash(8 * (i + {seed * 10**9}) + {n}) >> 11) / 9007199254740992.0 AS u{n}"
        for n in range(1, 8)
    )
    unit = "'shop'" if sites == 1 else f"'shop.s' || CAST(floor(u2 * u2 * {sites}) AS INTEGER)"
    query = LOG.format(rows=rows, people=max(rows // 4, 10), unit=unit, uniforms=uniforms)
    options = "FORMAT csv" if path.suffix == ".csv" else "FORMAT parquet, COMPRESSION zstd"
    duckdb.connect().execute(f"COPY ({query}) TO '{path}' ({options})")


def metrics() -> dict[str, dict[str, object]]:
    """Return the fields of each metric; all are the better, the lower."""
    rows: dict[str, dict[str, object]] = {
        name: {"kind": "share", "where": where, "value": value}
        for name, (where, value) in SHARES.items()
    }
    for name, (kind, where, value) in VALUES.items():
        quantile = kind if isinstance(kind, float) else None
        rows[name] = {"kind": "quantile" if quantile else kind, "where": where, "value": value}
        rows[name]["quantile"] = quantile
    rows["calls"] = {"kind": "count"}
    return rows


def target(name: str) -> float:
    return 0.5 if name in SHARES else 30


def write_audit(folder: Path, records: str, sites: int) -> Path:
    """Write an audit of the log in which each metric serves one item of every site."""
    checklist = ["cxaudit = 1", "[checklist]", 'id = "bench.calls"', 'version = "1"']
    checklist += ['title = "Calls"']
    per = "organisation" if sites == 1 else "site"
    for name, fields in metrics().items():
        checklist += ["[[metric]]", f'id = "calls.{name}"', 'table = "calls"']
        checklist += [
            f'{key} = "{value}"' if isinstance(value, str) else f"{key} = {value}"
            for key, value in fields.items()
            if value
        ]
        checklist += ["[[item]]", f'id = "phone.{name}"', f'title = "{name}"', 'area = "process"']
        checklist += ['touchpoints = ["phone"]', 'check = "within-target"', f'per = "{per}"']
        checklist += ["critical = { fail_below = 0.5 }"] * (name in CRITICAL)
        settings = f'metric = "calls.{name}", target = {target(name)}, better = "lower"'
        checklist += [f"with = {{ {settings} }}"]
    (folder / "calls.toml").write_text("\n".join(checklist))
    audit = ["cxaudit = 1", "[audit]", 'id = "bench"', 'title = "Bench"', 'client = "None"']
    audit += ['checklists = ["calls.toml"]', "[[unit]]", 'id = "shop"', 'name = "Shop"']
    audit += ['kind = "organisation"', 'zone = "UTC"', 'touchpoints = ["phone"]']
    for site in range(sites if sites > 1 else 0):
        audit += ["[[unit]]", f'id = "shop.s{site}"', f'name = "Site {site}"', 'kind = "site"']
        audit += ['parent = "shop"']
    audit += ["[sources.calls]", f'reader = "{Path(records).suffix[1:]}"', 'table = "calls"']
    audit += [f'path = "{records}"', 'zone = "UTC"', "[sources.calls.columns]"]
    audit += [f'{name} = "{expression}"' for name, expression in columns(records).items()]
    (folder / "audit.toml").write_text("\n".join(audit))
    return folder / "audit.toml"


def columns(records: str) -> dict[str, str]:
    """Return the mapping of a file: text has to be read as what it is, Parquet is that already."""
    names = ("call_id", "customer_key", "unit", "queue", "outcome")
    numbers = ("wait_s", "talk_s", "hold_s", "wrap_s", "transfers")
    if records.endswith(".parquet"):
        return {name: name for name in (*names, "queued_at", *numbers, "resolved")}
    return {
        **{name: name for name in names},
        "queued_at": "time(queued_at)",
        **{name: f"number({name})" for name in numbers},
        "resolved": "resolved = 'true'",
    }


def judged(folder: Path, rows: int, sites: int, runs: int) -> None:
    """Print what the stages of a run cost beside statements written by hand."""
    path = folder / "calls.parquet"
    make_log(path, rows, sites)
    session = Session()
    audit = session.load(write_audit(folder, path.name, sites))
    seconds: dict[str, list[float]] = {}
    keys, grouping = ("NULL", "") if sites == 1 else ("unit", "GROUP BY GROUPING SETS ((), (unit))")
    texts = {"hand-written": GOOD.format(keys=keys, grouping=grouping)}
    texts["naive"] = naive(keys, grouping)
    answers: dict[str, list[tuple[Any, ...]]] = {}
    for _ in range(runs):
        connection = duckdb.connect(config={"threads": 2})
        before = cpu()
        connection.execute(f"CREATE TABLE calls AS SELECT * FROM '{path}'")
        seconds.setdefault("CREATE TABLE", []).append(cpu() - before)
        for name, text in texts.items():
            before = cpu()
            answers[name] = connection.execute(text).fetchall()
            seconds.setdefault(name, []).append(cpu() - before)
        connection.close()
        result, stages = run(session, audit)
        for stage, spent in stages.items():
            seconds.setdefault(stage, []).append(spent)
    took = {name: statistics.median(times) for name, times in seconds.items()}
    scope = f"{sites:,} {'unit' if sites == 1 else 'sites'}"
    print(f"\n{rows:,} calls of {scope}, {path.stat().st_size / 1e6:.0f} MB of Parquet")
    beside = {"reading records": ["CREATE TABLE"], "measuring": ["hand-written", "naive"]}
    for stage in STAGES:
        ratios = [f"{took[stage] / took[name]:.2f}x {name}" for name in beside.get(stage, ())]
        print(f"  {stage:<22}{took[stage]:>8.2f}  {', '.join(ratios)}")
    print(f"  {'whole run':<22}{took['whole run']:>8.2f}")
    for name in ("CREATE TABLE", "hand-written", "naive"):
        print(f"  by hand: {name:<13}{took[name]:>8.2f}")
    numbers = by_hand(answers["naive"])
    print(f"  numbers that differ from the naive statement's: {compare(result, numbers)}")
    print(f"  {held_to(result, numbers)}")


def run(session: Session, audit: Any) -> tuple[AuditResult, dict[str, float]]:
    """Run an audit; return its result and the CPU seconds of its stages and of all."""
    stages = Stages()
    result = session.run(audit, stages)
    return result, stages.seconds()


def naive(keys: str, grouping: str) -> str:
    """Return the statement as one writes it first: FILTER everywhere, each quantile by itself."""
    columns = []
    for where, value in SHARES.values():
        kept = where or "true"
        columns.append(f"count(*) FILTER (WHERE ({kept}) AND ({value}))")
        columns.append(f"count(*) FILTER (WHERE {kept})")
    for kind, where, value in VALUES.values():
        only = f"FILTER (WHERE {where or 'true'})"
        functions = {
            "mean": [f"avg({value}) {only}", f"var_pop({value}) {only}"],
            "maximum": [f"max({value}) {only}"],
            "minimum": [f"min({value}) {only}"],
            "count_distinct": [f"count(DISTINCT {value}) {only}"],
        }
        if isinstance(kind, float):
            columns.append(f"quantile_cont({value}, {kind}) {only}")
            columns.append(f"count(*) FILTER (WHERE ({where}) AND {value} <= 30)")
        else:
            columns += functions[kind]
        columns.append(f"count({value}) {only}")
    return f"SELECT {keys}, {', '.join(columns)}, count(*) FROM calls {grouping}"


def by_hand(rows: Sequence[tuple[Any, ...]]) -> dict[tuple[str, str], tuple[float | None, int]]:
    """Return value and number of rows by metric and unit, of the naive statement."""
    numbers: dict[tuple[str, str], tuple[float | None, int]] = {}
    for unit, *values in rows:
        row, name = iter(values), unit or "shop"
        for metric in SHARES:
            k, n = next(row), next(row)
            numbers[metric, name] = (k / n if n else None, n)
        for metric, (kind, _, _) in VALUES.items():
            value = next(row)
            if kind == "mean" or isinstance(kind, float):
                next(row)
            numbers[metric, name] = (value, next(row))
        n = next(row)
        numbers["calls", name] = (n, n)
    return numbers


def compare(
    result: AuditResult, numbers: Mapping[tuple[str, str], tuple[float | None, int]]
) -> int:
    """Return how many of a run's numbers are not those of the naive statement."""
    differing = 0
    for measurement in result.measurements:
        key = measurement.metric.removeprefix("calls."), measurement.unit
        value, n = numbers.get(key, (None, 0))
        close = n == 0 or math.isclose(measurement.value or 0, value or 0, rel_tol=1e-9)
        differing += measurement.n != n or not close
    return differing


def held_to(
    result: AuditResult, numbers: Mapping[tuple[str, str], tuple[float | None, int]]
) -> str:
    """Hold the findings to what follows from the numbers by hand; return their counts."""
    assert not result.problems, result.problems
    expected: Counter[str] = Counter()
    flagged = 0
    units = {unit.id for unit in result.units}
    for name, unit in itertools.product(metrics(), units):
        value, n = numbers.get((name, unit), (None, 0))
        if value is None or n == 0:
            expected["insufficient"] += 1
            flagged += name in CRITICAL
        else:
            expected["met" if value <= target(name) else "not_met"] += 1
            flagged += name in CRITICAL and value > target(name)
    states = Counter(State(state).label for state in result.findings.state)
    assert states == expected, (states, expected)
    bad = int(Flag.FAILED | Flag.SUSPECTED | Flag.NOT_CLEARED)
    assert int(((result.findings.flags & bad) != 0).sum()) == flagged, flagged
    counts = ", ".join(f"{count:,} {state}" for state, count in sorted(states.items()))
    return f"{len(result.findings):,} findings: {counts}; {flagged:,} of them flagged as critical"


def text_file(folder: Path, rows: int) -> None:
    """Print what reading a CSV costs beside a plain CREATE TABLE of its texts."""
    path = folder / "calls.csv"
    make_log(path, rows)
    session = Session()
    audit = session.load(write_audit(folder, path.name, SITES))
    before = cpu()
    duckdb.connect(config={"threads": 2}).execute(
        f"CREATE TABLE calls AS SELECT * FROM read_csv('{path}', all_varchar=true)"
    )
    plain = cpu() - before
    result, stages = run(session, audit)
    reading = stages["reading records"]
    print(f"\nA CSV of {rows:,} rows, {path.stat().st_size / 1e6:.0f} MB")
    print(
        f"  {'reading records':<22}{reading:>8.2f}  {reading / plain:.2f}x CREATE TABLE, all text"
    )
    assert result.accounts[0].kept == rows, result.accounts


if __name__ == "__main__":
    main()
