"""The documents in other languages than English: no word of ours stays behind, numbers are theirs.

In the invented catalogue all words are in capitals, as are here those of the client: a small
letter is a word of ours that no translator can reach.
"""

from __future__ import annotations

import io
import re
import subprocess
import zipfile

import attrs
import docx
import openpyxl
import pptx
import pytest
from docx.oxml.ns import qn

from cxaudit.documents import speaking
from cxaudit.plugin import blocks
from cxaudit_reports.slides.document import render_slides
from cxaudit_reports.word.document import render_word
from cxaudit_reports.workbook.document import render_workbook

LOGO = {"logo": "data:image/png;base64,AAAA", "colour": "#EEEEEE"}
EVERY_BLOCK = (
    blocks.Heading(text="HEAD", level=2, link="item-own.one"),
    blocks.Table(title="LONG", columns=("A", "N"), rows=(("ROW", 1234.0),) * 500),
    blocks.Table(title="NOTHING", columns=("A", "N"), rows=()),
    blocks.Quote(text="QUOTE", source="SOURCE"),
    blocks.Series(title="WAITS", points=(("MAY", 61.5), ("JUNE", None)), unit="cases"),
    blocks.Distribution(title="STARS", bins=(("1", 1204), ("5", 3))),
    blocks.Ranking(
        title="RANKS",
        rows=tuple(blocks.RankingRow(rank=at, name=f"U{at}", value=at / 9) for at in range(1, 5)),
    ),
    blocks.Funnel(
        title="FUNNEL",
        points=tuple(blocks.FunnelPoint(name=f"P{at}", n=9 + at, value=0.5) for at in range(4)),
        mean=0.6,
    ),
    blocks.Image(data=b"", media_type="image/png", text="A DOOR", caption="THE DOOR"),
    blocks.Action(text="MEND IT", owner="A. ROE", due="1.5."),
)
NO_WORDS = re.compile(r"\b[a-z-]+(\.[a-z-]+)+\b|\bloyalty\b|#[0-9a-f]{6}|\(cannot identify .*\)")
"""Ids of items, a colour, and what a library says of a broken picture."""
VERSIONS = {"1.2", "2.0", "2026.1", "312.0"}
"""Versions in the named audit, and a record as its source wrote it."""


@pytest.fixture
def abroad(report, invented, reworded):
    """Give the report of a named audit in a language of which there is an invented catalogue."""

    def made(language, word=str.upper):
        invented(language.partition("-")[0], word)
        own = blocks.Section(id="own", title="ALL", blocks=EVERY_BLOCK)
        found = report("mixed", language=language)
        return reworded(attrs.evolve(found, sections=(*found.sections, own)), word)

    return made


def rendered(render, report):
    with speaking(report.language):
        return render(report)


def told_by_word(content):
    """Return every text of a Word document, what is read aloud of pictures and tables included."""
    document = docx.Document(io.BytesIO(content))
    roots = [document.element.body]
    roots += [part._element for page in document.sections for part in (page.header, page.footer)]
    for root in roots:
        for name in ("w:p", "w:tblCaption", "w:tblDescription", "wp:docPr"):
            for found in root.iter(qn(name)):
                yield "".join(each.text or "" for each in found.iter(qn("w:t")))
                yield found.get(qn("w:val")) or found.get("descr") or ""


def told_by_slides(content):
    deck = pptx.Presentation(io.BytesIO(content))
    for slide in deck.slides:
        for shape in slide.shapes:
            yield shape._element.xpath(".//p:cNvPr")[0].get("descr") or ""
            yield shape.text_frame.text if shape.has_text_frame else ""
            for row in shape.table.rows if shape.has_table else ():
                yield from (cell.text_frame.text for cell in row.cells)
        yield slide.notes_slide.notes_text_frame.text


def told_by_workbook(content):
    for sheet in openpyxl.load_workbook(io.BytesIO(content)):
        yield sheet.title
        for row in sheet:
            for each in row:
                yield each.value if isinstance(each.value, str) else ""
                yield from re.findall(r'"([^"]*)"', each.number_format)


@pytest.mark.parametrize(
    ("render", "told"),
    [
        (render_word, told_by_word),
        (render_slides, told_by_slides),
        (render_workbook, told_by_workbook),
    ],
    ids=["word", "slides", "workbook"],
)
@pytest.mark.parametrize("part", ["whole", "unit", "blocks"])
def test_no_word_of_ours_stays_english(abroad, on_a_unit, reworded, render, told, part):
    made = abroad("de")
    if part == "unit":
        made = attrs.evolve(reworded(on_a_unit, str.upper), language="de")
    elif part == "blocks":  # as in slides, where sections of unknown ids have a place
        sections = [each for each in made.sections if each.id not in {"matrix", "units"}]
        sections[0] = attrs.evolve(sections[0], blocks=(*sections[0].blocks, *EVERY_BLOCK))
        made = attrs.evolve(made, sections=tuple(sections), branding=LOGO)
    texts = {NO_WORDS.sub("", text) for text in told(rendered(render, made))}
    assert {text for text in texts if re.search("[a-z]", text)} == set()
    assert len(texts) > 20


def test_numbers_are_written_as_in_the_language(abroad):
    made = abroad("de")
    for render, told in ((render_word, told_by_word), (render_slides, told_by_slides)):
        text = "\n".join(told(rendered(render, made)))
        assert "49,4 OF 100" in text
        assert "1.234" in text or render is render_slides
        assert set(re.findall(r"(?<![\w.])\d+\.\d{1,2}(?![\w.])", text)) <= VERSIONS


def test_numbers_of_a_workbook_keep_their_places_and_formats(abroad, report, reworded):
    """A spreadsheet writes a number as its reader does: values and formats are those of English."""

    def found(made):
        book = openpyxl.load_workbook(io.BytesIO(rendered(render_workbook, made)))
        return [
            (each.coordinate, each.value, each.number_format.upper())
            for sheet in book
            for row in sheet
            for each in row
            if each.data_type == "n" and each.value is not None
        ]

    own = blocks.Section(id="own", title="ALL", blocks=EVERY_BLOCK)
    english = report("mixed")
    english = attrs.evolve(english, sections=(*english.sections, own))
    there = found(reworded(english, str.upper))
    assert found(abroad("de")) == there
    assert len(there) > 200


def test_sheets_have_names_that_are_allowed_in_any_language(abroad):
    """Whatever the words: ever the same, long ones, and such as end where none may."""
    for word in (lambda _text: "l'" * 20, lambda text: text.upper() * 9 + "\U0001f600" * 20):
        book = openpyxl.load_workbook(io.BytesIO(rendered(render_workbook, abroad("de", word))))
        names = book.sheetnames
        assert len({name.casefold() for name in names}) == len(names) > 12
        for name in names:
            assert len(name.encode("utf-16-le")) // 2 <= 31
            assert not re.search(r"[\[\]:*?/\\]|^'|'$", name)


def test_documents_say_their_language(abroad):
    made = abroad("de")
    document = docx.Document(io.BytesIO(rendered(render_word, made)))
    langs = [each.get(qn("w:val")) for each in document.styles.element.iter(qn("w:lang"))]
    assert set(langs) == {"de"}
    assert document.core_properties.language == "de"
    content = rendered(render_slides, made)
    assert pptx.Presentation(io.BytesIO(content)).core_properties.language == "de"
    package = zipfile.ZipFile(io.BytesIO(content))
    slides = [name for name in package.namelist() if re.search(r"(slide|Slide)\d+\.xml$", name)]
    for name in slides:
        runs = re.findall(r"<a:r>.*?</a:r>", package.read(name).decode())
        assert all('lang="de"' in run for run in runs), name
    assert len(slides) > 12


def test_without_a_catalogue_documents_say_that_they_are_english(report):
    """The words are English, so whoever reads them aloud, or from right to left, is misled."""
    made = report("mixed", language="ar")
    document = docx.Document(io.BytesIO(rendered(render_word, made)))
    assert document.core_properties.language == "en"
    assert not list(document.element.body.iter(qn("w:bidi"), qn("w:bidiVisual")))
    content = rendered(render_slides, made)
    assert pptx.Presentation(io.BytesIO(content)).core_properties.language == "en"
    package = zipfile.ZipFile(io.BytesIO(content))
    slide = package.read("ppt/slides/slide2.xml").decode()
    assert 'lang="en"' in slide
    assert 'rtl="1"' not in slide
    book = openpyxl.load_workbook(io.BytesIO(rendered(render_workbook, made)))
    assert not any(sheet.sheet_view.rightToLeft for sheet in book)


def test_a_client_keeps_the_country_of_its_language(report):
    """A template in the report's language says more of it than the report does."""
    import base64

    from cxaudit_reports.word.template import default_template

    given = "data:x;base64," + base64.b64encode(default_template()).decode()
    for language, expected in (("en", "en-US"), ("de", "de")):
        made = attrs.evolve(report("empty"), language=language, branding={"template": given})
        document = docx.Document(io.BytesIO(rendered(render_word, made)))
        [lang] = document.styles.element.iter(qn("w:lang"))
        assert lang.get(qn("w:val")) == expected


def sides(path, reader):
    """Return, for each page, its width and how far from its left and right the words stand."""
    text = subprocess.run([reader, "-bbox", path, "-"], capture_output=True, check=True).stdout
    for page in text.decode().split("<page ")[1:]:
        wide = float(re.match(r'width="([\d.]+)"', page)[1])
        left = [float(each) for each in re.findall(r'xMin="([\d.]+)"', page)]
        right = [float(each) for each in re.findall(r'xMax="([\d.]+)"', page)]
        yield wide, min(left), wide - max(right)


def test_a_document_from_right_to_left_is_turned(abroad, arabic, pictures, needs):
    content = rendered(render_word, abroad("ar", arabic))
    document = docx.Document(io.BytesIO(content))
    normal = document.styles["Normal"]
    assert normal.element.pPr.find(qn("w:bidi")) is not None
    assert normal.font.rtl
    for table in document.element.body.iter(qn("w:tblPr")):
        styled = table.find(qn("w:tblStyle")) is not None
        assert (table.find(qn("w:bidiVisual")) is not None) == styled
    for page in document.element.body.iter(qn("w:sectPr")):
        assert page.find(qn("w:bidi")) is not None
    path = pictures(content, "docx")
    pages = list(sides(path, needs("poppler")))
    assert 6 <= len(pages) <= 40
    for wide, _left, right in pages[2:]:
        assert right < 0.12 * wide


def test_slides_from_right_to_left_are_turned(abroad, arabic, pictures, needs):
    content = rendered(render_slides, abroad("ar", arabic))
    deck = pptx.Presentation(io.BytesIO(content))
    for slide in deck.slides:
        for shape in slide.shapes:
            assert shape.left >= 0
            if shape.has_table:
                assert shape._element.xpath(".//a:tblPr")[0].get("rtl") == "1"
            for found in shape._element.xpath(".//a:p[a:r]"):
                if re.match("[\u0600-\u06ff]", "".join(found.xpath(".//a:t/text()"))):
                    assert found.pPr.get("rtl") == "1"
    for wide, left, right in sides(pictures(content, "pptx"), needs("poppler")):
        assert right <= 0.051 * wide
        assert left >= 0.04 * wide


def test_what_a_client_says_in_other_letters_keeps_its_order(abroad, arabic):
    """Else the point behind an English sentence would stand before it, and a sign behind -5."""
    made = abroad("ar", arabic)
    quotes = blocks.Section(
        id="quotes",
        title="",
        blocks=(blocks.Quote(text="Nobody came.", source="-5"),),
    )
    made = attrs.evolve(made, sections=(*made.sections[:1], quotes))
    document = docx.Document(io.BytesIO(rendered(render_word, made)))
    runs = {run.text: run.font.rtl for part in document.paragraphs for run in part.runs}
    assert runs["-5"] is runs["“Nobody came.”"] is False
    deck = pptx.Presentation(io.BytesIO(rendered(render_slides, made)))
    found = [part for slide in deck.slides for part in slide._element.iter(qn("a:p"))]
    ways = {"".join(part.xpath(".//a:t/text()")): part.pPr.get("rtl") for part in found}
    assert ways["-5"] == ways["“Nobody came.”"] == "0"
    book = openpyxl.load_workbook(io.BytesIO(rendered(render_workbook, made)))
    orders = {each.value: each.alignment.readingOrder for row in book.worksheets[0] for each in row}
    assert orders["“Nobody came.” (-5)"] == 1
    assert 2 in orders.values()


def test_sheets_from_right_to_left_are_turned(abroad, arabic, pictures):
    content = rendered(render_workbook, abroad("ar", arabic))
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert all(sheet.sheet_view.rightToLeft for sheet in book)
    assert pictures(content, "xlsx").stat().st_size > 10_000
