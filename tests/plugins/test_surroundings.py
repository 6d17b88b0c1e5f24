"""What a plugin prints and changes stays with it: stdout is the artefact, paths are ours."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from decimal import getcontext
from pathlib import Path

import pytest

from cxaudit._plugins.containment import contained

AUDIT = """cxaudit = 1
[audit]
id = "dock"
title = "Dock"
client = "Dock"
checklists = ["dock.toml"]
outputs = ["markdown"]
[[unit]]
id = "dock"
kind = "organisation"
[sources.calls]
reader = "csv"
table = "calls"
path = "calls.csv"
"""
CHECKLIST = """cxaudit = 1
[checklist]
id = "dock"
version = "1"
title = "Dock"
[[metric]]
id = "late"
table = "calls"
kind = "share"
value = "outcome = 'abandoned'"
lower_is_better = true
[[item]]
id = "phone.late"
area = "process"
touchpoints = ["phone"]
title = "Nobody waits"
check = "house.check"
with = { metric = "late" }
"""
PLUGIN = """import decimal
import os
import sys

from cxaudit.plugin import Check, State, Verdict, hook

print("imported")


def judge(request):
    BODY
    return Verdict(state=State.MET, score=1.0)


@hook
def cxaudit_register():
    print("registered")
    yield Check(id="house.check", judge=judge)
"""


@pytest.fixture
def dock(tmp_path):
    """Run the audit with a check of some lines, as a program, from the audit's folder."""

    def run(body, *arguments):
        (tmp_path / "house").mkdir()
        text = PLUGIN.replace("BODY", body.replace("\n", "\n    "))
        (tmp_path / "house" / "house.py").write_text(text)
        (tmp_path / "dock.toml").write_text(CHECKLIST)
        (tmp_path / "audit.toml").write_text(AUDIT)
        (tmp_path / "calls.csv").write_text(
            "call_id,outcome,queued_at\n1,answered,2026-05-04T09:00:00Z\n"
        )
        command = ["-m", "cxaudit", "--plugins", "house", "run", "audit.toml", *arguments]
        return subprocess.run(
            [sys.executable, *command], cwd=tmp_path, capture_output=True, text=True, check=False
        )

    run.folder = tmp_path
    return run


@pytest.mark.slow
def test_what_plugins_print_goes_to_stderr_with_their_name(dock):
    body = "print('debug', request.settings['metric'])\nsys.stdout.buffer.write(b'raw\\n')"
    done = dock(body, "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["audit"] == "dock"
    for line in ("house: imported", "house: registered", "house: debug late", "raw"):
        assert line in done.stderr.splitlines()


@pytest.mark.slow
def test_a_plugin_that_changes_the_folder_or_the_precision_changes_nothing_of_ours(dock):
    done = dock("os.chdir('/')\ndecimal.getcontext().prec = 2")
    assert done.returncode == 0
    assert "report.md" in done.stderr


def test_folder_and_precision_are_as_before_after_plugins_code(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    precision = getcontext().prec
    with contained("judging", "item a", "acme"):
        os.chdir("/")
        getcontext().prec = 2
        raise ValueError
    assert Path.cwd() == tmp_path
    assert getcontext().prec == precision


def test_an_interruption_says_what_was_running():
    with (
        pytest.raises(KeyboardInterrupt) as caught,
        contained("judging", "item a", "acme"),
        contained("source other.x", "other.x", "other"),
    ):
        raise KeyboardInterrupt
    assert caught.value.__notes__ == ["source other.x of plugin other"]


@pytest.mark.slow
def test_tracebacks_are_shown_when_asked_for(dock):
    done = dock("raise RuntimeError('too loud')", "--quiet")
    assert done.returncode == 4  # it was the only item
    assert "Traceback" not in done.stderr
    command = ["-m", "cxaudit", "--traceback", "--plugins", "house", "run", "audit.toml"]
    done = subprocess.run(
        [sys.executable, *command], cwd=dock.folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 4  # it was the only item
    assert 'house.py", line 11, in judge' in done.stderr


def test_a_problem_keeps_its_error_and_leaves_it_behind_when_it_is_sent():
    with contained("judging", "item a", "acme") as containment:
        raise ValueError
    problem = containment.problem
    assert problem.error is containment.error
    copy = pickle.loads(pickle.dumps(problem))
    assert copy == problem
    assert copy.error is None


def test_a_problem_of_a_redactor_keeps_no_error():
    with contained("cxaudit_redact", "acme", "acme") as containment:
        raise ValueError
    assert containment.problem.error is None
