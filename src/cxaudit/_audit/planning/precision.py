"""How sure shares will be: of items by their cases, of metrics by how days differed last time."""

from __future__ import annotations

import math

import numpy as np

from cxaudit._model.audit import Audit
from cxaudit._model.metrics import MetricKind
from cxaudit._model.plan import Precision
from cxaudit._model.result import AuditResult
from cxaudit._statistics.sample_size import half_widths, rows_needed

__all__ = ["BETTER", "SHARE", "precision"]

SHARE, BETTER = 0.8, 0.9
"""The share whose half width is told, and the one that it should be told from."""


def precision(
    audit: Audit, cases: int | None = None, last: AuditResult | None = None
) -> tuple[Precision, ...]:
    """Return how sure a share of 80 % would be, of each asked item and of each share measured.

    Args:
        audit: The audit.
        cases: Cases planned for each asked item; None takes as many as last time, else the fewest
            that are enough.
        last: An earlier result of the audit.
    """
    counts = _counts(last)
    of_items = [
        (item.id, touchpoint, cases or counts.get((item.id, touchpoint), item.ask.min_cases))
        for item in audit.checklist.items
        if item.excluded is None and item.ask is not None and item.ask.method != "document"
        for touchpoint in item.touchpoints
        if item.ask.answer != "text"
    ]
    measured = [
        measurement
        for measurement in (last.measurements if last is not None else ())
        if measurement.breakdown is None
        and last is not None
        and measurement.unit == last.units.root.id
        and measurement.kind is MetricKind.SHARE
        and measurement.n
    ]
    rows = np.array([n for _, _, n in of_items] + [share.n for share in measured], dtype=float)
    effect = np.array([1.0] * len(of_items) + [share.design_effect for share in measured])
    clusters = rows.copy()
    # Where each row is a cluster, a measurement counts none.
    clusters[len(of_items) :] = [share.clusters or share.n for share in measured]
    # Of answers, one case less counts than there are (see the intervals of answers).
    less = np.array([1.0] * len(of_items) + [0.0] * len(measured))
    half = half_widths(SHARE, rows - less, effect, clusters)
    needed = rows_needed(SHARE, BETTER, effect)
    names = [(item, "", touchpoint) for item, touchpoint, _ in of_items]
    names += [("", share.metric, share.touchpoint) for share in measured]
    return tuple(
        Precision(
            item=item,
            metric=metric,
            touchpoint=touchpoint,
            n=int(n),
            design_effect=float(d),
            half_width=None if math.isnan(width) else float(width),
            needed=int(least),
        )
        for (item, metric, touchpoint), n, d, width, least in zip(
            names, rows, effect, half, needed, strict=True
        )
    )


def _counts(last: AuditResult | None) -> dict[tuple[str, str], int]:
    """Return how many cases the root's findings rested on last time."""
    if last is None:
        return {}
    root = last.units.root.id
    return {
        (finding.item, finding.touchpoint): finding.n
        for finding in last.findings
        if finding.unit == root and finding.n
    }
