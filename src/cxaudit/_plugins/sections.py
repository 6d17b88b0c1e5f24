"""What a plugin's section must be, so that every document can show it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

import attrs

from cxaudit._model.pictures import picture_problem, picture_type
from cxaudit._model.report import Block, Figure, Image, Interval, Matrix, Section, Table

__all__ = ["check_section"]

_CHOICES: Mapping[str, tuple[object, ...]] = {
    "level": (1, 2, 3),
    "media_type": ("image/png", "image/jpeg", "image/gif", "image/webp"),
    "side": ("", "above", "below"),
    "style": ("number", "count", "percent", "score", "duration"),
    "tone": ("plain", "lead", "note", "warning"),
}
"""Fields that take certain values only."""
_ROUNDING = 1e-9
"""How far a share that was computed may lie outside of [0, 1]."""


def check_section(section: Section) -> None:
    """Refuse a section that some document could not show.

    Raises:
        ValueError: If a part of it is of another type than it says there, a number is not
            finite, the parts of a block do not fit each other, or a picture is none.
    """
    # The first thing that is wrong ends it: what comes after relies on what came before.
    for wrong in _of_type(section, Section, "section"):
        raise ValueError(wrong)


def _of_type(value: Any, kind: Any, where: str) -> Iterator[str]:
    """Yield what of a value is not as its annotation says, and where."""
    kinds = get_args(kind) if get_origin(kind) in {Union, UnionType} else (kind,)
    inner = get_args(kind) if get_origin(kind) is tuple else ()
    if inner:
        yield from _of_tuple(value, inner, where)
    elif not any(_is(value, cls) for cls in kinds):
        yield f"{where} is {type(value).__name__}, not {_names(kinds)}"
    elif attrs.has(type(value)):
        yield from _of_fields(value, where)
    elif isinstance(value, Interval):
        yield from _of_type(value.ends, tuple[str, str], f"{where}.ends")
    elif isinstance(value, Figure):
        yield from _of_type(value.value, float, f"{where}.value")
        yield from _of_choice("style", value.style, f"{where}.style")
    elif isinstance(value, (int, float)):
        if not abs(value) <= sys.float_info.max:
            number = value if isinstance(value, float) else "too large"
            none = "; None is what is not known" if NoneType in kinds else ""
            yield f"{where} is {number}, not a finite number{none}"
        elif value < 0 and kinds == (int,):
            yield f"{where} is {value}, under 0"


def _of_tuple(value: Any, inner: tuple[Any, ...], where: str) -> Iterator[str]:
    if not isinstance(value, tuple):
        yield f"{where} is {type(value).__name__}, not tuple"
        return
    every = inner[-1] is ...
    if not every and len(value) != len(inner):
        yield f"{where} has {len(value)} values, not {len(inner)}"
        return
    for index, member in enumerate(value):
        # A member of several is named in the singular: of rows, row 3.
        name = f"{where[:-1]} " if where.endswith("s") else f"{where}, value "
        yield from _of_type(member, inner[0] if every else inner[index], f"{name}{index + 1}")


def _of_fields(value: Any, where: str) -> Iterator[str]:
    section = isinstance(value, Section)
    lead = f"section {value.id!r}, " if section else f"{where} ({type(value).__name__}): "
    for field in attrs.fields(attrs.resolve_types(type(value))):
        name, kind = field.name, field.type
        content = getattr(value, name)
        yield from _of_type(content, kind, f"{lead}{name}")
        yield from _of_choice(name, content, f"{lead}{name}")
        # A number that is a field by itself is a share; others stand in rows and points.
        share = float in (kind, *get_args(kind)) and content is not None
        if share and not -_ROUNDING <= content <= 1 + _ROUNDING:
            yield f"{lead}{name} is {content}, not from 0 to 1"
    for wrong in _of_shape(value):
        yield lead + wrong


def _of_choice(name: str, value: object, where: str) -> Iterator[str]:
    if value not in _CHOICES.get(name, (value,)):
        yield f"{where} is {value!r}, none of {', '.join(map(repr, _CHOICES[name]))}"


def _is(value: object, kind: type) -> bool:
    if attrs.has(kind):
        return type(value) is kind  # documents tell blocks apart by their very class
    if kind is str:
        return isinstance(value, str) and not hasattr(value, "__html__")  # a page would obey it
    return isinstance(value, (int, float) if kind is float else kind)


def _of_shape(block: object) -> Iterator[str]:
    """Yield what in a block, its types being right, does not fit together."""
    match block:
        case Table():
            yield from _even("row", block.rows, block.columns)
            if block.numeric and len(block.numeric) != len(block.columns):
                yield f"numeric has {len(block.numeric)} values for {len(block.columns)} columns"
            if block.anchors and len(block.anchors) != len(block.rows):
                yield f"anchors has {len(block.anchors)} values for {len(block.rows)} rows"
        case Matrix():
            if len(block.cells) != len(block.rows) or not block.rows:
                yield f"it has {len(block.cells)} rows of cells for {len(block.rows)} rows"
            yield from _even("row of cells", block.cells, block.columns)
        case Image() if (media_type := picture_type(block.data)) != block.media_type:
            yield f"data is {media_type or 'no picture'}, not {block.media_type}"
        case Image() if problem := picture_problem(block.data):
            yield f"data cannot be drawn: {problem}"


def _even(name: str, rows: tuple[tuple[Any, ...], ...], columns: tuple[str, ...]) -> Iterator[str]:
    for number, row in enumerate(rows, 1):
        if len(row) != len(columns) or not row:
            yield f"{name} {number} has {len(row)} cells for {len(columns)} columns"


def _names(kinds: tuple[Any, ...]) -> str:
    if kinds == get_args(Block):
        return "a block"
    return " or ".join("None" if cls is NoneType else cls.__name__ for cls in kinds)
