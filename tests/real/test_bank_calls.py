"""A bank's call log by its audit file gives the reference's figures."""

from __future__ import annotations

import gzip
import re

import attrs
import pytest

from cxaudit._formats.markdown import render_markdown
from cxaudit._model.audit import Conduct
from cxaudit._report.build import build_report

EXACT = 1e-6
PHONE = "cxaudit.phone"


@pytest.fixture(scope="module")
def expected(reference):
    return reference["bank_technion"]["january"]


@pytest.fixture(scope="module")
def measured(real, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bank")
    return real.run(real.prepare("bank", real.data / "bank_technion", folder))


def test_phantom_rows_are_left_out_and_counted(measured, expected):
    (account,) = measured.result.accounts
    assert account.read == expected["rows"]
    assert account.skipped == expected["phantom"]
    assert account.kept == expected["rows"] - expected["phantom"]
    assert sum(account.rejected.values()) == expected["data_quality"]["malformed_rows_dropped"]


def test_menu_hang_ups_are_not_offered(measured, expected):
    assert measured.value(f"{PHONE}.offered") == expected["offered"]
    assert measured.value(f"{PHONE}.answered") == expected["answered"]
    assert measured.value(f"{PHONE}.ended-in-menu") == expected["hung_up_in_vru"]


@pytest.mark.parametrize(
    ("metric", "name"),
    [
        ("answered-by-nobody", "answered_without_server"),
        ("given-up-at-an-agent", "hang_with_server"),
        ("days-covered", "days_covered"),
    ],
)
def test_oddities_of_the_log_are_counted(measured, expected, metric, name):
    assert measured.value(metric) == expected["data_quality"][name]


def test_customers_are_told_apart(measured, expected):
    assert measured.value("identified-customers") == expected["identified_customers"]


def test_repeat_contact_is_censored_at_the_end_of_the_month(measured, expected):
    found = expected["repeat_contact_7d_identified"]
    measured.assert_share(found, f"{PHONE}.repeat-contact.same-channel")


VARIANTS = {
    "of-offered": "of_offered",
    "of-answered": "of_answered",
    "without-early-abandons": "of_offered_excl_abandoned_within_t",
    "early-abandons-kept": "abandoned_within_t_counted_good",
}


@pytest.mark.parametrize("seconds", [20, 30, 60, 90])
@pytest.mark.parametrize("variant", VARIANTS)
def test_service_level(measured, expected, seconds, variant):
    measured.assert_share(
        expected[f"service_level_{seconds}s"][VARIANTS[variant]],
        f"service-level-{seconds}.{variant}",
    )


@pytest.mark.parametrize(
    ("metric", "name"),
    [
        ("cxaudit.phone.abandoned", "abandonment_rate"),
        ("cxaudit.phone.abandoned.after-short", "abandonment_rate_excl_short5"),
        ("cxaudit.phone.queued", "queued_share_of_offered"),
        ("cxaudit.phone.short-service", "short_service_under_10s"),
        ("cxaudit.phone.short-service.all-answered", "short_service_under_10s_all_answered"),
    ],
)
def test_share(measured, expected, metric, name):
    measured.assert_share(expected[name], metric)


@pytest.mark.parametrize(
    ("metric", "name"),
    [
        ("cxaudit.phone.speed-of-answer", "asa_seconds_all_answered"),
        ("cxaudit.phone.speed-of-answer.queued", "asa_seconds_queued_answered"),
        ("cxaudit.phone.time-to-abandon", "mean_time_to_abandon_seconds"),
    ],
)
def test_mean(measured, expected, metric, name):
    assert measured.value(metric) == pytest.approx(expected[name], abs=EXACT)


@pytest.mark.parametrize("level", ["p50", "p90", "p95"])
@pytest.mark.parametrize(
    ("metric", "name"),
    [
        ("cxaudit.phone.wait.answered", "answered_wait_quantiles"),
        ("cxaudit.phone.wait", "offered_wait_quantiles"),
        ("cxaudit.phone.service-time", "service_time"),
    ],
)
def test_quantile(measured, expected, metric, name, level):
    assert measured.value(f"{metric}.{level}") == pytest.approx(expected[name][level], abs=EXACT)


def test_service_time_with_its_interval(measured, expected):
    found = measured.get("cxaudit.phone.service-time")
    assert found.n == expected["service_time"]["n"]
    assert found.value == pytest.approx(expected["service_time"]["mean"], abs=EXACT)
    assert (found.low, found.high) == pytest.approx(expected["service_time"]["t95"], abs=EXACT)


def test_by_type(measured, expected):
    for kind, figures in expected["by_type"].items():
        if not figures["offered"]:
            continue  # nobody of that type reached the queue
        where = {"breakdown": "by-type", "group": kind}
        assert measured.value("cxaudit.phone.offered", **where) == figures["offered"]
        measured.assert_share(figures["abandonment"], "cxaudit.phone.abandoned", **where)
        for metric, name, breakdown in (
            ("cxaudit.phone.service-time", "service_mean", "service-by-type"),
            ("cxaudit.phone.speed-of-answer", "asa", "by-type"),
        ):
            value = measured.value(metric, breakdown=breakdown, group=kind)
            assert value == pytest.approx(figures[name], abs=EXACT)


def test_a_type_without_offered_calls_has_no_rate(measured, expected):
    empty = [kind for kind, figures in expected["by_type"].items() if not figures["offered"]]
    assert empty == ["AA"]
    found = measured.groups("cxaudit.phone.abandoned", "by-type").get("AA")
    assert found is None or found.value is None


def test_by_priority(measured, expected):
    for priority, figures in expected["by_priority"].items():
        where = {"breakdown": "by-priority", "group": priority}
        assert measured.value("cxaudit.phone.offered", **where) == figures["offered"]
        measured.assert_share(figures["abandonment"], "cxaudit.phone.abandoned", **where)
        asa = measured.value("cxaudit.phone.speed-of-answer.queued", **where)
        assert asa == pytest.approx(figures["asa_queued_answered"], abs=EXACT)


def test_by_local_hour(measured, expected):
    found = {
        int(float(group)): measurement.value
        for group, measurement in measured.groups("cxaudit.phone.offered", "by-hour").items()
        if group is not None and measurement.value
    }
    assert found == {int(h): n for h, n in expected["offered_by_hour_of_vru_exit"].items()}


def test_by_agent_finds_who_hangs_up(measured, expected):
    for agent, figures in expected["by_agent"].items():
        where = {"breakdown": "by-agent", "group": agent}
        found = measured.get("cxaudit.phone.service-time", **where)
        assert found.n == figures["calls"]
        assert found.value == pytest.approx(figures["mean_service"], abs=EXACT)
        measured.assert_share(figures["short_under_10s"], "cxaudit.phone.short-service", **where)


def test_agents_with_200_calls_are_those_of_the_reference(measured, expected):
    groups = measured.groups("cxaudit.phone.short-service", "by-agent")
    assert {agent for agent, found in groups.items() if found.n >= 200} == set(expected["by_agent"])


def test_rows_with_fused_columns_are_quarantined_and_counted(expected, real, tmp_path):
    """Two invented rows in which two columns ran together change no figure."""
    original = real.data / "bank_technion" / "january_1999.csv.gz"
    fused = (
        "ZZ0101,90001,0,0,PS,990131,23:59:1023:59:20,10,0:00:00,0:00:00,0,HANG,0:00:00,0:00:00,0,NO_SERVER\n"
        "ZZ0101,90002,0,0,PS,990131,9:10:009:10:20,20,0:00:00,0:00:00,0,HANG,0:00:00,0:00:00,0,NO_SERVER\n"
    )
    text = gzip.decompress(original.read_bytes()).decode()
    records = tmp_path / "records"
    records.mkdir()
    (records / "month.csv.gz").write_bytes(gzip.compress((text + fused).encode()))
    measured = real.run(real.prepare("bank", records, tmp_path))
    (account,) = measured.result.accounts
    assert account.read == expected["rows"] + 2
    assert sum(account.rejected.values()) == 2
    assert {row.row for row in account.samples} == {expected["rows"] + 1, expected["rows"] + 2}
    measured.assert_share(expected["abandonment_rate"], "cxaudit.phone.abandoned")


def report_of(result):
    return render_markdown(build_report(result, "client"))


def test_the_report_flags_the_agents_who_hang_up(measured, expected):
    told = re.search(
        r"Worse than the mean of the 25 groups, by more than chance usually explains: (.*)\.",
        report_of(measured.result),
    )
    flagged = set(told[1].split(", "))
    shares = {agent: each["short_under_10s"] for agent, each in expected["by_agent"].items()}
    mean = expected["short_service_under_10s"]["p"]
    assert flagged >= {agent for agent, share in shares.items() if share["wilson95"][0] > 2 * mean}
    assert all(shares[agent]["wilson95"][0] > mean for agent in flagged)


def test_without_leave_single_agents_are_counted_and_not_named(measured, expected):
    told = attrs.evolve(measured.result.conduct, individual_results=False)
    text = report_of(attrs.evolve(measured.result, conduct=told))
    assert re.search(r"[1-9]\d* of 25 are worse than their mean by more", text)
    assert not [agent for agent in expected["by_agent"] if agent in text]
    assert Conduct().individual_results is False, "leave is given, never assumed"
