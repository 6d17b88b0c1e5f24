"""Numbers as people read them, and as a spreadsheet keeps them."""

from __future__ import annotations

import pytest

from cxaudit._model.report import Figure
from cxaudit._words import numbers
from cxaudit._words.clean import cleaned


@pytest.mark.parametrize(
    ("figure", "value", "style"),
    [
        (numbers.percent(0.2145), 0.2145, "percent"),
        (numbers.score(0.7249), 72.49, "score"),
        (numbers.duration(95.0), 95.0, "duration"),
        (numbers.count(18203), 18203, "count"),
        (numbers.quantity(3.25, "hours"), 3.25, "number"),
        (numbers.quantity(0.33, "", "net_score"), 33.0, "number"),
    ],
)
def test_a_figure_keeps_the_number_that_it_shows(figure, value, style):
    assert isinstance(figure, Figure)
    assert figure.value == pytest.approx(value)
    assert figure.style == style


@pytest.mark.parametrize(
    ("interval", "text", "ends"),
    [
        (numbers.interval(0.46, 0.91), "46 to 91", (46.0, 91.0)),
        (numbers.quantity_interval(26.0, 36.5, "points"), "26 to 36.5 points", (26.0, 36.5)),
        (numbers.quantity_interval(0.1, 0.2, "", "share"), "10\u00a0% to 20\u00a0%", (0.1, 0.2)),
        (numbers.quantity_interval(61, 95, "seconds"), "1:01 to 1:35", (61, 95)),
    ],
)
def test_an_interval_knows_both_ends_also_when_cleaned(interval, text, ends):
    for each in (interval, *cleaned((interval,))):
        assert each == text
        assert [end.value for end in each.ends] == pytest.approx(ends)


def test_an_interval_without_an_end_is_a_dash():
    assert numbers.quantity_interval(None, 3.0, "points") == numbers.DASH


def test_cleaning_a_report_keeps_its_figures():
    """A spreadsheet takes the number from the cleaned report."""
    [[hidden, plain]] = cleaned(((numbers.quantity(3.25, "ho\u202eurs"), "a\x00b"),))
    assert (hidden, hidden.value, hidden.style) == ("3.25 hours", 3.25, "number")
    assert (plain, type(plain)) == ("ab", str)
