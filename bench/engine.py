"""The engine's statements against hand-written ones, and loading against a plain CREATE TABLE.

A seeded log of calls is made in a temporary folder. About thirty metrics of one checklist are
planned by a `Session`; the statement is run on the log beside two written by hand that give the
same numbers: one as good as we can write it, one naive (``FILTER`` and one quantile at a time).
Goals, in CPU of the same run: at most 1.1x of the good one, at most 0.7x of the naive one.

    python bench/engine.py [--rows 5000000] [--runs 5] [--load-rows 1000000]
"""

from __future__ import annotations

import argparse
import itertools
import math
import resource
import statistics
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from cxaudit import Session
from cxaudit._audit.planning.planner import Planner
from cxaudit._engines.duckdb.queries import metric_statement, read_measured
from cxaudit.plugin import MetricQuery

SITES = 40
LOG = """
SELECT
    'c' || i AS call_id,
    'p' || CAST(floor(pow(u1, 1.7) * {people}) AS BIGINT) AS customer_key,
    'shop.s' || CAST(floor(u2 * u2 * {sites}) AS INTEGER) AS unit,
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


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rows", type=int, default=5_000_000)
    arguments.add_argument("--runs", type=int, default=5)
    arguments.add_argument("--load-rows", type=int, default=1_000_000)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        make_log(folder / "calls.parquet", options.rows)
        size = (folder / "calls.parquet").stat().st_size / 1e6
        print(
            f"{options.rows:,} calls, {size:.0f} MB of Parquet; "
            f"CPU seconds, median of {options.runs}"
        )
        make_log(folder / "calls.csv", options.load_rows)
        for by_site in (False, True):
            statements(folder, by_site=by_site, runs=options.runs)
        loading(folder, options.load_rows)


def make_log(path: Path, rows: int, seed: int = 7) -> None:
    uniforms = ", ".join(
        f"(hash(8 * (i + {seed * 10**9}) + {n}) >> 11) / 9007199254740992.0 AS u{n}"
        for n in range(1, 8)
    )
    query = LOG.format(rows=rows, people=max(rows // 4, 10), sites=SITES, uniforms=uniforms)
    options = "FORMAT csv" if path.suffix == ".csv" else "FORMAT parquet, COMPRESSION zstd"
    duckdb.connect().execute(f"COPY ({query}) TO '{path}' ({options})")


def write_audit(folder: Path, records: str, *, by_site: bool) -> Path:
    """Write an audit of the log in which each metric serves one item."""
    checklist = ["cxaudit = 1", "[checklist]", 'id = "bench.calls"', 'version = "1"']
    checklist += ['title = "Calls"']
    per = "site" if by_site else "organisation"
    rows: dict[str, dict[str, object]] = {
        name: {"kind": "share", "where": where, "value": value}
        for name, (where, value) in SHARES.items()
    }
    for name, (kind, where, value) in VALUES.items():
        quantile = kind if isinstance(kind, float) else None
        rows[name] = {"kind": "quantile" if quantile else kind, "where": where, "value": value}
        rows[name]["quantile"] = quantile
    rows["calls"] = {"kind": "count"}
    for name, fields in rows.items():
        checklist += ["[[metric]]", f'id = "calls.{name}"', 'table = "calls"']
        checklist += [
            f'{key} = "{value}"' if isinstance(value, str) else f"{key} = {value}"
            for key, value in fields.items()
            if value
        ]
        target = 0.5 if fields["kind"] == "share" else 30
        checklist += ["[[item]]", f'id = "phone.{name}"', f'title = "{name}"', 'area = "process"']
        checklist += ['touchpoints = ["phone"]', 'check = "within-target"', f'per = "{per}"']
        settings = f'metric = "calls.{name}", target = {target}, better = "lower"'
        checklist += [f"with = {{ {settings} }}"]
    (folder / "calls.toml").write_text("\n".join(checklist))
    columns = {
        "call_id": "call_id",
        "customer_key": "customer_key",
        "unit": "unit",
        "queue": "queue",
        "outcome": "outcome",
        "queued_at": "time(queued_at)",
        **{name: f"number({name})" for name in ("wait_s", "talk_s", "hold_s", "wrap_s")},
        "transfers": "number(transfers)",
        "resolved": "resolved = 'true'",
    }
    audit = ["cxaudit = 1", "[audit]", 'id = "bench"', 'title = "Bench"', 'client = "None"']
    audit += ['checklists = ["calls.toml"]', "[[unit]]", 'id = "shop"', 'name = "Shop"']
    audit += ['kind = "organisation"', 'zone = "UTC"', 'touchpoints = ["phone"]']
    for site in range(SITES):
        audit += ["[[unit]]", f'id = "shop.s{site}"', f'name = "Site {site}"', 'kind = "site"']
        audit += ['parent = "shop"']
    audit += ["[sources.calls]", 'reader = "csv"', 'table = "calls"', f'path = "{records}"']
    audit += ['zone = "UTC"', "[sources.calls.columns]"]
    audit += [f'{name} = "{expression}"' for name, expression in columns.items()]
    (folder / "audit.toml").write_text("\n".join(audit))
    return folder / "audit.toml"


def statements(folder: Path, *, by_site: bool, runs: int) -> None:
    connection = duckdb.connect(config={"threads": 2})
    source = f"'{folder / 'calls.parquet'}'"
    connection.execute(
        "CREATE VIEW calls AS SELECT *, 'phone' AS touchpoint, 'UTC' AS _zone, "
        f"'calls' AS _source, 0 AS _row FROM {source}"
    )
    session = Session()
    audit = session.load(write_audit(folder, "calls.csv", by_site=by_site))
    (planned,) = Planner(audit, session._host.registry).plan().queries  # noqa: SLF001
    keys, grouping = ("unit", "GROUP BY GROUPING SETS ((), (unit))") if by_site else ("NULL", "")
    texts = {
        "emitted": metric_statement(planned.query),
        "hand-written": GOOD.format(keys=keys, grouping=grouping),
        "naive": naive(planned.query, keys, grouping),
    }
    rows_of: dict[str, list[tuple[Any, ...]]] = {}
    seconds: dict[str, list[float]] = {name: [] for name in texts}
    for _ in range(runs):
        for name, text in texts.items():
            before = cpu()
            rows_of[name] = connection.execute(text).fetchall()
            seconds[name].append(cpu() - before)
    differing = compare(planned.query, rows_of)
    took = {name: statistics.median(times) for name, times in seconds.items()}
    scope = "by site" if by_site else "overall"
    print(f"\n{len(planned.query.metrics)} metrics {scope}")
    for name, times in took.items():
        print(f"  {name:<14}{times:>7.2f}  [{min(seconds[name]):.2f}-{max(seconds[name]):.2f}]")
    for name, goal in (("hand-written", 1.1), ("naive", 0.7)):
        print(f"  emitted / {name:<14}{took['emitted'] / took[name]:>5.2f}  (goal {goal})")
    print(f"  values that differ from the naive statement's: {differing}")


def naive(query: MetricQuery, keys: str, grouping: str) -> str:
    """Return the statement as one writes it first: FILTER everywhere, each quantile by itself."""
    columns = []
    for compiled in query.metrics:
        name = compiled.metric.id.removeprefix("calls.")
        if name == "calls":
            columns.append("count(*)")
        elif name in SHARES:
            where, value = SHARES[name]
            kept = where or "true"
            columns.append(f"count(*) FILTER (WHERE ({kept}) AND ({value}))")
            columns.append(f"count(*) FILTER (WHERE {kept})")
        else:
            kind, where, value = VALUES[name]
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
    return f"SELECT {keys}, {', '.join(columns)} FROM calls {grouping}"


def compare(query: MetricQuery, rows_of: Mapping[str, list[tuple[Any, ...]]]) -> int:
    """Return how many of the emitted statement's values are not those of the naive one."""
    naive_rows = {row[0] or "shop": row[1:] for row in rows_of["naive"]}
    differing = 0
    emitted: dict[str, list[float]] = {}
    for row in read_measured(query, rows_of["emitted"]):
        n, sums = row.statistics.get("n", 0), row.statistics
        if row.metric == "calls.calls":
            values = [n]
        elif "k" in sums:
            values = [sums["k"], n]
        elif "sum" in sums:
            values = [sums["sum"] / n, sums["sum2"] / n, n]
        else:
            values = [sums["value"], *([sums["le:30.0"]] if "le:30.0" in sums else []), n]
        emitted.setdefault(row.unit, []).extend(values)
    for unit, values in emitted.items():
        pairs = zip(values, naive_rows[unit], strict=True)
        differing += sum(not math.isclose(a, b, rel_tol=1e-9) for a, b in pairs)
    return differing


def loading(folder: Path, rows: int) -> None:
    """Print what the session's loading of a CSV costs beside a plain CREATE TABLE."""
    path = folder / "calls.csv"
    session = Session()
    audit = session.load(write_audit(folder, "calls.csv", by_site=False))
    before = cpu()
    duckdb.connect(config={"threads": 2}).execute(
        f"CREATE TABLE calls AS SELECT * FROM read_csv('{path}')"
    )
    plain = cpu() - before
    stages: dict[str, float] = {}
    result = session.run(audit, lambda event: stages.setdefault(event.stage, cpu()))
    times = [*stages.items(), ("", cpu())]
    print(f"\nA CSV of {rows:,} rows ({path.stat().st_size / 1e6:.0f} MB), CPU seconds")
    print(f"  CREATE TABLE AS read_csv{plain:>22.2f}")
    for (stage, start), (_, end) in itertools.pairwise(times):
        print(f"  run: {stage:<36}{end - start:>5.2f}  {(end - start) / plain:>5.1f}x")
    assert result.accounts[0].kept == rows, result.accounts


def cpu() -> float:
    """Return the CPU seconds that this process has used so far, in all its threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
