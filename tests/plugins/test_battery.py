"""The battery finds what a plugin does not stand, and names all of it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from cxaudit.errors import Problem, SourceError
from cxaudit.plugin import (
    Check,
    Column,
    Detector,
    Hit,
    Metric,
    Output,
    Rows,
    Source,
    State,
    Table,
    Verdict,
    hook,
)
from cxaudit.testing import assert_plugin

EXAMPLE = Path(__file__).parents[2] / "plugins" / "cxaudit-example" / "src"
BOOK = b"frontdesk 1\nday 2026-04-03\n09:12 35 asked for the ferry times\n"


def plugin_of(*specs, **hooks):
    """Return a plugin that registers specs."""
    methods = {"cxaudit_register": hook(lambda _: iter(specs), specname="cxaudit_register")}
    return type("Tested", (), {**methods, **hooks})


def faults(*specs, **options):
    with pytest.raises(AssertionError) as caught:
        assert_plugin(plugin_of(*specs), **options)
    return str(caught.value).splitlines()


DESK = Table(
    id="desk",
    meaning="A guest.",
    columns=(
        Column(name="note", type="text", meaning="A note."),
        Column(name="wait_s", type="number", meaning="Seconds."),
    ),
)


def test_the_example_stands_it():
    assert_plugin(EXAMPLE, samples={"example.frontdesk": BOOK})


def test_a_check_that_scores_what_was_not_measured():
    def judge(request):
        value = request.measurements["metric"].value or 0
        return Verdict(state=State.MET, score=float(value < 0.5))

    named = faults(Check(id="acme.some", judge=judge, settings={"type": "object"}))
    assert named == [
        "check acme.some, a table that is missing: met, though nothing was measured",
    ]


def test_a_check_that_fails_prints_or_changes_what_it_is_given():
    def judge(request):
        sys.stdout.write("judging\n")
        request.settings["at_most"] = 1
        return Verdict(state=State.MEASURED, score=request.measurements["metric"].value / 10)

    schema = {"type": "object", "required": ["at_most"], "properties": {"at_most": {"minimum": 0}}}
    named = faults(Check(id="acme.some", judge=judge, settings=schema))
    assert any("no rows: TypeError: unsupported operand" in line for line in named)
    assert any("a million seconds" in line for line in named)
    assert any("it changes the settings that it is given" in line for line in named) or any(
        "does not support item assignment" in line for line in named
    )
    assert named[-1] == "it prints: judging"


def test_settings_that_cannot_be_guessed_are_asked_for():
    schema = {
        "type": "object",
        "required": ["at_most"],
        "properties": {"at_most": {"type": "string", "pattern": "[0-9]+%"}},
    }

    def judge(request):
        reason = request.settings["at_most"]
        return Verdict(state=State.INSUFFICIENT, reason=reason)

    check = Check(id="acme.some", judge=judge, settings=schema)
    assert faults(check) == ["check acme.some: say settings={'acme.some': {...}} to judge it by"]
    assert_plugin(plugin_of(check), settings={"acme.some": {"at_most": "5%"}})


def test_a_source_that_stumbles_over_a_broken_file():
    def read(request):
        return Rows(rows=((f.name, 1, {"note": f.read_text("utf-8")[:9]}) for f in request.files))

    named = faults(DESK, Source(id="acme.desk", read=read, tables=("desk",)))
    assert any("file utf-16: UnicodeDecodeError: 'utf-8' codec" in line for line in named)

    def refuse(_):
        raise SourceError((Problem("none of ours"),))

    assert_plugin(plugin_of(DESK, Source(id="acme.desk", read=refuse, tables=("desk",))))
    named = faults(
        DESK, Source(id="acme.desk", read=refuse, tables=("desk",)), samples={"acme.desk": b"x"}
    )
    assert named == ["source acme.desk, the sample: none of ours"]


def test_a_detector_that_takes_every_text_for_one():
    def detect(batches):
        for batch in batches:
            for row in batch:
                if row["note"].isupper():
                    yield Hit(detector="acme.up", source="?", row=1, label="up")

    named = faults(DESK, Detector(id="acme.up", table="desk", column="note", detect=detect))
    assert any("'NoneType' object has no attribute 'isupper'" in line for line in named)


def test_metrics_outputs_and_lazy_parts():
    named = faults(
        DESK,
        Metric(id="acme.m", table="desk", kind="mean", value="wait_s / 0"),
        Output(id="acme.o", takes="result", render=lambda _: 7, suffix=".x"),
        Check(id="acme.lazy", judge="no_such_package.part:judge"),
    )
    assert any("check acme.lazy" in line and "no_such_package" in line for line in named)
    assert any("output acme.o, odd rows, client" in line for line in named)


def test_what_importing_it_costs_everybody(tmp_path, monkeypatch):
    code = "import numpy\nfrom cxaudit.plugin import hook\n@hook\ndef cxaudit_gate(): return ()\n"
    (tmp_path / "heavy_acme.py").write_text(code + "print('ready')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(AssertionError) as caught:
        assert_plugin("heavy_acme")
    assert "importing heavy_acme imports numpy, in every session of everybody" in str(caught.value)
    assert "importing heavy_acme prints: ready" in str(caught.value)
    (tmp_path / "heavy_acme.py").write_text(code)
    sys.modules.pop("heavy_acme")
    assert_plugin("heavy_acme", imports={"numpy"})
