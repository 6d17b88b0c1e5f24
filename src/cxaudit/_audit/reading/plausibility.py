"""What looks odd in the records that were read: notes for the account of each source.

A note is no judgement. It says what is unusual, names rows, and what to look at. Each limit below
is far from what chance gives, so that plain records have no note.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Any

import attrs

from cxaudit._audit.planning.waves import natural_time
from cxaudit._audit.reading import suspicions
from cxaudit._model.audit import Audit, SourceUse
from cxaudit._model.engine import EngineSession, RowQuery
from cxaudit._model.evidence import SourceAccount, is_much
from cxaudit._model.said import Said
from cxaudit._model.tables import ColumnRows, Table
from cxaudit._plugins.registry import Registry

__all__ = ["with_plausibility"]

_EPOCH = date(1970, 1, 1)
_DAY = timedelta(days=1)
_AUTOMATIC = frozenset({"auto-reply", "bounce", "bot", "campaign", "list", "spam"})
"""Rules that take a record for a machine's."""
_AUTOMATIC_SHARE = 5
"""More than one record in five: of what people write, such rules name far fewer."""
_MANY = 20
"""Contacts of one customer: of fewer, more than one a day says nothing."""
_LEAST_DAYS = 10
"""Days with records: of fewer, pauses between them are no measure of a pause at an end."""
_LEAST_PAUSE = 2
"""Days without a record at an end of the wave, on weekdays that have some, holidays aside."""
_LEAST_ROWS = 10
"""Rows on each day that a file's first or last day is compared with: of fewer, half or twice as
many is chance."""
_LEAST_ALIKE = 3
"""Days that a file's first or last day is compared with."""
_MOST_SILENCES = 5
"""So many silences of a source are told; the others are counted."""
_SATURDAY = 5
_CONTACTS = ("calls", "threads")
"""Tables of which a row is one contact of a customer."""

File = tuple[str, str]
"""A table, and the name of a file or sheet whose rows it has."""
SourceNote = tuple[str, Said]


@attrs.frozen
class _Day:
    """The rows of one file on one day, on the clock of their units; None where no time is."""

    day: date | None
    rows: int
    first_row: int
    last_row: int


def with_plausibility(
    audit: Audit,
    registry: Registry,
    engine: EngineSession,
    accounts: Sequence[SourceAccount],
) -> tuple[SourceAccount, ...]:
    """Return the accounts with notes on what looks odd in their records.

    Each table is read once for its hours, and once more where it has customers or threads.
    """
    counted = {
        (use.name, marker.id): marker.table
        for use in audit.sources
        for marker in registry.get("source", use.reader).markers
    }
    notes = [
        (account.source, note) for account in accounts for note in _of_account(account, counted)
    ]
    names = dict.fromkeys(account.table for account in accounts if account.kept)
    tables = tuple(registry.get("table", name) for name in names)
    try:
        notes += _Records(audit, engine, tuple(accounts), tables).notes()
    except NotImplementedError as error:  # as an engine says what it cannot do
        text = Said("plausibility-unknown", cause=str(error))
        notes += [(account.source, text) for account in accounts]
    of_source: dict[str, list[Said]] = defaultdict(list)
    for source, note in notes:
        of_source[source].append(note)
    return tuple(
        attrs.evolve(account, notes=(*account.notes, *of_source[account.source]))
        for account in accounts
    )


def _of_account(
    account: SourceAccount, counted: Mapping[tuple[str, str], str | None]
) -> Iterator[Said]:
    """Yield what the account itself tells: duplicates, and the share taken for automatic.

    Args:
        account: The account.
        counted: Source and rule to the table whose rows the rule counts; None is the one read.
    """
    for marked in account.marked:
        if marked.rule not in _AUTOMATIC or counted.get((account.source, marked.rule)) not in {
            None,
            account.table,
        }:
            continue  # 300 messages of machines are no share of 200 threads
        if marked.records * _AUTOMATIC_SHARE > account.read:
            yield Said(
                "much-is-automatic",
                rule=marked.rule,
                n=marked.records,
                all=account.read,
                meaning=marked.meaning,
            )
    for reason, n in account.rejected.items():
        if isinstance(reason, Said) and reason.code == "key-repeats":
            samples = [row for row in account.samples if row.reason == reason]
            yield Said(
                "duplicates-dropped",
                n=n,
                columns=reason.values["columns"],
                rows=tuple(_row(sample.source, sample.row) for sample in samples[:3]),
            )


class _Records:
    """What the rows of tables tell, by statements on them."""

    def __init__(
        self,
        audit: Audit,
        engine: EngineSession,
        accounts: tuple[SourceAccount, ...],
        tables: tuple[Table, ...],
    ) -> None:
        self.audit = audit
        self.engine = engine
        self.accounts = accounts
        self.tables = tables
        self.uses: Mapping[str, SourceUse] = {use.name: use for use in audit.sources}
        self.days: dict[File, list[_Day]] = defaultdict(list)
        self.sources: dict[File, str] = {}

    def notes(self) -> Iterator[SourceNote]:
        """Yield a source and a note on it."""
        timed = [table for table in self.tables if _took_place(table)]
        if timed:
            self._read_days(timed)
            files_of: dict[str, list[File]] = defaultdict(list)
            for file, source in self.sources.items():
                files_of[source].append(file)
            for source, files in files_of.items():
                for note in self._of_source(source, files):
                    yield source, note
            if len(files_of) > 1:  # silent is a source while another is not
                yield from self._silences()
        for table in self.tables:
            if self._names_customers(table):
                yield from self._customers(table)
        if any(table.id == "messages" for table in self.tables):
            yield from self._threads()

    def _rows(self, table: Table) -> Iterator[Mapping[str, Any]]:
        self.engine.derive(table)
        for batch in self.engine.rows(RowQuery(table=table.id)):
            yield from batch

    def _read_days(self, timed: Sequence[Table]) -> None:
        self.engine.derive(suspicions.hours(timed))
        for row in self._rows(suspicions.DAYS):
            day = None if row["day"] is None else _EPOCH + int(row["day"]) * _DAY
            file = row["kind"], row["file"]
            numbers = (int(row[name]) for name in ("rows_in", "file_row", "last_row"))
            self.days[file].append(_Day(day, *numbers))
        for file in self.days:
            if source := self._source(*file):
                self.sources[file] = source

    def _source(self, table: str, file: str) -> str:
        """Return the source that rows of a table from a file are of; empty without one."""
        # A sheet of a workbook is named behind its file.
        names = {file, file.rpartition("#")[0]}
        return next(
            (
                account.source
                for account in self.accounts
                if account.table == table and not names.isdisjoint(account.files)
            ),
            "",
        )

    def _of_source(self, source: str, files: Sequence[File]) -> Iterator[Said]:
        table = next(table for table in self.tables if table.id == files[0][0])
        days = {name: self.days[kind, name] for kind, name in files}
        yield from _untimed(table, days)
        if self.audit.wave is not None and self.uses[source].wave:
            yield from self._against_wave(days)
        for name, in_file in days.items():
            yield from self._at_edges(name, [day for day in in_file if day.day is not None])

    def _against_wave(self, days: Mapping[str, list[_Day]]) -> Iterator[Said]:
        """Yield how long before the first and after the last record the wave goes on."""
        assert self.audit.wave is not None
        start, end = self.audit.wave.start, self.audit.wave.end
        end = min(end, self.audit.as_of or end)
        within = [
            (day.day, name, day)
            for name, in_file in days.items()
            for day in in_file
            if day.day is not None and start <= day.day <= end
        ]
        with_rows = sorted({day for day, _, _ in within})
        if len(with_rows) < _LEAST_DAYS:
            return
        weekdays = {day.weekday() for day in with_rows}
        usual = sum(day.rows for _, _, day in within) / ((with_rows[-1] - with_rows[0]).days + 1)
        least = max(_LEAST_PAUSE, suspicions.LEAST_EXPECTED / usual)

        def pause_after(day: date, later: date) -> int:
            """Return on how many days between two a record could have been."""
            between = (day + n * _DAY for n in range(1, (later - day).days))
            return sum(day.weekday() in weekdays and day not in self._days_apart for day in between)

        pairs = pairwise(with_rows)
        pause = max(pause_after(day, later) for day, later in pairs)
        before = pause_after(start - _DAY, with_rows[0])
        after = pause_after(with_rows[-1], end + _DAY)
        first = min(within, key=lambda row: row[0])
        last = max(within, key=lambda row: row[0])
        if before >= least and before > pause:
            row = _row(first[1], first[2].first_row)
            text = "records-begin-late"
            yield Said(text, day=first[0], row=row, start=start, n=before, pause=pause)
        if after >= least and after > pause:
            row = _row(last[1], last[2].last_row)
            text = "records-end-early"
            yield Said(text, day=last[0], row=row, end=end, n=after, pause=pause)

    def _at_edges(self, name: str, days: Sequence[_Day]) -> Iterator[Said]:
        """Yield where a file's first or last day has far more or fewer rows than others like it."""
        rows = {day.day: day for day in days if day.day is not None}
        if len(rows) <= _LEAST_ALIKE:
            return
        edges = {"volume-jumps-on-first-day": min(rows), "volume-jumps-on-last-day": max(rows)}
        inner = [day for day in rows if day not in edges.values()]
        for code, edge in edges.items():
            if not self._is_within(edge) or edge in self._days_apart:
                continue
            alike = [day for day in inner if day.weekday() == edge.weekday()]
            if len(alike) < _LEAST_ALIKE:
                alike = [day for day in inner if _kind_of_day(day) == _kind_of_day(edge)]
            usual = [rows[day].rows for day in alike]
            if len(usual) < _LEAST_ALIKE or min(usual) < _LEAST_ROWS:
                continue
            low, high, n = min(usual), max(usual), rows[edge].rows
            if 2 * n < low or n > 2 * high:
                number = rows[edge].first_row if edge == min(rows) else rows[edge].last_row
                yield Said(code, n=n, day=edge, low=low, high=high, row=_row(name, number))

    def _is_within(self, day: date) -> bool:
        wave = self.audit.wave
        return wave is None or wave.start <= day <= wave.end

    @cached_property
    def _days_apart(self) -> frozenset[date]:
        """Return the days that a schedule calls holidays, or gives hours of their own."""
        return frozenset[date]().union(
            *(schedule.holidays | schedule.exceptions.keys() for schedule in self.audit.schedules)
        )

    def _silences(self) -> Iterator[SourceNote]:
        """Yield hours in which a source is silent while another of the same unit is not."""
        names = {unit.id: unit.name for unit in self.audit.units}
        silences: dict[str, list[Said]] = defaultdict(list)
        files = [
            {"kind": table, "file": name, "source": source}
            for (table, name), source in self.sources.items()
        ]
        self.engine.add(suspicions.FILES, ColumnRows.of(suspicions.FILES, files))
        for row in self._rows(suspicions.SILENCES):
            first, last = (_local_hour(row[name]) for name in ("first_hour", "last_hour"))
            days = [first.date() + n * _DAY for n in range((last.date() - first.date()).days + 1)]
            if not any(self._is_within(day) and day not in self._days_apart for day in days):
                continue
            silences[row["source"]].append(
                Said(
                    "silent-while-another-is-not",
                    unit=names.get(row["at_unit"], row["at_unit"] or self.audit.units.root.name),
                    start=f"{first:%Y-%m-%d %H:%M}",
                    end=f"{last + timedelta(hours=1):%Y-%m-%d %H:%M}",
                    usual=round(row["expected"]),
                    n=int(row["rows_beside"]),
                    beside=row["beside"],
                    row=_row(row["file"], int(row["file_row"])),
                )
            )
        for source, texts in silences.items():
            for text in texts[:_MOST_SILENCES]:
                yield source, text
            if len(texts) > _MOST_SILENCES:
                yield source, Said("further-silences", n=len(texts) - _MOST_SILENCES)

    def _names_customers(self, table: Table) -> bool:
        """Tell whether some source of a table gives the key of a customer."""
        keys = {column.name for column in table.columns if column.identifies == "customer"}
        return any(
            account.table == table.id and not keys <= {*account.missing_columns}
            for account in self.accounts
        )

    def _customers(self, table: Table) -> Iterator[SourceNote]:
        """Yield the customers of a table that look like staff."""
        span = self._span(table)
        is_contact = table.id in _CONTACTS and span is not None
        most = max(_MANY, (span or 0) + 1)
        staff = [
            other
            for other in self.tables
            if any(column.identifies == "staff" for column in other.columns)
        ]
        odd: dict[tuple[str, str], list[tuple[int, Said]]] = defaultdict(list)
        for row in self._rows(suspicions.customers(table, most, staff)):
            source = self._source(table.id, row["file"] or "")
            if row["is_staff"]:
                code = "customers-are-staff"
            elif is_contact:
                code = "customers-with-many-contacts"
            else:
                continue
            example = _row(row["file"], int(row["file_row"]))
            odd[source, code].append((int(row["rows_in"]), example))
        for (source, code), examples in odd.items():
            if not source:
                continue
            rows, example = max(examples)
            values: dict[str, Any] = {"n": len(examples), "rows": rows, "row": example}
            if code == "customers-with-many-contacts":
                values["days"] = span
            yield source, Said(code, **values)

    def _span(self, table: Table) -> int | None:
        """Return over how many days the records of a table go; None without a time."""
        days = [
            day.day
            for (kind, _), in_file in self.days.items()
            if kind == table.id
            for day in in_file
            if day.day is not None
        ]
        return (max(days) - min(days)).days + 1 if days else None

    def _threads(self) -> Iterator[SourceNote]:
        """Yield how many threads have messages of staff and none of a customer."""
        for row in self._rows(suspicions.threads_without_customer()):
            n, every = int(row["rows_in"] or 0), int(row["all_in"])
            source = self._source("messages", row["file"] or "")
            if source and is_much(n, every):
                example = _row(row["file"], int(row["file_row"]))
                yield source, Said("threads-without-customer", n=n, all=every, row=example)


def _took_place(table: Table) -> bool:
    """Tell whether rows of a table are events: they have a time, and it is none that is planned."""
    columns = [column for name in table.time if (column := table.column(name)) is not None]
    return natural_time(table) is not None and not any(column.planned for column in columns)


def _untimed(table: Table, days: Mapping[str, Iterable[_Day]]) -> Iterator[Said]:
    """Yield how many rows have no time; threads without one have no opening."""
    untimed = [(name, day) for name, rows in days.items() for day in rows if day.day is None]
    if not untimed:
        return
    name, day = untimed[0]
    yield Said(
        "threads-without-opening" if table.id == "threads" else "rows-without-time",
        n=sum(day.rows for _, day in untimed),
        all=sum(day.rows for rows in days.values() for day in rows),
        columns=table.time,
        row=_row(name, day.first_row),
    )


def _kind_of_day(day: date) -> int:
    """Return 0 for Monday to Friday, 5 for Saturday, 6 for Sunday."""
    return day.weekday() if day.weekday() >= _SATURDAY else 0


def _local_hour(hours: float) -> datetime:
    return datetime.combine(_EPOCH, datetime.min.time()) + timedelta(hours=round(hours))


def _row(file: str, row: int) -> Said:
    return Said("in-file", file=file, note=Said("row", n=row))
