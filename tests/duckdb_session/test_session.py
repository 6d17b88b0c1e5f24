"""The session: dirty files in, every row accounted for; nothing else on the machine readable."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import json
import os
import signal
import threading
import time
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxaudit._engines.duckdb.local import evaluated
from cxaudit._engines.duckdb.session import connect
from cxaudit._expressions import parse
from cxaudit._model.tables import ColumnRows
from cxaudit._model.zones import spans
from cxaudit._sources import spool
from cxaudit._sources.columnar import read_parquet
from cxaudit._sources.delimited import read_csv
from cxaudit._sources.documents import read_jsonl
from cxaudit.errors import SourceError
from cxaudit.plugin import ReadRequest, RowQuery, Rows, SourceUse, TableLoad
from tests.support.records import TABLE, ZONES


@pytest.fixture
def session():
    opened = connect()
    yield opened
    opened.close()


def scan_of(folder, contents, read=read_csv, suffix=".csv", **options):
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for number, content in enumerate(contents):
        path = folder / f"f{number}{suffix}"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        files.append(path)
    use = SourceUse(name="s", reader="r", table="calls", paths=("x",), options=options)
    return read(ReadRequest(use=use, files=tuple(files), scratch=folder / "scratch"))


def load_of(scan, columns, where=None, **more):
    raw = dict.fromkeys(scan.columns, "text")
    return TableLoad(
        source="calls",
        table=TABLE,
        scan=scan,
        columns={name: parse(expression, raw, {}) for name, expression in columns.items()},
        where=parse(where, raw, {}, expect="boolean") if where else None,
        **{"unit_zones": ZONES, **more},
    )


def loaded(session, folder, scan, columns, where=None, **more):
    session.open(scan.files, folder / "scratch")
    account = session.load(load_of(scan, columns, where, **more)).account
    return account, all_rows(session)


def hand(*rows):
    return ColumnRows.of(TABLE, rows)


def all_rows(session, table="calls"):
    return [row for batch in session.rows(RowQuery(table=table)) for row in batch]


def test_null_empty_zero_and_not_available_stay_different(session, tmp_path):
    scan = scan_of(tmp_path, ['id,n\n1,\n2,""\n3,0\n4,N/A\n5," "\n'])
    account, rows = loaded(session, tmp_path, scan, {"call_id": "id", "note": "n", "wait_s": "n"})
    assert [row["note"] for row in rows] == [None, "", "0", "N/A", " "]
    assert [row["wait_s"] for row in rows] == [None, None, 0.0, None, None]
    assert account.unreadable == {"wait_s": 3}
    assert account.missing_columns == ("at", "ok", "day")


def test_ragged_rows_are_refused_with_their_row_and_text(session, tmp_path):
    scan = scan_of(tmp_path, ['id,n\n1,a\n2\n3,c,d\n4,"x\ny"\n5\n6,f\n'])
    quarantine = tmp_path / "q" / "calls.jsonl"
    account, rows = loaded(
        session, tmp_path, scan, {"call_id": "id", "note": "n"}, quarantine=quarantine
    )
    assert [(row["_row"], row["call_id"]) for row in rows] == [(1, "1"), (4, "4"), (6, "6")]
    assert (account.read, account.kept, sum(account.rejected.values())) == (6, 3, 3)
    refused = [json.loads(line) for line in quarantine.read_text().splitlines()]
    assert [(row["row"], row["raw"]) for row in refused] == [(2, "2"), (3, "3,c,d"), (5, "5")]
    assert quarantine.stat().st_mode & 0o777 == 0o600
    assert account.quarantined_to == str(quarantine)


def test_an_open_quote_says_how_much_was_lost(session, tmp_path):
    scan = scan_of(tmp_path, ['id,n\n1,a\n2,"open\n' + "3,c\n" * 10])
    account, _ = loaded(session, tmp_path, scan, {"call_id": "id"})
    assert (account.read, account.kept) == (2, 1)
    assert "row 2" in account.notes[0]
    assert "11" in account.notes[0]


@pytest.mark.parametrize(
    "content",
    [
        b"id;n\r\n1;a\n2;b\r\n",
        b"id\tn\r1\ta\r2\tb\r",
        "id,n\n1,a\n2,b\n".encode("utf-16"),
        b"\xef\xbb\xbfid,n\n1,a\n2,b",
        b"\n\nid,n\n\n1,a\n\n2,b\n\n",
        b'id,"n"\r\n"1","a"\r\n"2",b\r\n',
    ],
)
def test_shapes_of_the_same_two_rows(session, tmp_path, content):
    scan = scan_of(tmp_path, [content])
    account, rows = loaded(session, tmp_path, scan, {"call_id": "id", "note": "n"})
    assert [(row["call_id"], row["note"]) for row in rows] == [("1", "a"), ("2", "b")]
    assert account.read == account.kept == 2


def test_nul_bytes_and_a_field_of_a_megabyte_come_through(session, tmp_path):
    long = "x" * 1_000_000
    scan = scan_of(tmp_path, [f"id,n\n1,a\x00b\n2,{long}\n".encode()])
    _, rows = loaded(session, tmp_path, scan, {"call_id": "id", "note": "n"})
    assert [row["note"] for row in rows] == ["a\x00b", long]


def test_a_header_alone_gives_no_rows(session, tmp_path):
    scan = scan_of(tmp_path, ["id,n\n", "", "n,id\nx,7\n"])
    account, rows = loaded(session, tmp_path, scan, {"call_id": "id", "note": "n"})
    assert account.read == 1
    assert (rows[0]["call_id"], rows[0]["note"], rows[0]["_source"]) == ("7", "x", "f2.csv")


def test_double_keys_keep_the_first_over_files_and_loads(session, tmp_path):
    scan = scan_of(tmp_path, ["id,n\n1,a\n2,b\n1,c\n,x\n,y\n", "id,n\n2,d\n3,e\n"])
    session.open(scan.files, tmp_path / "scratch")
    first = session.load(load_of(scan, {"call_id": "id", "note": "n"})).account
    again = session.load(load_of(scan, {"call_id": "id", "note": "n"})).account
    assert first.rejected == {"the key repeats: call_id": 2}
    assert again.kept == 2
    assert sorted(row["note"] for row in all_rows(session)) == ["a", "b", "e", "x", "x", "y", "y"]


def test_a_required_value_that_cannot_be_read_refuses_its_row(session, tmp_path):
    scan = scan_of(tmp_path, ["id\n7\nabc\n"])
    columns = {"call_id": "case when number(id) is not null then id end"}
    account, rows = loaded(session, tmp_path, scan, columns)
    assert [row["call_id"] for row in rows] == ["7"]
    assert account.rejected == {"required column call_id cannot be read": 1}


def test_a_guarded_conversion_is_not_counted_as_unreadable(session, tmp_path):
    scan = scan_of(tmp_path, ["id,n\n1,N/A\n2,5\n3,x\n"])
    columns = {"call_id": "id", "wait_s": "case when n <> 'N/A' then number(n) end"}
    account, _ = loaded(session, tmp_path, scan, columns)
    assert account.unreadable == {"wait_s": 1}


def test_rows_left_out_by_where_are_skipped_not_refused(session, tmp_path):
    scan = scan_of(tmp_path, ["id,n\n1,TEST\n2,\n3,x\n"])
    account, rows = loaded(session, tmp_path, scan, {"call_id": "id"}, "n <> 'TEST'")
    assert [row["call_id"] for row in rows] == ["3"]  # a null condition does not hold
    assert (account.read, account.kept, account.skipped) == (3, 1, 2)


def test_unit_codes_aliases_and_unknown_codes(session, tmp_path):
    scan = scan_of(tmp_path, ["id,u\n1,0042\n2,root\n3,what\n4,what\n5,\n"])
    account, rows = loaded(
        session, tmp_path, scan, {"call_id": "id", "unit": "u"}, unit_aliases={"0042": "east"}
    )
    assert [row["unit"] for row in rows] == ["east", "root", None, None, None]
    assert [row["_zone"] for row in rows][:3] == [
        "America/New_York",
        "Europe/Paris",
        "Europe/Paris",
    ]
    assert account.unmatched_units == {"": 1, "what": 2}
    assert {row["touchpoint"] for row in rows} == {"phone"}


def test_types_are_read_from_text(session, tmp_path):
    scan = scan_of(tmp_path, ["id,ok,day,w\n1,Yes,2026-04-01,1e3\n2,0,2026-02-30,inf\n"])
    columns = {"call_id": "id", "ok": "ok", "day": "day", "wait_s": "w"}
    account, rows = loaded(session, tmp_path, scan, columns)
    assert (rows[0]["ok"], rows[0]["day"], rows[0]["wait_s"]) == (True, dt.date(2026, 4, 1), 1000.0)
    assert (rows[1]["ok"], rows[1]["day"], rows[1]["wait_s"]) == (False, None, None)
    assert account.unreadable == {"day": 1, "wait_s": 1}


def test_times_with_offsets_need_no_zone_and_local_ones_do(session, tmp_path):
    scan = scan_of(tmp_path, ["id,at\n1,2026-04-01T10:00:00+02:00\n2,2026-04-01 10:00:00Z\n"])
    _, rows = loaded(session, tmp_path, scan, {"call_id": "id", "at": "at"})
    assert [row["at"].hour for row in rows] == [8, 10]
    local = scan_of(tmp_path / "b", ["id,at\n1,2026-04-01T10:00:00\n"])
    other = connect()
    other.open(local.files, tmp_path / "b" / "scratch")
    with pytest.raises(SourceError) as caught:
        other.load(load_of(local, {"call_id": "id", "at": "at"}))
    assert "'at'" in caught.value.problems[0].message
    assert "zone" in caught.value.problems[0].hint
    account = other.load(load_of(local, {"call_id": "id", "at": "at"}, zone="Asia/Kolkata")).account
    assert account.kept == 1
    assert all_rows(other)[0]["at"] == dt.datetime(2026, 4, 1, 4, 30, tzinfo=dt.UTC)
    other.close()


def test_an_unknown_zone_is_an_error(session, tmp_path):
    scan = scan_of(tmp_path, ["id\n1\n"])
    session.open(scan.files, tmp_path / "scratch")
    with pytest.raises(SourceError, match="Mars/Olympus"):
        session.load(load_of(scan, {"call_id": "id"}, zone="Mars/Olympus"))


LOCAL_TIMES = st.datetimes(dt.datetime(1950, 1, 1), dt.datetime(2090, 1, 1)).map(  # noqa: DTZ001
    lambda at: at.replace(microsecond=0)
)
NEAR_CHANGES = st.builds(
    lambda day, seconds: day + dt.timedelta(seconds=seconds),
    st.sampled_from(
        [
            dt.datetime(2022, 3, 27, 2),  # noqa: DTZ001
            dt.datetime(2022, 10, 30, 2),  # noqa: DTZ001
            dt.datetime(2022, 3, 13, 2),  # noqa: DTZ001
            dt.datetime(2022, 11, 6, 1),  # noqa: DTZ001
            dt.datetime(2011, 12, 30, 0),  # noqa: DTZ001
            dt.datetime(2022, 4, 3, 1, 30),  # noqa: DTZ001
        ]
    ),
    st.integers(-90_000, 90_000),
)


def oddness(local, zone):
    """Return 'twice', 'never' or None by asking the zone data both ways."""
    first, second = (local.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return None
    back = first.astimezone(dt.UTC).astimezone(zone).replace(tzinfo=None)
    return "twice" if back == local else "never"


@settings(max_examples=25, deadline=None)
@given(
    times=st.lists(LOCAL_TIMES | NEAR_CHANGES, min_size=1, max_size=60),
    name=st.sampled_from(
        ["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "UTC"]
    ),
)
def test_local_times_agree_with_the_zone_data(tmp_path_factory, times, name):
    folder = tmp_path_factory.mktemp("zone")
    body = "".join(f"{i},{at.isoformat(sep=' ')}\n" for i, at in enumerate(times))
    scan = scan_of(folder, ["id,at\n" + body])
    session = connect()
    account, rows = loaded(session, folder, scan, {"call_id": "id", "at": "time(at)"}, zone=name)
    session.close()
    zone = ZoneInfo(name)
    assert [row["at"] for row in rows] == [
        at.replace(tzinfo=zone).astimezone(dt.UTC) for at in times
    ]
    odd = [oddness(at, zone) for at in times]
    assert account.ambiguous_times == odd.count("twice")
    assert account.skipped_times == odd.count("never")


def test_each_unit_has_its_own_clock(session, tmp_path):
    scan = scan_of(tmp_path, ["id,u,at\n1,root,2022-10-30 02:30:00\n2,east,2022-03-13 02:30:00\n"])
    columns = {"call_id": "id", "unit": "u", "at": "at"}
    account, rows = loaded(session, tmp_path, scan, columns, zone="unit")
    # Paris: first of the two, still at +2. New York: never shown, moved on to 03:30 at -4.
    assert rows[0]["at"] == dt.datetime(2022, 10, 30, 0, 30, tzinfo=dt.UTC)
    assert rows[1]["at"] == dt.datetime(2022, 3, 13, 7, 30, tzinfo=dt.UTC)
    assert (account.ambiguous_times, account.skipped_times) == (1, 1)


def test_spans_of_a_zone_without_changes_are_one():
    (span,) = spans("Asia/Tokyo", 2000, 2020)
    assert span.offset == 9 * 3600
    with pytest.raises(ValueError, match="Nowhere"):
        spans("Nowhere", 2000, 2000)


CELL = st.text(st.sampled_from('ab1,;"\n\r\t é\x00'), max_size=6)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.lists(CELL, min_size=1, max_size=4), max_size=20),
    broken=st.lists(st.text(st.sampled_from('ab,"\n'), max_size=8), max_size=3),
)
def test_every_row_read_is_kept_skipped_or_refused(tmp_path_factory, rows, broken):
    folder = tmp_path_factory.mktemp("rows")
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["id", "n"])
    writer.writerows(rows)
    content = text.getvalue() + "\n".join(broken) + "\n"
    scan = scan_of(folder, [content, "id,n\n1,2\na,b\n"], separator=",")
    quarantine = folder / "q.jsonl"
    session = connect()
    account, kept = loaded(
        session, folder, scan, {"call_id": "id", "note": "n", "wait_s": "n"},
        "n is null or n <> 'a'", quarantine=quarantine,
    )  # fmt: skip
    session.close()
    refused = quarantine.read_text().splitlines() if quarantine.exists() else []
    assert account.read == account.kept + account.skipped + sum(account.rejected.values())
    assert len(kept) == account.kept
    assert len(refused) == sum(account.rejected.values())
    places = [(row["_source"], row["_row"]) for row in kept]
    assert len(set(places)) == len(places)


def test_json_lines_and_spooled_rows_load_alike(session, tmp_path):
    lines = '{"id": "1", "n": 1.5, "x": {"y": 2}}\nnot json\n[2]\n\n{"id": "2", "n": null}\n'
    scan = scan_of(tmp_path, [lines], read_jsonl, ".jsonl")
    account, rows = loaded(session, tmp_path, scan, {"call_id": "id", "wait_s": "n", "note": "x"})
    assert [(row["_row"], row["wait_s"], row["note"]) for row in rows] == [
        (1, 1.5, '{"y":2}'),
        (5, None, None),
    ]
    assert account.rejected == {"the line is not a JSON object": 2}
    other = connect()
    given_rows = Rows(rows=[("f", 3, {"id": 1, "n": True}), ("f", 9, ValueError("bad cell"))])
    spooled = spool(given_rows, tmp_path / "spool")
    account, rows = loaded(other, tmp_path, spooled, {"call_id": "id", "ok": "n"})
    other.close()
    assert [(row["_source"], row["_row"], row["call_id"], row["ok"]) for row in rows] == [
        ("f", 3, "1", True)
    ]
    assert (account.read, account.rejected) == (2, {"bad cell": 1})


def test_parquet_values_are_read_as_text(session, tmp_path):
    path = tmp_path / "a.parquet"
    duckdb.sql(
        "SELECT 9007199254740993 AS id, 1.5 AS n, TIMESTAMPTZ '2026-04-01 10:00:00+02' AS at, "
        "NULL::VARCHAR AS x"
    ).write_parquet(str(path))
    use = SourceUse(name="s", reader="r", table="calls", paths=("a",))
    scan = read_parquet(ReadRequest(use=use, files=(path,), scratch=tmp_path / "scratch"))
    columns = {"call_id": "id", "wait_s": "n", "at": "at", "note": "x"}
    _, rows = loaded(session, tmp_path, scan, columns)
    assert rows[0]["call_id"] == "9007199254740993"
    assert rows[0]["wait_s"] == 1.5
    assert rows[0]["at"] == dt.datetime(2026, 4, 1, 8, tzinfo=dt.UTC)
    assert rows[0]["note"] is None


def test_a_file_broken_after_the_scan_is_an_error_that_names_it(session, tmp_path):
    scan = scan_of(tmp_path, [gzip.compress(b"id,n\n1,2\n")], suffix=".csv.gz")
    scan.files[0].write_bytes(scan.files[0].read_bytes()[:-12])
    session.open(scan.files, tmp_path / "scratch")
    with pytest.raises(SourceError, match=r"f0\.csv\.gz"):
        session.load(load_of(scan, {"call_id": "id"}))


HOSTILE = [
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_text('{secret}')",
    "SELECT * FROM '{secret}'",
    "COPY (SELECT 1) TO '{secret}.copy'",
    "ATTACH '{secret}.db'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET enable_external_access = true",
    "SET lock_configuration = false",
    "SET allowed_directories = ['/']",
    "SELECT * FROM read_csv('{scratch}/../secret.csv')",
    "SELECT * FROM glob('/etc/*')",
    "SELECT * FROM python_rows",
]


@pytest.mark.parametrize("statement", HOSTILE)
def test_nothing_else_can_be_read_written_or_set(session, tmp_path, statement):
    python_rows = [1]
    assert python_rows
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    scan = scan_of(tmp_path / "in", ["id\n1\n"])
    loaded(session, tmp_path / "in", scan, {"call_id": "id"})
    text = statement.format(secret=secret, scratch=tmp_path / "in" / "scratch")
    with pytest.raises(duckdb.Error):
        session._connection.unguarded.execute(text).fetchall()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "secret.csv"]


def test_rows_at_hand_and_expressions_over_them(session, tmp_path):
    session.open((), tmp_path)
    session.add(TABLE)
    at = dt.datetime(2026, 4, 1, 10, tzinfo=dt.timezone(dt.timedelta(hours=2)))
    session.add(
        TABLE,
        ColumnRows.of(
            TABLE, [{"call_id": str(i), "at": at, "_row": i, "other": 1} for i in range(5000)]
        ),
    )
    assert session.count(RowQuery(table="calls")) == 5000
    assert all_rows(session)[0]["at"] == at


def test_expressions_over_rows_at_hand():
    """A value that does not fit the type of its column, or is not there, counts as null."""
    columns = {"format": "text", "seats": "number"}
    texts = ["format <> 'kiosk' and seats > 10", "upper(format)", "seats * 2"]
    rows = [{"format": "shop", "seats": 20}, {"format": "kiosk"}, {"seats": 20}, {"seats": "x"}]
    condition, name, double = evaluated([parse(text, columns, {}) for text in texts], rows)
    assert condition == [True, False, None, None]
    assert name == ["SHOP", "KIOSK", None, None]
    assert double == [40, None, 40, None]
    assert evaluated([parse("true", {}, {})], []) == [[]]


def test_rows_at_hand_stand_beside_those_of_files(session, tmp_path):
    """Added before, between and after loads, each row is there once."""
    scan = scan_of(tmp_path, ["id,n\n1,a\n2,b\n"])
    session.open(scan.files, tmp_path / "scratch")
    session.add(
        TABLE,
        ColumnRows.of(TABLE, [{"call_id": "0", "note": "before", "_source": "hand", "_row": 1}]),
    )
    session.load(load_of(scan, {"call_id": "id", "note": "n"}))
    session.add(TABLE, hand({"call_id": "9", "_source": "hand", "_row": 2}))
    again = session.load(load_of(scan, {"call_id": "id", "note": "n"})).account
    session.add(TABLE, hand({"call_id": "10", "_source": "hand", "_row": 3}))
    assert again.rejected == {"the key repeats: call_id": 2}
    rows = [(row["_source"], row["_row"], row["call_id"], row["note"]) for row in all_rows(session)]
    assert rows == [
        ("f0.csv", 1, "1", "a"),
        ("f0.csv", 2, "2", "b"),
        ("hand", 1, "0", "before"),
        ("hand", 2, "9", None),
        ("hand", 3, "10", None),
    ]


def test_phrases_are_found_with_places_in_characters(session, tmp_path):
    session.open((), tmp_path)
    text = "\U0001f600 concat CAT \ue000 cat, Über uns"
    session.add(
        TABLE, ColumnRows.of(TABLE, [{"call_id": "1", "note": text, "_source": "f", "_row": 1}])
    )
    session.add(
        TABLE, ColumnRows.of(TABLE, [{"call_id": "2", "note": None, "_source": "f", "_row": 2}])
    )
    found = session.find_phrases("calls", "note", [r"\bcat\b", "über", "z*"], None).columns
    assert found["pattern"].tolist() == [0, 0, 1]
    assert found["quote"].tolist() == ["CAT", "cat", "Über"]
    assert found["start"].tolist() == [9, 15, 20]
    assert all(
        text[start:].startswith(quote)
        for start, quote in zip(found["start"], found["quote"], strict=True)
    )


def test_ctrl_c_stops_a_long_statement_and_closes_the_session(tmp_path):
    session = connect()
    session.open((), tmp_path)
    long = "SELECT count_if((a.range * b.range) % 7 = 3) FROM range(10000000) a, range(10000000) b"

    def interrupt():
        time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGINT)

    began = time.monotonic()
    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        session._connection.guard(lambda connection: connection.execute(long).fetchall())
    assert time.monotonic() - began < 10
    with pytest.raises(duckdb.ConnectionException):
        session.count(RowQuery(table="calls"))


@pytest.mark.parametrize("read", ["rows", "phrases"])
def test_ctrl_c_stops_the_reading_of_rows_and_phrases(tmp_path, read):
    """Sorting three million rows takes far longer than to stop it."""
    session = connect()
    session.open((), tmp_path)
    session.add(TABLE, hand({"call_id": "c1", "note": "a cat"}))
    session._connection.do(
        "INSERT INTO calls (call_id, note, _source, _row) "
        "SELECT range::VARCHAR, repeat(sha256(range::VARCHAR), 3), 'f', -range FROM range(3000000)"
    )
    began = time.monotonic()
    threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
    batches = {
        "rows": lambda: session.rows(RowQuery(table="calls")),
        "phrases": lambda: session.find_phrases("calls", "note", ["(a.*b.*c.*0)+$"], None),
    }
    with pytest.raises(KeyboardInterrupt):
        list(batches[read]())
    assert time.monotonic() - began < 10
    with pytest.raises(duckdb.ConnectionException):
        session.count(RowQuery(table="calls"))


def test_a_load_tells_the_first_and_last_instant_that_it_kept(session, tmp_path):
    """Those of refused rows are not among them, and a column without any has none."""
    text = (
        "id,at\n1,2026-03-02T10:00:00Z\n2,2026-03-01T23:30:00-02:00\n3,\n"
        "1,2020-01-01T00:00:00Z\n4,2026-03-05T00:00:00Z\n"
    )
    scan = scan_of(tmp_path, [text])
    session.open(scan.files, tmp_path / "scratch")
    outcome = session.load(load_of(scan, {"call_id": "id", "at": "at"}))
    assert outcome.account.kept == 4
    assert outcome.instants == {
        "at": (
            dt.datetime(2026, 3, 2, 1, 30, tzinfo=dt.UTC),
            dt.datetime(2026, 3, 5, tzinfo=dt.UTC),
        )
    }
    empty = session.load(load_of(scan, {"call_id": "id || 'x'", "at": "at"}, "at is null"))
    assert (empty.account.kept, empty.instants) == (1, {})


def test_values_of_rows_at_hand_come_back_as_they_were(session):
    """Nulls of each type are null; whole numbers of rows are exact; times are instants."""
    at = dt.datetime(2026, 3, 29, 2, 30, 0, 123456, tzinfo=dt.timezone(dt.timedelta(hours=-3)))
    full = {
        "call_id": "ü\0\U0001f600",
        "at": at,
        "ok": False,
        "wait_s": 0.1,
        "day": dt.date(1899, 12, 31),
        "_row": 2**60 + 1,
        "_source": "f",
    }
    session.add(TABLE, hand(full, dict.fromkeys(full) | {"_row": 1, "_source": "f"}))
    empty, row = all_rows(session)
    assert {name: row[name] for name in full} == full
    assert {empty[name] for name in full} == {None, 1, "f"}


@pytest.mark.parametrize(
    ("name", "value"),
    [("wait_s", "long"), ("ok", "yes"), ("ok", 2), ("at", 5), ("at", "soon"), ("_row", 1.5)],
)
def test_a_value_of_another_type_is_refused(name, value):
    with pytest.raises((TypeError, ValueError)):
        hand({"call_id": "c", name: value})
