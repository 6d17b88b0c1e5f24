"""Reading units: from ``[[unit]]`` tables or a CSV file, into one tree."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import attrs

from cxaudit._checklists.context import Context
from cxaudit._checklists.documents import Document, Problems
from cxaudit._checklists.names import find_spec, name_hint
from cxaudit._model.identifiers import is_id
from cxaudit._model.units import Unit, UnitTree
from cxaudit.errors import Problem

__all__ = [
    "RawUnit",
    "attribute_type",
    "build_tree",
    "idle_weights",
    "is_zone",
    "units_of_csv",
    "units_of_tables",
    "zone_hint",
]

_COLUMNS = (
    "id",
    "name",
    "kind",
    "parent",
    "zone",
    "weight",
    "touchpoints",
    "from",
    "until",
    "comparator",
)
"""Columns of the CSV file; all others are attributes."""


@attrs.frozen
class RawUnit:
    """A unit as written, and how to place a problem with one of its keys."""

    values: Mapping[str, Any]
    problem: Callable[[str, str, str], Problem]
    problems: Problems
    location: str
    broken: bool = False
    """Whether a problem was reported already, so that only its id can be used."""

    def report(self, key: str, message: str, hint: str) -> None:
        """Add a problem with one of its keys; an empty key is the unit as a whole."""
        self.problems.reported.append(self.problem(key, message, hint))


def units_of_tables(
    document: Document, wrong: set[tuple[Any, ...]], problems: Problems
) -> Iterator[RawUnit]:
    """Yield the ``[[unit]]`` tables that the schema did not refuse."""
    entries = document.data.get("unit", [])
    for index, table in enumerate(entries if isinstance(entries, list) else ()):
        broken = any(path[:2] == ("unit", index) for path in wrong)
        if not isinstance(table, dict) or not isinstance(table.get("id"), str):
            continue

        def problem(key: str, message: str, hint: str, index: int = index) -> Problem:
            return document.problem(("unit", index, *((key,) if key else ())), message, hint)

        location = document.locate(("unit", index))
        yield RawUnit(table, problem, problems, location, broken)


def units_of_csv(
    path: Path, file: str, problems: Problems, digests: dict[str, str]
) -> list[RawUnit] | None:
    """Return the units of a CSV file; None when it cannot be read.

    Values of attributes stay texts; an empty field is left out.
    """
    problems.files.append(file)
    try:
        raw = path.read_bytes()
        content = raw.decode("utf-8-sig")
    except OSError as error:
        problems.reported.append(Problem(f"The file cannot be read: {error.strerror}.", file=file))
        return None
    except UnicodeDecodeError:
        problems.reported.append(
            Problem(
                "The file is not UTF-8 text.", file=file, hint="Save it with the encoding UTF-8."
            )
        )
        return None
    digests[file] = hashlib.sha256(raw).hexdigest()
    rows = csv.reader(io.StringIO(content, newline=""), strict=True)
    try:
        header = next(rows, [])
        if not _check_header(header, file, problems):
            return None
        return list(_units_of_rows(rows, header, file, problems))
    except csv.Error as error:
        problems.reported.append(
            Problem(f"This is not valid CSV: {error}.", file=file, line=rows.line_num)
        )
        return None


def _check_header(header: list[str], file: str, problems: Problems) -> bool:
    before = len(problems.reported)
    missing = [repr(key) for key in ("id", "kind") if key not in header]
    if missing:
        hint = (
            "Fields are separated by commas, not semicolons."
            if len(header) == 1 and ";" in header[0]
            else f"The first line names the columns: {', '.join(_COLUMNS)}; others are attributes."
        )
        message = f"The first line has no column {' and no column '.join(missing)}."
        problems.reported.append(Problem(message, file=file, line=1, hint=hint))
    for name in {name for name in header if header.count(name) > 1}:
        problems.reported.append(Problem(f"The column {name!r} is there twice.", file=file, line=1))
    return len(problems.reported) == before


def _units_of_rows(
    rows: Any, header: list[str], file: str, problems: Problems
) -> Iterator[RawUnit]:
    for row in rows:
        line = rows.line_num
        if not any(field.strip() for field in row):
            continue

        def problem(key: str, message: str, hint: str, line: int = line) -> Problem:
            return Problem(message, file=file, line=line, path=key, hint=hint)

        unit = RawUnit({}, problem, problems, f"{file}:{line}")
        if len(row) != len(header):
            unit.report(
                "",
                f"The row has {len(row)} fields, and the first line names {len(header)}.",
                "A field that holds a comma stands in double quotes.",
            )
            continue
        fields = {k: v.strip() for k, v in zip(header, row, strict=True) if v.strip()}
        values = _typed(fields, unit.report)
        if "id" in fields:
            unit_values = values if values is not None else {"id": fields["id"]}
            yield attrs.evolve(unit, values=unit_values, broken=values is None)


def _typed(
    fields: Mapping[str, str], report: Callable[[str, str, str], None]
) -> dict[str, Any] | None:
    """Return a CSV row as a ``[[unit]]`` table would hold it; None when something is wrong."""
    values: dict[str, Any] = {"attributes": {}}
    sound = True
    for key, field in fields.items():
        if key not in _COLUMNS:
            values["attributes"][key] = field
            continue
        try:
            values[key] = _read_field(key, field)
        except ValueError as error:
            sound = False
            report(key, f"{key} cannot be {field!r}.", str(error))
    for key in ("id", "kind"):
        if key not in fields:
            sound = False
            report(key, f"The {key} is empty.", "Every unit has an id and a kind.")
    return values if sound else None


def _read_field(key: str, field: str) -> Any:
    hint = ""
    if key in {"id", "parent"}:
        if is_id(field):
            return field
        hint = "An id is lower-case words with hyphens, parts joined by dots."
    elif key == "weight":
        hint = "It is a number above 0, with a point for decimals."
        try:
            weight = float(field)
        except ValueError:
            raise ValueError(hint) from None
        if 0 < weight <= 1e6:  # noqa: PLR2004 - as the schema says
            return weight
    elif key in {"from", "until"}:
        hint = "It is a date: 2026-04-01."
        try:
            return date.fromisoformat(field)
        except ValueError:
            raise ValueError(hint) from None
    elif key == "comparator":
        hint = "It is true or false."
        if field.lower() in {"true", "false"}:
            return field.lower() == "true"
    elif key == "touchpoints":
        return [name.strip() for name in field.split(";") if name.strip()]
    else:
        return field
    raise ValueError(hint)


@cache
def _zones() -> frozenset[str]:
    import zoneinfo

    return frozenset(zoneinfo.available_timezones())


def is_zone(name: str) -> bool:
    """Tell whether a name is an IANA time zone."""
    import zoneinfo

    if name.partition("/")[0] in {"posix", "posixrules", "right"}:
        return False
    try:
        zoneinfo.ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        return False
    return True


def zone_hint(name: str) -> str:
    """Return a hint for a zone that is none."""
    from cxaudit.errors import did_you_mean

    return did_you_mean(name, _zones()) or 'Use an IANA name, such as "Europe/Paris".'


def build_tree(raw: list[RawUnit], context: Context) -> UnitTree | None:
    """Return the tree of units, what is inherited put in; None when it is not a tree."""
    by_id: dict[str, RawUnit] = {}
    for unit in raw:
        name = unit.values["id"]
        if name in by_id:
            unit.report(
                "id",
                f"The unit {name!r} is defined twice: also at {by_id[name].location}.",
                "Give each its own id.",
            )
        by_id.setdefault(name, unit)
    before = len(context.problems.reported)
    roots = [n for n, u in by_id.items() if u.values.get("parent") is None and not u.broken]
    for name, unit in by_id.items():
        parent = unit.values.get("parent")
        if isinstance(parent, str) and parent not in by_id and not unit.broken:
            unit.report(
                "parent", f"There is no unit {parent!r}.", name_hint(parent, by_id.keys() - {name})
            )
    for name in roots[1:]:
        by_id[name].report(
            "" if "parent" not in by_id[name].values else "parent",
            f"There is more than one unit at the top: {roots[0]!r} and {name!r}.",
            f'All units hang under one: add `parent = "{roots[0]}"`, or a unit above both.',
        )
    _report_circles(by_id)
    for unit in raw:
        if not unit.broken:
            _check_unit(unit, context)
    _check_attributes(raw)
    if len(context.problems.reported) > before or any(unit.broken for unit in raw) or not roots:
        return None
    built: dict[str, Unit] = {}
    for name in _parents_first(by_id, roots[0]):
        values = by_id[name].values
        built[name] = _build(values, built.get(values.get("parent", "")), context)
    return UnitTree(tuple(built.values()))


def idle_weights(raw: list[RawUnit]) -> dict[str, Problem]:
    """Return the problem with the weights of units that may weigh nothing.

    A weight is shared by the cases of its unit: that of a unit above others weighs no case of
    theirs. A comparator is rolled up nowhere.
    """
    idle: dict[str, Problem] = {}
    first_child: dict[str, str] = {}
    for unit in raw:
        if "parent" in unit.values:
            first_child.setdefault(str(unit.values["parent"]), unit.values["id"])
    for unit in raw:
        name, weight = unit.values["id"], unit.values.get("weight", 1)
        if unit.broken or weight == 1:
            continue
        if unit.values.get("comparator"):
            message = f"The weight of {name!r} has no effect: a comparator is shown, not rolled up."
            idle[name] = unit.problem("weight", message, "Remove it.")
        elif name in first_child:
            idle[name] = unit.problem(
                "weight",
                f"The weight of {name!r} has no effect: no case is its own.",
                f"Give weights to the units that are visited, such as {first_child[name]!r}.",
            )
    return idle


def _report_circles(by_id: Mapping[str, RawUnit]) -> None:
    reported: set[str] = set()
    for name in by_id:
        path = [name]
        # What is no text is told where its type is checked.
        while (
            isinstance(parent := by_id[path[-1]].values.get("parent"), str)
            and parent in by_id
            and parent not in path
        ):
            path.append(parent)
        if parent in path:
            circle = path[path.index(parent) :]
            if not reported & set(circle):
                reported |= set(circle)
                by_id[circle[0]].report(
                    "parent",
                    f"Units lie under each other in a circle: {' -> '.join([*circle, parent])}.",
                    "Give one of them another parent, or none if it is the top.",
                )


def _check_unit(unit: RawUnit, context: Context) -> None:
    values = unit.values
    zone = values.get("zone")
    if zone is not None and not is_zone(zone):
        unit.report("zone", f"There is no time zone {zone!r}.", zone_hint(zone))
    for name in values.get("touchpoints", ()):
        if find_spec(context.registry, "touchpoint", name) or name in context.touchpoints:
            continue
        unit.report("touchpoints", *context.unknown("touchpoint", name))
    start, end = values.get("from"), values.get("until")
    if start is not None and end is not None and end < start:
        unit.report("until", f"The unit ends ({end}) before it starts ({start}).", "")


def attribute_type(value: object) -> str:
    """Return the type of an attribute in expressions."""
    if isinstance(value, bool):
        return "boolean"
    return "text" if isinstance(value, str) else "number"


def _check_attributes(raw: list[RawUnit]) -> None:
    first: dict[str, RawUnit] = {}
    for unit in (unit for unit in raw if not unit.broken):
        for name, value in unit.values.get("attributes", {}).items():
            other = first.setdefault(name, unit)
            kind = attribute_type(value)
            first_kind = attribute_type(other.values["attributes"][name])
            if kind != first_kind:
                unit.report(
                    "attributes",
                    f"The attribute {name!r} is a {kind} here, and a {first_kind} at "
                    f"{other.location}.",
                    "Write it in the same way at every unit.",
                )


def _parents_first(by_id: Mapping[str, RawUnit], root: str) -> list[str]:
    children: dict[str, list[str]] = {}
    for name, unit in by_id.items():
        children.setdefault(unit.values.get("parent", ""), []).append(name)
    order = [root]
    for name in order:
        order.extend(children.get(name, ()))
    return order


def _build(values: Mapping[str, Any], parent: Unit | None, context: Context) -> Unit:
    touchpoints = []
    for name in values.get("touchpoints", ()):
        registered = find_spec(context.registry, "touchpoint", name)
        touchpoints.append(registered[0] if registered else name)
    return Unit(
        id=values["id"],
        name=values.get("name", values["id"]),
        kind=values["kind"],
        parent=parent.id if parent else None,
        zone=values.get("zone", parent.zone if parent else "UTC"),
        weight=float(values.get("weight", 1.0)),
        touchpoints=tuple(touchpoints) or (parent.touchpoints if parent else ()),
        start=values.get("from"),
        end=values.get("until"),
        comparator=values.get("comparator", False),
        attributes={**(parent.attributes if parent else {}), **values.get("attributes", {})},
    )
