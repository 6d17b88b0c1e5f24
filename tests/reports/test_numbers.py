"""Numbers as people read them, and as a spreadsheet keeps them."""

from __future__ import annotations

import pytest

from cxaudit._model.report import Figure
from cxaudit._reports import numbers
from cxaudit._reports.clean import cleaned


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


def test_cleaning_a_report_keeps_its_figures():
    """A spreadsheet takes the number from the cleaned report."""
    [[hidden, plain]] = cleaned(((numbers.quantity(3.25, "ho\u202eurs"), "a\x00b"),))
    assert (hidden, hidden.value, hidden.style) == ("3.25 hours", 3.25, "number")
    assert (plain, type(plain)) == ("ab", str)
