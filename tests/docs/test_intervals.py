"""Every number of the page on intervals is what the library computes, pictures included."""

from __future__ import annotations

import math
import re
from pathlib import Path
from tempfile import TemporaryDirectory

import attrs
import numpy as np
import pytest
from docs import draw_intervals
from scipy import stats

from cxaudit import Session
from cxaudit._report.chance import independent
from cxaudit._statistics.sample_size import half_widths, rows_needed
from cxaudit._words.cells import widest
from cxaudit.plugin import Score
from cxaudit.testing import measurement

DOCS = Path(__file__).parents[2] / "docs"
TEXT = " ".join((DOCS / "explanation" / "intervals.md").read_text(encoding="utf-8").split())
Z = stats.norm.ppf(0.975)


def percent(number):
    return f"{100 * number:.1f}".removesuffix(".0")


def thirty_days():
    calls, kept = draw_intervals.days()
    share_by_day = draw_intervals.share_of(calls, kept)
    shown = attrs.evolve(
        measurement(share_by_day["share"], n=int(share_by_day["n"])),
        cluster="day",
        clusters=30,
        design_effect=share_by_day["effect"],
    )
    share, low, high, rows_low, rows_high = (
        percent(share_by_day[name]) for name in ("share", "low", "high", "rows_low", "rows_high")
    )
    return [
        f'"{share} % of calls were answered in time, likely {low} to {high} %"',
        f"a day of {calls.mean():.0f} calls",
        f"there are {len(calls)} of them, not {calls.sum():,.0f} calls",
        f"gives {rows_low} to {rows_high} %",
        f"By days it is {low} to {high} %",
        f"vary {share_by_day['effect']:.1f} times as much",
        f"*{independent(shown)}*",
    ]


def next_month():
    """Two samples differ by a variance twice as large as that of one."""
    inside = 2 * stats.norm.cdf(Z / math.sqrt(2)) - 1
    return [
        "would hold the true share 95 times in 100",
        "lies there 95 times in 100",
        f"about {100 * inside:.0f} times in 100",
    ]


def bank():
    """Share, rows, days and design effect are those of the log; half widths follow from them."""
    share, n, days, effect = 0.102190, 30_140, 29, 32.21
    error = 100 * math.sqrt(share * (1 - share) / n)
    by_days = stats.t.ppf(0.975, days - 1) * math.sqrt(effect) * error
    return [
        f"in {days} days of January 1999, {percent(share)} % of {n:,} calls",
        f"certain to {Z * error:.2f} points; by days to {by_days:.2f} points",
        f"there had been {n / effect:.0f} calls",
    ]


def bad_days():
    share_by_day = draw_intervals.share_of(np.full(100, 100.0), np.repeat([100.0, 0.0], [80, 20]))
    low, high, rows_low, rows_high = (
        percent(share_by_day[name]) for name in ("low", "high", "rows_low", "rows_high")
    )
    return [
        f"the share is {percent(share_by_day['share'])} %",
        f"by calls {rows_low} to {rows_high} %, by days {low} to {high} %",
    ]


def six_days():
    rows = re.findall(r"\| [A-Z]\w+day \| (\d+) \| (\d+) \| (\d+) \| (-?\d+) \|", TEXT)
    calls, kept, alike, more = np.array(rows, dtype=float).T
    n, share, days = calls.sum(), kept.sum() / calls.sum(), len(calls)
    assert alike == pytest.approx(share * calls)
    assert more == pytest.approx(kept - alike)
    squares = np.square(more).sum()
    variance = squares / n**2 * days / (days - 1)
    of_rows = share * (1 - share) / n
    t = stats.t.ppf(0.975, days - 1)
    left = n / (variance / of_rows) * (Z / t) ** 2
    share_by_day = draw_intervals.share_of(calls, kept)
    assert share_by_day["effect"] == pytest.approx(variance / of_rows)
    ends = [percent(share_by_day[name]) for name in ("low", "high", "rows_low", "rows_high")]
    return [
        f"In all, {kept.sum():.0f} of {n:.0f} calls: {percent(share)} %",
        f"add up: {squares:,.0f}",
        f"the square of {n:.0f}, times {days} / {days - 1}",
        f"its root is {100 * math.sqrt(variance):.1f} points",
        f"would have {100 * math.sqrt(of_rows):.1f} points",
        f"ratio of the squares: {variance / of_rows:.1f}",
        f"So {n:.0f} calls count as about {n / (variance / of_rows):.0f}",
        f"is {t:.2f}, where many days would take {Z:.2f}",
        f"worth {left:.0f} calls",
        (
            f"A share of {percent(share)} % over {left:.1f} calls lies between {ends[0]} and "
            f"{ends[1]} %"
        ),
        "between 0 and 100 %",
        f"By calls it would be {ends[2]} to {ends[3]} %",
        f"| at {percent(share)} % it would be |",
        *(f"| {' | '.join(row)} |" for row in rows),
    ]


AUDIT = """
cxaudit = 1
[audit]
id = "a"
title = "A"
client = "C (invented)"
checklists = ["c.toml"]
cases = ["cases.csv"]
answers = ["answers.csv"]
[[unit]]
id = "shop"
kind = "organisation"
touchpoints = ["in-store"]
"""


def score(table):
    """Return the score of an audit with such answers and its interval, in whole points."""
    items, visits = table.shape
    checklist = 'cxaudit = 1\n[checklist]\nid = "c"\nversion = "1"\ntitle = "C"\n' + "".join(
        f'[[item]]\nid = "i{item}"\narea = "process"\ntouchpoints = ["in-store"]\n'
        f'title = "T"\nask = {{ answer = "yes-no" }}\n'
        for item in range(items)
    )
    cases = "id,unit,touchpoint\n" + "".join(f"v{visit},shop,in-store\n" for visit in range(visits))
    answers = "item,case,rater,value\n" + "".join(
        f"i{item},v{visit},ann,{'yes' if table[item, visit] else 'no'}\n"
        for item in range(items)
        for visit in range(visits)
    )
    with TemporaryDirectory() as folder:
        files = {"audit.toml": AUDIT, "c.toml": checklist, "cases.csv": cases}
        for name, text in {**files, "answers.csv": answers}.items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
        session = Session()
        result = session.run(session.load(Path(folder) / "audit.toml"))
    overall = result.scorecard.root.overall
    ends = draw_intervals.score_interval(table)
    assert (overall.low, overall.high) == pytest.approx(ends, abs=1e-3)
    return f"{100 * overall.value:.0f} ({100 * overall.low:.0f} to {100 * overall.high:.0f})"


def twenty_items():
    alike, mixed = (draw_intervals.answers(alike=alike) for alike in (True, False))
    assert alike.shape == mixed.shape == (20, 30)
    assert (np.concatenate([alike, mixed]).mean(axis=1) == 0.5).all()
    low, high = draw_intervals.item_interval()
    return [
        "Columns are 30 visits, rows are 20 items",
        f"50, and its own interval is {100 * low:.0f} to {100 * high:.0f}",
        "one fact, asked 20 times",
        f"as unsure as one item: {score(alike)}",
        f"the score is {score(mixed)}",
    ]


def not_assessed():
    seen = Score(value=0.64, coverage=0.75, low=0.60, high=0.68, lowest=0.48, highest=0.73)
    assert seen.lowest == pytest.approx(seen.coverage * seen.value)
    assert seen.highest == pytest.approx(seen.lowest + 1 - seen.coverage)
    lowest, highest = (100 * end for end in widest(seen))
    return [
        "A score of 64 of 100, likely 60 to 68",
        "would be 48 if all of that had gone wrong, and 73 if",
        f"48 less 4 is {lowest:.0f}, 73 and 4 is {highest:.0f}",
    ]


def rest():
    return [
        '"rests on 4 days"',
        f"into 100, whose variance has an error of about {100 * math.sqrt(2 / 99):.0f} %",
    ]


def planning():
    one = np.array([1.0])
    half = half_widths(0.8, np.array([29.0]), one, np.array([30.0]))[0]
    needed = rows_needed(0.8, 0.9, np.array([1.0, 20.0]))
    return [
        "--cases 30",
        f"of 30 visits, a share of 80 % gives or takes {100 * half:.1f} points",
        f"takes {needed[0]:.0f} of them to tell 80 % from 90 %, in 80 of 100 such audits",
        f"whose design effect was 20 needs {needed[1]:,.0f}",
    ]


PARTS = (
    thirty_days,
    next_month,
    bank,
    bad_days,
    six_days,
    twenty_items,
    not_assessed,
    planning,
    rest,
)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_the_page_says_what_is_computed(part):
    for words in part():
        assert words in TEXT


def test_no_number_of_the_page_is_left_unchecked():
    left = re.sub(r" \d\. (?=[A-Z])", " ", TEXT)  # numbers of a list
    for words in sorted((words for part in PARTS for words in part()), key=len, reverse=True):
        left = left.replace(words, "")
    assert re.findall(r"\d+", left) == []


def test_the_pictures_are_those_that_the_script_draws():
    images = DOCS / "images"
    drawn = draw_intervals.days_picture(*draw_intervals.days()), draw_intervals.items_picture()
    shown = [(images / f"intervals-{name}.svg").read_text("utf-8") for name in ("days", "items")]
    assert list(drawn) == shown
