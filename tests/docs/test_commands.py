"""README.md: what it shows is there, and runs."""

from __future__ import annotations

import contextlib
import io
import itertools
import re
import shlex
from pathlib import Path

import click
import pytest

from cxaudit._cli import main
from cxaudit._cli.commands import cli

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
COMMANDS = re.findall(r"^\s*(?:\.venv/bin/)?(cxaudit .+?)\s*(?:#.*)?$", README, re.MULTILINE)
EXITS = r"Exit codes: (.+?)\n\n"


def block(name):
    """Return the commands of a marked block, one for each line."""
    found = re.findall(rf"<!-- {name} -->\n```sh\n(.*?)```\n<!-- end -->", README, re.DOTALL)
    assert len(found) == 1, f"README.md has {len(found)} blocks marked {name}"
    return found[0].splitlines()


def words(command, start):
    (line,) = [line for line in block(command) if line.startswith(start)]
    return shlex.split(line.removeprefix(start))


def test_both_blocks_stand_on_the_first_screen():
    first = "\n".join(README.splitlines()[:30])
    assert "<!-- run -->" in first
    assert "<!-- test -->" in first


def test_the_run_command_works(monkeypatch, capsys, tmp_path):
    """As shown, but for where results go."""
    monkeypatch.chdir(ROOT)
    given = words("run", ".venv/bin/cxaudit ")
    assert main([*given, "--results", str(tmp_path)]) == 0
    assert "THE ANSWER" in capsys.readouterr().out
    assert len(list(tmp_path.glob("*/*/report.html"))) == 1


def test_the_page_lies_where_the_readme_says():
    (told,) = re.findall(r"lies as a page under `(.+?)`", README)
    audit = next(Path(word) for word in words("run", ".venv/bin/cxaudit ") if word.endswith("toml"))
    assert Path(told) == audit.parent / "results"


def test_what_the_test_command_names_is_there():
    for line in block("test"):
        parts = shlex.split(line)
        for option, file in itertools.pairwise(parts):
            if option == "-r":
                assert (ROOT / file).is_file()
            if option == "-e":
                assert (ROOT / file / "pyproject.toml").is_file()
    required = (ROOT / "requirements-dev.txt").read_text("utf-8").lower()
    assert re.search(r"^pytest[=<>~]", required, re.MULTILINE)
    if "-n 2" in block("test")[-1]:
        assert re.search(r"^pytest-xdist[=<>~]", required, re.MULTILINE)


@pytest.mark.parametrize(
    "code", re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
)
def test_python_runs(code, monkeypatch):
    monkeypatch.chdir(ROOT)
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        exec(compile(code, "README.md", "exec"), {})
    for number in shown.getvalue().split():
        assert 0 <= float(number) <= 1


def test_there_are_blocks_and_commands():
    assert "```python\n" in README
    assert len(COMMANDS) >= 5


@pytest.mark.parametrize("command", COMMANDS)
def test_named_command_exists_with_its_options(command):
    """Each parses: command, options and the number of arguments are right."""
    group, given = cli, shlex.split(command)[1:]
    while isinstance(group, click.Group):
        context = group.make_context("cxaudit", list(given), resilient_parsing=True)
        given = [*context._protected_args, *context.args]
        name, *given = given
        group = group.commands[name]
    # A context of its own names would be kept by the command, and change its help.
    names = {"help_option_names": ["-h", "--help"]}
    parser = group.make_parser(click.Context(group, **names))
    _, left, _ = parser.parse_args(list(given))
    assert left == []
    needed = [each for each in group.params if isinstance(each, click.Argument)]
    assert len([word for word in given if not word.startswith("-")]) >= len(needed)


def test_exit_codes_are_those_of_the_program():
    from cxaudit._cli import exits

    (told,) = re.findall(EXITS, README, re.DOTALL)
    codes = {int(code) for code in re.findall(r"(?:^|[;\s])(\d+) ", told)}
    assert codes == {
        0,
        exits.GATE,
        exits.INPUT,
        exits.FAILED,
        exits.NO_BASIS,
        exits.BUG,
        exits.INTERRUPTED,
        exits.TERMINATED,
        exits.UNREAD,
    }


@pytest.mark.parametrize(
    "link", [link for link in re.findall(r"\]\((.+?)\)", README) if "://" not in link]
)
def test_linked_files_exist(link):
    assert (ROOT / link.partition("#")[0]).exists()
