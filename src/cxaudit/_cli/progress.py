"""What a run says on stderr: its progress, on a terminal alone, and how it ended."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import click

from cxaudit._model.protocols import Event
from cxaudit._model.result import AuditResult

__all__ = ["Progress", "conclude"]

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


def conclude(result: AuditResult, written: Sequence[Path]) -> None:
    """Say what was lost of the records, with the likely cause, and what was written."""
    from cxaudit._reports.losses import warnings

    click.echo("", err=True)
    for warning in warnings(result):
        click.echo(f"warning: {warning}", err=True)
    for path in written:
        click.echo(f"Written: {path}", err=True)
