"""The report as a workbook: numbers that can be sorted and reckoned with, texts that stay texts."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence

import attrs

from cxaudit.documents import N_, _, cleaned, ngettext, numbers, right_to_left, spoken, written
from cxaudit.plugin import blocks
from cxaudit_reports.drawing.block_tables import (
    FINDINGS,
    action_line,
    find,
    is_facts,
    item_of,
    other_sections,
    table_of,
)
from cxaudit_reports.drawing.office import DATE, needed
from cxaudit_reports.drawing.theme import brand
from cxaudit_reports.workbook.sheet import Sheet, Styles

__all__ = ["render_workbook"]

_QUESTIONS = (
    "summary",
    "matrix",
    "reach",
    "decide",
    "critical",
    "certainty",
    "quotes",
)
_WITH_NOTES = ("summary", "reach")
_WITH_SHEETS = (
    "summary",
    "matrix",
    "critical",
    "units",
    "breakdowns",
    "decide",
    "certainty",
    "method",
    "provenance",
)
_LAST = (("method", N_("Method")), ("provenance", N_("Provenance")))
"""The last sections, and the names of their sheets."""
_FORBIDDEN = re.compile(r"[\[\]:*?/\\]")
_NAME = 31
"""Characters of a sheet's name, in units of UTF-16: a limit of the format."""

_Row = tuple[str | float | int | None, ...]


def render_workbook(report: blocks.Report) -> bytes:
    """Return the report as a workbook (XLSX)."""
    with needed("xlsxwriter"):
        from xlsxwriter import Workbook

    report = cleaned(report)
    out = io.BytesIO()
    workbook = Workbook(
        out,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_numbers": False,
            "strings_to_urls": False,
        },
    )
    look = brand(report.branding)
    workbook.set_properties(
        {"title": report.title[:255], "author": look.name[:255], "created": DATE}
    )
    book = _Book(workbook, Styles(workbook, look.light, rtl=right_to_left(spoken().tag)))
    _summary(book.sheet(_("Summary")), report, look.notes)
    _sections(book, report)
    workbook.close()
    return out.getvalue()


class _Book:
    """A workbook, whose sheets get names that are allowed and different."""

    def __init__(self, book: object, styles: Styles) -> None:
        self._book, self._styles = book, styles
        self._names: set[str] = set()

    def sheet(self, name: str) -> Sheet:
        """Return a new sheet."""
        plain = _allowed(name) or _("Sheet")
        if plain.casefold() == "history":  # a name that Excel keeps for itself
            plain = _allowed(_("History of it"))
        taken, number = plain, 1
        while taken.casefold() in self._names:
            number += 1
            taken = f"{_allowed(plain, _NAME - len(str(number)) - 1)} {number}"
        self._names.add(taken.casefold())
        return Sheet(self._book.add_worksheet(taken), self._styles)  # type: ignore[attr-defined]


def _allowed(name: str, most: int = _NAME) -> str:
    """Return a name as one that a sheet may have, of so many characters, cut at a word."""
    plain = _FORBIDDEN.sub(" ", name).strip("' ")
    kept = plain.encode("utf-16-le")[: 2 * most].decode("utf-16-le", "ignore")
    if plain[len(kept) :].strip() and plain[len(kept)] != " ":  # not inside a word
        kept = kept.rpartition(" ")[0] or kept
    return kept.rstrip("' ,;:")


def _sections(book: _Book, report: blocks.Report) -> None:
    if section := find(report, "matrix"):
        _stacked(book.sheet(_("Matrix")), section, freeze=(1, 1))
    findings = [section for section in report.sections if section.id.startswith(FINDINGS)]
    _whole(book, _("Findings"), _joined(_findings(findings), _("Area")))
    if section := find(report, "critical"):
        _whole(book, _("Critical"), _joined(_tables(section.blocks)), _texts(section.blocks))
        _rest(book, section)
    _whole(book, _("Evidence"), _evidence(findings))
    _whole(book, _("Items"), _items(findings))
    for name, title in (("units", _("Units")), ("breakdowns", _("Breakdowns"))):
        if section := find(report, name):
            tables = list(_tables(section.blocks))
            _whole(book, title, _joined(tables, _("Group of")), _texts(section.blocks))
            _rest(book, section)
    if section := find(report, "decide"):
        if actions := _actions(section.blocks):
            _whole(book, _("Actions"), actions, _texts(section.blocks, {"note"}))
        else:
            _stacked(book.sheet(_("Actions")), section)
    if section := find(report, "certainty"):
        _whole(book, _("Not assessed"), _joined(_tables(section.blocks)))
        _rest(book, section)
    for section in other_sections(report, _WITH_SHEETS):
        _stacked(book.sheet(section.title), section)
    for name, title in _LAST:
        if section := find(report, name):
            _stacked(book.sheet(_(title)), section)


def _summary(sheet: Sheet, report: blocks.Report, notes: Iterable[str]) -> None:
    """Write the answer and what each of the first questions says in sentences."""
    sheet.title(report.title)
    if report.subtitle:
        sheet.text(report.subtitle, "note")
    for name in _QUESTIONS:
        section = find(report, name)
        if section is None:
            continue
        sheet.heading(section.title)
        for block in section.blocks:
            match block:
                case blocks.ScoreBlock():
                    _score(sheet, block)
                case blocks.TextBlock() if name in _WITH_NOTES or block.tone != "note":
                    sheet.text(block.text, block.tone)
                case blocks.Heading():
                    sheet.text(block.text)
                case blocks.Matrix():
                    text = _("{title}: on the sheet {sheet}.", title=block.title, sheet=_("Matrix"))
                    sheet.text(text, "note")
                case blocks.Table():
                    sheet.text(_elsewhere(block), "note")
                case blocks.Quote():
                    sheet.text(_quoted(block))
    sheet.gap()
    sheet.text(report.footer, "note")
    for note in notes:
        sheet.text(note, "note")
    sheet.finish(freeze=(1, 0))


def _elsewhere(table: blocks.Table) -> str:
    return ngettext(
        "{title}: {n} row on a sheet of their own.",
        "{title}: {n} rows on a sheet of their own.",
        len(table.rows),
        title=table.title,
    )


def _quoted(quote: blocks.Quote) -> str:
    return _("“{text}” ({source})", text=quote.text, source=quote.source)


def _score(sheet: Sheet, block: blocks.ScoreBlock) -> None:
    sheet.pair(block.title, block.grade or "")
    for name, value in (
        (_("Score of 100"), numbers.score(block.value, 1)),
        (_("Likely from"), numbers.score(block.low)),
        (_("Likely to"), numbers.score(block.high)),
        (_("Assessed"), numbers.percent(block.coverage)),
        (_("With what was not assessed, from"), numbers.score(block.lowest)),
        (_("With what was not assessed, to"), numbers.score(block.highest)),
    ):
        sheet.pair(name, value)
    if block.note:
        sheet.text(block.note, "note")


def _whole(
    book: _Book, name: str, table: blocks.Table | None, texts: Sequence[blocks.TextBlock] = ()
) -> None:
    """Write a sheet that is one table with a filter; its header stays in sight."""
    if table is None or not (table.rows or texts):
        return
    sheet = book.sheet(name)
    sheet.table(table, titled=False)
    for text in texts:
        sheet.gap()
        sheet.text(text.text, text.tone)
    sheet.finish(filtered=bool(table.rows))


def _stacked(sheet: Sheet, section: blocks.Section, freeze: tuple[int, int] = (1, 0)) -> None:
    """Write a sheet of a section's blocks under each other."""
    sheet.title(section.title)
    for block in section.blocks:
        match block:
            case blocks.Heading():
                sheet.heading(block.text)
            case blocks.TextBlock():
                sheet.text(block.text, block.tone)
            case blocks.ScoreBlock():
                sheet.gap()
                _score(sheet, block)
            case blocks.Matrix():
                sheet.matrix(block)
            case blocks.Quote():
                sheet.text(_quoted(block))
            case blocks.Action():
                sheet.text(f"→ {action_line(block)}")
            case blocks.Image():
                sheet.text(" ".join(filter(None, (f"[{block.text}]", block.caption))), "note")
            case _:
                table = table_of(block)
                assert table is not None
                sheet.table(table)
    sheet.finish(freeze=freeze)


def _rest(book: _Book, section: blocks.Section) -> None:
    """Write what a section holds beside its tables and texts, such as a plugin's own blocks."""
    left = tuple(
        block
        for block in section.blocks
        if not isinstance(block, blocks.TextBlock) and table_of(block) is None
    )
    if left:
        _stacked(book.sheet(section.title), attrs.evolve(section, blocks=left))


def _tables(candidates: Iterable[blocks.Block]) -> Iterable[blocks.Table]:
    for block in candidates:
        if (table := table_of(block)) is not None:
            yield table


def _texts(
    candidates: Iterable[blocks.Block], tones: Iterable[str] = ("plain", "lead", "note", "warning")
) -> list[blocks.TextBlock]:
    return [
        block for block in candidates if isinstance(block, blocks.TextBlock) and block.tone in tones
    ]


def _findings(sections: Iterable[blocks.Section]) -> Iterable[blocks.Table]:
    """Yield each area's findings, under the area's name."""
    for section in sections:
        before, _area, behind = _("Findings: {area}").partition("{area}")
        area = section.title.removeprefix(before).removesuffix(behind)
        for block in section.blocks:
            if isinstance(block, blocks.Table) and block.anchors:
                anchors = (*block.anchors, *([""] * len(block.rows)))
                yield blocks.Table(
                    title=area,
                    columns=(*block.columns, _("Item's id")),
                    rows=tuple(
                        (*row, item_of(anchor))
                        for row, anchor in zip(block.rows, anchors, strict=False)
                    ),
                    numeric=(*(block.numeric or (False,) * len(block.columns)), False),
                    note=block.note and f"{area}: {block.note}",
                )


def _joined(tables: Iterable[blocks.Table], first: str = "") -> blocks.Table | None:
    """Return tables as one, their columns put together by name, each under its title."""
    parts = list(tables)
    if not parts:
        return None
    columns: dict[str, bool] = {}
    for table in parts:
        numeric = table.numeric or (False,) * len(table.columns)
        for name, right in zip(table.columns, numeric, strict=True):
            columns.setdefault(name, right)
    rows: list[_Row] = []
    for table in parts:
        for row in table.rows:
            values = dict(zip(table.columns, row, strict=True))
            title = (table.title,) if first else ()
            rows.append((*title, *(values.get(name, "") for name in columns)))
    return blocks.Table(
        title="",
        columns=(*((first,) if first else ()), *columns),
        rows=tuple(rows),
        numeric=(*((False,) if first else ()), *columns.values()),
        note=" ".join(dict.fromkeys(table.note for table in parts if table.note)),
    )


def _items(sections: Iterable[blocks.Section]) -> blocks.Table:
    """Return what is said about each item, a fact a row."""
    rows: list[_Row] = []
    columns = (_("Item"), _("What"), _("Which"))
    for head, block in _under_headings(sections):
        if isinstance(block, blocks.Table) and is_facts(block):
            rows += [(head, *row) for row in block.rows]
    return blocks.Table(title="", columns=columns, rows=tuple(rows))


def _evidence(sections: Iterable[blocks.Section]) -> blocks.Table:
    """Return what findings rest on: words, rows, pictures by what they show, and their counts."""
    rows: list[_Row] = []
    for head, block in _under_headings(sections):
        match block:
            case blocks.TextBlock():
                rows.append((head, _("count"), block.text, ""))
            case blocks.Quote():
                rows.append((head, _("words or record"), block.text, block.source))
            case blocks.Image():
                rows.append((head, _("picture"), block.text, block.caption))
            case _ if not _listed(block) and (table := table_of(block)) is not None:
                for row in table.rows:
                    text = "; ".join(
                        f"{name} {written(value)}".strip()
                        for name, value in zip(table.columns, row, strict=True)
                        if value is not None
                    )
                    rows.append((head, _("row"), text, table.title))
    columns = (_("Item"), _("What"), _("Words, record or count"), _("From"))
    return blocks.Table(title="", columns=columns, rows=tuple(rows))


def _listed(block: blocks.Block) -> bool:
    """Tell whether a table stands among the findings or the facts of items."""
    return isinstance(block, blocks.Table) and (bool(block.anchors) or is_facts(block))


def _under_headings(
    sections: Iterable[blocks.Section],
) -> Iterable[tuple[str, blocks.Block]]:
    """Yield blocks with the text of the heading above them."""
    for section in sections:
        head = ""
        for block in section.blocks:
            if isinstance(block, blocks.Heading):
                head = block.text
            else:
                yield head, block


def _actions(decisions: Iterable[blocks.Block]) -> blocks.Table | None:
    """Return the decisions, one a row, with what was found and what shall be done."""
    rows: list[list[str]] = []
    for block in decisions:
        match block:
            case blocks.Heading():
                rows.append([block.text, "", "", "", "", "", item_of(block.link)])
            case blocks.TextBlock() if rows and block.tone != "note":
                rows[-1][1] = " ".join(filter(None, (rows[-1][1], block.text)))
            case blocks.Action() if rows:
                facts = (block.text, block.owner, block.due, block.effect)
                rows[-1][2:6] = [
                    "; ".join(filter(None, pair)) for pair in zip(rows[-1][2:6], facts, strict=True)
                ]
    if not rows:
        return None
    columns = (
        *(_("Decision"), _("What was found"), _("What to do"), _("Who"), _("By")),
        *(_("Effect expected"), _("Item's id")),
    )
    return blocks.Table(title="", columns=columns, rows=tuple(tuple(row) for row in rows))
