"""An audit needs no files: checklists, records, cases and answers may be values, checked alike."""

from __future__ import annotations

import csv
import json
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import attrs
import duckdb
import numpy as np
import pyarrow as pa
import pytest

from cxaudit.errors import (
    AnswersError,
    AuditFileError,
    ChecklistError,
    SourceError,
    UnknownNameError,
)
from tests.embedding.conftest import ANSWERS, AUDIT, CASES, CHECKLIST, calls, content

TOML = """
cxaudit = 1
[checklist]
id = "acme.text"
version = "1"
title = "As text"
[[item]]
id = "phone.polite"
area = "interpersonal"
touchpoints = ["phone"]
title = "People are polite on the phone"
ask = { method = "observe", answer = "yes-no" }
"""
# A key twice, one without; an unknown unit; the hours that Paris' clock skips and shows twice.
HOSTILE = [
    {"call_id": "a", "unit": "north", "outcome": "answered", "started_at": "2026-03-29 02:30:00"},
    {"call_id": "b", "unit": "south", "outcome": "lost", "started_at": "2026-10-25 02:30:00"},
    {"call_id": "b", "unit": "south", "outcome": "lost", "started_at": "2026-10-25 12:30:00"},
    {"call_id": None, "unit": "north", "outcome": "answered", "started_at": "2026-03-01 09:00:00"},
    {"call_id": "d", "unit": "nowhere", "outcome": None, "started_at": None},
]


def by_column(rows):
    return {name: [row[name] for row in rows] for name in rows[0]}


def frame_of_pandas(rows):
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    return pandas.DataFrame(rows)


def timed_frame_of_pandas(rows):
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    frame = pandas.DataFrame(rows)
    return frame.assign(started_at=pandas.to_datetime(frame["started_at"]))


def frame_of_polars(rows):
    return pytest.importorskip("polars", reason="polars is not installed").DataFrame(rows)


def relation_of_duckdb(rows):
    table = pa.Table.from_pylist(rows)
    connection = duckdb.connect()
    connection.register("records", table)
    return connection.sql("SELECT * FROM records")


KINDS = {
    "dicts": list,
    "a generator": lambda rows: (row for row in rows),
    "pandas": frame_of_pandas,
    "pandas with times": timed_frame_of_pandas,
    "polars": frame_of_polars,
    "arrow": pa.Table.from_pylist,
    "batches of arrow": lambda rows: pa.Table.from_pylist(rows).to_reader(),
    "arrays": lambda rows: {
        name: np.array(column, dtype=object) for name, column in by_column(rows).items()
    },
    "a relation": relation_of_duckdb,
}


def undirected(finding):
    """A row without a time is a cluster by itself, told apart by the name of its file."""
    return attrs.evolve(finding, direction=None)


def of_file(session, rows, folder):
    with (folder / "calls.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    settings = {"reader": "csv", "table": "calls", "path": "calls.csv", "zone": "unit"}
    audit = {**AUDIT, "sources": {"calls": settings}}
    return session.run(session.load_data(audit, checklists=[CHECKLIST], folder=folder))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rows", [calls(), HOSTILE], ids=["good", "hostile"])
def test_records_at_hand_give_what_a_file_of_them_gives(session, tmp_path, kind, rows):
    expected = of_file(session, rows, tmp_path)
    audit = session.load_data(
        content(), checklists=[CHECKLIST], sources={"calls": KINDS[kind](rows)}
    )
    for result in (session.run(audit), session.run(audit)):
        assert [*map(undirected, result.findings)] == [*map(undirected, expected.findings)]
        (account,), (of_csv,) = result.accounts, expected.accounts
        for name in ("read", "kept", "rejected", "unmatched_units", "unreadable"):
            assert getattr(account, name) == getattr(of_csv, name), name
        assert account.ambiguous_times == of_csv.ambiguous_times
        assert account.skipped_times == of_csv.skipped_times
        assert [note.replace("(calls:", "(calls.csv:") for note in account.notes] == [*of_csv.notes]
        assert list(account.files) == ["calls"]
        assert result.problems == ()


def test_a_mapping_and_all_else_that_is_said_of_a_source_holds_for_records(session):
    records = [{"Id": 7, "Ok": "yes"}, {"Id": 8, "Ok": "no"}, {"Id": 9, "Ok": "test"}]
    settings = {
        "table": "calls",
        "unit": "north",
        "where": "Ok <> 'test'",
        "columns": {
            "call_id": "Id",
            "outcome": "case when Ok = 'yes' then 'answered' else 'lost' end",
        },
    }
    audit = session.load_data(
        {**AUDIT, "sources": {"dialler": settings}},
        checklists=[CHECKLIST],
        sources={"dialler": records},
    )
    (account,) = session.run(audit).accounts
    assert (account.source, account.kept, account.skipped) == ("dialler", 2, 1)


def test_values_of_dicts_count_as_the_text_that_they_would_be(session):
    row = {
        "call_id": UUID(int=1),
        "unit": np.str_("north"),
        "outcome": "answered",
        "started_at": datetime.fromisoformat("2026-03-02T09:30"),
        "wait_s": Decimal("12.5"),
        "talk_s": np.float32(60),
    }
    further = {"call_id": "2", "unit": "north", "wait_s": float("nan"), "talk_s": object()}
    records = [row, further, ["call"], None]
    audit = session.load_data(content(), checklists=[CHECKLIST], sources={"calls": records})
    (account,) = session.run(audit).accounts
    assert (account.read, account.kept) == (4, 1)
    assert account.rejected == {
        "a object is no text, number, boolean or time": 1,
        "the row is a list, not a dict": 1,
        "the row is a NoneType, not a dict": 1,
    }
    assert [row.row for row in account.samples] == [2, 3, 4]


@pytest.mark.parametrize("empty", [[], (), pa.table({"call_id": pa.array([], "string")})])
def test_no_records_are_no_error(session, empty):
    audit = session.load_data(content(), checklists=[CHECKLIST], sources={"calls": empty})
    result = session.run(audit)
    assert result.accounts[0].read == 0
    assert {finding.state.label for finding in result.findings} <= {
        "unavailable",
        "unanswered",
        "insufficient",
        "not_applicable",
    }


@pytest.mark.parametrize(
    ("records", "message"),
    [
        (5, "the source 'calls': a int holds no rows. Give a data frame"),
        ("calls.csv", "the source 'calls': a str holds no rows. A file is named in the audit"),
        ({"call_id": ["a"]}, "the source 'calls': a dict holds no rows"),
    ],
)
def test_what_holds_no_rows_is_refused_at_once(session, records, message):
    with pytest.raises(TypeError, match=message):
        session.load_data(content(), checklists=[CHECKLIST], sources={"calls": records})


def test_a_frame_that_is_not_computed_yet_is_refused_with_what_to_do(session):
    polars = pytest.importorskip("polars", reason="polars is not installed")
    with pytest.raises(TypeError, match="Give what its `collect"):
        session.load_data(content(), sources={"calls": polars.LazyFrame(calls())})


def test_a_table_that_fits_nothing_names_its_columns(session):
    records = pa.table({"number": [1]})
    audit = session.load_data(content(), checklists=[CHECKLIST], sources={"calls": records})
    for check in (session.run, session.validate):
        with pytest.raises((SourceError, AuditFileError), match="have: number") as error:
            check(audit)
        (problem,) = error.value.problems
        assert (problem.file, problem.line, problem.path) == ("<audit>", None, "sources.calls")


def test_records_of_a_source_with_a_reader_are_given_twice(session):
    settings = {"reader": "csv", "path": "calls.csv", "table": "calls"}
    with pytest.raises(AuditFileError, match="given twice") as error:
        session.load_data(
            {**AUDIT, "sources": {"calls": settings}},
            checklists=[CHECKLIST],
            sources={"calls": calls()},
        )
    assert error.value.problems[0].path == "sources.calls.reader"


def test_a_file_cannot_name_the_reader_of_records(session, tmp_path):
    (tmp_path / "calls.csv").write_text("call_id\na\n")
    settings = {"reader": "table", "path": "calls.csv", "table": "calls"}
    audit = session.load_data(
        {**AUDIT, "sources": {"calls": settings}}, checklists=[CHECKLIST], folder=tmp_path
    )
    with pytest.raises(SourceError, match="takes records from Python"):
        session.run(audit)


@pytest.mark.parametrize("good", range(8))
def test_a_table_that_cannot_be_read_any_more_is_an_error_that_names_its_source(session, good):
    """As a relation whose connection was closed, or is used by another thread, in any step."""

    class Ending:
        table, left = pa.Table.from_pylist(calls()), good

        def __arrow_c_stream__(self, schema=None):
            self.left -= 1
            if self.left < 0:
                message = "the connection is closed"
                raise LookupError(message)
            return self.table.__arrow_c_stream__(schema)

    audit = session.load_data(content(), checklists=[CHECKLIST], sources={"calls": Ending()})
    problems = ()
    try:
        assert session.run(audit).accounts[0].kept == 4
    except SourceError as error:
        problems = error.problems
    assert problems or good > 1  # it is asked for its columns, and to be copied
    for problem in problems:
        assert problem.file == "calls"
        assert "the connection is closed" in problem.message


def test_rows_that_are_no_dicts_are_refused_together(session):
    audit = session.load_data(content(), checklists=[CHECKLIST], sources={"calls": [("a", "b")]})
    with pytest.raises(SourceError, match="its rows are tuple, and should be dicts"):
        session.run(audit)


HOSTILE_FRAMES = {
    "columns of one name": lambda pd: pd.DataFrame(
        [["a", "north", "x"]], columns=["call_id", "unit", "unit"]
    ),
    "categories": lambda pd: pd.DataFrame(calls()).astype({"outcome": "category"}),
    "times with a zone": lambda pd: pd.DataFrame(calls()).assign(
        started_at=pd.date_range("2026-03-29", periods=4, freq="h", tz="Europe/Paris")
    ),
    "what is missing": lambda pd: pd.DataFrame(calls()).assign(
        wait_s=pd.array([1, None, 3, 4], dtype="Int64")
    ),
    "values of all kinds": lambda pd: pd.DataFrame(calls()).assign(wait_s=[1, "2", None, [3]]),
    "no rows": lambda pd: pd.DataFrame(calls()).iloc[:0],
}


@pytest.mark.parametrize("frame", HOSTILE_FRAMES)
def test_data_frames_of_every_make_are_read(session, frame):
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    records = HOSTILE_FRAMES[frame](pandas)
    audit = session.load_data(content(), checklists=[CHECKLIST], sources={"calls": records})
    (account,) = session.run(audit).accounts
    assert account.read == account.kept == len(records)


def test_checklists_are_mappings_text_files_and_ids(session, tmp_path):
    (tmp_path / "own.toml").write_text(TOML.replace("acme.text", "acme.file"))
    further = json.loads(json.dumps(CHECKLIST))
    further["item"] = further["item"][:1]
    for checklist, name in [
        (CHECKLIST, "acme.phone"),
        (TOML, "acme.text"),
        (tmp_path / "own.toml", "acme.file"),
        ("own.toml", "acme.file"),
        ("pride-core", "cxaudit.pride-core"),
    ]:
        audit = session.load_data(AUDIT, checklists=[checklist], folder=tmp_path)
        assert audit.checklist.id == name
    audit = session.load_data(AUDIT, checklists=[TOML, further])
    assert audit.checklist.id == "acme.text+acme.phone"
    assert len(audit.checklist.items) == 2
    assert session.load_checklist(CHECKLIST) == session.load_checklist(CHECKLIST)
    assert session.load_checklist(TOML).id == "acme.text"


def test_a_checklist_at_hand_extends_others(session):
    own = {
        "checklist": {"id": "own", "version": "1", "title": "Own", "extends": ["pride-core"]},
    }
    audit = session.load_data(AUDIT, checklists=[own])
    assert len(audit.checklist.items) > 10


def test_all_that_is_wrong_in_values_is_named_with_its_path(session):
    wrong = json.loads(json.dumps(CHECKLIST))
    wrong["item"][0]["check"] = "within-targt"
    wrong["item"][1]["area"] = "kindness"
    wrong["item"].append(wrong["item"][1] | {"area": "process"})
    audit = {
        **AUDIT,
        "audit": {**AUDIT["audit"], "seed": -1, "note": {1, 2}},
        "wave": [{"id": "q1", "start": "2026-01-01", "end": date(2026, 3, 31)}],
    }
    with pytest.raises(AuditFileError, match="A set is no value") as error:
        session.load_data(audit, checklists=[wrong])
    del audit["audit"]["note"]
    with pytest.raises(AuditFileError) as error:
        session.load_data(audit, checklists=[wrong])
    paths = {(problem.file, problem.path) for problem in error.value.problems}
    assert {
        ("<audit>", "audit.seed"),
        ("<audit>", "wave[0].start"),
        ("<checklists[0]>", "item[0].check"),
        ("<checklists[0]>", "item[1].area"),
    } <= paths
    assert all(problem.line is None for problem in error.value.problems)


def test_text_of_a_checklist_has_lines(session):
    with pytest.raises(ChecklistError) as error:
        session.load_checklist(TOML.replace("interpersonal", "kindness"))
    (problem,) = error.value.problems
    assert (problem.file, problem.line, problem.path) == ("<checklists[0]>", 9, "item[0].area")


@pytest.mark.parametrize("hostile", [{"a": 1}, {"audit": 5}, {"audit": {"checklists": 5}}])
def test_content_of_another_form_is_an_error_of_the_user(session, hostile):
    with pytest.raises(AuditFileError):
        session.load_data(hostile, checklists=[CHECKLIST], sources={"calls": []})


def test_values_that_hold_themselves_are_an_error_of_the_user(session):
    circle = {}
    circle["circle"] = circle
    with pytest.raises(AuditFileError, match="nested too deep"):
        session.load_data({**AUDIT, "branding": circle}, checklists=[CHECKLIST])


def test_what_is_none_is_left_out(session):
    audit = {**AUDIT, "audit": {**AUDIT["audit"], "wave": None}, "gate": None}
    assert session.load_data(audit, checklists=[CHECKLIST]).wave is None


def test_answers_of_a_form_are_checked_as_those_of_a_file(session):
    audit = session.load_data(AUDIT, checklists=[CHECKLIST], cases=CASES, answers=ANSWERS)
    assert [answer.value for answer in session.run(audit).answers] == [True]
    wrong = [
        {**ANSWERS[0], "value": "perhaps"},
        {**ANSWERS[0], "item": "phone.polit"},
        {"case": "visit-1", "remark": "rude"},
        "polite",
    ]
    audit = audit.with_answers(wrong, CASES)
    for check, kind in ((session.run, AnswersError), (session.validate, AuditFileError)):
        with pytest.raises(kind) as error:
            check(audit)
        paths = [(problem.file, problem.path) for problem in error.value.problems]
        assert ("answers", "answer[0].value") in paths
        assert ("answers", "answer[1].item") in paths
        assert ("answers", "answer[2].remark") in paths
        assert ("answers", "answer[3]") in paths


@pytest.mark.parametrize("kind", ["dicts", "pandas", "polars", "arrow", "a relation"])
def test_answers_and_cases_may_be_tables(session, kind):
    audit = session.load_data(AUDIT, checklists=[CHECKLIST])
    cases = KINDS[kind]([{**CASES[0], "at": datetime.fromisoformat("2026-03-02T10:00")}])
    answers = KINDS[kind]([{**ANSWERS[0], "reason": None}])
    result = session.run(audit.with_answers(answers, cases))
    assert [answer.value for answer in result.answers] == [True]
    assert result.cases[0].at.isoformat() == "2026-03-02T09:00:00+00:00"
    assert {"answers", "cases"} <= set(result.provenance.files)


def test_one_audit_file_serves_many_records_and_answers(session, tmp_path):
    """A service loads its audit once, and changes what comes in alone."""
    (tmp_path / "checklist.toml").write_text(TOML)
    (tmp_path / "calls.csv").write_text("call_id,unit\na,acme\n")
    (tmp_path / "audit.toml").write_text(
        'cxaudit = 1\n[audit]\nid = "acme"\ntitle = "Acme"\nclient = "Acme"\n'
        'checklists = ["checklist.toml"]\n[[unit]]\nid = "acme"\nkind = "organisation"\n'
        'zone = "UTC"\n[sources.calls]\nreader = "csv"\ntable = "calls"\npath = "calls.csv"\n'
    )
    audit = session.load(tmp_path / "audit.toml")
    records = [{"call_id": "a", "unit": "acme"}, {"call_id": "b", "unit": "acme"}]
    changed = audit.with_sources({"calls": records}).with_answers(
        [{"item": "phone.polite", "rater": "Ann", "value": "no"}],
        [{"id": "visit", "touchpoint": "phone"}],
    )
    assert session.run(audit).accounts[0].kept == 1
    result = session.run(changed)
    assert result.accounts[0].kept == 2
    assert [answer.value for answer in result.answers] == [False]
    with pytest.raises(UnknownNameError, match="'calls'"):
        audit.with_sources({"cals": records})
    wrong = audit.with_sources({"calls": [{"number": 1}]})
    with pytest.raises(SourceError) as error:
        session.run(wrong)
    assert error.value.problems[0].line is not None


def test_evidence_of_answers_lies_in_the_audits_folder(session, tmp_path):
    (tmp_path / "photo.jpg").write_bytes(b"photo")
    audit = session.load_data(AUDIT, checklists=[CHECKLIST], cases=CASES, folder=tmp_path)
    result = session.run(audit.with_answers([{**ANSWERS[0], "evidence": ["photo.jpg"]}], CASES))
    assert result.answers[0].files[0].path == "photo.jpg"
    audit = audit.with_answers([{**ANSWERS[0], "evidence": "../secret.txt"}], CASES)
    with pytest.raises(AnswersError, match="outside the audit's folder"):
        session.run(audit)
