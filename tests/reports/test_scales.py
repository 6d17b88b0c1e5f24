"""Where a score is full and where nothing is left of it, and what was tailored, in words."""

from __future__ import annotations

import pytest

from cxaudit import Session
from cxaudit._cli import main
from cxaudit._report.scales import scale
from cxaudit.plugin import Ask, CheckUse, Curve, Item, Metric, Text

WAIT = Metric(
    id="ferry.wait",
    table="calls",
    kind="mean",
    value="wait_s",
    unit="seconds",
    lower_is_better=True,
)
SHARE = Metric(id="ferry.share", table="calls", kind="share", value="true", lower_is_better=False)


def item(**given):
    return Item(id="a.b", area="process", touchpoints=("phone",), title=Text.of("A", "en"), **given)


def checked(**settings):
    return item(check=CheckUse(check="cxaudit.within-target", settings=settings))


@pytest.mark.parametrize(
    ("settings", "metric", "words"),
    [
        ({"target": 20, "limit": 60}, WAIT, "full score at 0:20 or less, none from 1:00"),
        ({"target": 20}, WAIT, "full score at 0:20 or less, none above it"),
        (
            {"target": 0.9, "limit": 0.5},
            SHARE,
            "full score at 90\u00a0% or more, none at 50\u00a0% or less",
        ),
        ({"target": 1, "limit": 0.5}, SHARE, "full score at 100\u00a0%, none at 50\u00a0% or less"),
        ({"target": 0.9}, SHARE, "full score at 90\u00a0% or more, none below it"),
        (
            {"target": 20, "limit": 60, "kind": "log-normal"},
            WAIT,
            "score 90 at 0:20, 50 at 1:00",
        ),
        (
            {"bands": [{"score": 1, "limit": 20}, {"score": 0.5, "limit": 60}, {"score": 0}]},
            WAIT,
            "score 100 up to 0:20, score 50 up to 1:00, score 0 beyond",
        ),
        ({"target": None, "limit": 60}, WAIT, ""),
        ({}, WAIT, ""),
    ],
)
def test_a_check_says_what_its_values_score(settings, metric, words):
    assert scale(checked(**settings), metric) == words


def test_an_asked_item_says_it_in_its_own_unit():
    curve = Curve(kind="linear", lower_is_better=True, target=3.0, limit=9.0)
    asked = item(ask=Ask(answer="count", unit="steps", curve=curve))
    assert scale(asked, None) == "full score at 3 steps or less, none from 9 steps"
    assert scale(item(ask=Ask(answer="yes-no")), None) == ""


AUDIT = """cxaudit = 1
[audit]
id = "stall"
title = "Stall"
client = "Stall"
checklists = ["own.toml"]
cases = ["cases.csv"]
answers = ["answers.csv"]
outputs = ["markdown"]
[[unit]]
id = "stall"
kind = "organisation"
"""
BASE = """cxaudit = 1
[checklist]
id = "base"
version = "1"
title = "Base"
[[item]]
id = "stall.queue"
area = "process"
touchpoints = ["in-store"]
title = "The queue is short"
weight = 2
ask = { answer = "count", unit = "people", curve = { target = 3, limit = 9 } }
"""
OWN = """cxaudit = 1
[checklist]
id = "own"
version = "1"
title = "Own"
extends = ["base.toml"]
[[tailor]]
item = "stall.queue"
weight = 4
ask = { curve = { target = 2 } }
rationale = "The lane is narrow"
"""


@pytest.fixture
def stall(tmp_path):
    (tmp_path / "audit.toml").write_text(AUDIT)
    (tmp_path / "base.toml").write_text(BASE)
    (tmp_path / "own.toml").write_text(OWN)
    (tmp_path / "cases.csv").write_text("id,touchpoint\nv1,in-store\n")
    (tmp_path / "answers.csv").write_text("item,case,rater,value\nstall.queue,v1,Ida,5\n")
    return tmp_path


def test_a_report_shows_the_tailored_value_the_original_and_why(stall):
    session = Session()
    result = session.run(session.load(stall / "audit.toml"))
    page = session.render(result, "markdown")
    assert (
        page.count(
            "weight 4 (in the checklist 2), target 2 people (in the checklist 3 people): “The lane "
            "is narrow”"
        )
        == 2
    )
    assert "## Method" in page.split("Tailored items")[0]
    assert "full score at 2 people or less, none from 9 people" in page
    assert "Target: at most 2 people. No points from 9 people." in page


def test_a_saved_result_keeps_what_was_tailored_and_an_older_one_is_read(stall):
    from cxaudit._formats.result_json import from_json
    from cxaudit.session import result_json

    session = Session()
    result = session.run(session.load(stall / "audit.toml"))
    data = result_json(result)
    assert from_json(data).checklist.items[0].tailored == result.checklist.items[0].tailored
    for each in data["checklist"]["items"]:
        del each["tailored"]
    assert from_json(data).checklist.items[0].tailored == ()


def test_explain_says_both(stall, capsys):
    assert main(["explain", str(stall / "audit.toml"), "stall.queue"]) == 0
    told = capsys.readouterr().out
    assert "Score: full score at 2 people or less, none from 9 people" in told
    assert "Tailored: weight 4 (in the checklist 2), target 2 people" in told
