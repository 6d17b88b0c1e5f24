"""A plugin is tested in a whole audit, on rows at hand: what comes out is what a run gives."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import attrs
import pytest

from cxaudit.errors import AuditFileError
from cxaudit.plugin import (
    Check,
    Column,
    Metric,
    Output,
    Policy,
    Score,
    Scorecard,
    Section,
    State,
    Table,
    Touchpoint,
    UnitScores,
    Verdict,
    blocks,
    hook,
)
from cxaudit.testing import load_plugin, run_plugin
from tests.support.new_plugins import with_installed

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "plugins" / "cxaudit-example"


class Acme:
    """A plugin with a part of nearly every kind."""

    limit = 0.5

    @hook
    def cxaudit_register(self):
        yield Touchpoint(id="home-delivery", title="Home delivery")
        yield Table(
            id="drops",
            touchpoint="home-delivery",
            time=("arrived_at",),
            meaning="A drop.",
            columns=(
                Column(name="arrived_at", type="time", meaning="When."),
                Column(name="late_s", type="number", meaning="How late.", unit="seconds"),
                Column(name="note", type="text", meaning="A note."),
            ),
        )
        yield Table(
            id="last_drops",
            meaning="The last drop.",
            columns=(Column(name="late_s", type="number", meaning="How late."),),
            reads={"drops": ("late_s",)},
            derive=lambda read, _: list(read("drops"))[-1:],
        )
        yield Metric(
            id="acme.late", table="drops", kind="share", value="late_s > 0", lower_is_better=True
        )
        yield Metric(id="acme.last", table="last_drops", kind="maximum", value="late_s")
        yield Check(id="acme.under", judge=self.judge, settings={"type": "object"})
        yield Output(
            id="acme.card",
            takes="result",
            suffix=".json",
            render=lambda result: json.dumps({"score": result.scorecard.root.overall.value}),
        )

    @hook
    def cxaudit_configure(self, settings):
        self.limit = settings.get("limit", self.limit)

    def judge(self, request):
        share = request.measurements["metric"].value
        n = request.measurements["metric"].n
        return Verdict(state=State.MEASURED, score=1 - share, n=n, reason=f"{self.limit}")

    @hook
    def cxaudit_redact(self, evidence):
        fields = {name: "***" if name == "note" else v for name, v in evidence.fields.items()}
        return attrs.evolve(evidence, fields=fields)

    @hook
    def cxaudit_report_sections(self, result):
        rows = tuple((m.metric, m.value) for m in result.measurements)
        table = blocks.Table(
            title="Drops", columns=("Metric", "Value"), rows=rows, numeric=(False, True)
        )
        yield Section(id="drops", title="Drops", blocks=(table,))

    @hook
    def cxaudit_gate(self, result):
        yield f"{len(result.accounts)} sources"


DROPS = [
    {"arrived_at": "2026-04-03T09:00:00", "late_s": 60, "note": "gate code 4711"},
    {"arrived_at": "2026-04-03T10:00:00+02:00", "late_s": 0, "note": None},
    {"arrived_at": "2026-04-04T09:00:00", "late_s": None, "note": ""},
    {"arrived_at": "2026-04-04T10:00:00", "late_s": 1, "note": "-"},
]
LATE = {"check": "acme.under", "with": {"metric": "acme.late"}}


def test_verdicts_values_evidence_sections_and_outputs():
    run = run_plugin(Acme, tables={"drops": DROPS}, items=[LATE])
    # Two of four are late; one that is not stated counts as not late.
    assert run.value("acme.late") == 0.5
    finding = run.finding()
    assert (finding.item, finding.touchpoint, finding.unit) == ("item-1", "home-delivery", "root")
    assert (finding.state, finding.score, finding.n) == (State.MEASURED, 0.5, 4)
    assert {piece.fields["note"] for piece in run.evidence("item-1")} == {"***"}
    assert run.section("drops").blocks[0].rows == (("acme.late", 0.5),)
    assert json.loads(run.output("acme.card")) == {"score": 0.5}
    assert run.result.gate.reasons == ("1 sources",)
    assert run.problems == ()


def test_without_items_each_metric_of_the_plugin_is_measured():
    run = run_plugin(Acme, tables={"drops": DROPS})
    assert run.finding("acme.late").state is State.NO_TARGET
    assert run.value("acme.late") == 0.5
    late = {"metric": "acme.last", "target": 5, "better": "lower"}
    items = [LATE, {"check": "within-target", "with": late}]
    assert run_plugin(Acme, tables={"drops": DROPS}, items=items).value("acme.last") == 1


def test_units_settings_and_parameters_are_those_of_an_audit():
    units = [
        {"id": "acme", "kind": "organisation", "zone": "Europe/Paris"},
        {"id": "acme.north", "kind": "site", "parent": "acme"},
    ]
    rows = [{**row, "unit": "acme.north"} for row in DROPS]
    run = run_plugin(
        Acme,
        tables={"drops": rows},
        items=[{**LATE, "per": "site"}],
        settings={"limit": 0.25},
        audit={"unit": units, "gate": {"min_score": 0.9}},
        checklist={"scoring": {"policy": "sassie-1"}},
    )
    assert run.finding(unit="acme.north").reason == "0.25"
    assert run.value("acme.late", "acme.north") == 0.5
    assert run.result.scorecard.policy == "cxaudit.sassie-1"
    assert not run.result.gate.passed


def test_answers_and_frames_at_hand():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"arrived_at": ["2026-04-03T09:00:00"] * 2, "late_s": [1.0, None]})
    asked = {"id": "greets", "ask": {"answer": "yes-no"}, "touchpoints": ["home-delivery"]}
    case = {"id": "v1", "unit": "root", "touchpoint": "home-delivery"}
    run = run_plugin(
        Acme,
        tables={"drops": frame},
        items=[LATE, asked],
        cases=[case],
        answers=[{"case": "v1", "item": "greets", "rater": "r", "value": "yes"}],
    )
    assert run.value("acme.late") == 0.5
    assert run.finding("greets").score == 1


def test_no_rows_are_an_empty_table():
    run = run_plugin(Acme, tables={"drops": []})
    assert run.finding("acme.late").state is State.INSUFFICIENT


def test_what_is_wrong_is_said():
    with pytest.raises(AuditFileError, match=r"acme\.lat"):
        run_plugin(Acme, items=[{"check": "acme.under", "with": {"metric": "acme.lat"}}])
    with pytest.raises(AssertionError, match=r"name one finding of: acme\.late at root"):
        run_plugin(Acme, tables={"drops": DROPS}).finding("acme.lte")
    with pytest.raises(AssertionError, match=r"acme\.last was not measured; there is acme\.late"):
        run_plugin(Acme, tables={"drops": DROPS}).value("acme.last")
    with pytest.raises(AssertionError, match="no section 'vans', but"):
        run_plugin(Acme, tables={"drops": DROPS}).section("vans")

    class Failing(Acme):
        @hook
        def cxaudit_gate(self, result):
            msg = f"no gate for {result.title}"
            raise OSError(msg)

    with pytest.raises(AssertionError, match="no gate for Tested"):
        run_plugin(Failing, tables={"drops": DROPS})
    run = run_plugin(Failing, tables={"drops": DROPS}, fails=True)
    assert [problem.stage for problem in run.problems] == ["cxaudit_gate"]


def test_a_policy_of_the_plugin_scores_the_run():
    class Points:
        @hook
        def cxaudit_register(self):
            words = dict.fromkeys(("not_applicable", "unanswered", "critical", "aggregation"), "-")
            yield Policy(id="acme.points-1", title="Points", bands=(), score=self.score, **words)

        def score(self, _):
            half = UnitScores(unit="root", overall=Score(value=0.5, coverage=1), grade=None)
            return Scorecard(policy="acme.points-1", bands=(), units=(half,))

    run = run_plugin(
        Points,
        items=[{"ask": {"answer": "yes-no"}}],
        checklist={"scoring": {"policy": "acme.points-1"}},
    )
    assert run.result.scorecard.root.overall.value == 0.5


def test_a_plugin_that_is_installed_is_loaded_once(tmp_path):
    installed = with_installed("cxaudit_example", "cxaudit-example", EXAMPLE / "src", tmp_path)
    code = (
        "from pathlib import Path; import cxaudit_example as e;"
        "from cxaudit.testing import load_plugin, run_plugin;"
        f"forms = (e, 'cxaudit_example', Path({str(EXAMPLE / 'src')!r}));"
        "hosts = [load_plugin(form) for form in forms];"
        "print([[r.name for r in h.plugins if 'example' in r.name and not r.quarantined]"
        " for h in hosts])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=installed
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == str(
        [["cxaudit-example"], ["cxaudit-example"], ["cxaudit_example"]]
    )


def test_a_plugin_at_a_path_goes_before_an_installed_one():
    name = "cxaudit_example"
    (plugin,) = [r for r in load_plugin(EXAMPLE / "src").plugins if r.name == name]
    assert not plugin.quarantined
