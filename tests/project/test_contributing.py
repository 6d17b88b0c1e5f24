"""What CONTRIBUTING says of folders, commands and markers is so."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

from tests.conftest import SLOW

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
COMMANDS = TEXT.partition("```sh\n")[2].partition("```")[0].splitlines()
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in TEXT.partition("| folder |")[2].partition("##")[0].splitlines()[2:]
    if line.startswith("|")
]


def quoted(cell):
    return re.findall(r"`([^`]+)`", cell)


def test_every_folder_of_tests_is_on_the_map_and_none_besides():
    on_the_map = {folder for row in ROWS for folder in quoted(row[2])}
    folders = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir()}
    assert on_the_map == folders - {"__pycache__"}


def test_every_folder_of_core_and_every_plugin_is_on_the_map():
    on_the_map = " ".join(row[0] for row in ROWS)
    core = [path.name for path in (ROOT / "src/cxaudit").glob("_*/")]
    for folder in (*core, *(path.name for path in (ROOT / "plugins").glob("cxaudit_*/"))):
        assert folder == "__pycache__" or folder in on_the_map


def test_ten_commands_name_only_what_there_is():
    """The programs are installed by the pins, the files and folders lie in the repository."""
    assert len(COMMANDS) == 10
    pins = (ROOT / "requirements-dev.txt").read_text("utf-8")
    packages = {"lint-imports": "import-linter"}
    for command in COMMANDS:
        words = shlex.split(command)
        for program in (word for word in words if word.startswith(".venv/bin/")):
            name = program.removeprefix(".venv/bin/")
            package = packages.get(name, name)
            assert name == "python" or re.search(rf"^{package}==", pins, re.MULTILINE)
        for path in (word for word in words if word.startswith("tests/") or word.endswith(".txt")):
            assert (ROOT / path).exists()


def test_pre_commit_runs_what_the_commands_run_and_fetches_nothing():
    config = (ROOT / ".pre-commit-config.yaml").read_text("utf-8")
    assert re.findall(r"repo: (.+)", config) == ["local"]
    entries = re.findall(r"entry: (.+)", config)
    assert re.findall(r"language: (.+)", config) == ["system"] * len(entries)
    checks = {"ruff check", "ruff format", "mypy", "lint-imports", "python -m pytest -q tests"}
    for check in checks:
        assert [entry for entry in entries if entry.startswith(f".venv/bin/{check}")]


def test_the_markers_are_those_of_the_configuration():
    pytest_settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["pytest"]
    markers = [marker.partition(":")[0] for marker in pytest_settings["markers"]]
    assert markers == re.findall(r"^\| `(slow|huge)` \|", TEXT, re.MULTILINE)


def test_what_is_marked_slow_is_there():
    for name in SLOW:
        file, _, test = name.partition("::")
        path = ROOT / "tests" / file
        assert path.exists(), name
        assert not test or f"def {test}" in path.read_text("utf-8"), name
