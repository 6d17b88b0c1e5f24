"""What plugins register. Heavy parts may be given lazily, as ``"package.module:attribute"``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from cxaudit._model.identifiers import validate_id

if TYPE_CHECKING:
    from cxaudit._model.protocols import (
        CheckFunction,
        Connect,
        DeriveFunction,
        DetectFunction,
        PolicyFunction,
        ReadFunction,
        RenderFunction,
    )

__all__ = [
    "Check",
    "ChecklistFile",
    "Column",
    "Command",
    "Detector",
    "Engine",
    "GradeBand",
    "Lens",
    "Output",
    "Policy",
    "Source",
    "Table",
    "Touchpoint",
]


@attrs.frozen(kw_only=True)
class Column:
    """A column of a canonical table.

    Attributes:
        name: Its name.
        type: ``text``, ``number``, ``boolean``, ``time`` (an instant, kept as UTC) or ``date``.
        meaning: What it holds, in one sentence.
        unit: Unit of a number, such as ``seconds``.
        required: A row in which it is null though its raw value was not is rejected; a source
            must give it.
        personal: Whether it names or may name a person.
        identifies: ``customer`` or ``staff`` where it is a key of a person: it is normalised and
            pseudonymised on the way in.
        planned: Whether it is an instant that may lie in the future, such as a due date.
    """

    name: str
    type: str
    meaning: str
    unit: str = ""
    required: bool = False
    personal: bool = False
    identifies: str = ""
    planned: bool = False


def _has_times(table: Table, _: object, names: tuple[str, ...]) -> None:
    kinds = {column.name: column.type for column in table.columns}
    for name in names:
        if kinds.get(name) not in {"time", "date"}:
            msg = f"table {table.id}: its natural time {name!r} is no time or date column of it"
            raise ValueError(msg)


@attrs.frozen(kw_only=True)
class Table:
    """A canonical evidence table.

    Attributes:
        id: Its name in expressions, such as ``queue_events``.
        columns: Its columns. Every row also carries ``unit``, ``touchpoint``, ``_source`` and
            ``_row``.
        key: Columns that no two rows share; empty when rows have no key.
        touchpoint: Touchpoint of rows that name none.
        time: Columns that say when a row took place (a call came in, a thread was opened), the
            best first; the first that is not null is the row's natural time. Its day in the zone
            of the row's unit says whether the row lies in the wave; a derived row goes by its
            own. Empty when rows have no time of their own, such as those of ``units``.
        meaning: What one row is.
        select: For a derived table, a whole SELECT by engine id (trusted plugin code), with
            the columns above as its output and ``unit``, ``touchpoint``, ``_source``, ``_row``,
            ``_zone``.
        derive: For a derived table made by Python: called with a function that yields the rows
            of a table and with the parameters; yields rows, ``unit``, ``touchpoint``,
            ``_source``, ``_row`` and ``_zone`` among them.
        reads: For a derived table: each table that must be there, to those of its columns that a
            source must give. One that is not named here must not be used; one named with a
            question mark behind (``"identity?"``) may be empty. Of ``hits``, the detectors that it
            rests on; one with a question mark behind may have nothing to run on.
        parameters: For a derived table made by Python: parameters of the checklist that it needs;
            one with a question mark behind may be unanswered, and is None then.
    """

    id: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    touchpoint: str = "organisation"
    time: tuple[str, ...] = attrs.field(default=(), validator=_has_times)
    meaning: str = ""
    select: Mapping[str, str] = attrs.field(factory=dict)
    derive: DeriveFunction | str | None = None
    reads: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict)
    parameters: tuple[str, ...] = ()

    @property
    def derived(self) -> bool:
        """Tell whether its rows are made from those of other tables."""
        return bool(self.select) or self.derive is not None

    def column(self, name: str) -> Column | None:
        """Return a column by name, or None."""
        return next((column for column in self.columns if column.name == name), None)


@attrs.frozen(kw_only=True)
class Check:
    """Judges measurements against a target; pure, and never touches data.

    Attributes:
        id: ``namespace.name``.
        judge: Called with a `CheckRequest`; returns a `Verdict`.
        settings: JSON Schema (2020-12) of the item's ``with`` table.
        metrics: Names of the settings that hold a metric's id.
        summary: One sentence for lists.
    """

    id: str = attrs.field(validator=validate_id)
    judge: CheckFunction | str
    settings: Mapping[str, Any] = attrs.field(factory=dict)
    metrics: tuple[str, ...] = ("metric",)
    summary: str = ""


@attrs.frozen(kw_only=True)
class ChecklistFile:
    """A checklist that a plugin ships.

    Attributes:
        id: The id by which others extend it.
        package: Import package that holds the file.
        file: File name inside the package.
    """

    id: str = attrs.field(validator=validate_id)
    package: str
    file: str


@attrs.frozen(kw_only=True)
class Source:
    """Reads one external format.

    Attributes:
        id: ``namespace.name``, used as ``reader``.
        read: Called with a `ReadRequest`; returns a `Scan` or `Rows`.
        settings: JSON Schema of the options it takes.
        suffixes: File name endings that it reads, such as ``.csv``.
        tables: Canonical tables that it fills with their own column names; empty when the
            audit file maps columns.
        summary: One sentence for lists.
    """

    id: str = attrs.field(validator=validate_id)
    read: ReadFunction | str
    settings: Mapping[str, Any] = attrs.field(factory=dict)
    suffixes: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    summary: str = ""


@attrs.frozen(kw_only=True)
class Detector:
    """Finds places in the rows of a table: each a hit with label, place and quote.

    Attributes:
        id: Its id.
        table: Table that it reads.
        column: Text column that it looks through.
        where: Expression: which rows it looks at; all when None.
        phrases: Label to phrases, found as whole words whatever their case.
        patterns: Label to regular expressions (RE2 syntax), found whatever their case.
        detect: For a function detector: called with batches of rows, yields hits.
        summary: One sentence for lists.
    """

    id: str = attrs.field(validator=validate_id)
    table: str
    column: str = ""
    where: str | None = None
    phrases: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict)
    patterns: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict)
    detect: DetectFunction | str | None = None
    summary: str = ""


@attrs.frozen(kw_only=True)
class Engine:
    """Runs statements over tables.

    Attributes:
        id: ``namespace.name``.
        connect: Called without arguments; returns an open engine.
        summary: One sentence for lists.
    """

    id: str = attrs.field(validator=validate_id)
    connect: Connect | str
    summary: str = ""


@attrs.frozen(kw_only=True)
class Touchpoint:
    """Where the customer meets the organisation; a child is named ``parent.child``."""

    id: str = attrs.field(validator=validate_id)
    title: str

    @property
    def parent(self) -> str | None:
        """Return the id of the touchpoint above, or None."""
        return self.id.rpartition(".")[0] or None


@attrs.frozen(kw_only=True)
class Lens:
    """Another grouping of the same items, outside the check.

    Attributes:
        id: Its id.
        title: Name for people.
        keys: Key id to its title, in order.
    """

    id: str = attrs.field(validator=validate_id)
    title: str
    keys: Mapping[str, str]


@attrs.frozen
class GradeBand:
    """A grade and the score from which it holds (0 to 1, compared unrounded)."""

    grade: str
    at_least: float


@attrs.frozen(kw_only=True)
class Policy:
    """A named, versioned rule set that scores.

    Attributes:
        id: ``namespace.name``, the version in the name.
        title: Name for people.
        not_applicable, unanswered, critical, aggregation: The four rules in words, printed in
            every report.
        bands: Grades from best to worst; a convention, and shown as one.
        breaks: Laws of the default policy that it breaks, in words.
        score: Called with a `ScoringInput`; returns a `Scorecard`. Pure.
        source: Where the rules were published.
    """

    id: str = attrs.field(validator=validate_id)
    title: str
    not_applicable: str
    unanswered: str
    critical: str
    aggregation: str
    bands: tuple[GradeBand, ...]
    score: PolicyFunction | str
    breaks: tuple[str, ...] = ()
    source: str = ""


@attrs.frozen(kw_only=True)
class Output:
    """Turns a result or a report into a document.

    Attributes:
        id: ``namespace.name``.
        takes: ``result`` (machine formats) or ``report`` (documents for people).
        render: Called with the result or report; returns text or bytes.
        suffix: File name ending, such as ``.html``.
        summary: One sentence for lists.
    """

    id: str = attrs.field(validator=validate_id)
    takes: str
    render: RenderFunction | str
    suffix: str
    summary: str = ""


@attrs.frozen(kw_only=True)
class Command:
    """A further command of the command line.

    Attributes:
        id: ``namespace.name``; the command is called by its name without our namespace.
        command: A click command, usually given lazily.
        summary: One sentence for the help.
    """

    id: str = attrs.field(validator=validate_id)
    command: Callable[..., Any] | str
    summary: str = ""
