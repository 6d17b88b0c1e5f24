"""Whether targets can be reached: bounds of parameters, of kinds of metric, and curves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cxaudit._checklists.context import Context
from cxaudit._checklists.documents import Step
from cxaudit._checklists.merging import Entry
from cxaudit._checklists.names import sentence
from cxaudit._model.curves import curve_of, lower_is_better, target_missing
from cxaudit._model.metrics import Metric, MetricKind

__all__ = ["beyond_bounds", "check_curve", "check_targets"]

_KINDS: Mapping[MetricKind, tuple[str, float, float | None]] = {
    MetricKind.SHARE: ("a share", 0, 1),
    MetricKind.NET_SCORE: ("a net score", -1, 1),
    MetricKind.COUNT: ("a count", 0, None),
    MetricKind.COUNT_DISTINCT: ("a count", 0, None),
}
"""Kinds of metric whose values have bounds: name for people, lowest and highest value."""


def beyond_bounds(
    subject: str, value: float, low: float | None, high: float | None
) -> tuple[str, str] | None:
    """Return message and hint for a number that lies outside its bounds; None when it does not."""
    if low is not None and value < low:
        message = f"{subject} must be at least {low:g}, not {value:g}."
    elif high is not None and value > high:
        message = f"{subject} must be at most {high:g}, not {value:g}."
    else:
        return None
    if low is None or high is None:
        return message, ""
    hint = f"It lies between {low:g} and {high:g}"
    percent = high == 1 < abs(value) <= 100  # noqa: PLR2004 - percent
    return message, f"{hint}; write {value / 100:g} for {value:g} %." if percent else f"{hint}."


def check_targets(
    entry: Entry,
    context: Context,
    settings: Mapping[str, Any],
    parameters: Mapping[tuple[Step, ...], str],
    metric: Metric,
) -> None:
    """Report targets, limits and bands of a check that no value of its metric can reach.

    Args:
        entry: The item.
        context: What is known.
        settings: The settings of its check, parameters put in.
        parameters: Path in the settings to the parameter that stood there.
        metric: What is measured.
    """
    if metric.kind not in _KINDS:
        return
    kind, low, high = _KINDS[metric.kind]
    for path, value in _limits(settings):
        name = parameters.get(path)
        stated = f"the {path[-1]} of {kind}"
        subject = f"The parameter {name!r}, {stated}," if name else f"T{stated[1:]}"
        wrong = beyond_bounds(subject, value, low, high)
        if wrong is not None and name in context.report_value:
            context.report_value[name](*wrong)
        elif wrong is not None:
            entry.problem(context.problems, ("with", *path), *wrong)


def check_curve(
    entry: Entry, context: Context, settings: Mapping[str, Any], metric: Metric
) -> None:
    """Report what is wrong with the curve of a check; without all its numbers there is none."""
    if target_missing(settings):
        return
    blamed = next((key for key in ("limit", "bands") if key in settings), "target")
    if lower_is_better(settings, default=metric.lower_is_better) is None:
        entry.problem(
            context.problems,
            ("with", blamed),
            "Nothing says whether low or high values are the good ones.",
            'Add `better = "lower"` or `better = "higher"`.',
        )
        return
    try:
        curve_of(settings, default=metric.lower_is_better)
    except ValueError as error:
        hint = "A curve gives 1 at the target and falls towards the limit."
        entry.problem(context.problems, ("with", blamed), sentence(str(error)), hint)


def _limits(settings: Mapping[str, Any]) -> Iterator[tuple[tuple[Step, ...], float]]:
    for key in ("target", "limit", "at_least"):
        if settings.get(key) is not None:
            yield (key,), settings[key]
    for index, band in enumerate(settings.get("bands", ())):
        if band.get("limit") is not None:
            yield ("bands", index, "limit"), band["limit"]
