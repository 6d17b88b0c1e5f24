"""Names of the list leave a whole run: quotes, fields, comments and answers in words."""

from __future__ import annotations

import pytest

from cxaudit import Session
from cxaudit.errors import AuditFileError

AUDIT = """
cxaudit = 1
[audit]
id = "pier.names"
title = "Pier"
client = "Pier"
checklists = ["pier.toml"]
cases = ["cases.csv"]
answers = ["answers.csv"]
[[unit]]
id = "pier"
name = "Pier"
kind = "organisation"
[plugins.cxaudit-reports]
{names}
"""
CHECKLIST = """
cxaudit = 1
[checklist]
id = "pier"
version = "1"
title = "Pier"
[[item]]
id = "in-store.greeted"
area = "interpersonal"
touchpoints = ["in-store"]
title = "Guests are greeted"
ask = { method = "observe", answer = "yes-no" }
[[item]]
id = "in-store.said"
area = "interpersonal"
touchpoints = ["in-store"]
title = "What was said"
role = "informative"
ask = { method = "observe", answer = "text" }
"""


@pytest.fixture
def audit(tmp_path):
    def written(names):
        (tmp_path / "audit.toml").write_text(AUDIT.replace("{names}", names), encoding="utf-8")
        (tmp_path / "pier.toml").write_text(CHECKLIST, encoding="utf-8")
        (tmp_path / "names.txt").write_text("Anna Doe; Annie\n", encoding="utf-8")
        (tmp_path / "cases.csv").write_text("id,unit,touchpoint\nc1,pier,in-store\n")
        (tmp_path / "answers.csv").write_text(
            "item,case,rater,value,comment\n"
            "in-store.greeted,c1,r1,no,ANNIE looked away; A. Doe too\n"
            "in-store.said,c1,r1,Ask Anna Doe,\n"
        )
        return tmp_path / "audit.toml"

    return written


def test_no_name_is_left_in_a_result(audit):
    session = Session()
    result = session.run(session.load(audit('names = "names.txt"')))
    assert not session.problems
    text = session.render(result, "json").lower()
    assert "annie" not in text
    assert "anna" not in text
    assert " doe " not in text
    (found,) = result.evidence
    assert found.shown[0].quote == "[name] looked away; [name] too"


def test_sessions_keep_their_own_names(audit):
    first, second = Session(), Session()
    loaded = first.load(audit('names = "names.txt"'))
    other = second.load(audit('names = ["Somebody Else"]'))
    assert "[name] looked" in first.render(first.run(loaded), "json")
    assert "ANNIE looked" in second.render(second.run(other), "json")


def test_settings_of_nobody_keep_no_names(audit):
    session = Session()
    session.load(audit('names = "names.txt"'))
    again = session.load(audit(""))
    assert "ANNIE looked" in session.render(session.run(again), "json")


def test_wrong_settings_are_errors_of_the_audit_file(audit):
    with pytest.raises(AuditFileError, match="Did you mean 'names'"):
        Session().load(audit('name = "names.txt"'))
    with pytest.raises(AuditFileError, match="cannot be read"):
        Session().load(audit('names = "other.txt"'))


def test_a_redactor_that_breaks_drops_the_words(audit, monkeypatch):
    session = Session()
    loaded = session.load(audit('names = "names.txt"'))
    monkeypatch.setattr("cxaudit_reports.names.Names.redact", lambda *_: 1 / 0)
    result = session.run(loaded)
    assert "looked away" not in session.render(result, "json")
    assert result.evidence[0].dropped == 1
