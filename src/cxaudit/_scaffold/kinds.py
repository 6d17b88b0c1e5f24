"""What a new plugin may begin with."""

from __future__ import annotations

__all__ = ["KINDS"]

KINDS = (
    *("check", "metric", "source", "detector", "output"),
    *("touchpoint", "policy", "section", "redactor"),
)
