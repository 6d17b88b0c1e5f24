"""Names of the list leave a whole run: quotes, fields, comments and answers in words."""

from __future__ import annotations

import attrs
import pytest

from cxaudit import Session
from cxaudit._cli import main
from cxaudit.errors import AuditFileError
from cxaudit.plugin import hook

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
        (tmp_path / "cases.csv").write_text(
            "id,unit,touchpoint,scenario\nc1,pier,in-store,Annie asks for a table\n"
        )
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


def test_each_audit_is_run_with_its_own_names(audit):
    session = Session()
    named = session.load(audit('names = "names.txt"'))
    bare = session.load(audit(""))
    assert "ANNIE looked" in session.render(session.run(bare), "json")
    assert "[name] looked" in session.render(session.run(named), "json")


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


def test_a_redactor_that_fails_for_one_piece_drops_that_piece(audit):
    class Picky:
        @hook
        def cxaudit_redact(self, evidence):
            if "Annie" in evidence.quote or "Ask" in evidence.quote:
                raise LookupError(evidence.quote)
            return evidence

    session = Session([Picky])
    result = session.run(session.load(audit("")))
    assert [case.scenario for case in result.cases] == ["[dropped]"]
    assert [problem.cause for problem in result.problems] == ["LookupError"]
    assert {answer.item: (answer.value, answer.comment) for answer in result.answers} == {
        "in-store.greeted": (False, "ANNIE looked away; A. Doe too"),
        "in-store.said": ("[dropped]", ""),
    }


@pytest.mark.parametrize("quote", [b"Annie", None, 7, ["Annie"]])
def test_a_redactor_that_gives_no_text_drops_the_piece(audit, quote):
    class Bytes:
        @hook
        def cxaudit_redact(self, evidence):
            return attrs.evolve(evidence, quote=quote)

    session = Session([Bytes])
    result = session.run(session.load(audit("")))
    assert {answer.comment for answer in result.answers} == {"[dropped]", ""}
    assert [piece.dropped for piece in result.evidence] == [1]


# -- nothing is read when what should take names out is not there -----------------------------


@pytest.fixture
def cxaudit(capsys):
    def run(*arguments):
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def refused(cxaudit):
    def told(path, *arguments):
        code, _, said = cxaudit(*arguments, path)
        assert code == 2
        assert not (path.parent / "results").exists()
        return said

    return told


@pytest.mark.parametrize("command", ["run", "validate", "plan"])
def test_settings_of_a_blocked_plugin_end_the_run(audit, refused, command):
    path = audit('names = "names.txt"')
    said = refused(path, "--block", "cxaudit-reports", command)
    assert f"{path}:14:1: plugins.cxaudit-reports: plugin 'cxaudit-reports' is not active" in said
    assert "blocked" in said


BROKEN = {
    "import": "{head}import no_such_module\n{hooks}",
    "syntax": "def (:\n# {hooks}",
    "configure": "{head}{hooks}        raise KeyError('table')\n",
    "register": "{head}@hook\ndef cxaudit_register():\n    1 / 0\n{hooks}",
    "argument": "{head}{hooks}@hook\ndef cxaudit_configure(setup): ...\n",
}
HEAD = "from cxaudit.plugin import hook\n"
HOOKS = """
@hook
def cxaudit_configure(settings, folder):
    if settings:
        settings['names']
"""


@pytest.mark.parametrize("fault", BROKEN)
def test_settings_of_a_plugin_that_failed_end_the_run(audit, refused, tmp_path, fault):
    (tmp_path / "house").mkdir()
    code = BROKEN[fault].replace("{hooks}", "" if fault == "argument" else HOOKS)
    (tmp_path / "house/pier.py").write_text(code.replace("{head}", HEAD))
    path = audit("[plugins.pier]\nnames = ['Annie']")
    said = refused(path, "--plugins", str(tmp_path / "house"), "run")
    assert "plugins.pier: plugin 'pier' is not active" in said


@pytest.mark.parametrize(
    "code",
    [
        b"import no_such_module\ndef cxaudit_redact(): ...\n",
        b"def cxaudit_redact(:\n",
        "def cxaudit_redact(evidence): ...".encode("utf-16"),
        b"\xff\xfe\x00 damaged",
        b"damaged\0",
    ],
    ids=["import", "syntax", "utf-16", "no text", "null"],
)
def test_a_redactor_that_cannot_be_imported_ends_the_run(audit, refused, cxaudit, tmp_path, code):
    (tmp_path / "house").mkdir()
    (tmp_path / "house/pier.py").write_bytes(code)
    folder = str(tmp_path / "house")
    path = audit("")
    assert "plugin 'pier' is not active: its redactor failed in import" in refused(
        path, "--plugins", folder, "run"
    )
    # Blocked on purpose, and named by nothing in the file: the run is the user's own choice.
    assert cxaudit("--plugins", folder, "--block", "pier", "validate", path)[0] == 0


@pytest.mark.parametrize(
    ("demanded", "told"),
    [
        ("cxaudit-reprots", "Did you mean 'cxaudit-reports'"),
        ("cxaudit", "has no redactor"),
        ("cxaudit-phone", "has no redactor"),
    ],
)
def test_a_demanded_redactor_that_is_missing_ends_the_run(audit, refused, demanded, told):
    path = audit(f'[privacy]\nredactors = ["{demanded}"]')
    said = refused(path, "run")
    assert told in said
    assert "audit.toml:16:1: privacy.redactors:" in said


def test_demanded_redactors_that_are_there_change_nothing(audit, refused, cxaudit):
    path = audit('names = "names.txt"\n[privacy]\nredactors = ["cxaudit-reports"]')
    assert cxaudit("validate", path)[0] == 0
    assert "is blocked" in refused(path, "--block", "cxaudit-reports", "run")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--block", "cxaudit-reports", "rescore", "SAVED", "cxaudit-1", "--output", "json"),
        ("--block", "cxaudit-reports", "report", "SAVED", "--audience", "internal"),
        ("publish", "SAVED", "--audience", "client", "--minimum", "1", "--quotes", "--to", "OUT"),
    ],
    ids=["rescore", "report", "publish"],
)
def test_no_name_comes_back_from_a_saved_result(audit, cxaudit, tmp_path, arguments):
    path = audit('names = "names.txt"')
    cxaudit("run", "--quiet", path)
    (saved,) = path.parent.glob("results/**/result.json")
    places = {"SAVED": saved, "OUT": tmp_path / "out"}
    code, text, _ = cxaudit(*(places.get(argument, argument) for argument in arguments))
    assert code in {0, 1, 4}
    written = (file for file in (tmp_path / "out").rglob("*") if file.is_file())
    text += "".join(file.read_text("utf-8", errors="replace") for file in written)
    assert "Pier" in text
    for name in ("annie", "anna", " doe "):
        assert name not in text.lower()
