"""Drawings (SVG): how large they are, and whether drawing them could exhaust the machine."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree as ET

from cxaudit._model.packages import PackageError, parsed
from cxaudit._model.pictures import picture_problem, picture_size

__all__ = ["drawing_problem", "is_drawing", "logo_problem", "sized_drawing"]

_SVG = "{http://www.w3.org/2000/svg}svg"
_SHORTEST, _LONGEST = 0.5, 10_000
"""Pixels of a drawing's sides: a shorter one leaves nothing to draw."""
_USUAL = (300.0, 150.0)
"""Pixels of a drawing that says no size (CSS 2.2, 10.3.2), as browsers have it."""
_MOST_PARTS, _DEEPEST, _LAYER = 20_000, 60, 500
"""Elements that are drawn, with what they use; how deep; how many a layer of its own counts for."""
_PIXELS_A_PART = 5_000
"""Pixels of a picture in a drawing that count for one element."""
_NEVER = {"filter", "pattern", "marker", "foreignObject", "script"}
"""Elements whose cost cannot be told from the file, or which run something."""
_UNITS = {
    "": 1.0,
    "px": 1.0,
    "in": 96.0,
    "cm": 96 / 2.54,
    "mm": 9.6 / 2.54,
    "pt": 96 / 72,
    "pc": 16.0,
    "em": 12.0,
    "ex": 6.0,
}
"""Pixels of each unit, at 96 dpi."""
_LENGTH = re.compile(
    r"\s*([+]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(%|[a-z]*)\s*", re.IGNORECASE
)
_ADDRESS = re.compile(r"url\(\s*['\"]?\s*([^)'\"]*)", re.IGNORECASE)
_LAYERS = re.compile(
    r"(?<![\w-])(?:opacity|clip-path|mask|isolation|mix-blend-mode)\s*[:=]", re.IGNORECASE
)
_EFFECT = re.compile(r"(?<![\w-])filter\s*:\s*(?!none\b)|@import", re.IGNORECASE)
_RASTER = re.compile(r"\s*data:image/(?:png|jpe?g|gif|webp);base64,", re.IGNORECASE)


def is_drawing(content: bytes) -> bool:
    """Tell whether a file holds SVG."""
    try:
        return parsed(content, types=True).tag == _SVG
    except PackageError:
        return False


def logo_problem(content: bytes, media_type: str) -> str:
    """Return why a picture of any kind is not drawn, or nothing."""
    if media_type == "image/svg+xml":
        return drawing_problem(content)
    return picture_problem(content)


def drawing_problem(content: bytes) -> str:
    """Return why a drawing is not drawn, or nothing.

    It must say its size, within limits, and hold everything that it shows: shapes, texts,
    gradients, clips, masks and pictures. What it uses again counts each time.
    """
    try:
        if b"<!ENTITY" in content:
            return "it declares entities"
        root = parsed(content.decode("utf-8-sig").encode(), types=True)
        if root.tag != _SVG:
            return "it is no SVG"
        width, height = _size(root)
        if not all(_SHORTEST <= side <= _LONGEST for side in (width, height)):
            return (
                f"it has {width:,.7g} x {height:,.7g} pixels; a drawing has at least {_SHORTEST} "
                f"and at most {_LONGEST:,} on a side"
            )
        cost = _Cost(root).of(root, 0)
    except UnicodeDecodeError:
        return "it is not UTF-8"
    except (PackageError, _RefusedError) as error:
        return str(error)
    if cost > _MOST_PARTS:
        return f"it draws more than {_MOST_PARTS:,} parts, with what it uses again"
    return ""


def sized_drawing(content: bytes) -> tuple[str, float]:
    """Return a drawing that says its size in pixels, and its longer side.

    So its size is no matter of who reads it: without one, some draw all that reaches anywhere.

    Raises:
        ValueError: If its size cannot be told, or it is no XML.
    """
    root = parsed(content, types=True)
    width, height = _size(root)
    if "viewBox" not in root.attrib and "%" in _sides(root):
        root.set("viewBox", "0 0 {:g} {:g}".format(*_USUAL))
    root.set("width", f"{width:g}")
    root.set("height", f"{height:g}")
    return ET.tostring(root, encoding="unicode"), max(width, height)


def _sides(root: Any) -> str:
    return f"{root.get('width', '100%')} {root.get('height', '100%')}"


def _size(root: Any) -> tuple[float, float]:
    """Return the width and height of a drawing in pixels, as its attributes or its view say."""
    written = root.get("viewBox")
    view = [_number(part) for part in re.split(r"[\s,]+", (written or "").strip())]
    sides: Sequence[float | None] = _USUAL if written is None else (None, None)
    if len(view) == 4:  # noqa: PLR2004 - x, y, width, height
        sides = view[2:]
    lengths = []
    for key, side in zip(("width", "height"), sides, strict=True):
        match = _LENGTH.fullmatch(root.get(key, "100%"))
        unit = _UNITS.get(match[2]) if match else None
        if match and unit:
            lengths.append(float(match[1]) * unit)
        elif match and match[2] == "%" and side is not None:
            lengths.append(float(match[1]) / 100 * side)
        else:
            msg = f"its {key} cannot be told: give it {key} in pixels, or a viewBox"
            raise PackageError(msg)
    return lengths[0], lengths[1]


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


class _RefusedError(ValueError):
    """What a drawing holds that is not drawn."""


class _Cost:
    """How many elements are drawn, counting those that are used again."""

    def __init__(self, root: Any) -> None:
        self._named: Mapping[str, Any] = {element.get("id"): element for element in root.iter()}
        self._costs: dict[int, int] = {}
        styles = " ".join(
            element.text or "" for element in root.iter() if element.tag.endswith("}style")
        )
        _refuse_effects(styles)
        self._styled = _LAYER if _LAYERS.search(styles) else 0
        self._by_style = [*_targets(styles)]

    def of(self, element: Any, depth: int) -> int:
        """Return the cost of an element with all in it and all that it uses.

        Raises:
            _RefusedError: If it is nested too deep, uses itself, or is not drawn.
        """
        if id(element) in self._costs:
            cost = self._costs[id(element)]
        elif depth > _DEEPEST:
            msg = f"it is nested deeper than {_DEEPEST} elements, or uses itself"
            raise _RefusedError(msg)
        else:
            cost = self._element_cost(element)
            used = [self._named[name] for name in self._uses(element) if name in self._named]
            cost += sum(self.of(child, depth + 1) for child in (*element, *used))
            self._costs[id(element)] = cost
        return cost

    def _element_cost(self, element: Any) -> int:
        name = str(element.tag).rpartition("}")[2]
        if name in _NEVER:
            msg = f"it holds a {name}"
            raise _RefusedError(msg)
        written = "; ".join(f"{key}: {value}" for key, value in element.attrib.items())
        if name != "a":
            _refuse_effects(written)
        layered = _LAYERS.search(written) or _LAYERS.search(element.get("style", ""))
        cost = 1 + (_LAYER if layered else self._styled if element.get("class") else 0)
        if name == "image":
            cost += _picture(_address(element))
        elif name != "a" and (address := _address(element)) and not address.startswith("#"):
            msg = f"it names something outside itself: {address[:60]!r}"
            raise _RefusedError(msg)
        return cost

    def _uses(self, element: Any) -> Iterator[str]:
        address = _address(element)
        if address.startswith("#"):
            yield address[1:]
        for value in element.attrib.values():
            yield from _targets(value)
        if element.get("class"):
            yield from self._by_style


def _address(element: Any) -> str:
    plain = element.get("href") or element.get("{http://www.w3.org/1999/xlink}href") or ""
    return str(plain).strip()


def _targets(text: str) -> Iterator[str]:
    for address in _ADDRESS.findall(text):
        if address.startswith("#"):
            yield address[1:]
        elif not address.startswith("data:"):
            msg = f"it names something outside itself: {address[:60]!r}"
            raise _RefusedError(msg)


def _refuse_effects(text: str) -> None:
    if _EFFECT.search(text):
        msg = "it holds a filter or imports a style"
        raise _RefusedError(msg)


def _picture(address: str) -> int:
    """Return what a picture in a drawing counts for."""
    match = _RASTER.match(address)
    try:
        data = base64.b64decode(address[match.end() :]) if match else b""
    except binascii.Error:
        data = b""
    size = picture_size(data)
    if size is None:
        msg = "it holds a picture that is no PNG, JPEG, GIF or WebP of its own"
        raise _RefusedError(msg)
    if problem := picture_problem(data):
        msg = f"it holds a picture that is too large: {problem}"
        raise _RefusedError(msg)
    return size[0] * size[1] // _PIXELS_A_PART
