"""Checking ``[sources.NAME]`` of an audit file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from cxaudit._checklists.context import ROW_COLUMNS, Context
from cxaudit._checklists.documents import Document, Step
from cxaudit._checklists.names import find_spec, name_hint, parameter_hint, sentence
from cxaudit._checklists.presets import find_preset, row_rules
from cxaudit._checklists.quantities import cluster_problems
from cxaudit._checklists.units import is_zone, zone_hint
from cxaudit._model.audit import TABLE_READER, SourceUse, matching
from cxaudit._model.presets import Preset, RowRule
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
    if any(mark in name for mark in "*?["):
        return f"No file matches {name!r}."
    try:
        if (folder / name).is_dir():
            return f"{name!r} is a folder, not a file."
        if (folder / name).exists():
            return f"{name!r} is no regular file."
    except (OSError, ValueError):
        pass
    return f"There is no file {name!r}."


def _matches(folder: Path, name: str) -> bool:
    try:
        return any(path.is_file() for path in matching(folder, name))
    except (OSError, ValueError):
        return False


def _paths(
    document: Document,
    at: tuple[Step, ...],
    settings: Mapping[str, Any],
    records: object,
    context: Context,
) -> tuple[str, ...]:
    """Return the files of a source, which are checked; none where records stand in their place."""
    path = settings["path"]
    paths = (path,) if isinstance(path, str) else tuple(path)
    if records is None:
        check_files(document, (*at, "path"), paths, context)
        return paths
    if settings["reader"] != TABLE_READER:
        message = "The records are given twice: here by a reader, and in Python."
        hint = "Remove `reader` and `path`, or the records."
        context.problems.add(document, (*at, "reader"), message, hint)
    return ()


def resolve_source(
    document: Document,
    name: str,
    settings: Mapping[str, Any],
    units: UnitTree | None,
    context: Context,
    records: object = None,
) -> SourceUse | None:
    """Return a source as set up; None when its preset, reader or table is not known.

    ``records`` stand in the place of its files.
    """
    at: tuple[Step, ...] = ("sources", name)
    preset, settings = _with_preset(document, at, settings, context)
    own_rules = row_rules(document, at, settings.get("marker", []), context.problems)

    def report(key: str, message: str, hint: str = "", *path: Step) -> None:
        context.problems.add(document, (*at, key, *path), message, hint)

    paths = _paths(document, at, settings, records, context)
    zone, unit = settings.get("zone"), settings.get("unit")
    if zone is not None and zone != "unit" and not is_zone(zone):
        report("zone", f"There is no time zone {zone!r}.", f'{zone_hint(zone)} Or write "unit".')
    if unit is not None and units is not None and unit not in units:
        report("unit", f"There is no unit {unit!r}.", name_hint(unit, (u.id for u in units)))
    if unit is not None and "unit" in settings.get("columns", {}):
        report("unit", "The unit is given twice: here and in columns.", "Remove one of the two.")
    reader = find_spec(context.registry, "source", settings.get("reader", ""))
    if "reader" not in settings:
        if "preset" not in settings:
            hint = 'Say how it is read, as in `reader = "csv"`, or by which preset.'
            context.problems.add(document, at, "The key 'reader' is missing.", hint)
    elif reader is None:
        readers = context.registry.of("source")
        hint = name_hint(settings["reader"], readers, "source")
        report("reader", f"There is no reader {settings['reader']!r}.", hint)
    else:
        _check_options(document, at, reader[1], settings.get("options", {}), context)
    table = _table(document, at, settings, reader[1] if reader else None, context)
    if table is not None:
        _check_columns(document, at, table, reader[1] if reader else None, settings, context)
        for message, hint in cluster_problems(settings.get("cluster", "row"), table, context):
            context.problems.add(document, (*at, "cluster"), message, hint)
    if reader is None or table is None:
        return None
    return SourceUse(
        name=name,
        reader=reader[0],
        table=table.id,
        paths=paths,
        zone=zone,
        columns=dict(settings.get("columns", {})),
        where=settings.get("where"),
        unit=unit,
        wave=settings.get("wave", True),
        cluster=settings.get("cluster", ""),
        quarantine=settings.get("quarantine", "rows"),
        options=dict(settings.get("options", {})),
        rules=_rules(preset, own_rules),
        preset=preset,
        line=document.position(at)[0],
        records=records,
    )


def _with_preset(
    document: Document, at: tuple[Step, ...], settings: Mapping[str, Any], context: Context
) -> tuple[Preset | None, Mapping[str, Any]]:
    """Return the preset that a source names, and the settings with what it says.

    What the source itself says goes before that: setting by setting, column by column.
    """
    name = settings.get("preset")
    if name is None:
        return None, settings
    folder = Path(document.file).parent
    preset, hint = find_preset(name, folder, context.registry, context.problems)
    if preset is None:
        if hint:
            message = f"There is no preset {name!r}."
            context.problems.add(document, (*at, "preset"), message, hint)
        return None, settings
    whole: dict[str, Any] = {"reader": preset.reader, "table": preset.table}
    whole |= {"zone": preset.zone} if preset.zone else {}
    whole |= {"where": preset.where} if preset.where else {}
    whole |= settings
    for key, values in (("columns", preset.columns), ("options", preset.options)):
        whole[key] = {**values, **settings.get(key, {})}
    return preset, whole


def _rules(preset: Preset | None, own: tuple[RowRule, ...]) -> tuple[RowRule, ...]:
    """Return the rules of a source; its own go before the preset's of the same name."""
    rules = {rule.marker.id: rule for rule in (*(preset.rules if preset else ()), *own)}
    return tuple(rules.values())


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
    settings: Mapping[str, Any],
    source: Source | None,
    context: Context,
) -> Table | None:
    name = settings.get("table")
    if name is None:
        if source is not None and len(source.tables) == 1:
            name = source.tables[0]
        else:
            if source is not None:
                options = " or ".join(
                    f'`table = "{table}"`' for table in source.tables or ("calls",)
                )
                context.problems.add(
                    document,
                    at,
                    "The key 'table' is missing.",
                    f"Say which table it fills, as in {options}.",
                )
            return None
    registered = find_spec(context.registry, "table", name)
    if registered is None:
        context.problems.add(document, (*at, "table"), *context.unknown("table", name))
        return None
    table: Table = registered[1]
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
    settings: Mapping[str, Any],
    context: Context,
) -> None:
    """Check the columns' names; their expressions wait until the file's columns are known."""
    columns = settings.get("columns", {})
    declared = {column.name for column in table.columns}
    settable = declared | {name for name in ROW_COLUMNS if not name.startswith("_")}
    for column in columns:
        if column not in settable:
            context.problems.add(
                document,
                (*at, "columns", column),
                f"The table {table.id!r} has no column {column!r}.",
                name_hint(column, settable),
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
    texts: dict[tuple[Step, ...], str] = (
        {("where",): settings["where"]} if "where" in settings else {}
    )
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
