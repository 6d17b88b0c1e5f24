"""What plugins hand over, checked where it comes in: a function for each kind of value.

Each returns the value, or raises what is wrong with it as a `TypeError` or `ValueError`, inside
the `contained` block that blames the plugin.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from itertools import pairwise
from operator import attrgetter
from pathlib import PurePosixPath
from typing import Any

import attrs

from cxaudit._model.engine import Scan
from cxaudit._model.evidence import Hit
from cxaudit._model.findings import Verdict
from cxaudit._model.identifiers import short
from cxaudit._model.markers import Skipped
from cxaudit._model.protocols import Rows
from cxaudit._model.scores import GradeBand, Score, Scorecard, UnitScores
from cxaudit._model.specs import Source
from cxaudit._model.units import UnitTree
from cxaudit._plugins.typed import misfits, misfits_of_fields

__all__ = [
    "checked_files",
    "checked_hit",
    "checked_row",
    "checked_rows",
    "checked_scan",
    "checked_scorecard",
    "checked_verdict",
]

_ROUNDING = 1e-9
"""How far a share that was computed may lie outside of [0, 1], or of its interval."""
_MOST = 2**63 - 1
_TRIPLES = (("low", "score", "high"), ("value_low", "value", "value_high"))
_FILE_NAME = re.compile(r"[^\x00-\x1f\\:]+")
_FIELD = (str, int, float, Decimal, date, datetime, time, type(None))


def checked_verdict(verdict: object) -> Verdict:
    """Return what a check says, when every field of it can be believed.

    Raises:
        TypeError: If it is no verdict, or a field is of another type.
        ValueError: If a number is not finite or out of its range, an end of an interval lies on
            the wrong side, or an unknown or neutral state has no reason.
    """
    if type(verdict) is not Verdict:
        msg = f"it returned {type(verdict).__name__}, not a Verdict"
        raise TypeError(msg)
    _check_fields(verdict, "the verdict's ")
    if verdict.n > _MOST:
        msg = f"the verdict's n is {verdict.n}, which is too large"
        raise ValueError(msg)
    if not verdict.state.scored and not verdict.reason:
        msg = f"a verdict in state {verdict.state.label} needs a reason"
        raise ValueError(msg)
    if verdict.score is None and not (verdict.low is None and verdict.high is None):
        msg = "a verdict without a score has no interval of it"
        raise ValueError(msg)
    for name in ("low", "high"):
        _share(getattr(verdict, name), f"the verdict's {name}")
    for names in _TRIPLES:
        _ascending({name: getattr(verdict, name) for name in names}, "the verdict's")
    return verdict


def checked_scorecard(card: object, units: UnitTree, bands: Iterable[GradeBand]) -> Scorecard:
    """Return what a policy makes of findings, when every score of it can be believed.

    Args:
        card: What the policy returned.
        units: The units of the audit.
        bands: The grades of the policy.

    Raises:
        TypeError: If it is no scorecard, or a part of it is of another type.
        ValueError: If a score is out of its range, or a unit or grade is none of the audit's.
    """
    if type(card) is not Scorecard:
        msg = f"it returned {type(card).__name__}, not a Scorecard"
        raise TypeError(msg)
    for wrong in misfits_of_fields(card, "the scorecard's ", _score_misfits):
        raise TypeError(wrong)
    names = [scores.unit for scores in card.units]
    if not names or names[0] != units.root.id:
        msg = f"the first of the scorecard's units is not the root, {units.root.id}"
        raise ValueError(msg)
    grades = {band.grade for band in bands}
    counts = Counter(names)
    for scores in card.units:
        if scores.unit not in units:
            msg = f"there is no unit {scores.unit!r}, which it scores"
        elif counts[scores.unit] > 1:
            msg = f"it scores the unit {scores.unit!r} twice"
        elif scores.grade is not None and scores.grade not in grades:
            msg = f"{scores.grade!r} of the unit {scores.unit!r} is none of the policy's grades"
        else:
            continue
        raise ValueError(msg)
    return card


def _score_misfits(value: Any, where: str) -> Iterator[str]:
    if type(value) in {UnitScores, GradeBand}:
        unit = f"{where} ({value.unit}): " if type(value) is UnitScores else f"{where}: "
        yield from misfits_of_fields(value, unit, _score_misfits)
    elif type(value) is Score:
        # What varies is ours, and nothing that a plugin is asked for.
        for field in attrs.fields(attrs.resolve_types(Score)):
            if field.name != "spread":
                yield from misfits(getattr(value, field.name), field.type, f"{where}.{field.name}")
        for names in (("lowest", "value", "highest"), ("low", "value", "high"), ("coverage",)):
            numbers = {name: getattr(value, name) for name in names}
            for name, number in numbers.items():
                yield from _share_misfits(number, f"{where}.{name}")
            yield from _ascending_misfits(numbers, f"{where}'s")


def checked_hit(hit: object, detector: str) -> Hit:
    """Return what a detector found, when every field of it can be believed.

    Raises:
        TypeError: If it is no hit, or a field is of another type.
        ValueError: If it is a hit of another detector, its score is out of range, or it ends
            before it starts.
    """
    if type(hit) is not Hit:
        msg = f"it yielded {type(hit).__name__}, not a Hit"
        raise TypeError(msg)
    _check_fields(hit, "the hit's ")
    if hit.detector not in {"", detector, short(detector)}:
        msg = f"the hit is one of {hit.detector!r}, not of {detector!r}"
        raise ValueError(msg)
    if hit.score is not None and not 0 <= hit.score <= 1:
        msg = f"the score {hit.score} of a hit lies outside 0 to 1"
        raise ValueError(msg)
    if hit.start is not None and hit.end is not None and hit.end < hit.start:
        msg = f"the hit ends at {hit.end}, before it starts at {hit.start}"
        raise ValueError(msg)
    return hit


def checked_rows(rows: Rows) -> Rows:
    """Return what a source yields, each row checked as it comes.

    Raises:
        TypeError: If a part of it is of another type.
    """
    for name in ("columns", "marked"):
        kind = attrs.fields_dict(attrs.resolve_types(Rows))[name].type
        for wrong in misfits(getattr(rows, name), kind, name):
            raise TypeError(wrong)
    for name in ("rows", "notes", "unknown_fields"):
        if isinstance(parts := getattr(rows, name), str) or not isinstance(parts, Iterable):
            msg = f"{name} is {type(parts).__name__}, not a list or the like"
            raise TypeError(msg)
    return attrs.evolve(
        rows,
        rows=map(checked_row, rows.rows),
        notes=_texts(rows.notes, "notes"),
        unknown_fields=_texts(rows.unknown_fields, "unknown_fields"),
    )


def _texts(parts: Iterable[object], name: str) -> Iterator[str]:
    for part in parts:
        for wrong in misfits(part, str, f"one of {name}"):
            raise TypeError(wrong)
        assert isinstance(part, str)
        yield part


def checked_row(row: Any) -> tuple[str, int, Mapping[str, Any] | ValueError | Skipped]:
    """Return a row of a source: file, number there, and fields or why it has none.

    Raises:
        TypeError: If it is something else, or a field holds what is no text, number, boolean or
            time.
    """
    if not isinstance(row, tuple | list) or len(row) != 3:  # noqa: PLR2004
        msg = f"a row is {_shown(row)}, not (file, row number, fields)"
        raise TypeError(msg)
    file, number, fields = row
    if not isinstance(file, str):
        msg = f"the file of a row is {type(file).__name__}, not str"
        raise TypeError(msg)
    if type(number) is not int and next(misfits(number, int, ""), ""):
        msg = f"the number of a row of {file} is {_shown(number)}, not int"
        raise TypeError(msg)
    if isinstance(fields, ValueError | Skipped):
        return file, number, fields
    if not isinstance(fields, Mapping):
        msg = f"the fields of row {number} of {file} are {type(fields).__name__}, not a dict"
        raise TypeError(msg)
    for name, value in fields.items():
        if not isinstance(name, str):
            msg = f"row {number} of {file}: the name of a field is {_shown(name)}, not str"
            raise TypeError(msg)
        if not isinstance(value, _FIELD):
            msg = (
                f"row {number} of {file}: {name} is {type(value).__name__}, "
                "which is no text, number, boolean or time"
            )
            raise TypeError(msg)
        if isinstance(value, float) and not math.isfinite(value):
            msg = f"row {number} of {file}: {name} is {value}; None is what is not known"
            raise TypeError(msg)
    return file, number, fields


def checked_scan(scan: object, result: object, source: Source) -> Scan:
    """Return what the engine is to read for a source.

    Args:
        scan: The scan.
        result: What the source returned.
        source: The source.

    Raises:
        TypeError: If it is no scan, or a part of it is of another type.
        ValueError: If it names no format that engines read, a file that is not there, or a rule
            that the source does not declare.
    """
    if type(scan) is not Scan:
        msg = f"it returned {type(result).__name__}, not Rows or a Scan"
        raise TypeError(msg)
    for wrong in misfits_of_fields(scan, "the scan's "):
        raise TypeError(wrong)
    if scan.format not in {"csv", "json", "parquet", "table"}:
        msg = f"the scan's format is {scan.format!r}, not csv, json, parquet or table"
        raise ValueError(msg)
    for path in scan.files:
        if not path.is_file():
            msg = f"the scan's file {path.name} does not exist"
            raise ValueError(msg)
    for rule in scan.marked:
        if rule not in {marker.id for marker in source.markers}:
            msg = f"it counts records by {rule!r}, which is none of its markers"
            raise ValueError(msg)
    return scan


def checked_files(content: object) -> str | bytes | Mapping[str, str | bytes]:
    """Return what an output made: text, bytes, or the files of a folder, by name.

    Raises:
        TypeError: If it is something else.
        ValueError: If there are no files, or a name leads out of the folder.
    """
    if isinstance(content, str | bytes):
        for wrong in misfits(content, str | bytes, "the text"):
            raise ValueError(wrong)
        return content
    if not isinstance(content, Mapping):
        msg = f"it returned {type(content).__name__}, not text, bytes or files"
        raise TypeError(msg)
    if not content:
        msg = "it returned no files"
        raise ValueError(msg)
    for name, part in content.items():
        for wrong in misfits(part, str | bytes, f"the file {name!r}"):
            raise TypeError(wrong)
        path = PurePosixPath(name) if isinstance(name, str) else PurePosixPath("/")
        if path.is_absolute() or ".." in path.parts or not _FILE_NAME.fullmatch(str(name)):
            msg = f"{name!r} is no name of a file in the output's folder"
            raise ValueError(msg)
    return content


_fitting: dict[type, tuple[Callable[[object], tuple[object, ...]], set[tuple[type, ...]]]] = {}
"""Class to what gets its fields, and the combinations of their types that fit: they are few."""


def _check_fields(value: Verdict | Hit, lead: str) -> None:
    """Refuse a value of which a field is of another type, or a number is not finite.

    Verdicts and hits are many; only the first of each combination of types is looked at field by
    field.
    """
    cls = type(value)
    if cls not in _fitting:
        _fitting[cls] = attrgetter(*(field.name for field in attrs.fields(cls))), set()
    fields, combinations = _fitting[cls]
    parts = fields(value)
    types = tuple(map(type, parts))
    if types not in combinations or not all(map(_is_plain, parts)):
        for wrong in misfits_of_fields(value, lead):
            raise TypeError(wrong)
        combinations.add(types)


def _is_plain(part: object) -> bool:
    """Tell whether a value is right whenever its type is."""
    match part:
        case str():
            return part.isascii()
        case float():
            return math.isfinite(part)
        case int():
            return part >= 0
    return not part


def _share(number: float | None, where: str) -> None:
    for wrong in _share_misfits(number, where):
        raise ValueError(wrong)


def _share_misfits(number: float | None, where: str) -> Iterator[str]:
    if number is not None and not -_ROUNDING <= number <= 1 + _ROUNDING:
        yield f"{where} is {number}, outside 0 to 1"


def _ascending(numbers: Mapping[str, float | None], where: str) -> None:
    for wrong in _ascending_misfits(numbers, where):
        raise ValueError(wrong)


def _ascending_misfits(numbers: Mapping[str, float | None], where: str) -> Iterator[str]:
    """Yield which of some numbers, of which one may be unknown, lies under the one before it."""
    known = [(name, number) for name, number in numbers.items() if number is not None]
    for (low_name, low), (high_name, high) in pairwise(known):
        if low > high + _ROUNDING * max(1.0, abs(high)):
            yield f"{where} {low_name} is {low}, above its {high_name}, {high}"


def _shown(value: object) -> str:
    return repr(value)[:80] if isinstance(value, str | int | tuple | list) else type(value).__name__
