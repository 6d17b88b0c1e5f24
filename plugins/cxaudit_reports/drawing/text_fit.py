"""How much room a text takes, which way it runs, and how wide the columns of a table should be.

Office documents are laid out by the program that opens them. They use Arial, which has the widths
of Helvetica and stands, or has a twin of the same widths, on every machine.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence

__all__ = ["columns", "line_count", "shortened", "text_width"]

# Widths of the characters 32 to 126 in thousandths of the size: Helvetica, Adobe's published
# font metrics.
_WIDTHS = (
    *(278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278),
    *(556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556),
    *(1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778),
    *(667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556),
    *(333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556),
    *(556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584),
)
_FIRST, _OTHER, _FULL = 32, 600, 1000
_WIDE = "…—"
"""As wide as the size, in the same metrics."""
_BOLD = 1.13
"""Words in bold are wider by no more than this."""
_LONGEST_WORD, _NUMBER = (0.3, 0.2, 0.15, 0.1, 0.06), 0.12
"""A word and a number may claim these parts of a table's width; longer ones are broken."""
_SLACK = 2.0
"""Points that a column is wider than its text, as programs round."""
_USUAL, _LOOSE = 0.75, 1.3
"""Which of a column's texts, by length, sets its width; how loose a table may be."""


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Return the width of a text on one line, in points."""
    total = 0
    for char in text:
        place = ord(char) - _FIRST
        if 0 <= place < len(_WIDTHS):
            total += _WIDTHS[place]
        elif char in _WIDE or unicodedata.east_asian_width(char) in "WF":
            total += _FULL
        elif not unicodedata.combining(char):
            total += _OTHER
    return total * size / 1000 * (_BOLD if bold else 1)


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
    return [width + left / sum(takes) * own for width, own in zip(widths, takes, strict=True)]
