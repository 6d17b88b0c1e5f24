"""What customers write about: themes of the codebook, counted, with examples."""

from __future__ import annotations

from cxaudit._engine.intervals import wilson
from cxaudit._model.report import Block, Quote, Section, Table, TextBlock
from cxaudit._model.themes import ThemeCount
from cxaudit._reports import numbers
from cxaudit._reports.context import Context

__all__ = ["themes"]

_TABLES = {
    "messages": "messages",
    "responses": "survey comments",
    "complaints": "complaints",
    "reviews": "reviews",
}


def themes(context: Context) -> Section | None:
    """Return a table of themes per kind of text, and examples of the largest ones."""
    found = context.result.themes
    if not found:
        return None
    blocks: list[Block] = []
    for table in dict.fromkeys(each.table for each in found):
        counts = sorted((each for each in found if each.table == table), key=lambda c: -c.texts)
        blocks.append(_table(context, table, counts))
        for each in counts[:3]:
            blocks += [
                Quote(text=piece.quote, source=context.text(each.title))
                for piece in each.examples[:1]
                if piece.quote
            ]
    blocks.append(
        TextBlock(
            text="A text counts once for each theme that it tells of, by the words of the "
            "codebook; what it says in other words is not counted. Examples are drawn by lot.",
            tone="note",
        )
    )
    return Section(id="themes", title="What customers write about", blocks=tuple(blocks))


def _table(context: Context, table: str, counts: list[ThemeCount]) -> Table:
    rows = []
    for each in counts:
        low, high = wilson(each.texts, each.of) if each.of else (None, None)
        rows.append(
            (
                context.text(each.title),
                each.texts,
                numbers.percent(each.texts / each.of if each.of else None),
                numbers.interval(low, high, numbers.percent),
            )
        )
    kind = _TABLES.get(table, table)
    return Table(
        title=f"Themes of {numbers.plural(counts[0].of, 'text')}: {kind}",
        columns=("Theme", "Texts", "Share", "Interval"),
        rows=tuple(rows),
        numeric=(False, True, True, True),
    )
