"""The house theme: colours whose contrast is checked, and the font of page, chart and document."""

from __future__ import annotations

import base64
import functools
import re
from collections.abc import Mapping
from pathlib import Path

import attrs

from cxaudit.documents import _, logo_problem

__all__ = [
    "DARK",
    "FONTS",
    "LIGHT",
    "LIMITS",
    "Brand",
    "brand",
    "contrast",
    "font_data",
    "lighter",
    "readable",
    "step",
]

FONTS = Path(__file__).with_name("fonts")
"""The folder of the font Inter: ``Inter.woff2`` for pages, two ``.ttf`` for all else."""

LIMITS = (0.4, 0.6, 0.75, 0.9)
"""Scores at which the colour of a matrix's cell changes: a convention of the theme."""

LIGHT: Mapping[str, str] = {
    "ink": "#1d2430",
    "soft": "#57606e",
    "line": "#dfe3e8",
    "edge": "#868e99",
    "paper": "#ffffff",
    "wash": "#f5f6f8",
    "accent": "#0f5c6e",
    "warn": "#8c2d19",
    "warn-wash": "#fbf1ec",
    "none": "#e3e6ea",
    "s0": "#8c2d19",
    "s0-ink": "#ffffff",
    "s1": "#d98c5f",
    "s1-ink": "#1d1208",
    "s2": "#f1dfc0",
    "s2-ink": "#2a2214",
    "s3": "#a9cdc4",
    "s3-ink": "#0c2a24",
    "s4": "#1f7a6d",
    "s4-ink": "#ffffff",
}
"""Colours by name; ``s0`` to ``s4`` run from fails to keeps its word."""

DARK: Mapping[str, str] = {
    "ink": "#e8ebef",
    "soft": "#a3acb9",
    "line": "#323b46",
    "edge": "#6f7a88",
    "paper": "#14191f",
    "wash": "#1c232b",
    "accent": "#7cc4d4",
    "warn": "#f0a58f",
    "warn-wash": "#2a1f1b",
    "none": "#2b343f",
    "s0": "#a63a24",
    "s0-ink": "#ffffff",
    "s1": "#c9834f",
    "s1-ink": "#1a0f05",
    "s2": "#cdb98f",
    "s2-ink": "#241c0e",
    "s3": "#7fb3a7",
    "s3-ink": "#08211b",
    "s4": "#22796c",
    "s4-ink": "#ffffff",
}

_LEAST = 4.5
"""Contrast of text that WCAG 2.2 asks for (1.4.3, level AA)."""
_COLOUR = re.compile(r"#?([0-9a-fA-F]{6}|[0-9a-fA-F]{3})")
_PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/=]+")


def step(score: float) -> int:
    """Return which of the five colours a score in [0, 1] has."""
    return sum(score >= limit for limit in LIMITS)


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 to 21 (WCAG 2.2, relative luminance)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [part / 255 for part in _parts(colour)]
    low = 0.04045
    red, green, blue = (
        part / 12.92 if part <= low else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def readable(colour: str, paper: str) -> str:
    """Return the colour, moved away from the paper's until text in it can be read there."""
    end = 0 if _luminance(paper) > 0.2 else 255  # noqa: PLR2004 - light paper or dark
    start = _parts(colour)
    for percent in range(101):
        mixed = [round(part + (end - part) * percent / 100) for part in start]
        moved = "#{:02x}{:02x}{:02x}".format(*mixed)
        if contrast(moved, paper) >= _LEAST:
            return moved
    return moved


def lighter(colour: str, part: float) -> str:
    """Return a colour, moved a part of the way to white."""
    return "#" + "".join(f"{round(shade + (255 - shade) * part):02x}" for shade in _parts(colour))


@attrs.frozen(kw_only=True)
class Brand:
    """A client's own look, made safe.

    Attributes:
        name: Who hands the report over, or nothing.
        logo: A picture as a ``data:`` address, or nothing.
        light, dark: The accent colour on light and dark paper.
        notes: What was changed or left out, in sentences.
    """

    name: str = ""
    logo: str = ""
    light: str = LIGHT["accent"]
    dark: str = DARK["accent"]
    notes: tuple[str, ...] = ()


def brand(branding: Mapping[str, str]) -> Brand:
    """Return a client's look from the audit file's ``[branding]``."""
    notes = []
    values = {"name": branding.get("name", "")}
    if logo := branding.get("logo", ""):
        kind, _comma, coded = logo.partition(",")
        if not _PICTURE.fullmatch(logo):
            notes.append(_("The logo is left out: it is no picture that a page can hold."))
        elif logo_problem(base64.b64decode(coded + "=="), kind[len("data:") : -len(";base64")]):
            notes.append(
                _(
                    "The logo is left out: it is too large, or holds what is not drawn. Save it "
                    "as a smaller PNG."
                )
            )
        else:
            values["logo"] = logo
    if written := branding.get("colour", ""):
        match = _COLOUR.fullmatch(written.strip())
        if match is None:
            text = _("The colour {colour} is left out: write it as #rrggbb.", colour=repr(written))
            notes.append(text)
        else:
            digits = match[1].lower()
            colour = "#" + (digits if len(digits) == 6 else "".join(d * 2 for d in digits))  # noqa: PLR2004
            values["light"] = readable(colour, LIGHT["wash"])
            values["dark"] = readable(colour, DARK["wash"])
            if values["light"] != colour:
                text = _(
                    "The colour {colour} is darkened to {darker}, so that it can be read.",
                    colour=colour,
                    darker=values["light"],
                )
                notes.append(text)
    return Brand(**values, notes=tuple(notes))


@functools.cache
def font_data() -> str:
    """Return the page's font in base 64."""
    return base64.b64encode((FONTS / "Inter.woff2").read_bytes()).decode()
