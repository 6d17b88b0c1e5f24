"""Values of exports: ids, times, flags and plain words, read alike by all readers of the plugin."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from html import unescape
from typing import Any

__all__ = ["at_key", "flag", "ident", "inside", "listed", "moment", "plain", "unix", "words"]

_LAST_SECOND = 4_102_444_800  # the year 2100: a larger number counts milliseconds
_YEARS = range(1900, 2200)  # what lies outside is a mistake, and sums with it may overflow
_SHORTEST = len("2026-03-01T10")
_BLOCKS = frozenset({"br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "blockquote"})
_TAG = re.compile(r"(/?)(!--|[a-z!?][a-z0-9]*)")
_UNSEEN = frozenset({"script", "style", "head", "title"})


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


def inside(record: Any, *names: str) -> Any:
    """Return what lies in objects within objects, or None."""
    for name in names:
        record = record.get(name) if isinstance(record, Mapping) else None
    return record


def listed(value: Any, kind: type = dict) -> list[Any]:
    """Return those items of a list that are of a kind; an empty list when it is none."""
    return [each for each in value if isinstance(each, kind)] if isinstance(value, list) else []


def moment(value: Any) -> datetime | None:
    """Return the instant of ISO 8601 text, or None; without an offset it stays without."""
    if not isinstance(value, str) or len(value.strip()) < _SHORTEST:
        return None
    text = value.strip()
    if text.endswith(" UTC"):
        text = f"{text[:-4]}+00:00"
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.year in _YEARS else None


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
    """Return the words of HTML with a line for each paragraph, or None when it has none.

    It is read in one pass, so that no mail makes it slow.
    """
    if not isinstance(html, str):
        return None
    first, *pieces = html.split("<")
    parts, unseen = [first], ""
    for piece in pieces:
        tag, closed, text = piece.partition(">")
        if unseen == "!--":
            _, ended, text = piece.partition("-->")
            unseen = "" if ended else unseen
            parts.append(text)
            continue
        name = _TAG.match(tag.lower())
        if not closed or name is None:
            parts.append("" if unseen else f"<{piece}")
            continue
        word = name.group(2)
        if unseen:
            unseen = "" if word == "body" or (name.group(1) and word == unseen) else unseen
        elif word == "!--":
            unseen = "" if tag.endswith("--") and len(tag) > len("!--") else "!--"
            parts.append(piece.partition("-->")[2])
            unseen = "" if "-->" in piece else unseen
            continue
        elif word in _UNSEEN and not name.group(1):
            unseen = word
        parts.append("\n" if word in _BLOCKS else "")
        parts.append("" if unseen else text)
    lines = (" ".join(line.split()) for line in unescape("".join(parts)).split("\n"))
    return "\n".join(line for line in lines if line) or None
