"""Looking at plugins as closely as can be: what `cxaudit plugins doctor` says."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import EntryPoint, distributions
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs

from cxaudit._checklists.loading import load_checklist
from cxaudit._model.result import RunProblem
from cxaudit._plugins.containment import contained
from cxaudit._plugins.host import PluginHost
from cxaudit._plugins.loading import GROUP
from cxaudit._plugins.registry import KINDS
from cxaudit.errors import InputError, PluginError

__all__ = ["Diagnosis", "Examined", "examine"]

_SLOW = 0.1
"""Seconds of import above which every session feels it."""
_GIVEN: Mapping[str, tuple[str, ...]] = {
    "check": ("a CheckRequest",),
    "source": ("a ReadRequest",),
    "detector": ("batches of rows",),
    "policy": ("a ScoringInput",),
    "output": ("a result or a report",),
    "engine": (),
}
"""Kind to what its function is called with, one after the other."""


@attrs.frozen(kw_only=True)
class Examined:
    """A plugin that is not cxaudit's own.

    Attributes:
        name, version: As in a result.
        seconds: How long its import took.
        registered: Kind to the ids that it registered.
        notes: What may surprise its author, such as a spec that it does not yield.
    """

    name: str
    version: str
    seconds: float
    registered: Mapping[str, tuple[str, ...]]
    notes: tuple[str, ...]


@attrs.frozen(kw_only=True)
class Diagnosis:
    """What there is to say of all plugins.

    Attributes:
        plugins: Those that are not cxaudit's own, in the order of loading.
        problems: What is wrong with them.
    """

    plugins: tuple[Examined, ...]
    problems: tuple[RunProblem, ...]


def examine(host: PluginHost, check_specs: Callable[[], None]) -> Diagnosis:
    """Look at all that plugins registered, and import what they name.

    Args:
        host: The plugins.
        check_specs: Checks the specs against one another, and sets malformed ones aside.
    """
    # Before specs are set aside: of a check whose schema is wrong, the function may be too.
    unusable = list(_functions(host))
    check_specs()
    return Diagnosis(
        plugins=tuple(_examined(host)),
        problems=(*host.problems, *unusable, *_checklists(host), *_other_groups()),
    )


def _functions(host: PluginHost) -> Iterator[RunProblem]:
    """Yield what is wrong with functions: that they are not there, or cannot be called."""
    registry = host.registry
    for kind in KINDS:
        for name in registry.foreign(kind):
            try:
                function = registry.resolve(registry.lazy(kind, name))
            except PluginError as error:
                yield registry.problem(kind, name, error.cause)
                continue
            if function is not None and kind in _GIVEN:
                for cause in _uncallable(function, _GIVEN[kind]):
                    yield registry.problem(kind, name, cause)


def _uncallable(function: Any, values: tuple[str, ...]) -> Iterator[str]:
    if not callable(function):
        yield f"{type(function).__name__} cannot be called"
        return
    if inspect.iscoroutinefunction(function):
        yield "the function is asynchronous, and is called without waiting for it"
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # some of C have none
        return
    try:
        signature.bind(*values)
    except TypeError as error:
        yield f"it is called with {' and '.join(values) or 'nothing'}: {error}"


def _checklists(host: PluginHost) -> Iterator[RunProblem]:
    registry = host.registry
    for name in registry.foreign("checklist"):
        try:
            load_checklist([name], folder=Path(), registry=registry)
        except InputError as error:
            for problem in error.problems:
                cause = f"{problem.place}: {problem.message}".removeprefix(": ")
                yield registry.problem("checklist", name, cause, problem.hint)


def _other_groups() -> Iterator[RunProblem]:
    """Yield entry points under a name that is near that of plugins, and is not it."""
    points: list[EntryPoint] = []
    for distribution in distributions():
        with contained("import", GROUP):  # what is damaged was named when plugins were loaded
            points += distribution.entry_points
    for point in points:
        if point.group.startswith(("cxaudit", "cx_audit", "cx-audit")) and point.group != GROUP:
            yield RunProblem(
                stage="import",
                subject=point.name,
                cause=f"its entry point is in the group {point.group!r}, where nobody looks",
                hint=f"Plugins are found in the group {GROUP!r}.",
            )


def _examined(host: PluginHost) -> Iterator[Examined]:
    origins: dict[str, dict[str, list[str]]] = {}
    for kind in KINDS:
        for name in host.registry.of(kind):
            if host.registry.refusal(kind, name):
                continue
            plugin = host.registry.origin(kind, name)
            origins.setdefault(plugin, {}).setdefault(kind, []).append(name)
    for record, module, seconds in host.loaded:
        registered = origins.get(record.name, {})
        notes = list(_unregistered(module, host))
        if seconds > _SLOW:
            notes.append(
                f"its import takes {seconds:.1f} s in every session: name heavy parts lazily, "
                "as 'package.module:attribute'"
            )
        yield Examined(
            name=record.name,
            version=record.version,
            seconds=seconds,
            registered={kind: tuple(names) for kind, names in registered.items()},
            notes=tuple(notes),
        )


def _unregistered(plugin: object, host: PluginHost) -> Iterator[str]:
    """Yield the specs that a module holds and does not register."""
    if not isinstance(plugin, ModuleType):
        return
    for name, value in vars(plugin).items():
        kind = next((kind for kind, cls in KINDS.items() if type(value) is cls), None)
        if (
            kind
            and value.id not in host.registry.of(kind)
            and not host.registry.refusal(kind, value.id)
        ):
            yield f"{name} is the {kind} {value.id!r}, which cxaudit_register does not yield"
