"""Detectors: what finds places in the rows of a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import attrs

from cxaudit._model.evidence import Hit
from cxaudit._model.identifiers import validate_id

__all__ = ["DetectFunction", "Detector"]


class DetectFunction(Protocol):
    """Finds places in rows; each row holds columns of the table, ``_source`` and ``_row``."""

    def __call__(self, batches: Iterator[Sequence[Mapping[str, Any]]], /) -> Iterable[Hit]: ...


def _has_column(detector: Detector, _: object, screen: str) -> None:
    if screen and not (detector.column and detector.detect):
        msg = f"detector {detector.id}: a screen is for a function that looks through a column"
        raise ValueError(msg)


@attrs.frozen(kw_only=True)
class Detector:
    """Finds places in the rows of a table: each a hit with label, place and quote.

    Attributes:
        id: Its id.
        table: Table that it reads.
        column: Text column that it looks through.
        where: Expression: which rows it looks at; all when None.
        phrases: Label to phrases, found as whole words whatever their case.
        patterns: Label to regular expressions (RE2 syntax), found whatever their case.
        detect: For a function detector: called with batches of rows, yields hits.
        screen: For a function detector: a regular expression (RE2 syntax, whatever the case) that
            matches each text of ``column`` in which the function finds something. The engine leaves
            out the rows in which it does not match; none when empty.
        columns: For a function detector: the columns that its rows hold, beside ``_source`` and
            ``_row``; all when empty. The fewer, the quicker.
        summary: One sentence for lists.
    """

    id: str = attrs.field(validator=validate_id)
    table: str
    column: str = ""
    where: str | None = None
    phrases: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict)
    patterns: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict)
    detect: DetectFunction | str | None = None
    screen: str = attrs.field(default="", validator=_has_column)
    columns: tuple[str, ...] = ()
    summary: str = ""
