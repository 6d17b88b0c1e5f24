"""pluggy's manager, and what it does not do for plugins of strangers."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import attrs
import pluggy

from cxaudit import hookspecs
from cxaudit._plugins.containment import contained
from cxaudit.errors import did_you_mean

__all__ = ["HOOKS", "Manager", "Refusal"]

HOOKS: Mapping[str, frozenset[str]] = {
    name: frozenset(inspect.signature(getattr(hookspecs, name)).parameters)
    for name in hookspecs.__all__
}
"""Each hook and the names of its arguments."""

_VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


@attrs.frozen
class Refusal:
    """Why a function of a plugin is not called for a hook.

    Attributes:
        stage: The hook, as the plugin spells it; ``import`` where there is none at all.
        cause: What is wrong.
        hint: What to do.
        function: The function; None where there is none.
    """

    stage: str
    cause: str
    hint: str
    function: object = None


class Manager(pluggy.PluginManager):
    """pluggy's manager, which refuses single functions where pluggy refuses the whole plugin.

    Attributes:
        arguments: Each implementation of a hook and the names of the arguments that it takes:
            pluggy passes none by keyword only, and none that has a default.
    """

    def __init__(self) -> None:
        super().__init__("cxaudit")
        self.add_hookspecs(hookspecs)
        self.arguments: dict[pluggy.HookImpl, frozenset[str]] = {}
        self._refused: frozenset[str] = frozenset()
        self._ordered: dict[str, list[pluggy.HookImpl]] = {}

    def parse_hookimpl_opts(self, plugin: object, name: str) -> pluggy.HookimplOpts | None:
        """Return the options of a function that is an implementation and was not refused."""
        return None if name in self._refused else super().parse_hookimpl_opts(plugin, name)

    def add(self, plugin: object, name: str) -> list[Refusal]:
        """Register a plugin, but for the functions that cannot be called; return these."""
        self._ordered.clear()
        self._refused = frozenset()
        refusals = {
            attribute: attrs.evolve(
                refusal, function=inspect.getattr_static(plugin, attribute, None)
            )
            for attribute in dir(plugin)
            if (refusal := self._refusal(plugin, attribute)) is not None
        }
        self._refused = frozenset(refusals)
        self.register(plugin, name)
        unknown = []
        for caller in self.get_hookcallers(plugin) or ():
            for implementation in caller.get_hookimpls():
                if implementation.plugin is not plugin:
                    continue
                if caller.has_spec():
                    function = implementation.function
                    self.arguments[implementation] = _arguments(caller.name, function)
                elif not implementation.optionalhook:
                    # What check_pending raises for; it stops at the first and suggests nothing.
                    refusal = _unknown(caller.name)
                    unknown.append(attrs.evolve(refusal, function=implementation.function))
        if not self.get_hookcallers(plugin) and not refusals:
            hint = "Mark its functions with `@hook` from `cxaudit.plugin`."
            return [Refusal("import", "it has no hooks", hint)]
        return [*refusals.values(), *unknown]

    def implementations(self, hook_name: str) -> list[pluggy.HookImpl]:
        """Return the implementations of a hook in the order of loading, cxaudit's own first.

        pluggy itself calls the last registered first. Of two that ask to be first, or last, the
        one that was loaded first is.
        """
        if hook_name not in self._ordered:
            caller: pluggy.HookCaller = getattr(self.hook, hook_name)
            self._ordered[hook_name] = sorted(
                caller.get_hookimpls(), key=lambda hook: hook.trylast - hook.tryfirst
            )
        return self._ordered[hook_name]

    def _refusal(self, plugin: object, attribute: str) -> Refusal | None:
        """Return what is wrong with a function that pluggy would pass by, or stumble over."""
        options = self.parse_hookimpl_opts(plugin, attribute)
        if options is None:
            return _unmarked(attribute, inspect.getattr_static(plugin, attribute, None))
        hook = options.get("specname") or attribute
        return _uncallable(hook, getattr(plugin, attribute), options) if hook in HOOKS else None


def _unknown(name: str) -> Refusal:
    """Return the refusal of a hook that does not exist, with the nearest ones that do."""
    hint = did_you_mean(name, HOOKS) or f"Hooks: {', '.join(HOOKS)}."
    return Refusal(name, f"there is no hook {name!r}", hint)


def _unmarked(name: str, member: object) -> Refusal | None:
    """Return why pluggy passes a member by though it looks like a hook; None when it does not."""
    options = None
    with contained("import", name):  # a module may hold proxies, which fail in their own ways
        options = getattr(member, "cxaudit_impl", None)
    if isinstance(options, dict):
        hook = options.get("specname") or name
        return Refusal(hook, f"{hook} is no plain function", "Define it with `def`.")
    is_function = inspect.isroutine(member) or isinstance(member, staticmethod | classmethod)
    if not name.startswith("cxaudit_") or not is_function:
        return None
    if name not in HOOKS:
        return _unknown(name)
    hint = "Mark it with `@hook` from `cxaudit.plugin`."
    return Refusal(name, f"{name} is not marked as a hook", hint)


def _uncallable(
    hook: str, function: Callable[..., Any], options: pluggy.HookimplOpts
) -> Refusal | None:
    for option in ("wrapper", "hookwrapper"):
        if options.get(option):
            hint = "Each implementation is called by itself."
            return Refusal(hook, f"{hook} is declared with {option}, which is refused", hint)
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        hint = "Define it with `def`, not `async def`."
        return Refusal(hook, f"{hook} is asynchronous", hint)
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name in HOOKS[hook]:
            refused = parameter.kind is inspect.Parameter.POSITIONAL_ONLY
        else:
            needed = parameter.default is inspect.Parameter.empty
            refused = needed and parameter.kind not in _VARIADIC
        if refused:
            cause = f"{hook} cannot be given the argument {parameter.name!r}"
            arguments = ", ".join(sorted(HOOKS[hook])) or "nothing"
            near = did_you_mean(parameter.name, HOOKS[hook])
            return Refusal(hook, cause, near or f"It is given by name: {arguments}.")
    return None


def _arguments(hook: str, function: Callable[..., Any]) -> frozenset[str]:
    """Return the names of the hook's arguments that an implementation takes."""
    parameters = inspect.signature(function).parameters.values()
    if any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters):
        return HOOKS[hook]
    return HOOKS[hook] & {parameter.name for parameter in parameters}
