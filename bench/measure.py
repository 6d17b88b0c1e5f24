"""What benches measure with: the CPU seconds and the memory of their process."""

from __future__ import annotations

import itertools
import resource
from typing import Any

__all__ = ["Stages", "cpu", "peak"]


def cpu() -> float:
    """Return the CPU seconds that this process has used so far, in all its threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def peak() -> float:
    """Return the most memory that this process has held so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class Stages:
    """Watches a run, and keeps the CPU seconds of its stages."""

    def __init__(self) -> None:
        self._marks: list[tuple[str, float]] = [("start", cpu())]

    def __call__(self, event: Any) -> None:
        if event.kind == "stage":
            self._marks.append((event.stage, cpu()))

    def seconds(self) -> dict[str, float]:
        """Return the seconds of each stage, and of the ``whole run`` until now."""
        marks = [*self._marks, ("end", cpu())]
        stages = {name: end - start for (name, start), (_, end) in itertools.pairwise(marks)}
        return {**stages, "whole run": marks[-1][1] - marks[0][1]}
