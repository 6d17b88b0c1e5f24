"""Texts in several languages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

import attrs

__all__ = ["Text", "begins_words", "broader"]

_WORD = re.compile(r"[^\W_]+")


@attrs.frozen
class Text:
    """A text for people in one or more languages.

    Attributes:
        languages: Language tag to text; the first is what is shown when another is missing.
    """

    languages: Mapping[str, str]

    @classmethod
    def of(cls, text: str, language: str = "en") -> Text:
        """Return a text in one language."""
        return cls({language: text})

    def within(self, language: str) -> str:
        """Return the text in a language, or in its first language when it is missing there.

        ``de-AT`` takes the text of ``de`` where it has none of its own.
        """
        available = next((tag for tag in broader(language) if tag in self.languages), None)
        return str(self) if available is None else self.languages[available]

    def __str__(self) -> str:
        return next(iter(self.languages.values()), "")


def begins_words(search: str, texts: Iterable[str]) -> bool:
    """Tell whether each word of a search begins a word of the texts, in any case.

    "aht" and "handle-time" begin words of "average handle time (AHT)", "ces" none of "services".
    """
    words = _WORD.findall(" ".join(texts).casefold())
    return all(
        any(word.startswith(part) for word in words) for part in _WORD.findall(search.casefold())
    )


def broader(tag: str) -> Iterator[str]:
    """Yield a language tag and those that hold it: ``zh-Hant-TW``, ``zh-Hant``, ``zh``."""
    while tag:
        yield tag
        tag = tag.rpartition("-")[0]
