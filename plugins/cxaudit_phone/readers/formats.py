"""Which phone system a file comes from, by how it begins."""

from __future__ import annotations

import gzip
import re
import zlib
from pathlib import Path

from cxaudit.errors import Problem, SourceError
from cxaudit.plugin import ReadRequest

__all__ = ["refuse_others"]

_HEAD = 1 << 16
_PACKED = b"\x1f\x8b"
_QUEUE_LINE = r"[^|\n]{8,32}\|[^|\n]*\|[^|\n]*\|[^|\n]*\|[A-Z]{4,}"
_CDR_LINE = (
    r"(?:[^,\n]*,){9,}\"?\d{4}-\d\d-\d\d \d\d:\d\d:\d\d.*(?:ANSWERED|NO ANSWER|BUSY|FAILED|CONGEST)"
)
_SIGNS: dict[str, tuple[str, ...]] = {
    "amazon-connect": (r'"ContactId"\s*:', r'"InitiationMethod"\s*:'),
    "genesys-cloud": (r'"conversationId"\s*:', r'"participants"\s*:'),
    "twilio-calls": (r'"sid"\s*:', r'"(?:parent_call_sid|parentCallSid)"\s*:'),
    "asterisk-queue-log": (rf"\A(?:{_QUEUE_LINE}|[^\n]*\bcallid\b[^\n]*\bevent\b)",),
    "asterisk-cdr": (rf"\A(?:{_CDR_LINE}|[^\n]*\bdisposition\b)",),
    # Readers of messages stand here as well, so that their name can be told.
    "zendesk": (r'"requester_id"\s*:', r'"(?:submitter_id|brand_id)"\s*:'),
    "freshdesk": (r'"requester_id"\s*:', r'"responder_id"\s*:'),
    "intercom": (r'"conversation_parts"\s*:',),
    "chatwoot": (r'"inbox_id"\s*:', r'"(?:message_type|account_id|meta)"\s*:'),
    "mail": (r"\A(?:From \S+ |(?:Return-Path|Received|Delivered-To|Message-ID): )",),
}
"""Reader to the patterns that the beginning of its files has, all of them."""


def refuse_others(request: ReadRequest, reader: str) -> None:
    """Refuse files of another phone system than a reader's, and name the reader that fits.

    Raises:
        SourceError: If files begin as those of another reader do, and not as its own.
    """
    problems = []
    for path, name in zip(request.files, request.shown, strict=True):
        head = _head(path)
        fitting = [other for other, signs in _SIGNS.items() if _has(head, signs)]
        if fitting and reader not in fitting:
            message = f"{name} is an export that the reader {fitting[0]} reads, and not {reader}"
            hint = f'Write reader = "{fitting[0]}" for it, in a block of its own.'
            problems.append(Problem(message, file=name, hint=hint))
    if problems:
        raise SourceError(tuple(problems))


def _head(path: Path) -> str:
    """Return how a file begins; nothing where it cannot be read, which the reader will say."""
    try:
        with path.open("rb") as file:
            packed = file.read(2) == _PACKED
        with gzip.open(path) if packed else path.open("rb") as file:
            start = file.read(_HEAD)
    except (OSError, EOFError, zlib.error):
        return ""
    return start.decode("utf-8-sig", errors="replace").replace("\0", "").lstrip()


def _has(head: str, signs: tuple[str, ...]) -> bool:
    return all(re.search(sign, head) for sign in signs)
