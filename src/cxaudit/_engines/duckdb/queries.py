"""Statements for metrics and rows, in the forms that were measured fastest.

Conditional counts are ``count_if`` and conditional values ``CASE`` inside the aggregate, not
``FILTER``; all quantiles of one value come from one ``quantile_cont`` with a list of levels.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from statistics import NormalDist

import attrs

from cxaudit._engines.duckdb.clocks import Clocks
from cxaudit._engines.duckdb.printer import as_text, identifier, sql, text
from cxaudit._model.engine import CompiledMetric, MeasuredRow, MetricQuery, RowQuery
from cxaudit._model.expressions import Expression
from cxaudit._model.metrics import MetricKind
from cxaudit.errors import ExpressionError, Problem

__all__ = [
    "count_statement",
    "counted_only",
    "metric_statement",
    "read_measured",
    "row_statement",
    "rows_from",
    "where_clause",
]

_CURVE = ("n", "value", "low", "high", "beyond")
"""What a survival curve gives."""

_Z = NormalDist().inv_cdf(0.975)
_NEEDED = {
    MetricKind.SHARE: "boolean",
    MetricKind.MEAN: "number",
    MetricKind.MINIMUM: "number",
    MetricKind.MAXIMUM: "number",
    MetricKind.QUANTILE: "number",
    MetricKind.CENSORED_QUANTILE: "number",
}


def metric_statement(query: MetricQuery, *, zone: str | None = None) -> str:
    """Return the one statement that measures a query's metrics.

    Its columns are ``unit``, ``group`` and aggregates; `read_measured` tells which is which.
    A row counts for every result unit whose row units hold its own, and a row whose ``unit`` is
    null for the root: loading stores null where a unit is not known. Rows of other units (of
    comparators, or where an item does not apply) count for nobody. When the root is the only
    result unit nothing is joined.

    Args:
        query: What to measure.
        zone: An IANA zone for all rows; None takes the column ``_zone``.

    Raises:
        ExpressionError: If a metric's value has another type than its kind needs.
    """
    clocks = Clocks()
    layout = _Layout(query, zone, clocks)
    rows = rows_from(query, zone, clocks)
    columns = [f'{sql_} AS "{name}"' for name, sql_ in layout.columns()]
    keys = f'{rows.unit} AS "unit", {rows.group} AS "group"'
    # Without an aggregate only a grouping makes one row of many.
    grouping = rows.grouping if columns else "\nGROUP BY 1, 2"
    source = f"{rows.source}{where_clause(*rows.where)}{grouping}"
    main = f"SELECT {', '.join([keys, *columns])}\nFROM {source}"
    if not layout.curves:
        return main
    joins = "".join(
        f'\nLEFT JOIN "{name}" ON "main"."unit" = "{name}"."unit" '
        f'AND "main"."group" IS NOT DISTINCT FROM "{name}"."group"'
        for name in layout.curves
    )
    # WITH "main" AS (... AS "a0" ...), "k0" AS (<curve>) SELECT "main"."unit", "main"."group",
    # "main"."a0", coalesce("k0"."n", 0), "k0"."value", ... FROM "main" LEFT JOIN "k0" ON ...
    parts = [f'"main" AS (\n{main})'] + [
        f'"{name}" AS (\n{_survival(metric, query, zone)})'
        for name, metric in layout.curves.items()
    ]
    selected = [f'"main"."{name}"' for name in ("unit", "group", *dict(layout.columns()))]
    selected += [
        f'coalesce("{name}"."n", 0), ' + ", ".join(f'"{name}"."{part}"' for part in _CURVE[1:])
        for name in layout.curves
    ]
    return f'WITH {", ".join(parts)}\nSELECT {", ".join(selected)}\nFROM "main"{joins}'


def read_measured(query: MetricQuery, rows: Iterable[Sequence[object]]) -> Iterator[MeasuredRow]:
    """Yield the statistics of each metric in each fetched row of `metric_statement`.

    As `cxaudit.plugin.Measurement` says, with ``shift`` the mean: ``sum`` is the plain sum and
    ``sum2`` the sum of squared deviations from the mean. A statistic that is null (the least of
    no rows, a quantile never reached) is left out.
    """
    layout = _Layout(query, None, Clocks())
    for row in rows:
        unit, group = row[0], row[1]
        for compiled in query.metrics:
            measured = {
                name: _at(row, position) for name, position in layout.statistics[compiled.metric.id]
            }
            statistics = {name: value for name, value in measured.items() if value is not None}
            if compiled.metric.kind is MetricKind.MEAN:
                statistics = _moments(statistics)
            yield MeasuredRow(
                unit=str(unit),
                group=None if group is None else str(group),
                metric=compiled.metric.id,
                statistics=statistics,
            )


def row_statement(query: RowQuery, *, zone: str | None = None) -> str:
    """Return the statement for rows of a table, in a repeatable order.

    With a limit the rows are those with the least hash of file, row and seed; else they come
    by file and row. ``_source`` and ``_row`` are the first columns when columns are named.

    Args:
        query: Which rows.
        zone: As in `metric_statement`.
    """
    clocks = Clocks()
    where = _row_filter(query, zone, clocks)
    added = ", ".join(identifier(name) for name in clocks.columns)
    columns = f"* EXCLUDE ({added})" if added else "*"
    if query.columns is not None:
        names = dict.fromkeys(("_source", "_row", *query.columns))
        columns = ", ".join(identifier(name) for name in names)
    order = '"_source", "_row"'
    limit = ""
    if query.limit is not None:
        key = f'concat_ws(\'|\', {text(str(query.seed))}, "_source", "_row")'
        order = f"md5({key}), {order}"
        limit = f"\nLIMIT {int(query.limit)}"
    source = clocks.around(identifier(query.table))
    return f"SELECT {columns}\nFROM {source}{where}\nORDER BY {order}{limit}"


def count_statement(query: RowQuery, *, zone: str | None = None) -> str:
    """Return the statement for the number of rows of a query, its limit left aside."""
    clocks = Clocks()
    where = _row_filter(query, zone, clocks)
    return f"SELECT count(*)\nFROM {clocks.around(identifier(query.table))}{where}"


_Position = tuple[int, int | None]
_Wanted = tuple[str, str | tuple[str, float]]


class _Layout:
    """The aggregate columns of a query, and where each statistic is found among them."""

    def __init__(self, query: MetricQuery, zone: str | None, clocks: Clocks) -> None:
        self._zone = zone
        self._clocks = clocks
        self._table = query.table
        self._aggregates: dict[str, int] = {}
        self._levels: dict[str, list[float]] = {}
        self.curves: dict[str, CompiledMetric] = {}
        self.statistics: dict[str, list[tuple[str, _Position]]] = {}
        self._wanted: dict[str, list[_Wanted]] = {}
        for compiled in query.metrics:
            self._wanted[compiled.metric.id] = self._metric(compiled)
        for values in self._levels:
            self._aggregate(self._quantiles(values))
        for metric, wanted in self._wanted.items():
            self.statistics[metric] = [(name, self._position(key)) for name, key in wanted]

    def columns(self) -> list[tuple[str, str]]:
        """Return name and SQL of each aggregate."""
        return [(f"a{position}", printed) for printed, position in self._aggregates.items()]

    def _metric(self, compiled: CompiledMetric) -> list[_Wanted]:
        metric = compiled.metric
        _check_value(compiled)
        where = self._sql(compiled.where)
        match metric.kind:
            case MetricKind.COUNT:
                return [("n", self._count(where))]
            case MetricKind.SHARE:
                return [
                    ("k", self._count(where, self._sql(compiled.value))),
                    ("n", self._count(where)),
                ]
            case MetricKind.NET_SCORE:
                positive = self._sql(compiled.positive) or "false"
                negative = self._sql(compiled.negative) or "false"
                both = f"({positive} IS NOT NULL AND {negative} IS NOT NULL)"
                return [
                    ("n", self._count(where, both)),
                    ("positive", self._count(where, both, positive)),
                    ("negative", self._count(where, both, negative)),
                ]
            case MetricKind.RATIO:
                return self._ratio(compiled, where)
            case MetricKind.CENSORED_QUANTILE:
                name = f"k{len(self.curves)}"
                self.curves[name] = compiled
                return [(part, f"{name}.{part}") for part in _CURVE]
            case _:
                return self._values(compiled, where)

    def _values(self, compiled: CompiledMetric, where: str | None) -> list[_Wanted]:
        metric = compiled.metric
        value = counted_only(self._sql(compiled.value), where)
        wanted: list[_Wanted] = [("n", self._aggregate(f"count({value})"))]
        match metric.kind:
            case MetricKind.MEAN:
                wanted.append(("mean", self._aggregate(f"avg({value})")))
                wanted.append(("variance", self._aggregate(f"var_pop({value})")))
            case MetricKind.COUNT_DISTINCT:
                wanted.append(("value", self._aggregate(f"count(DISTINCT {value})")))
            case MetricKind.MINIMUM:
                wanted.append(("value", self._aggregate(f"min({value})")))
            case MetricKind.MAXIMUM:
                wanted.append(("value", self._aggregate(f"max({value})")))
            case _:
                levels = self._levels.setdefault(value, [])
                assert metric.quantile is not None
                if metric.quantile not in levels:
                    levels.append(metric.quantile)
                wanted.append(("value", (value, metric.quantile)))
                for limit in compiled.thresholds:
                    within = self._count_if(f"{value} <= {_double(limit)}")
                    wanted.append((f"le:{limit!r}", within))
        return wanted

    def _ratio(self, compiled: CompiledMetric, where: str | None) -> list[_Wanted]:
        x, y = self._sql(compiled.numerator) or "NULL", self._sql(compiled.denominator) or "NULL"
        both = " AND ".join(
            part for part in (where, f"{x} IS NOT NULL", f"{y} IS NOT NULL") if part
        )
        sums = {"x": x, "y": y, "xx": f"{x} * {x}", "xy": f"{x} * {y}", "yy": f"{y} * {y}"}
        wanted: list[_Wanted] = [("n", self._count_if(both))]
        for name, part in sums.items():
            total = f"coalesce(sum(CASE WHEN {both} THEN {part} END), 0e0)"
            wanted.append((name, self._aggregate(total)))
        return wanted

    def _count(self, *conditions: str | None) -> str:
        every = " AND ".join(condition for condition in conditions if condition)
        return self._count_if(every) if every else self._aggregate("count(*)")

    def _count_if(self, condition: str) -> str:
        # Over no rows count_if gives null.
        return self._aggregate(f"coalesce(count_if({condition}), 0)")

    def _aggregate(self, printed: str) -> str:
        self._aggregates.setdefault(printed, len(self._aggregates))
        return printed

    def _quantiles(self, value: str) -> str:
        levels = ", ".join(repr(float(level)) for level in self._levels[value])
        return f"quantile_cont({value}, [{levels}])"

    def _position(self, key: str | tuple[str, float]) -> _Position:
        # A row is unit, group, a0, a1 ..., then five columns for each curve.
        if isinstance(key, tuple):
            value, level = key
            return 2 + self._aggregates[self._quantiles(value)], self._levels[value].index(level)
        if key in self._aggregates:
            return 2 + self._aggregates[key], None
        name, _, part = key.partition(".")
        after = 2 + len(self._aggregates) + len(_CURVE) * list(self.curves).index(name)
        return after + _CURVE.index(part), None

    def _sql(self, expression: Expression | None) -> str | None:
        if expression is None:
            return None
        return sql(expression, zone=self._zone, table=self._table, clocks=self._clocks)


def _survival(metric: CompiledMetric, query: MetricQuery, zone: str | None) -> str:
    """Return the Kaplan-Meier quantile of each group, with its interval at 95 %.

    Product-limit estimate (Kaplan and Meier 1958): S(t) is the product, over the times up to t,
    of 1 - events / at risk; rows censored at a time are still at risk then. The quantile q is
    the least t with S(t) <= 1 - q, taken with 1e-12 for rounding; null when S stays above, and
    then ``beyond`` is the time that it surely exceeds: the longest observed. The ends are the
    same for the ends of S by Greenwood's variance on the scale log(-log S) (Kalbfleisch and
    Prentice 1980); null where they are never reached.
    """
    assert metric.value is not None and metric.event is not None  # noqa: PT018 - one promise
    assert metric.metric.quantile is not None
    clocks = Clocks()
    time = sql(metric.value, zone=zone, table=query.table, clocks=clocks)
    event = sql(metric.event, zone=zone, table=query.table, clocks=clocks)
    conditions = [f"{time} IS NOT NULL", f"{event} IS NOT NULL"]
    if metric.where is not None:
        conditions.append(sql(metric.where, zone=zone, table=query.table, clocks=clocks))
    rows = rows_from(query, zone, clocks)
    # Events at 1 and 3, a row censored at 2: (t, d, r) = (1, 1, 3), (2, 0, 2), (3, 1, 1), so S is
    # 2/3, 2/3 and 0, and the median is 3.
    at = (
        f'SELECT {rows.unit} AS "unit", {rows.group} AS "group", {time} AS t, '
        f"count_if({event}) AS d, count(*) AS c\n"
        f"FROM {rows.source}{where_clause(*rows.where, *conditions)}\nGROUP BY ALL"
    )
    by = 'PARTITION BY "unit", "group"'
    # All texts and names inside are escaped by the printer.
    risk = f"SELECT *, sum(c) OVER ({by} ORDER BY t DESC) AS r FROM (\n{at})"  # noqa: S608
    curve = f"SELECT *, product(1e0 - d / r) OVER ({by} ORDER BY t) AS s FROM (\n{risk})"  # noqa: S608
    left = _double(1 - metric.metric.quantile + 1e-12)
    # Where all at risk have gone, the variance is that of the time before.
    spread = f"sum(CASE WHEN r > d THEN d / (r * (r - d)) END) OVER ({by} ORDER BY t)"
    error = f"({_Z!r} * sqrt(g) / (- ln(s)))"
    ends = f"CASE WHEN s BETWEEN 1e-300 AND 1 - 1e-12 THEN pow(s, exp({error})) ELSE s END AS s_low"
    ends += f", CASE WHEN s BETWEEN 1e-300 AND 1 - 1e-12 THEN pow(s, exp(-{error})) END AS s_high"
    bounded = f"SELECT *, {ends} FROM (SELECT *, {spread} AS g FROM (\n{curve}))"  # noqa: S608
    reached = ", ".join(
        f"min(CASE WHEN {name} <= {left} THEN t END) AS {part}"
        for name, part in (("s", "value"), ("s_low", "low"), ("s_high", "high"))
    )
    beyond = f"CASE WHEN min(s) > {left} THEN max(t) END AS beyond"
    every = f'"unit", "group", sum(c) AS n, {reached}, {beyond}'
    return f"SELECT {every} FROM (\n{bounded})\nGROUP BY ALL"  # noqa: S608


def _row_filter(query: RowQuery, zone: str | None, clocks: Clocks) -> str:
    units = None
    if query.units is not None:
        listed = ", ".join(text(unit) for unit in query.units)
        units = f'"unit" IN ({listed})' if listed else "false"
    where = None
    if query.where is not None:
        where = sql(query.where, zone=zone, table=query.table, clocks=clocks)
    return where_clause(_touchpoint_clause(query.touchpoint), units, where)


def _double(value: float) -> str:
    written = repr(float(value))
    return written if "e" in written else f"{written}e0"


def _check_value(compiled: CompiledMetric) -> None:
    kind, value = compiled.metric.kind, compiled.value
    needed = _NEEDED.get(kind)
    if needed and value is not None and value.type not in {needed, "null"}:
        message = f"{compiled.metric.id}: {kind} needs a {needed}, and its value is {value.type}"
        raise ExpressionError((Problem(message, path="value"),))


def _at(row: Sequence[object], position: _Position) -> float | None:
    column, index = position
    value = row[column]
    if index is not None and isinstance(value, (list, tuple)):
        value = value[index]
    return None if value is None else float(value)  # type: ignore[arg-type]


def _moments(statistics: dict[str, float]) -> dict[str, float]:
    n, mean = statistics["n"], statistics.get("mean", 0.0)
    spread = statistics.get("variance", 0.0)
    spread = spread if math.isfinite(spread) else math.inf
    return {"n": n, "sum": n * mean, "sum2": n * spread if n else 0.0, "shift": mean}


@attrs.frozen
class _Rows:
    """Where the rows of a query come from, and how they are grouped."""

    source: str
    where: tuple[str | None, ...]
    unit: str
    group: str
    grouping: str


def rows_from(query: MetricQuery, zone: str | None, clocks: Clocks) -> _Rows:
    """Return where rows come from; ``clocks`` holds what all other expressions read."""
    group = "CAST(NULL AS VARCHAR)"
    if query.by is not None:
        group = as_text(query.by, zone=zone, table=query.table, clocks=clocks)
    source = clocks.around(identifier(query.table))
    mine: str | None = None
    unit, grouping = '"_result_unit"', "\nGROUP BY 1, 2"
    if set(query.units) == {query.root}:
        listed = ", ".join(text(row) for row in query.units[query.root])
        mine = f'("unit" IS NULL OR "unit" IN ({listed}))' if listed else '"unit" IS NULL'
        unit, grouping = text(query.root), "" if query.by is None else grouping
    else:
        # With the unit quay under root: (quay, quay), (quay, root) and (NULL, root). A row of quay
        # counts for both, one of no unit for the root.
        pairs = [(text(row), text(unit)) for unit, rows in query.units.items() for row in rows]
        pairs += [("NULL", text(query.root))] if query.root in query.units else []
        values = ", ".join(f"({row}, {result})" for row, result in pairs) or "(NULL, NULL)"
        source += (
            f'\nJOIN (VALUES {values}) AS "pairs"("_row_unit", "_result_unit") '
            'ON "unit" IS NOT DISTINCT FROM "_row_unit"'
        )
    counted = None
    if query.where is not None:
        counted = sql(query.where, zone=zone, table=query.table, clocks=clocks)
    conditions = (mine, _touchpoint_clause(query.touchpoint), counted)
    return _Rows(source, conditions, unit, group, grouping)


def _touchpoint_clause(touchpoint: str | None) -> str | None:
    """Return the condition of rows at a touchpoint or below it; None for all."""
    if touchpoint is None:
        return None
    nested = f'starts_with("touchpoint", {text(touchpoint + ".")})'
    return f'("touchpoint" = {text(touchpoint)} OR {nested})'


def where_clause(*conditions: str | None) -> str:
    """Return the WHERE of all conditions that are given; empty without any."""
    every = " AND ".join(condition for condition in conditions if condition)
    return f"\nWHERE {every}" if every else ""


def counted_only(value: str | None, where: str | None) -> str:
    """Return a value that is null where a row does not count."""
    value = value or "NULL"
    return value if where is None else f"CASE WHEN {where} THEN {value} END"
