"""From the audit file's sources to canonical tables in an engine."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from types import GeneratorType

import attrs

from cxaudit._audit.planning.waves import Bounds, source_names
from cxaudit._audit.scratch import scratch_folder
from cxaudit._audit.watch import Watch
from cxaudit._expressions import columns_in, parse, refuse_measured, text_columns_in
from cxaudit._model.audit import Audit, SourceUse
from cxaudit._model.engine import EngineSession, LoadOutcome, RowQuery, Scan, TableLoad
from cxaudit._model.evidence import Loss, SourceAccount, is_much
from cxaudit._model.expressions import ColumnRef, Expression
from cxaudit._model.markers import MarkedRecords, Marker
from cxaudit._model.presets import Preset
from cxaudit._model.protocols import ReadRequest, Rows
from cxaudit._model.pseudonyms import Pseudonyms
from cxaudit._model.result import RunProblem
from cxaudit._model.said import Said
from cxaudit._model.tables import Table
from cxaudit._plugins.checked import checked_rows, checked_scan
from cxaudit._plugins.containment import within
from cxaudit._plugins.registry import Registry
from cxaudit.errors import ExpressionError, PluginError, Problem, SourceError, did_you_mean

__all__ = [
    "LoadedSources",
    "Reading",
    "load_sources",
    "problems_of_sources",
    "source_files",
    "with_identity",
]

_FREE = ("unit", "touchpoint")


def with_identity(audit: Audit, registry: Registry) -> Audit:
    """Return an audit whose ``identity`` file is one of its sources; it fills that table."""
    if audit.identity is None:
        return audit
    name = audit.identity.lower()
    readers = (spec.id for spec in registry.of("source").values() if name.endswith(spec.suffixes))
    use = SourceUse(
        name="audit.identity",
        reader=next(readers, "cxaudit.csv"),
        table="identity",
        paths=(audit.identity,),
    )
    return attrs.evolve(audit, sources=(*audit.sources, use))


def source_files(audit: Audit) -> dict[str, tuple[Path, ...]]:
    """Return the files of each source.

    Raises:
        SourceError: If a source has none; all such sources are named.
    """
    from cxaudit._sources import expand

    files: dict[str, tuple[Path, ...]] = {}
    problems: list[Problem] = []
    for use in audit.sources:
        try:
            files[use.name] = expand(use, audit.folder)
        except SourceError as error:
            problems += [_located(problem, audit, use) for problem in error.problems]
    if problems:
        raise SourceError(tuple(problems))
    return files


@attrs.frozen
class Reading:
    """What sources are read with.

    Attributes:
        audit: The audit.
        registry: The plugins' specs.
        files: Source to its files.
        scratch: Where readers may write.
        folder: Where refused rows are kept, or None.
        watch: Told how many rows a reader has given.
    """

    audit: Audit
    registry: Registry
    files: Mapping[str, tuple[Path, ...]]
    scratch: Path
    folder: Path | None = None
    watch: Watch = attrs.field(factory=lambda: Watch(None))

    def load_of(self, use: SourceUse) -> TableLoad:
        """Return how a source fills its table, without reading its rows.

        Raises:
            SourceError: If its files cannot be read, or its mapping does not fit them.
        """
        return _table_load(self.audit, self.registry, use, self._scan(use), self.folder)

    def _scan(self, use: SourceUse) -> Scan:
        from cxaudit._sources import digest_file
        from cxaudit._sources.spool import spool

        audit, registry, files = self.audit, self.registry, self.files[use.name]
        scratch = self.scratch / use.name
        scratch.mkdir(parents=True, exist_ok=True)
        reader = registry.get("source", use.reader)
        read = registry.resolve(reader.read)
        # So that a mapping over the export of a known system holds when it has no rows, too; and
        # dicts, when there are none.
        empty = bool(reader.tables) or (isinstance(use.records, tuple) and not use.records)
        columns = registry.get("table", use.table).columns if empty else ()
        names = source_names(use, files, audit.folder)
        request = ReadRequest(use=use, files=files, scratch=scratch, shown=names)
        with registry.blaming("source", use.reader, read) as containment:

            def scanned() -> Scan:
                scan = rows = read(request)
                if isinstance(rows, Rows):
                    if isinstance(rows.rows, GeneratorType):
                        containment.code = rows.rows
                    rows = checked_rows(rows)
                    rows = attrs.evolve(rows, rows=self.watch.counted(rows.rows, rows.total))
                    scan = spool(rows, scratch, [column.name for column in columns])
                return checked_scan(scan, rows, reader)

            trusted = registry.is_builtin("source", use.reader)
            scan = within(None if trusted else audit.time_limit, containment, scanned)
        # Rows at hand are known by the file that they were written to; tables by nothing.
        origins = files if use.records is None else scan.files
        digests = scan.digests or tuple(digest_file(path) for path in origins)
        notes = (*scan.notes, *_unbounded(audit, use, registry.get("table", use.table)))
        if use.preset is not None and not use.preset.seen:
            notes = (*notes, Said("preset-never-seen", preset=use.preset.id))
        return attrs.evolve(scan, shown=names, digests=digests, notes=notes)


@attrs.frozen(kw_only=True)
class LoadedSources:
    """What the sources of an audit gave.

    Attributes:
        accounts: Of each source, what became of its rows.
        columns: Table to the columns that its sources give.
        instants: The first and last instant of each time column of each source.
        past: Those of columns which hold nothing that is only planned.
        failed: Table to the reason why it is not available: a plugin that reads it failed.
        problems: What failed.
    """

    accounts: tuple[SourceAccount, ...] = ()
    columns: Mapping[str, frozenset[str] | None] = attrs.field(factory=dict)
    instants: tuple[datetime, ...] = ()
    past: tuple[datetime, ...] = ()
    failed: Mapping[str, str] = attrs.field(factory=dict)
    problems: tuple[RunProblem, ...] = ()


def load_sources(reading: Reading, engine: EngineSession) -> LoadedSources:
    """Read all sources into the engine.

    A source whose plugin fails makes its table unavailable, whatever other sources give of it.

    Raises:
        SourceError: With everything that keeps sources from being read at all.
    """
    audit, registry, watch = reading.audit, reading.registry, reading.watch
    loads: list[TableLoad] = []
    problems: list[Problem] = []
    broken: dict[str, PluginError] = {}
    pseudonyms = _pseudonyms(audit, registry)
    for number, use in enumerate(audit.sources):
        watch.progress(f"opening {use.name}", number, len(audit.sources))
        try:
            loads.append(_hashed(reading.load_of(use), pseudonyms))
        except SourceError as error:
            problems += [_located(problem, audit, use) for problem in error.problems]
        except PluginError as error:
            broken[use.name] = error
    if problems:
        raise SourceError(tuple(problems))
    allowed = [path for load in loads for path in load.scan.files]
    engine.open(allowed, reading.scratch, memory=audit.memory, progress=watch.share)
    bounds = Bounds(audit, registry)
    uses = {use.name: use for use in audit.sources}
    accounts: dict[str, SourceAccount] = {}
    source_columns: dict[str, frozenset[str] | None] = {}
    instants: list[datetime] = []
    past: list[datetime] = []
    for number, load in enumerate(loads):
        watch.progress(f"reading {load.source}", number, len(loads))
        use = uses[load.source]
        reader = registry.get("source", use.reader)
        try:
            with registry.blaming("source", use.reader, registry.resolve(reader.read)):
                outcome = _load(load, engine, bounds)
        except SourceError as error:
            problems += [_located(problem, audit, use) for problem in error.problems]
            continue
        except PluginError as error:
            broken[use.name] = error
            continue
        marked = (*_marked(load.scan, reader.markers), *outcome.account.marked)
        accounts[use.name] = attrs.evolve(outcome.account, marked=marked)
        for name, ends in outcome.instants.items():
            column = load.table.column(name)
            instants += ends
            past += () if column is None or column.planned else ends
        others = source_columns.get(load.table.id) or frozenset()
        source_columns[load.table.id] = others | frozenset(load.columns)
    if problems:
        raise SourceError(tuple(problems))
    loaded = LoadedSources(columns=source_columns, instants=tuple(instants), past=tuple(past))
    return _with_accounts(loaded, uses, accounts, broken)


def _with_accounts(
    loaded: LoadedSources,
    uses: Mapping[str, SourceUse],
    accounts: Mapping[str, SourceAccount],
    broken: Mapping[str, PluginError],
) -> LoadedSources:
    """Return what was loaded, with an account of each source and what failed of them."""
    failed = {
        uses[name].table: Said("source-failed", source=name, cause=error.cause)
        for name, error in broken.items()
    }
    lost = {
        name: SourceAccount(source=name, table=uses[name].table, notes=(failed[uses[name].table],))
        for name in broken
    }
    problems = (
        RunProblem(
            stage="reading",
            subject=Said("of-source", source=name),
            cause=error.cause,
            plugin=error.plugin,
            hint=error.hint,
        ).raised(error)
        for name, error in broken.items()
    )
    return attrs.evolve(
        loaded,
        accounts=tuple({**accounts, **lost}[name] for name in uses),
        failed=failed,
        problems=tuple(problems),
    )


def _marked(scan: Scan, markers: Iterable[Marker]) -> tuple[MarkedRecords, ...]:
    """Return how many records each rule named, of the rules that the reader looked for."""
    return tuple(
        MarkedRecords(
            rule=marker.id,
            effect=marker.effect,
            meaning=marker.meaning,
            records=scan.marked[marker.id],
        )
        for marker in markers
        if marker.id in scan.marked
    )


def problems_of_sources(audit: Audit, registry: Registry) -> Iterator[Problem]:
    """Yield what keeps sources from being read, and what is wrong in their mappings.

    Of CSV and Parquet files only the names of the columns are read.
    """
    from cxaudit._sources import expand

    audit = with_identity(audit, registry)
    with scratch_folder("cxaudit-") as scratch:
        for use in audit.sources:
            try:
                files = expand(use, audit.folder)
                Reading(audit, registry, {use.name: files}, scratch).load_of(use)
            except SourceError as error:
                for problem in error.problems:
                    yield _located(problem, audit, use)


def _load(load: TableLoad, engine: EngineSession, bounds: Bounds) -> LoadOutcome:
    """Fill a table, and say in its account which of the rows count by their time."""
    conditions = (
        bounds.outside(load.table),
        bounds.untimed(load.table),
        bounds.after_as_of(load.table),
    )

    def counts() -> list[int]:
        # Other sources may fill the same table from the same files.
        return [
            0 if where is None else engine.count(RowQuery(table=load.table.id, where=where))
            for where in conditions
        ]

    engine.add(load.table)
    before = counts()
    outcome = engine.load(load)
    account = outcome.account
    outside, untimed, late = (now - then for now, then in zip(counts(), before, strict=True))
    losses: list[Loss] = []
    if is_much(refused := sum(account.rejected.values()), account.read):
        often = max(account.rejected, key=lambda reason: account.rejected[reason])
        losses.append(Loss(kind="rows", lost=refused, of=account.read, likely=(often,)))
    if account.kept and outside == account.kept:
        losses.append(Loss(kind="wave", lost=outside, of=outside))
    if account.kept and late == account.kept:
        last = bounds.last_day.isoformat() if bounds.last_day is not None else ""
        losses.append(Loss(kind="as_of", lost=late, of=late, likely=(last,)))
    account = attrs.evolve(
        account, outside=outside, untimed=untimed, losses=(*account.losses, *losses)
    )
    return attrs.evolve(outcome, account=account)


def _pseudonyms(audit: Audit, registry: Registry) -> Pseudonyms | None:
    """Return how keys of people are hashed: all of them, or none.

    Readers of vendors' exports bring names, addresses and numbers; without a key of the user's
    one is drawn for the run.
    """
    raw = any(registry.get("source", use.reader).tables for use in audit.sources)
    if audit.pseudonyms is None and raw:
        return Pseudonyms(os.urandom(32), drawn=True)
    return audit.pseudonyms


def _hashed(load: TableLoad, pseudonyms: Pseudonyms | None) -> TableLoad:
    keys = {column.name for column in load.table.columns if column.identifies}
    if pseudonyms is None or not keys & load.columns.keys():
        return load
    notes = load.scan.notes
    if pseudonyms.drawn:
        notes = (*notes, Said("pseudonyms-drawn"))
    return attrs.evolve(load, pseudonyms=pseudonyms, scan=attrs.evolve(load.scan, notes=notes))


def _unbounded(audit: Audit, use: SourceUse, table: Table) -> Iterator[str]:
    """Say why the wave does not bound the rows of a source, where one could think that it does."""
    if audit.wave is None:
        return
    if not use.wave:
        yield Said("wave-set-aside")
    elif not table.time and any(
        column.type == "time" and not column.planned for column in table.columns
    ):
        yield Said("wave-without-time")


def _table_load(
    audit: Audit, registry: Registry, use: SourceUse, scan: Scan, folder: Path | None
) -> TableLoad:
    table = registry.get("table", use.table)
    assert isinstance(table, Table)
    raw = dict.fromkeys(scan.columns, "text")
    problems: list[Problem] = []
    columns = _same_names(use, registry, table, scan)
    if columns is not None and not columns:
        problems.append(
            Problem(
                f"no column of {', '.join(scan.shown)} is called as one of table {table.id}",
                path=f"sources.{use.name}",
                hint=f"Map columns under [sources.{use.name}.columns]; "
                f"the files have: {', '.join(scan.columns)}.",
            )
        )
    if use.preset is not None and (lacking := tuple(_lacking(use, use.preset, scan))):
        raise SourceError(lacking)
    columns = columns or {}
    for name, text in use.columns.items():
        expression, wrong = _mapping(text, raw, f"sources.{use.name}.columns.{name}")
        problems += wrong
        if expression is not None:
            columns[name] = expression
    where = None
    if use.where is not None:
        where, wrong = _mapping(use.where, raw, f"sources.{use.name}.where", expect="boolean")
        problems += wrong
    markers, wrong = _markers(use, raw)
    problems += wrong
    if not problems:
        problems += _missing_columns(use, table, scan, columns)
    if problems:
        raise SourceError(tuple(problems))
    used = frozenset[str]().union(*map(columns_in, columns.values()))
    used |= columns_in(where) if where is not None else frozenset()
    used = used.union(*(columns_in(when) for _, when in markers))
    aliases = {**audit.unit_aliases.get("*", {}), **audit.unit_aliases.get(use.name, {})}
    keep = folder is not None and use.quarantine == "rows"
    return TableLoad(
        source=use.name,
        table=table,
        scan=scan,
        columns=columns,
        where=where,
        markers=markers,
        zone=use.zone,
        unit=use.unit,
        unit_aliases=aliases,
        unit_zones={unit.id: unit.zone for unit in audit.units},
        unknown_fields=(
            *(name for name in scan.columns if name not in used),
            *scan.unknown_fields,
        ),
        quarantine=folder / "quarantine" / f"{use.name}.jsonl" if keep and folder else None,
    )


def _same_names(
    use: SourceUse, registry: Registry, table: Table, scan: Scan
) -> dict[str, Expression] | None:
    """Return the columns that a source gives under the table's own names; None if it maps them."""
    if use.columns and not registry.get("source", use.reader).tables:
        return None
    names = {column.name for column in table.columns} | set(_FREE)
    columns: dict[str, Expression] = {
        name: ColumnRef(name, "text") for name in scan.columns if name in names
    }
    if use.unit is not None:
        columns.pop("unit", None)
    return columns


def _markers(
    use: SourceUse, raw: Mapping[str, str]
) -> tuple[tuple[tuple[Marker, Expression], ...], tuple[Problem, ...]]:
    """Return the markers of a source with their conditions, and what is wrong in these."""
    markers: list[tuple[Marker, Expression]] = []
    problems: list[Problem] = []
    for rule in use.rules:
        path = f"sources.{use.name}.marker"
        expression, wrong = _mapping(rule.when, raw, path, expect="boolean")
        problems += wrong
        if expression is not None:
            markers.append((rule.marker, expression))
    return tuple(markers), tuple(problems)


def _lacking(use: SourceUse, preset: Preset, scan: Scan) -> Iterator[Problem]:
    """Yield one problem that names all columns which a preset reads and the files lack."""
    texts = [text for name, text in preset.columns.items() if use.columns.get(name) == text]
    texts += [rule.when for rule in preset.rules if rule in use.rules]
    texts += [preset.where] if preset.where is not None and use.where == preset.where else []
    reads = dict.fromkeys(name for text in texts for name in sorted(text_columns_in(text)))
    lacking = [name for name in reads if name not in scan.columns]
    if lacking:
        names = ", ".join(map(repr, lacking))
        yield Problem(
            f"the preset {preset.id!r} reads {'columns' if len(lacking) > 1 else 'a column'} that "
            f"{', '.join(scan.shown)} {'lack' if len(scan.shown) > 1 else 'lacks'}: {names}",
            path=f"sources.{use.name}.preset",
            hint=f"Export them, or say under [sources.{use.name}.columns] what is read instead "
            f'(`"null"` for nothing). The files have: {", ".join(scan.columns)}.',
        )


def _missing_columns(
    use: SourceUse, table: Table, scan: Scan, columns: Collection[str]
) -> Iterator[Problem]:
    """Yield a problem for each column that a table needs and a source does not fill."""
    for column in table.columns:
        if column.required and column.name not in columns:
            yield Problem(
                f"table {table.id} needs the column {column.name!r}, "
                "and the source does not give it",
                path=f"sources.{use.name}.columns",
                hint=did_you_mean(column.name, scan.columns)
                or f"The files have: {', '.join(scan.columns)}.",
            )


def _mapping(
    text: str, raw: Mapping[str, str], path: str, expect: str | None = None
) -> tuple[Expression | None, tuple[Problem, ...]]:
    try:
        expression = parse(text, raw, {}, expect=expect)
        refuse_measured(expression, "a mapping")
    except ExpressionError as error:
        return None, tuple(attrs.evolve(problem, path=path) for problem in error.problems)
    return expression, ()


def _located(problem: Problem, audit: Audit, use: SourceUse) -> Problem:
    """Return a problem of a source with its line in the audit file, unless it names a file."""
    if problem.file:
        return problem
    path = problem.path or f"sources.{use.name}"
    line, column = _line_of(audit, use, path)
    return attrs.evolve(problem, file=audit.path.name, line=line, column=column, path=path)


def _line_of(audit: Audit, use: SourceUse, path: str) -> tuple[int | None, int | None]:
    from cxaudit._checklists.documents import Problems, read_document

    document = read_document(audit.path, audit.path.name, Problems())
    if use.line is None or document is None:  # no file, or somebody changed the file meanwhile
        return use.line, None
    within = path.removeprefix(f"sources.{use.name}").strip(".").split(".")
    return document.position(("sources", use.name, *within))
