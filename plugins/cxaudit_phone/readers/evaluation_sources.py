"""Readers of evaluations that a phone system keeps of its calls."""

from __future__ import annotations

from cxaudit.plugin import Marker, Source

__all__ = ["EVALUATION_MARKERS", "EVALUATION_SOURCES"]

_FORMS = (
    "https://docs.aws.amazon.com/connect/latest/adminguide/"
    "evaluation-forms-example-output-file.html"
)

EVALUATION_MARKERS: tuple[Marker, ...] = (
    Marker(
        id="draft",
        effect="leaves-out",
        meaning="evaluations that are not submitted",
        source="https://docs.aws.amazon.com/connect/latest/APIReference/API_Evaluation.html",
    ),
    Marker(
        id="machine",
        effect="marks",
        meaning="answers that the system gave and nobody changed",
        source=_FORMS,
    ),
)

EVALUATION_SOURCES: tuple[Source, ...] = (
    Source(
        id="cxaudit.connect-evaluations",
        read="cxaudit_phone.readers.connect_evaluations:read",
        settings={
            "type": "object",
            "additionalProperties": False,
            "properties": {"encoding": {"type": "string"}},
        },
        tables=("evaluations",),
        markers=EVALUATION_MARKERS,
        summary="Evaluations of Amazon Connect, as JSON of its export or API.",
    ),
)
