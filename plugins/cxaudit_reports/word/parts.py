"""The smallest parts of a Word document: runs, cells, rows, and what holds them together."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cxaudit.plugin import blocks
from cxaudit_reports.drawing.office import as_png
from cxaudit_reports.drawing.theme import LIGHT
from cxaudit_reports.word.template import element

__all__ = [
    "faded",
    "grid",
    "linked",
    "picture",
    "row_properties",
    "run",
    "table_cell",
    "together",
    "twips",
]

_TWIPS = 20
_OFFICE = {"image/png", "image/jpeg", "image/gif"}
"""Kinds of pictures that Word shows; others are drawn anew."""
_PLAIN, _FIRST_ROW, _FIRST_COLUMN = 0x600, 0x20, 0x80
"""Bits of what a table's style shows: no bands, names in the first row or column."""


def run(text: str, look: Mapping[str, str] | None = None) -> Any:
    """Return a run of text; ``look`` holds properties by element, in the schema's order."""
    made = element("w:t", {"xml:space": "preserve"})
    made.text = text
    properties = (element(f"w:{name}", {"w:val": value}) for name, value in (look or {}).items())
    return element("w:r", {}, *([element("w:rPr", {}, *properties)] if look else []), made)


def together(rows: Iterable[Any]) -> None:
    """Keep rows on the page of what follows them."""
    from docx.oxml.ns import qn

    for row in rows:
        for paragraph in row.iter(qn("w:p")):
            if paragraph.pPr.find(qn("w:keepNext")) is None:
                paragraph.pPr.insert(1, element("w:keepNext"))


def linked(paragraph: Any, mark: str) -> None:
    """Make all of a paragraph's text lead to a bookmark."""
    from docx.oxml.ns import qn

    for run in paragraph.findall(qn("w:r")):
        link = element("w:hyperlink", {"w:anchor": mark, "w:history": "1"})
        run.addprevious(link)
        link.append(run)


def row_properties(*, header: bool = False) -> Any:
    """Return the properties of a row that no page break cuts; a header is repeated."""
    made = element("w:trPr", {}, element("w:cantSplit"))
    if header:
        made.append(element("w:tblHeader"))
    return made


def faded(colour: str) -> str:
    """Return a colour on its way to white."""
    parts = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return "#" + "".join(f"{round(part + (255 - part) * 0.65):02x}" for part in parts)


def twips(points: float) -> str:
    """Return points in the measure of Word's tables."""
    return str(round(points * _TWIPS))


def table_cell(content: Any, width: float, *, fill: str = "", striped: bool = False) -> Any:
    """Return a cell of a table, filled with a colour or striped."""
    properties = element("w:tcPr", {}, element("w:tcW", {"w:w": twips(width), "w:type": "dxa"}))
    if fill:
        shade = {"w:val": "clear", "w:color": "auto", "w:fill": fill[1:]}
        properties.append(element("w:shd", shade))
    elif striped:
        shade = {"w:val": "thinDiagStripe", "w:color": LIGHT["none"][1:], "w:fill": "FFFFFF"}
        properties.append(element("w:shd", shade))
    return element("w:tc", {}, properties, content)


def picture(document: Any, block: blocks.Image, wide: float, high: float = 0) -> Any:
    """Return a picture made to fit into so many points; None when it cannot be read."""
    from docx.shared import Pt

    data = block.data
    try:
        if block.media_type not in _OFFICE:
            data = as_png(data, block.media_type)
        inline = document.part.new_pic_inline(io.BytesIO(data))
    except Exception:  # noqa: BLE001 - a broken picture fails its reader in many ways
        return None
    size = inline.extent
    share = min(Pt(wide) / size.cx, Pt(high) / size.cy if high else 1, 1)
    if share < 1:
        inline = document.part.new_pic_inline(io.BytesIO(data), int(size.cx * share))
    inline.docPr.set("descr", block.text)
    for side in "TBLR":  # what is not said is room in LibreOffice
        inline.set(f"dist{side}", "0")
    return element("w:drawing", {}, inline)


def grid(
    rows: Iterable[Any],
    widths: Sequence[float],
    title: str,
    told: str,
    *,
    names: bool = False,
    bare: bool = False,
    style: str = "",
) -> Any:
    """Return a table whose first row, or column, is names; title and told are read aloud."""
    first = _FIRST_COLUMN if names else 0 if bare else _FIRST_ROW
    look = {
        "w:val": f"{_PLAIN + first:04X}",
        "w:firstRow": str(int(first == _FIRST_ROW)),
        "w:firstColumn": str(int(names)),
        "w:noHBand": "1",
        "w:noVBand": "1",
    }
    properties = element("w:tblPr")
    if not bare:
        properties.append(element("w:tblStyle", {"w:val": style}))
    properties.append(element("w:tblW", {"w:w": twips(sum(widths)), "w:type": "dxa"}))
    properties.append(element("w:tblLayout", {"w:type": "fixed"}))
    if bare:
        none = {"w:w": "0", "w:type": "dxa"}
        properties.append(
            element("w:tblCellMar", {}, element("w:left", none), element("w:right", none))
        )
    properties.append(element("w:tblLook", look))
    for name, text in (("w:tblCaption", title), ("w:tblDescription", told)):
        if text:
            properties.append(element(name, {"w:val": text}))
    grid = element("w:tblGrid", {}, *(element("w:gridCol", {"w:w": twips(w)}) for w in widths))
    return element("w:tbl", {}, properties, grid, *rows)
