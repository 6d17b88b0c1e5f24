"""The page on phone systems' exports says what the readers give, and its snippets run."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from cxaudit import Session
from cxaudit_phone.readers import (
    amazon_connect,
    asterisk_cdr,
    asterisk_queue_log,
    genesys_cloud,
    twilio,
)
from cxaudit_phone.readers.sources import SOURCES

PAGE = (Path(__file__).parents[2] / "docs/reference/phone-exports.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^## ([\w-]+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
SNIPPETS = re.findall(r"^```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
COLUMNS = {
    "asterisk-queue-log": asterisk_queue_log._COLUMNS,
    "asterisk-cdr": {"calls": asterisk_cdr._COLUMNS},
    "amazon-connect": {
        **amazon_connect._COLUMNS,
        "calls": (*amazon_connect._COLUMNS["calls"], "reason"),
    },
    "genesys-cloud": genesys_cloud._COLUMNS,
    "twilio-calls": {"calls": twilio._COLUMNS},
}
AUDIT = """cxaudit = 1
[audit]
id = "t"
title = "T"
client = "C"
checklists = ["c.toml"]
[[unit]]
id = "firm"
kind = "organisation"
zone = "Europe/Paris"
[[unit]]
id = "firm.claims"
kind = "team"
parent = "firm"
"""
CHECKLIST = """cxaudit = 1
[checklist]
id = "c"
version = "1"
title = "C"
[[metric]]
id = "calls"
table = "calls"
kind = "count"
lower_is_better = true
[[item]]
id = "phone.calls"
area = "process"
touchpoints = ["phone"]
title = "Nobody needs to call"
check = "within-target"
with = { metric = "calls", target = 2 }
"""


def rows(text):
    """Return the names in the first cells of a table's rows."""
    cells = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    return [name for cell in cells for name in re.findall(r"`([\w-]+)`", cell)]


@pytest.mark.parametrize("reader", COLUMNS)
def test_each_column_that_a_reader_gives_is_told_once(reader):
    parts = re.split(r"^\| `(\w+)` \| from \|$", SECTIONS[reader], flags=re.MULTILINE)
    tables = zip(parts[1::2], parts[2::2], strict=True)
    told = {table: rows(text.split("\n\n")[0]) for table, text in tables}
    assert {table: sorted(names) for table, names in told.items()} == {
        table: sorted(names) for table, names in COLUMNS[reader].items()
    }


@pytest.mark.parametrize("spec", SOURCES, ids=lambda spec: spec.id)
def test_each_option_and_table_of_a_reader_is_told(spec):
    section = SECTIONS[spec.id.removeprefix("cxaudit.")]
    for option in spec.settings["properties"]:
        assert option == "encoding" or f"| `{option}`" in section or f", `{option}`" in section
    name = spec.id.removeprefix("cxaudit.")
    (line,) = [line for line in PAGE.splitlines() if line.startswith(f"| [`{name}`]")]
    assert tuple(re.findall(r"`(\w+)`", line.split("|")[3])) == spec.tables


@pytest.mark.parametrize("spec", SOURCES, ids=lambda spec: spec.id)
def test_the_markers_of_a_reader_are_those_that_it_declares(spec):
    section = SECTIONS[spec.id.removeprefix("cxaudit.")]
    table = section.partition("| marker | effect | what it names |\n| --- | --- | --- |\n")[2]
    assert table.partition("\n\n")[0].splitlines() == [
        f"| `{marker.id}` | {marker.effect} | {marker.meaning} ([source]({marker.source})) |"
        for marker in spec.markers
    ]


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_each_snippet_runs(tmp_path, samples, snippet):
    (reader,) = set(re.findall(r'^reader = "(.*)"', snippet, re.MULTILINE))
    (path,) = set(re.findall(r'^path = "(.*)"', snippet, re.MULTILINE))
    file = tmp_path / path.replace("*", "1")
    file.parent.mkdir(exist_ok=True)
    content = samples[reader].encode()
    file.write_bytes(gzip.compress(content) if file.suffix == ".gz" else content)
    (tmp_path / "audit.toml").write_text(AUDIT + snippet)
    (tmp_path / "c.toml").write_text(CHECKLIST)
    session = Session()
    result = session.run(session.load(tmp_path / "audit.toml"))
    accounts = {account.table: account for account in result.accounts}
    assert accounts["calls"].kept == 3
    assert not any(account.rejected for account in accounts.values())
