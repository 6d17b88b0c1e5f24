"""Results as the text of JSON.

Findings and answers are written column by column, and each of their values that recurs once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
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

_DEPTH = 3
"""How deep the text of a result has a line for each entry."""
_AT_ONCE = 50_000
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


def json_text(value: Any) -> str:
    """Return JSON values, with columns among them, as text.

    Its outer levels have a line for each entry.
    """
    return "".join([*_lines(value, _DEPTH, "\n"), "\n"])


def _lines(value: Any, depth: int, start: str) -> Iterator[str]:
    inner = start + " "
    if isinstance(value, Findings | Answers) and value:
        yield from _row_lines(value, depth, start)
    elif not value or depth == 0 or not isinstance(value, dict | list):
        yield "[]" if isinstance(value, Findings | Answers) else _encode(value)
    elif isinstance(value, dict):
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
    first, then, end = ("", ", ", "") if depth <= 1 else (inner + " ", f",{inner} ", inner)
    fields = then.join(f"{_encode(name)}: %s" for name in FIELDS[type(rows)])
    write = f"{{{first}{fields}{end}}}".__mod__
    before = "[" + inner
    for batch in row_texts(rows):
        yield before + between.join(map(write, batch))
        before = between
    yield (start if depth > 0 else "") + "]"


def row_texts(rows: Columns) -> Iterator[Iterator[tuple[str, ...]]]:
    """Yield rows in batches; of each row the JSON text of each of its `FIELDS`."""
    columns = _findings(rows) if isinstance(rows, Findings) else _answers(rows)
    for start in range(0, len(rows), _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        yield zip(*(column(some) for column in columns), strict=True)


Column = Callable[[slice], Iterable[str]]
"""Returns the texts of some rows of a column."""


def _findings(findings: Findings) -> list[Column]:
    names = (findings.items, findings.touchpoints, findings.units, findings.reasons)
    codes = (findings.item, findings.touchpoint, findings.unit, findings.reason)
    item, touchpoint, unit, reason = (
        _coded(table, column) for table, column in zip(names, codes, strict=True)
    )

    def fingerprints(some: slice) -> Iterable[str]:
        keys = (
            map(table.__getitem__, column[some].tolist())
            for table, column in zip(names[:3], codes[:3], strict=True)
        )
        return [f'"{fingerprint(*key)}"' for key in zip(*keys, strict=True)]

    by_name: dict[str, Column] = {
        "fingerprint": fingerprints,
        "item": item,
        "touchpoint": touchpoint,
        "unit": unit,
        "reason": reason,
        # The code of none, -1, is the last place of the table.
        "direction": _coded((*findings.directions, None), findings.direction),
        "state": _distinct(findings.state, lambda state: _encode(State(state).label)),
        "flags": _distinct(findings.flags, lambda flags: _encode(list(Flag(flags).labels))),
        "weight": _distinct(findings.weight, lambda weight: _encode(json_value(weight))),
        "n": _distinct(findings.n, str),
    }
    return [
        by_name.get(name) or _distinct(getattr(findings, name), _number)
        for name in FIELDS[Findings]
    ]


def _answers(answers: Answers) -> list[Column]:
    # A value may be a number or a text, so that one which is not finite says that it is a number.
    columns = [
        _coded(
            answers.tables[name], answers.codes[name], free_value if name == "value" else json_value
        )
        for name in FIELDS[Answers]
        if name != "row"
    ]
    return [*columns, lambda some: map(str, answers.row[some].tolist())]


def _coded(
    table: Iterable[Any], codes: NDArray[Any], write: Callable[[Any], Any] = json_value
) -> Column:
    texts = [_encode(write(value)) for value in table]
    return lambda some: map(texts.__getitem__, codes[some].tolist())


def _distinct(numbers: NDArray[Any], write: Callable[[Any], str]) -> Column:
    """Return a column of numbers, each of which is written once a batch."""
    import numpy as np

    # -0.0 equals 0.0 and is written otherwise; their bits differ.
    bits = numbers.view(np.int64) if numbers.dtype == np.float64 else numbers

    def texts(some: slice) -> Iterable[str]:
        _, first, codes = np.unique(bits[some], return_index=True, return_inverse=True)
        written = list(map(write, numbers[some][first].tolist()))
        return map(written.__getitem__, codes.tolist())

    return texts


def _number(number: float) -> str:
    # One that is not known is NaN.
    return "null" if number != number else _encode(json_value(number))  # noqa: PLR0124
