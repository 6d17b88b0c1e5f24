"""Whose export a file is, told by fields that one vendor alone has."""

from __future__ import annotations

import gzip
import re
import zlib
from collections import Counter
from collections.abc import Mapping
from typing import Any

import attrs

from cxaudit.errors import Problem, SourceError
from cxaudit.plugin import ReadRequest
from cxaudit.records import json_records

__all__ = ["Guard", "refuse_others", "vendor_of"]

_LOOKED_AT = 20
_START = 4096
_SIGNS: Mapping[str, tuple[frozenset[str], ...]] = {
    # A record is a vendor's that has all fields of one of these sets. Readers of calls stand here
    # as well, so that their name can be told.
    "intercom": (
        frozenset({"conversation_parts"}),
        frozenset({"source", "admin_assignee_id"}),
        frozenset({"source", "statistics", "contacts"}),
    ),
    "chatwoot": (
        frozenset({"message_type", "conversation_id", "inbox_id"}),
        frozenset({"message_type", "conversation_id", "sender_type"}),
        frozenset({"inbox_id", "account_id", "status"}),
        frozenset({"inbox_id", "status", "meta"}),
        frozenset({"value_in_business_hours", "event_end_time"}),
    ),
    "freshdesk": (
        frozenset({"responder_id", "requester_id"}),
        frozenset({"incoming", "private", "user_id"}),
        frozenset({"fr_escalated"}),
        frozenset({"stats", "requester_id", "updated_at"}),
        frozenset({"survey_id", "ratings", "ticket_id"}),
    ),
    "zendesk": (
        frozenset({"requester_id", "submitter_id"}),
        frozenset({"requester_id", "brand_id", "via"}),
        frozenset({"author_id", "public"}),
        frozenset({"ticket_id", "events", "author_id"}),
        frozenset({"ticket_id", "reply_time_in_minutes"}),
        frozenset({"ticket_id", "instance_id", "metric"}),
    ),
    "genesys-cloud": (frozenset({"conversationId", "participants"}),),
    "amazon-connect": (frozenset({"ContactId", "InitiationMethod"}),),
    "twilio-calls": (
        frozenset({"sid", "direction", "duration"}),
        frozenset({"sid", "direction", "start_time"}),
    ),
}
_MAIL = re.compile(
    rb"\s*(?:From \S|(?:From|To|Date|Subject|Received|Return-Path|Delivered-To|Message-ID|"
    rb"MIME-Version|X-[\w-]+):[ \t])",
    re.IGNORECASE,
)
_JSON = re.compile(rb"(?:\xef\xbb\xbf)?\s*[\[{]")


def vendor_of(record: Mapping[str, Any]) -> str | None:
    """Return the reader of the vendor whose record this is; None when several fit, or none.

    Of a page whose records lie under a key that the reader does not read, its first ones are
    looked at: ``{"conversations": [{"conversationId": ...}]}`` is of ``genesys-cloud``.
    """
    fitting = _fitting(record)
    if not fitting:
        firsts = (values[0] for values in record.values() if isinstance(values, list) and values)
        fitting = set[str]().union(*(_fitting(one) for one in firsts if isinstance(one, Mapping)))
    return fitting.pop() if len(fitting) == 1 else None


def _fitting(record: Mapping[str, Any]) -> set[str]:
    return {
        reader for reader, signs in _SIGNS.items() if any(sign <= record.keys() for sign in signs)
    }


@attrs.define
class Guard:
    """Looks at the first records of each file, and refuses a file of another vendor.

    Attributes:
        reader: The reader that reads.
    """

    reader: str
    _counts: dict[str, Counter[str | None]] = attrs.field(factory=dict, init=False)

    def see(self, file_name: str, record: Mapping[str, Any]) -> None:
        """Take a record, if it is near the beginning of its file."""
        counts = self._counts.setdefault(file_name, Counter())
        if counts.total() < _LOOKED_AT:
            counts[vendor_of(record)] += 1

    def close(self) -> None:
        """Refuse the files of which the records are another vendor's, and none this one's.

        Raises:
            SourceError: If there are some.
        """
        problems: list[Problem] = []
        for file_name, counts in self._counts.items():
            others = [reader for reader, _ in counts.most_common() if reader is not None]
            if others and self.reader not in others:
                problems += _refusal(file_name, self.reader, others[0]).problems
        if problems:
            raise SourceError(tuple(problems))


def refuse_others(request: ReadRequest, reader: str) -> None:
    """Refuse files that begin as mails where records are read, and the other way round.

    Raises:
        SourceError: If a file is of another kind; it names the reader that fits.
    """
    for path, file_name in zip(request.files, request.shown, strict=True):
        try:
            if path.name.endswith(".gz"):
                with gzip.open(path) as packed:
                    start = packed.read(_START)
            else:
                with path.open("rb") as file:
                    start = file.read(_START)
        except (OSError, EOFError, zlib.error):
            continue  # the reader tells what is wrong with it
        if reader != "mail" and _MAIL.match(start):
            raise _refusal(file_name, reader, "mail")
        if reader == "mail" and _JSON.match(start):
            one = attrs.evolve(request, files=(path,), shown=(file_name,))
            records = (record for _, _, record in json_records(one, "tickets", "data", "payload"))
            known = (vendor_of(record) for record in records if isinstance(record, dict))
            raise _refusal(file_name, reader, next(filter(None, known), None))


def _refusal(file_name: str, reader: str, other: str | None) -> SourceError:
    if other is None:
        cause = f"{file_name} holds JSON, which the reader {reader} does not read"
        hint = "Give the reader of the system that wrote it: see `cxaudit list source`."
    else:
        cause = f"{file_name} is an export that the reader {other} reads, and not {reader}"
        hint = f'Write reader = "{other}" for it, in a block of its own.'
    return SourceError((Problem(cause, file=file_name, hint=hint),))
