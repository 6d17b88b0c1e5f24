"""Reports: documents that a consultant hands over, and machine formats.

Imported by every session, so it imports nothing heavy: renderers are named as
``"package.module:attribute"`` and imported when they are used.
"""

from __future__ import annotations

from collections.abc import Iterable

from cxaudit.plugin import hook
from cxaudit_reports.outputs import OUTPUTS

__all__ = ["cxaudit_register"]


@hook
def cxaudit_register() -> Iterable[object]:
    """Yield all that this plugin adds."""
    yield from OUTPUTS
