"""What plugin functions are called with and return, and what an engine can do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, Protocol, get_args

import attrs

from cxaudit._model.audit import SourceUse
from cxaudit._model.checklist import Item
from cxaudit._model.engine import EngineSession, Scan
from cxaudit._model.findings import Finding, Verdict
from cxaudit._model.markers import Skipped
from cxaudit._model.metrics import Measurement
from cxaudit._model.scores import Scorecard, ScoringInput
from cxaudit._model.units import Unit

__all__ = [
    "CheckFunction",
    "CheckRequest",
    "Connect",
    "Event",
    "EventKind",
    "Observer",
    "PolicyFunction",
    "ReadFunction",
    "ReadRequest",
    "RenderFunction",
    "Rows",
]


@attrs.frozen(kw_only=True)
class CheckRequest:
    """What a check judges.

    Attributes:
        item: The item.
        settings: Its ``with`` table, parameters put in; a parameter nobody answered is None.
        measurements: Setting name (such as ``metric``) to its measurement at the place.
        lower_is_better: Setting name to the direction of its metric, where it has one.
        unit: The unit judged.
        touchpoint: The touchpoint judged.
    """

    item: Item
    settings: Mapping[str, Any]
    measurements: Mapping[str, Measurement]
    lower_is_better: Mapping[str, bool | None]
    unit: Unit
    touchpoint: str


@attrs.frozen(kw_only=True)
class ReadRequest:
    """What a source reads: files that exist, in order, and its options.

    Attributes:
        use: The source as the audit file sets it up.
        files: The files.
        scratch: A folder of the run's own for files that the source must rewrite.
        shown: For each file, the name under which its rows are kept and problems are told.
    """

    use: SourceUse
    files: tuple[Path, ...]
    scratch: Path
    shown: tuple[str, ...] = attrs.field()

    @shown.default
    def _names(self) -> tuple[str, ...]:
        return tuple(path.name for path in self.files)


@attrs.frozen(kw_only=True)
class Rows:
    """Rows that a source yields itself.

    Attributes:
        rows: ``(file as shown, row number there, fields)``; fields hold text, numbers,
            booleans, times or None. A row that cannot be read is yielded with a `ValueError` in
            the place of its fields, one that is left out by a rule with a `Skipped`.
        columns: Columns that it gives, also when no row has them.
        notes: What a reader should know. Taken after the rows, so a source may go on adding to
            a list while it yields.
        unknown_fields: Fields of the files that it does not use; taken after the rows.
        marked: Rule of a `Marker` that its source declares, to the number of records that it
            named (see `Marks`); taken after the rows.
        total: How many rows there are, when that is known, for those who watch.
    """

    rows: Iterable[tuple[str, int, Mapping[str, Any] | ValueError | Skipped]]
    columns: tuple[str, ...] = ()
    notes: Iterable[str] = ()
    unknown_fields: Iterable[str] = ()
    marked: Mapping[str, int] = attrs.field(factory=dict)
    total: int | None = None


EventKind = Literal["stage", "progress", "finding", "problem"]
"""What an `Event` tells."""


@attrs.frozen(kw_only=True)
class Event:
    """Something that happened during a run, for whoever watches.

    Attributes:
        kind: ``stage`` (one begins), ``progress``, ``finding`` (an item was judged at a touchpoint)
            or ``problem`` (something failed, and the run goes on).
        stage: Name of the stage, such as ``reading records``.
        text: What to show.
        done, total: How far the stage is, when that is known.
        share: How much of the present step is done, from 0 to 1, when that is known. A step that
            lasts tells it several times a second.
        rows: How many rows a source has given yet, when it is one that gives them.
        of_rows: How many rows it will give, when that is known.
        findings: What was judged, of all units; weights are not known yet, and 0. They are made
            while they are taken, so what nobody takes costs nothing.
    """

    kind: EventKind = attrs.field(validator=attrs.validators.in_(get_args(EventKind)))
    stage: str
    text: str = ""
    done: int | None = None
    total: int | None = None
    share: float | None = None
    rows: int | None = None
    of_rows: int | None = None
    findings: Iterable[Finding] = ()


class CheckFunction(Protocol):
    """Judges measurements; pure."""

    def __call__(self, request: CheckRequest, /) -> Verdict: ...


class ReadFunction(Protocol):
    """Reads files into raw rows."""

    def __call__(self, request: ReadRequest, /) -> Scan | Rows: ...


class PolicyFunction(Protocol):
    """Scores; pure."""

    def __call__(self, scoring_input: ScoringInput, /) -> Scorecard: ...


class RenderFunction(Protocol):
    """Renders a result (outputs that take one) or a report."""

    def __call__(self, content: Any, /) -> str | bytes: ...


class Observer(Protocol):
    """Watches a run, and ends it by raising `cxaudit.errors.RunCancelled`."""

    def __call__(self, event: Event, /) -> None: ...


class Connect(Protocol):
    """Opens an engine, which does what `cxaudit.plugin.EngineSession` says."""

    def __call__(self) -> EngineSession: ...
