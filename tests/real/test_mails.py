"""Mails between members of an institute by their audit file give the reference's figures."""

from __future__ import annotations

import pytest

EXACT = 1e-6


@pytest.fixture(scope="module")
def expected(reference):
    return reference["email_eu"]


@pytest.fixture(scope="module")
def measured(real, tmp_path_factory):
    folder = tmp_path_factory.mktemp("mails")
    return real.run(real.prepare("mail-network", real.data / "email_eu", folder))


def test_every_figure_of_the_reference_is_compared(expected):
    shares = {f"replied_within_{days}d" for days in (1, 2, 7)}
    others = {"messages", "people", "span_days", "reply_hours_given_reply_in_7d"}
    assert set(expected) == shares | others


def test_mails_people_and_days(measured, expected):
    account, *_ = measured.result.accounts
    assert account.read == account.kept == expected["messages"]
    assert measured.value("mails") == expected["messages"]
    assert measured.value("mails.people") == expected["people"]
    assert measured.value("mails.days") == pytest.approx(expected["span_days"], abs=EXACT)


@pytest.mark.parametrize("days", [1, 2, 7])
def test_mails_too_young_to_be_answered_in_time_are_left_out(measured, expected, days):
    measured.assert_share(expected[f"replied_within_{days}d"], f"mails.answered.{days}d")


@pytest.mark.parametrize("level", ["p50", "p90", "p95"])
def test_hours_until_the_answer(measured, expected, level):
    value = measured.value(f"mails.hours.{level}")
    wanted = expected["reply_hours_given_reply_in_7d"][level]
    assert value == pytest.approx(wanted, abs=EXACT)
