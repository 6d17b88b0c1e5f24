"""Whether a checklist's items fit an audit: its units' attributes, and where its rows lie."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cxaudit._checklists.context import Context
from cxaudit._checklists.names import Registry, find_spec
from cxaudit._checklists.quantities import check_expression
from cxaudit._checklists.units import attribute_type
from cxaudit._model.audit import SourceUse
from cxaudit._model.checklist import Checklist, Item
from cxaudit._model.tables import Table
from cxaudit._model.units import UnitTree
from cxaudit.errors import Problem

__all__ = ["check_touchpoints", "check_when"]

_FILLED_BY_CORE = frozenset({"answers", "cases", "hits"})


def check_when(checklist: Checklist, units: UnitTree, context: Context) -> None:
    """Check every item's ``when`` against the attributes that occur in the units."""
    columns = {
        name: attribute_type(value) for unit in units for name, value in unit.attributes.items()
    }
    for item in checklist.items:
        if item.when is None or item.excluded is not None:
            continue
        for message, hint in check_expression(
            item.when, columns, context, "boolean", refused="'when'"
        ):
            _report(context, item, "when", message, hint)


def check_touchpoints(checklist: Checklist, sources: Sequence[SourceUse], context: Context) -> None:
    """Report touchpoints of items at which no row of their metrics can ever lie.

    Rows are told apart by touchpoint where an item has several, or where its table is derived.
    """
    for item in checklist.items:
        for table in _tables(item, context) if item.excluded is None else ():
            if len(item.touchpoints) == 1 and not table.derived:
                continue
            lying = _touchpoints(table, sources, context.registry)
            touchpoints = " or ".join(sorted(lying or ()))
            for touchpoint in item.touchpoints if lying else ():
                if touchpoint == "organisation" or any(
                    f"{other}.".startswith(f"{touchpoint}.") for other in lying or ()
                ):
                    continue
                _report(
                    context,
                    item,
                    "touchpoints",
                    f"Nothing can count for {item.id!r} at {touchpoint!r}: the rows of the table "
                    f"{table.id!r} lie at {touchpoints}.",
                    f"Judge it at {touchpoints}, or map the column 'touchpoint' in the source.",
                )


def _report(context: Context, item: Item, field: str, message: str, hint: str) -> None:
    origin = item.origins[field]
    context.problems.reported.append(
        Problem(
            message,
            file=origin.file,
            line=origin.line,
            column=origin.column,
            path=f"{item.id}.{field}",
            hint=hint,
        )
    )


def _tables(item: Item, context: Context) -> Iterator[Table]:
    """Yield the tables that the metrics of an item's check read."""
    check = find_spec(context.registry, "check", item.check.check) if item.check else None
    if check is None or item.check is None:
        return
    for setting in check[1].metrics:
        name = str(item.check.settings.get(setting))
        registered = find_spec(context.registry, "metric", name)
        metric = context.metrics.get(name) or (registered[1] if registered else None)
        table = find_spec(context.registry, "table", metric.table) if metric else None
        if table is not None:
            yield table[1]


def _touchpoints(
    table: Table, sources: Sequence[SourceUse], registry: Registry
) -> frozenset[str] | None:
    """Return at which touchpoints the rows of a table lie; None when nobody can tell."""
    if table.id in _FILLED_BY_CORE:
        return None
    if not table.derived:
        filling = [use for use in sources if use.table == table.id]
        if any(_may_tell(use, registry) for use in filling):
            return None
        return frozenset({table.touchpoint} if filling else ())
    # Rows that Python makes, or a SELECT that names a touchpoint, may lie anywhere.
    texts = table.select
    if table.derive is not None or any(f"'{name}'" in texts for name in registry.of("touchpoint")):
        return None
    lying: frozenset[str] = frozenset()
    for name in table.reads:
        lower_table = find_spec(registry, "table", name.rstrip("?"))
        if lower_table is None or (rows := _touchpoints(lower_table[1], sources, registry)) is None:
            return None
        lying |= rows
    return lying


def _may_tell(use: SourceUse, registry: Registry) -> bool:
    """Tell whether a source may give the touchpoint of each row."""
    reader = find_spec(registry, "source", use.reader)
    return not use.columns or "touchpoint" in use.columns or not reader or bool(reader[1].tables)
