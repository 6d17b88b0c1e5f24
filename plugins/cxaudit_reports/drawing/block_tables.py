"""Blocks that are tables at heart, as tables; and what documents share in reading a report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from cxaudit.documents import _, chart_table, ranking_table
from cxaudit.plugin import blocks
from cxaudit_reports.drawing.layout import steps

__all__ = [
    "FINDINGS",
    "action_line",
    "blocks_of",
    "dots",
    "find",
    "is_facts",
    "item_of",
    "legend",
    "other_sections",
    "subject",
    "table_of",
]

_Block = TypeVar("_Block", bound=blocks.Block)

FINDINGS = "findings-"
"""What the ids of the sections of findings begin with; an area follows."""


def find(report: blocks.Report, name: str) -> blocks.Section | None:
    """Return a section by its id."""
    return next((section for section in report.sections if section.id == name), None)


def blocks_of(section: blocks.Section | None, kind: type[_Block]) -> list[_Block]:
    """Return a section's blocks of a kind; none of a section that the report does not have."""
    return [block for block in (section.blocks if section else ()) if isinstance(block, kind)]


def action_line(action: blocks.Action) -> str:
    """Return what to do, with who, until when and to what effect behind it."""
    facts = "; ".join(filter(None, (action.owner, action.due, action.effect)))
    return f"{action.text} ({facts})" if facts else action.text


def table_of(block: blocks.Block) -> blocks.Table | None:
    """Return a table, ranking, series, distribution or funnel as a table, else None."""
    match block:
        case blocks.Table():
            return block
        case blocks.Ranking():
            return ranking_table(block)
        case blocks.Series() | blocks.Distribution() | blocks.Funnel():
            return chart_table(block)
    return None


def dots(step: int) -> str:
    """Return the pattern of one of the five colours: dots, filled as the page's bars are."""
    return "●" * (step + 1) + "○" * (4 - step)


def legend(block: blocks.Matrix) -> str:
    """Return what the dots and marks in a matrix stand for, on a line."""
    parts = [f"{dots(step)} {text}" for step, text in enumerate(steps())]
    if any(cell.critical for row in block.cells for cell in row):
        parts.append(_("✕ a critical item failed"))
    return " · ".join(parts)


def is_facts(table: blocks.Table) -> bool:
    """Tell whether a table says things about one item, a pair a row."""
    return len(table.columns) == 2 and not table.columns[1]  # noqa: PLR2004 - a pair


def subject(table: blocks.Table) -> int:
    """Return the column that says what a row is about: the item, else the first of words."""
    if _("Item") in table.columns:
        return table.columns.index(_("Item"))
    numeric = table.numeric or (False,)
    return next((at for at, right in enumerate(numeric) if not right), 0)


def item_of(anchor: str) -> str:
    """Return the item that an anchor leads to, or nothing."""
    return anchor.removeprefix("item-") if anchor.startswith("item-") else ""


def other_sections(report: blocks.Report, elsewhere: Iterable[str]) -> Iterator[blocks.Section]:
    """Yield the sections, in their order, that a document has no place of its own for."""
    ids = set(elsewhere)
    for section in report.sections:
        if section.id not in ids and not section.id.startswith(FINDINGS):
            yield section
