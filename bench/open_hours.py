"""Open seconds of many intervals: the engine's statement beside one written by hand.

A seeded log of threads, of forty sites in four zones, is made in the engine. The statement that a
`Session` plans for their mean open time is run beside a hand-written one of two ASOF joins to a
cumulative calendar, and beside the plain time between the two instants.

    python bench/open_hours.py [--rows 10000000] [--runs 5]
"""

from __future__ import annotations

import argparse
import math
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from measure import cpu

from cxaudit import Session
from cxaudit._audit.planning.planner import Planner
from cxaudit._audit.reading.open_hours import add_open_hours
from cxaudit._builtin.tables import TABLES
from cxaudit._engines.duckdb.session import connect

SITES = 40
ZONES = ("Europe/Paris", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe")
LOG = """
INSERT INTO threads (thread_id, opened_at, first_reply_at, unit, touchpoint, _source, _row, _zone)
SELECT 't' || i, "at", "at" + to_seconds(CAST(floor(864000 * u2 * u2 * u2) AS BIGINT)),
    'shop.s' || CAST(floor(u3 * {sites}) AS INTEGER), 'message', 'threads', i, 'UTC'
FROM (
    SELECT i, TIMESTAMP '2025-01-01' + to_seconds(CAST(floor(u1 * 31536000) AS BIGINT)) AS "at",
        u2, u3
    FROM (SELECT i, {uniforms} FROM range({rows}) AS numbers(i))
)
"""
"""Every number comes from a hash of the row: the log is the same on every run."""

CALENDAR = """
CREATE TABLE calendar AS
WITH days AS (SELECT unnest(range(DATE '2024-01-01', DATE '2027-12-31', INTERVAL 1 DAY)) AS day),
zones AS (SELECT unnest({zones}) AS zone),
stretches AS (
    SELECT zone, day + hours.opens AS opens, day + hours.shuts AS shuts FROM days, zones,
        (VALUES (INTERVAL 8 HOUR, INTERVAL 12 HOUR), (INTERVAL 13 HOUR, INTERVAL 18 HOUR))
            AS hours(opens, shuts)
    WHERE isodow(day) <= 5 AND strftime(day, '%m-%d') NOT IN ('05-01', '12-25')
),
turns AS (
    SELECT zone, timezone('UTC', timezone(zone, opens)) AS moment, 1 AS open FROM stretches
    UNION ALL SELECT zone, timezone('UTC', timezone(zone, shuts)), 0 FROM stretches
),
steps AS (
    SELECT *, (epoch(moment) - lag(epoch(moment)) OVER earlier) * lag(open) OVER earlier AS step
    FROM turns WINDOW earlier AS (PARTITION BY zone ORDER BY moment)
)
SELECT zone, moment, open, coalesce(sum(step) OVER (PARTITION BY zone ORDER BY moment), 0) AS before
FROM steps
"""
BY_HAND = """
SELECT count(open_s), avg(open_s), var_pop(open_s) FROM (
    SELECT (b.before + b.open * (epoch_us(first_reply_at) - epoch_us(b.moment)) / 1e6)
        - (a.before + a.open * (epoch_us(opened_at) - epoch_us(a.moment)) / 1e6) AS open_s
    FROM threads JOIN sites ON threads.unit = sites.unit
    ASOF JOIN calendar a ON a.zone = sites.zone AND a.moment <= opened_at
    ASOF JOIN calendar b ON b.zone = sites.zone AND b.moment <= first_reply_at
)
"""
PLAIN = """
SELECT count(s), avg(s), var_pop(s)
FROM (SELECT (epoch_us(first_reply_at) - epoch_us(opened_at)) / 1e6 AS s FROM threads)
"""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rows", type=int, default=10_000_000)
    arguments.add_argument("--runs", type=int, default=5)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        session = Session()
        audit = session.load(write_audit(folder))
        engine = connect()
        engine.open([], folder)
        engine.add(next(table for table in TABLES if table.id == "threads"))
        connection = engine._connection.unguarded  # noqa: SLF001
        uniforms = ", ".join(
            f"(hash(4 * i + {n}) >> 11) / 9007199254740992.0 AS u{n}" for n in range(1, 4)
        )
        connection.execute(LOG.format(rows=options.rows, sites=SITES, uniforms=uniforms))
        start, used = time.perf_counter(), cpu()
        span = "SELECT min(opened_at), max(first_reply_at) FROM threads"
        ends = connection.execute(span).fetchone()
        assert ends is not None
        names = add_open_hours(audit, engine, {"threads": None}, ends)
        print(f"clocks made: {time.perf_counter() - start:.2f} s, {cpu() - used:.2f} s of CPU")
        connection.execute(CALENDAR.format(zones=list(ZONES)))
        pairs = ", ".join(f"('shop.s{n}', '{ZONES[n % len(ZONES)]}')" for n in range(SITES))
        connection.execute(f"CREATE TABLE sites AS FROM (VALUES {pairs}) AS s(unit, zone)")
        registry = session._host.registry  # noqa: SLF001
        (grouping,) = Planner(audit, registry, schedules=names).plan().groupings
        (query,) = grouping.sums

        def emitted_mean() -> float:
            sums = engine.sums(query)
            n, total = (column for (_, name), column in sums.statistics.items() if name != "sum2")
            return float(total.sum() / n.sum())

        def mean_of(text: str) -> float:
            return float(connection.execute(text).fetchall()[0][-2])

        works: dict[str, Callable[[], float]] = {
            "open hours, emitted": emitted_mean,
            "open hours, by hand": lambda: mean_of(BY_HAND),
            "plain time": lambda: mean_of(PLAIN),
        }
        means: dict[str, float] = {}
        took: dict[str, list[tuple[float, float]]] = {name: [] for name in works}
        for _ in range(options.runs):
            for name, work in works.items():
                start, used = time.perf_counter(), cpu()
                means[name] = work()
                took[name].append((time.perf_counter() - start, cpu() - used))
        print(f"{options.rows:,} intervals, median of {options.runs}: seconds, and of CPU")
        for name, times in took.items():
            wall, processor = (statistics.median(side) for side in zip(*times, strict=True))
            print(f"  {name:<22}{wall:>7.2f}{processor:>8.2f}   mean {means[name]:.6f}")
        emitted, by_hand, _ = means.values()
        assert math.isclose(emitted, by_hand, rel_tol=1e-9), means
        engine.close()


def write_audit(folder: Path) -> Path:
    """Write an audit of one metric: the mean open time until the first reply."""
    (folder / "c.toml").write_text(
        'cxaudit = 1\n[checklist]\nid = "bench"\nversion = "1"\ntitle = "Bench"\n'
        '[[metric]]\nid = "open"\ntable = "threads"\nkind = "mean"\nlower_is_better = true\n'
        'value = "open_seconds(opened_at, first_reply_at)"\n[[item]]\nid = "message.open"\n'
        'title = "Open"\narea = "process"\ntouchpoints = ["message"]\ncheck = "within-target"\n'
        'with = { metric = "open", target = 3600, limit = 7200 }\n'
    )
    audit = ["cxaudit = 1", "[audit]", 'id = "bench"', 'title = "Bench"', 'client = "None"']
    audit += ['checklists = ["c.toml"]', "[[unit]]", 'id = "shop"', 'kind = "organisation"']
    for site in range(SITES):
        audit += ["[[unit]]", f'id = "shop.s{site}"', 'kind = "site"', 'parent = "shop"']
        audit += [f'zone = "{ZONES[site % len(ZONES)]}"']
    audit += ["[[schedule]]", 'hours = { mon-fri = ["08:00-12:00", "13:00-18:00"] }']
    days = [f"{year}-{day}" for year in range(2024, 2028) for day in ("05-01", "12-25")]
    audit += [f"holidays = [{', '.join(days)}]"]
    audit += ["[sources.threads]", 'reader = "csv"', 'table = "threads"', 'path = "c.toml"']
    (folder / "audit.toml").write_text("\n".join(audit))
    return folder / "audit.toml"


if __name__ == "__main__":
    main()
