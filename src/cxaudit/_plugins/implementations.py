"""What a plugin's function for a hook must look like, may take, and gives."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from cxaudit import hookspecs
from cxaudit._model.evidence import Evidence
from cxaudit._model.report import Section
from cxaudit._plugins.containment import contained
from cxaudit._plugins.sections import check_section
from cxaudit.errors import did_you_mean

__all__ = [
    "HOOKS",
    "arguments_of",
    "check_item",
    "items_of",
    "options_of",
    "unsound",
]

HOOKS: Mapping[str, frozenset[str]] = {
    name: frozenset(inspect.signature(getattr(hookspecs, name)).parameters)
    for name in hookspecs.__all__
}
"""Each hook and the names of its arguments."""

_REFUSED_OPTIONS = ("wrapper", "hookwrapper", "tryfirst", "trylast")
_VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def _is_exclusion(item: object) -> bool:
    match item:
        case (str(), str()):
            return True
    return False


def _is_evidence(item: object) -> bool:
    """Tell whether an item is evidence of plain values: what is no text was read by no redactor."""
    if not isinstance(item, Evidence) or not isinstance(item.fields, Mapping):
        return False
    texts = (item.kind, item.source, item.key, item.place, item.quote, item.digest, *item.fields)
    return all(isinstance(text, str) for text in texts) and all(
        value is None or isinstance(value, str | int | float) for value in item.fields.values()
    )


_GIVES: Mapping[str, tuple[str, Callable[[object], bool]]] = {
    "cxaudit_propose_exclusions": ("pairs of item id and rationale", _is_exclusion),
    "cxaudit_redact": ("Evidence of plain values, or None", _is_evidence),
    "cxaudit_gate": ("texts", lambda item: isinstance(item, str)),
    "cxaudit_report_sections": ("Section", lambda item: isinstance(item, Section)),
}


def items_of(result: object) -> Iterable[Any]:
    """Return what an implementation gave, one by one; a single value is taken as one item."""
    if result is None:
        return ()
    if isinstance(result, str | bytes | Mapping) or not isinstance(result, Iterable):
        return (result,)
    return result


def check_item(hook: str, item: object) -> None:
    """Refuse an item that is not what the hook gives.

    Raises:
        TypeError: If it is something else. (What is registered is checked by the registry.)
        ValueError: If it is a section that some document could not show.
    """
    wanted, fits = _GIVES.get(hook, ("", None))
    if fits is not None and not fits(item):
        msg = f"{hook} gives {wanted}, not {type(item).__name__}"
        raise TypeError(msg)
    if isinstance(item, Section):
        check_section(item)


def options_of(function: object) -> dict[str, Any] | None:
    """Return what the marker `hook` noted on a function, or None when it is not marked."""
    options = None
    with contained("import", "hook"):  # modules hold all sorts of proxies
        options = getattr(function, "cxaudit_impl", None)
    return options if isinstance(options, dict) else None


def unsound(hook: str, function: object, options: Mapping[str, Any] | None) -> tuple[str, str]:
    """Return why an implementation cannot be used and what to do; empty when it can."""
    if hook not in HOOKS:
        hint = did_you_mean(hook, HOOKS) or f"Hooks: {', '.join(HOOKS)}."
        return f"there is no hook {hook!r}", hint
    if options is None:
        return f"{hook} is not marked as a hook", "Mark it with `@hook` from `cxaudit.plugin`."
    if refused := [option for option in _REFUSED_OPTIONS if options.get(option)]:
        return f"{hook} is declared with {refused[0]}, which is refused", (
            "Each implementation is called by itself, in the order of loading."
        )
    if not inspect.isroutine(function):
        return f"{hook} is no plain function", "Define it with `def`."
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        return f"{hook} is asynchronous", "Define it with `def`, not `async def`."
    return _unknown_argument(hook, function)


def _unknown_argument(hook: str, function: Callable[..., Any]) -> tuple[str, str]:
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name in HOOKS[hook]:
            refused = parameter.kind is inspect.Parameter.POSITIONAL_ONLY
        else:
            needed = parameter.default is inspect.Parameter.empty
            refused = needed and parameter.kind not in _VARIADIC
        if refused:
            given = ", ".join(sorted(HOOKS[hook])) or "nothing"
            return f"{hook} cannot be given the argument {parameter.name!r}", (
                did_you_mean(parameter.name, HOOKS[hook]) or f"It is given by name: {given}."
            )
    return "", ""


def arguments_of(hook: str, function: Callable[..., Any]) -> frozenset[str]:
    """Return the names of the hook's arguments that an implementation takes."""
    parameters = inspect.signature(function).parameters.values()
    if any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters):
        return HOOKS[hook]
    return HOOKS[hook] & {parameter.name for parameter in parameters}
