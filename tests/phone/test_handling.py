"""Holds, putting through, talk time, occupancy and staffing, worked out by hand."""

from __future__ import annotations

import math

import pytest

TALK = ("phone.service-time", *(f"phone.service-time.p{p}" for p in (50, 90, 95)))
HOLD = ("phone.hold.share-of-call", "phone.hold.more-than-once", "phone.hold.mean")


def test_holds(measure):
    """Of 4 answered calls: 600 s of talk, 200 s of hold, one held twice."""
    calls = [
        {"talk_s": 100, "hold_s": 0, "holds": 0},
        {"talk_s": 200, "hold_s": 50, "holds": 1},
        {"talk_s": 250, "hold_s": 50, "holds": 2},
        {"talk_s": 50, "hold_s": 100, "holds": 1},
        {"outcome": "abandoned", "talk_s": 0, "hold_s": 0, "holds": 5},
        {"direction": "out", "talk_s": 9, "hold_s": 900, "holds": 9},
    ]
    ran = measure(*HOLD, calls=calls)
    assert ran["phone.hold.share-of-call"] == pytest.approx(200 / 800)
    assert ran.share("phone.hold.more-than-once") == (1, 4)
    assert (ran["phone.hold.mean"], ran.of("phone.hold.mean").n) == (50, 4)
    assert ran.evidence("share-of-call") == [("calls.csv", 4)]
    assert ran.evidence("more-than-once") == [("calls.csv", 3)]


def test_calls_without_figures_are_no_calls_without_holds(measure):
    calls = [
        {"talk_s": 100, "hold_s": 20, "holds": 2, "transfers": 1},
        {"talk_s": "", "hold_s": 20, "holds": "", "transfers": ""},
        {"talk_s": 100, "hold_s": "", "holds": "", "transfers": ""},
        {"talk_s": 100, "hold_s": -20, "holds": -1, "transfers": -1},
    ]
    ran = measure(*HOLD, "phone.transferred", calls=calls)
    assert ran["phone.hold.share-of-call"] == pytest.approx(20 / 120)
    assert ran.share("phone.hold.more-than-once") == (1, 1)
    assert (ran["phone.hold.mean"], ran.of("phone.hold.mean").n) == (20, 2)
    assert ran.share("phone.transferred") == (1, 1)


def test_calls_passed_on(measure):
    calls = [{"transfers": times} for times in (0, 0, 1, 3)] + [
        {"outcome": "abandoned", "transfers": 1}
    ]
    ran = measure("phone.transferred", calls=calls)
    assert ran.share("phone.transferred") == (2, 4)
    assert ran.evidence("phone.transferred") == [("calls.csv", 3), ("calls.csv", 4)]


def test_talk_time_and_services_too_short_to_be_real(measure):
    """Talk of 5, 9.9, 10, 100 and 400 s by named agents, and 3 s by nobody named."""
    calls = [{"talk_s": talk, "agent": "ann"} for talk in (5, 9.9, 10, 100, 400)]
    calls += [{"talk_s": 3, "agent": ""}, {"talk_s": -1, "agent": "ann"}]
    calls += [{"talk_s": "", "agent": "ann"}, {"talk_s": 1, "agent": "ann", "outcome": "ivr"}]
    ran = measure(*TALK, "phone.short-service", "phone.short-service.all-answered", calls=calls)
    # Of 5 values, type 7 lies at 1 + 4 q: at 3, at 4.6 and at 4.8.
    assert [ran[name] for name in TALK] == pytest.approx([104.98, 10, 280, 340])
    assert ran.of("phone.service-time").n == 5
    assert ran.share("phone.short-service") == (2, 5)
    assert ran.share("phone.short-service.all-answered") == (3, 6)
    assert ran.evidence("phone.short-service") == [("calls.csv", 1), ("calls.csv", 2)]


def test_a_log_that_names_no_agents_tells_so(measure):
    ran = measure("phone.short-service", "phone.short-service.all-answered", calls=[{"talk_s": 3}])
    assert ran.of("phone.short-service").unavailable == "no source gives calls.agent"
    assert ran.share("phone.short-service.all-answered") == (1, 1)


STAFFED = ("phone.occupancy", "phone.occupancy.intervals-above")


def interval(start="2026-03-02T09:00:00", **more):
    return {"starts_at": start, **more}


def test_occupancy(measure):
    """Busy 1000, 1700, 1701 of 2000, 0 of 0, and 0 of 900 seconds; the limit is 85 %.

    The half-hour without a call is time in which staff were ready, and no interval at the limit.
    """
    rows = [
        interval(busy_s=busy, available_s=free)
        for busy, free in (
            (1000, 1000),
            (1700, 300),
            (1701, 299),
            (0, 0),
            ("", 100),
            (50, -50),
            (0, 900),
        )
    ]
    ran = measure(*STAFFED, staffing=rows)
    assert ran["phone.occupancy"] == pytest.approx(4401 / 6900)
    assert ran.share("phone.occupancy.intervals-above") == (1, 3)
    assert ran.evidence("intervals-above") == [("staffing.csv", 3)]


UNDER = ("phone.understaffed.erlang-c", "phone.understaffed.erlang-a")


def test_staffing_of_the_known_case(measure):
    """200 calls of 180 s in a half-hour need 24 people by Erlang C for 80 % in 20 s."""
    rows = [
        interval(offered=200, handling_s=180, staffed=staffed, agent="", length_s="")
        for staffed in (20, 22, 23, 23.9, 24, 30)
    ]
    ran = measure(*UNDER, staffing=rows)
    assert ran.share("phone.understaffed.erlang-c") == (4, 6)
    # By Erlang A 22 people are enough, as test_erlang.py holds by other means.
    assert ran.share("phone.understaffed.erlang-a") == (1, 6)
    assert ran.evidence("erlang-a") == [("staffing.csv", 1)]


def test_staffing_without_figures_is_no_staffing_of_nobody(measure):
    good = {"offered": 200, "handling_s": 180, "staffed": 10, "agent": "", "length_s": 1800}
    odd = (
        {"offered": ""}, {"handling_s": ""}, {"staffed": ""}, {"handling_s": 0},
        {"offered": -1}, {"length_s": 0}, {"offered": 1e12}, {"agent": "ann"},
    )  # fmt: skip
    ran = measure(*UNDER, staffing=[interval(**good), *(interval(**good | each) for each in odd)])
    assert ran.share("phone.understaffed.erlang-c") == (1, 1)


def test_an_hour_holds_twice_the_calls_of_a_half_hour(measure):
    rows = [
        interval(offered=400, handling_s=180, staffed=24, length_s=3600),
        interval(offered=400, handling_s=180, staffed=24, length_s=1800),
    ]
    assert measure(*UNDER, staffing=rows).share("phone.understaffed.erlang-c") == (1, 2)


def test_intervals_without_calls_are_none(measure):
    rows = [interval(offered=0, handling_s=180, staffed=0) for _ in range(9)]
    rows.append(interval(offered=200, handling_s=180, staffed=18))
    ran = measure(*UNDER, staffing=rows)
    assert ran.share("phone.understaffed.erlang-c") == (1, 1)
    assert ran.share("phone.understaffed.erlang-a") == (1, 1)


def test_erlang_c_needs_no_patience(measure):
    rows = [interval(offered=200, handling_s=180, staffed=22)]
    ran = measure(*UNDER, parameters={"patience-seconds": None}, staffing=rows)
    assert ran.share("phone.understaffed.erlang-c") == (1, 1)
    found = ran.of("phone.understaffed.erlang-a")
    assert found.unavailable == "nobody has answered the parameter 'patience-seconds' yet"


@pytest.mark.parametrize(
    ("absent", "reason"),
    [
        ("offered", "no source gives staffing.offered"),
        ("handling_s", "no source gives staffing.handling_s"),
    ],
)
def test_staffing_that_lacks_a_column_says_so(measure, absent, reason):
    row = interval(offered=200, handling_s=180, staffed=22)
    del row[absent]
    ran = measure("phone.understaffed.erlang-c", staffing=[row])
    assert ran.of("phone.understaffed.erlang-c").unavailable == reason


def rows_of(parameters=None, **row):
    from cxaudit_phone.staffing.needs import staffing_needs

    names = ("starts_at", "length_s", "queue", "agent", "offered", "handling_s", "staffed")
    place = {"unit": "quay", "touchpoint": "phone", "_source": "s", "_row": 3, "_zone": "UTC"}
    given = {"service-level-share": 0.8, "answer-seconds": 20, "patience-seconds": 120}
    full = dict.fromkeys(names) | place | row
    return list(staffing_needs(lambda _: iter([full]), given | (parameters or {})))


def test_a_row_keeps_its_place_and_says_what_both_models_give():
    (found,) = rows_of(offered=200, handling_s=180, staffed=20)
    assert {name: found[name] for name in ("unit", "touchpoint", "_source", "_row", "_zone")} == {
        "unit": "quay", "touchpoint": "phone", "_source": "s", "_row": 3, "_zone": "UTC",
    }  # fmt: skip
    assert (found["needed_erlang_c"], found["service_level_erlang_c"]) == (24, 0)
    # The queue of Erlang C grows without end; an endless mean would spoil every mean of waits.
    assert "wait_erlang_c_s" not in found
    assert found["abandoned_erlang_a"] == pytest.approx(0.0977, abs=5e-5)
    (found,) = rows_of(offered=200, handling_s=180, staffed=24.7)
    assert found["wait_erlang_c_s"] == pytest.approx(13.4, abs=0.05)
    assert found["service_level_erlang_c"] == pytest.approx(0.809, abs=5e-4)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"service-level-share": 80}, "service-level-share is 80; a share lies between 0 and 1"),
        ({"service-level-share": 1}, "service-level-share is 1; a share"),
        ({"answer-seconds": -1}, "answer-seconds is 0 or more"),
        ({"patience-seconds": 0}, "patience-seconds above 0"),
    ],
)
def test_parameters_that_cannot_be_aimed_at_are_refused(parameters, message):
    with pytest.raises(ValueError, match=message):
        rows_of(parameters)


def test_a_run_says_why_staffing_cannot_be_judged(measure):
    rows = [interval(offered=200, handling_s=180, staffed=22)]
    given = {"service-level-share": 80}
    ran = measure("phone.understaffed.erlang-c", faults=True, parameters=given, staffing=rows)
    reason = ran.of("phone.understaffed.erlang-c").unavailable
    assert "service-level-share is 80; a share lies between 0 and 1, as 0.8 does" in reason


def test_figures_that_are_no_numbers_say_nothing():
    for odd in (math.inf, math.nan):
        (found,) = rows_of(offered=odd, handling_s=180, staffed=20)
        assert "needed_erlang_c" not in found
        (found,) = rows_of(offered=200, handling_s=180, staffed=odd)
        assert "service_level_erlang_c" not in found


def test_empty_tables_measure_nothing(measure):
    columns = {"talk_s": "", "hold_s": "", "holds": "", "transfers": "", "agent": ""}
    ran = measure(*HOLD, *TALK, "phone.transferred", calls=[columns | {"outcome": ""}])
    for name in (*HOLD, *TALK, "phone.transferred"):
        assert ran[name] is None, name
        assert not ran.of(name).unavailable, name
