"""Resolving a checklist's own metrics and detectors, and checking every expression in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from cxaudit._checklists.context import Context, column_types
from cxaudit._checklists.merging import Entry, Merged
from cxaudit._checklists.names import find_spec, known_hint, parameter_hint, sentence
from cxaudit._model.expressions import HasHit
from cxaudit._model.metrics import Metric, MetricKind
from cxaudit._model.specs import Detector, Table
from cxaudit.errors import ExpressionError

__all__ = ["check_expression", "check_quantities", "resolve_detector", "resolve_metric"]

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
    given, name = entry.values, entry.values["id"]
    if entry.broken:
        context.undecided.add(("metric", name))
        return
    kind = given["kind"]
    needed = _NEEDED[kind]
    for key in needed:
        if key not in given:
            entry.problem(
                context.problems,
                (),
                f"A metric of kind {kind} needs {key!r}.",
                f"It needs {' and '.join(needed)}.",
            )
    for key in _MEASURING:
        if key in given and key not in needed:
            entry.problem(
                context.problems,
                (key,),
                f"A metric of kind {kind} takes no {key!r}.",
                f"It takes {' and '.join(needed)}." if needed else "It counts the rows of `where`.",
            )
    table = _table(entry, context)
    fields = {
        field.name: given[field.name] for field in attrs.fields(Metric) if field.name in given
    }
    if table is not None:
        fields["table"] = table.id
    context.metrics[name] = Metric(**{**fields, "kind": MetricKind(kind)})


def resolve_detector(entry: Entry, context: Context) -> None:
    """Resolve one of the checklist's own detectors."""
    from cxaudit._expressions.patterns import detector_problems

    given, name = entry.values, entry.values["id"]
    if entry.broken:
        context.undecided.add(("detector", name))
        return
    if "phrases" not in given and "patterns" not in given:
        entry.problem(
            context.problems,
            (),
            f"The detector {name!r} looks for nothing.",
            'Add `phrases = { LABEL = ["..."] }` or `patterns = { LABEL = ["..."] }`.',
        )
    table = _table(entry, context)
    if table is not None:
        columns = column_types(table)
        column = given["column"]
        texts = [each for each, kind in columns.items() if kind == "text"]
        if column not in columns:
            message = f"The table {table.id!r} has no column {column!r}."
            entry.problem(context.problems, ("column",), message, known_hint(column, texts))
        elif columns[column] != "text":
            message = f"A detector reads texts, and {column!r} is a {columns[column]}."
            entry.problem(context.problems, ("column",), message, known_hint(column, texts))
    detector = Detector(
        id=name,
        table=table.id if table is not None else given["table"],
        column=given["column"],
        where=given.get("where"),
        phrases={label: tuple(words) for label, words in given.get("phrases", {}).items()},
        patterns={label: tuple(words) for label, words in given.get("patterns", {}).items()},
        summary=given.get("summary", ""),
    )
    for path, message in detector_problems(detector):
        hint = _RE2 if path[0] == "patterns" else "A phrase holds at least one letter or digit."
        entry.problem(context.problems, path, f"{message}.", hint)
    context.detectors[name] = detector


def check_quantities(merged: Merged, context: Context) -> None:
    """Check every expression of the checklist's own metrics and detectors."""
    for name, entry in merged.metric.items():
        metric = context.metrics.get(name)
        if metric is None:
            continue
        expected: dict[str, str | None] = {
            "where": "boolean",
            "evidence": "boolean",
            **_NEEDED[metric.kind.value],
        }
        _check_fields(entry, context, metric.table, expected)
    for name, entry in merged.detector.items():
        detector = context.detectors.get(name)
        if detector is not None:
            place = "a detector"
            _check_fields(entry, context, detector.table, {"where": "boolean"}, refused=place)


def _check_fields(
    entry: Entry,
    context: Context,
    table_name: str,
    expected: Mapping[str, str | None],
    refused: str = "",
) -> None:
    found = find_spec(context.registry, "table", table_name)
    if found is None:
        return
    columns = column_types(found[1])
    for key, expect in expected.items():
        text = entry.values.get(key)
        if isinstance(text, str):
            for message, hint in check_expression(text, columns, context, expect, refused=refused):
                entry.problem(context.problems, (key,), message, hint)


def _table(entry: Entry, context: Context) -> Table | None:
    name = entry.values["table"]
    found = find_spec(context.registry, "table", name)
    if found is None:
        known = context.registry.of("table")
        message = f"There is no table {name!r}."
        entry.problem(context.problems, ("table",), message, known_hint(name, known, "table"))
        return None
    table: Table = found[1]
    return table


def check_expression(
    text: str,
    columns: Mapping[str, str],
    context: Context,
    expect: str | None,
    *,
    refused: str = "",
) -> Iterator[tuple[str, str]]:
    """Yield message and hint of everything that is wrong with an expression.

    An expression that uses a parameter nobody answered yet is checked no further.

    Args:
        text: The expression.
        columns: Type of each column that it may name.
        context: What is known.
        expect: Type that it must have; None takes any.
        refused: Where it stands, when it may not use what only metrics can.
    """
    from cxaudit._expressions import parameters_in, parse, refuse_measured

    values = context.values()
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
    for node in _hits(expression):
        yield from _check_hit(node, context)


def _hits(node: Any) -> Iterator[HasHit]:
    if isinstance(node, HasHit):
        yield node
    elif isinstance(node, tuple):
        for each in node:
            yield from _hits(each)
    elif attrs.has(type(node)):
        for field in attrs.fields(type(node)):
            yield from _hits(getattr(node, field.name))


def _check_hit(node: HasHit, context: Context) -> Iterator[tuple[str, str]]:
    detector: Any = context.detectors.get(node.detector)
    if detector is None:
        if context.is_undecided("detector", node.detector):
            return
        found = find_spec(context.registry, "detector", node.detector)
        if found is None:
            known = [*context.detectors, *context.registry.of("detector")]
            yield (
                f"There is no detector {node.detector!r}.",
                known_hint(node.detector, known, "detector"),
            )
            return
        detector = found[1]
    labels = {*detector.phrases, *detector.patterns}
    if node.label is not None and labels and not detector.detect and node.label not in labels:
        yield (
            f"The detector {node.detector!r} has no label {node.label!r}.",
            known_hint(node.label, labels),
        )
