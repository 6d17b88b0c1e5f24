"""Checking ``[evaluations.SOURCE]`` of an audit file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from cxaudit._checklists.documents import Step
from cxaudit._checklists.names import name_hint
from cxaudit._model.audit import EvaluationUse, SourceUse
from cxaudit._model.checklist import Checklist

__all__ = ["resolve_evaluations"]


class _AuditReader(Protocol):
    """What reads an audit file: sound parts of it, and a place for problems."""

    def table(self, *path: Step) -> dict[str, Any]: ...

    def add(self, path: tuple[Step, ...], message: str, hint: str = "") -> None: ...


def resolve_evaluations(
    reader: _AuditReader, sources: Sequence[SourceUse], checklist: Checklist | None
) -> tuple[EvaluationUse, ...]:
    """Return the evaluations of an audit file; what is wrong is told."""
    uses = []
    tables = {use.name: use.table for use in sources}
    for name, table in reader.table("evaluations").items():
        at: tuple[Step, ...] = ("evaluations", name)
        if name not in tables:
            message = f"There is no source {name!r}."
            hint = name_hint(name, tables)
            reader.add(at, message, f"Evaluations are named as their source is. {hint}")
        elif tables[name] != "evaluations":
            message = f"The source {name!r} fills the table {tables[name]!r}."
            hint = 'One of evaluations has `table = "evaluations"`, or a preset that says so.'
            reader.add(at, message, hint)
        if checklist is not None:
            _check_items(reader, at, table, checklist)
        uses.append(
            EvaluationUse(
                source=name,
                touchpoint=table.get("touchpoint", ""),
                items=table["items"],
                values=table.get("values", {}),
            )
        )
    return tuple(uses)


def _check_items(
    reader: _AuditReader, at: tuple[Step, ...], table: Mapping[str, Any], checklist: Checklist
) -> None:
    items = {item.id: item for item in checklist.items}
    named = {("items", question): item for question, item in table["items"].items()}
    named |= {("values", item): item for item in table.get("values", {})}
    for path, name in named.items():
        item = items.get(name)
        if item is None:
            reader.add((*at, *path), f"There is no item {name!r}.", name_hint(name, items))
        elif item.ask is None:
            hint = "Only items with 'ask' take answers. To ask it instead, tailor the item."
            reader.add((*at, *path), f"Item {name!r} is judged by a check.", hint)
        elif item.excluded is not None:
            reader.add((*at, *path), f"Item {name!r} is excluded.", "Leave the question out.")
