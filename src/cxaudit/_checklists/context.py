"""What items are resolved against: parameters, metrics, tables, touchpoints, lenses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from cxaudit._checklists.documents import Problems, Step
from cxaudit._checklists.merging import Entry
from cxaudit._checklists.names import (
    Registry,
    metric_hint,
    name_hint,
    parameter_hint,
    put_in_parameters,
)
from cxaudit._model.checklist import Parameter, Reference
from cxaudit._model.detectors import Detector
from cxaudit._model.groupings import Lens, Touchpoint
from cxaudit._model.metrics import Metric
from cxaudit._model.tables import Table
from cxaudit._model.text import Text

__all__ = ["ROW_COLUMNS", "Context", "column_types", "references", "text"]

ROW_COLUMNS: Mapping[str, str] = {
    "unit": "text",
    "touchpoint": "text",
    "_source": "text",
    "_row": "number",
    "_zone": "text",
}
"""Columns that every canonical table has besides its own, and their types."""


def column_types(table: Table) -> dict[str, str]:
    """Return the columns that an expression over a table may use, with their types."""
    return {**ROW_COLUMNS, **{column.name: column.type for column in table.columns}}


def text(value: Any, language: str) -> Text:
    """Return a text as written: in the checklist's language, or a table by language."""
    return Text(dict(value)) if isinstance(value, Mapping) else Text.of(str(value), language)


def references(entry: Entry) -> tuple[Reference, ...]:
    """Return the published figures of an item or a parameter."""
    language = entry.source("references")[0].language
    return tuple(
        Reference(
            text=text(reference["text"], language),
            source=reference["source"],
            low=reference.get("low"),
            high=reference.get("high"),
        )
        for reference in entry.values.get("references", ())
    )


@attrs.define
class Context:
    """What is known when items are resolved.

    Attributes:
        registry: What plugins registered.
        problems: Where problems are added.
        parameters: The checklist's, audit's values put in.
        metrics, detectors, touchpoints, lenses: The checklist's own, by id.
    """

    registry: Registry
    problems: Problems
    parameters: dict[str, Parameter] = attrs.field(factory=dict)
    metrics: dict[str, Metric] = attrs.field(factory=dict)
    detectors: dict[str, Detector] = attrs.field(factory=dict)
    touchpoints: dict[str, Touchpoint] = attrs.field(factory=dict)
    lenses: dict[str, Lens] = attrs.field(factory=dict)
    undecided: set[tuple[str, str]] = attrs.field(factory=set)
    """Kind and id of what was written, and is too wrong to be resolved."""
    incomplete: bool = False
    """Whether a whole file could not be read, so that any name may be in it."""
    validators: dict[str, Any] = attrs.field(factory=dict)
    """Validators of checks' settings, by check."""
    report_value: dict[str, Callable[[str, str], None]] = attrs.field(factory=dict)
    """Reports a problem with the value of a parameter, where that was written."""
    metric_entries: Mapping[str, Entry] = attrs.field(factory=dict)
    """The checklist's own metrics as written."""
    schedules: frozenset[str] | None = None
    """Ids of the audit's schedules, empty for the usual one; None when nobody can tell yet."""

    def is_undecided(self, kind: str, name: str) -> bool:
        """Tell whether a name may well exist, in something that could not be read."""
        return self.incomplete or (kind, name) in self.undecided

    def values(self) -> dict[str, float | str | bool | None]:
        """Return each parameter's value."""
        return {name: parameter.value for name, parameter in self.parameters.items()}

    def unknown(self, kind: str, name: str) -> tuple[str, str]:
        """Return message and hint for a name that neither the checklist nor a plugin defines."""
        declared: dict[str, Mapping[str, Any]] = {
            "metric": self.metrics,
            "detector": self.detectors,
            "touchpoint": self.touchpoints,
            "lens": self.lenses,
        }
        message = f"There is no {kind} {name!r}."
        if kind == "metric":
            return message, metric_hint(name, self.metrics, self.registry)
        return message, name_hint(name, [*declared.get(kind, ()), *self.registry.of(kind)], kind)

    def put_in(
        self, entry: Entry, base: tuple[Step, ...], written: Any
    ) -> tuple[Any, dict[tuple[Step, ...], str]]:
        """Return a value with its parameters put in, and which parameter stood where.

        Names that no parameter has become problems.
        """
        parameters: dict[tuple[Step, ...], str] = {}
        resolved = put_in_parameters(written, self.values(), parameters)
        for path, name in parameters.items():
            if name not in self.parameters and not self.is_undecided("param", name):
                entry.problem(
                    self.problems,
                    (*base, *path),
                    f"There is no parameter {name!r}.",
                    parameter_hint(name, self.parameters),
                )
        return resolved, parameters
