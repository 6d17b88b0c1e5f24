"""Loading a checklist: reading, merging, and resolving every name in it."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import attrs

from cxaudit._checklists.context import Context, references, text
from cxaudit._checklists.documents import Problems
from cxaudit._checklists.items import resolve_item
from cxaudit._checklists.layers import Blame, Contents, Layer, read_layers
from cxaudit._checklists.merging import Entry, Merged, merge_layers
from cxaudit._checklists.names import Registry, find_spec, name_hint
from cxaudit._checklists.quantities import check_quantities, resolve_detector, resolve_metric
from cxaudit._checklists.replacing import check_replacements
from cxaudit._checklists.targets import beyond_bounds
from cxaudit._model.checklist import Checklist, Parameter
from cxaudit._model.groupings import Lens, Touchpoint
from cxaudit._model.identifiers import is_id
from cxaudit.errors import ChecklistError, Problem

__all__ = ["Override", "Overrides", "load_checklist", "read_checklist"]


@attrs.frozen
class Override:
    """A client's answer to a parameter, and how to report a problem with its name or value."""

    value: float | str | bool
    report: Callable[[str, str], None]
    report_value: Callable[[str, str], None]
    basis: str | None = None
    agreed_by: str = ""


Overrides = Mapping[str, Override]

_TYPES: dict[str, tuple[type, ...]] = {"number": (int, float), "text": (str,), "boolean": (bool,)}
_TYPE_WORDS = {"number": "a number", "text": "a text", "boolean": "true or false"}


def load_checklist(
    locations: Sequence[str],
    *,
    folder: Path,
    registry: Registry,
    parameters: Mapping[str, Any] | None = None,
    contents: Contents | None = None,
) -> Checklist:
    """Load checklists, merged left to right with all that they extend.

    Args:
        locations: Paths (ending in ``.toml``) and ids of registered checklists.
        folder: Where relative paths start.
        registry: What plugins registered.
        parameters: Values of parameters, or tables with ``value``, ``basis``, ``agreed_by``.
        contents: What stands in the place of files, by the location that names it.

    Returns:
        The checklist, parameters put in.

    Raises:
        ChecklistError: With every problem found.
    """
    problems = Problems()

    def override(name: str, value: Any) -> Override:
        table = value if isinstance(value, Mapping) else {"value": value}

        def report(message: str, hint: str) -> None:
            problems.reported.append(Problem(message, path=f"parameters.{name}", hint=hint))

        basis, agreed_by = table.get("basis"), table.get("agreed_by", "")
        return Override(table["value"], report, report, basis, agreed_by)

    overrides = {name: override(name, value) for name, value in (parameters or {}).items()}
    checklist = read_checklist(
        locations,
        folder=folder,
        registry=registry,
        problems=problems,
        overrides=overrides,
        contents=contents,
    )
    if problems.reported or checklist is None:
        raise ChecklistError(problems.ordered())
    return checklist


def read_checklist(
    locations: Sequence[str],
    *,
    folder: Path,
    registry: Registry,
    problems: Problems,
    overrides: Overrides,
    blame: Blame | None = None,
    schedules: frozenset[str] | None = None,
    contents: Contents | None = None,
) -> Checklist | None:
    """Load checklists as `load_checklist` does, adding problems instead of raising.

    ``schedules`` are the ids of the audit's schedules of open hours; None when nobody can tell.

    Returns:
        The checklist, as far as it could be resolved; None when no file could be read.
    """
    layers, top = read_layers(
        locations,
        folder=folder,
        registry=registry,
        problems=problems,
        blame=blame,
        contents=contents,
    )
    if not top:
        return None
    merged = merge_layers(layers, problems)
    context = Context(registry, problems, metric_entries=merged.metric, schedules=schedules)
    context.incomplete = len(top) < len(set(locations)) or any(layer.incomplete for layer in layers)
    _resolve_parameters(merged, context, overrides)
    for touchpoint in merged.touchpoint.values():
        _resolve_grouping(touchpoint, "touchpoint", context)
    for lens in merged.lens.values():
        _resolve_grouping(lens, "lens", context)
    for detector in merged.detector.values():
        resolve_detector(detector, context)
    for metric in merged.metric.values():
        resolve_metric(metric, context)
    check_quantities(merged, context)
    resolved = (resolve_item(entry, context) for entry in merged.items.values())
    items = tuple(item for item in resolved if item is not None)
    check_replacements(merged, items, problems)
    problems.incomplete |= context.incomplete or len(items) < len(merged.items)
    places = {name for item in items for name in item.touchpoints}
    groupings = {name for item in items for name in item.lenses}
    return Checklist(
        id="+".join(layer.id for layer in top),
        version="+".join(layer.head("version") for layer in top),
        title=_title(top),
        language=top[0].language,
        **_scoring(merged.scoring, context),
        parameters=context.parameters,
        items=items,
        metrics=tuple(context.metrics.values()),
        detectors=tuple(context.detectors.values()),
        touchpoints=_named(context.touchpoints, registry.of("touchpoint"), places),
        lenses=_named(context.lenses, registry.of("lens"), groupings),
        digests={layer.document.file: layer.document.digest for layer in layers},
    )


def _named(
    declared: Mapping[str, Any], registered: Mapping[str, Any], names: Container[str]
) -> tuple[Any, ...]:
    """Return a checklist's own specs, and those registered that its items name."""
    used = (spec for name, spec in registered.items() if name in names and name not in declared)
    return (*declared.values(), *used)


def _title(top: list[Layer]) -> Any:
    titles = [
        text(layer.document.data["checklist"].get("title", ""), layer.language)
        for layer in top
        if isinstance(layer.document.data.get("checklist"), dict)
    ]
    if len(titles) == 1:
        return titles[0]
    return text(" + ".join(str(title) for title in titles), top[0].language)


def _scoring(entry: Entry | None, context: Context) -> dict[str, Any]:
    if entry is None:
        return {}
    values = entry.values
    settings: dict[str, Any] = {}
    if "weights" in values:
        settings["area_weights"] = {area: float(w) for area, w in values["weights"].items()}
    if "min_coverage" in values:
        settings["min_coverage"] = float(values["min_coverage"])
    if "policy" in values:
        registered = find_spec(context.registry, "policy", values["policy"])
        if registered is None:
            unknown = context.unknown("policy", values["policy"])
            entry.problem(context.problems, ("policy",), *unknown)
        else:
            settings["policy"] = registered[0]
    return settings


def _resolve_parameters(merged: Merged, context: Context, overrides: Overrides) -> None:
    for name, entry in merged.params.items():
        if entry.broken or not is_id(name):
            context.undecided.add(("param", name))
            continue
        values = entry.values
        kind = values.get("type", "number")
        if "question" not in values:
            entry.problem(
                context.problems,
                (),
                f"The parameter {name!r} has no question.",
                'Add `question = "..."`: what the client is asked, in plain words.',
            )
            context.undecided.add(("param", name))
            continue
        bounds = _bounds(name, kind, entry, context)
        value, basis, agreed_by = (
            values.get("value"),
            values.get("basis"),
            values.get("agreed_by", ""),
        )

        report: Callable[[str, str], None] = partial(entry.problem, context.problems, ("value",))
        if value is not None and (wrong := _wrong_value(name, kind, value, bounds)):
            report(*wrong)
            value = None
        override = overrides.get(name)
        if override is not None:
            report = override.report_value
            if wrong := _wrong_value(name, kind, override.value, bounds):
                report(*wrong)
                value = None
            else:
                value, basis = override.value, override.basis or basis
                agreed_by = override.agreed_by or agreed_by
        context.report_value[name] = report
        context.parameters[name] = Parameter(
            id=name,
            type=kind,
            question=text(values["question"], entry.layer.language),
            unit=values.get("unit", ""),
            value=value,
            basis=basis,
            agreed_by=agreed_by,
            references=references(entry),
            minimum=bounds[0],
            maximum=bounds[1],
        )
    for name, override in overrides.items():
        if name not in merged.params and not context.incomplete:
            override.report(
                f"The checklist has no parameter {name!r}.", name_hint(name, merged.params)
            )


def _bounds(
    name: str, kind: str, entry: Entry, context: Context
) -> tuple[float | None, float | None]:
    """Return lowest and highest value of a parameter, each None where there is no bound."""
    low, high = (entry.values.get(key) for key in ("minimum", "maximum"))
    if kind != "number":
        for key in {"minimum", "maximum"} & entry.values.keys():
            message = f"The parameter {name!r} is a {kind}, and only numbers have a {key}."
            entry.problem(context.problems, (key,), message, "Remove it.")
        return None, None
    if low is not None and high is not None and low > high:
        message = f"The maximum of the parameter {name!r} lies under its minimum, {low:g}."
        entry.problem(context.problems, ("maximum",), message, "Swap the two, or mend one.")
        return None, None
    return None if low is None else float(low), None if high is None else float(high)


def _wrong_value(
    name: str, kind: str, value: Any, bounds: tuple[float | None, float | None]
) -> tuple[str, str] | None:
    """Return message and hint for a value that a parameter cannot have."""
    if not _fits(value, kind):
        return _misfit(name, kind, value)
    return beyond_bounds(f"The parameter {name!r}", value, *bounds) if kind == "number" else None


def _fits(value: object, kind: str) -> bool:
    return isinstance(value, _TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _misfit(name: str, kind: str, value: object) -> tuple[str, str]:
    from cxaudit._checklists.validation import named_value

    hint = ""
    if kind == "number" and isinstance(value, str):
        hint = "Leave out the quotes and the unit."
    elif kind == "text":
        hint = "Put the value in quotes."
    elif kind == "boolean":
        hint = "Write true or false, without quotes."
    return f"The parameter {name!r} must be {_TYPE_WORDS[kind]}, not {named_value(value)}.", hint


def _resolve_grouping(entry: Entry, kind: str, context: Context) -> None:
    """Resolve one of the checklist's own touchpoints or lenses."""
    name, title = entry.values["id"], entry.values.get("title", "")
    if entry.broken:
        context.undecided.add((kind, name))
        return
    if find_spec(context.registry, kind, name) is not None:
        entry.problem(
            context.problems,
            ("id",),
            f"The {kind} {name!r} is already registered.",
            "Remove it here and use it as it is, or choose another id.",
        )
    if kind == "lens":
        context.lenses[name] = Lens(id=name, title=title, keys=dict(entry.values["keys"]))
    else:
        context.touchpoints[name] = Touchpoint(id=name, title=title)
