"""Collecting evidence: the rows, hits and comments behind each finding that is not whole."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import attrs

from cxaudit._audit.evidence.redaction import Redact, masked
from cxaudit._audit.planning.groupings import QueryPlan
from cxaudit._audit.planning.planner import Planner, false_if_null
from cxaudit._audit.planning.waves import both
from cxaudit._audit.reading.detectors import detectors_of
from cxaudit._model.audit import Audit
from cxaudit._model.checklist import Item
from cxaudit._model.engine import CompiledMetric, EngineSession, RowQuery
from cxaudit._model.evidence import Answer, Case, Evidence, EvidenceSet, Hit
from cxaudit._model.expressions import (
    ColumnRef,
    Comparison,
    Expression,
    HasHit,
    InList,
    IsNull,
    Literal,
    Logical,
    Not,
)
from cxaudit._model.findings import Finding, Findings, Flag
from cxaudit._model.metrics import MetricKind
from cxaudit._model.said import Said
from cxaudit._model.tables import Table

__all__ = [
    "CAP",
    "Records",
    "answer_evidence",
    "collect",
    "evidence_set",
    "hit_evidence",
    "ordered",
    "row_evidence",
]

CAP = 50
"""At most this many pieces are shown for a finding; all are counted."""


@attrs.frozen(kw_only=True)
class Records:
    """What evidence is drawn from.

    Attributes:
        planner: Says which rows count where.
        plan: What was measured.
        engine: Holds the rows; None when only people were asked.
        hits: What detectors found.
        digests: File, as shown, to SHA-256 of its content.
    """

    planner: Planner
    plan: QueryPlan
    engine: EngineSession | None
    hits: Sequence[Hit]
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
    counting = {case.id for case in cases if case.counts}
    by_item: dict[str, list[Answer]] = {}
    for answer in answers:
        if answer.case in counting:
            by_item.setdefault(answer.item, []).append(answer)
    rows = _Rows(audit, records) if records.engine is not None else None
    sets = []
    for finding in _lost(audit, findings):
        item = items[finding.item]
        members = records.planner.scope(item, finding.touchpoint).counted[finding.unit]
        total: int | None = None
        if item.check is None:
            members_answers = _answers_of(finding, frozenset(members), by_item.get(item.id, ()))
            pieces = list(answer_evidence(members_answers, records.digests))
        elif rows is not None:
            pieces, total = rows.of(item, finding, members)
        else:
            continue
        if pieces:
            subject = (finding.item, finding.touchpoint, finding.unit)
            sets.append(evidence_set(subject, pieces, redact=clean, seed=audit.seed, total=total))
    return tuple(sets)


def _lost(audit: Audit, findings: Findings) -> Iterator[Finding]:
    """Yield the findings whose evidence is shown: under full marks, at the root or flagged."""
    import numpy as np

    root = findings.units.index(audit.units.root.id) if len(findings) else -1
    flagged = (findings.flags & int(Flag.FAILED | Flag.SUSPECTED)) != 0
    with np.errstate(invalid="ignore"):
        lost = findings.score < 1
    for index in np.flatnonzero(lost & ((findings.unit == root) | flagged)):
        yield findings[int(index)]


def _answers_of(
    finding: Finding, members: frozenset[str], answers: Sequence[Answer]
) -> list[Answer]:
    return [
        answer
        for answer in answers
        if answer.unit in members
        and (
            answer.touchpoint == finding.touchpoint
            or answer.touchpoint.startswith(f"{finding.touchpoint}.")
        )
    ]


class _Rows:
    """Draws the rows that count against an item, with the hits in them."""

    def __init__(self, audit: Audit, records: Records) -> None:
        assert records.engine is not None
        self._audit = audit
        self._planner = records.planner
        self._metrics = records.plan.metrics
        self._engine = records.engine
        self._digests = records.digests
        self._hits: dict[tuple[str, int], list[Hit]] = {}
        for hit in records.hits:
            self._hits.setdefault((hit.source, hit.row), []).append(hit)

    def of(
        self, item: Item, finding: Finding, members: Sequence[str]
    ) -> tuple[list[Evidence], int | None]:
        """Return the drawn rows of the item's first metric that count against it, and how many."""
        metric = next(iter(self._planner.metrics_of(item).values()), None)
        compiled = self._metrics.get(metric.id) if metric is not None else None
        where = _against(item, compiled) if compiled is not None else None
        if metric is None or compiled is None or where is None:
            return [], None
        table = self._planner.table(metric)
        narrowed = finding.touchpoint != "organisation" and self._planner.filters(item, table)
        query = RowQuery(
            table=table.id,
            where=both(
                _of_units(where, members, self._audit, finding.unit),
                self._planner.bounds.counting(table),
            ),
            touchpoint=finding.touchpoint if narrowed else None,
            limit=CAP,
            seed=self._audit.seed,
        )
        rows = [row for batch in self._engine.rows(query) for row in batch]
        total = self._engine.count(query)
        if table.id == "hits":
            return list(hit_evidence(map(_hit, rows), self._digests)), total
        pieces = list(row_evidence(rows, table, self._digests))
        detectors = detectors_of(compiled)
        if not detectors:
            return pieces, total
        for row in rows:
            pieces += hit_evidence(self._hits_of(row, detectors), self._digests)
        # All hits are counted, also those of rows that were not drawn.
        condition = _with_hits(query.where, detectors)
        quoted = attrs.evolve(query, where=condition, limit=None, columns=())
        for batch in self._engine.rows(quoted):
            total += sum(len(self._hits_of(row, detectors)) for row in batch)
        return pieces, total

    def _hits_of(self, row: Mapping[str, Any], detectors: frozenset[str]) -> list[Hit]:
        hits = self._hits.get((row["_source"], row["_row"]), ())
        return [hit for hit in hits if hit.detector in detectors]


def _hit(row: Mapping[str, Any]) -> Hit:
    fields = ("detector", "label", "start", "end", "quote")
    return Hit(source=row["_source"], row=row["_row"], **{name: row[name] for name in fields})


def _with_hits(where: Expression | None, detectors: frozenset[str]) -> Expression:
    hits = tuple(HasHit(detector, None) for detector in sorted(detectors))
    any_hit: Expression = hits[0] if len(hits) == 1 else Logical("or", hits)
    return any_hit if where is None else Logical("and", (where, any_hit))


def _of_units(where: Expression, members: Sequence[str], audit: Audit, unit: str) -> Expression:
    """Return a condition for the rows that count for a unit; those of no known unit for the root.

    The root names the units that do not count, which are few: engines are slow on a long list.
    """
    column = ColumnRef("unit", "text")
    root = unit == audit.units.root.id
    counting = frozenset(members)
    others = [member.id for member in audit.units if member.id not in counting]
    named = others if root else [*members]
    if not named:
        return where
    listed = InList(column, tuple(Literal(name, "text") for name in named))
    counts = Logical("or", (Not(listed), IsNull(column))) if root else listed
    return Logical("and", (where, counts))


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
    rows: Iterable[Mapping[str, Any]], table: Table, digests: Mapping[str, str]
) -> Iterator[Evidence]:
    """Yield rows of a table as evidence, its personal columns masked.

    Args:
        rows: Rows with ``_source`` and ``_row``; further columns with an underscore are left out.
        table: Their table.
        digests: File as shown to the SHA-256 of its content.
    """
    for row in rows:
        source = str(row["_source"])
        fields = {name: _plain(value) for name, value in row.items() if not name.startswith("_")}
        yield Evidence(
            kind="row",
            source=source,
            key=str(row["_row"]),
            fields=masked(fields, table),
            digest=_digest(source, digests),
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


def evidence_set(
    subject: tuple[str, str, str],
    pieces: Iterable[Evidence],
    *,
    redact: Redact,
    seed: int,
    total: int | None = None,
) -> EvidenceSet:
    """Return what a finding rests on: at most `CAP` pieces in the order of a seeded hash.

    The order depends on the seed and on where a piece comes from, never on how they are ordered,
    so the same data and seed show the same pieces.

    Args:
        subject: Item, touchpoint and unit of the finding.
        pieces: The pieces.
        redact: Returns a piece without personal data; None drops it, which is counted.
        seed: The audit's seed.
        total: How many pieces there are, when ``pieces`` is a draw from them.
    """
    drawn = ordered(pieces, seed)
    redacted = [redact(piece) for piece in drawn[:CAP]]
    kept = tuple(piece for piece in redacted if piece is not None)
    item, touchpoint, unit = subject
    return EvidenceSet(
        item=item,
        touchpoint=touchpoint,
        unit=unit,
        total=len(drawn) if total is None else total,
        shown=kept,
        dropped=len(redacted) - len(kept),
    )


def ordered(pieces: Iterable[Evidence], seed: int) -> list[Evidence]:
    """Return pieces in the order of a hash of the seed and of where each comes from."""
    return sorted(pieces, key=lambda piece: _rank(piece, seed))


def _digest(source: str, digests: Mapping[str, str]) -> str:
    # A sheet of a workbook is named behind its file.
    return digests.get(source) or digests.get(source.partition("#")[0], "")


def _rank(piece: Evidence, seed: int) -> bytes:
    key = (str(seed), piece.kind, piece.source, piece.key, piece.place, piece.quote)
    return hashlib.sha256("\x1f".join(key).encode("utf-8", "surrogatepass")).digest()


def _plain(value: Any) -> str | float | bool | None:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)
