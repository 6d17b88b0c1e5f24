"""How numbers, dates and durations are written for people, in the language of the report.

Every document uses these functions, so a number reads alike wherever it stands.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date

from cxaudit._model.report import Figure, Interval
from cxaudit._reports.language import _, spoken, told

__all__ = [
    "DASH",
    "Figure",
    "count",
    "day",
    "duration",
    "interval",
    "number",
    "percent",
    "quantity",
    "quantity_interval",
    "score",
]

DASH = "\u2013"
"""What stands where nothing is known."""

_MINUTE, _HOUR = 60, 3600
_SECONDS = ("seconds", "second", "s")
_SHORT = 10
"""Durations under this many seconds keep a decimal."""


def count(value: int) -> str:
    """Return a whole number with thousands set apart, such as ``18,203``."""
    return Figure(spoken().number(f"{value:,}"), value, "count")


def number(value: float | None) -> str:
    """Return a number with about three digits, such as ``8.25``, ``31.2`` or ``1,204``."""
    if value is None or not math.isfinite(value):
        return DASH
    return Figure(spoken().number(_digits(value)), value, "number")


def _digits(value: float) -> str:
    if float(value).is_integer():
        return f"{value:,.0f}"
    places = 0 if abs(value) >= 1000 else 1 if abs(value) >= 10 else 2  # noqa: PLR2004
    text = f"{value:,.{places}f}"
    text = text.rstrip("0").rstrip(".") if places else text
    return text if float(text.replace(",", "")) else f"{value:.2g}"


def score(value: float | None, places: int = 0) -> str:
    """Return a score in [0, 1] on the scale of 100; only a full score prints as 100."""
    if value is None:
        return DASH
    text, mark = f"{value * 100:.{places}f}", ""
    if value < 1 and float(text) == 100:  # noqa: PLR2004
        text, mark = "99.9" if places else "99", ">"
    elif value > 0 and not float(text):
        text, mark = "0.1" if places else "1", "<"
    return Figure(f"{mark}{spoken().number(text)}", value * 100, "score")


def percent(value: float | None) -> str:
    """Return a share in [0, 1] as percent, such as ``21.4 %``."""
    if value is None:
        return DASH
    places = 1 if abs(value) < 1 else 0
    text, mark = f"{value * 100:.{places}f}", ""
    if value > 0 and not float(text):
        text, mark = "0.1", "<"
    elif value < 1 and float(text) == 100:  # noqa: PLR2004
        text, mark = "99.9", ">"
    return Figure(f"{mark}{spoken().percent(text.removesuffix('.0'))}", value, "percent")


def duration(seconds: float | None) -> str:
    """Return a duration as ``4.2 s`` (under ten seconds), ``m:ss`` or ``h:mm:ss``."""
    if seconds is None:
        return DASH
    return Figure(_clock(seconds), seconds, "duration")


def _clock(seconds: float) -> str:
    if seconds < 0:
        return f"-{_clock(-seconds)}"
    if seconds < _SHORT:
        return _("{n}\u00a0s", n=number(round(seconds, 1)))
    whole = round(seconds)
    if whole < _HOUR:
        return f"{whole // _MINUTE}:{whole % _MINUTE:02d}"
    return f"{whole // _HOUR}:{whole % _HOUR // _MINUTE:02d}:{whole % _MINUTE:02d}"


def quantity(value: float | None, unit: str = "", kind: str = "") -> str:
    """Return a value with its unit.

    Args:
        value: The value, or None.
        unit: Its unit; seconds are written as a duration.
        kind: ``share`` prints as percent, ``net_score`` in points from -100 to +100.
    """
    if value is None:
        return DASH
    if kind == "share":
        return percent(value)
    if kind == "net_score":
        return Figure(f"{'+' if value > 0 else ''}{number(100 * value)}", 100 * value, "number")
    if unit in _SECONDS:
        return duration(value)
    return Figure(f"{number(value)} {told(unit)}".strip(), value, "number")


def interval(low: float | None, high: float | None, written: Callable[[float], str] = score) -> str:
    """Return an interval such as ``69 to 75``, or a dash when an end is missing."""
    if low is None or high is None:
        return DASH
    ends = written(low), written(high)
    return Interval(_("{low} to {high}", low=ends[0], high=ends[1]), *ends)


def quantity_interval(low: float | None, high: float | None, unit: str = "", kind: str = "") -> str:
    """Return an interval of values, the unit said once, such as ``26 to 36.5 points``."""
    if kind in {"share", "net_score"} or unit in _SECONDS:
        return interval(low, high, lambda value: quantity(value, unit, kind))
    text = interval(low, high, number)
    if text == DASH:
        return DASH
    return Interval(f"{text} {told(unit)}".strip(), quantity(low, unit), quantity(high, unit))


def day(value: date) -> str:
    """Return a date such as ``1 April 2026``."""
    return spoken().day(value)
