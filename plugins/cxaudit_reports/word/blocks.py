"""Blocks of the report as paragraphs and tables of a Word document."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from cxaudit.documents import _, cell_words, ngettext, numbers, score_facts, written
from cxaudit.plugin import blocks
from cxaudit_reports.drawing import charts
from cxaudit_reports.drawing.block_tables import (
    action_line,
    dots,
    is_facts,
    legend,
    subject,
    table_of,
)
from cxaudit_reports.drawing.office import as_png
from cxaudit_reports.drawing.text_fit import columns
from cxaudit_reports.drawing.theme import LIGHT, lighter, step
from cxaudit_reports.word.template import TABLE, element, field_runs

__all__ = ["Writer", "linked"]

_ROWS = 200
"""Rows of a table that are printed; the workbook holds all."""
_SIZE, _PADDING = 8.5, 8.0
_WIDE = 8
"""A table with more columns than this stands on a page of its own across."""
_FACTS = 0.24
"""Part of the width that the names of facts take."""
_LEVELS = 3
_IN_A_ROW, _BESIDE = 3, 105.0
"""Pictures in a row, and their largest height in points."""
_ALONE = 264.0, 200.0
"""Largest width and height of a picture alone."""
_NUMBER = "\x00"
"""What stands for the number in a caption until it is written; no text holds it."""
_TWIPS = 20
_OFFICE = {"image/png", "image/jpeg", "image/gif"}
"""Kinds of pictures that Word shows; others are drawn anew."""
_PLAIN, _FIRST_ROW, _FIRST_COLUMN = 0x600, 0x20, 0x80
"""Bits of what a table's style shows: no bands, names in the first row or column."""


class Writer:
    """Turns blocks into elements, in the document's own styles.

    Args:
        document: The document, which pictures become parts of.
        report: The report, cleaned: its anchors are what links may lead to.
        room: Width of the text on an upright page and on one across, in points.
        accent: Colour of links.
    """

    def __init__(
        self, document: Any, report: blocks.Report, room: tuple[float, float], accent: str
    ) -> None:
        self._document = document
        self.room, self._across = room
        self.accent = accent
        self._styles = {style.name: style.style_id for style in document.styles}
        self._marks = _anchors(report)
        self._opened = 0
        self._tables = 0
        self.entries: list[tuple[int, str, str]] = []
        """Headings so far: level, text and bookmark, for the table of contents."""

    def heading(self, text: str, level: int, anchor: str = "", *, new_page: bool = False) -> Any:
        """Return a heading, which links and the table of contents lead to."""
        level = min(max(level, 1), _LEVELS)
        entry = f"_Toc{len(self.entries) + 1:06d}"
        marks = [entry, *filter(None, [self._marks.get(anchor, "") if anchor else ""])]
        self.entries.append((level, text, entry))
        heading = self.paragraph(text, f"Heading {level}")
        for mark in marks:
            self._opened += 1
            number = str(self._opened)
            start = element("w:bookmarkStart", {"w:id": number, "w:name": mark})
            heading.r_lst[0].addprevious(start)
            heading.append(element("w:bookmarkEnd", {"w:id": number}))
        if new_page:
            heading.pPr.append(element("w:pageBreakBefore"))
        return heading

    def paragraph(
        self,
        text: str,
        style: str = "Normal",
        *,
        link: str = "",
        keep: bool = False,
        align: str = "",
        look: Mapping[str, str] | None = None,
    ) -> Any:
        """Return a paragraph of one text.

        Args:
            text: The text.
            style: Name of its style.
            link: Anchor that the text leads to, where the report has it.
            keep: Whether it stays on the page of what follows.
            align: ``right`` or ``center``.
            look: More properties of the text, by element.
        """
        properties = element("w:pPr", {}, element("w:pStyle", {"w:val": self._styles[style]}))
        if keep:
            properties.append(element("w:keepNext"))
        if align:
            properties.append(element("w:jc", {"w:val": align}))
        paragraph = element("w:p", {}, properties)
        words = run(text, look)
        mark = self._marks.get(link, "")
        if mark:
            words = element("w:hyperlink", {"w:anchor": mark, "w:history": "1"}, words)
        paragraph.append(words)
        return paragraph

    def flow(
        self, report_blocks: Iterable[blocks.Block]
    ) -> Iterator[tuple[blocks.Block, list[Any]]]:
        """Yield blocks with their elements; pictures that follow each other stand in rows."""
        for pictures, group in itertools.groupby(
            report_blocks, lambda block: isinstance(block, blocks.Image)
        ):
            members = list(group)
            if pictures and len(members) > 1:
                yield members[0], _pictures(self, members)
            else:
                yield from ((block, self.block(block)) for block in members)

    def block(self, block: blocks.Block) -> list[Any]:
        """Return a block's elements."""
        match block:
            case blocks.Heading():
                # The section has the first level.
                heading = self.heading(block.text, max(block.level, 2), block.anchor)
                if block.link in self._marks:
                    linked(heading, self._marks[block.link])
                return [heading]
            case blocks.TextBlock():
                styles = {"lead": "Audit Lead", "note": "Audit Note", "warning": "Audit Warning"}
                return [self.paragraph(block.text, styles.get(block.tone, "Normal"))]
            case blocks.ScoreBlock():
                return self._score(block)
            case blocks.Matrix():
                return self._matrix(block)
            case blocks.Quote():
                return [
                    self.paragraph(_("“{text}”", text=block.text), "Quote"),
                    self.paragraph(block.source, "Audit Source"),
                ]
            case blocks.Action():
                return [self.paragraph(f"→ {action_line(block)}", "Audit Action")]
            case blocks.Image():
                return self.image(block, *_ALONE)
        table = table_of(block)
        assert table is not None
        return [*self._chart(block), *self._table(table)]

    def wide(self, block: blocks.Block) -> bool:
        """Tell whether a block needs a page across."""
        return isinstance(block, blocks.Table) and len(block.columns) > _WIDE

    def _score(self, block: blocks.ScoreBlock) -> list[Any]:
        parts = [
            self.paragraph(block.title, "Audit Note", keep=True),
            self.paragraph(_("{score} of 100", score=numbers.score(block.value, 1)), "Audit Score"),
        ]
        if block.grade:
            parts.append(self.paragraph(block.grade, "Audit Grade"))
        facts = " ".join(score_facts(block))
        if block.value is not None:
            parts += [_bar(self, block, facts), self.paragraph("", "Audit Bar", keep=True)]
        if facts:
            parts.append(self.paragraph(facts, link=block.link))
        if block.note:
            parts.append(self.paragraph(block.note, "Audit Note"))
        return parts

    def _matrix(self, block: blocks.Matrix) -> list[Any]:
        first = min(90.0, self.room / (len(block.columns) + 1))
        rest = (self.room - first) / len(block.columns)
        widths = [first, *(rest for _ in block.columns)]
        rows = [self._row(("", *block.columns), widths, (False,) * len(widths), header=True)]
        for name, cells in zip(block.rows, block.cells, strict=True):
            head = table_cell(self.paragraph(name, "Audit Cell"), first)
            rows.append(
                element(
                    "w:tr", {}, row_properties(), head, *(_score_cell(self, c, rest) for c in cells)
                )
            )
        together(rows)
        return [
            self._caption(block.title),
            grid(
                rows,
                widths,
                block.title,
                _("Rows are areas, columns touchpoints."),
                style=self._styles[TABLE],
            ),
            self.paragraph(legend(block), "Audit Note"),
        ]

    def _table(self, table: blocks.Table) -> list[Any]:
        numeric = table.numeric or (False,) * len(table.columns)
        rows_printed = [tuple(written(value) for value in row) for row in table.rows[:_ROWS]]
        room = self._across if self.wide(table) else self.room
        parts = [self._caption(table.title)] if table.title else []
        if not rows_printed:
            return [*parts, self.paragraph(_("none"), "Audit Note")]
        facts = is_facts(table)
        if facts:
            widths = [room * _FACTS, room * (1 - _FACTS)]
            rows = []
        else:
            widths = columns([table.columns, *rows_printed], room, _SIZE, _PADDING, numeric)
            rows = [self._row(table.columns, widths, numeric, header=True)]
        anchors = (*table.anchors, *("" for _ in rows_printed))
        about = subject(table)
        for row, anchor in zip(rows_printed, anchors, strict=False):
            rows.append(self._row(row, widths, numeric, link=anchor, about=about))
        together(rows[:-1] if facts else rows[:1])
        parts.append(
            grid(rows, widths, table.title, table.note, names=facts, style=self._styles[TABLE])
        )
        if len(table.rows) > _ROWS:
            printed = ngettext(
                "{kept} of {n} row is printed; the workbook holds all.",
                "{kept} of {n} rows are printed; the workbook holds all.",
                len(table.rows),
                kept=numbers.count(_ROWS),
            )
            parts.append(self.paragraph(printed, "Audit Warning"))
        parts.append(self.paragraph(table.note, "Audit Note"))
        return parts

    def _caption(self, title: str) -> Any:
        """Return a caption whose number Word counts."""
        self._tables += 1
        text = _("Table {number}. {title}", number=_NUMBER, title=title)
        before, _number, behind = text.partition(_NUMBER)
        caption = self.paragraph(before, "Caption")
        caption.extend(field_runs("SEQ Table \\* ARABIC", str(self._tables)))
        caption.append(run(behind))
        return caption

    def _row(
        self,
        texts: Sequence[str],
        widths: Sequence[float],
        numeric: Sequence[bool],
        *,
        header: bool = False,
        link: str = "",
        about: int = 0,
    ) -> Any:
        """Return a row; ``link`` is where its column ``about`` leads."""
        row = element("w:tr", {}, row_properties(header=header))
        for at, (text, width) in enumerate(zip(texts, widths, strict=True)):
            leads = link in self._marks and at == about
            cell = self.paragraph(
                text,
                "Audit Cell",
                link=link if leads else "",
                align="right" if numeric[at] else "",
                look={"color": self.accent[1:]} if leads else None,
            )
            row.append(table_cell(cell, width))
        return row

    def _chart(self, block: blocks.Block) -> list[Any]:
        """Return the chart of a block that has one, where charts can be drawn."""
        svg = charts.chart(block)
        if not svg:
            return []
        import vl_convert

        picture = vl_convert.svg_to_png(svg, scale=2)
        description = charts.describe(block)
        return self.image(blocks.Image(data=picture, media_type="image/png", text=description))

    def image(self, block: blocks.Image, wide: float = 0, high: float = 0) -> list[Any]:
        """Return a picture with its text alternative, or that text where there is no picture.

        It is made to fit on the page, and into so many points where they are given.
        """
        drawing = picture(self._document, block, wide or self.room, high)
        if drawing is None:
            return [self.paragraph(f"[{block.text}]", "Audit Note")]
        paragraph = self.paragraph("")
        paragraph.append(element("w:r", {}, drawing))
        caption = [self.paragraph(block.caption, "Audit Note")] if block.caption else []
        return [paragraph, *caption]


def _bar(writer: Writer, block: blocks.ScoreBlock, facts: str) -> Any:
    """Return the score on a scale from 0 to 100: a line of coloured cells, told in words."""
    assert block.value is not None
    room = writer.room
    thick = 3 / room
    low, high = block.low or block.value, block.high or block.value
    lowest, highest = block.lowest or 0, block.highest or 0
    # A score of 49 (40 to 58; 30 to 70 at the worst and best) is seven cells side by side:
    # 0-30 grey, 30-40 faded, 40-49 accent, the mark at 49, 49-58 accent, 58-70 faded, grey.
    edges = sorted({0.0, 1.0, *(min(max(e, 0), 1) for e in (low, high, lowest, highest))})
    at = min(max(block.value, thick), 1 - thick)
    edges = sorted({*(e for e in edges if abs(e - at) > thick), at - thick / 2, at + thick / 2})
    edges = [0.0, *(e for e in edges if 0 < e < 1), 1.0]
    cells, widths = [], []
    for left, right in itertools.pairwise(edges):
        middle = (left + right) / 2
        colour = LIGHT["none"]
        if block.lowest is not None and lowest <= middle <= highest:
            colour = lighter(writer.accent, 0.65)
        if low <= middle <= high:
            colour = writer.accent
        if abs(middle - at) < thick:
            colour = LIGHT["ink"]
        widths.append((right - left) * room)
        cells.append(
            table_cell(writer.paragraph("", "Audit Bar", keep=True), widths[-1], fill=colour)
        )
    row = element(
        "w:tr",
        {},
        element("w:trPr", {}, element("w:trHeight", {"w:val": "200", "w:hRule": "exact"})),
        *cells,
    )
    score = _("{score} of 100.", score=numbers.score(block.value, 1))
    return grid([row], widths, "", f"{block.title} {score} {facts}")


def _score_cell(writer: Writer, cell: blocks.MatrixCell, width: float) -> Any:
    mark = "✕ " if cell.critical else ""
    if cell.value is None:
        words = writer.paragraph(
            f"{mark}{cell_words(cell)}", "Audit Cell", link=cell.link, align="center"
        )
        return table_cell(words, width, striped=cell.coverage is not None)
    colour = step(cell.value)
    ink = LIGHT[f"s{colour}-ink"][1:]
    score = writer.paragraph(
        f"{mark}{numbers.score(cell.value)}",
        "Audit Cell",
        link=cell.link,
        align="center",
        look={"b": "1", "color": ink, "sz": "24"},
    )
    result = table_cell(score, width, fill=LIGHT[f"s{colour}"])
    if cell.low is not None:
        ends = numbers.interval(cell.low, cell.high)
        look = {"color": ink, "sz": "15"}
        result.append(writer.paragraph(ends, "Audit Cell", align="center", look=look))
    look = {"color": ink, "sz": "15"}
    result.append(writer.paragraph(dots(colour), "Audit Cell", align="center", look=look))
    return result


def _pictures(writer: Writer, pictures: Sequence[Any]) -> list[Any]:
    """Return pictures as a table, three in a row."""
    wide = writer.room / _IN_A_ROW
    rows = []
    for first in range(0, len(pictures), _IN_A_ROW):
        row = element("w:tr", {}, row_properties())
        for number in range(first, first + _IN_A_ROW):
            parts = [writer.paragraph("")]
            if number < len(pictures):
                parts = writer.image(pictures[number], wide - _PADDING, _BESIDE)
            cell = table_cell(parts[0], wide)
            gap = {"w:w": twips(_PADDING), "w:type": "dxa"}
            cell.tcPr.append(element("w:tcMar", {}, element("w:right", gap)))
            cell.extend(parts[1:])
            row.append(cell)
        rows.append(row)
    widths = [wide] * _IN_A_ROW
    return [grid(rows, widths, "", ""), writer.paragraph("", "Audit Bar")]


def _anchors(report: blocks.Report) -> dict[str, str]:
    """Return a bookmark for each anchor: of sections, headings and nothing that clients wrote."""
    anchors = [section.id for section in report.sections]
    for section in report.sections:
        anchors += [b.anchor for b in section.blocks if isinstance(b, blocks.Heading) and b.anchor]
    return {anchor: f"part{number}" for number, anchor in enumerate(dict.fromkeys(anchors), 1)}


def run(text: str, look: Mapping[str, str] | None = None) -> Any:
    """Return a run of text; ``look`` holds properties by element, in the schema's order."""
    text_element = element("w:t", {"xml:space": "preserve"})
    text_element.text = text
    properties = (element(f"w:{name}", {"w:val": value}) for name, value in (look or {}).items())
    return element("w:r", {}, *([element("w:rPr", {}, *properties)] if look else []), text_element)


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
    properties = element("w:trPr", {}, element("w:cantSplit"))
    if header:
        properties.append(element("w:tblHeader"))
    return properties


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
    description: str,
    *,
    names: bool = False,
    style: str = "",
) -> Any:
    """Return a table whose first row, or column, is names; title and description are read aloud."""
    first = _FIRST_COLUMN if names else _FIRST_ROW if style else 0
    look = {
        "w:val": f"{_PLAIN + first:04X}",
        "w:firstRow": str(int(first == _FIRST_ROW)),
        "w:firstColumn": str(int(names)),
        "w:noHBand": "1",
        "w:noVBand": "1",
    }
    properties = element("w:tblPr")
    if style:
        properties.append(element("w:tblStyle", {"w:val": style}))
    properties.append(element("w:tblW", {"w:w": twips(sum(widths)), "w:type": "dxa"}))
    properties.append(element("w:tblLayout", {"w:type": "fixed"}))
    if not style:
        none = {"w:w": "0", "w:type": "dxa"}
        properties.append(
            element("w:tblCellMar", {}, element("w:left", none), element("w:right", none))
        )
    properties.append(element("w:tblLook", look))
    for name, text in (("w:tblCaption", title), ("w:tblDescription", description)):
        if text:
            properties.append(element(name, {"w:val": text}))
    grid = element("w:tblGrid", {}, *(element("w:gridCol", {"w:w": twips(w)}) for w in widths))
    return element("w:tbl", {}, properties, grid, *rows)
