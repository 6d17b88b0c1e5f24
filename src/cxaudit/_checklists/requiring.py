"""Plugins that an audit file requires: one clear problem each, before whatever comes of it."""

from __future__ import annotations

from collections.abc import Mapping

from cxaudit.errors import did_you_mean

__all__ = ["requirement_problem"]


def requirement_problem(
    text: str, plugins: Mapping[str, tuple[str, str]]
) -> tuple[str, str] | None:
    """Return message and hint where a requirement is not met; None when it is.

    Args:
        text: A plugin's name, and which versions will do, as in ``acme>=1``.
        plugins: Plugin to its version and why it cannot be used.
    """
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name
    from packaging.version import InvalidVersion

    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        hint = "Write the plugin's name, and which versions will do: acme, acme>=1, acme>=1,<2."
        return f"{text!r} is no requirement of a plugin.", hint
    wanted = canonicalize_name(requirement.name)
    name = next((name for name in plugins if canonicalize_name(name) == wanted), None)
    if name is None:
        hint = "Install it, or name the folder that holds it with `--plugins`."
        near = did_you_mean(requirement.name, plugins)
        return f"The plugin {requirement.name!r} is required, and is not there.", near or hint
    version, reason = plugins[name]
    if reason:
        return f"The plugin {name!r} is required, and cannot be used: {reason}.", (
            "`cxaudit plugins doctor` says more."
        )
    try:
        fits = not requirement.specifier or requirement.specifier.contains(
            version, prereleases=True
        )
    except InvalidVersion:
        fits = False
    if fits:
        return None
    is_version = f"is of version {version}" if version else "states no version"
    return f"The plugin {name!r} {is_version}, and {text} is required.", (
        f"Install one that fits: {requirement.specifier}."
    )
