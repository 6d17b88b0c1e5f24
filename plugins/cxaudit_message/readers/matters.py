"""What a help desk's export tells of: threads, their messages, the log of each, and ratings."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import attrs

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
    """

    id: str
    location: Location
    updated: datetime | None = None
    opened: datetime | None = None
    customer: str | None = None
    fields: dict[str, Any] = attrs.field(factory=dict)
    by_agent: bool = False


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

    @property
    def is_question(self) -> bool:
        """Tell whether a customer wrote it."""
        return self.role == "customer" and not (self.auto or self.private)

    @property
    def is_reply(self) -> bool:
        """Tell whether it is what a person of the organisation wrote to the customer."""
        return self.role == "agent" and not (self.auto or self.private or self.opening)

    @property
    def is_answer(self) -> bool:
        """Tell whether it is a reply, or what a machine sent in place of one."""
        written = self.role in {"agent", "bot", "system"} and not self.private
        return written and not self.opening


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
