"""Plugins that an audit requires: each that is missing is one problem, and the only one."""

from __future__ import annotations

import pytest

from cxaudit import Session
from cxaudit.errors import AuditFileError

AUDIT = """cxaudit = 1
[audit]
id = "jetty"
title = "Jetty"
client = "Jetty"
checklists = ["jetty.toml"]
requires = [{requires}]
[[unit]]
id = "jetty"
kind = "organisation"
[sources.calls]
reader = "acme.export"
path = "calls.csv"
"""
CHECKLIST = """cxaudit = 1
[checklist]
id = "jetty"
version = "1"
title = "Jetty"
[[item]]
id = "phone.late"
area = "process"
touchpoints = ["acme-kiosk"]
title = "Nobody waits"
check = "acme.late"
"""


@pytest.fixture
def problems(tmp_path):
    """Give the problems of an audit file that requires some plugins."""
    (tmp_path / "house").mkdir()
    for name, text in {"whole": "__version__ = '1.4'\n", "broken": "raise OSError\n"}.items():
        head = (
            "from cxaudit.plugin import hook\n\n\n@hook\ndef cxaudit_gate(result):\n    return ()\n"
        )
        (tmp_path / "house" / f"{name}.py").write_text(text + head)
    (tmp_path / "jetty.toml").write_text(CHECKLIST)

    def load(*requires):
        text = AUDIT.format(requires=", ".join(f'"{name}"' for name in requires))
        (tmp_path / "audit.toml").write_text(text)
        with pytest.raises(AuditFileError) as caught:
            Session([tmp_path / "house"]).load(tmp_path / "audit.toml")
        return caught.value.problems

    return load


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("acme", "The plugin 'acme' is required, and is not there.", "--plugins"),
        ("wole", "The plugin 'wole' is required, and is not there.", "Did you mean 'whole'?"),
        ("whole>=2", "The plugin 'whole' is of version 1.4, and whole>=2 is required.", ">=2"),
        (
            "broken",
            "The plugin 'broken' is required, and cannot be used: import: OSError.",
            "doctor",
        ),
        ("acme>>1", "'acme>>1' is no requirement of a plugin.", "acme>=1"),
    ],
)
def test_one_that_is_missing_is_one_problem_with_its_line(problems, text, message, hint):
    (problem,) = problems(text)
    assert problem.message == message
    assert hint in problem.hint
    assert problem.path == "audit.requires[0]"
    assert problem.line == 7


def test_all_that_are_missing_are_told_at_once(problems):
    assert len(problems("acme", "whole>=2", "whole")) == 2


def test_where_all_are_there_the_rest_is_read(problems):
    messages = {problem.message for problem in problems("whole>=1.4,<2", "Whole")}
    assert not any("required" in message for message in messages)
    assert len(messages) > 1


def test_one_without_a_version_fits_no_version(problems, tmp_path):
    text = (tmp_path / "house" / "whole.py").read_text()
    (tmp_path / "house" / "whole.py").write_text(text.replace("__version__ = '1.4'\n", ""))
    (problem,) = problems("whole>=1")
    assert problem.message == "The plugin 'whole' states no version, and whole>=1 is required."
