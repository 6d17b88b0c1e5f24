"""One contact record of Amazon Connect, checked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import attrs

from cxaudit.plugin import Skipped
from cxaudit_phone.readers.records import Fields, refused, seconds_between

__all__ = ["IN", "Contact", "parse_contact", "used_fields"]

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
    hold_count: float | None
    wrap: float | None
    subject: str | None


def used_fields(attribute: str | None) -> frozenset[str]:
    """Return the fields that are read; ``attribute`` is the one that tells the reason."""
    return _USED | {f"Attributes.{attribute}"} if attribute else _USED


def parse_contact(
    file: str, number: int, record: Mapping[str, Any], attribute: str | None
) -> Contact | ValueError | Skipped:
    """Return a contact, or why the record gives none."""
    fields = Fields(record)
    channel = fields.text("Channel")
    if channel is not None and channel != "VOICE":
        what = channel if channel in {"CHAT", "TASK", "EMAIL"} else "something else"
        return Skipped(f"the contact is no call but {what}")
    if channel is not None and fields.text("DisconnectTimestamp") is None:
        return Skipped("the contact is not over")
    if channel is None:
        fields.problems.append("Channel is missing")
    updated = fields.time("LastUpdateTimestamp", required=True)
    started = fields.time("InitiationTimestamp", required=True)
    ended = fields.time("DisconnectTimestamp", required=True)
    contact_id = fields.text("ContactId", required=True)
    method = fields.text("InitiationMethod", required=True)
    initial = fields.text("InitialContactId")
    values = _details(fields, attribute)
    if started and ended and ended < started:
        fields.problems.append("DisconnectTimestamp is before InitiationTimestamp")
    if fields.problems or not (contact_id and method and updated and started and ended):
        return refused(fields.problems, record)
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


def _details(fields: Fields, attribute: str | None) -> dict[str, Any]:
    """Return what a record may tell or leave out, by the names of `Contact`."""
    levels = [fields.text(f"Agent.HierarchyGroups.Level{n}.GroupName") for n in range(5, 0, -1)]
    queued = fields.time("Queue.EnqueueTimestamp")
    left = fields.time("Queue.DequeueTimestamp")
    wait = fields.number("Queue.Duration")
    # Some records keep an Agent of nulls where nobody answered.
    agent = fields.text("Agent.Username") or fields.text("Agent.ARN")
    return {
        "previous": fields.text("PreviousContactId"),
        "next": fields.text("NextContactId"),
        "connected": fields.time("ConnectedToSystemTimestamp"),
        "reason": fields.text("DisconnectReason"),
        "customer": fields.text("CustomerEndpoint.Address"),
        "scheduled": fields.time("ScheduledTimestamp"),
        "passed_to": fields.text("TransferredToEndpoint.Address"),
        "passed_at": fields.time("TransferCompletedTimestamp"),
        "queue": fields.text("Queue.Name") or fields.text("Queue.ARN"),
        "queued": queued,
        "left_queue": left,
        "wait": seconds_between(queued, left) if wait is None else wait,
        "agent": agent,
        "agent_at": fields.time("Agent.ConnectedToAgentTimestamp"),
        "agent_left": fields.time("Agent.AfterContactWorkStartTimestamp"),
        "team": next(filter(None, levels), None),
        "talk": fields.number("Agent.AgentInteractionDuration"),
        "hold": fields.number("Agent.CustomerHoldDuration"),
        "longest": fields.number("Agent.LongestHoldDuration"),
        "hold_count": fields.number("Agent.NumberOfHolds"),
        "wrap": fields.number("Agent.AfterContactWorkDuration"),
        "subject": fields.text(f"Attributes.{attribute}") if attribute else None,
    }
