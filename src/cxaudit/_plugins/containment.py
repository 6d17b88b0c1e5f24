"""The one place that catches what somebody else's code raises."""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import attrs

from cxaudit._model.result import RunProblem
from cxaudit._model.said import Said
from cxaudit.errors import PluginError, ResourceError

__all__ = ["Containment", "cause_of", "contained", "raised_in"]

_LONGEST_CAUSE = 2000
_PRIVATE = re.compile(r"_cxaudit_local_\d+_")
_NEVER_A_PLUGIN = frozenset({"cxaudit", "", *sys.stdlib_module_names})


@attrs.define
class Containment:
    """What became of a block of somebody else's code.

    Attributes:
        stage: What was being done.
        subject: What it was done with.
        plugin: Name of the plugin whose code it is.
        error: What it raised; None while nothing was.
    """

    stage: str
    subject: str
    plugin: str
    error: BaseException | None = None

    @property
    def cause(self) -> str:
        """Return what was raised, as ``Type: text``; empty when nothing was."""
        if self.error is None:
            return ""
        if isinstance(self.error, PluginError):
            return self.error.cause
        # What a redactor says of its failure may hold the very words that it was to take out.
        return type(self.error).__name__ if self.stage == "cxaudit_redact" else cause_of(self.error)

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


@contextmanager
def contained(
    stage: str, subject: str, plugin: str = "", *, passing: type[Exception] | tuple[()] = ()
) -> Iterator[Containment]:
    """Run a block of somebody else's code, which may fail in any way, by `SystemExit` too.

    Args:
        stage: What is being done.
        subject: What it is done with.
        plugin: Name of the plugin whose code it is.
        passing: What the code is asked to raise, and whoever called expects.

    Raises:
        ResourceError: If the engine ran out of memory or disk.
    """
    containment = Containment(stage, subject, plugin)
    try:
        yield containment
    except (KeyboardInterrupt, ResourceError):
        raise
    except passing:
        raise
    except BaseException as error:  # noqa: BLE001 - whatever a plugin does, the run goes on
        containment.error = error


def cause_of(error: BaseException) -> str:
    """Return an error as ``Type: text``, even when its own text cannot be made."""
    try:
        text = _PRIVATE.sub("", str(error))
    except Exception:  # noqa: BLE001 - a plugin's error may do anything
        text = "(its text cannot be shown)"
    name = type(error).__name__
    return f"{name}: {text[:_LONGEST_CAUSE]}" if text else name


def raised_in(error: BaseException) -> str:
    """Return the file and line of a plugin's own code that raised an error; empty for ours.

    The plugin is the first code under ours: what it calls of other distributions, of the standard
    library or of cxaudit is not named.
    """
    while isinstance(error, PluginError) and error.__cause__ is not None:
        error = error.__cause__
    frames = [
        (_distribution(frame), frame.f_code.co_filename, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    others = [frame for frame in frames if frame[0] not in _NEVER_A_PLUGIN]
    plugins = [frame for frame in others if frame[0] == others[0][0]]
    if not plugins:
        return ""
    _, file, line = plugins[-1]
    return Said("raised-in", file=Path(file).name, line=str(line))


def _distribution(frame: FrameType) -> str:
    """Return the top-level name of the code of a frame; empty when it is in no file."""
    if frame.f_code.co_filename.startswith("<"):
        return ""
    return str(frame.f_globals.get("__name__") or "").partition(".")[0]
