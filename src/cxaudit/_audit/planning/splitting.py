"""Splitting metrics into statements, so that none makes much more text than its table holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cxaudit._expressions.growth import growth
from cxaudit._model.engine import CompiledMetric

__all__ = ["MOST_TEXT", "parts"]

MOST_TEXT = 50
"""A statement of several metrics makes at most so many times the text of a row."""


def parts(metrics: Mapping[str, CompiledMetric]) -> Iterator[dict[str, CompiledMetric]]:
    """Yield metrics in parts of which each makes a bounded amount of text out of a row."""
    part: dict[str, CompiledMetric] = {}
    total = 0.0
    for name in sorted(metrics):
        growth_of_metric = sum(growth(expression) for expression in metrics[name].expressions)
        if part and total + growth_of_metric > MOST_TEXT:
            yield part
            part, total = {}, 0.0
        part[name] = metrics[name]
        total += growth_of_metric
    yield part
