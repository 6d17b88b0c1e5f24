"""Offsets of time zones from UTC, as a table that local times are joined to.

Python's zone data decide, not the engine's: a local time that the clock showed twice is the first
of the two, and one that it never showed moves forward by the gap. Both follow from one rule: where
the offset changes at the instant U, the new offset holds from the local time U + max(old, new).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import attrs

__all__ = ["Span", "Turn", "spans", "turns"]

_FIRST_YEAR, _LAST_YEAR = 1850, 2200
_DAY, _SECOND = timedelta(days=1), timedelta(seconds=1)


@attrs.frozen(kw_only=True)
class Span:
    """Local times with one offset.

    Attributes:
        zone: The zone.
        since: First local time with it.
        offset: Seconds that the local time is ahead of UTC.
        odd_from: From here to the end of the span the clock showed times twice or never; None
            when the span does not end.
        twice: Whether it showed them twice.
    """

    zone: str
    since: datetime
    offset: int
    odd_from: datetime | None
    twice: bool


def spans(zone: str, first_year: int, last_year: int) -> tuple[Span, ...]:
    """Return the spans of a zone over some years, without gaps between them.

    The first reaches back, and the last on, without end; years are held within 1850 to 2200.

    Raises:
        ValueError: If there is no such zone.
    """
    begin = datetime(max(_FIRST_YEAR, min(first_year - 1, _LAST_YEAR)), 1, 1, tzinfo=UTC)
    end = datetime(min(_LAST_YEAR, max(last_year + 1, _FIRST_YEAR)), 12, 31, tzinfo=UTC)
    first, *changes = turns(zone, begin, end)
    zone_spans: list[Span] = []
    since, offset = datetime(1, 1, 1), first.offset  # noqa: DTZ001 - local times carry no zone here
    for change in changes:
        wall = change.since.replace(tzinfo=None)
        zone_spans.append(
            Span(
                zone=zone,
                since=since,
                offset=offset,
                odd_from=wall + timedelta(seconds=min(offset, change.offset)),
                twice=change.offset < offset,
            )
        )
        since = wall + timedelta(seconds=max(offset, change.offset))
        offset = change.offset
    zone_spans.append(Span(zone=zone, since=since, offset=offset, odd_from=None, twice=False))
    return tuple(zone_spans)


@attrs.frozen(kw_only=True)
class Turn:
    """An instant from which a zone's clocks are so many seconds ahead of UTC."""

    since: datetime
    offset: int


def turns(zone: str, begin: datetime, end: datetime) -> tuple[Turn, ...]:
    """Return what a zone's clocks show at an instant, and each change up to another.

    Raises:
        ValueError: If there is no such zone.
    """
    try:
        zone_info = ZoneInfo(zone)
    except (KeyError, OSError, ValueError) as error:
        message = f"there is no time zone named {zone!r}"
        raise ValueError(message) from error
    zone_turns = [Turn(since=begin, offset=_seconds(_offset(zone_info, begin)))]
    offset = _offset(zone_info, begin)
    while begin < end:
        after = begin + _DAY
        if _offset(zone_info, after) == offset:
            begin = after
            continue
        begin = _change(zone_info, begin, after)
        offset = _offset(zone_info, begin)
        zone_turns.append(Turn(since=begin, offset=_seconds(offset)))
    return tuple(zone_turns)


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()


def _seconds(offset: timedelta) -> int:
    return int(offset.total_seconds())


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """Return the first second with another offset than ``before`` has, up to ``after``."""
    old = _offset(zone, before)
    while after - before > _SECOND:
        middle = before + timedelta(seconds=int((after - before).total_seconds()) // 2)
        if _offset(zone, middle) == old:
            before = middle
        else:
            after = middle
    return after
