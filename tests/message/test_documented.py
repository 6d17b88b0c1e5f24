"""The page on metrics names each metric of the plugin, and only such."""

from __future__ import annotations

import re
from pathlib import Path

from cxaudit_message.metrics import METRICS

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "message-metrics.md"


def test_every_metric_is_explained_once_and_no_other():
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line[:3] == "| `"]
    named = [name for row in rows for name in re.findall(r"`([^`]+)`", row.split("|")[1])]
    assert sorted(named) == sorted(metric.id.removeprefix("cxaudit.") for metric in METRICS)


def test_every_metric_says_what_it_counts_and_which_end_is_good():
    for metric in METRICS:
        assert metric.title, metric.id
        assert metric.description.endswith("."), metric.id
        assert metric.unit or metric.kind in {"share", "ratio", "mean"}, metric.id
