"""Tables: what records are kept as, column by column."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Protocol, Self

import attrs
from attrs.validators import instance_of

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["Column", "ColumnRows", "DeriveFunction", "Table"]


@attrs.frozen(kw_only=True)
class Column:
    """A column of a canonical table.

    Attributes:
        name: Its name.
        type: ``text``, ``number``, ``boolean``, ``time`` (an instant, kept as UTC) or ``date``.
        meaning: What it holds, in one sentence.
        unit: Unit of a number, such as ``seconds``.
        required: A row in which it is null though its raw value was not is rejected; a source
            must give it.
        personal: Whether it names or may name a person.
        identifies: ``customer`` or ``staff`` where it is a key of a person: it is normalised and
            pseudonymised on the way in.
        planned: Whether it is an instant that may lie in the future, such as a due date.
        rests_on: Of a derived table, the stored column (``calls.wait_s``) without which it says
            nothing: where no source gives that one, what names this one is unavailable.
    """

    name: str
    type: str
    meaning: str
    unit: str = ""
    required: bool = False
    personal: bool = False
    identifies: str = ""
    planned: bool = False
    rests_on: str = ""


def _has_times(table: Table, _: object, names: tuple[str, ...]) -> None:
    kinds = {column.name: column.type for column in table.columns}
    for name in names:
        if kinds.get(name) not in {"time", "date"}:
            msg = f"table {table.id}: its natural time {name!r} is no time or date column of it"
            raise ValueError(msg)


class DeriveFunction(Protocol):
    """Makes the rows of a derived table.

    ``read`` yields the rows of a table that the derived one reads, in the order of file and row;
    times are aware, in UTC. ``parameters`` holds what the table asked for.
    """

    def __call__(
        self,
        read: Callable[[str], Iterator[Mapping[str, Any]]],
        parameters: Mapping[str, Any],
        /,
    ) -> Iterable[Mapping[str, Any]]: ...


@attrs.frozen(kw_only=True)
class Table:
    """A canonical evidence table.

    Attributes:
        id: Its name in expressions, such as ``queue_events``.
        columns: Its columns. Every row also carries ``unit``, ``touchpoint``, ``_source`` and
            ``_row``.
        key: Columns that no two rows share; empty when rows have no key.
        touchpoint: Touchpoint of rows that name none.
        time: Columns that say when a row took place (a call came in, a thread was opened), the
            best first; the first that is not null is the row's natural time. Its day in the zone
            of the row's unit says whether the row lies in the wave; a derived row goes by its
            own. Empty when rows have no time of their own, such as those of ``units``.
        meaning: What one row is.
        select: For a derived table, a whole SELECT (trusted plugin code), with the columns above
            as its output and ``unit``, ``touchpoint``, ``_source``, ``_row``, ``_zone``. Of the
            former, those that nothing reads are not asked of it. It is DuckDB's SQL, whatever the
            engine: one that speaks another translates it.
        select_drawn: For a derived table with a SELECT, another one that gives the same rows with
            all columns, but needs give those alone that have the ``_source`` and ``_row`` of a row
            of the table ``_drawn``; tables that its own relations hide are there as
            ``main.calls``. With it, the columns that only evidence shows are made for the rows
            drawn as evidence; without it, for all rows.
        derive: For a derived table made by Python: called with a function that yields the rows
            of a table and with the parameters; yields rows, ``unit``, ``touchpoint``,
            ``_source``, ``_row`` and ``_zone`` among them.
        reads: For a derived table: each table that must be there, to those of its columns that a
            source must give. One that is not named here must not be used; one named with a
            question mark behind (``"identity?"``) may be empty. Of ``hits``, the detectors that it
            rests on; one with a question mark behind may have nothing to run on.
        parameters: For a derived table made by Python: parameters of the checklist that it needs;
            one with a question mark behind may be unanswered, and is None then.
    """

    id: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    touchpoint: str = "organisation"
    time: tuple[str, ...] = attrs.field(default=(), validator=_has_times)
    meaning: str = ""
    select: str = attrs.field(default="", validator=instance_of(str))
    select_drawn: str = attrs.field(default="", validator=instance_of(str))
    derive: DeriveFunction | str | None = None
    reads: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict)
    parameters: tuple[str, ...] = ()

    @property
    def derived(self) -> bool:
        """Tell whether its rows are made from those of other tables."""
        return bool(self.select) or self.derive is not None

    def column(self, name: str) -> Column | None:
        """Return a column by name, or None."""
        return next((column for column in self.columns if column.name == name), None)


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
