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

from cxaudit.plugin import Marker, Marks, Rows, Skipped
from cxaudit_message.readers import summaries
from cxaudit_message.readers.matters import Change, Location, Message, Rating, Thread
from cxaudit_message.readers.values import at_key

__all__ = ["Desk", "Unknown"]

_LONGEST = 1_000_000
_TIMES = ("opened_at", "first_reply_at", "first_human_reply_at", "solved_at", "closed_at")
_KEYS = {
    "threads": "thread_id",
    "messages": "message_id",
    "handovers": "issue_id",
    "issue_events": "issue_id",
    "responses": "response_id",
}


class Unknown:
    """Fields of records that a reader does not use."""

    def __init__(self, used: Mapping[str, Iterable[str]]) -> None:
        """Take the fields that are used, by kind of record; nested ones with dots."""
        self._levels: dict[tuple[str, str], tuple[set[str], set[str]]] = {}
        for kind, names in used.items():
            used_names = frozenset(names)
            holders = {name.rpartition(".")[0] for name in used_names if "." in name}
            for path in ("", *(f"{name}." for name in holders)):
                self._levels[kind, path] = _below(path, used_names), _below(path, holders)
        self.fields: dict[str, None] = {}

    def see(self, kind: str, record: Mapping[str, Any], before: str = "") -> None:
        """Note the fields of a record that are not used and hold something."""
        settled, holders = self._levels[kind, before]
        for name, value in record.items():
            if name in settled or value is None or value in ("", [], {}):
                continue
            if name not in holders:
                settled.add(name)  # it is noted once
            elif isinstance(value, Mapping):
                self.see(kind, value, f"{before}{name}.")
                continue
            self.fields[f"{kind}.{before}{name}"] = None


def _below(path: str, names: Iterable[str]) -> set[str]:
    return {name.removeprefix(path) for name in names if name.startswith(path)}


class Desk:
    """What the files of a help desk hold, and the rows that it makes of that.

    Attributes:
        table: The table that is asked for.
        threads, messages, ratings: What was found, by id.
        changes: The log, by thread.
        notes: What a reader of the account should know.
        marks: How many records each marker named.
    """

    def __init__(self, table: str, markers: Iterable[Marker]) -> None:
        """Begin with nothing."""
        markers = tuple(markers)
        self.table = table
        self.marks = Marks(markers)
        self._meanings = {marker.id: marker.meaning for marker in markers}
        self.threads: dict[str, Thread] = {}
        self.messages: dict[str, Message] = {}
        self.ratings: dict[str, Rating] = {}
        self.changes: defaultdict[str, list[Change]] = defaultdict(list)
        self.notes: list[str] = []
        self._counts: Counter[str] = Counter()
        self._others: list[tuple[Location, ValueError | Skipped]] = []

    def refuse(self, location: Location, error: ValueError | Skipped) -> None:
        """Keep a record that cannot be read, or is left out by a rule."""
        self._others.append((location, error))

    def leave_out(self, location: Location, marker: str, table: str) -> None:
        """Count a record of a table that a marker leaves out; the account of the table lists it."""
        self.marks.count(marker)
        if table == self.table:
            self.refuse(location, Skipped(self._meanings[marker]))

    def count(self, note: str) -> None:
        """Count what a note tells; the number stands before it."""
        self._counts[note] += 1

    def add(self, record: Thread | Message | Rating) -> None:
        """Keep something, unless a later copy of it is there."""
        kept, table = self._kept(record)
        old = kept.get(record.id)
        if old is not None:
            newer = record if record.updated or not old.updated else old
            if record.updated and old.updated:
                newer = record if at_key(record.updated) >= at_key(old.updated) else old
            older = old if newer is record else record
            if table == self.table:
                reason = Skipped("an older copy of the same record (the one updated last is kept)")
                self.refuse(older.location, reason)
            record = newer
        kept[record.id] = record

    def _kept(self, record: Thread | Message | Rating) -> tuple[dict[str, Any], str]:
        if isinstance(record, Thread):
            return self.threads, "threads"
        if isinstance(record, Message):
            return self.messages, "messages"
        return self.ratings, "responses"

    def rows(self, files: tuple[str, ...], unknown: Unknown) -> Rows:
        """Return the rows of the table, each with its file and its number there."""
        rows_by_table: dict[str, Callable[[], Iterator[tuple[Location, Any]]]] = {
            "threads": self._threads,
            "messages": self._messages,
            "handovers": self._handovers,
            "issue_events": self._events,
            "responses": self._responses,
        }
        self._settle()
        rows: list[tuple[Location, Any]] = [*rows_by_table[self.table](), *self._others]
        rows.sort(key=lambda row: row[0])
        numbers: Counter[int] = Counter()
        numbered = []
        for location, fields in rows:
            numbers[location[0]] += 1
            whole = self._clean(fields) if isinstance(fields, dict) else fields
            numbered.append((files[location[0]], numbers[location[0]], whole))
        self.notes += [f"{number} {note}" for note, number in self._counts.items()]
        columns = [_KEYS[self.table]]
        if self.table == "handovers" and self.changes:
            columns += summaries.HANDOVER_COLUMNS  # where nothing was handed over, that is known
        return Rows(
            rows=numbered,
            columns=tuple(columns),
            notes=self.notes,
            unknown_fields=tuple(unknown.fields),
            marked=self.marks.records,
        )

    def _settle(self) -> None:
        """Join what was merged, take out what is no customer's, and count what markers name."""
        unsettled = any(thread.merged or thread.outside for thread in self.threads.values())
        messages = self.by_thread() if unsettled else {}
        for thread in [thread for thread in self.threads.values() if thread.merged]:
            self._join(thread, self._target(thread), messages)
        for thread in list(self.threads.values()):
            if thread.merged or thread.outside == "side-conversation":
                self._remove(thread, "merged" if thread.merged else thread.outside, messages)
            elif thread.outside:
                written = (
                    message
                    for message in messages.get(thread.id, ())
                    if message.is_question and message.channel != "voice"
                )
                thread.opened = thread.opened or next((one.at for one in written), None)
                if thread.opened is None:
                    self._remove(thread, thread.outside, messages)
                elif thread.outside != "voice-ticket":
                    thread.marks.add("outbound-answered")
        for thread in self.threads.values():
            if thread.fields.get("is_spam") and "deleted" not in thread.marks:
                thread.marks.add("spam")
            for marker in thread.marks:
                self.marks.count(marker)
        for message in self.messages.values():
            if message.names:
                self.marks.count(message.names)

    def _target(self, thread: Thread) -> Thread | None:
        """Return the thread in which a merged one ends, over several mergers; None if unknown."""
        passed = set()
        home: Thread | None = thread
        while home is not None and home.merged and home.id not in passed:
            passed.add(home.id)
            home = self.threads.get(home.merged_into or "")
        return None if home is None or home.merged else home

    def _join(
        self, thread: Thread, target: Thread | None, messages: dict[str, list[Message]]
    ) -> None:
        """Tell a merged thread with its target: the customer waited since the first of both."""
        if target is None:
            self.count("merged threads name none among the files into which they were merged")
            return
        if thread.opened and target.opened:
            target.opened = min(thread.opened, target.opened, key=at_key)
        target.customer = target.customer or thread.customer
        for message in messages.pop(thread.id, ()):
            message.thread = target.id
            message.opening = message.opening and message.role != "customer"
            messages.setdefault(target.id, []).append(message)
        messages.get(target.id, []).sort(key=_in_time)
        for rating in self.ratings.values():
            if rating.thread == thread.id:
                rating.thread = target.id

    def _remove(self, thread: Thread, marker: str, messages: dict[str, list[Message]]) -> None:
        """Take out a thread and what belongs to it, by a marker."""
        self.leave_out(thread.location, marker, "threads")
        del self.threads[thread.id]
        self.changes.pop(thread.id, None)
        for message in messages.pop(thread.id, ()):
            del self.messages[message.id]
            if self.table == "messages":
                self.refuse(message.location, Skipped(self._meanings[marker]))

    def _clean(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Cut gigantic values, and replace halves of characters, which no UTF-8 can hold."""
        for name, value in fields.items():  # values change, names do not
            if isinstance(value, str):
                if len(value) > _LONGEST:
                    self.count(f"values longer than {_LONGEST} characters were cut: {name}")
                if len(value) > _LONGEST or "\0" in value or not _is_text(value):
                    cut = value[:_LONGEST].replace("\0", "\ufffd")
                    fields[name] = cut.encode("utf-8", "replace").decode()
            elif isinstance(value, float) and not isfinite(value):
                fields[name] = str(value)  # JSON has no such numbers, though Python reads them
        return fields

    def tell_spam(self, rules: Mapping[str, int]) -> None:
        """Note by which rules threads were called spam, and how many by each."""
        counts = ", ".join(f"{number} by {rule}" for rule, number in rules.items())
        none = "none, as the export has no mark of its own and spam_tags names none"
        self.notes.append(f"threads called spam: {counts or none}")

    def by_thread(self) -> dict[str, list[Message]]:
        """Return the messages of each thread in the order of time."""
        grouped: defaultdict[str, list[Message]] = defaultdict(list)
        for message in self.messages.values():
            grouped[message.thread].append(message)
        for messages in grouped.values():
            messages.sort(key=_in_time)
        return dict(grouped)

    def log(self, thread: str) -> list[Change]:
        """Return the log of a thread in the order of time."""
        return sorted(
            self.changes.get(thread, ()), key=lambda change: (at_key(change.at), change.location)
        )

    def _threads(self) -> Iterator[tuple[Location, dict[str, Any] | Skipped | ValueError]]:
        messages = self.by_thread()
        ratings = {rating.thread: rating for rating in sorted(self.ratings.values(), key=_rated)}
        answers = "first_human_reply_at"
        silent = known_answers = 0
        for thread in self.threads.values():
            row: dict[str, Any] = {"thread_id": thread.id, "customer_key": thread.customer}
            row |= {"opened_at": thread.opened, **thread.fields}
            if messages:
                row |= summaries.of_messages(thread, messages.get(thread.id, []), row)
            if "handled_by" not in row and row.get("machine_resolved"):
                row["handled_by"] = "both" if row.get(answers) else "machine"
            if self.changes:
                row |= summaries.of_log(self.log(thread.id))
            if self.ratings:
                rating = ratings.get(thread.id)
                row["satisfaction"] = rating.value if rating else None
            known_answers, silent = known_answers + (answers in row), silent + (answers not in row)
            if any(row.get(name) for name in _TIMES):
                yield thread.location, row
            elif any(message.at for message in messages.get(thread.id, ())):
                yield thread.location, Skipped("a thread in which no customer wrote to people")
            else:
                yield thread.location, ValueError("a thread without a time", thread.id)
        if known_answers and silent:
            self.notes.append(
                f"of {silent} threads the files do not tell whether they were answered, while of "
                f"{known_answers} they do; the former look unanswered"
            )

    def _messages(self) -> Iterator[tuple[Location, dict[str, Any] | ValueError]]:
        homeless = nobody = 0
        for thread, messages in self.by_thread().items():
            home = self.threads.get(thread)
            homeless += len(messages) if home is None else 0
            for position, message in enumerate(messages, start=1):
                if message.at is None and not message.sent:
                    yield message.location, ValueError("a message without a time", message.id)
                    continue
                nobody += message.role is None
                yield message.location, summaries.message_row(message, home, position)
        if homeless:
            self.notes.append(f"{homeless} messages belong to threads of which there is no record")
        if nobody:
            self.notes.append(
                f"{nobody} messages tell not whether a customer or staff wrote them; their "
                "author_role is empty, and they are no replies"
            )

    def _handovers(self) -> Iterator[tuple[Location, dict[str, Any]]]:
        for thread in self.changes:
            yield from summaries.handovers(self.log(thread), self.threads.get(thread))

    def _events(self) -> Iterator[tuple[Location, dict[str, Any] | ValueError]]:
        messages = self.by_thread()
        for thread in dict.fromkeys((*self.threads, *messages, *self.changes)):
            yield from summaries.events(
                thread, self.threads.get(thread), messages.get(thread, []), self.log(thread)
            )

    def _responses(self) -> Iterator[tuple[Location, dict[str, Any]]]:
        for rating in self.ratings.values():
            home = self.threads.get(rating.thread or "")
            channel = home.fields.get("channel") if home else None
            row = {"response_id": rating.id, "channel": channel, "csat": rating.value}
            yield rating.location, row | rating.fields


def _in_time(message: Message) -> tuple[tuple[bool, datetime], Location]:
    return at_key(message.at), message.location


def _is_text(value: str) -> bool:
    """Tell whether UTF-8 can hold a text."""
    try:
        return value.isascii() or bool(value.encode())
    except UnicodeEncodeError:
        return False


def _rated(rating: Rating) -> tuple[tuple[bool, datetime], Location]:
    missing, at = at_key(rating.updated)
    return (not missing, at), rating.location
