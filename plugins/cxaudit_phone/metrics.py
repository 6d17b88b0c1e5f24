"""Metrics."""

from __future__ import annotations

from cxaudit.plugin import Metric

__all__ = ["METRICS"]

METRICS: tuple[Metric, ...] = ()
