"""The named audits of tests/reports, their times set."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import attrs
import pytest

HERE = Path(__file__).parent
GOLDEN = HERE / "golden"


def _reports():
    path = HERE.parent / "reports" / "conftest.py"
    spec = importlib.util.spec_from_file_location("named_audits_of_reports", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


REPORTS = _reports()


def named_audit(name):
    """Return a named audit's result; its times are those of a run, as no free text is."""
    result = REPORTS.AUDITS[name]()
    times = {"started": "2026-07-01T08:00:00+00:00", "finished": "2026-07-01T08:00:04+00:00"}
    return attrs.evolve(result, provenance=attrs.evolve(result.provenance, **times))


@pytest.fixture(params=REPORTS.AUDITS)
def named(request):
    """Each named audit, as its name and its result."""
    return request.param, named_audit(request.param)


@pytest.fixture
def audit():
    """Give a named audit's result."""
    return named_audit


@pytest.fixture
def hostile_text():
    return REPORTS.HOSTILE
