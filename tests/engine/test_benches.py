"""Benches judge what they measure, and fail where a number or a verdict is not that of SQL."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[2] / "bench"
pytestmark = [pytest.mark.slow, pytest.mark.huge]


def printed(name, *settings):
    command = [sys.executable, str(BENCH / name), *settings]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_thirty_metrics_are_judged_for_one_unit_and_for_many():
    out = printed(
        "engine.py", "--rows", "3000", "--csv-rows", "500", "--sites", "1", "9", "--runs", "1"
    )
    assert out.count("numbers that differ from the naive statement's: 0") == 2
    assert "30 findings: " in out
    assert "300 findings: " in out
    assert "not_met" in out


def test_thirty_checks_hold_and_fail_as_they_must():
    out = printed("checks.py", "--rows", "20000", "--runs", "1")
    assert "cxaudit" in out.splitlines()[-1]


def test_units_are_scored_and_ranked_over_days():
    out = printed("scoring.py", "days", "30", "10", "12")
    assert out.startswith("30 units, 10 items, 12 days\n")
    assert "ranks and flags" in out
