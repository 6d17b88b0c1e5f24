"""Telling whoever watches a run how it goes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

import attrs

from cxaudit._model.findings import Finding
from cxaudit._model.protocols import Event, Observer

__all__ = ["Watch"]

_ROWS = 10_000
_T = TypeVar("_T")


class Watch:
    """Sends events to an observer, if there is one."""

    def __init__(self, observer: Observer | None) -> None:
        """Keep the observer."""
        self._observer = observer
        self._step = Event(kind="stage", stage="")

    def stage(self, name: str) -> None:
        """Say that a stage begins."""
        self._begin(Event(kind="stage", stage=name))

    def progress(self, text: str, done: int, total: int) -> None:
        """Say how far the stage is."""
        stage = self._step.stage
        self._begin(Event(kind="progress", stage=stage, text=text, done=done, total=total))

    def share(self, share: float | None) -> None:
        """Say how much of the present step is done, or only that it still lasts."""
        self._tell(attrs.evolve(self._step, kind="progress", share=share))

    def counted(self, rows: Iterable[_T], total: int | None = None) -> Iterator[_T]:
        """Yield rows, and say after some thousands of them how many there were, of ``total``."""
        for number, row in enumerate(rows):
            if number and number % _ROWS == 0:
                share = min(number / total, 1.0) if total else None
                step = attrs.evolve(self._step, kind="progress", share=share)
                self._tell(attrs.evolve(step, rows=number, of_rows=total))
            yield row

    def judged(self, item: str, done: int, total: int, findings: Iterable[Finding]) -> None:
        """Say that an item was judged at a touchpoint."""
        self._tell(
            Event(
                kind="finding",
                stage=self._step.stage,
                text=item,
                done=done,
                total=total,
                findings=findings,
            )
        )

    def problem(self, text: str) -> None:
        """Say that something failed while the run goes on."""
        self._tell(Event(kind="problem", stage=self._step.stage, text=text))

    def _begin(self, step: Event) -> None:
        self._step = step
        self._tell(step)

    def _tell(self, event: Event) -> None:
        if self._observer is not None:
            self._observer(event)
