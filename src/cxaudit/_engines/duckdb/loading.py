"""Raw rows turned into rows of a canonical table, with an account of what became of each."""

# ruff: noqa: S608 - names are quoted by identifier(), values by text() or bound

from __future__ import annotations

from collections import Counter
from datetime import datetime
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from cxaudit._engines.duckdb.losses import losses_of
from cxaudit._engines.duckdb.mapping import Mapped, mapped_column
from cxaudit._engines.duckdb.printer import SQL_TYPES, identifier, is_local, sql, text
from cxaudit._engines.duckdb.pseudonyms import fill_pseudonyms
from cxaudit._engines.duckdb.quarantine import quarantine
from cxaudit._engines.duckdb.raw import RAW, BrokenRow, read_raw
from cxaudit._expressions.walking import nodes_of
from cxaudit._model.engine import TableLoad
from cxaudit._model.evidence import QuarantinedRow, SourceAccount
from cxaudit._model.expressions import Call, Expression
from cxaudit._model.said import Said
from cxaudit._model.tables import Column, Table
from cxaudit._model.zones import Span, spans
from cxaudit.errors import Problem, SourceError

if TYPE_CHECKING:
    import duckdb

__all__ = ["load_table", "table_columns"]

_VIEWS = ("_cx_mapped", "_cx_coded")
"""Steps on the way; a table of each would hold a long log in memory once more."""
_TABLES = (RAW, "_cx_codes", "_cx_zones", "_cx_spans", "_cx_judged", "_cx_keys")


def table_columns(table: Table) -> dict[str, str]:
    """Return the columns of a stored table with their SQL types, declared ones first."""
    declared = {column.name: SQL_TYPES[column.type] for column in table.columns}
    common = {"unit": "VARCHAR", "touchpoint": "VARCHAR"}
    places = {"_source": "VARCHAR", "_row": "BIGINT", "_zone": "VARCHAR"}
    return {**declared, **common, **places}


def load_table(connection: duckdb.DuckDBPyConnection, load: TableLoad) -> SourceAccount:
    """Fill a canonical table, which exists, from a scan.

    Raises:
        SourceError: If a file cannot be read, a zone is unknown, or a column holds local times
            and the source names no zone.
    """
    broken, notes = read_raw(connection, load.scan)
    try:
        return _Loading(connection, load).run(broken, (*load.scan.notes, *notes))
    finally:
        for name in _VIEWS:
            connection.execute(f"DROP VIEW IF EXISTS {name}")
        for name in _TABLES:
            connection.execute(f"DROP TABLE IF EXISTS {name}")


class _Loading:
    def __init__(self, connection: duckdb.DuckDBPyConnection, load: TableLoad) -> None:
        self._connection = connection
        self._load = load
        self._reasons: dict[str, Said] = {}
        # A zone that is the unit's own is read from the column _zone.
        self._zone = None if load.zone in {None, "unit"} else load.zone

    def run(self, broken: list[BrokenRow], notes: tuple[str, ...]) -> SourceAccount:
        load = self._load
        left = sum(load.scan.skipped.values())
        read = self._number(f"SELECT count(*) FROM {RAW}") + len(broken) + left
        self._find_units()
        taken = self._number("SELECT count(*) FROM _cx_coded")
        mapped = [
            self._mapped(column) for column in load.table.columns if column.name in load.columns
        ]
        _need_zones(load)
        values = "".join(
            f", {part.value} AS v{i}, {part.failed} AS f{i}, {part.written} AS g{i}"
            + (f", {part.local} AS l{i}" if part.local else "")
            for i, part in enumerate(mapped)
        )
        self._run(
            "CREATE OR REPLACE TEMP VIEW _cx_mapped AS SELECT _n, _source, _row, _unit, _code, "
            f"_zone, {self._touchpoint()} AS _touchpoint{values} FROM _cx_coded"
        )
        self._hash_keys(mapped)
        self._judge(mapped)
        rejected = Counter(row.reason for row in broken)
        refused = self._refused()
        rejected.update(refused)
        samples: tuple[QuarantinedRow, ...] = ()
        if rejected:
            samples = quarantine(self._connection, load, broken, refused=bool(refused))
        kept = self._store(mapped)
        return SourceAccount(
            source=load.source,
            table=load.table.id,
            files=dict(zip(load.scan.shown, load.scan.digests, strict=False)),
            read=read,
            kept=kept,
            skipped=read - len(broken) - taken,
            skipped_for=load.scan.skipped,
            rejected=dict(sorted(rejected.items())),
            unreadable=self._unreadable(mapped),
            unknown_fields=load.unknown_fields,
            missing_columns=tuple(
                column.name for column in load.table.columns if column.name not in load.columns
            ),
            unmatched_units=dict(
                self._run(
                    "SELECT coalesce(_code, ''), count(*) FROM _cx_judged WHERE reason IS NULL "
                    "AND _unit IS NULL GROUP BY ALL ORDER BY 1"
                ).fetchall()
                if "unit" in load.columns
                else ()
            ),
            ambiguous_times=self._odd(mapped, "twice"),
            skipped_times=self._odd(mapped, "never"),
            losses=losses_of(self._connection, mapped, self._zone, unit="unit" in load.columns),
            samples=samples,
            quarantined_to=str(load.quarantine or "") if rejected else "",
            notes=notes,
        )

    def _find_units(self) -> None:
        """Keep the rows that ``where`` takes, and find the unit and zone of each."""
        load = self._load
        root = next(iter(load.unit_zones), None)
        code = text(load.unit) if load.unit is not None else "CAST(NULL AS VARCHAR)"
        if "unit" in load.columns:
            unit = load.columns["unit"]
            code = f"CAST({sql(unit, zone=self._zone)} AS VARCHAR)"
        codes = {**{unit: unit for unit in load.unit_zones}, **load.unit_aliases}
        zone = load.unit_zones.get(root, "UTC") if root is not None else "UTC"
        where = "true"
        root_zone = f", {text(zone)} AS _zone"
        if load.where is not None:
            rows = f"(SELECT *{root_zone} FROM {RAW})"
            _check_local(self._connection, load, "where", load.where, rows)
            where = sql(load.where, zone=self._zone)
        self._run(
            "CREATE OR REPLACE TEMP TABLE _cx_codes AS "
            "SELECT unnest($1::VARCHAR[]) AS code, unnest($2::VARCHAR[]) AS unit",
            [list(codes), list(codes.values())],
        )
        self._run(
            "CREATE OR REPLACE TEMP TABLE _cx_zones AS "
            "SELECT unnest($1::VARCHAR[]) AS unit, unnest($2::VARCHAR[]) AS zone",
            [list(load.unit_zones), [*load.unit_zones.values()]],
        )
        # The code 'B7', an alias of the unit quay, gives (_code, _unit, _zone) = ('B7', 'quay',
        # 'Europe/Paris'); a code that is nobody's gives a null unit in the zone of the root.
        self._run(
            "CREATE OR REPLACE TEMP VIEW _cx_coded AS "
            f"WITH taken AS (SELECT *{root_zone} FROM {RAW}), "
            f"coded AS (SELECT *, {code} AS _code FROM taken WHERE {where}) "
            "SELECT coded.* EXCLUDE (_zone), codes.unit AS _unit, "
            "coalesce(zones.zone, coded._zone) AS _zone FROM coded "
            "LEFT JOIN _cx_codes codes ON codes.code = coded._code "
            "LEFT JOIN _cx_zones zones ON zones.unit = codes.unit"
        )

    def _mapped(self, column: Column) -> Mapped:
        expression = self._load.columns[column.name]
        part = mapped_column(column, expression, self._zone)
        _check_local(self._connection, self._load, column.name, part.expression, "_cx_coded")
        return part

    def _hash_keys(self, mapped: list[Mapped]) -> None:
        """Find the pseudonym of each key of a person, once for all rows that have it."""
        if keys := self._keys(mapped):
            texts = [f"v{i}" for i in keys]
            fill_pseudonyms(self._connection, "_cx_mapped", texts, self._load.pseudonyms)

    def _refused(self) -> dict[str, int]:
        """Return how many rows were refused for each reason, but for those whose form is broken."""
        query = (
            "SELECT reason, count(*) FROM _cx_judged WHERE reason IS NOT NULL "
            "GROUP BY reason ORDER BY reason"
        )
        return {self._reasons[reason]: count for reason, count in self._run(query).fetchall()}

    def _reason(self, reason: Said) -> Said:
        """Keep a reason, which the engine gives back as plain text."""
        self._reasons[reason] = reason
        return reason

    def _keys(self, mapped: list[Mapped]) -> list[int]:
        """Return the columns of keys that are brought to one form: staff's only to be hashed."""
        wanted = {"customer"} if self._load.pseudonyms is None else {"customer", "staff"}
        return [i for i, part in enumerate(mapped) if part.column.identifies in wanted]

    def _judge(self, mapped: list[Mapped]) -> None:
        """Convert local times, and give each row the reason for which it is refused, or null."""
        times = [i for i, part in enumerate(mapped) if part.local]
        zones = {self._zone} if self._zone else set(self._load.unit_zones.values()) or {"UTC"}
        _write_spans(self._connection, times, zones)
        zone = text(self._zone) if self._zone else "m._zone"
        joins = "".join(
            f" LEFT JOIN _cx_spans s{i} ON s{i}.zone = {zone} AND s{i}.year = {_year(f'm.l{i}')} "
            f"AND m.l{i} >= s{i}.since AND m.l{i} < s{i}.until"
            for i in times
        )
        utc = "".join(
            f", CASE WHEN l{i} IS NULL THEN v{i} "
            f"ELSE TRY(l{i} - to_seconds(s{i}.offset)) END AS v{i}"
            for i in times
        )
        keys = self._keys(mapped)
        joins += "".join(f" LEFT JOIN _cx_keys k{i} ON k{i}.raw = m.v{i}" for i in keys)
        utc += "".join(f", k{i}.pseudonym AS v{i}" for i in keys)
        changed = ", ".join(f"v{i}" for i in (*times, *keys))
        odd = "".join(
            f", CASE WHEN l{i} >= s{i}.odd_from THEN s{i}.kind END AS o{i}" for i in times
        )
        without = f" EXCLUDE ({changed})" if changed else ""
        required = " ".join(
            f"WHEN v{i} IS NULL AND g{i} THEN "
            + text(self._reason(Said("column-unreadable", column=part.column.name)))
            for i, part in enumerate(mapped)
            if part.column.required
        )
        reason = f"CASE {required} END" if required else "CAST(NULL AS VARCHAR)"
        # 02:30 of 25 October 2026 in Paris was there twice. It lies in the span of summer time,
        # whose offset is 7200: v0 = 00:30 UTC, and o0 = 'twice' as it lies behind odd_from.
        self._run(
            "CREATE OR REPLACE TEMP TABLE _cx_judged AS WITH timed AS "
            f"(SELECT m.*{without}{utc}{odd} FROM _cx_mapped m{joins}) "
            f"SELECT *, {reason} AS reason FROM timed"
        )
        self._refuse_repeats(mapped)

    def _refuse_repeats(self, mapped: list[Mapped]) -> None:
        """Refuse rows whose key an earlier row has; only the keys are looked at for that."""
        mapped_names = {part.column.name: f"v{i}" for i, part in enumerate(mapped)}
        key = self._load.table.key
        if not key or not all(name in mapped_names for name in key):
            return
        table = identifier(self._load.table.id)
        columns = [mapped_names[name] for name in key]
        whole = " AND ".join(f"j.{column} IS NOT NULL" for column in columns)
        reason = self._reason(Said("key-repeats", columns=tuple(key)))
        mark = f"UPDATE _cx_judged j SET reason = {text(reason)}"
        same = " AND ".join(f"j.{column} = k.{column}" for column in columns)
        stored = ", ".join(f"{identifier(name)} AS {mapped_names[name]}" for name in key)
        listed = ", ".join(columns)
        # The key c-17 in the rows 4 and 9 refuses row 9; had a file before it, both.
        self._run(
            f"{mark} FROM (SELECT {listed}, min(_n) AS first FROM _cx_judged j "
            f"WHERE reason IS NULL AND {whole} GROUP BY {listed} HAVING count(*) > 1) k "
            f"WHERE j.reason IS NULL AND {same} AND j._n > k.first"
        )
        self._run(
            f"{mark} FROM (SELECT DISTINCT {stored} FROM {table}) k "
            f"WHERE j.reason IS NULL AND {same}"
        )

    def _touchpoint(self) -> str:
        default = text(self._load.table.touchpoint)
        expression = self._load.columns.get("touchpoint")
        if expression is None:
            return default
        return f"coalesce(CAST({sql(expression, zone=self._zone)} AS VARCHAR), {default})"

    def _store(self, mapped: list[Mapped]) -> int:
        """Move the rows that are not refused into the table."""
        mapped_names = {part.column.name: f"v{i}" for i, part in enumerate(mapped)}
        mapped_names.update(unit="_unit", touchpoint="_touchpoint")
        mapped_names.update(_source="_source", _row="_row", _zone="_zone")
        columns = [name for name in table_columns(self._load.table) if name in mapped_names]
        names = ", ".join(identifier(name) for name in columns)
        values = ", ".join(mapped_names[name] for name in columns)
        self._run(
            f"INSERT INTO {identifier(self._load.table.id)} ({names}) SELECT {values} "
            "FROM _cx_judged WHERE reason IS NULL ORDER BY _n"
        )
        return self._number("SELECT count(*) FROM _cx_judged WHERE reason IS NULL")

    def _unreadable(self, mapped: list[Mapped]) -> dict[str, int]:
        if not mapped:
            return {}
        counts = ", ".join(f"count_if(f{i})" for i in range(len(mapped)))
        row = self._run(f"SELECT {counts} FROM _cx_judged WHERE reason IS NULL").fetchone() or ()
        return {
            part.column.name: int(count) for part, count in zip(mapped, row, strict=True) if count
        }

    def _odd(self, mapped: list[Mapped], kind: str) -> int:
        counts = " + ".join(
            # count_if gives null where a column is empty throughout
            f"coalesce(count_if(o{i} = {text(kind)}), 0)"
            for i, part in enumerate(mapped)
            if part.local
        )
        if not counts:
            return 0
        return self._number(f"SELECT {counts} FROM _cx_judged WHERE reason IS NULL")

    def _number(self, query: str) -> int:
        row = self._run(query).fetchone()
        return int(row[0] or 0) if row else 0

    def _run(self, query: str, values: list[Any] | None = None) -> duckdb.DuckDBPyConnection:
        return (
            self._connection.execute(query, values) if values else self._connection.execute(query)
        )


def _need_zones(load: TableLoad) -> None:
    """Refuse zones that do not exist before any time is read in them."""
    path = f"sources.{load.source}.zone"
    problems = []
    for zone in sorted({load.zone or "unit", *load.unit_zones.values()} - {"unit"}):
        try:
            spans(zone, 2000, 2000)
        except ValueError as error:
            hint = "Zones are named as in Europe/Paris."
            problems.append(Problem(str(error), path=path, hint=hint))
    if problems:
        raise SourceError(tuple(problems))


def _check_local(
    connection: duckdb.DuckDBPyConnection,
    load: TableLoad,
    name: str,
    expression: Expression,
    rows: str,
) -> None:
    """Refuse local times where the source names no zone."""
    if load.zone is not None:
        return
    for node in nodes_of(expression):
        if not (isinstance(node, Call) and node.function in {"time", "parse_time"}):
            continue
        if not is_local(node):
            continue
        local = sql(node, local=True)
        sample = connection.execute(
            f"SELECT {local}, _source, _row FROM {rows} WHERE {local} IS NOT NULL "
            "ORDER BY _n LIMIT 1"
        ).fetchone()
        if sample:
            message = (
                f"column {name!r} holds local times such as {sample[0]} ({sample[1]}, row "
                f"{sample[2]}), and the source names no zone"
            )
            hint = "Say zone = 'Europe/Paris' (or yours), or zone = 'unit' for each unit's own."
            path = f"sources.{load.source}.zone"
            raise SourceError((Problem(message, path=path, hint=hint),))


def _write_spans(connection: duckdb.DuckDBPyConnection, times: list[int], zones: set[str]) -> None:
    """Write the offsets of all zones, once for each year that local times fall in."""
    dated: list[tuple[int, Span, datetime | None]] = []
    if times:
        years = ", ".join(f"min({_year(f'l{i}')}), max({_year(f'l{i}')})" for i in times)
        row = connection.execute(f"SELECT {years} FROM _cx_mapped").fetchone() or ()
        seen = [year for year in row if year]
        first, last = min(seen, default=2000), max(seen, default=2000)
        for zone in sorted(zones):
            of_zone = spans(zone, first, last)
            for span, after in zip_longest(of_zone, of_zone[1:]):
                until = after.since if after else None
                ends = min(until.year, last) if until else last
                years_of = range(max(span.since.year, first), ends + 1)
                dated += [(year, span, until) for year in years_of]
    # A span over New Year stands once for each of its years, so that the join may ask for the
    # same zone and year; a range alone would compare every row with every span.
    columns: list[list[Any]] = [
        [span.zone for _, span, _ in dated],
        [year for year, _, _ in dated],
        [span.since for _, span, _ in dated],
        [until for _, _, until in dated],
        [span.offset for _, span, _ in dated],
        [span.odd_from for _, span, _ in dated],
        ["twice" if span.twice else "never" for _, span, _ in dated],
    ]
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE _cx_spans AS SELECT unnest($1::VARCHAR[]) AS zone, "
        "unnest($2::BIGINT[]) AS year, unnest($3::TIMESTAMP[]) AS since, "
        "coalesce(unnest($4::TIMESTAMP[]), TIMESTAMP 'infinity') AS until, "
        "unnest($5::BIGINT[]) AS offset, unnest($6::TIMESTAMP[]) AS odd_from, "
        "unnest($7::VARCHAR[]) AS kind",
        columns,
    )


def _year(local: str) -> str:
    """Return SQL for the year of a local time, held near the years that zones are known for."""
    held = f"greatest(least(year({local}), 2201), 1849)"
    return f"CASE WHEN {local} IS NOT NULL THEN {held} END"
