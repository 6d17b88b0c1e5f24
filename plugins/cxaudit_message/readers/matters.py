"""What a help desk's export tells of: threads, their messages, the log of each, and ratings."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import attrs

from cxaudit_message.speech import machines as wording

__all__ = ["Change", "Location", "Message", "Rating", "Thread"]

Location = tuple[int, int, int]
"""Where something stands: number of the file, of the record there, and of the part in it."""


@attrs.define(kw_only=True)
class Thread:
    """A ticket or conversation as its own record tells it.

    Attributes:
        id: Its id.
        location: Where its record stands in the files.
        updated: When it was last updated; of two copies the later one is kept.
        opened: When the customer wrote first.
        customer: Key of the customer.
        fields: Columns of table ``threads`` that the record tells.
        by_agent: Whether an agent wrote its first message.
        outside: The marker by which it is no customer's thread, unless the customer wrote in it.
        merged: Whether it was merged into another thread.
        merged_into: Id of that thread, where it is told.
        marks: Markers that name it, and keep it.
        handed_over: When a machine passed it to people, as the vendor tells.
    """

    id: str
    location: Location
    updated: datetime | None = None
    opened: datetime | None = None
    customer: str | None = None
    fields: dict[str, Any] = attrs.field(factory=dict)
    by_agent: bool = False
    outside: str = ""
    merged: bool = False
    merged_into: str | None = None
    marks: set[str] = attrs.field(factory=set)
    handed_over: datetime | None = None


@attrs.define(kw_only=True)
class Message:
    """A message of a thread.

    Attributes:
        id, thread, location, updated: As of a thread.
        at: When it was sent.
        sent: That time as the file writes it, for when it cannot be read.
        role: ``customer``, ``agent``, ``bot``, ``system``, or None when nothing tells.
        author: Who wrote it.
        body: Its words.
        auto: Whether a machine sent it.
        private: Whether the customer cannot see it.
        opening: Whether the thread began with it.
        channel: Channel, where it tells one of its own.
        marker: The marker that names it, where its other fields do not tell that.
        useful: Whether a machine's words go into the matter, where the vendor tells it.
    """

    id: str
    thread: str
    location: Location
    updated: datetime | None = None
    at: datetime | None = None
    sent: str | None = attrs.field(default=None, converter=attrs.converters.optional(str))
    role: str | None = None
    author: str | None = None
    body: str | None = None
    auto: bool | None = None
    private: bool | None = None
    opening: bool = False
    channel: str | None = None
    marker: str = ""
    useful: bool | None = None

    @property
    def is_question(self) -> bool:
        """Tell whether a customer wrote it."""
        return self.role == "customer" and not (self.auto or self.private)

    @property
    def is_reply(self) -> bool:
        """Tell whether it is what a person of the organisation wrote to the customer."""
        return self.role == "agent" and not (self.auto or self.private or self.opening)

    @property
    def is_turn_of_machine(self) -> bool:
        """Tell whether it is what a machine agent wrote to the customer."""
        return self.role == "bot" and not (self.private or self.opening)

    @property
    def is_acknowledgement(self) -> bool:
        """Tell whether a machine only greets, confirms or passes on."""
        if self.role == "system" or self.useful is not None:
            return self.role == "system" or not self.useful
        return self.role == "bot" and wording.only_acknowledges(self.body)

    @property
    def names(self) -> str:
        """Return the marker that names it; empty when none does."""
        if self.marker or self.private:
            return self.marker or "internal-note"
        if self.role == "bot":
            return "bot"
        return "auto-reply" if self.auto else ""


@attrs.define(kw_only=True)
class Change:
    """An entry in the log of a thread.

    Attributes:
        thread, location: As of a message.
        at: When it was entered.
        activity: What the log calls it.
        after: What it set: ``status`` (open, pending, hold, solved, closed), ``queue``,
            ``agent``, ``priority``, ``in_time``.
        before: What these had been, where the log says it.
        by: Who did it, when staff.
    """

    thread: str
    location: Location
    at: datetime | None
    activity: str
    after: dict[str, Any]
    before: dict[str, Any] = attrs.field(factory=dict)
    by: str | None = None


@attrs.define(kw_only=True)
class Rating:
    """A filled-in survey: ``fields`` are columns of table ``responses``."""

    id: str
    thread: str | None
    location: Location
    updated: datetime | None = None
    value: float | None = None
    fields: dict[str, Any] = attrs.field(factory=dict)
