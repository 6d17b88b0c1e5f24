"""The planner: each metric once, one statement per table and grouping."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs

from cxaudit._audit.planning.availability import ALWAYS, NO_LOSSES, Availability, Losses
from cxaudit._audit.planning.levels import Locator, Scope
from cxaudit._audit.planning.waves import Bounds
from cxaudit._expressions import columns_in, parameters_in, parse, schedules_in
from cxaudit._expressions.growth import growth
from cxaudit._expressions.walking import nodes_of
from cxaudit._model.audit import Audit
from cxaudit._model.checklist import Item
from cxaudit._model.engine import CompiledMetric, MetricQuery
from cxaudit._model.expressions import (
    Call,
    ColumnRef,
    Expression,
    HasHit,
    Literal,
    Logical,
    Not,
)
from cxaudit._model.metrics import Breakdown, Metric, MetricKind
from cxaudit._model.said import Said
from cxaudit._model.specs import Check
from cxaudit._model.tables import Table
from cxaudit._plugins.registry import Registry
from cxaudit.errors import ExpressionError, did_you_mean

__all__ = [
    "MOST_TEXT",
    "PlannedQuery",
    "Planner",
    "QueryPlan",
    "digest",
    "false_if_null",
    "is_live",
    "parts",
]

_FIELDS = (
    "where",
    "value",
    "numerator",
    "denominator",
    "positive",
    "negative",
    "event",
    "evidence",
)
MOST_TEXT = 50
"""A statement of several metrics makes at most so many times the text of a row."""
_BOOLEAN = {"where", "positive", "negative", "event", "evidence"}


def digest(text: str) -> str:
    """Return the SHA-256 of a statement."""
    return hashlib.sha256(text.encode()).hexdigest()


def is_live(item: Item) -> bool:
    """Tell whether an item takes part in the audit."""
    return item.excluded is None


@attrs.frozen(kw_only=True)
class PlannedQuery:
    """A query and what it is for; ``key`` is that of the items that it serves.

    Several have one key where one statement would make too much text at once.
    """

    query: MetricQuery
    touchpoint: str
    key: tuple[Any, ...] = ()
    breakdown: Breakdown | None = None


@attrs.frozen(kw_only=True)
class QueryPlan:
    """What is asked of the engine, and what cannot be.

    Attributes:
        queries: Each metric once per table and grouping.
        unavailable: Metric, or ``breakdown`` and its id, to the reason why it cannot be measured.
    """

    queries: tuple[PlannedQuery, ...]
    unavailable: Mapping[str, str]

    @property
    def metrics(self) -> dict[str, CompiledMetric]:
        """Return the metrics that are measured, by id."""
        return {
            compiled.metric.id: compiled
            for planned in self.queries
            for compiled in planned.query.metrics
        }

    @property
    def tables(self) -> tuple[str, ...]:
        """Return the tables that are read, in the order in which they are first."""
        return tuple(dict.fromkeys(planned.query.table for planned in self.queries))


class Planner:
    """Decides what is measured where.

    Attributes:
        bounds: Which rows lie in the wave.
        available: What the sources give.
        parameters: Values of the checklist's parameters; None where nobody has answered.
    """

    def __init__(
        self,
        audit: Audit,
        registry: Registry,
        *,
        source_columns: Mapping[str, frozenset[str] | None] | None = None,
        applies: Mapping[str, Mapping[str, bool | None]] | None = None,
        schedules: frozenset[str] | None = None,
    ) -> None:
        """Plan for an audit.

        Args:
            audit: The audit.
            registry: The plugins' specs.
            source_columns: Table to the columns that its sources give; None for all of them.
                Without it, what the audit file maps is taken.
            applies: Item to unit to the value of its ``when``.
            schedules: Names of the schedules of open hours. Without it, those of the audit file
                are taken, and any when a source gives some.
        """
        self._audit = audit
        self._registry = registry
        self._mapped = mapped_columns(audit, registry)
        self._applies = applies or {}
        self._locator = Locator(audit)
        self.bounds = Bounds(audit, registry)
        self._metrics = {metric.id: metric for metric in audit.checklist.metrics}
        self.parameters = audit.checklist.parameter_values()
        self._checked: dict[str, tuple[CompiledMetric | None, str]] = {}
        self._schedules = schedules
        if schedules is None and "schedules" not in self._mapped:
            self._schedules = frozenset(schedule.name for schedule in audit.schedules)
        self.available = Availability(
            source_columns=source_columns if source_columns is not None else self._mapped,
            registry=registry,
            engine=audit.engine,
            parameters=self.parameters,
        )

    def metric(self, name: str) -> Metric:
        """Return a metric: the checklist's own first, then a registered one.

        Raises:
            UnknownNameError: If there is none.
        """
        if name in self._metrics:
            return self._metrics[name]
        registered: Metric = self._registry.get("metric", name)
        return registered

    def metrics_of(self, item: Item) -> dict[str, Metric]:
        """Return, per setting of an item's check that names one, the metric."""
        assert item.check is not None
        check = self._registry.get("check", item.check.check)
        assert isinstance(check, Check)
        return {
            setting: self.metric(item.check.settings[setting])
            for setting in check.metrics
            if item.check.settings.get(setting) is not None
        }

    def scope(self, item: Item, touchpoint: str) -> Scope:
        """Return where an item is judged at a touchpoint."""
        applies = self._applies.get(item.id, {})
        if self.undecided(item):
            applies = {unit.id: True for unit in self._audit.units}
        return self._locator.scope(item, touchpoint, applies)

    def table(self, metric: Metric) -> Table:
        """Return the table that a metric reads."""
        table: Table = self._registry.get("table", metric.table)
        return table

    def filters(self, item: Item, table: Table) -> bool:
        """Tell whether rows are told apart by touchpoint for an item.

        They are when the sources say each row's touchpoint, or when the item has several;
        the touchpoint ``organisation`` stands behind all of them and takes every row.
        """
        columns = self.available.columns(table.id)
        stated = columns is not None and "touchpoint" in columns
        return stated or len(item.touchpoints) > 1 or table.derived

    def plan(self, losses: Losses = NO_LOSSES) -> QueryPlan:
        """Return what is asked for the items and breakdowns of the audit.

        Args:
            losses: What the run has failed to make.
        """
        wanted: dict[tuple[Any, ...], dict[str, CompiledMetric]] = {}
        unavailable: dict[str, str] = {}
        for item in filter(is_live, self._audit.checklist.items):
            if item.check is None or self.undecided(item):
                continue
            for touchpoint in item.touchpoints:
                if not self.scope(item, touchpoint).counted:
                    continue
                for metric in self.metrics_of(item).values():
                    compiled, reason = self._compiled(metric, losses)
                    if compiled is None:
                        unavailable[metric.id] = reason
                        continue
                    key = self.key(item, metric, touchpoint)
                    wanted.setdefault(key, {})[metric.id] = compiled
        queries = [
            PlannedQuery(
                query=self._query(table, part, dict(units), touchpoint_of_rows),
                touchpoint=touchpoint,
                key=(table, touchpoint_of_rows, touchpoint, units),
            )
            for (table, touchpoint_of_rows, touchpoint, units), metrics in wanted.items()
            for part in parts(metrics)
        ]
        for breakdown in self._audit.breakdowns:
            of_breakdown, reasons = self._breakdown(breakdown, losses)
            queries += of_breakdown
            unavailable |= reasons
        return QueryPlan(queries=tuple(queries), unavailable=unavailable)

    def key(self, item: Item, metric: Metric, touchpoint: str) -> tuple[Any, ...]:
        """Return what names the query that measures a metric for an item at a touchpoint.

        Items that hold at different units, or tell rows apart differently, share no query.
        """
        counted = self.scope(item, touchpoint).counted
        table = self.table(metric)
        narrowed = touchpoint != "organisation" and self.filters(item, table)
        return (
            table.id,
            touchpoint if narrowed else None,
            touchpoint,
            tuple(sorted(counted.items())),
        )

    def _query(
        self,
        table_id: str,
        metrics: Mapping[str, CompiledMetric],
        units: Mapping[str, tuple[str, ...]],
        touchpoint: str | None,
        by: Expression | None = None,
    ) -> MetricQuery:
        table = self._registry.get("table", table_id)
        return MetricQuery(
            table=table.id,
            metrics=tuple(metrics[name] for name in sorted(metrics)),
            units=units,
            root=self._audit.units.root.id,
            where=self.bounds.counting(table),
            touchpoint=touchpoint,
            by=by,
        )

    def _breakdown(
        self, breakdown: Breakdown, losses: Losses
    ) -> tuple[list[PlannedQuery], dict[str, str]]:
        """Return the queries of a breakdown, and why parts of it, or the whole, are unavailable."""
        name = f"breakdown {breakdown.id}"
        metrics = [self.metric(metric) for metric in breakdown.metrics]
        compiled: dict[str, CompiledMetric] = {}
        unavailable: dict[str, str] = {}
        for metric in metrics:
            measured, reason = self._compiled(metric, losses)
            if measured is None:
                unavailable[metric.id] = reason
            else:
                compiled[metric.id] = measured
        if not compiled:
            return [], unavailable | {name: unavailable[metrics[0].id]}
        table = self.table(metrics[0])
        by, reason = self.expression(breakdown.by, table, name)
        if by is None:
            return [], unavailable | {name: reason}
        root = self._audit.units.root.id
        units = {root: self._audit.units.rolled_up()[root]}
        queries = [
            PlannedQuery(
                query=self._query(table.id, part, units, None, by),
                touchpoint="organisation",
                breakdown=breakdown,
            )
            for part in parts(compiled)
        ]
        return queries, unavailable

    def _compiled(self, metric: Metric, losses: Losses) -> tuple[CompiledMetric | None, str]:
        """Return a metric with its expressions checked, or None and why it cannot be measured."""
        if reason := self.available.missing(self.table(metric), losses):
            return None, reason
        if metric.id not in self._checked:
            self._checked[metric.id] = self._check(metric)
        return self._checked[metric.id]

    def _check(self, metric: Metric) -> tuple[CompiledMetric | None, str]:
        table = self.table(metric)
        fields: dict[str, Any] = {}
        for field in _FIELDS:
            text = getattr(metric, field)
            if text is None:
                continue
            expression, reason = self.expression(text, table, field, metric.parameters)
            if expression is None:
                return None, reason
            fields[field] = expression
        if self._marks_tests(table) and not any(
            "is_test" in columns_in(expression) for expression in fields.values()
        ):
            fields["where"] = _operational(fields.get("where"))
        return CompiledMetric(metric=metric, thresholds=self._thresholds(metric), **fields), ""

    def _marks_tests(self, table: Table) -> bool:
        """Tell whether rows of mystery contacts are marked, so that they can be left out."""
        # By the audit file alone, so that a plan asks just what the run asks.
        mapped = self._mapped.get(table.id, frozenset())
        marked = mapped is None or "is_test" in mapped
        return marked and table.column("is_test") is not None and not table.derived

    def expression(
        self, text: str, table: Table, field: str, parameters: Mapping[str, Any] | None = None
    ) -> tuple[Expression | None, str]:
        """Return an expression over a table, checked, or None and why it cannot be used.

        Args:
            text: The expression.
            table: The table.
            field: Which field it is.
            parameters: Values of parameters that go before those of the checklist.
        """
        values = {**self.parameters, **(parameters or {})}
        if reason := _unanswered(text, values):
            return None, reason
        columns = {column.name: column.type for column in table.columns}
        columns |= {name: "number" if name == "_row" else "text" for name in ALWAYS}
        expect = "boolean" if field in _BOOLEAN else None
        try:
            expression = parse(text, columns, values, expect=expect)
        except ExpressionError as error:
            message = error.problems[0].message
            return None, Said("expression-wrong", field=field, message=message)
        if unfit := self._unfit_detector(expression, table) or self._no_schedule(expression):
            return None, unfit
        if absent := self.available.absent(expression, table):
            return None, absent
        return expression, ""

    def undecided(self, item: Item) -> str:
        """Return why nobody can tell yet where an item applies; empty when one can."""
        return _unanswered(item.when, self.parameters) if item.when is not None else ""

    def _unfit_detector(self, expression: Expression, table: Table) -> str:
        detectors = dict(self._registry.of("detector"))
        detectors |= {detector.id: detector for detector in self._audit.checklist.detectors}
        for node in nodes_of(expression):
            if not isinstance(node, HasHit):
                continue
            if node.detector not in detectors:
                return _unknown("detector", node.detector, detectors)
            if (reads := detectors[node.detector].table) != table.id:
                return Said(
                    "detector-of-another-table",
                    detector=node.detector,
                    reads=reads,
                    table=table.id,
                )
        return ""

    def _no_schedule(self, expression: Expression) -> str:
        """Return which schedule of open hours there is not; empty when there are all."""
        for name in sorted(schedules_in(expression)):
            if self._schedules is None or name in self._schedules:
                continue
            if not self._schedules:
                return Said("schedules-absent")
            if not name:
                return Said("usual-schedule-absent")
            return _unknown("schedule", name, self._schedules - {""})
        return ""

    def _thresholds(self, metric: Metric) -> tuple[float, ...]:
        if metric.kind is not MetricKind.QUANTILE:
            return ()
        names = {metric.id, metric.id.removeprefix("cxaudit.")}
        settings = [
            item.check.settings
            for item in self._audit.checklist.items
            if item.check is not None and item.excluded is None
        ]
        targets = {
            float(target)
            for setting in settings
            if setting.get("metric") in names
            and isinstance(target := setting.get("target"), (int, float))
        }
        return tuple(sorted(targets))


def parts(metrics: Mapping[str, CompiledMetric]) -> Iterator[dict[str, CompiledMetric]]:
    """Yield metrics in parts of which each makes a bounded amount of text out of a row."""
    part: dict[str, CompiledMetric] = {}
    total = 0.0
    for name in sorted(metrics):
        text = sum(growth(expression) for expression in metrics[name].expressions)
        if part and total + text > MOST_TEXT:
            yield part
            part, total = {}, 0.0
        part[name] = metrics[name]
        total += text
    yield part


def _unanswered(text: str, values: Mapping[str, Any]) -> str:
    missing = [name for name in parameters_in(text) if values.get(name) is None]
    return Said("parameter-open", name=missing[0]) if missing else ""


def _unknown(kind: str, name: str, names: Iterable[str]) -> Said:
    """Return that there is no detector or schedule of a name."""
    if hint := did_you_mean(name, names):
        return Said(f"{kind}-misspelt", name=name, hint=hint)
    return Said(f"{kind}-unknown", name=name)


def false_if_null(condition: Expression) -> Expression:
    """Return a condition that is false where another one is null."""
    return Call("coalesce", (condition, Literal(value=False, type="boolean")), "boolean")


def _operational(where: Expression | None) -> Expression:
    """Return the condition of rows that count, mystery contacts left out."""
    real = Not(false_if_null(ColumnRef("is_test", "boolean")))
    return real if where is None else Logical("and", (where, real))


def mapped_columns(audit: Audit, registry: Registry) -> dict[str, frozenset[str] | None]:
    """Return the columns that the audit file maps, per table.

    None where names are the same, or where the reader gives them.
    """
    mapped: dict[str, frozenset[str] | None] = {}
    for use in audit.sources:
        before = mapped.get(use.table, frozenset())
        stated = use.columns and not registry.get("source", use.reader).tables
        mapped[use.table] = (
            before | frozenset(use.columns) if stated and before is not None else None
        )
    return mapped
