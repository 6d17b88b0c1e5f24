"""What is written in files of cases and answers is what is read."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cxaudit._sources.answers import pseudonym, read_answer_sheet
from cxaudit.errors import AnswersError
from cxaudit.plugin import AnswerKind

HEAD = "item,case,rater,value,reason,comment,evidence\n"


@pytest.fixture
def read(tmp_path, checklist, units, cases, read_answers):
    def read_text(text, name="answers.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return read_answers([path], checklist=checklist, units=units, cases=cases)

    return read_text


@pytest.fixture
def read_case(tmp_path, units, touchpoints, waves, read_cases):
    def read_text(text, name="cases.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return read_cases([path], units=units, touchpoints=touchpoints, waves=waves)

    return read_text


@pytest.mark.parametrize(
    ("item", "cell", "value"),
    [
        ("greeting.seen", "yes", True),
        ("greeting.seen", "TRUE", True),
        ("greeting.seen", "1", True),
        ("greeting.seen", "No", False),
        ("greeting.seen", "0", False),
        ("warmth", "0.50", 0.5),
        ("warmth", "0", 0.0),
        ("temperature", "-3.25", -3.25),
        ("temperature", "1e3", 1000.0),
        ("staff-seen", "0", 0.0),
        ("wait", "200", 200.0),
        ("wait", "3:20", 200.0),
        ("wait", "75:00", 4500.0),
        ("wait", "1:03:20.5", 3800.5),
        ("reply-tone", "none-seen", "none-seen"),
        ("notes", "0", "0"),
    ],
)
def test_values_are_typed_by_what_the_item_asks(read, item, cell, value):
    [answer] = read(f"{HEAD}{item},v1,Ana,{cell},,,\n")
    assert answer.value == value
    assert type(answer.value) is type(value)


def test_zero_empty_and_the_two_refusals_stay_different(tmp_path, checklist, units, cases):
    path = tmp_path / "answers.csv"
    path.write_text(
        HEAD
        + "staff-seen,v1,Ana,0,,,\n"
        + "staff-seen,v2,Ana,,,,\n"
        + 'staff-seen,h1,Ana,"",,,\n'
        + "temperature,v1,Ana,Not Applicable,no thermometer,,\n"
        + "temperature,v2,Ana,could not be observed,,,\n",
        encoding="utf-8",
    )
    sheet = read_answer_sheet([path], checklist=checklist, units=units, cases=cases)
    assert [(answer.case, answer.kind, answer.value) for answer in sheet.answers] == [
        ("v1", AnswerKind.VALUE, 0.0),
        ("v1", AnswerKind.NOT_APPLICABLE, None),
        ("v2", AnswerKind.NOT_OBSERVED, None),
    ]
    assert sheet.answers[1].reason == "no thermometer"
    assert sheet.unanswered == (("answers.csv", 2), ("answers.csv", 3))


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_separator_and_unicode_encoding_are_told_apart(read, separator, encoding):
    text = f"{HEAD}notes,v1,Ana,très bien — 10 €,,,\n\n,,,,,,\nnotes,v2,Ana,fine,,,\n"
    answers = read(text.replace(",", separator), encoding=encoding)
    assert [(answer.value, answer.row) for answer in answers] == [
        ("très bien — 10 €", 1),
        ("fine", 3),
    ]


def test_a_cell_may_hold_lines_and_a_header_its_own_case(read):
    answers = read('Item,CASE,rater,value,_mine\nnotes,v1,Ana,"one\ntwo, ""three""",x\n')
    assert answers[0].value == 'one\ntwo, "three"'


def test_toml_and_csv_say_the_same(read):
    from_csv = read(
        HEAD
        + "greeting.seen,v1,Ana,no,,kind,\n"
        + "warmth,v1,Ana,0.5,,,\n"
        + "wait,v1,Ana,3:20,,,\n"
        + "polite,v1,Ana,not applicable,nobody there,,\n"
        + "polite,v2,Ana,could not be observed,too loud,,\n"
    )
    from_toml = read(
        """
        [[answer]]
        item = "greeting.seen"
        case = "v1"
        rater = "Ana"
        value = false
        comment = "kind"
        [[answer]]
        item = "warmth"
        case = "v1"
        rater = "Ana"
        value = 0.5
        [[answer]]
        item = "wait"
        case = "v1"
        rater = "Ana"
        value = "3:20"
        [[answer]]
        item = "polite"
        case = "v1"
        rater = "Ana"
        not_applicable = "nobody there"
        [[answer]]
        item = "polite"
        case = "v2"
        rater = "Ana"
        not_observed = "too loud"
        """,
        "answers.toml",
    )

    def said(answers):
        return [
            (answer.item, answer.case, answer.kind, answer.value, answer.reason, answer.comment)
            for answer in answers
        ]

    assert said(from_toml) == said(from_csv)


def test_a_workbook_says_the_same_and_a_time_of_day_is_no_duration(
    tmp_path, checklist, units, cases, needs, read_answers
):
    xlsxwriter = needs("xlsxwriter")
    needs("calamine")

    def write(name, rows, sheets=("answers",)):
        path = tmp_path / name
        with xlsxwriter.Workbook(path) as book:
            clock = book.add_format({"num_format": "h:mm"})
            for sheet_name in sheets:
                sheet = book.add_worksheet(sheet_name)
                for row, cells in enumerate(rows):
                    for column, cell in enumerate(cells):
                        if isinstance(cell, datetime):
                            sheet.write_datetime(row, column, cell, clock)
                        else:
                            sheet.write(row, column, cell)
        return path

    head = ["item", "case", "rater", "value"]
    rows = [
        head,
        ["greeting.seen", "v1", "Ana", True],
        ["staff-seen", "v1", 7, 3],
        ["warmth", "v1", "Ana", 0.5],
        ["", "", "", ""],
        ["notes", "v1", "Ana", 12],
        ["notes", "v2", "Ana", ""],
    ]
    path = write("a.xlsx", rows, ("Read me", "Answers"))
    answers = read_answers([path], checklist=checklist, units=units, cases=cases)
    assert [(answer.item, answer.value, answer.row) for answer in answers] == [
        ("greeting.seen", True, 1),
        ("staff-seen", 3.0, 2),
        ("warmth", 0.5, 3),
        ("notes", "12", 5),
    ]
    assert answers[1].rater == pseudonym("7")
    path = write("b.xlsx", [head, ["wait", "v1", "Ana", datetime(1899, 12, 31, 3, 20)]])  # noqa: DTZ001
    with pytest.raises(AnswersError, match=r"b\.xlsx:2: row 1, column value: .* time of day"):
        read_answers([path], checklist=checklist, units=units, cases=cases)
    path = write("c.xlsx", rows, ("one", "two"))
    with pytest.raises(AnswersError, match="the workbook has one, two"):
        read_answers([path], checklist=checklist, units=units, cases=cases)
    path = tmp_path / "d.xlsx"
    path.write_bytes(b"no workbook")
    with pytest.raises(AnswersError, match="cannot be read"):
        read_answers([path], checklist=checklist, units=units, cases=cases)


def test_what_may_be_left_out_is_told_by_the_rest(read):
    answers = read(
        "item,unit,touchpoint,case,rater,value\n"
        "greeting.seen,,,v1,Ana,yes\n"  # the case tells the unit, the item its touchpoint
        "greeting.seen,hill,,,Ana,yes\n"  # hill has one case in-store
        "polite,,,p1,Ana,yes\n"  # the case tells which of three touchpoints
        "polite,hill,message.chat,,Ana,yes\n"  # below one of the item's touchpoints
    )
    assert [(answer.unit, answer.touchpoint, answer.case) for answer in answers] == [
        ("quay", "in-store", "v1"),
        ("hill", "in-store", "h1"),
        ("quay", "phone", "p1"),
        ("hill", "message", "m1"),
    ]


def test_raters_are_pseudonyms_that_hold_over_files(read):
    answers = read(f"{HEAD}notes,v1,Ana  Lima,x,,,\nnotes,v2,ana lima,x,,,\nnotes,h1,Bo,x,,,\n")
    raters = [answer.rater for answer in answers]
    assert raters[0] == raters[1] == pseudonym("ANA LIMA") != raters[2]
    assert "ana" not in raters[0].lower()


def test_evidence_is_kept_by_path_and_digest(read, tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").write_bytes(b"first")
    (tmp_path / "b.txt").write_bytes(b"second")
    [answer] = read(f"{HEAD}hours-posted,v1,Ana,no,,,photos/a.jpg; b.txt\n")
    assert [(file.path, file.digest) for file in answer.files] == [
        ("photos/a.jpg", hashlib.sha256(b"first").hexdigest()),
        ("b.txt", hashlib.sha256(b"second").hexdigest()),
    ]


@pytest.mark.parametrize("name", ["../out.txt", "/etc/hostname", "link.txt"])
def test_evidence_stays_inside_the_audit(read, tmp_path, name):
    outside = tmp_path.parent / "out.txt"
    outside.write_text("x", encoding="utf-8")
    (tmp_path / "link.txt").symlink_to(outside)
    with pytest.raises(AnswersError, match=r"outside the audit's folder"):
        read(f"{HEAD}hours-posted,v1,Ana,no,,,{name}\n")


def test_a_name_that_no_file_can_have_is_a_problem(read):
    with pytest.raises(AnswersError, match="cannot be read"):
        read(
            '[[answer]]\nitem = "notes"\ncase = "v1"\nrater = "Ana"\nvalue = "x"\n'
            'evidence = ["a\\u0000b"]\n',
            "answers.toml",
        )


def test_files_are_named_from_the_audit_folder(tmp_path, checklist, units, cases, read_answers):
    (tmp_path / "visits").mkdir()
    (tmp_path / "shared.txt").write_text("x", encoding="utf-8")
    path = tmp_path / "visits" / "a.csv"
    path.write_text(f"{HEAD}hours-posted,v1,Ana,no,,,../shared.txt\n", encoding="utf-8")
    [answer] = read_answers([path], checklist=checklist, units=units, cases=cases, folder=tmp_path)
    assert answer.source == Path("visits/a.csv").as_posix()


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("2026-04-01T14:30:00+02:00", datetime(2026, 4, 1, 12, 30, tzinfo=UTC)),
        ("2026-04-01 14:30", datetime(2026, 4, 1, 12, 30, tzinfo=UTC)),  # Paris in summer
        ("2026-01-15 14:30", datetime(2026, 1, 15, 13, 30, tzinfo=UTC)),  # and in winter
        ("2026-04-01", datetime(2026, 3, 31, 22, 0, tzinfo=UTC)),
        ("2025-10-26 02:30", datetime(2025, 10, 26, 0, 30, tzinfo=UTC)),  # shown twice: the first
        ("2026-03-29 02:30", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),  # never shown: 03:30
    ],
)
def test_local_times_are_those_of_the_unit(read_case, written, utc):
    [case] = read_case(f"id,unit,touchpoint,at\nv1,quay,in-store,{written}\n")
    assert case.at == utc


def test_a_case_has_the_wave_of_its_local_day(read_case):
    cases = read_case(
        "id,unit,touchpoint,at,wave\n"
        "a,quay,in-store,2026-03-31T22:30:00Z,\n"  # already April in Paris
        "b,quay,in-store,2026-03-31 23:59,\n"
        "c,quay,in-store,2026-03-31,2026-q2\n"
        "d,quay,in-store,2027-01-01,\n"
        "e,quay,in-store,,\n"
    )
    assert [case.wave for case in cases] == ["2026-q2", "2026-q1", "2026-q2", "", ""]


def test_toml_cases_take_dates_and_times_as_they_are(read_case):
    cases = read_case(
        "[[case]]\nid = 'a'\nunit = 'quay'\ntouchpoint = 'message.chat'\nat = 2026-04-01\n"
        "status = 'Draft'\n"
        "[[case]]\nid = 'b'\nunit = 'hill'\ntouchpoint = 'phone'\nat = 2026-04-01T14:30:00+02:00\n",
        "cases.toml",
    )
    assert [(case.status, case.counts) for case in cases] == [("draft", False), ("final", True)]
    assert cases[1].at == datetime(2026, 4, 1, 12, 30, tzinfo=UTC)
