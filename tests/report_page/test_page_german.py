"""The page in German: numbers have decimal commas in figures, charts and tables."""

from __future__ import annotations

import re

import pytest

from cxaudit.documents import speaking
from cxaudit.plugin import Report, Section, blocks
from cxaudit_reports.html.page import render_page


def page_of(*content, section="own"):
    report = Report(
        title="T", language="de", sections=(Section(id=section, title="T", blocks=content),)
    )
    with speaking("de"):
        return render_page(report)


@pytest.fixture
def german(invented):
    """Give a German that has its numbers, and English words."""
    invented("de", lambda text: text)


@pytest.mark.usefixtures("german")
def test_a_german_page_has_decimal_commas(parse):
    shares = tuple(blocks.RankingRow(rank=n, name=f"S{n}", value=n / 7) for n in range(1, 5))
    text = page_of(
        blocks.ScoreBlock(title="Score", value=0.4936, coverage=0.805),
        blocks.Table(title="Rows", columns=("A", "B"), rows=(("x", 8.25), ("y", 18203))),
        blocks.Series(title="Waits", points=(("May", 1.5), ("June", 2.25)), unit="points"),
        blocks.Distribution(title="Stars", bins=(("1", 1204), ("2", 12_345_678))),
        blocks.Funnel(
            title="Shops",
            points=(blocks.FunnelPoint(name="Quay", n=1234, value=0.123),),
            mean=0.456,
        ),
        blocks.Ranking(title="Ranked", rows=shares),
        section="summary",
    )
    parsed = parse(text)
    words = parsed.words(without=("title",))
    for wanted in ("49,4", "80,5\u00a0%", "8,25", "18.203", "1,5 points", "2,25 points"):
        assert wanted in words
    for wanted in ("1.204", "12.345.678", "12,3\u00a0%", "45,6\u00a0%", "1.234"):
        assert wanted in words
    drawn = " ".join(
        text for text, inside in parsed.texts if {"svg", "text"} <= {tag for tag, _inside in inside}
    )
    assert {"1,5", "2,25", "1.204", "12.345.678"} <= set(drawn.split())
    assert not re.search(r"\d\.\d(?!\d\d)", words)
    assert 'x="49.36%"' in text  # what a browser reads keeps its points


@pytest.mark.usefixtures("german")
def test_numbers_that_the_script_writes_are_of_the_language(opened):
    rows = tuple((f"Shop {n}", n) for n in range(1204))
    table = blocks.Table(title="Shops", columns=("Item", "n"), rows=rows)
    tab = opened(page_of(table))
    assert tab.locator(".more button").inner_text() == "Show all 1.204 rows"
