"""The page in other languages: words of a catalogue, their numbers, and reading the other way."""

from __future__ import annotations

import re
from string import ascii_lowercase

import pytest

from cxaudit.documents import _, speaking
from cxaudit.plugin import Report, Section, blocks
from cxaudit_reports.drawing.reading_order import Reading
from cxaudit_reports.html.page import render_page

SIZES = {"phone": (390, 844), "laptop": (1280, 900), "print": (794, 1123)}
LETTERS = dict(zip(ascii_lowercase, "ابكديفغهيجكلمنوبقرستوفوكيز", strict=True))
QUOTES = {
    "ar": "انتظرت 10 دقائق في الطابور (حقا!).",
    "he": "חיכיתי בתור 10 דקות, ואז הלכתי.",
    "en": "Nobody picked up, so I drove over.",
}


def arabic(text):
    """Return a message in letters of Arabic, its values as they are."""
    return re.sub(r"\{\w+\}|[A-Za-z]", lambda each: LETTERS.get(each[0].lower(), each[0]), text)


@pytest.fixture
def rendered(invented, report):
    """Give a function that makes the page of a named audit in Arabic letters."""

    def rendered(audit):
        invented("ar", arabic)
        return written(report(audit, language="ar"))

    return rendered


def written(report):
    """Return the page of a report in its language."""
    with speaking(report.language):
        return render_page(report)


def holding(*content, tag="ar", section="quotes", title="T"):
    return Report(
        title=title, language=tag, sections=(Section(id=section, title=title, blocks=content),)
    )


def places(tab, selector, *texts):
    """Return the left end of each text, within the first element of a selector that holds all."""
    return tab.evaluate(
        """([selector, texts]) => {
          for (const one of document.querySelectorAll(selector)) {
            if (!texts.every((text) => one.textContent.includes(text))) continue;
            const walk = document.createTreeWalker(one, NodeFilter.SHOW_TEXT);
            const found = {};
            for (let node; (node = walk.nextNode());)
              for (const text of texts) {
                const at = node.data.indexOf(text);
                if (at < 0 || text in found) continue;
                const range = document.createRange();
                range.setStart(node, at);
                range.setEnd(node, at + text.length);
                found[text] = range.getBoundingClientRect().left;
              }
            return texts.map((text) => found[text]);
          }
        }""",
        [selector, texts],
    )


def sound(tab, width):
    """Tell that nothing is complained of, nothing overflows, and axe finds no barrier."""
    from axe_playwright_python.sync_playwright import Axe

    over = tab.evaluate("document.documentElement.scrollWidth") - width
    assert over <= (0 if width != SIZES["print"][0] else 4)  # the matrix's outer gap, on paper
    found = Axe().run(tab).response["violations"]
    assert [(each["id"], [node["target"] for node in each["nodes"]]) for each in found] == []
    assert tab.said == []


@pytest.fixture
def shown(opened):
    """Give a function that opens a page at a size, or on paper."""

    def shown(text, size):
        tab = opened(text, *SIZES[size])
        if size == "print":
            tab.emulate_media(media="print")
        return tab

    return shown


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("audit", ["mixed", "hostile"])
def test_a_report_in_arabic_reads_from_right_to_left(audit, rendered, shown, size):
    tab = shown(rendered(audit), size)
    width = SIZES[size][0]
    assert tab.locator("html").get_attribute("dir") == "rtl"
    sound(tab, width)
    right = tab.locator("main").evaluate(
        "each => each.getBoundingClientRect().right"
        " - parseFloat(getComputedStyle(each).paddingRight)"
    )
    contents = [each.bounding_box() for each in tab.locator(".contents li").all()]
    assert contents[0]["x"] + contents[0]["width"] == pytest.approx(right, abs=1)
    assert all(each["x"] <= contents[0]["x"] + 1 for each in contents)
    if size == "laptop":
        assert tab.locator("h1").bounding_box()["x"] > tab.locator(".bar nav").bounding_box()["x"]
    head = tab.locator(".matrix tbody th").first.bounding_box()
    assert head["x"] > tab.locator(".matrix tbody td").last.bounding_box()["x"]


def test_a_clients_own_words_keep_their_order_in_arabic(rendered, shown):
    tab = shown(rendered("mixed"), "laptop")
    first, last = places(tab, "#quotes blockquote p", "Nobody", ".")
    assert first < last
    assert tab.locator("#quotes blockquote").first.get_attribute("dir") == "auto"
    first, last = places(tab, "article h3", "P-PH-01", "in time")
    assert first < last
    heading = tab.locator("article h3", has_text="P-PH-01").bounding_box()
    name = tab.locator("article h3 bdi", has_text="P-PH-01").bounding_box()
    assert name["x"] + name["width"] == pytest.approx(heading["x"] + heading["width"], abs=1)


def test_the_pages_own_words_are_of_the_catalogue(rendered, shown):
    tab = shown(rendered("mixed"), "laptop")
    for part in (".skip", ".bar nav", ".contents h2", ".key", ".points", ".data thead", "summary"):
        for text in tab.locator(part).all_text_contents():
            assert not re.search("[A-Za-z]", text), part
    assert tab.get_by_role("searchbox").first.get_attribute("placeholder") == arabic("Search")
    described = tab.locator("figure desc").all_text_contents()
    assert described
    assert all(re.search("[\u0627-\u064a]", text) for text in described)
    tab.get_by_role("searchbox").first.fill("greeted")
    assert tab.locator(".found a").count() > 0


@pytest.mark.parametrize("size", SIZES)
def test_an_english_page_holds_arabic_and_hebrew(shown, size):
    rows = (
        ("مقهى البحر!", 3),
        ("בית קפה (12)", 4),
        ("Pier", 5),
        *((f"Shop {n}", n) for n in "abc"),
    )
    report = Report(
        title="تقرير مقهى البحر (2026).",
        sections=(
            Section(
                id="quotes",
                title="In their words",
                blocks=tuple(
                    blocks.Quote(text=each, source="Pier, 17.") for each in QUOTES.values()
                ),
            ),
            Section(
                id="own",
                title="ביקורת (1).",
                blocks=(
                    blocks.Heading(text="مكالمات بطيئة!"),
                    blocks.TextBlock(text=QUOTES["he"]),
                    blocks.Table(
                        title="מחירים.", columns=("Name", "n"), rows=rows, numeric=(False, True)
                    ),
                    blocks.Action(text="رحبوا بالضيوف!", owner="ليلى", due="1 May"),
                    blocks.Ranking(
                        title="מי?",
                        rows=tuple(
                            blocks.RankingRow(rank=at, name=name, value=0.5)
                            for at, (name, _n) in enumerate(rows, 1)
                        ),
                    ),
                ),
            ),
        ),
    )
    tab = shown(written(report), size)
    sound(tab, SIZES[size][0])
    assert tab.locator("html").get_attribute("dir") == "ltr"
    directions = [each.get_attribute("dir") for each in tab.locator("blockquote").all()]
    assert directions == ["auto", "auto", None]
    for selector, first, last in (
        ("h1", "تقرير", "."),
        ("h2", "ביקורת", "."),
        ("h3", "مكالمات", "!"),
        ("#own p", "חיכיתי", "."),
        ("blockquote p", "انتظرت", "."),
        ("table.data th", "مقهى", "!"),
        ("figure text", "مقهى", "!"),
        (".act b", "رحبوا", "!"),
    ):
        right, left = places(tab, selector, first, last)
        assert right > left, selector
    # What stands beside them keeps the order of the page.
    for selector, first, last in (
        ("blockquote footer", "Pier", "."),
        (".act span", "ليلى", "1 May"),
    ):
        left, right = places(tab, selector, first, last)
        assert left < right, selector
    cell = tab.locator("#own table.data tbody tr").first.locator("th")
    assert cell.locator("bdi").bounding_box()["x"] == pytest.approx(cell.bounding_box()["x"], abs=1)


def test_numbers_codes_and_intervals_keep_their_order_from_right_to_left(shown, invented):
    invented("ar", arabic)
    rows = (("-5 %", "69 to 75"), ("1 / 9", "P-PH-01"), (">99", "بين -5 و +7,5 نقاط"))
    table = blocks.Table(title="أرقام", columns=("أ", "ب"), rows=rows)
    text = written(holding(table, blocks.TextBlock(text="بلغ -5 نقاط."), section="own"))
    tab = shown(text, "laptop")
    for first, last in (("-", "5"), ("69", "75"), ("1", "9"), ("P-PH", "01"), (">", "99")):
        left, right = places(tab, "table bdi", first, last)
        assert left < right, first
    low, high = places(tab, "td", "-5", "+7,5")
    assert low > high  # the sentence runs to the left, its numbers do not
    sign, digit = places(tab, "#own > p bdi", "-", "5")
    assert sign < digit


def test_a_chart_runs_to_the_right_on_every_page(shown, invented):
    invented("ar", arabic)
    ranked = blocks.Ranking(
        title="T",
        rows=tuple(
            blocks.RankingRow(rank=at, name=name, value=at / 4)
            for at, name in enumerate(("مقهى", "Pier", "Hill"), 1)
        ),
    )
    for size in SIZES:
        tab = shown(written(holding(ranked, section="own")), size)
        assert tab.locator(".draw").get_attribute("dir") == "ltr"
        zero, whole = places(tab, ".draw svg", "0", "100")
        assert zero < whole
    assert ' dir="ltr" role' not in written(holding(ranked, tag="en"))


def test_the_corners_of_printed_pages_change_sides(invented):
    invented("ar", arabic)
    turned, straight = written(holding(title="Z")), written(holding(title="Z", tag="en"))
    assert '@bottom-right{content:"Z"' in turned
    assert '@bottom-left{content:"Z"' in straight
    assert len(turned.encode()) <= 250_000


@pytest.mark.parametrize(
    ("text", "against"),
    [
        ("Nobody picked up.", (True, False)),
        (QUOTES["ar"], (False, True)),
        (QUOTES["he"], (False, True)),
        ("", (False, False)),
        ("12 - 48", (False, False)),
        # A sentence of the page's language that begins with a name in other letters.
        ("Tide تحافظ على وعدها في الغالب", (False, False)),
        ("مقهى keeps its word mostly", (False, False)),
        ("We went to a مقهى over there", (True, False)),
        ("Tide Bakery · 2026-q2, 1 أبريل 2026", (False, False)),
    ],
)
def test_a_text_reads_against_its_page_by_its_first_letter_and_nearly_all(text, against):
    assert (Reading(turned=True).against(text), Reading(turned=False).against(text)) == against


@pytest.mark.parametrize(
    ("text", "apart"),
    [
        ("نتيجة Tide Bakery: 5 من 18,203", "نتيجة <Tide Bakery>: 5 من 18,203"),
        ("Tide Bakery · 2026-q2, 1 أبريل 2026", "<Tide Bakery> · <2026-q2>, 1 أبريل 2026"),
        ("في Shop 12 (P-PH-01)", "في <Shop 12> (<P-PH-01>)"),
        ("بين -5 و +7,5 أو <1", "بين <-5> و <+7,5> أو <<1>"),
        ("من 2026-04-01 إلى 12-48", "من 2026-04-01 إلى 12-48"),
        ("نص 1,204.5 وحده 21%", "نص 1,204.5 وحده 21%"),
    ],
)
def test_what_a_sentence_holds_the_other_way_is_set_apart(text, apart):
    prose = Reading(turned=True).prose(text)
    assert prose.replace("<bdi>", "<").replace("</bdi>", ">").unescape() == apart


def test_a_quote_reads_as_its_first_letter_does():
    """What a client prose was not put together: other names in it change nothing."""
    text = "اشتريت iPhone من Apple Store!"
    assert Reading(turned=False).quoted(text) == ' dir="auto"'
    assert Reading(turned=True).quoted(text) == ""
    assert Reading(turned=False).quoted("12") == ""


def test_a_name_in_arabic_does_not_take_a_number_along():
    prose = Reading(turned=False).prose
    assert prose("مقهى البحر: 5 of 18,203 calls") == "<bdi>مقهى البحر</bdi>: 5 of 18,203 calls"
    assert prose("مقهى البحر is met") == "مقهى البحر is met"


def test_a_page_from_left_to_right_pays_nothing_for_it(page):
    text = page("mixed")
    assert "<bdi>" not in text
    assert 'dir="auto"' not in text


def test_links_follow_the_column_of_items_in_every_language(invented):
    invented("ar", arabic)
    with speaking("ar"):
        columns = (_("What"), _("Item"))
        assert columns[1] == arabic("Item")
        table = blocks.Table(title="T", columns=columns, rows=(("a", "b"),), anchors=("item-b",))
        head = blocks.Heading(text="B", anchor="item-b")
        text = render_page(holding(table, head, section="own"))
    assert '<a href="#item-b"><bdi>b</bdi></a>' in text
