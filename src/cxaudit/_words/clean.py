"""Taking out of texts what no document may carry: controls, and marks that turn the reading order.

Texts come from clients' files. A terminal obeys escape sequences, XML forbids most controls, and
an unclosed direction mark would reorder the words around it.
"""

from __future__ import annotations

import re
from typing import Any, TypeVar

import attrs

from cxaudit._model.report import Figure, Interval

__all__ = ["clean", "cleaned"]

_SPACES = re.compile(r"[\t\n\r\x0b\x0c\x85\u2028\u2029]+")
_FORBIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)
_Value = TypeVar("_Value")


def clean(text: str) -> str:
    """Return a text on one line, without controls and direction marks."""
    if text.isprintable():  # nearly all are, and then hold no control or mark
        return text
    return _FORBIDDEN.sub("", _SPACES.sub(" ", text))


def cleaned(value: _Value) -> _Value:
    """Return a block, section or report with every text in it cleaned."""
    return _cleaned(value)  # type: ignore[no-any-return]


def _cleaned(value: Any) -> Any:
    if isinstance(value, Figure):
        return Figure(clean(value), value.value, value.style)
    if isinstance(value, Interval):
        return Interval(clean(value), *_cleaned(value.ends))
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, tuple):
        return tuple(_cleaned(part) for part in value)
    if attrs.has(type(value)):
        return attrs.evolve(
            value,
            **{
                field.name: _cleaned(getattr(value, field.name))
                for field in attrs.fields(type(value))
            },
        )
    return value
