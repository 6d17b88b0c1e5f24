"""Metrics."""

from __future__ import annotations

from cxaudit.plugin import Metric
from cxaudit_message.conversation_metrics import CONVERSATION_METRICS
from cxaudit_message.issue_metrics import ISSUE_METRICS
from cxaudit_message.thread_metrics import THREAD_METRICS

__all__ = ["METRICS"]

METRICS: tuple[Metric, ...] = (*THREAD_METRICS, *ISSUE_METRICS, *CONVERSATION_METRICS)
