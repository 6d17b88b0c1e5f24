"""Notes by which help desks say that a ticket was merged into another."""

from __future__ import annotations

import re
from typing import Any

import attrs

from cxaudit_message.readers.exports import Desk
from cxaudit_message.readers.values import ident, listed, nested

__all__ = ["Merges", "is_merge_note", "merged_into"]

_INTO = re.compile(
    r"merged into (?:the )?(?:request|ticket)\s*(?:#|no\.?|id:?)?\s*(\d+)", re.IGNORECASE
)
_THIS = re.compile(
    r"\A\s*(?:requests?|tickets?)\b.{1,2000}?\b(?:was|were|is|are|has been|have been) "
    r"(?:closed and )?merged into this (?:request|ticket)",
    re.IGNORECASE | re.DOTALL,
)
_FROM = re.compile(r"\A\s*merged from (?:the )?tickets?\s*#?\d+", re.IGNORECASE)
_NUMBER = re.compile(r"(?:#|n\N{DEGREE SIGN}\s?|nr\.?\s?|no\.\s?)(\d+)", re.IGNORECASE)


def merged_into(body: str | None) -> str | None:
    """Return the number of the ticket into which this one was merged, as a note says it."""
    match = _INTO.search(body or "")
    return match[1] if match else None


def _merged_here(body: str | None) -> list[str]:
    """Return the numbers of the tickets that were merged into the one in which a note stands."""
    match = _THIS.search(body or "") or _FROM.search(body or "")
    return re.findall(r"\d+", match[0].partition('"')[0]) if match else []


def is_merge_note(body: str | None) -> bool:
    """Tell whether words are those by which a help desk tells of a merger."""
    text = body or ""
    return bool(merged_into(text) or _THIS.search(text) or _FROM.search(text))


def _numbers_in(body: str | None) -> list[str]:
    """Return the numbers of tickets that words name, in whatever language."""
    return _NUMBER.findall(body or "")


@attrs.define
class Merges:
    """Mergers of tickets: by tags, by the origin of a comment, and by the words of notes.

    Attributes:
        tagged: Tickets with a tag that says that they were merged.
        targets: Tickets to those into which they were merged.
        named: For each ticket the numbers that staff name in it, the last comment last.
    """

    tagged: set[str] = attrs.field(factory=set)
    targets: dict[str, str] = attrs.field(factory=dict)
    named: dict[str, list[str]] = attrs.field(factory=dict)

    def see(self, thread: str, via: Any, body: str | None, role: str | None) -> bool:
        """Take a comment of a ticket, or its own origin; tell whether it is a note of a merger."""
        via = via if isinstance(via, dict) else {}
        source = via.get("source")
        by_origin = via.get("channel") == "merge" or nested(source, "rel") == "merge"
        by_words = role != "customer" and "merged" in (body or "") and is_merge_note(body)
        if by_origin:
            for number in _ids(nested(source, "from")):
                self.targets[number] = thread
            for number in _ids(nested(source, "to")):
                self.targets[thread] = number
        if by_words:
            for number in _merged_here(body):
                self.targets[number] = thread
            if target := merged_into(body):
                self.targets[thread] = target
        if role != "customer" and thread in self.tagged:
            self.named.setdefault(thread, []).extend(_numbers_in(body))
        return by_origin or by_words

    def join(self, desk: Desk) -> None:
        """Tell the desk which tickets were merged, and into which, as far as that is told."""
        for thread in self.tagged | self.targets.keys():
            home, target = desk.threads.get(thread), self.targets.get(thread)
            if home is None or target == thread:
                continue
            if target is None:  # a note in another language: "... mit der Anfrage #1 ..."
                numbers = [number for number in self.named.get(thread, ()) if number != thread]
                target = next(
                    (number for number in reversed(numbers) if number in desk.threads), None
                )
            home.merged, home.merged_into = True, target


def _ids(side: Any) -> list[str]:
    """Return the ids of tickets that one side of a comment's origin names."""
    numbers = [nested(side, "ticket_id"), *listed(nested(side, "ticket_ids"), object)]
    return [number for number in map(ident, numbers) if number]
