"""Presets: mappings of exports that many houses have, with their traps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from cxaudit._model.identifiers import validate_id
from cxaudit._model.markers import Marker

__all__ = ["Preset", "PresetFile", "RowRule"]


@attrs.frozen(kw_only=True)
class PresetFile:
    """A preset that a plugin ships: a TOML file.

    Attributes:
        id: The id by which sources of audit files name it.
        package: Import package that holds the file.
        file: File name inside the package.
        summary: Its title, for lists.
    """

    id: str = attrs.field(validator=validate_id)
    package: str
    file: str
    summary: str = ""


@attrs.frozen(kw_only=True)
class RowRule:
    """A marker whose records are told by an expression.

    Attributes:
        marker: The marker; it leaves out or marks.
        when: Expression over the raw columns that holds for such records.
    """

    marker: Marker
    when: str


@attrs.frozen(kw_only=True)
class Preset:
    """How an export is read, and what goes wrong when it is.

    Attributes:
        id: Its id.
        title: Name for people.
        suits: Which export it reads, and how that is made.
        source: Where the vendor describes the export: an address.
        seen: Whether it was held against a real file; else it follows the description alone.
        traps: What a reader of the numbers must know, a sentence each.
        reader, table, zone, where, columns, options: As in a source of an audit file.
        rules: Markers by expressions.
        file: The file it was read from.
        digest: SHA-256 of that file.
    """

    id: str
    title: str
    suits: str
    source: str
    seen: bool
    traps: tuple[str, ...]
    reader: str
    table: str
    columns: Mapping[str, str]
    zone: str | None = None
    where: str | None = None
    options: Mapping[str, Any] = attrs.field(factory=dict)
    rules: tuple[RowRule, ...] = ()
    file: str = ""
    digest: str = ""
