"""One conversation of Genesys Cloud, checked: its sessions in order, and its legs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import attrs

from cxaudit.plugin import Skipped
from cxaudit_phone.readers.records import Given, hidden, refused

__all__ = ["USED", "Conversation", "Leg", "Session", "conversation"]

_SESSION = "participants.sessions"
USED = frozenset(
    {
        *("conversationId", "conversationStart", "conversationEnd", "originatingDirection"),
        *("participants.purpose", "participants.userId"),
        *(f"{_SESSION}.{name}" for name in ("mediaType", "direction", "ani", "dnis")),
        f"{_SESSION}.outboundCampaignId",
        *(f"{_SESSION}.callback{name}" for name in ("Numbers", "ScheduledTime")),
        *(f"{_SESSION}.{name}ParticipantId" for name in ("monitored", "coached", "barged")),
        *(f"{_SESSION}.metrics.{name}" for name in ("name", "value", "emitDate")),
        *(f"{_SESSION}.segments.segment{name}" for name in ("Type", "Start", "End")),
        *(f"{_SESSION}.segments.{name}" for name in ("queueId", "disconnectType", "wrapUpCode")),
    }
)
_PEOPLE = frozenset({"agent", "user"})
_DIRECTIONS = {"inbound": "in", "outbound": "out"}
_LISTENS = ("monitoredParticipantId", "coachedParticipantId", "bargedParticipantId")


@attrs.frozen
class Segment:
    """A part of a session: its kind, times in UTC, and how it ended."""

    kind: str
    start: datetime
    end: datetime | None
    queue: str | None
    how: str | None
    code: str | None


@attrs.frozen
class Session:
    """What one participant did on one medium."""

    purpose: str
    user: str | None
    medium: str
    direction: str | None
    segments: tuple[Segment, ...]
    metrics: Mapping[str, tuple[float, ...]]
    customer: str | None
    callback_number: str | None
    scheduled: datetime | None
    campaign: bool
    listens: bool

    @property
    def started(self) -> datetime:
        """Return when it began."""
        return self.segments[0].start

    @property
    def ended(self) -> datetime | None:
        """Return when it ended."""
        return max((part.end for part in self.segments if part.end), default=None)

    @property
    def answered(self) -> datetime | None:
        """Return when its participant began to talk."""
        return next((part.start for part in self.segments if part.kind == "interact"), None)

    @property
    def talked_until(self) -> datetime | None:
        """Return when its participant stopped to talk."""
        talks = [part.end for part in self.segments if part.kind in {"interact", "hold"}]
        return max((end for end in talks if end), default=None)

    @property
    def queue(self) -> str | None:
        """Return the queue that it belongs to."""
        return next((part.queue for part in self.segments if part.queue), None)

    @property
    def is_customer(self) -> bool:
        """Tell whether its participant is the customer."""
        return self.purpose in {"customer", "external"}

    @property
    def dials(self) -> bool:
        """Tell whether it belongs to a call to the customer."""
        return self.direction == "out"

    @property
    def passed_on(self) -> bool:
        """Tell whether its participant passed the call on."""
        ways = {part.how for part in self.segments}
        return bool(self.count("nTransferred")) or bool(ways & {"transfer", "forwardTransfer"})

    @property
    def dialled(self) -> datetime:
        """Return when it began to dial; when it began, where it does not tell."""
        return next((part.start for part in self.segments if part.kind == "dialing"), self.started)

    def parts(self, kind: str) -> list[Segment]:
        """Return its segments of a kind."""
        return [part for part in self.segments if part.kind == kind]

    def seconds(self, *names: str) -> float | None:
        """Return the sum of the first of these metrics that it has, in seconds."""
        values = next((self.metrics[name] for name in names if name in self.metrics), None)
        return None if values is None else sum(values) / 1000

    def count(self, name: str) -> int:
        """Return the sum of a metric that counts."""
        return int(sum(self.metrics.get(name, ())))

    def has(self, name: str) -> bool:
        """Tell whether it has a metric."""
        return name in self.metrics


@attrs.define
class Leg:
    """A passage through a queue with the agent who answered, or an agent without a queue."""

    queue: Session | None = None
    agent: Session | None = None
    rang: list[Session] = attrs.field(factory=list)

    @property
    def _first(self) -> Session:
        return self.queue or self.agent or self.rang[0]

    @property
    def started(self) -> datetime:
        """Return when it began."""
        return self._first.started

    @property
    def direction(self) -> str | None:
        """Return in or out."""
        return self._first.direction

    @property
    def queue_id(self) -> str | None:
        """Return its queue; that for which an agent dialled, too."""
        return self._first.queue


@attrs.frozen
class Conversation:
    """A conversation that is over; its sessions in order of time."""

    id: str
    started: datetime
    ended: datetime
    direction: str | None
    sessions: tuple[Session, ...]
    legs: tuple[Leg, ...]
    listeners: int
    consulted: int

    @property
    def voice(self) -> list[Session]:
        """Return its sessions by voice."""
        return [each for each in self.sessions if each.medium == "voice"]

    @property
    def callbacks(self) -> list[Session]:
        """Return its sessions of a promised callback."""
        return [each for each in self.sessions if each.medium == "callback"]

    @property
    def voicemail(self) -> bool:
        """Tell whether it went to voicemail."""
        return any(each.purpose == "voicemail" for each in self.voice)

    @property
    def menu(self) -> float | None:
        """Return the seconds in the menu; None when there was none."""
        times = [each.seconds("tIvr") for each in self.voice if each.purpose == "ivr"]
        return sum(filter(None, times)) if times else None

    @property
    def customer(self) -> str | None:
        """Return the customer's number; None when it is withheld."""
        numbers = (each.customer for each in self.voice if each.is_customer)
        return next(filter(None, numbers), None)

    def leg_id(self, number: int) -> str:
        """Return the id of a leg, counted from 0."""
        return self.id if number == 0 else f"{self.id}/{number + 1}"


def conversation(record: Mapping[str, Any]) -> Conversation | ValueError | Skipped:
    """Return a conversation, or why the record gives none."""
    given = Given(record)
    name = given.text("conversationId", required=True)
    started = given.time("conversationStart", required=True)
    ended = given.time("conversationEnd")
    if not given.problems and ended is None:
        return Skipped("the conversation is not over")
    if started and ended and ended < started:
        given.problems.append("conversationEnd is before conversationStart")
    sessions = []
    for participant in _objects(given, "participants"):
        purpose, user = participant.text("purpose"), participant.text("userId")
        for session in _objects(participant, "sessions"):
            found = _session(session, purpose or "", user)
            participant.problems += session.problems
            if found is not None:
                sessions.append(found)
        given.problems += participant.problems
    if given.problems or not (name and started and ended):
        return refused(dict.fromkeys(given.problems), record)
    sessions.sort(key=lambda each: each.started)
    direction = _DIRECTIONS.get(given.text("originatingDirection") or "")
    kept = tuple(each for each in sessions if not each.listens)
    legs, consulted = _legs(each for each in kept if each.medium == "voice")
    return Conversation(
        name,
        started,
        ended,
        direction,
        kept,
        tuple(legs),
        len(sessions) - len(kept),
        consulted,
    )


def _objects(given: Given, name: str) -> list[Given]:
    found = given.value(name)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(each, Mapping) for each in found):
        given.problems.append(f"{name} is no list of objects")
        return []
    return [Given(each) for each in found]


def _session(given: Given, purpose: str, user: str | None) -> Session | None:
    """Return a session; None when it has no segments, and so no times."""
    segments = [found for each in _objects(given, "segments") if (found := _segment(each, given))]
    metrics: dict[str, tuple[float, ...]] = {}
    for each in _objects(given, "metrics"):
        name, value = each.text("name") or "", each.number("value")
        given.problems += [f"metric {name}: {problem}" for problem in each.problems]
        if value is not None:
            metrics[name] = (*metrics.get(name, ()), value)
    direction = _DIRECTIONS.get(given.text("direction") or "")
    numbers = given.value("callbackNumbers")
    number = numbers[0] if isinstance(numbers, list) and numbers else None
    scheduled = given.time("callbackScheduledTime")
    customer = given.text("dnis" if direction == "out" else "ani")
    medium = given.text("mediaType") or ""
    listens = any(given.text(name) for name in _LISTENS)
    if not segments:
        return None
    segments.sort(key=lambda part: part.start)
    return Session(
        purpose,
        user,
        medium,
        direction,
        tuple(segments),
        metrics,
        _number(customer),
        _number(number if isinstance(number, str) else None),
        scheduled,
        given.text("outboundCampaignId") is not None,
        listens,
    )


def _number(address: str | None) -> str | None:
    plain = (address or "").removeprefix("tel:").removeprefix("sip:").split("@")[0]
    return None if hidden(plain) else plain


def _segment(part: Given, given: Given) -> Segment | None:
    kind, start = part.text("segmentType"), part.time("segmentStart", required=True)
    found = None
    if start is not None:
        found = Segment(
            kind or "",
            start,
            part.time("segmentEnd"),
            part.text("queueId"),
            part.text("disconnectType"),
            part.text("wrapUpCode"),
        )
    given.problems += part.problems
    return found


def _legs(sessions: Iterable[Session]) -> tuple[list[Leg], int]:
    """Return the legs of a call, and how many sessions were consulted without a transfer."""
    legs: list[Leg] = []
    consulted = 0
    for session in sessions:
        if session.purpose not in _PEOPLE | {"acd"}:
            continue
        last = legs[-1] if legs else None
        same = last is not None and last.direction == session.direction
        if same and last and last.agent and not last.agent.passed_on:
            consulted += 1
        elif session.purpose == "acd":
            legs.append(Leg(queue=session))
        else:
            if last is None or last.agent or not same:
                last = Leg()
                legs.append(last)
            if session.answered is None:
                last.rang.append(session)
            else:
                last.agent = session
    return legs, consulted
