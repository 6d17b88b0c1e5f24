"""Exports whose files hold records of several kinds, told apart by their shape."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableSequence
from typing import Any

import attrs

from cxaudit.plugin import Marker, ReadRequest
from cxaudit.records import Record
from cxaudit_message.readers.exports import Desk, Unknown
from cxaudit_message.readers.matters import Location
from cxaudit_message.readers.vendors import Guard, refuse_others

__all__ = ["Export", "Format"]


@attrs.frozen(kw_only=True)
class Format:
    """What a vendor's export is made of.

    Attributes:
        name: The vendor; in small letters, its reader.
        markers: The reader's markers.
        records: Yields the records of the files; takes the request and a list for notes.
        kind_of: Tells by its shape what a record is, or None.
        used: For each kind the fields that are used; nested ones with dots.
        fills: For each kind the tables whose account lists a bad record of it.
    """

    name: str
    markers: tuple[Marker, ...]
    records: Callable[[ReadRequest, MutableSequence[str]], Iterator[Record]]
    kind_of: Callable[[dict[str, Any]], str | None]
    used: Mapping[str, Iterable[str]]
    fills: Mapping[str, frozenset[str]]


class Export:
    """The records of an export by their kind, and the desk that they are brought to.

    Attributes:
        desk: The desk.
        records: For each kind its records, each with its location, in the order of the files.
        unknown: Fields that are not used.
        bots: Ids of users that are machines, by the option.
        spam_tags: Tags that mark spam, by the option.
        resolved_tags: Tags of what a machine resolved, by the option.
    """

    def __init__(self, request: ReadRequest, layout: Format) -> None:
        """Read all files."""
        options = request.use.options
        reader = layout.name.lower()
        refuse_others(request, reader)
        guard = Guard(reader)
        self.desk = Desk(request.use.table, layout.markers)
        self.unknown = Unknown(layout.used)
        self.records: defaultdict[str, list[tuple[Location, dict[str, Any]]]] = defaultdict(list)
        self.bots = frozenset(map(str, options.get("bots", ())))
        self.spam_tags = frozenset(options.get("spam_tags", ()))
        self.resolved_tags = frozenset(options.get("resolved_tags", ()))
        self._fills = layout.fills
        files = {file_name: number for number, file_name in enumerate(request.shown)}
        *most, last = (kind for kind in layout.used)
        for file_name, number, record in layout.records(request, self.desk.notes):
            location = (files[file_name], number, 0)
            if isinstance(record, ValueError):
                self.desk.refuse(location, record)
                continue
            guard.see(file_name, record)
            if kind := layout.kind_of(record):
                self.add(kind, location, record)
            else:
                reason = f"a record that is no {', '.join(most)} or {last}"
                self.desk.refuse(location, ValueError(reason, str(record)[:500]))
        guard.close()
        held = ", ".join(
            f"{len(records)} {kind}s" for kind, records in self.records.items() if records
        )
        self.desk.notes.append(f"the files hold {held or f'no record of {layout.name}'}")

    def add(self, kind: str, location: Location, record: dict[str, Any]) -> None:
        """Keep a record, and note which of its fields are not used."""
        self.unknown.see(kind, record)
        self.records[kind].append((location, record))

    def refuse(self, kind: str, location: Location, reason: str, record: object) -> None:
        """Refuse a record, in the accounts of the tables that its kind fills."""
        if self.desk.table in self._fills[kind]:
            self.desk.refuse(location, ValueError(reason, str(record)[:500]))
