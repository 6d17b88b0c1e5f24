"""Values of exports: ids, times, flags and plain words, read alike by all readers of the plugin."""

from __future__ import annotations

import functools
import re
from datetime import UTC, datetime
from typing import Any

__all__ = ["at_key", "flag", "ident", "listed", "moment", "nested", "plain", "unix", "words"]

_LAST_SECOND = 4_102_444_800  # the year 2100: a larger number counts milliseconds
_YEARS = range(1900, 2200)  # what lies outside is a mistake, and sums with it may overflow
_PARAGRAPH = re.compile(r"""<p(?: class="[\w -]*")?>([^<&\0]*)</p>""")
_PARAGRAPHS = re.compile(rf"(?:{_PARAGRAPH.pattern}\s*)+")
_SHORTEST = len("2026-03-01T10")


def ident(value: Any) -> str | None:
    """Return an id as text, or None; tools that write 7 as 7.0 are forgiven."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else None
    return str(value).strip() or None if isinstance(value, str | int) else None


def words(value: Any) -> str | None:
    """Return text, or None when there is none."""
    return value if isinstance(value, str) and value.strip() else None


def flag(value: Any) -> bool | None:
    """Return a yes or no, also of tables that write t and f; None when it is neither."""
    word = str(value).strip().lower()
    if word in {"true", "t", "1", "yes"}:
        return True
    return False if word in {"false", "f", "0", "no"} else None


def nested(record: Any, *names: str) -> Any:
    """Return the value under a path of names in nested objects, or None."""
    for name in names:
        record = record.get(name) if isinstance(record, dict) else None
    return record


def listed(value: Any, kind: type = dict) -> list[Any]:
    """Return those items of a list that are of a kind; an empty list when it is none."""
    return (
        [element for element in value if isinstance(element, kind)]
        if isinstance(value, list)
        else []
    )


def moment(value: Any) -> datetime | None:
    """Return the instant of ISO 8601 text, or None; without an offset it stays without."""
    if not isinstance(value, str) or len(value.strip()) < _SHORTEST:
        return None
    text = value.strip()
    if text.endswith(" UTC"):
        text = f"{text[:-4]}+00:00"
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant if instant.year in _YEARS else None


def unix(value: Any) -> datetime | None:
    """Return the instant of whole seconds since 1970, or None; 0 stands for never."""
    try:
        seconds = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    if isinstance(value, bool) or not 0 < seconds < _LAST_SECOND:
        return None
    return datetime.fromtimestamp(seconds, UTC)


def at_key(at: datetime | None) -> tuple[bool, datetime]:
    """Return what sorts instants; local ones are taken as UTC among themselves, missing last."""
    if at is None:
        return True, datetime.max.replace(tzinfo=UTC)
    return False, at if at.tzinfo else at.replace(tzinfo=UTC)


def plain(html: Any) -> str | None:
    """Return the words of HTML with a line for each paragraph, or None when it has none."""
    return _words_of(html) if isinstance(html, str) and html and not html.isspace() else None


@functools.lru_cache(maxsize=4)
def _words_of(html: str) -> str | None:
    if _PARAGRAPHS.fullmatch(html):
        texts = _PARAGRAPH.findall(html)  # most are no more than that, and need no parser
    else:
        from turbohtml import parse  # only where there is HTML

        texts = parse(html).to_text(_layout()).split("\n")
    lines = (" ".join(text.split()) for text in texts)
    return "\n".join(line for line in lines if line) or None


@functools.cache
def _layout() -> Any:
    from turbohtml import PlainText

    return PlainText(bullet="", layout="strict")
