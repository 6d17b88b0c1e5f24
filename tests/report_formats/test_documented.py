"""docs/reference/report-formats.md names what is written, and nothing else."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest

from cxaudit import Session
from cxaudit.session import result_json
from cxaudit_reports.machine.compact_json import render_compact
from cxaudit_reports.machine.parquet import render_parquet
from cxaudit_reports.outputs import OUTPUTS

PAGE = (Path(__file__).parents[2] / "docs/reference/report-formats.md").read_text("utf-8")
MACHINE = [each for each in OUTPUTS if each.takes == "result"]


def section(title):
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def names(cells):
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


def test_each_format_is_named_with_its_file():
    rows = re.findall(r"^\| `([\w-]+)` \| `([\w.]+)` \|", PAGE, re.MULTILINE)
    told = {(each.id.removeprefix("cxaudit."), f"findings{each.suffix}") for each in MACHINE}
    assert set(rows) == told


def test_each_column_is_named_in_order(needs, audit):
    needs("pyarrow")
    from pyarrow import parquet

    schema = parquet.read_schema(io.BytesIO(render_parquet(audit("mixed"))))
    cells = re.findall(r"^\| (`[^|]+) \|", section("Parquet"), re.MULTILINE)
    told = names(cells)
    # Reading groups them; the file has the same columns.
    assert sorted(told) == sorted(schema.names)


def test_what_the_compact_form_leaves_out_is_named(audit):
    result = audit("mixed")
    whole, compact = result_json(result), json.loads(render_compact(result))
    pairs = [
        (whole, compact),
        (whole["checklist"], compact["checklist"]),
        (whole["checklist"]["items"][0], compact["checklist"]["items"][0]),
        (whole["measurements"][0], compact["measurements"][0]),
        (whole["accounts"][0], compact["accounts"][0]),
        (whole["provenance"], compact["provenance"]),
    ]
    told = set(names(re.findall(r"^- (.+)$", section("Compact JSON"), re.MULTILINE)))
    for before, after in pairs:
        gone = {name for name, value in before.items() if value not in (None, "", [], {})}
        assert gone - set(after) - {"cxaudit_result"} <= told


def test_the_query_runs(audit, tmp_path, monkeypatch):
    import duckdb

    (query,) = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    Path("findings.parquet").write_bytes(render_parquet(audit("mixed")))
    assert set(duckdb.sql(query).fetchall()) == {("Tide Bakery", 1), ("Pier", 1)}


@pytest.mark.parametrize("output", [each.id for each in MACHINE])
def test_each_is_registered(output):
    assert output in Session().registered("output")
