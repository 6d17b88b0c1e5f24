"""A test that needs a tool skips without it, and fails where the tool is required."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TEST = """
def test_it(needs):
    assert needs("chromium")
"""


@pytest.mark.parametrize(
    ("required", "code", "message"),
    [
        ("", 0, "1 skipped"),
        ("calamine", 0, "1 skipped"),
        ("calamine, chromium", 1, "chromium is required by CXAUDIT_REQUIRE"),
        ("chromuim", 4, "CXAUDIT_REQUIRE names chromuim; tests know calamine"),
    ],
)
def test_required(tmp_path, required, code, message):
    (tmp_path / "test_it.py").write_text(TEST)
    (tmp_path / "bin").mkdir()
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "tests.support.tools"),
            *("-c", os.devnull, "--rootdir", str(tmp_path), str(tmp_path)),
        ],
        env={**os.environ, "PATH": str(tmp_path / "bin"), "CXAUDIT_REQUIRE": required},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert message in done.stdout + done.stderr
