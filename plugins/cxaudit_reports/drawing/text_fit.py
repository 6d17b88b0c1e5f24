"""How much room a text takes, and how wide the columns of a table should be.

Widths are those of Inter, which pages and PDFs are set in. Office documents use Arial, which stands
on every machine and may not be shipped; it is a little narrower, so what fits in Inter fits in it.
"""

from __future__ import annotations

import functools
import math
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cxaudit_reports.drawing.office import needed
from cxaudit_reports.drawing.theme import FONTS

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

__all__ = ["columns", "line_count", "shortened", "text_width"]

_UNITS = 1000
"""Size in which a sign is measured; widths of other sizes follow from it."""
_LONGEST_WORD, _NUMBER = (0.3, 0.2, 0.15, 0.1, 0.06), 0.12
"""A word and a number may claim these parts of a table's width; longer ones are broken."""
_SLACK = 2.0
"""Points that a column is wider than its text, as programs round."""
_USUAL, _LOOSE = 0.75, 1.3
"""Which of a column's texts, by length, sets its width; how loose a table may be."""


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Return the width of a text on one line, in points."""
    return sum(_sign_width(sign, bold=bold) for sign in text) * size / _UNITS


@functools.cache
def _sign_width(sign: str, *, bold: bool) -> float:
    if unicodedata.combining(sign):
        return 0.0
    if unicodedata.east_asian_width(sign) in "WF":
        return _UNITS
    # Tables set all digits as wide as the widest: "1111" takes the room of "4444".
    return _font(bold=bold).getlength("4" if sign.isdecimal() else sign)


@functools.cache
def _font(*, bold: bool) -> FreeTypeFont:
    with needed("Pillow"):
        from PIL import ImageFont
    file = FONTS / ("Inter-SemiBold.ttf" if bold else "Inter-Regular.ttf")
    return ImageFont.truetype(file, _UNITS, layout_engine=ImageFont.Layout.BASIC)


def line_count(text: str, room: float, size: float, *, bold: bool = False) -> int:
    """Return how many lines a text takes where a line has so much room, in points."""
    lines = 0
    space = text_width(" ", size, bold=bold)
    for paragraph in text.split("\n"):
        lines += 1
        used = 0.0
        for word in paragraph.split(" "):
            width = text_width(word, size, bold=bold)
            if used and used + space + width > room:
                lines += 1
                used = 0.0
            used += width + (space if used else 0)
            while used > room:
                lines += 1
                used -= room
    return lines


def shortened(text: str, room: float, size: float, lines: int, *, bold: bool = False) -> str:
    """Return a text that takes no more than so many lines, cut at a word, with an ellipsis."""
    if line_count(text, room, size, bold=bold) <= lines:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if line_count(_cut(text, middle), room, size, bold=bold) <= lines:
            low = middle
        else:
            high = middle - 1
    return _cut(text, low)


def _cut(text: str, length: int) -> str:
    kept = text[:length]
    at_word = kept.rpartition(" ")[0]
    return f"{(at_word or kept).rstrip(' ,;:.')} …"


def columns(
    rows: Sequence[Sequence[str]],
    room: float,
    size: float,
    padding: float,
    numeric: Sequence[bool],
    *,
    fill: bool = False,
) -> list[float]:
    """Return widths of columns, in points, that keep words and numbers whole.

    Args:
        rows: The texts, with the header first.
        room: The widest that the table may be.
        size: Size of the text.
        padding: Room inside a cell that is not the text's, left and right together.
        numeric: Which columns hold numbers; they are not wrapped where that can be.
        fill: Whether the table takes all the room, even when it needs less.
    """
    count, padding = len(rows[0]), padding + _SLACK
    cells = [
        [text_width(row[at], size, bold=row is rows[0]) for row in rows] for at in range(count)
    ]
    full = [padding + max(widths) for widths in cells]
    if sum(full) <= room:
        return _spread(full, room, numeric, fill=fill)
    longest = [
        max(text_width(word, size, bold=True) for row in rows for word in row[at].split(" "))
        for at in range(count)
    ]
    for part in _LONGEST_WORD:
        least, whole = [], []
        for at in range(count):
            most = min(max(cells[at]), room * _NUMBER) if numeric[at] else 0.0
            least.append(padding + max(min(longest[at], room * part), most))
            # A few long texts are wrapped; they do not rule the others.
            usual = sorted(cells[at])[math.ceil((len(rows) - 1) * (1 if numeric[at] else _USUAL))]
            whole.append(max(least[-1], padding + usual))
        if sum(least) < room:
            break
    if sum(whole) <= room:
        return _spread(whole, room, numeric, fill=fill)
    if sum(least) >= room:
        return [width * room / sum(least) for width in least]
    claims = [most - low for low, most in zip(least, whole, strict=True)]
    left = room - sum(least)
    return [low + left * claim / sum(claims) for low, claim in zip(least, claims, strict=True)]


def _spread(
    widths: Sequence[float], room: float, numeric: Sequence[bool], *, fill: bool
) -> list[float]:
    """Return widths with what is left: all of it, or so much that a table is not cramped."""
    wanted = sum(widths)
    left = (room if fill else min(room, wanted * _LOOSE)) - wanted
    # Numbers stay near what they belong to; texts take what is left.
    takes = [not right for right in numeric] if fill else [True] * len(widths)
    takes = takes if any(takes) else [True] * len(widths)
    return [width + left / sum(takes) * grows for width, grows in zip(widths, takes, strict=True)]
