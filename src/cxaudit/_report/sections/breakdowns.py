"""Breakdowns: metrics by group; people, sites, teams and queues compared with their mean."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import attrs
import numpy as np

from cxaudit._model.directions import Spread
from cxaudit._model.metrics import Measurement, Metric, MetricKind
from cxaudit._model.report import Block, Section, Table, TextBlock
from cxaudit._report.context import FEW, Context
from cxaudit._statistics.differences import Estimates
from cxaudit._statistics.ranking import ENOUGH, compare
from cxaudit._words import numbers
from cxaudit._words.language import N_, _, ngettext, translated

__all__ = ["breakdowns"]

_IN_TIME = re.compile(r"\b(half_hour|hour|weekday|date|week|month)\s*\(")
_COMPARED = {MetricKind.SHARE, MetricKind.MEAN, MetricKind.RATIO, MetricKind.NET_SCORE}
_SCALES = {MetricKind.SHARE: (0.0, 1.0), MetricKind.NET_SCORE: (-1.0, 1.0)}
_HALF_HOUR = re.compile(r"half_hour\s*\(\s*\w+\s*\)", re.IGNORECASE)
_PAIR = 2
_COLUMNS = (
    N_("Rank"),
    N_("Group"),
    N_("Measured"),
    N_("Interval"),
    N_("n"),
    N_("Drawn to the mean"),
    N_("Against the mean"),
)
_METHOD = N_(
    "Groups in ranks: one more than the number of groups that are surely better; equal ranks are "
    "ties. Surely better is a group when the interval of the difference, in which days that "
    "groups share count for both, lies wholly on the better side. Better than another group, and "
    "better or worse than the mean, is said only where it holds after correction for many "
    "comparisons (Benjamini and Hochberg, 2 %). From {least} groups on each value is also "
    "drawn towards the groups' mean as far as its own data are weak (empirical Bayes). A group "
    "seen on one day alone, beside others of several days, has no rank: its day may differ."
)


def breakdowns(context: Context) -> Section | None:
    """Return a table per breakdown and metric, small groups kept back."""
    grouped: dict[tuple[str, str, str, str], list[Measurement]] = {}
    for measurement in context.result.measurements:
        if measurement.breakdown is not None and measurement.unit not in context.hidden_units:
            key = (
                measurement.breakdown,
                measurement.metric,
                measurement.unit,
                measurement.touchpoint,
            )
            grouped.setdefault(key, []).append(measurement)
    compared = False
    blocks: list[Block] = []
    for key, measurements in grouped.items():
        parts, ranked = _breakdown(context, key, measurements)
        compared = compared or ranked
        blocks += parts
    if compared:
        blocks.append(TextBlock(text=_(_METHOD, least=numbers.count(ENOUGH)), tone="note"))
    if not blocks:
        return None
    return Section(id="breakdowns", title=_("Breakdowns"), blocks=tuple(blocks))


@attrs.frozen
class _RankedGroup:
    """A group in its rank; ``side`` is ``better`` or ``worse`` where it differs from the mean.

    ``drawn`` is its value drawn to the mean, or None where groups are too few for that.
    """

    rank: int
    measurement: Measurement
    drawn: float | None
    side: str


def _breakdown(
    context: Context, key: tuple[str, str, str, str], measurements: list[Measurement]
) -> tuple[list[Block], bool]:
    """Return the blocks of one metric in one breakdown, and whether its groups were ranked."""
    breakdown, name, unit, touchpoint = key
    spec, metric = context.breakdowns.get(breakdown), context.metrics.get(name)
    touchpoints = [] if touchpoint == "organisation" else [context.touchpoint(touchpoint)]
    title = _(
        "{what}, {by} ({where})",
        what=translated((metric.title if metric else "") or name),
        by=translated((spec.title if spec else "") or breakdown),
        where=", ".join([*touchpoints, context.unit(unit)]),
    )
    least = spec.minimum if spec else FEW
    if context.audience != "internal":
        least = max(context.minimum, least)
    measurements = [measurement for measurement in measurements if measurement.n]
    if not measurements:
        return [], False
    large = [measurement for measurement in measurements if measurement.n >= least]
    ranked = _ranked(large, metric, spec.by if spec else "")
    if context.names_people(breakdown) and not context.result.conduct.individual_results:
        return [_counted(title, measurements, ranked)], False
    small = len(measurements) - len(large)
    note = (
        ngettext(
            "{n} group under {least} rows not shown.",
            "{n} groups under {least} rows not shown.",
            small,
            least=least,
        )
        if small
        else ""
    )
    if ranked:
        return [_ranking(title, large, ranked, note), _outstanding(ranked)], True
    if not large:
        return [TextBlock(text=f"{title}: {note}", tone="note")], False
    table = Table(
        title=title,
        columns=(_("Group"), _("Measured"), _("Interval"), _("n")),
        rows=tuple(
            (_group(measurement, spec.by if spec else ""), *_figures(measurement))
            for measurement in sorted(large, key=_in_order)
        ),
        numeric=(False, True, True, True),
        note=note,
    )
    return [table], False


def _ranked(
    measurements: Sequence[Measurement], metric: Metric | None, by: str
) -> tuple[_RankedGroup, ...]:
    """Return groups in their ranks, best first; nothing when they are not to be ranked.

    Groups of time are not, nor is what has no good end or no interval.
    """
    if metric is None or metric.lower_is_better is None or metric.kind not in _COMPARED:
        return ()
    several = any(measurement.clusters > 1 for measurement in measurements)
    known = [
        (measurement, measurement.value, (measurement.low, measurement.high))
        for measurement in measurements
        if measurement.group is not None
        and measurement.value is not None
        and measurement.low is not None
        and measurement.high is not None
        and math.isfinite(measurement.low + measurement.high)
        and not (several and measurement.clusters == 1)
    ]
    if len(known) < _PAIR or _IN_TIME.search(by.lower()):
        return ()
    estimates = Estimates.of(
        [value for _measured, value, _interval in known],
        [Spread.of(value, interval, measured.direction) for measured, value, interval in known],
    )
    low, high = _SCALES.get(metric.kind, (-math.inf, math.inf))
    sign = -1 if metric.lower_is_better else 1
    compared = (
        compare(estimates, scale=(low, high))
        if sign > 0
        else compare(estimates.negated(), scale=(-high, -low))
    )
    enough = len(known) >= ENOUGH
    goodness = compared.shrunk if enough else sign * estimates.value
    return tuple(
        _RankedGroup(
            int(compared.ranks[position]),
            known[position][0],
            sign * float(compared.shrunk[position]) if enough else None,
            {1: N_("better"), -1: N_("worse")}.get(int(compared.differs[position]), ""),
        )
        for position in np.lexsort((-goodness, compared.ranks)).tolist()
    )


def _ranking(
    title: str, measurements: Sequence[Measurement], ranked: Sequence[_RankedGroup], note: str
) -> Table:
    rows: list[tuple[str | int, ...]] = [
        (
            group.rank,
            _group(group.measurement),
            *_figures(group.measurement),
            _quantity(group.measurement, group.drawn),
            _(group.side),
        )
        for group in ranked
    ]
    ranked_ids = {id(group.measurement) for group in ranked}
    rows += [
        (numbers.DASH, _group(measurement), *_figures(measurement), numbers.DASH, "")
        for measurement in measurements
        if id(measurement) not in ranked_ids
    ]
    return Table(
        title=title,
        columns=tuple(_(name) for name in _COLUMNS),
        rows=tuple(rows),
        numeric=(True, False, True, True, True, True, False),
        note=note,
    )


def _outstanding(ranked: Sequence[_RankedGroup]) -> TextBlock:
    """Return the sentence that says which groups stand out."""
    worse = [_group(group.measurement) for group in ranked if group.side == "worse"]
    if not worse:
        none = ngettext(
            "{n} group is not worse than their mean by more than chance usually explains.",
            "None of {n} groups is worse than their mean by more than chance usually explains.",
            len(ranked),
        )
        return TextBlock(text=none)
    text = ngettext(
        "Worse than the mean of the {n} group, by more than chance usually explains: {names}.",
        "Worse than the mean of the {n} groups, by more than chance usually explains: {names}.",
        len(ranked),
        names=", ".join(worse),
    )
    return TextBlock(text=text, tone="warning")


def _counted(
    title: str, measurements: Sequence[Measurement], ranked: Sequence[_RankedGroup]
) -> TextBlock:
    """Return how many people stand out, without a name."""
    sentences = [
        ngettext(
            "{title}: {n} group not shown, as results of single people may not be.",
            "{title}: {n} groups not shown, as results of single people may not be.",
            len(measurements),
            title=title,
        )
    ]
    worse = sum(group.side == "worse" for group in ranked)
    if ranked:
        sentences.append(
            ngettext(
                "{n} of {all} is worse than their mean by more than chance usually explains.",
                "{n} of {all} are worse than their mean by more than chance usually explains.",
                worse,
                all=numbers.count(len(ranked)),
            )
        )
    return TextBlock(text=" ".join(sentences), tone="warning" if worse else "note")


def _group(measurement: Measurement, by: str = "") -> str:
    if measurement.group is None:
        return _("none stated")
    if _HALF_HOUR.fullmatch(by.strip()) and measurement.group.isdigit():
        hour, half = divmod(int(measurement.group), 2)
        return f"{hour:02d}:{'30' if half else '00'}"
    return measurement.group


def _in_order(measurement: Measurement) -> tuple[bool, float, str]:
    """Return a group's sort key: numbers first, then names, then the group without one."""
    group = measurement.group
    if group is None:
        return True, 0.0, ""
    try:
        return False, float(group), ""
    except ValueError:
        return False, math.inf, group


def _figures(measurement: Measurement) -> tuple[str, str, int]:
    interval = numbers.quantity_interval(
        measurement.low, measurement.high, measurement.measured_in, measurement.kind.value
    )
    return _quantity(measurement, measurement.value), interval, measurement.n


def _quantity(measurement: Measurement, value: float | None) -> str:
    return numbers.quantity(value, measurement.measured_in, measurement.kind.value)
