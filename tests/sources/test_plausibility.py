"""Notes on plausibility: what looks odd in the records that were read, with the rows to look at."""

from __future__ import annotations

import csv
from datetime import date, datetime, timedelta

import pytest

from cxaudit import Session
from cxaudit.plugin import Marker, Marks, Rows, Source, hook
from tests.support.kiosk import CHECKLIST

AUDIT = """cxaudit = 1
[audit]
id = "kiosk"
title = "Kiosk"
client = "Kiosk"
wave = "march"
checklists = ["kiosk.toml"]
[[wave]]
id = "march"
start = 2026-03-02
end = 2026-03-29
[[unit]]
id = "kiosk"
kind = "organisation"
name = "The kiosk"
zone = "Europe/Paris"
[sources.calls]
reader = "csv"
table = "calls"
path = "calls.csv"
zone = "unit"
unit = "kiosk"
[sources.calls.columns]
call_id = "id"
customer_key = "customer"
agent = "agent"
queued_at = "time(at)"
outcome = "'answered'"
[sources.mails]
reader = "csv"
table = "threads"
path = "mails.csv"
zone = "unit"
unit = "kiosk"
[sources.mails.columns]
thread_id = "id"
customer_key = "customer"
opened_at = "time(at)"
"""
MONDAY = date(2026, 3, 2)
DAYS = [MONDAY + timedelta(days=n) for n in range(28)]
HEADER = ("id", "at", "customer", "agent")


def steady(prefix, an_hour):
    """Rows as often as that from 9 to 17 o'clock of each day; each of another customer."""
    times = (
        datetime(day.year, day.month, day.day, hour, 60 * n // an_hour)  # noqa: DTZ001 - local
        for day in DAYS
        for hour in range(9, 17)
        for n in range(an_hour)
    )
    return [
        (f"{prefix}{n}", at.isoformat(), f"{prefix}-customer-{n}", "anna")
        for n, at in enumerate(times, start=1)
    ]


@pytest.fixture
def noted(tmp_path):
    """Notes on plausibility by source, of the kiosk with some calls and mails."""

    def run(calls=None, mails=None, audit=AUDIT):
        (tmp_path / "audit.toml").write_text(audit)
        (tmp_path / "kiosk.toml").write_text(CHECKLIST)
        for name, rows in (("calls", calls or steady("c", 6)), ("mails", mails or steady("m", 4))):
            with (tmp_path / f"{name}.csv").open("w", newline="") as file:
                csv.writer(file).writerows([HEADER, *rows])
        session = Session()
        result = session.run(session.load(tmp_path / "audit.toml"))
        return {
            account.source: {note.code: note for note in account.notes if hasattr(note, "code")}
            for account in result.accounts
        }

    return run


def between(row, start, end):
    return start <= row[1] < end


def test_steady_records_have_no_note(noted):
    assert noted() == {"calls": {}, "mails": {}}


def test_hours_of_silence_name_the_last_row_before_and_the_source_that_went_on(noted):
    calls = steady("c", 6)
    kept = [row for row in calls if not between(row, "2026-03-10T11", "2026-03-10T14")]
    notes = noted(calls=kept)
    assert set(notes["calls"]) == {"silent-while-another-is-not"}
    assert not notes["mails"]
    note = notes["calls"]["silent-while-another-is-not"]
    last = max(n for n, row in enumerate(kept, start=1) if row[1] < "2026-03-10T11")
    assert f"calls.csv: row {last}" in note
    assert "from 2026-03-10 11:00 to 2026-03-10 14:00" in note
    assert "about 18 rows are usual and mails has 12" in note


def test_a_free_afternoon_each_wednesday_is_no_silence(noted):
    calls = [
        row
        for row in steady("c", 6)
        if not (datetime.fromisoformat(row[1]).weekday() == 2 and row[1][11:13] >= "13")
    ]
    assert noted(calls=calls)["calls"] == {}


def test_a_holiday_of_the_schedule_is_no_silence(noted):
    schedule = """[[schedule]]
units = ["kiosk"]
holidays = [2026-03-10]
[schedule.hours]
mon-sun = ["09:00-17:00"]
"""
    calls = [row for row in steady("c", 6) if not row[1].startswith("2026-03-10")]
    assert set(noted(calls=calls)["calls"]) == {"silent-while-another-is-not"}
    assert noted(calls=calls, audit=AUDIT + schedule)["calls"] == {}


def test_a_silence_in_all_sources_is_none(noted):
    calls, mails = (
        [row for row in rows if not row[1].startswith("2026-03-10")]
        for rows in (steady("c", 6), steady("m", 4))
    )
    notes = noted(calls=calls, mails=mails)
    assert not any("silent-while-another-is-not" in codes for codes in notes.values())


def test_rows_without_a_time_are_counted_and_the_first_is_named(noted):
    mails = steady("m", 4)
    mails[4:6] = [("x1", "", "a", ""), ("x2", "", "b", "")]
    calls = steady("c", 6)
    calls[9] = ("y1", "", "c", "anna")
    notes = noted(calls=calls, mails=mails)
    assert notes["mails"]["threads-without-opening"].startswith(
        f"2 of {len(mails)} threads have no opening (the first: mails.csv: row 5)"
    )
    assert notes["calls"]["rows-without-time"].startswith(
        f"1 of {len(calls):,} rows has no time (calls.csv: row 10)"
    )


def test_a_customer_who_is_staff_is_told(noted):
    calls = steady("c", 6)
    calls[7] = (*calls[7][:2], "anna", "anna")
    note = noted(calls=calls)["calls"]["customers-are-staff"]
    assert note.startswith("1 customer has the key of one of the staff (rows: 1, the first")
    assert "calls.csv: row 8" in note


@pytest.mark.parametrize(("contacts", "is_told"), [(28, False), (29, True)])
def test_a_customer_with_more_than_a_contact_a_day_is_told(noted, contacts, is_told):
    mails = steady("m", 4)
    mails[:contacts] = [(*row[:2], "same", row[3]) for row in mails[:contacts]]
    notes = noted(mails=mails)["mails"]
    assert ("customers-with-many-contacts" in notes) == is_told
    if is_told:
        assert (
            "29 in 28 days (the first: mails.csv: row 1)" in (notes["customers-with-many-contacts"])
        )


def test_a_file_that_ends_within_its_last_day_is_told(noted):
    calls = [row for row in steady("c", 6) if row[1] < "2026-03-29T11"]
    notes = noted(calls=calls)["calls"]
    assert (
        "12 rows on 2026-03-29, the last day of their file, and 48 to 48"
        in (notes["volume-jumps-on-last-day"])
    )
    assert f"calls.csv: row {len(calls)})" in notes["volume-jumps-on-last-day"].replace(",", "")


def test_a_first_day_that_holds_those_before_is_told(noted):
    mails = steady("m", 4)
    mails = [(f"old{n}", "2026-03-02T08:00:00", f"old{n}", "") for n in range(60)] + mails
    notes = noted(mails=mails)["mails"]
    assert set(notes) == {"volume-jumps-on-first-day"}
    assert "92 rows on 2026-03-02" in notes["volume-jumps-on-first-day"]


def test_repeated_keys_are_told_with_their_rows(noted):
    calls = steady("c", 6)
    notes = noted(calls=[*calls, calls[3]])["calls"]
    assert f"(calls.csv: row {len(calls) + 1:,})" in notes["duplicates-dropped"]


def test_records_that_end_before_the_wave_are_told(noted):
    calls, mails = (
        [row for row in rows if "2026-03-05" < row[1] < "2026-03-24"]
        for rows in (steady("c", 6), steady("m", 4))
    )
    notes = noted(calls=calls, mails=mails)
    assert (
        "the first record is of 2026-03-05 (calls.csv: row 1)"
        in (notes["calls"]["records-begin-late"])
    )
    assert "3 days without any" in notes["calls"]["records-begin-late"]
    assert "6 days without any" in notes["mails"]["records-end-early"]


def test_no_row_at_all_and_one_row_have_no_note(noted):
    one = [("c1", "2026-03-10T10:00:00", "ann", "anna")]
    assert noted(calls=one, mails=[("m1", "2026-03-11T10:00:00", "bob", "")]) == {
        "calls": {},
        "mails": {},
    }


CODE = "much-is-automatic"
MARKERS = (
    Marker(id="auto-reply", effect="leaves-out", meaning="mails of machines", source="RFC 3834"),
    Marker(id="internal-note", effect="marks", meaning="notes", source="the post"),
    Marker(id="bot", effect="marks", meaning="lines", source="the post", table="messages"),
)


class Plugin:
    @hook
    def cxaudit_register(self):
        yield Source(id="kiosk.post", read=self.read, tables=("threads",), markers=MARKERS)

    def read(self, request):  # noqa: ARG002 - what all readers take
        marks = Marks(MARKERS)

        def rows():
            for number in range(1, 11):
                if number <= 3:
                    yield "mails.csv", number, marks.left_out("auto-reply")
                    continue
                marks.count("internal-note")
                marks.count("bot")  # a line of a machine in each thread
                yield "mails.csv", number, {"thread_id": str(number), "opened_at": None}

        return Rows(rows=rows(), columns=("thread_id", "opened_at"), marked=marks.records)


def test_a_rule_that_takes_much_for_automatic_is_told(tmp_path):
    head, _, _ = AUDIT.partition("[sources.calls]")
    source = '[sources.mails]\nreader = "kiosk.post"\ntable = "threads"\npath = "mails.csv"\n'
    (tmp_path / "audit.toml").write_text(head + source + 'unit = "kiosk"\n')
    (tmp_path / "kiosk.toml").write_text(CHECKLIST)
    (tmp_path / "mails.csv").write_text("x")
    session = Session(plugins=[Plugin()])
    result = session.run(session.load(tmp_path / "audit.toml"))
    notes = [note for note in result.accounts[0].notes if getattr(note, "code", "") == CODE]
    assert [(note.values["rule"], note.values["n"], note.values["all"]) for note in notes] == [
        ("auto-reply", 3, 10)
    ]
