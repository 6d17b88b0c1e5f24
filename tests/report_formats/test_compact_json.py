"""The compact JSON: a part of the whole result, without what is bulky; and all four registered."""

from __future__ import annotations

import json

import pytest

from cxaudit import Session
from cxaudit.errors import ResultError
from cxaudit.session import result_json
from cxaudit_reports.machine.compact_json import render_compact
from tests.support.audits import APPROVED

EMPTY = (None, "", [], {})
LEFT_OUT = {
    "cxaudit_result",
    "cases",
    "answers",
    "directions",
    "evidence",
    "accounts.samples",
    "checklist.detectors",
    "checklist.digests",
    "checklist.metrics",
    "disputed.findings.direction",
    "findings.direction",
    "measurements.direction",
    "measurements.engine",
    "measurements.query",
    "measurements.statistics",
    "provenance.statements",
    "scorecard.units.overall.spread",
    *(
        f"checklist.items.{name}"
        for name in ("ask", "check", "guidance", "origins", "references", "seeds", "when")
    ),
}


def reduced(value, path=""):
    """Return what the compact form promises to keep of a whole result."""
    if isinstance(value, dict):
        kept = {
            key: reduced(each, f"{path}.{key}".lstrip("."))
            for key, each in value.items()
            if f"{path}.{key}".lstrip(".") not in LEFT_OUT
        }
        return {key: each for key, each in kept.items() if each not in EMPTY}
    if isinstance(value, list):
        return [reduced(each, path) for each in value]
    return value


@pytest.mark.parametrize("name", APPROVED)
def test_it_is_as_it_was_read_and_approved(name, audit, approved):
    approved(f"{name}.compact.json", render_compact(audit(name)))


def test_it_is_the_whole_result_less_what_is_named_and_what_is_empty(named_audit):
    result = named_audit[1]
    compact = json.loads(render_compact(result), parse_constant=pytest.fail)
    assert compact.pop("cxaudit_compact") == 1
    assert compact == reduced(result_json(result))


def test_false_and_zero_are_values_and_stay(audit):
    compact = json.loads(render_compact(audit("mixed")))
    assert compact["gate"]["passed"] is False
    assert [each["score"] for each in compact["findings"] if each["state"] == "not_met"] == [0.0]


def test_no_quote_row_or_answer_is_in_it(audit):
    text = render_compact(audit("mixed"))
    for secret in ("Nobody picked up", 'wait_s": 312', "at once", "too crowded", "rater-1"):
        assert secret not in text


def test_it_is_refused_as_a_result_rather_than_scored_without_its_answers(audit, tmp_path):
    file = tmp_path / "findings.compact.json"
    file.write_text(render_compact(audit("mixed")))
    with pytest.raises(ResultError, match="not a result of cxaudit"):
        Session().read_result(file)


@pytest.mark.parametrize(
    ("output", "start"),
    [
        ("sarif", b'{\n "$schema": "https://docs.oasis-open.org/sarif/'),
        ("oscal", b'{\n "assessment-results": {'),
        ("findings-parquet", b"PAR1"),
        ("json-compact", b'{\n "cxaudit_compact": 1,'),
    ],
)
def test_each_format_is_written_by_its_name(audit, tmp_path, output, start):
    session = Session()
    spec = session.registered("output")[f"cxaudit.{output}"]
    file = tmp_path / f"findings{spec.suffix}"
    session.render(audit("hostile"), output, file)
    assert file.read_bytes().startswith(start)


def test_no_two_outputs_write_the_same_file():
    outputs = Session().registered("output").values()
    names = [("report" if each.takes == "report" else "findings") + each.suffix for each in outputs]
    assert len(names) == len(set(names))
