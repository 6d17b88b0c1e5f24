"""Exit codes, and how errors are told.

0 fine; 1 the gate failed; 2 usage, configuration or checklist error; 3 some check or plugin
failed; 4 not enough basis; 5 our bug; 130 interrupted. Where several hold: 5, 2, 1, 4, 3.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from cxaudit.errors import CxauditError, InputError, PluginError

if TYPE_CHECKING:
    from cxaudit._model.result import AuditResult

__all__ = ["BUG", "FAILED", "GATE", "INPUT", "INTERRUPTED", "NO_BASIS", "code_of", "guarded", "put"]

GATE, INPUT, FAILED, NO_BASIS, BUG, INTERRUPTED = 1, 2, 3, 4, 5, 130


def code_of(result: AuditResult) -> int:
    """Return the exit code that a result deserves."""
    if not result.gate.passed:
        return GATE
    if not result.gate.enough:
        return NO_BASIS
    return FAILED if result.problems else 0


def put(content: str | bytes) -> None:
    """Write the artefact to stdout; a reader that went away is its right, and changes no code."""
    if sys.stdout is None:  # closed before the start: nobody wants it
        return
    try:
        click.echo(content, nl=False)
        sys.stdout.flush()
    except BrokenPipeError:
        _drop_the_rest()
    except OSError as error:
        _drop_the_rest()
        reason = error.strerror or str(error)
        msg = f"The output cannot be written: {reason}."
        raise click.ClickException(msg) from error


def _drop_the_rest() -> None:
    # What is still buffered goes nowhere, or Python would complain at its end.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def guarded(arguments: Sequence[str]) -> int:
    """Run the commands; a user's mistake ends in a message, never in a traceback."""
    try:
        from cxaudit._cli.commands import cli

        code = cli.main(args=list(arguments), prog_name="cxaudit", standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt) as error:
        if isinstance(error.__cause__, EOFError):  # click takes it for the end of typing
            return _bug(error.__cause__)
        return _say("Interrupted. Nothing was half written.", INTERRUPTED)
    except click.ClickException as error:
        error.show(file=sys.stderr)
        return INPUT
    except CxauditError as error:
        return _say(_told(error), FAILED if isinstance(error, PluginError) else INPUT)
    except Exception as error:  # noqa: BLE001 - whatever is left is ours to mend
        if isinstance(error, OSError) and error.filename is not None:
            return _say(f"{error.filename}: {error.strerror}", INPUT)
        return _bug(error)
    return code if isinstance(code, int) else 0


def _told(error: CxauditError) -> str:
    if isinstance(error, PluginError):
        from cxaudit._plugins.implementations import place_of

        place = place_of(error)
        return f"{error}\n" + (f"  Hint: {place}\n" if place else "") + "\nNothing was written."
    if not isinstance(error, InputError):
        return str(error)
    count = len(error.problems)
    return f"{error}\n\n{count} {'problem' if count == 1 else 'problems'}. Nothing was run."


def _say(text: str, code: int) -> int:
    click.echo(text, err=True)
    return code


def _bug(error: BaseException) -> int:
    import traceback

    click.echo("".join(traceback.format_exception(error)), err=True)
    click.echo(
        "This is a fault of cxaudit, not of yours. Please report it with the above.", err=True
    )
    return BUG
