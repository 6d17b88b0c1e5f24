"""Output formats."""

from __future__ import annotations

from cxaudit.plugin import Output

__all__ = ["OUTPUTS"]

OUTPUTS: tuple[Output, ...] = ()
