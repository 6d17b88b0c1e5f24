"""The rows of a load as SQL: from those of a file, step by step, to those of its table."""

# ruff: noqa: S608 - names are quoted by identifier(), values by text()

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import attrs

from cxaudit._engines.duckdb.mapping import Mapped, Offsets, is_native, mapped_column
from cxaudit._engines.duckdb.printer import identifier, sql, text
from cxaudit._engines.duckdb.raw import RawFile
from cxaudit._expressions.walking import columns_in
from cxaudit._model.engine import TableLoad

if TYPE_CHECKING:
    import duckdb

__all__ = ["Mark", "Marked", "Marks", "Selecting"]

Mark = tuple[str, int]
"""What is so, and the index of the column of which it is so."""

_BITS = 60


@attrs.frozen
class Marked:
    """What is so of some rows.

    Attributes:
        counts: How many rows have each mark.
        rows: How many rows there are.
        instants: Time column to the first and last instant in it.
    """

    counts: Counter[Mark]
    rows: int
    instants: Mapping[str, tuple[datetime, datetime]]


class Marks:
    """Bits in as many BIGINT columns as they need.

    Attributes:
        columns: The columns.
    """

    def __init__(self, marks: Iterable[Mark]) -> None:
        self._marks = tuple(marks)
        self.columns = tuple(
            f"_mask{number}" for number in range((len(self._marks) + _BITS - 1) // _BITS)
        )

    def values(self, conditions: Mapping[Mark, str]) -> list[str]:
        """Return SQL of each column, with the bits of the conditions that hold."""
        # Of the marks (failed, 2), (failed, 5) and (twice, 5), a row of which the first and the
        # last hold has the mask 1 + 4 = 5.
        values = []
        for start in range(0, len(self._marks), _BITS):
            bits = " | ".join(
                f"CASE WHEN {conditions[mark]} THEN {1 << bit} ELSE 0 END"
                for bit, mark in enumerate(self._marks[start : start + _BITS])
                if mark in conditions
            )
            values.append(f"CAST({bits or 0} AS BIGINT)")
        return values

    def holds(self, mark: Mark) -> str:
        """Return SQL that tells whether a mark is set."""
        column, bit = divmod(self._marks.index(mark), _BITS)
        return f"(_mask{column} & {1 << bit} <> 0)"

    def setting(self, mark: Mark, condition: str) -> str:
        """Return SQL that sets a mark where a condition holds."""
        column, bit = divmod(self._marks.index(mark), _BITS)
        return f"_mask{column} = _mask{column} | CASE WHEN {condition} THEN {1 << bit} ELSE 0 END"

    def counts(
        self, connection: duckdb.DuckDBPyConnection, rows: str, times: Sequence[str] = ()
    ) -> Marked:
        """Return how many rows have each mark, and between which instants they lie.

        Args:
            connection: Holds the rows.
            rows: Their table.
            times: The columns that hold instants.
        """
        masks = "".join(f"{column}, " for column in self.columns)
        spans = "".join(f", min({identifier(name)}), max({identifier(name)})" for name in times)
        select = f"SELECT {masks}count(*){spans} FROM {rows} GROUP BY ALL"
        groups = connection.execute(select).fetchall()
        counts: Counter[Mark] = Counter()
        first = len(self.columns)
        for group in groups:
            for bit, mark in enumerate(self._marks):
                if group[bit // _BITS] >> bit % _BITS & 1:
                    counts[mark] += group[first]
        instants = {}
        for name, at in zip(times, itertools.count(first + 1, 2)):
            ends = [
                _instant(end) for group in groups for end in group[at : at + 2] if end is not None
            ]
            if ends:
                instants[name] = min(ends), max(ends)
        return Marked(counts, sum(group[first] for group in groups), instants)


class Selecting:
    """SELECTs over the files of a load.

    Attributes:
        zone: Zone of local times; None where each is read in that of its row's unit.
        zones: The zones that local times may be read in.
        parts: Columns of the table that the load fills, read from text.
        keys: Places among them of keys that are brought to one form: staff's only to be hashed.
            None is left when all keys have theirs.
        marks: What is told of rows.
        codes_table, keys_table, offsets_table: Names of what rows are joined to.
        constants: Columns of the table that have one value in all rows, as SQL.
    """

    def __init__(self, load: TableLoad, files: Sequence[RawFile], number: int) -> None:
        """Take the files of a load.

        Args:
            load: The load.
            files: Its files.
            number: A number that no other load of the session has.
        """
        self._load = load
        self.codes_table = f"_cx_codes_{number}"
        self.keys_table = f"_cx_keys_{number}"
        self.offsets_table = f"_cx_offsets_{number}"
        self.zone = None if load.zone in {None, "unit"} else load.zone
        self._root = next(iter(load.unit_zones.values()), "UTC")
        self.zones = [self.zone] if self.zone else sorted({*load.unit_zones.values(), self._root})
        self._columns = [column for column in load.table.columns if column.name in load.columns]
        self.parts = self._mapped(None)
        wanted = {"customer"} if load.pseudonyms is None else {"customer", "staff"}
        self.keys = [i for i, part in enumerate(self.parts) if part.column.identifies in wanted]
        self.marks = Marks(self._marks())
        self.constants = dict(self._constants(files))

    @property
    def local(self) -> bool:
        """Tell whether there may be local times to convert."""
        return self._load.zone is not None and any(part.local for part in self.parts)

    def codes(self) -> list[tuple[str, str, str, int]]:
        """Return the codes of units, each with its unit, that one's zone, and the zone's index."""
        load = self._load
        codes = {**{unit: unit for unit in load.unit_zones}, **load.unit_aliases}
        zones = {unit: load.unit_zones.get(unit, self._root) for unit in codes.values()}
        return [
            (code, unit, zones[unit], self._zone_index(zones[unit])) for code, unit in codes.items()
        ]

    def rooted(self, file: RawFile, native: Collection[str] = ()) -> str:
        """Return a SELECT of all rows of a file, in the zone of the root.

        Args:
            file: The file.
            native: Columns that keep the file's type.
        """
        return f"SELECT *, {text(self._root)} AS _zone FROM ({file.rows(native)})"

    def taken(self, file: RawFile, *, native: bool = False) -> str:
        """Return a SELECT of the rows that ``where`` takes, with the unit and zone of each.

        Broken lines, whose ``_n`` is negative, are among them. A code that is nobody's gives a
        null unit in the zone of the root.

        Args:
            file: The file.
            native: Whether columns keep the file's type where their use allows it.
        """
        load = self._load
        code, unit = "CAST(NULL AS VARCHAR)", self._only_unit()
        if "unit" in load.columns:
            code = f"CAST({sql(load.columns['unit'], zone=self.zone)} AS VARCHAR)"
            # The code 'B7', an alias of the unit quay, gives the unit {quay, Europe/Paris, 0}.
            unit = f"(SELECT c FROM {self.codes_table} AS c WHERE c.code = coded._code)"
        where = ""
        if load.condition is not None:
            where = f" WHERE ({sql(load.condition, zone=self.zone)}) OR _n < 0"
        rooted = self.rooted(file, self._native(file) if native else ())
        coded = f"SELECT *, {code} AS _code FROM ({rooted}){where}"
        return (
            "SELECT * EXCLUDE (_zone), coalesce(_unit.zone, _zone) AS _zone FROM "
            f"(SELECT *, {unit} AS _unit FROM ({coded}) AS coded)"
        )

    def marked(self, file: RawFile) -> str:
        """Return a SELECT of how many rows of a file each marker of the load names."""
        counts = ", ".join(
            f"count(CASE WHEN {sql(when, zone=self.zone)} THEN 1 END)"
            for _, when in self._load.marked
        )
        return f"SELECT {counts} FROM ({self.rooted(file)}) WHERE _n > 0"

    def keys_of(self, file: RawFile) -> str:
        """Return a SELECT of the keys of people in a file, as they are written."""
        reads = ", ".join(f"{self.parts[i].reads} AS x{i}" for i in self.keys)
        values = ", ".join(f"{self.parts[i].value} AS v{i}" for i in self.keys)
        return f"SELECT {values} FROM (SELECT {reads} FROM ({self.taken(file)}) WHERE _n > 0)"

    def rows(self, file: RawFile, offsets: Offsets | None) -> str:
        """Return a SELECT of the rows of the table that a file gives, but for constant columns.

        There are ``_n`` besides, ``_code`` of a row without a unit, and the marks. Broken lines
        are among the rows.
        """
        parts = self._mapped(file)
        times = [i for i, part in enumerate(parts) if part.local and offsets is not None]
        rows = self._cast(file, parts)
        final = {i: f"v{i}" for i in range(len(parts))}
        final |= {i: f"CASE WHEN k{i} IS NULL THEN v{i} ELSE k{i}.pseudonym END" for i in self.keys}
        looked = [
            f"(SELECT k FROM {self.keys_table} AS k WHERE k.raw = rows_.v{i}) AS k{i}"
            for i in self.keys
        ]
        if offsets is not None:
            zone_index = (
                "0" if self.zone else f"coalesce(_unit.zone_index, {self._zone_index(self._root)})"
            )
            rows = _with(rows, [f"{offsets.key(f'l{i}', zone_index)} AS y{i}" for i in times])
            looked += [f"{offsets.row(f'rows_.y{i}')} AS z{i}" for i in times]
            final |= {
                i: f"CASE WHEN l{i} IS NULL THEN v{i} ELSE {offsets.utc(f'l{i}', f'z{i}')} END"
                for i in times
            }
        # Scalar subqueries over plain columns: their join, unlike others, always has the small
        # side in memory.
        rows = _with(rows, looked)
        rows = _with(rows, [f"{value} AS n{i}" for i, value in final.items()])
        columns = {part.column.name: f"n{i}" for i, part in enumerate(parts)}
        columns |= {"unit": "_unit.unit", "touchpoint": "_touchpoint", "_source": "_source"}
        columns |= {"_row": "_row", "_zone": "_zone"}
        columns = {name: sql for name, sql in columns.items() if name not in self.constants}
        columns["_n"] = "_n"
        if "unit" in self._load.columns:
            columns["_code"] = "CASE WHEN _unit.unit IS NULL THEN coalesce(_code, '') END"
        masks = self.marks.values(dict(self._conditions(parts, offsets)))
        columns |= dict(zip(self.marks.columns, masks, strict=True))
        named = ", ".join(f"{value} AS {identifier(name)}" for name, value in columns.items())
        return f"SELECT {named} FROM ({rows})"

    def _cast(self, file: RawFile, parts: list[Mapped]) -> str:
        """Return a SELECT of the columns of a file, each cell cast once."""
        reads = [f"{self._touchpoint()} AS _touchpoint"]
        casts = []
        for i, part in enumerate(parts):
            reads += [f"{part.reads} AS x{i}", f"{part.present} AS p{i}"]
            reads += [f"{part.written} AS g{i}"] if part.column.required else []
            reads += [f"{part.unzoned} AS w{i}"] if self._load.zone is None else []
            casts.append(f"{part.value} AS v{i}")
            casts += [f"{part.local} AS l{i}"] if part.local else []
        taken = self.taken(file, native=True)
        read = f"SELECT _n, _source, _row, _unit, _code, _zone, {', '.join(reads)} FROM ({taken})"
        return _with(read, casts)

    def _mapped(self, file: RawFile | None) -> list[Mapped]:
        """Return the columns as they are read from a file, or from one of text."""
        native = self._native(file) if file is not None else {}
        return [
            mapped_column(column, self._load.columns[column.name], self.zone, native, f"x{i}")
            for i, column in enumerate(self._columns)
        ]

    def _native(self, file: RawFile) -> dict[str, str]:
        """Return the raw columns that keep the file's type, with that: no use needs their text."""
        load = self._load
        others = [load.columns[name] for name in ("unit", "touchpoint") if name in load.columns]
        others += [] if load.condition is None else [load.condition]
        as_text = frozenset[str]().union(*map(columns_in, others))
        for column in self._columns:
            names = columns_in(load.columns[column.name])
            kinds = [file.types.get(name, "VARCHAR") for name in names]
            if len(kinds) != 1 or not is_native(column, load.columns[column.name], kinds[0]):
                as_text |= names
        return {
            name: kind
            for name, kind in file.types.items()
            if kind != "VARCHAR" and name not in as_text
        }

    def _touchpoint(self) -> str:
        default = text(self._load.table.touchpoint)
        expression = self._load.columns.get("touchpoint")
        if expression is None:
            return default
        return f"coalesce(CAST({sql(expression, zone=self.zone)} AS VARCHAR), {default})"

    def _only_unit(self) -> str:
        """Return the unit of all rows where no column says it."""
        for code, unit, zone, zone_index in self.codes():
            if code == self._load.unit:
                return f"{{'unit': {text(unit)}, 'zone': {text(zone)}, 'zone_index': {zone_index}}}"
        return "CAST(NULL AS STRUCT(unit VARCHAR, zone VARCHAR, zone_index BIGINT))"

    def _constants(self, files: Sequence[RawFile]) -> Iterator[tuple[str, str]]:
        load = self._load
        if "touchpoint" not in load.columns:
            yield "touchpoint", text(load.table.touchpoint)
        if len(files) == 1 and not load.scan.numbered:
            yield "_source", text(files[0].label)
        if len({*load.unit_zones.values()}) <= 1:
            yield "_zone", text(self._root)
        if "unit" not in load.columns:
            units = [unit for code, unit, *_ in self.codes() if code == load.unit]
            yield "unit", text(units[0]) if units else "CAST(NULL AS VARCHAR)"

    def _zone_index(self, zone: str) -> int:
        return self.zones.index(zone) if self.zone is None else 0

    def _marks(self) -> Iterator[Mark]:
        yield "broken", 0
        if self.local:
            yield "outside", 0
        for i, part in enumerate(self.parts):
            if part.present != "false":
                yield "failed", i
            if part.column.required:
                yield "refused", i
            if part.local and self.local:
                yield "twice", i
                yield "never", i
            if part.unzoned != "false" and self._load.zone is None:
                yield "unzoned", i

    def _conditions(
        self, parts: list[Mapped], offsets: Offsets | None
    ) -> Iterator[tuple[Mark, str]]:
        """Yield the condition of each mark, over the last step but one."""
        yield ("broken", 0), "_n < 0"
        outside = []
        for i, part in enumerate(parts):
            if part.present != "false":
                local = f" AND l{i} IS NULL" if part.local else ""
                yield ("failed", i), f"v{i} IS NULL{local} AND p{i}"
            if part.column.required:
                yield ("refused", i), f"n{i} IS NULL AND g{i}"
            if part.local and offsets is not None:
                outside.append(offsets.outside(f"l{i}", f"z{i}"))
                for kind in ("twice", "never"):
                    yield (kind, i), offsets.odd(f"l{i}", f"z{i}", kind)
            if part.unzoned != "false" and self._load.zone is None:
                yield ("unzoned", i), f"w{i}"
        if outside:
            yield ("outside", 0), " OR ".join(outside)


def _instant(fetched: datetime | str) -> datetime:
    """Return an instant as it was fetched: text for years that Python does not know."""
    if isinstance(fetched, datetime):
        return fetched.replace(tzinfo=UTC)
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    return first if "BC" in fetched else last


def _with(rows: str, columns: list[str]) -> str:
    """Return a SELECT of rows with further columns, worked out once for all that use them."""
    return f"SELECT *, {', '.join(columns)} FROM ({rows}) AS rows_" if columns else rows
