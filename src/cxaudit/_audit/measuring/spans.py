"""What time the rows of a table are of: the days of the wave, or why none of them counts."""

from __future__ import annotations

import attrs

from cxaudit._audit.planning.waves import Bounds, natural_time
from cxaudit._model.audit import Audit
from cxaudit._model.engine import EngineSession, RowQuery
from cxaudit._model.expressions import Expression
from cxaudit._model.metrics import Measurement, MetricKind
from cxaudit._model.tables import Table

__all__ = ["Span", "span_of"]


@attrs.frozen(kw_only=True)
class Span:
    """The time that the rows of a table are of.

    Attributes:
        days: Days of the wave that were looked at; None where the wave does not bound the rows.
        empty: Why no row of the table counts, though there are some; else empty.
    """

    days: int | None = None
    empty: str = ""

    def explained(self, measured: Measurement) -> Measurement:
        """Return a measurement that says why it has no value. A count of nothing is a value."""
        if measured.n or not self.empty or measured.kind is MetricKind.COUNT:
            return measured
        return attrs.evolve(measured, unavailable=measured.unavailable or self.empty)


def span_of(table: Table, audit: Audit, bounds: Bounds, engine: EngineSession) -> Span:
    """Return the time that the rows of a filled table are of."""
    if natural_time(table) is None or (audit.wave is None and audit.as_of is None):
        return Span()

    def count(where: Expression | None) -> int:
        return engine.count(RowQuery(table=table.id, where=where))

    rows = count(None)
    outside = bounds.outside(table)
    left = rows - count(outside) if outside is not None else rows
    late = bounds.after_as_of(table)
    if rows and not left:
        assert audit.wave is not None
        return Span(empty=f"no row lies within the wave {audit.wave.id}")
    if rows and late is not None and count(late) == rows:
        assert audit.as_of is not None
        return Span(empty=f"all rows lie after {audit.as_of.isoformat()}, the last day observed")
    if outside is None or bounds.unbounded(table) is not None:
        return Span()
    untimed = bounds.untimed(table)
    timed = left - (count(untimed) if untimed is not None else 0)
    return Span(days=bounds.days if timed else None)
