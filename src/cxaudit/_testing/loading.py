"""Loading one plugin to test it, installed or not."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

import attrs

from cxaudit._model.result import RunProblem
from cxaudit._plugins.host import PluginHost
from cxaudit._plugins.loading import GROUP
from cxaudit.session import Session

__all__ = ["Tested", "load_plugin", "opened"]


def load_plugin(plugin: object) -> PluginHost:
    """Return a host with one plugin loaded beside those that are installed.

    A plugin that is installed as well is loaded once.

    Args:
        plugin: A module, object or class with hooks, an import path, or a `Path`.

    Raises:
        AssertionError: If it has a problem; the message lists all.
    """
    tested = opened(plugin)
    tested.refuse_problems(tested.session.problems)
    return tested.session._host  # noqa: SLF001 - the host is the session's own


@attrs.frozen(eq=False)
class Tested:
    """A session with the plugin that is tested.

    Attributes:
        session: The session.
        names: The plugin's name; several when it is a folder of plugins.
        before: What is wrong with others that are installed.
    """

    session: Session
    names: tuple[str, ...]
    before: frozenset[tuple[str, str]]

    def refuse_problems(self, problems: tuple[RunProblem, ...]) -> None:
        """Raise an `AssertionError` with all problems, but those of other plugins."""
        ours = [p for p in problems if (p.plugin, p.subject) not in self.before]
        if ours:
            raise AssertionError("\n".join(dict.fromkeys(map(_line, ours))))


def opened(plugin: object) -> Tested:
    """Return a session with a plugin, which is not loaded twice when it is installed as well."""
    installed = tuple(entry_points(group=GROUP))
    same = [point for point in installed if _is_of(point, plugin)]
    names = {point.name for point in same}
    others = PluginHost(block=sorted(names))
    before = frozenset((problem.plugin, problem.subject) for problem in others.problems)
    if same and not isinstance(plugin, Path):
        return Tested(Session(), tuple(sorted(names)), before)
    # What lies at a path is what is tested, whatever is installed.
    session = Session([plugin], block=sorted(names))
    known = {point.name for point in installed}
    local = tuple(record.name for record in session.plugins if record.name not in known)
    return Tested(session, local, before)


def _is_of(point: EntryPoint, plugin: object) -> bool:
    """Tell whether an entry point loads a plugin at hand, without importing anything."""
    if isinstance(plugin, str):
        return point.value.replace(" ", "") == plugin
    if isinstance(plugin, Path):
        return point.module.partition(".")[0] in set(_packages(plugin))
    loaded: object = sys.modules.get(point.module)
    for name in filter(None, (point.attr or "").split(".")):
        loaded = getattr(loaded, name, None)
    return loaded is plugin


def _packages(path: Path) -> Iterator[str]:
    yield path.stem
    if path.is_dir():
        yield from (child.stem for child in path.iterdir())


def _line(problem: RunProblem) -> str:
    line = f"{problem.subject}: {problem.stage}: {problem.cause} {problem.hint}"
    return line.rstrip()
