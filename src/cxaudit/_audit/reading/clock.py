"""A clock of open hours, counted up and cut into parts (see `cxaudit._model.schedules`).

The hours of the audit file are wall-clock times: they are laid out day by day as local times, and
each stretch in which a zone keeps one offset from UTC takes what its own clock shows. Stretches
that a source gives are instants already. Both are united, counted up, and cut.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import attrs

from cxaudit._model.schedules import ORIGIN, TURNS, Schedule, Span
from cxaudit._model.tables import ColumnRows
from cxaudit._model.zones import spans

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Times = npt.NDArray[np.int64]

__all__ = ["EPOCH", "Clock", "clock_of"]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_MICROSECONDS = 1_000_000
_DAY = 86_400
_THURSDAY = 3
"""Day of the week of 1 January 1970, from Monday 0."""
_LENGTHS = tuple(hours * 3600 * _MICROSECONDS for hours in (24, 6, 1))
_CROWDED = 0.01
"""Share of parts with more than `TURNS` turns from which shorter parts are taken."""
_FAR = 2**62


@attrs.frozen(eq=False)
class _Intervals:
    """Times from some up to others, in order and with gaps between them."""

    starts: Times
    ends: Times

    def before(self, at: Times) -> Times:
        """Return the number of the last interval that starts at or before each time, or -1."""
        import numpy as np

        return np.searchsorted(self.starts, at, "right") - 1

    def counted(self, at: Times) -> Times:
        """Return the time within the intervals up to each time."""
        import numpy as np

        if not len(self.starts):
            return np.zeros_like(at)
        whole = np.concatenate([[0], np.cumsum(self.ends - self.starts)])
        index = self.before(at)
        last = np.maximum(index, 0)
        within = np.minimum(at, self.ends[last]) - self.starts[last]
        return np.where(index < 0, 0, whole[last] + within)

    def contain(self, at: Times) -> npt.NDArray[np.bool_]:
        """Tell for each time whether it lies in an interval, ends left out."""
        import numpy as np

        if not len(self.starts):
            return np.zeros(len(at), bool)
        index = self.before(at)
        contained: npt.NDArray[np.bool_] = (index >= 0) & (at < self.ends[index])
        return contained

    def in_utc(self, zone: str, years: range) -> Iterator[tuple[Times, Times]]:
        """Yield the instants at which the clock of a zone shows one of these local times."""
        import numpy as np

        # Paris is at +1 h until 01:00 UTC on 29 March 2026, then at +2 h. Of local 00:00 to 09:00
        # the first gives 23:00 to 01:00 UTC, the second 01:00 to 07:00: no skipped hour counts.
        low = -_FAR
        for here, after in itertools.zip_longest(offsets := _offsets(zone, years), offsets[1:]):
            high = after[0] if after else _FAR
            first = np.searchsorted(self.ends, low + here[1], "right")
            last = np.searchsorted(self.starts, high + here[1], "left")
            part = slice(int(first), int(last))
            yield (
                np.maximum(self.starts[part] - here[1], low),
                np.minimum(self.ends[part] - here[1], high),
            )
            low = high


@attrs.frozen(eq=False, slots=False)
class Clock:
    """When something is open, within the times that its hours cover; in microseconds since 1970."""

    open: _Intervals
    covered: _Intervals
    years: range

    @cached_property
    def turns(self) -> Times:
        """Return all instants at which it opens or closes."""
        import numpy as np

        return np.sort(np.concatenate([self.open.starts, self.open.ends]))

    @cached_property
    def length(self) -> int:
        """Return the greatest length of parts in which few have too many turns."""
        for length in _LENGTHS:
            starts = self.starts(length)
            crowded = self._turns_in(starts, length)[1] > TURNS
            if not len(starts) or crowded.mean() <= _CROWDED:
                return length
        return _LENGTHS[-1]

    def starts(self, length: int) -> Times:
        """Return the beginnings of all parts of some length."""
        import numpy as np

        low, high = (_midnight(date(year, 1, 1)) for year in (self.years[0], self.years[-1] + 1))
        return np.arange(low * _MICROSECONDS, high * _MICROSECONDS, length, dtype=np.int64)

    def _turns_in(self, starts: Times, length: int) -> tuple[Times, Times]:
        """Return, per part, the number of its first turn after its beginning, and how many."""
        import numpy as np

        first = np.searchsorted(self.turns, starts, "right")
        return first, np.searchsorted(self.turns, starts + length, "left") - first

    @cached_property
    def whole(self) -> npt.NDArray[np.bool_]:
        """Tell which parts are covered from beginning to end, and have few turns."""
        import numpy as np

        starts = self.starts(self.length)
        if not len(self.covered.starts):
            return np.zeros(len(starts), bool)
        index = self.covered.before(starts)
        covered = (index >= 0) & (starts + self.length <= self.covered.ends[index])
        fit: npt.NDArray[np.bool_] = covered & (self._turns_in(starts, self.length)[1] <= TURNS)
        return fit

    def parts(self, first_key: int) -> ColumnRows:
        """Return the rows of `OPEN_PARTS`."""
        import numpy as np

        starts = self.starts(self.length)[self.whole]
        first, count = self._turns_in(starts, self.length)
        turns = np.append(self.turns, 0)
        columns = self._common(starts, first_key)
        for number in range(TURNS):
            exists = number < count
            turn = turns[np.where(exists, first + number, -1)]
            columns[f"_turn{number + 1}"] = np.where(exists, turn, starts + self.length)
        return ColumnRows(columns)

    def pieces(self, first_key: int) -> ColumnRows:
        """Return the rows of `OPEN_PIECES`. The last instant that is covered belongs to them."""
        import numpy as np

        cut = self.starts(self.length)[~self.whole]
        ends = self.covered.ends
        points = np.concatenate(
            [cut, cut + self.length, self.turns, self.covered.starts, ends, ends + 1]
        )
        points = np.unique(points)
        starts, until = points[:-1], points[1:]
        nearest = self.covered.before(starts)
        is_covered = (nearest >= 0) & (starts <= np.append(ends, 0)[nearest])
        kept = np.isin(starts // self.length * self.length, cut) & is_covered
        return ColumnRows(
            {**self._common(starts[kept], first_key), "_until": until[kept]},
        )

    def _common(self, starts: Times, first_key: int) -> dict[str, npt.NDArray[Any]]:
        """Return the columns that parts and pieces share."""
        import numpy as np

        return {
            "_key": first_key + (starts + ORIGIN) // self.length,
            "_range": self.covered.before(starts),
            "_since": starts,
            "_before": self.open.counted(starts) - self.open.counted(np.zeros(1, np.int64)),
            "_open": self.open.contain(starts).astype(np.int64),
        }


def clock_of(
    schedules: Sequence[Schedule],
    zone: str,
    read: tuple[Times, Times] | None,
    years: range,
) -> Clock:
    """Return the clock of some hours on the walls of a zone and of the stretches of sources."""
    local = [_wall(schedule, years) for schedule in schedules]
    opened = list(_instants((hours for hours, _ in local), zone, years))
    covered = list(_instants((cover for _, cover in local), zone, years))
    if read is not None:
        opened.append(read)
        covered.append((read[0].min(keepdims=True), read[1].max(keepdims=True)))
    return Clock(_united(opened), _united(covered), years)


def _instants(
    local: Iterable[tuple[Times, Times]], zone: str, years: range
) -> Iterator[tuple[Times, Times]]:
    """Yield the instants, in microseconds, at which a zone's clock shows some local times."""
    for starts, ends in _united(local).in_utc(zone, years):
        yield starts * _MICROSECONDS, ends * _MICROSECONDS


def _wall(schedule: Schedule, years: range) -> tuple[tuple[Times, Times], tuple[Times, Times]]:
    """Return the local times at which a schedule is open, and those that it covers.

    One day more is laid out on either side, for nights and for zones' offsets.
    """
    import numpy as np

    first = _midnight(max(date(years[0] - 1, 12, 30), schedule.start or date.min))
    last = _midnight(min(date(years[-1] + 1, 1, 2), schedule.end or date.max))
    days = np.arange(first, last + 1, _DAY, dtype=np.int64)
    apart: dict[int, tuple[Span, ...]] = {_midnight(day): () for day in schedule.holidays}
    apart |= {_midnight(day): hours for day, hours in schedule.exceptions.items()}
    plain = days[~np.isin(days, np.array([*apart], np.int64))]
    weekday = (plain // _DAY + _THURSDAY) % 7
    stretches = [
        (plain[weekday == number] + opens, plain[weekday == number] + closes)
        for number, hours in enumerate(schedule.hours)
        for opens, closes in hours
    ]
    for day, hours in apart.items():
        if first <= day <= last:
            stretches += [
                (np.array([day + opens]), np.array([day + shuts])) for opens, shuts in hours
            ]
    opened = _united(stretches)
    covered = days[:1], days[-1:] + _DAY
    return (opened.starts, opened.ends), covered


def _united(pairs: Iterable[tuple[Times, Times]]) -> _Intervals:
    """Return the union of intervals; those that touch become one, those of no length vanish."""
    import numpy as np

    lists = [(np.empty(0, np.int64), np.empty(0, np.int64)), *pairs]
    starts, ends = (np.concatenate([pair[side] for pair in lists]) for side in (0, 1))
    starts, ends = starts[starts < ends], ends[starts < ends]
    # Of 1-3, 2-5 and 7-9 the greatest ends so far are 3, 5 and 9. Only 7 lies beyond the one
    # before it, so the union is 1-5 and 7-9.
    order = np.argsort(starts, kind="stable")
    starts, ends = starts[order], np.maximum.accumulate(ends[order])
    new = np.append(True, starts[1:] > ends[:-1])[: len(starts)]
    last = np.append(new[1:], True)[: len(starts)]
    return _Intervals(starts[new], ends[last])


@lru_cache(maxsize=1024)
def _offsets(zone: str, years: range) -> tuple[tuple[int, int], ...]:
    """Return from when on (seconds since 1970) a zone has which offset (seconds)."""
    offsets: list[tuple[int, int]] = []
    for span in spans(zone, years[0] - 1, years[-1] + 1):
        since = -_FAR
        if offsets:
            local = span.since.replace(tzinfo=UTC)
            since = (local - EPOCH) // _SECOND - max(offsets[-1][1], span.offset)
        offsets.append((since, span.offset))
    return tuple(offsets)


def _midnight(day: date) -> int:
    """Return the midnight that a day begins with, on its own clock, in seconds since 1970."""
    return (day.toordinal() - EPOCH.toordinal()) * _DAY
