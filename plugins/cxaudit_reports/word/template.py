"""The template of Word documents: our own, made here, or a client's, completed from ours.

``python -m cxaudit_reports.word.template FILE`` writes ours, to start a branded one from.
"""

from __future__ import annotations

import copy
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxaudit_reports.drawing.office import DATE, needed
from cxaudit_reports.drawing.theme import LIGHT

if TYPE_CHECKING:
    from docx.document import Document

__all__ = [
    "FONT",
    "STYLES",
    "TABLE",
    "complete_styles",
    "default_template",
    "element",
    "field_runs",
]

FONT = "Arial"
"""Word lays out a document with the reader's fonts, and this one stands on every machine."""

# Each style: name, kind, based on, next, size in points, bold, colour, room before and after in
# points, and more properties of its paragraphs.
_SOFT, _INK, _ACCENT = LIGHT["soft"], LIGHT["ink"], "accent"
_KEEP: tuple[str, dict[str, str]] = ("w:keepNext", {})
_STYLES: tuple[tuple[str, str, float, bool, str, float, float, tuple[Any, ...]], ...] = (
    ("Title", "Normal", 30, True, _INK, 0, 8, ()),
    ("Subtitle", "Normal", 13, False, _SOFT, 0, 4, ()),
    ("Heading 1", "Normal", 18, True, _ACCENT, 24, 8, (_KEEP,)),
    ("Heading 2", "Normal", 13, True, _INK, 16, 4, (_KEEP,)),
    ("Heading 3", "Normal", 11, True, _INK, 14, 4, (_KEEP,)),
    ("TOC Heading", "Normal", 18, True, _ACCENT, 0, 10, (_KEEP, ("w:pageBreakBefore", {}))),
    ("toc 1", "Normal", 10.5, False, _INK, 2, 2, ()),
    ("toc 2", "Normal", 10, False, _SOFT, 0, 1, (("w:ind", {"w:left": "284"}),)),
    ("Header", "Normal", 8, False, _SOFT, 0, 0, ()),
    ("Footer", "Normal", 8, False, _SOFT, 0, 0, ()),
    ("Caption", "Normal", 9, True, _INK, 12, 4, (_KEEP,)),
    ("Quote", "Normal", 10.5, False, _INK, 8, 0, (("bar", _ACCENT), _KEEP)),
    ("Audit Source", "Normal", 8.5, False, _SOFT, 0, 8, (("bar", _ACCENT),)),
    ("Audit Lead", "Normal", 14, True, _INK, 4, 10, ()),
    ("Audit Note", "Normal", 9, False, _SOFT, 2, 8, ()),
    ("Audit Warning", "Normal", 10, True, LIGHT["warn"], 4, 6, (("bar", LIGHT["warn"]),)),
    ("Audit Action", "Normal", 10, True, _ACCENT, 2, 8, (("bar", _ACCENT),)),
    ("Audit Score", "Normal", 28, True, _ACCENT, 0, 0, (_KEEP,)),
    ("Audit Grade", "Normal", 13, True, _INK, 0, 6, (_KEEP,)),
    ("Audit Cell", "Normal", 8.5, False, _INK, 1.5, 1.5, ()),
    ("Audit Bar", "Normal", 4, False, _INK, 0, 0, ()),
)
STYLES = tuple(style[0] for style in _STYLES)
"""Names of the paragraph styles that documents are written with."""
_PAGE, _SIDE = 210, 22
"""Width of the page and of its margins at the sides, in millimetres."""
TABLE = "Audit Table"
"""Name of the table style."""


def element(name: str, attributes: dict[str, str] | None = None, *children: Any) -> Any:
    """Return an element of WordprocessingML with its children."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    node = OxmlElement(name)
    for key, value in (attributes or {}).items():
        node.set(qn(key), value)
    node.extend(children)
    return node


def default_template(accent: str = LIGHT["accent"]) -> bytes:
    """Return our template: a title page, contents, then the report; header and footer."""
    with needed("python-docx"):
        from docx import Document
        from docx.oxml.ns import qn
        from docx.shared import Mm

    document = Document()
    document.core_properties.comments = ""
    document.core_properties.author = ""
    document.core_properties.created = document.core_properties.modified = DATE
    page = document.sections[0]
    page.page_width, page.page_height = Mm(_PAGE), Mm(297)
    page.left_margin = page.right_margin = Mm(_SIDE)
    page.top_margin, page.bottom_margin = Mm(25), Mm(22)
    page.header_distance = page.footer_distance = Mm(11)
    _styles(document, accent)
    _pages(document, accent)
    for setting in document.settings.element.iter(qn("w:compatSetting")):
        if setting.get(qn("w:name")) == "compatibilityMode":
            setting.set(qn("w:val"), "15")  # Word 2013 and later; older ones look otherwise
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _pages(document: Document, accent: str) -> None:
    from docx.shared import Mm, Pt

    page = document.sections[0]
    page.different_first_page_header_footer = True
    document.add_paragraph("{{logo}}").paragraph_format.space_after = Pt(0)
    name = document.add_paragraph("{{name}}", "Subtitle")
    name.paragraph_format.space_after = Mm(68)
    rule = document.add_paragraph("{{title}}", "Title")
    border = {"w:val": "single", "w:sz": "36", "w:space": "14", "w:color": accent[1:]}
    rule._p.get_or_add_pPr().append(  # noqa: SLF001 - python-docx has no borders
        element("w:pBdr", {}, element("w:top", border))
    )
    document.add_paragraph("{{subtitle}}", "Subtitle")
    last = document.add_paragraph("{{footer}}", "Audit Note")
    last.paragraph_format.space_before = Mm(60)
    document.add_paragraph("{{contents}}")
    document.add_paragraph("{{body}}")
    right = {"w:val": "right", "w:pos": str((_PAGE - 2 * _SIDE) * 567 // 10)}
    for part, left in ((page.header, "{{title}}"), (page.footer, "{{client}}")):
        line = part.paragraphs[0]
        line._p.get_or_add_pPr().append(  # noqa: SLF001
            element("w:tabs", {}, element("w:tab", right))
        )
        line.add_run(f"{left}\t")
        if part is page.footer:
            for field, between in (("PAGE", " / "), ("NUMPAGES", "")):
                for piece in field_runs(field, "1"):
                    line._p.append(piece)  # noqa: SLF001
                if between:
                    line.add_run(between)


def field_runs(code: str, content: str, *, dirty: bool = False) -> Iterator[Any]:
    """Yield the runs of a field, with what it shows until it is updated."""
    # Word keeps a field as five runs: begin, the code ("PAGE"), separate, what is shown ("1"), end.
    begin = {"w:fldCharType": "begin", **({"w:dirty": "true"} if dirty else {})}
    space = {"xml:space": "preserve"}
    for child in (
        element("w:fldChar", begin),
        element("w:instrText", space),
        element("w:fldChar", {"w:fldCharType": "separate"}),
        element("w:t", space),
        element("w:fldChar", {"w:fldCharType": "end"}),
    ):
        if child.tag.endswith("instrText"):
            child.text = f" {code} "
        elif child.tag.endswith("}t"):
            child.text = content
        yield element("w:r", {}, child)


def _styles(document: Document, accent: str) -> None:
    from docx.enum.style import WD_STYLE_TYPE
    from docx.shared import Pt

    normal = document.styles["Normal"]
    _font(normal, 10, LIGHT["ink"], bold=False)
    normal.paragraph_format.space_after = Pt(6)
    normal.paragraph_format.line_spacing = 1.15
    names = {style.name for style in document.styles}
    for name, based, size, bold, colour, before, after, more in _STYLES:
        if name in names:
            # Python's template has themes and colours of its own in its headings.
            old = document.styles[name]._element  # noqa: SLF001
            old.getparent().remove(old)
        style: Any = document.styles.add_style(
            name, WD_STYLE_TYPE.PARAGRAPH, builtin=name in _BUILTIN
        )
        style.base_style = document.styles[based]
        style.quick_style = True
        _font(style, size, accent if colour == _ACCENT else colour, bold=bold)
        style.paragraph_format.space_before = Pt(before)
        style.paragraph_format.space_after = Pt(after)
        if name.startswith("Heading"):
            level = element("w:outlineLvl", {"w:val": str(int(name[-1]) - 1)})
            style.element.get_or_add_pPr().append(level)
        if name in ("Title", "Audit Score", "Audit Bar", "Audit Cell"):
            style.paragraph_format.line_spacing = 1.0
        for extra, value in more:
            properties = style.element.get_or_add_pPr()
            if extra == "bar":
                ink = accent if value == _ACCENT else value
                bar = {"w:val": "single", "w:sz": "18", "w:space": "10", "w:color": ink[1:]}
                style.paragraph_format.left_indent = Pt(12)
                properties.insert_element_before(
                    element("w:pBdr", {}, element("w:left", bar)),
                    *("w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc", "w:outlineLvl"),
                )
            elif extra == "w:keepNext":
                style.paragraph_format.keep_with_next = True
            elif extra == "w:pageBreakBefore":
                style.paragraph_format.page_break_before = True
            else:
                properties.append(element(extra, value))
    document.styles.element.append(_table_style(document))


_BUILTIN = {name for name in STYLES if not name.startswith("Audit")}


def _font(style: Any, size: float, colour: str, *, bold: bool) -> None:
    from docx.shared import Pt, RGBColor

    style.font.name = FONT
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    from docx.oxml.ns import qn

    for script in ("w:hAnsi", "w:cs", "w:eastAsia"):
        fonts.set(qn(script), FONT)
    style.font.size = Pt(size)
    # A style that says nothing of weight leaves it to the table.
    style.font.bold = bold or None
    style.font.italic = False
    style.font.color.rgb = RGBColor.from_string(colour[1:].upper())


def _table_style(document: Document) -> Any:
    """Return the style of tables: thin lines between rows, a header that stands out."""
    line = {"w:val": "single", "w:sz": "4", "w:space": "0", "w:color": LIGHT["line"][1:]}
    strong = {"w:val": "single", "w:sz": "8", "w:space": "0", "w:color": LIGHT["soft"][1:]}
    room = {"w:w": "70", "w:type": "dxa"}
    return element(
        "w:style",
        {"w:type": "table", "w:customStyle": "1", "w:styleId": "AuditTable"},
        element("w:name", {"w:val": TABLE}),
        element("w:basedOn", {"w:val": _default_table(document)}),
        element("w:uiPriority", {"w:val": "99"}),
        element(
            "w:tblPr",
            {},
            element(
                "w:tblBorders",
                {},
                element("w:top", strong),
                element("w:bottom", strong),
                element("w:insideH", line),
            ),
            element("w:tblCellMar", {}, element("w:left", room), element("w:right", room)),
        ),
        element(
            "w:tblStylePr",
            {"w:type": "firstRow"},
            element("w:rPr", {}, element("w:b")),
            element("w:tcPr", {}, element("w:tcBorders", {}, element("w:bottom", strong))),
        ),
        element("w:tblStylePr", {"w:type": "firstCol"}, element("w:rPr", {}, element("w:b"))),
    )


def _default_table(document: Document) -> str:
    from docx.enum.style import WD_STYLE_TYPE

    default = document.styles.default(WD_STYLE_TYPE.TABLE)
    return str(default.style_id) if default is not None else "TableNormal"


def complete_styles(document: Document, accent: str) -> None:
    """Give a client's template those of our styles that it does not have itself."""
    import docx
    from docx.enum.style import WD_STYLE_TYPE
    from docx.oxml.ns import qn

    ours = docx.Document(io.BytesIO(default_template(accent)))
    names = {style.name for style in document.styles}
    taken = {style.style_id for style in document.styles}
    basis = document.styles.default(WD_STYLE_TYPE.PARAGRAPH)
    for name in (*STYLES, TABLE):
        if name in names:
            continue
        copied = copy.deepcopy(ours.styles[name].element)
        if copied.get(qn("w:styleId")) in taken:
            copied.set(qn("w:styleId"), "".join(f"Cxaudit {name}".split()))
        parent = copied.find(qn("w:basedOn"))
        if parent is not None:
            default = _default_table(document) if name == TABLE else basis and basis.style_id
            if default:
                parent.set(qn("w:val"), str(default))
        document.styles.element.append(copied)


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(default_template())
