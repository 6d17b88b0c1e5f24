"""What a value scores, in words: where the score is full, and where nothing is left of it."""

from __future__ import annotations

from collections.abc import Callable

from cxaudit._model.checklist import Item, Tailored
from cxaudit._model.curves import Curve, curve_of
from cxaudit._model.metrics import Metric, MetricKind
from cxaudit._words import numbers
from cxaudit._words.language import N_, _

__all__ = ["end_of_scale", "is_utmost", "limit", "scale", "tailored"]

_FIELDS = {
    "weight": N_("weight"),
    "target": N_("target"),
    "limit": N_("limit"),
    "bands": N_("bands"),
    "at_least": N_("least number"),
}


def scale(item: Item, metric: Metric | None) -> str:
    """Return what an item's values score, in words; empty where it has no curve.

    Args:
        item: The item.
        metric: What its check measures; None for an asked item.
    """
    written, curve = _written(item, metric), _curve(item, metric)
    if curve is None:
        return ""
    if curve.kind == "bands":
        return _bands(curve, written)
    aim, end = written(curve.target), written(curve.limit)
    lower = curve.lower_is_better
    if curve.kind == "log-normal":
        return _("score 90 at {target}, 50 at {limit}", target=aim, limit=end)
    if is_utmost(item, metric, curve.target, lower=lower):
        best = _("full score at {target}", target=aim)
    elif lower:
        best = _("full score at {target} or less", target=aim)
    else:
        best = _("full score at {target} or more", target=aim)
    if curve.kind == "threshold":
        worst = _("none above it") if lower else _("none below it")
    elif lower:
        worst = _("none from {limit}", limit=end)
    else:
        worst = _("none at {limit} or less", limit=end)
    return f"{best}, {worst}"


def end_of_scale(item: Item, metric: Metric | None) -> str:
    """Return where nothing is left of a score, as a sentence to stand after the item's target.

    It is empty where an item has no curve. Where it is not one from a target to a limit, the
    sentence tells the whole scale.
    """
    curve = _curve(item, metric)
    if curve is None or curve.kind not in {"linear", "threshold"}:
        words = scale(item, metric)
        return f"{words[:1].upper()}{words[1:]}." if words else ""
    lower, end = curve.lower_is_better, _written(item, metric)(curve.limit)
    if curve.kind == "threshold":
        return _("No points above it.") if lower else _("No points below it.")
    if lower:
        return _("No points from {limit}.", limit=end)
    return _("No points at {limit} or less.", limit=end)


def is_utmost(item: Item, metric: Metric | None, target: object, *, lower: bool) -> bool:
    """Tell whether no value can be better than a target, so that "at least" would say nothing."""
    if item.ask is not None:
        return lower and target == 0 and item.ask.answer in {"count", "time"}
    if metric is None or item.check is None or item.check.check == "cxaudit.compare":
        return False
    if metric.kind is MetricKind.SHARE:
        return target == (0 if lower else 1)
    return lower and target == 0 and metric.kind in {MetricKind.COUNT, MetricKind.COUNT_DISTINCT}


def limit(item: Item, metric: Metric | None) -> str:
    """Return the value from which an item scores nothing, or a dash where none is declared."""
    curve = _curve(item, metric)
    ends = curve is not None and curve.kind == "linear"
    return _written(item, metric)(curve.limit) if curve is not None and ends else numbers.DASH


def tailored(item: Item, metric: Metric | None) -> list[str]:
    """Return what was changed of an item, with the checklist's values, one text a rationale."""
    by_reason: dict[str, list[str]] = {}
    for change in item.tailored:
        by_reason.setdefault(change.rationale, []).append(_changed(change, item, metric))
    return [
        _("{changes}: “{reason}”", changes=", ".join(changes), reason=reason)
        for reason, changes in by_reason.items()
    ]


def _changed(change: Tailored, item: Item, metric: Metric | None) -> str:
    key = change.field.rpartition(".")[2]
    field = _(_FIELDS[key]) if key in _FIELDS else change.field

    def written(value: float | str | None) -> str:
        if not isinstance(value, float):
            return value or _("none of its own")
        return numbers.number(value) if key == "weight" else _written(item, metric)(value)

    return _(
        "{field} {value} (in the checklist {original})",
        field=field,
        value=written(change.value),
        original=written(change.original),
    )


def _bands(curve: Curve, written: Callable[[float | None], str]) -> str:
    steps = [
        _("score {score} beyond", score=numbers.score(band.score))
        if band.limit is None
        else (
            _("score {score} up to {limit}", score=numbers.score(band.score), limit=end)
            if curve.lower_is_better
            else _("score {score} from {limit}", score=numbers.score(band.score), limit=end)
        )
        for band in curve.bands
        for end in [written(band.limit)]
    ]
    return ", ".join(steps)


def _written(item: Item, metric: Metric | None) -> Callable[[float | None], str]:
    """Return a function that writes an item's values with their unit."""
    unit, kind = (metric.unit, metric.kind.value) if metric else ("", "")
    if item.ask is not None:
        unit = "seconds" if item.ask.answer == "time" else item.ask.unit
    return lambda value: numbers.quantity(value, unit, kind)


def _curve(item: Item, metric: Metric | None) -> Curve | None:
    if item.ask is not None or item.check is None:
        return item.ask.curve if item.ask is not None else None
    settings = item.check.settings
    if item.check.check not in {"cxaudit.within-target", "cxaudit.compare"}:
        return None
    if None in (settings.get("target", 0), settings.get("limit", 0)):
        return None
    try:
        return curve_of(settings, default=metric.lower_is_better if metric else None)
    except (TypeError, ValueError):  # a target that nobody stated yet, or an older result
        return None
