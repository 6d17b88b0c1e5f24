"""Readers of evaluations that quality tools keep of conversations."""

from __future__ import annotations

from cxaudit.plugin import Source

__all__ = ["EVALUATION_SOURCES"]

EVALUATION_SOURCES: tuple[Source, ...] = (
    Source(
        id="cxaudit.scorecards",
        read="cxaudit_message.readers.scorecards:read",
        settings={
            "type": "object",
            "required": ["questions"],
            "properties": {
                "encoding": {"type": "string"},
                "separator": {"type": "string", "minLength": 1, "maxLength": 1},
                "questions": {
                    "type": "string",
                    "minLength": 1,
                    "description": "Pattern of the columns that are questions; group question.",
                },
                "comments": {
                    "type": "string",
                    "minLength": 1,
                    "description": "Pattern of the columns that comment on one; group question.",
                },
            },
            "additionalProperties": False,
        },
        summary="Reviews as CSV with a column for each question: one row an answer.",
    ),
)
