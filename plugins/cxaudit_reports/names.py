"""A redactor of names by list: people whom a client names, however their names are written.

A line of the list is a name with its variants, semicolons between them (``Anna Maria Doe; Annie``).
Words are compared whole, whatever their case and accents. Of a name of several words, these count:

- all its words, or the first and the last, also with the last one first;
- first names as initials (``A. Doe``, ``AM Doe``, ``Doe, A.``), the last one too (``Anna D.``,
  ``A.M.D.``), where initials are capitals;
- each word alone where it begins with a capital, so that Will Young does not take "will" with it.

A name or variant of one word counts in any case. What follows it, such as ``'s``, stays.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import attrs

from cxaudit.plugin import Evidence

__all__ = ["LABEL", "Names", "names_of"]

LABEL = "[name]"
_LABELS = re.compile(r"(\[(?:name|email|phone|card|iban|ip|query|number)\])")
_WORD = re.compile(r"[^\W_]+")
_BETWEEN = re.compile(r"[\s,._'\u2019\-\u2010-\u2015]{0,3}")
_APOSTROPHES = re.compile("['\u2019]")
_PARTICLES = {
    *("al", "af", "av", "bin", "da", "das", "de", "del", "della", "den", "der", "di", "do", "dos"),
    *("du", "el", "ibn", "la", "las", "le", "los", "of", "ten", "ter", "the", "van", "vom", "von"),
    *("zu", "zum", "zur"),
}
_SPELT = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th"}
_PAIR = 2


@attrs.frozen
class _Word:
    """A word of a text: folded, and where it stands."""

    text: str
    start: int
    end: int
    capital: bool
    capitals: bool


@attrs.frozen
class _Pattern:
    """Words in a row; ``written`` says of each what its letters must be."""

    words: tuple[str, ...]
    written: tuple[str, ...]
    genitive: bool = False
    dotted: bool = False


class Names:
    """A list of names, and what takes them out of texts."""

    def __init__(self, lines: Iterable[str]) -> None:
        """Take names, one a line; empty lines and those that begin with ``#`` are left out.

        Raises:
            ValueError: If a name holds fewer than two letters or digits.
        """
        self._patterns: dict[tuple[str, ...], set[_Pattern]] = defaultdict(set)
        for number, line in enumerate(lines, 1):
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            for name in line.split(";"):
                words = tuple(word.text for word in _words(name))
                if sum(map(len, words)) < _PAIR:
                    msg = f"names, line {number}: {name.strip()!r} is too short to be looked for"
                    raise ValueError(msg)
                joined = tuple(word.text for word in _words(_APOSTROPHES.sub("", name)))
                for pattern in (*_patterns(words), *_patterns(joined)):
                    self._patterns[pattern.words].add(pattern)
        self._longest: dict[str, int] = {}
        for first, *rest in self._patterns:
            self._longest[first] = max(self._longest.get(first, 1), 1 + len(rest))

    def __bool__(self) -> bool:
        return bool(self._patterns)

    def redact(self, evidence: Evidence) -> Evidence:
        """Return a piece of evidence with the names in all its texts replaced."""
        return attrs.evolve(
            evidence,
            source=self.without(evidence.source),
            key=self.without(evidence.key),
            place=self.without(evidence.place),
            quote=self.without(evidence.quote),
            fields={
                name: self.without(value) if isinstance(value, str) else value
                for name, value in evidence.fields.items()
            },
        )

    def without(self, text: str) -> str:
        """Return a text with every name in it replaced by a label; labels stay what they are."""
        if not self._patterns or not text:
            return text
        return "".join(
            part if number % 2 else self._replaced(part)
            for number, part in enumerate(_LABELS.split(text))
        )

    def _replaced(self, text: str) -> str:
        words = list(_words(text))
        parts, done, at = [], 0, 0
        while at < len(words):
            length = self._length(text, words, at)
            if length:
                end = _after(text, words[at + length - 1], initial=length > 1)
                parts += [text[done : words[at].start], LABEL]
                done = end
            at += length or 1
        return "".join([*parts, text[done:]])

    def _length(self, text: str, words: Sequence[_Word], at: int) -> int:
        """Return how many words from here on are a name; 0 when none is."""
        first = words[at].text
        longest = max(self._longest.get(first, 0), first.endswith("s"))
        for length in range(min(longest, len(words) - at), 0, -1):
            part = words[at : at + length]
            key = tuple(word.text for word in part)
            patterns = self._patterns.get(key, set())
            if key[-1].endswith("s"):
                patterns = patterns | self._patterns.get((*key[:-1], key[-1][:-1]), set())
            if any(_fits(text, part, pattern) for pattern in patterns):
                return length
        return 0


def names_of(settings: Mapping[str, Any], folder: Path) -> Names:
    """Return the names that the plugin's settings give: ``names``, a file or a list.

    Raises:
        ValueError: If the settings are wrong, or the file cannot be read.
    """
    names = settings.get("names", [])
    if isinstance(names, str):
        path = folder / names
        if path.exists() and not path.is_file():
            # A pipe would be waited for, a device read for ever.
            msg = f"names: {names} is no regular file; give one name a line in UTF-8"
            raise ValueError(msg)
        try:
            names = path.read_text("utf-8-sig").splitlines()
        except (OSError, UnicodeError) as error:
            cause = getattr(error, "strerror", None) or "it is not UTF-8"
            msg = f"names: the file {names} cannot be read ({cause}); give one name a line in UTF-8"
            raise ValueError(msg) from None
        if not Names(names):
            msg = f"names: the file {path.name} holds no name; take the setting out or fill it"
            raise ValueError(msg)
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        msg = "names: give a file, or a list of names"
        raise ValueError(msg)
    return Names(names)


def _patterns(words: tuple[str, ...]) -> Iterator[_Pattern]:
    """Yield the ways in which a name of these words is written."""
    count = len(words)
    if count == 1:
        yield _Pattern(words, ("",), genitive=True)
        return
    firsts, last = words[:-1], words[-1]
    letters = tuple(word[0] for word in firsts)
    if sum(map(len, words)) > count or count > _PAIR:
        yield _Pattern(("".join(words),), ("",), genitive=True)
    for order in (words, (words[0], last), (last, *firsts), (last, words[0])):
        yield _Pattern(order, ("",) * len(order), genitive=True)
    for some in {letters, letters[:1]}:
        capitals = ("capitals",) * len(some)
        yield _Pattern((*some, last), (*capitals, ""), genitive=True)
        yield _Pattern((last, *some), ("", *capitals))
        yield _Pattern((words[0], *some[1:], last), ("", *capitals[1:], ""), genitive=True)
    yield _Pattern(("".join(letters), last), ("capitals", ""), genitive=True)
    yield _Pattern((*firsts, last[0]), (*("",) * len(firsts), "capitals"), dotted=True)
    yield _Pattern((words[0], last[0]), ("", "capitals"), dotted=True)
    yield _Pattern((*letters, last[0]), ("capitals",) * count, dotted=True)
    for word in words:
        if len(word) > 1 and word not in _PARTICLES:
            yield _Pattern((word,), ("capital",))


def _fits(text: str, words: Sequence[_Word], pattern: _Pattern) -> bool:
    for word, wanted, written in zip(words, pattern.words, pattern.written, strict=True):
        last = word is words[-1]
        alike = word.text == wanted or (
            last and pattern.genitive and word.text == f"{wanted}s" and len(wanted) > _PAIR
        )
        if not alike or (written == "capital" and not word.capital):
            return False
        if written == "capitals" and not word.capitals:
            return False
    gaps = [text[one.end : two.start] for one, two in pairwise(words)]
    if not all(_BETWEEN.fullmatch(gap) for gap in gaps):
        return False
    # An initial at the end is one only with its point: "Anna I think" names no Anna I.
    return not pattern.dotted or text[words[-1].end : words[-1].end + 1] == "."


def _after(text: str, last: _Word, *, initial: bool) -> int:
    """Return where a name ends: the point of an initial at its end is a part of it."""
    point = initial and len(last.text) == 1 and text[last.end : last.end + 1] == "."
    return last.end + point


def _words(text: str) -> Iterator[_Word]:
    """Yield the words of a text without case and accents; marks that nobody sees part no word."""
    folded, places = [], []
    for position, character in enumerate(text):
        for plain in _folded(character):
            folded.append(plain)
            places.append(position)
    for match in _WORD.finditer("".join(folded)):
        start, end = places[match.start()], places[match.end() - 1] + 1
        # A combining mark behind the last letter goes with it.
        while end < len(text) and not _folded(text[end]):
            end += 1
        letters = text[start:end]
        yield _Word(match[0], start, end, letters[0].isupper(), letters.isupper())


def _folded(character: str) -> str:
    if character.isascii():
        return character.lower()
    if unicodedata.category(character) in {"Cf", "Mn"}:
        return ""
    plain = unicodedata.normalize("NFKD", character).casefold()
    return "".join(
        _SPELT.get(letter, letter)
        for letter in plain
        if unicodedata.category(letter) not in {"Cf", "Mn"}
    )
