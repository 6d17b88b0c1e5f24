"""One contact record of Amazon Connect, checked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import attrs

from cxaudit.plugin import Skipped
from cxaudit_phone.readers.records import Given, refused, seconds_between

__all__ = ["IN", "Contact", "contact", "used_fields"]

IN = frozenset({"INBOUND", "WEBRTC_API"})

_USED = frozenset(
    {
        *("ContactId", "InitialContactId", "PreviousContactId", "NextContactId", "Channel"),
        *("InitiationMethod", "InitiationTimestamp", "ConnectedToSystemTimestamp"),
        *("DisconnectTimestamp", "DisconnectReason", "LastUpdateTimestamp"),
        *("TransferCompletedTimestamp", "TransferredToEndpoint.Address", "ScheduledTimestamp"),
        *("CustomerEndpoint.Address", "Queue.ARN", "Queue.Name", "Queue.EnqueueTimestamp"),
        *("Queue.DequeueTimestamp", "Queue.Duration", "Agent.ARN", "Agent.Username"),
        *("Agent.ConnectedToAgentTimestamp", "Agent.AgentInteractionDuration"),
        *("Agent.CustomerHoldDuration", "Agent.LongestHoldDuration", "Agent.NumberOfHolds"),
        *("Agent.AfterContactWorkDuration", "Agent.AfterContactWorkStartTimestamp"),
        *(f"Agent.HierarchyGroups.Level{level}.GroupName" for level in range(1, 6)),
    }
)


@attrs.frozen(kw_only=True)
class Contact:
    """A contact by voice that is over; times are in UTC, durations in seconds."""

    file: str
    number: int
    id: str
    chain: str
    previous: str | None
    next: str | None
    method: str
    updated: datetime
    started: datetime
    connected: datetime | None
    ended: datetime
    reason: str | None
    customer: str | None
    scheduled: datetime | None
    passed_to: str | None
    passed_at: datetime | None
    queue: str | None
    queued: datetime | None
    left_queue: datetime | None
    wait: float | None
    agent: str | None
    agent_at: datetime | None
    agent_left: datetime | None
    team: str | None
    talk: float | None
    hold: float | None
    longest: float | None
    holds: float | None
    wrap: float | None
    subject: str | None


def used_fields(attribute: str | None) -> frozenset[str]:
    """Return the fields that are read; ``attribute`` is the one that tells the reason."""
    return _USED | {f"Attributes.{attribute}"} if attribute else _USED


def contact(
    file: str, number: int, record: Mapping[str, Any], attribute: str | None
) -> Contact | ValueError | Skipped:
    """Return a contact, or why the record gives none."""
    given = Given(record)
    channel = given.text("Channel")
    if channel is not None and channel != "VOICE":
        what = channel if channel in {"CHAT", "TASK", "EMAIL"} else "something else"
        return Skipped(f"the contact is no call but {what}")
    if channel is not None and given.text("DisconnectTimestamp") is None:
        return Skipped("the contact is not over")
    if channel is None:
        given.problems.append("Channel is missing")
    updated = given.time("LastUpdateTimestamp", required=True)
    started = given.time("InitiationTimestamp", required=True)
    ended = given.time("DisconnectTimestamp", required=True)
    contact_id = given.text("ContactId", required=True)
    method = given.text("InitiationMethod", required=True)
    levels = [given.text(f"Agent.HierarchyGroups.Level{n}.GroupName") for n in range(5, 0, -1)]
    queued = given.time("Queue.EnqueueTimestamp")
    left = given.time("Queue.DequeueTimestamp")
    wait = given.number("Queue.Duration")
    initial = given.text("InitialContactId")
    # Some records keep an Agent of nulls where nobody answered.
    agent = given.text("Agent.Username") or given.text("Agent.ARN")
    values: dict[str, Any] = {
        "previous": given.text("PreviousContactId"),
        "next": given.text("NextContactId"),
        "connected": given.time("ConnectedToSystemTimestamp"),
        "reason": given.text("DisconnectReason"),
        "customer": given.text("CustomerEndpoint.Address"),
        "scheduled": given.time("ScheduledTimestamp"),
        "passed_to": given.text("TransferredToEndpoint.Address"),
        "passed_at": given.time("TransferCompletedTimestamp"),
        "queue": given.text("Queue.Name") or given.text("Queue.ARN"),
        "queued": queued,
        "left_queue": left,
        "wait": seconds_between(queued, left) if wait is None else wait,
        "agent": agent,
        "agent_at": given.time("Agent.ConnectedToAgentTimestamp"),
        "agent_left": given.time("Agent.AfterContactWorkStartTimestamp"),
        "team": next(filter(None, levels), None),
        "talk": given.number("Agent.AgentInteractionDuration"),
        "hold": given.number("Agent.CustomerHoldDuration"),
        "longest": given.number("Agent.LongestHoldDuration"),
        "holds": given.number("Agent.NumberOfHolds"),
        "wrap": given.number("Agent.AfterContactWorkDuration"),
        "subject": given.text(f"Attributes.{attribute}") if attribute else None,
    }
    if started and ended and ended < started:
        given.problems.append("DisconnectTimestamp is before InitiationTimestamp")
    if given.problems or not (contact_id and method and updated and started and ended):
        return refused(given.problems, record)
    return Contact(
        file=file,
        number=number,
        id=contact_id,
        chain=initial or contact_id,
        method=method,
        updated=updated,
        started=started,
        ended=ended,
        **values,
    )
