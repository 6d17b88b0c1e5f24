"""Thirty threshold checks of a table, as whole processes: cxaudit beside other tools.

Twenty ranges and ten columns that must be filled (`peers.py`), over the seeded log of calls of
`engine.py`; a check holds where it does for 95 % of the rows. cxaudit judges them for the whole and
draws evidence of what fails; it also numbers and checks the rows. How many checks hold is held to
be the same everywhere. The tools need an environment of their own:

    python -m venv PEERS && PEERS/bin/pip install --no-deps --require-hashes -r bench/peers.txt
    python bench/checks.py --peers PEERS/bin/python [--rows 5000000] [--runs 3]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import engine
import peers

SETTINGS = {"GX_ANALYTICS_ENABLED": "false"}
"""Nothing is sent anywhere while it is measured."""
PASSED = 25
DRAWN = 50


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--peers", type=Path, help="Python that has bench/peers.txt.")
    arguments.add_argument("--rows", type=int, default=5_000_000)
    arguments.add_argument("--runs", type=int, default=3)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        engine.make_log(folder / "calls.parquet", options.rows)
        write_audit(folder)
        load = ", ".join(f"{share:.1f}" for share in os.getloadavg())
        print(f"{options.rows:,} calls; median of {options.runs}; load before {load}")
        print(f"{'':<20}{'CPU s':>8}{'wall s':>8}{'MB':>7}{'cxaudit / it':>14}")
        ours = measured(options.runs, cxaudit, folder)
        row("cxaudit", ours, ours)
        for tool in peers.TOOLS if options.peers else ():
            row(tool, measured(options.runs, peer, folder, options.peers, tool), ours)


def row(name: str, figures: Sequence[float], ours: Sequence[float]) -> None:
    cpu, wall, peak = figures
    print(f"{name:<20}{cpu:>8.2f}{wall:>8.2f}{peak:>7.0f}{ours[0] / cpu:>14.2f}")


def measured(runs: int, work: object, *settings: object) -> list[float]:
    """Return the medians of CPU seconds, seconds and megabytes."""
    figures = [work(*settings) for _ in range(runs)]  # type: ignore[operator]
    return [statistics.median(column) for column in zip(*figures, strict=True)]


def cxaudit(folder: Path) -> tuple[float, float, float]:
    """Run the audit, and hold its findings to what the log is known to hold."""
    shutil.rmtree(folder / "results", ignore_errors=True)
    command = [str(Path(sys.executable).parent / "cxaudit"), "run", str(folder / "audit.toml")]
    _, figures = process(command)
    (path,) = folder.glob("results/*/*/result.json")
    result = json.loads(path.read_text("utf-8"))
    states = [finding["state"] for finding in result["findings"]]
    assert states.count("met") == PASSED, states
    assert states.count("not_met") == len(states) - PASSED, states
    drawn = [len(evidence["shown"]) for evidence in result["evidence"]]
    assert drawn == [DRAWN] * (len(states) - PASSED), drawn
    return figures


def peer(folder: Path, python: Path, tool: str) -> tuple[float, float, float]:
    """Run another tool, and hold it to the same number of checks that hold."""
    printed, figures = process([str(python), peers.__file__, tool, str(folder)])
    assert printed.splitlines()[-1] == f"passed {PASSED}", printed
    return figures


def process(command: Sequence[str]) -> tuple[str, tuple[float, float, float]]:
    """Run a process; return what it printed, and its CPU seconds, seconds and megabytes."""
    start = time.perf_counter()
    with tempfile.TemporaryFile("w+") as printed, tempfile.TemporaryFile("w+") as errors:
        child = subprocess.Popen(
            command, stdout=printed, stderr=errors, env={**os.environ, **SETTINGS}
        )
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - start
        printed.seek(0)
        errors.seek(0)
        assert child.returncode == 0, errors.read()
        return printed.read(), (used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024)


def write_audit(folder: Path) -> None:
    """Write an audit in which each check is a share of rows with a target."""
    checklist = ["cxaudit = 1", "[checklist]", 'id = "bench.checks"', 'version = "1"']
    checklist += ['title = "Checks"']
    conditions = [
        (name, f"coalesce({name} between {low} and {high}, true)")
        for name, low, high in peers.RANGES
    ]
    conditions += [(name, f"{name} is not null") for name in peers.FILLED]
    for number, (name, condition) in enumerate(conditions):
        checklist += ["[[metric]]", f'id = "bench.m{number}"', 'table = "calls"']
        checklist += ['kind = "share"', f'value = "{condition}"', "lower_is_better = false"]
        checklist += ["[[item]]", f'id = "item.{number}"', f'title = "{name}"', 'area = "process"']
        checklist += ['touchpoints = ["phone"]', 'per = "organisation"', 'check = "within-target"']
        checklist += [f'with = {{ metric = "bench.m{number}", target = {peers.KEPT} }}']
    (folder / "checks.toml").write_text("\n".join(checklist), "utf-8")
    audit = ["cxaudit = 1", "[audit]", 'id = "bench"', 'title = "Bench"', 'client = "None"']
    audit += ['checklists = ["checks.toml"]', 'outputs = ["json"]', "[[unit]]", 'id = "shop"']
    audit += ['kind = "organisation"', 'zone = "UTC"', 'touchpoints = ["phone"]']
    for site in range(engine.SITES):
        audit += ["[[unit]]", f'id = "shop.s{site}"', 'kind = "site"', 'parent = "shop"']
    audit += ["[sources.calls]", 'reader = "parquet"', 'table = "calls"']
    audit += ['path = "calls.parquet"', 'zone = "UTC"']
    (folder / "audit.toml").write_text("\n".join(audit), "utf-8")


if __name__ == "__main__":
    main()
