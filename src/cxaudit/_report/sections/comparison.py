"""Comparisons: units in ranks with ties, and how far raters agree."""

from __future__ import annotations

import re
from collections.abc import Mapping

import attrs
import numpy as np

from cxaudit._model.directions import Spread
from cxaudit._model.findings import Flag
from cxaudit._model.report import Block, Ranking, RankingRow, Section, Table, TextBlock
from cxaudit._model.result import Agreement
from cxaudit._model.scores import Score
from cxaudit._report.context import Context
from cxaudit._report.sections.funnels import funnels
from cxaudit._report.sections.machines import machines
from cxaudit._statistics.differences import Estimates
from cxaudit._statistics.ranking import ENOUGH, compare
from cxaudit._words import numbers
from cxaudit._words.language import N_, _, ngettext, translated

__all__ = ["agreement", "all_units", "units"]

_RATINGS = {"True": N_("yes"), "False": N_("no")}
_JUDGED_BY = {
    "nominal": N_("AC1"),
    "ordinal": N_("AC2, ordinal"),
    "interval": N_("alpha, interval"),
}
"""The coefficient that flags an item, by its scale."""
_NUMBER = re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?")
_LISTED = 5
"""Ratings that are listed for an item; the others are counted."""
_UNITS = 40
"""Units of a kind that are listed beside others; of more, the worst."""
_EVEN = 1e-9


def units(context: Context) -> Section | None:
    """Return the units below the root, ranked among their kind; comparators apart.

    Of many of a kind the worst are listed; `all_units` holds them all.
    """
    groups = _groups(context)
    blocks: list[Block] = []
    for kind, rows in groups.items():
        blocks += _listed(context, kind, rows)
    blocks += funnels(context)
    if apart := _why_apart(context):
        blocks.append(TextBlock(text=apart))
    if groups:
        blocks.append(TextBlock(text=_how_ranked(context, groups), tone="note"))
    if context.hidden_units:
        text = ngettext(
            "{n} unit not shown: too small, or single people.",
            "{n} units not shown: too small, or single people.",
            len(context.hidden_units),
        )
        blocks.append(TextBlock(text=text, tone="note"))
    return Section(id="units", title=_("Units"), blocks=tuple(blocks)) if blocks else None


def all_units(context: Context) -> Section | None:
    """Return all units of each kind of which `units` lists only the worst."""
    blocks = tuple(
        Ranking(title=_title(context, kind), rows=rows)
        for kind, rows in _groups(context).items()
        if len(rows) > _UNITS
    )
    if not blocks:
        return None
    return Section(id="all-units", title=_("All units in ranks"), blocks=blocks)


def _groups(context: Context) -> dict[str | None, tuple[RankingRow, ...]]:
    """Return the units of each kind in their ranks; comparators last, under None."""
    scored = {unit_scores.unit: unit_scores for unit_scores in context.result.scorecard.units}
    groups: dict[str | None, list[tuple[RankingRow, Score]]] = {}
    for unit in context.result.units:
        if unit.id == context.root or unit.id in context.hidden_units or unit.id not in scored:
            continue
        overall = scored[unit.id].overall
        grade = translated(scored[unit.id].grade or "")
        coverage = _("coverage {share}", share=numbers.percent(overall.coverage))
        note = ", ".join(filter(None, (grade, coverage)))
        row = RankingRow(
            rank=0,
            name=unit.name,
            value=overall.value,
            low=overall.low,
            high=overall.high,
            note=note if overall.value is not None else _("not assessed"),
        )
        groups.setdefault(None if unit.comparator else unit.kind, []).append((row, overall))
    return {kind: _ranked(groups[kind]) for kind in sorted(groups, key=lambda kind: kind is None)}


def _title(context: Context, kind: str | None) -> str:
    return _("Comparators") if kind is None else _("Units: {kind}", kind=context.kind(kind))


def _listed(context: Context, kind: str | None, rows: tuple[RankingRow, ...]) -> list[Block]:
    """Return a ranking of units; of many only the worst, with a note on the others."""
    title = _title(context, kind)
    if len(rows) <= _UNITS:
        return [Ranking(title=title, rows=rows)]
    # Those without a score stand last, and are no worse for it.
    scored = [row for row in rows if row.value is not None]
    scored.sort(key=lambda row: (-row.rank, row.value))
    worst = tuple(scored[:_UNITS])
    sentences = [
        _(
            "{shown} of {all} are listed, the worst first.",
            shown=numbers.count(len(worst)),
            all=numbers.count(len(rows)),
        )
    ]
    if ties := sum(row.rank == worst[-1].rank for row in scored[_UNITS:]) if worst else 0:
        sentences.append(
            ngettext(
                "{n} more shares the rank of the last one.",
                "{n} more share the rank of the last one.",
                ties,
            )
        )
    return [Ranking(title=title, rows=worst), TextBlock(text=" ".join(sentences), tone="note")]


def _how_ranked(context: Context, groups: Mapping[str | None, tuple[RankingRow, ...]]) -> str:
    text = _(
        "A rank is one more than the number of units that are surely better: the interval of "
        "the difference, in which days and visits that units share count for both, lies wholly "
        "on one side. Equal ranks are ties. Better than another unit, and better or worse than "
        "the mean, is said only where it holds after correction for many comparisons (Benjamini "
        "and Hochberg, 2 %)."
    )
    drawn = (
        _(
            "From {least} units of a kind on, each score is also drawn towards their mean as far "
            "as its own data are weak (empirical Bayes); what comes of it stands in words.",
            least=numbers.count(ENOUGH),
        )
        if any(_is_drawn(rows) for rows in groups.values())
        else ""
    )
    alone = (
        _(
            "This result does not hold which days and visits its scores share: they are compared "
            "as if they shared none."
        )
        if any(
            scores.overall.low is not None and scores.overall.spread is None
            for scores in context.result.scorecard.units
        )
        else ""
    )
    apart = _("Comparators are shown and count for nothing above them.") if None in groups else ""
    return " ".join(filter(None, (text, drawn, alone, apart)))


def _why_apart(context: Context) -> str:
    """Say why the score of the whole does not lie between those of its parts, where it does not."""
    root = context.result.scorecard.root
    parts = [unit for unit in context.result.units.children(context.root) if not unit.comparator]
    scores = {scores.unit: scores.overall.value for scores in context.result.scorecard.units}
    values = [value for unit in parts if (value := scores.get(unit.id)) is not None]
    if (
        not values
        or root.overall.value is None
        or set(context.hidden_units) & {unit.id for unit in parts}
    ):
        return ""
    low, high = min(values), max(values)
    if low - _EVEN <= root.overall.value <= high + _EVEN:
        return ""
    judged_of_units = {
        finding.item for finding in context.result.findings if finding.unit != context.root
    }
    alone = {
        finding.item
        for finding in context.root_findings
        if finding.state.scored
        and finding.weight > 0
        and finding.item not in judged_of_units
        and not finding.flags & Flag.COMPLIANCE
    }
    sentence = _(
        "The score of {name}, {score}, does not lie between those of its parts, {low} and {high}:",
        name=context.unit(context.root),
        score=numbers.score(root.overall.value, 1),
        low=numbers.score(low, 1),
        high=numbers.score(high, 1),
    )
    why = (
        ngettext(
            "{n} point is judged for the whole alone, and no part has it in its score.",
            "{n} points are judged for the whole alone, and no part has them in its score.",
            len(alone),
        )
        if alone
        else _("not every area has the same share in the score of each part.")
    )
    return f"{sentence} {why}"


def _ranked(rows: list[tuple[RankingRow, Score]]) -> tuple[RankingRow, ...]:
    """Return rows in their ranks; those without a score or an interval last, without a rank."""
    values, spreads, known = [], [], []
    loose = []
    for row, score in rows:
        if score.value is None or score.low is None or score.high is None:
            loose.append(row)
            continue
        known.append(row)
        values.append(score.value)
        spreads.append(score.spread or Spread.of(score.value, (score.low, score.high)))
    compared = compare(Estimates.of(values, spreads))
    enough = len(known) >= ENOUGH
    order = np.lexsort((-(compared.shrunk if enough else np.array(values)), compared.ranks))
    ranked = []
    for position in order.tolist():
        row, notes = known[position], [known[position].note]
        if differs := compared.differs[position]:
            notes.append(_("better than the mean") if differs > 0 else _("worse than the mean"))
        if enough:
            low, high = float(compared.shrunk_low[position]), float(compared.shrunk_high[position])
            drawn = numbers.score(float(compared.shrunk[position]))
            ends = numbers.interval(low, high)
            notes.append(_("drawn to the mean {score} ({interval})", score=drawn, interval=ends))
        rank = int(compared.ranks[position])
        ranked.append(attrs.evolve(row, rank=rank, note=", ".join(notes)))
    return (*ranked, *sorted(loose, key=lambda row: -(row.value or 0.0)))


def _is_drawn(rows: tuple[RankingRow, ...]) -> bool:
    """Tell whether enough units have ranks for their scores to be drawn towards the mean."""
    return sum(row.rank > 0 for row in rows) >= ENOUGH


def agreement(context: Context) -> Section | None:
    """Return how far raters agree, item by item. Nobody is named."""
    tables = tuple(filter(None, (_agreement_table(context), machines(context))))
    if not tables:
        return None
    return Section(id="agreement", title=_("Do raters agree?"), blocks=tables)


def _agreement_table(context: Context) -> Table | None:
    if not context.result.agreement:
        return None
    rows = []
    for item_agreement in context.result.agreement:
        item = context.items.get(item_agreement.item)
        rows.append(
            (
                context.name(item) if item else item_agreement.item,
                item_agreement.cases,
                item_agreement.raters,
                numbers.percent(item_agreement.raw),
                numbers.number(
                    item_agreement.ac1 if item_agreement.ac2 is None else item_agreement.ac2
                ),
                numbers.number(item_agreement.kappa),
                numbers.number(item_agreement.alpha),
                _spread(item_agreement.prevalence) or numbers.DASH,
                _judged(item_agreement),
            )
        )
    return Table(
        title=_("Agreement of raters"),
        columns=(
            _("Item"),
            _("Cases"),
            _("Raters"),
            _("Agreeing pairs"),
            _("AC"),
            _("Kappa"),
            _("Alpha"),
            _("Ratings"),
            _("Judged by"),
        ),
        rows=tuple(rows),
        numeric=(False, True, True, True, True, True, True, False, False),
        note=_(
            "Over cases judged by two or more: Gwet's AC, Fleiss' kappa, Krippendorff's alpha. On "
            "levels all three take the order into account, so raters a level apart disagree less "
            "than raters at both ends. Kappa and alpha fall when nearly all ratings are alike, "
            "hence the ratings beside them."
        ),
    )


def _judged(agreement: Agreement) -> str:
    """Return the coefficient that judges an item, and what to do where it is low."""
    name = _(_JUDGED_BY[agreement.scale]) if agreement.scale in _JUDGED_BY else ""
    return (
        ": ".join(filter(None, (name, _("reword it") if agreement.flagged else ""))) or numbers.DASH
    )


def _spread(prevalence: Mapping[str, float]) -> str:
    """Return the most frequent ratings with their shares, and how many others there are."""
    shares: dict[str, float] = {}
    for value, share in prevalence.items():
        written = _rating(value)
        shares[written] = shares.get(written, 0.0) + share
    common = sorted(shares.items(), key=lambda pair: -pair[1])
    parts = [f"{value} {numbers.percent(share)}" for value, share in common[:_LISTED]]
    if others := len(common) - len(parts):
        parts.append(ngettext("{n} other", "{n} others", others))
    return ", ".join(parts)


def _rating(value: str) -> str:
    """Return a rating as it is written: in a word, as a number, or as the answer's id."""
    if value in _RATINGS:
        return _(_RATINGS[value])
    return numbers.number(float(value)) if _NUMBER.fullmatch(value) else value
