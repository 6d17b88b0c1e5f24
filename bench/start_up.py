"""Start-up and small audits, each over bare `python -c pass` in the same run.

Goals: `cxaudit --help` at most 80 ms over bare Python; an audit of answers alone, whole process, at
most 500 ms. A page of HTML comes on top of that: its template is compiled each time.
How long 1,000 items take to validate is told by `validate_checklist.py`.
"""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROGRAM = [str(Path(sys.executable).parent / "cxaudit")]


# Compiled modules are kept between runs, as they are on any machine.
SETTINGS = {
    name: setting for name, setting in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
}


def milliseconds(command: list[str], runs: int = 15) -> tuple[float, float, float]:
    """Return the median and the least wall time of a process, and its least CPU time."""
    times, used = [], []
    for _ in range(runs):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, env=SETTINGS)
        times.append((time.perf_counter() - start) * 1000)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        used.append(spent * 1000)
    return statistics.median(times), min(times), min(used)


def main() -> None:
    bare, least, bare_used = milliseconds([sys.executable, "-c", "pass"])
    print(f"load before {os.getloadavg()[0]:.1f}; the least of 15 runs, but for the median")
    print(f"{'what':<40}{'median ms':>10}{'least':>7}{'over bare':>11}{'CPU over bare':>15}  goal")
    print(f"{'python -c pass':<40}{bare:>10.0f}{least:>7.0f}{0:>11}{0:>15}")
    with tempfile.TemporaryDirectory() as folder:
        scan = Path(folder, "scan")
        shutil.copytree(
            ROOT / "examples/quick-scan", scan, ignore=shutil.ignore_patterns("results")
        )
        whole = (scan / "audit.toml").read_text("utf-8")
        plain = whole.replace('outputs = ["html", "json"]', 'outputs = ["json"]')
        assert plain != whole
        (scan / "plain.toml").write_text(plain, "utf-8")
        for name, command, goal in (
            ("cxaudit --version", ["--version"], "80 over bare"),
            ("cxaudit --help", ["--help"], "80 over bare"),
            ("the audit validated", ["validate", str(scan / "audit.toml")], ""),
            ("answers alone: terminal, JSON", ["run", str(scan / "plain.toml")], "500"),
            ("answers alone: terminal, JSON, HTML", ["run", str(scan / "audit.toml")], ""),
        ):
            median, fastest, used = milliseconds(PROGRAM + command)
            times = f"{median:>10.0f}{fastest:>7.0f}{fastest - least:>11.0f}"
            print(f"{name:<40}{times}{used - bare_used:>15.0f}  {goal}")


if __name__ == "__main__":
    main()
