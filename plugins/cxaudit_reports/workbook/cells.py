"""A value of the report as a cell of a spreadsheet: what is written, and its number format."""

from __future__ import annotations

import math
import re

import attrs

from cxaudit.documents import _, clean, ngettext, numbers
from cxaudit.plugin import blocks

__all__ = ["LONGEST", "Cell", "cell"]

LONGEST = 32_767
"""Characters of a cell, in units of UTF-16: a limit of the format."""

_STARTS = ("=", "+", "-", "@", "\t", "\r")
_DAY = 86_400
_SHORT = 10
_UNIT = 60
"""Characters of a unit in a number format, which may have 255 in all."""
_FORMATS = {"percent": "0.0%", "score": "0.0", "count": "#,##0"}


@attrs.frozen
class Cell:
    """What is written into a cell.

    Attributes:
        value: A number, or a text that stays a text.
        format: The number format; empty for a text.
        quoted: Whether the text would be taken for a formula when somebody edits the cell.
    """

    value: float | str
    format: str = ""
    quoted: bool = False


def cell(value: str | float | None) -> Cell:
    """Return a value as a cell. Texts of any content stay texts; long ones are cut, which is said.

    Durations become fractions of a day, as spreadsheets reckon; below zero, which they cannot
    show as time, they stay seconds.
    """
    if value is None:
        return Cell(numbers.DASH)
    if not isinstance(value, str):
        value = numbers.count(value) if isinstance(value, int) else numbers.number(value)
    if isinstance(value, blocks.Figure) and math.isfinite(value.value):
        return _figure(value)
    return Cell(_cut(value), quoted=value.startswith(_STARTS))


def _figure(figure: blocks.Figure) -> Cell:
    value, style = float(figure.value), figure.style
    if figure.startswith(("<", ">")):
        # Rounding would turn it into a zero or a full score, which it is not.
        return Cell(value, _literal(figure))
    if style == "duration":
        if value < 0:
            seconds = _("{n}\u00a0s").partition("{n}")[2].replace("\u00a0", " ")
            return Cell(value, f"0.0{_literal(seconds)}")
        return Cell(value / _DAY, "[h]:mm:ss.0" if value < _SHORT else "[h]:mm:ss")
    if style == "count" and (amount := _number().search(figure)):
        before, behind = figure[: amount.start()], figure[amount.end() :]  # such as " records"
        return Cell(value, f"{_literal(before)}{_FORMATS[style]}{_literal(behind)}")
    if style in _FORMATS:
        return Cell(value, _FORMATS[style])
    match = _number().match(figure)
    places = len(match[1] or "") if match else 2
    unit = _literal(figure[match.end() :]) if match else ""
    if match and match[2]:
        return Cell(value, f"0.0E+00{unit}")
    digits = "#,##0" + ("." + "0" * places if places else "")
    if figure.startswith("+"):
        return Cell(value, f"+{digits}{unit};-{digits}{unit};0{unit}")
    return Cell(value, digits + unit)


def _number() -> re.Pattern[str]:
    """Return the pattern of a number as the report's language writes it."""
    minus = re.escape(clean(numbers.number(-1)).partition("1")[0])
    between = re.escape("".join(set(numbers.count(1234567)) - set("1234567")))
    point = re.escape(numbers.number(1.5).strip("15"))
    return re.compile(rf"(?:[+-]|{minus})?[\d{between}]+(?:{point}(\d+))?(e[+-]?\d+)?")


def _literal(text: str) -> str:
    """Return a text as part of a number format, which has no way to hold a quotation mark."""
    kept = text.replace('"', "'")[:_UNIT]
    return f'"{kept}"' if kept else ""


def _cut(text: str) -> str:
    units = text.encode("utf-16-le")
    if len(units) <= LONGEST * 2:
        return text
    mark = " " + ngettext(
        "[cut here, of {n} character]", "[cut here, of {n} characters]", len(text)
    )
    return units[: (LONGEST - len(mark)) * 2].decode("utf-16-le", "ignore") + mark
