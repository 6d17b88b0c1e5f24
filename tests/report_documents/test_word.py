"""The Word document: native, navigable, in our template or a client's; nothing runs."""

from __future__ import annotations

import base64
import io
import re
import subprocess
import zipfile
from collections import Counter

import docx
import pytest
from docx.oxml.ns import qn
from PIL import Image

from cxaudit._formats.markdown import render_markdown
from cxaudit.plugin import blocks
from cxaudit_reports.word.document import render_word
from tests.support.audits import APPROVED

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
ORDER = {
    "pPr": (
        *("pStyle", "keepNext", "keepLines", "pageBreakBefore", "widowControl", "numPr", "pBdr"),
        *("shd", "tabs", "spacing", "ind", "contextualSpacing", "jc", "outlineLvl", "rPr"),
        "sectPr",
    ),
    "rPr": (*("rStyle", "rFonts", "b", "bCs", "i", "iCs", "color", "sz", "szCs", "lang"),),
    "tcPr": ("tcW", "gridSpan", "vMerge", "tcBorders", "shd", "vAlign"),
    "tblPr": (
        *("tblStyle", "tblW", "jc", "tblInd", "tblBorders", "tblLayout", "tblCellMar", "tblLook"),
        *("tblCaption", "tblDescription"),
    ),
}
"""Order of elements in the schema of WordprocessingML (ECMA-376); Word refuses others."""


def opened(report):
    return docx.Document(io.BytesIO(render_word(report)))


def words(element):
    return "".join(each.text or "" for each in element.iter(qn("w:t")))


def style_of(document, paragraph):
    found = paragraph.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
    ids = {style.style_id: style.name for style in document.styles}
    return ids[found.get(qn("w:val"))] if found is not None else "Normal"


def table_rows(table):
    return [
        [" / ".join(words(p) for p in cell.iter(qn("w:p"))) for cell in row.findall(qn("w:tc"))]
        for row in table.findall(qn("w:tr"))
    ]


def dump(document):
    """Return a document as text: a line per paragraph with its style, and per row of a table."""
    lines = []
    for section in document.sections:
        page = f"{section.orientation.name.lower()}, {section.page_width.mm:.0f} mm"
        lines.append(f"[page {page}] {section.header.paragraphs[0].text!r}")
    for child in document.element.body:
        if child.tag == qn("w:p"):
            lines.append(f"{style_of(document, child)}: {words(child)}")
        elif child.tag == qn("w:tbl"):
            lines += ["  | " + " | ".join(row) for row in table_rows(child)]
    return "\n".join(lines) + "\n"


def one(*found, **given):
    section = blocks.Section(id="own", title="Own", blocks=found)
    return blocks.Report(title="By hand", sections=(section,), **given)


@pytest.mark.parametrize("name", APPROVED)
def test_the_document_is_as_it_was_read_and_approved(name, report, approved):
    approved(f"{name}.docx.txt", dump(opened(report(name))))


def test_every_figure_stands_in_a_table_as_the_report_writes_it(named_report):
    _, report = named_report
    shown = Counter(
        cell
        for table in opened(report).element.body.iter(qn("w:tbl"))
        for row in table_rows(table)
        for cell in row
    )
    wanted = Counter(
        str(value)
        for section in report.sections
        for block in section.blocks
        if isinstance(block, blocks.Table)
        for row in block.rows
        for value in row
        if isinstance(value, blocks.Figure)
    )
    assert not wanted - shown


@pytest.mark.parametrize("name", ["all-good", "mixed", "mostly-not-assessed", "empty"])
def test_it_says_the_same_numbers_as_the_other_documents(report, name):
    made = report(name)
    lines = [words(each) for each in opened(made).element.body.iter(qn("w:p"))]
    text = "\n".join(re.sub(r"^Table \d+\. ", "", line) for line in lines)
    ours = {*re.findall(r"\d+", text)}
    theirs = {*re.findall(r"\d+", render_markdown(made).replace("\\", ""))}
    legend = {"40", "60", "75", "90"}  # of the matrix
    assert ours - legend == theirs - legend


def test_nothing_that_the_report_says_is_left_out(named_report, texts):
    _, report = named_report
    whole = "\n".join(words(p) for p in opened(report).element.body.iter(qn("w:p")))
    grades = {
        cell.note
        for section in report.sections
        for block in section.blocks
        if isinstance(block, blocks.Matrix)
        for row in block.cells
        for cell in row
        if cell.value is not None
    }
    missing = {text for text in texts(report) if text not in whole}
    assert missing <= {"About it"} | grades


def test_a_report_on_one_unit_is_whole(on_a_unit, texts):
    whole = "\n".join(words(p) for p in opened(on_a_unit).element.body.iter(qn("w:p")))
    assert {text for text in texts(on_a_unit) if text not in whole} == set()


def test_hostile_text_stays_text(report, hostile_text):
    content = render_word(report("hostile"))
    document = docx.Document(io.BytesIO(content))
    assert hostile_text in words(document.element.body)
    codes = {each.text.split()[0] for each in document.element.body.iter(qn("w:instrText"))}
    assert codes <= {"TOC", "SEQ"}
    package = zipfile.ZipFile(io.BytesIO(content))
    for name in package.namelist():
        if name.endswith(".rels"):
            assert b'TargetMode="External"' not in package.read(name), name
    assert not [name for name in package.namelist() if "vba" in name.lower()]
    for link in document.element.body.iter(qn("w:hyperlink")):
        assert link.get(qn("r:id")) is None


def test_elements_stand_in_the_order_that_word_demands(named_report):
    package = zipfile.ZipFile(io.BytesIO(render_word(named_report[1])))
    for part in ("word/document.xml", "word/styles.xml", "word/header1.xml"):
        root = docx.oxml.parse_xml(package.read(part))
        for name, order in ORDER.items():
            for found in root.iter(qn(f"w:{name}")):
                tags = [child.tag.partition("}")[2] for child in found]
                places = [order.index(tag) for tag in tags if tag in order]
                assert places == sorted(places), (part, name, tags)


def test_headers_of_tables_are_repeated_and_rows_not_cut(report):
    tables = list(opened(report("mixed")).element.body.iter(qn("w:tbl")))
    captioned = [table for table in tables if table.find(f".//{qn('w:tblHeader')}") is not None]
    assert len(captioned) >= 15
    for table in captioned:
        rows = table.findall(qn("w:tr"))
        assert rows[0].find(f"{qn('w:trPr')}/{qn('w:tblHeader')}") is not None
        assert all(row.find(f"{qn('w:trPr')}/{qn('w:cantSplit')}") is not None for row in rows)
        assert table.find(f"{qn('w:tblPr')}/{qn('w:tblCaption')}") is not None


def test_captions_are_numbered_by_fields_that_are_already_right(report):
    document = opened(report("mixed"))
    numbers = []
    for paragraph in document.element.body.findall(qn("w:p")):
        if style_of(document, paragraph) == "Caption":
            code = next(paragraph.iter(qn("w:instrText"))).text
            assert code.split()[:2] == ["SEQ", "Table"]
            numbers.append(int(re.match(r"Table (\d+)\. .", words(paragraph))[1]))
    assert numbers == list(range(1, len(numbers) + 1))


def test_the_contents_name_every_section_and_lead_to_it(named_report):
    document = opened(named_report[1])
    body = document.element.body
    listed, headings = [], []
    marks = {mark.get(qn("w:name")): mark.getparent() for mark in body.iter(qn("w:bookmarkStart"))}
    for paragraph in body.findall(qn("w:p")):
        style = style_of(document, paragraph)
        if style.startswith("toc "):
            link = paragraph.find(qn("w:hyperlink"))
            listed.append(words(paragraph))
            assert words(marks[link.get(qn("w:anchor"))]) == words(paragraph)
        elif style in {"Heading 1", "Heading 2"}:
            headings.append(words(paragraph))
    assert listed == headings
    assert [section.title for section in named_report[1].sections if section.title in listed]
    assert document.settings.element.find(qn("w:updateFields")) is not None
    fields = Counter(each.get(qn("w:fldCharType")) for each in body.iter(qn("w:fldChar")))
    assert fields["begin"] == fields["separate"] == fields["end"]


def test_every_link_leads_to_one_place(named_report):
    body = opened(named_report[1]).element.body
    names = [mark.get(qn("w:name")) for mark in body.iter(qn("w:bookmarkStart"))]
    ids = [mark.get(qn("w:id")) for mark in body.iter(qn("w:bookmarkStart"))]
    assert len(names) == len(set(names)) == len(set(ids))
    assert all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,39}", name) for name in names)
    links = {link.get(qn("w:anchor")) for link in body.iter(qn("w:hyperlink"))}
    assert links <= set(names)


def test_a_finding_leads_to_its_item(report):
    """From any number to what it rests on."""
    body = opened(report("mixed")).element.body
    link = next(
        link
        for link in body.iter(qn("w:hyperlink"))
        if words(link) == "P-PH-01 Callers wait longer than promised"
    )
    mark = next(
        mark
        for mark in body.iter(qn("w:bookmarkStart"))
        if mark.get(qn("w:name")) == link.get(qn("w:anchor"))
    )
    assert words(mark.getparent()) == "P-PH-01 Calls are answered in time"


def test_the_matrix_has_colour_number_and_pattern(report):
    document = opened(report("mixed"))
    table = next(
        t for t in document.element.body.iter(qn("w:tbl")) if table_rows(t)[0][1] == "Phone"
    )
    shades = {
        words(cell.find(qn("w:p"))): cell.find(f"{qn('w:tcPr')}/{qn('w:shd')}")
        for cell in table.iter(qn("w:tc"))
    }
    assert shades["✕ 41"].get(qn("w:fill")) == "d98c5f"
    assert shades["75"].get(qn("w:fill")) == "a9cdc4"
    assert shades["not assessed"].get(qn("w:val")) == "thinDiagStripe"
    assert shades["no item"] is None
    cells = ["\n".join(map(words, each.iter(qn("w:p")))) for each in table.iter(qn("w:tc"))]
    assert "✕ 41\n36 to 46\n●●○○○" in cells
    assert "75\n51 to 95\n●●●●○" in cells
    # It stays on one page, with what its dots stand for under it.
    assert all(each.pPr.find(qn("w:keepNext")) is not None for each in table.iter(qn("w:p")))
    legend = words(table.getnext())
    assert legend.startswith("●○○○○ under 40 · ●●○○○ 40 to 60 · ")
    assert legend.endswith("●●●●● 90 and more · ✕ a critical item failed")


def test_only_a_table_that_needs_it_stands_across(report):
    document = opened(report("mixed"))
    kinds = [section.orientation.name for section in document.sections]
    assert kinds == ["PORTRAIT", "LANDSCAPE", "PORTRAIT"]
    body = list(document.element.body)
    ends = [
        place
        for place, child in enumerate(body)
        if child.find(f"{qn('w:pPr')}/{qn('w:sectPr')}") is not None
    ]
    across = "\n".join(words(child) for child in body[ends[0] + 1 : ends[1]])
    assert across.startswith("Do raters agree?")
    assert "Accepted exceptions" not in across
    for section in document.sections:
        assert section.header.paragraphs[0].text.startswith("Tide Bakery")
        assert "PAGE" in section.footer._element.xml
        assert section.left_margin + section.right_margin < section.page_width / 3


def test_a_long_table_is_cut_and_it_is_said():
    rows = tuple((f"row {place}", place) for place in range(500))
    document = opened(one(blocks.Table(title="Long", columns=("A", "n"), rows=rows)))
    [table] = document.tables
    assert len(table.rows) == 201
    said = "200 of 500 rows are printed; the workbook holds all."
    assert said in [each.text for each in document.paragraphs]


def webp():
    out = io.BytesIO()
    Image.new("RGB", (4, 4)).save(out, "WEBP")
    return out.getvalue()


def large():
    out = io.BytesIO()
    Image.new("RGB", (480, 360)).save(out, "PNG")
    return out.getvalue()


def test_pictures_have_a_text_alternative_and_broken_ones_are_told():
    document = opened(
        one(
            blocks.Image(data=PNG, media_type="image/png", text="A <door>", caption="Closed"),
            blocks.Image(data=webp(), media_type="image/webp", text="Drawn anew"),
            blocks.Image(data=b"GIF89a", media_type="image/gif", text="A broken one"),
            blocks.Image(data=b"no picture", media_type="image/png", text="Nothing"),
        )
    )
    alternatives = [each.get("descr") for each in document.element.body.iter(qn("wp:docPr"))]
    assert alternatives == ["A <door>", "Drawn anew"]
    said = [cell.text.strip() for row in document.tables[0].rows for cell in row.cells]
    assert "Closed" in said
    assert "[A broken one]" in said
    assert "[Nothing]" in said


def test_pictures_stand_in_rows_of_three_and_are_small():
    image = blocks.Image(data=large(), media_type="image/png", text="A door", caption="Closed")
    text = blocks.TextBlock(text="and")
    document = opened(one(*[image] * 4, text, image))
    [table] = document.tables
    assert [len(row.cells) for row in table.rows] == [3, 3]
    sizes = [
        (int(each.get("cx")) / 12700, int(each.get("cy")) / 12700)
        for each in document.element.body.iter(qn("wp:extent"))
    ]
    assert len(sizes) == 5
    assert all(wide / high == pytest.approx(4 / 3, rel=0.01) for wide, high in sizes)
    assert max(high for _wide, high in sizes[:4]) <= 105
    assert sizes[4][1] <= 200


def test_a_ranking_has_its_chart_and_its_table():
    pytest.importorskip("vl_convert")
    rows = tuple(
        blocks.RankingRow(rank=1, name=name, value=value, low=value - 0.1, high=value + 0.1)
        for name, value in (("Pier", 0.4), ("Hill", 0.6), ("Mill", 0.8))
    )
    document = opened(one(blocks.Ranking(title="Units", rows=rows)))
    [told] = [each.get("descr") for each in document.element.body.iter(qn("wp:docPr"))]
    assert told
    assert [row.cells[1].text for row in document.tables[0].rows] == [
        "Name",
        "Pier",
        "Hill",
        "Mill",
    ]


def test_the_same_report_gives_the_same_bytes(report):
    content = render_word(report("mixed"))
    assert render_word(report("mixed")) == content
    dates = {part.date_time for part in zipfile.ZipFile(io.BytesIO(content)).infolist()}
    assert dates == {(1980, 1, 1, 0, 0, 0)}
    assert docx.Document(io.BytesIO(content)).core_properties.modified.year == 2000


def test_libreoffice_makes_pages_of_it(report, pictures, needs):
    reader = needs("poppler")
    made = pictures(render_word(report("mixed")), "docx")
    text = subprocess.run([reader, "-layout", made, "-"], capture_output=True, check=True).stdout
    pages = text.decode().split("\f")[:-1]
    assert 6 <= len(pages) <= 40
    assert "Contents" in pages[1]
    assert "The answer" in pages[2]
    assert re.search(rf"\b3 / {len(pages)}\b", pages[2])


def test_libreoffice_opens_hostile_text(report, pictures):
    assert pictures(render_word(report("hostile")), "docx").stat().st_size > 10_000
