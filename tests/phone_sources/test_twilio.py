"""Twilio's call resources: legs as the API lists them become calls."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime

import pytest

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def at(seconds):
    return START + timedelta(seconds=seconds)


def leg(sid="CA1", *, parent=None, direction="inbound", status="completed", start=0, end=120, **o):
    return {
        "sid": sid,
        "account_sid": "AC0",
        "parent_call_sid": parent,
        "from": "+33140000001",
        "from_formatted": "01 40 00 00 01",
        "to": "+33140000999",
        "direction": direction,
        "status": status,
        "start_time": format_datetime(at(start)),
        "end_time": format_datetime(at(end)),
        "date_created": format_datetime(at(start)),
        "date_updated": format_datetime(at(end)),
        "duration": str(end - start),
        "answered_by": None,
        "caller_name": None,
        "forwarded_from": None,
        "queue_time": "0",
        "price": "-0.01",
        "price_unit": "EUR",
        "uri": f"/2010-04-01/Accounts/AC0/Calls/{sid}.json",
    } | o


def dialled(sid, *, parent="CA1", to="+33140000201", start=10, end=120, **others):
    return leg(sid, parent=parent, direction="outbound-dial", start=start, end=end, to=to, **others)


def read(export, *records, **options):
    page = {"calls": list(records), "page": 0, "page_size": 50, "next_page_uri": None}
    return export("twilio-calls", page, **options)


def test_a_call_put_through_is_one_row_of_all_its_legs(export):
    found = read(
        export,
        dialled("CA2", end=30, status="no-answer", duration="0"),
        leg(),
        dialled("CA3", to="client:ada", start=31, end=120),
    )
    assert found.row == {
        "call_id": "CA1",
        "chain_id": "CA1",
        "customer_key": "+33140000001",
        "agent": "client:ada",
        "direction": "in",
        "outcome": "answered",
        "started_at": at(0),
        "ended_at": at(120),
        "talk_s": 89,
    }
    assert found.places == [("part-0", 2)]
    assert found.notes == ["3 legs are of 1 calls"]
    assert {"queue_time", "price", "from_formatted"} <= set(found.unknown)


def test_a_completed_incoming_call_alone_does_not_tell_that_anybody_answered(export):
    found = read(export, leg())
    assert found.row["outcome"] is None
    text = "calls that Twilio answered itself and put through to nobody; outcome empty: 1"
    assert text in found.notes
    assert "wait_s" not in found.columns


@pytest.mark.parametrize(
    ("status", "outcome"),
    [("no-answer", "missed"), ("busy", "busy"), ("failed", "failed"), ("canceled", "missed")],
)
def test_what_became_of_the_last_leg_tells_how_an_unanswered_call_ended(export, status, outcome):
    row = read(export, leg(), dialled("CA2", status=status, duration=None)).row
    assert (row["outcome"], row["talk_s"], row["agent"]) == (outcome, None, None)
    assert read(export, leg(status=status)).row["outcome"] == outcome


@pytest.mark.parametrize(
    "machine", ["machine_start", "machine_end_beep", "machine_end_other", "fax"]
)
def test_a_machine_that_answers_is_nobody(export, machine):
    alone = leg(direction="outbound-api", answered_by=machine)
    assert read(export, alone).row["outcome"] == "missed"
    through = read(export, leg(), dialled("CA2", answered_by=machine)).row
    assert (through["outcome"], through["agent"]) == ("missed", None)


def test_an_outgoing_call_has_its_customer_at_the_other_end(export):
    row = read(export, leg(direction="outbound-api", answered_by="human")).row
    assert (row["direction"], row["outcome"], row["talk_s"]) == ("out", "answered", 120)
    assert row["customer_key"] == "+33140000999"


@pytest.mark.parametrize(
    ("option", "customer", "agent"),
    [
        ({}, None, None),
        ({"api_calls_first": "customer"}, "+33140000999", "+33140000201"),
        ({"api_calls_first": "agent"}, "+33140000201", "+33140000999"),
    ],
)
def test_who_is_the_customer_of_a_call_with_two_ends_is_asked_not_guessed(
    export, option, customer, agent
):
    found = read(export, leg(direction="outbound-api"), dialled("CA2"), **option)
    assert (found.row["customer_key"], found.row["agent"]) == (customer, agent)
    assert any("api_calls_first" in note for note in found.notes) == (not option)


@pytest.mark.parametrize("status", ["queued", "ringing", "in-progress"])
def test_calls_that_are_not_over_are_left_out(export, status):
    found = read(export, leg(status=status, end_time=None, duration=None))
    assert (found.rows, found.skipped) == ([], {"the call is not over": 1})
    assert read(export, leg(), dialled("CA2", status=status)).rows == []


def test_legs_of_a_call_outside_the_files_are_left_out(export):
    found = read(export, leg(), dialled("CA9", parent="CA8"), dialled("CA7", parent="CA7"))
    assert [row["call_id"] for row in found.rows] == ["CA1"]
    assert found.skipped == {"the call that the leg belongs to is outside the files": 2}


def test_of_a_leg_listed_twice_the_record_updated_last_is_kept(export):
    early = leg(status="in-progress", date_updated=format_datetime(at(5)))
    for order in ((early, leg()), (leg(), early)):
        found = read(export, *order)
        assert found.row["ended_at"] == at(120)
        assert sum(found.skipped.values()) == 1


def test_times_are_rfc_2822_or_as_the_libraries_write_them(export):
    row = read(export, leg(start_time="Mon, 02 Mar 2026 10:00:00 +0100")).row
    assert row["started_at"] == START
    assert read(export, leg(start_time="2026-03-02T09:00:00+00:00")).row["started_at"] == START


@pytest.mark.parametrize(
    "number", ["anonymous", "+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253", ""]
)
def test_a_withheld_number_is_nobodys_key_also_where_it_is_spelled_on_the_keys(export, number):
    found = read(export, leg(**{"from": number}))
    assert found.row["customer_key"] is None
    assert "calls without the customer's number: 1" in found.notes


def test_a_broken_leg_is_refused_with_all_its_problems(export):
    broken = leg(
        sid=None, status="done", direction="sideways", duration="long", start_time="soon",
        end_time="2026-03-02 09:00:00",
    )  # fmt: skip
    found = read(export, broken, leg())
    assert len(found.rows) == 1
    assert found.refused == [
        (
            1,
            (
                "sid is missing; direction is unknown; status is unknown; "
                "start_time is no time; end_time has no offset from UTC; duration is no number"
            ),
        )
    ]


def test_json_lines_and_pages_in_one_array_are_read(export):
    lines = "\n".join(json.dumps(leg(f"CA{n}")) for n in range(3))
    assert len(export("twilio-calls", lines).rows) == 3
    pages = [{"calls": [leg("CA1")]}, {"calls": [leg("CA2")]}]
    assert len(export("twilio-calls", pages).rows) == 2


def camel(record):
    """Return a record as Twilio's libraries for JavaScript write it."""
    words = {name: name.split("_") for name in record}
    names = {name: first + "".join(map(str.title, more)) for name, (first, *more) in words.items()}
    return {names[name]: value for name, value in record.items()}


def test_records_of_both_spellings_give_the_same_calls(export):
    records = [leg(), dialled("CA2", end=30, status="no-answer"), dialled("CA3", start=31)]
    for record in records:
        for name in ("start_time", "end_time", "date_updated"):
            record[name] = parsedate_to_datetime(record[name]).isoformat()
    assert read(export, *map(camel, records)).rows == read(export, *records).rows
    assert read(export, *map(camel, records)).unknown == read(export, *records).unknown


def test_a_call_cancelled_before_it_was_dialled_has_no_time_and_no_row(export):
    found = read(export, leg(), leg("CA2", status="canceled", start_time=None))
    assert len(found.rows) == 1
    assert found.skipped == {"the call was cancelled before it was dialled": 1}
