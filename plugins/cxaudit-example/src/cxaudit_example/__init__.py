"""A plugin for cxaudit: what Example decides for itself.

Every session imports this module, so it imports nothing heavy: checks, sources and outputs are
named as ``"package.module:attribute"`` and imported when they are used.
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
    GradeBand,
    Metric,
    Output,
    Policy,
    Section,
    Source,
    Table,
    Touchpoint,
    hook,
)

__version__ = "0.1.0"

_ROOM = re.compile(r"\broom\s+\d+[a-z]?\b", re.IGNORECASE)

DESK = Touchpoint(id="example-desk", title="Front desk")

VISITS = Table(
    id="example_visits",
    meaning="One guest who came to the front desk.",
    touchpoint="example-desk",
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
    id="example.visits.attended",
    table="example_visits",
    kind="share",
    value="waited_seconds IS NOT NULL",
    lower_is_better=False,
    title="Guests attended to",
    says="Somebody attended to {k} of {n} guests.",
    description="Of all guests who came to the desk, those that someone attended to.",
)

QUIET = Metric(
    id="example.visits.quiet",
    table="example_visits",
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
    judge="cxaudit_example.quiet_hours:judge_quiet_hours",
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

BOOKS = Source(
    id="example.frontdesk",
    read="cxaudit_example.frontdesk:read_books",
    settings={
        "type": "object",
        "properties": {"encoding": {"type": "string"}},
        "additionalProperties": False,
    },
    suffixes=(".desk",),
    tables=("example_visits",),
    summary="Front-desk books, version 1.",
)

BRUSH_OFFS = Detector(
    id="example.brush-offs",
    table="example_visits",
    column="note",
    phrases={
        "not-our-job": ("not our job", "ask someone else", "nothing we can do"),
        "come-back": ("come back later", "come back tomorrow"),
    },
    summary="Guests who were sent away.",
)

SHOUTING = Detector(
    id="example.shouting",
    table="example_visits",
    column="note",
    detect="cxaudit_example.shouting:find_shouting",
    columns=("note",),
    summary="Notes in capitals.",
)

POINTS = Policy(
    id="example.points-1",
    title="Points, first edition",
    not_applicable="It has no part in the score; a reason is required.",
    unanswered="It moves no score; it lowers the coverage and widens the bounds.",
    critical="A critical item that failed keeps its number, and does not change the grade.",
    aggregation="That of cxaudit-1: the weighted mean of each area, then of the areas.",
    bands=(GradeBand("green", 0.8), GradeBand("red", 0.0)),
    score="cxaudit_example.points:score_points",
)

CARD = Output(
    id="example.card",
    takes="result",
    render="cxaudit_example.card:render_card",
    suffix=".card.json",
    summary="The score and what fell short, as a card for a chat.",
)


@hook
def cxaudit_register() -> Iterable[object]:
    """Yield all that this plugin adds."""
    yield DESK
    yield VISITS
    yield ATTENDED
    yield QUIET
    yield QUIET_HOURS
    yield BOOKS
    yield BRUSH_OFFS
    yield SHOUTING
    yield POINTS
    yield CARD


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
