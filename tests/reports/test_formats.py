"""Every named audit in every format: golden files, safety, and the same numbers everywhere."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import unicodedata
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from rich.cells import cell_len

from cxaudit._builtin.outputs import OUTPUTS
from cxaudit._formats.csv import render_csv
from cxaudit._formats.junit import render_junit
from cxaudit._formats.markdown import render_markdown
from cxaudit._formats.result_json import render_json
from cxaudit._formats.terminal import render_terminal
from cxaudit._report.build import build_report
from cxaudit._words import numbers
from cxaudit.plugin import blocks
from tests.support.audits import APPROVED

GOLDEN = Path(__file__).with_name("golden")
REPORTS = {"txt": render_terminal, "md": render_markdown}
RESULTS = {"csv": render_csv, "xml": render_junit, "json": render_json}
BIDI = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def written(name, result, policy):
    report = build_report(result, policy=policy)
    for suffix, render in REPORTS.items():
        yield f"{name}.{suffix}", render(report)
    yield f"{name}.full.txt", render_terminal(report, 80, full=True)
    for suffix, render in RESULTS.items():
        yield f"{name}.{suffix}", render(result)


@pytest.mark.parametrize("name", APPROVED)
def test_every_format_is_as_it_was_read_and_approved(name, audit, policy, approved):
    for file, text in written(name, audit(name), policy):
        approved(file, text)


def test_no_format_carries_controls_or_direction_marks(audit, policy):
    for file, text in written("hostile", audit("hostile"), policy):
        if file.endswith(".json"):
            continue
        marks = {char for char in text if unicodedata.category(char) == "Cc"} - {"\n", "\r"}
        assert not marks, file
        assert not BIDI.search(text), file


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("full", [False, True])
def test_no_terminal_line_is_longer_than_the_terminal(named_audit, policy, width, full):
    text = render_terminal(build_report(named_audit[1], policy=policy), width, full=full)
    assert max(cell_len(line) for line in text.splitlines()) <= width
    assert "\x1b" not in text


def test_colour_adds_nothing_but_colour(report):
    plain = render_terminal(report("mixed"))
    coloured = render_terminal(report("mixed"), colour=True)
    assert "\x1b[" in coloured
    bare = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert [line.rstrip() for line in bare.splitlines()] == plain.splitlines()


def test_markdown_has_no_markup_of_the_client(report):
    text = render_markdown(report("hostile"))
    assert not re.search(r"(?<!\\)<(?!!-- -->)", text)
    assert not re.search(r"(?<!\\)\[", text)
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    cells = [len(re.findall(r"(?<!\\)\|", row)) for row in rows]
    assert set(cells) <= {3, 4, 5, 6, 7, 8, 9, 10}


def test_junit_counts_what_it_holds(named_audit):
    root = ET.fromstring(render_junit(named_audit[1]))
    cases = root.findall(".//testcase")
    assert int(root.get("tests")) == len(cases) == len(named_audit[1].findings)
    for kind, attribute in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        assert int(root.get(attribute)) == len(root.findall(f".//{kind}"))
        suites = root.findall("testsuite")
        assert sum(int(suite.get(attribute)) for suite in suites) == int(root.get(attribute))


def test_junit_tells_unknown_from_failed_and_broken(audit):
    root = ET.fromstring(render_junit(audit("mostly-not-assessed")))
    kinds = {case.get("classname"): [child.tag for child in case] for case in root.iter("testcase")}
    assert kinds["loyalty"] == ["error"]
    assert kinds["phone.answered"] == ["skipped"]
    assert kinds["in-store.greeted"] == []
    failed = ET.fromstring(render_junit(audit("mixed"))).findall(".//failure")
    assert len(failed) == 6


def test_csv_holds_no_formula_and_whole_numbers(audit):
    rows = list(csv.DictReader(io.StringIO(render_csv(audit("hostile")))))
    result = audit("hostile")
    assert len(rows) == len(result.findings)
    assert rows[0]["title"].startswith("'=cmd")
    for row, finding in zip(rows, result.findings, strict=True):
        assert row["fingerprint"] == finding.fingerprint
        for name in ("score", "low", "high", "value", "weight"):
            value = getattr(finding, name)
            assert row[name] == ("" if value is None else repr(value))
        for name, cell in row.items():
            assert not (
                cell.lstrip()[:1] in set("=+-@") and name in {"title", "reason", "unit_name"}
            )


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", " =1", "\t=1", "\r=1", "\x00=1"])
def test_every_start_of_a_formula_is_defused(audit, text):
    import attrs

    from cxaudit.plugin import Findings

    result = audit("mixed")
    finding = attrs.evolve(result.findings[0], reason=text)
    rows = csv.DictReader(
        io.StringIO(render_csv(attrs.evolve(result, findings=Findings.of([finding]))))
    )
    assert next(rows)["reason"].startswith("'")


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_a_number_that_is_none_in_a_spreadsheet_is_empty(audit, value):
    import attrs

    from cxaudit.plugin import Findings

    result = audit("mixed")
    finding = attrs.evolve(result.findings[0], value=1.5, value_high=value)
    text = render_csv(attrs.evolve(result, findings=Findings.of([finding])))
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["value"], row["value_high"]) == ("1.5", "")


@pytest.mark.parametrize("name", ["all-good", "mixed", "mostly-not-assessed", "empty"])
def test_documents_say_the_same_numbers(report, name):
    """What differs is how an interval is written in a matrix cell, so ends are compared alone."""
    made = report(name)
    texts = (render_terminal(made, 400, full=True), render_markdown(made).replace("\\", ""))
    terminal, markdown = ({*re.findall(r"\d+", text)} for text in texts)
    assert terminal == markdown


def test_a_report_made_by_hand_renders_in_every_document():
    report = blocks.Report(
        title="By hand",
        sections=(
            blocks.Section(
                id="one",
                title="One",
                blocks=(
                    blocks.Heading(text="Head", anchor="here"),
                    blocks.Series(
                        title="Waits", points=(("May", 61.0), ("June", None)), unit="seconds"
                    ),
                    blocks.Distribution(title="Stars", bins=(("1", 1204), ("5", 3))),
                    blocks.Action(text="Mend it", owner="A. Roe", due="1 May"),
                    blocks.Table(title="", columns=("A", "B"), rows=(("x", 1234.5), ("y", None))),
                    blocks.Table(title="Rows", columns=("A",), rows=(("z",),), anchors=("row-z",)),
                    blocks.Table(title="Nothing", columns=("A",), rows=()),
                    blocks.TextBlock(text="1. no list", tone="warning"),
                    blocks.ScoreBlock(title="None", value=None),
                ),
            ),
        ),
    )
    for render in REPORTS.values():
        text = render(report)
        for wanted in (
            "Head",
            "1:01",
            numbers.DASH,
            "1,204",
            "Mend it",
            "A. Roe; 1 May",
            "1,23",
            "none",
        ):
            assert wanted in text


def test_outputs_are_ours_sorted_and_render(audit, report):
    from importlib import import_module

    assert [output.id for output in OUTPUTS] == [
        f"cxaudit.{name}" for name in ("csv", "json", "junit", "markdown", "terminal")
    ]
    for output in OUTPUTS:
        module, _, name = output.render.partition(":")
        given = audit("mixed") if output.takes == "result" else report("mixed")
        assert getattr(import_module(module), name)(given)


def test_json_is_strict(named_audit):
    json.loads(render_json(named_audit[1]), parse_constant=pytest.fail)
