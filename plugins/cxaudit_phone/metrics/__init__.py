"""Metrics.

Each says in its description what is counted and what is left out. All count inbound calls, as
far as the log tells directions; mystery calls are left out by the tables.
"""

from __future__ import annotations

from cxaudit.plugin import Metric
from cxaudit_phone.metrics.following import FOLLOWING
from cxaudit_phone.metrics.handling import HANDLING
from cxaudit_phone.metrics.machines import MACHINES
from cxaudit_phone.metrics.waiting import WAITING

__all__ = ["METRICS"]

METRICS: tuple[Metric, ...] = (*WAITING, *MACHINES, *HANDLING, *FOLLOWING)
