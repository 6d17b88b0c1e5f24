"""What was found, in a sentence that agrees with the title beside it.

A title of a finding that fell short says what went wrong. A number beside it must say what it
counts: a metric by its own sentence, an asked item by its cases in the direction of the title.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable

import attrs

from cxaudit._model.checklist import Ask, Item
from cxaudit._model.findings import Finding
from cxaudit._model.metrics import Measurement, Metric, MetricKind
from cxaudit._model.placeholders import filled
from cxaudit._model.result import AuditResult
from cxaudit._report.answered import answers_at, scores_at
from cxaudit._report.chance import likely
from cxaudit._report.context import FEW, Context
from cxaudit._report.scales import is_utmost
from cxaudit._words import numbers
from cxaudit._words.language import N_, _, ngettext, speaking, translated

__all__ = ["aim", "fact", "facts_of", "is_few", "parameter_value", "target"]

_COMPARE = "cxaudit.compare"
_AIMS = {
    "": N_("Target: {target}."),
    "promise": N_("Promised: {target}."),
    "policy": N_("The policy says: {target}."),
    "reference": N_("Reference: {target}."),
}
"""A target, by what it comes from."""
_LAWS = {
    True: N_("The law allows {target}."),
    False: N_("The law asks for {target}."),
    None: N_("The law says: {target}."),
}
"""What the law says, by whether small values are the good ones."""
_OUTCOMES = {
    "met": N_("{n} met", "{n} met"),
    "part": N_("{n} in part", "{n} in part"),
    "differ": N_("{n} on which raters differ", "{n} on which raters differ"),
    "not met": N_("{n} not met", "{n} not met"),
}
"""What became of cases, the good first."""
_OF_ONE = {"cxaudit.within-target", "cxaudit.evidence-present"}
"""Checks whose value is that of their metric."""
_MEANS = {"number", "count", "time"}


def fact(context: Context, finding: Finding, *, against: bool = True, ranged: bool = True) -> str:
    """Return what was found as a sentence; nothing where nothing was.

    Args:
        context: The result, as an audience sees it.
        finding: One of its findings.
        against: Whether the target is said too.
        ranged: Whether the interval is.
    """
    item = context.items.get(finding.item)
    if item is None:
        return ""
    if item.ask is not None:
        fact = _asked(context, finding, item, ranged=ranged)
    else:
        fact = _measured(context, finding, item, ranged=ranged)
    if not fact:
        return ""
    aimed = aim(context, item) if against else ""
    return f"{fact}. {aimed}".rstrip()


def facts_of(result: AuditResult) -> Callable[[Finding], str]:
    """Return a function that writes a finding's fact in English, for files that machines read."""
    context = Context.of(attrs.evolve(result, language="en"), "internal")

    def english_fact(finding: Finding) -> str:
        with speaking("en"):
            return fact(context, finding)

    return english_fact


def is_few(context: Context, finding: Finding) -> bool:
    """Tell whether a share or an answer rests on so few cases that no score is written."""
    item = context.items.get(finding.item)
    if not 0 < finding.n < FEW or item is None:
        return False
    if item.ask is not None:
        return item.ask.answer in _MEANS or scores_at(context, finding) is not None
    return context.measures_share(finding)


def aim(context: Context, item: Item) -> str:
    """Return an item's target as a sentence, by its direction and what it comes from."""
    goal = target(context, item)
    if goal == numbers.DASH:
        return ""
    lower = context.lower_is_better(item)
    exact = lower is not None and is_utmost(
        item, context.metric_of(item), _target(item), lower=lower
    )
    if lower is not None and not exact:
        goal = _("at most {target}", target=goal) if lower else _("at least {target}", target=goal)
    parameter = context.parameter(item)
    basis = (parameter.basis or "") if parameter is not None else ""
    if basis == "law":
        return _(_LAWS[lower], target=goal)
    sentence = _AIMS.get(basis)
    return _(sentence, target=goal) if sentence else f"{basis[:1].upper()}{basis[1:]}: {goal}."


def target(context: Context, item: Item) -> str:
    """Return an item's target in words, or a dash when none was given."""
    value, unit, kind = _target(item), "", ""
    if item.check is not None:
        metric = context.metric_of(item)
        if metric is not None and item.check.settings.get("by") != "ratio":
            unit, kind = metric.unit, metric.kind.value
    elif item.ask is not None and item.ask.curve is not None:
        unit = "seconds" if item.ask.answer == "time" else item.ask.unit
    if value is None or isinstance(value, bool):
        return numbers.DASH
    if not isinstance(value, (int, float)):
        return str(value)
    parameter = context.parameter(item)
    parameter_unit = parameter.unit if parameter is not None else ""
    if _is_share(parameter_unit):
        parameter_unit, kind = "", kind or "share"
    return numbers.quantity(float(value), unit or parameter_unit, kind)


def _target(item: Item) -> object:
    """Return an item's target as set; for a check with a least number, that number."""
    if item.check is not None:
        return item.check.settings.get("target", item.check.settings.get("at_least"))
    return item.ask.curve.target if item.ask is not None and item.ask.curve is not None else None


def _is_share(unit: str) -> bool:
    """Tell whether a parameter's unit is a share, such as ``share of calls, 0 to 1``."""
    return unit.startswith("share")


def _measured(context: Context, finding: Finding, item: Item, *, ranged: bool) -> str:
    """Return what a check found."""
    if finding.value is None:
        # A quantile that was not reached when the records ended has a score and no value.
        sentence = translated(finding.reason) if finding.state.scored else ""
        return f"{sentence[:1].upper()}{sentence[1:]}"
    if not math.isfinite(finding.value):
        return ""
    assert item.check is not None
    if item.check.check == _COMPARE:
        return _compared(context, finding, item)
    measurement = context.measurement(finding)
    name = measurement.metric if measurement is not None else ""
    if measurement is None and item.check.check in _OF_ONE:
        name = str(item.check.settings.get("metric"))
    metric = context.metrics.get(name)
    if metric is None:
        value = context.quantity(finding, finding.value)
        return _("Measured: {value}, {cases}", value=value, cases=context.cases(finding, finding.n))
    limit = context.limit(finding)
    sentence = _sentence(context, metric, finding.value, finding.n, measurement, limit=limit)
    few = metric.kind is MetricKind.SHARE and finding.n < FEW
    extras = []
    if metric.kind is MetricKind.SHARE and not few and "{value}" not in _says(context, metric):
        extras.append(numbers.quantity(finding.value, "", "share", limit=limit))
    ends = context.value_interval(finding) if ranged else numbers.DASH
    if not few and ends != numbers.DASH and finding.value_low != finding.value_high:
        extras.append(likely(ends, measurement))
    if not extras:
        return sentence
    more = ", ".join(extras)
    return f"{sentence} ({more})" if metric.kind is MetricKind.SHARE else f"{sentence}; {more}"


def _compared(context: Context, finding: Finding, item: Item) -> str:
    """Return what two metrics say, and how far apart they are."""
    assert item.check is not None
    sides = []
    for setting in ("metric", "against"):
        name = str(item.check.settings.get(setting))
        measurement = context.measurements.get((name, finding.unit, finding.touchpoint))
        metric = context.metrics.get(name)
        if measurement is None or metric is None or measurement.value is None:
            continue
        if math.isfinite(measurement.value):
            sides.append(
                f"{_sentence(context, metric, measurement.value, measurement.n, measurement)}."
            )
    if item.check.settings.get("by") == "ratio":
        ratio = numbers.number(finding.value)
        return " ".join((*sides, _("The first is {ratio} times the second", ratio=ratio)))
    apart = context.quantity(finding, finding.value)
    return " ".join((*sides, _("The first less the second: {difference}", difference=apart)))


def _says(context: Context, metric: Metric) -> str:
    return translated(context.text(metric.says)).rstrip(" .。")


def _sentence(
    context: Context,
    metric: Metric,
    value: float,
    n: int,
    measurement: Measurement | None,
    *,
    limit: float | None = None,
) -> str:
    """Return a measurement as its metric's sentence; as title and numbers where it has none."""
    statistics = measurement.statistics if measurement is not None else {}
    unit = measurement.measured_in if measurement is not None else metric.unit
    values = {
        "value": numbers.quantity(value, unit, metric.kind.value, limit=limit),
        "n": numbers.count(n),
    }
    if metric.kind is MetricKind.SHARE:
        k = round(statistics.get("k", value * n))
        values |= {"k": numbers.count(k), "rest": numbers.count(n - k)}
    if says := _says(context, metric):
        return filled(says, {**_parameters(context, metric), **values})
    title = translated(metric.title or metric.id)
    if metric.kind is MetricKind.SHARE:
        return _("{title}: {k} of {n}", title=title, k=values["k"], n=values["n"])
    records = ngettext("{n} record", "{n} records", n)
    if metric.kind is MetricKind.COUNT:
        return f"{title}: {values['value']}"
    return f"{title}: {values['value']} ({records})"


def _parameters(context: Context, metric: Metric) -> dict[str, str]:
    """Return the values of parameters as a metric's sentence says them."""
    parameters = context.result.checklist.parameters
    raw = {name: parameter.value for name, parameter in parameters.items()} | dict(
        metric.parameters
    )
    return {
        name: parameter_value(value, parameters[name].unit if name in parameters else "")
        for name, value in raw.items()
        if value is not None
    }


def parameter_value(value: float | str | bool, unit: str = "") -> str:  # noqa: FBT001
    """Return a parameter's value in words; as percent where its unit is a share."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, str):
        return value
    return numbers.percent(value) if _is_share(unit) else numbers.number(value)


def _asked(context: Context, finding: Finding, item: Item, *, ranged: bool) -> str:
    """Return what people answered: a mean, or cases counted in the direction of the title."""
    ask = item.ask
    assert ask is not None
    if ask.answer in _MEANS:
        return _mean(context, finding, item, ranged=ranged)
    cases = context.cases(finding, finding.n) if finding.n else ""
    scores = scores_at(context, finding)
    if scores is None:
        chosen = _chosen(context, finding, ask)
        if chosen:
            return f"{cases}: {chosen}"
        return _("{cases} judged", cases=cases) if finding.score is not None else ""
    between = "differ" if ask.answer == "yes-no" else "part"
    counts = Counter({1.0: "met", 0.0: "not met"}.get(score, between) for score in scores)
    failing = context.fails(finding)
    if not counts[between]:
        count = counts["not met" if failing else "met"]
        words = context.part(finding, count, finding.n)
        if finding.n < FEW:
            return words
        return f"{words} ({numbers.percent(count / finding.n)})"
    order = reversed(_OUTCOMES) if failing else iter(_OUTCOMES)
    outcomes = [ngettext(*_OUTCOMES[key], counts[key]) for key in order if counts[key]]
    return f"{cases}: {', '.join(outcomes)}"


def _mean(context: Context, finding: Finding, item: Item, *, ranged: bool) -> str:
    """Return the mean that was judged, and how many cases lie within the target."""
    if finding.value is None:
        return ""
    value, cases = context.value_words(finding), context.cases(finding, finding.n)
    if finding.n == 1:
        return f"{value} ({cases})"
    sentences = [_("On average {value} over {cases}", value=value, cases=cases)]
    ends = context.value_interval(finding) if ranged else numbers.DASH
    few = finding.n < FEW
    if not few and ends != numbers.DASH and finding.value_low != finding.value_high:
        sentences.append(likely(ends, None))
    scores = scores_at(context, finding)
    if scores is not None and target(context, item) != numbers.DASH:
        kept = sum(score == 1 for score in scores)
        n = numbers.count(finding.n)
        if context.fails(finding):
            missed = numbers.count(finding.n - kept)
            sentences.append(_("{k} of {n} outside the target", k=missed, n=n))
        else:
            sentences.append(_("{k} of {n} within the target", k=numbers.count(kept), n=n))
    return "; ".join(sentences)


def _chosen(context: Context, finding: Finding, ask: Ask) -> str:
    """Return how often each option of a choice without scores was taken."""
    if ask.answer != "choice" or any(choice.score is not None for choice in ask.choices):
        return ""
    answers = answers_at(context, finding)
    if context.withheld or len(answers) != finding.n:
        return ""
    taken = Counter(str(answer.value) for answer in answers)
    texts = {choice.id: context.text(choice.text) for choice in ask.choices}
    return ", ".join(
        f"{numbers.count(count)} \u201c{texts.get(option) or option}\u201d"
        for option, count in taken.most_common()
    )
