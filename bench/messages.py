"""Messages with what is said in them, and a million threads with their metrics, stage by stage.

Seeded messages and threads, all invented, are made in a temporary folder. One run reads the
messages, looks for the message plugin's detectors and for four lists of phrases, and measures the
plugin's metrics of replies, conversations and written promises; the other reads the threads and
measures all metrics of threads, in calendar and in working time. Each runs in a process of its
own, and so does what stands beside it: the same lists by `regexp_matches` alone, and the shares and
medians of the threads by hand, in DuckDB. Goals: 100,000 messages in 6 CPU seconds; 1 million
threads in 60 CPU seconds and 2 GB.

    python bench/messages.py [--messages 100000] [--threads 1000000]
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb
from detectors import FUNCTIONS, PHRASES, make_messages
from measure import Stages, cpu, peak

from cxaudit import Session
from cxaudit.plugin import Metric
from cxaudit_message.metrics import METRICS

SAID = ("replies", "conversations", "written_promises")
"""Tables that are made of messages alone."""
THREADS = """
SELECT 't' || i AS thread_id, 'c' || (hash(i, 1) % 400000) AS customer_key,
    CASE WHEN u1 < 0.8 THEN 'email' ELSE 'chat' END AS channel, opened_at,
    opened_at + to_seconds(CAST(60 - 40000 * ln(u2) AS BIGINT)) AS first_reply_at,
    CASE WHEN u3 < 0.93 THEN opened_at + to_seconds(CAST(60 - 60000 * ln(u2) AS BIGINT)) END
        AS first_human_reply_at,
    CASE WHEN u3 < 0.85 THEN opened_at + to_seconds(CAST(60 - 200000 * ln(u2) AS BIGINT)) END
        AS first_solved_at,
    CASE WHEN u3 < 0.85 THEN opened_at + to_seconds(CAST(60 - 260000 * ln(u2) AS BIGINT)) END
        AS solved_at,
    CASE WHEN u3 < 0.85 THEN 'solved' ELSE 'open' END AS status,
    'a' || CAST(floor(u1 * 40) AS INTEGER) AS first_responder,
    'a' || CAST(floor(u2 * 40) AS INTEGER) AS solved_by,
    CAST(floor(pow(u1, 6) * 3) AS INTEGER) AS reopens, u2 < 0.02 AS is_spam
FROM (
    SELECT i, TIMESTAMPTZ '2026-01-01 00:00:00+00' + to_seconds(CAST(i * 7776000 // $1 AS BIGINT))
        AS opened_at, (hash(i, 11) % 1000000 + 1) / 1000001 AS u1,
        (hash(i, 12) % 1000000 + 1) / 1000001 AS u2, (hash(i, 13) % 1000000 + 1) / 1000001 AS u3
    FROM range($1) AS numbers(i)
)
"""
"""Every number comes from a hash of the row: the threads are the same on every run."""
BY_HAND = """
SELECT count(*), avg(CAST(date_diff('second', opened_at, first_human_reply_at) <= 86400 AS DOUBLE)),
    avg(CAST(first_human_reply_at IS NULL AS DOUBLE)), avg(CAST(reopens > 0 AS DOUBLE)),
    avg(CAST(status = 'open' AS DOUBLE)),
    quantile_cont(date_diff('second', opened_at, first_human_reply_at), [0.5, 0.9]),
    quantile_cont(date_diff('second', opened_at, solved_at), [0.5, 0.9])
FROM read_parquet($1) WHERE NOT is_spam
"""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--messages", type=int, default=100_000)
    arguments.add_argument("--threads", type=int, default=1_000_000)
    arguments.add_argument("--alone", nargs=2, help=argparse.SUPPRESS)
    options = arguments.parse_args()
    if options.alone:
        work, folder = options.alone
        PARTS[work](Path(folder))
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        size = make_messages(folder / "messages.parquet", options.messages)
        connection = duckdb.connect()
        connection.execute(
            f"COPY ({THREADS}) TO '{folder / 'threads.parquet'}' (FORMAT parquet)",
            [options.threads],
        )
        print(f"{options.messages:,} messages, {size:.1f} MB of text", flush=True)
        write_audit(folder, "messages", [metric for metric in METRICS if metric.table in SAID])
        write_audit(folder, "threads", [metric for metric in METRICS if metric.table == "threads"])
        for number, part in enumerate(PARTS):
            if number == len(PARTS) // 2:
                print(f"{options.threads:,} threads", flush=True)
            command = [sys.executable, __file__, "--alone", part, str(folder)]
            subprocess.run(command, check=True)


def write_audit(folder: Path, table: str, metrics: list[Metric]) -> None:
    """Write an audit of a table, in which each metric serves one item."""
    text = " ".join(map(repr, metrics))
    checklist = ["cxaudit = 1", "[checklist]", 'id = "bench.words"', 'version = "1"']
    checklist += ['title = "Messages"']
    for name in sorted(set(re.findall(r"\$([\w-]+)", text))):
        checklist += [f"[params.{name}]", 'type = "number"', 'question = "How much?"', "value = 24"]
    names = [(metric.id, metric.lower_is_better is not False) for metric in metrics]
    if table == "messages":
        lists = ", ".join(f"{name} = {phrases.split('|')}" for name, phrases in PHRASES.items())
        checklist += ["[[detector]]", 'id = "words"', 'table = "messages"', 'column = "body"']
        checklist += [f"phrases = {{ {lists} }}"]
        hits = {name: f"has_hit('words', '{name}')" for name in PHRASES}
        hits |= {name: f"has_hit('cxaudit.{name}')" for name in FUNCTIONS}
        for name, value in hits.items():
            checklist += ["[[metric]]", f'id = "m.{name}"', 'table = "messages"', 'kind = "share"']
            checklist += [f'value = "{value}"']
            names.append((f"m.{name}", True))
    for name, is_lower_better in names:
        better = "lower" if is_lower_better else "higher"
        checklist += ["[[item]]", f'id = "item.{name}"', f'title = "{name}"', 'area = "process"']
        checklist += ['touchpoints = ["message"]', 'check = "within-target"']
        checklist += [f'with = {{ metric = "{name}", target = 0.5, better = "{better}" }}']
    (folder / f"{table}.checklist.toml").write_text("\n".join(checklist), encoding="utf-8")
    audit = ["cxaudit = 1", "[audit]", 'id = "bench"', 'title = "Bench"', 'client = "None"']
    audit += [f'checklists = ["{table}.checklist.toml"]', "[[unit]]", 'id = "shop"']
    audit += ['name = "Shop"', 'kind = "organisation"', 'zone = "Europe/Paris"']
    audit += ['touchpoints = ["message"]', f"[sources.{table}]", 'reader = "parquet"']
    audit += [f'table = "{table}"', f'path = "{table}.parquet"', 'unit = "shop"', 'zone = "UTC"']
    audit += ["[[schedule]]", 'hours = { mon-fri = ["08:00-18:00"] }']
    (folder / f"{table}.toml").write_text("\n".join(audit), encoding="utf-8")


def run(audit_file: Path) -> None:
    """Run an audit, and print the CPU seconds of its stages."""
    stages = Stages()
    session = Session()
    result = session.run(session.load(audit_file), stages)
    assert not result.problems, result.problems
    measured = sum(not measurement.unavailable for measurement in result.measurements)
    for name, seconds in stages.seconds().items():
        if seconds >= 0.05:  # noqa: PLR2004 - less is nothing
            print(f"  {name:<24}{seconds:>7.2f} CPU s")
    print(f"  {measured} of {len(result.measurements)} measured, {peak():,.0f} MB")


def lists_by_hand(folder: Path) -> None:
    """Count the messages in which a phrase of each list stands, whole word or not."""
    counts = ", ".join(
        f"count(*) FILTER (regexp_matches(body, '(?i)(?:{phrases})'))"
        for phrases in PHRASES.values()
    )
    before = cpu()
    duckdb.sql(f"SELECT {counts} FROM read_parquet('{folder / 'messages.parquet'}')").fetchall()
    print(f"  by hand: lists of phrases by regexp_matches{cpu() - before:>7.2f} CPU s")


def threads_by_hand(folder: Path) -> None:
    """Count and sort the threads in calendar time, without an interval."""
    before = cpu()
    duckdb.execute(BY_HAND, [str(folder / "threads.parquet")]).fetchall()
    print(f"  by hand: shares and quantiles{cpu() - before:>7.2f} CPU s, {peak():,.0f} MB")


PARTS = {
    "messages": lambda folder: run(folder / "messages.toml"),
    "lists": lists_by_hand,
    "threads": lambda folder: run(folder / "threads.toml"),
    "by-hand": threads_by_hand,
}


if __name__ == "__main__":
    main()
