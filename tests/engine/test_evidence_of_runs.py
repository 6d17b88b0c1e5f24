"""What findings rest on: rows, hits, and what detectors that fail leave unknown."""

from __future__ import annotations

import pytest

from cxaudit._cli.exits import code_of
from cxaudit.plugin import Detector, Hit, hook

DETECTOR = """
[[detector]]
id = "sorry"
table = "messages"
column = "body"
phrases = { sorry = ["we are sorry"], thanks = ["thank you"] }
[[detector]]
id = "rude"
table = "messages"
column = "body"
phrases = { rude = ["go away"] }
"""


def metric(name, value, kind="share", better="false", more=""):
    return f"""
[[metric]]
id = "{name}"
table = "messages"
kind = "{kind}"
{f'value = "{value}"' if value else ""}
lower_is_better = {better}
{more}
"""


def item(name, given):
    return f"""
[[item]]
id = "{name}"
area = "process"
touchpoints = ["message"]
title = "Messages"
check = "within-target"
with = {{ metric = "{name}", {given} }}
"""


SOURCE = """
[sources.messages]
reader = "csv"
table = "messages"
path = "messages.csv"
"""


@pytest.fixture
def run_messages(run):
    def start(bodies, checklist, **given):
        rows = [
            {"message_id": f"m{n}", "unit": "quay", "body": body} for n, body in enumerate(bodies)
        ]
        return run(checklist, audit=SOURCE, files={"messages.csv": rows}, **given)

    return start


BODIES = ["We are  sorry.", "we are sorrowful", "Go away, anna@example.org", "go away! GO AWAY"]


def test_hits_are_counted_by_row_and_quoted(run_messages):
    """2 of 4 rows are rude, in 3 places; 1 of 4 says sorry as whole words."""
    checklist = (
        DETECTOR
        + metric("apology", "has_hit('sorry')")
        + metric("rude", "has_hit('rude', 'rude')", better="true")
        + item("apology", "target = 0.5")
        + item("rude", "target = 0")
    )
    ran = run_messages(BODIES, checklist)
    assert (ran.value("apology"), ran.value("rude")) == (0.25, 0.5)
    quotes = [p.quote for p in ran.evidence("rude").shown if p.kind == "hit"]
    assert sorted(quotes) == ["GO AWAY", "Go away", "go away"]
    rows = [p for p in ran.evidence("rude").shown if p.kind == "row"]
    assert len(rows) == 2
    assert "anna@example.org" not in str(ran.evidence("rude"))
    assert ran.evidence("rude").total == 5


def test_quotes_are_those_of_the_detectors_that_the_metric_asks(run_messages):
    """What another detector found in the same row is no evidence."""
    checklist = (
        DETECTOR
        + metric("apology", "not has_hit('sorry')", better="true")
        + item("apology", "target = 0")
    )
    ran = run_messages(["go away", "we are sorry, go away"], checklist)
    assert ran.value("apology") == 0.5
    assert not [p for p in ran.evidence("apology").shown if p.kind == "hit"]


def hits_metric(name, where):
    return f"""
[[metric]]
id = "{name}"
table = "hits"
kind = "count"
where = "{where}"
lower_is_better = true
"""


class Failing:
    """A plugin whose detector fails at its second batch, or yields what is no hit of a row."""

    def __init__(self, fault):
        self.fault = fault

    @hook
    def cxaudit_register(self):
        yield Detector(id="test.mood", table="messages", detect=self.detect)

    def detect(self, batches):
        for batch in batches:
            for row in batch:
                place = {"source": row["_source"], "row": row["_row"]}
                if self.fault == "other row":
                    place["row"] = 10_000
                yield Hit(detector="test.mood", **place, label="glad", quote="glad")
                if self.fault == "raises":
                    raise RuntimeError


@pytest.mark.parametrize("fault", ["raises", "other row"])
def test_a_detector_that_fails_leaves_its_metrics_unavailable(run_messages, fault):
    checklist = (
        DETECTOR
        + metric("glad", "has_hit('test.mood', 'glad')")
        + metric(
            "net",
            "",
            kind="net_score",
            more="positive = \"has_hit('test.mood', 'glad')\"\nnegative = \"has_hit('rude')\"",
        )
        + metric("rude", "has_hit('rude')", better="true")
        + hits_metric("moods", "detector = 'test.mood'")
        + hits_metric("all", "score is null")
        + hits_metric("rudes", "detector = 'rude'")
        + "".join(item(m, "target = 0") for m in ("glad", "net", "rude", "moods", "all", "rudes"))
    )
    ran = run_messages(BODIES, checklist, plugins=[Failing(fault)])
    states = {m: ran.state(m) for m in ("glad", "net", "moods", "all", "rude", "rudes")}
    assert states == {
        **dict.fromkeys(("glad", "net", "moods", "all"), "unavailable"),
        **dict.fromkeys(("rude", "rudes"), "not_met"),
    }
    assert "test.mood" in ran.finding("glad").reason
    assert any("test.mood" in problem.subject for problem in ran.result.problems)
    assert code_of(ran.result) == 3


def test_a_detector_that_works_places_its_hits(run_messages):
    checklist = hits_metric("moods", "detector = 'test.mood'") + item("moods", "target = 0")
    ran = run_messages(BODIES, checklist, plugins=[Failing("")])
    assert ran.value("moods") == 4


def test_hits_of_a_table_that_no_source_gives_are_unavailable_not_none(run_calls):
    """No rude words were found because nobody looked: that meets no target."""
    checklist = DETECTOR + hits_metric("rudes", "detector = 'rude'") + item("rudes", "target = 0")
    ran = run_calls([("quay", "answered", 1)], checklist)
    assert ran.state("rudes") == "unavailable"
    assert "messages" in ran.finding("rudes").reason


LATE = """
[[metric]]
id = "late"
table = "messages"
kind = "share"
value = "channel = 'late'"
lower_is_better = true
[[item]]
id = "late"
area = "process"
touchpoints = ["message"]
title = "Late"
check = "within-target"
with = { metric = "late", target = 0 }
"""


def late(run, seed, count=120, **given):
    rows = [
        {
            "message_id": f"m{n}",
            "unit": "quay",
            "channel": "late" if n < count else "soon",
            "customer_key": f"anna{n}@example.org",
        }
        for n in range(count + 20)
    ]
    given = {"head": f"seed = {seed}", **given}
    return run(LATE, audit=SOURCE, files={"messages.csv": rows}, **given)


def test_evidence_is_capped_counted_in_full_and_drawn_by_the_seed(run):
    first, again, other = (late(run, seed).evidence("late") for seed in (1, 1, 2))
    assert (len(first.shown), first.total, first.dropped) == (50, 120, 0)
    assert first == again
    assert {piece.key for piece in first.shown} != {piece.key for piece in other.shown}
    assert {piece.fields["channel"] for piece in first.shown} == {"late"}
    assert "anna" not in str(first)


class Redacting:
    """A plugin that redacts: drops, fails or passes by row."""

    @hook
    def cxaudit_redact(self, evidence):
        if int(evidence.key) % 3 == 0:
            raise RuntimeError
        return None if int(evidence.key) % 3 == 1 else evidence


def test_a_redactor_that_drops_or_fails_drops_and_counts(run):
    found = late(run, 1, count=30, plugins=[Redacting()]).evidence("late")
    assert (found.total, found.dropped, len(found.shown)) == (30, 20, 10)
    assert {int(piece.key) % 3 for piece in found.shown} == {2}


@pytest.mark.parametrize(("better", "expected"), [("lower", {"40"}), ("higher", {"2", "4"})])
def test_rows_beyond_the_target_are_the_evidence_of_a_mean(run, better, expected):
    """The item says which end is good where the metric does not."""
    checklist = f"""
[[metric]]
id = "wait"
table = "calls"
kind = "mean"
value = "wait_s"
[[item]]
id = "wait"
area = "process"
touchpoints = ["phone"]
title = "Wait"
check = "within-target"
with = {{ metric = "wait", target = {10 if better == "lower" else 20}, better = "{better}" }}
"""
    rows = [{"call_id": f"c{n}", "unit": "quay", "wait": n} for n in (2, 4, 40)]
    source = (
        '[sources.calls]\nreader = "csv"\ntable = "calls"\npath = "calls.csv"\n'
        "[sources.calls.columns]\ncall_id = 'call_id'\nunit = 'unit'\nwait_s = 'number(wait)'\n"
    )
    ran = run(checklist, audit=source, files={"calls.csv": rows})
    assert ran.finding("wait").value == pytest.approx(46 / 3)
    shown = {f"{piece.fields['wait_s']:g}" for piece in ran.evidence("wait").shown}
    assert shown == expected
