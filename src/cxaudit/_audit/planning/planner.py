"""The planner: each metric once, one statement per table and grouping."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from cxaudit._audit.planning.availability import ALWAYS, Availability
from cxaudit._audit.planning.levels import Placer, Places
from cxaudit._audit.planning.splitting import parts
from cxaudit._audit.planning.waves import Bounds
from cxaudit._audit.registry import Registry
from cxaudit._expressions import columns_in, parameters_in, parse, schedules_in
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
from cxaudit._model.specs import Check
from cxaudit._model.tables import Table
from cxaudit.errors import ExpressionError, did_you_mean

__all__ = ["PlannedQuery", "Planner", "digest", "holds", "is_live"]

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


class Planner:
    """Decides what is measured where.

    Attributes:
        unavailable: Metric, or ``breakdown`` and its id, to the reason why it cannot be measured.
        bounds: Which rows lie in the wave.
    """

    def __init__(
        self,
        audit: Audit,
        registry: Registry,
        *,
        given: Mapping[str, frozenset[str] | None] | None = None,
        applies: Mapping[str, Mapping[str, bool | None]] | None = None,
        schedules: frozenset[str] | None = None,
    ) -> None:
        """Plan for an audit.

        Args:
            audit: The audit.
            registry: The plugins' specs.
            given: Table to the columns that its sources give; None for all of them. Without
                it, what the audit file maps is taken.
            applies: Item to unit to the value of its ``when``.
            schedules: Names of the schedules of open hours. Without it, those of the audit file
                are taken, and any when a source gives some.
        """
        self._audit = audit
        self._registry = registry
        self._mapped = mapped_columns(audit, registry)
        self._applies = applies or {}
        self._placer = Placer(audit)
        self.bounds = Bounds(audit, registry)
        self._own = {metric.id: metric for metric in audit.checklist.metrics}
        self._parameters = audit.checklist.parameter_values()
        self._compiled: dict[str, CompiledMetric] = {}
        self._schedules = schedules
        if schedules is None and "schedules" not in self._mapped:
            self._schedules = frozenset(schedule.name for schedule in audit.schedules)
        self.unavailable: dict[str, str] = {}
        self.available = Availability(
            given if given is not None else self._mapped,
            registry,
            engine=audit.engine,
            parameters=self._parameters,
        )

    def metric(self, name: str) -> Metric:
        """Return a metric: the checklist's own first, then a registered one.

        Raises:
            UnknownNameError: If there is none.
        """
        if name in self._own:
            return self._own[name]
        found = self._registry.get("metric", name)
        assert isinstance(found, Metric)
        return found

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

    def places(self, item: Item, touchpoint: str) -> Places:
        """Return where an item is judged at a touchpoint."""
        applies = self._applies.get(item.id, {})
        if self.undecided(item):
            applies = {unit.id: True for unit in self._audit.units}
        return self._placer.places(item, touchpoint, applies)

    def table(self, metric: Metric) -> Table:
        """Return the table that a metric reads."""
        found = self._registry.get("table", metric.table)
        assert isinstance(found, Table)
        return found

    def filters(self, item: Item, table: Table) -> bool:
        """Tell whether rows are told apart by touchpoint for an item.

        They are when the sources say each row's touchpoint, or when the item has several;
        the touchpoint ``organisation`` stands behind all of them and takes every row.
        """
        given = self.available.columns(table.id)
        says = given is not None and "touchpoint" in given
        return says or len(item.touchpoints) > 1 or table.derived

    def queries(self) -> tuple[PlannedQuery, ...]:
        """Return all queries of the audit, each metric once per grouping."""
        wanted: dict[tuple[Any, ...], dict[str, CompiledMetric]] = {}
        for item in filter(is_live, self._audit.checklist.items):
            if item.check is None or self.undecided(item):
                continue
            for touchpoint in item.touchpoints:
                counted = self.places(item, touchpoint).counted
                if not counted:
                    continue
                for metric in self.metrics_of(item).values():
                    compiled = self.compile(metric)
                    if compiled is None:
                        continue
                    key = self.key(item, metric, touchpoint)
                    wanted.setdefault(key, {})[metric.id] = compiled
        planned = [
            PlannedQuery(
                query=self._query(table, part, dict(units), touchpoint),
                touchpoint=label,
                key=(table, touchpoint, label, units),
            )
            for (table, touchpoint, label, units), metrics in wanted.items()
            for part in parts(metrics)
        ]
        return tuple(planned) + tuple(self._breakdowns())

    def key(self, item: Item, metric: Metric, touchpoint: str) -> tuple[Any, ...]:
        """Return what names the query that measures a metric for an item at a touchpoint.

        Items that hold at different units, or tell rows apart differently, share no query.
        """
        counted = self.places(item, touchpoint).counted
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

    def _breakdowns(self) -> Iterable[PlannedQuery]:
        root = self._audit.units.root.id
        for breakdown in self._audit.breakdowns:
            metrics = [self.metric(name) for name in breakdown.metrics]
            compiled = {m.id: c for m in metrics if (c := self.compile(m)) is not None}
            if not compiled:
                self.unavailable[f"breakdown {breakdown.id}"] = self.unavailable[metrics[0].id]
                continue
            table = self.table(metrics[0])
            by, reason = self.expression(breakdown.by, table, f"breakdown {breakdown.id}")
            if by is None:
                self.unavailable[f"breakdown {breakdown.id}"] = reason
                continue
            units = {root: self._audit.units.rolled_up()[root]}
            for part in parts(compiled):
                yield PlannedQuery(
                    query=self._query(table.id, part, units, None, by),
                    touchpoint="organisation",
                    breakdown=breakdown,
                )

    def compile(self, metric: Metric) -> CompiledMetric | None:
        """Return a metric with its expressions checked, or None and note why not."""
        if metric.id in self._compiled:
            return self._compiled[metric.id]
        if metric.id in self.unavailable:
            return None
        table = self.table(metric)
        reason = self.available.missing(table)
        fields: dict[str, Any] = {}
        for field in _FIELDS:
            text = getattr(metric, field)
            if text is None or reason:
                continue
            expression, reason = self.expression(text, table, field, metric.parameters)
            if expression is not None:
                fields[field] = expression
        if reason:
            self.unavailable[metric.id] = reason
            return None
        if self._marks_tests(table) and not any(
            "is_test" in columns_in(expression) for expression in fields.values()
        ):
            fields["where"] = _operational(fields.get("where"))
        compiled = CompiledMetric(metric=metric, thresholds=self._thresholds(metric), **fields)
        self._compiled[metric.id] = compiled
        return compiled

    def _marks_tests(self, table: Table) -> bool:
        """Tell whether rows of mystery contacts are marked, so that they can be left out."""
        # By the audit file alone, so that a plan asks just what the run asks.
        mapped = self._mapped.get(table.id, frozenset())
        known = mapped is None or "is_test" in mapped
        return known and table.column("is_test") is not None and not table.derived

    def parameter_values(self) -> Mapping[str, Any]:
        """Return the values of the checklist's parameters; None where nobody has answered."""
        return self._parameters

    def lose(self, table: Table, reason: str) -> None:
        """Take note that a derived table could not be made."""
        self.available.lose(table, reason)
        self._compiled.clear()

    def lose_hits(self, *, idle: Mapping[str, str], failed: Mapping[str, str]) -> None:
        """Take note of detectors that had nothing to run on, and of those that failed."""
        self.available.lose_hits(idle=idle, failed=failed)
        self._compiled.clear()

    def expression(
        self, text: str, table: Table, what: str, own: Mapping[str, Any] | None = None
    ) -> tuple[Expression | None, str]:
        """Return an expression over a table, checked, or None and why it cannot be used.

        Args:
            text: The expression.
            table: The table.
            what: Which field it is.
            own: Values of parameters that go before those of the checklist.
        """
        values = {**self._parameters, **(own or {})}
        if reason := _unanswered(text, values):
            return None, reason
        columns = {column.name: column.type for column in table.columns}
        columns |= {name: "number" if name == "_row" else "text" for name in ALWAYS}
        expect = "boolean" if what in _BOOLEAN else None
        try:
            expression = parse(text, columns, values, expect=expect)
        except ExpressionError as error:
            return None, f"{what}: {error.problems[0].message}"
        if unfit := self._unfit_detector(expression, table) or self._no_schedule(expression):
            return None, unfit
        if absent := self.available.absent(expression, table):
            return None, absent
        return expression, ""

    def undecided(self, item: Item) -> str:
        """Return why nobody can tell yet where an item applies; empty when one can."""
        return _unanswered(item.when, self._parameters) if item.when is not None else ""

    def _unfit_detector(self, expression: Expression, table: Table) -> str:
        known = dict(self._registry.of("detector"))
        known |= {detector.id: detector for detector in self._audit.checklist.detectors}
        for node in nodes_of(expression):
            if not isinstance(node, HasHit):
                continue
            if node.detector not in known:
                hint = did_you_mean(node.detector, known)
                return f"there is no detector named {node.detector!r}. {hint}".rstrip()
            if (reads := known[node.detector].table) != table.id:
                return f"detector {node.detector} reads {reads}, and not {table.id}"
        return ""

    def _no_schedule(self, expression: Expression) -> str:
        """Return which schedule of open hours there is not; empty when there are all."""
        for name in sorted(schedules_in(expression)):
            if self._schedules is None or name in self._schedules:
                continue
            if not self._schedules:
                return "no schedule of open hours is given: the audit file needs [[schedule]]"
            if not name:
                return "no usual schedule of open hours is given, only some with an id"
            hint = did_you_mean(name, self._schedules - {""})
            return f"there is no schedule named {name!r}. {hint}".rstrip()
        return ""

    def _thresholds(self, metric: Metric) -> tuple[float, ...]:
        if metric.kind is not MetricKind.QUANTILE:
            return ()
        found = set()
        for item in self._audit.checklist.items:
            if item.check is None or item.excluded is not None:
                continue
            if item.check.settings.get("metric") in {metric.id, metric.id.removeprefix("cxaudit.")}:
                target = item.check.settings.get("target")
                if isinstance(target, (int, float)):
                    found.add(float(target))
        return tuple(sorted(found))


def _unanswered(text: str, values: Mapping[str, Any]) -> str:
    missing = [name for name in parameters_in(text) if values.get(name) is None]
    return f"nobody has answered the parameter {missing[0]!r} yet" if missing else ""


def holds(condition: Expression) -> Expression:
    """Return a condition that is false where the given one is null."""
    return Call("coalesce", (condition, Literal(value=False, type="boolean")), "boolean")


def _operational(where: Expression | None) -> Expression:
    """Return the condition of rows that count, mystery contacts left out."""
    real = Not(holds(ColumnRef("is_test", "boolean")))
    return real if where is None else Logical("and", (where, real))


def mapped_columns(audit: Audit, registry: Registry) -> dict[str, frozenset[str] | None]:
    """Return the columns that the audit file maps, per table.

    None where names are the same, or where the reader gives them.
    """
    given: dict[str, frozenset[str] | None] = {}
    for use in audit.sources:
        before = given.get(use.table, frozenset())
        own = registry.get("source", use.reader).tables
        known = use.columns and not own and before is not None
        given[use.table] = before | frozenset(use.columns) if known and before is not None else None
    return given
