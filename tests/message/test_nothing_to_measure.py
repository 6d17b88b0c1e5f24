"""Files that hold nothing give no numbers, no errors, and a reason or no rows."""

from __future__ import annotations

import re

import pytest

from cxaudit._builtin.contact_tables import CONTACT_TABLES
from cxaudit_message.metrics import METRICS

READ = ("threads", "messages", "message_volumes", "notices", "issues", "issue_events")
NAMES = [metric.id.removeprefix("cxaudit.") for metric in METRICS]
LIMITS = ("reply-hours", "cutoff-hours", "backlog-days", "notice-hours", "answer-hours")
OF_MACHINES = ("return-days", "hand-over-hours", "person-minutes")
NAMED = (*LIMITS, *OF_MACHINES, "low-rating", "silence-seconds")
GIVEN = {name.replace("-", "_"): 1 for name in NAMED}
ALWAYS_OPEN = """
[[schedule]]
hours = { mon = ["00:00-24:00"], tue = ["00:00-24:00"] }
"""


def columns(table):
    (found,) = [each for each in CONTACT_TABLES if each.id == table]
    return [column.name for column in found.columns]


def test_the_parameters_are_those_that_the_metrics_ask_for():
    texts = [text for m in METRICS for text in (m.where, m.value, m.event) if text]
    asked = {name for text in texts for name in re.findall(r"\$([\w-]+)", text)}
    assert {name.replace("-", "_") for name in asked} == set(GIVEN)


@pytest.mark.parametrize("ids", ["", "only"], ids=["no row", "a row that holds its ids alone"])
def test_nothing_gives_no_number(run, ids):
    rows = {
        table: [{name: ids if name.endswith("_id") else "" for name in columns(table)}]
        for table in READ
    }
    ran = run(*NAMES, target=None, given=GIVEN, schedule=ALWAYS_OPEN, **rows)
    found = {name: ran.get(name) for name in NAMES}
    assert {name: m.unavailable for name, m in found.items() if m.unavailable} == {}
    if not ids:
        assert all(m.value in {None, 0} and m.n == 0 for m in found.values())
    told = {name: m.value for name, m in found.items() if m.value is not None and m.kind != "count"}
    # A matter without entries that say anything was never passed on, told, closed ...
    assert {name for name in told if not name.startswith("issue.")} == set()
