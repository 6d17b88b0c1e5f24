"""Texts in a page that are read the other way than the page: set apart, so that all keep order.

The order of signs on a line follows the letters around them (the bidirectional algorithm of
Unicode). A client's name in other letters would take a number beside it along, and a sign would
change the side of its number.
"""

from __future__ import annotations

import re
from unicodedata import bidirectional

import attrs
from markupsafe import Markup, escape

__all__ = ["Reading"]

_TURNED = {"L": False, "R": True, "AL": True}
"""Kinds of letters, and whether each is read from right to left."""
_LEFT = r"A-Za-z\u00c0-\u058f\u0900-\u1fff\u2c00-\u2dff\u3040-\ud7ff"
_RIGHT = r"\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff"
_OTHERS = {True: re.compile(f"[{_LEFT}]"), False: re.compile(f"[{_RIGHT}]")}
"""Letters that may read against a page, by whether it is read from right to left."""
_PLAIN_NUMBER = re.compile(r"[\d.,:]*")
_WORD = rf"(?:\d+[-._/])*\d*[{_LEFT}](?:[\d{_LEFT}]|[-._'\u2019&/@:+](?=[\d{_LEFT}]))*"
_APART_FROM_RIGHT = re.compile(
    rf"((?<![\w.,:/])[-+\u2212<>]\d[\d.,:]*(?:\u00a0?%)?"
    rf"|(?<!\w){_WORD}(?:[,;]? (?:\d+ )?{_WORD})*(?: \d+(?![\d.,:%]))?)"
)
"""In a text from right to left: a number with its sign; words the other way, such as a name."""
_APART_FROM_LEFT = re.compile(rf"([{_RIGHT}](?:[{_RIGHT} ]*[{_RIGHT}])?)(?=\W*\d)")
"""In a text from left to right: words the other way that a number comes after."""


@attrs.frozen
class Reading:
    """How texts are set into a page that is read from left to right, or from right to left.

    A quote reads against its page when its first letter does. Other texts are sentences of ours as
    well, which may begin with a client's name in other letters: of those, nearly all letters must.
    """

    turned: bool
    """Whether the page is read from right to left."""

    def against(self, text: str) -> bool:
        """Tell whether a text reads against its page."""
        sides = self._sides(text)
        others = sum(side != self.turned for side in sides)
        return bool(sides) and sides[0] != self.turned and others * 4 > len(sides) * 3

    def turn(self, text: str) -> str | Markup:
        """Return the attribute of a paragraph whose text reads against its page."""
        return Markup(' dir="auto"') if self.against(text) else ""

    def quoted(self, text: str) -> str | Markup:
        """Return the attribute of a quote that reads against its page."""
        sides = self._sides(text)
        return Markup(' dir="auto"') if sides and sides[0] != self.turned else ""

    def _sides(self, text: str) -> list[bool]:
        """Return how each letter is read, or nothing when all fit the page."""
        if not _OTHERS[self.turned].search(text):
            return []
        return [_TURNED[kind] for char in text if (kind := bidirectional(char)) in _TURNED]

    def isolated(self, text: str) -> Markup:
        """Return a text, set apart where the page around it would change its order.

        A heading or a cell keeps the page's side so; `turn` gives a paragraph the side of its own.
        """
        return _apart(text) if self.apart(text) else self.prose(text)

    def apart(self, text: str) -> bool:
        """Tell whether all of a text is to be set apart."""
        if self._fits(text):  # told fast, as most texts do
            return False
        whole = self.turned and (_numeric(text) or _ends(_APART_FROM_RIGHT.match(text), text))
        return whole or self.against(text)

    def _fits(self, text: str) -> bool:
        return not self.turned and not _OTHERS[False].search(text)

    def prose(self, text: str) -> Markup:
        """Return the text of a paragraph, with what it holds the other way set apart.

        One that reads against its page needs `turn`, and is left as it is.
        """
        if self._fits(text) or self.against(text):
            return escape(text)
        pieces = (_APART_FROM_RIGHT if self.turned else _APART_FROM_LEFT).split(text)
        return Markup("").join(
            _apart(piece) if at % 2 else escape(piece) for at, piece in enumerate(pieces)
        )


def _ends(match: re.Match[str] | None, text: str) -> bool:
    return match is not None and match.end() == len(text)


def _apart(text: str) -> Markup:
    return Markup(f"<bdi>{escape(text)}</bdi>")  # noqa: S704 - the text was escaped


def _numeric(text: str) -> bool:
    """Tell whether a text is of numbers with signs, such as ``1 / 9``, and without letters."""
    if _PLAIN_NUMBER.fullmatch(text) or not any(char.isdigit() for char in text):
        return False
    return not any(bidirectional(char) in _TURNED for char in text)
