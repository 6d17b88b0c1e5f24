"""Readers of transcripts: each fills the table `messages` with one row a turn of speech."""

from __future__ import annotations

from typing import Any

from cxaudit.plugin import Source

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
        settings=_settings(unnamed_continue={"type": "boolean"}),
        suffixes=(".vtt", ".vtt.gz"),
        tables=("messages",),
        summary="Transcripts in WebVTT (.vtt), one file a conversation.",
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
)
