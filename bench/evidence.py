"""What collecting evidence costs, for findings at one unit, at hundreds and at thousands.

A seeded log of calls is made in a temporary folder, and an audit whose items all have a target,
some of them critical and failing, so that the findings of every site show what they rest on. The
states of all findings are asserted: an item that ends in an error would cost nothing.
Goal, 500 sites and 500,000 calls: at most 1.5 CPU seconds.

    python bench/evidence.py [--rows 500000] [--sites 1 100 500 2000] [--critical 5]
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
from pathlib import Path

import duckdb
from measure import cpu, peak

from cxaudit import Session
from cxaudit.plugin import Finding, Flag, State

LOG = """
SELECT
    'c' || i AS call_id,
    'p' || CAST(floor(pow(u1, 1.7) * {people}) AS BIGINT) AS customer_key,
    'shop.s' || CAST(floor(u2 * {sites}) AS INTEGER) AS unit,
    ['orders', 'returns', 'repairs', 'press'][1 + CAST(floor(u3 * 3.999) AS INTEGER)] AS queue,
    CASE WHEN u4 < 0.4 THEN 'abandoned' WHEN u4 < 0.45 THEN 'ivr' ELSE 'answered' END AS outcome,
    TIMESTAMP '2026-01-01' + to_seconds(CAST(floor(i * 7776000.0 / {rows}) AS BIGINT)) AS queued_at,
    round(-40 * ln(1 - u5), 1) AS wait_s,
    CASE WHEN u4 >= 0.45 THEN round(-210 * ln(1 - u6), 1) END AS talk_s,
    CAST(floor(pow(u7, 6) * 4) AS DOUBLE) AS transfers
FROM (
    SELECT i, {uniforms} FROM range({rows}) AS numbers(i)
)
"""
"""Every number comes from a hash of the row and the seed: the log is the same on every run."""

SHARES = {
    "answered": "outcome = 'answered'",
    "at-once": "outcome = 'answered' and wait_s <= 10",
    "soon": "outcome = 'answered' and wait_s <= 20",
    "in-menu": "outcome = 'ivr'",
    "settled": "outcome = 'answered' and transfers = 0",
    "long": "talk_s > 60",
    "patient": "wait_s > 30",
    "orders": "queue = 'orders'",
}
"""Share to its condition. All are better high, and none reaches its target at any site."""

VALUES = {"wait": ("mean", "wait_s"), "talk": ("mean", "talk_s"), "most": ("maximum", "wait_s")}
"""Value to its kind and column. All are better low, and lie beyond their target."""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rows", type=int, default=500_000)
    arguments.add_argument("--sites", type=int, nargs="+", default=[1, 100, 500, 2000])
    arguments.add_argument("--critical", type=int, default=5)
    options = arguments.parse_args()
    print(f"{options.rows:,} calls, {options.critical} critical items; CPU seconds")
    print("   sites  flagged     sets   pieces  evidence   whole run   peak MB")
    for sites in options.sites:
        with tempfile.TemporaryDirectory() as folder:
            run(Path(folder), options.rows, sites, options.critical)


def run(folder: Path, rows: int, sites: int, critical: int) -> None:
    """Run the audit, and print what its evidence costs."""
    make_log(folder / "calls.parquet", rows, sites)
    session = Session()
    audit = session.load(write_audit(folder, sites, critical))
    stages: dict[str, float] = {"": cpu()}
    result = session.run(audit, lambda event: stages.setdefault(event.stage, cpu()))
    times = [*stages.items(), ("end", cpu())]
    took = {name: end - start for (name, start), (_, end) in itertools.pairwise(times)}
    findings = list(result.findings)
    check(findings, sites, critical)
    flagged = sum(Flag.FAILED in finding.flags for finding in findings)
    pieces = sum(len(drawn.shown) for drawn in result.evidence)
    print(
        f"{sites:>8,}{flagged:>9,}{len(result.evidence):>9,}{pieces:>9,}"
        f"{took['collecting evidence']:>10.2f}{times[-1][1] - times[0][1]:>12.2f}"
        f"{peak():>10,.0f}"
    )


def check(findings: list[Finding], sites: int, critical: int) -> None:
    """Assert that every item is judged at every unit, missed, and failed where it is critical."""
    assert len(findings) == (len(SHARES) + len(VALUES)) * (sites + 1), len(findings)
    states = {finding.state for finding in findings}
    assert states <= {State.NOT_MET, State.PARTLY, State.MEASURED}, states
    names = [*SHARES, *VALUES][:critical]
    failed = {finding.item for finding in findings if Flag.FAILED in finding.flags}
    assert failed == {f"phone.{name}" for name in names}, failed


def make_log(path: Path, rows: int, sites: int, seed: int = 7) -> None:
    uniforms = ", ".join(
        f"(hash(8 * (i + {seed * 10**9}) + {n}) >> 11) / 9007199254740992.0 AS u{n}"
        for n in range(1, 8)
    )
    query = LOG.format(rows=rows, people=max(rows // 4, 10), sites=sites, uniforms=uniforms)
    duckdb.connect().execute(f"COPY ({query}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")


def write_audit(folder: Path, sites: int, critical: int) -> Path:
    """Write an audit of the log in which every item has a target, and the first are critical."""
    checklist = ["cxaudit = 1", "[checklist]", 'id = "bench.calls"', 'version = "1"']
    checklist += ['title = "Calls"']
    metrics = {name: ("share", value, "higher", 0.99) for name, value in SHARES.items()}
    metrics |= {name: (kind, value, "lower", 0.1) for name, (kind, value) in VALUES.items()}
    for number, (name, (kind, value, better, target)) in enumerate(metrics.items()):
        checklist += ["[[metric]]", f'id = "calls.{name}"', 'table = "calls"', f'kind = "{kind}"']
        checklist += [f'value = "{value}"']
        checklist += ["[[item]]", f'id = "phone.{name}"', f'title = "{name}"', 'area = "process"']
        checklist += ['touchpoints = ["phone"]', 'check = "within-target"', 'per = "site"']
        settings = f'metric = "calls.{name}", target = {target}, better = "{better}"'
        checklist += [f"with = {{ {settings} }}"]
        checklist += ["critical = { fail_below = 0.98 }"] if number < critical else []
    (folder / "calls.toml").write_text("\n".join(checklist))
    audit = ["cxaudit = 1", "[audit]", 'id = "bench"', 'title = "Bench"', 'client = "None"']
    audit += ['checklists = ["calls.toml"]', "[[unit]]", 'id = "shop"', 'name = "Shop"']
    audit += ['kind = "organisation"', 'zone = "UTC"', 'touchpoints = ["phone"]']
    for site in range(sites):
        audit += ["[[unit]]", f'id = "shop.s{site}"', f'name = "Site {site}"', 'kind = "site"']
        audit += ['parent = "shop"']
    audit += ["[sources.calls]", 'reader = "parquet"', 'table = "calls"', 'path = "calls.parquet"']
    audit += ['zone = "UTC"']
    (folder / "audit.toml").write_text("\n".join(audit))
    return folder / "audit.toml"


if __name__ == "__main__":
    main()
