"""Whatever a report holds, its page is whole: well formed, names unlike, links that lead on."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cxaudit.plugin import Report, Section, blocks
from cxaudit_reports.html import page as pages
from cxaudit_reports.html.page import render_page
from tests.support.pages import Parsed

TEXTS = st.text(max_size=30) | st.sampled_from(['<script>"', "'><img src=x>", "{{ x }}", "../../a"])
NAMES = st.sampled_from(["main", "item-a", "item-b", "x y", "../up", "", "summary", "index", "é"])
SHARES = st.floats(0, 1)
MAYBE = st.none() | SHARES
BLOCKS = st.one_of(
    st.builds(blocks.Heading, text=TEXTS, level=st.integers(1, 4), anchor=NAMES, link=NAMES),
    st.builds(blocks.TextBlock, text=TEXTS, tone=st.sampled_from(["plain", "lead", "note"])),
    st.builds(
        blocks.ScoreBlock,
        title=TEXTS,
        value=MAYBE,
        coverage=MAYBE,
        lowest=MAYBE,
        highest=MAYBE,
        low=MAYBE,
        high=MAYBE,
        link=NAMES,
    ),
    st.builds(
        lambda name, one: blocks.Matrix(
            title=name, rows=(name, "All"), columns=(name, "All"), cells=((one, one), (one, one))
        ),
        TEXTS,
        st.builds(
            blocks.MatrixCell,
            value=MAYBE,
            low=MAYBE,
            high=MAYBE,
            coverage=MAYBE,
            note=TEXTS,
            critical=st.booleans(),
            link=NAMES,
        ),
    ),
    st.builds(
        lambda title, rows, anchors: blocks.Table(
            title=title, columns=("Item", "B"), rows=tuple(rows), anchors=(anchors * 3)[: len(rows)]
        ),
        TEXTS,
        st.lists(st.tuples(TEXTS, st.none() | TEXTS | st.floats(-1e9, 1e9)), max_size=3),
        st.tuples(NAMES),
    ),
    st.builds(blocks.Quote, text=TEXTS, source=TEXTS),
    st.builds(
        blocks.Series,
        title=TEXTS,
        points=st.lists(st.tuples(TEXTS, st.none() | st.floats(-1e9, 1e9)), max_size=3).map(tuple),
    ),
    st.builds(
        blocks.Distribution,
        title=TEXTS,
        bins=st.lists(st.tuples(TEXTS, st.integers(0, 9)), max_size=2).map(tuple),
    ),
    st.builds(
        blocks.Funnel,
        title=TEXTS,
        points=st.lists(
            st.builds(blocks.FunnelPoint, name=TEXTS, n=st.integers(0, 9), value=SHARES), max_size=2
        ).map(tuple),
        mean=SHARES,
    ),
    st.builds(blocks.Action, text=TEXTS, owner=TEXTS, due=TEXTS),
)
SECTIONS = st.builds(Section, id=NAMES, title=TEXTS, blocks=st.lists(BLOCKS, max_size=4).map(tuple))
REPORTS = st.builds(
    Report,
    title=TEXTS,
    subtitle=TEXTS,
    language=st.sampled_from(["en", "ar", "de-CH", 'x" onload="']),
    sections=st.lists(SECTIONS, max_size=4).map(tuple),
    footer=TEXTS,
)


def whole(text):
    parsed = Parsed(text)
    assert parsed.open == []
    assert sorted(parsed.ids) == sorted(set(parsed.ids))
    assert all(each and " " not in each for each in parsed.ids if not each.startswith("x "))
    tags = [tag for tag, _ in parsed.elements]
    assert tags.count("script") == tags.count("style") == 1
    assert "img" not in tags
    for _, attributes in parsed.elements:
        assert not any(name.startswith("on") or name == "style" for name in attributes)
    return parsed


SMALLEST = blocks.Series(title="T", points=(("May", 0.0), ("June", 5e-324)), unit="")


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@example(report=Report(title="T", sections=(Section(id="main", title="T", blocks=(SMALLEST,)),)))
@given(report=REPORTS)
def test_any_report_makes_a_whole_page(report):
    parsed = whole(render_page(report))
    assert {link.removeprefix("#") for link in parsed.links} <= set(parsed.ids)


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(report=REPORTS)
def test_any_report_makes_a_whole_folder(report):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pages, "LARGEST", 0)
        files = render_page(report)
    assert "index.html" in files
    assert all("/" not in name and not name.startswith(".") for name in files)
    assert len({name.lower() for name in files}) == len(files)
    parsed = {name: whole(content.decode()) for name, content in files.items()}
    for name, each in parsed.items():
        for link in each.links:
            file, _, anchor = link.partition("#")
            assert anchor in parsed[file or name].ids
