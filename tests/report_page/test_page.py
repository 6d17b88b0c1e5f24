"""The page as text: golden files, nothing but our own elements, a strict policy, links, sizes."""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from itertools import pairwise
from pathlib import Path

import attrs
import pytest

from cxaudit._formats.markdown import render_markdown
from cxaudit.documents import speaking
from cxaudit.plugin import Report, Section, blocks
from cxaudit_reports.html import page as pages
from cxaudit_reports.html.page import render_page
from tests.support.audits import APPROVED

GOLDEN = Path(__file__).with_name("golden")
ELEMENTS = {
    "html",
    "head",
    "meta",
    "title",
    "style",
    "script",
    "body",
    "a",
    "header",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "p",
    "main",
    "section",
    "article",
    "div",
    "nav",
    "span",
    "small",
    "b",
    "i",
    "svg",
    "rect",
    "circle",
    "path",
    "g",
    "text",
    "line",
    "desc",
    "ul",
    "ol",
    "li",
    "table",
    "caption",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "dl",
    "dt",
    "dd",
    "blockquote",
    "figure",
    "figcaption",
    "bdi",
    "img",
    "details",
    "summary",
    "footer",
}


@pytest.mark.parametrize("name", APPROVED)
def test_the_page_is_as_it_was_looked_at_and_approved(name, page, bare, approved):
    approved(f"{name}.html", bare(page(name)))


def test_the_page_holds_nothing_but_our_own_elements(name, page, parse):
    """Client text never becomes an element, attribute, script or address."""
    parsed = parse(page(name))
    assert parsed.open == []
    assert {tag for tag, _ in parsed.elements} <= ELEMENTS
    for tag, attributes in parsed.elements:
        assert not any(each.startswith("on") or each == "style" for each in attributes)
        assert attributes.get("href", "#").startswith("#")
        assert "src" not in attributes or (tag, attributes["src"][:11]) == ("img", "data:image/")


def test_only_our_own_style_and_script_may_run(name, page):
    text = page(name)
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)[1]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    for tag, rule in (("style", "style-src"), ("script", "script-src")):
        (inner,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inner.encode()).digest()).decode()
        assert rules[rule] == f"'sha256-{digest}'"
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert rules["font-src"] == rules["img-src"] == "data:"
    style = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)[0]
    assert re.findall(r"url\((?!data:font/woff2)", style) == []
    assert "@import" not in style


def test_links_lead_somewhere_and_ids_are_unique(name, page, parse):
    parsed = parse(page(name))
    assert sorted(parsed.ids) == sorted(set(parsed.ids))
    assert {link.removeprefix("#") for link in parsed.links} <= set(parsed.ids)


def test_a_short_report_has_no_list_of_contents_and_no_link_to_one(parse):
    sections = tuple(Section(id=f"own-{n}", title=f"Own {n}", blocks=()) for n in range(4))
    short, longer = (
        parse(render_page(Report(title="T", sections=sections[:count]))) for count in (3, 4)
    )
    assert "contents" not in short.ids
    assert set(short.links) == {"#main"}
    assert {"#contents", "#own-3"} <= set(longer.links) <= {f"#{each}" for each in longer.ids}


def test_hostile_text_is_shown_as_text(page, parse, hostile_text):
    parsed = parse(page("hostile"))
    assert hostile_text in parsed.words()


def test_no_page_carries_controls_or_direction_marks(page):
    text = page("hostile")
    assert {char for char in text if unicodedata.category(char) == "Cc"} == {"\n"}
    assert not re.search("[\u200e\u200f\u202a-\u202e\u2066-\u2069]", text)


def test_a_title_cannot_leave_the_style(parse):
    """The title stands at the foot of printed pages, in the style."""
    title = '</style><script>alert(1)</script>"}body{display:none}\\'
    report = Report(title=title, sections=(Section(id="summary", title="S", blocks=()),))
    parsed = parse(render_page(report))
    assert [tag for tag, _ in parsed.elements].count("script") == 1
    style = re.search(r"@bottom-left\{content:\"([^\"]*)\"", render_page(report))[1]
    assert re.fullmatch(r"(?:[A-Za-z0-9]|\\[0-9a-f]{6})+", style)


@pytest.mark.parametrize("audit", ["all-good", "mixed", "mostly-not-assessed", "empty"])
def test_the_page_says_the_same_numbers_as_the_plain_report(audit, report, parse):
    made = report(audit)
    parsed = parse(render_page(made))
    plain = set(re.findall(r"\d+", render_markdown(made).replace("\\", "")))
    ours = set(re.findall(r"\d+", parsed.words(without=("svg", "key", "place", "title"))))
    # The places of what to decide, and the numbers of the drawings, are not counted.
    assert ours <= plain
    assert {each for each in plain if len(each) > 1} <= ours | set(
        re.findall(r"\d+", parsed.words())
    )


def test_an_empty_page_is_light():
    empty = render_page(Report(title="Nothing"))
    assert len(empty.encode()) <= 250_000


def test_a_long_report_becomes_a_folder_of_pages_that_lead_to_each_other(
    report, parse, monkeypatch
):
    monkeypatch.setattr(pages, "LARGEST", 1000)
    made = report("mixed")
    files = render_page(made)
    first = [each.id for each in made.sections if f"{each.id}.html" not in files]
    assert first[0] == "summary"
    assert "index.html" in files
    parsed = {name: parse(content.decode()) for name, content in files.items()}
    for name, each in parsed.items():
        assert each.open == []
        for link in each.links:
            file, _, anchor = link.partition("#")
            assert anchor in parsed[file or name].ids, link
    found = " ".join(each.words() for each in parsed.values())
    assert "Nobody picked up, so I drove over." in found
    assert any(link.startswith("findings-process.html#") for link in parsed["index.html"].links)


def test_a_report_made_by_hand_shows_every_kind_of_block(parse):
    pixel = b"\x89PNG\r\n\x1a\n"
    report = Report(
        title="By hand",
        branding={"name": "North & Co", "colour": "#f2e205"},
        sections=(
            Section(
                id="own",
                title="Own <b>",
                blocks=(
                    blocks.Heading(text="Head", anchor="here"),
                    blocks.Heading(text="Led", link="here"),
                    blocks.Series(
                        title="Waits", points=(("May", 61.0), ("June", None)), unit="seconds"
                    ),
                    blocks.Distribution(title="Stars", bins=(("1", 1204), ("5", 3))),
                    blocks.Action(text="Mend it", owner="A. Roe", due="1 May"),
                    blocks.Table(title="", columns=("A", "B"), rows=(("x", 1234.5), ("y", None))),
                    blocks.Table(title="Rows", columns=("A",), rows=(("z",),), anchors=("row-z",)),
                    blocks.Table(title="Nothing", columns=("A",), rows=()),
                    blocks.ScoreBlock(title="None", value=None),
                    blocks.Funnel(
                        title="Shops",
                        points=(
                            blocks.FunnelPoint(name="Quay", n=7, value=0.123, side="below"),
                            blocks.FunnelPoint(name="Pier", n=70, value=0.75),
                        ),
                        mean=0.7,
                        limits=((7, 0.3, 1.0), (70, 0.6, 0.8)),
                    ),
                    blocks.Image(data=pixel, media_type="image/png", text="A counter"),
                    blocks.Ranking(
                        title="Two", rows=(blocks.RankingRow(rank=1, name="Quay", value=0.5),)
                    ),
                ),
            ),
        ),
    )
    parsed = parse(render_page(report))
    words = parsed.words()
    for wanted in (
        *("Own <b>", "Head", "1:01", "1,204", "Mend it", "A. Roe · 1 May", "1,234"),
        *("Nothing: none", "Quay", "12", "North & Co", "is darkened to"),
    ):
        assert wanted in words
    assert "#here" in parsed.links
    assert "row-z" in parsed.ids
    assert ("img", {"src": "data:image/png;base64,iVBORw0KGgo=", "alt": "A counter"}) in (
        parsed.elements
    )
    strange = attrs.evolve(
        report,
        sections=(
            Section(
                id="x",
                title="X",
                blocks=(blocks.Image(data=b"<svg>", media_type="image/svg+xml", text=""),),
            ),
        ),
    )
    with pytest.raises(ValueError, match="image/svg"):
        render_page(strange)


def test_headings_never_skip_a_level(name, page, parse):
    levels = [int(tag[1]) for tag, _ in parse(page(name)).elements if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_every_table_has_heads_with_a_scope(name, page, parse):
    for tag, attributes in parse(page(name)).elements:
        if tag == "th":
            assert attributes["scope"] in {"col", "row"}


def test_a_cell_of_the_matrix_says_its_colour_in_three_ways(page):
    """Colour, number, and as many filled bars as the colour's place: grey print loses nothing."""
    text = page("mixed")
    cells = re.findall(r'<td class="s(\d)">(.*?)</td>', text, re.DOTALL)
    assert cells
    for step, inner in cells:
        assert f'class="bars k{step}"' in inner
        assert re.search(r"<b>[<>\d]", inner.replace("&lt;", "<").replace("&gt;", ">"))


def test_a_page_says_the_language_of_its_words_and_turns_with_it(invented):
    invented("ar", str)
    invented("de", str)
    said = {"ar": "rtl", "ar-EG": "rtl", "en": "ltr", "de-CH": "ltr"}
    # Without a catalogue the words are English, whatever the client's own are.
    for language in (*said, "he-IL", "fr"):
        with speaking(language):
            text = render_page(Report(title="T", language=language))
        lang, direction = (language, said[language]) if language in said else ("en", "ltr")
        assert f'<html lang="{lang}" dir="{direction}">' in text


def test_nothing_of_the_sheet_knows_left_from_right():
    sheet = (Path(pages.__file__).with_name("templates") / "page.css").read_text("utf-8")
    physical = re.findall(
        r"(?:margin|padding|border|align)[-: ]+(?:left|right)|[^-]\b(?:left|right) *:",
        sheet,
    )
    assert physical == []
