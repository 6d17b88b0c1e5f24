"""Everything that is asked of the engine before judging: tables, hits, measurements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from cxaudit._audit.measuring.measurement import measurement_of, quantile_levels
from cxaudit._audit.measuring.spans import span_of
from cxaudit._audit.planning.planner import PlannedQuery, Planner, digest
from cxaudit._audit.reading.core_tables import answer_rows, case_rows, hit_rows
from cxaudit._audit.reading.derived_tables import Deriving
from cxaudit._audit.reading.detectors import LostHits, detect
from cxaudit._audit.reading.observation import observed_until
from cxaudit._audit.reading.open_hours import add_open_hours
from cxaudit._audit.reading.sources import load_sources, source_files
from cxaudit._audit.watch import Watch
from cxaudit._model.audit import Audit
from cxaudit._model.detectors import Detector
from cxaudit._model.engine import CompiledMetric, EngineSession, Levels, MeasuredRow, RowQuery
from cxaudit._model.evidence import Answer, Case, Hit, SourceAccount
from cxaudit._model.metrics import Measurement, MetricKind
from cxaudit._model.result import RunProblem
from cxaudit._model.tables import Table
from cxaudit._plugins.containment import contained
from cxaudit._plugins.host import PluginHost

__all__ = ["Measured", "measure_all"]


@attrs.frozen(kw_only=True)
class Measured:
    """What the engine gave.

    Attributes:
        planner: The planner that was used; it knows which columns the sources give.
        measurements: All measurements.
        placed: Those outside breakdowns, by the key of their query, then by metric and unit.
        days: Table to the days of the wave that its rows were taken from, where it bounds them.
        accounts: What each source read.
        hits: What the detectors found.
        statements: Every statement that was run, by its digest.
    """

    planner: Planner
    measurements: tuple[Measurement, ...] = ()
    placed: Mapping[Any, Mapping[tuple[str, str], Measurement]] = attrs.field(factory=dict)
    days: Mapping[str, int] = attrs.field(factory=dict)
    accounts: tuple[SourceAccount, ...] = ()
    hits: tuple[Hit, ...] = ()
    statements: Mapping[str, str] = attrs.field(factory=dict)


def measure_all(
    audit: Audit,
    host: PluginHost,
    engine: EngineSession,
    cases: Sequence[Case],
    answers: Sequence[Answer],
    *,
    applies: Mapping[str, Mapping[str, bool | None]],
    scratch: Path,
    folder: Path | None,
    watch: Watch,
    problems: list[RunProblem],
) -> Measured:
    """Fill the tables and measure every metric once.

    Raises:
        SourceError: If records cannot be read at all.
    """
    watch.stage("reading records")
    accounts, given = load_sources(
        audit,
        host.registry,
        host.registry.resolve,
        engine,
        source_files(audit),
        scratch=scratch,
        folder=folder,
        tell=watch.progress,
    )
    get = host.registry.get
    engine.add(get("table", "cases"), case_rows(cases, audit))
    engine.add(
        get("table", "answers"), answer_rows(answers, {case.id: case for case in cases}, audit)
    )
    engine.add(get("table", "observation"), [{"until": observed_until(audit, engine)}])
    schedules = add_open_hours(audit, engine, given)
    planner = Planner(audit, host.registry, given=given, applies=applies, schedules=schedules)
    deriving = Deriving(planner=planner, host=host, engine=engine, problems=problems)
    watch.stage("detecting")
    detectors = _detectors(audit, host, planner)
    deriving.make((detector.table for detector in detectors), before_hits=True)
    hits, lost = _detect(detectors, host, engine, planner, problems, watch)
    planner.lose_hits(idle=lost.absent, failed=lost.failed)
    watch.stage("deriving tables")
    deriving.make(planned.query.table for planned in planner.queries())
    queries = planner.queries()
    measurements: list[Measurement] = []
    placed: dict[Any, dict[tuple[str, str], Measurement]] = {}
    statements = dict(deriving.statements)
    watch.stage("measuring")
    tables = (get("table", name) for name in sorted({query.query.table for query in queries}))
    spans = {table.id: span_of(table, audit, planner.bounds, engine) for table in tables}
    for number, planned in enumerate(queries):
        watch.progress(planned.query.table, number, len(queries))
        text = engine.statement(planned.query)
        statements[digest(text)] = text
        span = spans[planned.query.table]
        measured = tuple(map(span.explained, _measure(planned, engine, digest(text), lost)))
        measurements += measured
        if planned.breakdown is None:
            by_metric = placed.setdefault(planned.key, {})
            by_metric |= {
                (measurement.metric, measurement.unit): measurement for measurement in measured
            }
    measurements += _unavailable(audit, planner)
    return Measured(
        planner=planner,
        measurements=tuple(measurements),
        placed=placed,
        days={name: span.days for name, span in spans.items() if span.days is not None},
        accounts=accounts,
        hits=hits,
        statements=statements,
    )


def _measure(
    planned: PlannedQuery, engine: EngineSession, query: str, lost: LostHits
) -> Iterator[Measurement]:
    metrics = {compiled.metric.id: compiled for compiled in planned.query.metrics}
    name = f"{engine.name} {engine.version}"
    seen: set[tuple[str, str]] = set()
    common: dict[str, Any] = {"touchpoint": planned.touchpoint, "engine": name, "query": query}
    if planned.breakdown is not None:
        common["breakdown"] = planned.breakdown.id
    rows = list(engine.measure(planned.query))
    ends = _ends(planned, rows, engine) if planned.breakdown is None else {}
    for row in rows:
        compiled = metrics[row.metric]
        seen.add((row.metric, row.unit))
        statistics = {**row.statistics, **ends.get((row.metric, row.unit), {})}
        found = measurement_of(
            compiled.metric, statistics, unit=row.unit, group=row.group, **common
        )
        yield _without(found, compiled, lost)
    if planned.breakdown is None:
        for compiled in planned.query.metrics:
            for unit in planned.query.units:
                if (compiled.metric.id, unit) not in seen:
                    found = measurement_of(compiled.metric, {"n": 0}, unit=unit, **common)
                    yield _without(found, compiled, lost)


def _without(found: Measurement, compiled: CompiledMetric, lost: LostHits) -> Measurement:
    """Return the measurement, unavailable when it rests on hits that could not be looked for."""
    reason = lost.reason(compiled)
    if not reason:
        return found
    return attrs.evolve(found, value=None, low=None, high=None, unavailable=reason)


def _ends(
    planned: PlannedQuery, rows: Sequence[MeasuredRow], engine: EngineSession
) -> dict[tuple[str, str], dict[str, float]]:
    """Return both ends of the quantiles' intervals, by metric and unit.

    Which quantiles they are depends on a unit's number of rows.
    """
    quantiles = {
        compiled.metric.id: attrs.evolve(compiled, thresholds=())
        for compiled in planned.query.metrics
        if compiled.metric.kind is MetricKind.QUANTILE
    }
    levels: dict[str, dict[str, Levels]] = {}
    for row in rows:
        if row.metric in quantiles:
            level = quantiles[row.metric].metric.quantile
            assert level is not None
            ends = quantile_levels(int(row.statistics["n"]), level)
            if ends != (None, None):
                levels.setdefault(row.metric, {})[row.unit] = ends
    if not levels:
        return {}
    query = attrs.evolve(planned.query, metrics=tuple(quantiles[name] for name in levels))
    return {
        place: {
            name: end for name, end in zip(("low", "high"), ends, strict=True) if end is not None
        }
        for place, ends in engine.ends(query, levels).items()
    }


def _unavailable(audit: Audit, planner: Planner) -> Iterator[Measurement]:
    """Yield measurements that say why a metric could not be measured."""
    for name, reason in planner.unavailable.items():
        if name.startswith("breakdown "):
            continue
        metric = planner.metric(name)
        yield Measurement(
            metric=name,
            kind=metric.kind,
            unit=audit.units.root.id,
            touchpoint="organisation",
            measured_in=metric.unit,
            unavailable=reason,
        )


def _detect(
    detectors: Sequence[Detector],
    host: PluginHost,
    engine: EngineSession,
    planner: Planner,
    problems: list[RunProblem],
    watch: Watch,
) -> tuple[tuple[Hit, ...], LostHits]:
    """Run the detectors whose table was read; return the hits, and why some have none."""
    lost = LostHits(frozenset(detector.id for detector in detectors))
    found: list[Hit] = []
    rows: list[dict[str, Any]] = []
    for detector in detectors:
        table = host.registry.get("table", detector.table)
        if missing := planner.available.missing(table):
            lost.absent[detector.id] = f"detector {detector.id} cannot run: {missing}"
            continue
        hits: list[Hit] = []
        where, reason = None, ""
        if detector.where is not None:
            where, reason = planner.expression(detector.where, table, "where")
        if reason:
            # Like an absent table, an absent column leaves the detector nothing to look at.
            told = lost.absent if reason.startswith("no source gives ") else lost.failed
            told[detector.id] = f"detector {detector.id} cannot run: {reason}"
            continue
        registered = detector.id in host.registry.of("detector")
        plugin = host.registry.origin("detector", detector.id) if registered else ""
        with contained("detecting", f"detector {detector.id}", plugin) as containment:
            hits += detect(detector, engine, host.registry.resolve, where=where)
            rows += hit_rows(hits, detector.table, _places(table, hits, engine))
        if problem := containment.problem:
            problems.append(problem)
            reason = f"detector {detector.id} failed: {problem.cause}"
            watch.problem(reason)
            lost.failed[detector.id] = reason
            continue
        found += hits
    engine.add(host.registry.get("table", "hits"), rows)
    return tuple(found), lost


def _detectors(audit: Audit, host: PluginHost, planner: Planner) -> list[Detector]:
    own = {detector.id: detector for detector in audit.checklist.detectors}
    tables = {planned.query.table for planned in planner.queries()}
    below = [planner.available.detectors(host.registry.get("table", name)) for name in tables]
    needed = frozenset[str]().union(*below)
    for name, detector in host.registry.of("detector").items():
        if name in needed or _mentioned(name, audit, host):
            own.setdefault(name, detector)
    return list(own.values())


def _mentioned(detector: str, audit: Audit, host: PluginHost) -> bool:
    metrics = [*audit.checklist.metrics, *host.registry.of("metric").values()]
    texts = (
        f"{metric.where} {metric.value} {metric.numerator} {metric.denominator} "
        f"{metric.positive} {metric.negative} {metric.event} {metric.evidence}"
        for metric in metrics
    )
    names = (f"'{detector}'", f"'{detector.removeprefix('cxaudit.')}'")
    return any(name in text for text in texts for name in names) or any(
        metric.table == "hits" for metric in metrics
    )


def _places(
    table: Table, hits: Sequence[Hit], engine: EngineSession
) -> dict[tuple[str, int], dict[str, Any]]:
    """Return where and when the rows are that hits were found in, as columns of hits."""
    if not hits:
        return {}
    wanted = {(hit.source, hit.row) for hit in hits}
    times = [name for name in table.time if _is_instant(table, name)]
    query = RowQuery(table=table.id, columns=("unit", "touchpoint", "_zone", *times))
    return {
        (row["_source"], row["_row"]): {
            **{name: row[name] for name in ("unit", "touchpoint", "_zone")},
            "at": next((row[name] for name in times if row[name] is not None), None),
        }
        for batch in engine.rows(query)
        for row in batch
        if (row["_source"], row["_row"]) in wanted
    }


def _is_instant(table: Table, name: str) -> bool:
    column = table.column(name)
    return column is not None and column.type == "time"
