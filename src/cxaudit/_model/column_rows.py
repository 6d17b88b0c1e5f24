"""Rows held by column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, overload

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["ColumnRows"]


class ColumnRows(Sequence[Mapping[str, Any]]):
    """Rows held as one numpy array per column, for an engine to take at once.

    Attributes:
        columns: Name to array; all of one length.
    """

    def __init__(self, columns: Mapping[str, npt.NDArray[Any]]) -> None:
        self.columns = dict(columns)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    @overload
    def __getitem__(self, index: int) -> Mapping[str, Any]: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Mapping[str, Any]]: ...
    def __getitem__(self, index: int | slice) -> Mapping[str, Any] | Sequence[Mapping[str, Any]]:
        if isinstance(index, slice):
            return ColumnRows({name: array[index] for name, array in self.columns.items()})
        return {name: array[index].item() for name, array in self.columns.items()}
