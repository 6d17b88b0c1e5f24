"""An invented call centre gives the reference's figures, and nobody in it stands out."""

from __future__ import annotations

import pytest

from cxaudit._formats.markdown import render_markdown
from cxaudit._report.build import build_report

EXACT = 1e-6
SHARES = {
    "answered-share": "answered",
    "phone.abandoned.by-leg": "abandoned",
    "resolved-of-calls": "resolved_of_calls",
    "resolved-of-answered": "resolved_of_answered",
}


@pytest.fixture(scope="module")
def expected(reference):
    return reference["phonenow_calls"]


@pytest.fixture(scope="module")
def measured(real, tmp_path_factory):
    folder = tmp_path_factory.mktemp("phonenow")
    return real.run(real.prepare("phonenow", real.data / "phonenow_calls", folder))


def check(measured, figures, breakdown=None, group=None):
    calls = {"breakdown": f"calls-{breakdown}" if breakdown else None, "group": group}
    ratings = {"breakdown": f"ratings-{breakdown}" if breakdown else None, "group": group}
    assert measured.value("calls", **calls) == figures["calls"]
    for metric, name in SHARES.items():
        full = f"cxaudit.{metric}" if metric.startswith("phone.") else metric
        measured.assert_share(figures[name], full, **calls)
    for seconds in (20, 30, 60):
        found = figures[f"service_level_{seconds}s"]
        measured.assert_share(found["of_calls"], f"sl-{seconds}", **calls)
        measured.assert_share(found["of_answered"], f"sl-{seconds}.of-answered", **calls)
    speed = measured.value("cxaudit.phone.speed-of-answer.by-leg", **calls)
    assert speed == pytest.approx(figures["asa_seconds"], abs=EXACT)
    talk = measured.value("talk", **calls)
    assert talk == pytest.approx(figures["talk_seconds_mean"], abs=EXACT)
    rating = measured.get("csat", **ratings)
    assert rating.n == figures["csat"]["n"]
    assert rating.value == pytest.approx(figures["csat"]["mean"], abs=EXACT)
    assert (rating.low, rating.high) == pytest.approx(figures["csat"]["t95"], abs=EXACT)
    measured.assert_share(figures["csat_top2"], "csat.top-two", **ratings)


def test_overall(measured, expected):
    check(measured, expected["overall"])


@pytest.mark.parametrize("breakdown", ["by-agent", "by-topic"])
def test_by_group(measured, expected, breakdown):
    groups = expected[breakdown.replace("-", "_")]
    assert set(measured.groups("calls", f"calls-{breakdown}")) == set(groups)
    for group, figures in groups.items():
        check(measured, figures, breakdown, group)


@pytest.mark.parametrize("level", ["p50", "p90", "p95"])
def test_waits(measured, expected, level):
    found = measured.value(f"cxaudit.phone.wait.answered.{level}.by-leg")
    assert found == pytest.approx(expected["wait_quantiles"][level], abs=EXACT)


def test_nobody_stands_out(measured):
    text = render_markdown(build_report(measured.result, "client"))
    assert "groups is worse than their mean by more" in text
    assert "Surely worse" not in text
