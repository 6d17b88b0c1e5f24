"""What chance leaves of a number, in words: what it rests on, and what its range says."""

from __future__ import annotations

from cxaudit._model.findings import Finding
from cxaudit._model.metrics import Measurement
from cxaudit._report.context import Context
from cxaudit._words import numbers
from cxaudit._words.language import N_, _, ngettext

__all__ = ["certain_sentence", "days_of_records", "independent", "likely", "rests_on"]

_FEW = 5
"""Up to this many clusters a number says on how many it rests."""
_OTHERS = {
    "day": N_("other days"),
    "record": N_("other records"),
    "visit": N_("other visits"),
    "case": N_("other cases"),
}
"""What another audit would have drawn anew."""
_DIFFER = {
    "day": N_("days differ"),
    "customer": N_("customers differ"),
    "other": N_("groups differ"),
}


def likely(interval: str, measurement: Measurement | None) -> str:
    """Return the interval of a value in words, with what it rests on where that is little."""
    if measurement is not None and measurement.clusters == 1:
        if measurement.cluster == "day":
            return _("{interval} on one day; other days may differ", interval=interval)
        return _(
            "{interval} in one group by {cluster}; others may differ",
            interval=interval,
            cluster=measurement.cluster,
        )
    words = _("likely {interval}", interval=interval)
    few = rests_on(measurement)
    return f"{words}, {few}" if few else words


def rests_on(measurement: Measurement | None) -> str:
    """Say on how few days or other clusters a value rests; nothing where it is one, or many."""
    if measurement is None or not 1 < measurement.clusters <= _FEW:
        return ""
    if measurement.cluster == "day":
        return ngettext("rests on {n} day", "rests on {n} days", measurement.clusters)
    return ngettext(
        "rests on {n} group by {cluster}",
        "rests on {n} groups by {cluster}",
        measurement.clusters,
        cluster=measurement.cluster,
    )


def independent(measurement: Measurement | None) -> str:
    """Say as how many independent records a measurement's count; nothing where as all of them."""
    if measurement is None or not measurement.n:
        return ""
    n = round(measurement.n / measurement.design_effect)
    if n == measurement.n:
        return ""
    differ = _(_DIFFER.get(measurement.cluster, _DIFFER["other"]))
    return ngettext(
        "{differ}: {records} count as about {n} independent one",
        "{differ}: {records} count as about {n} independent ones",
        n,
        differ=differ,
        records=ngettext("{n} record", "{n} records", measurement.n),
    )


def days_of_records(context: Context) -> int | None:
    """Return on how many days the measurements of the root's scored findings rest, if on few."""
    days = [
        measurement.clusters
        for finding in context.root_findings
        if finding.state.scored
        and (measurement := context.measurement(finding)) is not None
        and measurement.cluster == "day"
        and measurement.clusters
    ]
    most = max(days, default=_FEW + 1)
    return most if most <= _FEW else None


def certain_sentence(context: Context) -> str:
    """Return what the interval of the score says, in plain words; nothing without one."""
    overall = context.result.scorecard.root.overall
    interval = numbers.interval(overall.low, overall.high)
    if overall.value is None or interval == numbers.DASH:
        return ""
    drawn = _drawn(context)
    words = [_(words) for kind, words in _OTHERS.items() if kind in drawn] or [_(_OTHERS["case"])]
    return _(
        "The score is likely {interval}: with {others} like these, a range made in this way would "
        "hold the true score 95 times in 100. What it leaves out stands under Method.",
        interval=interval,
        others=_(" and ").join(filter(None, (", ".join(words[:-1]), words[-1]))),
    )


def _drawn(context: Context) -> set[str]:
    """Return keys of `_OTHERS`: by what the root's scores vary."""
    drawn = set()
    for finding in context.root_findings:
        item = context.items.get(finding.item)
        if not finding.state.scored or item is None or finding.low == finding.high:
            continue
        if item.ask is not None:
            drawn.add("visit" if finding.touchpoint.partition(".")[0] == "in-store" else "case")
        else:
            drawn |= {
                "day" if measurement.cluster == "day" and measurement.clusters > 1 else "record"
                for measurement in _compared(context, finding)
            }
    return drawn - {"visit"} if "case" in drawn else drawn


def _compared(context: Context, finding: Finding) -> list[Measurement]:
    """Return the measurements that a check judged: one, or two that it compared."""
    item = context.items[finding.item]
    settings = item.check.settings if item.check is not None else {}
    keys = ((str(name), finding.unit, finding.touchpoint) for name in settings.values())
    return [context.measurements[key] for key in keys if key in context.measurements]
