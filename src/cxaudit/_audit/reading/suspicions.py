"""The SELECTs behind notes on plausibility, as derived tables of a run's own.

Each canonical table is read once, into its hours; all that is asked of times is asked of these.
"""

# ruff: noqa: S608 - put together of our own texts and of names of columns, which are plain words

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cxaudit._model.tables import Column, Table

__all__ = [
    "DAYS",
    "FILES",
    "LEAST_EXPECTED",
    "SILENCES",
    "customers",
    "hours",
    "threads_without_customer",
]

LEAST_EXPECTED = 10
"""Rows that are usual while a source is silent: by chance none come once in 20,000 times."""
_LEAST_BESIDE = 5
"""Rows of the other source meanwhile, at least; and half of what is usual for it."""
_LEAST_A_DAY = 3
"""Rows that a source has on a day, in the mean: with fewer no hour has a usual number."""


def _table(name: str, meaning: str, texts: str, numbers: str, select: str) -> Table:
    """Return a table of some columns; each of its rows is about a row of a file."""
    columns = [Column(name=column, type="text", meaning="") for column in texts.split()]
    columns += [Column(name=column, type="number", meaning="") for column in numbers.split()]
    whole = (
        "SELECT *, NULL AS unit, NULL AS touchpoint, file AS _source, file_row AS _row, "
        f"NULL AS _zone FROM ({select})"
    )
    return Table(id=name, meaning=meaning, columns=tuple(columns), select=whole)


FILES = Table(
    id="_cx_files",
    meaning="Which source a file's rows are of.",
    columns=tuple(
        Column(name=name, type="text", meaning="") for name in ("kind", "file", "source")
    ),
)


def hours(tables: Iterable[Table]) -> Table:
    """Return the table of hours of some tables: rows by file, unit and hour.

    ``hour`` counts from 1970 in UTC, and is null for rows without a time; the rows named are the
    first and last of the hour.
    """
    selects = " UNION ALL ".join(map(_hours_of, tables))
    texts, numbers = "kind file at_unit at_zone", "hour rows_in file_row last_row"
    return _table("_cx_hours", "Rows by file, unit and hour.", texts, numbers, selects)


def _hours_of(table: Table) -> str:
    at = f"coalesce({', '.join(map(_quoted, table.time))}, NULL)"
    # A date has no zone: that of its unit would move it.
    zone = "_zone" if all(_type(table, name) == "time" for name in table.time) else "'UTC'"
    return (
        f"SELECT '{table.id}' AS kind, _source AS file, unit AS at_unit, {zone} AS at_zone, "
        f"CAST(epoch_us(CAST({at} AS TIMESTAMP)) // 3600000000 AS BIGINT) AS hour, "
        f"count(*) AS rows_in, coalesce(arg_min(_row, {at}), min(_row)) AS file_row, "
        f"coalesce(arg_max(_row, {at}), max(_row)) AS last_row "
        f"FROM {_quoted(table.id)} GROUP BY ALL"
    )


def _quoted(name: str) -> str:
    return f'"{name}"'


def _type(table: Table, name: str) -> str:
    column = table.column(name)
    return column.type if column is not None else ""


_LOCAL = "timezone(at_zone, timezone('UTC', make_timestamp(CAST(hour AS BIGINT) * 3600000000)))"

DAYS = _table(
    "_cx_days",
    "Rows by file and day on the clock of their unit, days since 1970; null without a time.",
    "kind file",
    "day rows_in file_row last_row",
    f"""
SELECT kind, file, CAST({_LOCAL} AS DATE) - DATE '1970-01-01' AS day, sum(rows_in) AS rows_in,
    arg_min(file_row, coalesce(hour, 0)) AS file_row,
    arg_max(last_row, coalesce(hour, 0)) AS last_row
FROM _cx_hours GROUP BY ALL""",
)

# Calls come 8 times an hour from 9 to 17 o'clock, mails 5 times. On Tuesday no call comes from 10
# to 13: 24 are usual then, and 15 mails have come, which is as usual. So the calls are silent.
# What is usual for an hour is the median over days of its kind (Monday to Friday, Saturday,
# Sunday), and no more than that over its own weekday, so that each Wednesday afternoon may be free.
# Hours in which none is usual do not part a silence: one may last over a night. A series is a
# source at a unit; there may be millions of hours, so they carry its number and not two texts.
SILENCES = _table(
    "_cx_silences",
    "Hours in which a source is silent, and another of the same unit is not; local, since 1970.",
    "source at_unit beside file",
    "first_hour last_hour expected rows_beside file_row",
    f"""
WITH local AS (
    SELECT source, at_unit, date_trunc('hour', {_LOCAL}) AS hour, sum(rows_in) AS n,
        arg_max(file, hour) AS last_file, arg_max(last_row, hour) AS last_row
    FROM _cx_hours JOIN _cx_files USING (kind, file) WHERE hour IS NOT NULL GROUP BY ALL
), spans AS (
    SELECT source, at_unit, min(hour) AS since, max(hour) AS until FROM local GROUP BY ALL
    HAVING sum(n) >= {_LEAST_A_DAY} * (date_diff('day', min(hour), max(hour)) + 1)
), several AS MATERIALIZED (
    SELECT *, CAST(row_number() OVER () AS INTEGER) AS series,
        CAST(dense_rank() OVER (ORDER BY at_unit) AS INTEGER) AS place
    FROM spans
    QUALIFY count(*) OVER (PARTITION BY at_unit) > 1
), rows_of AS MATERIALIZED (
    SELECT series, hour, n FROM several JOIN local
        ON local.source = several.source AND local.at_unit IS NOT DISTINCT FROM several.at_unit
), filled AS MATERIALIZED (
    SELECT series, place, hour, coalesce(n, 0) AS n, isodow(hour) AS weekday, hour(hour) AS clock
    FROM (
        SELECT series, place, unnest(generate_series(since, until, INTERVAL 1 HOUR)) AS hour
        FROM several
    ) LEFT JOIN rows_of USING (series, hour)
), by_weekday AS (
    SELECT series, weekday, clock, count(*) AS days, median(n) AS usual
    FROM filled GROUP BY ALL
), by_kind AS (
    SELECT series, greatest(weekday, 5) AS sort_of_day, clock, median(n) AS usual
    FROM filled GROUP BY ALL
), usually AS MATERIALIZED (
    SELECT series, weekday, clock,
        least(k.usual, CASE WHEN days > 1 THEN w.usual END) AS usual
    FROM by_weekday AS w JOIN by_kind AS k USING (series, clock)
    WHERE sort_of_day = greatest(weekday, 5)
), hourly AS MATERIALIZED (
    SELECT series, place, hour, n, usual
    FROM filled JOIN usually USING (series, weekday, clock) WHERE usual > 0 OR n > 0
), numbered AS (
    SELECT *, sum(CAST(n > 0 AS INTEGER)) OVER (PARTITION BY series ORDER BY hour) AS run
    FROM hourly
), runs AS (
    SELECT series, place, min(hour) AS first_hour, max(hour) AS last_hour, sum(usual) AS expected
    FROM numbered WHERE n = 0 GROUP BY series, place, run
    HAVING sum(usual) >= {LEAST_EXPECTED}
), compared AS (
    SELECT runs.*, other.series AS other, sum(other.n) AS rows_beside
    FROM runs JOIN hourly AS other
        ON other.place = runs.place AND other.series <> runs.series
        AND other.hour BETWEEN runs.first_hour AND runs.last_hour
    GROUP BY ALL
    HAVING sum(other.n) >= greatest({_LEAST_BESIDE}, sum(other.usual) / 2)
), told AS (
    SELECT series, arg_max(other, rows_beside) AS other, first_hour, last_hour,
        any_value(expected) AS expected, max(rows_beside) AS rows_beside
    FROM compared GROUP BY series, first_hour, last_hour
)
SELECT one.source, one.at_unit, two.source AS beside,
    epoch(first_hour) / 3600 AS first_hour, epoch(last_hour) / 3600 AS last_hour,
    any_value(expected) AS expected, any_value(rows_beside) AS rows_beside,
    arg_max(last_file, local.hour) AS file, arg_max(last_row, local.hour) AS file_row
FROM told JOIN several AS one USING (series) JOIN several AS two ON two.series = told.other
JOIN local ON local.source = one.source AND local.at_unit IS NOT DISTINCT FROM one.at_unit
    AND local.hour < first_hour
GROUP BY one.source, one.at_unit, two.source, first_hour, last_hour
ORDER BY one.source, one.at_unit, first_hour""",
)


def customers(table: Table, least: int, with_staff: Sequence[Table]) -> Table:
    """Return the customers of a table who are staff too, or have many contacts.

    Args:
        table: A table with customers.
        least: From so many rows on a customer is returned; those who are staff always are.
        with_staff: Tables in which people of the house are named.
    """
    key = next(_quoted(column.name) for column in table.columns if column.identifies == "customer")
    staff = " UNION ".join(
        f"SELECT {_quoted(column.name)} AS person FROM {_quoted(other.id)} "
        f"WHERE {_quoted(column.name)} IS NOT NULL"
        for other in with_staff
        for column in other.columns
        if column.identifies == "staff"
    )
    is_staff = f"{key} IN (SELECT person FROM staff)" if staff else "false"
    ours = table.column("direction")
    counted = "WHERE coalesce(direction, 'in') = 'in'" if ours is not None else ""
    select = f"""
{f"WITH staff AS ({staff})" if staff else ""}
SELECT arg_min(_source, _row) AS file, count(*) AS rows_in, min(_row) AS file_row,
    CAST({is_staff} AS INTEGER) AS is_staff
FROM {_quoted(table.id)} {counted} GROUP BY {key}
HAVING {key} IS NOT NULL AND (count(*) >= {int(least)} OR {is_staff})"""
    return _table(
        f"_cx_customers_{table.id}",
        "Customers who look like staff.",
        "file",
        "rows_in file_row is_staff",
        select,
    )


def threads_without_customer() -> Table:
    """Return the threads of ``messages`` with a message of staff and none of a customer.

    Threads with a message whose author is not told are left aside, and speech, whose turns may be
    those of one side alone.
    """
    select = """
SELECT file, count(*) AS all_in, sum(CAST(begun AS INTEGER)) AS rows_in,
    min(CASE WHEN begun THEN file_row END) AS file_row
FROM (
    SELECT arg_min(_source, _row) AS file, min(_row) AS file_row,
        bool_and(author_role IS NOT NULL AND author_role <> 'customer')
            AND bool_or(author_role = 'agent') AS begun
    FROM messages WHERE coalesce(channel, '') <> 'voice' AND thread_id IS NOT NULL
    GROUP BY thread_id
) GROUP BY file"""
    return _table("_cx_threads", "Threads by file.", "file", "all_in rows_in file_row", select)
