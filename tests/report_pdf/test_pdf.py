"""The PDF: what the report says, where it says it, whatever the texts hold."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import attrs
import pytest

from cxaudit.documents import cleaned, numbers, score_facts, written
from cxaudit.plugin import Report, Section, blocks
from tests.support.audits import APPROVED
from tests.support.pdf import squeezed, texts_of

ROOT = Path(__file__).parents[2]
TYPST = (
    '#panic("x") #sys.inputs #read("report.typ") = Heading\\ *bold* _it_ $x^2$ `raw` <label> @ref '
    '// comment /* open ~ -- --- \'q\' "q" \\u{41} [a](b) #link("http://x")[y] #{ 1 + 1 } ]'
)
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


def printed(pdf):
    return squeezed("\n".join(page.extract_text() for page in pdf.pages))


def nodes(pdf):
    """Yield every element of the structure, by its role."""

    def walk(node):
        node = node.get_object()
        if isinstance(node, list):
            for each in node:
                yield from walk(each)
        elif isinstance(node, dict):
            if "/S" in node:
                yield node
            if "/K" in node:
                yield from walk(node["/K"])

    yield from walk(pdf.trailer["/Root"]["/StructTreeRoot"]["/K"])


def bookmarks(pdf):
    """Return each bookmark: how deep, its title, its page."""

    def walk(entries, depth):
        for each in entries:
            if isinstance(each, list):
                yield from walk(each, depth + 1)
            else:
                yield depth, each.title, pdf.get_destination_page_number(each) + 1

    return list(walk(pdf.outline, 0))


def links(pdf):
    """Yield each link's page and action or target."""
    for number, page in enumerate(pdf.pages, 1):
        for each in page.get("/Annots") or ():
            link = each.get_object()
            assert link["/Subtype"] == "/Link"
            yield number, link


@pytest.mark.parametrize("name", APPROVED)
def test_every_page_is_as_it_was_read_and_approved(name, report, read, approved):
    pages = [page.extract_text().rstrip() for page in read(report(name)).pages]
    # Which way pypdf puts words of scripts from right to left is its own matter.
    pages = [re.sub("[\u0590-\u06ff]+", "", text) for text in pages]
    approved(f"{name}.txt", "\n\f\n".join(pages) + "\n")


def test_every_text_and_figure_of_the_report_is_printed(named_report, read):
    name, report = named_report
    pdf = printed(read(report))
    if name == "hostile":
        return  # its words are turned; test_hostile_texts_stay_texts reads them
    for text in texts_of(report):
        # A list prints its places apart, and a grade begins a line.
        words = re.sub(r"^\d+\. ", "", text)
        assert squeezed(words).casefold() in pdf.casefold(), text


def test_typst_has_nothing_to_warn_of(named_report, needs):
    """Such as pages that do not settle, or words of its language that will change."""
    needs("typst")
    from cxaudit_reports.pdf import document as pdf
    from cxaudit_reports.pdf.tree import tree

    inputs = {"report": json.dumps(tree(cleaned(named_report[1])))}
    _, warned = pdf._compiler().compile_with_warnings(format="pdf", sys_inputs=inputs)
    assert [each.message for each in warned] == []


def test_rows_of_tables_keep_their_order_and_figures_their_row(report, read):
    pdf = printed(read(report("mixed")))
    tables = [
        block
        for section in cleaned(report("mixed")).sections
        for block in section.blocks
        if isinstance(block, blocks.Table)
    ]
    assert len(tables) > 10
    for table in tables:
        for row in table.rows:
            assert squeezed("".join(map(written, row))) in pdf


def test_scores_and_cells_of_the_matrix_are_those_of_the_report(report, read):
    made = report("mixed")
    page = squeezed("".join(page.extract_text() for page in read(made).pages[:2]))
    for section in made.sections:
        for block in section.blocks:
            if isinstance(block, blocks.ScoreBlock):
                assert squeezed(f"{numbers.score(block.value, 1)} of 100") in page
                for fact in score_facts(block):
                    assert squeezed(fact) in page
            if isinstance(block, blocks.Matrix):
                for name, row in zip(block.rows, block.cells, strict=True):
                    cells = [
                        f"{numbers.score(cell.value)}{numbers.interval(cell.low, cell.high)}"
                        if cell.value is not None
                        else cell.note
                        for cell in row
                    ]
                    row_of = "\u00d7?".join(re.escape(squeezed(each)) for each in ("", *cells))
                    assert re.search(squeezed(name) + row_of, page)


@pytest.mark.parametrize("section", ["summary", "decide", "quotes", "matrix", "method"])
def test_any_block_is_printed_in_any_section(sheet, read, section):
    cell = blocks.MatrixCell(value=0.5, low=0.25, high=0.75)
    some = (
        blocks.TextBlock(text="text"),
        blocks.ScoreBlock(title="score", value=0.5),
        blocks.Matrix(title="", rows=("row",), columns=("column",), cells=((cell,),)),
        blocks.Table(title="table", columns=("first", "second"), rows=(("cell", None),)),
        blocks.Quote(text="quote", source="source"),
        blocks.Series(title="series", points=(("May", 1.0), ("June", 2.0))),
        blocks.Distribution(title="distribution", bins=(("few", 1),)),
        blocks.Ranking(title="ranking", rows=(blocks.RankingRow(rank=1, name="one", value=0.5),)),
        blocks.Funnel(
            title="funnel", points=(blocks.FunnelPoint(name="p", n=9, value=0.5),), mean=0.5
        ),
        blocks.Image(data=PNG, media_type="image/png", text="caption", caption="caption"),
        blocks.Action(text="action", owner="owner", due="due", effect="effect"),
    )
    made = sheet(*some, blocks.Heading(text="heading", link="method"), *some, section=section)
    text = printed(read(made)).casefold()
    for each in some:
        for words in texts_of(sheet(each)):
            assert text.count(squeezed(words).casefold()) >= (2 if words != "A part" else 1), words


def test_it_is_tagged_and_says_its_title_and_language(report, read):
    pdf = read(report("mixed"))
    root = pdf.trailer["/Root"]
    assert root["/Lang"] == "en"
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert pdf.metadata.title == "Tide Bakery, spring 2026"
    assert b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_data()
    roles = Counter(str(node["/S"]) for node in nodes(pdf))
    assert roles["/H1"] == len(report("mixed").sections)
    assert roles["/Table"] == roles["/THead"]
    assert roles["/Table"] > 10
    assert roles["/TOC"]
    for node in nodes(pdf):
        if node["/S"] == "/Figure":
            assert node["/Alt"]


def test_bookmarks_are_the_sections_and_what_is_in_them(report, read):
    made = report("mixed")
    found = bookmarks(read(made))
    assert [title for depth, title, _ in found if not depth] == [
        section.title for section in made.sections
    ]
    items = [
        block.text
        for section in made.sections
        for block in section.blocks
        if isinstance(block, blocks.Heading) and block.anchor
    ]
    assert [title for depth, title, _ in found if depth and title in items] == items
    pages = [page for *_, page in found]
    assert pages == sorted(pages)


def test_contents_give_the_page_on_which_a_section_begins(report, read):
    pdf = read(report("mixed"))
    text = re.sub(r"[\s.]+", " ", "".join(page.extract_text() for page in pdf.pages[:2]))
    rest = [each for each in bookmarks(pdf) if not each[0] and each[2] > 2]
    assert len(rest) > 8
    for _, title, page in rest:
        assert f"{title} {page}" in text
        assert title in pdf.pages[page - 1].extract_text()


def test_every_link_leads_to_a_place_in_the_document(named_report, read):
    pdf = read(named_report[1])
    pages = {page.indirect_reference.idnum for page in pdf.pages}
    targets = pdf.named_destinations
    for _, link in links(pdf):
        assert "/A" not in link or link["/A"]["/S"] == "/GoTo"
        to = link.get("/Dest") or link["/A"]["/D"]
        if isinstance(to, str):
            assert str(to) in targets
        else:
            assert to[0].idnum in pages


def test_a_finding_leads_to_what_it_rests_on(report, read):
    pdf = read(report("mixed"))
    head = next(page for depth, title, page in bookmarks(pdf) if title.startswith("P-PH-01"))
    place = pdf.named_destinations["item-phone.answered"]
    assert pdf.get_destination_page_number(place) + 1 == head
    assert any(
        number == 1 and (link.get("/Dest") or link["/A"]["/D"]) == "item-phone.answered"
        for number, link in links(pdf)
    )


def test_nothing_in_it_acts_or_is_attached(named_report, read):
    pdf = read(named_report[1])
    whole = b"".join(
        repr(pdf.get_object(number)).encode() for number in range(1, len(pdf.xref[0]) + 1)
    )
    for word in (b"/JavaScript", b"/JS", b"/Launch", b"/URI", b"/EmbeddedFile", b"/OpenAction"):
        assert word not in whole


def test_only_shipped_fonts_are_used_and_all_are_embedded(named_report, read):
    for page in read(named_report[1]).pages:
        for font in page["/Resources"].get("/Font", {}).values():
            inner = font.get_object()["/DescendantFonts"][0].get_object()
            name = inner["/BaseFont"].partition("+")[2]
            assert name.startswith(("Inter", "Libertinus", "DejaVu", "NewCM"))
            assert {"/FontFile2", "/FontFile3"} & set(inner["/FontDescriptor"])


def test_hostile_texts_stay_texts(sheet, read):
    cells = tuple((TYPST, "1") for _ in range(3))
    made = sheet(
        blocks.Heading(text=TYPST, anchor=TYPST),
        blocks.TextBlock(text=TYPST, tone="lead"),
        blocks.TextBlock(text=TYPST, tone="warning"),
        blocks.Quote(text=TYPST, source=TYPST),
        blocks.Action(text=TYPST, owner=TYPST),
        blocks.Table(title=TYPST, columns=(TYPST, "n"), rows=cells, note=TYPST),
        blocks.Ranking(title=TYPST, rows=(blocks.RankingRow(rank=1, name=TYPST, value=0.5),)),
        title=TYPST,
        subtitle=TYPST,
        footer=TYPST,
        branding={"name": TYPST},
    )
    pdf = read(made)
    assert pdf.metadata.title == TYPST
    assert printed(pdf).count(squeezed(TYPST)) >= 14


def test_formulas_and_markup_of_a_whole_report_are_printed_as_they_are(report, read, hostile_text):
    pdf = printed(read(report("hostile")))
    assert pdf.count(squeezed(hostile_text)) > 50


def test_the_same_report_gives_the_same_bytes_in_another_place_at_another_time(tmp_path, needs):
    needs("typst")
    code = (
        "import hashlib\n"
        "from cxaudit_reports.pdf.document import render_pdf\n"
        "from tests.support.audits import report_of\n"
        "print(hashlib.sha256(render_pdf(report_of('mixed'))).hexdigest())\n"
    )
    found = set()
    for zone, date in (("Asia/Tokyo", "0"), ("America/Lima", "1700000000")):
        run = subprocess.run(
            [sys.executable, "-c", code],
            env={
                **os.environ,
                "TZ": zone,
                "SOURCE_DATE_EPOCH": date,
                "HOME": str(tmp_path),
                "PYTHONPATH": str(ROOT),
            },
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        found.add(run.stdout.strip().splitlines()[-1])
    assert len(found) == 1


def test_long_tables_repeat_their_head_and_say_what_is_left_out(sheet, read):
    rows = tuple((f"row {number}", numbers.count(number)) for number in range(1234))
    table = blocks.Table(title="Long", columns=("Name", "Here"), rows=rows, numeric=(False, True))
    pdf = read(sheet(table))
    pages = [page.extract_text() for page in pdf.pages]
    held = [text for text in pages if "row " in text]
    assert len(held) > 4
    assert all("Name Here" in text for text in held)
    assert "300 of 1,234 rows are printed" in "".join(pages)
    assert "row 299 299" in "".join(pages)
    assert "row 300" not in "".join(pages)


def test_pages_bear_the_title_their_section_and_their_number(report, read):
    pdf = read(report("mixed"))
    last = len(pdf.pages)
    for number, page in enumerate(pdf.pages, 1):
        lines = page.extract_text().splitlines()
        assert f"{number} / {last}" in lines
        if number > 1:
            assert lines[0].startswith("Tide Bakery, spring 2026 ")


def test_figures_stand_at_the_right_edge_of_their_column(sheet, tmp_path, needs):
    needs("typst")
    from cxaudit_reports.pdf.document import render_pdf

    figures = [numbers.count(value) for value in (7, 12, 480, 18203)]
    table = blocks.Table(
        title="T",
        columns=("Name", "Figure", "More"),
        rows=tuple(("x", figure, "y") for figure in figures),
        numeric=(False, True, False),
    )
    path = tmp_path / "t.pdf"
    path.write_bytes(render_pdf(sheet(table)))
    boxes = subprocess.run(
        [needs("poppler"), "-bbox", path, "-"], capture_output=True, text=True, check=True
    ).stdout
    edges = [
        float(re.search(rf'xMax="([\d.]+)"[^>]*>{re.escape(figure)}<', boxes)[1])
        for figure in ("Figure", *figures)
    ]
    assert max(edges) - min(edges) < 0.7


@pytest.mark.parametrize(
    "made",
    [
        lambda text: blocks.Quote(text=text, source="s"),
        lambda text: blocks.TextBlock(text=text),
        lambda text: blocks.Heading(text=text),
        lambda text: blocks.Table(title="T", columns=("A", "B"), rows=((text, "1"),)),
        lambda text: blocks.Action(text=text),
        lambda text: blocks.ScoreBlock(title="S", value=0.5, note=text),
    ],
    ids=["quote", "text", "heading", "table", "action", "score"],
)
def test_what_is_higher_than_a_page_is_printed_whole(sheet, read, made):
    words = [f"word{number}" for number in range(2500)]
    pdf = read(sheet(made(" ".join(words))))
    assert re.findall(r"word\d+", " ".join(page.extract_text() for page in pdf.pages)) == words


def test_words_without_spaces_stay_inside_their_column(sheet, tmp_path, needs):
    needs("typst")
    from cxaudit_reports.pdf.document import render_pdf

    row = (
        "0123456789abcdef" * 8,
        "phone.service-level.of-offered.without-early-abandons",
        "x" * 99,
    )
    table = blocks.Table(title="T", columns=("A", "B", "C"), rows=(row,))
    path = tmp_path / "t.pdf"
    path.write_bytes(render_pdf(sheet(table, blocks.TextBlock(text="y" * 400))))
    boxes = subprocess.run(
        [needs("poppler"), "-bbox", path, "-"], capture_output=True, text=True, check=True
    ).stdout
    edges = [float(each) for each in re.findall(r'<word [^>]*xMax="([\d.]+)"', boxes)]
    assert max(edges) <= 595 - 51 + 1
    assert min(map(float, re.findall(r'<word xMin="([\d.]+)"', boxes))) >= 51 - 1


def test_signs_without_a_font_are_told_and_the_rest_is_printed(sheet, read):
    pdf = read(sheet(blocks.TextBlock(text="客户 said 42")))
    assert "said42" in printed(pdf)
    assert squeezed(
        "Signs that no font of this document has are printed as empty boxes"
    ) in printed(pdf)
    assert b"pdfuaid" not in pdf.trailer["/Root"]["/Metadata"].get_data()


@pytest.mark.parametrize("text", ["Ελληνικά", "Кириллица", "Łódź Ærø", "שלום", "مرحبا", "½ € ≤ →"])
def test_common_scripts_have_a_font(sheet, read, text):
    pdf = read(sheet(blocks.TextBlock(text=text)))
    assert b"<pdfuaid:part>1</pdfuaid:part>" in pdf.trailer["/Root"]["/Metadata"].get_data()


def test_the_report_of_a_unit_is_one_page_without_contents(read, audit):
    from cxaudit._report.sections.units import unit_reports

    reports = {unit.name: each for unit, each in unit_reports(audit("mixed"))}
    assert {"Pier", "Hill"} <= set(reports)
    for name, each in reports.items():
        pdf = read(each)
        assert len(pdf.pages) == 1
        text = pdf.pages[0].extract_text()
        assert pdf.metadata.title == name
        assert "In this report" not in text
        for other in set(reports) - {name}:
            assert other not in text


def test_a_language_that_is_none_is_no_reason_to_fail(sheet, read):
    assert read(sheet(language="= no #language")).trailer["/Root"]["/Lang"] == "en"


def test_charts_have_a_text_that_says_what_they_show(sheet, read):
    pytest.importorskip("vl_convert")
    series = blocks.Series(title="Waits", points=(("May", 60.0), ("June", 90.0)), unit="seconds")
    bins = blocks.Distribution(title="Stars", bins=(("1", 4), ("2", 1200)))
    pdf = read(sheet(series, bins))
    alternatives = [node["/Alt"] for node in nodes(pdf) if node["/S"] == "/Figure"]
    assert len(alternatives) == 2
    assert "June (1:30)" in alternatives[0]
    text = printed(pdf)
    assert "May1:00June1:30" in text
    assert "1,200" in text


@pytest.mark.parametrize(
    "empty",
    [
        blocks.Series(title="Waits", points=()),
        blocks.Distribution(title="Waits", bins=()),
        blocks.Funnel(title="Waits", points=(), mean=0.5),
    ],
)
def test_a_chart_without_points_says_so_under_its_title(sheet, read, empty):
    assert "WaitsMeasuredNovalueisknown." in printed(read(sheet(empty)))


def test_a_broken_logo_is_named(sheet, read):
    with pytest.raises(ValueError, match="the logo cannot be read"):
        read(sheet(branding={"logo": "data:image/png;base64,AAAA"}))


def test_a_picture_is_shown_with_its_text_and_a_broken_one_is_named(sheet, read):
    image = blocks.Image(data=PNG, media_type="image/png", text="A till", caption="The till")
    pdf = read(sheet(image))
    assert [n["/Alt"] for n in nodes(pdf) if n["/S"] == "/Figure"] == ["A till"]
    assert "Thetill" in printed(pdf)
    with pytest.raises(ValueError, match="'A till' cannot be read"):
        read(sheet(attrs.evolve(image, data=b"no picture")))
    with pytest.raises(ValueError, match="image/svg"):
        read(sheet(attrs.evolve(image, media_type="image/svg+xml")))


@pytest.mark.parametrize("href", ["/etc/hostname", "http://localhost/x.png", "report.typ"])
def test_a_picture_reads_no_other_file_and_asks_no_server(sheet, read, href):
    import base64

    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">'
        f'<image width="9" height="9" href="{href}"/></svg>'
    )
    address = "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()
    text = printed(read(sheet(branding={"name": "House", "logo": address})))
    assert "Thelogoisleftout" in text
    assert "page.set" not in text.replace(" ", "")


def test_the_clients_look_is_kept_where_it_can_be_read(sheet, read):
    pdf = read(
        sheet(blocks.Quote(text="q", source="s"), branding={"name": "House", "colour": "#ffee00"})
    )
    assert pdf.metadata.author == "House"
    assert "Thecolour#ffee00isdarkened" in printed(pdf)


def test_a_report_of_nothing_is_a_page(read):
    pdf = read(Report(title=""))
    assert len(pdf.pages) == 1
    assert pdf.metadata.title == numbers.DASH


def test_two_places_with_one_anchor_are_no_error(sheet, read):
    heads = tuple(blocks.Heading(text=f"h{level}", level=level, anchor="same") for level in (3, 1))
    table = blocks.Table(title="T", columns=("A",), rows=(("x",), ("y",)), anchors=("row", "row"))
    other = Section(id="method", title="Again", blocks=(table,))
    made = sheet(*heads, table)
    pdf = read(attrs.evolve(made, sections=(*made.sections, other)))
    assert [title for _, title, _ in bookmarks(pdf)] == ["A part", "h3", "h1", "Again"]


def test_it_may_be_set_in_any_thread(report, read):
    lengths = []
    made = report("empty")
    threads = [
        threading.Thread(target=lambda: lengths.append(len(read(made).pages))) for _ in range(4)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(lengths) == 4


def test_without_typst_the_error_says_what_brings_it(report, monkeypatch):
    monkeypatch.setitem(sys.modules, "typst", None)
    from cxaudit_reports.pdf.document import render_pdf

    with pytest.raises(ImportError, match=r"cxaudit\[reports\]"):
        render_pdf(report("empty"))
