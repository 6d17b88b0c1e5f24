"""What plugins are given, as copies: whatever they do to it stays with them."""

from __future__ import annotations

import copy

import attrs

from cxaudit._model.protocols import CheckRequest

__all__ = ["copied"]


def copied(request: CheckRequest) -> CheckRequest:
    """Return a request of which a check may change anything without touching the audit.

    The item is not copied: it is the same for all units, so the caller copies it once.
    """
    return attrs.evolve(
        request,
        settings=copy.deepcopy(dict(request.settings)),
        measurements={
            name: attrs.evolve(measurement, statistics=dict(measurement.statistics))
            for name, measurement in request.measurements.items()
        },
        unit=attrs.evolve(request.unit, attributes=dict(request.unit.attributes)),
    )
