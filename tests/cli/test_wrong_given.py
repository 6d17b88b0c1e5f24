"""What a user sees when something given is wrong: the golden files hold stderr and exit code.

``tests/wrong/records`` holds audits whose records are wrong, ``expressions`` checklists and
audits whose expressions are, ``plugins`` plugins that fail. ``CXAUDIT_UPDATE=1`` rewrites the
golden files; read each before you keep it.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

WRONG = Path(__file__).parents[1] / "wrong"
WORKBOOKS = {"not-a-workbook"}
SECTIONS = ("What was read", "Problems and notes")


def names(kind, suffix=".toml"):
    return sorted(path.stem for path in (WRONG / kind).glob(f"*{suffix}"))


def section(markdown, title):
    """Return a section of a report, without its tables' padding."""
    found = re.search(rf"^## {title}\n.*?(?=^## |\Z)", markdown, re.MULTILINE | re.DOTALL)
    return re.sub(r" {2,}", " ", found[0]).strip() if found else f"## {title}\nnothing"


@pytest.fixture
def seen(cxaudit, tmp_path):
    """Give what a user sees of a command: stderr, the exit code, and what the report tells."""

    def see(*command):
        said = cxaudit(*command, *["--results", tmp_path] * ("run" in command))
        assert "Traceback" not in said.err
        told = [f"$ cxaudit {' '.join(command)}", said.err.strip(), f"[exit code {said.code}]"]
        if saved := list(tmp_path.glob("*/*/result.json")):
            written = saved[0].with_name("report.md")
            report = (
                written.read_text("utf-8")
                if written.exists()
                else cxaudit("report", saved[0], "--output", "markdown").out
            )
            titles = SECTIONS if "--plugins" not in command else SECTIONS[1:]
            told += [section(report, title) for title in titles]
        text = "\n".join(told).replace(str(tmp_path), "RESULTS")
        # Lines of our own modules move with every change of them.
        ours = r"Raised in (reading|session)\.py, line \d+"
        text = re.sub(ours, r"Raised in \1.py, line N", text)
        return re.sub(r"\d{4}-\d\d-\d\dT\d{6}Z", "START", text) + "\n"

    return see


def compare(text, golden):
    if os.environ.get("CXAUDIT_UPDATE"):
        golden.write_text(text, "utf-8")
    assert text == golden.read_text("utf-8")


@pytest.mark.parametrize("name", names("records"))
def test_wrong_records(name, seen, needs, monkeypatch):
    if name in WORKBOOKS:
        needs("calamine")
    monkeypatch.chdir(WRONG / "records")
    compare(seen("run", f"{name}.toml"), WRONG / "records" / f"{name}.expected")


@pytest.mark.parametrize("name", names("expressions"))
def test_wrong_expression(name, seen, monkeypatch):
    monkeypatch.chdir(WRONG / "expressions")
    monkeypatch.setenv("CXAUDIT_TEST_SECRET", "must not be seen")
    text = (WRONG / "expressions" / f"{name}.toml").read_text("utf-8")
    command = "run" if "[audit]" in text else "validate"
    found = seen(command, f"{name}.toml")
    assert "must not be seen" not in found
    compare(found, WRONG / "expressions" / f"{name}.expected")


@pytest.mark.parametrize("name", names("plugins", ".py"))
def test_failing_plugin(name, seen, tmp_path, monkeypatch):
    """Whatever a plugin does, the run goes on, the report names it, and the code is 3."""
    monkeypatch.chdir(WRONG / "plugins")
    folder = tmp_path / "plugins"
    folder.mkdir()
    source = (WRONG / "plugins" / f"{name}.py").read_text("utf-8")
    (folder / f"{name.replace('-', '_')}.py").write_text(source, "utf-8")
    wanted = re.search(r"^# audit: (.+)$", source, re.MULTILINE)
    audit = wanted[1] if wanted else "plain.toml"
    found = seen("--plugins", str(folder), "run", audit)
    assert "[exit code 3]" in found
    assert name.replace("-", "_") in found
    compare(found, WRONG / "plugins" / f"{name}.expected")


def test_there_are_many():
    assert len(names("records")) >= 14
    assert len(names("expressions")) >= 12
    assert len(names("plugins", ".py")) >= 10
