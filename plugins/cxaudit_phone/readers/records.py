"""What the readers of phone systems' exports have in common: values, problems, unused fields."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from cxaudit.plugin import Marks, Rows, Skipped

__all__ = ["Fields", "Out", "Unused", "counted", "read_by", "refused", "seconds_between"]

Out = tuple[str, int, Mapping[str, Any] | ValueError | Skipped]
"""What a reader yields: file as shown, row number there, and the row or why there is none."""

_RAW = 500
_MOST_UNUSED = 500


class Fields:
    """Takes values out of one record and collects what is wrong with them.

    Attributes:
        problems: What is wrong, in words, in the order of asking.
    """

    def __init__(self, record: Mapping[str, Any]) -> None:
        self.record = record
        self.problems: list[str] = []

    def value(self, path: str) -> Any:
        """Return what stands under a dotted path; None when any part is missing."""
        value: Any = self.record
        for name in path.split("."):
            if not isinstance(value, Mapping):
                return None
            value = value.get(name)
        return value

    def text(self, path: str, *, required: bool = False) -> str | None:
        """Return a text; None when it is missing or empty."""
        value = self.value(path)
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = str(value)
        if value is None or (isinstance(value, str) and not value.strip()):
            if required:
                self.problems.append(f"{path} is missing")
            return None
        if not isinstance(value, str):
            self.problems.append(f"{path} is no text")
            return None
        return value.strip()

    def number(self, path: str, *, divisor: float = 1) -> float | None:
        """Return a number that is not negative, divided; None when it is missing."""
        value = self.value(path)
        if value is None or value == "":
            return None
        try:
            number = math.nan if isinstance(value, bool) else float(value)
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if not math.isfinite(number):
            self.problems.append(f"{path} is no number")
            return None
        if number < 0:
            self.problems.append(f"{path} is negative")
            return None
        return number / divisor

    def time(self, path: str, *, required: bool = False) -> datetime | None:
        """Return an instant in UTC out of ISO 8601 with an offset; None when it is missing."""
        text = self.text(path, required=required)
        if text is None:
            return None
        try:
            time = datetime.fromisoformat(text)
            if time.tzinfo is None:
                self.problems.append(f"{path} has no offset from UTC")
                return None
            return time.astimezone(UTC)
        except (ValueError, OverflowError):
            self.problems.append(f"{path} is no time")
            return None


def refused(problems: Iterable[str], record: Mapping[str, Any] | str) -> ValueError:
    """Return the rejection of a record: all its problems, and the record itself."""
    try:
        raw = record if isinstance(record, str) else json.dumps(record, ensure_ascii=False)
    except RecursionError:
        raw = ""
    return ValueError("; ".join(problems), raw[:_RAW])


def seconds_between(start: datetime | None, end: datetime | None) -> float | None:
    """Return the seconds from one instant to a later one; None when they are not known."""
    if start is None or end is None or end < start:
        return None
    return (end - start).total_seconds()


class Unused:
    """The dotted names of fields that a reader does not use; those inside lists stand once."""

    def __init__(self, used: Iterable[str]) -> None:
        self._used = frozenset(used)
        parts = (name.split(".")[:-1] for name in self._used)
        self._inner = {".".join(part[: n + 1]) for part in parts for n in range(len(part))}
        self._names: dict[str, None] = {}

    def see(self, record: Mapping[str, Any], path: str = "") -> None:
        """Take the names of a record; not more than a few hundred are kept."""
        for name, value in record.items():
            full_name = f"{path}{name}"
            if full_name in self._inner:
                for element in value if isinstance(value, list) else [value]:
                    if isinstance(element, Mapping):
                        self.see(element, f"{full_name}.")
            elif full_name not in self._used and len(self._names) < _MOST_UNUSED:
                self._names[full_name[:100]] = None

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)


def read_by(
    produce: Callable[[list[str], Unused], Iterator[Out]],
    used: Iterable[str],
    columns: tuple[str, ...],
    marks: Marks,
) -> Rows:
    """Return the rows that a function yields, with the notes and unused fields that it collects."""
    notes: list[str] = []
    unused = Unused(used)
    rows = produce(notes, unused)
    return Rows(
        rows=rows, columns=columns, notes=notes, unknown_fields=unused, marked=marks.records
    )


def counted(counts: Mapping[str, int]) -> Iterator[str]:
    """Yield each text with its count behind it, in the order of the texts' first appearance."""
    return (f"{text}: {count}" for text, count in counts.items())
