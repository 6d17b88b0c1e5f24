"""One sheet of a workbook: tables, texts and matrices under each other, in columns that fit."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from cxaudit.documents import _, cell_words, numbers
from cxaudit.plugin import blocks
from cxaudit_reports.drawing.reading_order import Reading
from cxaudit_reports.drawing.theme import LIGHT
from cxaudit_reports.workbook.cells import Cell, cell

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

__all__ = ["Sheet", "Styles"]

_NARROW, _WIDE, _CELL = 9, 60, 18
"""Widths of columns, in characters: least, most, and of a matrix."""
_PAGE = 96
"""Width that a paragraph takes at least, in characters."""
_LINE, _TALLEST = 13.5, 405
"""Height of a line and of the tallest row, in points; spreadsheets allow 409."""
_SCALE = {
    "type": "3_color_scale",
    "min_type": "num",
    "mid_type": "num",
    "max_type": "num",
    "min_value": 0,
    "mid_value": 60,
    "max_value": 100,
    "min_color": LIGHT["s1"],
    "mid_color": LIGHT["s2"],
    "max_color": LIGHT["s3"],
}
"""From fails to keeps its word; in lighter colours than elsewhere, as the ink stays dark."""
_LEFT = {"align": "left", "indent": 1, "text_wrap": True}
_RIGHT = {"align": "right", "text_wrap": True}
_TURNED = {"left": "right", "right": "left"}
_TO_RIGHT, _TO_LEFT = 1, 2
"""Which way a text runs, as the format says it."""


class Styles:
    """The formats of a workbook, each made once; ``rtl``: its sheets run from right to left."""

    def __init__(self, book: Workbook, accent: str, *, rtl: bool = False) -> None:
        self._book = book
        self._formats: dict[tuple[tuple[str, Any], ...], Format] = {}
        self.accent, self.rtl = accent, rtl

    def __call__(self, **properties: Any) -> Format:
        """Return a format, in the workbook's own font."""
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            basis = {"font_name": "Arial", "font_size": 10, "font_color": LIGHT["ink"]}
            if self.rtl and properties.get("align") in _TURNED:
                properties["align"] = _TURNED[properties["align"]]
            self._formats[key] = self._book.add_format({**basis, "valign": "top", **properties})
        return self._formats[key]


@attrs.frozen
class _Written:
    """A row that is still to be written: its cells, or a text over the whole width."""

    cells: tuple[tuple[Cell, Mapping[str, Any]], ...] = ()
    text: tuple[Cell, Mapping[str, Any]] | None = None


class Sheet:
    """Rows are collected first, so that columns can be as wide as what they hold."""

    def __init__(self, sheet: Worksheet, styles: Styles) -> None:
        self._sheet, self._styles = sheet, styles
        if styles.rtl:
            sheet.right_to_left()
        self._rows: list[_Written] = []
        self._scaled: list[tuple[int, int, int, int]] = []
        self._tables: list[tuple[int, int, int]] = []
        self._narrow: set[int] = set()
        self._high: set[int] = set()

    def title(self, text: str) -> None:
        """Add the sheet's heading."""
        look = {"bold": True, "font_size": 14, "font_color": self._styles.accent}
        self._rows.append(_Written(text=(cell(text), look)))

    def heading(self, text: str) -> None:
        """Add a heading, with room above it."""
        self.gap()
        look = {"bold": True, "font_size": 11, "font_color": self._styles.accent}
        self._rows.append(_Written(text=(cell(text), look)))

    def text(self, text: str, tone: str = "plain") -> None:
        """Add a paragraph over the width of the sheet."""
        look: dict[str, Any] = {"text_wrap": True}
        if tone == "note":
            look |= {"font_color": LIGHT["soft"]}
        elif tone == "warning":
            look |= {"font_color": LIGHT["warn"], "bold": True}
        elif tone == "lead":
            look |= {"bold": True, "font_size": 12}
        self._rows.append(_Written(text=(cell(text), look)))

    def gap(self) -> None:
        """Add an empty row."""
        if self._rows:
            self._rows.append(_Written())

    def pair(self, name: str, value: str | float | None) -> None:
        """Add a name and what it is; a number stands at the left, under what it explains."""
        name_look = {"font_color": LIGHT["soft"]}
        self._rows.append(
            _Written(cells=((cell(name), name_look), (cell(value), {"align": "left"})))
        )

    def table(self, table: blocks.Table, *, titled: bool = True) -> None:
        """Add a table with its header; its title and note stand above and below.

        A column of intervals becomes two of numbers.
        """
        scored = {name for at, name in enumerate(table.columns) if _has_scores(table, at)}
        table = _with_ends(table)
        if titled and table.title:
            self.heading(table.title)
        look = {"bold": True, "bg_color": LIGHT["wash"], "bottom": 1, "bottom_color": LIGHT["soft"]}
        numeric = table.numeric or (False,) * len(table.columns)
        self._add(
            [
                (cell(name), {**look, **(_RIGHT if right else _LEFT)})
                for name, right in zip(table.columns, numeric, strict=True)
            ]
        )
        first = len(self._rows)
        for row in table.rows:
            self._add(
                [
                    (cell(value), _RIGHT if right else _LEFT)
                    for value, right in zip(row, numeric, strict=True)
                ]
            )
        last = len(self._rows) - 1
        for at, name in enumerate(table.columns):
            if name in scored:
                self._scaled.append((first, at, last, at))
        self._tables.append((first - 1, last, len(table.columns)))
        if not table.rows:
            self.text(_("none"), "note")
        if table.note:
            self.gap()
            self.text(table.note, "note")

    def _add(self, cells: Iterable[tuple[Cell, Mapping[str, Any]]]) -> None:
        self._rows.append(_Written(cells=tuple(cells)))

    def matrix(self, block: blocks.Matrix) -> None:
        """Add a matrix: its scores on a scale of colours, then their ends, coverage and words."""
        self.heading(block.title)
        self._grid(block, [[_score(value) for value in row] for row in block.cells], scaled=True)
        if any(value.critical for row in block.cells for value in row):
            self.text(_("✕ a critical item failed"), "note")
        parts = (
            (_("From"), [[cell(numbers.score(value.low)) for value in row] for row in block.cells]),
            (_("To"), [[cell(numbers.score(value.high)) for value in row] for row in block.cells]),
            (
                _("Assessed"),
                [[cell(numbers.percent(value.coverage)) for value in row] for row in block.cells],
            ),
            (_("In words"), [[cell(cell_words(value)) for value in row] for row in block.cells]),
        )
        for title, grid in parts:
            self.heading(title)
            self._grid(block, grid)

    def _grid(
        self, block: blocks.Matrix, grid: Sequence[Sequence[Cell]], *, scaled: bool = False
    ) -> None:
        head = {"bold": True, "text_wrap": True, "align": "center", "bottom": 1}
        self._narrow.update(range(1, len(block.columns) + 1))
        self._add([(Cell(""), {"bottom": 1}), *((cell(name), head) for name in block.columns)])
        first = len(self._rows)
        look: dict[str, Any] = {"align": "center", "valign": "vcenter", "text_wrap": True}
        left = {"bold": True, "valign": "vcenter"}
        for name, row in zip(block.rows, grid, strict=True):
            self._high.add(len(self._rows))
            self._add([(cell(name), left), *((value, look) for value in row)])
        if scaled:
            self._scaled.append((first, 1, len(self._rows) - 1, len(block.columns)))

    def finish(self, *, freeze: tuple[int, int] = (1, 0), filtered: bool = False) -> None:
        """Write all rows; a sheet with ``filtered`` gets a filter over its only table."""
        widths = self._widths()
        for at, width in enumerate(widths):
            self._sheet.set_column(at, at, width + 2)
        reach, room = self._reach(widths)
        for number, row in enumerate(self._rows):
            self._cells(number, row, widths)
            if row.text is not None:
                self._paragraph(number, row.text, reach, room)
        for first, left, last, right in self._scaled:
            if last >= first:
                self._sheet.conditional_format(first, left, last, right, dict(_SCALE))
        if filtered and len(self._tables) == 1:
            first, last, columns = self._tables[0]
            self._sheet.autofilter(first, 0, max(first, last), columns - 1)
        self._sheet.freeze_panes(*freeze)
        self._sheet.hide_gridlines(2)
        self._sheet.set_landscape()
        self._sheet.set_paper(9)
        self._sheet.fit_to_pages(1, 0)
        self._sheet.set_footer("&L&8&A&R&8&P / &N")
        if filtered:
            self._sheet.repeat_rows(0)

    def _widths(self) -> list[int]:
        widths: dict[int, int] = {}
        for row in self._rows:
            for at, (content, _look) in enumerate(row.cells):
                length = max(map(len, _text_of(content).split("\n")), default=0)
                most = _CELL if at in self._narrow else _WIDE
                widths[at] = max(widths.get(at, _NARROW), min(length, most))
        return [widths[at] for at in sorted(widths)] or [_WIDE]

    @staticmethod
    def _reach(widths: Sequence[int]) -> tuple[int, int]:
        """Return the last column that paragraphs are written over, and their width."""
        reach, room = 0, widths[0]
        while room < _PAGE:
            reach += 1
            room += widths[reach] + 2 if reach < len(widths) else _NARROW
        return reach, room

    def _paragraph(
        self, number: int, text: tuple[Cell, Mapping[str, Any]], reach: int, room: int
    ) -> None:
        content, look = text
        if reach:
            self._sheet.merge_range(number, 0, number, reach, "", self._styles(**look))
        size = look.get("font_size", 10) / 10
        self._tall(number, _lines(content, int(room / size)) * size)
        self._put(number, 0, content, look)

    def _cells(self, number: int, row: _Written, widths: Sequence[int]) -> None:
        for at, (content, look) in enumerate(row.cells):
            self._put(number, at, content, look)
        wrapped = (_lines(content, widths[at]) for at, (content, _look) in enumerate(row.cells))
        self._tall(number, max([*wrapped, 1.5 if number in self._high else 1]))

    def _tall(self, number: int, lines: float) -> None:
        """Set a row's height: spreadsheets do not all find the height of wrapped text."""
        if lines > 1:
            self._sheet.set_row(number, min(lines * _LINE + 3, _TALLEST))

    def _put(self, row: int, column: int, content: Cell, look: Mapping[str, Any]) -> None:
        properties = dict(look)
        if isinstance(content.value, str):
            if content.quoted:
                properties["quote_prefix"] = True
            if self._styles.rtl:
                properties.setdefault("align", "left")
                properties["reading_order"] = (
                    _TO_RIGHT if Reading(turned=True).apart(content.value) else _TO_LEFT
                )
            self._sheet.write_string(row, column, content.value, self._styles(**properties))
        else:
            properties["num_format"] = content.format
            self._sheet.write_number(row, column, content.value, self._styles(**properties))


def _has_scores(table: blocks.Table, at: int) -> bool:
    column = (row[at] for row in table.rows)
    return any(isinstance(value, blocks.Figure) and value.style == "score" for value in column)


def _with_ends(table: blocks.Table) -> blocks.Table:
    """Return a table in which a column of intervals is two: where they begin and end."""
    numeric = table.numeric or (False,) * len(table.columns)
    columns: list[tuple[str, bool]] = []
    rows: list[list[str | float | int | None]] = [[] for _row in table.rows]
    for at, head in enumerate(zip(table.columns, numeric, strict=True)):
        cells = [row[at] for row in table.rows]
        if any(isinstance(value, blocks.Interval) for value in cells):
            name = head[0]
            columns += [(_("{column}, from", column=name), True)]
            columns += [(_("{column}, to", column=name), True)]
            for row, value in zip(rows, cells, strict=True):
                row.extend(value.ends if isinstance(value, blocks.Interval) else (value, value))
        else:
            columns.append(head)
            for row, value in zip(rows, cells, strict=True):
                row.append(value)
    return attrs.evolve(
        table,
        columns=tuple(name for name, _right in columns),
        numeric=tuple(right for _name, right in columns),
        rows=tuple(map(tuple, rows)),
    )


def _text_of(content: Cell) -> str:
    if isinstance(content.value, str):
        return content.value
    return f"{content.value:,.1f}" + content.format.partition('"')[2].partition('"')[0]


def _lines(content: Cell, width: int) -> int:
    """Return how many lines a text takes in a column of so many characters, wrapped at words."""
    room = 1.08 * (width + 1)
    return sum(max(1, math.ceil(len(part) / room)) for part in _text_of(content).split("\n"))


def _score(score: blocks.MatrixCell) -> Cell:
    """Return a score as a number, marked when a critical item failed."""
    mark = "✕ " if score.critical else ""
    if score.value is None:
        return cell(f"{mark}{cell_words(score)}")
    number = cell(numbers.score(score.value))
    return attrs.evolve(number, format=f'"{mark}"{number.format}' if mark else number.format)
