"""requirements-dev.txt is whole, and pyproject.toml states versions that it holds to."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib import metadata
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
STATED = [
    Requirement(line)
    for line in chain(
        PROJECT["project"]["dependencies"],
        *PROJECT["project"]["optional-dependencies"].values(),
        PROJECT["dependency-groups"]["dev"],
    )
]
TEXT = (ROOT / "requirements-dev.txt").read_text("utf-8")
PINNED = [Requirement(line) for line in re.findall(r"^([a-z].*?) \\$", TEXT, re.MULTILINE)]
HERE = {
    canonicalize_name(pin.name): pin
    for pin in PINNED
    if pin.marker is None or pin.marker.evaluate()
}


def version(pin):
    (exact,) = pin.specifier
    assert exact.operator == "=="
    return exact.version


def test_every_line_is_a_pin_or_a_hash_and_none_names_where_to_fetch_it():
    for line in TEXT.splitlines():
        assert re.match(r"#|[a-z0-9\[\]-]+==| +--hash=sha256:[0-9a-f]{64}", line), line
    assert len(PINNED) == len(re.findall(r"^[a-z]", TEXT, re.MULTILINE)) > 50
    assert "://" not in TEXT
    assert "--index" not in TEXT


@pytest.mark.parametrize("stated", dict.fromkeys(STATED), ids=str)
def test_what_the_project_names_is_pinned_at_a_version_that_it_allows(stated):
    if stated.marker is None or stated.marker.evaluate():
        assert stated.specifier.contains(version(HERE[canonicalize_name(stated.name)]))


@pytest.mark.parametrize("name", sorted(HERE))
def test_what_a_pinned_package_needs_is_pinned_too(name):
    """It is installed without looking for dependencies, so none may be left out."""
    try:
        package = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        pytest.skip("not installed here")
    if package.version != version(HERE[name]):
        pytest.skip("another version is installed here")
    for needed in map(Requirement, package.requires or ()):
        extras = HERE[name].extras or {""}
        if needed.marker and not any(needed.marker.evaluate({"extra": extra}) for extra in extras):
            continue
        pin = HERE[canonicalize_name(needed.name)]
        assert needed.specifier.contains(version(pin), prereleases=True)
        assert needed.extras <= pin.extras


def test_the_lowest_versions_are_those_that_the_project_states():
    script = ROOT / ".ci" / "lowest.py"
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    printed = done.stdout.splitlines()
    assert {Requirement(line).name for line in printed} == {
        stated.name for stated in STATED if ">=" in str(stated.specifier)
    }
    assert all(version(Requirement(line)) for line in printed)
