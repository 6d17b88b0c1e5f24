"""Reads when something is due from English words, counted from when they were written.

A small grammar of our own: dateparser and parsedatetime, asked for the same words, leave out
working days, take "we" for a Wednesday, and guess where a date is ambiguous.

What the words mean here: a day alone is its end on the local clock; "within 3 days" is the end of
the third day after; working days are Monday to Friday, holidays not known; hours and minutes are
counted exactly; a weekday is the next after the day of writing; weeks end on Sunday; a morning
ends at 12, an afternoon at 18; a date without a year is the next such day, up to 300 days ahead.
"10/3" may be two days and is not read, nor are hours of work.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Callable, Iterator

__all__ = ["due_in"]

Due = tuple[dt.datetime | None, str]

_FAR = 300
_YEARS = 20
"""Nobody promises for later: such a date is a number of another kind."""
_FRIDAY = 5
_NUMBERS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "twelve": 12, "fourteen": 14, "twenty-four": 24,
    "twenty four": 24, "thirty": 30, "forty-eight": 48, "forty eight": 48, "seventy-two": 72,
    "half a": 0.5, "half an": 0.5, "a couple of": 2, "couple of": 2,
}  # fmt: skip
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = tuple(name.lower() for name in calendar.month_name)
_ENDS = {"morning": 12, "lunchtime": 14, "afternoon": 18}

_NUMBER = r"\d{1,3}|" + "|".join(sorted(map(re.escape, _NUMBERS), key=len, reverse=True))
_DAY_NAMES = r"(?:mon|tues?|wednes|weds?|thurs?|thu|fri|satur|sat|sun)(?:day)?"
_MONTH_NAMES = "|".join(f"{name[:3]}(?:{name[3:]})?" if name else "" for name in _MONTHS).strip("|")
_PART = r"(?:\s+(?P<part>morning|afternoon|evening|night|lunchtime))?"

# "within 3-5 working days", "takes up to 48 hours", "in half an hour"
_WITHIN = re.compile(
    r"\b(?:within|in|inside|under|(?:no|not) (?:later|more|longer) than|at most|up to|takes?|allow)"
    r"\s+(?:(?:the|next|coming|following|about|approximately|around|maximum|max|of|at most|up to"
    r"|roughly|another|just|us)\s+)*"
    rf"(?:(?:{_NUMBER})\s*(?:-|\u2013|to|or|/)\s*)?(?P<count>{_NUMBER})[\s-]*(?:of\s+an?\s+)?"
    r"(?:(?P<work>working|business|work|office)[\s-]+|calendar\s+|full\s+|short\s+)?"
    r"(?P<unit>minutes?|mins?|hours?|hrs?|h|days?|weeks?|fortnights?|months?)\b"
)
# "3 working days from now"
_FROM_NOW = re.compile(
    rf"\b(?P<count>{_NUMBER})\s+(?:(?P<work>working|business)\s+)?"
    r"(?P<unit>minutes?|hours?|days?|weeks?|months?)\s+from\s+(?:now|today)\b"
)
# "within the next hour", "in the same week"
_WITHIN_THE = re.compile(
    r"\b(?:within|in)\s+the\s+(?:next\s+|same\s+|coming\s+)?(?P<span>hour|day|week|month|fortnight)\b"
)
# "by close of business", "EOD", "end of next week"
_END_OF = re.compile(
    r"\b(?:(?:end|close)\s+of\s+(?:the\s+|this\s+|our\s+)?(?:business|working\s+day|work|play"
    r"|office\s+hours)|(?:eod|cob|eob))(?:\s+(?:on|today|hours))?(?!\s+(?:on\s+)?\w*(?:day|morrow))"
    r"|\b(?:end\s+of\s+(?:the\s+|this\s+)?|eo)"
    r"(?P<span>day|today|week|month|w\b|next\s+week|next\s+month|evening)\b"
)
# "tomorrow morning", "next Tuesday", "Friday the 14th of March", "March 14", "2026-03-14", "14.3."
_DAY = re.compile(
    r"\b(?:(?P<after>(?:the\s+)?day\s+after\s+tomorrow)"
    rf"|(?P<tomorrow>tomorrow){_PART}"
    r"|(?P<today>(?:later\s+)?today|tonight|this\s+(?P<todays>morning|afternoon|evening))"
    rf"|(?:(?P<which>this(?:\s+coming)?|next|coming)\s+)?(?P<weekday>{_DAY_NAMES})\b"
    r"(?:\s+(?P<nextweek>next\s+week))?"
    rf"(?:,?\s+(?:the\s+)?(?P<wd_day>\d{{1,2}})(?:st|nd|rd|th)?(?:\s+of)?\s+(?P<wd_month>{_MONTH_NAMES})"
    rf"|,?\s+(?P<wm_month>{_MONTH_NAMES})\s+(?P<wm_day>\d{{1,2}})(?:st|nd|rd|th)?\b"
    r"(?!:))?(?:\s+(?P<wpart>morning|afternoon|evening|night))?"
    rf"|(?P<dm_day>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<dm_month>{_MONTH_NAMES})\b"
    r"(?:,?\s+(?P<dm_year>\d{4}))?"
    rf"|(?P<md_month>{_MONTH_NAMES})\s+(?P<md_day>\d{{1,2}})(?:st|nd|rd|th)?\b"
    r"(?!:)(?:,?\s+(?P<md_year>\d{4}))?"
    r"|(?P<iso>\d{4}-\d\d-\d\d)\b"
    r"|(?P<dot_day>\d{1,2})\.(?P<dot_month>\d{1,2})\.(?P<dot_year>\d{4})?(?!\d)"
    r"|(?P<slash>\d{1,2}/\d{1,2}(?:/\d{2,4})?)\b"
    r"|the\s+(?P<ordinal>\d{1,2})(?:st|nd|rd|th)\b"
    r"|(?P<week>(?:this|next)\s+week|(?:the|this|next)\s+weekend|(?:this|next)\s+month)"
    r")\b"
)
_CLOCK = (
    r"(?:(?P<h>\d{1,2})(?:[:.](?P<m>[0-5]\d)\s*(?P<ap>[ap]\.?m\b\.?)?|\s*(?P<ap2>[ap]\.?m\b\.?"
    r"|o'clock|h\b|hrs\b))|(?P<named>noon|midday|midnight|lunchtime))"
)
_CLOCK_AFTER = re.compile(
    r"[\s,(]*(?:(?:at|by|before|until|around|about|latest|no later than|and|between"
    r"\s+\d{1,2}(?::\d\d)?\s*(?:am|pm)?\s+and|from\s+\S+\s+to)\s+)*" + _CLOCK
)
_CLOCK_BEFORE = re.compile(_CLOCK + r"(?:\s+(?:on|at|latest|this|the))?[\s,]*$")
_CLOCK_ALONE = re.compile(
    r"\b(?:by|before|at|until|around|no later than|not later than)\s+(?:about\s+)?" + _CLOCK
)
# Before a date that is none to come: "your order of (3 March)", "we wrote on (Monday)"
_NOT_DUE = re.compile(
    r"(?:\b(?:of|from|since|dated|for|after|every|each|past|last|on or after|not before|starting)"
    r"(?:\s+the)?"
    r"|\b(?:you|we|i|they|it|was|were|been|has|have|had)\s+(?:\w+ed|sent|bought|got|paid|made|wrote"
    r"|gave|told|had|spoke|left|placed|was|were|began|came|received)\b[^,;]*)\s*$"
)


def due_in(text: str, written: dt.datetime) -> Due | None:
    """Return when something is due and the words that say so; None where none do.

    Args:
        text: Words, in which the first date that is none of the past counts.
        written: When they were written, aware, in the zone of who wrote them.

    Returns:
        The instant, None where the words name a date that cannot be read for sure, and the words.
    """
    plain = re.sub(r"\s+", " ", text.lower().replace("\u2019", "'"))
    dates = sorted(_dates_in(plain), key=lambda date: (date[0].start(), -date[0].end()))
    behind = 0
    for match, read in dates:
        past, behind = _NOT_DUE.search(plain[behind : match.start()]), max(behind, match.end())
        if past:
            continue
        due = read(match, plain, written)
        far = due is not None and due.year > written.year + _YEARS
        return None if far else due, match[0].strip()
    clock = _CLOCK_ALONE.search(plain)
    if clock:
        return _at_clock(clock, written), clock[0]
    return None


Reader = Callable[[re.Match[str], str, dt.datetime], dt.datetime | None]


def _dates_in(text: str) -> Iterator[tuple[re.Match[str], Reader]]:
    readers: tuple[tuple[re.Pattern[str], Reader], ...] = (
        (_WITHIN, _within),
        (_FROM_NOW, _within),
        (_WITHIN_THE, _within_the),
        (_END_OF, _end_of),
        (_DAY, _day),
    )
    for pattern, read in readers:
        for match in pattern.finditer(text):
            yield match, read


def _within(match: re.Match[str], text: str, written: dt.datetime) -> dt.datetime | None:
    del text
    word = match["count"]
    count = float(word) if word.isdigit() else _NUMBERS[word]
    unit = match["unit"]
    if unit.startswith(("min", "h")):
        if match["work"]:
            return None
        seconds = count * (60 if unit.startswith("min") else 3600)
        return _later(written, seconds)
    whole = int(count)
    if unit.startswith("mon"):
        return _end_of_day(_add_months(written.date(), whole), written)
    if match["work"]:
        return _end_of_day(_add_working_days(written.date(), whole), written)
    days = {"w": 7, "f": 14}.get(unit[0], 1) * whole
    return _end_of_day(written.date() + dt.timedelta(days=days), written)


def _within_the(match: re.Match[str], text: str, written: dt.datetime) -> dt.datetime | None:
    del text
    span = match["span"]
    if span == "hour":
        return _later(written, 3600)
    if span == "fortnight":
        return _end_of_day(written.date() + dt.timedelta(days=14), written)
    if span == "week" and "next" in match[0]:
        return _end_of_day(written.date() + dt.timedelta(days=7), written)
    return _end_of_day(_last_of(span, written.date()), written)


def _end_of(match: re.Match[str], text: str, written: dt.datetime) -> dt.datetime | None:
    del text
    return _end_of_day(_last_of(match["span"] or "day", written.date()), written)


def _day(match: re.Match[str], text: str, written: dt.datetime) -> dt.datetime | None:
    day = _date_of(match, written.date())
    if day is None:
        return None
    before, behind = text[: match.start()], text[match.end() :]
    clock = _CLOCK_AFTER.match(behind) or _CLOCK_BEFORE.search(before)
    if clock and (time := _time_of(clock)):
        return dt.datetime.combine(day, time, tzinfo=written.tzinfo)
    if re.search(r"(?<!\bor )\bbefore\s+(?:the\s+)?$", before):
        return _end_of_day(day - dt.timedelta(days=1), written)
    part = match["part"] or match["wpart"] or match["todays"] or ""
    hour = _ENDS.get(part)
    if hour is not None:
        at = dt.datetime.combine(day, dt.time(hour), tzinfo=written.tzinfo)
        if at > written:
            return at
    return _end_of_day(day, written)


def _date_of(match: re.Match[str], today: dt.date) -> dt.date | None:
    ahead = {"today": 0, "tomorrow": 1, "after": 2}
    for name, days in ahead.items():
        if match[name]:
            return today + dt.timedelta(days=days)
    if match["week"]:
        return _last_of(match["week"], today)
    for day, month in (("wd_day", "wd_month"), ("wm_day", "wm_month")):
        if match[day]:
            return _next_date(int(match[day]), match[month], None, today)
    if match["weekday"]:
        return _weekday(match, today)
    for kind in ("dm", "md"):
        if match[f"{kind}_day"]:
            year = match[f"{kind}_year"]
            return _next_date(int(match[f"{kind}_day"]), match[f"{kind}_month"], year, today)
    if match["dot_day"]:
        return _next_date(int(match["dot_day"]), match["dot_month"], match["dot_year"], today)
    if match["ordinal"]:
        return _next_ordinal(int(match["ordinal"]), today)
    if match["iso"]:
        return _safe(*map(int, match["iso"].split("-")))
    return _slashed(match["slash"], today)


def _weekday(match: re.Match[str], today: dt.date) -> dt.date:
    wanted = next(
        weekday for weekday, name in enumerate(_DAYS) if name.startswith(match["weekday"][:3])
    )
    monday = today - dt.timedelta(days=today.weekday())
    if match["which"] == "next" or match["nextweek"]:
        return monday + dt.timedelta(days=7 + wanted)
    ahead = (wanted - today.weekday()) % 7
    if ahead == 0 and not (match["which"] or "").startswith("this"):
        ahead = 7
    return today + dt.timedelta(days=ahead)


def _next_date(day: int, month: str, year: str | None, today: dt.date) -> dt.date | None:
    number = int(month) if month.isdigit() else _month(month)
    if year:
        return _safe(int(year), number, day)
    date = _safe(today.year, number, day)
    if date is None or date < today:
        date = _safe(today.year + 1, number, day)
    return date if date is not None and (date - today).days <= _FAR else None


def _next_ordinal(day: int, today: dt.date) -> dt.date | None:
    first = today.replace(day=1)
    for months in range(3):
        month = _add_months(first, months)
        date = _safe(month.year, month.month, day)
        if date is not None and date >= today:
            return date
    return None


def _slashed(text: str, today: dt.date) -> dt.date | None:
    first, second, *year = (int(part) for part in text.split("/"))
    if first <= 12 and second <= 12 and first != second:  # noqa: PLR2004 - months of a year
        return None
    day, month = (second, first) if second > 12 else (first, second)  # noqa: PLR2004
    whole = str(year[0] + 2000 if year[0] < 100 else year[0]) if year else None  # noqa: PLR2004
    return _next_date(day, str(month), whole, today) if month <= 12 else None  # noqa: PLR2004


def _month(name: str) -> int:
    return next(number for number, month in enumerate(_MONTHS) if month and month[:3] == name[:3])


def _last_of(span: str, day: dt.date) -> dt.date:
    """Return the last day of a span such as ``week`` or ``next month``."""
    if "weekend" in span or "week" in span or span == "w":
        sunday = day + dt.timedelta(days=6 - day.weekday())
        return sunday + dt.timedelta(days=7) if "next" in span else sunday
    if "month" in span:
        month = _add_months(day.replace(day=1), 1 if "next" in span else 0)
        return month.replace(day=calendar.monthrange(month.year, month.month)[1])
    return day


def _add_months(day: dt.date, months: int) -> dt.date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return dt.date(year, month + 1, min(day.day, last))


def _add_working_days(day: dt.date, count: int) -> dt.date:
    while count > 0:
        day += dt.timedelta(days=1)
        count -= day.isoweekday() <= _FRIDAY
    return day


def _safe(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _time_of(match: re.Match[str]) -> dt.time | None:
    named = match["named"]
    if named:
        return dt.time(23, 59, 59) if named == "midnight" else dt.time(12 + 2 * (named[0] == "l"))
    hour, minute = int(match["h"]), int(match["m"] or 0)
    half = (match["ap"] or match["ap2"] or "").replace(".", "")
    if half in {"am", "pm"}:
        if not 1 <= hour <= 12:  # noqa: PLR2004 - hours on a clock's face
            return None
        hour = hour % 12 + 12 * (half == "pm")
    return dt.time(hour, minute) if hour < 24 else None  # noqa: PLR2004 - hours of a day


def _at_clock(match: re.Match[str], written: dt.datetime) -> dt.datetime | None:
    time = _time_of(match)
    if time is None:
        return None
    at = dt.datetime.combine(written.date(), time, tzinfo=written.tzinfo)
    if at > written:
        return at
    return dt.datetime.combine(written.date() + dt.timedelta(days=1), time, tzinfo=written.tzinfo)


def _later(written: dt.datetime, seconds: float) -> dt.datetime:
    """Return the instant so many seconds later, over changes of the clock as well."""
    moved = written.astimezone(dt.UTC) + dt.timedelta(seconds=seconds)
    return moved.astimezone(written.tzinfo)


def _end_of_day(day: dt.date, written: dt.datetime) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(23, 59, 59), tzinfo=written.tzinfo)
