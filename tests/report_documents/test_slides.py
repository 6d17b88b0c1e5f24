"""The slides: at most ten, native, in which nothing runs over its edge."""

from __future__ import annotations

import base64
import io
import itertools
import re
import subprocess
import zipfile
from collections import Counter

import attrs
import pptx
import pytest
from pptx.util import Pt

from cxaudit._formats.markdown import render_markdown
from cxaudit.plugin import blocks
from cxaudit_reports.drawing.text_fit import line_count, shortened, text_width
from cxaudit_reports.slides.document import render_slides
from tests.support.audits import APPROVED

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
WIDE, HIGH = 960, 540


def opened(report):
    return pptx.Presentation(io.BytesIO(render_slides(report)))


def texts_of(slide):
    for shape in slide.shapes:
        if shape.has_text_frame:
            yield shape.text_frame.text
        if shape.has_table:
            for row in shape.table.rows:
                for cell in row.cells:
                    yield cell.text_frame.text


def dump(deck):
    """Return slides as text: each shape with its place, tables by row, then the notes."""
    lines = []
    for number, slide in enumerate(deck.slides, 1):
        title = slide.shapes.title.text_frame.text if slide.shapes.title else ""
        lines += ["", f"=== {number}. {title}"]
        for shape in slide.shapes:
            place = f"{shape.left / 12700:.0f},{shape.top / 12700:.0f}"
            if shape.has_table:
                lines.append(f"[{place}] table")
                for row in shape.table.rows:
                    cells = (cell.text_frame.text.replace("\n", " / ") for cell in row.cells)
                    lines.append("  | " + " | ".join(cells))
            elif shape.has_text_frame and shape.text_frame.text and not shape.is_placeholder:
                lines.append(f"[{place}] {shape.text_frame.text}")
        notes = slide.notes_slide.notes_text_frame.text if slide.has_notes_slide else ""
        lines += [f"  note: {line}" for line in notes.split("\n") if line]
    return "\n".join(lines).strip() + "\n"


def many(report, rows=80):
    """Return a report whose lists are long and whose words are many."""
    words = "Customers wait at the door while everybody looks at somebody else "
    sections = []
    for section in report("mixed").sections:
        made = []
        for block in section.blocks:
            new = block
            if isinstance(block, blocks.Table) and block.rows:
                repeated = itertools.islice(itertools.cycle(block.rows), rows)
                new = attrs.evolve(
                    block,
                    rows=tuple((f"{words * 3}{row[0]}", *row[1:]) for row in repeated),
                    anchors=block.anchors * rows,
                )
            elif isinstance(block, blocks.Ranking):
                new = attrs.evolve(block, rows=tuple(block.rows) * rows)
            elif isinstance(block, blocks.TextBlock | blocks.Heading | blocks.Quote):
                new = attrs.evolve(block, text=words * 12 + block.text)
            elif isinstance(block, blocks.Action):
                new = attrs.evolve(block, text=words * 9, owner=words * 2)
            made.append(new)
        sections.append(attrs.evolve(section, blocks=tuple(made)))
    return attrs.evolve(report("mixed"), title=words * 5, sections=tuple(sections))


@pytest.mark.parametrize("name", APPROVED)
def test_slides_are_as_they_were_read_and_approved(name, report, approved):
    approved(f"{name}.pptx.txt", dump(opened(report(name))))


def test_there_are_at_most_ten_each_with_a_title_and_notes(named_report):
    deck = opened(named_report[1])
    assert 3 <= len(deck.slides) <= 10
    for slide in deck.slides:
        assert slide.shapes.title.text_frame.text
        assert slide.notes_slide.notes_text_frame.text


LEGEND = {"0", "100", "40", "60", "75", "90"}
"""Numbers of scales."""


def test_every_number_is_one_of_the_report(named_report):
    """What differs: which decisions a slide holds, and how many rows of a table it shows."""
    _, report = named_report
    known = {*re.findall(r"\d+", render_markdown(report).replace("\\", "")), *LEGEND}
    for slide in opened(report).slides:
        for text in texts_of(slide):
            if "shown; the other documents" not in text:
                assert {*re.findall(r"\d+", text)} <= known, text


def test_figures_stand_in_cells_as_the_report_writes_them(report):
    made = report("mixed")
    shown = Counter(text for slide in opened(made).slides for text in texts_of(slide))
    for section in made.sections:
        if section.id in {"critical", "certainty"}:
            for block in section.blocks:
                if isinstance(block, blocks.Table):
                    for row in block.rows:
                        assert all(shown[str(value)] for value in row if value is not None)
    matrix = next(b for s in made.sections for b in s.blocks if isinstance(b, blocks.Matrix))
    cells = {text for slide in opened(made).slides for text in texts_of(slide)}
    assert matrix.rows[0] in cells
    assert "✕ 41\n36 to 46\n●●○○○" in cells
    assert "75\n51 to 95\n●●●●○" in cells
    legend = "●○○○○ under 40 · ●●○○○ 40 to 60 · ●●●○○ 60 to 75 · ●●●●○ 75 to 90 · ●●●●● 90 and more"
    assert f"{legend} · ✕ a critical item failed" in cells


def test_the_notes_lead_to_the_items(report):
    notes = "\n".join(
        slide.notes_slide.notes_text_frame.text for slide in opened(report("mixed")).slides
    )
    assert "1. Callers wait longer than promised: item phone.answered" in notes
    assert "The insurance is valid: item organisation.insured" in notes
    assert "In the report: “The answer”" in notes


def test_a_report_on_one_unit_is_whole(on_a_unit):
    deck = opened(on_a_unit)
    titles = [slide.shapes.title.text_frame.text for slide in deck.slides]
    assert titles == ["Pier", *(section.title for section in on_a_unit.sections)]
    said = {text for slide in deck.slides for text in texts_of(slide)}
    assert {"Guests are greeted", "Let a second phone ring. (A. Roe)", "12,345"} <= said
    assert "Scores from 0 to 100." in said


def test_decisions_stand_three_on_a_slide(report):
    made = report("mixed")
    heads = tuple(
        each
        for place in range(1, 6)
        for each in (
            blocks.Heading(text=f"{place}. Decide", level=3, link=f"item-own.{place}"),
            blocks.TextBlock(text="It fell short."),
            blocks.Action(text=f"Do {place}", owner="A. Roe", due="1 May"),
        )
    )
    sections = tuple(
        attrs.evolve(section, blocks=heads) if section.id == "decide" else section
        for section in made.sections
    )
    deck = opened(attrs.evolve(made, sections=sections))
    titles = [slide.shapes.title.text_frame.text for slide in deck.slides]
    assert "What shall we decide? 1 to 3 of 5" in titles
    assert "What shall we decide? 4 to 5 of 5" in titles
    last = list(texts_of(deck.slides[len(titles) - 1]))
    assert {"Do 5", "A. Roe", "1 May"} <= set(last)
    assert len(titles) <= 10


@pytest.mark.parametrize("name", ["mixed", "hostile", "many"])
def test_no_shape_leaves_the_slide_and_no_text_its_shape(report, name):
    made = many(report) if name == "many" else report(name)
    for slide in opened(made).slides:
        for shape in slide.shapes:
            assert shape.left >= 0
            assert shape.top >= 0
            assert shape.left + shape.width <= Pt(WIDE)
            if shape.has_table:
                high = sum(row.height for row in shape.table.rows)
                assert shape.top + high <= Pt(500)
            elif shape.has_text_frame and shape.text_frame.text:
                [run] = shape.text_frame.paragraphs[0].runs
                lines = line_count(run.text, shape.width / 12700, run.font.size.pt)
                assert lines * run.font.size.pt * 1.2 <= shape.height / 12700 + 1, run.text
                assert shape.top + shape.height <= Pt(HIGH)


def test_what_is_cut_stands_whole_in_the_notes(report):
    made = many(report)
    whole = next(b.text for s in made.sections for b in s.blocks if isinstance(b, blocks.TextBlock))
    deck = opened(made)
    slide = deck.slides[1]
    assert not any(whole in text for text in texts_of(slide))
    assert any(text.endswith("…") for text in texts_of(slide))
    assert whole in slide.notes_slide.notes_text_frame.text
    said = [text for slide in deck.slides for text in texts_of(slide) if "rows shown" in text]
    assert said
    assert all(re.match(r"\d+ of \d+ rows shown; the other documents hold all\.", t) for t in said)


def test_hostile_text_stays_text(report, hostile_text):
    content = render_slides(report("hostile"))
    deck = pptx.Presentation(io.BytesIO(content))
    assert deck.slides[0].shapes.title.text_frame.text.startswith(hostile_text)
    package = zipfile.ZipFile(io.BytesIO(content))
    for part in package.namelist():
        assert b'TargetMode="External"' not in package.read(part), part
        assert b"hlinkClick" not in package.read(part), part
    assert not [name for name in package.namelist() if "vba" in name.lower()]


def test_the_branding_gives_logo_colour_and_name(report):
    logo = "data:image/png;base64," + base64.b64encode(PNG).decode()
    branded = attrs.evolve(
        report("mixed"), branding={"logo": logo, "colour": "#336699", "name": "Roe & Co"}
    )
    content = render_slides(branded)
    first = pptx.Presentation(io.BytesIO(content)).slides[0]
    [picture] = [shape for shape in first.shapes if shape.shape_type == 13]
    assert picture._element.nvPicPr.cNvPr.get("descr") == "Roe & Co"
    assert "Roe & Co" in list(texts_of(first))
    theme = zipfile.ZipFile(io.BytesIO(content)).read("ppt/theme/theme1.xml").decode()
    assert '<a:accent1><a:srgbClr val="336699"/>' in theme


def test_a_broken_logo_is_left_out_and_told(report):
    logo = "data:image/png;base64," + base64.b64encode(b"no picture").decode()
    first = opened(attrs.evolve(report("empty"), branding={"logo": logo})).slides[0]
    assert "The logo is left out" in first.notes_slide.notes_text_frame.text


def test_pictures_and_tables_have_text_alternatives(report):
    deck = opened(report("mixed"))
    told = [
        shape._element.xpath(".//p:cNvPr")[0].get("descr")
        for s in deck.slides
        for shape in s.shapes
    ]
    assert "Score by area and touchpoint" in told
    assert any(each and each.startswith("Does it serve as it says? 49.4 of 100.") for each in told)


def test_the_same_report_gives_the_same_bytes(report):
    content = render_slides(report("mixed"))
    assert render_slides(report("mixed")) == content
    dates = {part.date_time for part in zipfile.ZipFile(io.BytesIO(content)).infolist()}
    assert dates == {(1980, 1, 1, 0, 0, 0)}
    assert pptx.Presentation(io.BytesIO(content)).core_properties.modified.year == 2000


@pytest.mark.parametrize(
    ("text", "width"),
    [("", 0), ("iiii", 9.7), ("WWWW", 39.4), ("Hello, world", 56.3), ("1111", 25.84), ("漢字", 20)],
)
def test_widths_are_those_of_the_font(text, width):
    """Expected: the widths in the font's own table (hmtx) added up, at 10 points; "1" is "4"."""
    assert text_width(text, 10) == pytest.approx(width, abs=0.05)


def test_lines_and_cuts():
    assert line_count("one two three", 1000, 10) == 1
    assert line_count("one two three", text_width("one two", 10), 10) == 2
    assert line_count("a" * 100, text_width("a" * 10, 10) + 1, 10) == 10
    assert shortened("one two three", 1000, 10, 1) == "one two three"
    assert shortened("one two three four", text_width("one two three", 10), 10, 1) == "one two …"


@pytest.mark.parametrize("name", ["mixed", "hostile", "many"])
def test_libreoffice_shows_every_word_above_the_foot(report, pictures, needs, name):
    """Heights of rows grow where text does not fit, so the real places of words are looked up."""
    reader = needs("poppler")
    made = many(report) if name == "many" else report(name)
    path = pictures(render_slides(made), "pptx")
    text = subprocess.run([reader, "-bbox", path, "-"], capture_output=True, check=True).stdout
    pages = text.decode().split("<page ")[1:]
    assert len(pages) == len(opened(made).slides)
    for page in pages:
        size = re.match(r'width="([\d.]+)" height="([\d.]+)"', page)
        wide, high = (float(each) for each in size.groups())
        scale = wide / WIDE
        places = re.findall(
            r'xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)" yMax="([-\d.]+)"', page
        )
        assert places
        for left, top, right, bottom in ([float(each) / scale for each in p] for p in places):
            assert left >= 40
            assert right <= WIDE - 36
            assert bottom <= 502 or top >= 500
        assert high / scale == pytest.approx(HIGH, abs=1)
