"""Runs told to OpenTelemetry: a span for each, and findings on conversations as events.

::

    from cxaudit import telemetry

    result = telemetry.run(session, audit)

Needs opentelemetry-api (extra ``telemetry``); without an SDK set up by the program, nothing is
sent. The events follow the semantic conventions for generative AI, which are in development.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cxaudit._version import __version__
from cxaudit.plugin import Audit, AuditResult, Event, Item, Observer, State

if TYPE_CHECKING:
    from opentelemetry._logs import Logger, LoggerProvider
    from opentelemetry.trace import Span, Tracer, TracerProvider

    from cxaudit.session import Session

__all__ = ["emit_findings", "run"]

_EVENT = "gen_ai.evaluation.result"
_CONVERSATIONS = frozenset({"messages", "threads"})
"""The tables of what is said and written in conversations."""


def run(
    session: Session,
    audit: Audit,
    observer: Observer | None = None,
    *,
    tracer_provider: TracerProvider | None = None,
    logger_provider: LoggerProvider | None = None,
    **options: Any,
) -> AuditResult:
    """Run an audit inside a span, with one below it for each stage, and emit its findings.

    Args:
        session: The session.
        audit: The audit.
        observer: Called with each event of the run, as by `Session.run`.
        tracer_provider: Where spans go; None takes the program's own.
        logger_provider: Where events go; None takes the program's own.
        **options: What else `Session.run` takes.

    Raises:
        ImportError: If opentelemetry-api is not installed.
    """
    from opentelemetry import trace

    tracer = trace.get_tracer("cxaudit", __version__, tracer_provider=tracer_provider)
    with tracer.start_as_current_span("cxaudit.run", attributes=_of_audit(audit)) as span:
        with _stages(tracer, observer) as stages:
            result = session.run(audit, stages, **options)
        _tell(span, result)
        emit_findings(session, result, logger_provider=logger_provider)
    return result


def emit_findings(
    session: Session, result: AuditResult, *, logger_provider: LoggerProvider | None = None
) -> int:
    """Emit an event ``gen_ai.evaluation.result`` for each finding of a check of conversations.

    Those are findings that were scored, or whose check failed, on metrics over the tables
    ``messages`` and ``threads`` or over tables derived from them. Each names the checklist and its
    version, so that scores of different revisions are never taken for one series.

    Returns:
        How many there were.

    Raises:
        ImportError: If opentelemetry-api is not installed.
    """
    from opentelemetry import _logs

    logger = _logs.get_logger("cxaudit", __version__, logger_provider=logger_provider)
    tables = _of_conversations(session.registered("table"))
    metrics = {metric.id for metric in result.metrics if metric.table in tables}
    count = 0
    for item in result.checklist.items:
        if metrics.isdisjoint(_metrics_of(item, result)):
            continue
        for finding in result.select(item=item.id):
            if not (finding.state.scored or finding.state is State.ERROR):
                continue
            attributes: dict[str, Any] = {
                "gen_ai.evaluation.name": item.id,
                "gen_ai.evaluation.score.label": finding.state.label,
                "gen_ai.evaluation.explanation": str(finding.reason or item.title),
                "cxaudit.audit.id": result.audit,
                "cxaudit.checklist.id": result.checklist.id,
                "cxaudit.checklist.version": result.checklist.version,
                "cxaudit.unit.id": finding.unit,
                "cxaudit.touchpoint.id": finding.touchpoint,
                "cxaudit.finding.fingerprint": finding.fingerprint,
                "cxaudit.finding.n": finding.n,
            }
            if finding.score is not None:
                attributes["gen_ai.evaluation.score.value"] = finding.score
            if finding.state is State.ERROR:
                attributes["error.type"] = "check_failed"
            _emit(logger, attributes)
            count += 1
    return count


def _emit(logger: Logger, attributes: Mapping[str, Any]) -> None:
    from opentelemetry._logs import LogRecord, SeverityNumber

    failed = "error.type" in attributes
    severity = SeverityNumber.ERROR if failed else SeverityNumber.INFO
    record = LogRecord(event_name=_EVENT, severity_number=severity, attributes=attributes)
    logger.emit(record)


def _metrics_of(item: Item, result: AuditResult) -> set[str]:
    """Return the metrics that a check of an item reads, by full id."""
    if item.check is None:
        return set()
    texts = {value for value in item.check.settings.values() if isinstance(value, str)}
    return {metric.id for metric in result.metrics if texts & {metric.id, _short(metric.id)}}


def _short(name: str) -> str:
    return name.removeprefix("cxaudit.")


def _of_conversations(tables: Mapping[str, Any]) -> set[str]:
    """Return the ids of the tables of conversations, and of all that are derived from them."""
    names = set(_CONVERSATIONS)
    size = 0
    while len(names) > size:
        size = len(names)
        for table in tables.values():
            if names.intersection(name.rstrip("?") for name in table.reads):
                names.add(table.id)
    return names


def _of_audit(audit: Audit) -> dict[str, Any]:
    attributes: dict[str, Any] = {
        "cxaudit.audit.id": audit.id,
        "cxaudit.checklist.id": audit.checklist.id,
        "cxaudit.checklist.version": audit.checklist.version,
    }
    if audit.wave is not None:
        attributes["cxaudit.wave.id"] = audit.wave.id
    return attributes


def _tell(span: Span, result: AuditResult) -> None:
    """Put into the span of a run what came of it."""
    span.set_attribute("cxaudit.findings", len(result.findings))
    span.set_attribute("cxaudit.problems", len(result.problems))
    span.set_attribute("cxaudit.rows", sum(account.read for account in result.accounts))
    span.set_attribute("cxaudit.gate.passed", result.gate.passed)
    if (score := result.score().value) is not None:
        span.set_attribute("cxaudit.score", score)


@contextmanager
def _stages(tracer: Tracer, observer: Observer | None) -> Iterator[Observer]:
    """Give an observer that has a span for each stage, and ends the last one after the block."""
    spans: list[Span] = []

    def watch(event: Event) -> None:
        if event.kind == "stage":
            while spans:
                spans.pop().end()
            if event.stage != "done":
                spans.append(tracer.start_span(f"cxaudit.{event.stage.replace(' ', '_')}"))
        if observer is not None:
            observer(event)

    try:
        yield watch
    finally:
        while spans:
            spans.pop().end()
