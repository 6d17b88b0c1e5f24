"""Charts: drawn by Vega-Lite, still, with a text alternative, and without the extra as well."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import attrs
import pytest

from cxaudit.documents import chart_table
from cxaudit.plugin import Report, Section, blocks
from cxaudit_reports.drawing import charts
from cxaudit_reports.drawing.charts import chart, describe
from cxaudit_reports.drawing.theme import LIGHT
from cxaudit_reports.html.page import render_page

SVG = "{http://www.w3.org/2000/svg}"
NASTY = "<script>alert(1)</script> \" ' & ]]> \\ ${x} {{y}} datum.value"
BLOCKS = {
    "series": blocks.Series(
        title=NASTY, points=((NASTY, 61.0), ("May", None), ("June", 122.0)), unit="seconds"
    ),
    "distribution": blocks.Distribution(title=NASTY, bins=((NASTY, 1204), ("5", 3))),
    "ranking": blocks.Ranking(
        title=NASTY,
        rows=(
            blocks.RankingRow(rank=1, name=NASTY, value=0.9, low=0.8, high=0.95),
            blocks.RankingRow(rank=1, name="Pier", value=0.7, low=0.6, high=0.85),
            blocks.RankingRow(rank=0, name="Hill", value=None),
        ),
    ),
    "funnel": blocks.Funnel(
        title=NASTY,
        points=(
            blocks.FunnelPoint(name=NASTY, n=12, value=0.2, side="below"),
            blocks.FunnelPoint(name="Pier", n=80, value=0.74),
        ),
        mean=0.7,
        limits=((12, 0.4, 1.0), (80, 0.6, 0.8)),
    ),
}


@pytest.fixture(params=BLOCKS)
def drawn(request):
    return ET.fromstring(chart(BLOCKS[request.param]))


def test_a_chart_is_a_still_picture_with_a_text_alternative(drawn):
    assert drawn.get("role") == "img"
    assert drawn[0].tag == f"{SVG}title"
    assert drawn[0].text == NASTY
    assert len(drawn[1].text) > 20
    tags = {element.tag.removeprefix(SVG) for element in drawn.iter()}
    assert tags <= {"svg", "g", "path", "text", "rect", "line", "title", "desc", "defs", "clipPath"}
    for element in drawn.iter():
        for attribute, value in element.attrib.items():
            assert not attribute.startswith("on")
            assert "href" not in attribute
            assert "style" not in attribute
            assert "url(" not in value or value.startswith("url(#")


def test_a_chart_has_the_house_look(drawn):
    fonts = {text.get("font-family") for text in drawn.iter(f"{SVG}text")}
    assert fonts == {"Inter"}
    colours = {
        value.lower()
        for element in drawn.iter()
        for name in ("fill", "stroke")
        if (value := element.get(name, "none")) not in {"none", "transparent"}
    }
    assert colours <= set(LIGHT.values())


def test_labels_are_written_as_everywhere_in_the_report():
    words = {text.text for text in ET.fromstring(chart(BLOCKS["series"])).iter(f"{SVG}text")}
    assert {"1:01", "2:02", "June"} <= words
    words = {text.text for text in ET.fromstring(chart(BLOCKS["distribution"])).iter(f"{SVG}text")}
    assert "1,204" in words


def test_points_stand_where_their_numbers_are():
    """A score of 90 lies at 90 % of the way from 0 to 100; one of 70 at 70 %."""
    root = ET.fromstring(chart(BLOCKS["ranking"]))
    text = ET.tostring(root, "unicode")
    marks = [
        float(place)
        for place in re.findall(r'<[^>]*path transform="translate\(([\d.]+),[\d.]+\)"', text)
    ]
    ticks = [
        float(place)
        for place in re.findall(r'<[^>]*text[^>]*translate\(([\d.]+),[\d.]+\)"[^>]*>\d+<', text)
    ]
    assert len(marks) == 2
    left, right = ticks[0], 100 * (marks[0] - marks[1]) / 20 + ticks[0]
    assert marks[0] == pytest.approx(left + 0.9 * (right - left), abs=2)


def test_alternatives_say_what_is_seen():
    assert describe(BLOCKS["series"]).startswith("2 points; from ")
    assert "June (2:02)" in describe(BLOCKS["series"])
    assert describe(BLOCKS["funnel"]).endswith(f"mean 70\u00a0%; outside the limits: {NASTY}.")


def test_names_in_charts_are_whole():
    """Places of numbers in the drawing are cut, those in texts are not."""
    names = ("v1.23456", "v2.0001", "v3")
    ranked = blocks.Ranking(
        title="T", rows=tuple(blocks.RankingRow(rank=1, name=name, value=0.5) for name in names)
    )
    texts = {each.text for each in ET.fromstring(chart(ranked)).iter()}
    assert set(names) <= texts


@pytest.mark.parametrize(
    "block",
    [
        blocks.Series(title="One", points=(("May", 1.0),)),
        blocks.Series(title="None", points=(("May", None), ("June", None))),
        blocks.Distribution(title="Empty", bins=(("a", 0),)),
        blocks.Ranking(title="Two", rows=(blocks.RankingRow(rank=1, name="a", value=1.0),) * 2),
        blocks.Ranking(title="Many", rows=(blocks.RankingRow(rank=1, name="a", value=1.0),) * 41),
        blocks.TextBlock(text="no chart"),
    ],
)
def test_what_a_picture_would_not_show_is_not_drawn(block):
    assert chart(block) == ""


@pytest.mark.parametrize("value", [0.0, 1e-9, 3.0, 1e12, -5.0])
def test_equal_and_extreme_values_are_drawn(value):
    assert chart(blocks.Series(title="Flat", points=(("a", value), ("b", value))))


def one(block):
    return Report(title="T", sections=(Section(id="own", title="Own", blocks=(block,)),))


def test_charts_follow_the_pages_colours():
    page = render_page(one(BLOCKS["series"]))
    picture = re.search(r'<div class="draw".*?</svg>', page, re.DOTALL)[0]
    assert 'stroke="var(--accent)"' in picture
    assert LIGHT["accent"] not in picture


def test_without_the_extra_the_page_has_its_tables_and_says_so(monkeypatch):
    monkeypatch.setattr(charts.importlib.util, "find_spec", lambda _: None)
    page = render_page(one(BLOCKS["series"]))
    assert "cxaudit[reports]" in page
    assert '<div class="draw"' not in page
    assert "1:01" in page
    assert "cxaudit[reports]" not in render_page(one(blocks.TextBlock(text="x")))


def funnel(good, *points):
    return blocks.Funnel(
        title="Callers who gave up",
        points=tuple(
            blocks.FunnelPoint(name=name, n=n, value=value, side=side)
            for name, n, value, side in points
        ),
        mean=0.2,
        limits=((100, 0.08, 0.32), (400, 0.14, 0.26)),
        lower_is_better={"low": True, "high": False}.get(good),
    )


@pytest.mark.parametrize(
    ("good", "above", "below"),
    [("low", "warn", "s4"), ("high", "s4", "warn"), ("", "ink", "ink")],
)
def test_colours_of_a_funnel_follow_better_and_worse(good, above, below):
    """Where a low share is the good one, the unit above the limits is the bad one."""
    for side, colour in (("above", above), ("below", below)):
        value = 0.5 if side == "above" else 0.01
        svg = chart(funnel(good, ("Far", 100, value, side), ("In", 200, 0.2, "")))
        marks = re.findall(r'fill="(#[0-9a-f]{6})"[^>]*></path>|<path[^>]*fill="(#\w{6})"', svg)
        colours = {first or second for first, second in marks}
        assert LIGHT[colour] in colours
        assert not {LIGHT["warn"], LIGHT["s4"]} - {LIGHT[colour]} & colours


def test_the_points_named_are_the_furthest_out():
    """In standard errors: 0.2 / sqrt(0.16 / 400) = 10 is further than 0.3 / sqrt(0.16 / 100) = 7.5.

    Eight nearer ones stand before them.
    """
    near = [(f"near {at}", 100, 0.33 + at / 1000, "above") for at in range(8)]
    found = describe(
        funnel("low", *near, ("small", 100, 0.5, "above"), ("large", 400, 0.0, "below"))
    )
    assert "outside the limits: worse small, near 7, " in found
    assert found.endswith("; better large.")
    assert "near 0," not in found


def test_a_funnel_says_in_words_which_side_is_the_good_one():
    points = (("Low", 100, 0.01, "below"), ("High", 100, 0.5, "above"), ("Mid", 100, 0.2, ""))

    def words(good):
        return [row[-1] for row in chart_table(funnel(good, *points)).rows]

    assert words("low") == ["better (below)", "worse (above)", "within"]
    assert words("high") == ["worse (below)", "better (above)", "within"]
    assert words("") == ["below", "above", "within"]


@pytest.mark.parametrize("limits", [((100, 0.08, 0.32),), ((50, 0.03, 0.37), (200, 0.12, 0.28))])
def test_limits_stand_where_all_units_have_the_same_size(limits):
    """Each limit is drawn across, as long as the picture or nearly so."""
    points = (("a", 100, 0.2, ""), ("b", 100, 0.5, "above"))
    block = attrs.evolve(funnel("low", *points), limits=limits)
    svg = chart(block)
    assert svg.count('stroke-dasharray="5,4"') == 2
    for line in re.findall(r'<(?:path|line)[^>]*stroke-dasharray="5,4"[^>]*>', svg):
        places = [float(each) for each in re.findall(r'(?:[ML]|x2=")(-?[\d.]+)', line)]
        assert max([*places, 0.0]) - min([*places, 0.0]) > 400
