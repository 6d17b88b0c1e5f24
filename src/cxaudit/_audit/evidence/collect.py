"""Collecting evidence: the rows, hits and comments behind each finding that is not whole."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import attrs

from cxaudit._audit.evidence.redaction import Redact
from cxaudit._audit.planning.groupings import QueryPlan, parts
from cxaudit._audit.planning.planner import Planner, false_if_null
from cxaudit._audit.reading.detectors import detectors_of
from cxaudit._model.audit import Audit
from cxaudit._model.checklist import Item
from cxaudit._model.engine import CompiledMetric, DrawCondition, DrawQuery, EngineSession
from cxaudit._model.evidence import Answer, Case, Evidence, EvidenceSet, Hit
from cxaudit._model.expressions import Comparison, Expression, Literal, Logical, Not
from cxaudit._model.findings import Finding, Findings, Flag
from cxaudit._model.metrics import MetricKind
from cxaudit._model.said import Said
from cxaudit._model.tables import Table

__all__ = [
    "CAP",
    "Pool",
    "Records",
    "answer_evidence",
    "by_hash",
    "collect",
    "evidence_sets",
    "hit_evidence",
    "row_evidence",
]

CAP = 50
"""At most this many pieces are shown for a finding; all are counted."""

Subject = tuple[str, str, str]
"""Item, touchpoint and unit of a finding."""


@attrs.frozen
class Pool:
    """Pieces, each once: a row counts against several items, and at its site as at the root.

    Attributes:
        pieces: The pieces.
        drawn: Finding to the positions of its pieces, and how many there are in all.
    """

    pieces: list[Evidence] = attrs.field(factory=list)
    drawn: dict[Subject, tuple[Sequence[int], int]] = attrs.field(factory=dict)

    def add(self, subject: Subject, pieces: Iterable[Evidence]) -> None:
        """Add all pieces of a finding, which no other has."""
        start = len(self.pieces)
        self.pieces.extend(pieces)
        positions = range(start, len(self.pieces))
        self.drawn[subject] = positions, len(positions)


@attrs.frozen(kw_only=True)
class Records:
    """What evidence is drawn from.

    Attributes:
        planner: Says which rows count where.
        plan: What was measured.
        engine: Holds the rows and the hits; None when only people were asked.
        digests: File, as shown, to SHA-256 of its content.
    """

    planner: Planner
    plan: QueryPlan
    engine: EngineSession | None
    digests: Mapping[str, str]


def collect(
    audit: Audit,
    findings: Findings,
    answers: Sequence[Answer],
    cases: Sequence[Case],
    records: Records,
    clean: Redact,
) -> tuple[EvidenceSet, ...]:
    """Return what each finding rests on that lost something: at the root, or where it is flagged.

    At most 50 pieces a finding, drawn by a hash with the audit's seed, with the full count. All
    pieces pass the default redactor and those of plugins; a piece that a redactor refuses or
    fails on is dropped and counted.
    """
    items = {item.id: item for item in audit.checklist.items}
    lost = list(_lost(audit, findings))
    noted = _by_unit(answers, cases)
    pool = _drawn(audit, items, lost, records)
    subjects = [(finding.item, finding.touchpoint, finding.unit) for finding in lost]
    for finding, subject in zip(lost, subjects, strict=True):
        if items[finding.item].check is None:
            scope = records.planner.scope(items[finding.item], finding.touchpoint)
            pool.add(subject, _comments(finding, scope.counted[finding.unit], noted, records))
    return tuple(evidence_sets(subjects, pool, clean, audit.seed))


def _lost(audit: Audit, findings: Findings) -> Iterator[Finding]:
    """Yield the findings whose evidence is shown: under full marks, at the root or flagged."""
    import numpy as np

    root = findings.units.index(audit.units.root.id) if len(findings) else -1
    flagged = (findings.flags & int(Flag.FAILED | Flag.SUSPECTED)) != 0
    with np.errstate(invalid="ignore"):
        lost = findings.score < 1
    for index in np.flatnonzero(lost & ((findings.unit == root) | flagged)):
        yield findings[int(index)]


_ByUnit = Mapping[tuple[str, str], Sequence[Answer]]


def _by_unit(answers: Sequence[Answer], cases: Sequence[Case]) -> _ByUnit:
    """Return item and unit to the answers of cases that count."""
    counting = {case.id for case in cases if case.counts}
    noted: dict[tuple[str, str], list[Answer]] = {}
    for answer in answers:
        if answer.case in counting:
            noted.setdefault((answer.item, answer.unit), []).append(answer)
    return noted


def _comments(
    finding: Finding, members: Sequence[str], noted: _ByUnit, records: Records
) -> list[Evidence]:
    answers = (
        answer
        for unit in members
        for answer in noted.get((finding.item, unit), ())
        if f"{answer.touchpoint}.".startswith(f"{finding.touchpoint}.")
    )
    return list(answer_evidence(answers, records.digests))


@attrs.frozen
class _Asked:
    """What is drawn for the findings of an item at a touchpoint, and the metric it rests on."""

    item: str
    touchpoint: str
    metric: CompiledMetric
    condition: DrawCondition


def _drawn(
    audit: Audit, items: Mapping[str, Item], lost: Sequence[Finding], records: Records
) -> Pool:
    """Return the pieces drawn for findings that are measured."""
    pool = Pool()
    if records.engine is None:
        return pool
    units: dict[tuple[str, str], list[str]] = {}
    for finding in lost:
        if items[finding.item].check is not None:
            units.setdefault((finding.item, finding.touchpoint), []).append(finding.unit)
    metrics = records.plan.metrics
    by_table: dict[str, list[_Asked]] = {}
    for (name, touchpoint), wanted in units.items():
        asked = _asked(items[name], touchpoint, wanted, records.planner, metrics)
        if asked is not None:
            by_table.setdefault(asked.metric.metric.table, []).append(asked)
    for of_table in by_table.values():
        for part in parts({asked.metric.metric.id: asked.metric for asked in of_table}):
            some = [asked for asked in of_table if asked.metric.metric.id in part]
            _draw(audit, some, records, pool)
    return pool


def _asked(
    item: Item,
    touchpoint: str,
    units: Sequence[str],
    planner: Planner,
    metrics: Mapping[str, CompiledMetric],
) -> _Asked | None:
    """Return what is drawn for an item: rows of its first metric that count against it."""
    metric = next(iter(planner.metrics_of(item).values()), None)
    compiled = metrics.get(metric.id) if metric is not None else None
    where = _against(item, compiled) if compiled is not None else None
    if compiled is None or where is None:
        return None
    table = planner.table(compiled.metric)
    counted = planner.scope(item, touchpoint).counted
    narrowed = touchpoint != "organisation" and planner.filters(item, table)
    condition = DrawCondition(
        where=where,
        units={unit: tuple(counted[unit]) for unit in units},
        touchpoint=touchpoint if narrowed else None,
        detectors=frozenset() if table.id == "hits" else detectors_of(compiled),
    )
    return _Asked(item.id, touchpoint, compiled, condition)


def _draw(audit: Audit, some: Sequence[_Asked], records: Records, pool: Pool) -> None:
    assert records.engine is not None
    table = records.planner.table(some[0].metric.metric)
    draws = records.engine.draws(
        DrawQuery(
            table=table.id,
            conditions=tuple(asked.condition for asked in some),
            root=audit.units.root.id,
            where=records.planner.bounds.counting(table),
            limit=CAP,
            seed=audit.seed,
        )
    )
    first = len(pool.pieces)
    if table.id == "hits":
        pool.pieces.extend(hit_evidence(_hits(draws.rows), records.digests))
    else:
        pool.pieces.extend(row_evidence(draws.rows, table, records.digests))
    quotes: dict[int, list[tuple[str, int]]] = {}
    for position, hits in draws.hits.items():
        numbers = range(len(pool.pieces), len(pool.pieces) + len(hits))
        quotes[position] = [(hit.detector, at) for hit, at in zip(hits, numbers, strict=True)]
        pool.pieces.extend(hit_evidence(hits, records.digests))
    for (number, unit), result in draws.drawn.items():
        asked = some[number]
        positions = [first + position for position in result.rows]
        positions += (
            at
            for position in result.rows
            for detector, at in quotes.get(position, ())
            if detector in asked.condition.detectors
        )
        # All hits are counted, also those of rows that were not drawn.
        subject = asked.item, asked.touchpoint, unit
        pool.drawn[subject] = positions, result.total + result.hits


def _hits(rows: Mapping[str, Sequence[Any]]) -> Iterator[Hit]:
    names = ("_source", "_row", "detector", "label", "start", "end", "quote")
    for source, row, *values in zip(*(rows[name] for name in names), strict=True):
        detector, label, start, end, quote = values
        yield Hit(
            source=source,
            row=row,
            detector=detector,
            label=label,
            start=start,
            end=end,
            quote=quote,
        )


def _against(item: Item, compiled: CompiledMetric) -> Expression | None:
    """Return the condition of rows that count against an item's metric, or None without one."""
    assert item.check is not None
    metric = compiled.metric
    target, better = (item.check.settings.get(name) for name in ("target", "better"))
    lower = metric.lower_is_better if better is None else better == "lower"
    bad = compiled.evidence
    if bad is None and metric.kind is MetricKind.SHARE and compiled.value is not None:
        # A null condition does not hold, so it counts against the share.
        bad = compiled.value if lower else Not(false_if_null(compiled.value))
    if bad is None and metric.kind is MetricKind.NET_SCORE:
        bad = compiled.negative
    measured = compiled.value
    comparable = isinstance(target, (int, float)) and lower is not None
    if bad is None and comparable and measured is not None and measured.type == "number":
        bad = Comparison(">" if lower else "<", measured, Literal(target, "number"))
    if bad is None:
        return None
    return bad if compiled.where is None else Logical("and", (compiled.where, bad))


def row_evidence(
    rows: Mapping[str, Sequence[Any]], table: Table, digests: Mapping[str, str]
) -> Iterator[Evidence]:
    """Yield rows of a table as evidence, its personal columns masked; null stays null.

    Args:
        rows: Rows by column, with ``_source`` and ``_row``; further columns with an underscore are
            left out. Times are naive, in UTC.
        table: Their table.
        digests: File as shown to the SHA-256 of its content.
    """
    columns = {name: values for name, values in rows.items() if not name.startswith("_")}
    for column in table.columns:
        values = columns.get(column.name)
        if values is None:
            continue
        if column.type in {"time", "date"}:
            # What lies outside the years that Python knows comes as a text.
            offset = "+00:00" if column.type == "time" else ""
            values = [
                f"{value.isoformat()}{offset}" if isinstance(value, date) else value
                for value in values
            ]
        if column.personal:
            values = [None if value is None else f"[{column.name}]" for value in values]
        columns[column.name] = values
    digest = {source: _digest(source, digests) for source in set(rows["_source"])}
    fields = zip(*columns.values(), strict=True) if columns else itertools.repeat(())
    for source, row, values in zip(rows["_source"], rows["_row"], fields, strict=bool(columns)):
        yield Evidence(
            kind="row",
            source=source,
            key=str(row),
            fields=dict(zip(columns, values, strict=True)),
            digest=digest[source],
        )


def answer_evidence(answers: Iterable[Answer], digests: Mapping[str, str]) -> Iterator[Evidence]:
    """Yield comments and attached files of answers as evidence; the key is the case."""
    for answer in answers:
        position = Said("row", n=answer.row)
        if answer.comment:
            yield Evidence(
                kind="comment",
                source=answer.source,
                key=answer.case,
                place=position,
                quote=answer.comment,
                digest=digests.get(answer.source, ""),
            )
        for file in answer.files:
            yield Evidence(
                kind="file", source=file.path, key=answer.case, place=position, digest=file.digest
            )


def hit_evidence(hits: Iterable[Hit], digests: Mapping[str, str]) -> Iterator[Evidence]:
    """Yield hits as evidence: the words, and where they stand in the row's text."""
    for hit in hits:
        offsets = "" if hit.start is None else f" at {hit.start}-{hit.end}"
        yield Evidence(
            kind="hit",
            source=hit.source,
            key=str(hit.row),
            place=f"{hit.detector} {hit.label}{offsets}",
            quote=hit.quote,
            digest=digests.get(hit.source, ""),
        )


def evidence_sets(
    subjects: Iterable[Subject], pool: Pool, clean: Redact, seed: int
) -> Iterator[EvidenceSet]:
    """Yield what findings rest on: at most `CAP` pieces each, in the order of a seeded hash.

    The order depends on the seed and on where a piece comes from, never on how they are ordered,
    so the same data and seed show the same pieces. A finding without a piece is left out.

    Args:
        subjects: The findings.
        pool: Their pieces, all of them or a draw.
        clean: Returns pieces without personal data; None drops one, which is counted.
        seed: The seed.
    """
    ranks = list(map(by_hash(seed), pool.pieces))
    shown = {
        subject: sorted(pool.drawn[subject][0], key=ranks.__getitem__)[:CAP]
        for subject in subjects
        if subject in pool.drawn
    }
    wanted = sorted(set[int]().union(*shown.values()))
    redacted = dict(zip(wanted, clean([pool.pieces[at] for at in wanted]), strict=True))
    for subject, positions in shown.items():
        kept = tuple(piece for at in positions if (piece := redacted[at]) is not None)
        item, touchpoint, unit = subject
        if positions:
            yield EvidenceSet(
                item=item,
                touchpoint=touchpoint,
                unit=unit,
                total=pool.drawn[subject][1],
                shown=kept,
                dropped=len(positions) - len(kept),
            )


def by_hash(seed: int) -> Callable[[Evidence], bytes]:
    """Return the rank of a piece: a hash of the seed and of where the piece comes from."""

    def rank(piece: Evidence) -> bytes:
        key = (str(seed), piece.kind, piece.source, piece.key, piece.place, piece.quote)
        return hashlib.sha256("\x1f".join(key).encode("utf-8", "surrogatepass")).digest()

    return rank


def _digest(source: str, digests: Mapping[str, str]) -> str:
    # A sheet of a workbook is named behind its file.
    return digests.get(source) or digests.get(source.partition("#")[0], "")
