"""What readers of transcripts have in common: who spoke, when, and the rows that come of it."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

import attrs

from cxaudit.errors import Problem, SourceError
from cxaudit.plugin import ReadRequest, Skipped

__all__ = [
    "COLUMNS",
    "FileName",
    "Row",
    "Speakers",
    "Turn",
    "Unlisted",
    "clock_seconds",
    "readers_of",
    "row_of",
]

Row = tuple[str, int, Mapping[str, Any] | ValueError | Skipped]

COLUMNS = (
    "message_id",
    "thread_id",
    "position",
    "author_role",
    "channel",
    "touchpoint",
    "sent_at",
    "start_s",
    "end_s",
    "body",
    "is_auto",
    "file",
    "speaker",
)
"""Those of `messages` that a transcript gives, then two that only a mapping uses."""

_ROLES = ("agent", "customer", "bot", "system")
_CLOCK = re.compile(r"(?:(\d+):)?([0-5]?\d):([0-5]?\d)(?:[.,](\d{1,9}))?")
_SHOWN_PLACES = 8


@attrs.frozen
class Turn:
    """One turn: its place in the recording in seconds, its speaker as named, and the words."""

    start: float | str | None
    end: float | str | None
    speaker: str
    text: str


@attrs.define
class Unlisted:
    """Names that no option lists: how often each was met, and where first.

    Notes go into reports, so what they tell never holds the names.
    """

    counts: Counter[str] = attrs.field(factory=Counter)
    first: dict[str, str] = attrs.field(factory=dict)

    def add(self, name: str, location: str) -> None:
        """Count a name that was met at a place."""
        self.counts[name] += 1
        self.first.setdefault(name, location)

    def summary(self) -> str:
        """Return how many they are, and where the most frequent names are first met."""
        places = [self.first[name] for name, _ in self.counts.most_common(_SHOWN_PLACES)]
        names = len(self.counts)
        further = f" and {names - len(places)} more" if names > len(places) else ""
        under = "1 name" if names == 1 else f"{names} names"
        return f"{self.counts.total()} under {under}, first met in {'; '.join(places)}{further}"


@attrs.define
class Speakers:
    """Turns names of speakers into roles, and counts those that it does not know.

    A name is known when the option ``speakers`` lists it, or when it is itself a role (agent,
    customer, bot, system). Case and outer white space do not matter. No other is guessed.
    """

    roles: dict[str, str]
    unknown: Unlisted = attrs.field(factory=Unlisted)
    missing: int = 0

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Speakers:
        """Return those of a source's options.

        Raises:
            SourceError: If a name has two roles.
        """
        own_roles = {role: role for role in _ROLES}
        listed: dict[str, str] = {}
        for role, names in (options.get("speakers") or {}).items():
            for name in names:
                if listed.setdefault(_plain(name), role) != role:
                    cause = f"the speaker {name!r} is both {listed[_plain(name)]} and {role}"
                    hint = "List each name once in the option speakers."
                    raise SourceError((Problem(cause, hint=hint),))
        return cls({**own_roles, **listed})

    def knows(self, name: str) -> bool:
        """Tell whether a name has a role."""
        return _plain(name) in self.roles

    def role(self, name: str, location: str) -> str | None:
        """Return the role of the speaker of the turn at a place; count it where there is none."""
        if not name.strip():
            self.missing += 1
            return None
        role = self.roles.get(_plain(name))
        if role is None:
            self.unknown.add(_plain(name), location)
        return role

    def notes(self) -> Iterator[str]:
        """Yield what a reader of the account should know."""
        if self.missing:
            yield f"turns that name no speaker, and so have no author_role: {self.missing}"
        if self.unknown.counts:
            yield (
                "turns that have no author_role, because the option speakers does not list "
                f"who speaks: {self.unknown.summary()}"
            )


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()


@attrs.define
class FileName:
    """Reads a conversation's id and start from file names, by the option ``name_pattern``.

    The pattern is searched for in the file's name without its endings; its groups ``thread_id``
    and ``started_at`` are read, the latter by the option ``started_at_format`` (else ISO 8601).
    """

    pattern: re.Pattern[str] | None
    layout: str | None
    unfit: list[str] = attrs.field(factory=list)
    seen: Counter[str] = attrs.field(factory=Counter)

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> FileName:
        """Return that of a source's options.

        Raises:
            SourceError: If the pattern is none, or has neither group.
        """
        text = options.get("name_pattern")
        if text is None:
            return cls(None, None)
        hint = "Name its groups as in '(?P<started_at>\\d{8}T\\d{6})_(?P<thread_id>\\w+)'."
        try:
            pattern = re.compile(text)
        except re.error as error:
            cause = f"the option name_pattern is no regular expression: {error}"
            raise SourceError((Problem(cause, hint=hint),)) from error
        if not {"thread_id", "started_at"} & set(pattern.groupindex):
            cause = "the option name_pattern has no group thread_id or started_at"
            raise SourceError((Problem(cause, hint=hint),))
        return cls(pattern, options.get("started_at_format"))

    def read(self, file_name: str) -> tuple[str, dt.datetime | None]:
        """Return a conversation's id and its start, where the name tells it."""
        name = PurePosixPath(file_name).name
        name = re.sub(r"(?i)(?:\.(?:vtt|srt|txt|jsonl?|ndjson|gz))+$", "", name) or name
        match = self.pattern.search(name) if self.pattern else None
        groups = match.groupdict() if match else {}
        started = self.instant(groups.get("started_at"))
        if self.pattern and (match is None or ("started_at" in groups and started is None)):
            self.unfit.append(file_name)
        thread = groups.get("thread_id") or name
        self.seen[thread] += 1
        return thread, started

    def instant(self, text: Any) -> dt.datetime | None:
        """Return the instant that a text writes; a local time where it has no offset."""
        if not isinstance(text, str) or not text.strip():
            return None
        try:
            if self.layout:
                return dt.datetime.strptime(text, self.layout)  # noqa: DTZ007 - may be local
            return dt.datetime.fromisoformat(text.strip())
        except ValueError:
            return None

    def notes(self) -> Iterator[str]:
        """Yield what a reader of the account should know."""
        if self.unfit:
            count = len(self.unfit)
            named = f"{count} file is" if count == 1 else f"{count} files are"
            yield (
                f"{named} not called as name_pattern says, such as {self.unfit[0]}: "
                "what the name should tell is missing there"
            )
        for thread, count in self.seen.items():
            if count > 1:
                yield (
                    f"{count} files give the conversation {thread!r}: their turns repeat its ids "
                    "and are refused; set name_pattern to tell them apart"
                )


def clock_seconds(text: str) -> float | None:
    """Return the seconds that a clock such as ``1:02:03.5``, ``02:03,5`` writes; None if none."""
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        return None
    hours, minutes, seconds, part = match.groups()
    whole = int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)
    return whole + float(f"0.{part}") if part else float(whole)


def row_of(
    turn: Turn,
    speakers: Speakers,
    *,
    thread: str,
    position: int,
    started: dt.datetime | None,
    file_name: str,
) -> Mapping[str, Any] | Skipped:
    """Return the row of a turn; a turn without words is left out."""
    body = turn.text.strip()
    if not body:
        return Skipped("a turn without words")
    key = f"{thread}#{position}"
    role = speakers.role(turn.speaker, key)
    sent = None
    if started is not None and isinstance(turn.start, float):
        sent = (started + dt.timedelta(seconds=turn.start)).isoformat()
    return {
        "message_id": key,
        "thread_id": thread,
        "position": position,
        "author_role": role,
        "channel": "voice",
        "touchpoint": "phone",
        "sent_at": sent,
        "start_s": turn.start,
        "end_s": turn.end,
        "body": body,
        "is_auto": None if role is None else role in {"bot", "system"},
        "file": PurePosixPath(file_name).name,
        "speaker": " ".join(turn.speaker.split()) or None,
    }


def readers_of(request: ReadRequest) -> tuple[Speakers, FileName]:
    """Return what reads speakers and file names, by a source's options."""
    options = request.use.options
    return Speakers.of(options), FileName.of(options)
