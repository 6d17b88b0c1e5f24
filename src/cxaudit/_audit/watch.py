"""Telling whoever watches a run how it goes."""

from __future__ import annotations

from cxaudit._model.protocols import Event, Observer

__all__ = ["Watch"]


class Watch:
    """Sends events to an observer, if there is one."""

    def __init__(self, observer: Observer | None) -> None:
        """Keep the observer."""
        self._observer = observer
        self._stage = ""

    def stage(self, name: str) -> None:
        """Say that a stage begins."""
        self._stage = name
        self._tell(Event(kind="stage", stage=name))

    def progress(self, text: str, done: int, total: int) -> None:
        """Say how far the stage is."""
        self._tell(Event(kind="progress", stage=self._stage, text=text, done=done, total=total))

    def problem(self, text: str) -> None:
        """Say that something failed while the run goes on."""
        self._tell(Event(kind="problem", stage=self._stage, text=text))

    def _tell(self, event: Event) -> None:
        if self._observer is not None:
            self._observer(event)
