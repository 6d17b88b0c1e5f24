"""One conversation of Genesys Cloud, checked: its sessions in order, and its legs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import attrs

from cxaudit.plugin import Skipped
from cxaudit.records import is_withheld
from cxaudit_phone.readers.records import Fields, refused

__all__ = ["USED", "Conversation", "Leg", "Session", "parse_conversation"]

_SESSION = "participants.sessions"
USED = frozenset(
    {
        *("conversationId", "conversationStart", "conversationEnd", "originatingDirection"),
        *("participants.purpose", "participants.userId"),
        *(f"{_SESSION}.{name}" for name in ("mediaType", "direction", "ani", "dnis")),
        f"{_SESSION}.outboundCampaignId",
        *(f"{_SESSION}.flow.{name}" for name in ("flowType", "outcomes.flowOutcomeValue")),
        *(f"{_SESSION}.callback{name}" for name in ("Numbers", "ScheduledTime")),
        *(f"{_SESSION}.{name}ParticipantId" for name in ("monitored", "coached", "barged")),
        *(f"{_SESSION}.metrics.{name}" for name in ("name", "value", "emitDate")),
        *(f"{_SESSION}.segments.segment{name}" for name in ("Type", "Start", "End")),
        *(f"{_SESSION}.segments.{name}" for name in ("queueId", "disconnectType", "wrapUpCode")),
    }
)
_PEOPLE = frozenset({"agent", "user"})
_HOUSE = frozenset({"acd", "ivr", "workflow", "group", "station", "voicemail"})
"""Purposes that, with people alone, make a call within the house."""
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
    bot: bool
    outcomes: frozenset[str]

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

    @property
    def ringing(self) -> float | None:
        """Return the seconds that it rang; None when it did not."""
        seconds = self.seconds("tAlert", "tNotResponding")
        alerts = [part for part in self.parts("alert") if part.end is not None]
        if seconds is None and alerts:
            return sum((part.end - part.start).total_seconds() for part in alerts if part.end)
        return seconds

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
    """A conversation that is over; its sessions, and those by voice, in order of time."""

    id: str
    started: datetime
    ended: datetime
    direction: str | None
    sessions: tuple[Session, ...]
    voice: tuple[Session, ...]
    legs: tuple[Leg, ...]
    listeners: int
    consulted: int
    purposes: frozenset[str]

    @property
    def callbacks(self) -> list[Session]:
        """Return its sessions of a promised callback."""
        return [session for session in self.sessions if session.medium == "callback"]

    @property
    def rule(self) -> str:
        """Return the marker of a conversation that is no call of a customer; empty for others."""
        if "fax" in self.purposes:
            return "fax"
        if not self.voice:
            return "other-channel"
        if "dialer" in self.purposes or any(session.campaign for session in self.voice):
            return "campaign"
        outside = self.purposes & {"customer", "external"}
        return "" if outside or self.purposes - _PEOPLE - _HOUSE else "internal"

    @property
    def bot(self) -> bool:
        """Tell whether a bot took part in it."""
        return any(session.bot for session in self.voice)

    @property
    def settled(self) -> bool | None:
        """Tell whether flows say that they did what the caller came for; None where none says."""
        outcomes = frozenset().union(*(session.outcomes for session in self.voice))
        return None if not outcomes else "SUCCESS" in outcomes

    @property
    def voicemail(self) -> bool:
        """Tell whether it went to voicemail."""
        return any(session.purpose == "voicemail" for session in self.voice)

    @property
    def menu(self) -> float | None:
        """Return the seconds in the menu; None when there was none."""
        times = [session.seconds("tIvr") for session in self.voice if session.purpose == "ivr"]
        return sum(filter(None, times)) if times else None

    @property
    def customer(self) -> str | None:
        """Return the customer's number; None when it is withheld."""
        numbers = (session.customer for session in self.voice if session.is_customer)
        return next(filter(None, numbers), None)

    def leg_id(self, number: int) -> str:
        """Return the id of a leg, counted from 0."""
        return self.id if number == 0 else f"{self.id}/{number + 1}"


def parse_conversation(record: Mapping[str, Any]) -> Conversation | ValueError | Skipped:
    """Return a conversation, or why the record gives none."""
    fields = Fields(record)
    name = fields.text("conversationId", required=True)
    started = fields.time("conversationStart", required=True)
    ended = fields.time("conversationEnd")
    if not fields.problems and ended is None:
        return Skipped("the conversation is not over")
    if started and ended and ended < started:
        fields.problems.append("conversationEnd is before conversationStart")
    sessions = []
    purposes = set()
    for participant in _objects(fields, "participants"):
        purpose, user = participant.text("purpose"), participant.text("userId")
        purposes.add(purpose or "")
        for session in _objects(participant, "sessions"):
            parsed = _session(session, purpose or "", user)
            participant.problems += session.problems
            if parsed is not None:
                sessions.append(parsed)
        fields.problems += participant.problems
    if fields.problems or not (name and started and ended):
        return refused(dict.fromkeys(fields.problems), record)
    sessions.sort(key=lambda session: session.started)
    direction = _DIRECTIONS.get(fields.text("originatingDirection") or "")
    kept = tuple(session for session in sessions if not session.listens)
    voice = tuple(session for session in kept if session.medium == "voice")
    legs, consulted = _legs(voice)
    return Conversation(
        name,
        started,
        ended,
        direction,
        kept,
        voice,
        tuple(legs),
        len(sessions) - len(kept),
        consulted,
        frozenset(purposes),
    )


def _objects(fields: Fields, name: str) -> list[Fields]:
    values = fields.value(name)
    if values is None:
        return []
    if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
        fields.problems.append(f"{name} is no list of objects")
        return []
    return [Fields(value) for value in values]


def _session(fields: Fields, purpose: str, user: str | None) -> Session | None:
    """Return a session; None when it has no segments, and so no times."""
    parts = (_segment(part, fields) for part in _objects(fields, "segments"))
    segments = [part for part in parts if part]
    metrics: dict[str, tuple[float, ...]] = {}
    for metric in _objects(fields, "metrics"):
        name, value = metric.text("name") or "", metric.number("value")
        fields.problems += [f"metric {name}: {problem}" for problem in metric.problems]
        if value is not None:
            metrics[name] = (*metrics.get(name, ()), value)
    direction = _DIRECTIONS.get(fields.text("direction") or "")
    numbers = fields.value("callbackNumbers")
    number = numbers[0] if isinstance(numbers, list) and numbers else None
    scheduled = fields.time("callbackScheduledTime")
    customer = fields.text("dnis" if direction == "out" else "ani")
    medium = fields.text("mediaType") or ""
    listens = any(fields.text(name) for name in _LISTENS)
    flow = (fields.text("flow.flowType") or "").upper()
    values = fields.value("flow.outcomes")
    outcomes = values if isinstance(values, list) else []
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
        fields.text("outboundCampaignId") is not None,
        listens,
        "BOT" in flow or "bot" in purpose.lower() or sum(metrics.get("nBotInteractions", ())) > 0,
        frozenset(
            str(outcome.get("flowOutcomeValue")).upper()
            for outcome in outcomes
            if isinstance(outcome, Mapping)
        ),
    )


def _number(address: str | None) -> str | None:
    plain = (address or "").removeprefix("tel:").removeprefix("sip:").split("@")[0]
    return None if is_withheld(plain) else plain


def _segment(part: Fields, session: Fields) -> Segment | None:
    kind, start = part.text("segmentType"), part.time("segmentStart", required=True)
    segment = None
    if start is not None:
        segment = Segment(
            kind or "",
            start,
            part.time("segmentEnd"),
            part.text("queueId"),
            part.text("disconnectType"),
            part.text("wrapUpCode"),
        )
    session.problems += part.problems
    return segment


def _legs(sessions: Iterable[Session]) -> tuple[list[Leg], int]:
    """Return the legs of a call, and how many sessions were consulted without a transfer."""
    # Queue, Ben (passes on), queue, Cem, Dora: the legs are queue and Ben, queue and Cem. Dora was
    # consulted, as Cem did not pass the call on.
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
