"""What readers of help desks have in common: threads, their messages and their log, as rows.

A reader turns its vendor's records into `Thread`, `Message`, `Change` and `Rating`; a `Desk` keeps
the latest copy of each and makes the rows of the canonical tables from them, by the same rules for
all vendors. It gives a column only where the files have something that tells it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from math import isfinite
from typing import Any

import attrs

from cxaudit.plugin import Rows, Skipped
from cxaudit_message.values import at_key

__all__ = ["Change", "Desk", "Message", "Place", "Rating", "Thread", "Unknown"]

Place = tuple[int, int, int]
"""Where something stands: number of the file, of the record there, and of the part in it."""

_LONGEST = 1_000_000
_KEYS = {
    "threads": "thread_id",
    "messages": "message_id",
    "handovers": "issue_id",
    "issue_events": "issue_id",
    "responses": "response_id",
}


@attrs.define(kw_only=True)
class Thread:
    """A ticket or conversation as its own record tells it.

    Attributes:
        id: Its id.
        place: Where its record stands.
        updated: When it was last updated; of two copies the later one is kept.
        opened: When the customer wrote first.
        customer: Key of the customer.
        fields: Columns of table ``threads`` that the record tells.
        by_agent: Whether an agent wrote its first message.
    """

    id: str
    place: Place
    updated: datetime | None = None
    opened: datetime | None = None
    customer: str | None = None
    fields: dict[str, Any] = attrs.field(factory=dict)
    by_agent: bool = False


@attrs.define(kw_only=True)
class Message:
    """A message of a thread.

    Attributes:
        id, thread, place, updated: As of a thread.
        at: When it was sent.
        sent: What the file says of that.
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
    place: Place
    updated: datetime | None = None
    at: datetime | None = None
    sent: Any = None
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
        said = self.role in {"agent", "bot", "system"} and not self.private
        return said and not self.opening


@attrs.define(kw_only=True)
class Change:
    """An entry in the log of a thread.

    Attributes:
        thread, place: As of a message.
        at: When it was entered.
        activity: What the log calls it.
        after: What it set: ``status`` (open, pending, hold, solved, closed), ``queue``,
            ``agent``, ``priority``, ``in_time``.
        before: What these had been, where the log says it.
        by: Who did it, when staff.
    """

    thread: str
    place: Place
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
    place: Place
    updated: datetime | None = None
    value: float | None = None
    fields: dict[str, Any] = attrs.field(factory=dict)


class Unknown:
    """Fields of records that a reader does not use."""

    def __init__(self, used: Mapping[str, Iterable[str]]) -> None:
        """Take what is used by kind of record, fields inside others with dots."""
        self._used = {kind: frozenset(names) for kind, names in used.items()}
        self.fields: dict[str, None] = {}

    def see(self, kind: str, record: Mapping[str, Any], before: str = "") -> None:
        """Note the fields of a record that are not used and hold something."""
        used = self._used[kind]
        for name, value in record.items():
            full = f"{before}{name}"
            if full in used or value is None or value in ("", [], {}):
                continue
            if isinstance(value, Mapping) and any(each.startswith(f"{full}.") for each in used):
                self.see(kind, value, f"{full}.")
            else:
                self.fields[f"{kind}.{full}"] = None


class Desk:
    """What the files of a help desk hold, and the rows that it makes of that.

    Attributes:
        table: The table that is asked for.
        threads, messages, ratings: What was found, by id.
        changes: The log, by thread.
        notes: What a reader of the account should know.
    """

    def __init__(self, table: str) -> None:
        """Begin with nothing."""
        self.table = table
        self.threads: dict[str, Thread] = {}
        self.messages: dict[str, Message] = {}
        self.ratings: dict[str, Rating] = {}
        self.changes: defaultdict[str, list[Change]] = defaultdict(list)
        self.notes: list[str] = []
        self._counts: Counter[str] = Counter()
        self._others: list[tuple[Place, ValueError | Skipped]] = []

    def refuse(self, place: Place, error: ValueError | Skipped) -> None:
        """Keep a record that cannot be read, or is left out by a rule."""
        self._others.append((place, error))

    def count(self, note: str) -> None:
        """Count what a note tells; the number stands before it."""
        self._counts[note] += 1

    def add(self, found: Thread | Message | Rating) -> None:
        """Keep something, unless a later copy of it is there."""
        kept, table = self._kept(found)
        old = kept.get(found.id)
        if old is not None:
            newer = found if found.updated or not old.updated else old
            if found.updated and old.updated:
                newer = found if at_key(found.updated) >= at_key(old.updated) else old
            older = old if newer is found else found
            if table == self.table:
                reason = "an older copy of the same record (the one updated last is kept)"
                self.refuse(older.place, Skipped(reason))
            found = newer
        kept[found.id] = found

    def _kept(self, found: Thread | Message | Rating) -> tuple[dict[str, Any], str]:
        if isinstance(found, Thread):
            return self.threads, "threads"
        if isinstance(found, Message):
            return self.messages, "messages"
        return self.ratings, "responses"

    def rows(self, files: tuple[str, ...], unknown: Unknown) -> Rows:
        """Return the rows of the table, each with its file and its number there."""
        made: dict[str, Callable[[], Iterator[tuple[Place, Any]]]] = {
            "threads": self._threads,
            "messages": self._messages,
            "handovers": self._handovers,
            "issue_events": self._events,
            "responses": self._responses,
        }
        rows: list[tuple[Place, Any]] = [*made[self.table](), *self._others]
        rows.sort(key=lambda row: row[0])
        numbers: Counter[int] = Counter()
        numbered = []
        for place, fields in rows:
            numbers[place[0]] += 1
            whole = self._clean(fields) if isinstance(fields, dict) else fields
            numbered.append((files[place[0]], numbers[place[0]], whole))
        self.notes += [f"{number} {note}" for note, number in self._counts.items()]
        return Rows(
            rows=numbered,
            columns=(_KEYS[self.table],),
            notes=self.notes,
            unknown_fields=tuple(unknown.fields),
        )

    def _clean(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Cut gigantic values, and replace halves of characters, which no UTF-8 can hold."""
        for name, value in fields.items():
            if isinstance(value, float) and not isfinite(value):
                fields[name] = str(value)  # JSON has no such numbers, though Python reads them
        for name, text in [(n, v) for n, v in fields.items() if isinstance(v, str)]:
            if len(text) > _LONGEST:
                self.count(f"values longer than {_LONGEST} characters were cut: {name}")
            if len(text) > _LONGEST or not text.isascii() or "\0" in text:
                cut = text[:_LONGEST].replace("\0", "\ufffd")
                fields[name] = cut.encode("utf-8", "replace").decode()
        return fields

    def tell_spam(self, rules: Mapping[str, int]) -> None:
        """Note by which rules threads were called spam, and how many by each."""
        told = ", ".join(f"{number} by {rule}" for rule, number in rules.items())
        self.notes.append(f"threads called spam: {told}")

    def by_thread(self) -> dict[str, list[Message]]:
        """Return the messages of each thread in the order of time."""
        found: defaultdict[str, list[Message]] = defaultdict(list)
        for message in self.messages.values():
            found[message.thread].append(message)
        for messages in found.values():
            messages.sort(key=lambda each: (at_key(each.at), each.place))
        return found

    def log(self, thread: str) -> list[Change]:
        """Return the log of a thread in the order of time."""
        return sorted(self.changes.get(thread, ()), key=lambda each: (at_key(each.at), each.place))

    def _threads(self) -> Iterator[tuple[Place, dict[str, Any]]]:
        from cxaudit_message.summaries import of_log, of_messages

        messages = self.by_thread()
        ratings = {each.thread: each for each in sorted(self.ratings.values(), key=_rated)}
        answers = "first_human_reply_at"
        silent = told = 0
        for thread in self.threads.values():
            row: dict[str, Any] = {"thread_id": thread.id, "customer_key": thread.customer}
            row |= {"opened_at": thread.opened, **thread.fields}
            if messages:
                row |= of_messages(thread, messages.get(thread.id, []), row)
            if self.changes:
                row |= of_log(self.log(thread.id))
            if self.ratings:
                rating = ratings.get(thread.id)
                row["satisfaction"] = rating.value if rating else None
            told, silent = told + (answers in row), silent + (answers not in row)
            yield thread.place, row
        if told and silent:
            self.notes.append(
                f"of {silent} threads the files do not tell whether they were answered, while of "
                f"{told} they do; the former look unanswered"
            )

    def _messages(self) -> Iterator[tuple[Place, dict[str, Any]]]:
        from cxaudit_message.summaries import message_row

        homeless = nobody = 0
        for thread, messages in self.by_thread().items():
            home = self.threads.get(thread)
            homeless += len(messages) if home is None else 0
            for position, message in enumerate(messages, start=1):
                nobody += message.role is None
                yield message.place, message_row(message, home, position)
        if homeless:
            self.notes.append(f"{homeless} messages belong to threads of which there is no record")
        if nobody:
            self.notes.append(
                f"{nobody} messages tell not whether a customer or staff wrote them; their "
                "author_role is empty, and they are no replies"
            )

    def _handovers(self) -> Iterator[tuple[Place, dict[str, Any]]]:
        from cxaudit_message.summaries import handovers

        for thread in self.changes:
            yield from handovers(self.log(thread), self.threads.get(thread))

    def _events(self) -> Iterator[tuple[Place, dict[str, Any] | ValueError]]:
        from cxaudit_message.summaries import events

        messages = self.by_thread()
        for thread in dict.fromkeys((*self.threads, *messages, *self.changes)):
            yield from events(
                thread, self.threads.get(thread), messages.get(thread, []), self.log(thread)
            )

    def _responses(self) -> Iterator[tuple[Place, dict[str, Any]]]:
        for rating in self.ratings.values():
            home = self.threads.get(rating.thread or "")
            channel = home.fields.get("channel") if home else None
            row = {"response_id": rating.id, "channel": channel, "csat": rating.value}
            yield rating.place, row | rating.fields


def _rated(rating: Rating) -> tuple[tuple[bool, datetime], Place]:
    missing, at = at_key(rating.updated)
    return (not missing, at), rating.place
