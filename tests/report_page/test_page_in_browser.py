"""The page in Chromium: quiet, offline, for everybody, with script and without."""

from __future__ import annotations

import io
import re

import pytest

from cxaudit.documents import speaking
from cxaudit.plugin import Report, Section, blocks
from cxaudit_reports.html.page import render_page

SIZES = {"phone": (390, 844), "laptop": (1280, 900)}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_complained_of_and_nothing_asked_for(name, page, opened, scheme):
    tab = opened(page(name), color_scheme=scheme)
    tab.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    assert tab.said == []
    assert tab.evaluate("document.fonts.check('16px Inter')")


@pytest.mark.parametrize(
    ("size", "scheme"), [("laptop", "light"), ("laptop", "dark"), ("phone", "light")]
)
def test_axe_finds_no_barrier(name, page, opened, scheme, size):
    from axe_playwright_python.sync_playwright import Axe

    tab = opened(page(name), *SIZES[size], color_scheme=scheme)
    found = Axe().run(tab).response["violations"]
    assert [(each["id"], [node["target"] for node in each["nodes"]]) for each in found] == []


@pytest.mark.parametrize("script", [True, False])
def test_a_phone_shows_the_whole_width(name, page, opened, script):
    tab = opened(page(name), *SIZES["phone"], script=script)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390


def inside(tab, selector):
    """Tell whether each element of a selector stands on the screen, from side to side."""
    boxes = [each.bounding_box() for each in tab.locator(selector).all()]
    return [box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in boxes if box]


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_phone_shows_every_number_of_page_one_without_scrolling(report, opened, language):
    report_of_audit = report("mixed", language=language)
    with speaking(language):
        text = render_page(report_of_audit)
    tab = opened(text, *SIZES["phone"])
    cells = inside(tab, ".band .data tbody :is(td, th)")
    assert len(cells) > 10
    assert all(cells)
    for box in tab.locator(".band .scroll").all():
        assert box.evaluate("each => each.scrollWidth <= each.clientWidth")
    cell = tab.locator("#critical td.num").first
    said = cell.evaluate("each => getComputedStyle(each, '::before').content")
    assert said == f'"{cell.get_attribute("data-label")}"'
    assert said.strip('"') in parsed_columns(report_of_audit)
    row = tab.locator("#critical tbody tr").first
    heights = row.locator("th, td").evaluate_all(
        "all => all.map(each => [each.tagName, each.offsetTop])"
    )
    assert min(heights, key=lambda each: each[1])[0] == "TH"
    # What is no table to the eye is one to those who hear it.
    roles = {"tbody": "rowgroup", "tbody tr": "row", "th[scope=row]": "rowheader", "td": "cell"}
    for part, role in {"": "table", **roles}.items():
        found = tab.locator(f"#critical table {part}").all()
        assert {each.get_attribute("role") for each in found} == {role}


def parsed_columns(made):
    """Return the names of all columns of a report's tables."""
    tables = (b for s in made.sections for b in s.blocks if isinstance(b, blocks.Table))
    return {name for table in tables for name in table.columns}


def test_a_wide_table_keeps_what_a_row_is_about_and_shows_that_it_goes_on(page, opened):
    tab = opened(page("mixed"), *SIZES["phone"])
    box = tab.locator(".part .scroll", has=tab.locator(".data:not(.short)")).first
    assert box.evaluate("each => each.scrollWidth > each.clientWidth")
    assert "gradient" in box.evaluate("each => getComputedStyle(each).backgroundImage")
    head = box.locator("tbody th").first
    before = head.bounding_box()["x"]
    box.evaluate("each => { each.scrollLeft = 150 }")
    assert head.bounding_box()["x"] == pytest.approx(before, abs=1)
    assert head.bounding_box()["width"] < 200


def test_without_script_everything_is_there(page, opened, parse):
    text = page("mixed")
    tab = opened(text, script=False)
    shown = re.sub(r"\s+", " ", tab.locator("body").inner_text())
    parsed = parse(text)
    for words, inside in parsed.texts:
        hidden = {"sr", "skip"} & {
            each for _, attributes in inside for each in attributes.get("class", "").split()
        }
        tags = {tag for tag, _ in inside}
        if words.strip() and not hidden and not tags & {"head", "svg", "details"}:
            assert re.sub(r"\s+", " ", words).strip() in shown
    assert tab.locator("button").count() == 0
    assert tab.locator("input").count() == 0


def many(count=40):
    rows = tuple(
        (f"Shop {n}", blocks.Figure(f"{count - n}\u00a0%", (count - n) / 100, "percent"))
        for n in range(count)
    )
    table = blocks.Table(
        title="Shops",
        columns=("Item", "Share"),
        rows=rows,
        numeric=(False, True),
        anchors=tuple(f"row-{n}" for n in range(count)),
    )
    return render_page(
        Report(title="T", sections=(Section(id="own", title="Own", blocks=(table,)),))
    )


def rows(tab):
    return tab.locator("table.data tbody tr:visible").evaluate_all(
        "found => found.map(row => row.cells[0].textContent)"
    )


def test_long_tables_fold_and_unfold(opened):
    tab = opened(many())
    assert len(rows(tab)) == 12
    button = tab.get_by_role("button", name="Show all 40 rows")
    assert button.get_attribute("aria-expanded") == "false"
    button.click()
    assert len(rows(tab)) == 40
    tab.get_by_role("button", name="Show fewer rows").click()
    assert len(rows(tab)) == 12


def test_rows_are_filtered_and_counted(opened):
    tab = opened(many())
    tab.get_by_label("Filter rows: Shops").fill("shop 3")
    assert rows(tab) == ["Shop 3", *(f"Shop {n}" for n in range(30, 40))]
    assert tab.get_by_role("status").inner_text() == "11 of 40 rows"
    tab.get_by_label("Filter rows: Shops").fill("")
    assert len(rows(tab)) == 12


def test_columns_sort_by_the_number_and_not_by_its_text(opened):
    tab = opened(many())
    head = tab.get_by_role("columnheader", name="Share")
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    assert rows(tab)[:3] == ["Shop 39", "Shop 38", "Shop 37"]
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    assert rows(tab)[:3] == ["Shop 0", "Shop 1", "Shop 2"]


def test_a_link_to_a_folded_row_unfolds_it(opened):
    tab = opened(many())
    assert not tab.locator("#row-35").is_visible()
    tab.evaluate("location.hash = 'row-35'")
    tab.locator("#row-35").wait_for(state="visible")


def test_paper_shows_rows_that_the_screen_folds(opened):
    tab = opened(many())
    tab.emulate_media(media="print")
    assert len(rows(tab)) == 40
    assert not tab.get_by_label("Filter rows: Shops").is_visible()


def test_search_finds_a_finding_and_leads_to_it(page, opened):
    tab = opened(page("mixed"))
    tab.keyboard.press("/")
    tab.keyboard.type("greeted")
    link = tab.locator(".found a").first
    assert "reeted" in link.inner_text()
    target = link.get_attribute("href")
    link.click()
    assert tab.evaluate("location.hash") == target
    assert tab.locator(".found a").count() == 0
    assert tab.said == []


def test_search_finds_a_row_that_is_folded_away(opened):
    tab = opened(many(1500))
    tab.get_by_label("Search").fill("shop 1234")
    tab.locator(".found a").first.click()
    assert tab.evaluate("document.activeElement.textContent").startswith("Shop 1234")
    assert tab.locator("#row-1234").is_visible()
    assert tab.get_by_role("button", name="Show fewer rows").is_visible()


def test_the_first_key_skips_to_the_answer_and_focus_is_seen(page, opened):
    tab = opened(page("mixed"))
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.className") == "skip"
    assert tab.locator(".skip").bounding_box()["y"] >= 0
    tab.keyboard.press("Enter")
    assert tab.evaluate("location.hash") == "#main"
    tab.keyboard.press("Tab")
    style = tab.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert style == "solid"


def test_hostile_texts_start_nothing(page, opened):
    tab = opened(page("hostile"))
    tab.on("dialog", lambda dialog: tab.said.append(dialog.message))
    for link in tab.locator("main a").all()[:10]:
        link.click()
    assert tab.said == []
    assert tab.locator("script").count() == 1


def test_right_to_left_the_first_column_stands_on_the_right(opened, invented):
    matrix = blocks.Matrix(
        title="M",
        rows=("أ", "ب"),
        columns=("ج", "د"),
        cells=((blocks.MatrixCell(value=0.5), blocks.MatrixCell(value=0.9)),) * 2,
    )
    section = Section(id="matrix", title="أين؟", blocks=(matrix,))
    invented("ar", str)
    with speaking("ar"):
        text = render_page(Report(title="تقرير", language="ar", sections=(section,)))
    for width, height in SIZES.values():
        tab = opened(text, width, height)
        head = tab.locator(".matrix tbody th").first.bounding_box()
        cell = tab.locator(".matrix tbody td").last.bounding_box()
        assert head["x"] > cell["x"]
        assert tab.evaluate("document.documentElement.scrollWidth") <= width


def test_printed_pages_break_between_rows_and_page_one_stands_alone(page, opened):
    tab = opened(page("mixed"))
    tab.emulate_media(media="print")
    for selector in ("tr", ".facts", "blockquote"):
        assert (
            tab.locator(selector).first.evaluate("each => getComputedStyle(each).breakInside")
            == "avoid"
        )
    tab.pdf(prefer_css_page_size=True)
    assert tab.said == []


@pytest.mark.parametrize("script", [True, False])
def test_every_printed_page_has_its_number_and_the_heads_of_its_table(opened, needs, script):
    pypdf = needs("pypdf")
    tab = opened(many(200), script=script)
    paper = pypdf.PdfReader(io.BytesIO(tab.pdf(prefer_css_page_size=True)))
    texts = [re.sub(r"\s+", " ", page.extract_text()) for page in paper.pages]
    assert len(texts) > 3
    for number, text in enumerate(texts, 1):
        assert f"{number} / {len(texts)}" in text
        if "Shop" in text.replace("Shops", ""):
            assert "Item Share" in text
    assert all(f"Shop {number} " in " ".join(texts) for number in range(200))
