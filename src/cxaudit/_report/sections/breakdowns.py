"""Breakdowns: metrics by group; people, sites, teams and queues compared with their mean."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import attrs

from cxaudit._model.metrics import Measurement, Metric, MetricKind
from cxaudit._model.report import Block, Section, Table, TextBlock
from cxaudit._report.context import FEW, Context
from cxaudit._statistics.ranking import ENOUGH, rank
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
    "ties. Surely better is a group whose interval lies wholly on the better side; from {least} "
    "groups on, that of its value drawn towards the groups' mean as far as its own data are weak "
    "(empirical Bayes). Worse or better than the mean is said only where it holds after "
    "correction for many comparisons (Benjamini and Hochberg, 5 %)."
)


def breakdowns(context: Context) -> Section | None:
    """Return a table per breakdown and metric, small groups kept back."""
    grouped: dict[tuple[str, str, str, str], list[Measurement]] = {}
    for each in context.result.measurements:
        if each.breakdown is not None and each.unit not in context.hidden_units:
            key = (each.breakdown, each.metric, each.unit, each.touchpoint)
            grouped.setdefault(key, []).append(each)
    compared = False
    blocks: list[Block] = []
    for key, found in grouped.items():
        made, ranked = _breakdown(context, key, found)
        compared = compared or ranked
        blocks += made
    if compared:
        blocks.append(TextBlock(text=_(_METHOD, least=numbers.count(ENOUGH)), tone="note"))
    if not blocks:
        return None
    return Section(id="breakdowns", title=_("Breakdowns"), blocks=tuple(blocks))


@attrs.frozen
class _Placed:
    """A group in its rank; ``side`` is ``better`` or ``worse`` where it differs from the mean.

    ``drawn`` is its value drawn to the mean, or None where groups are too few for that.
    """

    rank: int
    measured: Measurement
    drawn: float | None
    side: str


def _breakdown(
    context: Context, key: tuple[str, str, str, str], found: list[Measurement]
) -> tuple[list[Block], bool]:
    """Return the blocks of one metric in one breakdown, and whether its groups were ranked."""
    breakdown, name, unit, touchpoint = key
    own, metric = context.breakdowns.get(breakdown), context.metrics.get(name)
    places = [] if touchpoint == "organisation" else [context.touchpoint(touchpoint)]
    title = _(
        "{what}, {by} ({where})",
        what=translated((metric.title if metric else "") or name),
        by=translated((own.title if own else "") or breakdown),
        where=", ".join([*places, context.unit(unit)]),
    )
    least = own.minimum if own else FEW
    if context.audience != "internal":
        least = max(context.minimum, least)
    found = [each for each in found if each.n]
    if not found:
        return [], False
    shown = [each for each in found if each.n >= least]
    ranked = _ranked(shown, metric, own.by if own else "")
    if context.names_people(breakdown) and not context.result.conduct.individual_results:
        return [_counted(title, found, ranked)], False
    hidden = len(found) - len(shown)
    note = (
        ngettext(
            "{n} group under {least} rows not shown.",
            "{n} groups under {least} rows not shown.",
            hidden,
            least=least,
        )
        if hidden
        else ""
    )
    if ranked:
        return [_ranking(title, shown, ranked, note), _outstanding(ranked)], True
    if not shown:
        return [TextBlock(text=f"{title}: {note}", tone="note")], False
    table = Table(
        title=title,
        columns=(_("Group"), _("Measured"), _("Interval"), _("n")),
        rows=tuple(
            (_group(each, own.by if own else ""), *_figures(each))
            for each in sorted(shown, key=_in_order)
        ),
        numeric=(False, True, True, True),
        note=note,
    )
    return [table], False


def _ranked(shown: Sequence[Measurement], metric: Metric | None, by: str) -> tuple[_Placed, ...]:
    """Return groups in their ranks, best first; nothing when they are not to be ranked.

    Groups of time are not, nor is what has no good end or no interval.
    """
    if metric is None or metric.lower_is_better is None or metric.kind not in _COMPARED:
        return ()
    sign = -1.0 if metric.lower_is_better else 1.0
    scores = {
        str(place): (
            sign * each.value,
            min(sign * each.low, sign * each.high),
            max(sign * each.low, sign * each.high),
        )
        for place, each in enumerate(shown)
        if each.group is not None
        and each.value is not None
        and each.low is not None
        and each.high is not None
    }
    if len(scores) < _PAIR or _IN_TIME.search(by.lower()):
        return ()
    low, high = _SCALES.get(metric.kind, (-math.inf, math.inf))
    found = rank(scores, scale=(low, high) if sign > 0 else (-high, -low))
    return tuple(
        _Placed(
            place,
            shown[int(one.name)],
            sign * one.shrunk if len(found) >= ENOUGH else None,
            {1: N_("better"), -1: N_("worse")}.get(one.differs, ""),
        )
        for place, one in found
    )


def _ranking(
    title: str, shown: Sequence[Measurement], ranked: Sequence[_Placed], note: str
) -> Table:
    rows: list[tuple[str | int, ...]] = [
        (
            each.rank,
            _group(each.measured),
            *_figures(each.measured),
            _quantity(each.measured, each.drawn),
            _(each.side),
        )
        for each in ranked
    ]
    placed = {id(each.measured) for each in ranked}
    rows += [
        (numbers.DASH, _group(each), *_figures(each), numbers.DASH, "")
        for each in shown
        if id(each) not in placed
    ]
    return Table(
        title=title,
        columns=tuple(_(name) for name in _COLUMNS),
        rows=tuple(rows),
        numeric=(True, False, True, True, True, True, False),
        note=note,
    )


def _outstanding(ranked: Sequence[_Placed]) -> TextBlock:
    """Return the sentence that says which groups stand out."""
    worse = [_group(each.measured) for each in ranked if each.side == "worse"]
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


def _counted(title: str, found: Sequence[Measurement], ranked: Sequence[_Placed]) -> TextBlock:
    """Return how many people stand out, without a name."""
    said = [
        ngettext(
            "{title}: {n} group not shown, as results of single people may not be.",
            "{title}: {n} groups not shown, as results of single people may not be.",
            len(found),
            title=title,
        )
    ]
    worse = sum(each.side == "worse" for each in ranked)
    if ranked:
        said.append(
            ngettext(
                "{n} of {all} is worse than their mean by more than chance usually explains.",
                "{n} of {all} are worse than their mean by more than chance usually explains.",
                worse,
                all=numbers.count(len(ranked)),
            )
        )
    return TextBlock(text=" ".join(said), tone="warning" if worse else "note")


def _group(each: Measurement, by: str = "") -> str:
    if each.group is None:
        return _("none stated")
    if _HALF_HOUR.fullmatch(by.strip()) and each.group.isdigit():
        hour, half = divmod(int(each.group), 2)
        return f"{hour:02d}:{'30' if half else '00'}"
    return each.group


def _in_order(each: Measurement) -> tuple[bool, float, str]:
    """Return the place of a group in the order of numbers or names; none stated comes last."""
    group = each.group
    if group is None:
        return True, 0.0, ""
    try:
        return False, float(group), ""
    except ValueError:
        return False, math.inf, group


def _figures(each: Measurement) -> tuple[str, str, int]:
    interval = numbers.quantity_interval(each.low, each.high, each.measured_in, each.kind.value)
    return _quantity(each, each.value), interval, each.n


def _quantity(each: Measurement, value: float | None) -> str:
    return numbers.quantity(value, each.measured_in, each.kind.value)
