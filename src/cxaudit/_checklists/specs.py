"""What plugins registered, checked as what checklists declare is, and against one another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cxaudit._checklists.context import ROW_COLUMNS, Context
from cxaudit._checklists.documents import Problems
from cxaudit._checklists.names import Registry, find_spec, name_hint
from cxaudit._checklists.quantities import (
    detector_faults,
    kind_faults,
    metric_faults,
    where_faults,
)
from cxaudit._model.detectors import Detector
from cxaudit._model.groupings import Touchpoint
from cxaudit._model.metrics import Metric
from cxaudit._model.presets import PresetFile
from cxaudit._model.specs import Check, ChecklistFile, Source
from cxaudit._model.tables import Table
from cxaudit._plugins.host import PluginHost
from cxaudit.errors import ExpressionError, did_you_mean

__all__ = ["check_specs", "spec_faults"]

_ORDER = ("touchpoint", "table", "detector", "metric", "check", "source", "checklist", "preset")
"""What others name comes first, so that they are checked against what is left."""

Faults = Iterator[tuple[str, str]]
"""Message and hint of what is wrong."""


def check_specs(host: PluginHost) -> None:
    """Set aside what plugins registered and cannot be used, and their plugins with it."""
    for kind in _ORDER:
        for name, spec in host.registry.foreign(kind).items():
            faults = list(spec_faults(spec, host.registry))
            if faults:
                cause = "; ".join(message.rstrip(".") for message, _ in faults)
                host.refuse(kind, name, cause, next((hint for _, hint in faults if hint), ""))


def spec_faults(spec: object, registry: Registry) -> Faults:
    """Yield everything that is wrong with a spec whose types are right."""
    match spec:
        case Touchpoint(parent=str() as parent) if parent not in registry.of("touchpoint"):
            hint = "Register the parent as well, or write the id without a dot."
            yield f"There is no touchpoint {parent!r}, which it is a child of.", hint
        case Table():
            yield from _table_faults(spec, registry)
        case Detector():
            yield from _detector_faults(spec, registry)
        case Metric():
            yield from _metric_faults(spec, registry)
        case Check():
            yield from _schema_faults(spec.settings)
            yield from _setting_faults(spec)
        case Source():
            yield from _schema_faults(spec.settings)
            for table in spec.tables:
                yield from _named("table", table, registry)
        case ChecklistFile() | PresetFile():
            yield from _file_faults(spec)


def _unknown(kind: str, name: str, registry: Registry) -> Faults:
    refusal = registry.refusal(kind, name)
    hint = f"It was refused: {refusal}." if refusal else name_hint(name, registry.of(kind), kind)
    yield f"There is no {kind} {name!r}.", hint


def _named(kind: str, name: str, registry: Registry) -> Faults:
    if find_spec(registry, kind, name) is None:
        yield from _unknown(kind, name, registry)


def _table_faults(table: Table, registry: Registry) -> Faults:
    yield from _named("touchpoint", table.touchpoint, registry)
    for column in table.columns:
        if column.name in ROW_COLUMNS:
            yield f"The column {column.name!r} is one that every table has.", "Leave it out."
    for read, columns in table.reads.items():
        base = find_spec(registry, "table", read.rstrip("?"))
        if base is None:
            yield from _unknown("table", read.rstrip("?"), registry)
            continue
        if base[0] == "hits":
            for detector in columns:
                yield from _named("detector", detector.rstrip("?"), registry)
            continue
        names = [*ROW_COLUMNS, *(column.name for column in base[1].columns)]
        for name in columns:
            if name not in names:
                message = f"The table {base[0]!r} has no column {name!r}."
                yield message, did_you_mean(name, names)


def _detector_faults(detector: Detector, registry: Registry) -> Faults:
    table = find_spec(registry, "table", detector.table)
    if table is None:
        yield from _unknown("table", detector.table, registry)
    for _, message, hint in detector_faults(detector, table[1] if table else None):
        yield message, hint
    if table is None:
        return
    names = [*ROW_COLUMNS, *(column.name for column in table[1].columns)]
    for name in detector.columns:
        if name not in names:
            yield f"The table {table[0]!r} has no column {name!r}.", did_you_mean(name, names)
    context = _context(registry, detector.where)
    for _, message, hint in where_faults(detector, table[1], context):
        yield f"where: {message}", hint


def _metric_faults(metric: Metric, registry: Registry) -> Faults:
    fields = ("numerator", "denominator", "positive", "negative", "event", "value", "quantile")
    keys = {name for name in fields if getattr(metric, name) is not None}
    faults = list(kind_faults(metric.kind.value, keys))
    for _, message, hint in faults:
        yield message, hint
    if metric.quantile is not None and not 0 < metric.quantile < 1:
        yield f"The quantile {metric.quantile} lies outside 0 to 1.", ""
    table = find_spec(registry, "table", metric.table)
    if table is None:
        yield from _unknown("table", metric.table, registry)
    elif not faults:
        texts = (getattr(metric, name) for name in (*fields, "where", "evidence"))
        context = _context(registry, *texts)
        for (key, *_), message, hint in metric_faults(metric, table[1], context):
            yield f"{key}: {message}", hint


def _context(registry: Registry, *texts: object) -> Context:
    """Return what expressions are checked with: the checklist's parameters are not known yet."""
    from cxaudit._expressions import parameters_in

    context = Context(registry, Problems())
    for text in texts:
        try:
            names = parameters_in(text) if isinstance(text, str) else ()
        except ExpressionError:
            continue  # said where the expression is checked
        context.undecided.update(("param", name) for name in names)
    return context


def _schema_faults(schema: Mapping[str, Any]) -> Faults:
    if _is_plain_schema(schema):
        return
    from jsonschema import Draft202012Validator, SchemaError

    try:
        Draft202012Validator.check_schema(dict(schema))
    except SchemaError as error:
        where = ".".join(map(str, ("settings", *error.absolute_path)))
        yield f"{where}: {error.message}", "It is a JSON Schema (2020-12)."


_TYPES = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})
_PLAIN: Mapping[object, Any] = {
    **dict.fromkeys(("title", "description", "format"), str),
    **dict.fromkeys(("minItems", "maxItems", "minLength", "maxLength", "minProperties"), int),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), int | float),
}


def _is_plain_schema(schema: object) -> bool:
    """Tell whether a schema is one by the few keywords that settings mostly need.

    jsonschema looks at each for some milliseconds, which a hundred plugins would make felt.
    """
    if isinstance(schema, bool):
        return True
    return isinstance(schema, Mapping) and all(map(_is_plain_rule, schema, schema.values()))


def _is_plain_rule(keyword: object, rule: object) -> bool:
    if keyword == "type":
        types = rule if isinstance(rule, list) and rule else [rule]
        return all(isinstance(name, str) and name in _TYPES for name in types)
    if keyword == "properties":
        return isinstance(rule, Mapping) and all(
            isinstance(name, str) and _is_plain_schema(of) for name, of in rule.items()
        )
    if keyword == "required":
        return isinstance(rule, list) and all(isinstance(name, str) for name in rule)
    if keyword in {"additionalProperties", "items"}:
        return _is_plain_schema(rule)
    if keyword in {"enum", "default", "const"}:
        return keyword != "enum" or isinstance(rule, list)
    kind = _PLAIN.get(keyword)
    return kind is not None and isinstance(rule, kind) and not isinstance(rule, bool)


def _setting_faults(check: Check) -> Faults:
    """Yield settings that hold a metric and that the schema refuses."""
    properties = check.settings.get("properties", {})
    if check.settings.get("additionalProperties") is False and isinstance(properties, Mapping):
        for name in check.metrics:
            # The default stands for a check of one metric, which need not be.
            if name not in properties and check.metrics != ("metric",):
                yield (
                    f"metrics names {name!r}, which is no setting.",
                    did_you_mean(name, properties),
                )


def _file_faults(shipped: ChecklistFile | PresetFile) -> Faults:
    from importlib import resources

    try:
        file = resources.files(shipped.package).joinpath(shipped.file)
        present = file.is_file()
    except (ImportError, ValueError, TypeError) as error:
        yield f"The package {shipped.package!r} cannot be read: {error}.", ""
        return
    if not present:
        yield f"There is no file {shipped.file!r} in {shipped.package}.", ""
