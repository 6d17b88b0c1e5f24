"""Asterisk's call detail records: rows of Master.csv, with and without a header, become calls."""

from __future__ import annotations

import csv
import io

import pytest

from cxaudit.errors import SourceError

BASE = (
    *("accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp"),
    *("lastdata", "start", "answer", "end", "duration", "billsec", "disposition", "amaflags"),
)
ALL = (*BASE, "uniqueid", "userfield", "peeraccount", "linkedid", "sequence")
CONTEXTS = {"inbound_contexts": ["from-trunk"], "outbound_contexts": ["from-internal"]}


def record(call="1.1", **others):
    return {
        "accountcode": "",
        "src": "0140000001",
        "dst": "100",
        "dcontext": "from-trunk",
        "clid": '"A, B" <0140000001>',
        "channel": "PJSIP/trunk-00000001",
        "dstchannel": "PJSIP/201-00000002",
        "lastapp": "Dial",
        "lastdata": "PJSIP/201,20",
        "start": "2026-03-02 10:00:00",
        "answer": "2026-03-02 10:00:12",
        "end": "2026-03-02 10:02:00",
        "duration": "120",
        "billsec": "108",
        "disposition": "ANSWERED",
        "amaflags": "DOCUMENTATION",
        "uniqueid": call,
        "userfield": "",
        "peeraccount": "",
        "linkedid": call,
        "sequence": "1",
    } | others


def written(*records, columns=ALL, header=False):
    out = io.StringIO()
    rows = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    if header:
        rows.writerow(columns)
    rows.writerows([each[name] for name in columns] for each in records)
    return out.getvalue()


def read(export, *records, **options):
    return export("asterisk-cdr", written(*records), **CONTEXTS | options)


def test_a_dialled_call_holds_what_the_record_tells(export):
    found = read(export, record())
    assert found.row == {
        "call_id": "1.1",
        "chain_id": "1.1",
        "customer_key": "0140000001",
        "queue": None,
        "agent": "PJSIP/201",
        "direction": "in",
        "outcome": "answered",
        "started_at": "2026-03-02T10:00:00",
        "answered_at": None,
        "ended_at": "2026-03-02T10:02:00",
        "talk_s": None,
        "ring_s": None,
    }
    assert found.notes == ["1 records are of 1 calls"]
    assert found.unknown == ["accountcode", "clid", "amaflags", "userfield", "peeraccount"]
    assert "wait_s" not in found.columns


def test_when_a_person_answered_is_told_only_where_nothing_answers_before(export):
    direct = read(export, record(), answers_directly=True).row
    assert (direct["answered_at"], direct["talk_s"], direct["ring_s"]) == (
        "2026-03-02T10:00:12",
        108,
        12,
    )
    out = read(export, record(dcontext="from-internal", src="201", dst="0140000009")).row
    assert (out["direction"], out["customer_key"], out["talk_s"]) == ("out", "0140000009", 108)
    assert out["agent"] == "PJSIP/trunk"


def menu(**others):
    return record(dstchannel="", lastapp="BackGround", lastdata="welcome") | others


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({}, "ivr"),
        ({"lastapp": "Playback"}, "ivr"),
        ({"lastapp": "Queue", "lastdata": "sales,t,,,300"}, "abandoned"),
        ({"lastapp": "VoiceMail", "lastdata": "201@default,u"}, "voicemail"),
        ({"lastapp": "Dial", "disposition": "NO ANSWER"}, "missed"),
        ({"lastapp": "Dial", "disposition": "BUSY"}, "busy"),
        ({"lastapp": "Dial", "disposition": "FAILED"}, "failed"),
        ({"lastapp": "Dial", "disposition": "CONGESTION"}, "failed"),
    ],
)
def test_answered_may_be_the_menu_the_queue_or_the_voicemail(export, fields, outcome):
    found = read(export, menu(**fields))
    assert (found.row["outcome"], found.row["agent"]) == (outcome, None)


def test_rows_of_one_linkedid_are_one_call(export):
    legs = [
        record(
            lastapp="Queue", lastdata="sales,t,,,300", dstchannel=f"PJSIP/20{n}-0000000{n}",
            start=f"2026-03-02 10:00:{n}0", end=f"2026-03-02 10:0{n}:59", sequence=str(n),
            disposition="ANSWERED" if n == 3 else "NO ANSWER", uniqueid=f"1.{n}",
        )
        for n in (1, 2, 3)
    ]  # fmt: skip
    found = read(export, legs[2], legs[0], record("2.1"), legs[1])
    row = found.of(call_id="1.1")
    assert (row["outcome"], row["queue"], row["agent"]) == ("answered", "sales", "PJSIP/203")
    assert row["started_at"] == "2026-03-02T10:00:10"
    assert row["ended_at"] == "2026-03-02T10:03:59"
    assert found.notes == ["4 records are of 2 calls"]
    assert found.places[0] == ("part-0", 1)


def test_a_local_channel_is_not_the_person_when_the_phone_behind_it_is_known(export):
    local = record(dstchannel="Local/201@from-queue-0000000a;1", sequence="1")
    phone = record(
        channel="Local/201@from-queue-0000000a;2", dstchannel="PJSIP/201-0000000b", sequence="2",
        dcontext="from-queue",
    )  # fmt: skip
    assert read(export, local, phone).row["agent"] == "PJSIP/201"
    assert read(export, local).row["outcome"] == "answered"


def test_a_context_that_no_option_names_gives_no_direction_and_no_customer(export):
    found = export("asterisk-cdr", written(record()))
    assert (found.row["direction"], found.row["customer_key"]) == (None, None)
    text = "calls of a context that no option names, direction empty (from-trunk): 1"
    assert text in found.notes


def test_files_with_and_without_a_header_and_of_every_layout_give_the_same(export):
    whole = export("asterisk-cdr", written(record()), **CONTEXTS).rows
    layouts = [ALL, (*BASE, "uniqueid", "peeraccount", "linkedid", "sequence")]
    layouts += [(*BASE, "uniqueid", "userfield"), (*BASE, "uniqueid")]
    for columns in layouts:
        for header in (True, False):
            text = written(record(), columns=columns, header=header)
            assert export("asterisk-cdr", text, **CONTEXTS).rows == whole
    mixed = export(
        "asterisk-cdr", written(record(), header=True), written(record("2.1")), **CONTEXTS
    )
    assert [row["call_id"] for row in mixed.rows] == ["1.1", "2.1"]
    assert mixed.places[0] == ("part-0", 2)


def test_a_table_with_calldate_is_read_and_tells_no_end(export):
    given = record()
    given["calldate"] = given["start"]
    columns = tuple(
        name if name != "start" else "calldate" for name in ALL if name not in {"answer", "end"}
    )
    row = export("asterisk-cdr", written(given, columns=columns, header=True), **CONTEXTS).row
    assert (row["started_at"], row["ended_at"]) == ("2026-03-02T10:00:00", None)


def test_a_layout_of_ones_own_is_named_by_the_option(export):
    own = ("start", "src", "dcontext", "dstchannel", "lastapp", "disposition", "uniqueid")
    text = written(record(), columns=own)
    with pytest.raises(SourceError, match="the first line has 7 fields and names no columns"):
        export("asterisk-cdr", text)
    assert export("asterisk-cdr", text, columns=list(own)).row["outcome"] == "answered"
    semicolons = text.replace('","', '";"')
    found = export("asterisk-cdr", semicolons, columns=list(own), separator=";")
    assert found.row["outcome"] == "answered"


def test_without_linkedid_each_record_is_a_call_and_the_account_says_so(export):
    text = written(record("1.1"), record("1.2"), columns=(*BASE, "uniqueid"))
    found = export("asterisk-cdr", text, **CONTEXTS)
    assert len(found.rows) == 2
    text = "records without linkedid, each a call of its own (set newcdrcolumns): 2"
    assert text in found.notes


def test_records_that_asterisk_writes_per_account_as_well_count_once(export):
    text = written(record(), record("2.1"))
    found = export("asterisk-cdr", text, text, **CONTEXTS)
    assert len(found.rows) == 2
    reason = "the record is in the files again (Asterisk writes it per account, too)"
    assert found.skipped == {reason: 2}


def test_a_broken_record_is_refused_with_all_its_problems(export):
    broken = record(
        "", linkedid="", start="02/03/2026", disposition="MAYBE", billsec="-1", duration="?",
    )  # fmt: skip
    found = read(export, broken, record())
    assert len(found.rows) == 1
    assert found.refused == [
        (
            1,
            (
                "start is no time; uniqueid and linkedid are missing (set loguniqueid "
                "in cdr.conf); disposition is unknown; duration is no number; "
                "billsec is negative"
            ),
        )
    ]
    mixed = read(export, record(end="2026-03-02 10:00:00+01:00"))
    assert mixed.refused == [(1, "some times have an offset from UTC and some have none")]


@pytest.mark.parametrize("number", ["", "anonymous", "Unknown"])
def test_a_withheld_number_is_nobodys_key(export, number):
    found = read(export, record(src=number))
    assert found.row["customer_key"] is None
    assert "calls without the customer's number: 1" in found.notes


def test_rows_cut_short_or_too_long_are_refused(export):
    text = written(record(), record("2.1"))
    cut = text[: text.rindex("ANSWERED")]
    found = export("asterisk-cdr", cut, **CONTEXTS)
    assert len(found.rows) == 1
    assert [number for number, _ in found.refused] == [2]
    found = export("asterisk-cdr", text + '"a",' * 40 + '"b"\n', **CONTEXTS)
    assert found.refused == [(3, "the row has 41 fields, and the header 21")]
