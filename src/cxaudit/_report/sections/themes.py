"""What customers write: themes of the codebook, counted, with examples, and quotes for page one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from cxaudit._model.report import Block, Quote, Section, Table, TextBlock
from cxaudit._model.themes import ThemeCount
from cxaudit._report.context import Context
from cxaudit._statistics.intervals import wilson
from cxaudit._words import numbers
from cxaudit._words.language import N_, _, ngettext

__all__ = ["quotes", "themes"]

_QUOTES = 2
_WORDS = 4
"""Fewer words are no sentence."""
_CHARACTERS = 12
"""As many make one in a script that sets no spaces between words."""
_LONGEST = 240
_ENDS = (".", "!", "?", "\u061f", "\u0964", "\u3002", "\uff01", "\uff1f")

_TABLES = {
    "messages": N_("messages"),
    "responses": N_("survey comments"),
    "complaints": N_("complaints"),
    "reviews": N_("reviews"),
}
_SOURCES = {
    "messages": N_("message, theme {theme}"),
    "responses": N_("survey comment, theme {theme}"),
    "complaints": N_("complaint, theme {theme}"),
    "reviews": N_("review, theme {theme}"),
}


def quotes(context: Context) -> Section | None:
    """Return two texts of customers: one of each of the largest themes, else out of the evidence.

    Never of staff, never of auditors: what does not tell who wrote it is not taken.
    """
    chosen: dict[str, Quote] = {}
    for key, texts, source in chain(_of_themes(context), _of_evidence(context)):
        new = [
            text for text in texts if _is_sentence(text) and not _is_among(text, chosen.values())
        ]
        if new and key not in chosen and len(chosen) < _QUOTES:
            chosen[key] = Quote(text=_short(max(new, key=_is_whole)), source=source)
    if not chosen:
        return None
    return Section(id="quotes", title=_("In their words"), blocks=tuple(chosen.values()))


def _of_themes(context: Context) -> Iterator[tuple[str, list[str], str]]:
    """Yield the examples of each theme, the largest first, and where they come from."""
    for theme in sorted(context.result.themes, key=lambda theme: -theme.texts):
        title = context.text(theme.title)
        message = _SOURCES.get(theme.table)
        source = _(message, theme=title) if message else title
        yield f"theme {theme.theme}", [piece.quote for piece in theme.examples], source


def _of_evidence(context: Context) -> Iterator[tuple[str, list[str], str]]:
    """Yield the texts found in rows that a customer wrote, item by item."""
    for sets in context.evidence.values():
        for evidence_set in sets:
            theirs = {
                (piece.source, piece.key)
                for piece in evidence_set.shown
                if "response_id" in piece.fields or piece.fields.get("author_role") == "customer"
                if not (piece.fields.get("is_auto") or piece.fields.get("is_test"))
            }
            source = (
                f"{context.touchpoint(evidence_set.touchpoint)}, {context.unit(evidence_set.unit)}"
            )
            hits = [piece for piece in evidence_set.shown if piece.kind == "hit"]
            words = [piece.quote for piece in hits if (piece.source, piece.key) in theirs]
            yield f"item {evidence_set.item}", words, source


def _is_sentence(text: str) -> bool:
    spaced = len(text.split()) >= _WORDS
    return spaced or (not text.isascii() and " " not in text and len(text) >= _CHARACTERS)


def _is_among(text: str, quoted: Iterable[Quote]) -> bool:
    """Tell whether a text is part of a quote, or a quote part of it."""
    core = text.strip("\u2026 ")
    return any(core in quote.text or quote.text.strip("\u2026 ") in core for quote in quoted)


def _is_whole(text: str) -> bool:
    """Tell whether a text is short and begins and ends as a sentence does."""
    return len(text) <= _LONGEST and text[0] != "\u2026" and text.endswith(_ENDS)


def _short(text: str) -> str:
    if len(text) <= _LONGEST:
        return text
    head = text[:_LONGEST]
    return (head.rpartition(" ")[0] or head) + "\u2026"


def themes(context: Context) -> Section | None:
    """Return a table of themes per kind of text, and examples of the largest ones."""
    counted = context.result.themes
    blocks: list[Block] = []
    empty: list[str] = []
    for table in dict.fromkeys(theme.table for theme in counted):
        counts = sorted(
            (theme for theme in counted if theme.table == table), key=lambda c: -c.texts
        )
        if not counts[0].of:
            empty.append(_(_TABLES[table]) if table in _TABLES else table)
            continue
        blocks.append(_table(context, table, counts))
        for theme in counts[:3]:
            blocks += [
                Quote(text=piece.quote, source=context.text(theme.title))
                for piece in theme.examples[:1]
                if piece.quote
            ]
    if not blocks:
        return None
    if empty:
        text = _("No texts to read: {kinds}.", kinds=", ".join(empty))
        blocks.append(TextBlock(text=text, tone="note"))
    blocks.append(
        TextBlock(
            text=_(
                "A text counts once for each theme that it tells of, by the words of the "
                "codebook; what it says in other words is not counted. Intervals take texts to be "
                "independent of each other. Examples are drawn by lot."
            ),
            tone="note",
        )
    )
    return Section(id="themes", title=_("What customers write about"), blocks=tuple(blocks))


def _table(context: Context, table: str, counts: list[ThemeCount]) -> Table:
    rows = []
    for theme in counts:
        low, high = wilson(theme.texts, theme.of) if theme.of else (None, None)
        rows.append(
            (
                context.text(theme.title),
                theme.texts,
                numbers.percent(theme.texts / theme.of if theme.of else None),
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
