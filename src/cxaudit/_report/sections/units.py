"""A report of its own for each unit: its figures, the band of its peers, what to keep and to do.

No other unit is named, and no peer can be told: a band is shown from five peers on.
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
"""With fewer peers no band is shown: it would tell single ones."""
_LISTED = 3
_KEPT = 0.75
"""From this score on a finding is something to keep."""

Band = tuple[float, float] | None
_Place = tuple[str, str]


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
    scores = {each.unit: each for each in result.scorecard.units}
    kinds: dict[str, list[str]] = {}
    for unit in result.units:
        if not unit.comparator and unit.id not in context.hidden_units:
            kinds.setdefault(unit.kind, []).append(unit.id)
    bands = {kind: _bands(units, by_unit) for kind, units in kinds.items()}
    overall = {
        kind: _band([scores[each].overall.value for each in units if each in scores])
        for kind, units in kinds.items()
    }
    for unit in result.units:
        if unit.id == context.root or unit.id not in kinds.get(unit.kind, ()):
            continue
        found = by_unit.get(unit.id, [])
        # Not around the yield: the language is not that of who asks for the reports.
        with speaking(result.language):
            sections = (
                _summary(context, unit, scores.get(unit.id), overall[unit.kind]),
                _lists(context, found),
                _figures(context, found, bands[unit.kind]),
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


def _bands(units: Sequence[str], by_unit: dict[str, list[Finding]]) -> dict[_Place, Band]:
    """Return the band of scores of each item and touchpoint over the units of a kind."""
    values: dict[_Place, list[float | None]] = {}
    for unit in units:
        for each in by_unit.get(unit, ()):
            values.setdefault((each.item, each.touchpoint), []).append(each.score)
    return {place: _band(found) for place, found in values.items()}


def _band(values: Sequence[float | None]) -> Band:
    """Return the quartiles of the values, when enough units have one (Hyndman-Fan type 7)."""
    known = [value for value in values if value is not None]
    if len(known) <= _PEERS:
        return None
    low, high = np.quantile(known, [0.25, 0.75])
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


def _lists(context: Context, found: Sequence[Finding]) -> Section | None:
    scored = [
        each for each in found if each.state.scored and each.score is not None and each.weight > 0
    ]
    kept = sorted(
        (each for each in scored if (each.score or 0) >= _KEPT),
        key=lambda each: (-(each.low or 0) * each.weight, each.item),
    )
    todo = sorted(
        (each for each in scored if (each.score or 0) < 1 and not each.flags & Flag.WAIVED),
        key=lambda each: (
            not each.flags & Flag.FAILED,
            -each.weight * (1 - (each.score or 0)),
            each.item,
        ),
    )
    blocks: list[Block] = []
    columns = (_("What"), _("How it stands"))
    names = tuple((context.expected(each), _stands(context, each)) for each in kept[:_LISTED])
    if names:
        blocks.append(Table(title=_("Three to keep"), columns=columns, rows=names))
    rows = tuple((context.title(each), _stands(context, each)) for each in todo[:_LISTED])
    if rows:
        blocks.append(Table(title=_("Three to do"), columns=columns, rows=rows))
    for each in todo[:_LISTED]:
        item = context.items.get(each.item)
        if item is not None:
            blocks.extend(actions(context, each))
    if not blocks:
        return None
    return Section(id="decide", title=_("What to keep, what to do"), blocks=tuple(blocks))


def _stands(context: Context, each: Finding) -> str:
    where = context.touchpoint(each.touchpoint)
    words = f"{where}: {fact(context, each) or context.why(each) or numbers.DASH}"
    if is_few(context, each):
        return words
    score = _("Score {score} of 100.", score=numbers.score(each.score))
    return f"{words} {score}"


def _figures(
    context: Context, found: Sequence[Finding], bands: dict[_Place, Band]
) -> Section | None:
    rows = []
    for each in found:
        item = context.items.get(each.item)
        if item is None or each.state.neutral:
            continue
        band = bands.get((each.item, each.touchpoint))
        few = is_few(context, each)
        found_there = (
            _("not assessed: {reason}", reason=context.why(each))
            if each.score is None
            else fact(context, each, against=False) or context.why(each) or numbers.DASH
        )
        rows.append(
            (
                context.expected(each),
                context.touchpoint(each.touchpoint),
                found_there,
                target(context, item),
                limit(item, context.metric_of(item)),
                numbers.DASH if few else numbers.score(each.score),
                numbers.DASH if few else numbers.interval(each.low, each.high),
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
