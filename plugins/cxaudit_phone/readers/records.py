"""What the readers of phone systems' exports have in common: values, problems, unused fields."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from cxaudit.plugin import Skipped

__all__ = ["Given", "Out", "Unused", "counted", "hidden", "refused", "seconds_between"]

Out = tuple[str, int, Mapping[str, Any] | ValueError | Skipped]
"""What a reader yields: file as shown, row number there, and the row or why there is none."""

_RAW = 500
_HIDDEN = frozenset(
    {
        *("anonymous", "asterisk", "blocked", "none", "private", "restricted", "unavailable"),
        *("unknown", "withheld"),
    }
)
# The same words as some carriers send them: typed on the keys of a phone.
_HIDDEN_KEYED = frozenset({"266696687", "2562533", "7378742833", "86282452253", "8656696"})
_MOST_UNUSED = 500


def hidden(number: str | None) -> bool:
    """Tell whether a caller's number is withheld, so that it is no key of one person."""
    text = (number or "").strip().lower()
    return not text or text in _HIDDEN or text.removeprefix("+") in _HIDDEN_KEYED


class Given:
    """Takes values out of one record and collects what is wrong with them.

    Attributes:
        problems: What is wrong, in words, in the order of asking.
    """

    def __init__(self, record: Mapping[str, Any]) -> None:
        self.record = record
        self.problems: list[str] = []

    def value(self, path: str) -> Any:
        """Return what stands under a dotted path; None when any part is missing."""
        found: Any = self.record
        for name in path.split("."):
            if not isinstance(found, Mapping):
                return None
            found = found.get(name)
        return found

    def text(self, path: str, *, required: bool = False) -> str | None:
        """Return a text; None when it is missing or empty."""
        found = self.value(path)
        if isinstance(found, int | float) and not isinstance(found, bool):
            found = str(found)
        if found is None or (isinstance(found, str) and not found.strip()):
            if required:
                self.problems.append(f"{path} is missing")
            return None
        if not isinstance(found, str):
            self.problems.append(f"{path} is no text")
            return None
        return found.strip()

    def number(self, path: str, *, divisor: float = 1) -> float | None:
        """Return a number that is not negative, divided; None when it is missing."""
        found = self.value(path)
        if found is None or found == "":
            return None
        try:
            number = math.nan if isinstance(found, bool) else float(found)
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
        found = self.text(path, required=required)
        if found is None:
            return None
        try:
            time = datetime.fromisoformat(found)
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
            place = f"{path}{name}"
            if place in self._inner:
                for each in value if isinstance(value, list) else [value]:
                    if isinstance(each, Mapping):
                        self.see(each, f"{place}.")
            elif place not in self._used and len(self._names) < _MOST_UNUSED:
                self._names[place[:100]] = None

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)


def counted(counts: Mapping[str, int]) -> Iterator[str]:
    """Yield each text with its count behind it, in the order of the texts' first appearance."""
    return (f"{text}: {count}" for text, count in counts.items())
