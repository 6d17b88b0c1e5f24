"""Pages made from the code are current. ``CXAUDIT_UPDATE=1`` writes them anew."""

from __future__ import annotations

import os
from pathlib import Path

import click
import pytest

from cxaudit._builtin.tables import TABLES
from cxaudit._cli.commands import cli

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
NOTE = "<!-- Made by tests/docs/test_generated.py; CXAUDIT_UPDATE=1 writes it anew. -->"


def tables():
    """Return the page of the canonical tables."""
    names = " · ".join(f"[`{table.id}`](#{table.id})" for table in TABLES)
    parts = [
        "# Canonical tables",
        NOTE,
        (
            "What records are kept as, whatever format they came in. A source of the audit file "
            'fills one: `table = "calls"`.\nColumns that no source gives stay empty, and what '
            "needs them is not assessed."
        ),
        (
            "Every row also has `unit` and `touchpoint`, which a source may map, and `_source`, "
            "`_row` (place in the file) and\n`_zone` (IANA zone of its unit), which are set "
            "by themselves. A row that names no touchpoint has the table's."
        ),
        (
            "Types: `text`, `number`, `boolean`, `time` (an instant, kept as UTC) and `date`. "
            "*Required*: a source must map it.\n*Personal*: it names or may name a person. "
            "*Key of a person*: hashed where pseudonyms are made. "
            "*Key*: no two rows share it; the later one is refused."
        ),
        (
            "*Natural time*: when a row took place, by the first of these columns that is not "
            "null. A wave of the audit counts the\nrows whose day by it, on the clock of their "
            "unit, lies in the wave. Tables that have none are not bounded by a wave."
        ),
        names,
    ]
    for table in TABLES:
        key = f"Key: {', '.join(f'`{name}`' for name in table.key)}." if table.key else "No key."
        rows = [
            f"| `{c.name}` | {c.type} | {c.unit} | {c.meaning} | {_marks(table, c)} |"
            for c in table.columns
        ]
        head = ["| column | type | unit | meaning | |", "| --- | --- | --- | --- | --- |"]
        parts += [
            f"## {table.id}",
            f"{table.meaning} {key} Touchpoint: `{table.touchpoint}`.{_natural_time(table)}",
            "\n".join([*head, *rows]),
        ]
    return "\n\n".join(parts) + "\n"


def _natural_time(table):
    names = ", else ".join(f"`{name}`" for name in table.time)
    return f" Natural time: {names}." if names else ""


def _marks(table, column):
    marks = {
        "key": column.name in table.key,
        "required": column.required,
        "personal": column.personal,
        "key of a person": bool(column.identifies),
    }
    return ", ".join(name for name, holds in marks.items() if holds)


def commands():
    """Return the page of the commands, each with its own help."""
    parts = [
        "# Commands",
        NOTE,
        (
            "stdout is the artefact, stderr the talk. Exit codes: 0 fine; 1 the gate failed; "
            "2 something you gave is wrong; 3 a check or\nplugin failed; 4 not enough basis; "
            "5 a fault of cxaudit; 130 interrupted (Ctrl-C), 143 terminated "
            "(SIGTERM);\n141 nobody read the output to its end, as in `cxaudit list metric | head "
            "-1`: what was to be written to files is written.\nWhere several hold: 141, 5, 2, 1, "
            "4, 3."
        ),
        (
            "What is printed holds no controls: those in texts of files are written out, such as "
            "`\\u001b`, and so are colours that a\nplugin's command prints. What stdout has no "
            "character for becomes a question mark. JSON and documents are UTF-8 wherever\nthey "
            "go; only documents that go to a file or a pipe are left as they are."
        ),
    ]
    for path, command in every_command(cli, ("cxaudit",)):
        parts += [f"## {' '.join(path)}", f"```text\n{help_of(path, command).rstrip()}\n```"]
    return "\n\n".join(parts) + "\n"


def every_command(command, path):
    yield path, command
    for name, below in sorted(getattr(command, "commands", {}).items()):
        yield from every_command(below, (*path, name))


def help_of(path, command):
    settings = {"help_option_names": ["-h", "--help"], "max_content_width": 80}
    context = click.Context(command, info_name=" ".join(path), terminal_width=80, **settings)
    return command.get_help(context)


@pytest.mark.parametrize("make", [tables, commands])
def test_a_page_is_the_one_made_from_the_code(make):
    page = REFERENCE / f"{make.__name__}.md"
    if os.environ.get("CXAUDIT_UPDATE"):
        page.write_text(make(), encoding="utf-8")
    assert page.read_text(encoding="utf-8") == make()


def test_the_pages_name_what_there_is():
    """The pages are not empty: a table and a command that people look for are there."""
    assert "## calls\n\nOne telephone call" in tables()
    assert "Key: `call_id`. Touchpoint: `phone`." in tables()
    assert (
        "| `wait_s` | number | seconds | Time in the queue, until answered or left. |  |"
        in tables()
    )
    assert "## cxaudit plugins doctor" in commands()
    assert "--period WAVE" in commands()
