"""The report as slides for a steering meeting: at most ten, with the trail in the notes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import attrs

from cxaudit.documents import (
    _,
    cell_words,
    clean,
    cleaned,
    ngettext,
    numbers,
    ranking_table,
    score_facts,
    spoken,
)
from cxaudit.plugin import blocks
from cxaudit_reports.drawing.block_tables import (
    action_line,
    blocks_of,
    dots,
    find,
    item_of,
    legend,
    other_sections,
    subject,
    table_of,
)
from cxaudit_reports.drawing.office import DATE, logo, packed
from cxaudit_reports.drawing.theme import LIGHT, brand, step
from cxaudit_reports.slides.deck import (
    BOTTOM,
    LEFT,
    RIGHT,
    STRIPES,
    TOP,
    WIDTH,
    Deck,
    Page,
    Writer,
)

__all__ = ["render_slides"]

_HEIGHT = BOTTOM - TOP
_ON_A_SLIDE = 3
"""Decisions on one slide."""
_QUOTES = 2
_WITH_SLIDES = (
    *("summary", "reach", "decide", "certainty", "critical", "quotes", "units"),
    *("groupings", "method", "provenance"),
)
_MORE = 4
"""Sections that have a slide of their own in a report on part of an audit."""
_SIZES, _APART = (15.0, 14.0, 13.0, 12.0, 11.0, 10.0), 22.0
"""Sizes of text in tables that stand under each other, and the room between them."""
_TRAIL = 60
"""Items that the notes of a slide name."""


def render_slides(report: blocks.Report) -> bytes:
    """Return the report as slides (PPTX)."""
    report = cleaned(report)
    look = brand(report.branding)
    deck = Deck(report, look)
    drawn, notes = logo(look)
    _title(deck, report, clean(look.name), drawn, notes)
    for make in (_answer, _matrix, _reach, _decisions, _certainty, _critical, _compared, _others):
        make(deck, report)
    _method(deck, report)
    properties = deck.properties
    properties.title, properties.author = report.title[:255], clean(look.name)[:255]
    properties.last_modified_by = properties.author
    properties.language = spoken().tag
    properties.created = properties.modified = DATE
    return packed(deck.saved())


def _title(
    deck: Deck, report: blocks.Report, name: str, drawn: bytes | None, notes: Sequence[str]
) -> None:
    page = deck.page(report.title, first=True)
    if drawn:
        page.picture(drawn, (LEFT, 48, 56), name or _("Logo"))
    page.note(*notes)
    page.box((LEFT, 332, 96, 6), deck.accent)
    page.text(report.subtitle, (LEFT, 356, 760, 48), (20, 17, 14), colour=LIGHT["soft"])
    page.text(name, (LEFT, 408, 760, 24), (14, 12), colour=LIGHT["soft"])
    page.text(report.footer, (LEFT, 472, WIDTH, 26), (10,), colour=LIGHT["soft"])
    page.note(_("Slides of the report; numbers and sentences are those of the whole report."))


def _answer(deck: Deck, report: blocks.Report) -> None:
    """Write the answer in words, and the score at the right."""
    section = find(report, "summary")
    if section is None:
        return
    page = deck.page(section.title)
    scores = blocks_of(section, blocks.ScoreBlock)
    room = 500.0 if scores else WIDTH
    top = TOP
    texts = sentences_of(section)
    sizes = [len(block.text) * (2 if block.tone == "lead" else 1) for block in texts]
    for block, share in zip(texts, shares(sizes), strict=True):
        lead = block.tone == "lead"
        colour = LIGHT["warn"] if block.tone == "warning" else LIGHT["ink"]
        fonts = (28, 26, 24, 22, 20, 18, 16, 14, 12) if lead else (17, 16, 15, 14, 13, 12, 11)
        box = (LEFT, top, room, max(_HEIGHT * share - 14, 28))
        top = page.text(block.text, box, fonts, bold=lead, colour=colour) + 14
    left, top = LEFT + room + 44, TOP
    page_width = RIGHT - left
    for number, score in enumerate(scores):
        top = _score(page, score, left, top, page_width, large=number == 0) + 16
    trail(page, section)


def _score(
    page: Page, block: blocks.ScoreBlock, left: float, top: float, width: float, *, large: bool
) -> float:
    top = page.text(block.title, (left, top, width, 20), (13, 11), colour=LIGHT["soft"]) + 2
    value = _("{score} of 100", score=numbers.score(block.value, 1))
    size = 44.0 if large else 22.0
    top = page.text(value, (left, top, width, size * 1.3), (size,), bold=True, colour=page.accent)
    if block.grade:
        top = page.text(block.grade, (left, top + 2, width, 44), (17, 15, 13), bold=True)
    if large:
        top = page.bar(block, left, top + 12, width)
    facts = " ".join(score_facts(block))
    box = (left, top + 4, width, 66.0 if large else 48.0)
    return page.text(facts, box, (13, 12, 11, 10), colour=LIGHT["soft"])


def _matrix(deck: Deck, report: blocks.Report) -> None:
    section = find(report, "matrix")
    if section is None:
        return
    block = next(iter(blocks_of(section, blocks.Matrix)), None)
    if block is not None and all(cell.coverage is None for row in block.cells for cell in row):
        return
    page = deck.page(section.title)
    if block is None:
        paragraphs(page, sentences_of(section), TOP)
        return
    first = 132.0
    widths = [first, *([(WIDTH - first) / len(block.columns)] * len(block.columns))]
    tall = min(54.0, (_HEIGHT - 76) / max(len(block.rows), 1))
    heights = [30.0, *([tall] * len(block.rows))]
    write = page.grid(block.title, len(heights), widths, heights, (LEFT, TOP))
    for column, name in enumerate(("", *block.columns)):
        fitted = page.shortened(name, widths[column] - 10, 12, 1)
        write(0, column, [(fitted, 12, False)], LIGHT["soft"], "")
    for at, (name, cells) in enumerate(zip(block.rows, block.cells, strict=True), 1):
        write(at, 0, [(page.shortened(name, first - 10, 13, 1), 13, True)], LIGHT["ink"], "")
        for column, cell in enumerate(cells, 1):
            _cell(page, write, (at, column), cell, (widths[column], tall))
    notes = [note.text for note in blocks_of(section, blocks.TextBlock)]
    box = (LEFT, BOTTOM - 38, WIDTH, 14)
    page.text(legend(block), box, (11, 10, 9), colour=LIGHT["soft"])
    box = (LEFT, BOTTOM - 22, WIDTH, 24)
    page.text(" ".join(notes), box, (11, 10, 9), colour=LIGHT["soft"])
    trail(page, section)


def _cell(
    page: Page,
    write: Writer,
    at: tuple[int, int],
    cell: blocks.MatrixCell,
    size: tuple[float, float],
) -> None:
    width, tall = size
    mark = "✕ " if cell.critical else ""
    if cell.value is None:
        words = page.shortened(f"{mark}{cell_words(cell)}", width - 10, 11, 2)
        fill = STRIPES if cell.coverage is not None else ""
        write(*at, [(words, 11, False)], LIGHT["soft"], fill)
        return
    colour = step(cell.value)
    share = min(1.0, (tall - 8) / 43.2)  # of the room that three lines take
    texts = [(f"{mark}{numbers.score(cell.value)}", 18 * share, True)]
    if cell.low is not None:
        texts.append((numbers.interval(cell.low, cell.high), 10 * share, False))
    texts.append((dots(colour), 8 * share, False))
    write(*at, texts, LIGHT[f"s{colour}-ink"], LIGHT[f"s{colour}"])


def _reach(deck: Deck, report: blocks.Report) -> None:
    """Write how many customers it touches: the section's sentences and its table."""
    section = find(report, "reach")
    if section is not None:
        _tabled(deck, section)


def _tabled(deck: Deck, section: blocks.Section) -> None:
    page = deck.page(section.title)
    top = paragraphs(page, sentences_of(section), TOP, 90)
    table = next(iter(tables_of(section)), None)
    if table is not None:
        if table not in section.blocks:  # the numbers of a chart
            top = page.text(table.title, (LEFT, top, WIDTH, 18), (13,), bold=True) + 2
        box = (LEFT, top, WIDTH, BOTTOM - top - 22)
        page.table(table, box)
        page.note(*filter(None, [table.note]))
    trail(page, section)


@attrs.frozen
class _Decision:
    heading: blocks.Heading
    texts: tuple[str, ...]
    actions: tuple[blocks.Action, ...]


def _decided(section: blocks.Section | None) -> list[_Decision]:
    decisions: list[_Decision] = []
    for block in section.blocks if section else ():
        match block:
            case blocks.Heading():
                decisions.append(_Decision(block, (), ()))
            case blocks.TextBlock() if decisions and block.tone != "note":
                decisions[-1] = attrs.evolve(
                    decisions[-1], texts=(*decisions[-1].texts, block.text)
                )
            case blocks.Action() if decisions:
                decisions[-1] = attrs.evolve(decisions[-1], actions=(*decisions[-1].actions, block))
    return decisions


def _decisions(deck: Deck, report: blocks.Report) -> None:
    """Write the decisions, three on a slide."""
    section = find(report, "decide")
    decided = _decided(section)
    if section is None:
        return
    if not decided:
        _undivided(deck, section)
        return
    for first in range(0, len(decided), _ON_A_SLIDE):
        decisions = decided[first : first + _ON_A_SLIDE]
        page = deck.page(_part(section.title, first + 1, first + len(decisions), len(decided)))
        tall = _HEIGHT / _ON_A_SLIDE
        for number, decision in enumerate(decisions):
            _decision(page, decision, TOP + number * tall, tall - 16)
        sentences = blocks_of(section, blocks.TextBlock)
        page.note(*(text.text for text in sentences if text.tone == "note"))
        page.note(*items((decision.heading.text, decision.heading.link) for decision in decisions))


def _part(title: str, first: int, last: int, count: int) -> str:
    """Return the title of a slide with some of all decisions."""
    if count <= _ON_A_SLIDE:
        return title
    if first == last:
        return _("{title} {place} of {all}", title=title, place=first, all=count)
    return _("{title} {first} to {last} of {all}", title=title, first=first, last=last, all=count)


def _undivided(deck: Deck, section: blocks.Section) -> None:
    """Write tables at the left and actions at the right, as in the report on one unit."""
    page = deck.page(section.title)
    actions = blocks_of(section, blocks.Action)
    room = 520.0 if actions else WIDTH
    top = paragraphs(page, sentences_of(section), TOP, 60)
    stacked_tables(page, tables_of(section), (LEFT, top, room, BOTTOM - top))
    tall = _HEIGHT / max(len(actions), 1)
    for number, action in enumerate(actions):
        left, at = LEFT + room + 40, TOP + number * min(tall, 110)
        box = (left, at, RIGHT - left, min(tall, 110) - 12)
        sizes = (16, 15, 14, 13, 12, 11)
        page.text(action_line(action), box, sizes, bold=True, colour=page.accent)
    trail(page, section)


def _decision(page: Page, decision: _Decision, top: float, tall: float) -> None:
    page.box((LEFT, top + 2, 3, tall - 4), page.accent)
    left, middle = LEFT + 18, 560.0
    bottom = page.text(decision.heading.text, (left, top, 480, 50), (22, 20, 18, 16, 14), bold=True)
    room = max(top + tall - bottom - 4, 26)
    box = (left, bottom + 4, 480.0, room)
    page.text(" ".join(decision.texts), box, (16, 15, 14, 13, 12, 11), colour=LIGHT["soft"])
    share = tall / max(len(decision.actions), 1)
    for number, action in enumerate(decision.actions):
        at = top + number * share
        box = (middle, at, RIGHT - middle, share * 0.62)
        at = page.text(
            action.text, box, (17, 16, 15, 14, 13, 12, 11), bold=True, colour=page.accent
        )
        facts = " · ".join(part for part in (action.owner, action.due, action.effect) if part)
        box = (middle, at + 3, RIGHT - middle, share * 0.36)
        page.text(facts, box, (14, 13, 12, 11, 10), colour=LIGHT["soft"])


def _certainty(deck: Deck, report: blocks.Report) -> None:
    """Write how sure the score is at the left, what was not assessed at the right."""
    section = find(report, "certainty")
    if section is None:
        return
    page = deck.page(section.title)
    table = next(iter(blocks_of(section, blocks.Table)), None)
    room = 330.0 if table else WIDTH
    scores = blocks_of(find(report, "summary"), blocks.ScoreBlock)
    top = TOP + 6
    if scores and scores[0].value is not None:
        top = page.bar(scores[0], LEFT, top, min(room, 420.0)) + 12
    paragraphs(page, sentences_of(section), top, room=room)
    if table is not None:
        left = LEFT + room + 44
        top = page.text(table.title, (left, TOP, RIGHT - left, 20), (14,), bold=True) + 6
        page.table(table, (left, top, RIGHT - left, BOTTOM - top - 22), lines=3)
        page.note(*filter(None, [table.note]))
    trail(page, section)


def _critical(deck: Deck, report: blocks.Report) -> None:
    """Write the critical items, and beside or without them what customers said."""
    section, quoted = find(report, "critical"), find(report, "quotes")
    table = next(iter(blocks_of(section, blocks.Table)), None)
    quotes = blocks_of(quoted, blocks.Quote)
    titles = [part.title for part in (section, quoted) if part is not None]
    if not titles:
        return
    page = deck.page(" · ".join(titles))
    room = WIDTH if not quotes else 540.0
    if table is not None:
        page.table(table, (LEFT, TOP, room, _HEIGHT - 22), lines=3)
        page.note(*filter(None, [table.note]))
    left = LEFT + room + 36 if table is not None else LEFT
    tall = _HEIGHT / _QUOTES
    for number, quote in enumerate(quotes[:_QUOTES]):
        top = TOP + number * tall
        box = (left + 16, top, RIGHT - left - 16, tall - 56)
        bottom = page.text(_("“{text}”", text=quote.text), box, (20, 18, 16, 14, 12))
        box = (left + 16, bottom + 4, RIGHT - left - 16, 28)
        bottom = page.text(quote.source, box, (12, 11, 10), colour=LIGHT["soft"])
        page.box((left, top + 2, 3, bottom - top), page.accent)
    for part in (section, quoted):
        if part is not None:
            trail(page, part)


def _compared(deck: Deck, report: blocks.Report) -> None:
    """Write the units in ranks, or touchpoints where there are none."""
    units = find(report, "units")
    rankings = blocks_of(units, blocks.Ranking)
    if units is not None and rankings:
        section, tables = units, [ranking_table(ranking) for ranking in rankings]
    elif (groupings := find(report, "groupings")) is not None:
        section = groupings
        tables = blocks_of(groupings, blocks.Table)[:2]
    else:
        return
    page = deck.page(section.title)
    stacked_tables(page, tables, (LEFT, TOP, WIDTH, _HEIGHT))
    page.note(*(text.text for text in blocks_of(section, blocks.TextBlock)))
    trail(page, section)


def _others(deck: Deck, report: blocks.Report) -> None:
    """Write the tables of a report that is not on a whole audit, such as that on one unit."""
    if find(report, "matrix") is None:
        for section in list(other_sections(report, _WITH_SLIDES))[:_MORE]:
            if tables_of(section):
                _tabled(deck, section)


def _method(deck: Deck, report: blocks.Report) -> None:
    """Write how it was done at the left, what is to be done next at the right."""
    section, decided = find(report, "method"), _decided(find(report, "decide"))
    if section is None:
        return
    actions = [action for decision in decided for action in decision.actions]
    page = deck.page(_("Method and next steps") if actions else section.title)
    room = 380.0 if actions else WIDTH
    paragraphs(page, sentences_of(section), TOP, room=room, sizes=(16, 15, 14, 13, 12, 11, 10))
    if actions:
        left = LEFT + room + 40
        rows = tuple((action.text, action.owner, action.due) for action in actions)
        columns = (_("What"), _("Who"), _("By"))
        table = blocks.Table(title=_("Next steps"), columns=columns, rows=rows)
        page.table(table, (left, TOP, RIGHT - left, _HEIGHT - 22), lines=4)
    page.note(*(text.text for text in blocks_of(section, blocks.TextBlock)))
    page.note(_("The whole method stands in the report."))


def tables_of(section: blocks.Section) -> list[blocks.Table]:
    """Return a section's tables, rankings and charts' numbers, as tables."""
    return [table for block in section.blocks if (table := table_of(block)) is not None]


def stacked_tables(
    page: Page, tables: Sequence[blocks.Table], box: tuple[float, float, float, float]
) -> None:
    """Write tables with their titles, all in the largest size in which they fit."""
    left, top, width, height = box
    rows = [len(table.rows) + 1 for table in tables]
    size = next((size for size in _SIZES if _needed(rows, size) <= height), _SIZES[-1])
    fits = _needed(rows, size) <= height
    for table, share in zip(tables, shares([40.0 * count for count in rows]), strict=True):
        top = page.text(table.title, (left, top, width, 18), (13,), bold=True) + 2
        room = height if fits else max(height * share - 40, 60)
        top = page.table(table, (left, top, width, room), sizes=(size,), lines=1) + _APART


def _needed(rows: Sequence[int], size: float) -> float:
    """Return the height of tables under each other, one line a row, with their titles."""
    return sum(count * (size * 1.2 + 8) + 18 + _APART for count in rows) - _APART


def sentences_of(section: blocks.Section | None) -> list[blocks.TextBlock]:
    """Return the sentences of a section; notes of the method only, where it says nothing else."""
    sentences = blocks_of(section, blocks.TextBlock)
    return [sentence for sentence in sentences if sentence.tone != "note"] or [
        sentence for sentence in sentences if section is not None and section.id == "method"
    ]


def paragraphs(
    page: Page,
    sentences: Sequence[blocks.TextBlock],
    top: float,
    most: float = 0.0,
    *,
    room: float = WIDTH,
    sizes: Sequence[float] = (17, 16, 15, 14, 13, 12, 11),
) -> float:
    """Write paragraphs under each other in so much room, each in its share of it."""
    height = most or BOTTOM - top
    lengths = [len(sentence.text) for sentence in sentences]
    for block, share in zip(sentences, shares(lengths), strict=True):
        colour = LIGHT["warn"] if block.tone == "warning" else LIGHT["ink"]
        box = (LEFT, top, room, max(height * share - 12, 24))
        top = page.text(block.text, box, sizes, colour=colour) + 12
    return top


def shares(sizes: Sequence[float]) -> list[float]:
    """Return the parts of the room that things of these sizes get."""
    total = sum(size + 40 for size in sizes)
    return [(size + 40) / total for size in sizes]


def trail(page: Page, section: blocks.Section) -> None:
    """Name in the notes where the numbers stand in the report, and their items."""
    lines: list[tuple[str, str]] = []
    for block in section.blocks:
        match block:
            case blocks.Table():
                about = subject(block)
                for row, anchor in zip(block.rows, block.anchors, strict=False):
                    lines.append((str(row[about]), anchor))
            case blocks.Heading():
                lines.append((block.text, block.link))
    page.note(_("In the report: “{title}”", title=section.title), *items(lines))


def items(named: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield a line for each item that an anchor leads to, up to a limit, which is told."""
    lines = (
        _("{name}: item {item}", name=name, item=item_of(anchor))
        for name, anchor in named
        if item_of(anchor)
    )
    named_items = list(dict.fromkeys(lines))
    yield from named_items[:_TRAIL]
    if len(named_items) > _TRAIL:
        yield ngettext(
            "{named} of {n} item is named.",
            "{named} of {n} items are named.",
            len(named_items),
            named=numbers.count(_TRAIL),
        )
