"""Resolving one item: touchpoints, lenses, check and settings, criticality, guidance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cxaudit._checklists.asks import resolve_ask
from cxaudit._checklists.context import Context, references, text
from cxaudit._checklists.documents import Step
from cxaudit._checklists.merging import Entry, Origins, value_at
from cxaudit._checklists.names import (
    find_spec,
    name_hint,
    parameter_hint,
    parameter_name,
    sentence,
)
from cxaudit._checklists.quantities import missing_schedules
from cxaudit._checklists.targets import check_curve, check_targets
from cxaudit._model.checklist import AREAS, CheckUse, Critical, Guidance, Item, Seed, Tailored
from cxaudit._model.identifiers import is_id
from cxaudit._model.metrics import Metric
from cxaudit._model.text import Text

__all__ = ["resolve_item"]


def resolve_item(entry: Entry, context: Context) -> Item | None:
    """Return an item with every name resolved and every parameter put in.

    What is wrong becomes problems; None when it is too wrong to be resolved.
    """
    values = entry.values
    if entry.broken or not is_id(values["id"]) or values["area"] not in AREAS:
        _report_names(entry, context)
        return None
    touchpoints = _touchpoints(entry, context)
    ask, check = _ask_or_check(entry, context)
    critical, lenses = _critical(entry, context), _lenses(entry, context)
    if "when" in values:
        _check_when(entry, context)
    if ask is None and check is None:
        return None
    return Item(
        id=values["id"],
        area=values["area"],
        touchpoints=touchpoints,
        title=_text(values["title"]),
        fail_title=_text(values["fail_title"]) if "fail_title" in values else None,
        code=values.get("code", ""),
        per=values.get("per"),
        role=values.get("role", "practice"),
        weight=float(values.get("weight", 1.0)),
        ask=ask,
        check=check,
        when=values.get("when"),
        critical=critical,
        lenses=lenses,
        guidance=Guidance(
            **{key: _text(words) for key, words in values.get("guidance", {}).items()}
        ),
        seeds=_seeds(entry),
        references=references(entry) if "references" in values else (),
        excluded=values.get("excluded"),
        version=values.get("version", "1"),
        replaces=tuple(values.get("replaces", ())),
        same_meaning=values.get("same_meaning", False),
        tailored=_tailored(entry, context),
        origins=Origins(entry),
    )


def _report_names(entry: Entry, context: Context) -> None:
    """Report the unknown names in the sound fields of an item that is wrong elsewhere."""

    def sound(key: str) -> bool:
        return key in entry.values and not entry.layer.is_wrong((*entry.path, key))

    if sound("touchpoints"):
        _touchpoints(entry, context)
    if sound("lens"):
        _lenses(entry, context)
    if (
        sound("check")
        and "ask" not in entry.values
        and (sound("with") or "with" not in entry.values)
    ):
        _check(entry, context)


def _text(value: Mapping[str, str]) -> Text:
    return Text(dict(value))


def _seeds(entry: Entry) -> tuple[Seed, ...]:
    seeds = entry.values.get("seeds", ())
    if not seeds:
        return ()
    language = entry.source("seeds")[0].language
    return tuple(
        Seed(title=seed["title"], publisher=seed["publisher"], says=text(seed["says"], language))
        for seed in seeds
    )


def _tailored(entry: Entry, context: Context) -> tuple[Tailored, ...]:
    """Return what was tailored of what decides the item's score, parameters put in."""
    return tuple(
        Tailored(
            field=".".join(path),
            value=_number_or_words(value_at(entry.values, path), context),
            original=_number_or_words(original, context),
            rationale=rationale,
        )
        for path, (original, rationale) in entry.tailored.items()
        if value_at(entry.values, path) is not None
    )


def _number_or_words(written: Any, context: Context) -> float | str | None:
    """Return a weight, target or limit as a number; bands and what is not answered in words."""
    if isinstance(written, list):
        return "; ".join(
            f"{band['score']:g} up to {_number_or_words(band.get('limit', 'the rest'), context)}"
            for band in written
        )
    value = context.values().get(parameter_name(written) or "", written)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    return None if written is None else str(written)


def _touchpoints(entry: Entry, context: Context) -> tuple[str, ...]:
    names = []
    for index, name in enumerate(entry.values["touchpoints"]):
        registered = find_spec(context.registry, "touchpoint", name)
        names.append(registered[0] if registered else name)
        defined = name in context.touchpoints or context.is_undecided("touchpoint", name)
        if registered is None and not defined:
            path = ("touchpoints", index)
            entry.problem(context.problems, path, *context.unknown("touchpoint", name))
    return tuple(dict.fromkeys(names))


def _check_when(entry: Entry, context: Context) -> None:
    """Check the parameters of ``when``; its columns are the units', which only an audit knows."""
    from cxaudit._expressions import parameters_in
    from cxaudit.errors import ExpressionError

    try:
        names = parameters_in(entry.values["when"])
    except ExpressionError as error:
        for problem in error.problems:
            entry.problem(context.problems, ("when",), sentence(problem.message), problem.hint)
        return
    for name in names:
        if name not in context.parameters and not context.is_undecided("param", name):
            entry.problem(
                context.problems,
                ("when",),
                f"There is no parameter {name!r}.",
                parameter_hint(name, context.parameters),
            )


def _ask_or_check(entry: Entry, context: Context) -> tuple[Any, CheckUse | None]:
    values = entry.values
    if "ask" in values and "check" in values:
        entry.problem(
            context.problems,
            ("check",),
            "An item has either `ask` or `check`, not both.",
            "Take one of them out.",
        )
        return None, None
    if "ask" in values:
        if "with" in values:
            entry.problem(
                context.problems,
                ("with",),
                "`with` holds the settings of a check, and this item asks.",
                "Remove `with`.",
            )
        return resolve_ask(entry, context), None
    if "check" not in values:
        entry.problem(
            context.problems,
            (),
            "The item says neither what to `ask` nor what to `check`.",
            'Add `ask = { answer = "yes-no" }`, or `check = "..."` with its settings.',
        )
        return None, None
    return None, _check(entry, context)


def _check(entry: Entry, context: Context) -> CheckUse | None:
    name, written = entry.values["check"], entry.values.get("with", {})
    registered = find_spec(context.registry, "check", name)
    settings, parameters = context.put_in(entry, ("with",), written)
    if registered is None:
        entry.problem(context.problems, ("check",), *context.unknown("check", name))
        return None
    full, spec = registered
    sound = _check_settings(entry, context, full, spec, settings, parameters)
    metrics: dict[str, Metric | None] = {}
    for setting in spec.metrics:
        named = settings.get(setting)
        if isinstance(named, str):
            settings[setting], metrics[setting] = _metric(entry, context, setting, named)
    if sound and metrics.get("metric") is not None:
        _check_use(entry, context, full, settings, parameters, metrics)
    return CheckUse(check=full, settings=settings, written=written)


def _check_settings(
    entry: Entry,
    context: Context,
    full: str,
    spec: Any,
    settings: Mapping[str, Any],
    parameters: Mapping[tuple[Step, ...], str],
) -> bool:
    """Report settings that do not fit the check; tell whether all of them do."""
    from cxaudit._checklists.validation import find_faults, settings_validator

    if full not in context.validators:
        context.validators[full] = settings_validator(spec.settings)
    values = context.values()
    unanswered = frozenset(path for path, name in parameters.items() if values.get(name) is None)
    faults = find_faults(context.validators[full], settings, unanswered)
    for fault in faults:
        hint = fault.hint
        if fault.path in parameters:
            hint = f"It is the value of the parameter {parameters[fault.path]!r}. {hint}".strip()
        entry.problem(context.problems, ("with", *fault.path), fault.message, hint)
    return not faults


def _check_use(
    entry: Entry,
    context: Context,
    check: str,
    settings: Mapping[str, Any],
    parameters: Mapping[tuple[Step, ...], str],
    metrics: Mapping[str, Metric | None],
) -> None:
    """Report what a check cannot do with the metrics that it is given."""
    metric = metrics["metric"]
    assert metric is not None
    if check in {"cxaudit.within-target", "cxaudit.evidence-present"}:
        check_targets(entry, context, settings, parameters, metric)
    if check in {"cxaudit.within-target", "cxaudit.compare"}:
        check_curve(entry, context, settings, metric)
    if "excluded" in entry.values:
        return
    for setting, measured in metrics.items():
        if measured is None:
            continue
        written = context.metric_entries.get(measured.id)
        for field, message, hint in missing_schedules(measured, context):
            if written is not None and field in written.values:
                written.problem(context.problems, (field,), message, hint)
            else:
                entry.problem(context.problems, ("with", setting), message, hint)


def _metric(entry: Entry, context: Context, setting: str, name: str) -> tuple[str, Metric | None]:
    """Return full id and metric of a name; no metric when it is not known."""
    if name in context.metrics or context.is_undecided("metric", name):
        return name, context.metrics.get(name)
    registered = find_spec(context.registry, "metric", name)
    if registered is not None:
        return registered
    entry.problem(context.problems, ("with", setting), *context.unknown("metric", name))
    return name, None


def _critical(entry: Entry, context: Context) -> Critical | None:
    written = entry.values.get("critical")
    if written is None:
        return None
    settings, _ = context.put_in(entry, ("critical",), written)
    fail_below = settings.get("fail_below")
    if fail_below is not None and (isinstance(fail_below, (bool, str)) or not 0 <= fail_below <= 1):
        entry.problem(
            context.problems,
            ("critical", "fail_below"),
            f"fail_below must be a number from 0 to 1, not {fail_below!r}.",
            "It is compared with the item's score, where 1 is met.",
        )
        return None
    return Critical(
        fail_below=None if fail_below is None else float(fail_below),
        event=settings.get("severity") == "event",
        compliance=settings.get("compliance", False),
    )


def _lenses(entry: Entry, context: Context) -> dict[str, tuple[str, ...]]:
    lenses: dict[str, tuple[str, ...]] = {}
    for name, keys in entry.values.get("lens", {}).items():
        lens: Any = context.lenses.get(name)
        full = name
        if lens is None and not context.is_undecided("lens", name):
            registered = find_spec(context.registry, "lens", name)
            if registered is None:
                entry.problem(context.problems, ("lens", name), *context.unknown("lens", name))
            else:
                full, lens = registered
        for index, key in enumerate(keys):
            if lens is not None and key not in lens.keys:
                entry.problem(
                    context.problems,
                    ("lens", name, index),
                    f"The lens {name!r} has no key {key!r}.",
                    name_hint(key, lens.keys),
                )
        lenses[full] = tuple(dict.fromkeys(keys))
    return lenses
