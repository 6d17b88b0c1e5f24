"""Readers of transcripts and chats: each fills the table `messages`, one row a turn."""

from __future__ import annotations

from typing import Any

from cxaudit.plugin import Source
from cxaudit_message.readers.markers import WHATSAPP

__all__ = ["TRANSCRIPT_SOURCES"]

_TEXT = {"type": "string", "minLength": 1}
_NAMES = {"type": "array", "items": _TEXT}
_COMMON: dict[str, Any] = {
    "encoding": _TEXT,
    "speakers": {
        "type": "object",
        "properties": {
            "agent": _NAMES,
            "customer": _NAMES,
            "bot": _NAMES,
            "system": _NAMES,
        },
        "additionalProperties": False,
    },
    "name_pattern": _TEXT,
    "started_at_format": _TEXT,
}


def _settings(**further: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {**_COMMON, **further},
        "additionalProperties": False,
    }


TRANSCRIPT_SOURCES: tuple[Source, ...] = (
    Source(
        id="cxaudit.webvtt",
        read="cxaudit_message.readers.transcripts:read_webvtt",
        settings=_settings(
            unnamed_continue={"type": "boolean"}, names_before_colon={"type": "boolean"}
        ),
        suffixes=(".vtt", ".vtt.gz"),
        tables=("messages",),
        summary="Transcripts in WebVTT (.vtt), one file a conversation; also of Teams and Zoom.",
    ),
    Source(
        id="cxaudit.subrip",
        read="cxaudit_message.readers.transcripts:read_subrip",
        settings=_settings(unnamed_continue={"type": "boolean"}),
        suffixes=(".srt", ".srt.gz"),
        tables=("messages",),
        summary="Transcripts in SubRip (.srt), one file a conversation.",
    ),
    Source(
        id="cxaudit.transcript-json",
        read="cxaudit_message.readers.transcript_json:read",
        settings=_settings(
            segments_key=_TEXT,
            start_key=_TEXT,
            end_key=_TEXT,
            speaker_key=_TEXT,
            text_key=_TEXT,
            thread_key=_TEXT,
            started_at_key=_TEXT,
            time_unit={"enum": ["seconds", "milliseconds"]},
        ),
        tables=("messages",),
        summary="Transcripts in JSON: segments with start, end, speaker and text.",
    ),
    Source(
        id="cxaudit.whatsapp",
        read="cxaudit_message.readers.whatsapp:read",
        settings=_settings(
            date_order={
                "enum": ["dmy", "mdy", "ymd"],
                "description": "Order of day, month and year; found by itself where times tell it.",
            },
            others={
                "enum": ["customer", "agent"],
                "description": "Who everybody is that the option speakers does not list.",
            },
            new_thread_after_hours={
                "type": "number",
                "exclusiveMinimum": 0,
                "description": "Hours of silence after which a new conversation begins.",
            },
        ),
        tables=("messages",),
        markers=WHATSAPP,
        summary="Chats that WhatsApp exports as text, of Android and iOS, one file a chat.",
    ),
)
