"""Parts of a result as tables: columns by name, which export an Arrow stream.

The columns of a result are handed to DuckDB as they are; codes become names by joins, so that no
finding is ever built as a Python object.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from cxaudit._model.findings import Flag, State
from cxaudit._model.scores import Score
from cxaudit.errors import UnknownNameError

if TYPE_CHECKING:
    import duckdb
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["ResultTable", "table_of"]

_ROWS = 10_000
"""Rows that are taken out of the engine at once."""
_NUMBERS = ("score", "low", "high", "weight", "value", "value_low", "value_high", "n")
_FINDINGS = """
    SELECT
        audit.id AS audit, audit.wave AS wave,
        -- The same digest as `Finding.fingerprint`; a test holds the two together.
        left(sha256(concat_ws(chr(31), items.id, touchpoints.id, units.id)), 16) AS fingerprint,
        items.id AS item, items.code AS code, items.title AS title, items.area AS area,
        items.role AS role, touchpoints.id AS touchpoint, units.id AS unit,
        units.name AS unit_name, states.id AS state, reasons.id AS reason,
        CASE flags.id WHEN '' THEN []::VARCHAR[] ELSE string_split(flags.id, ' ') END AS flags,
        findings.score, findings.low, findings.high, findings.weight, findings.value,
        findings.value_low, findings.value_high, findings.n
    FROM findings
    JOIN items ON items.key = findings.item
    JOIN touchpoints ON touchpoints.key = findings.touchpoint
    JOIN units ON units.key = findings.unit
    JOIN reasons ON reasons.key = findings.reason
    JOIN states ON states.key = findings.state
    JOIN flags ON flags.key = findings.flags
    CROSS JOIN audit
    ORDER BY findings.row
"""

Columns = Mapping[str, "NDArray[Any]"]
Result = Any
"""An `AuditResult`, whose module imports this one."""


@attrs.frozen(eq=False)
class ResultTable:
    """A part of a result as a table, for pandas, polars, pyarrow, DuckDB and all that read Arrow.

    ::

        frame = pandas.DataFrame.from_arrow(result.table("findings"))
        frame = polars.DataFrame(result.table("findings"))
        table = pyarrow.table(result.table("findings"))

    Iterating gives each row as a dict. pyarrow is not needed.

    Attributes:
        name: Its name.
        columns: Names of its columns.
    """

    name: str
    columns: tuple[str, ...]
    _size: int
    _tables: Mapping[str, Columns] = attrs.field(repr=False)
    _query: str = attrs.field(repr=False)

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[dict[str, Any]]:
        with _connection(self._tables) as engine:
            cursor = engine.execute(self._query)
            while rows := cursor.fetchmany(_ROWS):
                for row in rows:
                    yield dict(zip(self.columns, row, strict=True))

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Return the rows as an Arrow stream, as the Arrow PyCapsule interface asks.

        It may be asked for as often as wanted; the streams are independent.
        """
        relation: Any = _connection(self._tables).sql(self._query)
        return relation.__arrow_c_stream__(requested_schema)


def table_of(result: Result, name: str) -> ResultTable:
    """Return a part of a result as a table (see `AuditResult.table`).

    Raises:
        UnknownNameError: If there is no such table.
    """
    kind = "table of a result"
    if name not in _TABLES:
        raise UnknownNameError(kind, name, tuple(_TABLES))
    tables, query = _TABLES[name](result)
    with _connection(tables) as engine:
        columns = tuple(field[0] for field in engine.execute(query).description or ())
    size = len(next(iter(tables[name].values())))
    return ResultTable(name, columns, size, tables, query)


def _connection(tables: Mapping[str, Columns]) -> duckdb.DuckDBPyConnection:
    import duckdb

    # With more threads the order of rows would depend on the machine.
    engine = duckdb.connect(config={"threads": 1, "python_enable_replacements": False})
    for name, columns in tables.items():
        engine.register(name, dict(columns))
    return engine


def _findings(result: Result) -> tuple[dict[str, Columns], str]:
    import numpy as np

    findings = result.findings
    items = {item.id: item for item in result.checklist.items}
    names = {unit.id: unit.name for unit in result.units}
    checklist_items = [items.get(item) for item in findings.items]
    numbers = {name: getattr(findings, name) for name in _NUMBERS}
    codes = ("item", "touchpoint", "unit", "reason", "state", "flags")
    coded = {name: getattr(findings, name).astype(np.int32) for name in codes}
    flags = np.unique(coded["flags"])
    titles = [item.title.within(result.language) if item else "" for item in checklist_items]
    tables: dict[str, Columns] = {
        "findings": {"row": np.arange(len(findings), dtype=np.int64), **coded, **numbers},
        "items": {
            **_texts(id=findings.items, title=titles),
            **_texts(code=[item.code if item else "" for item in checklist_items]),
            **_texts(area=[item.area if item else "" for item in checklist_items]),
            **_texts(role=[item.role if item else "" for item in checklist_items]),
        },
        "touchpoints": _texts(id=findings.touchpoints),
        "units": _texts(id=findings.units, name=[names.get(unit, "") for unit in findings.units]),
        "reasons": _texts(id=findings.reasons),
        "states": _texts(np.array(list(State), dtype=np.int32), id=[s.label for s in State]),
        "flags": _texts(flags, id=[" ".join(Flag(int(flag)).labels) for flag in flags]),
        "audit": _texts(id=[result.audit], wave=[result.wave.id if result.wave else ""]),
    }
    return tables, _FINDINGS


def _texts(key: NDArray[np.int32] | None = None, **columns: Sequence[str]) -> dict[str, Any]:
    """Return columns of texts with a key beside them, counted from 0 when none is given.

    Arrays of objects keep long texts small and zeros at their ends; empty ones would have no type.
    """
    import numpy as np

    texts = {
        name: np.array([_text(text) for text in values], dtype=np.object_ if values else np.str_)
        for name, values in columns.items()
    }
    size = len(next(iter(texts.values())))
    return {"key": np.arange(size, dtype=np.int32) if key is None else key, **texts}


def _text(text: str) -> str:
    """Return a text without lone surrogates, which the name of a file may hold and UTF-8 cannot."""
    return str(text).encode(errors="replace").decode()


def _measurements(result: Result) -> tuple[dict[str, Columns], str]:
    rows = (
        {
            "metric": row.metric,
            "kind": row.kind.value,
            "unit": row.unit,
            "touchpoint": row.touchpoint,
            "breakdown": row.breakdown,
            "group": row.group,
            "value": row.value,
            "low": row.low,
            "high": row.high,
            "n": row.n,
            "measured_in": row.measured_in,
            "confidence": row.confidence,
            "cluster": row.cluster,
            "clusters": row.clusters,
            "design_effect": row.design_effect,
            "statistics": json.dumps(dict(row.statistics)),
            "engine": row.engine,
            "query": row.query,
            "unavailable": row.unavailable,
        }
        for row in result.measurements
    )
    numbers = {"value", "low", "high", "confidence", "design_effect"}
    names = ("metric", "kind", "unit", "touchpoint", "breakdown", "group", "value", "low", "high")
    further = ("n", "measured_in", "confidence", "cluster", "clusters", "design_effect")
    last = ("statistics", "engine", "query", "unavailable")
    types = {name: "DOUBLE" if name in numbers else "VARCHAR" for name in (*names, *further, *last)}
    return _typed("measurements", types | {"n": "BIGINT", "clusters": "BIGINT"}, rows)


def _scores(result: Result) -> tuple[dict[str, Columns], str]:
    texts = ("unit", "scope", "area", "touchpoint", "lens", "key", "grade", "capped")
    numbers = ("value", "coverage", "lowest", "highest", "low", "high")
    counts = ("scored", "unknown", "neutral", "met")
    types = dict.fromkeys(texts, "VARCHAR") | dict.fromkeys(numbers, "DOUBLE")
    types |= dict.fromkeys(counts, "BIGINT") | {"partial": "BOOLEAN"}

    def row(unit: str, scope: str, score: Score, **key: str | None) -> dict[str, Any]:
        fields = {name: getattr(score, name) for name in (*numbers, *counts, "partial")}
        return {"unit": unit, "scope": scope, **key, **fields}

    def rows() -> Iterator[dict[str, Any]]:
        for scores in result.scorecard.units:
            unit = scores.unit
            yield row(unit, "overall", scores.overall, grade=scores.grade, capped=scores.capped)
            for area, score in scores.areas.items():
                yield row(unit, "area", score, area=area)
            for touchpoint, score in scores.touchpoints.items():
                yield row(unit, "touchpoint", score, touchpoint=touchpoint)
            for (area, touchpoint), score in scores.cells.items():
                yield row(unit, "cell", score, area=area, touchpoint=touchpoint)
            for (lens, key), score in scores.lenses.items():
                yield row(unit, "lens", score, lens=lens, key=key)
            if scores.compliance is not None:
                yield row(unit, "compliance", scores.compliance)

    return _typed("scores", types, rows())


def _evidence(result: Result) -> tuple[dict[str, Columns], str]:
    texts = ("item", "touchpoint", "unit", "kind", "source", "key", "place", "quote", "fields")
    rows = (
        {
            "item": pieces.item,
            "touchpoint": pieces.touchpoint,
            "unit": pieces.unit,
            "kind": piece.kind,
            "source": piece.source,
            "key": piece.key,
            "place": piece.place,
            "quote": piece.quote,
            "fields": json.dumps(dict(piece.fields), ensure_ascii=False, default=str),
            "digest": piece.digest,
            "total": pieces.total,
        }
        for pieces in result.evidence
        for piece in pieces.shown
    )
    types = dict.fromkeys((*texts, "digest"), "VARCHAR") | {"total": "BIGINT"}
    return _typed("evidence", types, rows)


def _answers(result: Result) -> tuple[dict[str, Columns], str]:
    keys = ("item", "touchpoint", "unit", "case", "rater")
    words = ("reason", "comment")
    types = dict.fromkeys((*keys, "kind"), "VARCHAR")
    types |= {"value": "DOUBLE", "value_text": "VARCHAR", "value_yes": "BOOLEAN"}
    types |= dict.fromkeys(words, "VARCHAR") | {"files": "VARCHAR[]", "source": "VARCHAR"}

    def rows() -> Iterator[dict[str, Any]]:
        for answer in result.answers:
            value = answer.value
            yield {
                **{name: getattr(answer, name) for name in (*keys, *words, "source", "row")},
                "kind": answer.kind.value,
                "value": float(value) if isinstance(value, bool | int | float) else None,
                "value_text": value if isinstance(value, str) else None,
                "value_yes": value if isinstance(value, bool) else None,
                "files": json.dumps([file.path for file in answer.files]),
            }

    return _typed("answers", types | {"row": "BIGINT"}, rows())


def _typed(
    name: str, types: Mapping[str, str], rows: Iterable[Mapping[str, Any]]
) -> tuple[dict[str, Columns], str]:
    """Return rows as columns, and the statement that gives each its type.

    A list of texts is written as JSON: numpy has no array of lists.
    """
    import numpy as np

    values: dict[str, list[Any]] = {column: [] for column in types}
    for row in rows:
        for column, entries in values.items():
            value = row.get(column)
            entries.append(_text(value) if isinstance(value, str) else value)
    columns: dict[str, NDArray[Any]] = {}
    for column, kind in types.items():
        entries = values[column]
        if kind == "DOUBLE":
            columns[column] = np.array(
                [np.nan if entry is None else entry for entry in entries], dtype=np.float64
            )
        elif kind == "BIGINT":
            columns[column] = np.array(entries, dtype=np.int64)
        else:
            columns[column] = np.array(entries, dtype=np.object_)
    casts = ", ".join(
        f"CAST({_json_list(column) if kind.endswith('[]') else _quoted(column)} AS {kind}) "
        f"AS {_quoted(column)}"
        for column, kind in types.items()
    )
    # SELECT CAST("metric" AS VARCHAR) AS "metric", CAST("n" AS BIGINT) AS "n" FROM measurements
    return {name: columns}, f"SELECT {casts} FROM {name}"  # noqa: S608 - names are ours


def _quoted(column: str) -> str:
    return f'"{column}"'


def _json_list(column: str) -> str:
    return f"from_json({_quoted(column)}, '[\"VARCHAR\"]')"


_TABLES: Mapping[str, Callable[[Result], tuple[dict[str, Columns], str]]] = {
    "findings": _findings,
    "measurements": _measurements,
    "scores": _scores,
    "evidence": _evidence,
    "answers": _answers,
}
