"""What a run says on stderr: its progress, on a terminal alone, and how it ended."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from cxaudit._cli.streams import PrintedStream, say
from cxaudit._model.protocols import Event
from cxaudit._model.result import AuditResult

__all__ = ["Progress", "conclude"]


class Progress:
    """An observer that shows the stage of a run in one line."""

    def __init__(self, *, quiet: bool = False) -> None:
        """Show progress when stderr is a terminal and nobody asked for quiet."""
        stream = sys.stderr
        on_terminal = isinstance(stream, PrintedStream) and stream.isatty() and not quiet
        self._stream = stream if on_terminal else None

    def __call__(self, event: Event) -> None:
        """Show an event."""
        if event.kind != "problem":  # problems are told at the end, with hints
            count = f" {event.done}/{event.total}" if event.total else ""
            count += f", {event.rows:,} rows" if event.rows else ""
            count += f", {event.share:.0%}" if event.share is not None else ""
            text = event.text or event.stage
            self._overwrite(f"{text[:60]}{count} ...")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._overwrite("")

    def _overwrite(self, text: str) -> None:
        if isinstance(self._stream, PrintedStream):
            self._stream.overwrite(text)


def conclude(result: AuditResult, written: Sequence[Path]) -> None:
    """Say what was lost of the records, with the likely cause, and what was written."""
    from cxaudit._report.sections.losses import warnings

    say("")
    for warning in warnings(result):
        say(f"warning: {warning}")
    here = Path.cwd()
    for path in written:
        say(f"Written: {path.relative_to(here) if path.is_relative_to(here) else path}")
