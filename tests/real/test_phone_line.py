"""Monthly figures of a telephone-advice line: ratios of sums, per provider and month."""

from __future__ import annotations

import pytest

NAMES = {
    "phone.answered-in-60": "service_level_60s_of_answered",
    "phone.abandoned": "abandonment_of_offered",
    "phone.answered": "answered_of_offered",
    "phone.call-back-in-10-minutes": "callback_within_10min",
}


@pytest.fixture(scope="module")
def expected(reference):
    return reference["nhs111"]


@pytest.fixture(scope="module")
def measured(real, tmp_path_factory):
    folder = tmp_path_factory.mktemp("line")
    return real.run(real.prepare("phone-line", real.data / "nhs111", folder))


def test_all_rows_are_kept(measured, expected):
    (account,) = measured.result.accounts
    assert account.read == account.kept == expected["rows"]
    assert not account.unmatched_units


@pytest.mark.parametrize(("metric", "name"), NAMES.items())
def test_overall(measured, expected, metric, name):
    assert measured.value(metric) == pytest.approx(expected["overall"][name], abs=1e-6)


def test_sums_are_exact(measured, expected):
    sums = measured.get("phone.abandoned").statistics
    whole = expected["overall"]
    assert {sums["x"], sums["y"]} == {whole["abandoned"], whole["offered"]}


@pytest.mark.parametrize(("metric", "name"), NAMES.items())
def test_by_provider(measured, expected, metric, name):
    for provider, figures in expected["by_provider"].items():
        found = measured.value(metric, unit=provider.lower())
        assert found == pytest.approx(figures[name], abs=1e-6)


@pytest.mark.parametrize(("metric", "name"), NAMES.items())
def test_by_period(measured, expected, metric, name):
    for period, figures in expected["by_period"].items():
        found = measured.value(metric, breakdown="by-period", group=period)
        assert found == pytest.approx(figures[name], abs=1e-6)


def test_monthly_figures_against_the_standard(measured, expected):
    measured.assert_share(expected["target_met_95pct_in_60s_rows"], "phone.months-on-target")
    measured.assert_share(expected["abandon_over_5pct_rows"], "phone.months-over-abandoned")
