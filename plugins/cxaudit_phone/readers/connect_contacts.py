"""One contact record of Amazon Connect, checked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import attrs

from cxaudit.plugin import Marks, Skipped
from cxaudit_phone.readers.records import Fields, refused, seconds_between

__all__ = ["IN", "Contact", "parse_contact", "used_fields"]

IN = frozenset({"INBOUND", "WEBRTC_API"})

_AI_AGENT = ("AiUseCase", "AiAgentEscalated")
_NO_PERSON = ("VOICEMAIL_", "FAX_", "SIT_TONE_")
"""Beginnings of what detection of answering machines says where no person took the call."""

_YES_NO = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}

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
        *("Campaign.CampaignId", "AnsweringMachineDetectionStatus"),
        *(f"{place}AiAgents.{name}" for place in ("", "WisdomInfo.") for name in _AI_AGENT),
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
    campaign: bool
    machine_took: bool
    bot: bool
    escalated: bool
    resolved: bool | None
    asked_at: datetime | None


def used_fields(attributes: Mapping[str, str]) -> frozenset[str]:
    """Return the fields that are read; ``attributes`` are those that the options name."""
    return _USED | {f"Attributes.{name}" for name in attributes.values()}


def parse_contact(
    file: str, number: int, record: Mapping[str, Any], attributes: Mapping[str, str], marks: Marks
) -> Contact | ValueError | Skipped:
    """Return a contact, or why the record gives none."""
    fields = Fields(record)
    channel = fields.text("Channel")
    if channel is not None and channel != "VOICE":
        return marks.left_out("other-channel")
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
    values = _details(fields, attributes)
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


def _details(fields: Fields, attributes: Mapping[str, str]) -> dict[str, Any]:
    """Return what a record may tell or leave out, by the names of `Contact`."""
    levels = [fields.text(f"Agent.HierarchyGroups.Level{n}.GroupName") for n in range(5, 0, -1)]
    queued = fields.time("Queue.EnqueueTimestamp")
    left = fields.time("Queue.DequeueTimestamp")
    wait = fields.number("Queue.Duration")
    bots = _bots(fields)
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
        "subject": _attribute(fields, attributes, "reason"),
        "campaign": fields.text("Campaign.CampaignId") is not None,
        "machine_took": (fields.text("AnsweringMachineDetectionStatus") or "").startswith(
            _NO_PERSON
        ),
        "bot": bool(bots),
        "escalated": any(bot.get("AiAgentEscalated") is True for bot in bots),
        "resolved": _YES_NO.get((_attribute(fields, attributes, "resolved") or "").lower()),
        "asked_at": fields.time(f"Attributes.{attributes['asked']}")
        if "asked" in attributes
        else None,
    }


def _attribute(fields: Fields, attributes: Mapping[str, str], name: str) -> str | None:
    """Return the attribute that an option names for something; None where it names none."""
    return fields.text(f"Attributes.{attributes[name]}") if name in attributes else None


def _bots(fields: Fields) -> list[Mapping[str, Any]]:
    """Return the AI agents that served the customer themselves, not those that helped staff."""
    values = fields.value("AiAgents") or fields.value("WisdomInfo.AiAgents")
    agents = values if isinstance(values, list) else []
    return [
        agent
        for agent in agents
        if isinstance(agent, Mapping) and agent.get("AiUseCase") == "SelfService"
    ]
