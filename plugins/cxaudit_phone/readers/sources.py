"""Readers of phone systems' exports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cxaudit.plugin import Source
from cxaudit_phone.readers.markers import (
    AMAZON_CONNECT,
    ASTERISK_CDR,
    ASTERISK_QUEUE_LOG,
    GENESYS_CLOUD,
    TWILIO,
)

__all__ = ["SOURCES"]

_ENCODING = {"encoding": {"type": "string"}}
_WITHIN = {"callback_within_s": {"type": "number", "minimum": 0}}
_SEPARATOR = {"type": "string", "minLength": 1, "maxLength": 1}
_ATTRIBUTE = {"type": "string", "pattern": "^[^.]+$"}
_NAMES = {"type": "array", "items": {"type": "string"}}


def _settings(**options: object) -> Mapping[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": _ENCODING | options,
    }


SOURCES: tuple[Source, ...] = (
    Source(
        id="cxaudit.asterisk-queue-log",
        read="cxaudit_phone.readers.asterisk_queue_log:read",
        settings=_settings(separator=_SEPARATOR, columns=_NAMES),
        tables=("calls", "queue_events", "handovers"),
        markers=ASTERISK_QUEUE_LOG,
        summary="Queue log of Asterisk, from its file or its database.",
    ),
    Source(
        id="cxaudit.asterisk-cdr",
        read="cxaudit_phone.readers.asterisk_cdr:read",
        settings=_settings(
            separator=_SEPARATOR,
            columns=_NAMES,
            inbound_contexts=_NAMES,
            outbound_contexts=_NAMES,
            answers_directly={"type": "boolean"},
        ),
        tables=("calls",),
        markers=ASTERISK_CDR,
        summary="Call detail records of Asterisk, as CSV.",
    ),
    Source(
        id="cxaudit.amazon-connect",
        read="cxaudit_phone.readers.amazon_connect:read",
        settings=_settings(
            reason_attribute=_ATTRIBUTE,
            resolved_attribute=_ATTRIBUTE,
            asked_attribute=_ATTRIBUTE,
            **_WITHIN,
        ),
        tables=("calls", "queue_events", "handovers", "promises"),
        markers=AMAZON_CONNECT,
        summary="Contact records of Amazon Connect, as JSON.",
    ),
    Source(
        id="cxaudit.genesys-cloud",
        read="cxaudit_phone.readers.genesys_cloud:read",
        settings=_settings(**_WITHIN),
        tables=("calls", "queue_events", "handovers", "promises"),
        markers=GENESYS_CLOUD,
        summary="Conversation details of Genesys Cloud, as JSON.",
    ),
    Source(
        id="cxaudit.twilio-calls",
        read="cxaudit_phone.readers.twilio:read",
        settings=_settings(api_calls_first={"enum": ["agent", "customer"]}),
        tables=("calls",),
        markers=TWILIO,
        summary="Call resources of Twilio, as JSON.",
    ),
)
