"""Metrics share a statement as long as it makes a bounded amount of text."""

from __future__ import annotations

from cxaudit._audit.planning.groupings import MOST_TEXT, parts
from cxaudit._expressions import parse
from cxaudit._expressions.walking import growth
from cxaudit._model.engine import CompiledMetric
from cxaudit.plugin import Metric, MetricKind


def metric(name, text):
    value = parse(text, {"body": "text", "wait_s": "number"}, {})
    made = Metric(id=name, table="calls", kind=MetricKind.SHARE)
    return CompiledMetric(metric=made, value=value)


def test_metrics_that_make_no_text_share_a_statement():
    metrics = {f"x.m{n}": metric(f"x.m{n}", f"wait_s > {n}") for n in range(200)}
    assert [list(part) for part in parts(metrics)] == [sorted(metrics)]


def test_metrics_that_make_much_text_are_parted_and_none_is_lost():
    grown = "length(replace(body, 'a', 'bbbbbbbbbbbbbbbbbbbb')) > 5"  # twenty times
    metrics = {f"x.m{n}": metric(f"x.m{n}", grown) for n in range(7)}
    found = [list(part) for part in parts(metrics)]
    assert [name for part in found for name in part] == sorted(metrics)
    assert [len(part) for part in found] == [2, 2, 2, 1]
    assert all(sum(growth(metrics[n].value) for n in part) <= MOST_TEXT for part in found)
