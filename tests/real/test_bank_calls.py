"""A bank's call log by its audit file gives the reference's figures."""

from __future__ import annotations

import gzip

import pytest

EXACT = 1e-6


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
    assert measured.value("phone.offered") == expected["offered"]
    assert measured.value("phone.answered") == expected["answered"]
    assert measured.value("phone.hung-up-in-menu") == expected["hung_up_in_vru"]
    assert measured.value("phone.identified-customers") == expected["identified_customers"]


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
        f"phone.service-level-{seconds}.{variant}",
    )


@pytest.mark.parametrize(
    ("metric", "name"),
    [
        ("phone.abandoned", "abandonment_rate"),
        ("phone.abandoned.without-short-5", "abandonment_rate_excl_short5"),
        ("phone.queued", "queued_share_of_offered"),
        ("phone.short-service", "short_service_under_10s"),
        ("phone.short-service.all-answered", "short_service_under_10s_all_answered"),
    ],
)
def test_share(measured, expected, metric, name):
    measured.assert_share(expected[name], metric)


@pytest.mark.parametrize(
    ("metric", "name"),
    [
        ("phone.speed-of-answer", "asa_seconds_all_answered"),
        ("phone.speed-of-answer.queued", "asa_seconds_queued_answered"),
        ("phone.time-to-abandon", "mean_time_to_abandon_seconds"),
    ],
)
def test_mean(measured, expected, metric, name):
    assert measured.value(metric) == pytest.approx(expected[name], abs=EXACT)


@pytest.mark.parametrize("level", ["p50", "p90", "p95"])
@pytest.mark.parametrize(
    ("metric", "name"),
    [
        ("phone.wait.answered", "answered_wait_quantiles"),
        ("phone.wait.offered", "offered_wait_quantiles"),
        ("phone.service-time", "service_time"),
    ],
)
def test_quantile(measured, expected, metric, name, level):
    assert measured.value(f"{metric}.{level}") == pytest.approx(expected[name][level], abs=EXACT)


def test_service_time_with_its_interval(measured, expected):
    found = measured.get("phone.service-time")
    assert found.n == expected["service_time"]["n"]
    assert found.value == pytest.approx(expected["service_time"]["mean"], abs=EXACT)
    assert (found.low, found.high) == pytest.approx(expected["service_time"]["t95"], abs=EXACT)


def test_by_type(measured, expected):
    for kind, figures in expected["by_type"].items():
        if not figures["offered"]:
            continue  # nobody of that type reached the queue
        where = {"breakdown": "by-type", "group": kind}
        assert measured.value("phone.offered", **where) == figures["offered"]
        measured.assert_share(figures["abandonment"], "phone.abandoned", **where)
        for metric, name in (
            ("phone.service-time", "service_mean"),
            ("phone.speed-of-answer", "asa"),
        ):
            value = measured.value(metric, **where)
            assert value == pytest.approx(figures[name], abs=EXACT)


def test_a_type_without_offered_calls_has_no_rate(measured, expected):
    empty = [kind for kind, figures in expected["by_type"].items() if not figures["offered"]]
    assert empty == ["AA"]
    found = measured.groups("phone.abandoned", "by-type").get("AA")
    assert found is None or found.value is None


def test_by_priority(measured, expected):
    for priority, figures in expected["by_priority"].items():
        where = {"breakdown": "by-priority", "group": priority}
        assert measured.value("phone.offered", **where) == figures["offered"]
        measured.assert_share(figures["abandonment"], "phone.abandoned", **where)
        asa = measured.value("phone.speed-of-answer.queued", **where)
        assert asa == pytest.approx(figures["asa_queued_answered"], abs=EXACT)


def test_by_local_hour(measured, expected):
    found = {
        int(float(group)): measurement.value
        for group, measurement in measured.groups("phone.offered", "by-hour").items()
        if group is not None and measurement.value
    }
    assert found == {int(h): n for h, n in expected["offered_by_hour_of_vru_exit"].items()}


def test_by_agent_finds_who_hangs_up(measured, expected):
    for agent, figures in expected["by_agent"].items():
        where = {"breakdown": "by-agent", "group": agent}
        found = measured.get("phone.service-time", **where)
        assert found.n == figures["calls"]
        assert found.value == pytest.approx(figures["mean_service"], abs=EXACT)
        measured.assert_share(figures["short_under_10s"], "phone.short-service", **where)


def test_agents_with_200_calls_are_those_of_the_reference(measured, expected):
    groups = measured.groups("phone.short-service", "by-agent")
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
    measured.assert_share(expected["abandonment_rate"], "phone.abandoned")
