"""Start-up and small audits, each over bare `python -c pass` in the same run.

Goals: `cxaudit --version` at most 80 ms over bare Python; an audit of answers alone, whole
process, at most 500 ms.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROGRAM = [str(Path(sys.executable).parent / "cxaudit")]


def median_ms(command: list[str], runs: int = 15) -> float:
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run(command, check=False, capture_output=True)
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def main() -> None:
    bare = median_ms([sys.executable, "-c", "pass"])
    print(f"{'what':<44}{'median ms':>10}{'over bare':>11}{'goal':>22}")
    print(f"{'python -c pass':<44}{bare:>10.0f}{0:>11.0f}")
    with tempfile.TemporaryDirectory() as folder:
        quick = ["run", str(ROOT / "examples/quick-scan/audit.toml"), "--results", folder]
        for name, command, goal in (
            ("cxaudit --version", ["--version"], "80 over bare"),
            ("cxaudit --help", ["--help"], ""),
            ("audit of answers alone (quick scan)", quick, "500 whole process"),
        ):
            took = median_ms(PROGRAM + command)
            print(f"{name:<44}{took:>10.0f}{took - bare:>11.0f}{goal:>22}")


if __name__ == "__main__":
    main()
