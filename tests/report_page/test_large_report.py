"""The largest report that still is one page, made as the bench makes it."""

from __future__ import annotations

from bench import report_page

from cxaudit import Session
from cxaudit_reports.html.page import LARGEST, render_page


def test_two_thousand_units_of_a_hundred_items_are_one_page_of_five_megabytes():
    result = report_page.result(2000)
    assert len(result.findings) == 200_000
    page = render_page(Session().report(result))
    assert isinstance(page, str)
    assert 2_000_000 < len(page.encode()) <= LARGEST == 5_000_000
    assert page.count("<tr") > 12_000
