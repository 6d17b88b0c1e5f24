"""The largest report that still is one page, made as the bench makes it."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from cxaudit import Session
from cxaudit_reports.html.page import LARGEST, render_page


def test_two_thousand_units_of_a_hundred_items_are_one_page_of_five_megabytes():
    path = Path(__file__).parents[2] / "bench/report_page.py"
    spec = importlib.util.spec_from_file_location("bench_report_page", path)
    bench = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bench)
    given = bench.result(2000)
    assert len(given.findings) == 200_000
    page = render_page(Session().report(given))
    assert isinstance(page, str)
    assert 2_000_000 < len(page.encode()) <= LARGEST == 5_000_000
    assert page.count("<tr") > 12_000
