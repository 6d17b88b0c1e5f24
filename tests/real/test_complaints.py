"""Consumer complaints: in time, disputed, days to the company, by channel and company."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module")
def expected(reference):
    return reference["cfpb_complaints"]


@pytest.fixture(scope="module")
def measured(real, tmp_path_factory):
    folder = tmp_path_factory.mktemp("complaints")
    return real.run(real.prepare("complaints", real.data / "cfpb_complaints", folder))


def test_companies_that_are_no_unit_are_counted_and_named(measured, expected):
    (account,) = measured.result.accounts
    assert account.read == account.kept == expected["complaints"]
    known = sum(figures["n"] for figures in expected["by_company"].values())
    assert sum(account.unmatched_units.values()) == expected["complaints"] - known


@pytest.mark.parametrize(
    ("metric", "name"),
    [
        ("complaints.in-time", "timely_response"),
        ("complaints.disputed", "disputed_of_known"),
        ("complaints.same-day", "same_day"),
    ],
)
def test_share(measured, expected, metric, name):
    measured.assert_share(expected[name], metric)


@pytest.mark.parametrize(
    ("metric", "name"),
    [
        ("complaints.days", "mean"),
        ("complaints.days.p50", "p50"),
        ("complaints.days.p90", "p90"),
        ("complaints.days.p95", "p95"),
        ("complaints.days.longest", "max"),
    ],
)
def test_days_to_company(measured, expected, metric, name):
    assert measured.value(metric) == pytest.approx(expected["days_to_company"][name], abs=1e-6)


def test_by_channel(measured, expected):
    counts = {g: m.value for g, m in measured.groups("complaints", "by-channel").items()}
    assert counts == expected["submitted_via"]
    for channel, share in expected["by_channel_disputed"].items():
        where = {"breakdown": "by-channel", "group": channel}
        measured.assert_share(share, "complaints.disputed", **where)


def test_by_response(measured, expected):
    counts = {g: m.value for g, m in measured.groups("complaints", "by-response").items()}
    assert counts == expected["response_type"]


def test_by_company(measured, expected):
    units = {unit.name: unit.id for unit in measured.result.units}
    for company, figures in expected["by_company"].items():
        unit = units[company]
        assert measured.get("complaints.in-time", unit=unit).n == figures["n"]
        measured.assert_share(figures["timely"], "complaints.in-time", unit=unit)
        measured.assert_share(figures["disputed"], "complaints.disputed", unit=unit)
