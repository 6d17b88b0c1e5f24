"""The examples of the explanation of scoring are what the library computes."""

from __future__ import annotations

import json
import math
import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from cxaudit import Session
from cxaudit._audit.scoring.cxaudit_1 import BANDS
from cxaudit._builtin.policies import POLICIES
from cxaudit._model.directions import Direction
from cxaudit._model.findings import State
from cxaudit._statistics.intervals import wilson

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "scoring.md"
TEXT = PAGE.read_text(encoding="utf-8")
AUDIT = """
cxaudit = 1
[audit]
id = "a"
title = "A"
client = "C (invented)"
checklists = ["c.toml"]
cases = ["cases.csv"]
answers = ["answers.csv"]
[[unit]]
id = "root"
kind = "organisation"
"""


def table(first):
    """Return the rows of the table whose first heading is given."""
    rows = re.search(rf"^\| {first} \|.*\n\|[- |:]+\n((?:\|.*\n)+)", TEXT, re.MULTILINE)[1]
    return [[cell.strip(" `") for cell in row.strip("|\n").split("|")] for row in rows.splitlines()]


def result(folder, items, answers):
    """Run an audit of yes-no items: name to (area, weight), and name to answer."""
    head = 'cxaudit = 1\n[checklist]\nid = "c"\nversion = "1"\ntitle = "C"\n'
    body = "".join(
        f'[[item]]\nid = "{name}"\narea = "{area}"\ntouchpoints = ["phone"]\ntitle = "T"\n'
        f'weight = {weight}\nask = {{ answer = "yes-no" }}\n'
        for name, (area, weight) in items.items()
    )
    rows = "".join(f"{name},1,ann,{said},why\n" for name, said in answers.items())
    (folder / "c.toml").write_text(head + body, encoding="utf-8")
    (folder / "audit.toml").write_text(AUDIT, encoding="utf-8")
    (folder / "cases.csv").write_text("id,unit,touchpoint\n1,root,phone\n", encoding="utf-8")
    (folder / "answers.csv").write_text(f"item,case,rater,value,reason\n{rows}", encoding="utf-8")
    session = Session()
    return session, session.run(session.load(folder / "audit.toml"))


def test_the_worked_case_under_every_policy(tmp_path):
    items = dict.fromkeys("abcd", ("process", 1))
    answers = dict(zip("abcd", ("yes", "yes", "no", "not applicable"), strict=True))
    session, found = result(tmp_path, items, answers)
    shown = {row[0]: float(row[1]) for row in table("policy")}
    assert set(shown) == {policy.id.removeprefix("cxaudit.") for policy in POLICIES}
    for policy, score in shown.items():
        value = session.rescore(found, policy).scorecard.root.overall.value
        assert value * 100 == pytest.approx(score, abs=0.05), policy


def test_the_example_of_coverage_and_bounds(tmp_path):
    items = {"a": ("process", 2), "b": ("process", 1), "c": ("roles", 1)}
    root = result(tmp_path, items, {"a": "yes", "c": "no"})[1].scorecard.root
    scores = {**root.areas, "overall": root.overall}
    for group, *numbers in table("group"):
        got = scores[group]
        ends = (got.value, got.coverage, got.lowest, got.highest)
        assert [each * 100 for each in ends] == pytest.approx(
            [float(number) for number in numbers], abs=0.05
        )


def test_the_direction_shown_is_one_of_length_one():
    page = (PAGE.parents[1] / "reference" / "result.md").read_text(encoding="utf-8")
    ((name, text),) = json.loads(re.search(r'\{ "directions": .+\}', page)[0])["directions"].items()
    direction = Direction.from_text(text)
    assert (direction.name, direction.evidence) == (name, "calls by day")
    assert direction.correlation(direction) == pytest.approx(1, abs=1e-3)
    # 1 January 2026 is day 20,454 since 1970.
    assert date(1970, 1, 1) + timedelta(int(direction.clusters[0])) == date(2026, 1, 1)


def test_every_state_is_explained_by_its_kind():
    kinds = {
        s.name.lower(): "unknown" if s.unknown else "neutral" if s.neutral else "scored"
        for s in State
    }
    assert {state: kind for kind, state, _ in table("kind")} == kinds


def test_the_grades():
    assert [(g, float(n)) for g, n in table("grade")] == [
        (b.grade, b.at_least * 100) for b in BANDS
    ]


def test_the_intervals_shown():
    low, high = wilson(46, 50)
    assert f"46 of 50 gives {low:.1%} to {high:.1%}".replace("%", "", 1).replace("%", " %") in TEXT
    low, high = wilson(2, 2)
    assert f"2 of 2 gives {low:.1%} to {high:.1%}".replace("%", "", 1).replace("%", " %") in TEXT
    assert f"about {math.sqrt(2 / 99):.0%}, sqrt(2 / 99)".replace("%", " %") in TEXT
    spread = math.hypot(0.2, 0.2) / 2
    assert f"{50 - spread * 100:.1f} to {50 + spread * 100:.1f}" in TEXT
