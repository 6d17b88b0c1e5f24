"""Real records are read where they lie, beside the repository; without them these tests skip."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

HERE = Path(__file__).parent
DATA = HERE.parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def reference():
    """Figures computed without any code of ours, by data set."""
    path = DATA / "reference.json"
    if not path.is_file():
        pytest.skip("the real records are absent: there is no ../shared/data beside the repository")
    return {name: entry.get("dev", {}) for name, entry in json.loads(path.read_text()).items()}


class Measured:
    """The measurements of a run, by metric, unit and group."""

    def __init__(self, result):
        self.result = result
        self._root = result.units.root.id
        self._by_key = {(m.metric, m.unit, m.breakdown, m.group): m for m in result.measurements}

    def get(self, metric, unit=None, breakdown=None, group=None):
        return self._by_key[metric, unit or self._root, breakdown, group]

    def value(self, metric, unit=None, breakdown=None, group=None):
        return self.get(metric, unit, breakdown, group).value

    def groups(self, metric, breakdown):
        return {
            m.group: m
            for m in self.result.measurements
            if m.metric == metric and m.breakdown == breakdown and m.unit == self._root
        }

    def assert_share(self, expected, metric, unit=None, breakdown=None, group=None):
        """Hold a share to the reference: both counts exactly, value and Wilson interval closely."""
        found = self.get(metric, unit, breakdown, group)
        assert (found.statistics["k"], found.statistics["n"]) == (expected["k"], expected["n"])
        assert found.value == pytest.approx(expected["k"] / expected["n"], abs=1e-6)
        assert (found.low, found.high) == pytest.approx(expected["wilson95"], abs=1e-6)


def prepare(name, records, folder):
    """Copy an audit and what belongs to it, its records' folder put in; return the audit file."""
    for path in HERE.glob(f"{name}.*"):
        shutil.copy(path, folder / path.name)
    audit = folder / f"{name}.audit.toml"
    audit.write_text(audit.read_text().replace("DATA", records.as_posix()))
    return audit


def run(audit):
    from cxaudit import Session

    session = Session()
    return Measured(session.run(session.load(audit)))


@pytest.fixture(scope="session")
def real(reference):
    """Functions and places that the tests of this folder share, with the reference."""
    assert reference
    return Real


class Real:
    data = DATA
    here = HERE
    prepare = staticmethod(prepare)
    run = staticmethod(run)
