"""Blocks that are tables at heart, as tables; and what documents share in reading a report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cxaudit.documents import _, funnel_table, numbers
from cxaudit.plugin import blocks

__all__ = [
    "FINDINGS",
    "find",
    "is_facts",
    "item_of",
    "ranking_table",
    "subject",
    "table_of",
    "unplaced",
]

FINDINGS = "findings-"
"""What the ids of the sections of findings begin with; an area follows."""


def find(report: blocks.Report, name: str) -> blocks.Section | None:
    """Return a section by its id."""
    return next((section for section in report.sections if section.id == name), None)


def table_of(block: blocks.Block) -> blocks.Table | None:
    """Return a table, ranking, series, distribution or funnel as a table, else None."""
    match block:
        case blocks.Table():
            return block
        case blocks.Ranking():
            return ranking_table(block)
        case blocks.Series():
            points = [(name, numbers.quantity(at, block.unit)) for name, at in block.points]
            return _pairs(block.title, _("Value"), points)
        case blocks.Distribution():
            return _pairs(block.title, _("Count"), block.bins)
        case blocks.Funnel():
            return funnel_table(block)
    return None


def _pairs(
    title: str, second: str, rows: Iterable[tuple[str | float | int | None, ...]]
) -> blocks.Table:
    return blocks.Table(title=title, columns=("", second), rows=tuple(rows), numeric=(False, True))


def ranking_table(block: blocks.Ranking, *, apart: bool = False) -> blocks.Table:
    """Return a ranking as a table; ``apart`` gives both ends of an interval a column."""
    rows = tuple(
        (
            row.rank or numbers.DASH,
            row.name,
            numbers.score(row.value),
            *(
                (numbers.score(row.low), numbers.score(row.high))
                if apart
                else (numbers.interval(row.low, row.high),)
            ),
            row.note,
        )
        for row in block.rows
    )
    ends = (_("From"), _("To")) if apart else (_("Interval"),)
    return blocks.Table(
        title=block.title,
        columns=(_("Rank"), _("Name"), _("Score"), *ends, _("In words")),
        rows=rows,
        numeric=(True, False, True, *(True for _end in ends), False),
        anchors=tuple(row.link for row in block.rows),
    )


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


def unplaced(report: blocks.Report, placed: Iterable[str]) -> Iterator[blocks.Section]:
    """Yield the sections, in their order, that a document has no place of its own for."""
    known = set(placed)
    for section in report.sections:
        if section.id not in known and not section.id.startswith(FINDINGS):
            yield section
