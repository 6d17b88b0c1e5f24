"""Detectors: places in the rows of a table, found by phrases, patterns or functions."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import GeneratorType
from typing import Any

import attrs

from cxaudit._audit.planning.availability import Losses
from cxaudit._audit.planning.planner import Planner
from cxaudit._audit.reading.phrases import QUOTE_LIMIT, bounded, phrase_hits
from cxaudit._audit.watch import Watch
from cxaudit._expressions.walking import nodes_of
from cxaudit._model.audit import Audit
from cxaudit._model.detectors import Detector
from cxaudit._model.engine import CompiledMetric, EngineSession, RowQuery
from cxaudit._model.evidence import Hit
from cxaudit._model.expressions import Expression, HasHit, Literal
from cxaudit._model.result import RunProblem
from cxaudit._model.said import Said
from cxaudit._model.tables import ColumnRows
from cxaudit._plugins.checked import checked_hit
from cxaudit._plugins.containment import Containment, contained
from cxaudit._plugins.host import PluginHost
from cxaudit._plugins.registry import Registry

__all__ = [
    "QUOTE_LIMIT",
    "Detection",
    "detect",
    "detectors_of",
    "hits_missing",
    "needed_detectors",
    "run_detectors",
]


def detectors_of(compiled: CompiledMetric) -> frozenset[str]:
    """Return the detectors that a metric asks by ``has_hit``; over hits, the texts it names."""
    names: set[str] = set()
    for expression in compiled.expressions:
        for node in nodes_of(expression):
            if isinstance(node, HasHit):
                names.add(node.detector)
            elif compiled.metric.table == "hits" and isinstance(node, Literal):
                names.add(str(node.value))
    return frozenset(names)


@attrs.frozen(kw_only=True)
class Detection:
    """What became of the detectors of a run; what they found is in the table ``hits``.

    Attributes:
        losses: Why some detectors have none, beside those that looked and found nothing.
        problems: What failed.
    """

    losses: Losses
    problems: tuple[RunProblem, ...]


def hits_missing(compiled: CompiledMetric, losses: Losses) -> str:
    """Return why a metric that rests on hits cannot be measured; empty when it can.

    A metric over all hits rests on every detector that could run.
    """
    named = detectors_of(compiled) & losses.detectors
    reasons = {**losses.failed, **losses.idle}
    if not named and compiled.metric.table == "hits":
        named, reasons = losses.detectors, dict(losses.failed)
    return next((reasons[name] for name in sorted(named) if name in reasons), "")


def needed_detectors(audit: Audit, registry: Registry, planner: Planner) -> list[Detector]:
    """Return the checklist's own detectors, and those of plugins that something rests on."""
    detectors = {detector.id: detector for detector in audit.checklist.detectors}
    tables = [registry.get("table", name) for name in planner.plan().tables]
    needed = frozenset[str]().union(*map(planner.available.detectors, tables))
    metrics = [*audit.checklist.metrics, *registry.of("metric").values()]
    all_hits = any(metric.table == "hits" for metric in metrics)
    expressions = "\n".join(
        f"{metric.where} {metric.value} {metric.numerator} {metric.denominator} "
        f"{metric.positive} {metric.negative} {metric.event} {metric.evidence}"
        for metric in metrics
    )
    for name, detector in registry.of("detector").items():
        written = (f"'{name}'", f"'{name.removeprefix('cxaudit.')}'")
        if all_hits or name in needed or any(text in expressions for text in written):
            detectors.setdefault(name, detector)
    return list(detectors.values())


def run_detectors(
    detectors: Sequence[Detector],
    host: PluginHost,
    engine: EngineSession,
    planner: Planner,
    watch: Watch,
) -> Detection:
    """Run the detectors whose table was read, and fill the table of hits."""
    failed: dict[str, str] = {}
    idle: dict[str, str] = {}
    problems: list[RunProblem] = []
    hits: dict[str, ColumnRows] = {}
    for detector in detectors:
        table = host.registry.get("table", detector.table)
        if missing := planner.available.missing(table):
            idle[detector.id] = Said("detector-idle", detector=detector.id, reason=missing)
            continue
        where, reason = None, ""
        if detector.where is not None:
            where, reason = planner.compiler.expression(detector.where, table, "where")
        if reason:
            # Like an absent table, an absent column leaves the detector nothing to look at.
            absent = isinstance(reason, Said) and reason.code == "column-absent"
            reasons = idle if absent else failed
            reasons[detector.id] = Said("detector-idle", detector=detector.id, reason=reason)
            continue
        with _contained(detector, host) as containment:
            hits[detector.id] = _hits(detector, engine, host.registry.resolve, where, containment)
        _tell(containment, detector, failed, problems, watch)
    engine.add(host.registry.get("table", "hits"))
    for detector in detectors:
        with _contained(detector, host) as containment:
            if detector.id in hits:
                engine.add_hits(host.registry.get("table", detector.table), hits[detector.id])
        _tell(containment, detector, failed, problems, watch)
    names = frozenset(detector.id for detector in detectors)
    return Detection(
        losses=Losses(detectors=names, idle=idle, failed=failed),
        problems=tuple(problems),
    )


def _contained(detector: Detector, host: PluginHost) -> Containment:
    registered = detector.id in host.registry.of("detector")
    plugin = host.registry.origin("detector", detector.id) if registered else ""
    return contained("detecting", Said("of-detector", detector=detector.id), plugin)


def _tell(
    containment: Containment,
    detector: Detector,
    failed: dict[str, str],
    problems: list[RunProblem],
    watch: Watch,
) -> None:
    """Note and show that a detector failed, if it did."""
    if problem := containment.problem:
        problems.append(problem)
        reason = Said("detector-failed", detector=detector.id, cause=problem.cause)
        failed[detector.id] = reason
        watch.problem(reason)


_Match = tuple[str, int, str, int | None, int | None, str, float | None]
"""Source, row, label, start, end, quote and score of a hit."""


def _columns(detector: str, hits: Mapping[str, Any]) -> ColumnRows:
    """Return the hits of a detector as an engine takes them (see `EngineSession.add_hits`)."""
    import numpy as np

    texts = {name: np.array(hits[name], dtype=object) for name in ("_source", "label", "quote")}
    # None becomes NaN.
    numbers = {name: np.array(hits[name], dtype=float) for name in ("start", "end", "score")}
    count = len(texts["label"])
    return ColumnRows(
        {
            "_n": np.arange(count),
            "_row": np.array(hits["_row"], dtype=np.int64),
            "detector": np.full(count, detector, dtype=object),
            **texts,
            **numbers,
        }
    )


def detect(
    detector: Detector,
    engine: EngineSession,
    resolve: Callable[[Any], Any],
    *,
    where: Expression | None = None,
) -> Iterator[Hit]:
    """Yield the hits of a detector.

    Phrases are whole words of any script, whatever their case; a space in one stands for any
    white space, an apostrophe for a straight or a curly one. Patterns are found whatever their
    case. Hits of the engine come by file and row; the same place is given once a label.

    Args:
        detector: The detector.
        engine: Holds its table.
        resolve: Turns a lazy ``"package.module:attribute"`` into what it names.
        where: The detector's ``where``, checked.

    Raises:
        ValueError: If a function detector yields something that is no hit of it.
        Exception: Whatever a function detector or the engine raises.
    """
    if detector.where is not None and where is None:
        msg = f"the 'where' of detector {detector.id} was not compiled"
        raise ValueError(msg)
    columns = _hits(detector, engine, resolve, where, contained("detecting", detector.id)).columns
    names = ("_source", "_row", "label", "start", "end", "quote", "score")
    rows = zip(*(columns[name].tolist() for name in names), strict=True)
    for source, row, label, start, end, quote, score in rows:
        yield Hit(
            detector=detector.id,
            source=source,
            row=row,
            label=label,
            start=None if start != start else int(start),  # noqa: PLR0124 - NaN is not itself
            end=None if end != end else int(end),  # noqa: PLR0124
            quote=quote,
            score=None if score != score else score,  # noqa: PLR0124
        )


def _hits(
    detector: Detector,
    engine: EngineSession,
    resolve: Callable[[Any], Any],
    where: Expression | None,
    containment: Containment,
) -> ColumnRows:
    """Return the hits of a detector as an engine takes them (see `EngineSession.add_hits`)."""
    if detector.detect is None:
        return _columns(detector.id, phrase_hits(detector, engine, where))
    function = resolve(detector.detect)
    containment.code = function
    query = RowQuery(
        table=detector.table,
        where=where,
        screen=(detector.column, detector.screen) if detector.screen else None,
        columns=detector.columns or None,
    )
    batches = engine.rows(query)
    result = function(batches)
    containment.code = result if isinstance(result, GeneratorType) else function
    hits = [_match(checked_hit(hit, detector.id)) for hit in result]
    if next(batches, None) is not None:
        msg = "it ended before it had all rows: what it did not look at would count as without hits"
        raise ValueError(msg)
    names = ("_source", "_row", "label", "start", "end", "quote", "score")
    values = zip(*hits, strict=True) if hits else ((),) * len(names)
    return _columns(detector.id, dict(zip(names, values, strict=True)))


def _match(hit: Hit) -> _Match:
    row = operator.index(hit.row)
    start, end = (None if at is None else operator.index(at) for at in (hit.start, hit.end))
    return hit.source, row, hit.label, start, end, bounded(hit.quote), hit.score
