"""What publications say: why an item is asked, and figures to compare with, for one audience."""

from __future__ import annotations

import re

from cxaudit._model.checklist import Item, Seed
from cxaudit._report.context import Context

__all__ = ["comparisons", "reasons"]

_UNTITLED = re.compile(r"\btitle (is )?(not known|unknown)\b", re.IGNORECASE)
_WEAK = re.compile(r"\(([^()]*[\s,;])?weak([\s,;][^()]*)?\)", re.IGNORECASE)
_NOT_KNOWN = re.compile(r"\s*(not known|unknown)\b", re.IGNORECASE)


def reasons(context: Context, item: Item) -> list[str]:
    """Return why an item is asked, each with its publication where that has a title.

    What nobody is known to have published is for ``internal`` reports alone.
    """
    citations = [
        f"{context.text(seed.says)}{_source(seed)}"
        for seed in item.seeds
        if context.audience == "internal" or not _is_weak(seed)
    ]
    return list(dict.fromkeys(citations))


def comparisons(context: Context, item: Item) -> list[str]:
    """Return the figures that an item is compared with; weak ones for ``internal`` alone.

    A source is marked by a bracket that holds the word, such as "A blog (vendor, weak)".
    """
    parameter = context.parameter(item)
    references = (*item.references, *(parameter.references if parameter else ()))
    citations = [
        f"{context.text(reference.text)} ({reference.source})"
        for reference in references
        if reference.source.strip() and not _UNTITLED.search(reference.source)
        if context.audience == "internal" or not _WEAK.search(reference.source)
    ]
    return list(dict.fromkeys(citations))


def _source(seed: Seed) -> str:
    """Return a publication in brackets, or nothing where its title is not known."""
    if not seed.title.strip() or _UNTITLED.search(seed.title):
        return ""
    is_known = not _NOT_KNOWN.match(seed.publisher)
    parts = [seed.title, seed.publisher if is_known else ""]
    return f" ({', '.join(filter(None, parts))})"


def _is_weak(seed: Seed) -> bool:
    unknown = not seed.publisher.strip() or _NOT_KNOWN.match(seed.publisher) is not None
    return unknown or any(_WEAK.search(text) for text in (seed.title, seed.publisher))
