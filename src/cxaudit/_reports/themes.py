"""What customers write about: themes of the codebook, counted, with examples."""

from __future__ import annotations

from cxaudit._engine.intervals import wilson
from cxaudit._model.report import Block, Quote, Section, Table, TextBlock
from cxaudit._model.themes import ThemeCount
from cxaudit._reports import numbers
from cxaudit._reports.context import Context
from cxaudit._reports.language import N_, _, ngettext

__all__ = ["themes"]

_TABLES = {
    "messages": N_("messages"),
    "responses": N_("survey comments"),
    "complaints": N_("complaints"),
    "reviews": N_("reviews"),
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
            text=_(
                "A text counts once for each theme that it tells of, by the words of the "
                "codebook; what it says in other words is not counted. Examples are drawn by lot."
            ),
            tone="note",
        )
    )
    return Section(id="themes", title=_("What customers write about"), blocks=tuple(blocks))


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
    title = ngettext(
        "Themes of {n} text: {kind}",
        "Themes of {n} texts: {kind}",
        counts[0].of,
        kind=_(_TABLES.get(table, table)),
    )
    return Table(
        title=title,
        columns=(_("Theme"), _("Texts"), _("Share"), _("Interval")),
        rows=tuple(rows),
        numeric=(False, True, True, True),
    )
