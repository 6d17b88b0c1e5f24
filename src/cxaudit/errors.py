"""Errors that cxaudit raises.

::

    CxauditError
    ├── InputError          a person gave something that must be mended; holds all its problems
    │   ├── ChecklistError  a checklist file
    │   ├── AuditFileError  an audit file, or a file it names
    │   ├── AnswersError    cases or answers
    │   ├── SourceError     records that cannot be read at all
    │   ├── ExpressionError an expression
    │   └── ResultError     a saved result
    ├── UnknownNameError    a registered name that does not exist
    ├── PluginError         a plugin failed, with its name and the cause
    ├── IncompleteRunError  something failed in a run that should have been strict
    └── ResourceError       memory or disk ran out

Errors carry data, compare equal by it, and survive pickling.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs

__all__ = [
    "AnswersError",
    "AuditFileError",
    "ChecklistError",
    "CxauditError",
    "ExpressionError",
    "IncompleteRunError",
    "InputError",
    "PluginError",
    "Problem",
    "ResourceError",
    "ResultError",
    "SourceError",
    "UnknownNameError",
    "did_you_mean",
]


_FEW = 13
"""So many names are written out where none of them is near."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a hint that names the nearest known names, or an empty string."""
    import difflib

    near = difflib.get_close_matches(name, list(known), n=3, cutoff=0.6)
    return f"Did you mean {' or '.join(repr(n) for n in near)}?" if near else ""


@attrs.frozen
class Problem:
    """One thing that is wrong in what a person gave.

    Attributes:
        message: What is wrong, as one plain sentence.
        file: The file, as the user named it; empty when there is none.
        line: Line in the file, counted from 1.
        column: Column in the line, counted from 1.
        path: Place inside the document, such as ``item[3].weight``.
        hint: What to do about it; may be empty.
    """

    message: str
    file: str = ""
    line: int | None = None
    column: int | None = None
    path: str = ""
    hint: str = ""

    @property
    def place(self) -> str:
        """Return ``file:line:column``, as far as known."""
        parts = [self.file] if self.file else []
        if self.line is not None:
            parts.append(str(self.line))
            if self.column is not None:
                parts.append(str(self.column))
        return ":".join(parts)

    def __str__(self) -> str:
        head = ": ".join(part for part in (self.place, self.path, self.message) if part)
        return f"{head}\n  Hint: {self.hint}" if self.hint else head


class CxauditError(Exception):
    """Base of every error that cxaudit raises on purpose. Equal data make equal errors."""

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self.args == other.args

    def __hash__(self) -> int:
        return hash((type(self), self.args))


def _problems(problems: str | Problem | Iterable[str | Problem]) -> tuple[Problem, ...]:
    several = (problems,) if isinstance(problems, str | Problem) else problems
    return tuple(one if isinstance(one, Problem) else Problem(str(one)) for one in several)


@attrs.frozen
class InputError(CxauditError):
    """Something a person gave is wrong; all problems found are listed, in file order.

    A plain text, or a single problem, may be given for them.
    """

    problems: tuple[Problem, ...] = attrs.field(converter=_problems)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


@attrs.frozen
class ChecklistError(InputError):
    """A checklist file is wrong."""


@attrs.frozen
class AuditFileError(InputError):
    """An audit file, or a file that it names, is wrong."""


@attrs.frozen
class AnswersError(InputError):
    """Cases or answers are wrong."""


@attrs.frozen
class SourceError(InputError):
    """Records cannot be read at all; single bad rows are quarantined instead."""


@attrs.frozen
class ExpressionError(InputError):
    """An expression is not allowed or does not fit its columns."""


@attrs.frozen
class ResultError(InputError):
    """A saved result cannot be read."""


@attrs.frozen
class UnknownNameError(CxauditError):
    """A name was asked for that nothing registers.

    Attributes:
        kind: What was asked for, such as ``check``.
        name: The name that is not known.
        known: The names that are.
    """

    kind: str
    name: str
    known: tuple[str, ...]

    @property
    def hint(self) -> str:
        """Return the nearest known names as a hint, or how to list them."""
        if near := did_you_mean(self.name, self.known):
            return near
        if len(self.known) <= _FEW:
            return f"There is {', '.join(self.known)}." if self.known else "There is none."
        return f"`cxaudit list {self.kind}` shows all."

    def __str__(self) -> str:
        return f"There is no {self.kind} named {self.name!r}.\n  Hint: {self.hint}"


@attrs.frozen
class PluginError(CxauditError):
    """A plugin failed.

    Attributes:
        plugin: Its name.
        version: Its version, or empty when not known.
        stage: What it was doing: ``import``, a hook's name, or ``check ID`` and the like.
        cause: The error it raised, as ``Type: text``.
        hint: File and line of its code that raised it, or gave what is wrong; may be empty.
    """

    plugin: str
    version: str
    stage: str
    cause: str
    hint: str = ""

    def __str__(self) -> str:
        name = f"{self.plugin} {self.version}".strip()
        return f"Plugin {name} failed in {self.stage}: {self.cause}"


@attrs.frozen
class IncompleteRunError(CxauditError):
    """A check, plugin or source failed in a run that was to be strict.

    Attributes:
        problems: What failed, each a `cxaudit.plugin.RunProblem`.
        result: What there is all the same, an `cxaudit.plugin.AuditResult`.
    """

    problems: tuple[Any, ...]
    result: Any = attrs.field(repr=False)

    def __str__(self) -> str:
        heads = (
            f"{problem.stage}: {problem.subject}: {problem.cause}"
            + (f"\n  Hint: {problem.hint}" if problem.hint else "")
            for problem in self.problems
        )
        return "\n".join(heads)


class RunCancelled(KeyboardInterrupt):
    """Raised by an observer to end a run at once, as Ctrl-C does.

    Nothing takes it for a failure of a plugin. Observers are called several times a second while a
    statement lasts or rows are read.
    """


@attrs.frozen
class ResourceError(CxauditError):
    """The machine, or what of it may be used, ran out of memory or disk.

    Attributes:
        resource: ``memory`` or ``disk``.
        cause: What was said about it; may be empty.
        hint: What to do.
    """

    resource: str
    cause: str
    hint: str

    def __str__(self) -> str:
        head = "There is not enough memory" if self.resource == "memory" else "The disk is full"
        return f"{head}{f': {self.cause}' if self.cause else '.'}\n  Hint: {self.hint}"
