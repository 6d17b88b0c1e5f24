"""A deck of slides: its pages, and texts, tables and scales that fit the room they are given.

All measures are in points. Programs that show slides do not shrink what is too long, so every text
is measured first: smaller, then cut at a word; the whole text stands in the notes.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import attrs

from cxaudit.documents import _, ngettext, numbers, right_to_left, score_facts, spoken, written
from cxaudit.plugin import blocks
from cxaudit_reports.drawing.office import needed
from cxaudit_reports.drawing.reading_order import Reading
from cxaudit_reports.drawing.text_fit import columns, line_count, shortened
from cxaudit_reports.drawing.theme import LIGHT, Brand, lighter

__all__ = ["BOTTOM", "LEFT", "RIGHT", "STRIPES", "TOP", "WIDTH", "Deck", "Page", "Writer"]

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
_SHAPES = "http://schemas.openxmlformats.org/presentationml/2006/main"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
RIGHT, TOP, BOTTOM = LEFT + WIDTH, 108.0, 488.0
"""Edges of what a slide holds under its title."""
_LINE = 1.2
"""Height of a line, in sizes of its text."""
_ROOM, _ABOVE = 5.0, 4.0
"""Room inside a cell at its sides, and above and below its text."""

Texts = Sequence[tuple[str, float, bool]]
Writer = Callable[..., None]
"""Writes a cell of a table: its row and column, lines of text, their colour, the cell's."""
STRIPES = "stripes"


class Deck:
    """Slides in wide format; ``accent`` is the client's colour or the house's."""

    def __init__(self, report: blocks.Report, look: Brand) -> None:
        with needed("python-pptx"):
            from pptx import Presentation
        self._presentation = Presentation()
        self.accent, self.language = look.light, spoken().tag
        texts = (report.title, look.light, self.language)
        self._plain, self._first = prepared(self._presentation, *texts)

    @property
    def properties(self) -> Any:
        """Return the properties of the document."""
        return self._presentation.core_properties

    def page(self, title: str, *, first: bool = False) -> Page:
        """Return a new slide with its title."""
        from pptx.enum.text import MSO_ANCHOR

        slide = self._presentation.slides.add_slide(self._first if first else self._plain)
        page = Page(slide, self.accent, self.language)
        if first:
            box = (LEFT, 196.0, 760.0, 120.0)
            page.fill(slide.shapes.title, title, box, (40, 34, 28, 22), bold=True)
            slide.shapes.title.text_frame.vertical_anchor = MSO_ANCHOR.BOTTOM
        else:
            box = (LEFT, 40.0, WIDTH, 52.0)
            page.fill(slide.shapes.title, title, box, (28, 24, 20, 16), bold=True)
        return page

    def saved(self) -> bytes:
        """Return the deck as a file."""
        out = io.BytesIO()
        self._presentation.save(out)
        return out.getvalue()


@attrs.frozen
class _Font:
    """How a run of text looks, and on which side its paragraph stands."""

    size: float
    bold: bool = False
    colour: str = LIGHT["ink"]
    align: str = "left"


class Page:
    """One slide. Functions that add something return the edge under it.

    Where it is read from right to left, all stands on the other side of the slide than is said.
    """

    def __init__(self, slide: Any, accent: str, language: str) -> None:
        self._slide, self._language = slide, language
        self._rtl = right_to_left(language)
        self.accent = accent
        self.shortened = shortened

    def text(
        self,
        text: str,
        box: tuple[float, float, float, float],
        sizes: Sequence[float],
        *,
        bold: bool = False,
        colour: str = LIGHT["ink"],
    ) -> float:
        """Add a text in a box of left, top, width and height."""
        if not text:
            return box[1]
        shape = self._slide.shapes.add_textbox(*emu_box(box, rtl=self._rtl))
        return self.fill(shape, text, box, sizes, bold=bold, colour=colour)

    def fill(
        self,
        shape: Any,
        text: str,
        box: tuple[float, float, float, float],
        sizes: Sequence[float],
        *,
        bold: bool = False,
        colour: str = LIGHT["ink"],
    ) -> float:
        """Write a text into a shape in the largest size that fits; too long a text is cut."""
        from pptx.enum.text import MSO_ANCHOR, MSO_AUTO_SIZE

        _left, top, width, height = box
        shape.left, shape.top, shape.width, shape.height = emu_box(box, rtl=self._rtl)
        size = sizes[-1]
        for size in sizes:
            lines = line_count(text, width, size, bold=bold)
            if lines * size * _LINE <= height:
                break
        most = max(1, int(height / (size * _LINE)))
        cut = shortened(text, width, size, most, bold=bold)
        if cut != text:
            self.note(text)
        frame = shape.text_frame
        frame.word_wrap, frame.auto_size = True, MSO_AUTO_SIZE.NONE
        frame.vertical_anchor = MSO_ANCHOR.TOP
        for side in ("left", "right", "top", "bottom"):
            setattr(frame, f"margin_{side}", 0)
        self._write(frame.paragraphs[0], cut, _Font(size, bold, colour))
        return top + line_count(cut, width, size, bold=bold) * size * _LINE

    def _write(self, paragraph: Any, text: str, font: _Font) -> None:
        from pptx.util import Pt

        run = paragraph.add_run()
        run.text = text
        run.font.size, run.font.bold, run.font.name = Pt(font.size), font.bold, FONT
        run.font.color.rgb = _rgb(font.colour)
        _spoken(paragraph, self._language, font.align)
        paragraph.line_spacing = 1.0

    def box(
        self, box: tuple[float, float, float, float], colour: str, description: str = ""
    ) -> None:
        """Add a coloured area; without a text alternative it is decoration."""
        from pptx.enum.shapes import MSO_SHAPE

        shape = self._slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, *emu_box(box, rtl=self._rtl))
        shape.fill.solid()
        shape.fill.fore_color.rgb = _rgb(colour)
        shape.line.fill.background()
        # Shadows and edges of the theme.
        shape._element.remove(shape._element.find(f"{{{_SHAPES}}}style"))  # noqa: SLF001
        shape._element.nvSpPr.cNvPr.set("descr", description)  # noqa: SLF001 - it has no other way

    def bar(self, block: blocks.ScoreBlock, left: float, top: float, width: float) -> float:
        """Add a score on a scale from 0 to 100 with its interval and bounds."""
        if block.value is None:
            return top
        score = _("{score} of 100.", score=numbers.score(block.value, 1))
        description = f"{block.title} {score} {' '.join(score_facts(block))}"

        def from_zero(at: float, wide: float) -> float:
            """Return where a part stands: the scale runs as the number line does."""
            return left + (width - at - wide if self._rtl else at)

        self.box((left, top + 5, width, 8), LIGHT["none"], description)
        for low, high, colour in (
            (block.lowest, block.highest, lighter(self.accent, 0.6)),
            (block.low, block.high, self.accent),
        ):
            if low is not None and high is not None:
                wide = max(2.0, (high - low) * width)
                self.box((from_zero(low * width, wide), top + 5, wide, 8), colour)
        self.box((from_zero(block.value * width - 1.5, 3), top, 3, 18), LIGHT["ink"])
        for text, at in (("0", -18.0 if self._rtl else 0.0), ("100", width - 20)):
            self.text(text, (from_zero(at, 24), top + 20, 24, 12), (9,), colour=LIGHT["soft"])
        return top + 34

    def picture(self, data: bytes, box: tuple[float, float, float], description: str) -> None:
        """Add a picture at the left and top, in a height."""
        left, top, height = (emu(measure) for measure in box)
        shape = self._slide.shapes.add_picture(io.BytesIO(data), left, top, height=height)
        if self._rtl:
            shape.left = emu(LEFT + RIGHT) - left - shape.width
        shape._element.nvPicPr.cNvPr.set("descr", description)  # noqa: SLF001 - it has no other way

    def note(self, *lines: str) -> None:
        """Add lines to the speaker's notes."""
        if not lines:
            return
        frame = self._slide.notes_slide.notes_text_frame
        text = "\n".join([frame.text, *lines]) if frame.text else "\n".join(lines)
        frame.text = text
        for paragraph in frame.paragraphs:
            _spoken(paragraph, self._language)

    def table(
        self,
        table: blocks.Table,
        box: tuple[float, float, float, float],
        *,
        sizes: Sequence[float] = (15, 14, 13, 12, 11, 10),
        lines: int = 2,
    ) -> float:
        """Add a table. Rows that do not fit are counted under it; cells have so many lines."""
        left, top, width, height = box
        numeric = table.numeric or (False,) * len(table.columns)
        rows = [tuple(table.columns), *(tuple(map(written, row)) for row in table.rows)]
        for size in sizes:
            widths = columns(rows, width, size, 2 * _ROOM, numeric, fill=True)
            fitted, heights = _fitted(rows, widths, size, lines)
            if sum(heights) <= height:
                break
        count = len(rows)
        while count > 1 and sum(heights[:count]) > height - (0 if count == len(rows) else 18):
            count -= 1
        frame = self._grid(count, widths, heights[:count], (left, top), table.title)
        for at, row in enumerate(fitted[:count]):
            for column, text in enumerate(row):
                align = "right" if numeric[column] else "left"
                font = _Font(size, at == 0, LIGHT["soft" if at == 0 else "ink"], align)
                self._write(_cell(frame.cell(at, column)), text, font)
        bottom = top + sum(heights[:count])
        if count < len(rows):
            text = ngettext(
                "{kept} of {n} row shown; the other documents hold all.",
                "{kept} of {n} rows shown; the other documents hold all.",
                len(rows) - 1,
                kept=numbers.count(count - 1),
            )
            self.text(text, (left, bottom + 4, width, 14), (10,), colour=LIGHT["soft"])
        return bottom

    def grid(
        self,
        title: str,
        rows: int,
        widths: Sequence[float],
        heights: Sequence[float],
        at: tuple[float, float],
    ) -> Writer:
        """Add an empty table; return what writes its cells."""
        from pptx.enum.text import MSO_ANCHOR

        frame = self._grid(rows, widths, heights, at, title)

        def write(row: int, column: int, texts: Texts, ink: str, fill: str = "") -> None:
            """Write lines of text, each with size and weight, on a colour or on stripes."""
            cell = frame.cell(row, column)
            paragraph = _cell(cell, fill)
            if row > 0:
                cell.vertical_anchor = MSO_ANCHOR.MIDDLE
            for number, (text, size, bold) in enumerate(texts):
                if number:
                    paragraph = cell.text_frame.add_paragraph()
                self._write(paragraph, text, _Font(size, bold, ink, "center" if column else "left"))

        return write

    def _grid(
        self,
        rows: int,
        widths: Sequence[float],
        heights: Sequence[float],
        at: tuple[float, float],
        title: str,
    ) -> Any:
        box = (*at, sum(widths), sum(heights))
        shape = self._slide.shapes.add_table(rows, len(widths), *emu_box(box, rtl=self._rtl))
        shape._element.nvGraphicFramePr.cNvPr.set("descr", title)  # noqa: SLF001
        table = shape.table
        # The thinnest style: lines between rows, no colours of a theme.
        style = shape._element.find(f".//{{{_DRAWING}}}tableStyleId")  # noqa: SLF001
        style.text = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"
        table.horz_banding = False
        if self._rtl:
            table._tbl.tblPr.set("rtl", "1")  # noqa: SLF001 - it has no other way
        for number, width in enumerate(widths):
            table.columns[number].width = emu(width)
        for number, height in enumerate(heights):
            table.rows[number].height = emu(height)
        return table


def _spoken(paragraph: Any, language: str, align: str = "") -> None:
    """Say in which language a paragraph is, and on which side it stands."""
    from pptx.enum.text import PP_ALIGN

    for run in paragraph.runs:
        run.font._element.set("lang", language)  # noqa: SLF001 - it takes no other names
    sides = {"left": PP_ALIGN.LEFT, "right": PP_ALIGN.RIGHT, "center": PP_ALIGN.CENTER}
    if right_to_left(language):
        sides |= {"": PP_ALIGN.RIGHT, "left": PP_ALIGN.RIGHT, "right": PP_ALIGN.LEFT}
        turned = str(int(not Reading(turned=True).apart(paragraph.text)))
        paragraph._p.get_or_add_pPr().set("rtl", turned)  # noqa: SLF001 - it has no other way
    if align in sides:
        paragraph.alignment = sides[align]


def _cell(cell: Any, fill: str = "") -> Any:
    """Set a cell's room, colour (or stripes) and lower line; return its paragraph."""
    from pptx.enum.dml import MSO_PATTERN

    cell.margin_left = cell.margin_right = emu(_ROOM)
    cell.margin_top = cell.margin_bottom = emu(_ABOVE)
    if fill == STRIPES:
        cell.fill.patterned()
        cell.fill.pattern = MSO_PATTERN.WIDE_UPWARD_DIAGONAL
        cell.fill.fore_color.rgb = _rgb(LIGHT["none"])
        cell.fill.back_color.rgb = _rgb(LIGHT["paper"])
    elif fill:
        cell.fill.solid()
        cell.fill.fore_color.rgb = _rgb(fill)
    else:
        cell.fill.background()
    _line(cell, *((LIGHT["paper"], 3.0) if fill else (LIGHT["line"], 0.75)))
    return cell.text_frame.paragraphs[0]


def _fitted(
    rows: Sequence[Sequence[str]], widths: Sequence[float], size: float, lines: int
) -> tuple[list[list[str]], list[float]]:
    """Return the texts of cells, cut to so many lines, and the heights of rows."""
    texts, heights = [], []
    for number, row in enumerate(rows):
        bold = number == 0
        rooms = [width - 2 * _ROOM for width in widths]
        cut = [
            shortened(text, room, size, lines, bold=bold)
            for text, room in zip(row, rooms, strict=True)
        ]
        most = max(
            line_count(text, room, size, bold=bold) for text, room in zip(cut, rooms, strict=True)
        )
        texts.append(cut)
        heights.append(most * size * _LINE + 2 * _ABOVE)
    return texts, heights


def _line(cell: Any, colour: str, width: float) -> None:
    """Draw the line under a cell."""
    from pptx.oxml import parse_xml

    properties = cell._tc.get_or_add_tcPr()  # noqa: SLF001 - python-pptx has no lines of cells
    for old in properties.findall(f"{{{_DRAWING}}}lnB"):
        properties.remove(old)
    line = parse_xml(
        f'<a:lnB xmlns:a="{_DRAWING}" w="{emu(width)}"><a:solidFill>'
        f'<a:srgbClr val="{colour[1:].upper()}"/></a:solidFill></a:lnB>'
    )
    properties.insert(0, line)


def _rgb(colour: str) -> Any:
    from pptx.dml import color

    colours: Any = color.RGBColor  # it says nothing of its types
    return colours.from_string(colour[1:].upper())


def emu(points: float) -> int:
    """Return points in the measure of office documents."""
    return round(points * 12_700)


def emu_box(box: tuple[float, float, float, float], *, rtl: bool) -> tuple[int, ...]:
    """Return a box so measured; where slides are read from right to left, on the other side."""
    left, top, width, height = box
    return tuple(
        emu(measure) for measure in (_PAGE[0] - left - width if rtl else left, top, width, height)
    )


def prepared(presentation: Any, title: str, accent: str, language: str) -> tuple[Any, Any]:
    """Make a presentation wide and ours; return the layouts for slides and for the first one."""
    presentation.slide_width, presentation.slide_height = (emu(side) for side in _PAGE)
    presentation.element.sldSz.attrib.pop("type", None)  # it says 4:3
    plain, first = presentation.slide_layouts[_TITLE_ONLY], presentation.slide_layouts[_TITLE_SLIDE]
    for layout in list(presentation.slide_layouts):
        if layout.name not in {plain.name, first.name}:
            presentation.slide_layouts.remove(layout)
    master = presentation.slide_master
    for page in (master, plain, first):
        for shape in list(page.placeholders):
            if "TITLE" not in str(shape.placeholder_format.type).partition(" ")[0].split("_"):
                shape._element.getparent().remove(shape._element)  # noqa: SLF001 - no other way
    for shape in (*master.placeholders, *plain.placeholders):
        box = (LEFT, 40.0, WIDTH, 52.0)
        shape.left, shape.top, shape.width, shape.height = (emu(measure) for measure in box)
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
    title_line = title if len(title) <= 110 else f"{title[:110].rstrip()} …"  # noqa: PLR2004 - a line
    fill = f'<a:solidFill><a:srgbClr val="{accent[1:].upper()}"/></a:solidFill>'
    parts = (
        ("Mark", (LEFT, 28, 40, 4), fill, "<a:p><a:endParaRPr/></a:p>"),
        (
            "Report",
            (LEFT, 508, 760, 14),
            "<a:noFill/>",
            f"<a:p>{begin}<a:r>{look}<a:t>{escape(title_line)}</a:t></a:r></a:p>",
        ),
        (
            "Number",
            (LEFT + WIDTH - 60, 508, 60, 14),
            "<a:noFill/>",
            f"<a:p>{end}{number}{look}<a:t>1</a:t></a:fld></a:p>",
        ),
    )
    from pptx.oxml import parse_xml

    for shape_id, (name, box, paint, text) in enumerate(parts, 100):
        left, top, width, height = emu_box(box, rtl=rtl)
        master.shapes._spTree.append(  # noqa: SLF001 - a master takes no shapes otherwise
            parse_xml(
                f'<p:sp {_SPACES}><p:nvSpPr><p:cNvPr id="{shape_id}" name="{name}"/>'
                f'<p:cNvSpPr/><p:nvPr userDrawn="1"/></p:nvSpPr><p:spPr><a:xfrm>'
                f'<a:off x="{left}" y="{top}"/><a:ext cx="{width}" cy="{height}"/></a:xfrm>'
                f'<a:prstGeom prst="rect"><a:avLst/></a:prstGeom>{paint}<a:ln><a:noFill/></a:ln>'
                f'</p:spPr><p:txBody><a:bodyPr wrap="square" lIns="0" tIns="0" rIns="0" bIns="0"/>'
                f"{text}</p:txBody></p:sp>"
            )
        )
