"""Texts and tables of the PDF: where lines break, which way a text runs, how wide columns are."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from cxaudit.documents import _, ngettext, numbers, written
from cxaudit.plugin import blocks
from cxaudit_reports.drawing.reading_order import Reading
from cxaudit_reports.drawing.text_fit import text_width

__all__ = ["LARGEST", "WIDTH", "line", "table"]

WIDTH = 493.0
"""Points between the margins of a page."""
LARGEST = 300
"""Rows of a table that are printed: beyond that nobody reads paper; all are counted."""

_LONG = re.compile(r"\S{21,}")
_PIECE = re.compile(r"[^/._\-:;,=&?|]{1,6}[/._\-:;,=&?|]{0,3}|[/._\-:;,=&?|]{1,6}")
_SIZE = 7.8
"""Size of a table's texts in points; the template has the same."""
_GAP = 11.5
"""Points between columns."""
_NUMBER = 46.0
"""Points up to which a figure always stands on one line."""
_WORD = 20
"""Signs of a word that are kept together."""
_SHORT, _LONGEST = 90.0, 350.0
"""Points up to which a text should stand on one line, and beyond which it makes no column wider."""
_HEAD = 45.0
"""Points up to which a column's head should stand on one line."""
_DRAWN = 70.0
_NEARLY = 0.72
"""Share of the page from which on a table fills it."""
_TALL = 900
"""Signs of a cell with which a row may be higher than a page, and so must break."""


def line(text: str, *, rtl: bool = False) -> Any:
    """Return a text as the template takes it.

    Args:
        text: The text, cleaned.
        rtl: The document runs from right to left.
    """
    pieces: Any = text
    if len(text) > 20 and _LONG.search(text):  # noqa: PLR2004 - as long as in the pattern
        pieces = cut(text)
    return {"turned": pieces} if Reading(rtl).apart(text) else pieces


def cut(text: str) -> list[str]:
    """Return a text in pieces, so that a word too long for a line can break."""
    pieces: list[str] = []
    end = 0
    for match in _LONG.finditer(text):
        first, *rest = _PIECE.findall(match[0])
        pieces.append(text[end : match.start()] + first)
        pieces += rest
        end = match.end()
    if end < len(text):
        pieces[-1] += text[end:]
    return pieces


def table(
    block: blocks.Table,
    link: Callable[[str], tuple[str, str]],
    *,
    rtl: bool = False,
    drawn: int | None = None,
) -> dict[str, Any]:
    """Return a table: its columns' widths and sides, and its cells row by row.

    Args:
        block: The table.
        link: Gives, for an anchor, what it leads to and what it is, each a label or nothing.
        rtl: The document runs from right to left.
        drawn: The column whose cells are drawings, if any.
    """
    numeric = block.numeric or (False,) * len(block.columns)
    rows = [tuple(written(value) for value in row) for row in block.rows[:LARGEST]]
    item = _("Item")
    linked = block.columns.index(item) if item in block.columns else 0
    cells: list[Any] = []
    for at, row in enumerate(rows):
        to, label = link(block.anchors[at]) if block.anchors else ("", "")
        for column, text in enumerate(row):
            cell = line(text, rtl=rtl)
            if column == linked and (to or label):
                cell = {
                    "text": cell,
                    **({"to": to} if to else {}),
                    **({"at": label} if label else {}),
                }
            cells.append(cell)
    notes = [block.note] if block.note else []
    if len(block.rows) > LARGEST:
        printed = ngettext(
            "{kept} of {n} row is printed; the page and the files of findings hold all.",
            "{kept} of {n} rows are printed; the page and the files of findings hold all.",
            len(block.rows),
            kept=numbers.count(LARGEST),
        )
        notes.insert(0, printed)
    return {
        "kind": "table",
        "title": line(block.title, rtl=rtl),
        "columns": [line(name, rtl=rtl) for name in block.columns],
        "numeric": list(numeric),
        "widths": widths(block.columns, rows, numeric, drawn),
        "cells": cells,
        "tall": any(len(text) > _TALL for row in rows for text in row),
        "note": line(" ".join(notes), rtl=rtl),
    }


def widths(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    numeric: Sequence[bool],
    drawn: int | None = None,
) -> list[float]:
    """Return the width of each column in points.

    Numbers are never broken where they are short; texts share what is left by their lengths.
    A table whose texts are short does not fill the page.

    Args:
        columns: The head of each column.
        rows: The texts of the rows.
        numeric: Which columns hold numbers.
        drawn: The column that holds drawings, if any: it takes what is left.
    """
    least: list[float] = []
    wanted: list[float] = []
    whole: list[float] = []
    for column, name in enumerate(columns):
        texts = [row[column] for row in rows]
        lengths = [text_width(text, _SIZE) for text in texts]
        longest = max(lengths, default=0.0)
        head = max(
            min(text_width(name, _SIZE), _HEAD),
            *(text_width(word, _SIZE) for word in name.split()),
            0.0,
        )
        if column == drawn or numeric[column]:
            figure = _DRAWN if column == drawn else longest
            least.append(max(min(figure, _NUMBER), head) + _GAP)
            wanted.append(max(figure, head) + _GAP)
            whole.append(wanted[-1])
            continue
        words = {word for text in texts for word in text.split()}
        word = max((text_width(word[:_WORD], _SIZE) for word in words), default=0.0)
        least.append(max(word, head) + _GAP)
        mean = sum(min(length, _LONGEST) for length in lengths) / max(len(lengths), 1)
        want = longest if longest <= _SHORT else (min(longest, _LONGEST) + mean) / 2
        wanted.append(max(want + _GAP, least[-1]))
        whole.append(max(longest, text_width(name, _SIZE)) + _GAP)
    for column_widths in (least, wanted, whole):
        column_widths[-1] -= _GAP
    return _shared(least, whole if sum(whole) <= WIDTH else wanted, drawn)


def _shared(least: list[float], wanted: list[float], drawn: int | None) -> list[float]:
    """Return widths between the least and the wanted that fit on the page."""
    total, floor = sum(wanted), sum(least)
    if total <= WIDTH and drawn is not None:
        wanted[drawn] += min(WIDTH - total, _DRAWN)
    elif total <= WIDTH:
        room = WIDTH / total if total > _NEARLY * WIDTH else 1.0
        wanted = [width * room for width in wanted]
    elif floor >= WIDTH:
        wanted = [width * WIDTH / floor for width in least]
    else:
        share = (WIDTH - floor) / (total - floor)
        wanted = [low + (high - low) * share for low, high in zip(least, wanted, strict=True)]
    return [round(width, 1) for width in wanted]
