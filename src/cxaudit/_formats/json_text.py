"""Results as the text of JSON.

Findings and answers are written column by column, and each of their values that recurs once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from cxaudit._formats.writing import free_value, json_value
from cxaudit._model.evidence import Answer, Answers
from cxaudit._model.findings import Finding, Findings, Flag, State, fingerprint

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["FIELDS", "json_text", "row_texts"]

Columns = Findings | Answers
FIELDS: dict[type, tuple[str, ...]] = {
    Findings: ("fingerprint", *(field.name for field in attrs.fields(Finding))),
    Answers: tuple(field.name for field in attrs.fields(Answer)),
}
"""The fields of a row, in the order in which they are written."""

_SUBJECT = ("item", "touchpoint", "unit")
_DEPTH = 3
"""How deep the text of a result has a line for each entry."""
_AT_ONCE = 2_000
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


def json_text(value: Any) -> str:
    """Return JSON values, with columns among them, as text.

    Its outer levels have a line for each entry.
    """
    return "".join([*_lines(value, _DEPTH, "\n"), "\n"])


def _lines(value: Any, depth: int, start: str) -> Iterator[str]:
    kind = type(value)
    inner = start + " "
    if kind in FIELDS:
        yield from _row_lines(value, depth, start) if value else ("[]",)
    elif not value or depth == 0 or kind not in {dict, list}:
        yield _encode(value)
    elif kind is dict:
        before = "{" + inner
        for key, entry in value.items():
            yield f"{before}{_encode(key)}: "
            yield from _lines(entry, depth - 1, inner)
            before = "," + inner
        yield start + "}"
    else:
        before = "[" + inner
        for entry in value:
            yield before
            yield from _lines(entry, depth - 1, inner)
            before = "," + inner
        yield start + "]"


def _row_lines(rows: Columns, depth: int, start: str) -> Iterator[str]:
    # At depth 2 a row begins with '\n  {\n   "item": ', at depth 1 with '\n  {"item": ' and at
    # depth 0 with '{"item": '.
    inner, between = (start + " ", "," + start + " ") if depth > 0 else ("", ", ")
    first, then, end = (
        ("{", ", ", "}") if depth <= 1 else (f"{{{inner} ", f",{inner} ", inner + "}")
    )
    before = {name: f"{then}{_encode(name)}: " for name in FIELDS[type(rows)]}
    before[FIELDS[type(rows)][0]] = f"{first}{_encode(FIELDS[type(rows)][0])}: "
    opening = "[" + inner
    for batch in row_texts(rows, lambda name, text: before[name] + text):
        yield opening + (end + between).join(batch) + end
        opening = between
    yield (start if depth > 0 else "") + "]"


Field = Callable[[str, str], str]
"""Returns a field as it stands in a row, by its name and the JSON text of its value."""
Column = Callable[[slice], Iterable[str]]
"""Returns the fields of some rows."""


def row_texts(rows: Columns, field: Field) -> Iterator[Iterator[str]]:
    """Yield rows in batches; of each row its `FIELDS`, one behind the other."""
    columns = _findings(rows, field) if isinstance(rows, Findings) else _answers(rows, field)
    for start in range(0, len(rows), _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        yield map("".join, zip(*(column(some) for column in columns), strict=True))


def _findings(findings: Findings, field: Field) -> list[Column]:
    tables = {
        "item": (findings.items, findings.item),
        "touchpoint": (findings.touchpoints, findings.touchpoint),
        "unit": (findings.units, findings.unit),
        "reason": (findings.reasons, findings.reason),
        # The code of none, -1, is the last place of the table.
        "direction": ((*findings.directions, None), findings.direction),
    }
    writers: dict[str, Callable[[Any], Any]] = {
        "state": State,
        "flags": Flag,
        "weight": float,
        "n": int,
    }

    def fingerprints(some: slice) -> Iterable[str]:
        subjects = zip(*(_values(*tables[name], some) for name in _SUBJECT), strict=True)
        return [field("fingerprint", f'"{fingerprint(*subject)}"') for subject in subjects]

    columns: list[Column] = [fingerprints]
    for name in FIELDS[Findings][1:]:
        if name in tables:
            columns.append(_coded(name, *tables[name], json_value, field))
        else:
            write = writers.get(name, _known)
            columns.append(_distinct(name, getattr(findings, name), write, field))
    return columns


def _answers(answers: Answers, field: Field) -> list[Column]:
    columns = []
    for name in FIELDS[Answers]:
        if name == "row":
            columns.append(_distinct(name, answers.row, int, field))
        else:
            # A value may be a number or a text, so one that is not finite says what it is.
            write = free_value if name == "value" else json_value
            columns.append(_coded(name, answers.tables[name], answers.codes[name], write, field))
    return columns


def _values(table: Sequence[Any], codes: NDArray[Any], some: slice) -> Iterable[Any]:
    return map(table.__getitem__, codes[some].tolist())


def _coded(
    name: str,
    table: Iterable[Any],
    codes: NDArray[Any],
    write: Callable[[Any], Any],
    field: Field,
) -> Column:
    texts = [field(name, _encode(write(value))) for value in table]
    return lambda some: _values(texts, codes, some)


def _distinct(
    name: str, numbers: NDArray[Any], value_of: Callable[[Any], Any], field: Field
) -> Column:
    """Return a column of numbers, each of which is written once a batch."""
    import numpy as np

    # -0.0 equals 0.0 and is written otherwise; their bits differ.
    bits = numbers.view(np.int64) if numbers.dtype == np.float64 else numbers

    def texts(some: slice) -> Iterable[str]:
        _, first, codes = np.unique(bits[some], return_index=True, return_inverse=True)
        values = map(value_of, numbers[some][first].tolist())
        written = [field(name, _encode(json_value(value))) for value in values]
        return map(written.__getitem__, codes.tolist())

    return texts


def _known(number: float) -> float | None:
    return None if number != number else number  # noqa: PLR0124 - NaN is not known
