"""The plugin host: loads plugins, each alone, and calls their hooks, each alone.

A plugin that fails is quarantined: what it gave before stays, it is named in the problems,
and `PluginHost.call` leaves it out from then on. Chains are the exception, see
`PluginHost.call_chain`.
"""

from __future__ import annotations

import inspect
import weakref
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import attrs
import pluggy

from cxaudit import hookspecs
from cxaudit._model.result import PluginRecord, RunProblem
from cxaudit._plugins.containment import Containment, cause_of, contained
from cxaudit._plugins.implementations import (
    HOOKS,
    arguments_of,
    check_item,
    items_of,
    options_of,
    unsound,
)
from cxaudit._plugins.loading import Candidate, code_digest, forget, found_in, given, installed
from cxaudit._plugins.registry import Registry
from cxaudit.errors import Problem, did_you_mean

__all__ = ["PluginHost"]


_BLOCKED = "blocked"


def _not_active(name: str, reason: str) -> tuple[str, str]:
    """Return that a plugin which the audit relies on cannot be used, and what to do."""
    if reason == _BLOCKED:
        return f"plugin {name!r} is not active: it is blocked", (
            f"Run without `--block {name}`, or take what the file says of it out."
        )
    return f"plugin {name!r} is not active: {reason}", (
        f"Mend it (`cxaudit plugins doctor` says more); `--block {name}` goes on without it "
        "where the file does not name it."
    )


class _Manager(pluggy.PluginManager):
    """Registers only the implementations that were found sound."""

    sound: frozenset[str] = frozenset()

    def parse_hookimpl_opts(self, plugin: object, name: str) -> pluggy.HookimplOpts | None:
        return super().parse_hookimpl_opts(plugin, name) if name in self.sound else None


@attrs.define(eq=False)
class _Loaded:
    candidate: Candidate
    plugin: object = None
    version: str = ""
    quarantined: str = ""


@attrs.frozen
class _Implementation:
    """One plugin's function for a hook; None when it was refused."""

    loaded: _Loaded
    function: Callable[..., Any] | None = None
    takes: frozenset[str] = frozenset()


class PluginHost:
    """The plugins of one session.

    Args:
        plugins: Further plugins: a `Path` (a Python file, a package, or a folder of such), a
            text (an import path), or any object with hooks. A class is called first, so that
            each session has an instance of its own.
        block: Names of plugins that must not be imported.

    Attributes:
        registry: What they registered.
    """

    def __init__(
        self, plugins: Sequence[object | str | Path] = (), block: Sequence[str] = ()
    ) -> None:
        self.registry = Registry()
        self._loaded: dict[str, _Loaded] = {}
        self._problems: list[RunProblem] = []
        self._implementations: dict[str, list[_Implementation]] = {name: [] for name in HOOKS}
        self._manager = _Manager("cxaudit")
        self._manager.add_hookspecs(hookspecs)
        self._records: dict[str, PluginRecord] = {}
        self._private: list[str] = []
        weakref.finalize(self, forget, self._private)
        for name in block:
            self._manager.set_blocked(name)
        for candidate in self._candidates(plugins):
            self._load(candidate)
        for name in sorted(set(block) - set(self._loaded)):
            hint = did_you_mean(name, self._loaded)
            self._report("block", name, f"there is no plugin named {name!r} to block", hint=hint)

    @property
    def plugins(self) -> tuple[PluginRecord, ...]:
        """Return the plugins in the order they were loaded, blocked and failed ones too."""
        return tuple(self._record(loaded) for loaded in self._loaded.values())

    @property
    def problems(self) -> tuple[RunProblem, ...]:
        """Return what failed so far, in order; a plugin's failing hook is named once."""
        return tuple(self._problems)

    def call(self, hook_name: str, /, **arguments: object) -> tuple[tuple[str, Any], ...]:
        """Call a hook of every plugin that is not quarantined, in the order they were loaded.

        Returns:
            Plugin name and result, one for each item that an implementation gave.
        """
        return tuple(
            (implementation.loaded.candidate.name, item)
            for implementation in self._implementations[hook_name]
            if not implementation.loaded.quarantined
            for item in self._call(hook_name, implementation, arguments)
        )

    def call_chain(self, hook_name: str, /, **argument: Any) -> Any:
        """Call a hook of every plugin, each with what the one before returned.

        It fails closed: quarantined plugins are called too, and an implementation that raises,
        returns None or something else than it should, or was refused, ends the chain.

        Args:
            hook_name: The hook.
            **argument: Its one argument.

        Returns:
            What the last returned, or None.
        """
        ((name, value),) = argument.items()
        for implementation in self._implementations[hook_name]:
            items = self._call(hook_name, implementation, {name: value})
            if not items:
                return None
            value = items[0]
        return value

    def configure(
        self,
        settings: Mapping[str, Mapping[str, Any]],
        file: str = "",
        folder: Path | None = None,
    ) -> tuple[Problem, ...]:
        """Give each plugin its table ``[plugins.NAME]`` of the audit file (empty without one).

        Returns:
            What is wrong with the tables: names of no plugin, settings that were refused, and
            settings that nobody takes since their plugin is not active.
        """
        hook = "cxaudit_configure"
        takers = {one.loaded.candidate.name: one for one in self._implementations[hook]}
        problems = []
        for name in settings:
            if name not in self._loaded:
                message = f"there is no plugin named {name!r}"
                hint = did_you_mean(name, self._loaded) or "`cxaudit plugins list` shows all."
            elif reason := self._loaded[name].quarantined:
                message, hint = _not_active(name, reason)
            elif name not in takers:
                message, hint = f"plugin {name!r} takes no settings", "Remove the table."
            elif takers[name].function is None:
                message, hint = _not_active(name, f"its {hook} was refused")
            else:
                continue
            problems.append(Problem(message, file=file, path=f"plugins.{name}", hint=hint))
        for name, implementation in takers.items():
            if implementation.loaded.quarantined:
                continue
            own = {"settings": settings.get(name, {}), "folder": folder or Path()}
            message = hint = ""
            try:
                self._call(hook, implementation, own, passing=ValueError)
            except ValueError as error:
                message = f"plugin {name!r} refuses its settings: {error}"
                hint = "Mend the table; the plugin's documentation says what it takes."
            if name in settings and (reason := self._loaded[name].quarantined):
                message, hint = _not_active(name, reason)
            if message:
                problems.append(Problem(message, file=file, path=f"plugins.{name}", hint=hint))
        return tuple(problems)

    def missing_redactors(self, demanded: Sequence[str], file: str = "") -> tuple[Problem, ...]:
        """Return which redactors would be missing from a run.

        Those are the demanded ones that are not active, and the plugins that cannot be imported
        though their code names the hook. Nothing that they should take out may enter a result.

        Args:
            demanded: Names of plugins, as the audit file lists them.
            file: The audit file, for messages.
        """
        hook, path = "cxaudit_redact", "privacy.redactors"
        redacting = {
            one.loaded.candidate.name
            for one in self._implementations[hook]
            if one.function is not None
        }
        problems = []
        for name in demanded:
            if name not in self._loaded:
                message = f"there is no plugin named {name!r}, whose redactor is demanded"
                hint = did_you_mean(name, self._loaded) or "`cxaudit plugins list` shows all."
            elif reason := self._loaded[name].quarantined:
                message, hint = _not_active(name, reason)
            elif name not in redacting:
                message = f"plugin {name!r} has no redactor that can be called"
                hint = did_you_mean(name, redacting) or f"It needs the hook {hook}."
            else:
                continue
            problems.append(Problem(message, file=file, path=path, hint=hint))
        for name, loaded in self._loaded.items():
            unknown = loaded.quarantined.startswith("import: ")
            if unknown and name not in demanded and loaded.candidate.mentions(hook):
                message, hint = _not_active(name, f"its redactor failed in {loaded.quarantined}")
                problems.append(Problem(message, file=file, hint=hint))
        return tuple(problems)

    def _candidates(self, plugins: Sequence[object | str | Path]) -> list[Candidate]:
        candidates, faults = installed()
        for place, error in faults:
            hint = "Reinstall or remove this distribution."
            self._report("import", place, cause_of(error), hint=hint)
        if not any(candidate.own for candidate in candidates):
            self._report(
                "import",
                "cxaudit",
                "cxaudit is not installed as a distribution, so its built-ins are not found",
                hint="Install it, for work on it with `pip install -e .`.",
            )
        for plugin in plugins:
            subject = str(plugin) if isinstance(plugin, Path) else type(plugin).__name__
            with contained("import", subject) as containment:
                candidates += found_in(plugin) if isinstance(plugin, Path) else [given(plugin)]
            if containment.error is not None:
                self._report("import", subject, containment.cause)
        return candidates

    def _load(self, candidate: Candidate) -> None:
        name = candidate.name
        if name in self._loaded:
            self._report(
                "import",
                name,
                f"a plugin named {name!r} is loaded already; this one is left out",
                hint="Give one of them another name (an object: by `__name__`), or block both.",
            )
            return
        loaded = _Loaded(candidate, version=candidate.version(None))
        self._loaded[name] = loaded
        if self._manager.is_blocked(name):
            loaded.quarantined = _BLOCKED
            return
        if candidate.package is not None:
            self._private.append(candidate.package[1])
        with contained("import", name, name) as containment:
            plugin = candidate.load()
            loaded.plugin = plugin() if inspect.isclass(plugin) else plugin
            loaded.version = candidate.version(loaded.plugin)
            self._manager.sound = self._inspect(loaded)
            self._manager.register(loaded.plugin, name)
        if containment.error is not None:
            self._fail(loaded, containment)
            return
        for implementation in self._implementations["cxaudit_register"]:
            if implementation.loaded is loaded:
                for spec in self._call("cxaudit_register", implementation, {}):
                    self._add(spec, loaded)

    def _add(self, spec: object, loaded: _Loaded) -> None:
        candidate = loaded.candidate
        problem = self.registry.add(
            spec,
            candidate.name,
            version=loaded.version,
            own=candidate.own,
            package=candidate.package,
        )
        if problem is not None:
            self._problems.append(problem)

    def _inspect(self, loaded: _Loaded) -> frozenset[str]:
        """Note the sound implementations of a plugin, report the others; return the sound."""
        sound = set()
        hooks = 0
        for name in dir(loaded.plugin):
            prefixed = name.startswith("cxaudit_")
            if not prefixed and isinstance(
                inspect.getattr_static(loaded.plugin, name, None), property
            ):
                continue
            function = getattr(loaded.plugin, name, None)
            options = options_of(function)
            if options is None and not (prefixed and inspect.isroutine(function)):
                continue
            hooks += 1
            hook = (options and options.get("specname")) or name
            cause, hint = unsound(hook, function, options)
            if not cause:
                assert callable(function)
                sound.add(name)
                implementation = _Implementation(loaded, function, arguments_of(hook, function))
                self._implementations[hook].append(implementation)
            elif not (options and options.get("optionalhook") and hook not in HOOKS):
                self._report(hook, loaded.candidate.name, cause, loaded, hint)
                # A misspelt hook counts as a refused one: such a redactor drops all evidence.
                for meant in get_close_matches(hook, HOOKS, n=1, cutoff=0.8):
                    self._implementations[meant].append(_Implementation(loaded))
        if not hooks:
            hint = "Mark its functions with `@hook` from `cxaudit.plugin`."
            self._report("import", loaded.candidate.name, "it has no hooks", loaded, hint)
        return frozenset(sound)

    def _call(
        self,
        hook_name: str,
        implementation: _Implementation,
        arguments: Mapping[str, object],
        passing: type[Exception] | tuple[()] = (),
    ) -> list[Any]:
        """Return what one implementation gives; what came before a failure is kept."""
        if implementation.function is None:
            return []
        items: list[Any] = []
        name = implementation.loaded.candidate.name
        with contained(hook_name, name, name, passing=passing) as containment:
            result = implementation.function(
                **{name: arguments[name] for name in implementation.takes}
            )
            for item in items_of(result):
                check_item(hook_name, item)
                items.append(item)
        if containment.error is not None:
            self._fail(implementation.loaded, containment)
        return items

    def _fail(self, loaded: _Loaded, failure: Containment) -> None:
        problem = failure.problem
        assert problem is not None
        loaded.quarantined = loaded.quarantined or f"{problem.stage}: {problem.cause}"
        self._report(problem.stage, problem.subject, problem.cause, loaded, problem.hint)

    def _report(
        self, stage: str, subject: str, cause: str, loaded: _Loaded | None = None, hint: str = ""
    ) -> None:
        plugin = loaded.candidate.name if loaded else ""
        known = ((problem.stage, problem.plugin) for problem in self._problems)
        if not plugin or (stage, plugin) not in known:
            self._problems.append(
                RunProblem(stage=stage, subject=subject, cause=cause, plugin=plugin, hint=hint)
            )

    def _record(self, loaded: _Loaded) -> PluginRecord:
        name = loaded.candidate.name
        if name not in self._records:
            self._records[name] = PluginRecord(
                name=name,
                version=loaded.version,
                digest="" if loaded.plugin is None else code_digest(loaded.plugin),
            )
        return attrs.evolve(self._records[name], quarantined=loaded.quarantined)
