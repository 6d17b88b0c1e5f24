"""Counting themes: how many texts of customers tell of each, with examples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import attrs

from cxaudit._audit.evidence.collect import by_hash
from cxaudit._audit.evidence.redaction import Redact
from cxaudit._audit.planning.planner import Planner
from cxaudit._audit.planning.waves import both
from cxaudit._audit.reading.detectors import detect
from cxaudit._model.detectors import Detector
from cxaudit._model.engine import EngineSession, RowQuery
from cxaudit._model.evidence import Evidence, Hit
from cxaudit._model.tables import Table
from cxaudit._model.themes import Codebook, ThemeCount
from cxaudit._plugins.host import PluginHost

__all__ = ["count_themes"]

_TEXTS = (
    ("messages", "body", "author_role = 'customer' and coalesce(is_auto, false) = false"),
    ("responses", "comment", "true"),
    ("complaints", "body", "true"),
    ("reviews", "body", "true"),
)
"""Where customers write: table, column, and which rows are theirs."""

_EXAMPLES = 3
_AROUND = 80
"""So many characters stand around a find in an example, on each side."""


def count_themes(
    codebook: Codebook,
    seed: int,
    host: PluginHost,
    engine: EngineSession,
    planner: Planner,
    clean: Redact,
) -> tuple[ThemeCount, ...]:
    """Return the count of each theme in each table of texts that sources give.

    Each text counts once for a theme. Mystery contacts are left out.
    """
    counts: list[ThemeCount] = []
    for name, column, whose in _TEXTS:
        table = host.registry.get("table", name)
        real = " and coalesce(is_test, false) = false" if table.column("is_test") else ""
        written = f"{whose}{real} and trim(coalesce({column}, '')) <> ''"
        where, reason = planner.compiler.expression(written, table, "where")
        if reason or planner.available.missing(table):
            continue
        where = both(where, planner.bounds.counting(table))
        query = RowQuery(table=name, where=where, columns=(column,))
        detector = _detector(codebook, table, column)
        hits = list(detect(detector, engine, host.registry.resolve, where=where))
        counts += _counted(codebook, seed, query, hits, engine, clean)
    return tuple(counts)


def _detector(codebook: Codebook, table: Table, column: str) -> Detector:
    return Detector(
        id=f"codebook.{codebook.id}",
        table=table.id,
        column=column,
        where="true",
        phrases={theme.id: theme.phrases for theme in codebook.themes},
        patterns={theme.id: theme.patterns for theme in codebook.themes},
    )


def _counted(
    codebook: Codebook,
    seed: int,
    query: RowQuery,
    hits: Sequence[Hit],
    engine: EngineSession,
    clean: Redact,
) -> Iterator[ThemeCount]:
    first_hits: dict[str, dict[tuple[str, int], Hit]] = {theme.id: {} for theme in codebook.themes}
    for hit in hits:
        first_hits[hit.label].setdefault((hit.source, hit.row), hit)
    drawn = {
        theme: sorted(map(_unquoted, rows.values()), key=by_hash(seed))
        for theme, rows in first_hits.items()
    }
    wanted = {
        (piece.source, int(piece.key)) for pieces in drawn.values() for piece in pieces[:_EXAMPLES]
    }
    texts = _texts(query, engine, wanted)
    of = engine.count(query)
    for theme in codebook.themes:
        rows = first_hits[theme.id]
        examples = clean(
            [
                attrs.evolve(piece, quote=_excerpt(texts.get(key, ""), rows[key]))
                for piece in drawn[theme.id][:_EXAMPLES]
                if (key := (piece.source, int(piece.key))) in rows
            ]
        )
        yield ThemeCount(
            theme=theme.id,
            title=theme.title,
            table=query.table,
            texts=len(rows),
            of=of,
            examples=tuple(piece for piece in examples if piece is not None),
        )


def _unquoted(hit: Hit) -> Evidence:
    return Evidence(kind="hit", source=hit.source, key=str(hit.row), place=f"theme {hit.label}")


def _texts(
    query: RowQuery, engine: EngineSession, wanted: set[tuple[str, int]]
) -> Mapping[tuple[str, int], str]:
    if not wanted:
        return {}
    assert query.columns is not None
    (column,) = query.columns
    return {
        key: row[column]
        for batch in engine.rows(query)
        for row in batch
        if (key := (row["_source"], row["_row"])) in wanted
    }


def _excerpt(text: str, hit: Hit) -> str:
    """Return the words around a find, cut at white space."""
    start, end = hit.start or 0, hit.end or 0
    low, high = max(0, start - _AROUND), min(len(text), end + _AROUND)
    before = text[low:start] if low == 0 else text[low:start].partition(" ")[2]
    after = text[end:high] if high == len(text) else text[end:high].rpartition(" ")[0]
    left, right = "\u2026" if low else "", "\u2026" if high < len(text) else ""
    return f"{left}{before}{text[start:end]}{after}{right}".strip()
