"""Comparisons: units in ranks with ties, and how far raters agree."""

from __future__ import annotations

import attrs

from cxaudit._engine.ranking import rank
from cxaudit._model.report import Block, Ranking, RankingRow, Section, Table, TextBlock
from cxaudit._reports import numbers
from cxaudit._reports.context import Context
from cxaudit._reports.funnels import funnels
from cxaudit._reports.language import N_, _, ngettext, told

__all__ = ["agreement", "units"]

_RATINGS = {"True": N_("yes"), "False": N_("no")}


def units(context: Context) -> Section | None:
    """Return the units below the root, ranked among their kind; comparators apart."""
    scored = {each.unit: each for each in context.result.scorecard.units}
    groups: dict[str | None, list[RankingRow]] = {}
    for unit in context.result.units:
        if unit.id == context.root or unit.id in context.hidden_units or unit.id not in scored:
            continue
        overall = scored[unit.id].overall
        grade = told(scored[unit.id].grade or "")
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
        groups.setdefault(None if unit.comparator else unit.kind, []).append(row)
    blocks: list[Block] = [
        Ranking(
            title=_("Comparators") if kind is None else _("Units: {kind}", kind=context.kind(kind)),
            rows=_ranked(groups[kind]),
        )
        for kind in sorted(groups, key=lambda kind: kind is None)
    ]
    blocks += funnels(context)
    if blocks:
        text = _(
            "A rank is one more than the number of units that are surely better. Before ranking, "
            "each score is drawn towards the mean of its kind as far as its own data are weak "
            "(empirical Bayes), and intervals that overlap are ties. Above or below the mean is "
            "said only where it holds after correction for many comparisons (Benjamini and "
            "Hochberg, 5 %)."
        )
        apart = (
            _("Comparators are shown and count for nothing above them.") if None in groups else ""
        )
        blocks.append(TextBlock(text=" ".join(filter(None, (text, apart))), tone="note"))
    if context.hidden_units:
        text = ngettext(
            "{n} unit not shown: too small, or single people.",
            "{n} units not shown: too small, or single people.",
            len(context.hidden_units),
        )
        blocks.append(TextBlock(text=text, tone="note"))
    return Section(id="units", title=_("Units"), blocks=tuple(blocks)) if blocks else None


def _ranked(rows: list[RankingRow]) -> tuple[RankingRow, ...]:
    """Return rows in their ranks; those without a score or an interval last, without a rank."""
    scores = {
        str(place): (row.value, row.low, row.high)
        for place, row in enumerate(rows)
        if row.value is not None and row.low is not None and row.high is not None
    }
    placed = []
    for place, found in rank(scores):
        row = rows[int(found.name)]
        side = _("above the mean") if found.value > found.shrunk else _("below the mean")
        note = f"{row.note}, {side}" if found.differs else row.note
        placed.append(attrs.evolve(row, rank=place, note=note))
    loose = [row for place, row in enumerate(rows) if str(place) not in scores]
    return (*placed, *sorted(loose, key=lambda row: -(row.value or 0.0)))


def agreement(context: Context) -> Section | None:
    """Return how far raters agree, item by item. Nobody is named."""
    if not context.result.agreement:
        return None
    rows = []
    for each in context.result.agreement:
        item = context.items.get(each.item)
        spread = ", ".join(
            f"{_(_RATINGS.get(value, value))} {numbers.percent(share)}"
            for value, share in each.prevalence.items()
        )
        rows.append(
            (
                context.name(item) if item else each.item,
                each.cases,
                each.raters,
                numbers.percent(each.raw),
                numbers.number(each.ac1),
                numbers.number(each.kappa),
                numbers.number(each.alpha),
                spread or numbers.DASH,
                _("reword it") if each.flagged else "",
            )
        )
    table = Table(
        title=_("Agreement of raters"),
        columns=(
            _("Item"),
            _("Cases"),
            _("Raters"),
            _("Agreeing pairs"),
            _("AC1"),
            _("Kappa"),
            _("Alpha"),
            _("Ratings"),
            "",
        ),
        rows=tuple(rows),
        numeric=(False, True, True, True, True, True, True, False, False),
        note=_(
            "Over cases judged by two or more: Gwet's AC1, Fleiss' kappa, Krippendorff's alpha. "
            "Kappa and alpha fall when nearly all ratings are alike, hence the ratings beside them."
        ),
    )
    return Section(id="agreement", title=_("Do raters agree?"), blocks=(table,))
