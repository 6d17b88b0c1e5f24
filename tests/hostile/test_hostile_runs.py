"""What hostile or unlucky users give ends in a message and its exit code, never in a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from cxaudit._cli.guard import guarded
from cxaudit._model.units import Unit, UnitTree
from cxaudit.errors import ResultError
from cxaudit.session import Session

AUDIT = """\
cxaudit = 1
[audit]
id = "acme.x"
title = "T"
client = "C"
language = "en"
checklists = ["c.toml"]
cases = ["cases.csv"]
answers = ["answers.csv"]
[[unit]]
id = "u"
name = "U"
kind = "organisation"
zone = "Europe/Paris"
"""
CHECKLIST = """\
cxaudit = 1
[checklist]
id = "acme.c"
version = "1"
title = "C"
language = "en"
[[item]]
id = "in-store.a"
area = "process"
touchpoints = ["in-store"]
title = "Ask"
ask = { answer = "yes-no", method = "observe" }
"""
CASES = "id,unit,touchpoint,at,status\nk1,u,in-store,2026-03-01T10:00:00+01:00,final\n"
ANSWERS = "case,item,value,rater,comment\nk1,in-store.a,no,ann,short\n"

MEASURED = {
    "metric": "phone.in-time",
    "kind": "share",
    "unit": "nope",
    "touchpoint": "phone",
    "statistics": {"k": 1.0, "n": 2.0},
    "n": 2,
    "value": 0.5,
    "low": 0.1,
    "high": 0.9,
    "confidence": 0.95,
    "engine": "duckdb",
    "query": "0",
}


@pytest.fixture
def audit(tmp_path):
    files = {
        "audit.toml": AUDIT,
        "c.toml": CHECKLIST,
        "cases.csv": CASES,
        "answers.csv": ANSWERS,
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path / "audit.toml"


def run(path):
    return guarded(["run", "--quiet", str(path)])


@pytest.mark.parametrize("command", ["run", "report"])
def test_a_pipe_is_refused_and_not_waited_for(tmp_path, capsys, command):
    os.mkfifo(tmp_path / "pipe")
    assert guarded([command, str(tmp_path / "pipe")]) == 2
    assert "no regular file" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["c.toml", "logo.svg", "letter.docx"])
def test_a_pipe_in_an_audit_is_called_one(audit, capsys, name):
    branding = '[branding]\nlogo = "logo.svg"\ntemplate = "letter.docx"\n'
    audit.write_text(AUDIT + branding, encoding="utf-8")
    (audit.parent / name).unlink(missing_ok=True)
    os.mkfifo(audit.parent / name)
    assert guarded(["validate", str(audit)]) == 2
    error = capsys.readouterr().err
    assert any(name in line and "no regular file" in line for line in error.splitlines())


def test_a_device_is_not_read_for_ever(capsys):
    assert run("/dev/zero") == 2
    assert "no regular file" in capsys.readouterr().err


@pytest.mark.parametrize("name", [".", "/tmp", "a\\u0000b", "x" * 5000])
def test_cases_that_are_no_file(audit, capsys, name):
    audit.write_text(AUDIT.replace("cases.csv", name), encoding="utf-8")
    assert run(audit) == 2
    error = capsys.readouterr().err
    assert "audit.cases[0]" in error
    assert "Hint" in error


@pytest.mark.parametrize("weight", ["1e400", "1e300", "9" * 5000, "9" * 400, "nan", "0"])
def test_weights_that_no_sum_can_hold(audit, capsys, weight):
    (audit.parent / "c.toml").write_text(CHECKLIST + f"weight = {weight}\n", encoding="utf-8")
    assert run(audit) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_comment_of_a_million_letters_is_read(audit):
    (audit.parent / "answers.csv").write_text(ANSWERS.replace("short", "x " * 500_000), "utf-8")
    result = Session().run(Session().load(audit))
    assert len(result.answers[0].comment) > 900_000


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda r: r["findings"][0].update(score=7), "not from 0 to 1"),
        (lambda r: r["findings"][0].update(weight=-1), "weight"),
        (lambda r: r["findings"][0].update(item="no.such"), "'no.such'"),
        (lambda r: r["findings"][0].update(unit="nope"), "'nope'"),
        (lambda r: r["measurements"].append(MEASURED), "the unit 'nope' is not in the result"),
        (lambda r: r.update(units=[]), "no unit"),
        (lambda r: r["units"].append(r["units"][0]), "twice"),
        (lambda r: r["units"][0].update(parent="u"), "no tree"),
        (lambda r: r["scorecard"].update(units=[]), "the scores are not those"),
    ],
)
def test_a_result_that_was_edited_is_refused(audit, tmp_path, edit, said):
    session = Session()
    data = json.loads(session.render(session.run(session.load(audit)), "json"))
    edit(data)
    (tmp_path / "r.json").write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(ResultError, match=said):
        session.read_result(tmp_path / "r.json")


@pytest.mark.parametrize(("closed", "code"), [(">&-", 0), ("2>&-", 0), (">/dev/full", 2)])
def test_closed_and_full_streams(audit, closed, code):
    command = f'"{sys.executable}" -m cxaudit run --quiet "{audit}" {closed}'
    done = subprocess.run(command, shell=True, capture_output=True, check=False)
    assert b"Traceback" not in done.stderr
    # Without a critical item that failed the run itself is fine.
    assert done.returncode == code


def test_an_error_that_nobody_can_be_told_keeps_its_code(tmp_path):
    command = f'"{sys.executable}" -m cxaudit validate "{tmp_path}/none.toml" 2>/dev/full'
    assert subprocess.run(command, shell=True, check=False).returncode == 2


def test_units_are_looked_up_by_id_in_deep_trees():
    units = [Unit(id="u0", name="0", kind="k")]
    units += [Unit(id=f"u{n}", name="n", kind="k", parent=f"u{n - 1}") for n in range(1, 300)]
    tree = UnitTree(tuple(units))
    assert len(tree.path("u299")) == 300
    assert [unit.id for unit in tree.children("u5")] == ["u6"]
    assert "u300" not in tree
    with pytest.raises(KeyError):
        tree["u300"]
    assert len(tree.rolled_up()["u0"]) == 300
