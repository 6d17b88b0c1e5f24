"""Whether a value is what its annotation says, part by part, and where it is not."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from numbers import Integral, Real
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

import attrs

from cxaudit._model.report import Block

__all__ = ["misfits", "misfits_of_fields"]

Further = Callable[[Any, str], Iterator[str]]
"""Yields what else is wrong with a value of the right class, by value and where it stands."""


def misfits(value: Any, kind: Any, where: str, further: Further | None = None) -> Iterator[str]:
    """Yield what of a value is not as its annotation says, and where.

    Numbers are finite, counts are not negative, and texts can be written as UTF-8.

    Args:
        value: The value.
        kind: Its annotation; a protocol stands for anything that can be called.
        where: What the value is called in messages.
        further: Looks at each value of the right class.
    """
    if kind is str and type(value) is str and value.isascii():  # as most fields are
        return
    kinds = get_args(kind) if get_origin(kind) in {Union, UnionType} else (kind,)
    if Any in kinds or object in kinds:
        return
    fitting = [option for option in kinds if _is(value, option)]
    if not fitting:
        yield f"{where} is {type(value).__name__}, not {_names(kinds)}"
    elif get_origin(fitting[0]) is tuple:
        yield from _of_tuple(value, get_args(fitting[0]), where, further)
    elif get_origin(fitting[0]) is not None and isinstance(value, Mapping):
        yield from _of_mapping(value, get_args(fitting[0]), where, further)
    elif isinstance(value, str):
        if not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
            yield f"{where} holds half a character, which no file can"
    elif isinstance(value, Real) and _is_no_bool(value):
        yield from _of_number(value, kinds, where)
    if fitting and further is not None:
        yield from further(value, where)


def misfits_of_fields(value: Any, lead: str = "", further: Further | None = None) -> Iterator[str]:
    """Yield what is wrong with the fields of an attrs object, each under its name."""
    for field in attrs.fields(attrs.resolve_types(type(value))):
        yield from misfits(getattr(value, field.name), field.type, lead + field.name, further)


def _of_number(value: Any, kinds: tuple[Any, ...], where: str) -> Iterator[str]:
    if not _is_finite(value):
        number = value if isinstance(value, float) else "too large"
        none = "; None is what is not known" if NoneType in kinds else ""
        yield f"{where} is {number}, not a finite number{none}"
    elif value < 0 and kinds == (int,):
        yield f"{where} is {value}, under 0"


def _is_finite(value: Any) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _of_tuple(
    value: tuple[Any, ...], inner: tuple[Any, ...], where: str, further: Further | None
) -> Iterator[str]:
    every = inner[-1] is ...
    if not every and len(value) != len(inner):
        yield f"{where} has {len(value)} values, not {len(inner)}"
        return
    for index, member in enumerate(value):
        # A member of several is named in the singular: of rows, row 3.
        name = f"{where[:-1]} " if where.endswith("s") else f"{where}, value "
        option = inner[0] if every else inner[index]
        yield from misfits(member, option, f"{name}{index + 1}", further)


def _of_mapping(
    value: Mapping[Any, Any], inner: tuple[Any, ...], where: str, further: Further | None
) -> Iterator[str]:
    for key, member in value.items():
        yield from misfits(key, inner[0], f"a key of {where}", further)
        yield from misfits(member, inner[1], f"{where}[{key!r}]", further)


def _is(value: object, kind: Any) -> bool:
    """Tell whether a value is of the class of an annotation, whatever its parts are."""
    kind = get_origin(kind) or kind
    if kind in {float, int}:
        return isinstance(value, Real if kind is float else Integral) and _is_no_bool(value)
    if kind is bool:
        return isinstance(value, bool)
    if kind is Callable or getattr(kind, "_is_protocol", False):
        return callable(value)
    if kind is str:
        return isinstance(value, str) and not hasattr(value, "__html__")  # a page would obey it
    if attrs.has(kind):
        return type(value) is kind  # documents tell blocks apart by their very class
    return isinstance(value, kind)


def _is_no_bool(value: object) -> bool:
    return not isinstance(value, bool)


def _names(kinds: tuple[Any, ...]) -> str:
    if kinds == get_args(Block):
        return "a block"
    names = ("None" if kind is NoneType else _name(kind) for kind in kinds)
    return " or ".join(names)


def _name(kind: Any) -> str:
    kind = get_origin(kind) or kind
    if kind is Callable or getattr(kind, "_is_protocol", False):
        return "a function"
    return str(kind.__name__)
