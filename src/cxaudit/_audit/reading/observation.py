"""Until when records were looked at: where open matters are cut off."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cxaudit._model.audit import Audit
from cxaudit._model.engine import EngineSession

__all__ = ["observed_until"]


def observed_until(audit: Audit, engine: EngineSession) -> datetime | None:
    """Return the instant up to which records were observed, in UTC; None without any record.

    That is the end of the audit's ``as_of`` day in the root's zone; without one, the last
    instant that any record tells of, due dates and the like left aside.
    """
    if audit.as_of is None:
        return engine.instants(planned=False)[1]
    midnight = datetime.combine(audit.as_of + timedelta(days=1), time())
    return midnight.replace(tzinfo=ZoneInfo(audit.units.root.zone)).astimezone(UTC)
