"""What the machine formats share: addresses of files, facts in words, waivers, JSON."""

from __future__ import annotations

import functools
import json
import math
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from cxaudit.plugin import AuditResult, Finding, Flag, State, Waiver
from cxaudit_reports.drawing.one_line import one_line

__all__ = [
    "Written",
    "exact",
    "facts",
    "file_uri",
    "has_failed",
    "json_text",
    "labels",
    "met",
    "moment",
    "waiver_of",
    "without",
]

_WEB = re.compile(r"https?://", re.IGNORECASE)


def file_uri(name: str) -> str:
    """Return a file's name, or a web address, as a URI reference that is always valid.

    Backslashes of Windows become slashes; whatever a URI may not hold is escaped, and so is a
    colon of a name, which would otherwise be read as a scheme, and a second slash at its start,
    after which a host would be read.
    """
    text = one_line(name)
    if _WEB.match(text):
        return quote(text, safe=":/?&=%;,+@~!*'()")
    path = text.replace("\\", "/")
    return re.sub("^//+", lambda slashes: "/" + "%2F" * (len(slashes[0]) - 1), quote(path))


def moment(text: str) -> str | None:
    """Return a time of a result as ``2026-07-01T08:00:00Z``; None when it is not stated."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    return at.isoformat().replace("+00:00", "Z")


def exact(value: float | None) -> float | str | None:
    """Return a number as JSON can hold it: one that is not finite as the text ``inf``."""
    return value if value is None or math.isfinite(value) else repr(value)


def without(values: dict[str, Any]) -> dict[str, Any]:
    """Return an object without the fields that hold nothing."""
    return {key: value for key, value in values.items() if value not in (None, "", [], {}, ())}


def met(finding: Finding) -> bool:
    """Tell whether a finding fully met what is asked."""
    return finding.state.scored and finding.score == 1 and not finding.flags & Flag.FAILED


def has_failed(finding: Finding) -> bool:
    """Tell whether a finding fell short, by however little."""
    return (finding.state.scored and not met(finding)) or bool(finding.flags & Flag.FAILED)


def waiver_of(finding: Finding, result: AuditResult) -> Waiver | None:
    """Return the waiver that a waived finding is accepted by; None when no waiver speaks of it."""
    if not finding.flags & Flag.WAIVED:
        return None
    for outcome in result.waivers:
        waiver = outcome.waiver
        if outcome.status == "used" and waiver.covers(
            finding.item, finding.touchpoint, finding.unit
        ):
            return waiver
    return None


@functools.cache
def labels(flags: Flag) -> tuple[str, ...]:
    """Return the names of the flags that are set, as files write them."""
    return flags.labels


def facts(finding: Finding, result: AuditResult, fact: str) -> str:
    """Return what is known of a finding, numbers rounded: what was found, then the reason."""
    unit = one_line(result.units[finding.unit].name)
    parts = ["not assessed" if finding.state.unknown else finding.state.label.replace("_", " ")]
    if finding.state.unknown and finding.state is not State.UNANSWERED:
        parts[0] += f" ({finding.state.label.replace('_', ' ')})"
    if finding.score is not None:
        low, high = (_percent(end) for end in (finding.low, finding.high))
        parts.append(f"score {_percent(finding.score)} % ({low} to {high} %)")
    if finding.n:
        parts.append(f"n {finding.n}")
    parts += [label.replace("_", " ") for label in labels(finding.flags)]
    reason = "" if fact.lower().startswith(finding.reason.lower()) else finding.reason
    texts = (f"{unit}, {finding.touchpoint}: {', '.join(parts)}.", fact, reason)
    return " ".join(one_line(text) for text in texts if text)


class Written(str):
    """JSON that is already written."""

    __slots__ = ()


def json_text(value: Any, opened: frozenset[str] = frozenset()) -> str:
    """Return JSON values as text that people can read and compare line by line.

    An object has a line for each field, a list a line for each entry.

    Args:
        value: JSON values.
        opened: Names of lists whose entries are written as objects are, not on one line.
    """
    return _lines(value, opened, "\n") + "\n"


_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)


def _encode(value: Any) -> str:
    return value if isinstance(value, Written) else _ENCODER.encode(value)


def _percent(share: float | None) -> str:
    return "?" if share is None else f"{100 * share:.1f}"


def _lines(value: Any, opened: frozenset[str], start: str, name: str = "") -> str:
    inner = start + " "
    if not value or not isinstance(value, (dict, list)):
        return _encode(value)
    if isinstance(value, dict):
        fields = (f"{_encode(key)}: {_lines(v, opened, inner, key)}" for key, v in value.items())
        return "{" + inner + ("," + inner).join(fields) + start + "}"
    entries = (_lines(v, opened, inner) if name in opened else _encode(v) for v in value)
    return "[" + inner + ("," + inner).join(entries) + start + "]"
