"""A report for each unit: its figures, the band of its peers, what to keep and to do.

No other unit is named, and no peer can be recognised: a band is shown from five peers on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from cxaudit._model.findings import Finding, Flag
from cxaudit._model.report import Block, Report, Section, Table, TextBlock
from cxaudit._model.result import AuditResult
from cxaudit._model.scores import UnitScores
from cxaudit._model.units import Unit
from cxaudit._report.context import Context
from cxaudit._report.facts import fact, is_few, target
from cxaudit._report.scales import limit
from cxaudit._report.sections.actions import actions
from cxaudit._words import numbers
from cxaudit._words.cells import score_block
from cxaudit._words.language import _, speaking, translated

__all__ = ["unit_reports"]

_PEERS = 5
"""With fewer peers no band is shown: it would give single ones away."""
_LISTED = 3
_KEPT = 0.75
"""From this score on a finding is something to keep."""

Band = tuple[float, float] | None
_Key = tuple[str, str]


def unit_reports(
    result: AuditResult, audience: str = "client", *, minimum: int | None = None
) -> Iterator[tuple[Unit, Report]]:
    """Yield each unit below the root that is no comparator, with its own report.

    Units that the audience may not see are left out.

    Args:
        result: The result.
        audience: As in `build_report`.
        minimum: Units that rest on fewer cases or rows are left out; as in `build_report`.

    Raises:
        ValueError: If the audience is none of the three.
    """
    context = Context.of(result, audience, minimum)
    by_unit: dict[str, list[Finding]] = {}
    for finding in context.findings:
        by_unit.setdefault(finding.unit, []).append(finding)
    scores = {unit_scores.unit: unit_scores for unit_scores in result.scorecard.units}
    kinds: dict[str, list[str]] = {}
    for unit in result.units:
        if not unit.comparator and unit.id not in context.hidden_units:
            kinds.setdefault(unit.kind, []).append(unit.id)
    bands = {kind: _bands(units, by_unit) for kind, units in kinds.items()}
    overall = {
        kind: _band([scores[unit].overall.value for unit in units if unit in scores])
        for kind, units in kinds.items()
    }
    for unit in result.units:
        if unit.id == context.root or unit.id not in kinds.get(unit.kind, ()):
            continue
        findings = by_unit.get(unit.id, [])
        # Not around the yield: the language is not that of who asks for the reports.
        with speaking(result.language):
            sections = (
                _summary(context, unit, scores.get(unit.id), overall[unit.kind]),
                _lists(context, findings),
                _figures(context, findings, bands[unit.kind]),
                _method(context, len(kinds[unit.kind]) - 1, unit),
            )
        yield (
            unit,
            Report(
                title=unit.name,
                subtitle=" · ".join(filter(None, (result.title, result.client))),
                language=result.language,
                audience=audience,
                sections=tuple(section for section in sections if section is not None),
                branding=context.look,
                footer=context.footer(f"{result.checklist.id} {result.checklist.version}"),
            ),
        )


def _bands(units: Sequence[str], by_unit: dict[str, list[Finding]]) -> dict[_Key, Band]:
    """Return the band of scores of each item and touchpoint over the units of a kind."""
    values: dict[_Key, list[float | None]] = {}
    for unit in units:
        for finding in by_unit.get(unit, ()):
            values.setdefault((finding.item, finding.touchpoint), []).append(finding.score)
    return {key: _band(scores) for key, scores in values.items()}


def _band(values: Sequence[float | None]) -> Band:
    """Return the quartiles of the values, when enough units have one (Hyndman-Fan type 7)."""
    present = [value for value in values if value is not None]
    if len(present) <= _PEERS:
        return None
    low, high = np.quantile(present, [0.25, 0.75])
    return float(low), float(high)


def _summary(context: Context, unit: Unit, scores: UnitScores | None, band: Band) -> Section:
    overall = scores.overall if scores else None
    grade = translated(scores.grade) if scores and scores.grade else None
    blocks: list[Block] = []
    if overall is None or overall.value is None:
        blocks.append(TextBlock(text=_("Nothing could be scored here yet."), tone="lead"))
    else:
        score = context.score(overall.value)
        points = _("{name} scores {score} of 100", name=unit.name, score=score)
        text = f"{points}: {grade}." if grade else f"{points}."
        if band is not None:
            low, high = map(numbers.score, band)
            peers = _(
                "The middle half of its peers lies between {low} and {high}.", low=low, high=high
            )
            text = f"{text} {peers}"
        blocks.append(TextBlock(text=text, tone="lead"))
        blocks.append(score_block(_("The score"), overall, grade))
    return Section(id="summary", title=_("The answer"), blocks=tuple(blocks))


def _lists(context: Context, findings: Sequence[Finding]) -> Section | None:
    scored = [
        finding
        for finding in findings
        if finding.state.scored and finding.score is not None and finding.weight > 0
    ]
    kept = sorted(
        (finding for finding in scored if (finding.score or 0) >= _KEPT),
        key=lambda finding: (-(finding.low or 0) * finding.weight, finding.item),
    )
    todo = sorted(
        (
            finding
            for finding in scored
            if (finding.score or 0) < 1 and not finding.flags & Flag.WAIVED
        ),
        key=lambda finding: (
            not finding.flags & Flag.FAILED,
            -finding.weight * (1 - (finding.score or 0)),
            finding.item,
        ),
    )
    blocks: list[Block] = []
    columns = (_("What"), _("How it stands"))
    names = tuple(
        (context.expected(finding), _stands(context, finding)) for finding in kept[:_LISTED]
    )
    if names:
        blocks.append(Table(title=_("Three to keep"), columns=columns, rows=names))
    rows = tuple((context.title(finding), _stands(context, finding)) for finding in todo[:_LISTED])
    if rows:
        blocks.append(Table(title=_("Three to do"), columns=columns, rows=rows))
    for finding in todo[:_LISTED]:
        item = context.items.get(finding.item)
        if item is not None:
            blocks.extend(actions(context, finding))
    if not blocks:
        return None
    return Section(id="decide", title=_("What to keep, what to do"), blocks=tuple(blocks))


def _stands(context: Context, finding: Finding) -> str:
    where = context.touchpoint(finding.touchpoint)
    words = f"{where}: {fact(context, finding) or context.why(finding) or numbers.DASH}"
    if is_few(context, finding):
        return words
    score = _("Score {score} of 100.", score=numbers.score(finding.score))
    return f"{words} {score}"


def _figures(
    context: Context, findings: Sequence[Finding], bands: dict[_Key, Band]
) -> Section | None:
    rows = []
    for finding in findings:
        item = context.items.get(finding.item)
        if item is None or finding.state.neutral:
            continue
        band = bands.get((finding.item, finding.touchpoint))
        few = is_few(context, finding)
        fact_or_reason = (
            _("not assessed: {reason}", reason=context.why(finding))
            if finding.score is None
            else fact(context, finding, against=False) or context.why(finding) or numbers.DASH
        )
        rows.append(
            (
                context.expected(finding),
                context.touchpoint(finding.touchpoint),
                fact_or_reason,
                target(context, item),
                limit(item, context.metric_of(item)),
                numbers.DASH if few else numbers.score(finding.score),
                numbers.DASH if few else numbers.interval(finding.low, finding.high),
                numbers.DASH if band is None else numbers.interval(*band),
            )
        )
    if not rows:
        return None
    table = Table(
        title=_("Own figures"),
        columns=(
            _("Item"),
            _("Touchpoint"),
            _("What was found"),
            _("Target"),
            _("Score 0"),
            _("Score"),
            _("Interval"),
            _("Peers"),
        ),
        rows=tuple(rows),
        numeric=(False, False, False, True, True, True, True, True),
        note=_("Peers: where the middle half of the scores of units of the same kind lies."),
    )
    return Section(id="figures", title=_("All figures"), blocks=(table,))


def _method(context: Context, peers: int, unit: Unit) -> Section:
    text = _(
        "Scores from 0 to 100, each with its 95 % interval. Peers are the units of the kind "
        "{kind}, {peers} beside this one; none is named, and with {least} or fewer that could be "
        "scored no band is shown. The whole report says how scores are made and what was not "
        "seen.",
        kind=context.kind(unit.kind),
        peers=numbers.count(peers),
        least=_PEERS,
    )
    note = TextBlock(text=text, tone="note")
    return Section(id="method", title=_("How to read it"), blocks=(note,))
