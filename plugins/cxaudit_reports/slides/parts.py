"""Parts of slides: what a section says, its tables under each other, and the trail in the notes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cxaudit.documents import _, ngettext, numbers
from cxaudit.plugin import blocks
from cxaudit_reports.drawing.block_tables import item_of, subject, table_of
from cxaudit_reports.drawing.theme import LIGHT
from cxaudit_reports.slides.deck import BOTTOM, LEFT, WIDTH, Page

__all__ = ["items", "paragraphs", "said_in", "shares", "tables_of", "trail", "under_each_other"]

_SIZES, _APART = (15.0, 14.0, 13.0, 12.0, 11.0, 10.0), 22.0
"""Sizes of text in tables that stand under each other, and the room between them."""
_TRAIL = 60
"""Items that the notes of a slide name."""


def tables_of(section: blocks.Section) -> list[blocks.Table]:
    """Return a section's tables, rankings and charts' numbers, as tables."""
    return [table for block in section.blocks if (table := table_of(block)) is not None]


def under_each_other(
    page: Page, tables: Sequence[blocks.Table], box: tuple[float, float, float, float]
) -> None:
    """Write tables with their titles, all in the largest size in which they fit."""
    left, top, width, height = box
    rows = [len(table.rows) + 1 for table in tables]
    size = next((size for size in _SIZES if _needed(rows, size) <= height), _SIZES[-1])
    fits = _needed(rows, size) <= height
    for table, share in zip(tables, shares([40.0 * each for each in rows]), strict=True):
        top = page.text(table.title, (left, top, width, 18), (13,), bold=True) + 2
        room = height if fits else max(height * share - 40, 60)
        top = page.table(table, (left, top, width, room), sizes=(size,), lines=1) + _APART


def _needed(rows: Sequence[int], size: float) -> float:
    """Return the height of tables under each other, one line a row, with their titles."""
    return sum(count * (size * 1.2 + 8) + 18 + _APART for count in rows) - _APART


def said_in(section: blocks.Section | None) -> list[blocks.TextBlock]:
    """Return the sentences of a section; notes of the method only, where it says nothing else."""
    found = [b for b in (section.blocks if section else ()) if isinstance(b, blocks.TextBlock)]
    return [each for each in found if each.tone != "note"] or [
        sentence for sentence in found if section is not None and section.id == "method"
    ]


def paragraphs(
    page: Page,
    said: Sequence[blocks.TextBlock],
    top: float,
    most: float = 0.0,
    *,
    room: float = WIDTH,
    sizes: Sequence[float] = (17, 16, 15, 14, 13, 12, 11),
) -> float:
    """Write paragraphs under each other in so much room, each in its share of it."""
    height = most or BOTTOM - top
    for block, share in zip(said, shares([len(each.text) for each in said]), strict=True):
        colour = LIGHT["warn"] if block.tone == "warning" else LIGHT["ink"]
        box = (LEFT, top, room, max(height * share - 12, 24))
        top = page.text(block.text, box, sizes, colour=colour) + 12
    return top


def shares(sizes: Sequence[float]) -> list[float]:
    """Return the parts of the room that things of these sizes get."""
    total = sum(size + 40 for size in sizes)
    return [(size + 40) / total for size in sizes]


def trail(page: Page, section: blocks.Section) -> None:
    """Name in the notes where the numbers stand in the report, and their items."""
    lines: list[tuple[str, str]] = []
    for block in section.blocks:
        match block:
            case blocks.Table():
                about = subject(block)
                for row, anchor in zip(block.rows, block.anchors, strict=False):
                    lines.append((str(row[about]), anchor))
            case blocks.Heading():
                lines.append((block.text, block.link))
    page.note(_("In the report: “{title}”", title=section.title), *items(lines))


def items(named: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield a line for each item that an anchor leads to, up to a limit, which is told."""
    lines = (
        _("{name}: item {item}", name=name, item=item_of(anchor))
        for name, anchor in named
        if item_of(anchor)
    )
    found = list(dict.fromkeys(lines))
    yield from found[:_TRAIL]
    if len(found) > _TRAIL:
        yield ngettext(
            "{named} of {n} item is named.",
            "{named} of {n} items are named.",
            len(found),
            named=numbers.count(_TRAIL),
        )
