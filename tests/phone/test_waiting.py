"""Service level in its four forms, waits and giving up, on logs worked out by hand."""

from __future__ import annotations

import pytest

LEVELS = ("of-answered", "of-offered", "early-abandons-kept", "without-early-abandons")
WAITS = ("phone.wait.p50", "phone.wait.p90", "phone.wait.p95", "phone.wait.longest")


def many(*groups):
    return [dict(fields) for count, fields in groups for _ in range(count)]


def answered(wait, **more):
    return {"outcome": "answered", "wait_s": wait, **more}


def gave_up(wait, **more):
    return {"outcome": "abandoned", "wait_s": wait, **more}


def test_the_four_forms_of_the_published_case(measure):
    """Of 1000 offered: 720 answered in time, 180 later, 40 given up in time, 60 later."""
    calls = many(
        (700, answered(0)), (20, answered(20)), (180, answered(20.1)),
        (40, gave_up(3)), (60, gave_up(21)),
    )  # fmt: skip
    names = [f"phone.service-level.{level}" for level in LEVELS]
    more = ["phone.abandoned", "phone.abandoned.after-short", "phone.offered", "phone.answered"]
    ran = measure(*names, *more, calls=calls)
    assert [ran.share(name) for name in names] == [
        (720, 900), (720, 1000), (760, 1000), (720, 960)
    ]  # fmt: skip
    assert [ran[name] for name in names] == pytest.approx([0.80, 0.72, 0.76, 0.75])
    assert ran["phone.abandoned"] == pytest.approx(0.1)
    assert ran["phone.abandoned.after-short"] == pytest.approx(60 / 960)
    assert (ran["phone.offered"], ran["phone.answered"]) == (1000, 900)


def test_calls_let_go_by_the_queue_are_offered_and_never_answered_in_time(measure):
    calls = many(
        (4, answered(5)), (1, gave_up(2)),
        (1, {"outcome": "timeout", "wait_s": 3}), (1, {"outcome": "voicemail", "wait_s": 3}),
        (1, {"outcome": "callback", "wait_s": 3}),
    )  # fmt: skip
    names = [f"phone.service-level.{level}" for level in LEVELS]
    ran = measure(*names, "phone.abandoned", "phone.abandoned.after-short", calls=calls)
    assert [ran.share(name) for name in names] == [(4, 4), (4, 8), (5, 8), (4, 7)]
    assert ran.share("phone.abandoned") == (1, 8)
    assert ran.share("phone.abandoned.after-short") == (0, 7)


def test_what_never_reached_the_queue_is_not_offered(measure):
    calls = many(
        (2, answered(5)), (3, {"outcome": "ivr", "wait_s": ""}), (1, {"outcome": "busy"}),
        (1, {"outcome": "failed"}), (1, {"outcome": "missed"}), (1, {"outcome": ""}),
        (5, answered(1, direction="out")),
        (1, {"outcome": "ivr", "wait_s": "", "direction": "out"}),
    )  # fmt: skip
    ran = measure("phone.offered", "phone.answered", "phone.ended-in-menu", calls=calls)
    values = (ran["phone.offered"], ran["phone.answered"], ran["phone.ended-in-menu"])
    assert values == (2, 2, 3)


def test_waits(measure):
    """Waits 0, 0, 10, 20, 70 answered and 100, 400 given up; quantiles by type 7."""
    calls = [answered(wait) for wait in (0, 0, 10, 20, 70)] + [gave_up(100), gave_up(400)]
    ran = measure(
        *WAITS,
        *(f"phone.wait.answered.{p}" for p in ("p50", "p90", "p95")),
        *("phone.speed-of-answer", "phone.speed-of-answer.queued", "phone.time-to-abandon"),
        "phone.queued",
        calls=calls,
    )
    # Of 7 values, type 7 lies at 1 + 6 q: at 4, at 6.4 and at 6.7.
    assert [ran[name] for name in WAITS] == pytest.approx([20, 220, 310, 400])
    # Of 5 values at 1 + 4 q: at 3, at 4.6 and at 4.8.
    found = [ran[f"phone.wait.answered.{p}"] for p in ("p50", "p90", "p95")]
    assert found == pytest.approx([10, 50, 60])
    assert ran["phone.speed-of-answer"] == 20
    assert ran["phone.speed-of-answer.queued"] == pytest.approx(100 / 3)
    assert ran["phone.time-to-abandon"] == 250
    assert ran.share("phone.queued") == (5, 7)


def test_evidence_are_the_calls_that_count_against_it(measure):
    calls = [answered(1), gave_up(40), answered(30), {"outcome": "timeout", "wait_s": 60}]
    ran = measure("phone.abandoned", "phone.service-level.of-offered", calls=calls)
    assert ran.evidence("phone.abandoned") == [("calls.csv", 2)]
    assert ran.of("phone.abandoned").value == 0.25


def test_missing_and_negative_waits_are_no_zeros(measure):
    calls = [
        *(answered(wait) for wait in (10, 30, "", -5)),
        gave_up(4), gave_up(""), gave_up(-1), gave_up(50),
    ]  # fmt: skip
    names = [f"phone.service-level.{level}" for level in LEVELS]
    ran = measure(
        *names, *WAITS, "phone.speed-of-answer", "phone.time-to-abandon", "phone.queued",
        "phone.abandoned.after-short", calls=calls,
    )  # fmt: skip
    assert [ran.share(name) for name in names] == [(1, 4), (1, 8), (2, 8), (1, 7)]
    assert ran.share("phone.abandoned.after-short") == (3, 7)
    assert (ran["phone.speed-of-answer"], ran.of("phone.speed-of-answer").n) == (20, 2)
    assert (ran["phone.time-to-abandon"], ran.of("phone.time-to-abandon").n) == (27, 2)
    assert (ran.of("phone.wait.p50").n, ran["phone.wait.longest"]) == (4, 50)
    assert ran["phone.wait.p50"] == 20
    # Waited: 10 and 30 s, and the four that gave up; not the missing and the negative one.
    assert ran.share("phone.queued") == (6, 8)


def test_mystery_calls_and_repeated_rows_are_left_out(measure):
    calls = [
        answered(1, call_id="a", is_test="false"),
        answered(1, call_id="a", is_test="false"),
        answered(1, call_id="b", is_test="true"),
        answered(90, call_id="c", is_test=""),
    ]
    ran = measure("phone.offered", "phone.service-level.of-offered", calls=calls)
    assert ran["phone.offered"] == 2
    assert ran.share("phone.service-level.of-offered") == (1, 2)
    assert sum(ran.result.accounts[0].rejected.values()) == 1


EVERY = (
    "phone.offered", "phone.answered", "phone.ended-in-menu",
    *(f"phone.service-level.{level}" for level in LEVELS), *WAITS,
    "phone.wait.answered.p50", "phone.speed-of-answer", "phone.speed-of-answer.queued",
    "phone.time-to-abandon", "phone.queued", "phone.abandoned", "phone.abandoned.after-short",
)  # fmt: skip


def test_an_empty_table_measures_nothing_and_counts_none(measure):
    ran = measure(*EVERY, calls=[])
    for name in EVERY:
        counts = name in {"phone.offered", "phone.answered", "phone.ended-in-menu"}
        assert ran[name] == (0 if counts else None), name
        assert ran.of(name).n == 0


def test_rows_of_nothing_measure_nothing(measure):
    calls = [{"outcome": "", "wait_s": "", "direction": ""} for _ in range(3)]
    ran = measure(*EVERY, calls=calls)
    for name in EVERY:
        counts = name in {"phone.offered", "phone.answered", "phone.ended-in-menu"}
        assert ran[name] == (0 if counts else None), name


def test_one_call(measure):
    ran = measure(*EVERY, calls=[answered(0)])
    assert ran["phone.service-level.of-offered"] == 1
    assert ran["phone.wait.p95"] == ran["phone.wait.longest"] == ran["phone.speed-of-answer"] == 0
    assert ran["phone.speed-of-answer.queued"] is None
    assert ran["phone.time-to-abandon"] is None
    assert ran.share("phone.queued") == (0, 1)


def test_sites_are_measured_from_their_own_calls(measure):
    calls = many((8, answered(1, unit="quay")), (2, answered(90, unit="mole")))
    ran = measure("phone.service-level.of-offered", per="site", calls=calls)
    name = "phone.service-level.of-offered"
    assert ran.share(name, "quay") == (8, 8)
    assert ran.share(name, "mole") == (0, 2)
    assert ran.share(name) == (8, 10)


def test_a_log_without_directions_holds_inbound_calls(measure):
    ran = measure("phone.offered", "phone.abandoned", calls=[answered(3), gave_up(9)])
    assert ran["phone.offered"] == 2
    assert ran.share("phone.abandoned") == (1, 2)


def test_a_log_without_waits_says_so(measure):
    ran = measure("phone.service-level.of-offered", "phone.abandoned", calls=[{"queue": "a"}])
    found = ran.of("phone.service-level.of-offered")
    assert (found.value, found.unavailable) == (None, "no source gives calls.wait_s")
    assert ran["phone.abandoned"] == 0


def test_an_unanswered_parameter_is_named(measure):
    ran = measure(
        "phone.service-level.of-offered", parameters={"answer-seconds": None}, calls=[answered(1)]
    )
    found = ran.of("phone.service-level.of-offered")
    assert found.unavailable == "nobody has answered the parameter 'answer-seconds' yet"
