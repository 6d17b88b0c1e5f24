"""Values of answers: one cell, typed by what the item asks."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import date, time, timedelta
from typing import NoReturn

from cxaudit._model.checklist import Ask
from cxaudit._sources.sheets import cell_text
from cxaudit.errors import did_you_mean

__all__ = ["BadValueError", "answer_value"]

_YES_NO = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
_NO_VALUES = {"n/a", "na", "n.a.", "n.a", "not appl.", "-", "--", "none", "null", "nil"}
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_CLOCK = re.compile(r"(?:(\d+):([0-5]\d)|(\d+)):([0-5]\d(?:\.\d+)?)")


class BadValueError(ValueError):
    """A value does not fit the question; its arguments are the message and a hint."""


def _refuse(message: str, hint: str) -> NoReturn:
    raise BadValueError(message, hint)


def answer_value(ask: Ask, value: object) -> bool | float | str:
    """Return a filled cell as the value of an answer (see `cxaudit.plugin.Answer`).

    Raises:
        BadValueError: If the value does not fit what the item asks.
    """
    text = cell_text(value)
    if text.lower() in _NO_VALUES and text not in {choice.id for choice in ask.choices}:
        hint = (
            "Write 'not applicable' or 'could not be observed', with a reason; "
            "an empty cell means that there is no answer."
        )
        _refuse(f"{text!r} says too little.", hint)
    return _READERS[ask.answer](ask, value)


def _yes_no(_ask: Ask, value: object) -> bool:
    answer = _YES_NO.get(cell_text(value).lower())
    if answer is None:
        _refuse(f"{cell_text(value)!r} is not yes or no.", "Write yes or no.")
    return answer


def _finite(value: object, hint: str) -> float:
    text = cell_text(value)
    if isinstance(value, bool) or not _NUMBER.fullmatch(text):
        if re.fullmatch(r"[+-]?\d+,\d+", text):
            hint = f"Write it with a point: {text.replace(',', '.')}."
        _refuse(f"{text!r} is no number.", hint)
    number = float(text)
    if not math.isfinite(number):
        _refuse(f"{text!r} is too large.", hint)
    return number


def _level(ask: Ask, value: object) -> float:
    levels = ", ".join(f"{anchor.level:g}" for anchor in ask.anchors)
    hint = f"The levels are {levels}."
    number = _finite(value, hint)
    if number not in {anchor.level for anchor in ask.anchors}:
        _refuse(f"{cell_text(value)!r} is no level of the item.", hint)
    return number


def _number(ask: Ask, value: object) -> float:
    return _finite(value, f"Write a number of {ask.unit}." if ask.unit else "Write a number.")


def _count(_ask: Ask, value: object) -> float:
    hint = "Write a whole number, 0 or more."
    number = _finite(value, hint)
    if number < 0 or not number.is_integer():
        _refuse(f"{cell_text(value)!r} is no count.", hint)
    return number


def _time(_ask: Ask, value: object) -> float:
    hint = "Write seconds, m:ss or h:mm:ss, such as 200 or 3:20."
    text = cell_text(value)
    if isinstance(value, date | time | timedelta):
        hint = (
            "A spreadsheet turns 3:20 into twenty past three. "
            "Format the column as text, or write seconds."
        )
        _refuse(f"{text!r} is a time of day, not a duration.", hint)
    clock = _CLOCK.fullmatch(text)
    if clock:
        hours, minutes = int(clock[1] or 0), int(clock[2] or clock[3])
        return hours * 3600 + minutes * 60 + float(clock[4])
    if ":" in text:
        _refuse(f"{text!r} is no duration.", hint)
    seconds = _finite(value, hint)
    if seconds < 0:
        _refuse(f"{text!r} is no duration: it lies below 0.", hint)
    return seconds


def _choice(ask: Ask, value: object) -> str:
    text = cell_text(value)
    options = [choice.id for choice in ask.choices]
    if text not in options:
        hint = did_you_mean(text, options) or f"The choices are {', '.join(options)}."
        _refuse(f"{text!r} is no choice of the item.", hint)
    return text


def _text(_ask: Ask, value: object) -> str:
    return cell_text(value)


_READERS: Mapping[str, Callable[[Ask, object], bool | float | str]] = {
    "yes-no": _yes_no,
    "levels": _level,
    "number": _number,
    "count": _count,
    "time": _time,
    "choice": _choice,
    "text": _text,
}
