"""Where a plugin failed: the last line of its own code, whatever stands above and below it."""

from __future__ import annotations

import textwrap

import pytest

from cxaudit import Session
from cxaudit._cli import main
from cxaudit.plugin import Column, Table, hook

AUDIT = """cxaudit = 1
[audit]
id = "kiosk"
title = "Kiosk"
client = "Kiosk"
language = "{language}"
checklists = ["kiosk.toml"]
outputs = ["markdown"]
[[unit]]
id = "kiosk"
kind = "organisation"
[sources.calls]
reader = "csv"
table = "calls"
path = "calls.csv"
zone = "UTC"
"""
CHECKLIST = """cxaudit = 1
[checklist]
id = "kiosk"
version = "1"
title = "Kiosk"
[[metric]]
id = "late"
table = "{table}"
kind = "share"
value = "{value}"
lower_is_better = true
[[item]]
id = "phone.late"
area = "process"
touchpoints = ["phone"]
title = "Nobody waits"
check = "{check}"
with = {{ metric = "late", target = 0.1 }}
"""
CALLS = "call_id,outcome,queued_at\n1,answered,2026-05-04T09:00:00Z\n"

# The failing line is the one that ends in "here": below it stand functools, json and our own code.
HELPER = """
    import json

    def parse(text):
        return json.loads(text)  # here
    """
PLUGIN = """
    import functools

    from cxaudit.plugin import Check, Column, Table, hook

    from .helper import parse

    def derive(read, parameters):
        del read, parameters
        return functools.reduce(lambda _, text: parse(text), ["", "{"])

    def judge(request):
        return request.measurements["no-such"]

    @hook
    def cxaudit_register():
        columns = (Column(name="late", type="boolean", meaning="Late."),)
        yield Table(id="lates", columns=columns, derive=derive, reads={"calls": ()})
        yield Check(id="kiosk.own", judge=judge)
    """


@pytest.fixture
def kiosk(tmp_path):
    def write(*, table="lates", value="late", check="within-target", language="en"):
        folder = tmp_path / "house" / "lateness"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "__init__.py").write_text(textwrap.dedent(PLUGIN))
        (folder / "helper.py").write_text(textwrap.dedent(HELPER))
        (tmp_path / "calls.csv").write_text(CALLS)
        (tmp_path / "kiosk.toml").write_text(
            CHECKLIST.format(table=table, value=value, check=check)
        )
        (tmp_path / "audit.toml").write_text(AUDIT.format(language=language))
        return tmp_path

    return write


def hints(folder):
    session = Session([folder / "house"])
    result = session.run(session.load(folder / "audit.toml"))
    return [problem.hint for problem in result.problems]


def test_a_table_that_fails_below_other_code_names_the_plugins_own_line(kiosk):
    assert hints(kiosk()) == ["Raised in helper.py, line 5."]


def test_a_check_that_fails_names_its_line(kiosk):
    folder = kiosk(table="calls", value="outcome = 'answered'", check="kiosk.own")
    (hint,) = hints(folder)
    assert hint.startswith("Raised in __init__.py, line 13. Until it is mended")


def test_a_reference_that_cannot_be_imported_names_the_line_that_fails(kiosk):
    folder = kiosk(table="calls", value="outcome = 'answered'", check="kiosk.own")
    plugin = folder / "house" / "lateness"
    text = (plugin / "__init__.py").read_text()
    (plugin / "__init__.py").write_text(text.replace("judge=judge", 'judge="lateness.lazy:judge"'))
    (plugin / "lazy.py").write_text("import json\n\njson.loads('{')\n")
    (hint,) = hints(folder)
    assert hint.startswith("Raised in lazy.py, line 3. ")


@pytest.mark.parametrize("kind", ["output", "source"])
def test_outputs_and_sources_that_fail_name_their_line(capsys, kiosk, kind):
    folder = kiosk(table="calls", value="outcome = 'answered'")
    code = {
        "output": 'Output(id="own.it", takes="result", render=fail, suffix=".own")',
        "source": 'Source(id="own.it", read=fail)',
    }[kind]
    (folder / "own").mkdir()
    (folder / "own" / "own.py").write_text(
        "from cxaudit.plugin import Output, Source, hook\n\n\ndef fail(given):\n"
        "    return int('none')\n\n\n@hook\ndef cxaudit_register():\n"
        f"    yield {code}\n"
    )
    audit = folder / "audit.toml"
    text = audit.read_text()
    changed = {
        "output": text.replace('["markdown"]', '["own.it"]'),
        "source": text.replace('reader = "csv"', 'reader = "own.it"'),
    }
    audit.write_text(changed[kind])
    assert main(["--plugins", str(folder / "own"), "run", "--quiet", str(audit)]) == 3
    assert "Raised in own.py, line 5." in capsys.readouterr().err


def numbers_for_rows(read, parameters):
    del read, parameters
    return [3]


class Broken:
    """A plugin whose mistake shows in our code alone."""

    @hook
    def cxaudit_register(self):
        columns = (Column(name="late", type="boolean", meaning="Late."),)
        yield Table(id="lates", columns=columns, derive=numbers_for_rows, reads={"calls": ()})


def test_code_of_ours_is_never_named(kiosk):
    folder = kiosk()
    session = Session([Broken()])
    result = session.run(session.load(folder / "audit.toml"))
    (problem,) = result.problems
    assert problem.cause
    assert problem.hint == ""


def test_a_german_report_says_in_german_what_failed_and_where(kiosk):
    folder = kiosk(language="de")
    session = Session([folder / "house"])
    result = session.run(session.load(folder / "audit.toml"))
    page = session.render(result, "markdown").replace("\\", "")
    assert "die Tabelle lates ließ sich nicht bilden: JSONDecodeError" in page
    assert "| Ableiten | Tabelle lates (lateness) | JSONDecodeError" in page
    assert "Ausgelöst in helper.py, Zeile 5." in page
    assert "could not be made" not in page


def test_a_cause_with_semicolons_stays_whole_in_german(kiosk):
    folder = kiosk(language="de")
    helper = folder / "house" / "lateness" / "helper.py"
    helper.write_text('def parse(text):\n    raise ValueError("no key; no lock; no door")\n')
    session = Session([folder / "house"])
    page = session.render(session.run(session.load(folder / "audit.toml")), "markdown")
    assert "ließ sich nicht bilden: ValueError: no key; no lock; no door" in page.replace("\\", "")
