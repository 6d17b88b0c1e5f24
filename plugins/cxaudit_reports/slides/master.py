"""What stands on every slide: the format, two layouts, font and colour, title and number."""

from __future__ import annotations

import re
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from cxaudit.documents import right_to_left
from cxaudit_reports.drawing.theme import LIGHT

__all__ = ["FONT", "LEFT", "WIDTH", "emu", "placed", "prepared"]

FONT = "Arial"
"""Slides are laid out with the reader's fonts, and this one stands on every machine."""
LEFT, WIDTH = 48.0, 864.0
"""Left edge and width of what slides hold, in points."""
_PAGE = (960.0, 540.0)
_TITLE_ONLY, _TITLE_SLIDE = 5, 0
_SPACES = (
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
)


def emu(points: float) -> int:
    """Return points in the measure of office documents."""
    return round(points * 12_700)


def placed(box: tuple[float, float, float, float], *, rtl: bool) -> tuple[int, ...]:
    """Return a box so measured; where slides are read from right to left, on the other side."""
    left, top, width, height = box
    return tuple(
        emu(each) for each in (_PAGE[0] - left - width if rtl else left, top, width, height)
    )


def prepared(made: Any, title: str, accent: str, language: str) -> tuple[Any, Any]:
    """Make a presentation wide and ours; return the layouts for slides and for the first one."""
    made.slide_width, made.slide_height = (emu(side) for side in _PAGE)
    made.element.sldSz.attrib.pop("type", None)  # it says 4:3
    plain, first = made.slide_layouts[_TITLE_ONLY], made.slide_layouts[_TITLE_SLIDE]
    for layout in list(made.slide_layouts):
        if layout.name not in {plain.name, first.name}:
            made.slide_layouts.remove(layout)
    master = made.slide_master
    for page in (master, plain, first):
        for shape in list(page.placeholders):
            if "TITLE" not in str(shape.placeholder_format.type).partition(" ")[0].split("_"):
                shape._element.getparent().remove(shape._element)  # noqa: SLF001 - no other way
    for shape in (*master.placeholders, *plain.placeholders):
        box = (LEFT, 40.0, WIDTH, 52.0)
        shape.left, shape.top, shape.width, shape.height = (emu(each) for each in box)
    first._element.set("showMasterSp", "0")  # noqa: SLF001
    _themed(master, accent)
    _standing(master, title, accent, language)
    return plain, first


def _themed(master: Any, accent: str) -> None:
    """Give texts that people add later our font and colour."""
    from pptx.opc.constants import RELATIONSHIP_TYPE

    theme = master.part.part_related_by(RELATIONSHIP_TYPE.THEME)
    text = theme.blob.decode()
    text = re.sub(r'(<a:latin typeface=")[^"]*', rf"\g<1>{FONT}", text)
    text = re.sub(
        r"<a:accent1>.*?</a:accent1>",
        f'<a:accent1><a:srgbClr val="{accent[1:].upper()}"/></a:accent1>',
        text,
        flags=re.DOTALL,
    )
    theme._blob = text.encode()  # noqa: SLF001 - a part that python-pptx leaves as it is


def _standing(master: Any, title: str, accent: str, language: str) -> None:
    """Put a mark, the report's title and the slide's number on every slide but the first."""
    look = (
        f"<a:rPr lang={quoteattr(language)} "
        f'sz="900"><a:solidFill><a:srgbClr val="{LIGHT["soft"][1:].upper()}"/>'
        f'</a:solidFill><a:latin typeface="{FONT}"/></a:rPr>'
    )
    rtl = right_to_left(language)
    begin = '<a:pPr algn="r" rtl="1"/>' if rtl else ""
    end = '<a:pPr algn="l" rtl="1"/>' if rtl else '<a:pPr algn="r"/>'
    number = '<a:fld id="{B6F15528-21DE-4FAA-801E-634DDDAF4B2B}" type="slidenum">'
    shown = title if len(title) <= 110 else f"{title[:110].rstrip()} …"  # noqa: PLR2004 - a line
    fill = f'<a:solidFill><a:srgbClr val="{accent[1:].upper()}"/></a:solidFill>'
    parts = (
        ("Mark", (LEFT, 28, 40, 4), fill, "<a:p><a:endParaRPr/></a:p>"),
        (
            "Report",
            (LEFT, 508, 760, 14),
            "<a:noFill/>",
            f"<a:p>{begin}<a:r>{look}<a:t>{escape(shown)}</a:t></a:r></a:p>",
        ),
        (
            "Number",
            (LEFT + WIDTH - 60, 508, 60, 14),
            "<a:noFill/>",
            f"<a:p>{end}{number}{look}<a:t>1</a:t></a:fld></a:p>",
        ),
    )
    from pptx.oxml import parse_xml

    for place, (name, box, paint, text) in enumerate(parts, 100):
        left, top, width, height = placed(box, rtl=rtl)
        master.shapes._spTree.append(  # noqa: SLF001 - a master takes no shapes otherwise
            parse_xml(
                f'<p:sp {_SPACES}><p:nvSpPr><p:cNvPr id="{place}" name="{name}"/>'
                f'<p:cNvSpPr/><p:nvPr userDrawn="1"/></p:nvSpPr><p:spPr><a:xfrm>'
                f'<a:off x="{left}" y="{top}"/><a:ext cx="{width}" cy="{height}"/></a:xfrm>'
                f'<a:prstGeom prst="rect"><a:avLst/></a:prstGeom>{paint}<a:ln><a:noFill/></a:ln>'
                f'</p:spPr><p:txBody><a:bodyPr wrap="square" lIns="0" tIns="0" rIns="0" bIns="0"/>'
                f"{text}</p:txBody></p:sp>"
            )
        )
