"""A registry with a handful of specs, of the shape that plugins fill."""

from __future__ import annotations

from collections.abc import Mapping

from cxaudit.errors import UnknownNameError
from cxaudit.plugin import (
    Check,
    ChecklistFile,
    Column,
    Detector,
    Engine,
    GradeBand,
    Lens,
    Metric,
    Output,
    Policy,
    Source,
    Table,
    Touchpoint,
    qualified,
)


def _nothing(*_):
    raise AssertionError


NUMBER_OR_NULL = {"type": ["number", "null"], "description": "A number."}

SPECS = {
    "check": [
        Check(
            id="cxaudit.within-target",
            judge=_nothing,
            settings={
                "type": "object",
                "required": ["metric"],
                "additionalProperties": False,
                "properties": {
                    "metric": {"type": "string", "description": "Id of the metric."},
                    "target": {"type": "number", "description": "The promise."},
                    "limit": {"type": "number", "description": "Where the score ends."},
                    "kind": {"enum": ["threshold", "linear"], "description": "Form of the curve."},
                    "min_n": {"type": "integer", "minimum": 1, "description": "Fewest rows."},
                },
            },
            summary="Judges a metric against a target.",
        ),
        Check(
            id="cxaudit.compare",
            judge=_nothing,
            settings={
                "type": "object",
                "required": ["metric", "against"],
                "properties": {
                    "metric": {"type": "string"},
                    "against": {"type": "string"},
                    "at_most_ratio": {"type": "number"},
                    "at_least_ratio": {"type": "number"},
                },
                "oneOf": [{"required": ["at_most_ratio"]}, {"required": ["at_least_ratio"]}],
            },
            metrics=("metric", "against"),
            summary="Compares two metrics.",
        ),
    ],
    "table": [
        Table(
            id="calls",
            columns=(
                Column(name="call_id", type="text", meaning="Id of the call.", required=True),
                Column(name="queued_at", type="time", meaning="When it was queued."),
                Column(name="wait_s", type="number", meaning="Time waited.", unit="seconds"),
                Column(name="outcome", type="text", meaning="How it ended."),
                Column(name="transcript", type="text", meaning="What was said.", personal=True),
            ),
            key=("call_id",),
            touchpoint="phone",
        ),
        Table(id="messages", columns=(Column(name="text", type="text", meaning="The words."),)),
    ],
    "metric": [
        Metric(
            id="cxaudit.phone.wait.p90",
            table="calls",
            kind="quantile",
            value="wait_s",
            quantile=0.9,
            lower_is_better=True,
        ),
        Metric(id="cxaudit.message.count", table="messages", kind="count"),
    ],
    "touchpoint": [
        Touchpoint(id=name, title=name.title())
        for name in ("online", "phone", "in-store", "message", "organisation")
    ],
    "lens": [Lens(id="be-sure", title="BE SURE", keys={"brand": "Brand", "ease": "Ease"})],
    "policy": [
        Policy(
            id="cxaudit.cxaudit-1",
            title="Default",
            not_applicable="",
            unanswered="",
            critical="",
            aggregation="",
            bands=(GradeBand("A", 0.9),),
            score=_nothing,
        )
    ],
    "source": [
        Source(
            id="cxaudit.csv",
            read=_nothing,
            settings={
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "separator": {
                        "type": "string",
                        "minLength": 1,
                        "description": "What stands between fields.",
                    },
                    "encoding": {"type": "string", "description": "Such as latin-1."},
                },
            },
            suffixes=(".csv",),
        )
    ],
    "detector": [Detector(id="cxaudit.apology", table="calls", phrases={"sorry": ("sorry",)})],
    "engine": [Engine(id="cxaudit.duckdb", connect=_nothing)],
    "output": [
        Output(id="cxaudit.json", takes="result", render=_nothing, suffix=".json"),
        Output(id="cxaudit.html", takes="report", render=_nothing, suffix=".html"),
    ],
    "checklist": [ChecklistFile(id="cxaudit.pride-mini", package="shipped", file="mini.toml")],
    "command": [],
}


class StandIn:
    """A registry: `get` by kind and name, `of` a kind."""

    def of(self, kind: str) -> Mapping[str, object]:
        return {spec.id: spec for spec in SPECS[kind]}

    def get(self, kind: str, name: str) -> object:
        specs = self.of(kind)
        for full in (name, qualified(name)):
            if full in specs:
                return specs[full]
        raise UnknownNameError(kind, name, tuple(specs))
