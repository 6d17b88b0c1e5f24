"""From what is seen first to what it rests on: never more than two clicks."""

from __future__ import annotations

import re
from pathlib import Path

import attrs
from bench.report_clicks import QUESTIONS, clicks

from cxaudit.plugin import Section, blocks
from cxaudit_reports.html.page import render_page

ROOT = Path(__file__).parents[2]


def test_eight_questions_take_two_clicks_at_most(page, opened):
    tab = opened(page("mixed"))
    taken = {question: clicks(tab, answer) for question, answer in QUESTIONS.items()}
    assert len(taken) == 8
    assert all(count is not None and count <= 2 for count in taken.values()), taken


def test_the_table_in_the_documentation_is_what_was_counted():
    text = (ROOT / "docs/explanation/report.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| (.+?\?) \| (\d) \|", text, re.MULTILINE))
    assert rows.keys() == QUESTIONS.keys()
    assert all(int(count) <= 2 for count in rows.values())


def test_the_count_tells_far_from_near(opened):
    """A page whose answer lies three links away is counted as three, one without it as None."""
    sections = tuple(
        Section(
            id=f"part-{n}",
            title=f"Part {n}",
            blocks=(blocks.Heading(text=f"On {n}", link=f"part-{n + 1}"),),
        )
        for n in range(4)
    )
    from cxaudit.plugin import Report

    first = Section(id="summary", title="S", blocks=(blocks.Heading(text="Start", link="part-0"),))
    made = render_page(Report(title="T", sections=(first, *sections)))
    # The list of contents would lead straight there.
    made = re.sub(r'<nav class="contents".*?</nav>', "", made, flags=re.DOTALL)
    tab = opened(made)
    assert clicks(tab, "#part-2 h2") == 3
    assert clicks(tab, "#nowhere") is None


def test_each_cell_and_each_finding_leads_on(page, parse):
    text = page("mixed")
    parsed = parse(text)
    parts = dict(re.findall(r'<section id="([^"]+)"(.*?)</section>', text, re.DOTALL))
    cells = re.findall(r'<td class="s\d">(.*?)</td>', text, re.DOTALL)
    assert cells
    for cell in cells:
        target = re.search(r'<a href="#(findings-[^"]+)"', cell)[1]
        items = re.findall(r'href="#(item-[^"]+)"', parts[target])
        assert items
        assert set(items) <= set(parsed.ids)
    for part, inner in parts.items():
        if part.startswith("findings-"):
            rows = re.findall(r'<tr><th scope="row".*?</tr>', inner)
            assert all('<a href="#item-' in row for row in rows)


def test_links_to_nowhere_are_no_links(report, parse):
    made = report("mixed")
    alone = attrs.evolve(made, sections=made.sections[:1])
    assert [link for link in parse(render_page(alone)).links if link == "#groupings"] == []
