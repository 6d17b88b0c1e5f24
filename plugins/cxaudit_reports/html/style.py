"""The page's style: the theme's colours, the font, and the sheet, as one text."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path

from cxaudit_reports.drawing.theme import DARK, LIGHT, Brand, font_data

__all__ = ["style_of"]

_SHEET = Path(__file__).with_name("templates") / "page.css"
_FACE = (
    "@font-face{font-family:Inter;font-weight:400 700;font-display:swap;"
    "src:url(data:font/woff2;base64,%s) format('woff2')}"
)
# The corners of paper have no logical names: the title takes the one that reading starts from.
_MARGINS = (
    "@page{@bottom-%s{content:%s;font:8pt Inter,sans-serif;color:%s}"
    "@bottom-%s{content:counter(page) ' / ' counter(pages);"
    "font:8pt Inter,sans-serif;color:%s%s}}"
)
_LONGEST = 90


def style_of(title: str, brand: Brand, *, turned: bool) -> str:
    """Return the style of a report's pages; its title stands at the foot of each printed page.

    Args:
        title: The title.
        brand: The client's look.
        turned: Whether the pages are read from right to left.
    """
    light = _colours({**LIGHT, "accent": brand.light})
    dark = _colours({**DARK, "accent": brand.dark})
    soft = LIGHT["soft"]
    start, end = ("right", "left") if turned else ("left", "right")
    number = ";direction:ltr" if turned else ""
    return "\n".join(
        (
            _FACE % font_data(),
            f":root{{color-scheme:light dark;{light}}}",
            f"@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}",
            _sheet(),
            _MARGINS % (start, _text(title[:_LONGEST]), soft, end, soft, number),
        )
    )


def _colours(colours: Mapping[str, str]) -> str:
    return "".join(f"--{name}:{colour};" for name, colour in colours.items())


def _text(text: str) -> str:
    """Return a text as a string of CSS in which only letters and digits stand for themselves."""
    safe = (char if char.isascii() and char.isalnum() else f"\\{ord(char):06x}" for char in text)
    return f'"{"".join(safe)}"'


@functools.cache
def _sheet() -> str:
    return _SHEET.read_text("utf-8")
