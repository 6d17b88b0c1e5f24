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
    found: dict[str, Quote] = {}
    for key, texts, source in chain(_of_themes(context), _of_evidence(context)):
        new = [text for text in texts if _is_sentence(text) and not _is_among(text, found.values())]
        if new and key not in found and len(found) < _QUOTES:
            found[key] = Quote(text=_short(max(new, key=_is_whole)), source=source)
    if not found:
        return None
    return Section(id="quotes", title=_("In their words"), blocks=tuple(found.values()))


def _of_themes(context: Context) -> Iterator[tuple[str, list[str], str]]:
    """Yield the examples of each theme, the largest first, and where they come from."""
    for each in sorted(context.result.themes, key=lambda each: -each.texts):
        theme = context.text(each.title)
        known = _SOURCES.get(each.table)
        source = _(known, theme=theme) if known else theme
        yield f"theme {each.theme}", [piece.quote for piece in each.examples], source


def _of_evidence(context: Context) -> Iterator[tuple[str, list[str], str]]:
    """Yield what was found in rows which tell that a customer wrote them, item by item."""
    for sets in context.evidence.values():
        for each in sets:
            theirs = {
                (piece.source, piece.key)
                for piece in each.shown
                if "response_id" in piece.fields or piece.fields.get("author_role") == "customer"
                if not (piece.fields.get("is_auto") or piece.fields.get("is_test"))
            }
            place = f"{context.touchpoint(each.touchpoint)}, {context.unit(each.unit)}"
            hits = [piece for piece in each.shown if piece.kind == "hit"]
            words = [piece.quote for piece in hits if (piece.source, piece.key) in theirs]
            yield f"item {each.item}", words, place


def _is_sentence(text: str) -> bool:
    spaced = len(text.split()) >= _WORDS
    return spaced or (not text.isascii() and " " not in text and len(text) >= _CHARACTERS)


def _is_among(text: str, found: Iterable[Quote]) -> bool:
    """Tell whether a text, or a piece of it, is among those that were found."""
    own = text.strip("\u2026 ")
    return any(own in each.text or each.text.strip("\u2026 ") in own for each in found)


def _is_whole(text: str) -> bool:
    """Tell whether a text begins and ends as sentences do; one that does is taken before others."""
    return len(text) <= _LONGEST and text[0] != "\u2026" and text.endswith(_ENDS)


def _short(text: str) -> str:
    if len(text) <= _LONGEST:
        return text
    head = text[:_LONGEST]
    return (head.rpartition(" ")[0] or head) + "\u2026"


def themes(context: Context) -> Section | None:
    """Return a table of themes per kind of text, and examples of the largest ones."""
    found = context.result.themes
    blocks: list[Block] = []
    empty: list[str] = []
    for table in dict.fromkeys(each.table for each in found):
        counts = sorted((each for each in found if each.table == table), key=lambda c: -c.texts)
        if not counts[0].of:
            empty.append(_(_TABLES[table]) if table in _TABLES else table)
            continue
        blocks.append(_table(context, table, counts))
        for each in counts[:3]:
            blocks += [
                Quote(text=piece.quote, source=context.text(each.title))
                for piece in each.examples[:1]
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
