"""Rows of records as people read them: titles, local times, durations."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cxaudit._report.context import Context
from cxaudit._words import numbers
from cxaudit._words.language import N_, _

__all__ = ["column_title", "has_times", "moment", "row_words", "row_zone"]

_MINUTES = 120
"""Under this many seconds a duration is said in seconds."""
_SECONDS = "_s"
_ENDS = re.compile(r"(_at|_on|_s|_id|_key|_name)$")
_STARTS = re.compile(r"^is_")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_SPECIAL = {
    **{name: name.upper() for name in ("nps", "csat", "ces", "ivr", "url")},
    "direction": N_("Inbound or outbound"),
    "outcome": N_("How it ended"),
    "kept": N_("Promise kept"),
}
"""Titles that are not made of the column's name."""
_TITLES = (
    *(N_("Call"), N_("Chain"), N_("Customer"), N_("Queue"), N_("Agent"), N_("Team")),
    *(N_("Kind"), N_("Priority"), N_("Started"), N_("Queued")),
    *(N_("Answered"), N_("Ended"), N_("Wait"), N_("Talk"), N_("Hold"), N_("Wrap"), N_("Ring")),
    *(N_("Holds"), N_("Longest hold"), N_("Transfers"), N_("Ended by"), N_("Position")),
    *(N_("Reason"), N_("Resolved"), N_("Test"), N_("Unit"), N_("Touchpoint"), N_("Thread")),
    *(N_("Channel"), N_("Opened"), N_("First reply"), N_("First human reply"), N_("Solved")),
    *(N_("Closed"), N_("Status"), N_("Category"), N_("Reopens"), N_("Replies"), N_("Subject")),
    *(N_("Complaint"), N_("Received"), N_("Acknowledged"), N_("Sent"), N_("Told"), N_("Product")),
    *(N_("Issue"), N_("Response"), N_("Invited"), N_("Message"), N_("Author role"), N_("Due")),
    *(N_("Promise"), N_("Promised"), N_("Title"), N_("Device"), N_("Visit")),
)
"""Titles of the commonest columns, to be translated; others stand as their names say."""


def row_words(context: Context, unit: str, fields: Mapping[str, object], *, zoned: bool) -> str:
    """Return what a row holds, with titles for its columns.

    Args:
        context: Of the report.
        unit: Unit of the finding, whose clock is taken where the row names no unit.
        fields: The row; what is empty or masked is left out.
        zoned: Whether to name the zone of its times.
    """
    clock = _clock(row_zone(context, unit, fields))
    parts = [
        _("{title}: {value}", title=column_title(name), value=written)
        for name, value in fields.items()
        if value is not None and value != f"[{name}]"
        if (written := _written(context, name, value, clock))
    ]
    text = "; ".join(parts)
    if zoned and text and has_times(fields):
        return _("{row} (times of {zone})", row=text, zone=row_zone(context, unit, fields))
    return text


def row_zone(context: Context, unit: str, fields: Mapping[str, object]) -> str:
    """Return the zone of a row's times: of the unit that it names, else of the finding's unit."""
    row_unit = context.units.get(str(fields.get("unit"))) or context.units.get(unit)
    return row_unit.zone if row_unit else "UTC"


def has_times(fields: Mapping[str, object]) -> bool:
    """Tell whether a row has a column with an instant."""
    return any(isinstance(value, str) and _TIME.fullmatch(value) for value in fields.values())


def moment(context: Context, text: str) -> str:
    """Return an instant in the zone of the organisation; other texts stay as they are."""
    if not _TIME.fullmatch(text):
        return text
    zone = context.units[context.root].zone
    return _("{time} ({zone})", time=_local(text, _clock(zone)), zone=zone)


def _clock(zone: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        return None


def column_title(name: str) -> str:
    """Return the title of a table's column."""
    short = _ENDS.sub("", _STARTS.sub("", name)) or name
    if short in _SPECIAL:
        return _(_SPECIAL[short])
    words = short.replace("_", " ").strip()
    title = words[:1].upper() + words[1:]
    return _(title) if title in _TITLES else title


def _written(context: Context, name: str, value: object, clock: ZoneInfo | None) -> str:
    """Return a value in words; a text that is no unit, touchpoint or time stays as it is."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int | float):
        if name.endswith(_SECONDS):
            return _duration(float(value))
        return f"{value:.15g}" if isinstance(value, float) else str(value)
    text = str(value)
    if name == "unit":
        return "" if text in context.hidden_units else context.unit(text)
    if name == "touchpoint":
        return context.touchpoint(text)
    if _TIME.fullmatch(text):
        return _local(text, clock)
    return _day(text)


def _duration(seconds: float) -> str:
    if abs(seconds) < _MINUTES:
        return _("{n}\u00a0s", n=numbers.number(round(seconds, 1)))
    return numbers.duration(seconds)


def _local(text: str, clock: ZoneInfo | None) -> str:
    """Return an instant in local time; at midnight only the day."""
    try:
        at = datetime.fromisoformat(text)
        at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(clock or UTC)
    except (ValueError, OverflowError):
        return text
    day = numbers.day(at.date())
    if not at.hour and not at.minute:
        return day
    return _("{day}, {time}", day=day, time=f"{at:%H:%M}")


def _day(text: str) -> str:
    try:
        return numbers.day(date.fromisoformat(text)) if _DAY.fullmatch(text) else text
    except ValueError:
        return text
