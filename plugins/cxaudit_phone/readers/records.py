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
_NUMBERS = (int, float)
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
        if "." not in path:
            return self.record.get(path)
        value: Any = self.record
        for name in path.split("."):
            if not isinstance(value, dict):
                return None
            value = value.get(name)
        return value

    def text(self, path: str, *, required: bool = False) -> str | None:
        """Return a text; None when it is missing or empty."""
        value = self.value(path)
        if isinstance(value, str) and (written := value.strip()):
            return written
        if isinstance(value, _NUMBERS) and not isinstance(value, bool):
            value = str(value)
        if value is not None and not isinstance(value, str):
            self.problems.append(f"{path} is no text")
            return None
        text = value.strip() if value else None
        if not text and required:
            self.problems.append(f"{path} is missing")
        return text or None

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
            return time if time.tzinfo is UTC else time.astimezone(UTC)
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
        names = frozenset(used)
        parts = [name.split(".")[:-1] for name in names]
        inner = {".".join(part[: n + 1]) for part in parts for n in range(len(part))}
        # Of a.b and c: at "" the names a.b and c are used and a goes on; at "a." b is used.
        self._levels = {path: (_below(path, names), _below(path, inner)) for path in _paths(inner)}
        self._names: dict[str, None] = {}

    def see(self, record: Mapping[str, Any], path: str = "") -> None:
        """Take the names of a record; not more than a few hundred are kept."""
        settled, inner = self._levels[path]
        if not inner and record.keys() <= settled:
            return
        for name, value in record.items():
            if name in inner:
                for element in value if isinstance(value, list) else [value]:
                    if isinstance(element, dict):
                        self.see(element, f"{path}{name}.")
            elif name not in settled and len(self._names) < _MOST_UNUSED:
                self._names[f"{path}{name}"[:100]] = None
                settled.add(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)


def _paths(inner: Iterable[str]) -> Iterator[str]:
    yield ""
    yield from (f"{name}." for name in inner)


def _below(path: str, names: Iterable[str]) -> set[str]:
    return {name.removeprefix(path) for name in names if name.startswith(path)}


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
