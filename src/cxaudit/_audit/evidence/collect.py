"""Collecting evidence: the rows, hits and comments behind each finding that is not whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from cxaudit._audit.evidence.pieces import (
    CAP,
    answer_evidence,
    evidence_set,
    hit_evidence,
    row_evidence,
)
from cxaudit._audit.evidence.redaction import redact
from cxaudit._audit.planning.planner import Planner, holds
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
from cxaudit._model.metrics import Metric, MetricKind
from cxaudit._plugins.containment import contained
from cxaudit._plugins.host import PluginHost

__all__ = ["collect", "redacted_answers", "redacted_cases", "redactor"]


Redact = Callable[[Evidence], Evidence | None]


def redactor(host: PluginHost) -> Redact:
    """Return the default redactor followed by those of plugins; it fails closed."""

    def clean(piece: Evidence) -> Evidence | None:
        with contained("cxaudit_redact", piece.kind) as containment:
            last: Evidence | None = host.call_chain("cxaudit_redact", evidence=redact(piece))
        return last if containment.error is None else None

    return clean


def redacted_answers(answers: Sequence[Answer], audit: Audit, clean: Redact) -> tuple[Answer, ...]:
    """Return answers with the words of raters redacted."""
    free = {item.id for item in audit.checklist.items if item.ask and item.ask.answer == "text"}

    def words(answer: Answer, text: str) -> str:
        return _words(text, answer.source, answer.case, clean)

    return tuple(
        answer
        if not (answer.comment or answer.reason or answer.item in free)
        else attrs.evolve(
            answer,
            comment=words(answer, answer.comment),
            reason=words(answer, answer.reason),
            value=words(answer, answer.value)
            if isinstance(answer.value, str) and answer.item in free
            else answer.value,
        )
        for answer in answers
    )


def redacted_cases(cases: Sequence[Case], clean: Redact) -> tuple[Case, ...]:
    """Return cases with the words of their scenarios redacted."""
    return tuple(
        attrs.evolve(case, scenario=_words(case.scenario, "", case.id, clean)) for case in cases
    )


def _words(text: str, source: str, case: str, clean: Redact) -> str:
    if not text:
        return text
    kept = clean(Evidence(kind="comment", source=source, key=case, quote=text))
    return "[dropped]" if kept is None else kept.quote


def collect(
    audit: Audit,
    clean: Redact,
    planner: Planner,
    engine: EngineSession | None,
    findings: Findings,
    answers: Sequence[Answer],
    cases: Mapping[str, Case],
    hits: Sequence[Hit],
    digests: Mapping[str, str],
) -> tuple[EvidenceSet, ...]:
    """Return what each finding rests on that lost something: at the root, or where it is flagged.

    At most 50 pieces a finding, drawn by a hash with the audit's seed, with the full count. All
    pieces pass the default redactor and those of plugins; a piece that a redactor refuses or
    fails on is dropped and counted.
    """
    items = {item.id: item for item in audit.checklist.items}
    by_row: dict[tuple[str, int], list[Hit]] = {}
    for hit in hits:
        by_row.setdefault((hit.source, hit.row), []).append(hit)
    by_item: dict[str, list[Answer]] = {}
    for answer in answers:
        by_item.setdefault(answer.item, []).append(answer)
    found = []
    for finding in _lost(audit, findings):
        item = items[finding.item]
        members = planner.places(item, finding.touchpoint).counted[finding.unit]
        total: int | None = None
        if item.check is None:
            own = _answers_of(finding, frozenset(members), by_item.get(item.id, ()), cases)
            pieces = list(answer_evidence(own, digests))
        elif engine is not None:
            pieces, total = _rows_of(
                audit, planner, engine, item, finding, members, by_row, digests
            )
        else:
            continue
        if pieces:
            place = (finding.item, finding.touchpoint, finding.unit)
            found.append(evidence_set(place, pieces, redact=clean, seed=audit.seed, total=total))
    return tuple(found)


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
    finding: Finding,
    members: frozenset[str],
    answers: Sequence[Answer],
    cases: Mapping[str, Case],
) -> list[Answer]:
    return [
        answer
        for answer in answers
        if answer.unit in members
        and cases[answer.case].counts
        and (
            answer.touchpoint == finding.touchpoint
            or answer.touchpoint.startswith(f"{finding.touchpoint}.")
        )
    ]


def _rows_of(
    audit: Audit,
    planner: Planner,
    engine: EngineSession,
    item: Item,
    finding: Finding,
    members: Sequence[str],
    by_row: Mapping[tuple[str, int], Sequence[Hit]],
    digests: Mapping[str, str],
) -> tuple[list[Evidence], int | None]:
    """Return the drawn rows of the item's first metric that count against it, and how many."""
    assert item.check is not None
    metric = next(iter(planner.metrics_of(item).values()), None)
    compiled = planner.compile(metric) if metric is not None else None
    if metric is None or compiled is None:
        return [], None
    target = item.check.settings.get("target")
    better = item.check.settings.get("better")
    where = _against(
        compiled,
        metric,
        target if isinstance(target, (int, float)) else None,
        lower=metric.lower_is_better if better is None else better == "lower",
    )
    if where is None:
        return [], None
    table = planner.table(metric)
    narrowed = finding.touchpoint != "organisation" and planner.filters(item, table)
    query = RowQuery(
        table=table.id,
        where=both(_of_units(where, members, audit, finding.unit), planner.bounds.counting(table)),
        touchpoint=finding.touchpoint if narrowed else None,
        limit=CAP,
        seed=audit.seed,
    )
    rows = [row for batch in engine.rows(query) for row in batch]
    total = engine.count(query)
    if table.id == "hits":
        return list(hit_evidence(map(_hit, rows), digests)), total
    pieces = list(row_evidence(rows, table, digests))
    asked = detectors_of(compiled)
    if not asked:
        return pieces, total
    for row in rows:
        pieces += hit_evidence(_hits_of(row, by_row, asked), digests)
    # All hits are counted, also those of rows that were not drawn.
    quoted = attrs.evolve(query, where=_with_hits(query.where, asked), limit=None, columns=())
    for batch in engine.rows(quoted):
        total += sum(len(_hits_of(row, by_row, asked)) for row in batch)
    return pieces, total


def _hit(row: Mapping[str, Any]) -> Hit:
    fields = ("detector", "label", "start", "end", "quote")
    given = {name: row[name] for name in fields}
    return Hit(source=row["_source"], row=row["_row"], **given)


def _hits_of(
    row: Mapping[str, Any],
    by_row: Mapping[tuple[str, int], Sequence[Hit]],
    asked: frozenset[str],
) -> list[Hit]:
    found = by_row.get((row["_source"], row["_row"]), ())
    return [hit for hit in found if hit.detector in asked]


def _with_hits(where: Expression | None, asked: frozenset[str]) -> Expression:
    hits = tuple(HasHit(detector, None) for detector in sorted(asked))
    found: Expression = hits[0] if len(hits) == 1 else Logical("or", hits)
    return found if where is None else Logical("and", (where, found))


def _of_units(where: Expression, members: Sequence[str], audit: Audit, unit: str) -> Expression:
    """Return a condition for the rows that count for a unit; those of no known unit for the root.

    The root names the units that do not count, which are few: engines are slow on a long list.
    """
    column = ColumnRef("unit", "text")
    root = unit == audit.units.root.id
    own = frozenset(members)
    named = [each.id for each in audit.units if each.id not in own] if root else [*members]
    if not named:
        return where
    listed = InList(column, tuple(Literal(name, "text") for name in named))
    counts = Logical("or", (Not(listed), IsNull(column))) if root else listed
    return Logical("and", (where, counts))


def _against(
    compiled: CompiledMetric, metric: Metric, target: float | None, *, lower: bool | None
) -> Expression | None:
    """Return the condition of rows that count against a metric, or None when there is none.

    ``lower`` tells whether lower values are better: the item says so, or else the metric.
    """
    bad = compiled.evidence
    if bad is None and metric.kind is MetricKind.SHARE and compiled.value is not None:
        # A null condition does not hold, so it counts against the share.
        bad = compiled.value if lower else Not(holds(compiled.value))
    if bad is None and metric.kind is MetricKind.NET_SCORE:
        bad = compiled.negative
    measured = compiled.value
    if bad is None and measured is not None and measured.type == "number" and target is not None:
        sign = ">" if lower else "<"
        if lower is not None:
            bad = Comparison(sign, measured, Literal(target, "number"))
    if bad is None:
        return None
    return bad if compiled.where is None else Logical("and", (compiled.where, bad))
