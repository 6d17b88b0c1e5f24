"""Runs as spans, and findings on conversations as events that name the checklist's version."""

from __future__ import annotations

import pytest

from cxaudit.errors import RunCancelled
from tests.embedding.conftest import AUDIT, CHECKLIST, calls, content

pytest.importorskip("opentelemetry.sdk", reason="opentelemetry-sdk is not installed")

from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from cxaudit import telemetry

THANKS = {
    "checklist": {"id": "acme.words", "version": "2026.3", "title": "Words"},
    "metric": [
        {
            "id": "thanks",
            "table": "messages",
            "kind": "share",
            "where": "author_role = 'bot'",
            "value": "contains(body, 'thank you')",
            "lower_is_better": False,
        }
    ],
    "item": [
        {
            "id": "message.thanks",
            "area": "interpersonal",
            "touchpoints": ["message"],
            "title": "Customers are thanked",
            "check": "within-target",
            "with": {"metric": "thanks", "target": 0.9, "limit": 0.1},
        },
    ],
}
MESSAGES = [
    {"message_id": f"m{n}", "thread_id": f"t{n}", "author_role": "bot", "body": body}
    | {"unit": "north", "sent_at": f"2026-03-02T10:0{n}:00Z"}
    for n, body in enumerate(["thank you", "bye", "no", "thank you"])
]


class Watched:
    def __init__(self):
        self.spans, self.logs = InMemorySpanExporter(), InMemoryLogRecordExporter()
        tracers, loggers = TracerProvider(), LoggerProvider()
        tracers.add_span_processor(SimpleSpanProcessor(self.spans))
        loggers.add_log_record_processor(SimpleLogRecordProcessor(self.logs))
        self.providers = {"tracer_provider": tracers, "logger_provider": loggers}

    def run(self, session, audit, observer=None):
        return telemetry.run(session, audit, observer, **self.providers)

    @property
    def events(self):
        return [data.log_record for data in self.logs.get_finished_logs()]


@pytest.fixture
def watched():
    return Watched()


def conversations(session):
    return session.load_data(AUDIT, checklists=[THANKS], sources={"messages": MESSAGES})


def test_a_run_is_a_span_with_one_for_each_stage_below_it(session, watched):
    heard = []
    audit = session.load_data(content(), checklists=[CHECKLIST], sources={"calls": calls()})
    result = watched.run(session, audit, heard.append)
    *stages, root = watched.spans.get_finished_spans()
    assert root.name == "cxaudit.run"
    assert root.attributes["cxaudit.checklist.version"] == "2026.1"
    assert root.attributes["cxaudit.score"] == result.score().value
    assert root.attributes["cxaudit.rows"] == 4
    assert [span.name for span in stages] == [
        f"cxaudit.{event.stage.replace(' ', '_')}"
        for event in heard
        if event.kind == "stage" and event.stage != "done"
    ]
    assert {span.parent.span_id for span in stages} == {root.context.span_id}


def test_findings_on_conversations_are_events_of_the_convention(session, watched):
    result = watched.run(session, conversations(session))
    (finding,) = result.select(item="message.thanks", unit="acme")
    events = watched.events
    assert {event.event_name for event in events} == {"gen_ai.evaluation.result"}
    event = next(event for event in events if event.attributes["cxaudit.unit.id"] == "acme")
    expected = {
        "gen_ai.evaluation.name": "message.thanks",
        "gen_ai.evaluation.score.value": finding.score,
        "gen_ai.evaluation.score.label": finding.state.label,
        "gen_ai.evaluation.explanation": "Customers are thanked",
        "cxaudit.audit.id": "acme",
        "cxaudit.checklist.id": "acme.words",
        "cxaudit.checklist.version": "2026.3",
        "cxaudit.unit.id": "acme",
        "cxaudit.touchpoint.id": "message",
        "cxaudit.finding.fingerprint": finding.fingerprint,
        "cxaudit.finding.n": 4,
    }
    assert dict(event.attributes) == expected
    root = watched.spans.get_finished_spans()[-1]
    assert event.span_id == root.context.span_id


def test_findings_on_anything_else_are_no_events(session, watched):
    audit = session.load_data(content(), checklists=[CHECKLIST], sources={"calls": calls()})
    watched.run(session, audit)
    assert watched.events == []


def test_what_could_not_be_judged_is_no_event(session, watched):
    watched.run(session, session.load_data(AUDIT, checklists=[THANKS]))
    assert watched.events == []


def test_spans_of_a_run_that_ends_early_are_ended_with_the_error(session, watched):
    def observer(event):
        if event.stage == "measuring":
            raise RunCancelled

    with pytest.raises(RunCancelled):
        watched.run(session, conversations(session), observer)
    spans = watched.spans.get_finished_spans()
    assert spans[-1].name == "cxaudit.run"
    assert "cxaudit.measuring" in [span.name for span in spans]
    assert all(span.end_time is not None for span in spans)


def test_without_an_sdk_nothing_is_sent_and_the_result_is_the_same(session):
    audit = conversations(session)
    assert telemetry.run(session, audit).findings == session.run(audit).findings
