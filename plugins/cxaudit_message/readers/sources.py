"""Readers of help desks' and mailboxes' exports; each tells its records apart by their shape."""

from __future__ import annotations

from typing import Any

from cxaudit.plugin import Source
from cxaudit_message.readers import markers
from cxaudit_message.readers.transcript_sources import TRANSCRIPT_SOURCES

__all__ = ["SOURCES"]

_ENCODING = {"type": "string", "description": "Encoding; found by the byte order mark, else utf-8."}
_TAGS = {
    "type": "array",
    "items": {"type": "string"},
    "description": "Tags or labels that mark spam in this help desk.",
}
_RESOLVED = {
    "type": "array",
    "items": {"type": "string"},
    "description": "Tags or labels of what this help desk counts as resolved by its machine.",
}
_BOTS = {
    "type": "array",
    "items": {"type": ["integer", "string"]},
    "description": "Ids of users that are machines.",
}


def _settings(**options: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"encoding": _ENCODING, **options},
        "additionalProperties": False,
    }


_DESK = ("threads", "messages", "handovers", "issue_events", "responses")

SOURCES: tuple[Source, ...] = (
    Source(
        id="cxaudit.chatwoot",
        read="cxaudit_message.readers.chatwoot:read",
        settings=_settings(bots=_BOTS, spam_tags=_TAGS, resolved_tags=_RESOLVED),
        markers=markers.CHATWOOT,
        tables=("threads", "messages", "issue_events", "responses"),
        summary="Chatwoot: conversations, messages, reporting events and ratings (API or tables).",
    ),
    Source(
        id="cxaudit.freshdesk",
        read="cxaudit_message.readers.freshdesk:read",
        settings=_settings(
            bots=_BOTS,
            spam_tags=_TAGS,
            resolved_tags=_RESOLVED,
            statuses={
                "type": "object",
                "patternProperties": {
                    "^[0-9]+$": {"enum": ["open", "pending", "solved", "closed"]}
                },
                "additionalProperties": False,
                "description": "What this help desk's own status codes (6 and above) mean.",
            },
        ),
        markers=markers.FRESHDESK,
        tables=("threads", "messages", "issue_events", "responses"),
        summary="Freshdesk: tickets with stats, conversations and ratings (API, version 2).",
    ),
    Source(
        id="cxaudit.intercom",
        read="cxaudit_message.readers.intercom:read",
        settings=_settings(spam_tags=_TAGS),
        markers=markers.INTERCOM,
        tables=_DESK,
        summary="Intercom: conversations with their parts (API, version 2).",
    ),
    Source(
        id="cxaudit.mail",
        read="cxaudit_message.readers.mail:read",
        settings={
            "type": "object",
            "properties": {
                "own_addresses": {
                    "type": "array",
                    "items": {"type": "string", "pattern": "^[^@\\s]*@[^@\\s]+$"},
                    "minItems": 1,
                    "description": "The organisation's addresses; @example.org means the domain.",
                },
                "bots": {
                    "type": "array",
                    "items": {"type": "string"},
                    "description": "Addresses from which only machines write.",
                },
            },
            "required": ["own_addresses"],
            "additionalProperties": False,
        },
        suffixes=(".mbox", ".mbox.gz", ".eml"),
        markers=markers.MAIL,
        tables=("threads", "messages"),
        summary="Mail: mbox files, Maildir and single mails, threaded by their references.",
    ),
    Source(
        id="cxaudit.zendesk",
        read="cxaudit_message.readers.zendesk:read",
        settings=_settings(bots=_BOTS, spam_tags=_TAGS, resolved_tags=_RESOLVED),
        markers=markers.ZENDESK,
        tables=_DESK,
        summary="Zendesk: tickets, comments, audits, metrics, metric events, ratings and users.",
    ),
    *TRANSCRIPT_SOURCES,
)
