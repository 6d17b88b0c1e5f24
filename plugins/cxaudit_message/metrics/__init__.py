"""Metrics."""

from __future__ import annotations

from cxaudit.plugin import Metric
from cxaudit_message.metrics.conversations import CONVERSATION_METRICS
from cxaudit_message.metrics.issues import ISSUE_METRICS
from cxaudit_message.metrics.machines import MACHINE_METRICS
from cxaudit_message.metrics.threads import THREAD_METRICS

__all__ = ["METRICS"]

METRICS: tuple[Metric, ...] = (
    *THREAD_METRICS,
    *MACHINE_METRICS,
    *ISSUE_METRICS,
    *CONVERSATION_METRICS,
)
