"""Running commands so that a user's mistake ends in a message, never in a traceback."""

from __future__ import annotations

import io
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import TYPE_CHECKING

import click

from cxaudit._cli.exits import BUG, FAILED, INPUT, INTERRUPTED, TERMINATED, UNREAD
from cxaudit._cli.streams import printed_streams, say

if TYPE_CHECKING:
    from cxaudit.errors import CxauditError

__all__ = ["guarded", "traceback_of"]


class _Terminated(KeyboardInterrupt):
    """SIGTERM: it ends the program as Ctrl-C does."""


def traceback_of(error: BaseException) -> str:
    """Return the traceback of an error, with those of its causes."""
    import traceback

    return "".join(traceback.format_exception(error))


def guarded(arguments: Sequence[str]) -> int:
    """Run the commands; a user's mistake ends in a message, never in a traceback."""
    with printed_streams() as streams, _terminable():
        code = _code(arguments)
    return UNREAD if any(stream.broken for stream in streams) else code


@contextmanager
def _terminable() -> Iterator[None]:
    """End a block on SIGTERM as on Ctrl-C, unless the caller handles SIGTERM itself."""
    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _terminate(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise _Terminated


def _code(arguments: Sequence[str]) -> int:
    try:
        from cxaudit._cli.commands import cli

        code = cli.main(args=list(arguments), prog_name="cxaudit", standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt) as error:
        cause = error.__cause__ or error  # click puts its own in the place of both
        if isinstance(cause, EOFError):  # click takes it for the end of typing
            return _bug(cause)
        if isinstance(cause, _Terminated):
            return _say("Terminated. Nothing was half written.", TERMINATED)
        during = "".join(f" in {note}" for note in getattr(cause, "__notes__", ())[:1])
        return _say(f"Interrupted{during}. Nothing was half written.", INTERRUPTED)
    except click.ClickException as error:
        message = io.StringIO()
        error.show(file=message)
        return _say(message.getvalue().rstrip("\n"), INPUT)
    except Exception as error:  # noqa: BLE001 - whatever is left is ours to mend
        if "--traceback" in arguments and error.__cause__ is not None:
            _say(traceback_of(error.__cause__), FAILED)
        return _failed(error)
    return code if isinstance(code, int) else 0


def _failed(error: Exception) -> int:
    """Say why a command failed, and return its exit code."""
    from cxaudit._model.resources import exhausted
    from cxaudit.errors import CxauditError, PluginError, ResourceError

    if isinstance(error, CxauditError):
        failed = isinstance(error, PluginError | ResourceError)
        return _say(_message(error), FAILED if failed else INPUT)
    if ran_out := exhausted(error):
        return _say(_message(ran_out), FAILED)
    if isinstance(error, OSError) and error.filename is not None:
        return _say(f"{error.filename}: {error.strerror}", INPUT)
    return _bug(error)


def _message(error: CxauditError) -> str:
    from cxaudit.errors import InputError, PluginError, ResourceError

    if isinstance(error, PluginError):
        from cxaudit._plugins.containment import raised_in

        hint = raised_in(error)
        return f"{error}\n" + (f"  Hint: {hint}\n" if hint else "") + "\nNothing was written."
    if isinstance(error, ResourceError):
        return f"{error}\n\nNothing was half written."
    if not isinstance(error, InputError):
        return str(error)
    count = len(error.problems)
    return f"{error}\n\n{count} {'problem' if count == 1 else 'problems'}. Nothing was run."


def _say(text: str, code: int) -> int:
    with suppress(click.ClickException):  # stderr itself cannot be written
        say(text)
    return code


def _bug(error: BaseException) -> int:
    say(traceback_of(error))
    say("This is a fault of cxaudit, not of yours. Please report it with the above.")
    return BUG
