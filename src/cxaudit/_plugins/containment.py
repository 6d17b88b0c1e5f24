"""The one place that catches what somebody else's code raises."""

from __future__ import annotations

import inspect
import os
import re
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Mapping
from contextvars import Token, copy_context
from decimal import Context, getcontext, setcontext
from functools import partial
from pathlib import Path
from types import CodeType, FrameType, GeneratorType, TracebackType
from typing import Self, TypeVar

import attrs

from cxaudit._model.result import RunProblem
from cxaudit._model.running import running_plugin
from cxaudit._model.said import Said
from cxaudit.errors import PluginError, ResourceError

__all__ = [
    "Containment",
    "cause_of",
    "contained",
    "contained_each",
    "raised_in",
    "seen_in",
    "within",
]

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
        code: What of it is called: a function, an object, a generator. Its line is named where
            what was raised names none, as when what it gave is refused.
        trusted: Whether it is ours, so that nothing need be kept from it.
        error: What it raised; None while nothing was.
    """

    stage: str
    subject: str
    plugin: str = ""
    passing: Errors = attrs.field(default=(), kw_only=True)
    code: object = attrs.field(default=None, kw_only=True)
    trusted: bool = attrs.field(default=False, kw_only=True)
    error: BaseException | None = None
    _before: tuple[Token[str], str, Context] | None = attrs.field(default=None, init=False)

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
        problem = RunProblem(
            stage=self.stage,
            subject=self.subject,
            cause=self.cause,
            plugin=self.plugin,
            hint=self.hint,
        )
        # Frames of a redactor hold the words that it was to take out.
        return problem if self.stage == "cxaudit_redact" else problem.raised(self.error)

    @property
    def hint(self) -> str:
        """Return where in the plugin's code it was raised, or else which of it gave what is wrong.

        Empty when nobody knows.
        """
        if self.error is None:
            return ""
        return raised_in(self.error) or seen_in(self.code)

    def __enter__(self) -> Self:
        if self.plugin and not self.trusted:
            # What it leaves behind would change paths and numbers of ours.
            before = running_plugin.set(self.plugin), _folder(), getcontext()
            setcontext(before[2].copy())
            self._before = before
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if self._before is not None:
            token, folder, context = self._before
            running_plugin.reset(token)
            setcontext(context)
            if folder and _folder() != folder:
                os.chdir(folder)
        if isinstance(error, KeyboardInterrupt) and not getattr(error, "__notes__", ()):
            named = self.subject in self.stage or self.subject == self.plugin
            subject = "" if named else f" ({self.subject})"
            plugin = f" of plugin {self.plugin}" if self.plugin not in {"", "cxaudit"} else ""
            error.add_note(f"{self.stage}{subject}{plugin}")
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
    code: object = None,
) -> list[_Result | None]:
    """Return what somebody else's work gives for each value; None where it fails, and for None.

    Args:
        work: What is done.
        values: With what.
        stage: As of a `Containment`.
        plugin: As of a `Containment`.
        failed: Called with each failure.
        code: As of a `Containment`.
    """
    results: list[_Result | None] = []
    # A failure ends the block; the next goes on behind the value at which it failed.
    rest, ended = iter(values), False
    while not ended:
        with contained(stage, plugin, plugin, code=code) as containment:
            for value in rest:
                results.append(None if value is None else work(value))  # noqa: PERF401 - may raise
            ended = True
        if containment.error is not None:
            results.append(None)
            failed(containment)
    return results


def _folder() -> str:
    """Return the working directory; empty when it is gone."""
    try:
        return os.getcwd()  # noqa: PTH109 - this is done for each verdict
    except OSError:
        return ""


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
    while isinstance(error, PluginError):
        if error.hint or error.__cause__ is None:
            return error.hint
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


def seen_in(code: object) -> str:
    """Return the file and line of a plugin's function, or where its generator or frame stands.

    Empty for what is not written in Python, and for ours.
    """
    while isinstance(code, FrameType):
        package = _package(code)
        if package and package not in _BETWEEN:
            return _see(code.f_code, code.f_lineno, code.f_globals)
        code = code.f_back
    while isinstance(code, partial):
        code = code.func
    if isinstance(code, GeneratorType):
        while isinstance(code.gi_yieldfrom, GeneratorType):
            code = code.gi_yieldfrom
        frame = code.gi_frame
        line = code.gi_code.co_firstlineno if frame is None else frame.f_lineno
        return _see(code.gi_code, line, frame.f_globals if frame else {})
    function = inspect.unwrap(code) if callable(code) else code
    if not hasattr(function, "__code__"):
        function = inspect.getattr_static(type(function), "__call__", None)
    written = getattr(function, "__code__", None)
    if not isinstance(written, CodeType):
        return ""
    return _see(written, written.co_firstlineno, getattr(function, "__globals__", {}))


def _see(code: CodeType, line: int, names: Mapping[str, object]) -> str:
    ours = str(names.get("__name__")).partition(".")[0] == "cxaudit"
    return "" if ours else Said("see-line", file=Path(code.co_filename).name, line=str(line))


def _package(frame: FrameType) -> str:
    """Return the top-level package of the code of a frame; empty when it is in no file."""
    if frame.f_code.co_filename.startswith("<"):
        return ""
    return str(frame.f_globals.get("__name__") or "").partition(".")[0]


def within(seconds: float | None, containment: Containment, work: Callable[[], _Result]) -> _Result:
    """Do somebody else's work, for no longer than some seconds.

    Python cannot end a thread: work that takes longer goes on beside the program until that ends.

    Args:
        seconds: The limit; without one the work is done here.
        containment: The block that it is done in; it is told where the work was.
        work: The work.

    Raises:
        TimeoutError: If it takes longer.
        Exception: Whatever the work raises.
    """
    if seconds is None:
        return work()
    results: list[_Result] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:  # noqa: BLE001 - raised where the work was asked for
            errors.append(error)

    thread = threading.Thread(target=copy_context().run, args=(run,), daemon=True)
    thread.start()
    thread.join(seconds)
    if results:
        return results[0]
    if errors:
        raise errors[0]
    containment.code = sys._current_frames().get(thread.ident or 0)  # noqa: SLF001 - documented
    msg = f"it took more than {seconds:g} seconds"
    raise TimeoutError(msg)
