"""What a plugin's section must be, so that every document can show it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args

import attrs

from cxaudit._model.pictures import picture_problem, picture_type
from cxaudit._model.report import Figure, Image, Interval, Matrix, Section, Table
from cxaudit._plugins.typed import misfits

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
    for wrong in misfits(section, Section, "section", _of_parts):
        raise ValueError(wrong)


def _of_parts(value: Any, where: str) -> Iterator[str]:
    """Yield what is wrong with a value beyond its type."""
    if attrs.has(type(value)):
        yield from _of_fields(value, where)
    elif isinstance(value, Interval):
        yield from misfits(value.ends, tuple[str, str], f"{where}.ends")
    elif isinstance(value, Figure):
        yield from misfits(value.value, float, f"{where}.value")
        yield from _of_choice("style", value.style, f"{where}.style")


def _of_fields(value: Any, where: str) -> Iterator[str]:
    section = isinstance(value, Section)
    lead = f"section {value.id!r}, " if section else f"{where} ({type(value).__name__}): "
    for field in attrs.fields(attrs.resolve_types(type(value))):
        name, kind = field.name, field.type
        content = getattr(value, name)
        yield from misfits(content, kind, f"{lead}{name}", _of_parts)
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
