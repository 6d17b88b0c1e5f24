"""What open seconds mean: cases counted by hand."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from cxaudit.errors import SourceError

HOUR = 3600.0
PARIS = {"hq": "Europe/Paris"}
OFFICE = '[[schedule]]\nhours = { mon-fri = ["08:00-12:00", "13:00-18:00"] }\n'
ALWAYS = '[[schedule]]\nhours = { mon-sun = ["00:00-24:00"] }\n'


def at(text):
    """Return an instant; without an offset it is UTC."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


@pytest.fixture
def one(load, ask):
    """Return the open seconds from one instant to another in Paris."""

    def start(text, a, b, expression="open_seconds(a, b)"):
        return ask(load(PARIS, text), [("hq", a and at(a), b and at(b))], expression)[0]

    return start


def test_a_weekend_does_not_count(one):
    friday, monday = "2026-04-10T17:00+02:00", "2026-04-13T09:00+02:00"
    assert one(OFFICE, friday, monday) == 2 * HOUR
    assert one(OFFICE, monday, friday) == -2 * HOUR
    assert one(OFFICE, friday, friday) == 0


@pytest.mark.parametrize(
    ("hours", "spring", "autumn"),
    [('["02:00-03:00"]', 0, 2), ('["00:00-24:00"]', 23, 25), ('["01:30-03:30"]', 1, 3)],
)
def test_a_skipped_hour_counts_nothing_and_a_repeated_one_twice(one, hours, spring, autumn):
    text = f"[[schedule]]\nhours = {{ sun = {hours} }}\n"
    assert one(text, "2026-03-28T12:00Z", "2026-03-30T12:00Z") == spring * HOUR
    assert one(text, "2026-10-24T12:00Z", "2026-10-26T12:00Z") == autumn * HOUR


def test_a_day_that_was_never_on_the_wall_is_not_open(load, ask):
    """Samoa went from Thursday 29 December 2011 to Saturday 31 December."""
    audit = load(
        {"apia": "Pacific/Apia"},
        OFFICE + '[[schedule]]\nid = "w"\nhours = { sat = ["00:00-24:00"] }',
    )
    rows = [("apia", at("2011-12-29T12:00Z"), at("2011-12-31T09:30Z"))]
    assert ask(audit, rows) == [9 * HOUR]
    assert ask(audit, rows, "open_seconds(a, b, 'w')") == [23.5 * HOUR]


def test_a_night_belongs_to_the_day_on_which_it_begins(one):
    text = '[[schedule]]\nhours = {{ sat = ["22:00-02:00"] }}\nholidays = [{}]\n'
    night = ("2026-04-11T12:00+02:00", "2026-04-12T12:00+02:00")
    assert one(text.format("2026-04-12"), *night) == 4 * HOUR
    assert one(text.format("2026-04-11"), *night) == 0


def test_an_exception_goes_before_a_holiday_and_before_the_week(one):
    text = OFFICE + (
        "holidays = [2026-12-24, 2026-12-25]\n[[schedule.exception]]\n"
        'dates = [2026-12-24, "2026-12-27"]\nhours = ["08:00-12:00"]\n'
    )
    days = [f"2026-12-{day}T00:00+01:00" for day in range(23, 29)]
    found = [one(text, a, b) / HOUR for a, b in itertools.pairwise(days)]
    assert found == [9, 4, 0, 0, 4]


def test_what_no_schedule_covers_is_not_known(one):
    text = '[[schedule]]\nfrom = 2026-03-02\nuntil = {}\nhours = {{ mon-sun = ["00:00-24:00"] }}\n'
    text = text.format("2026-03-03") + text.replace("03-02", "03-05").format("2026-03-08")
    start, end = "2026-03-02T00:00+01:00", "2026-03-04T00:00+01:00"
    assert one(text, start, end) == 48 * HOUR
    assert one(text, end, end) == 0
    assert one(text, start, "2026-03-04T00:00:00.000001+01:00") is None
    assert one(text, "2026-03-01T23:59:59.999999+01:00", end) is None
    # Both ends are known, and what lies between is not.
    assert one(text, start, "2026-03-06T00:00+01:00") is None
    assert one(text, None, end) is None
    assert one(text, start, None) is None


def test_nothing_is_rounded(one):
    assert one(OFFICE, "2026-04-10T06:00:00.000001Z", "2026-04-10T06:00:00.3Z") == 0.299999
    exactly = "case when open_seconds(a, b) = 0.1 then 1 else 0 end"
    assert one(OFFICE, "2026-04-10T07:59:59.95+02:00", "2026-04-10T08:00:00.1+02:00", exactly) == 1


def test_instants_may_be_any_expressions_and_depend_on_open_hours(one):
    friday, monday = "2026-04-10T17:00+02:00", "2026-04-13T09:00+02:00"
    later = "open_seconds(a, add_seconds(b, open_seconds(a, b)))"
    assert one(OFFICE, friday, monday, later) == 4 * HOUR
    least = "open_seconds(least(a, time('2026-04-10T15:30:00Z')), b) / 3600"
    assert one(OFFICE, friday, monday, least) == 2
    assert one(OFFICE, friday, monday, "open_seconds(b, a, 'x')") is None


def test_all_years_that_zones_are_known_for_and_others(load, ask):
    audit = load({"hq": "UTC"}, ALWAYS)
    rows = [
        ("hq", at(a), at(b))
        for a, b in [
            ("1851-01-01T00:00", "2199-12-31T00:00"),
            ("1969-12-31T23:59:59", "1970-01-01T00:00:01"),
            ("1700-01-01T00:00", "2026-01-01T00:00"),
            ("2026-01-01T00:00", "9999-12-31T23:59:59"),
        ]
    ]
    whole = (at("2199-12-31T00:00") - at("1851-01-01T00:00")) / timedelta(seconds=1)
    assert ask(audit, rows) == [whole, 2, None, None]
    far = ask(audit, rows[:1], "open_seconds(a, add_seconds(b, 9.2e12))")
    assert far == [None]


def test_a_unit_takes_the_nearest_schedule_above_it_on_its_own_clock(load, ask):
    units = {"hq": "Europe/Paris", "east": "Asia/Tokyo", "east.shop": "Asia/Tokyo", "west": "UTC"}
    text = OFFICE + '[[schedule]]\nunits = ["east"]\nhours = { sat = ["10:00-11:00"] }\n'
    audit = load(units, text)
    saturday = at("2026-04-11T01:30Z"), at("2026-04-11T12:00Z")
    monday = at("2026-04-13T06:30Z"), at("2026-04-13T08:30Z")
    places = ["east", "east.shop", "west", "hq", None]
    assert ask(audit, [(unit, *saturday) for unit in places]) == [1800, 1800, 0, 0, 0]
    assert ask(audit, [(unit, *monday) for unit in places]) == [0, 0, 1800, 7200, 7200]


def stretches(*given):
    return [{"opens_at": at(a), "closes_at": at(b), **more} for a, b, more in given]


def test_stretches_of_a_source_and_of_the_audit_file_are_united(load, ask):
    audit = load(
        {"hq": "UTC", "shop": "UTC"},
        '[[schedule]]\nfrom = 2026-03-02\nuntil = 2026-03-02\nhours = { mon = ["08:00-12:00"] }',
    )
    given = stretches(
        ("2026-03-02T11:00", "2026-03-02T13:00", {"unit": "hq"}),
        ("2026-03-02T22:30", "2026-03-03T00:30", {"unit": "hq"}),
        ("2026-03-02T08:00", "2026-03-02T09:00", {"unit": "shop"}),
        ("2026-03-02T08:30", "2026-03-02T09:30:00.5", {"unit": "shop"}),
        ("2026-03-02T20:00", "2026-03-02T21:00", {"unit": "shop", "schedule": "late"}),
        ("2026-03-02T00:00", "2026-03-09T00:00", {"unit": None}),
    )
    day = at("2026-03-02T00:00"), at("2026-03-03T00:30")
    morning = at("2026-03-02T08:00"), at("2026-03-02T09:30:00.5")
    rows = [("hq", *day), ("shop", *morning), ("shop", *day), (None, *morning)]
    assert ask(audit, rows, stretches=given) == [7 * HOUR, 5400.5, None, 5400.5]
    late = [("shop", at("2026-03-02T20:30"), at("2026-03-02T21:00")), ("hq", *day)]
    assert ask(audit, late, "open_seconds(a, b, 'late')", stretches=given) == [1800, None]


def test_stretches_that_name_no_unit_are_those_of_all(load, ask):
    audit = load({"hq": "UTC", "shop": "Asia/Tokyo"}, "")
    given = stretches(("2026-03-02T11:00", "2026-03-02T13:00", {}))
    rows = [
        ("shop", at("2026-03-02T12:00"), at("2026-03-02T13:00")),
        ("hq", at("2026-03-02T11:00"), at("2026-03-02T11:00:01")),
    ]
    assert ask(audit, rows, stretches=given) == [3600, 1]


def test_a_clock_that_opens_at_every_other_second(load, ask):
    """Far more than a part can say by itself, on one day of two weeks."""
    audit = load({"hq": "UTC"}, "")
    noon = at("2026-03-02T12:00")
    given = [
        {
            "opens_at": noon + timedelta(seconds=2 * n),
            "closes_at": noon + timedelta(seconds=2 * n + 1),
        }
        for n in range(500)
    ]
    given += stretches(("2026-03-09T00:00", "2026-03-09T01:00", {}))
    counted = {0: 0, 0.25: 0.25, 1: 1, 1.5: 1, 2: 1, 3.75: 2, 500.5: 250.5, 998: 499, 999.25: 500}
    rows = [("hq", noon, noon + timedelta(seconds=each)) for each in counted]
    assert ask(audit, rows, stretches=given) == [*counted.values()]
    rows = [("hq", noon, at("2026-03-09T00:30"))]
    assert ask(audit, rows, stretches=given) == [500 + 1800]


@pytest.mark.parametrize("closes", ["2026-03-02T11:00", "2026-03-02T10:59:59", None])
def test_a_stretch_that_does_not_close_after_it_opens_is_refused(load, ask, closes):
    given = stretches(("2026-03-02T11:00", "2026-03-02T12:00", {}))
    given.append({"opens_at": at("2026-03-02T11:00"), "closes_at": closes and at(closes)})
    with pytest.raises(SourceError, match=r"1 stretches .* row 2 of hours.csv") as caught:
        ask(load(PARIS, ""), [("hq", None, None)], stretches=given)
    assert "where" in caught.value.problems[0].hint
