"""A Word document that runs from right to left: its paragraphs, texts, tables and pages."""

from __future__ import annotations

from typing import Any

from cxaudit_reports.drawing.reading_order import Reading
from cxaudit_reports.word.template import element

__all__ = ["turn"]

_AFTER_BIDI = (
    *("w:adjustRightInd", "w:snapToGrid", "w:spacing", "w:ind", "w:contextualSpacing"),
    *("w:mirrorIndents", "w:suppressOverlap", "w:jc", "w:textDirection", "w:textAlignment"),
    *("w:textboxTightWrap", "w:outlineLvl", "w:divId", "w:cnfStyle", "w:rPr", "w:sectPr"),
    *("w:pPrChange", "w:rtlGutter", "w:docGrid", "w:printerSettings", "w:sectPrChange"),
)
"""What stands behind the element that turns a paragraph or a page."""
_COMPLEX = {"w:b": "w:bCs", "w:i": "w:iCs", "w:sz": "w:szCs"}
"""Properties of text, and the same for the scripts that run from right to left."""

_SIDES = {"right": "left", "center": "center"}
"""Where a paragraph stands that is turned back: others stand at the right."""


def turn(document: Any, language: str) -> None:
    """Have a document in a language run from right to left."""
    styles, body = document.styles.element, document.element.body
    _styles(document, language)
    _pages(body)
    _texts(body)
    for root in (styles, body):
        _as_complex(root)


def _styles(document: Any, language: str) -> None:
    from docx.enum.style import WD_STYLE_TYPE
    from docx.oxml.ns import qn

    normal = document.styles.default(WD_STYLE_TYPE.PARAGRAPH)
    if normal is not None:
        _turned(normal.element.get_or_add_pPr())
        normal.font.rtl = True
    styles = document.styles.element
    for lang in styles.iter(qn("w:lang")):
        lang.set(qn("w:bidi"), language)
    for border in list(styles.iter(qn("w:pBdr"))):
        for left in border.findall(qn("w:left")):
            left.tag = qn("w:right")


def _pages(body: Any) -> None:
    from docx.oxml.ns import qn

    for page in body.iter(qn("w:sectPr")):
        _turned(page)
    for table in body.iter(qn("w:tblPr")):
        style = table.find(qn("w:tblStyle"))
        if style is not None:
            style.addnext(element("w:bidiVisual"))
        elif table.find(qn("w:tblDescription")) is None:
            # A score's scale, which alone is told and has no style, runs as the number line does.
            table.insert(0, element("w:bidiVisual"))


def _turned(properties: Any, *, back: bool = False) -> None:
    """Have a page or a paragraph run from right to left, or a paragraph in such a document back."""
    from docx.oxml.ns import qn

    if properties.find(qn("w:bidi")) is None:
        bidi = element("w:bidi", {"w:val": "0"} if back else {})
        properties.insert_element_before(bidi, *_AFTER_BIDI)


def _texts(body: Any) -> None:
    """Turn texts back that read against the document; they stay on its side."""
    from docx.oxml.ns import qn
    from docx.text.font import Font

    def text_of(parent: Any) -> str:
        return "".join(node.text or "" for node in parent.iter(qn("w:t")))

    for paragraph in body.iter(qn("w:p")):
        if Reading(turned=True).apart(text_of(paragraph)):
            side = paragraph.get_or_add_pPr().get_or_add_jc()
            _turned(paragraph.pPr, back=True)
            # Where lines begin is "left" in either kind of paragraph.
            side.set(qn("w:val"), _SIDES.get(side.get(qn("w:val")), "right"))
        for run in paragraph.iter(qn("w:r")):
            if Reading(turned=True).apart(text_of(run)):
                Font(run).rtl = False


def _as_complex(root: Any) -> None:
    """Say of texts from right to left what is said of others: how large and heavy they are."""
    from docx.oxml.ns import qn

    for plain, other in _COMPLEX.items():
        for node in list(root.iter(qn(plain))):
            if node.getparent().find(qn(other)) is None:
                node.addnext(element(other, {"w:val": node.get(qn("w:val"), "1")}))
