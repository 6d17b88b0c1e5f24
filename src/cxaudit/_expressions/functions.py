"""The closed dictionary of functions: what each takes, gives and means."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import attrs

__all__ = ["FUNCTIONS", "LITERALS", "MAX_GROWTH", "MAX_WRITTEN", "Function", "reference"]

MAX_GROWTH = 20
"""All steps of an expression together make at most so many times the bytes of a column."""

MAX_WRITTEN = 10_000
"""Texts that are written out give at most so many bytes, all steps together."""

LITERALS: Mapping[str, str] = MappingProxyType(
    {
        "word": "text",
        "pattern": "text",
        "format": "text",
        "place": "number",
        "size": "number",
        "digits": "number",
    }
)
"""Kinds of argument that must be written out (or come from a parameter), with their types."""

_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "any": "any type, the same for all",
        "word": "a text written out",
        "pattern": "a regular expression (RE2 syntax) written out",
        "format": "a format written out",
        "place": "a whole number from 1, written out",
        "size": "a whole number from 0, written out",
        "digits": "a whole number from 0 to 9, written out",
    }
)


@attrs.frozen
class Function:
    """A function of the dictionary.

    Attributes:
        name: How it is called.
        arguments: Types of its arguments; ``any`` is any type, the same for all.
        result: Type of its result; ``any`` is that of its arguments.
        meaning: What it gives, in one sentence.
        optional: How many of the last arguments may be left out.
        variadic: Whether the last argument may be repeated.
        written: How it is written, when that is not as a call.
        measured: Whether only metrics and breakdowns may use it, as it rests on other tables.
    """

    name: str
    arguments: tuple[str, ...]
    result: str
    meaning: str
    optional: int = 0
    variadic: bool = False
    written: str = ""
    measured: bool = False

    @property
    def signature(self) -> str:
        """Return how it is written, for people."""
        if self.written:
            return self.written
        names = list(self.arguments)
        first_optional = len(names) - self.optional
        signature = ", ".join(f"[{n}]" if i >= first_optional else n for i, n in enumerate(names))
        return f"{self.name}({signature}{', ...' if self.variadic else ''})"


_ALL = (
    Function(
        "number",
        ("text",),
        "number",
        "The number that a text writes with a decimal point; null when it is none.",
    ),
    Function(
        "time",
        ("text",),
        "time",
        "The instant that an ISO 8601 text writes; without an "
        "offset it is a local time of the source's zone (of the unit's zone in metrics).",
    ),
    Function(
        "parse_time",
        ("text", "format"),
        "time",
        "The instant that a text writes in a "
        "format such as '%d.%m.%Y %H:%M:%S'; a format without %z reads a local time, as "
        "`time` does.",
    ),
    Function(
        "parse_date",
        ("text", "format"),
        "date",
        "The day that a text writes in a format such as '%d.%m.%Y'.",
    ),
    Function(
        "seconds",
        ("text",),
        "number",
        "The duration that a text writes as h:mm:ss, m:ss or plain seconds, in seconds.",
    ),
    Function("lower", ("text",), "text", "The text in lower case."),
    Function("upper", ("text",), "text", "The text in upper case."),
    Function("trim", ("text",), "text", "The text without spaces, tabs and line ends around it."),
    Function("length", ("text",), "number", "How many characters the text has."),
    Function(
        "substring",
        ("text", "place", "size"),
        "text",
        "The part of a text from a place "
        "(1 is the first character), at most so many characters long.",
    ),
    Function(
        "replace",
        ("text", "word", "word"),
        "text",
        "The text with every occurrence of the second replaced by the third.",
    ),
    Function(
        "split_part",
        ("text", "word", "place"),
        "text",
        "The part at a place (from 1) of "
        "a text cut at a separator; an empty text when there are fewer.",
    ),
    Function(
        "concat",
        ("text", "text"),
        "text",
        "Texts joined; null when one of them is.",
        variadic=True,
        written="a || b",
    ),
    Function("contains", ("text", "text"), "boolean", "Whether the first text holds the second."),
    Function(
        "starts_with", ("text", "text"), "boolean", "Whether the first text starts with the second."
    ),
    Function(
        "ends_with", ("text", "text"), "boolean", "Whether the first text ends with the second."
    ),
    Function(
        "matches",
        ("text", "pattern"),
        "boolean",
        "Whether a regular expression finds "
        "something in the text; start it with (?i) to find it whatever its case.",
    ),
    Function(
        "like",
        ("text", "word"),
        "boolean",
        "Whether the whole text fits a pattern in which % stands for any characters and _ for one.",
        written="a like b",
    ),
    Function(
        "between",
        ("any", "any", "any"),
        "boolean",
        "Whether a value lies between two, both included.",
        written="a between b and c",
    ),
    Function("coalesce", ("any", "any"), "any", "The first value that is not null.", variadic=True),
    Function(
        "nullif", ("any", "any"), "any", "The first value, or null when it equals the second."
    ),
    Function(
        "least",
        ("any", "any"),
        "any",
        "The smallest of the values that are not null.",
        variadic=True,
    ),
    Function(
        "greatest",
        ("any", "any"),
        "any",
        "The greatest of the values that are not null.",
        variadic=True,
    ),
    Function("abs", ("number",), "number", "The number without its sign."),
    Function(
        "round",
        ("number", "digits"),
        "number",
        "The number rounded to so many decimals (0 when left out), halves away from zero.",
        optional=1,
    ),
    Function("floor", ("number",), "number", "The greatest whole number that is not above."),
    Function("ceil", ("number",), "number", "The smallest whole number that is not below."),
    Function(
        "seconds_between",
        ("time", "time"),
        "number",
        "Seconds from the first instant to "
        "the second, with their fraction; negative when the second is earlier.",
    ),
    Function(
        "open_seconds",
        ("time", "time", "word"),
        "number",
        "Seconds from the first instant to the second in which the row's unit was open, by the "
        "schedule named or the usual one; negative when the second is earlier, null where no "
        "schedule says. In metrics and breakdowns only.",
        optional=1,
        measured=True,
    ),
    Function("days_between", ("date", "date"), "number", "Days from the first day to the second."),
    Function("add_seconds", ("time", "number"), "time", "The instant so many seconds later."),
    Function(
        "weekday", ("time",), "number", "Day of the week in the unit's zone, Monday 1 to Sunday 7."
    ),
    Function("hour", ("time",), "number", "Hour of the day in the unit's zone, 0 to 23."),
    Function("half_hour", ("time",), "number", "Half hour of the day in the unit's zone, 0 to 47."),
    Function("date", ("time",), "date", "Day in the unit's zone."),
    Function("month", ("time",), "text", "Month in the unit's zone, such as '2026-04'."),
    Function("week", ("time",), "text", "ISO week in the unit's zone, such as '2026-W14'."),
    Function(
        "observed_until",
        (),
        "time",
        "The instant up to which records were looked at: the end of the audit's `as_of`, or the "
        "last instant that any record tells of. In metrics and breakdowns only.",
        measured=True,
    ),
    Function(
        "has_hit",
        ("word", "word"),
        "boolean",
        "Whether a detector found something in the row, under a label when one is given.",
        optional=1,
    ),
)

FUNCTIONS: Mapping[str, Function] = MappingProxyType({f.name: f for f in _ALL})
"""Every function of the language by its name."""


def reference() -> str:
    """Return the reference page of the expression language, as Markdown."""
    rows = [
        f"| `{f.signature.replace('|', chr(92) + '|')}` | {f.result} | {f.meaning} |" for f in _ALL
    ]
    kinds = [f"- `{name}`: {meaning}" for name, meaning in _KINDS.items()]
    return "\n".join([*_HEAD, *kinds, "", *_TABLE, *rows, ""])


_TABLE = ("| function | gives | meaning |", "| --- | --- | --- |")
_HEAD = (
    "# The expression language",
    "",
    "<!-- Made by `cxaudit._expressions.reference`; a test compares the two. -->",
    "",
    "An expression is read over the columns of one row. It is at most 2,000 characters long and",
    "50 levels deep. It cannot read files, call other functions, or run statements.",
    "",
    "It cannot make texts without end either. All its steps together (each `replace`, `||`,",
    "`lower` and so on; one that is written twice counts once) make at most",
    f"{MAX_GROWTH} times the bytes of a column, and at most {MAX_WRITTEN:,} bytes out of texts",
    "that are written out. What could make more is refused before any row is read.",
    "",
    "Types are text, number, boolean, time (an instant) and date. Nothing is converted by itself:",
    "`number(x)`, `time(x)`, `parse_time(x, format)`, `parse_date(x, format)` and `seconds(x)`",
    "read text, and give null where the text does not fit.",
    "",
    '- Columns by name, in double quotes when the name is odd: `wait_s`, `"Wait (s)"`',
    "- Values: `'text'` (`''` is one quote), `12.5`, `true`, `false`, `null`",
    "- Parameters: `$reply-hours`; hyphens belong to the name, so put spaces around a minus",
    "- Comparing: `=` `<>` `<` `<=` `>` `>=`, `in ('a', 'b')`, `between`, `like`, `is null`",
    "- Logic: `and`, `or`, `not`, with null as unknown",
    "- Arithmetic: `+` `-` `*` `/` `%`; division by zero gives null",
    "- Choice: `case when a then b else c end`",
    "",
    "Formats hold `%Y %m %d %H %M %S %f %y %b %B %a %A %I %p %j %z` and `%%`; `%-d` and the",
    "like read numbers without a leading zero, as `%d` does. `%z` reads `+02:00`, `+0200`, `+02`",
    "or `Z`.",
    "",
    "Arguments are columns, values or further calls. Some are of a kind of their own:",
    "",
)
