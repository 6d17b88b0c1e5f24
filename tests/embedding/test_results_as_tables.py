"""A result hands out tables that every data frame reads, lookups, and a first screen."""

from __future__ import annotations

import copy
import html
import json
import pickle
import re
import subprocess
import sys
import threading
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

import cxaudit
from cxaudit.errors import UnknownNameError
from cxaudit.plugin import Findings
from cxaudit.session import Session
from tests.embedding.conftest import AUDIT, CHECKLIST

REFERENCE = (Path(__file__).parents[2] / "docs/reference/result.md").read_text("utf-8")
TABLES = ("findings", "measurements", "scores", "evidence", "answers")


def rows_of(result, name):
    return pa.table(result.table(name)).to_pylist()


def test_findings_are_those_of_the_result(result):
    rows = rows_of(result, "findings")
    assert len(rows) == len(result.table("findings")) == len(result.findings) > 0
    for row, finding in zip(rows, result.findings, strict=True):
        assert row["fingerprint"] == finding.fingerprint
        assert (row["item"], row["unit"]) == (finding.item, finding.unit)
        assert (row["state"], tuple(row["flags"])) == (finding.state.label, finding.flags.labels)
        for name in ("score", "low", "high", "weight", "value", "value_low", "value_high", "n"):
            assert row[name] == getattr(finding, name), name
    assert rows[0]["area"] == "process"
    assert rows[0]["title"] == "Calls are answered"


def test_measurements_are_those_of_the_result(result):
    rows = rows_of(result, "measurements")
    north = next(row for row in rows if row["unit"] == "north")
    assert (north["metric"], north["value"], north["n"]) == ("answered", 0.75, 40)
    assert json.loads(north["statistics"]) == {"k": 30.0, "n": 40.0}
    assert (north["breakdown"], north["group"]) == (None, None)


def test_scores_say_what_they_are_over(result):
    rows = rows_of(result, "scores")
    root = result.scorecard.root
    overall = {row["unit"]: row for row in rows if row["scope"] == "overall"}
    assert overall["acme"]["value"] == root.overall.value
    assert overall["acme"]["grade"] == root.grade
    areas = {row["area"]: row["value"] for row in rows if row["scope"] == "area"}
    assert set(areas) == set(root.areas)
    cells = [(row["area"], row["touchpoint"]) for row in rows if row["scope"] == "cell"]
    assert ("process", "phone") in cells


def test_evidence_and_answers_are_those_of_the_result(result):
    rows = rows_of(result, "evidence")
    assert len(rows) == sum(len(pieces.shown) for pieces in result.evidence)
    assert {row["source"] for row in rows if row["kind"] == "row"} == {"calls"}
    assert json.loads(rows[0]["fields"])["outcome"] == "lost"
    (answer,) = rows_of(result, "answers")
    assert (answer["item"], answer["value_yes"], answer["value"]) == ("phone.polite", True, 1.0)
    assert answer["rater"].startswith("r-")
    assert answer["files"] == []


@pytest.mark.parametrize("name", TABLES)
def test_every_table_goes_into_every_frame(result, name):
    table = result.table(name)
    expected = list(table)
    assert pa.table(table).to_pylist() == expected
    assert list(expected[0]) == list(table.columns)
    connection = duckdb.connect()
    connection.register("read", table)
    assert connection.execute("SELECT count(*) FROM read").fetchone() == (len(expected),)
    polars = pytest.importorskip("polars", reason="polars is not installed")
    assert polars.DataFrame(table).to_dicts() == expected
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    assert pandas.DataFrame.from_arrow(table).shape == (len(expected), len(table.columns))


def test_a_result_without_anything_has_tables_with_the_same_columns(session, result):
    empty = session.run(session.load_data(AUDIT, checklists=[CHECKLIST]))
    for name in TABLES:
        assert pa.table(empty.table(name)).schema == pa.table(result.table(name)).schema
    assert len(empty.table("answers")) == len(list(empty.table("answers"))) == 0


def test_streams_of_one_table_are_independent(result):
    table = result.table("evidence")
    first, second = table.__arrow_c_stream__(), table.__arrow_c_stream__()
    sizes = []

    def read():
        sizes.append(pa.table(table).num_rows)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sizes += [
        pa.RecordBatchReader._import_from_c_capsule(capsule).read_all().num_rows
        for capsule in (second, first)
    ]
    assert sizes == [len(table)] * 6


@pytest.mark.parametrize("name", TABLES)
def test_the_reference_names_the_columns(result, name):
    (row,) = re.findall(rf"^\| `{name}` \|[^|]*\|(.*)\|$", REFERENCE, re.MULTILINE)
    without_notes = re.sub(r"\([^)]*\)", "", row)
    assert tuple(re.findall("`([a-z_]+)`", without_notes)) == result.table(name).columns


def test_an_unknown_table_is_named_with_those_there_are(result):
    with pytest.raises(UnknownNameError, match="Did you mean 'findings'"):
        result.table("finding")


def test_findings_are_selected_by_item_unit_touchpoint_and_area(result):
    assert isinstance(result.select(), Findings)
    assert len(result.select()) == len(result.findings)
    assert [finding.unit for finding in result.select(item="phone.answered", unit="north")] == [
        "north"
    ]
    assert {finding.item for finding in result.select(area="interpersonal")} == {"phone.polite"}
    assert len(result.select(area="external")) == 0
    assert len(result.select(touchpoint="phone")) == len(result.findings)
    assert result.score().value == result.scorecard.root.overall.value
    assert result.score("north", "process") == result.scorecard.unit("north").areas["process"]


@pytest.mark.parametrize(
    ("names", "hint"),
    [
        ({"item": "phone.anserd"}, "phone.answered"),
        ({"unit": "nort"}, "north"),
        ({"touchpoint": "fax"}, "phone"),
        ({"area": "proces"}, "process"),
    ],
)
def test_what_is_not_there_is_an_error_and_no_empty_answer(result, names, hint):
    with pytest.raises(UnknownNameError, match=hint):
        result.select(**names)


def test_scores_of_what_is_not_there_are_an_error(result):
    with pytest.raises(UnknownNameError):
        result.score("nort")
    with pytest.raises(UnknownNameError):
        result.score(area="procss")


def test_a_result_as_json_is_at_the_top(result):
    assert cxaudit.result_json(result)["audit"] == "acme"


def test_audits_results_reports_and_tables_are_pickled_and_copied(session, result):
    report = session.report(result)
    for value in (result, report):
        assert pickle.loads(pickle.dumps(value)) == value
        assert copy.deepcopy(value) == value
    again = pickle.loads(pickle.dumps(report))
    render = session.resolve(session.registered("output")["cxaudit.html"].render)
    assert render(again) == render(report)
    audit = session.load_data(AUDIT, checklists=[CHECKLIST])
    assert session.run(pickle.loads(pickle.dumps(audit))).findings == session.run(audit).findings
    assert list(pickle.loads(pickle.dumps(result.table("scores")))) == rows_of(result, "scores")


def test_a_result_without_files_is_saved_and_read_again(session, result, tmp_path):
    session.render(result, "json", tmp_path / "result.json")
    again = session.read_result(tmp_path / "result.json")
    for name in TABLES:
        assert rows_of(again, name) == rows_of(result, name)
    assert session.render(again, "html") == session.render(result, "html")


def test_a_notebook_shows_the_first_screen_of_the_page(session, result):
    frame = result._repr_html_()
    assert frame.startswith("<iframe srcdoc=")
    page = html.unescape(re.search('srcdoc="([^"]*)"', frame)[1])
    assert "<!doctype html>" in page
    score = f"{100 * result.score().value:.1f}"
    assert score in page
    assert score in session.render(result, "html")
    assert "Provenance" not in page  # that is far below


def test_a_client_with_markup_in_its_name_cannot_leave_the_frame(session):
    audit = {**AUDIT, "audit": {**AUDIT["audit"], "title": '"></iframe><script>alert(1)</script>'}}
    frame = session.run(session.load_data(audit, checklists=[CHECKLIST]))._repr_html_()
    assert frame.count("<") == 2
    assert "<script>alert" not in html.unescape(frame)


BARE = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"pyarrow", "pandas", "polars", "opentelemetry"}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Absent())
import numpy as np
from cxaudit import Session
from tests.embedding.conftest import CHECKLIST, calls, content

records = calls()
arrays = {name: np.array([row[name] for row in records]) for name in records[0]}
session = Session()
for source in (records, arrays):
    audit = session.load_data(content(), checklists=[CHECKLIST], sources={"calls": source})
    result = session.run(audit)
    print(len(list(result.table("findings"))), result.table("scores").__arrow_c_stream__())
"""


@pytest.mark.slow
def test_nothing_but_what_cxaudit_installs_is_needed():
    done = subprocess.run([sys.executable, "-c", BARE], capture_output=True, text=True, check=True)
    assert done.stdout.count('4 <capsule object "arrow_array_stream"') == 2


def test_sessions_are_made_without_a_word(capfd):
    Session()
    assert capfd.readouterr() == ("", "")
