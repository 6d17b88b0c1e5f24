"""Expressions as DuckDB SQL that cannot fail on any row.

The session runs in UTC, and stored time columns are plain TIMESTAMP holding UTC; number columns
are DOUBLE. The column ``_zone`` names the zone of a row's unit.

Local times: `sql` always gives the UTC instant. A text without an offset is read on the clock of
``zone`` (the column ``_zone`` when it is None) and converted by `to_utc`. A loader that counts
ambiguous and skipped times asks `is_local` whether an expression reads local times, and prints
them with ``local=True``: the time as on the clock, null where the text carried an offset.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

from cxaudit._engines.duckdb.clocks import Clocks
from cxaudit._model.expressions import (
    Arithmetic,
    Call,
    ColumnRef,
    Comparison,
    Conditional,
    Expression,
    HasHit,
    InList,
    IsNull,
    Literal,
    Logical,
    Negative,
    Not,
)
from cxaudit.errors import ExpressionError, Problem

__all__ = ["ISO_TIME", "SQL_TYPES", "as_text", "identifier", "is_local", "sql", "text", "to_utc"]

_MAX_SQL = 200_000
SQL_TYPES = {
    "text": "VARCHAR",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "time": "TIMESTAMP",
    "date": "DATE",
}
_CLOCK = r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)?"
_OFFSET = r"(?:Z|[+-]\d\d(?::?\d\d)?)"
ISO_TIME = f"{_CLOCK}{_OFFSET}?"
"""Form of the texts that ``time`` reads."""


def text(value: str) -> str:
    """Return a text as an SQL literal."""
    return "'" + value.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """Return a name as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def sql(
    expression: Expression,
    *,
    zone: str | None = None,
    local: bool = False,
    table: str | None = None,
    clocks: Clocks | None = None,
) -> str:
    """Return an expression as DuckDB SQL.

    Args:
        expression: A checked expression.
        zone: An IANA zone for all rows; None takes the column ``_zone``.
        local: Print the times that `is_local` speaks of as on the clock, not as UTC.
        table: Name of the table that the rows are of, for ``has_hit``.
        clocks: Takes the joins that ``open_seconds`` needs; without it, that is refused.

    Raises:
        ExpressionError: If the SQL grows beyond 200,000 characters.
    """
    printer = _Printer("_zone" if zone is None else text(zone), table, clocks)
    return printer.local(expression) if local else printer.value(expression)


def as_text(
    expression: Expression,
    *,
    zone: str | None = None,
    table: str | None = None,
    clocks: Clocks | None = None,
) -> str:
    """Return an expression as SQL that gives text, whole numbers without a decimal point."""
    cast = f"CAST({sql(expression, zone=zone, table=table, clocks=clocks)} AS VARCHAR)"
    return f"regexp_replace({cast}, '\\.0$', '')" if expression.type == "number" else cast


def is_local(expression: Expression) -> bool:
    """Tell whether a time expression may give a local time that needs its source's zone."""
    match expression:
        case Call(function="time"):
            return True
        case Call(function="parse_time", arguments=(_, Literal(value=str(layout)))):
            return "%z" not in layout.replace("%%", "")
        case Call(function="coalesce" | "nullif" | "least" | "greatest", type="time"):
            return any(is_local(argument) for argument in expression.arguments)
        case Conditional(type="time"):
            results = (*(value for _, value in expression.cases), expression.otherwise)
            return any(is_local(result) for result in results if result is not None)
        case _:
            return False


def to_utc(local: str, zone: str) -> str:
    """Return SQL for the UTC instant of a local time.

    A time that the clock showed twice is the first of the two; one that it never showed moves
    forward by the gap. DuckDB takes the second of two, so the offset of three hours before is
    tried first, and kept where it leads back to the same local time.

    Args:
        local: SQL of a TIMESTAMP as on the clock.
        zone: SQL of the zone's name.
    """
    # In Paris, 02:30 on 25 October 2026: three hours before, 23:30 is 21:30 UTC; with them 00:30
    # UTC, which reads 02:30 again. On 29 March 02:30 was skipped: 01:30 UTC reads 03:30, so plain.
    early = f"timezone('UTC', timezone({zone}, {local} - INTERVAL 3 HOUR)) + INTERVAL 3 HOUR"
    back = f"timezone({zone}, timezone('UTC', {early}))"
    plain = f"timezone('UTC', timezone({zone}, {local}))"
    return f"CASE WHEN {back} = {local} THEN {early} ELSE {plain} END"


class _Printer:
    def __init__(self, zone: str, table: str | None, clocks: Clocks | None) -> None:
        self._zone = zone
        self._table = table
        self._clocks = clocks

    def value(self, node: Expression) -> str:
        """Return SQL of a node, in brackets where its place could change its meaning."""
        printed = self._print(node)
        if len(printed) > _MAX_SQL:
            message = f"the expression needs more than {_MAX_SQL:,} characters of SQL"
            raise ExpressionError((Problem(message, hint="Split it into several columns."),))
        return printed

    def _print(self, node: Expression) -> str:  # noqa: C901, PLR0912 - one per kind
        match node:
            case Literal():
                return _literal(node)
            case ColumnRef(name="_row"):
                return 'CAST("_row" AS DOUBLE)'
            case ColumnRef():
                return identifier(node.name)
            case Not():
                return f"(NOT {self.value(node.operand)})"
            case Negative():
                return f"(- {self.value(node.operand)})"
            case Logical():
                parts = (self.value(part) for part in node.operands)
                return f"({f' {node.operator.upper()} '.join(parts)})"
            case Comparison():
                return f"({self.value(node.left)} {node.operator} {self.value(node.right)})"
            case Arithmetic():
                right = self.value(node.right)
                right = f"nullif({right}, 0e0)" if node.operator in {"/", "%"} else right
                return f"({self.value(node.left)} {node.operator} {right})"
            case InList():
                options = ", ".join(self.value(option) for option in node.options)
                return f"({self.value(node.operand)} IN ({options}))"
            case IsNull():
                return f"({self.value(node.operand)} IS NULL)"
            case Conditional():
                return _case(node, self.value)
            case HasHit():
                return self._has_hit(node)
            case Call():
                return self._call(node)

    def local(self, node: Expression) -> str:
        """Return SQL of the local times that a node reads, as on the clock; else null."""
        if not is_local(node):
            return "CAST(NULL AS TIMESTAMP)"
        if isinstance(node, Conditional):
            return _case(node, self.value, self.local)
        assert isinstance(node, Call)
        arguments = node.arguments
        if node.function == "time":
            return _iso(self.value(arguments[0]), "", "TIMESTAMP")
        if node.function == "parse_time":
            return f"try_strptime({self.value(arguments[0])}, {self.value(arguments[1])})"
        return f"{node.function}({', '.join(self.local(argument) for argument in arguments)})"

    def _clock(self, node: Expression) -> str:
        """Return SQL of a time as the clock of its zone shows it."""
        if isinstance(node, Call) and node.function == "parse_time" and is_local(node):
            return self.local(node)
        return f"timezone({self._zone}, timezone('UTC', {self.value(node)}))"

    def _has_hit(self, node: HasHit) -> str:
        conditions = [f'"detector" = {text(node.detector)}']
        if node.label is not None:
            conditions.append(f'"label" = {text(node.label)}')
        if self._table is not None:
            conditions.append(f'"table_name" = {text(self._table)}')
        every = " AND ".join(conditions)
        hits = f'SELECT ("_source", "_row") FROM "hits" WHERE {every}'  # noqa: S608 - escaped
        return f'(("_source", "_row") IN ({hits}))'

    def _call(self, node: Call) -> str:
        if node.function in {"weekday", "hour", "half_hour", "date", "month", "week"}:
            return _ON_THE_CLOCK[node.function].format(self._clock(node.arguments[0]))
        if node.function == "observed_until":
            return '(SELECT "until" FROM "observation")'
        if node.function == "parse_time":
            return self._parse_time(node)
        if node.function == "time":
            operand = self.value(node.arguments[0])
            instant = f"timezone('UTC', {_iso(operand, _OFFSET, 'TIMESTAMPTZ')})"
            return f"coalesce({instant}, {to_utc(self.local(node), self._zone)})"
        arguments = [self.value(argument) for argument in node.arguments]
        if node.function == "open_seconds":
            if self._clocks is None:
                message = "open_seconds can be used in metrics and breakdowns"
                raise ExpressionError((Problem(message, hint="Write it in a metric."),))
            return self._clocks.between(*arguments)
        if node.function in _WHOLE:
            places = _WHOLE[node.function]
            arguments = [
                f"CAST({a} AS INTEGER)" if i in places else a for i, a in enumerate(arguments)
            ]
        if node.function == "concat":
            return f"({' || '.join(arguments)})"
        template = _TEMPLATES.get(node.function)
        if template is None:
            return f"{node.function}({', '.join(arguments)})"
        return template.format(*arguments)

    def _parse_time(self, node: Call) -> str:
        if is_local(node):
            return to_utc(self.local(node), self._zone)
        operand, layout = (self.value(argument) for argument in node.arguments)
        written = str(node.arguments[1].value) if isinstance(node.arguments[1], Literal) else ""
        if written.endswith("%z"):
            operand = f"regexp_replace({operand}, '[Zz]$', '+00:00')"
        return f"timezone('UTC', try_strptime({operand}, {layout}))"


_NUMBER = "nullif(nullif(nullif(TRY_CAST({0} AS DOUBLE), 'nan'), 'infinity'), '-infinity')"
_TEMPLATES = {
    "number": _NUMBER,
    "parse_date": "CAST(try_strptime({0}, {1}) AS DATE)",
    # '1:02:03' is 3 + 60 * 2 + 3600 * 1 = 3723; parts that are not there are 0.
    "seconds": (
        r"CASE WHEN regexp_full_match({0}, '\s*\d+(:[0-5]?\d)?(:[0-5]?\d)?(\.\d+)?\s*') "
        "THEN CAST(trim(split_part({0}, ':', -1)) AS DOUBLE)"
        " + 60e0 * coalesce(TRY_CAST(split_part({0}, ':', -2) AS DOUBLE), 0e0)"
        " + 3600e0 * coalesce(TRY_CAST(split_part({0}, ':', -3) AS DOUBLE), 0e0) END"
    ),
    "trim": "trim({0}, ' ' || chr(9) || chr(10) || chr(13))",
    "length": "CAST(length({0}) AS DOUBLE)",
    "matches": "regexp_matches({0}, {1})",
    "like": "({0} LIKE {1})",
    "between": "({0} BETWEEN {1} AND {2})",
    "seconds_between": "((epoch_us({1}) - epoch_us({0})) / 1e6)",
    "days_between": "CAST(({1} - {0}) AS DOUBLE)",
    "add_seconds": "TRY({0} + to_microseconds(TRY_CAST(round({1} * 1e6) AS BIGINT)))",
}
_WHOLE = {"substring": {1, 2}, "split_part": {2}, "round": {1}}
_ON_THE_CLOCK = {
    "weekday": "CAST(isodow({0}) AS DOUBLE)",
    "hour": "CAST(hour({0}) AS DOUBLE)",
    "half_hour": "CAST(floor(epoch_us(CAST({0} AS TIME)) / 1.8e9) AS DOUBLE)",
    "date": "CAST({0} AS DATE)",
    "month": "strftime({0}, '%Y-%m')",
    "week": "strftime({0}, '%G-W%V')",
}


def _literal(node: Literal) -> str:
    match node.value:
        case None:
            kind = SQL_TYPES.get(node.type)
            return f"CAST(NULL AS {kind})" if kind else "NULL"
        case bool():
            return "true" if node.value else "false"
        case int() | float():
            written = repr(float(node.value))
            return f"({written if 'e' in written else written + 'e0'})"
        case datetime():
            moment = node.value.astimezone(UTC) if node.value.tzinfo else node.value
            return f"TIMESTAMP '{moment.replace(tzinfo=None).isoformat(sep=' ')}'"
        case date():
            return f"DATE '{node.value.isoformat()}'"
        case str():
            return text(node.value)


def _case(
    node: Conditional,
    condition: Callable[[Expression], str],
    result: Callable[[Expression], str] | None = None,
) -> str:
    result = result or condition
    cases = " ".join(f"WHEN {condition(when)} THEN {result(then)}" for when, then in node.cases)
    otherwise = "" if node.otherwise is None else f" ELSE {result(node.otherwise)}"
    return f"CASE {cases}{otherwise} END"


def _iso(operand: str, offset: str, kind: str) -> str:
    """Return SQL that reads an ISO 8601 text with the given form of offset; null if it has none."""
    return f"TRY_CAST(regexp_extract({operand}, {text(f'^{_CLOCK}{offset}$')}) AS {kind})"
