"""How numbers, dates and durations are written for people, in the language of the report.

Every document uses these functions, so a number reads alike wherever it stands.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from datetime import date

from cxaudit._model.report import Figure, Interval
from cxaudit._words.language import N_, _, spoken, translated

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
_SHARE = "share"
"""A kind of metric; and the unit of a ratio of a part to its whole."""
_SECONDS = ("seconds", "second", "s")
_SHORT = 10
"""Durations under this many seconds keep a decimal."""
_ONE = {
    "minutes": N_("minute"),
    "hours": N_("hour"),
    "working hours": N_("working hour"),
    "open hours": N_("open hour"),
    "days": N_("day"),
    "clicks": N_("click"),
    "calls": N_("call"),
    "matters": N_("matter"),
    "threads": N_("thread"),
    "people": N_("person"),
}
"""Units of one."""
_FINEST = 6
"""Places at most, where fewer would print two numbers alike that differ."""
_EVEN = 1e-9
"""Numbers that differ by less are the same, but for how a computer adds."""


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


def score(value: float | None, places: int = 0, *, limits: Sequence[float] = ()) -> str:
    """Return a score in [0, 1] on the scale of 100; only a full score prints as 100.

    It is not rounded up to a limit that it does not reach, as a grade or a gate stands beside it:
    89.96 prints as it is. Limits are the given ones, in [0, 1], and round numbers: of five, and
    where there are places all whole ones.
    """
    if value is None:
        return DASH
    text, mark = f"{value * 100:.{places}f}", ""
    if value < 1 and float(text) == 100:  # noqa: PLR2004
        text, mark = "99.9" if places else "99", ">"
    elif value > 0 and not float(text):
        text, mark = "0.1" if places else "1", "<"
    else:
        step = 1 if places else 5
        while places < _FINEST and _reaches(value * 100, float(text), step, limits):
            places += 1
            text = f"{value * 100:.{places}f}"
    return Figure(f"{mark}{spoken().number(text)}", value * 100, "score")


def _end(value: float, places: int = 0) -> str:
    """Return an end of a score's interval, which no grade stands beside."""
    text = score(value, places)
    plain = f"{value * 100:.{places}f}"
    return text if text[0] in "<>" else Figure(spoken().number(plain), value * 100, "score")


def _reaches(exact: float, rounded: float, step: int, limits: Sequence[float]) -> bool:
    """Tell whether a score was rounded up to a limit that it does not reach, or down from one."""
    if math.isclose(exact, rounded, rel_tol=0, abs_tol=_EVEN):
        return False
    up = rounded > exact and rounded % step == 0
    return up or any((exact >= at * 100 - _EVEN) != (rounded >= at * 100) for at in limits)


def percent(value: float | None, places: int = 1) -> str:
    """Return a share in [0, 1] as percent, such as ``21.4 %``."""
    if value is None:
        return DASH
    text, mark = f"{value * 100:.{places if abs(value) < 1 else 0}f}", ""
    least = 10**-places
    if value > 0 and not float(text):
        text, mark = f"{least:.{places}f}", "<"
    elif value < 1 and float(text) == 100:  # noqa: PLR2004
        text, mark = f"{100 - least:.{places}f}", ">"
    whole = text.removesuffix(f".{'0' * places}")
    return Figure(f"{mark}{spoken().percent(whole)}", value, "percent")


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


def quantity(
    value: float | None, unit: str = "", kind: str = "", *, limit: float | None = None
) -> str:
    """Return a value with its unit.

    Args:
        value: The value, or None.
        unit: Its unit; seconds are written as a duration, a ``share`` as percent.
        kind: ``share`` prints as percent, ``net_score`` in points from -100 to +100.
        limit: The target that stands beside it: with so many places that the two differ in
            print where they do.
    """
    if value is None:
        return DASH
    text = _quantity(value, unit, kind)
    if limit is None or math.isclose(value, limit, rel_tol=_EVEN) or not math.isfinite(value):
        return text
    places = 1
    while places < _FINEST and text == _quantity(limit, unit, kind, places - 1):
        places += 1
        text = _quantity(value, unit, kind, places)
    return text


def _quantity(value: float, unit: str, kind: str, places: int = 0) -> str:
    """Return a value with its unit; with so many places, or as usual where these are 0."""
    if _SHARE in (kind, unit):
        return percent(value, max(places, 1))
    write = functools.partial(_decimals, places=places) if places else number
    if kind == "net_score":
        return Figure(f"{'+' if value > 0 else ''}{write(100 * value)}", 100 * value, "number")
    if unit in _SECONDS:
        if places:
            return Figure(_("{n}\u00a0s", n=write(value)), value, "duration")
        return duration(value)
    text = write(value)
    measured_in = _(_ONE[unit]) if text == "1" and unit in _ONE else translated(unit)
    return Figure(f"{text} {measured_in}".strip(), value, "number")


def _decimals(value: float, places: int) -> str:
    return spoken().number(f"{value:,.{places}f}".rstrip("0").removesuffix("."))


def interval(low: float | None, high: float | None, written: Callable[..., str] = score) -> str:
    """Return an interval such as ``69 to 75``; a dash when an end is missing, or without width.

    Scores and shares are cut at what is possible, 0 and 1.
    """
    if low is None or high is None:
        return DASH
    if written in {score, percent}:
        low, high = _within(low, 0.0, 1.0), _within(high, 0.0, 1.0)
    write = _end if written is score else written
    ends = write(low), write(high)
    if written in {score, percent} and ends[0] == ends[1]:
        places = 1 if written is score else 2
        ends = write(low, places), write(high, places)
    if ends[0] == ends[1]:
        return DASH
    return Interval(_("{low} to {high}", low=ends[0], high=ends[1]), *ends)


def _within(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)


def quantity_interval(low: float | None, high: float | None, unit: str = "", kind: str = "") -> str:
    """Return an interval of values, the unit said once, such as ``26 to 36.5 points``.

    It is cut at what is possible: a share from 0 to 1, a net score from -1 to 1, and no duration
    is negative.
    """
    if low is None or high is None:
        return DASH
    if _SHARE in (kind, unit):
        return interval(low, high, percent)
    if kind == "net_score":
        low, high = _within(low, -1.0, 1.0), _within(high, -1.0, 1.0)
    elif unit in _SECONDS and high >= 0:
        low = max(low, 0.0)
    if kind == "net_score" or unit in _SECONDS:
        return interval(low, high, functools.partial(_quantity, unit=unit, kind=kind))
    text = interval(low, high, number)
    if text == DASH:
        return DASH
    return Interval(f"{text} {translated(unit)}".strip(), quantity(low, unit), quantity(high, unit))


def day(value: date) -> str:
    """Return a date such as ``1 April 2026``."""
    return spoken().day(value)
