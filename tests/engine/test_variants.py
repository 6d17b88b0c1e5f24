"""Variants of metrics: the same definition with other values of its parameters."""

from __future__ import annotations

CHECKLIST = """
[params.answer-seconds]
type = "number"
question = "Within how many seconds do you promise to answer?"
value = 30
[[metric]]
id = "in-time"
table = "calls"
kind = "share"
value = "wait_s <= $answer-seconds"
lower_is_better = false
title = "Answered in time"
[[metric]]
id = "in-time.20"
like = "in-time"
set = { answer-seconds = 20 }
[[metric]]
id = "in-time.20.answered"
like = "in-time.20"
where = "outcome = 'answered'"
"""


def item(metric):
    name = metric.replace(".", "-")
    return f"""
[[item]]
id = "phone.{name}"
area = "process"
touchpoints = ["phone"]
title = "Calls"
check = "within-target"
with = {{ metric = "{metric}", target = 0.9 }}
"""


CALLS = [
    {"call_id": n, "wait_s": wait, "outcome": outcome, "unit": "quay"}
    for n, (wait, outcome) in enumerate(
        [(10, "answered"), (20, "abandoned"), (25, "answered"), (40, "answered")]
    )
]
SOURCE = """
[sources.calls]
reader = "csv"
table = "calls"
path = "calls.csv"
[sources.calls.columns]
call_id = "call_id"
wait_s = "number(wait_s)"
outcome = "outcome"
unit = "unit"
"""


def test_each_variant_has_its_own_values_and_takes_the_rest(run):
    metrics = ("in-time", "in-time.20", "in-time.20.answered")
    ran = run(CHECKLIST + "".join(map(item, metrics)), audit=SOURCE, files={"calls.csv": CALLS})
    found = [ran.measured(name)[0].statistics for name in metrics]
    assert found == [{"k": 3, "n": 4}, {"k": 2, "n": 4}, {"k": 1, "n": 3}]
    (variant,) = [each for each in ran.result.metrics if each.id == "in-time.20"]
    assert (variant.title, variant.parameters) == ("Answered in time", {"answer-seconds": 20})
