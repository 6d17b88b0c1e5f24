"""Telephone: exports of call systems, and what they say of waiting, holding and the run-around.

Imported by every session, so it imports nothing heavy: readers and derived tables are named as
``"package.module:attribute"`` and imported when they are used.
"""

from __future__ import annotations

from collections.abc import Iterable

from cxaudit.plugin import hook
from cxaudit_phone.metrics import METRICS
from cxaudit_phone.presets import PRESETS
from cxaudit_phone.readers.evaluation_sources import EVALUATION_SOURCES
from cxaudit_phone.readers.sources import SOURCES
from cxaudit_phone.tables import TABLES

__all__ = ["cxaudit_register"]


@hook
def cxaudit_register() -> Iterable[object]:
    """Yield all that this plugin adds."""
    yield from SOURCES
    yield from EVALUATION_SOURCES
    yield from PRESETS
    yield from TABLES
    yield from METRICS
