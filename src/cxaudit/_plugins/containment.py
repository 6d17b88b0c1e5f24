"""The one place that catches what somebody else's code raises."""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self, TypeVar

import attrs

from cxaudit._model.result import RunProblem
from cxaudit._model.said import Said
from cxaudit.errors import PluginError, ResourceError

__all__ = ["Containment", "cause_of", "contained", "contained_each", "raised_in"]

_Value = TypeVar("_Value")
_Result = TypeVar("_Result")

_LONGEST_CAUSE = 2000
_PRIVATE = re.compile(r"_cxaudit_local_\d+_")
_BETWEEN = frozenset({"", "attr", "click", "cxaudit", "duckdb", "pluggy", *sys.stdlib_module_names})
"""Packages that may stand between our call and the plugin's code; that in no file has no name."""

Errors = type[BaseException] | tuple[type[BaseException], ...]


@attrs.define(eq=False)
class Containment:
    """A block of somebody else's code, which may fail in any way, by `SystemExit` too.

    What it raises is kept. Ctrl-C passes, and `ResourceError`: memory and disk that run out are no
    fault of the code.

    Attributes:
        stage: What is being done.
        subject: What it is done with.
        plugin: Name of the plugin whose code it is.
        passing: Errors that are expected of it, and pass too.
        error: What it raised; None while nothing was.
    """

    stage: str
    subject: str
    plugin: str = ""
    passing: Errors = attrs.field(default=(), kw_only=True)
    error: BaseException | None = None

    @property
    def cause(self) -> str:
        """Return what was raised, as ``Type: text``; empty when nothing was."""
        if self.error is None:
            return ""
        # What a redactor says of its failure may hold the very words that it was to take out.
        if self.stage == "cxaudit_redact":
            return type(self.error).__name__
        return self.error.cause if isinstance(self.error, PluginError) else cause_of(self.error)

    @property
    def problem(self) -> RunProblem | None:
        """Return the failure as a run tells it, or None when there was none."""
        if self.error is None:
            return None
        return RunProblem(
            stage=self.stage,
            subject=self.subject,
            cause=self.cause,
            plugin=self.plugin,
            hint=raised_in(self.error),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if error is None or isinstance(error, (KeyboardInterrupt, ResourceError, self.passing)):
            return False
        self.error = error
        return True


contained = Containment
"""Its name in a ``with`` statement."""


def contained_each(
    work: Callable[[_Value], _Result | None],
    values: Iterable[_Value | None],
    stage: str,
    plugin: str = "",
    failed: Callable[[Containment], None] = lambda _: None,
) -> list[_Result | None]:
    """Return what somebody else's work gives for each value; None where it fails, and for None.

    Args:
        work: What is done.
        values: With what.
        stage: As of a `Containment`.
        plugin: As of a `Containment`.
        failed: Called with each failure.
    """
    results: list[_Result | None] = []
    # A failure ends the block; the next goes on behind the value at which it failed.
    rest, ended = iter(values), False
    while not ended:
        with contained(stage, plugin, plugin) as containment:
            for value in rest:
                results.append(None if value is None else work(value))  # noqa: PERF401 - may raise
            ended = True
        if containment.error is not None:
            results.append(None)
            failed(containment)
    return results


def cause_of(error: BaseException) -> str:
    """Return an error as ``Type: text``, even when its own text cannot be made."""
    text = "(its text cannot be shown)"
    with contained("", ""):
        text = _PRIVATE.sub("", str(error))
    name = type(error).__name__
    return f"{name}: {text[:_LONGEST_CAUSE]}" if text else name


def raised_in(error: BaseException) -> str:
    """Return the file and line of a plugin's own code that raised an error; empty for ours.

    The plugin is the first code under ours: what it calls of other packages, of the standard
    library or of cxaudit is not named.
    """
    while isinstance(error, PluginError) and error.__cause__ is not None:
        error = error.__cause__
    # ours > functools > acme.rules:12 > acme.helper:5 > json > json gives helper.py, line 5
    frames = [
        (_package(frame), frame.f_code.co_filename, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    plugin = next((package for package, _, _ in frames if package not in _BETWEEN), None)
    for package, file, line in reversed(frames):
        if package == plugin:
            return Said("raised-in", file=Path(file).name, line=str(line))
    return ""


def _package(frame: FrameType) -> str:
    """Return the top-level package of the code of a frame; empty when it is in no file."""
    if frame.f_code.co_filename.startswith("<"):
        return ""
    return str(frame.f_globals.get("__name__") or "").partition(".")[0]
