"""The bench agrees with SQL written by hand, on a log small enough for a test."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).parents[2] / "bench" / "phone.py"


def test_every_number_and_verdict_is_the_one_of_statements_written_by_hand():
    command = [sys.executable, str(BENCH), "--rows", "5000", "--sites", "3"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "84 metrics, overall and per site" in done.stdout
    assert "numbers compared: 336" in done.stdout
    assert "numbers that differ: 0" in done.stdout
    assert "findings that do not follow from SQL: 0" in done.stdout
    assert {"not_met", "met"} <= set(done.stdout.replace(",", "").split())
