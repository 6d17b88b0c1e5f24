"""Cases, answers, hits, evidence, and the accounts that sources give."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, overload

import attrs

from cxaudit._model.markers import MarkedRecords

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "Answer",
    "AnswerKind",
    "Answers",
    "AttachedFile",
    "Case",
    "Evidence",
    "EvidenceSet",
    "Hit",
    "Loss",
    "QuarantinedRow",
    "RaterKind",
    "SourceAccount",
    "answer_columns",
    "coded",
    "is_much",
]


@attrs.frozen(kw_only=True)
class Case:
    """One visit, call, conversation, page capture, document or interview that is judged.

    Attributes:
        id: Its id.
        unit: Unit that it belongs to.
        touchpoint: Where it took place.
        at: When, in UTC; None when not stated.
        scenario: The story the auditor played, if any.
        wave: Round of the audit.
        status: ``draft``, ``checked``, ``disputed``, ``final`` or ``rejected``. Checked and final
            cases count, and disputed ones until the dispute is decided.
        cluster: Name of the cases of its unit with which it belongs together, so that they say
            little more than one of them would; empty for the visits of its rater on its day.
    """

    id: str
    unit: str
    touchpoint: str
    at: datetime | None = None
    scenario: str = ""
    wave: str = ""
    status: str = "final"
    cluster: str = ""

    @property
    def counts(self) -> bool:
        """Tell whether its answers count."""
        return self.status in {"checked", "disputed", "final"}


class AnswerKind(StrEnum):
    """What an answer says."""

    VALUE = "value"
    NOT_APPLICABLE = "not_applicable"
    NOT_OBSERVED = "not_observed"


class RaterKind(StrEnum):
    """Who answered: a machine's answers count in no score and in no agreement."""

    PERSON = "person"
    MACHINE = "machine"


@attrs.frozen(kw_only=True)
class AttachedFile:
    """A file that backs an answer: its path as named, and the SHA-256 of its content."""

    path: str
    digest: str


@attrs.frozen(kw_only=True)
class Answer:
    """What one rater said about one item for one case. Its key is the first five fields.

    Attributes:
        item, touchpoint, unit, case, rater: Its key; the rater as a pseudonym.
        kind: Whether it is a value, "not applicable" or "could not be observed".
        value: yes-no: a boolean. levels: the level. number, count: a number. time: seconds.
            choice: the option's id. text: the words.
        reason: Why it is not applicable or could not be observed.
        comment: What the rater added.
        files: What backs it.
        rater_kind: Whether the rater is a person or a machine. A machine's answers are shown
            beside those of people, and count in no score and no agreement.
        source, row: The file it came from and its row there (1 is the first data row).
    """

    item: str
    touchpoint: str
    unit: str
    case: str
    rater: str
    kind: AnswerKind = attrs.field(default=AnswerKind.VALUE, converter=AnswerKind)
    value: bool | float | str | None = None
    reason: str = ""
    comment: str = ""
    files: tuple[AttachedFile, ...] = ()
    rater_kind: RaterKind = attrs.field(default=RaterKind.PERSON, converter=RaterKind)
    source: str = ""
    row: int = 0


_AT_ONCE = 10_000
"""Answers that are taken out of the columns at once: far quicker than one by one."""


@attrs.frozen(eq=False, repr=False)
class Answers(Sequence[Answer]):
    """All answers of a run: a sequence that compares like a tuple of them, held by column.

    Attributes:
        tables: Field of `Answer`, other than ``row``, to the values that it has, each once.
        codes: Field to the position of each answer's value in its table, int32.
        row: Row of each answer in its file, int64.
    """

    tables: Mapping[str, tuple[Any, ...]]
    codes: Mapping[str, NDArray[np.int32]]
    row: NDArray[np.int64]

    @classmethod
    def of(cls, answers: Iterable[Answer]) -> Answers:
        """Return the columns of some answers, in their order."""
        import numpy as np

        if isinstance(answers, Answers):
            return answers
        rows = tuple(answers)
        tables, codes = {}, {}
        for name in _CODED:
            tables[name], codes[name] = coded([getattr(row, name) for row in rows])
        return cls(tables, codes, np.array([row.row for row in rows], dtype=np.int64))

    @classmethod
    def joined(cls, parts: Sequence[Answers]) -> Answers:
        """Return answers one after the other."""
        import numpy as np

        if len(parts) == 1:
            return parts[0]
        tables, codes = {}, {}
        for name in _CODED:
            tables[name], positions = coded([v for part in parts for v in part.tables[name]])
            columns = [np.empty(0, dtype=np.int32)]
            before = 0
            for part in parts:
                columns.append(positions[before + part.codes[name]])
                before += len(part.tables[name])
            codes[name] = np.concatenate(columns)
        rows = [np.empty(0, dtype=np.int64), *(part.row for part in parts)]
        return cls(tables, codes, np.concatenate(rows))

    def where(self, rows: NDArray[Any] | slice) -> Answers:
        """Return some of the answers, by a mask, by positions or by a slice."""
        import numpy as np

        if not isinstance(rows, slice) and rows.dtype == bool and rows.all():
            return self
        tables, codes = {}, {}
        for name, table in self.tables.items():
            # Nothing stays of answers that are left out: their words may not be for all eyes.
            column = self.codes[name][rows]
            used = np.flatnonzero(np.bincount(column, minlength=len(table)))
            positions = np.zeros(len(table), dtype=np.int32)
            positions[used] = np.arange(len(used))
            tables[name] = tuple(table[position] for position in used.tolist())
            codes[name] = positions[column]
        return Answers(tables, codes, self.row[rows])

    def replaced(self, positions: NDArray[Any], others: Answers) -> Answers:
        """Return the answers with others at some positions."""
        import numpy as np

        order = np.arange(len(self))
        order[positions] = np.arange(len(self), len(self) + len(others))
        return Answers.joined([self, others]).where(order)

    def among(self, name: str, values: Container[Any]) -> NDArray[np.bool_]:
        """Tell of each answer whether a field of it is one of some values."""
        import numpy as np

        table = [value in values for value in self.tables[name]]
        chosen: NDArray[np.bool_] = np.array(table, dtype=bool)[self.codes[name]]
        return chosen

    @property
    def of_people(self) -> Answers:
        """Return those that people gave, which alone count."""
        return self.where(self.among("rater_kind", {RaterKind.PERSON}))

    def __len__(self) -> int:
        return len(self.row)

    @overload
    def __getitem__(self, index: int) -> Answer: ...
    @overload
    def __getitem__(self, index: slice) -> Answers: ...
    def __getitem__(self, index: int | slice) -> Answer | Answers:
        if isinstance(index, slice):
            return self.where(index)
        fields = {name: self.tables[name][column[index]] for name, column in self.codes.items()}
        return Answer(**fields, row=int(self.row[index]))

    def __iter__(self) -> Iterator[Answer]:
        for start in range(0, len(self), _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            columns = [
                map(self.tables[name].__getitem__, self.codes[name][some].tolist())
                for name in _CODED
            ]
            for values in zip(*columns, self.row[some].tolist(), strict=True):
                item, touchpoint, unit, case, rater, kind, value, *others, row = values
                reason, comment, files, rater_kind, source = others
                yield Answer(
                    item=item,
                    touchpoint=touchpoint,
                    unit=unit,
                    case=case,
                    rater=rater,
                    kind=kind,
                    value=value,
                    reason=reason,
                    comment=comment,
                    files=files,
                    rater_kind=rater_kind,
                    source=source,
                    row=row,
                )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Answers | tuple) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return f"Answers.of({tuple(self)!r})"


_CODED = tuple(field.name for field in attrs.fields(Answer) if field.name != "row")


def answer_columns(answers: Iterable[Answer]) -> Answers:
    """Return answers as columns (see `Answers.of`)."""
    return Answers.of(answers)


def coded(values: Sequence[Any]) -> tuple[tuple[Any, ...], NDArray[np.int32]]:
    """Return the different ones of some values, and the position of each value among them.

    True is not 1.0, and 0.0 is not -0.0.
    """
    import numpy as np

    keys = [value if isinstance(value, str) else (type(value), repr(value)) for value in values]
    positions = {key: position for position, key in enumerate(dict.fromkeys(keys))}
    first = dict(zip(reversed(keys), reversed(values), strict=True))
    codes = np.fromiter(map(positions.__getitem__, keys), dtype=np.int32, count=len(keys))
    return tuple(map(first.__getitem__, positions)), codes


@attrs.frozen(kw_only=True)
class Hit:
    """A place that a detector found.

    Attributes:
        detector: Full id.
        source, row: Key of the table's row.
        label: What was found.
        start, end: Offsets in the text, in characters; None where there is no text.
        quote: The words at the place.
        score: Strength in [0, 1], or None.
    """

    detector: str
    source: str
    row: int
    label: str
    start: int | None = None
    end: int | None = None
    quote: str = ""
    score: float | None = None


@attrs.frozen(kw_only=True)
class Evidence:
    """One thing that a finding rests on.

    Attributes:
        kind: ``row``, ``hit``, ``page``, ``file`` or ``comment``.
        source: File or address that it came from.
        key: Row number in that file, id of a case, or another key inside the source.
        place: Line, offsets, selector or time inside it.
        quote: The words, after redaction.
        fields: Columns of a row, after redaction.
        digest: SHA-256 of the source.
    """

    kind: str
    source: str
    key: str = ""
    place: str = ""
    quote: str = ""
    fields: Mapping[str, str | float | bool | None] = attrs.field(factory=dict)
    digest: str = ""


@attrs.frozen(kw_only=True)
class EvidenceSet:
    """What a finding rests on: a capped, seeded sample with the full count."""

    item: str
    touchpoint: str
    unit: str
    total: int
    shown: tuple[Evidence, ...]
    dropped: int = 0
    """Pieces that a redactor refused or failed on."""


@attrs.frozen(kw_only=True)
class QuarantinedRow:
    """A row that was refused: where it was, why, and what it held."""

    source: str
    row: int
    reason: str
    raw: str


_MOST_LOST = 100
"""What is lost is told when it is more than one in so many."""


def is_much(lost: int, of: int) -> bool:
    """Tell whether a loss is more than 1 in 100, and so to be reported."""
    return lost * _MOST_LOST > of


@attrs.frozen(kw_only=True)
class Loss:
    """More than 1 in 100 of something that a source gave and that could not be used.

    Attributes:
        kind: ``values`` or ``times`` (of a column, could not be read), ``units`` (of rows, whose
            code is no known unit), ``rows`` (that were refused), ``wave`` (no row lies
            within it) or ``as_of`` (all rows lie after it).
        column: The column; empty where it is none.
        lost: How many.
        of: Of how many.
        likely: What is likely the cause. For times, the date formats that read most of what was
            lost; for units, the codes that most rows have, most first;
            for ``rows``, the reason that most have; for ``as_of``, that day.
        fit: Of times: how many of the lost ones looked at these formats read.
        seen: Of times: how many of the lost ones were looked at.
    """

    kind: str
    column: str = ""
    lost: int = 0
    of: int = 0
    likely: tuple[str, ...] = ()
    fit: int = 0
    seen: int = 0


@attrs.frozen(kw_only=True)
class SourceAccount:
    """What a source read, and what became of it.

    Attributes:
        source: Name in the audit file.
        table: Table that it fills.
        files: File as named to the SHA-256 of its content; empty for a table at hand.
        read: Rows that the files hold.
        kept: Rows that entered the table.
        skipped: Rows that the mapping's ``where`` or the reader left out.
        skipped_for: The reader's reasons, with the number of rows for each.
        marked: The rules by which the reader tells what is no contact of a customer or no answer
            of the house, each with the number of records that it named, none too.
        rejected: Reason to the number of rows refused.
        unreadable: Column to the number of values that did not fit its type (now null).
        unknown_fields: Fields of the files that the mapping does not use.
        missing_columns: Columns of the table that the source does not give.
        unmatched_units: Unit code to the number of rows whose code is no known unit.
        ambiguous_times, skipped_times: Local times that the clock showed twice, or never.
        outside: Rows whose natural time lies outside the wave; they count for nothing.
        untimed: Rows without a natural time that count, because nobody can say that they lie
            outside the wave.
        losses: What was lost beyond 1 in 100, with the likely cause.
        samples: Some refused rows; in a result without what they held.
        quarantined_to: File that holds all refused rows, or empty.
        notes: What else a reader should know.
    """

    source: str
    table: str
    files: Mapping[str, str] = attrs.field(factory=dict)
    read: int = 0
    kept: int = 0
    skipped: int = 0
    skipped_for: Mapping[str, int] = attrs.field(factory=dict)
    marked: tuple[MarkedRecords, ...] = ()
    rejected: Mapping[str, int] = attrs.field(factory=dict)
    unreadable: Mapping[str, int] = attrs.field(factory=dict)
    unknown_fields: tuple[str, ...] = ()
    missing_columns: tuple[str, ...] = ()
    unmatched_units: Mapping[str, int] = attrs.field(factory=dict)
    ambiguous_times: int = 0
    skipped_times: int = 0
    outside: int = 0
    untimed: int = 0
    losses: tuple[Loss, ...] = ()
    samples: tuple[QuarantinedRow, ...] = ()
    quarantined_to: str = ""
    notes: tuple[str, ...] = ()
