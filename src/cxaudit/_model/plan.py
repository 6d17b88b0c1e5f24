"""The plan of a run: what would be read and asked of the engine."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

__all__ = ["Plan", "PlannedSource", "PlannedStatement"]


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


@attrs.frozen(kw_only=True)
class Plan:
    """What a run would do. Making it reads no data.

    Attributes:
        engine: Full id of the engine; empty when none is needed.
        sources: What would be read.
        statements: What would be asked.
        unavailable: Metric to the reason why it cannot be measured.
    """

    engine: str
    sources: tuple[PlannedSource, ...]
    statements: tuple[PlannedStatement, ...]
    unavailable: Mapping[str, str]
