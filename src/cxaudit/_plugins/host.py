"""The plugin host: loads plugins, each alone, and calls their hooks, each alone.

A plugin that fails is quarantined: what it gave before stays, it is named in the problems,
and `PluginHost.call` leaves it out from then on. Chains are the exception, see
`PluginHost.call_chains`.
"""

from __future__ import annotations

import copy
import inspect
import time
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import partial
from inspect import ismethod
from pathlib import Path
from types import GeneratorType, MethodType
from typing import Any

import attrs
import pluggy

from cxaudit._model.result import PluginRecord, RunProblem
from cxaudit._model.said import joined
from cxaudit._plugins.containment import Containment, contained, contained_each, seen_in
from cxaudit._plugins.items import check_item, items_of
from cxaudit._plugins.loading import Candidate, candidates, code_digest, forget
from cxaudit._plugins.manager import HOOKS, Manager, Refusal
from cxaudit._plugins.registry import NameTaken, Registry
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


@attrs.define(eq=False)
class _Loaded:
    """A plugin of the session.

    Attributes:
        candidate: What it was loaded from.
        plugin: The module or object; None until it is imported.
        version: Its version, as far as known.
        quarantined: Why it is not used any more, or empty.
        seconds: How long its import took.
        make: For a plugin that is a class: the class.
        digest: The SHA-256 of its code, as far as known; None until somebody asks.
    """

    candidate: Candidate
    plugin: object = None
    version: str = ""
    quarantined: str = ""
    seconds: float = 0.0
    make: Callable[[], object] | None = None
    digest: str | None = None

    def record(self) -> PluginRecord:
        """Return what a result says of it."""
        if self.digest is None:
            self.digest = "" if self.plugin is None else code_digest(self.plugin)
        return PluginRecord(
            name=self.candidate.name,
            version=self.version,
            digest=self.digest,
            quarantined=self.quarantined,
        )


class _Plugins:
    """The plugins of one session, loaded.

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
        # Hook to the plugins that implement it, or seem to, by a function that cannot be called.
        self._refused: dict[str, set[str]] = {hook: set() for hook in HOOKS}
        self._manager = Manager()
        self._private: list[str] = []
        weakref.finalize(self, forget, self._private)
        for name in block:
            self._manager.set_blocked(name)
        to_load, self._problems = candidates(plugins)
        for candidate in to_load:
            self._load(candidate)
        for loaded in self._loaded.values():
            self._note(loaded)
        for name in sorted(set(block) - set(self._loaded)):
            hint = did_you_mean(name, self._loaded)
            self._report("block", name, f"there is no plugin named {name!r} to block", hint=hint)

    @property
    def plugins(self) -> tuple[PluginRecord, ...]:
        """Return the plugins in the order they were loaded, blocked and failed ones too."""
        return tuple(loaded.record() for loaded in self._loaded.values())

    @property
    def problems(self) -> tuple[RunProblem, ...]:
        """Return what failed so far, in order; a plugin's failing hook is named once."""
        return tuple(self._problems)

    @property
    def loaded(self) -> tuple[tuple[PluginRecord, object, float], ...]:
        """Return each plugin that is not cxaudit's own, its module or object, and import time."""
        return tuple(
            (loaded.record(), loaded.plugin, loaded.seconds)
            for loaded in self._loaded.values()
            if not loaded.candidate.builtin
        )

    def _note(self, loaded: _Loaded) -> None:
        """Tell the registry how a plugin is, for what requires it."""
        self.registry.plugins[loaded.candidate.name] = loaded.version, loaded.quarantined

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
            started = time.perf_counter()
            plugin = candidate.load()
            loaded.seconds = time.perf_counter() - started
            loaded.make = plugin if inspect.isclass(plugin) else None
            loaded.plugin = plugin if loaded.make is None else loaded.make()
            loaded.version = candidate.version(loaded.plugin)
            refusals = self._manager.add(loaded.plugin, name)
        if containment.error is not None:
            if loaded.plugin is not None:  # whether it redacts is not known
                for names in self._refused.values():
                    names.add(name)
            self._fail(loaded, containment)
            return
        self._refuse(loaded, refusals)
        self._register(loaded, self._add)

    def _register(self, loaded: _Loaded, add: Callable[[object, _Loaded, str], None]) -> None:
        """Call a plugin's ``cxaudit_register``, and do something with each spec and its line."""
        for implementation in self._manager.implementations("cxaudit_register"):
            if implementation.plugin_name == loaded.candidate.name:
                self._call(
                    "cxaudit_register",
                    implementation,
                    {},
                    take=lambda spec, line: add(spec, loaded, line),
                )

    def _refuse(self, loaded: _Loaded, refusals: Sequence[Refusal]) -> None:
        name = loaded.candidate.name
        for refusal in refusals:
            hint = joined([seen_in(refusal.function), refusal.hint], "text")
            self._report(refusal.stage, name, refusal.cause, loaded, hint)
            # A misspelt hook counts as a refused one: such a redactor drops all evidence.
            for hook in get_close_matches(refusal.stage, HOOKS, n=1, cutoff=0.8):
                self._refused[hook].add(name)

    def _add(self, spec: object, loaded: _Loaded, line: str) -> None:
        candidate = loaded.candidate
        problem = None
        with contained("cxaudit_register", type(spec).__name__, candidate.name) as containment:
            problem = self.registry.add(
                spec,
                candidate.name,
                version=loaded.version,
                builtin=candidate.builtin,
                package=candidate.package,
                line=line,
            )
        if problem := problem or containment.problem:
            if not isinstance(problem, NameTaken):
                self._set_aside(problem.plugin, problem)
            self._problems.append(problem)

    def _set_aside(self, plugin: str, problem: RunProblem) -> None:
        """Quarantine a plugin because of a spec of it."""
        loaded = self._loaded[plugin]
        loaded.quarantined = loaded.quarantined or f"{problem.stage}: {problem.cause}"
        self._note(loaded)

    def refuse(self, kind: str, name: str, cause: str, hint: str) -> None:
        """Set a spec aside that does not fit the others, and its plugin with it."""
        problem = self.registry.refuse(kind, name, cause, hint)
        self._set_aside(problem.plugin, problem)
        self._problems.append(problem)

    def _call(
        self,
        hook_name: str,
        implementation: pluggy.HookImpl,
        arguments: Mapping[str, object],
        passing: type[Exception] | tuple[()] = (),
        take: Callable[[Any, str], None] | None = None,
    ) -> list[Any]:
        """Return what one implementation gives; what came before a failure is kept.

        Args:
            hook_name: The hook.
            implementation: The implementation.
            arguments: All arguments of the hook.
            passing: Errors that are expected.
            take: Called with each item and where it comes from, as far as known.
        """
        items: list[Any] = []
        plugin = implementation.plugin_name
        with contained(hook_name, plugin, plugin, passing=passing) as containment:
            function = self._function(implementation)
            result = function(
                **{name: arguments[name] for name in self._manager.arguments[implementation]}
            )
            containment.code = result if isinstance(result, GeneratorType) else function
            for item in items_of(result):
                check_item(hook_name, item)
                items.append(item)
                if take is not None:
                    take(item, seen_in(containment.code))
        if containment.error is not None:
            self._fail(self._loaded[plugin], containment)
        return items

    def _function(self, implementation: pluggy.HookImpl) -> Callable[..., Any]:
        """Return the function of an implementation, bound to the instance of its class."""
        function = implementation.function
        if self._loaded[implementation.plugin_name].make is None or not ismethod(function):
            return function
        if inspect.isclass(function.__self__):
            return function
        return MethodType(function.__func__, self._loaded[implementation.plugin_name].plugin)

    def _fail(self, loaded: _Loaded, failure: Containment) -> None:
        problem = failure.problem
        assert problem is not None
        loaded.quarantined = loaded.quarantined or f"{problem.stage}: {problem.cause}"
        self._add_problem(problem)

    def _report(
        self, stage: str, subject: str, cause: str, loaded: _Loaded | None = None, hint: str = ""
    ) -> None:
        plugin = loaded.candidate.name if loaded else ""
        self._add_problem(
            RunProblem(stage=stage, subject=subject, cause=cause, plugin=plugin, hint=hint)
        )

    def _add_problem(self, problem: RunProblem) -> None:
        """Keep a problem, unless one with the same hook of the same plugin was told."""
        reported = ((problem.stage, problem.plugin) for problem in self._problems)
        if not problem.plugin or (problem.stage, problem.plugin) not in reported:
            self._problems.append(problem)


class PluginHost(_Plugins):
    """Calls the hooks of plugins, each alone.

    A run has a host of its own, which `fresh` gives: what fails in one run is forgotten in the
    next, and no run sees another's settings.
    """

    def fresh(self) -> PluginHost:
        """Return a host for one run: as when plugins were loaded, with new instances of classes.

        Modules and objects are shared.
        """
        host = copy.copy(self)
        host.begin()
        return host

    def begin(self) -> None:
        """Let go of what is shared with the host that this one was copied from."""
        for loaded in self._loaded.values():
            loaded.record()  # so that its code is read once, for all copies
        self._loaded = {name: attrs.evolve(loaded) for name, loaded in self._loaded.items()}
        self._problems = list(self._problems)
        for name, loaded in self._loaded.items():
            if loaded.make is None or loaded.plugin is None:
                continue
            with contained("import", name, name) as containment:
                loaded.plugin = loaded.make()
            if containment.error is not None:
                self._fail(loaded, containment)
                continue
            self.registry = self.registry.renewed(name, self._specs_of(loaded))

    def _specs_of(self, loaded: _Loaded) -> list[object]:
        specs: list[object] = []

        def keep(spec: object, loaded: _Loaded, line: str) -> None:
            del loaded, line
            specs.append(spec)

        self._register(loaded, keep)
        return specs

    def seen(self, hook_name: str, plugin: str) -> str:
        """Return the file and line of a plugin's implementation of a hook, as far as known."""
        lines = (
            seen_in(implementation.function)
            for implementation in self._manager.implementations(hook_name)
            if implementation.plugin_name == plugin
        )
        return next(lines, "")

    def silent(self, hook_name: str) -> tuple[tuple[str, str], ...]:
        """Return the plugins whose implementation of a hook said nothing, or not all, and why.

        Those are the plugins that failed before or in it, whose function cannot be called, and
        which cannot be imported though their code names the hook; blocked ones are not.
        """
        named = {hook.plugin_name for hook in self._manager.implementations(hook_name)}
        silent = []
        for name, loaded in self._loaded.items():
            reason = loaded.quarantined
            unknown = reason.startswith("import: ") and loaded.candidate.mentions(hook_name)
            if name in self._refused[hook_name]:
                silent.append((name, reason or f"its {hook_name} cannot be called"))
            elif reason not in {"", _BLOCKED} and (name in named or unknown):
                silent.append((name, reason))
        return tuple(silent)

    @property
    def shares_settings(self) -> bool:
        """Tell whether some plugin that takes settings is no class, so that runs share it."""
        return any(
            self._loaded[taker.plugin_name].make is None
            for taker in self._manager.implementations("cxaudit_configure")
        )

    def call(self, hook_name: str, /, **arguments: object) -> tuple[tuple[str, Any], ...]:
        """Call a hook of every plugin that is not quarantined.

        Returns:
            Plugin name and result, one for each item that an implementation gave.
        """
        return tuple(
            (implementation.plugin_name, item)
            for implementation in self._manager.implementations(hook_name)
            if not self._loaded[implementation.plugin_name].quarantined
            for item in self._call(hook_name, implementation, arguments)
        )

    def call_chain(self, hook_name: str, /, **argument: Any) -> Any:
        """Call a hook as `call_chains` does, with one value, and return what the last returned."""
        ((name, value),) = argument.items()
        return self.call_chains(hook_name, **{name: [value]})[0]

    def call_chains(self, hook_name: str, /, **argument: Iterable[Any]) -> list[Any]:
        """Call a hook of every plugin for each of some values, with what the one before returned.

        It fails closed: quarantined plugins are called too, an implementation that raises or
        returns None or something else than it should ends the chain, and a plugin whose
        implementation was refused lets none begin.

        Args:
            hook_name: The hook.
            **argument: The values of its one argument.

        Returns:
            What the last returned for each, or None.
        """
        ((name, values),) = argument.items()
        results = list(values)
        if self._refused[hook_name]:
            return [None] * len(results)
        for implementation in self._manager.implementations(hook_name):
            plugin = implementation.plugin_name
            results = contained_each(
                partial(self._first, hook_name, implementation, name),
                results,
                hook_name,
                plugin,
                partial(self._fail, self._loaded[plugin]),
                implementation.function,
            )
        return results

    def _first(
        self, hook_name: str, implementation: pluggy.HookImpl, name: str, value: object
    ) -> Any:
        """Return the first item that one implementation gives for a value, or None."""
        named = name in self._manager.arguments[implementation]
        result = self._function(implementation)(**({name: value} if named else {}))
        items = []
        for item in items_of(result):
            check_item(hook_name, item)
            items.append(item)
        return items[0] if items else None

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
        takers = {taker.plugin_name: taker for taker in self._manager.implementations(hook)}
        problems = []
        for name in settings:
            if inactive := self._inactive(name):
                message, hint = inactive
            elif name in self._refused[hook]:
                message, hint = _not_active(name, f"its {hook} was refused")
            elif name not in takers:
                message, hint = f"plugin {name!r} takes no settings", "Remove the table."
            else:
                continue
            problems.append(Problem(message, file=file, path=f"plugins.{name}", hint=hint))
        for name, taker in takers.items():
            if self._inactive(name):
                continue
            arguments = {"settings": settings.get(name, {}), "folder": folder or Path()}
            message = hint = ""
            try:
                self._call(hook, taker, arguments, passing=ValueError)
            except ValueError as error:
                message = f"plugin {name!r} refuses its settings: {error}"
                hint = "Mend the table; the plugin's documentation says what it takes."
            if name in settings and (inactive := self._inactive(name)):
                message, hint = inactive
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
        redacting = {redactor.plugin_name for redactor in self._manager.implementations(hook)}
        problems = []
        for name in demanded:
            if inactive := self._inactive(name, ", whose redactor is demanded"):
                message, hint = inactive
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

    def _inactive(self, name: str, purpose: str = "") -> tuple[str, str] | None:
        """Return why a plugin cannot be used and what to do about it; None when it can."""
        if name not in self._loaded:
            hint = did_you_mean(name, self._loaded) or "`cxaudit plugins list` shows all."
            return f"there is no plugin named {name!r}{purpose}", hint
        reason = self._loaded[name].quarantined
        return _not_active(name, reason) if reason else None
