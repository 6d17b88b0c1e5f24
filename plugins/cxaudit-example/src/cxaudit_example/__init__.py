"""An in-house plugin for cxaudit: front-desk books and quiet hours.

This module is imported by every session, so it imports nothing heavy: checks, sources and
detectors are named as ``"package.module:attribute"`` and imported when they are used.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import attrs

from cxaudit.plugin import (
    AuditResult,
    Check,
    Column,
    Detector,
    Evidence,
    Metric,
    Section,
    Source,
    Table,
    hook,
)

__version__ = "1.0.0"

_ROOM = re.compile(r"\broom\s+\d+[a-z]?\b", re.IGNORECASE)

VISITS = Table(
    id="frontdesk_visits",
    meaning="One guest who came to the front desk.",
    touchpoint="in-store",
    time=("arrived_at",),
    columns=(
        Column(name="arrived_at", type="time", meaning="When the guest came.", required=True),
        Column(
            name="waited_seconds",
            type="number",
            unit="seconds",
            meaning="Until someone attended to them; null when nobody did.",
        ),
        Column(name="note", type="text", meaning="What they wanted.", personal=True),
    ),
)

ATTENDED = Metric(
    id="example.frontdesk.attended",
    table="frontdesk_visits",
    kind="share",
    value="waited_seconds IS NOT NULL",
    lower_is_better=False,
    title="Guests attended to",
    says="Somebody attended to {k} of {n} guests.",
    description="Of all guests who came to the desk, those that someone attended to.",
)

QUIET = Metric(
    id="example.frontdesk.quiet",
    table="frontdesk_visits",
    kind="share",
    value="hour(arrived_at) < 7 OR hour(arrived_at) >= 22",
    lower_is_better=True,
    evidence="hour(arrived_at) < 7 OR hour(arrived_at) >= 22",
    title="Guests in quiet hours",
    says="{k} of {n} guests came from 22 to 7 o'clock.",
    description="Of all guests who came to the desk, those who came from 22 to 7 o'clock.",
)

QUIET_HOURS = Check(
    id="example.quiet-hours",
    judge="cxaudit_example.quiet_hours:judge",
    settings={
        "type": "object",
        "properties": {
            "metric": {"type": "string"},
            "at_most": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
            "min_n": {"type": "integer", "minimum": 1},
        },
        "required": ["metric", "at_most"],
        "additionalProperties": False,
    },
    summary="No more than a share of contacts falls into quiet hours.",
)

FRONTDESK = Source(
    id="example.frontdesk",
    read="cxaudit_example.frontdesk:read",
    settings={
        "type": "object",
        "properties": {"encoding": {"type": "string"}},
        "additionalProperties": False,
    },
    suffixes=(".desk",),
    tables=("frontdesk_visits",),
    summary="Front-desk books, version 1.",
)

BRUSH_OFFS = Detector(
    id="example.brush-offs",
    table="frontdesk_visits",
    column="note",
    phrases={
        "not-our-job": ("not our job", "ask someone else", "nothing we can do"),
        "come-back": ("come back later", "come back tomorrow"),
    },
    summary="Guests who were sent away.",
)

SHOUTING = Detector(
    id="example.shouting",
    table="frontdesk_visits",
    column="note",
    detect="cxaudit_example.shouting:detect",
    columns=("note",),
    summary="Notes in capitals.",
)


@hook
def cxaudit_register() -> Iterable[object]:
    """Yield all that this plugin adds."""
    yield VISITS
    yield ATTENDED
    yield QUIET
    yield QUIET_HOURS
    yield FRONTDESK
    yield BRUSH_OFFS
    yield SHOUTING


@hook
def cxaudit_redact(evidence: Evidence) -> Evidence:
    """Take room numbers out of every text of a piece of evidence."""
    return attrs.evolve(
        evidence,
        quote=_ROOM.sub("room ***", evidence.quote),
        fields={
            name: _ROOM.sub("room ***", value) if isinstance(value, str) else value
            for name, value in evidence.fields.items()
        },
    )


@hook
def cxaudit_report_sections(result: AuditResult, audience: str) -> Iterable[Section]:
    """Add a section on the front desk, when it was measured; the public gets none."""
    if audience != "public":
        from .report import frontdesk_section

        yield from frontdesk_section(result.measurements, result.metrics)
