"""The planner: each metric once, one statement per table and grouping."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from cxaudit._audit.planning.availability import ALWAYS, NO_LOSSES, Availability, Losses
from cxaudit._audit.planning.groupings import (
    Grouping,
    QueryPlan,
    metric_queries,
    sum_queries,
)
from cxaudit._audit.planning.levels import Locator, Scope
from cxaudit._audit.planning.waves import Bounds, is_of_day, natural_time
from cxaudit._expressions import columns_in, parameters_in, parse, schedules_in
from cxaudit._expressions.walking import nodes_of
from cxaudit._model.audit import Audit
from cxaudit._model.checklist import Item
from cxaudit._model.engine import CompiledMetric, SumQuery
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
    "Compiler",
    "Planner",
    "digest",
    "false_if_null",
    "is_live",
    "narrowed",
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
_BOOLEAN = {"where", "positive", "negative", "event", "evidence"}


def digest(text: str) -> str:
    """Return the SHA-256 of a statement."""
    return hashlib.sha256(text.encode()).hexdigest()


def is_live(item: Item) -> bool:
    """Tell whether an item takes part in the audit."""
    return item.excluded is None


class Compiler:
    """Checks metrics and expressions against what there is."""

    def __init__(
        self,
        audit: Audit,
        registry: Registry,
        available: Availability,
        mapped: Mapping[str, frozenset[str] | None],
        schedules: frozenset[str] | None,
    ) -> None:
        """Check for an audit.

        Args:
            audit: The audit.
            registry: The plugins' specs.
            available: What the sources give.
            mapped: Table to the columns that the audit file maps; None for all of them.
            schedules: Names of the schedules of open hours; None for any.
        """
        self._audit = audit
        self._registry = registry
        self._available = available
        self._mapped = mapped
        self._schedules = schedules
        self._clusters = {use.table: use.cluster for use in audit.sources if use.cluster}
        self._checked: dict[str, tuple[CompiledMetric | None, str]] = {}

    def metric(self, metric: Metric, losses: Losses) -> tuple[CompiledMetric | None, str]:
        """Return a metric with its expressions checked, or None and why it cannot be measured."""
        if cause := self._registry.refusal("metric", metric.id):
            plugin = self._registry.origin("metric", metric.id)
            return None, Said("spec-refused", name=metric.id, plugin=plugin, cause=cause)
        if reason := self._available.missing(_table(metric, self._registry), losses):
            return None, reason
        if metric.id not in self._checked:
            self._checked[metric.id] = self._check(metric)
        return self._checked[metric.id]

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
        values = {**self._available.parameters, **(parameters or {})}
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
        if absent := self._available.absent(expression, table):
            return None, absent
        return expression, ""

    def _cluster(self, table: Table) -> str:
        """Return what the sources of a table, or of those that it is made of, say of clusters."""
        if not table.derived:
            return self._clusters.get(table.id, "")
        reads = (self._registry.get("table", name.rstrip("?")) for name in table.reads)
        clusters = {cluster for read in reads if (cluster := self._cluster(read))}
        # An expression is over the columns of its own table.
        keys = {column.identifies for column in table.columns} - {""}
        alike = len(clusters) == 1 and clusters <= {"row", "day", *keys}
        return clusters.pop() if alike else ""

    def _check(self, metric: Metric) -> tuple[CompiledMetric | None, str]:
        table = _table(metric, self._registry)
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
        cluster, by = metric.cluster or self._cluster(table), None
        if not cluster:
            cluster = "row" if natural_time(table) is None else "day"
        if cluster == "day":
            by = natural_time(table)
        elif cluster != "row":
            named = [column.name for column in table.columns if column.identifies == cluster]
            text = named[0] if named else cluster
            by, reason = self.expression(text, table, "cluster", metric.parameters)
            if by is None:
                return None, reason
        return CompiledMetric(
            metric=metric,
            thresholds=self._thresholds(metric),
            cluster=cluster,
            by=by,
            **fields,
        ), ""

    def _marks_tests(self, table: Table) -> bool:
        """Tell whether rows of mystery contacts are marked, so that they can be left out."""
        # By the audit file alone, so that a plan asks just what the run asks.
        mapped = self._mapped.get(table.id, frozenset())
        marked = mapped is None or "is_test" in mapped
        return marked and table.column("is_test") is not None and not table.derived

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


class Planner:
    """Decides what is measured where.

    Attributes:
        bounds: Which rows lie in the wave.
        available: What the sources give.
        parameters: Values of the checklist's parameters; None where nobody has answered.
        compiler: Checks what the audit asks for.
    """

    def __init__(
        self,
        audit: Audit,
        registry: Registry,
        *,
        source_columns: Mapping[str, frozenset[str] | None] | None = None,
        applies: Mapping[str, Mapping[str, bool | None]] | None = None,
        schedules: frozenset[str] | None = None,
        failed: Mapping[str, str] | None = None,
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
            failed: Table to the reason why its sources failed.
        """
        self._audit = audit
        self._registry = registry
        self._mapped = mapped = mapped_columns(audit, registry)
        self._applies = applies or {}
        self._locator = Locator(audit)
        self.bounds = Bounds(audit, registry)
        self._metrics = {metric.id: metric for metric in audit.checklist.metrics}
        self.parameters = audit.checklist.parameter_values()
        self.available = Availability(
            source_columns=source_columns if source_columns is not None else mapped,
            registry=registry,
            parameters=self.parameters,
            failed=failed or {},
        )
        if schedules is None and "schedules" not in mapped:
            schedules = frozenset(schedule.name for schedule in audit.schedules)
        self.compiler = Compiler(audit, registry, self.available, mapped, schedules)

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
        return _table(metric, self._registry)

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
                    compiled, reason = self.compiler.metric(metric, losses)
                    if compiled is None:
                        unavailable[metric.id] = reason
                        continue
                    key = self.key(item, metric, touchpoint)
                    wanted.setdefault(key, {})[metric.id] = compiled
        groupings = [
            Grouping(
                table=table,
                metrics=tuple(metrics[name] for name in sorted(metrics)),
                units=dict(units),
                touchpoint=touchpoint,
                narrowed=narrowed,
                key=(table, narrowed, touchpoint, units),
            )
            for (table, narrowed, touchpoint, units), metrics in wanted.items()
        ]
        for breakdown in self._audit.breakdowns:
            grouping, reasons = self._breakdown(breakdown, losses)
            groupings += [] if grouping is None else [grouping]
            unavailable |= reasons
        return QueryPlan(groupings=tuple(self._asked(groupings)), unavailable=unavailable)

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

    def undecided(self, item: Item) -> str:
        """Return why nobody can tell yet where an item applies; empty when one can."""
        return _unanswered(item.when, self.parameters) if item.when is not None else ""

    def _asked(self, groupings: Sequence[Grouping]) -> Iterator[Grouping]:
        """Yield groupings with what they ask: sums once a table for all that are by unit."""
        units = self._audit.units
        everyone = frozenset(unit.id for unit in units)
        sums: dict[tuple[str, str | None], tuple[SumQuery, ...]] = {}
        for grouping in groupings:
            table = self._registry.get("table", grouping.table)
            where = self.bounds.counting(table)
            of = (table.id, _apart(grouping))
            if of not in sums:
                alike = [other for other in groupings if (other.table, _apart(other)) == of]
                sums[of] = sum_queries(alike, where, self._others() if _apart(grouping) else ())
            queries = metric_queries(
                grouping,
                where,
                root=units.root.id,
                everyone=everyone,
                error=self._audit.quantile_error,
            )
            yield attrs.evolve(grouping, sums=sums[of], queries=queries)

    def _others(self) -> tuple[str, ...]:
        """Return the units whose rows do not count for the root: comparators and those below."""
        members = set(self._audit.units.rolled_up()[self._audit.units.root.id])
        return tuple(unit.id for unit in self._audit.units if unit.id not in members)

    def _breakdown(
        self, breakdown: Breakdown, losses: Losses
    ) -> tuple[Grouping | None, dict[str, str]]:
        """Return a breakdown's grouping, and why parts of it, or the whole, are unavailable."""
        name = f"breakdown {breakdown.id}"
        metrics = [self.metric(metric) for metric in breakdown.metrics]
        compiled: dict[str, CompiledMetric] = {}
        unavailable: dict[str, str] = {}
        for metric in metrics:
            measured, reason = self.compiler.metric(metric, losses)
            if measured is None:
                unavailable[metric.id] = reason
            else:
                compiled[metric.id] = measured
        if not compiled:
            return None, unavailable | {name: unavailable[metrics[0].id]}
        table = self.table(metrics[0])
        by, reason = self.compiler.expression(breakdown.by, table, name)
        if by is None:
            return None, unavailable | {name: reason}
        root = self._audit.units.root.id
        # By the audit file alone, so that a plan asks just what the run asks.
        at = natural_time(table, None if table.derived else self._mapped.get(table.id))
        grouping = Grouping(
            table=table.id,
            metrics=tuple(compiled[name] for name in sorted(compiled)),
            units={root: self._audit.units.rolled_up()[root]},
            touchpoint="organisation",
            breakdown=breakdown,
            by=by,
            of_days=at is not None
            and all(metric.cluster == "day" for metric in compiled.values())
            and is_of_day(by, at),
        )
        return grouping, unavailable


def _apart(grouping: Grouping) -> str | None:
    """Return the breakdown of which a grouping is, where its sums are no others' as well."""
    return None if grouping.breakdown is None or grouping.of_days else grouping.breakdown.id


def _table(metric: Metric, registry: Registry) -> Table:
    table: Table = registry.get("table", metric.table)
    return table


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


def narrowed(
    plan: QueryPlan, audit: Audit, planner: Planner, registry: Registry
) -> dict[str, frozenset[str]]:
    """Return the tables of a plan that are made by a SELECT, not all read, with what is read.

    That is the columns of its metrics, filters and groupings, and those of its time. A column
    that is not asked of the SELECT is never computed, sorted or held. Tables are left out of which
    whole rows are read: by a detector, by another derived table, or as evidence where there is no
    SELECT of drawn rows.
    """
    used: dict[str, set[str]] = {}
    for metric in plan.metrics.values():
        table = planner.table(metric.metric)
        expressions = (*metric.expressions, planner.bounds.counting(table))
        used.setdefault(table.id, set(table.time)).update(*map(_columns_of, expressions))
    for breakdown in audit.breakdowns:
        table = planner.table(planner.metric(breakdown.metrics[0]))
        by, _ = planner.compiler.expression(breakdown.by, table, "by")
        used.setdefault(table.id, set(table.time)).update(_columns_of(by))
    for name in _read_whole(plan, audit, planner, registry):
        used.pop(name, None)
    tables: list[Table] = [registry.get("table", name) for name in used]
    return {
        table.id: frozenset(
            column.name for column in table.columns if column.name in used[table.id]
        )
        for table in tables
        if table.select
    }


def _columns_of(expression: Expression | None) -> frozenset[str]:
    return frozenset() if expression is None else columns_in(expression)


def _read_whole(
    plan: QueryPlan, audit: Audit, planner: Planner, registry: Registry
) -> Iterator[str]:
    """Yield the tables whose rows are read with all that they hold, some of them twice."""
    measured = plan.metrics
    for item in filter(is_live, audit.checklist.items):
        # Only a practice is scored, and so can lose something that rows are evidence of.
        if item.role == "practice" and item.check is not None:
            metrics = planner.metrics_of(item).values()
            tables = (planner.table(metric) for metric in metrics if metric.id in measured)
            yield from (table.id for table in tables if not table.select_drawn)
    for detector in (*audit.checklist.detectors, *registry.of("detector").values()):
        yield detector.table
    for name in plan.tables:
        yield from _below(registry.get("table", name), registry)


def _below(table: Table, registry: Registry) -> Iterator[str]:
    for name in table.reads:
        read = registry.get("table", name.rstrip("?"))
        yield read.id
        yield from _below(read, registry)


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
