"""Conditions on calls that several metrics share."""

from __future__ import annotations

__all__ = ["ANSWERED", "INBOUND", "OFFERED"]

INBOUND = "coalesce(direction, 'in') = 'in'"
ANSWERED = f"outcome = 'answered' and {INBOUND}"
OFFERED = f"outcome in ('answered', 'abandoned', 'timeout', 'voicemail', 'callback') and {INBOUND}"
"""Reached the queue: calls left in the menu, busy, failed or missed before it are none."""
