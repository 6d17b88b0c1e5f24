"""What is printed: without controls, in characters that the stream has, whoever still reads.

Texts come from files that anybody may have written. A terminal obeys the escape sequences in them,
and a mark that turns the reading order changes what a person reads.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO, TextIO

from cxaudit._model.running import running_plugin

__all__ = [
    "PrintedStream",
    "printed_streams",
    "put",
    "put_json",
    "put_output",
    "say",
]

_CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_CLEARED = "\r\x1b[2K"


def printable(text: str) -> str:
    r"""Return a text with its controls written out, such as ``\u001b``.

    Lines and tabs stay. JSON stays JSON of the same values.
    """
    return _CONTROLS.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


class PrintedStream:
    """A text stream that prints what is written to it: every text of the program goes this way.

    What the stream has no character for becomes a question mark. After its reader went away
    nothing is written, and nothing complains.

    Attributes:
        broken: Whether its reader went away.
        stray: Where what plugins print goes, with their names; None when nobody is to see it.
        encoding: Said to be UTF-8: click would write around a stream that it takes for ASCII.
    """

    encoding = "utf-8"

    def __init__(self, stream: TextIO) -> None:
        self.broken = False
        self.stray: PrintedStream | None = None
        self._in_line = False
        self._stream = stream
        self._codec = getattr(stream, "encoding", None) or self.encoding

    def write(self, text: str) -> int:
        """Write a text."""
        if self.stray is not None and (plugin := running_plugin.get()):
            self.stray.write_line_of(plugin, text)
        else:
            self._write(printable(text))
        return len(text)

    def write_line_of(self, plugin: str, text: str) -> None:
        """Write what a plugin prints; each line begins with its name."""
        for line in text.splitlines(keepends=True):
            self._write(printable(line if self._in_line else f"{plugin}: {line}"))
            self._in_line = not line.endswith("\n")

    @property
    def buffer(self) -> BinaryIO:
        """Return the stream of bytes below."""
        stray = self.stray if running_plugin.get() else None
        return self._stream.buffer if stray in {None, self} else stray.buffer

    def write_bytes(self, content: bytes) -> None:
        """Write a document as it is."""
        self.flush()
        self._tried(lambda: self._stream.buffer.write(content))

    def overwrite(self, text: str) -> None:
        """Write a text over the line that was written last on a terminal."""
        self._write(_CLEARED + printable(text))
        self.flush()

    def flush(self) -> None:
        """Write out what is buffered."""
        self._tried(self._stream.flush)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _write(self, text: str) -> None:
        replaced = text.encode(self._codec, "replace").decode(self._codec)
        self._tried(lambda: self._stream.write(replaced))

    def _tried(self, work: Callable[[], object]) -> None:
        try:
            work()
        except BrokenPipeError:
            self.broken = True
            self._drop_the_rest()
        except OSError as error:
            from click import ClickException

            self._drop_the_rest()
            msg = f"The output cannot be written: {error.strerror or error}."
            raise ClickException(msg) from error

    def _drop_the_rest(self) -> None:
        # What is still buffered goes nowhere, or Python would complain at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())


@contextmanager
def printed_streams() -> Iterator[tuple[PrintedStream, ...]]:
    """Print what is written to stdout and stderr within a block; one that is closed is left out."""
    before = sys.stdout, sys.stderr
    streams = [stream and PrintedStream(stream) for stream in before]
    sys.stdout, sys.stderr = streams
    opened = tuple(filter(None, streams))
    for stream in opened:
        stream.stray = streams[1]
    try:
        yield opened
    finally:
        sys.stdout, sys.stderr = before
        for stream in opened:
            with suppress(Exception):  # there is nowhere left to tell it
                stream.flush()


def put(text: str) -> None:
    """Write a text to stdout."""
    if sys.stdout is not None:  # closed before the start: nobody wants it
        sys.stdout.write(text)
        sys.stdout.flush()


def put_json(value: object) -> None:
    """Write a value, ours as objects, to stdout as JSON, which is UTF-8 wherever it goes."""
    import json

    import attrs

    def plain(part: Any) -> object:
        if not attrs.has(type(part)):
            return str(part)
        return {
            field.name: getattr(part, field.name)
            for field in attrs.fields(type(part))
            if field.init
        }

    text = json.dumps(value, indent=2, ensure_ascii=False, default=plain)
    _put_document(f"{printable(text)}\n")


def put_output(content: str | bytes, output: str) -> None:
    """Write what an output made to stdout.

    Documents are UTF-8 and as they were made, but for a text on a terminal.

    Args:
        content: The document.
        output: Id of the output.
    """
    name = output.removeprefix("cxaudit.")
    if isinstance(content, str) and name == "terminal":
        put(content)
    elif isinstance(content, str) and name == "json":
        _put_document(printable(content))
    else:
        _put_document(content)


def _put_document(content: str | bytes) -> None:
    if isinstance(sys.stdout, PrintedStream):
        if isinstance(content, str) and sys.stdout.isatty():
            sys.stdout.write(content)
            return
        raw = content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
        sys.stdout.write_bytes(raw)


def say(text: str) -> None:
    """Write a line to stderr."""
    if sys.stderr is not None:
        sys.stderr.write(f"{text}\n")
