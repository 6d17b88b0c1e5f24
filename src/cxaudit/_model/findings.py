"""Verdicts and findings."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable, Iterator, Sequence
from enum import IntEnum, IntFlag
from typing import TYPE_CHECKING, Any

import attrs

from cxaudit._model.directions import Direction
from cxaudit._model.evidence import Evidence

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Finding", "Findings", "Flag", "State", "Verdict", "fingerprint"]


class State(IntEnum):
    """The state of a finding: below 10 scored, below 20 unknown, else neutral."""

    MET = 1
    NOT_MET = 2
    PARTLY = 3
    MEASURED = 4
    UNANSWERED = 10
    NOT_OBSERVED = 11
    NO_TARGET = 12
    INSUFFICIENT = 13
    UNAVAILABLE = 14
    ERROR = 15
    NOT_APPLICABLE = 20
    INFORMATIVE = 21
    EXCLUDED = 22

    @property
    def scored(self) -> bool:
        """Tell whether the state carries a score."""
        return self < State.UNANSWERED

    @property
    def unknown(self) -> bool:
        """Tell whether the item should have been judged and was not."""
        return State.UNANSWERED <= self < State.NOT_APPLICABLE

    @property
    def neutral(self) -> bool:
        """Tell whether the item has no part in the score."""
        return self >= State.NOT_APPLICABLE

    @property
    def label(self) -> str:
        """Return the state's name as files write it, such as ``not_met``."""
        return self.name.lower()


class Flag(IntFlag):
    """What else is true of a finding, beside its state."""

    NONE = 0
    CRITICAL = 1
    FAILED = 2
    SUSPECTED = 4
    NOT_CLEARED = 8
    WAIVED = 16
    STALE = 32
    TENTATIVE = 64
    NEW = 128
    FIXED = 256
    UNCHANGED = 512
    COMPLIANCE = 1024

    @property
    def labels(self) -> tuple[str, ...]:
        """Return the names of the flags that are set, as files write them."""
        return tuple(flag.name.lower() for flag in Flag if flag and flag in self and flag.name)


def _is_state(_verdict: object, _attribute: Any, state: Any) -> None:
    if not isinstance(state, State):
        msg = f"a verdict's state is {state!r}, which is no State, such as State.MET"
        raise TypeError(msg)


@attrs.frozen(kw_only=True)
class Verdict:
    """What a check or the answers say of an item.

    Attributes:
        state: The state.
        score: Score in [0, 1] when the state is scored, else None.
        low, high: Interval of the score; None when it cannot be given (then it is taken to be
            0 to 1).
        value: The value judged, in the item's unit.
        value_low, value_high: Its interval.
        n: Rows or cases that it rests on.
        reason: Why it is unknown or neutral, or what else must be said.
        tentative: Whether the interval straddles the target.
        proven: For ``severity = "event"``: whether at least one case is proven.
        evidence: What it rests on, when the check itself knows.
        direction: How the clusters of its evidence lie about the score; None where nobody knows,
            and then it is taken to vary by itself.
    """

    state: State = attrs.field(validator=_is_state)
    score: float | None = None
    low: float | None = None
    high: float | None = None
    value: float | None = None
    value_low: float | None = None
    value_high: float | None = None
    n: int = 0
    reason: str = ""
    tentative: bool = False
    proven: bool = False
    evidence: tuple[Evidence, ...] = ()
    direction: Direction | None = None

    def __attrs_post_init__(self) -> None:
        if self.state.scored != (self.score is not None):
            has = "no" if self.state.scored else "a"
            msg = f"a verdict in state {self.state.label} has {has} score"
            raise ValueError(msg)
        if self.score is not None and not 0 <= self.score <= 1:
            msg = f"score {self.score} lies outside 0 to 1"
            raise ValueError(msg)


@attrs.frozen(kw_only=True)
class Finding:
    """A verdict on an item at a touchpoint and unit."""

    item: str
    touchpoint: str
    unit: str
    state: State
    flags: Flag = Flag.NONE
    score: float | None = None
    low: float | None = None
    high: float | None = None
    weight: float = 0.0
    value: float | None = None
    value_low: float | None = None
    value_high: float | None = None
    n: int = 0
    reason: str = ""
    direction: Direction | None = None

    @property
    def fingerprint(self) -> str:
        """Return the finding's id over all runs: a digest of item, touchpoint and unit."""
        return fingerprint(self.item, self.touchpoint, self.unit)


def fingerprint(item: str, touchpoint: str, unit: str) -> str:
    """Return the id over all runs of a finding (see `Finding.fingerprint`)."""
    key = f"{item}\x1f{touchpoint}\x1f{unit}"
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def _no_directions(n: NDArray[np.int64]) -> NDArray[np.int32]:
    import numpy as np

    return np.full(len(n), -1, dtype=np.int32)


_AT_ONCE = 10_000
"""Rows that are taken out of the columns at once: far quicker than one by one."""
_FLOATS = ("score", "low", "high", "weight", "value", "value_low", "value_high")


@attrs.frozen(kw_only=True, eq=False)
class Findings:
    """All findings of a run, as columns.

    Arrays have one entry a finding. Floats that are not known are NaN. ``item``,
    ``touchpoint``, ``unit`` and ``reason`` are int32 codes into the tables of the same plural
    name; ``state`` is int8, ``flags`` int16, ``n`` int64, the rest float64. ``direction`` is an
    int32 code into ``directions``, or -1.
    """

    items: tuple[str, ...]
    touchpoints: tuple[str, ...]
    units: tuple[str, ...]
    reasons: tuple[str, ...]
    item: NDArray[np.int32]
    touchpoint: NDArray[np.int32]
    unit: NDArray[np.int32]
    reason: NDArray[np.int32]
    state: NDArray[np.int8]
    flags: NDArray[np.int16]
    score: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    weight: NDArray[np.float64]
    value: NDArray[np.float64]
    value_low: NDArray[np.float64]
    value_high: NDArray[np.float64]
    n: NDArray[np.int64]
    direction: NDArray[np.int32] = attrs.field(
        default=attrs.Factory(lambda findings: _no_directions(findings.n), takes_self=True)
    )
    directions: tuple[Direction, ...] = ()

    def __attrs_post_init__(self) -> None:
        for name in _ARRAYS:
            getattr(self, name).flags.writeable = False

    @classmethod
    def of(cls, findings: Iterable[Finding]) -> Findings:
        """Return the columns of some findings, in their order."""
        import numpy as np

        rows = list(findings)

        def coded(values: Sequence[str]) -> tuple[tuple[str, ...], NDArray[np.int32]]:
            table = {value: code for code, value in enumerate(dict.fromkeys(values))}
            return tuple(table), np.array([table[value] for value in values], dtype=np.int32)

        items, item = coded([row.item for row in rows])
        touchpoints, touchpoint = coded([row.touchpoint for row in rows])
        units, unit = coded([row.unit for row in rows])
        reasons, reason = coded([row.reason for row in rows])
        directions: dict[Direction | None, int] = {None: -1}
        for row in rows:
            directions.setdefault(row.direction, len(directions) - 1)
        floats = {
            name: np.array(
                [np.nan if getattr(row, name) is None else getattr(row, name) for row in rows],
                dtype=np.float64,
            )
            for name in _FLOATS
        }
        return cls(
            items=items,
            touchpoints=touchpoints,
            units=units,
            reasons=reasons,
            directions=tuple(filter(None, directions)),
            direction=np.array([directions[row.direction] for row in rows], dtype=np.int32),
            item=item,
            touchpoint=touchpoint,
            unit=unit,
            reason=reason,
            state=np.array([row.state for row in rows], dtype=np.int8),
            flags=np.array([row.flags for row in rows], dtype=np.int16),
            n=np.array([row.n for row in rows], dtype=np.int64),
            **floats,
        )

    def where(self, rows: NDArray[Any] | slice) -> Findings:
        """Return some of the findings, by a mask, by positions or by a slice."""
        return attrs.evolve(self, **{name: getattr(self, name)[rows] for name in _ARRAYS})

    def among(self, name: str, values: Container[str]) -> NDArray[np.bool_]:
        """Tell of each finding whether its item, touchpoint or unit is one of some ids.

        Args:
            name: ``item``, ``touchpoint`` or ``unit``.
            values: The ids.
        """
        import numpy as np

        ids = [value in values for value in getattr(self, f"{name}s")]
        chosen: NDArray[np.bool_] = np.array(ids, dtype=bool)[getattr(self, name)]
        return chosen

    def __len__(self) -> int:
        return len(self.state)

    def __getitem__(self, index: int) -> Finding:
        def number_or_none(column: NDArray[np.float64]) -> float | None:
            number = float(column[index])
            return None if number != number else number  # noqa: PLR0124

        return Finding(
            item=self.items[self.item[index]],
            touchpoint=self.touchpoints[self.touchpoint[index]],
            unit=self.units[self.unit[index]],
            state=State(int(self.state[index])),
            flags=Flag(int(self.flags[index])),
            score=number_or_none(self.score),
            low=number_or_none(self.low),
            high=number_or_none(self.high),
            weight=float(self.weight[index]),
            value=number_or_none(self.value),
            value_low=number_or_none(self.value_low),
            value_high=number_or_none(self.value_high),
            n=int(self.n[index]),
            reason=self.reasons[self.reason[index]],
            direction=self._direction(int(self.direction[index])),
        )

    def _direction(self, code: int) -> Direction | None:
        return None if code < 0 else self.directions[code]

    def __iter__(self) -> Iterator[Finding]:
        states = {int(state): state for state in State}
        flags = {number: Flag(number) for number in set(self.flags.tolist())}

        for start in range(0, len(self), _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            for codes, score, low, high, value, value_low, value_high in zip(
                self._codes(some),
                *(
                    [None if number != number else number for number in column[some].tolist()]  # noqa: PLR0124
                    for column in self._numbers()
                ),
                strict=True,
            ):
                item, touchpoint, unit, state, flag, weight, n, reason, direction = codes
                yield Finding(
                    item=self.items[item],
                    touchpoint=self.touchpoints[touchpoint],
                    unit=self.units[unit],
                    state=states[state],
                    flags=flags[flag],
                    score=score,
                    low=low,
                    high=high,
                    weight=weight,
                    value=value,
                    value_low=value_low,
                    value_high=value_high,
                    n=n,
                    reason=self.reasons[reason],
                    direction=self._direction(direction),
                )

    def _codes(self, some: slice) -> Iterator[tuple[Any, ...]]:
        columns: tuple[NDArray[Any], ...] = (
            *(self.item, self.touchpoint, self.unit, self.state, self.flags),
            *(self.weight, self.n, self.reason, self.direction),
        )
        return zip(*(column[some].tolist() for column in columns), strict=True)

    def _numbers(self) -> tuple[NDArray[np.float64], ...]:
        return (self.score, self.low, self.high, self.value, self.value_low, self.value_high)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Findings) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]


_TABLES = {"items", "touchpoints", "units", "reasons", "directions"}
_ARRAYS = tuple(field.name for field in attrs.fields(Findings) if field.name not in _TABLES)
"""The columns themselves, without the tables that their codes stand in."""
