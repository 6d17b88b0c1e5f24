"""Histories of matters: what their logs say of hands, groups, settling and closing."""

from __future__ import annotations

import pytest


def log(*entries, issue="1", **more):
    """Return entries, given as (minute, event, queue, agent), of one matter."""
    return [
        {
            "issue_id": issue,
            "at": f"2026-03-02T{10 + minute // 60:02}:{minute % 60:02}:00Z",
            "event": event,
            "queue": queue,
            "agent": agent,
        }
        | more
        for minute, event, queue, agent in entries
    ]


def shares(ran, *names):
    return {name: ran.share(f"issue.{name}") for name in names}


def test_matters_of_mystery_threads_are_left_out(run):
    rows = [*log((0, "opened", "a", ""), issue="1"), *log((0, "opened", "a", ""), issue="2")]
    threads = [{"thread_id": "1", "is_test": ""}, {"thread_id": "2", "is_test": "true"}]
    ran = run("issue.closed", issue_events=rows, threads=threads)
    assert ran.share("issue.closed") == (0, 1)


def test_a_return_to_an_earlier_group_is_no_mere_change(run):
    groups = ("returned", "run-around", "more-than-one-group")
    rows = [
        *log((0, "opened", "a", ""), (1, "other", "b", ""), (2, "other", "a", ""), issue="back"),
        *log((0, "opened", "a", ""), (1, "other", "b", ""), (2, "other", "c", ""), issue="on"),
        *log((0, "opened", "a", ""), (1, "other", "a", ""), issue="stays"),
    ]
    ran = run(
        *(f"issue.{name}" for name in (*groups, "groups.mean", "group-changes.mean")),
        issue_events=rows,
    )
    assert shares(ran, *groups) == {
        "returned": (1, 3),
        "run-around": (1, 3),
        "more-than-one-group": (2, 3),
    }
    assert ran.value("issue.groups.mean") == pytest.approx((2 + 3 + 1) / 3)
    assert ran.value("issue.group-changes.mean") == pytest.approx((2 + 2 + 0) / 3)


def test_entries_without_a_group_are_passed_over_and_matters_without_one_are_not_counted(run):
    rows = [
        *log((0, "opened", "a", "x"), (1, "other", "", ""), (2, "other", "a", "x"), issue="gap"),
        *log((0, "opened", "", ""), (1, "closed", "", ""), issue="none"),
    ]
    changes = ("issue.group-changes.mean", "issue.agent-changes.mean")
    ran = run(*changes, "issue.returned", issue_events=rows)
    assert [(ran.get(name).n, ran.value(name)) for name in changes] == [(1, 0), (1, 0)]
    assert ran.share("issue.returned") == (0, 1)


def test_entries_of_one_instant_stand_in_the_order_of_position_then_of_the_file(run):
    by_file = log((0, "opened", "a", "x"), (0, "other", "b", "y"), (0, "other", "a", "x"))
    ran = run("issue.agent-changes.mean", "issue.returned", issue_events=by_file)
    assert (ran.value("issue.agent-changes.mean"), ran.share("issue.returned")) == (2, (1, 1))
    by_position = [row | {"position": place} for row, place in zip(by_file, (1, 3, 2), strict=True)]
    ran = run("issue.agent-changes.mean", "issue.returned", issue_events=by_position)
    assert (ran.value("issue.agent-changes.mean"), ran.share("issue.returned")) == (1, (0, 1))


def test_rows_out_of_order_are_put_in_order_of_time(run):
    rows = log((5, "resolved", "b", ""), (0, "opened", "a", ""), (9, "closed", "b", ""))
    ran = run(
        "issue.duration.mean", "issue.first-resolved.mean", "issue.last-closed.mean",
        "issue.work-after-resolved",
        issue_events=rows,
    )  # fmt: skip
    assert ran.value("issue.duration.mean") == pytest.approx(9 / 60)
    assert ran.value("issue.first-resolved.mean") == pytest.approx(5 / 60)
    assert ran.value("issue.last-closed.mean") == pytest.approx(9 / 60)
    assert ran.share("issue.work-after-resolved") == (0, 1)


def test_the_first_settling_and_the_last_closing_count(run):
    rows = log(
        *((minute, "resolved", "", "") for minute in (6, 12)),
        *((minute, "closed", "", "") for minute in (18, 24)),
        (0, "opened", "", ""),
        *((minute, "responded", "", "") for minute in (3, 4)),
    )
    names = ("first-response", "first-resolved", "last-closed")
    ran = run(*(f"issue.{name}.mean" for name in names), issue_events=rows)
    found = [ran.value(f"issue.{name}.mean") for name in names]
    assert found == pytest.approx([3 / 60, 6 / 60, 24 / 60])


def test_work_after_settling_and_entries_after_closing(run):
    rows = [
        *log((0, "resolved", "", ""), (1, "closed", "", ""), issue="clean"),
        *log((0, "resolved", "", ""), (1, "other", "", ""), (2, "closed", "", ""), issue="worked"),
        *log((0, "closed", "", ""), (1, "closed", "", ""), issue="closed twice"),
        *log((0, "opened", "", ""), issue="open"),
    ]
    names = ("work-after-resolved", "work-after-closed", "closed")
    ran = run(*(f"issue.{name}" for name in names), target=0, issue_events=rows)
    assert shares(ran, *names) == {
        "work-after-resolved": (1, 4),
        "work-after-closed": (1, 4),
        "closed": (3, 4),
    }
    # Bad rows are shown by the matter's last entry.
    assert ran.evidence("issue.work-after-resolved") == [("issue_events.csv", 5)]


def test_counters_of_the_log_go_before_counted_entries(run):
    counted = log((0, "reassigned", "", ""), (1, "reassigned", "", ""), (2, "reopened", "", ""))
    told = [
        row | {"reassignments": number, "reopens": 0}
        for row, number in zip(log(*[(0, "other", "", "")] * 2, issue="2"), (4, 3), strict=True)
    ]
    names = ("reassigned-often", "reopened", "reassignments.mean")
    told += [row | {"reopens": 1} for row in log((0, "other", "", ""), issue="3")]
    ran = run(*(f"issue.{name}" for name in names), issue_events=counted + told)
    assert ran.share("issue.reassigned-often") == (1, 3)
    assert ran.share("issue.reopened") == (2, 3)
    assert ran.value("issue.reassignments.mean") == pytest.approx((2 + 4 + 0) / 3)


def test_what_the_last_entry_says_holds_also_where_it_is_empty(run):
    rows = [
        *log((0, "opened", "", "x"), (1, "other", "", ""), in_time="true"),
        *log((0, "opened", "", "x"), issue="2", in_time="false"),
        *log((0, "opened", "", "x"), issue="3", in_time=""),
    ]
    rows[1]["in_time"] = ""
    own = """
[[metric]]
id = "nobody"
table = "issue_histories"
kind = "count"
where = "agent is null"
lower_is_better = true
[[item]]
id = "nobody"
area = "process"
touchpoints = ["organisation"]
title = "T"
check = "within-target"
with = { metric = "nobody", target = 0 }
"""
    ran = run("issue.in-time", checklist=own, issue_events=rows)
    assert ran.share("issue.in-time") == (0, 1)
    (nobody,) = [m for m in ran.result.measurements if m.metric == "nobody"]
    assert nobody.value == 1


def test_a_matter_that_ends_before_it_begins_is_counted_and_left_out_of_the_times(run):
    rows = [
        *log((0, "opened", "", ""), (60, "resolved", "", ""), issue="odd"),
        *log((0, "opened", "", ""), (60, "resolved", "", ""), issue="even"),
    ]
    for row in rows[:2]:
        row["opened_at"] = "2026-03-03T00:00:00Z"
    ran = run("issue.first-resolved.mean", "issue.contradicting-times", issue_events=rows)
    found = ran.get("issue.first-resolved.mean")
    assert (found.n, found.value, ran.value("issue.contradicting-times")) == (1, 1, 1)


def test_the_first_line_is_that_of_matters_that_name_a_line(run):
    rows = [
        *log((0, "opened", "", ""), issue="1", tier=1),
        *log((0, "opened", "", ""), (1, "other", "", ""), issue="2", tier=1),
        *log((0, "opened", "", ""), issue="3", tier=""),
    ]
    rows[2]["tier"] = 2
    ran = run("issue.first-line", issue_events=rows)
    assert ran.share("issue.first-line") == (1, 2)


def test_a_matter_of_one_entry_one_without_a_time_and_an_entry_of_no_matter(run):
    rows = [
        *log((0, "opened", "", "")),
        *log((0, "closed", "", ""), issue="2", at=""),
        *log((0, "closed", "", ""), issue=""),
    ]
    ran = run("issue.duration.mean", "issue.duration.p90", "issue.closed", issue_events=rows)
    assert (ran.get("issue.duration.mean").n, ran.value("issue.duration.p90")) == (1, 0)
    assert ran.share("issue.closed") == (1, 2)


def test_a_log_whose_entries_are_not_named_gives_a_reason_and_no_number(run):
    rows = [{"issue_id": "1", "at": "2026-03-02T10:00:00Z", "queue": "a"}]
    ran = run("issue.on-hold", issue_events=rows)
    found = ran.get("issue.on-hold")
    assert (found.value, found.unavailable) == (None, "no source gives issue_events.event")


def test_open_matters_that_nobody_present_is_responsible_for(run):
    rows = [
        {"issue_id": "1", "status": "open", "agent": "", "agent_present": ""},
        {"issue_id": "2", "status": "", "agent": "x", "agent_present": "false"},
        {"issue_id": "3", "status": "pending", "agent": "x", "agent_present": "true"},
        {"issue_id": "4", "status": "open", "agent": "x", "agent_present": ""},
        {"issue_id": "5", "status": "solved", "agent": "", "agent_present": ""},
        {"issue_id": "6", "status": "closed", "agent": "", "agent_present": ""},
    ]
    ran = run("issue.unowned", target=0, issues=rows)
    assert ran.share("issue.unowned") == (2, 4)
    assert ran.evidence("issue.unowned") == [("issues.csv", 1), ("issues.csv", 2)]
