"""Themes: what customers write about, by a codebook of words."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from cxaudit._model.evidence import Evidence
from cxaudit._model.identifiers import validate_id
from cxaudit._model.text import Text

__all__ = ["Codebook", "Theme", "ThemeCount"]


@attrs.frozen(kw_only=True)
class Theme:
    """One thing that customers write about, and the words that tell it.

    Attributes:
        id: Its id.
        title: Name for people.
        phrases: Whole words, found whatever their case.
        patterns: Regular expressions (RE2 syntax).
    """

    id: str = attrs.field(validator=validate_id)
    title: Text
    phrases: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Codebook:
    """A versioned list of themes."""

    id: str = attrs.field(validator=validate_id)
    version: str
    title: Text
    themes: tuple[Theme, ...]
    digests: Mapping[str, str] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class ThemeCount:
    """How many texts of one table tell of a theme.

    Attributes:
        theme: Id of the theme.
        title: Its title.
        table: Table whose texts were looked through.
        texts: Texts that tell of it; each counts once.
        of: Texts that were looked through.
        examples: Some of them, redacted, drawn by the audit's seed.
    """

    theme: str
    title: Text
    table: str
    texts: int
    of: int
    examples: tuple[Evidence, ...] = ()
