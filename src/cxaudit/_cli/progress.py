"""Progress on stderr, and only on a terminal."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self

from cxaudit._model.protocols import Event

__all__ = ["Progress"]

_CLEAR = "\r\x1b[2K"


class Progress:
    """An observer that shows the stage of a run in one line."""

    def __init__(self, *, quiet: bool = False) -> None:
        """Show progress when stderr is a terminal and nobody asked for quiet."""
        self._shown = sys.stderr is not None and sys.stderr.isatty() and not quiet

    def __call__(self, event: Event) -> None:
        """Show an event."""
        if self._shown and event.kind != "problem":  # problems are told at the end, with hints
            count = f" {event.done}/{event.total}" if event.total else ""
            text = event.text or event.stage
            sys.stderr.write(f"{_CLEAR}{text[:60]}{count} ...")
            sys.stderr.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._clear()

    def _clear(self) -> None:
        if self._shown:
            sys.stderr.write(_CLEAR)
            sys.stderr.flush()
