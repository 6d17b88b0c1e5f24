"""Findings as Parquet: every finding, exact values, types, the same bytes."""

from __future__ import annotations

import io
import math
import subprocess
import sys
from pathlib import Path

import attrs
import pytest

from cxaudit.plugin import Finding, Findings, Flag, State
from cxaudit_reports.machine.parquet import render_parquet

COLUMNS = {
    "audit": "string",
    "wave": "string",
    "fingerprint": "string",
    "item": "string",
    "code": "string",
    "title": "string",
    "area": "string",
    "role": "string",
    "touchpoint": "string",
    "unit": "string",
    "unit_name": "string",
    "state": "string",
    "reason": "string",
    "flags": "list<element: string>",
    "score": "double",
    "low": "double",
    "high": "double",
    "weight": "double",
    "value": "double",
    "value_low": "double",
    "value_high": "double",
    "n": "int64",
}


@pytest.fixture
def table(needs):
    """Read a Parquet file by a reader that is not ours and not the writer's."""
    needs("pyarrow")
    from pyarrow import parquet

    return lambda content: parquet.read_table(io.BytesIO(content))


def expected(result):
    items = {item.id: item for item in result.checklist.items}
    names = {unit.id: unit.name for unit in result.units}
    for each in result.findings:
        item = items[each.item]
        yield {
            "audit": result.audit,
            "wave": result.wave.id,
            "fingerprint": each.fingerprint,
            "code": item.code,
            "title": item.title.within(result.language),
            "area": item.area,
            "role": item.role,
            "unit_name": names[each.unit],
            # Directions are for adding scores up; they stand in result.json alone.
            **attrs.asdict(each, recurse=False, filter=lambda field, _: field.name != "direction"),
            "state": each.state.label,
            "flags": list(each.flags.labels),
        }


def test_every_finding_comes_back_exactly(named_audit, table):
    result = named_audit[1]
    assert table(render_parquet(result)).to_pylist() == list(expected(result))


def test_columns_and_types_are_the_same_for_every_audit(named_audit, table):
    schema = table(render_parquet(named_audit[1])).schema
    assert {field.name: str(field.type) for field in schema} == COLUMNS


def test_the_same_result_gives_the_same_bytes(named_audit):
    assert render_parquet(named_audit[1]) == render_parquet(named_audit[1])


def test_odd_numbers_and_texts_come_back_exactly(audit, table):
    result = audit("mixed")
    values = [0.1 + 0.2, 5e-324, 1.7976931348623157e308, math.inf, -math.inf, -0.0, None, 1 / 3]
    reasons = ["", "\x00", "ends in zero\x00", "' ; DROP TABLE findings; --", "x" * 100_000]
    reasons += ["שלום", "👩‍🍳", "a\r\nb\tc"]
    findings = [
        Finding(
            item="phone.wait",
            touchpoint="phone",
            unit="tide",
            state=State.NO_TARGET,
            value=value,
            n=2**62,
            reason=reason,
        )
        for value, reason in zip(values, reasons, strict=True)
    ]
    rows = table(render_parquet(attrs.evolve(result, findings=Findings.of(findings)))).to_pylist()
    assert [repr(row["value"]) for row in rows] == [repr(value) for value in values]
    assert [row["reason"] for row in rows] == reasons
    assert {row["n"] for row in rows} == {2**62}


def test_what_is_no_text_is_replaced(audit, table):
    result = audit("mixed")
    finding = attrs.evolve(result.findings[0], reason="file\udcff.csv")
    made = table(render_parquet(attrs.evolve(result, findings=Findings.of([finding]))))
    assert made.to_pylist()[0]["reason"] == "file?.csv"


def test_every_state_and_flag_is_written_by_its_name(audit, table):
    result = audit("mixed")
    base = result.findings[0]
    states = [
        attrs.evolve(base, state=state, score=0.5 if state.scored else None) for state in State
    ]
    every = Flag.NONE
    for flag in Flag:
        every |= flag
    flags = [attrs.evolve(base, flags=flag) for flag in (*Flag, Flag.NONE, every)]
    found = Findings.of([*states, *flags])
    rows = table(render_parquet(attrs.evolve(result, findings=found))).to_pylist()
    assert [row["state"] for row in rows[: len(states)]] == [state.label for state in State]
    assert [row["flags"] for row in rows[len(states) :]] == [
        list(each.flags.labels) for each in flags
    ]


def test_an_audit_without_a_wave_has_an_empty_one(audit, table):
    rows = table(render_parquet(attrs.evolve(audit("all-good"), wave=None))).to_pylist()
    assert {row["wave"] for row in rows} == {""}


def test_it_needs_neither_pandas_nor_pyarrow():
    """Both are only there for tests; numpy arrays go into DuckDB as they are."""
    program = """
import sys
sys.modules["pandas"] = sys.modules["pyarrow"] = None
from cxaudit_reports.machine.parquet import render_parquet
from tests.support.audits import NAMES, audit_of
for name in NAMES:
    assert render_parquet(audit_of(name))[:4] == b"PAR1"
"""
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", program], cwd=root, check=True, timeout=120)
