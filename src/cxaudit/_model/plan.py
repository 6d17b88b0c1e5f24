"""The plan of a run: what would be read and asked of the engine."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

__all__ = ["Plan", "PlannedSource", "PlannedStatement", "Precision"]


@attrs.frozen(kw_only=True)
class PlannedSource:
    """A source that a run would read.

    Attributes:
        name, reader, table, paths: As the audit file sets it up.
        counted: Which of its rows would count by the wave, in words; empty without a wave.
    """

    name: str
    reader: str
    table: str
    paths: tuple[str, ...]
    counted: str = ""


@attrs.frozen(kw_only=True)
class PlannedStatement:
    """A statement that a run would send to the engine.

    Attributes:
        table: Table that it reads.
        metrics: Full ids of the metrics that it computes.
        units: Ids of the units that it computes them for.
        touchpoint: Rows at this touchpoint or below; None reads all.
        breakdown: Id of the breakdown, or None.
        breakdowns_by_day: Ids of breakdowns by groups of days, which are added up from its result.
        text: The statement.
        digest: SHA-256 of the text, as measurements name it.
    """

    table: str
    metrics: tuple[str, ...]
    units: tuple[str, ...]
    touchpoint: str | None
    breakdown: str | None
    text: str
    digest: str
    breakdowns_by_day: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Precision:
    """How sure a share of an asked item or of a metric would be.

    Attributes:
        item, metric: Id of the one that it is of; the other is empty.
        touchpoint: Where it is judged or measured.
        n: Cases planned, or the records of last time.
        design_effect: How many times as much it varied last time as independent ones would.
        half_width: Half the width of the 95 % interval of a share of 80 %, from 0 to 1; None
            where too few vary.
        needed: Cases or records that tell 80 % from 90 %, in 80 of 100 such audits.
    """

    item: str
    metric: str
    touchpoint: str
    n: int
    design_effect: float
    half_width: float | None
    needed: int


@attrs.frozen(kw_only=True)
class Plan:
    """What a run would do. Making it reads no data.

    Attributes:
        engine: Full id of the engine; empty when none is needed.
        sources: What would be read.
        statements: What would be asked.
        unavailable: Metric to the reason why it cannot be measured.
        precision: How sure shares would be, of each asked item and of each share measured last
            time.
    """

    engine: str
    sources: tuple[PlannedSource, ...]
    statements: tuple[PlannedStatement, ...]
    unavailable: Mapping[str, str]
    precision: tuple[Precision, ...] = ()
