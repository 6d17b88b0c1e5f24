"""What plugins register. Heavy parts may be given lazily, as ``"package.module:attribute"``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from cxaudit._model.identifiers import validate_id
from cxaudit._model.markers import Marker
from cxaudit._model.protocols import (
    CheckFunction,
    Connect,
    PolicyFunction,
    ReadFunction,
    RenderFunction,
)
from cxaudit._model.scores import GradeBand

__all__ = [
    "Check",
    "ChecklistFile",
    "Command",
    "Engine",
    "Output",
    "Policy",
    "Source",
]


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
        markers: Rules by which it tells what is no contact of a customer, or no answer of the
            house; its `Rows` say how many records each named.
        summary: One sentence for lists.
    """

    id: str = attrs.field(validator=validate_id)
    read: ReadFunction | str
    settings: Mapping[str, Any] = attrs.field(factory=dict)
    suffixes: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    markers: tuple[Marker, ...] = ()
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
