"""Rows held by column."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Self

from cxaudit._model.tables import Table

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["ColumnRows"]


class ColumnRows:
    """Rows held as one numpy array per column, for an engine to take at once.

    Texts are objects, numbers float64 in which NaN is null, or whole numbers; booleans are masked
    where they are null. Times are ``datetime64[us]`` in UTC, days the same at midnight, and NaT is
    null.

    Attributes:
        columns: Name to array; all of one length.
    """

    def __init__(self, columns: Mapping[str, npt.NDArray[Any]]) -> None:
        self.columns = dict(columns)

    @classmethod
    def of(cls, table: Table, rows: Sequence[Mapping[str, Any]]) -> Self:
        """Return rows of a table; fields that it does not have are left out.

        Raises:
            ValueError: If a value does not fit its column.
            TypeError: If it cannot be made one of its type at all.
        """
        types = {column.name: column.type for column in table.columns}
        types |= dict.fromkeys(("unit", "touchpoint", "_source", "_zone"), "text")
        types["_row"] = "row"
        present = {name: kind for name, kind in types.items() if any(name in row for row in rows)}
        return cls(
            {name: _array([row.get(name) for row in rows], kind) for name, kind in present.items()}
        )

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))


def _array(values: Sequence[Any], kind: str) -> npt.NDArray[Any]:
    import numpy as np

    match kind:
        case "text":
            array = np.empty(len(values), dtype=object)
            array[:] = [None if value is None else str(value) for value in values]
            return array
        case "number":
            return np.array([np.nan if value is None else float(value) for value in values])
        case "row" | "boolean":
            absent = [value is None for value in values]
            checked = _truth if kind == "boolean" else operator.index
            filled = [0 if value is None else checked(value) for value in values]
            return np.ma.array(filled, mask=absent, dtype=bool if kind == "boolean" else np.int64)
        case _:
            return np.array([_instant(value) for value in values], dtype="datetime64[us]")


def _truth(value: object) -> bool:
    if isinstance(value, bool) or value in {0, 1}:
        return bool(value)
    msg = f"{value!r} is neither true nor false"
    raise ValueError(msg)


def _instant(value: object) -> datetime | date | None:
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).replace(tzinfo=None)
    if value is None or isinstance(value, date):
        return value
    msg = f"{value!r} is no instant or day"
    raise TypeError(msg)
