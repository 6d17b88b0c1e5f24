"""The language of a report: its words from a catalogue, its numbers and dates by the CLDR.

A message in the code is the English text itself, as is usual with gettext. Catalogues are
``languages/<tag>.po``; in a language without one a report's own words are English. The language
is that of the report which is built or rendered: `speaking` sets it for a block of code.
"""

from __future__ import annotations

import functools
import gettext
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, overload

from cxaudit._model.said import MESSAGES, SEPARATORS, Said, number
from cxaudit._model.text import broader

if TYPE_CHECKING:
    from babel import Locale

__all__ = [
    "N_",
    "Language",
    "_",
    "catalogues",
    "has_catalogue",
    "language_of",
    "ngettext",
    "right_to_left",
    "speaking",
    "spoken",
    "translated",
]

CATALOGUES = Path(__file__).with_name("languages")
_PLAIN = re.compile(r"-?[\d,]+(\.\d+)?")
_TERMS = frozenset({"status", "measure", "best", "earned", "meaning"})
"""Values that are words of ours, of a policy or of a reader, and no names."""
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


class Language:
    """How texts, numbers and dates are written; by itself, in English."""

    tag = "en"

    def text(self, message: str) -> str:
        """Return a message in the language, or as it is where the catalogue has none."""
        return message

    def counted(self, one: str, many: str, n: int) -> str:
        """Return the form of a message that fits a count."""
        return one if n == 1 else many

    def translated(self, text: str) -> str:
        """Return a text of a result, which stands there in English, in the language."""
        return text

    def number(self, text: str) -> str:
        """Return a number that is given as ``-1,204.50``, with its places kept."""
        return text

    def percent(self, text: str) -> str:
        """Return a number that is given so, as percent."""
        return f"{text}\u00a0%"

    def day(self, value: date) -> str:
        """Return a date such as ``1 April 2026``."""
        return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


class _Catalogued(Language):
    """A language that has a catalogue."""

    def __init__(self, tag: str, catalogue: Path) -> None:
        self.tag = tag
        self._locale = _locale(tag)
        self._messages, self._sayable = _messages(catalogue)
        self._number = functools.lru_cache(4096)(self._written)

    def text(self, message: str) -> str:
        # The empty message is the head of a catalogue.
        return self._messages.gettext(message) if message else ""

    def counted(self, one: str, many: str, n: int) -> str:
        return self._messages.ngettext(one, many, n)

    def translated(self, text: str) -> str:
        if isinstance(text, Said):
            return self._sentence(text)
        return self.text(text) if text in self._sayable else text

    def _sentence(self, sentence: Said) -> str:
        """Return a sentence of ours in the language, by its code."""
        if separator := SEPARATORS.get(sentence.code):
            return separator.join(map(self.translated, sentence.values["parts"]))
        message = MESSAGES[sentence.code]
        if isinstance(message, tuple):
            template = self.counted(*message, sentence.values["n"])
        else:
            template = self.text(message)
        values = sentence.values.items()
        return template.format(**{name: self._value(name, value) for name, value in values})

    def _value(self, name: str, value: object) -> str:
        """Return a value of a sentence: numbers, days and words of ours in the language."""
        if isinstance(value, Said) or (isinstance(value, str) and name in _TERMS):
            return self.translated(value)
        if isinstance(value, tuple):
            return ", ".join(self._value(name, part) for part in value)
        if isinstance(value, int | float):
            return self.number(number(value))
        return self.day(value) if isinstance(value, date) else str(value)

    def number(self, text: str) -> str:
        return self._number(text)

    def _written(self, text: str) -> str:
        from babel.numbers import format_decimal, get_decimal_symbol, get_group_symbol

        if _PLAIN.fullmatch(text):
            places = len(text.partition(".")[2])
            whole = self._locale.decimal_formats[None].pattern.partition(".")[0]
            pattern = f"{whole}.{'0' * places}" if places else whole
            text = format_decimal(Decimal(text.replace(",", "")), pattern, _ENGLISH.tag)
        # Babel would take a pair of ' between groups, as in Switzerland, for quotes in a pattern.
        group = get_group_symbol(self._locale, numbering_system="latn")
        decimal = get_decimal_symbol(self._locale, numbering_system="latn")
        return text.translate({ord(","): group, ord("."): decimal})

    def percent(self, text: str) -> str:
        pattern = self._locale.percent_formats[None]
        return f"{pattern.prefix[0]}{self.number(text)}{pattern.suffix[0]}"

    def day(self, value: date) -> str:
        from babel.dates import format_date

        return format_date(value, "long", self._locale)


_ENGLISH = Language()
_spoken: ContextVar[Language] = ContextVar("spoken", default=_ENGLISH)


@overload
def N_(message: str, /) -> str: ...
@overload
def N_(one: str, many: str, /) -> tuple[str, str]: ...
def N_(message: str, many: str = "", /) -> str | tuple[str, str]:  # noqa: N802 - gettext's name
    """Mark a message, or both its forms, to be looked up where it is used; return it as it is."""
    return (message, many) if many else message


def _(message: str, /, **values: object) -> str:
    """Return a message in the language of the report, with its values put in."""
    text = _spoken.get().text(message)
    return text.format(**values) if values else text


def ngettext(one: str, many: str, n: int, /, **values: object) -> str:
    """Return the form of a message that fits a count; ``{n}`` in it is the count, written."""
    language = _spoken.get()
    return language.counted(one, many, n).format(n=language.number(f"{n:,}"), **values)


def translated(text: str) -> str:
    """Return a text of a result, which stands there in English, in the report's language.

    A sentence of ours is said by its code. Of plain texts those are translated that a catalogue
    holds, such as titles of our own metrics; what clients and plugins write stays as it is.
    """
    return _spoken.get().translated(text)


def spoken() -> Language:
    """Return the language of the report that is being built or rendered."""
    return _spoken.get()


@contextmanager
def speaking(tag: str) -> Iterator[None]:
    """Build and render reports in a language, which is given by its tag, within a block."""
    token = _spoken.set(language_of(tag))
    try:
        yield
    finally:
        _spoken.reset(token)


def catalogues() -> tuple[str, ...]:
    """Return the tags of the languages that reports are written in."""
    return tuple(sorted({_ENGLISH.tag, *(path.stem for path in CATALOGUES.glob("*.po"))}))


def has_catalogue(tag: str) -> bool:
    """Tell whether reports are written in a language; ``de-AT`` takes the words of ``de``."""
    return not set(broader(tag)).isdisjoint(catalogues())


@functools.cache
def language_of(tag: str) -> Language:
    """Return a language; it is English where there is no catalogue."""
    name = next((name for name in broader(tag) if name in catalogues()), _ENGLISH.tag)
    return _ENGLISH if name == _ENGLISH.tag else _Catalogued(tag, CATALOGUES / f"{name}.po")


def right_to_left(tag: str) -> bool:
    """Tell whether a language is written from right to left."""
    return tag.partition("-")[0] != _ENGLISH.tag and _locale(tag).text_direction == "rtl"


def _locale(tag: str) -> Locale:
    """Return how numbers and dates are written in a language, in English when nobody knows."""
    from babel import Locale, UnknownLocaleError

    for name in broader(tag):
        with suppress(ValueError, UnknownLocaleError):
            return Locale.parse(name, sep="-")
    return Locale(_ENGLISH.tag)


def _messages(catalogue: Path) -> tuple[gettext.NullTranslations, frozenset[str]]:
    """Return a catalogue, and those of its messages that a result may hold."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = io.BytesIO()
    with catalogue.open("rb") as file:
        messages = read_po(file, catalogue.stem.replace("-", "_"))
    write_mo(compiled, messages)
    compiled.seek(0)
    sayable = (
        message.id
        for message in messages
        if isinstance(message.id, str)
        and message.id
        and not (message.locations and all(_is_of_reports(file) for file, _ in message.locations))
    )
    return gettext.GNUTranslations(compiled), frozenset(sayable)


def _is_of_reports(file: str) -> bool:
    """Tell whether a message's file holds words of reports, which are in no result."""
    return file.endswith((".py", ".j2")) and not file.endswith("said.py")
