"""Metrics and measurements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

import attrs
from attrs.validators import and_, deep_iterable, instance_of, min_len

from cxaudit._model.directions import Direction
from cxaudit._model.identifiers import validate_id
from cxaudit._model.text import Text

__all__ = ["APPROXIMATE", "Breakdown", "Measurement", "Metric", "MetricKind"]

APPROXIMATE = 0.01
"""The relative error of quantiles that need not be exact."""


class MetricKind(StrEnum):
    """The ten kinds of metric; plugins add tables and functions, never kinds."""

    SHARE = "share"
    RATIO = "ratio"
    MEAN = "mean"
    COUNT = "count"
    COUNT_DISTINCT = "count_distinct"
    MINIMUM = "minimum"
    MAXIMUM = "maximum"
    QUANTILE = "quantile"
    NET_SCORE = "net_score"
    CENSORED_QUANTILE = "censored_quantile"


def _text(text: str | Text) -> Text:
    return text if isinstance(text, Text) else Text.of(text) if text else Text({})


def _names(names: str | Iterable[str]) -> object:
    # A lone text would become a name for each of its letters.
    return names if isinstance(names, str) else tuple(names)


@attrs.frozen(kw_only=True)
class Metric:
    """A named quantity over a table. Its variant is part of its name.

    Expressions are texts of the expression language over the table's columns.

    Attributes:
        id: Its id.
        table: Canonical table that it reads.
        kind: One of the ten kinds.
        where: Which rows count; all when None.
        value: What is measured of a row. ``share``: a condition (a row where it is null counts
            as not holding). ``mean``, ``minimum``, ``maximum``, ``quantile``,
            ``count_distinct``: an expression; rows where it is null are left out.
            ``censored_quantile``: time until the event or until it was last looked at.
        numerator, denominator: For ``ratio``: numbers that are summed before dividing.
        positive, negative: For ``net_score``: conditions of promoters and detractors; rows
            where either is null are left out. The value lies in [-1, 1]; reports print it in
            points, from -100 to +100.
        event: For ``censored_quantile``: true where the event happened, false where it had
            not yet.
        quantile: For the quantile kinds, in (0, 1). Linear interpolation between order
            statistics (Hyndman and Fan 1996, type 7).
        unit: Unit of the value, such as ``seconds``; a share has none.
        lower_is_better: Direction; None where neither end is the good one.
        evidence: Condition that names the bad rows; a share's default is that the row counts
            and its value does not hold.
        title: Name for people.
        also_called: Other names that the field has for it, such as ``AHT``: lists and hints find
            it by them.
        says: The fact as a sentence, with ``{value}`` (with its unit) and ``{n}`` (rows) put
            in, of a share also ``{k}`` (rows that hold) and ``{rest}`` (rows that do not), and
            parameters of its expressions by their names: ``{k} of {n} calls were answered
            within {answer-seconds} seconds.`` A plain text is English. Without one, reports say
            the title and the numbers.
        description: What exactly is counted, and what is left out.
        parameters: Values of parameters that hold for it alone, before those of the checklist.
        cluster: What varies by chance as a whole: ``day``, ``row``, ``customer`` or an
            expression. Empty: that of the source, else the day where rows of the table have a
            time, else the row.
    """

    id: str = attrs.field(validator=validate_id)
    table: str
    kind: MetricKind = attrs.field(converter=MetricKind)
    where: str | None = None
    value: str | None = None
    numerator: str | None = None
    denominator: str | None = None
    positive: str | None = None
    negative: str | None = None
    event: str | None = None
    quantile: float | None = None
    unit: str = ""
    lower_is_better: bool | None = None
    evidence: str | None = None
    title: str = ""
    also_called: tuple[str, ...] = attrs.field(
        default=(),
        converter=_names,
        validator=deep_iterable(and_(instance_of(str), min_len(1)), instance_of(tuple)),
    )
    says: Text = attrs.field(default=Text({}), converter=_text)
    description: str = ""
    parameters: Mapping[str, float | str | bool] = attrs.field(factory=dict)
    cluster: str = ""


@attrs.frozen(kw_only=True)
class Breakdown:
    """Metrics by a grouping: shown and compared, never findings.

    Attributes:
        id: Its id.
        title: Name for people.
        metrics: Full ids of metrics over one table.
        by: Expression that names a row's group.
        minimum: Groups with fewer rows are suppressed and counted.
    """

    id: str = attrs.field(validator=validate_id)
    metrics: tuple[str, ...]
    by: str
    title: str = ""
    minimum: int = 10


@attrs.frozen(kw_only=True)
class Measurement:
    """The value of a metric for a unit, a touchpoint and a group.

    Attributes:
        metric: Full id.
        kind: Kind of the metric.
        unit: The audited unit it was measured for.
        touchpoint: The touchpoint it was measured for.
        group: Value of the breakdown's grouping; None outside breakdowns.
        breakdown: Id of the breakdown, or None.
        statistics: Sufficient statistics. share: ``k``, ``n``. mean: ``n``, ``sum``, ``sum2``
            (about ``shift``). ratio: ``n`` and the sums ``x``, ``y``, ``xx``, ``xy``, ``yy``.
            net_score: ``n``, ``positive``, ``negative``. quantile: ``n``, and for a target of 30
            ``le:30.0``, the rows at or under it, with ``le:30.0:low`` and ``le:30.0:high``, the
            interval of their share; where it is approximate, ``error``, the most by which it
            differs from the exact one, as a share of that. count: ``n``. minimum and maximum:
            ``n``, ``value``. censored_quantile: ``n``, ``value`` with ``low`` and ``high``, or
            ``beyond``: a time that it surely exceeds. The others: ``n`` and what was derived;
            they do not merge.
        n: Rows that the value rests on.
        value: The value, or None when no row counts.
        low, high: The interval, or None when it cannot be given.
        cluster: What its interval takes to vary as a whole: ``day``, ``row`` or an expression.
        clusters: How many of them hold rows; under two days the interval is that of rows.
        design_effect: By how much its variance exceeds that of independent rows, at least 1.
        direction: How its clusters lie about it; None where rows vary alone.
        confidence: Level of the interval.
        measured_in: Unit of the value, such as ``seconds``.
        engine: Engine that measured it.
        query: Digest of the statement.
        unavailable: Why it could not be measured; empty when it was.
    """

    metric: str
    kind: MetricKind = attrs.field(converter=MetricKind)
    unit: str
    touchpoint: str
    group: str | None = None
    breakdown: str | None = None
    statistics: Mapping[str, float] = attrs.field(factory=dict)
    n: int = 0
    value: float | None = None
    low: float | None = None
    high: float | None = None
    confidence: float = 0.95
    cluster: str = "row"
    clusters: int = 0
    design_effect: float = 1.0
    direction: Direction | None = None
    measured_in: str = ""
    engine: str = ""
    query: str = ""
    unavailable: str = ""
