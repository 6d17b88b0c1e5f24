"""Loading an audit file with everything that it names, but the evidence itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import attrs

from cxaudit._checklists.applying import check_touchpoints, check_when
from cxaudit._checklists.audit_sources import check_files, resolve_source
from cxaudit._checklists.codebooks import read_codebook
from cxaudit._checklists.context import Context, column_types
from cxaudit._checklists.documents import (
    Document,
    Problems,
    Step,
    document_of,
    read_document,
)
from cxaudit._checklists.evaluations import resolve_evaluations
from cxaudit._checklists.layers import Contents
from cxaudit._checklists.loading import Override, read_checklist
from cxaudit._checklists.names import Registry, find_spec, name_hint
from cxaudit._checklists.quantities import check_expression
from cxaudit._checklists.requiring import requirement_problem
from cxaudit._checklists.schedules import read_schedules
from cxaudit._checklists.secrets import read_pseudonyms, with_secrets
from cxaudit._checklists.units import (
    RawUnit,
    build_tree,
    idle_weights,
    units_of_csv,
    units_of_tables,
)
from cxaudit._checklists.validation import validate_document
from cxaudit._model.audit import (
    TABLE_READER,
    Audit,
    Conduct,
    Gate,
    SourceUse,
    Waiver,
    Wave,
    Worth,
)
from cxaudit._model.checklist import Checklist
from cxaudit._model.metrics import APPROXIMATE, Breakdown
from cxaudit._model.records import held_records
from cxaudit._model.resources import size_of
from cxaudit._model.themes import Codebook
from cxaudit._model.units import UnitTree
from cxaudit.errors import AuditFileError, Problem

__all__ = ["audit_of", "load_audit", "read_audit"]

_AUDIT = "<audit>"
"""What an audit that is no file is called in messages."""
_AT_HAND = "<records>"
"""The path of a source whose records are no file."""


def load_audit(path: Path, registry: Registry) -> Audit:
    """Load an audit file, its checklists and its units.

    Args:
        path: The audit file. Paths in it start from its folder.
        registry: What plugins registered.

    Returns:
        The audit, the client's parameters put into its checklist.

    Raises:
        AuditFileError: With every problem found, in the audit file and in all it names.
    """
    audit, problems = read_audit(path, registry)
    if problems.reported or audit is None:
        raise AuditFileError(problems.ordered())
    return audit


def read_audit(path: Path, registry: Registry) -> tuple[Audit | None, Problems]:
    """Load an audit file as `load_audit` does, and return its problems instead of raising.

    Returns:
        The audit as far as it could be read, None when too little of it is sound; and the
        problems found.
    """
    problems = Problems()
    document = read_document(path, str(path), problems)
    if document is None:
        return None, problems
    wrong = validate_document(document, "audit-1.schema.json", problems)
    return _Reader(document, path, wrong, registry, problems).read(), problems


def audit_of(
    content: Mapping[str, Any],
    registry: Registry,
    *,
    folder: Path,
    checklists: Sequence[Mapping[str, Any] | str | Path] = (),
    sources: Mapping[str, object] | None = None,
) -> Audit:
    """Return the audit that values describe as a file would (see `Session.load_data`).

    Raises:
        AuditFileError: With every problem found.
        TypeError: If records are none.
    """
    problems = Problems()
    records = {
        name: held_records(rows, f"the source {name!r}") for name, rows in (sources or {}).items()
    }
    names, contents = named_checklists(checklists)
    path = folder / _AUDIT
    document = document_of(_completed(content, names, records, registry), str(path), problems)
    audit = None
    if document is not None:
        wrong = validate_document(document, "audit-1.schema.json", problems)
        reader = _Reader(document, path, wrong, registry, problems, contents, records)
        audit = reader.read()
    if problems.reported or audit is None:
        raise AuditFileError(problems.ordered())
    return audit


def named_checklists(
    checklists: Sequence[Any],
) -> tuple[list[str], dict[str, Mapping[str, Any] | str]]:
    """Return a location for each checklist, and by it the content of those that are no files.

    A text of several lines is TOML; any other is a path or an id.

    Raises:
        TypeError: If the checklists are no sequence of such.
    """
    if isinstance(checklists, str | Mapping):
        msg = "checklists takes a list; write checklists=[...]"
        raise TypeError(msg)
    names: list[str] = []
    contents: dict[str, Mapping[str, Any] | str] = {}
    for position, checklist in enumerate(checklists):
        name = f"<checklists[{position}]>"
        if isinstance(checklist, Mapping):
            contents[name] = {"cxaudit": 1, **checklist}
        elif isinstance(checklist, str) and "\n" in checklist:
            contents[name] = checklist
        elif isinstance(checklist, str | Path):
            name = str(checklist)
        else:
            msg = f"checklists[{position}] is a {type(checklist).__name__}, not a mapping or a text"
            raise TypeError(msg)
        names.append(name)
    return names, contents


def _completed(
    content: Mapping[str, Any],
    checklists: Sequence[str],
    records: Mapping[str, Any],
    registry: Registry,
) -> Mapping[str, Any]:
    """Return an audit's values with the checklists and sources that were handed over beside them.

    What is there and has not the form that it should have stays as it is: the schema says so.
    """
    completed: dict[str, Any] = {"cxaudit": 1, **content}
    head = completed.get("audit")
    if checklists and isinstance(head, Mapping):
        named = head.get("checklists") or ()
        if isinstance(named, list | tuple):
            completed["audit"] = {**head, "checklists": [*named, *checklists]}
    sources = completed.get("sources") or {}
    if records and isinstance(sources, Mapping):
        completed["sources"] = dict(sources)
        for name in records:
            settings = sources.get(name) or {}
            if not isinstance(settings, Mapping):
                continue
            table = find_spec(registry, "table", name) if isinstance(name, str) else None
            defaults = {"reader": TABLE_READER, "path": _AT_HAND}
            defaults |= {"table": name} if table is not None else {}
            completed["sources"][name] = {**defaults, **settings}
    return completed


@attrs.define
class _Reader:
    document: Document
    path: Path
    wrong: set[tuple[Step, ...]]
    registry: Registry
    problems: Problems
    contents: Contents = attrs.field(factory=dict)
    records: Mapping[str, Any] = attrs.field(factory=dict)
    idle_weights: dict[str, Problem] = attrs.field(factory=dict)

    def add(self, path: tuple[Step, ...], message: str, hint: str = "") -> None:
        self.problems.add(self.document, path, message, hint)

    def sound(self, *path: Step) -> bool:
        """Tell whether the schema refused nothing at a path, under it, or around it."""
        return not any(
            wrong[: len(path)] == path or path[: len(wrong)] == wrong for wrong in self.wrong
        )

    def table(self, *path: Step) -> dict[str, Any]:
        """Return a table, without the keys that the schema refused."""
        value: Any = self.document.data
        for step in path:
            value = value.get(step, {}) if isinstance(value, dict) else {}
        if not isinstance(value, dict):
            return {}
        return {key: entry for key, entry in value.items() if self.sound(*path, key)}

    def tables(self, key: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield the sound tables of an array of tables, with their index."""
        entries = self.document.data.get(key, [])
        for index, entry in enumerate(entries if isinstance(entries, list) else ()):
            if self.sound(key, index):
                yield index, entry

    def read(self) -> Audit | None:
        head = self.table("audit")
        if self.lacks_plugins(head):  # whatever else is wrong may well come of it
            return None
        context = Context(self.registry, self.problems)
        before = len(self.problems.reported)
        checklist = self.checklist(head)
        context.incomplete = checklist is None or len(self.problems.reported) > before
        if checklist is not None:
            _declare(checklist, context)
        digests: dict[str, str] = {self.document.file: self.document.digest}
        units = self.units(head, context, digests)
        sources = self.sources(units, context)
        digests |= {use.preset.file: use.preset.digest for use in sources if use.preset}
        waves, codebook = _waves(self), self.codebook(head)
        self.check_named_files(head, context)
        settings: dict[str, Any] = {
            "codebook": codebook,
            "waves": tuple(waves.values()),
            "wave": self.wave(head, waves),
            "sources": sources,
            "evaluations": resolve_evaluations(self, sources, checklist),
            "unit_aliases": self.aliases(units),
            "schedules": read_schedules(self, self.tables("schedule"), units),
            "breakdowns": _breakdowns(self, context) if checklist is not None else (),
            "waivers": _waivers(self, checklist, units, context),
            "plugins": self.plugins(),
            "pseudonyms": read_pseudonyms(self.table("pseudonyms"), self.add),
            "redactors": tuple(self.table("privacy").get("redactors", ())),
            "outputs": self.outputs(head),
            "branding": self.branding(),
            **self.engine(head),
        }
        if checklist is not None:
            if units is not None:
                check_when(checklist, units, context)
            check_touchpoints(checklist, sources, context)
        if checklist is None or units is None or not {"id", "title", "client"} <= head.keys():
            return None
        return Audit(
            id=head["id"],
            title=head["title"],
            client=head["client"],
            path=self.path,
            language=head.get("language", "en"),
            checklist=checklist,
            units=units,
            cases=tuple(head.get("cases", ())),
            answers=tuple(head.get("answers", ())),
            identity=head.get("identity"),
            conduct=Conduct(**self.table("conduct")),
            gate=Gate(**self.table("gate")),
            seed=head.get("seed", 0),
            worth=Worth(**worth) if (worth := self.table("worth")) else None,
            as_of=head.get("as_of"),
            time_limit=head.get("time_limit"),
            digests={**digests, **checklist.digests, **(codebook.digests if codebook else {})},
            idle_weights=self.idle_weights,
            **settings,
        )

    def lacks_plugins(self, head: Mapping[str, Any]) -> bool:
        """Report the plugins that are required and not there; tell whether there are some."""
        lacks = False
        for index, text in enumerate(head.get("requires", ())):
            if problem := requirement_problem(text, self.registry.plugins):
                self.add(("audit", "requires", index), *problem)
                lacks = True
        self.problems.incomplete |= lacks
        return lacks

    def codebook(self, head: Mapping[str, Any]) -> Codebook | None:
        if "codebook" in head and (file := self.path.parent / head["codebook"]).is_file():
            return read_codebook(file, self.problems)
        return None

    def check_named_files(self, head: Mapping[str, Any], context: Context) -> None:
        """Report the files of cases, answers, identity and codebook that are not there."""
        for key in ("cases", "answers"):
            for index, name in enumerate(head.get(key, ())):
                check_files(self.document, ("audit", key, index), [name], context)
        for key in ("identity", "codebook"):
            if key in head:
                check_files(self.document, ("audit", key), [head[key]], context)

    def checklist(self, head: Mapping[str, Any]) -> Checklist | None:
        overrides = {}
        for name, setting in self.table("params").items():
            table = setting if isinstance(setting, dict) else {"value": setting}

            def report(message: str, hint: str, *path: str, name: str = name) -> None:
                self.add(("params", name, *path), message, hint)

            def report_value(
                message: str,
                hint: str,
                report: Callable[..., None] = report,
                path: tuple[str, ...] = ("value",) if isinstance(setting, dict) else (),
            ) -> None:
                report(message, hint, *path)

            overrides[name] = Override(
                table["value"], report, report_value, table.get("basis"), table.get("agreed_by", "")
            )
        return read_checklist(
            head.get("checklists", ()),
            folder=self.path.parent,
            registry=self.registry,
            problems=self.problems,
            overrides=overrides,
            blame=lambda index: (self.document, ("audit", "checklists", index)),
            schedules=self.schedule_ids(),
            contents=self.contents,
        )

    def schedule_ids(self) -> frozenset[str] | None:
        """Return the ids of the audit's schedules; None when a source may give some."""
        for source in self.table("sources").values():
            reader = find_spec(self.registry, "source", str(source.get("reader")))
            filled = (source.get("table"), *(reader[1].tables if reader else ()))
            if "schedules" in filled:
                return None
        entries = self.document.data.get("schedule", [])
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            return None
        return frozenset(entry.get("id", "") for entry in entries)

    def units(
        self, head: Mapping[str, Any], context: Context, digests: dict[str, str]
    ) -> UnitTree | None:
        raw: list[RawUnit] = list(units_of_tables(self.document, self.wrong, self.problems))
        written = bool(self.document.data.get("unit"))
        if "units" in head:
            if written:
                self.add(
                    ("audit", "units"),
                    "Units are given twice: in a file, and as [[unit]].",
                    "Keep one of the two.",
                )
                return None
            file = str(self.path.parent / head["units"])
            if not Path(file).is_file():
                check_files(self.document, ("audit", "units"), [head["units"]], context)
                return None
            listed = units_of_csv(Path(file), file, self.problems, digests)
            if listed is None:
                return None
            raw = listed
            if not raw and not any(problem.file == file for problem in self.problems.reported):
                self.add(("audit", "units"), "The file holds no units.", "Add a row for each.")
        elif not written and self.sound("unit"):
            self.add(
                ("audit",),
                "The audit has no units.",
                'Add `[[unit]]` with id and kind = "organisation", or `units = "units.csv"`.',
            )
        tree = build_tree(raw, context)
        self.idle_weights = idle_weights(raw)
        return None if any(path[:1] == ("unit",) for path in self.wrong) else tree

    def sources(self, units: UnitTree | None, context: Context) -> tuple[SourceUse, ...]:
        resolved = (
            resolve_source(self.document, name, table, units, context, self.records.get(name))
            for name, table in self.table("sources").items()
        )
        uses = tuple(use for use in resolved if use is not None)
        clusters: dict[str, SourceUse] = {}
        for use in uses:
            first = clusters.setdefault(use.table, use)
            if use.cluster != first.cluster:
                self.add(
                    ("sources", use.name, *(("cluster",) if use.cluster else ())),
                    f"The sources {first.name!r} and {use.name!r} fill the table {use.table!r} and "
                    "name other clusters.",
                    "Say the same `cluster` in both, or none.",
                )
        return uses

    def aliases(self, units: UnitTree | None) -> dict[str, dict[str, str]]:
        sources = self.document.data.get("sources", {})
        aliases = self.table("unit_alias")
        for source, codes in aliases.items():
            if source != "*" and source not in sources:
                hint = f'{name_hint(source, sources)} Write "*" for all sources.'
                self.add(("unit_alias", source), f"There is no source {source!r}.", hint)
            for code, unit in codes.items():
                if units is not None and unit not in units:
                    self.add(
                        ("unit_alias", source, code),
                        f"There is no unit {unit!r}.",
                        name_hint(unit, (u.id for u in units)),
                    )
        return aliases

    def wave(self, head: Mapping[str, Any], waves: Mapping[str, Wave]) -> Wave | None:
        name = head.get("wave")
        if name is not None and name not in waves and self.sound("wave"):
            hint = name_hint(name, waves) if waves else "Add `[[wave]]` with id, start and end."
            self.add(("audit", "wave"), f"There is no wave {name!r}.", hint)
        return waves.get(name) if name is not None else None

    def plugins(self) -> dict[str, Mapping[str, Any]]:
        return {
            name: with_secrets(settings, ("plugins", name), self.add)
            for name, settings in self.table("plugins").items()
        }

    def branding(self) -> dict[str, str]:
        settings = self.table("branding")
        if not settings:
            return {}
        from cxaudit._checklists.branding import read_branding

        return read_branding(settings, self.path.parent, self.add)

    def engine(self, head: Mapping[str, Any]) -> dict[str, Any]:
        """Return the engine, its memory and its way with quantiles, where the file names them."""
        settings: dict[str, Any] = {}
        if "engine" in head:
            settings["engine"] = self.named("engine", head["engine"], ("audit", "engine"))
        try:
            memory = self.table("engine").get("memory")
            settings |= {} if memory is None else {"memory": size_of(memory)}
        except ValueError as error:
            self.add(("engine", "memory"), f"The memory {error}.")
        if self.table("engine").get("quantiles") == "approximate":
            settings["quantile_error"] = APPROXIMATE
        return settings

    def outputs(self, head: Mapping[str, Any]) -> tuple[str, ...]:
        names = enumerate(head.get("outputs", ()))
        return tuple(
            self.named("output", name, ("audit", "outputs", index)) for index, name in names
        )

    def named(self, kind: str, name: str, path: tuple[Step, ...]) -> str:
        """Return the full id of a registered name; what is not registered is a problem."""
        registered = find_spec(self.registry, kind, name)
        if registered is not None:
            return registered[0]
        hint = name_hint(name, self.registry.of(kind), kind)
        self.add(path, f"There is no {kind} {name!r}.", hint)
        return name


def _waves(reader: _Reader) -> dict[str, Wave]:
    waves: dict[str, Wave] = {}
    first: dict[str, int] = {}
    for index, table in reader.tables("wave"):
        name = table["id"]
        if name in waves:
            line = reader.document.line(("wave", first[name]))
            message = f"The wave {name!r} is defined twice: also in {line}."
            reader.add(("wave", index, "id"), message, "Give each its own id.")
            continue
        first[name] = index
        if table["end"] < table["start"]:
            reader.add(
                ("wave", index, "end"),
                f"The wave ends ({table['end']}) before it starts ({table['start']}).",
                "Swap the two dates, or mend the year.",
            )
        waves[name] = Wave(id=name, start=table["start"], end=table["end"])
    return waves


def _breakdowns(reader: _Reader, context: Context) -> tuple[Breakdown, ...]:
    breakdowns: dict[str, Breakdown] = {}
    for index, entry in reader.tables("breakdown"):
        at: tuple[Step, ...] = ("breakdown", index)
        if entry["id"] in breakdowns:
            message = f"The breakdown {entry['id']!r} is defined twice."
            reader.add((*at, "id"), message, "Give each its own id.")
        metrics, tables = [], {}
        for position, name in enumerate(entry["metrics"]):
            metric = (name, context.metrics[name]) if name in context.metrics else None
            metric = metric or find_spec(reader.registry, "metric", name)
            if metric is None and context.is_undecided("metric", name):
                continue
            if metric is None:
                reader.add((*at, "metrics", position), *context.unknown("metric", name))
            else:
                metrics.append(metric[0])
                tables[metric[1].table] = name
        if len(tables) > 1:
            reads = " and ".join(f"{name!r} reads {table}" for table, name in tables.items())
            reader.add(
                (*at, "metrics"),
                f"The metrics of a breakdown are over one table, and {reads}.",
                "Make one breakdown for each table.",
            )
        elif tables:
            table = find_spec(reader.registry, "table", next(iter(tables)))
            columns = column_types(table[1]) if table else {}
            for message, hint in check_expression(entry["by"], columns, context, None):
                reader.add((*at, "by"), message, hint)
        breakdowns[entry["id"]] = Breakdown(
            id=entry["id"],
            metrics=tuple(metrics),
            by=entry["by"],
            title=entry.get("title", ""),
            minimum=entry.get("minimum", 10),
        )
    return tuple(breakdowns.values())


def _waivers(
    reader: _Reader, checklist: Checklist | None, units: UnitTree | None, context: Context
) -> tuple[Waiver, ...]:
    waivers = []
    for index, table in reader.tables("waiver"):
        at: tuple[Step, ...] = ("waiver", index)
        items = {item.id: item for item in checklist.items} if checklist else {}
        glob, unit, touchpoint = table["item"], table.get("unit"), table.get("touchpoint")
        named = [items[name] for name in items if fnmatchcase(name, glob)]
        live = [item for item in named if item.excluded is None]
        if not context.incomplete and not named:
            reader.add((*at, "item"), f"No item matches {glob!r}.", name_hint(glob, items))
        elif not context.incomplete and not live:
            message = f"All that {glob!r} matches is excluded, so there is nothing to waive."
            reader.add((*at, "item"), message, "Remove the waiver, or the exclusion.")
        if unit is not None and units is not None and unit not in units:
            hint = name_hint(unit, (u.id for u in units))
            reader.add((*at, "unit"), f"There is no unit {unit!r}.", hint)
        if touchpoint is not None and touchpoint not in context.touchpoints:
            touchpoint = reader.named("touchpoint", touchpoint, (*at, "touchpoint"))
        places = sorted({touchpoint for item in live for touchpoint in item.touchpoints})
        if touchpoint is not None and places and touchpoint not in places:
            message = f"Nothing that {glob!r} matches is judged at {touchpoint!r}."
            reader.add((*at, "touchpoint"), message, name_hint(touchpoint, places))
        waivers.append(Waiver(**{**table, "touchpoint": touchpoint}))
    return tuple(waivers)


def _declare(checklist: Checklist, context: Context) -> None:
    """Put what a checklist declares into the context of its audit."""
    context.parameters = dict(checklist.parameters)
    context.metrics = {metric.id: metric for metric in checklist.metrics}
    context.detectors = {detector.id: detector for detector in checklist.detectors}
    context.touchpoints = {touchpoint.id: touchpoint for touchpoint in checklist.touchpoints}
