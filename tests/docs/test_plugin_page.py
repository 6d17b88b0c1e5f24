"""The page on writing a plugin: its commands, code, cases and messages, in their order."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/how-to/write-a-plugin.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
CHECK = Path("src/acme_audit/quiet_hours.py")


def blocks(kind):
    return [text for name, text in BLOCKS if name == kind]


def ran(command, folder):
    """Return the exit code and the words of a command of the page."""
    words = shlex.split(command)
    assert words[0] in {"pytest", "cxaudit"}, command
    module = [sys.executable, "-m", *words]
    if words[0] == "pytest":
        module += ["-q", "-p", "no:cacheprovider"]
    done = subprocess.run(module, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def plugin(tmp_path_factory):
    """Return the folder of the plugin, as the commands of the first part leave it."""
    folder = tmp_path_factory.mktemp("newcomer")
    for command in re.findall(r"^\$ (.+)$", "".join(blocks("console")[:2]), re.MULTILINE):
        name, *rest = shlex.split(command)
        if name == "cd":
            folder /= rest[0]
        elif name != "pip":
            code, words = ran(command, folder)
            assert code == 0, f"{command}: {words}"
    return folder


def test_every_command_of_the_page_is_one_that_is_tried():
    """What pip does is tried with a wheel, in `test_newcomer.py`."""
    commands = re.findall(r"^\$ (.+)$", PAGE, re.MULTILINE)
    assert {shlex.split(command)[0] for command in commands} == {"pip", "cd", "pytest", "cxaudit"}
    (shown,) = [text for text in blocks("console") if "pip install ." in text]
    assert shown.splitlines() == ["$ pip install .", "$ cxaudit plugins list"]


def changed(plugin, change):
    """Apply a change of the page, and return what mends it."""
    (before,) = re.findall(r"^-(.+\n)", change, re.MULTILINE)
    (after,) = re.findall(r"^\+(.+\n)", change, re.MULTILINE)
    file = plugin / CHECK
    text = file.read_text("utf-8")
    assert text.count(before) == 1
    file.write_text(text.replace(before, after))
    return lambda: file.write_text(text)


def test_what_is_broken_is_said(plugin):
    limit, misspelt = blocks("diff")
    mend = changed(plugin, limit)
    code, words = ran("pytest", plugin)
    mend()
    (message,) = blocks("text")
    assert code == 1
    assert message in words
    run = "cxaudit --plugins src run example/audit.toml"
    assert f"`{run}`" in PAGE
    mend = changed(plugin, misspelt)
    code, words = ran(run, plugin)
    mend()
    assert code == 3
    assert "acme_audit" in words
    assert "'at_mots'" in words
    assert "Traceback" not in words
    assert ran(run, plugin)[0] == 0
    assert ran("pytest", plugin)[0] == 0


def test_the_case_of_the_page_holds(plugin):
    case, _ = blocks("toml")
    file = plugin / "tests/acme_audit.cases.toml"
    before = file.read_text("utf-8")
    count = before.count("[[case]]")
    file.write_text(f"{before}\n{case}")
    code, words = ran("pytest tests/acme_audit.cases.toml", plugin)
    file.write_text(before)
    assert code == 0, words
    assert f"{count + 1} passed" in words


def test_the_code_of_the_page_runs(plugin):
    run, golden, load = blocks("python")
    assert "def test_the_card(golden)" in golden
    for code in (run, load):
        path = f"import sys; sys.path.insert(0, 'src')\n{code}"
        done = subprocess.run(
            [sys.executable, "-c", path], cwd=plugin, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


def test_the_entry_point_is_the_one_that_is_written(plugin):
    _, shown = blocks("toml")
    assert shown in (plugin / "pyproject.toml").read_text("utf-8")
