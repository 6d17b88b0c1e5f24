"""A run that is refused leaves nothing behind."""

from __future__ import annotations

import subprocess
import sys

AUDIT = """
cxaudit = 1
[audit]
id = "a"
title = "A"
client = "C (invented)"
checklists = ["quick-scan"]
cases = ["cases.csv"]
[[unit]]
id = "root"
kind = "organisation"
"""


def run(folder):
    command = [sys.executable, "-m", "cxaudit", "run", "audit.toml"]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode


def test_a_refused_run_leaves_no_folder_and_keeps_what_was_there(tmp_path):
    (tmp_path / "audit.toml").write_text(AUDIT, encoding="utf-8")
    (tmp_path / "cases.csv").write_text("id,unit,touchpoint\n1,rot,phone\n", encoding="utf-8")
    assert run(tmp_path) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["audit.toml", "cases.csv"]
    (tmp_path / "cases.csv").write_text("id,unit,touchpoint\n1,root,phone\n", encoding="utf-8")
    run(tmp_path)
    saved = sorted(tmp_path.glob("results/a/*/result.json"))
    assert len(saved) == 1
    (tmp_path / "cases.csv").write_text("id,unit,touchpoint\n1,rot,phone\n", encoding="utf-8")
    assert run(tmp_path) == 2
    assert sorted(tmp_path.glob("results/a/*/result.json")) == saved
