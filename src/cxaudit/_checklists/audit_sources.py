"""Checking ``[sources.NAME]`` of an audit file."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from cxaudit._checklists.context import ROW_COLUMNS, Context
from cxaudit._checklists.documents import Document, Step
from cxaudit._checklists.names import find_spec, known_hint, parameter_hint, sentence
from cxaudit._checklists.units import is_zone, zone_hint
from cxaudit._model.audit import SourceUse
from cxaudit._model.specs import Source
from cxaudit._model.tables import Table
from cxaudit._model.units import UnitTree

__all__ = ["check_files", "resolve_source"]


def check_files(
    document: Document, path: tuple[Step, ...], names: Iterable[str], context: Context
) -> None:
    """Report each file, or glob, that matches nothing beside the audit file."""
    folder = Path(document.file).parent
    for name in names:
        if not _matches(folder, name):
            context.problems.add(
                document,
                path,
                _missing(folder, name),
                f"Paths start from the folder of the audit file, {folder.absolute().name!r}.",
            )


def _missing(folder: Path, name: str) -> str:
    if _is_glob(name):
        return f"No file matches {name!r}."
    try:
        if (folder / name).is_dir():
            return f"{name!r} is a folder, not a file."
        if (folder / name).exists():
            return f"{name!r} is no regular file."
    except (OSError, ValueError):
        pass
    return f"There is no file {name!r}."


def _is_glob(name: str) -> bool:
    return any(mark in name for mark in "*?[")


def _matches(folder: Path, name: str) -> bool:
    try:
        if (folder / name).is_file():
            return True
        if not _is_glob(name):
            return False
        # Globs are expanded here as in the run: Path.glob takes no absolute patterns.
        found = glob.glob(name, root_dir=folder, recursive=True)  # noqa: PTH207
        return any((folder / each).is_file() for each in found)
    except (OSError, ValueError):
        return False


def resolve_source(
    document: Document,
    name: str,
    given: Mapping[str, Any],
    units: UnitTree | None,
    context: Context,
) -> SourceUse | None:
    """Return a source as set up; None when its reader or table is not known."""
    at: tuple[Step, ...] = ("sources", name)

    def report(key: str, message: str, hint: str = "", *inside: Step) -> None:
        context.problems.add(document, (*at, key, *inside), message, hint)

    paths = (given["path"],) if isinstance(given["path"], str) else tuple(given["path"])
    check_files(document, (*at, "path"), paths, context)
    zone, unit = given.get("zone"), given.get("unit")
    if zone is not None and zone != "unit" and not is_zone(zone):
        report("zone", f"There is no time zone {zone!r}.", f'{zone_hint(zone)} Or write "unit".')
    if unit is not None and units is not None and unit not in units:
        report("unit", f"There is no unit {unit!r}.", known_hint(unit, (u.id for u in units)))
    if unit is not None and "unit" in given.get("columns", {}):
        report("unit", "The unit is given twice: here and in columns.", "Remove one of the two.")
    reader = find_spec(context.registry, "source", given["reader"])
    if reader is None:
        known = context.registry.of("source")
        hint = known_hint(given["reader"], known, "source")
        report("reader", f"There is no reader {given['reader']!r}.", hint)
    else:
        _check_options(document, at, reader[1], given.get("options", {}), context)
    table = _table(document, at, given, reader[1] if reader else None, context)
    if table is not None:
        _check_columns(document, at, table, reader[1] if reader else None, given, context)
    if reader is None or table is None:
        return None
    return SourceUse(
        name=name,
        reader=reader[0],
        table=table.id,
        paths=paths,
        zone=zone,
        columns=dict(given.get("columns", {})),
        where=given.get("where"),
        unit=unit,
        wave=given.get("wave", True),
        quarantine=given.get("quarantine", "rows"),
        options=dict(given.get("options", {})),
        line=document.place(at)[0],
    )


def _check_options(
    document: Document,
    at: tuple[Step, ...],
    source: Source,
    options: Mapping[str, Any],
    context: Context,
) -> None:
    from cxaudit._checklists.validation import find_faults, settings_validator

    for fault in find_faults(settings_validator(source.settings), options):
        context.problems.add(document, (*at, "options", *fault.path), fault.message, fault.hint)


def _table(
    document: Document,
    at: tuple[Step, ...],
    given: Mapping[str, Any],
    source: Source | None,
    context: Context,
) -> Table | None:
    name = given.get("table")
    if name is None:
        if source is not None and len(source.tables) == 1:
            name = source.tables[0]
        else:
            if source is not None:
                options = " or ".join(f'`table = "{each}"`' for each in source.tables or ("calls",))
                context.problems.add(
                    document,
                    at,
                    "The key 'table' is missing.",
                    f"Say which table it fills, as in {options}.",
                )
            return None
    found = find_spec(context.registry, "table", name)
    if found is None:
        known = context.registry.of("table")
        hint = known_hint(name, known, "table")
        context.problems.add(document, (*at, "table"), f"There is no table {name!r}.", hint)
        return None
    table: Table = found[1]
    if table.derived:
        context.problems.add(
            document,
            (*at, "table"),
            f"The table {name!r} is derived from others, and no source fills it.",
        )
        return None
    if source is not None and source.tables and table.id not in source.tables:
        context.problems.add(
            document,
            (*at, "table"),
            f"This reader does not fill {name!r}.",
            f"It fills {', '.join(source.tables)}.",
        )
    return table


def _check_columns(
    document: Document,
    at: tuple[Step, ...],
    table: Table,
    reader: Source | None,
    given: Mapping[str, Any],
    context: Context,
) -> None:
    """Check the columns' names; their expressions wait until the file's columns are known."""
    columns = given.get("columns", {})
    known = {column.name for column in table.columns}
    settable = known | {name for name in ROW_COLUMNS if not name.startswith("_")}
    for column in columns:
        if column not in settable:
            context.problems.add(
                document,
                (*at, "columns", column),
                f"The table {table.id!r} has no column {column!r}.",
                known_hint(column, settable),
            )
    for required in () if reader is not None and reader.tables else table.columns:
        if columns and required.required and required.name not in columns:
            context.problems.add(
                document,
                (*at, "columns"),
                f"The table {table.id!r} needs the column {required.name!r}: "
                f"{required.meaning[:1].lower()}{required.meaning[1:].rstrip('.')}.",
                f'Add `{required.name} = "..."`.',
            )
    texts: dict[tuple[Step, ...], str] = {("where",): given["where"]} if "where" in given else {}
    texts |= {("columns", column): text for column, text in columns.items()}
    for path, text in texts.items():
        _check_parameters(document, (*at, *path), text, context)


def _check_parameters(
    document: Document, path: tuple[Step, ...], text: str, context: Context
) -> None:
    from cxaudit._expressions import parameters_in
    from cxaudit.errors import ExpressionError

    try:
        for name in parameters_in(text):
            if name not in context.parameters and not context.is_undecided("param", name):
                message = f"There is no parameter {name!r}."
                hint = parameter_hint(name, context.parameters)
                context.problems.add(document, path, message, hint)
    except ExpressionError as error:
        for problem in error.problems:
            context.problems.add(document, path, sentence(problem.message), problem.hint)
