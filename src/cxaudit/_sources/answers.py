"""Answers: what raters said about items, case by case.

Raters are kept as pseudonyms: ``r-`` and the first ten hexadecimal digits of the SHA-256 of the
name (trimmed, single spaces, Unicode NFKC, case folded). The same name gives the same pseudonym
in every file and every wave, so that agreement and trends need no list of names. No secret goes
in: a result hides names from its readers, but whoever already has the list of names can match it.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from cxaudit._model.checklist import Checklist, Item
from cxaudit._model.evidence import (
    Answer,
    AnswerKind,
    Answers,
    AttachedFile,
    Case,
    RaterKind,
    coded,
)
from cxaudit._model.units import UnitTree
from cxaudit._sources.files import digest_file
from cxaudit._sources.sheets import (
    SheetColumns,
    SheetRow,
    cell_text,
    digest_rows,
    display_path,
    in_file_order,
    read_columns,
    read_rows,
    read_sheet,
)
from cxaudit._sources.values import BadValueError, answer_value
from cxaudit.errors import Problem, did_you_mean

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["AnswerSheet", "pseudonym", "read_answer_sheet"]

_COLUMNS = (
    "item",
    "touchpoint",
    "unit",
    "case",
    "rater",
    "value",
    "reason",
    "comment",
    "evidence",
    "rater_kind",
)
_LAYOUT: dict[str, Any] = {
    "table": "answer",
    "columns": _COLUMNS,
    "required": ("item", "rater", "value"),
}
_LARGEST = 2**62
"""Up to here rows are told apart by one whole number."""
_TOML_ONLY = ("not_applicable", "not_observed")
_WORDS = {
    "not applicable": AnswerKind.NOT_APPLICABLE,
    "could not be observed": AnswerKind.NOT_OBSERVED,
}


@attrs.frozen(kw_only=True)
class AnswerSheet:
    """What files of answers hold.

    Attributes:
        answers: The answers, in file order.
        unanswered: (file, row) of each row that names its item but holds no value.
        digest: SHA-256 of the rows at hand; empty without any.
        problems: Everything that is wrong, by file and line.
    """

    answers: Answers
    digest: str = ""
    unanswered: tuple[tuple[str, int], ...] = ()
    problems: tuple[Problem, ...] = ()


def pseudonym(rater: str) -> str:
    """Return the pseudonym of a rater's name (see the module)."""
    name = " ".join(unicodedata.normalize("NFKC", rater).split()).casefold()
    return f"r-{hashlib.sha256(name.encode()).hexdigest()[:10]}"


def read_answer_sheet(
    paths: Sequence[Path],
    *,
    checklist: Checklist,
    units: UnitTree,
    cases: Sequence[Case],
    folder: Path | None = None,
    unread: frozenset[str] = frozenset(),
    records: Any = (),
) -> AnswerSheet:
    """Read answers from CSV, TOML (``[[answer]]``) or XLSX files, and rows at hand.

    Columns: ``item``; ``touchpoint`` (may be left out when the item has one, or the case tells
    it); ``unit`` (when the case tells it); ``case`` (when the unit has one there); ``rater``;
    ``value``; ``reason`` (required with "not applicable"); ``comment``; ``evidence`` (paths of
    files relative to the file of answers, joined by ``;``); ``rater_kind`` (``person``, or
    ``machine`` for a rater that is none). A touchpoint below one of the
    item's counts for that one. In TOML, ``not_applicable = "reason"`` or
    ``not_observed = "reason"`` may stand in the place of ``value``.

    Args:
        paths: The files, in order.
        checklist: Whose items are answered.
        units: All units.
        cases: All cases.
        folder: The audit's folder: messages name files from there, and evidence must lie
            inside. The folder of each file when None.
        unread: Ids of cases that are too wrong to be among the cases; answers may name them.
        records: Rows at hand (see `cxaudit._model.records`), read after the files. They may have
            the keys of TOML; evidence is named from the audit's folder.
    """
    reader = _Reader(checklist, units, cases, unread)
    rows, wrong = read_rows(records, table="answer", columns=_COLUMNS, toml_only=_TOML_ONLY)
    parts = [reader.part(path, folder) for path in paths]
    answers = Answers.joined([*parts, reader.part_of(rows, wrong, folder or Path())])
    if reader.problems or _repeated(answers):
        # Only row by row it can be told what is wrong, and where.
        reader = _Reader(checklist, units, cases, unread)
        for path in paths:
            reader.read_file(path, folder)
        reader.part_of(rows, wrong, folder or Path())
        answers = Answers.of(reader.answers)
    silent = answers.among("kind", {AnswerKind.VALUE}) & answers.among("value", {None})
    return AnswerSheet(
        answers=answers.where(~silent),
        digest=digest_rows(rows) if rows else "",
        unanswered=tuple((answer.source, answer.row) for answer in answers.where(silent)),
        problems=tuple(reader.problems),
    )


def _repeated(answers: Answers) -> bool:
    """Tell whether some rater answers an item for a case twice."""
    key = [answers.codes[name] for name in ("item", "touchpoint", "unit", "case", "rater")]
    return len(_distinct(*key)[0]) < len(answers)


_T = TypeVar("_T")


def _once(read: Callable[[int], _T], *columns: NDArray[Any]) -> tuple[list[_T], NDArray[np.intp]]:
    """Read one of all rows that are alike in some columns.

    Returns:
        What was read, and the position among it of what each row reads.
    """
    first, codes = _distinct(*columns)
    return [read(n) for n in first.tolist()], codes


def _distinct(*columns: NDArray[Any]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the first of the rows that are alike in all columns, and which of them each row is."""
    import numpy as np

    key, size = np.zeros(len(columns[0]), dtype=np.int64), 1
    for column in columns:
        width = 1 + int(column.max(initial=0))
        if size * width > _LARGEST:
            _, key = np.unique(key, return_inverse=True)
            size = 1 + int(key.max(initial=0))
        key = key * width + column
        size *= width
    _, first, codes = np.unique(key, return_index=True, return_inverse=True)
    return first, codes


class _Reader:
    """Turns rows into answers, and keeps what is wrong."""

    def __init__(
        self,
        checklist: Checklist,
        units: UnitTree,
        cases: Sequence[Case],
        unread: frozenset[str],
    ) -> None:
        self.items: Mapping[str, Item] = {item.id: item for item in checklist.items}
        self.units = {unit.id: unit for unit in units}
        self.cases = {case.id: case for case in cases}
        self.unread = unread
        self.answers: list[Answer] = []
        self.problems: list[Problem] = []
        self._first: dict[tuple[str, ...], SheetRow] = {}
        self._cases_of: dict[str, list[Case]] = defaultdict(list)
        for case in self.cases.values():
            self._cases_of[case.unit].append(case)
        self._fitting: dict[tuple[str, tuple[str, ...]], list[Case]] = {}
        self._digests: dict[Path, str] = {}

    def read_file(self, path: Path, folder: Path | None) -> None:
        """Read a file row by row."""
        home = (folder or path.parent).resolve()
        rows, problems = read_sheet(
            path, file=display_path(path, home), toml_only=_TOML_ONLY, **_LAYOUT
        )
        before = len(self.problems)
        self.problems += problems
        for row in rows:
            self.read(row, path.parent, home)
        self.problems[before:] = in_file_order(self.problems[before:])

    def part_of(self, rows: Sequence[SheetRow], wrong: Sequence[Problem], home: Path) -> Answers:
        """Return the answers of rows at hand, which were read with some problems."""
        before = len(self.answers)
        self.problems += wrong
        for row in rows:
            self.read(row, home.resolve(), home.resolve())
        return Answers.of(self.answers[before:])

    def part(self, path: Path, folder: Path | None) -> Answers:
        """Return the answers of a file, read by column where that can be, else row by row."""
        home = (folder or path.parent).resolve()
        file = display_path(path, home)
        sheet = None if self.unread else read_columns(path, file=file, **_LAYOUT)
        answers = _by_column(self, sheet, path.parent, home) if sheet else None
        if answers is None:
            read = len(self.answers)
            self.read_file(path, folder)
            answers = Answers.of(self.answers[read:])
        return answers

    def read(self, row: SheetRow, beside: Path, home: Path) -> None:
        """Read one row; evidence is looked for beside its file, inside the audit's folder."""
        before = len(self.problems)
        item = self.item(row)
        rater = row.text("rater")
        if not rater and row.could_hold("rater"):
            self._problem(row, "The answer names no rater.", "rater", "Say who gave it.")
        kind, value, reason = self.reply(row, item)
        names = self.file_names(row)
        rater_kind = self.rater_kind(row)
        files = self.files(row, names, beside, home)
        if item is not None:
            unit, case, touchpoint = self.case_and_touchpoint(row, item)
            needed = item.ask is not None and item.ask.evidence == "required"
            if needed and value is not None and not names:
                message = f"Item {item.id!r} requires evidence, and none is named."
                hint = "Name a file relative to the file of answers."
                self._problem(row, message, "evidence", hint)
            if unit and case and touchpoint and rater:
                self._once(row, (item.id, touchpoint, unit, case, pseudonym(rater)))
        if len(self.problems) > before or item is None:
            return
        answer = Answer(
            item=item.id,
            touchpoint=touchpoint,
            unit=unit,
            case=case,
            rater=pseudonym(rater),
            kind=kind,
            value=value,
            reason=reason,
            comment=row.text("comment"),
            files=files,
            rater_kind=rater_kind,
            source=row.file,
            row=row.row,
        )
        self.answers.append(answer)

    def _problem(self, row: SheetRow, message: str, column: str, hint: str = "") -> None:
        self.problems.append(row.problem(message, column, hint))

    def item(self, row: SheetRow) -> Item | None:
        """Return the item that a row answers; None, with a problem, where there is none."""
        name = row.text("item")
        item = self.items.get(name)
        if not name:
            if row.could_hold("item"):
                self._problem(row, "The answer names no item.", "item")
        elif item is None:
            self._problem(
                row, f"There is no item {name!r}.", "item", did_you_mean(name, self.items)
            )
        elif item.excluded is not None:
            hint = "Remove the answer, or the exclusion."
            message = f"Item {name!r} is excluded: {item.excluded.rstrip('.')}."
            self._problem(row, message, "item", hint)
        elif item.ask is None:
            hint = "Only items with 'ask' take answers. To ask it instead, tailor the item."
            self._problem(row, f"Item {name!r} is judged by a check.", "item", hint)
        else:
            return item
        return None

    def reply(
        self, row: SheetRow, item: Item | None
    ) -> tuple[AnswerKind, bool | float | str | None, str]:
        """Return kind, value and reason. A value of None says that there is no answer."""
        reason = row.text("reason")
        cell = row.cells.get("value")
        keys = [key for key in _TOML_ONLY if key in row.cells]
        if len(keys) + (cell is not None) > 1:
            hint = "Keep one of them."
            self._problem(
                row, f"The answer has more than one of value, {', '.join(keys)}.", "", hint
            )
            return AnswerKind.VALUE, None, reason
        if keys:
            kind = AnswerKind(keys[0])
            words = row.cells[keys[0]]
            reason = words.strip() if isinstance(words, str) else ""
            if not reason:
                hint = f'Write {keys[0]} = "why".'
                self._problem(row, f"{keys[0]} holds no reason.", keys[0], hint)
            return kind, None, reason
        if isinstance(cell, list | dict):
            self._problem(row, "The value is a list or a table.", "value", "Write one value.")
            return AnswerKind.VALUE, None, reason
        text = cell_text(cell)
        if kind_of_words := _WORDS.get(text.lower()):
            if kind_of_words is AnswerKind.NOT_APPLICABLE and not reason:
                hint = "Fill the column 'reason'."
                self._problem(row, "'not applicable' needs a reason.", "reason", hint)
            return kind_of_words, None, reason
        if text and item is not None and item.ask is not None:
            try:
                return AnswerKind.VALUE, answer_value(item.ask, cell), reason
            except BadValueError as error:
                message, hint = error.args
                self._problem(row, message, "value", hint)
        return AnswerKind.VALUE, None, reason

    def case_and_touchpoint(self, row: SheetRow, item: Item) -> tuple[str, str, str]:
        """Return unit, case and the item's touchpoint; empty texts where one cannot be told."""
        unit, named, touchpoint = row.text("unit"), row.text("case"), row.text("touchpoint")
        before = len(self.problems)
        if unit and unit not in self.units:
            message = f"There is no unit {unit!r}."
            hint = did_you_mean(unit, self.units) or "Add it to the units of the audit."
            self._problem(row, message, "unit", hint)
        if named and named not in self.cases and named not in self.unread:
            message = f"There is no case {named!r}."
            hint = did_you_mean(named, self.cases) or "Add it to the cases of the audit."
            self._problem(row, message, "case", hint)
        if touchpoint and _above(touchpoint, item) is None:
            message = f"Item {item.id!r} is not judged at touchpoint {touchpoint!r}."
            hint = f"It is judged at {', '.join(item.touchpoints)}."
            self._problem(row, message, "touchpoint", hint)
        if len(self.problems) > before or named in self.unread:
            return "", "", ""
        case = self.cases[named] if named else self._only_case(row, item, unit, touchpoint)
        if case is None:
            return "", "", ""
        if unit and unit != case.unit:
            message = f"Unit {unit!r} contradicts case {case.id!r}, which is of {case.unit!r}."
            self._problem(row, message, "unit", "Leave the unit out: the case tells it.")
        judged_at = _above(touchpoint or case.touchpoint, item)
        if not touchpoint and len(item.touchpoints) == 1:
            judged_at = item.touchpoints[0]
        if judged_at is None:
            message = f"At which touchpoint item {item.id!r} was judged cannot be told."
            hint = f"Name one of {', '.join(item.touchpoints)}."
            self._problem(row, message, "touchpoint", hint)
        elif not _same_branch(judged_at, case.touchpoint):
            message = (
                f"Touchpoint {judged_at!r} contradicts case {case.id!r}, "
                f"which took place at {case.touchpoint!r}."
            )
            self._problem(row, message, "touchpoint", "Name the case that it was seen in.")
        return case.unit, case.id, judged_at or ""

    def _only_case(self, row: SheetRow, item: Item, unit: str, touchpoint: str) -> Case | None:
        touchpoints = (touchpoint,) if touchpoint else item.touchpoints
        fitting = self._cases_at(unit, touchpoints)
        if len(fitting) == 1:
            return fitting[0]
        where = (f" of unit {unit!r}" if unit else "") + f" at {' or '.join(touchpoints)}"
        if fitting:
            some = ", ".join(case.id for case in fitting[:3])
            more = " ..." if len(fitting) > 3 else ""  # noqa: PLR2004 - as many as are named
            message = f"The answer names no case, and {len(fitting)} cases{where} fit."
            self._problem(row, message, "case", f"Name one of {some}{more}.")
        else:
            message = f"The answer names no case, and there is none{where}."
            self._problem(row, message, "case", "Add the case to the cases of the audit.")
        return None

    def _cases_at(self, unit: str, touchpoints: tuple[str, ...]) -> list[Case]:
        """Return the cases of a unit, or of all if it is not named, at some touchpoints."""
        key = (unit, touchpoints)
        if key not in self._fitting:
            cases = self._cases_of.get(unit, ()) if unit else self.cases.values()
            self._fitting[key] = [
                case
                for case in cases
                if any(_same_branch(touchpoint, case.touchpoint) for touchpoint in touchpoints)
            ]
        return self._fitting[key]

    def _once(self, row: SheetRow, key: tuple[str, ...]) -> None:
        first = self._first.setdefault(key, row)
        if first is not row:
            message = f"The same rater already answers this item for this case in {first.position}."
            self._problem(row, message, "", "Remove one of the two rows.")

    def files(
        self, row: SheetRow, names: Sequence[str], beside: Path, home: Path
    ) -> tuple[AttachedFile, ...]:
        """Return files by name, each with its digest, inside the audit's folder."""
        files = []
        for name in names:
            problem = ""
            try:
                path = (beside / name).resolve()
                if Path(name).is_absolute() or not path.is_relative_to(home):
                    problem = f"Evidence {name!r} lies outside the audit's folder."
                elif not path.is_file():
                    problem = f"Evidence {name!r} is not there."
                else:
                    if path not in self._digests:
                        self._digests[path] = digest_file(path)
                    files.append(AttachedFile(path=name, digest=self._digests[path]))
            except (OSError, ValueError) as error:
                problem = f"Evidence {name!r} cannot be read: {error}."
            if problem:
                hint = "Name a file by its path relative to the file of answers."
                self._problem(row, problem, "evidence", hint)
        return tuple(files)

    def rater_kind(self, row: SheetRow) -> RaterKind:
        """Return whether a rater is a person or a machine."""
        kind = row.text("rater_kind").lower() or "person"
        try:
            return RaterKind(kind)
        except ValueError:
            hint = f"Use {' or '.join(RaterKind)}."
            self._problem(row, f"{kind!r} is no kind of rater.", "rater_kind", hint)
            return RaterKind.PERSON

    def file_names(self, row: SheetRow) -> list[str]:
        """Return the names of the files that back an answer."""
        cell: Any = row.cells.get("evidence")
        names = cell if isinstance(cell, list) else cell_text(cell).split(";")
        if not all(isinstance(name, str) for name in names):
            hint = 'Write evidence = ["photo.jpg"].'
            self._problem(row, "Evidence is a list of file names.", "evidence", hint)
            return []
        return [name.strip() for name in names if name.strip()]


def _by_column(reader: _Reader, sheet: SheetColumns, beside: Path, home: Path) -> Answers | None:
    """Return the answers of a sheet; None where a row must be looked at on its own.

    Whatever reads a row is called once for all rows in which the cells it looks at are the
    same: ``items`` are the different items, and ``item_of`` the position of each row's.
    """
    import numpy as np

    def text(name: str) -> Callable[[int], str]:
        return lambda n: sheet.at(n).text(name)

    def evidence(n: int) -> tuple[bool, tuple[AttachedFile, ...]]:
        names = reader.file_names(sheet.at(n))
        return bool(names), reader.files(sheet.at(n), names, beside, home)

    raters, rater_of = _once(text("rater"), sheet.column("rater"))
    named, item_of = _once(lambda n: reader.item(sheet.at(n)), sheet.column("item"))
    items = [item for item in named if item is not None]
    if not items or len(items) < len(named) or "" in raters:
        return None
    replies, reply_of = _once(
        lambda n: reader.reply(sheet.at(n), items[item_of[n]]),
        *(item_of, sheet.column("value"), sheet.column("reason")),
    )
    visits, visit_of = _once(
        lambda n: reader.case_and_touchpoint(sheet.at(n), items[item_of[n]]),
        coded([item.touchpoints for item in items])[1][item_of],
        *map(sheet.column, ("unit", "case", "touchpoint")),
    )
    backings, backing_of = _once(evidence, sheet.column("evidence"))
    rater_kinds, rater_kind_of = _once(
        lambda n: reader.rater_kind(sheet.at(n)), sheet.column("rater_kind")
    )
    comments, comment_of = _once(text("comment"), sheet.column("comment"))
    required = [item.ask is not None and item.ask.evidence == "required" for item in items]
    answered = [value is not None for _, value, _ in replies]
    unbacked = [not backed for backed, _ in backings]
    bare = np.array(required)[item_of] & np.array(answered)[reply_of]
    if (bare & np.array(unbacked)[backing_of]).any():
        return None
    columns: dict[str, tuple[Sequence[Any], NDArray[Any]]] = {
        "item": ([item.id for item in items], item_of),
        "touchpoint": ([touchpoint for _, _, touchpoint in visits], visit_of),
        "unit": ([unit for unit, _, _ in visits], visit_of),
        "case": ([case for _, case, _ in visits], visit_of),
        "rater": ([pseudonym(rater) for rater in raters], rater_of),
        "kind": ([kind for kind, _, _ in replies], reply_of),
        "value": ([value for _, value, _ in replies], reply_of),
        "reason": ([reason for _, _, reason in replies], reply_of),
        "comment": (comments, comment_of),
        "files": ([files for _, files in backings], backing_of),
        "rater_kind": (rater_kinds, rater_kind_of),
        "source": ([sheet.file], np.zeros(len(sheet.row), dtype=np.int32)),
    }
    tables, codes = {}, {}
    for name, (values, positions) in columns.items():
        tables[name], table_positions = coded(values)
        codes[name] = table_positions[positions]
    return Answers(tables, codes, sheet.row)


def _above(touchpoint: str, item: Item) -> str | None:
    """Return the item's touchpoint that is or lies nearest above one; None when none does."""
    above = [
        touchpoint_of_item
        for touchpoint_of_item in item.touchpoints
        if f"{touchpoint}.".startswith(f"{touchpoint_of_item}.")
    ]
    return max(above, key=len, default=None)


def _same_branch(one: str, other: str) -> bool:
    """Tell whether of two touchpoints one is, or lies below, the other."""
    return f"{one}.".startswith(f"{other}.") or f"{other}.".startswith(f"{one}.")
