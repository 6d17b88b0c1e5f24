"""Messages: exports of help desks and mailboxes, and what they say of answers and promises.

Imported by every session, so it imports nothing heavy: readers and derived tables are named as
``"package.module:attribute"`` and imported when they are used.
"""

from __future__ import annotations

from collections.abc import Iterable

from cxaudit.plugin import hook
from cxaudit_message.metrics import METRICS
from cxaudit_message.presets import PRESETS
from cxaudit_message.readers.evaluation_sources import EVALUATION_SOURCES
from cxaudit_message.readers.sources import SOURCES
from cxaudit_message.speech.detectors import DETECTORS
from cxaudit_message.tables import TABLES

__all__ = ["cxaudit_register"]


@hook
def cxaudit_register() -> Iterable[object]:
    """Yield all that this plugin adds."""
    yield from SOURCES
    yield from EVALUATION_SOURCES
    yield from PRESETS
    yield from TABLES
    yield from DETECTORS
    yield from METRICS
