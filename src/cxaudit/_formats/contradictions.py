"""What a saved result says that no run writes: names it does not hold, numbers out of range."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterator, Mapping
from typing import Any

from cxaudit._model.result import AuditResult

__all__ = ["contradictions"]


def contradictions(result: AuditResult) -> list[tuple[str, str]]:
    """Return what no run writes, as path and message: the report would break on it, or lie."""
    problems: list[tuple[str, str]] = []
    units: set[str | None] = {None}
    for index, unit in enumerate(result.units):
        if unit.id in units:
            problems.append((f"$.units[{index}]", f"the unit {unit.id!r} is there twice"))
        if unit.parent not in units or (unit.parent is None) != (index == 0):
            problems.append((f"$.units[{index}]", "the units are no tree, parents first"))
        units.add(unit.id)
    if not result.units.units:
        problems.append(("$.units", "there is no unit"))
    scored = [scores.unit for scores in result.scorecard.units]
    if scored[:1] != [unit.id for unit in result.units][:1] or not units.issuperset(scored):
        problems.append(("$.scorecard.units", "the scores are not those of the units"))
    problems += _unknown_names(result, units)
    score, weight = result.findings.score, result.findings.weight
    if ((score < 0) | (score > 1)).any():
        problems.append(("$.findings", "a score is not from 0 to 1"))
    if (weight < 0).any():
        problems.append(("$.findings", "a weight is under 0"))
    return problems


def _unknown_names(result: AuditResult, units: Collection[str | None]) -> Iterator[tuple[str, str]]:
    """Yield each name of a unit, item or metric that the result does not hold."""
    names_of_result: dict[str, Collection[str | None]] = {
        "unit": units,
        "item": {item.id for item in result.checklist.items},
        "metric": {metric.id for metric in result.metrics},
    }
    for field, names in (
        ("measurements", ("unit", "metric")),
        ("cases", ("unit",)),
        ("answers", ("unit", "item")),
        ("evidence", ("unit", "item")),
        ("agreement", ("item",)),
    ):
        for index, entry in _entries(result, field, names_of_result):
            for name in names:
                value = getattr(entry, name)
                if value not in names_of_result[name] or (name == "unit" and value is None):
                    path = f"$.{field}[{index}].{name}"
                    yield path, f"the {name} {value!r} is not in the result"
    fields = [("findings", result.findings)]
    if result.disputed is not None:
        fields.append(("disputed.findings", result.disputed.findings))
    for field, findings in fields:
        for name, values, codes in (
            ("unit", findings.units, findings.unit),
            ("item", findings.items, findings.item),
        ):
            for code, value in enumerate(values):
                if value not in names_of_result[name]:
                    path = f"$.{field}[{int((codes == code).argmax())}].{name}"
                    yield path, f"the {name} {value!r} is not in the result"


def _entries(
    result: AuditResult, field: str, names: Mapping[str, Container[str | None]]
) -> Iterator[tuple[int, Any]]:
    """Yield entries of a field with their positions; of answers those alone that name no match."""
    import numpy as np

    if field != "answers":
        yield from enumerate(getattr(result, field))
        return
    answers = result.answers
    matches = answers.among("unit", names["unit"]) & answers.among("item", names["item"])
    for position in np.flatnonzero(~matches).tolist():
        yield position, answers[position]
