"""The workbook: the report's numbers as numbers, its texts as texts that no program runs."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections import Counter
from datetime import date, datetime, time, timedelta

import attrs
import openpyxl
import pytest

from cxaudit.plugin import blocks
from cxaudit_reports.workbook.cells import LONGEST, cell
from cxaudit_reports.workbook.document import render_workbook
from tests.support.audits import APPROVED

STYLES = {"percent": "0.0%", "score": "0.0", "count": "#,##0", "duration": "[h]:mm:ss"}
DAY = 86_400


def opened(report):
    return openpyxl.load_workbook(io.BytesIO(render_workbook(report)))


def cells(book):
    return [each for sheet in book for row in sheet for each in row if each.value is not None]


def number(each):
    """Return a cell's number: one that is shown as a duration is read as a time."""
    value = each.value
    if isinstance(value, timedelta):
        return value / timedelta(days=1)
    if isinstance(value, time | datetime):
        start = datetime.combine(date.min, time.min)
        value = value if isinstance(value, time) else value.time()
        return (datetime.combine(date.min, value) - start) / timedelta(days=1)
    return value if each.data_type == "n" else None


def dump(book):
    """Return a workbook as text: a line per row, a number with its format behind it."""
    lines = []
    for sheet in book:
        extra = [f"filter {sheet.auto_filter.ref}"] if sheet.auto_filter.ref else []
        extra += [f"frozen {sheet.freeze_panes}"] if sheet.freeze_panes else []
        lines += ["", f"=== {sheet.title} ({', '.join(extra)})"]
        for row in sheet.iter_rows():
            shown = [
                f"{number(each):.6g} {{{each.number_format}}}"
                if number(each) is not None
                else f"{each.value}"
                for each in row
                if each.value is not None
            ]
            lines.append(" | ".join(shown))
    return "\n".join(lines).strip() + "\n"


def one(*found, **given):
    section = blocks.Section(id="own", title="Own", blocks=found)
    return blocks.Report(title="By hand", sections=(section,), **given)


@pytest.mark.parametrize("name", APPROVED)
def test_the_workbook_is_as_it_was_read_and_approved(name, report, approved):
    approved(f"{name}.xlsx.txt", dump(opened(report(name))))


def test_every_figure_is_a_number_in_its_format(named_report, figures):
    """A spreadsheet that is sorted, summed or charted takes the number that the report shows."""
    _, report = named_report
    found = Counter()
    for each in cells(opened(report)):
        value = number(each)
        if value is None:
            continue
        for style, written in STYLES.items():
            if each.number_format.startswith((written, '"')):
                found[round(value * (DAY if style == "duration" else 1), 4), style] += 1
        if each.number_format.startswith(("#", "+", "0")):
            found[round(value, 4), "number"] += 1
    missing = figures(report) - found
    assert not missing


def test_scores_ends_and_coverage_are_numbers(report):
    """The score, its interval and its bounds stand on the first sheet; the matrix on its own."""
    made = report("mixed")
    book = opened(made)
    score = made.sections[0].blocks[1]
    numbers = [each.value for each in cells(book)[:80] if each.data_type == "n"]
    ends = (score.value, score.low, score.high, score.lowest, score.highest)
    for expected in (*(100 * each for each in ends), score.coverage):
        assert any(each == pytest.approx(expected) for each in numbers), expected
    matrix = next(b for s in made.sections for b in s.blocks if isinstance(b, blocks.Matrix))
    found = (number(each) for row in book["Matrix"] for each in row)
    shown = Counter(round(value, 6) for value in found if value is not None)
    for row in matrix.cells:
        for at in row:
            if at.value is not None:
                scores = (at.value, at.low, at.high)
                wanted = Counter(round(100 * each, 6) for each in scores if each is not None)
                wanted[round(at.coverage, 6)] += 1
                assert not wanted - shown


def test_nothing_that_the_report_says_is_left_out(named_report, texts):
    """Titles of sections that have a sheet are its name; the tables of these need no title."""
    _, report = named_report
    book = opened(report)
    whole = "\n".join([*(str(each.value) for each in cells(book)), *book.sheetnames])
    units = re.compile(r"[+-]?[\d,.]+ \w+")  # 12 hours: a number, and its unit in the format
    missing = {text for text in texts(report) if text not in whole and not units.fullmatch(text)}
    assert missing <= {"All findings", "About it", "Critical items", "Critical items first"} | {
        section.title for section in report.sections if section.id.startswith("findings-")
    }


def test_no_text_becomes_a_formula_a_link_or_markup(report, hostile_text):
    content = render_workbook(report("hostile"))
    book = openpyxl.load_workbook(io.BytesIO(content))
    found = cells(book)
    assert any(hostile_text in str(each.value) for each in found)
    for each in found:
        assert each.data_type == "s" or number(each) is not None
        assert each.hyperlink is None
        if each.data_type == "s" and each.value.startswith(("=", "+", "-", "@")):
            assert each.quotePrefix, each.value  # editing the cell leaves it a text too
    names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    assert not [name for name in names if "external" in name.lower() or "vba" in name.lower()]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r="])
def test_every_start_of_a_formula_stays_a_text(start):
    text = f"{start}1+1"
    made = opened(one(blocks.Table(title="", columns=("A",), rows=((text,),))))
    [found] = [each for each in made["Own"]["A"] if each.value and "1+1" in str(each.value)]
    assert found.data_type == "s"
    assert found.quotePrefix or not found.value.startswith(("=", "+", "-", "@"))


def test_texts_longer_than_a_cell_are_cut_and_it_is_said():
    made = cell("ä" * 40_000)
    assert len(made.value) == LONGEST
    assert made.value.endswith(" [cut here, of 40,000 characters]")
    wide = cell("\U0001f600" * 20_000)  # two units of UTF-16 each
    assert len(wide.value.encode("utf-16-le")) // 2 <= LONGEST
    assert "\ufffd" not in wide.value


@pytest.mark.parametrize(
    ("value", "number", "written"),
    [
        (blocks.Figure("21.4\u00a0%", 0.2143, "percent"), 0.2143, "0.0%"),
        (blocks.Figure("1:36", 96.0, "duration"), 96 / DAY, "[h]:mm:ss"),
        (blocks.Figure("4.2\u00a0s", 4.2, "duration"), 4.2 / DAY, "[h]:mm:ss.0"),
        (blocks.Figure("-0:12", -12.0, "duration"), -12.0, '0.0" s"'),
        (blocks.Figure("72", 72.49, "score"), 72.49, "0.0"),
        (blocks.Figure(">99", 99.7, "score"), 99.7, '">99"'),
        (blocks.Figure("18,203", 18203, "count"), 18203, "#,##0"),
        (blocks.Figure("8.25 hours", 8.25, "number"), 8.25, '#,##0.00" hours"'),
        (blocks.Figure('2 "in"', 2, "number"), 2, "#,##0\" 'in'\""),
        (blocks.Figure("+31.2", 31.2, "number"), 31.2, "+#,##0.0;-#,##0.0;0"),
        (blocks.Figure("2.4e-05", 2.4e-05, "number"), 2.4e-05, "0.0E+00"),
        (1204, 1204, "#,##0"),
        (3.25, 3.25, "#,##0.00"),
    ],
)
def test_a_figure_keeps_its_value_and_how_it_reads(value, number, written):
    made = cell(value)
    assert made.value == pytest.approx(number)
    assert made.format == written


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_what_is_not_known_is_a_dash(value):
    assert cell(value).value == "\u2013"


def test_tables_have_filters_headers_in_sight_and_colours(report):
    book = opened(report("mixed"))
    findings = book["Findings"]
    assert findings.freeze_panes == "A2"
    first = [each.value for each in findings[1]]
    assert first == [
        *("Area", "Item", "Where", "Result", "What was found", "Score"),
        *("Interval, from", "Interval, to", "Rests on", "Item's id"),
    ]
    last = sum(each.value is not None for each in findings["J"])
    assert findings.auto_filter.ref == f"A1:J{last}"
    assert findings.print_title_rows == "$1:$1"
    scales = [rule for found in findings.conditional_formatting for rule in found.rules]
    assert [rule.type for rule in scales] == ["colorScale"]
    assert book["Matrix"].freeze_panes == "B2"
    assert book["Matrix"].conditional_formatting
    assert max(each.width for each in findings.column_dimensions.values()) > 30


def test_an_interval_is_two_numbers_and_a_count_shows_its_noun(report):
    sheet = opened(report("mixed"))["Findings"]
    found = {name.value: each for name, each in zip(sheet[1], sheet[2], strict=True)}
    low, high = found["Interval, from"], found["Interval, to"]
    assert (low.value, low.number_format) == (pytest.approx(29.0), "0.0")
    assert (high.value, high.number_format) == (pytest.approx(33.5), "0.0")
    assert found["Rests on"].value == 18203
    assert found["Rests on"].number_format == '#,##0" records"'
    # The noun may stand before the number, as a translator likes.
    assert cell(blocks.Figure("records: 1,204", 1204, "count")).format == '"records: "#,##0'
    missing = blocks.Interval("3 to 4", "3", "4"), None, ""
    table = blocks.Table(title="T", columns=("I",), rows=tuple((each,) for each in missing))
    rows = [[each.value for each in row[:2]] for row in opened(one(table))["Own"]]
    assert rows[-4:] == [["I, from", "I, to"], ["3", "4"], ["\u2013", "\u2013"], ["", ""]]


def test_names_of_sheets_are_cut_at_a_word():
    titles = ("How many customers does it touch?", "A" * 40, "How many customers does it cost us")
    sections = tuple(blocks.Section(id=title, title=title, blocks=()) for title in titles)
    names = opened(blocks.Report(title="T", sections=sections)).sheetnames
    assert names[1:] == ["How many customers does it", "A" * 31, "How many customers does it cost"]


def test_sheets_stand_in_the_order_of_reading(report):
    names = opened(report("mixed")).sheetnames
    expected = (
        *("Summary", "Matrix", "Findings", "Critical", "Evidence", "Items", "Units"),
        *("Breakdowns", "Actions", "Not assessed", "Method", "Provenance"),
    )
    assert [name for name in names if name in expected] == list(expected)
    assert names[-2:] == ["Method", "Provenance"]


def test_sheets_get_names_that_spreadsheets_allow():
    titles = ("A/B: [x]*?", "a b   x", "Long " * 20, "Long " * 20, "History", "''", "Summary")
    sections = tuple(
        blocks.Section(id=f"s{place}", title=title, blocks=()) for place, title in enumerate(titles)
    )
    names = opened(blocks.Report(title="T", sections=sections)).sheetnames
    assert len({name.casefold() for name in names}) == len(titles) + 1
    assert not any(re.search(r"[\[\]:*?/\\]|^'|'$", name) or len(name) > 31 for name in names)
    assert "history" not in {name.casefold() for name in names}


def test_evidence_and_actions_lead_to_their_items(report):
    book = opened(report("mixed"))
    [first, *_] = list(book["Actions"].iter_rows(min_row=2, values_only=True))
    assert first[0].startswith("1. ")
    assert first[2] == "Move two people to the hours from 11 to 14."
    assert first[6] == "phone.answered"
    quotes = list(book["Evidence"].iter_rows(min_row=2, values_only=True))
    assert any(row[2] == "Nobody picked up, so I drove over." for row in quotes)
    assert all(row[0] for row in quotes)


def test_a_report_on_one_unit_is_whole(on_a_unit, texts):
    book = opened(on_a_unit)
    assert book.sheetnames == ["Summary", "Actions", "All figures", "Method"]
    whole = "\n".join(str(each.value) for each in cells(book))
    assert {text for text in texts(on_a_unit) if text not in whole} == set()


def test_blocks_that_a_plugin_adds_to_a_known_section_are_kept(report):
    known = ("critical", "units", "breakdowns", "certainty", "findings-process", "matrix")
    made = report("mixed")
    sections = tuple(
        attrs.evolve(
            section, blocks=(*section.blocks, blocks.Quote(text=f"Of {section.id}", source="own"))
        )
        for section in made.sections
    )
    book = opened(attrs.evolve(made, sections=sections))
    found = "\n".join(str(c.value) for s in book for r in s for c in r if s.title != "Summary")
    assert [name for name in known if f"Of {name}" not in found] == []


def test_every_kind_of_block_has_its_place():
    made = opened(
        one(
            blocks.Heading(text="Head"),
            blocks.Series(title="Waits", points=(("May", 61.0), ("June", None)), unit="seconds"),
            blocks.Distribution(title="Stars", bins=(("1", 1204), ("5", 3))),
            blocks.Funnel(
                title="Plot", points=(blocks.FunnelPoint(name="P", n=9, value=0.5),), mean=0.6
            ),
            blocks.Image(data=b"", media_type="image/png", text="A door", caption="The door"),
            blocks.Action(text="Mend it", owner="A. Roe", due="1 May"),
            blocks.Table(title="Nothing", columns=("A",), rows=()),
            blocks.ScoreBlock(title="None", value=None),
            branding={"name": "Roe & Co"},
        )
    )
    found = {number(each) or each.value for row in made["Own"] for each in row}
    assert {"Head", "May", "1", "P", "none", "[A door] The door", "None"} <= found
    assert "→ Mend it (A. Roe; 1 May)" in found
    assert any(each == pytest.approx(61 / DAY) for each in found if isinstance(each, float))
    assert made.properties.creator == "Roe & Co"


def test_the_same_report_gives_the_same_bytes(report):
    content = render_workbook(report("mixed"))
    dates = {part.date_time for part in zipfile.ZipFile(io.BytesIO(content)).infolist()}
    assert dates == {(1980, 1, 1, 0, 0, 0)}
    assert openpyxl.load_workbook(io.BytesIO(content)).properties.created.year == 2000
    assert render_workbook(report("mixed")) == content


def test_another_reader_finds_the_same_numbers(report, needs):
    content = render_workbook(report("mixed"))
    book = needs("calamine").CalamineWorkbook.from_filelike(io.BytesIO(content))
    rows = book.get_sheet_by_name("Matrix").to_python()
    ours = openpyxl.load_workbook(io.BytesIO(content))["Matrix"]
    numbers = [each.value for row in ours for each in row if each.data_type == "n" and each.value]
    assert [v for row in rows for v in row if isinstance(v, float) and v] == pytest.approx(numbers)


def test_libreoffice_opens_it_and_runs_nothing(report, pictures, hostile_text):
    sheets = "csv:Text - txt - csv (StarCalc):44,34,76,1"
    made = pictures(render_workbook(report("hostile")), "xlsx", sheets)
    rows = list(csv.reader(made.read_text(encoding="utf-8").splitlines()))
    assert rows[0][0].startswith(hostile_text)
    assert not any("Err:" in text or "#NAME?" in text for row in rows for text in row)
