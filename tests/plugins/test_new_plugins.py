"""`plugins new` writes plugins of any kind whose tests are green, installed or not."""

from __future__ import annotations

import subprocess
import sys
from itertools import combinations

import pytest

from cxaudit import Session
from cxaudit._cli import main
from cxaudit._scaffold.kinds import KINDS
from cxaudit._scaffold.plugin import NewPlugin, name_problem
from cxaudit.testing import load_plugin
from tests.support.new_plugins import pytest_in, with_installed

FORMS = pytest.mark.parametrize("one_file", [False, True], ids=["package", "file"])


def written(folder, *kinds, one_file=False, name="acme-audit"):
    """Return where the code of a plugin lies that was written under a folder."""
    plugin = NewPlugin(name=name, kinds=kinds, one_file=one_file)
    plugin.write(folder)
    return folder if one_file else folder / "src"


@FORMS
@pytest.mark.parametrize("kind", KINDS)
def test_the_tests_of_a_new_plugin_are_green(tmp_path, kind, one_file):
    written(tmp_path / "acme", kind, one_file=one_file)
    outcome = pytest_in(tmp_path / "acme")
    assert int(outcome.split(" passed")[0].split()[-1]) >= 2


@FORMS
def test_they_are_green_where_it_is_installed(tmp_path, one_file):
    code = written(tmp_path / "acme", *KINDS, one_file=one_file)
    environment = with_installed("acme_audit", "acme-audit", code, tmp_path / "site")
    pytest_in(tmp_path / "acme", env=environment)


@FORMS
@pytest.mark.parametrize("kinds", [*combinations(KINDS, 1), ("check", "touchpoint"), KINDS])
def test_it_loads_without_a_problem_and_its_audit_runs(tmp_path, kinds, one_file):
    code = written(tmp_path / "acme", *kinds, one_file=one_file)
    session = Session([code])
    assert session.problems == ()
    audit = tmp_path / "acme/example/audit.toml"
    if audit.exists():
        result = session.run(session.load(audit))
        assert result.problems == ()
        assert result.scorecard.root.overall.value == 1
    else:
        assert not {*kinds} & {"check", "metric", "output", "policy", "section"}


@pytest.mark.parametrize("name", ["acme-audit", "cxaudit-x", "copper-spoon", "a1"])
def test_what_is_written_is_as_a_formatter_and_a_linter_leave_it(tmp_path, name):
    for one_file in (False, True):
        folder = tmp_path / f"{one_file}"
        written(folder, *KINDS, one_file=one_file, name=name)
    ruff = [sys.executable, "-m", "ruff"]
    rules = ["--isolated", "--line-length", "100"]
    lint = [*ruff, "check", *rules, "--select", "F,E,W,I,UP,B,D1", "--ignore", "D100,D104"]
    for command in (lint, [*ruff, "format", *rules, "--diff"]):
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
        assert done.returncode == 0, done.stdout


def test_two_new_plugins_live_side_by_side(tmp_path):
    folders = [written(tmp_path / name, *KINDS, name=name) for name in ("acme-audit", "best-audit")]
    assert Session(folders).problems == ()


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Acme",
        "acme_audit",
        "acme audit",
        "-a",
        "../a",
        "json",
        "class",
        "cxaudit",
        "1st",
        "numpy",
        "test",
    ],
)
def test_names_that_are_none_are_refused(name):
    assert name_problem(name)
    assert main(["plugins", "new", name]) == 2


def test_the_command_writes_and_says_what_next(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["plugins", "new", "acme-audit"]) == 0
    said = capsys.readouterr().out
    assert "acme-audit/src/acme_audit/quiet_hours.py" in said
    assert "Test it:  cd acme-audit && pytest" in said
    command = said.partition("Run it:   cxaudit ")[2].split()
    assert main([*command, "--results", "results"]) == 0
    assert "The quay hotel scores 100 of 100" in capsys.readouterr().out
    assert main(["--plugins", "acme-audit/src", "plugins", "doctor"]) == 0


def test_nothing_is_written_over(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme/mine.py").touch()
    assert main(["plugins", "new", "acme"]) == 2
    assert "acme is there already. Name another folder with --to" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "acme").iterdir()] == ["mine.py"]
    assert main(["plugins", "new", "acme", "--to", "b/c", "--file", "--kind", "redactor"]) == 0
    load_plugin(tmp_path / "b/c/acme.py")
    assert main(["plugins", "new", "acme", "--to", "acme/mine.py/x"]) == 2
    assert "acme/mine.py/x cannot be written: Not a directory." in capsys.readouterr().err
    assert main(["plugins", "new", "acme", "--kind", "chek"]) == 2
    assert "'chek' is not one of 'check', 'metric'" in capsys.readouterr().err
