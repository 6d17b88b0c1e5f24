"""Conditions on calls that several metrics share."""

from __future__ import annotations

__all__ = ["ANSWERED", "INBOUND", "REACHED"]

INBOUND = "coalesce(direction, 'in') = 'in'"
ANSWERED = f"outcome = 'answered' and {INBOUND}"
REACHED = "outcome in ('answered', 'abandoned', 'timeout', 'voicemail', 'callback')"
"""Reached the queue: calls left in the menu, busy, failed or missed before it are none."""
