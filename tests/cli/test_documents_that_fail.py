"""The result is saved before its documents, so that nothing which happens to one loses it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

PLUGIN = '''
"""Outputs that fail in several ways."""

import os

from cxaudit.errors import InputError, Problem
from cxaudit.plugin import Output, hook


def stop(result):
    os._exit(66)


def leave(result):
    raise SystemExit(9)


def err(result):
    raise ValueError("no printer")


def refuse(result):
    raise InputError((Problem("the letterhead is missing"), Problem("the seal is broken")))


@hook
def cxaudit_register():
    for name, render in (("stop", stop), ("leave", leave), ("err", err), ("refuse", refuse)):
        yield Output(
            id=f"acme.{name}", takes="result", render=render, suffix=f".{name}", summary="Fails."
        )
'''
AUDIT = """
cxaudit = 1
[audit]
id = "a"
title = "T"
client = "C"
wave = "w"
checklists = ["quick-scan"]
outputs = [{outputs}]
[gate]
critical = false
compliance = false
min_coverage = 0
[[wave]]
id = "w"
start = 2026-04-01
end = 2026-06-30
[[unit]]
id = "o"
kind = "organisation"
"""


@pytest.fixture
def run(tmp_path):
    """Run an audit with outputs, in a process of its own; return it and the folder of results."""
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "acme_outputs.py").write_text(PLUGIN, "utf-8")

    def start(*outputs):
        listed = ", ".join(f'"{each}"' for each in outputs)
        (tmp_path / "audit.toml").write_text(AUDIT.format(outputs=listed), "utf-8")
        command = [sys.executable, "-m", "cxaudit", "--plugins", "plugins", "run", "audit.toml"]
        done = subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
        )
        return done, tmp_path / "results" / "a" / "w"

    return start


def test_a_document_that_ends_the_process_loses_nothing(run):
    run("markdown")
    done, folder = run("acme.stop", "markdown")
    assert done.returncode == 66
    saved = json.loads((folder / "result.json").read_text("utf-8"))
    assert saved["audit"] == "a"
    # The report of the run before is none of this one.
    assert sorted(path.name for path in folder.iterdir()) == ["evidence.jsonl", "result.json"]


def test_documents_that_fail_are_named_and_the_others_made(run):
    done, folder = run("acme.err", "markdown", "acme.leave", "csv")
    assert "ValueError: no printer" in done.stderr
    assert {path.name for path in folder.iterdir()} == {
        *("evidence.jsonl", "result.json", "report.md", "findings.csv"),
    }
    saved = json.loads((folder / "result.json").read_text("utf-8"))
    problems = [(problem["subject"], problem["cause"]) for problem in saved["problems"]]
    assert [subject for subject, _ in problems] == ["output acme.err", "output acme.leave"]
    assert problems[0][1] == "ValueError: no printer"
    assert "no printer" in (folder / "report.md").read_text("utf-8")
    assert not list(folder.parent.glob(".unfinished*"))


def test_what_an_output_refuses_of_the_input_is_no_failure_of_its_plugin(run):
    done, folder = run("acme.refuse", "markdown")
    assert "output acme.refuse failed in rendering: the letterhead is missing" in done.stderr
    assert (folder / "report.md").exists()
    (problem,) = json.loads((folder / "result.json").read_text("utf-8"))["problems"]
    assert problem["plugin"] == ""
    assert problem["cause"] == "the letterhead is missing; the seal is broken"


def test_a_template_in_a_saved_result_that_is_refused_is_an_error_of_the_input(run, tmp_path):
    _, folder = run("markdown")
    saved = json.loads((folder / "result.json").read_text("utf-8"))
    saved["branding"] = {**saved["branding"], "template": "house.docx"}
    (tmp_path / "result.json").write_text(json.dumps(saved), "utf-8")
    command = [sys.executable, "-m", "cxaudit", "report", "result.json", "--output", "docx"]
    done = subprocess.run(
        [*command, "--to", "report.docx"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "branding.template: the template is no data: address in base 64" in done.stderr
    assert "Plugin" not in done.stderr
    assert not (tmp_path / "report.docx").exists()
