"""Four logs of incident and help desks by their audit files give the reference's figures."""

from __future__ import annotations

import math

import pytest

EXACT = 1e-6
LOGS = {
    "volvo": "volvo_bpi2013",
    "rabobank": "rabobank_bpi2014",
    "helpdesk": "helpdesk_it",
    "uci": "uci_incidents",
}

COUNTS = {
    "volvo": {"cases": "log.matters", "events": "log.entries"},
    "rabobank": {"incidents": "log.matters", "events": "log.entries"},
    "helpdesk": {"cases": "log.matters", "events": "log.entries"},
    "uci": {
        "incidents": "log.matters",
        "events": "log.entries",
        "negative_open_to_resolved": "log.settled-before-opened",
        "missing_assigned_to_last": "log.nobody-at-the-end",
    },
}
SHARES = {
    "volvo": {
        "more_than_one_group": "issue.more-than-one-group",
        "ping_pong_returns_to_an_earlier_group": "issue.returned",
        "wait_user_used": "issue.on-hold",
        "work_after_completed": "issue.work-after-resolved",
        "handled_without_2nd_or_3rd_line_group": "issue.first-line",
    },
    "rabobank": {
        "reassigned_at_least_once": "issue.reassigned",
        "reassigned_3plus": "issue.reassigned-often",
        "reopened": "issue.reopened",
        "closed": "issue.closed",
        "customer_contacted_communication_or_mail": "issue.told",
        "update_from_customer": "issue.heard",
        "three_or_more_teams": "issue.run-around",
    },
    "helpdesk": {
        "work_after_first_resolve": "issue.work-after-resolved",
        "events_after_first_closed": "issue.work-after-closed",
        "not_closed_at_end": "log.not-closed",
        "put_on_wait": "issue.on-hold",
        "cases_with_3plus_handovers": "issue.agent-changes.often",
    },
    "uci": {
        "made_sla_last_record": "issue.in-time",
        "reopened": "issue.reopened",
        "reassigned_at_least_once": "issue.reassigned",
        "reassigned_3plus": "issue.reassigned-often",
        "awaiting_user_share": "issue.on-hold",
    },
}
MEANS = {
    "volvo": {"group_changes_mean": "issue.group-changes.mean"},
    "rabobank": {
        "reassignments_mean": "issue.reassignments.mean",
        "teams_mean": "issue.groups.mean",
    },
    "helpdesk": {"handovers_between_resources_mean": "issue.agent-changes.mean"},
    "uci": {"mean_reassignments": "issue.reassignments.mean"},
}
TIMES = {
    "volvo": {"duration_days": "issue.duration"},
    "rabobank": {"hours_first_to_last_event": "issue.duration"},
    "helpdesk": {
        "first_response_hours": "issue.first-response",
        "time_to_first_resolve_hours": "issue.first-resolved",
        "time_to_last_closed_hours": "issue.last-closed",
    },
    "uci": {
        "hours_open_to_resolved": "log.resolved",
        "hours_open_to_closed": "log.closed",
    },
}
BREAKDOWNS = {
    "volvo": {"activity_counts"},
    "rabobank": {"activity_counts"},
    "helpdesk": {"activity_counts"},
    "uci": {"sla_by_priority", "contact_type"},
}


def cases(figures):
    return [(log, name, metric) for log, named in figures.items() for name, metric in named.items()]


@pytest.fixture(scope="module")
def ran(real, tmp_path_factory):
    """Run each log's audit once."""
    runs = {}

    def run(log):
        if log not in runs:
            folder = tmp_path_factory.mktemp(log)
            runs[log] = real.run(real.prepare(log, real.data / LOGS[log], folder))
        return runs[log]

    return run


def full(metric):
    return metric if metric.startswith("log.") else f"cxaudit.{metric}"


@pytest.mark.parametrize("log", LOGS)
def test_every_figure_of_the_reference_is_compared(log, reference):
    compared = set(BREAKDOWNS[log]).union(*(kind[log] for kind in (COUNTS, SHARES, MEANS, TIMES)))
    assert compared == set(reference[LOGS[log]])


@pytest.mark.parametrize("log", LOGS)
def test_every_row_is_kept_and_read_whole(log, ran, reference):
    (account,) = ran(log).result.accounts
    assert account.read == account.kept == reference[LOGS[log]]["events"]
    assert account.unreadable == {}
    assert ran(log).result.problems == ()


@pytest.mark.parametrize(("log", "name", "metric"), cases(COUNTS))
def test_count(log, name, metric, ran, reference):
    assert ran(log).value(full(metric)) == reference[LOGS[log]][name]


@pytest.mark.parametrize(("log", "name", "metric"), cases(SHARES))
def test_share(log, name, metric, ran, reference):
    ran(log).assert_share(reference[LOGS[log]][name], full(metric))


@pytest.mark.parametrize(("log", "name", "metric"), cases(MEANS))
def test_mean(log, name, metric, ran, reference):
    expected = reference[LOGS[log]][name]
    assert ran(log).value(full(metric)) == pytest.approx(expected, abs=EXACT)


@pytest.mark.parametrize(("log", "name", "metric"), cases(TIMES))
def test_times(log, name, metric, ran, reference):
    expected = dict(reference[LOGS[log]][name])
    hours = 24 if name.endswith("days") else 1
    mean = ran(log).get(full(f"{metric}.mean"))
    for part, value in expected.items():
        match part:
            case "n" | "cases":
                assert mean.n == value
            case "t95":
                assert (mean.low, mean.high) == pytest.approx(value, abs=EXACT)
            case "sd":
                assert deviation(mean.statistics) == pytest.approx(value, abs=EXACT)
            case _:
                found = ran(log).value(full(f"{metric}.{part}"))
                assert found / hours == pytest.approx(value, abs=EXACT)


def deviation(statistics):
    """Return the standard deviation of a sample from its size and sums about a shift."""
    n, total, squares = (statistics[name] for name in ("n", "sum", "sum2"))
    return math.sqrt((squares - (total - n * statistics["shift"]) ** 2 / n) / (n - 1))


@pytest.mark.parametrize("log", ["volvo", "rabobank", "helpdesk"])
def test_entries_by_activity(log, ran, reference):
    found = {g: m.value for g, m in ran(log).groups("log.entries", "by-activity").items()}
    assert found == reference[LOGS[log]]["activity_counts"]


def test_incidents_in_time_by_priority(ran, reference):
    expected = reference["uci_incidents"]["sla_by_priority"]
    assert set(ran("uci").groups("cxaudit.issue.in-time", "by-priority")) == set(expected)
    for priority, share in expected.items():
        where = {"breakdown": "by-priority", "group": priority}
        ran("uci").assert_share(share, "cxaudit.issue.in-time", **where)


def test_incidents_by_channel(ran, reference):
    found = {g: m.value for g, m in ran("uci").groups("log.matters", "by-channel").items()}
    assert found == reference["uci_incidents"]["contact_type"]
