"""Erlang B, C and A equal published tables, hand-made chains and their limits."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from pathlib import Path

import pytest

from cxaudit_phone.staffing.erlang import erlang_a, erlang_b, erlang_c, people_needed

REFERENCE = Path(__file__).parents[3] / "shared" / "data" / "reference.json"


@pytest.fixture(scope="module")
def tables():
    if not REFERENCE.is_file():
        pytest.skip("the reference is absent: there is no ../shared/data beside the repository")
    return json.loads(REFERENCE.read_text(encoding="utf-8"))["formula_tables"]["dev"]


def close(value, digits=6):
    return pytest.approx(value, abs=0.5000001 * 10**-digits)


def test_b_and_c_equal_the_reference_tables(tables):
    assert tables["erlang"]
    for row in tables["erlang"]:
        load, people = row["erlangs"], row["agents"]
        found = erlang_c(load, 1, people, 0.1)
        assert erlang_b(load, people) == close(row["erlang_b"])
        assert found.waits == close(row["erlang_c_p_wait"])
        assert found.in_time == close(row["service_level_t_over_aht_0.1"])
        if row["asa_in_units_of_aht"] is None:
            assert math.isinf(found.mean_wait)
        else:
            assert found.mean_wait == close(row["asa_in_units_of_aht"])


def test_a_equals_the_reference_tables(tables):
    assert tables["erlang_a"]
    for row in tables["erlang_a"]:
        found = erlang_a(
            row["lambda_per_min"], row["aht_min"], row["agents"], row["t_min"], row["patience_min"]
        )
        assert found.waits == close(row["p_wait"])
        assert found.abandoned == close(row["p_abandon"])
        assert found.mean_wait == close(row["mean_wait_all_offered"])
        assert found.in_time == close(row["service_level_served_within_t_of_offered"])
        assert found.occupancy == close(row["occupancy"])


def test_published_values():
    """Erlang's tables: B(1, 1), B(2, 1), B(14, 10); P(wait) of 25 people under 20 erlangs."""
    assert erlang_b(1, 1) == 0.5
    assert erlang_b(1, 2) == pytest.approx(0.2)
    assert erlang_b(10, 14) == close(0.0568, 4)
    assert erlang_c(20, 1, 25, 0).waits == close(0.209, 3)


@pytest.mark.parametrize(
    ("people", "waits", "in_time", "mean_wait", "occupancy"),
    [(22, 0.5679, 0.545, 51.1, 20 / 22), (24, 0.2981, 0.809, 13.4, 0.833)],
)
def test_200_calls_in_a_half_hour_of_180_seconds(people, waits, in_time, mean_wait, occupancy):
    found = erlang_c(200 / 1800, 180, people, 20)
    assert found.waits == close(waits, 4)
    assert found.in_time == close(in_time, 3)
    assert found.mean_wait == close(mean_wait, 1)
    assert found.occupancy == close(occupancy, 3)
    assert found.abandoned == 0


def test_a_answers_where_c_has_no_answer():
    found = erlang_a(200 / 1800, 180, 20, 20, 120)
    assert found.abandoned == close(0.0977, 4)
    assert found.mean_wait == close(11.7, 1)
    endless = erlang_c(200 / 1800, 180, 20, 20)
    assert (endless.waits, endless.in_time, endless.mean_wait) == (1, 0, math.inf)


def chain(rate, handling, people, patience, most):
    """Return P(wait) and the mean number waiting of the birth-death chain, in exact fractions."""
    weights = [Fraction(1)]
    for n in range(1, most + 1):
        leaving = min(n, people) / handling
        if patience is not None:
            leaving += max(n - people, 0) / patience
        weights.append(weights[-1] * rate / leaving)
    total = sum(weights)
    busy = [weight / total for weight in weights]
    return sum(busy[people:]), sum((n - people) * p for n, p in enumerate(busy) if n > people), busy


def in_time_by_steps(rate, handling, people, patience, within, most):
    """Return the share answered in time, by following one caller's queue in fractions.

    A caller behind i others is through after i + 1 departures, the last of rate N / h and those
    before of N / h + m / patience. exp(-v / patience) of that sum has a beta distribution, and
    with N patience / h a whole number its tail is a finite binomial sum.
    """
    _, _, busy = chain(rate, handling, people, patience, most)
    whole = people * patience / handling
    assert whole.denominator == 1
    c = int(whole)
    x = math.exp(-float(within / patience))
    found = float(sum(busy[:people]))
    for ahead in range(most - people):
        n = c + ahead + 1
        tail = sum(math.comb(n, j) * x**j * (1 - x) ** (n - j) for j in range(c + 1))
        found += float(busy[people + ahead]) * c / n * tail
    return found


@pytest.mark.parametrize(
    ("rate", "handling", "people", "patience"),
    [
        (Fraction(1, 9), Fraction(180), 20, Fraction(90)),
        (Fraction(1, 9), Fraction(180), 22, Fraction(360)),
        (Fraction(1, 60), Fraction(120), 1, Fraction(240)),
        (Fraction(1, 60), Fraction(120), 5, Fraction(24)),
        (Fraction(2, 3), Fraction(30), 12, Fraction(10)),
        (Fraction(1, 2), Fraction(60), 3, Fraction(60)),
    ],
)
def test_a_equals_the_chain_worked_out_in_fractions(rate, handling, people, patience):
    most = people + 200
    waits, waiting, _ = chain(rate, handling, people, patience, most)
    found = erlang_a(float(rate), float(handling), people, 20, float(patience))
    assert found.waits == pytest.approx(float(waits), rel=1e-10)
    # Little's law, and P(hang up) = waiting / (patience rate).
    assert found.mean_wait == pytest.approx(float(waiting / rate), rel=1e-10)
    assert found.abandoned == pytest.approx(float(waiting / patience / rate), rel=1e-10)
    served = in_time_by_steps(rate, handling, people, patience, Fraction(20), most)
    assert found.in_time == pytest.approx(served, rel=1e-10)


@pytest.mark.parametrize(("load", "people"), [(20, 22), (1, 2), (5, 8), (9, 10)])
def test_c_equals_the_chain_worked_out_in_fractions(load, people):
    waits, waiting, _ = chain(Fraction(load), Fraction(1), people, None, people + 700)
    found = erlang_c(load, 1, people, 0.5)
    assert found.waits == pytest.approx(float(waits), rel=1e-9)
    assert found.mean_wait == pytest.approx(float(waiting / load), rel=1e-9)


@pytest.mark.parametrize("patience", [1e8, 1e10, 1e12])
@pytest.mark.parametrize("people", [21, 24, 40])
def test_endless_patience_gives_erlang_c(patience, people):
    found = erlang_a(200 / 1800, 180, people, 20, patience)
    endless = erlang_c(200 / 1800, 180, people, 20)
    for name in ("waits", "in_time", "mean_wait", "occupancy"):
        assert getattr(found, name) == pytest.approx(getattr(endless, name), rel=1e-4)
    assert found.abandoned < 1e-5


@pytest.mark.parametrize("people", [10, 20, 30])
def test_no_patience_gives_erlang_b(people):
    found = erlang_a(200 / 1800, 180, people, 20, 1e-9)
    assert found.abandoned == pytest.approx(erlang_b(20, people), rel=1e-6)
    assert found.in_time == pytest.approx(1 - erlang_b(20, people), rel=1e-6)


@pytest.mark.parametrize("people", [1, 4000, 4990, 5000, 5010, 6000, 20000])
def test_thousands_of_people_do_no_harm(people):
    rate, handling, patience = 5000 / 300, 300, 300
    found = erlang_a(rate, handling, people, 20, patience)
    # With equal rates of answering and hanging up the state is Poisson with the load as its mean.
    mean = rate * handling
    waits = sum(
        math.exp(n * math.log(mean) - mean - math.lgamma(n + 1))
        for n in range(people, max(people, 5000) + 2000)
    )
    assert found.waits == pytest.approx(min(waits, 1), rel=1e-8, abs=1e-12)
    assert 0 <= found.in_time <= 1
    assert found.occupancy <= 1
    assert erlang_c(rate, handling, 6000, 20).in_time <= 1


def test_what_comes_is_answered_or_hangs_up():
    for people in range(1, 40):
        found = erlang_a(200 / 1800, 180, people, 1e6, 120)
        assert found.in_time + found.abandoned == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("share", [0.5, 0.8, 0.99, 0.999999])
@pytest.mark.parametrize("patience", [None, 5, 120, 3600])
@pytest.mark.parametrize("rate", [1e-4, 0.05, 200 / 1800, 3])
def test_people_needed_is_the_least_number_that_is_enough(share, patience, rate):
    def in_time(people):
        if patience is None:
            return erlang_c(rate, 180, people, 20).in_time
        return erlang_a(rate, 180, people, 20, patience).in_time

    found = people_needed(share, rate, 180, 20, patience)
    assert in_time(found) >= share
    assert in_time(found - 1) < share


def test_people_needed_of_the_known_case():
    """24 people answer 80.9 % of 200 calls in 20 s, and 22 only 54.5 %."""
    assert people_needed(0.8, 200 / 1800, 180, 20) == 24
    assert people_needed(0.8, 200 / 1800, 180, 20, 120) < 24
    assert people_needed(0.8, 0, 180, 20) == 0


def test_nobody_at_work():
    assert erlang_b(3, 0) == 1
    assert erlang_c(1, 180, 0, 20).in_time == 0
    found = erlang_a(1, 180, 0, 20, 60)
    assert (found.abandoned, found.in_time, found.mean_wait) == (1, 0, 60)


REFUSED = {
    "the share is whole": (people_needed, (1, 1, 180, 20), "a share of 1 cannot be aimed at"),
    "the share is in percent": (people_needed, (80, 1, 180, 20), "a share of 80 cannot"),
    "no patience": (people_needed, (0.8, 1, 180, 20, 0), "the patience is above 0"),
    "negative patience": (erlang_a, (1, 180, 20, 20, -1), "the patience is above 0"),
    "no handling": (erlang_c, (1, 0, 20, 20), "the handling time is above 0"),
    "negative rate": (erlang_c, (-1, 180, 20, 20), "0 or more"),
    "no number": (erlang_c, (math.nan, 180, 20, 20), "0 or more"),
    "negative people": (erlang_c, (1, 180, -1, 20), "the number of people is 0 or more"),
    "negative load": (erlang_b, (-1, 2), "0 or more"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_makes_no_sense_is_refused(case):
    function, arguments, message = REFUSED[case]
    with pytest.raises(ValueError, match=message):
        function(*arguments)
