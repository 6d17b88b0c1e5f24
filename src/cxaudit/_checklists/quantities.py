"""Resolving a checklist's own metrics and detectors, and checking every expression in them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import attrs

from cxaudit._checklists.context import Context, column_types, text
from cxaudit._checklists.documents import Step
from cxaudit._checklists.merging import Entry, Merged
from cxaudit._checklists.names import find_spec, name_hint, parameter_hint, sentence
from cxaudit._checklists.targets import beyond_bounds
from cxaudit._model.detectors import Detector
from cxaudit._model.expressions import HasHit
from cxaudit._model.metrics import Metric, MetricKind
from cxaudit._model.placeholders import known_placeholders, unknown_placeholders
from cxaudit._model.tables import Table
from cxaudit.errors import ExpressionError

__all__ = [
    "check_expression",
    "check_quantities",
    "cluster_problems",
    "detector_faults",
    "kind_faults",
    "metric_faults",
    "missing_schedules",
    "resolve_detector",
    "resolve_metric",
    "where_faults",
]

Fault = tuple[tuple[Step, ...], str, str]
"""Where something is wrong in a spec, the message and the hint."""

_NEEDED: Mapping[str, Mapping[str, str | None]] = {
    "share": {"value": "boolean"},
    "ratio": {"numerator": "number", "denominator": "number"},
    "mean": {"value": "number"},
    "count": {},
    "count_distinct": {"value": None},
    "minimum": {"value": "number"},
    "maximum": {"value": "number"},
    "quantile": {"value": "number", "quantile": None},
    "net_score": {"positive": "boolean", "negative": "boolean"},
    "censored_quantile": {"value": "number", "event": "boolean", "quantile": None},
}
"""What each kind of metric needs, and the type that it must have; None is any."""

_RE2 = "Patterns are in the syntax of RE2: no look-around, no back-references."

_MEASURING = ("value", "numerator", "denominator", "positive", "negative", "event", "quantile")


def resolve_metric(entry: Entry, context: Context) -> None:
    """Resolve one of the checklist's own metrics; its expressions are checked later."""
    name = entry.values["id"]
    values = _with_original(entry, context)
    if entry.broken or values is None:
        context.undecided.add(("metric", name))
        return
    if "says" in entry.values:
        values["says"] = text(entry.values["says"], entry.source("says")[0].language)
    kind = str(values["kind"])
    for path, message, hint in kind_faults(kind, values.keys()):
        entry.problem(context.problems, path, message, hint)
    table = _table(entry, context, values["table"])
    fields = {
        field.name: values[field.name] for field in attrs.fields(Metric) if field.name in values
    }
    if table is not None:
        fields["table"] = table.id
    metric = Metric(**{**fields, "kind": MetricKind(kind)})
    _check_set(entry, metric, context)
    _check_says(entry, metric, context)
    context.metrics[name] = metric


def _with_original(entry: Entry, context: Context) -> dict[str, Any] | None:
    """Return a metric's fields, those of the metric that it is like among them."""
    values = dict(entry.values)
    values["parameters"] = values.pop("set", {})
    original = values.pop("like", None)
    if entry.broken:
        return None
    if original is None:
        for key in ("table", "kind"):
            if key not in values:
                hint = 'Or say which metric it is a variant of: like = "...".'
                entry.problem(context.problems, (), f"A metric needs {key!r}.", hint)
        if values["parameters"]:
            hint = "A metric of its own names parameters of the checklist."
            entry.problem(context.problems, ("set",), "'set' belongs to 'like'.", hint)
        return values if {"table", "kind"} <= values.keys() else None
    for key in ("table", "kind"):
        if key in values:
            message = f"A variant cannot change {key!r}."
            entry.problem(context.problems, (key,), message, "Leave it out, or leave out 'like'.")
    metric = context.metrics.get(original)
    if metric is None:
        registered = find_spec(context.registry, "metric", original)
        metric = registered[1] if registered else None
    if metric is None:
        if not context.is_undecided("metric", original):
            entry.problem(context.problems, ("like",), *context.unknown("metric", original))
        return None
    fields = attrs.asdict(metric, recurse=False)
    values["parameters"] = {**metric.parameters, **values["parameters"]}
    if values.keys() & {*_MEASURING, "where"}:
        fields.pop("says")  # it tells of other rows
    return {key: value for key, value in fields.items() if value is not None} | values


def _check_set(entry: Entry, metric: Metric, context: Context) -> None:
    """Report values that are set for parameters which the metric does not ask for."""
    from cxaudit._expressions import parameters_in

    if "like" not in entry.values:
        return
    texts = [getattr(metric, key) for key in (*_MEASURING, "where", "evidence")]
    try:
        asked = {name for text in texts if isinstance(text, str) for name in parameters_in(text)}
    except ExpressionError:
        return  # said where the expression is checked
    for name, value in entry.values.get("set", {}).items():
        parameter = context.parameters.get(name)
        if name not in asked:
            message = f"The metric asks for no parameter {name!r}."
            entry.problem(context.problems, ("set", name), message, name_hint(name, asked))
        elif parameter is not None and isinstance(value, (int, float)):
            bounds = parameter.minimum, parameter.maximum
            if wrong := beyond_bounds(f"The parameter {name!r}", value, *bounds):
                entry.problem(context.problems, ("set", name), *wrong)


def _check_says(entry: Entry, metric: Metric, context: Context) -> None:
    """Report placeholders of the metric's sentence that stand for nothing."""
    if "says" not in entry.values:
        return
    for language, names in unknown_placeholders(metric).items():
        path = ("says", language) if isinstance(entry.values["says"], Mapping) else ("says",)
        for name in names:
            placeholders = known_placeholders(metric)
            message = f"Nothing is put in for {{{name}}}."
            entry.problem(context.problems, path, message, name_hint(name, placeholders))


def kind_faults(kind: str, keys: Collection[str]) -> Iterator[Fault]:
    """Yield path, message and hint where a metric lacks what its kind needs, or takes no such.

    Args:
        kind: Its kind.
        keys: The fields that it has.
    """
    needed = _NEEDED[kind]
    for key in needed:
        if key not in keys:
            hint = f"It needs {' and '.join(needed)}."
            yield (), f"A metric of kind {kind} needs {key!r}.", hint
    for key in _MEASURING:
        if key in keys and key not in needed:
            hint = (
                f"It takes {' and '.join(needed)}." if needed else "It counts the rows of `where`."
            )
            yield (key,), f"A metric of kind {kind} takes no {key!r}.", hint


def resolve_detector(entry: Entry, context: Context) -> None:
    """Resolve one of the checklist's own detectors."""
    values, name = entry.values, entry.values["id"]
    if entry.broken:
        context.undecided.add(("detector", name))
        return
    table = _table(entry, context, values["table"])
    detector = Detector(
        id=name,
        table=table.id if table is not None else values["table"],
        column=values["column"],
        where=values.get("where"),
        phrases={label: tuple(words) for label, words in values.get("phrases", {}).items()},
        patterns={label: tuple(words) for label, words in values.get("patterns", {}).items()},
        summary=values.get("summary", ""),
    )
    for path, message, hint in detector_faults(detector, table):
        entry.problem(context.problems, path, message, hint)
    context.detectors[name] = detector


def detector_faults(detector: Detector, table: Table | None) -> Iterator[Fault]:
    """Yield path, message and hint of everything that is wrong with a detector but its `where`.

    Args:
        detector: The detector.
        table: Its table; None where there is none of the name.
    """
    from cxaudit._expressions.patterns import detector_problems

    if not (any(detector.phrases.values()) or any(detector.patterns.values()) or detector.detect):
        hint = 'Add `phrases = { LABEL = ["..."] }` or `patterns = { LABEL = ["..."] }`.'
        yield (), f"The detector {detector.id!r} looks for nothing.", hint
    if table is not None and (detector.column or detector.detect is None):
        columns = column_types(table)
        column = detector.column
        texts = [column_name for column_name, kind in columns.items() if kind == "text"]
        if column not in columns:
            message = f"The table {table.id!r} has no column {column!r}."
            yield ("column",), message, name_hint(column, texts)
        elif columns[column] != "text":
            message = f"A detector reads texts, and {column!r} is a {columns[column]}."
            yield ("column",), message, name_hint(column, texts)
    for path, message in detector_problems(detector):
        hint = _RE2 if path[0] == "patterns" else "A phrase holds at least one letter or digit."
        yield path, f"{message}.", hint


def check_quantities(merged: Merged, context: Context) -> None:
    """Check every expression of the checklist's own metrics and detectors."""
    for name, entry in merged.metric.items():
        metric = context.metrics.get(name)
        table = find_spec(context.registry, "table", metric.table) if metric is not None else None
        if metric is None or table is None:
            continue
        for (key, *_), message, hint in metric_faults(metric, table[1], context):
            written = key in entry.values
            set_there = metric.parameters and key != "cluster"
            path: tuple[Step, ...] = (key,) if written else ("set",) if set_there else ()
            entry.problem(context.problems, path, message, hint)
    for name, entry in merged.detector.items():
        detector = context.detectors.get(name)
        table = find_spec(context.registry, "table", detector.table) if detector else None
        if detector is not None and table is not None:
            for path, message, hint in where_faults(detector, table[1], context):
                entry.problem(context.problems, path, message, hint)


def metric_faults(metric: Metric, table: Table, context: Context) -> Iterator[Fault]:
    """Yield path, message and hint of everything that is wrong with a metric's expressions.

    Args:
        metric: The metric, which has what its kind needs.
        table: Its table.
        context: What is known.
    """
    expected: dict[str, str | None] = {
        "where": "boolean",
        "evidence": "boolean",
        **_NEEDED[metric.kind.value],
    }
    for key, expect in expected.items():
        if isinstance(text := getattr(metric, key), str):
            for message, hint in check_expression(
                text,
                column_types(table),
                context,
                expect,
                parameters=metric.parameters,
                table=table.id,
            ):
                yield (key,), message, hint
    if metric.cluster:
        for message, hint in cluster_problems(metric.cluster, table, context, metric.parameters):
            yield ("cluster",), message, hint


def where_faults(detector: Detector, table: Table, context: Context) -> Iterator[Fault]:
    """Yield path, message and hint of everything that is wrong with a detector's `where`."""
    if detector.where is not None:
        for message, hint in check_expression(
            detector.where,
            column_types(table),
            context,
            "boolean",
            refused="a detector",
            table=table.id,
        ):
            yield ("where",), message, hint


def cluster_problems(
    text: str, table: Table, context: Context, parameters: Mapping[str, Any] | None = None
) -> Iterator[tuple[str, str]]:
    """Yield message and hint where nothing of a table is a cluster of that name.

    Args:
        text: ``day``, ``row``, ``customer`` or an expression over the table's columns.
        table: The table.
        context: What is known.
        parameters: Values of parameters that hold for it alone.
    """
    if text == "row":
        return
    if text == "day":
        if not table.time:
            hint = 'Say cluster = "row", or an expression such as a date.'
            yield f"Rows of the table {table.id!r} have no time, and so no day.", hint
        return
    if text in {"customer", "staff"}:
        if not any(column.identifies == text for column in table.columns):
            yield f"The table {table.id!r} has no key of a {text}.", ""
        return
    yield from check_expression(
        text,
        column_types(table),
        context,
        None,
        refused="a cluster",
        parameters=parameters,
        table=table.id,
    )


def _table(entry: Entry, context: Context, name: str) -> Table | None:
    registered = find_spec(context.registry, "table", name)
    if registered is None:
        entry.problem(context.problems, ("table",), *context.unknown("table", name))
        return None
    table: Table = registered[1]
    return table


def check_expression(
    text: str,
    columns: Mapping[str, str],
    context: Context,
    expect: str | None,
    *,
    refused: str = "",
    parameters: Mapping[str, Any] | None = None,
    table: str = "",
) -> Iterator[tuple[str, str]]:
    """Yield message and hint of everything that is wrong with an expression.

    An expression that uses a parameter nobody answered yet is checked no further.

    Args:
        text: The expression.
        columns: Type of each column that it may name.
        context: What is known.
        expect: Type that it must have; None takes any.
        refused: Where it stands, when it may not use what only metrics can.
        parameters: Values of parameters that hold for it alone.
        table: Table whose rows it is about.
    """
    from cxaudit._expressions import nodes_of, parameters_in, parse, refuse_measured

    values = {**context.values(), **(parameters or {})}
    try:
        names = parameters_in(text)
        unknown = [n for n in names if n not in values and not context.is_undecided("param", n)]
        for name in unknown:
            yield f"There is no parameter {name!r}.", parameter_hint(name, values)
        if any(values.get(name) is None for name in names):
            return
        expression = parse(text, columns, values, expect=expect)
        if refused:
            refuse_measured(expression, refused)
    except ExpressionError as error:
        for problem in error.problems:
            yield sentence(problem.message), problem.hint
        return
    for node in nodes_of(expression):
        if isinstance(node, HasHit):
            yield from _check_hit(node, context, table)


def missing_schedules(metric: Metric, context: Context) -> Iterator[tuple[str, str, str]]:
    """Yield field, message and hint where a metric names a schedule that the audit has not.

    An audit without any schedule measures no open hours, and its report says so.
    """
    from cxaudit._expressions import parse, schedules_in

    schedules = context.schedules
    table = find_spec(context.registry, "table", metric.table)
    if schedules is None or table is None:
        return
    columns, values = column_types(table[1]), {**context.values(), **metric.parameters}
    for field in (*_MEASURING, "where", "evidence"):
        text = getattr(metric, field)
        if not isinstance(text, str):
            continue
        try:
            named = schedules_in(parse(text, columns, values))
        except ExpressionError:
            continue  # said where the expression is checked
        for name in sorted(named - schedules):
            if name:
                hint = name_hint(name, schedules - {""}) if schedules - {""} else ""
                hint = hint or f'Add `[[schedule]]` with id = "{name}" to the audit file.'
                yield field, f"There is no schedule of open hours named {name!r}.", hint
            elif schedules:
                hint = "Add a `[[schedule]]` without an id, or name one in `open_seconds`."
                yield field, "No usual schedule of open hours is given, only some with an id.", hint


def _check_hit(node: HasHit, context: Context, table: str) -> Iterator[tuple[str, str]]:
    detector: Any = context.detectors.get(node.detector)
    if detector is None:
        if context.is_undecided("detector", node.detector):
            return
        registered = find_spec(context.registry, "detector", node.detector)
        if registered is None:
            yield context.unknown("detector", node.detector)
            return
        detector = registered[1]
    if table and detector.table != table:
        message = f"The detector {node.detector!r} reads {detector.table}, and not {table}."
        yield message, f"Look for hits where the table {detector.table} is measured."
    labels = {*detector.phrases, *detector.patterns}
    if node.label is not None and labels and not detector.detect and node.label not in labels:
        yield (
            f"The detector {node.detector!r} has no label {node.label!r}.",
            name_hint(node.label, labels),
        )
