"""Workbooks are read row by row: what stands far off costs nothing, what swells is refused."""

from __future__ import annotations

import datetime as dt
import io
import tracemalloc
import zipfile

import openpyxl
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

from cxaudit._sources.sheets import read_sheet
from cxaudit._sources.spreadsheets import Spreadsheet
from cxaudit._sources.workbooks import read_xlsx
from cxaudit.errors import SourceError
from cxaudit.plugin import ReadRequest, SourceUse

VALUES = (
    *(1, 1.5, True, False, "text", " sp ", "a\nb", "_x000D_x", 1e15, -0.25, 1e300, "=1+1"),
    *(dt.datetime(2026, 3, 4, 5, 6, 7), dt.datetime(2026, 3, 4), dt.date(2026, 3, 5)),  # noqa: DTZ001
    *(dt.time(7, 8, 9), dt.timedelta(hours=30, minutes=2)),
    dt.datetime(2026, 3, 4, 5, 6, 7, 123000),  # noqa: DTZ001
    CellRichText("x", TextBlock(InlineFont(b=True), "bold"), " y"),
)
FORMATS = (
    *(("0%", 0.5), ('yyyy"x"', 45000.25), ("[$-409]d\\ mmm;@", 45000.25), ("[h]:mm", 1.25)),
    *(("h:mm AM/PM", 0.25), ("[Red]General", 45000), ("[mm]:ss", 1.25), ('General "d"', 45000)),
    *(("0.00E+00", 45000), ("yyyy-mm-dd", 3e9), ("yyyy-mm-dd", 60), ("yyyy-mm-dd", 1)),
    *(("yyyy-mm-dd", 0), ("mm/dd/yyyy", 0.5), ("#,##0.00_);[Red](#,##0.00)", 12), ("@", 5)),
    *(('_-* #,##0.00\\ "Std"_-', 12), ("yyyy-mm-dd hh:mm", 45000.5)),
)


def workbook(path, rows, *, epoch=None, name="data"):
    book = openpyxl.Workbook()
    if epoch:
        book.epoch = epoch
    sheet = book.active
    sheet.title = name
    for row in rows:
        sheet.append(row)
    book.save(path)
    return book


def asked(path, **options):
    use = SourceUse(name="s", reader="r", table="calls", paths=(path.name,), options=options)
    return ReadRequest(use=use, files=(path,), scratch=path.parent / "scratch")


def changed(path, part, was, now):
    out = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = old.read(name)
            if name == part:
                assert was in data
                data = data.replace(was, now, 1)
            new.writestr(name, data)
    path.write_bytes(out.getvalue())


def with_cell(path, place):
    """Put a text at a place of a sheet, without all the empty cells before it."""
    row = "".join(filter(str.isdigit, place))
    cell = f'<row r="{row}"><c r="{place}" t="inlineStr"><is><t>stray</t></is></c></row>'
    part = "xl/worksheets/sheet1.xml"
    changed(path, part, b"</sheetData>", cell.encode() + b"</sheetData>")


@pytest.mark.parametrize("epoch", [None, dt.datetime(1904, 1, 1)])  # noqa: DTZ001
def test_every_value_is_what_calamine_reads(tmp_path, needs, epoch):
    needs("calamine")
    import python_calamine

    path = tmp_path / "a.xlsx"
    book = workbook(path, [[None], [None], *([None, value] for value in VALUES)], epoch=epoch)
    for row, (form, value) in enumerate(FORMATS, 1):
        cell = book.active.cell(row, 5, value)
        cell.number_format = form
    book.save(path)
    with python_calamine.CalamineWorkbook.from_path(str(path)) as theirs:
        rows = theirs.get_sheet_by_index(0).to_python(skip_empty_area=False)
    wanted = {
        number: filled
        for number, cells in enumerate(rows, 1)
        if (filled := {column: cell for column, cell in enumerate(cells) if cell != ""})
    }
    ours = dict(Spreadsheet.of(path).rows("data"))
    assert ours == wanted
    assert {k: {c: type(v) for c, v in r.items()} for k, r in ours.items()} == {
        k: {c: type(v) for c, v in r.items()} for k, r in wanted.items()
    }


@pytest.mark.parametrize("place", ["XFD1048576", "C1048576", "XFD3"])
def test_a_cell_far_off_costs_nothing_and_is_told(tmp_path, place):
    path = tmp_path / "a.xlsx"
    workbook(path, [["id", "n"], ["x", 1], ["y", 2]])
    with_cell(path, place)
    tracemalloc.start()
    read = read_xlsx(asked(path))
    rows = list(read.rows)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20_000_000
    assert rows[:1] == [("a.xlsx", 2, {"id": "x", "n": 1})]
    source, number, error = rows[-1]
    assert (source, number) == ("a.xlsx", int(place.lstrip("XFDC")))
    assert error.args[0] == "more cells than the header has"
    assert "stray" in error.args[1]


@pytest.mark.parametrize("place", ["B1048576", "XFD2", "XFD1048576"])
def test_a_cell_of_spaces_is_no_cell(tmp_path, place):
    path = tmp_path / "a.xlsx"
    workbook(path, [["id", "n"], ["x", 1]])
    blank = f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve"> \u00a0</t></is></c></row>'
    if place != "XFD2":
        blank = f'</row><row r="1048576">{blank}'
    last = b"</row></sheetData>"
    changed(path, "xl/worksheets/sheet1.xml", last, blank.encode() + b"</sheetData>")
    assert list(read_xlsx(asked(path)).rows) == [("a.xlsx", 2, {"id": "x", "n": 1})]


def test_a_name_far_off_in_the_header_names_no_column(tmp_path):
    path = tmp_path / "a.xlsx"
    workbook(path, [["id", None, "n"], ["x", 5, 1]])
    cell = b'<c r="XFD1" t="inlineStr"><is><t>stray</t></is></c></row>'
    changed(path, "xl/worksheets/sheet1.xml", b"</row>", cell)
    read = read_xlsx(asked(path))
    assert [fields for _, _, fields in read.rows] == [{"id": "x", "column2": 5, "n": 1}]
    assert read.columns == ("id", "column2", "n")
    assert read.notes[-1] == ("a.xlsx: column 16384, 'stray' in the file, is far off and not read")


@pytest.mark.parametrize("place", ["XFD1048576", "B1048576", "XFD3"])
def test_answers_with_a_cell_far_off_are_placed(tmp_path, place):
    path = tmp_path / "a.xlsx"
    workbook(path, [["item", "value"], ["a", 1]], name="answers")
    with_cell(path, place)
    columns = {"columns": ("item", "value"), "required": ("item",)}
    rows, problems = read_sheet(path, file="a.xlsx", table="answer", **columns)
    assert rows[0].cells == {"item": "a", "value": 1.0}
    assert rows[-1].row == int(place.lstrip("XFDB")) - 1
    far = [(problem.path, problem.message) for problem in problems]
    told = [(f"row {rows[-1].row}", "The row has a cell under no column.")]
    assert far == ([] if place.startswith("B") else told)


def swelling():
    """Return a workbook of a few kilobytes that unpacks to hundreds of megabytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/workbook.xml", "<workbook/>")
        with package.open("xl/worksheets/sheet1.xml", "w") as part:
            for _ in range(120):
                part.write(b" " * 1_000_000)
    return out.getvalue()


def broken(content):
    return content[: len(content) // 2]


@pytest.fixture
def made(tmp_path):
    path = tmp_path / "made.xlsx"
    workbook(path, [["item", "value"], ["a", "text"]])
    return path


DAMAGE = {
    "no workbook": ("xl/workbook.xml", b"<sheet xmlns", b"<other xmlns"),
    "doctype": ("xl/worksheets/sheet1.xml", b"<worksheet", b"<!DOCTYPE w><worksheet"),
    "place": ("xl/worksheets/sheet1.xml", b'r="A1"', b'r="ZZZ1"'),
    "no place": ("xl/worksheets/sheet1.xml", b'r="A1"', b'r="1A"'),
    "text": ("xl/worksheets/sheet1.xml", b"</row>", b'<c t="s"><v>99</v></c></row>'),
    "row": ("xl/worksheets/sheet1.xml", b'<row r="1"', b'<row r="one"'),
    "far row": ("xl/worksheets/sheet1.xml", b'<row r="1"', b'<row r="99999999999999"'),
    "encoding": (
        "xl/worksheets/sheet1.xml",
        b"<worksheet",
        b'<?xml version="1.0" encoding="x"?><w',
    ),
    "cut": ("xl/worksheets/sheet1.xml", b"</sheetData>", b""),
}
TOLD = {
    "no workbook": "it holds no sheet",
    "doctype": "a sheet declares a document type",
    "place": "a cell in column",
    "no place": "a cell at '1A', which is no place",
    "text": "it names the text 99, which is not there",
    "row": "one",
    "far row": "a row 99999999999999, which is no place",
    "encoding": "not well formed",
    "cut": "not well formed",
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_workbook_is_told(made, kind):
    changed(made, *DAMAGE[kind])
    with pytest.raises(SourceError, match=r"made\.xlsx") as caught:
        list(read_xlsx(asked(made)).rows)
    assert TOLD[kind] in str(caught.value)
    rows, problems = read_sheet(
        made, file="made.xlsx", table="answer", columns=("item", "value"), required=()
    )
    assert any(TOLD[kind] in problem.message for problem in problems)
    assert len(rows) <= 1


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (swelling(), "bytes unpacked, more than 100,000,000"),
        (b"PK\x03\x04 no package", "it is no whole package"),
        (b"PK", "it is no whole package"),
        (b"item,value\na,1\n", "no"),
        (b"", "no"),
        (b"\xd0\xcf\x11\xe0 no workbook", "cannot be read"),
    ],
)
def test_what_is_no_workbook_is_told_with_its_file(tmp_path, content, told, needs):
    needs("calamine")
    path = tmp_path / "a.xlsx"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=r"a\.xlsx.*" + told):
        list(read_xlsx(asked(path)).rows)
    _, problems = read_sheet(path, file="a.xlsx", table="answer", columns=("item",), required=())
    assert [problem.file for problem in problems] == ["a.xlsx"]


def test_odd_values_stay_texts(made):
    """No number that JSON cannot write, and no half of a pair of surrogates."""
    cells = b'<c><v>1e999</v></c><c><v>NaN</v></c><c t="str"><v>_xD800_ _x0041_</v></c></row>'
    changed(made, "xl/worksheets/sheet1.xml", b"</row>", cells)
    _, first = next(Spreadsheet.of(made).rows("data"))
    assert [first[column] for column in (2, 3, 4)] == ["1e999", "NaN", "_xD800_ A"]


def test_half_a_workbook_is_told(made):
    made.write_bytes(broken(made.read_bytes()))
    with pytest.raises(SourceError, match=r"made\.xlsx"):
        read_xlsx(asked(made))


@pytest.mark.parametrize("rows", [[], [[None, None]]])
def test_a_sheet_without_rows_is_told(tmp_path, rows):
    path = tmp_path / "a.xlsx"
    workbook(path, rows)
    with pytest.raises(SourceError, match="the sheet is empty"):
        read_xlsx(asked(path))
    _, problems = read_sheet(path, file="a.xlsx", table="answer", columns=("item",), required=())
    assert [problem.message for problem in problems] == ["The file is empty."]


def test_a_header_without_rows_gives_its_columns(tmp_path):
    path = tmp_path / "a.xlsx"
    workbook(path, [["id", "n"]])
    read = read_xlsx(asked(path))
    assert (list(read.rows), read.columns) == ([], ("id", "n"))


def ods(path, rows):
    """Write an OpenDocument spreadsheet of texts; each row says how often it stands."""
    space = "urn:oasis:names:tc:opendocument:xmlns"
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    cells = "".join(
        f'<table:table-row table:number-rows-repeated="{times}">'
        + "".join(
            '<table:table-cell office:value-type="string">'
            f"<text:p>{text}</text:p></table:table-cell>"
            if text
            else f'<table:table-cell table:number-columns-repeated="{width}"/>'
            for text, width in row
        )
        + "</table:table-row>"
        for times, row in rows
    )
    spaces = " ".join(f'xmlns:{n}="{space}:{n}:1.0"' for n in ("office", "table", "text"))
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("mimetype", kind)
        package.writestr(
            "META-INF/manifest.xml",
            f'<manifest:manifest xmlns:manifest="{space}:manifest:1.0"><manifest:file-entry '
            f'manifest:full-path="/" manifest:media-type="{kind}"/></manifest:manifest>',
        )
        package.writestr(
            "content.xml",
            f"<office:document-content {spaces}><office:body><office:spreadsheet>"
            f'<table:table table:name="data">{cells}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )


def test_an_open_document_is_read_and_one_that_reaches_too_far_refused(tmp_path, needs):
    needs("calamine")
    path = tmp_path / "a.ods"
    head = (1, [("id", 1), ("n", 1)])
    empty = (1_048_000, [("", 16_000)])
    ods(path, [head, (1, [("x", 1), ("1", 1)]), empty])
    assert [fields for _, _, fields in read_xlsx(asked(path)).rows] == [{"id": "x", "n": "1"}]
    ods(path, [head, empty, (1, [("", 16_000), ("stray", 1)])])
    with pytest.raises(SourceError, match=r"a\.ods.* reaches to row 1,048,002 and column 16,001"):
        read_xlsx(asked(path))
    ods(path, [head, (1_000_000, [(letter, 1) for letter in "abcdefghijklmnopqrstuvwxyz"])])
    with pytest.raises(SourceError, match=r"a\.ods.* reaches to row"):
        read_xlsx(asked(path))
