"""The named audits, their times set."""

from __future__ import annotations

import attrs
import pytest

from tests.support.audits import AUDIT_PARAMETERS, audit_of


def timed_audit(name):
    """Return a named audit's result; its times are those of a run, as no free text is."""
    result = audit_of(name)
    times = {"started": "2026-07-01T08:00:00+00:00", "finished": "2026-07-01T08:00:04+00:00"}
    return attrs.evolve(result, provenance=attrs.evolve(result.provenance, **times))


@pytest.fixture(params=AUDIT_PARAMETERS)
def named_audit(request):
    """Each named audit, as its name and its result."""
    return request.param, timed_audit(request.param)


@pytest.fixture
def audit():
    """Give a named audit's result."""
    return timed_audit
