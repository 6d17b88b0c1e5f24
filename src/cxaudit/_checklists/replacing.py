"""Items that replace others: the two are never in one checklist."""

from __future__ import annotations

from collections.abc import Iterable

from cxaudit._checklists.documents import Problems
from cxaudit._checklists.merging import Merged
from cxaudit._model.checklist import Item

__all__ = ["check_replacements"]


def check_replacements(merged: Merged, items: Iterable[Item], problems: Problems) -> None:
    """Report items that stand beside what they replace: the same would be judged twice."""
    live = {item.id: item.touchpoints for item in items if item.excluded is None}
    for item in items:
        entry = merged.items[item.id]
        if item.same_meaning and not item.replaces:
            hint = "Name in `replaces` the items whose meaning it has, or remove it."
            message = "`same_meaning` says nothing where no item is replaced."
            entry.problem(problems, ("same_meaning",), message, hint)
        for index, old in enumerate(item.replaces if item.id in live else ()):
            if old == item.id:
                hint = "Name the item of an earlier checklist, or remove it."
                message = "An item cannot replace itself."
            elif old in live and _share_one(live[old], item.touchpoints):
                layer, path = merged.items[old].source("id")
                position = layer.document.locate(path)
                message = f"{item.id!r} replaces {old!r}, and the checklist holds both: {position}."
                hint = (
                    f'Leave one out: `[[tailor]]` with item = "{old}", exclude = true and a '
                    "rationale; or give the two different touchpoints."
                )
            else:
                continue
            entry.problem(problems, ("replaces", index), message, hint)


def _share_one(some: Iterable[str], others: Iterable[str]) -> bool:
    """Tell whether a touchpoint of some is, or lies above or below, one of the others."""
    return any(
        f"{one}.".startswith(f"{other}.") or f"{other}.".startswith(f"{one}.")
        for one in some
        for other in others
    )
