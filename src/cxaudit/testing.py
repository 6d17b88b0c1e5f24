"""What a plugin's author tests with: one part by itself, or a whole audit in memory.

A check is judged on literal measurements, a source read on small and on hostile files::

    from cxaudit.plugin import CheckRequest, State, Verdict
    from cxaudit.testing import check_request, measurement, run_check

    def quiet(request: CheckRequest) -> Verdict:
        met = request.measurements["metric"].value <= request.settings["at_most"]
        return Verdict(state=State.MET if met else State.NOT_MET, score=float(met))

    verdict = run_check(quiet, check_request(measurement(0.1, n=40), settings={"at_most": 0.2}))
    assert verdict.score == 1

A whole plugin is run on records at hand, from rows to verdicts, sections and outputs::

    from cxaudit.plugin import Metric, hook
    from cxaudit.testing import run_plugin

    class Waits:
        @hook
        def cxaudit_register(self):
            yield Metric(
                id="acme.waits",
                table="calls",
                kind="mean",
                value="wait_s",
                lower_is_better=True,
                title="Mean wait",
            )

    run = run_plugin(
        Waits,
        tables={"calls": [{"call_id": "a", "wait_s": 10}, {"call_id": "b", "wait_s": 20}]},
        items=[{"check": "within-target", "with": {"metric": "acme.waits", "target": 15}}],
    )
    assert run.finding().score == 1

Where pytest is installed it takes what is here as its plugin ``cxaudit``: the fixture ``golden``,
``--update``, and files ``*.cases.toml`` (see `Case`) as tests.
"""

from __future__ import annotations

from cxaudit._testing.battery import assert_plugin
from cxaudit._testing.cases import Case, cases_markdown, read_cases
from cxaudit._testing.loading import load_plugin
from cxaudit._testing.parts import (
    check_request,
    hostile_files,
    measurement,
    read_source,
    run_check,
    run_detector,
)
from cxaudit._testing.runs import PluginRun, run_plugin

__all__ = [
    "Case",
    "PluginRun",
    "assert_plugin",
    "cases_markdown",
    "check_request",
    "hostile_files",
    "load_plugin",
    "measurement",
    "read_cases",
    "read_source",
    "run_check",
    "run_detector",
    "run_plugin",
]
