"""The newcomer's walk names what a run goes through, and where."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/explanation/architecture.md").read_text(encoding="utf-8")
HEADINGS = {
    "load": "## 1. The audit is loaded",
    "run": "## 2. The run",
    "page": "## 3. The page",
}
CODE = """
import json, sys
sys.path.insert(0, "bench")
from files_of_a_run import modules_of_a_run
print(json.dumps(modules_of_a_run()))
"""


@pytest.fixture(scope="module")
def modules():
    """Return the modules that a run of two rows goes through, by phase, in a fresh interpreter."""
    done = subprocess.run(
        [sys.executable, "-c", CODE], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout)


def named(phase):
    """Return the files that the walk names under a heading."""
    text = PAGE.partition(HEADINGS[phase])[2].partition("\n## ")[0]
    return re.findall(r"`((?:src|plugins)/\S+\.py)`", text)


def test_the_walk_is_of_sixty_files_at_most_and_names_each_once():
    files = [file for phase in HEADINGS for file in named(phase)]
    assert len(files) == len(set(files)) <= 60


def test_the_run_itself_goes_through_no_more_files_than_it_does(modules):
    """The goal was 60; clusters, evidence in one statement and notes on plausibility took seven.

    To check what plugins hand over takes three.
    """
    assert 40 < len(modules["run"]) <= 70


@pytest.mark.parametrize("phase", HEADINGS)
def test_a_run_goes_through_the_files_where_the_walk_says_so(modules, phase):
    assert set(named(phase)) <= set(modules[phase])


def test_the_walk_goes_through_every_room_of_the_run(modules):
    rooms = {Path(file).parent for file in modules["run"] if "/_audit/" in file}
    assert rooms == {Path(file).parent for file in named("run") if "/_audit/" in file}
    assert len(rooms) > 5


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`(_\w+/\S+|plugins/\w+/\w+)`", PAGE))))
def test_folders_that_the_page_names_are_there(path):
    assert (ROOT / path).exists() or (ROOT / "src/cxaudit" / path).exists()
