"""All messages of reports, taken from the code and from what is registered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_keywords

from cxaudit import Session
from cxaudit._model.metrics import MetricKind
from cxaudit._model.said import MESSAGES, TERMS

ROOT = Path(__file__).parents[2]
CODE = (
    "src/cxaudit/_report",
    "src/cxaudit/_formats",
    "src/cxaudit/_words",
    "plugins/cxaudit_reports",
)
READERS = ("plugins/cxaudit_message", "plugins/cxaudit_phone")
METHODS = [("**.py", "python"), ("**.j2", "jinja2")]
KEYWORDS = parse_keywords(["_", "ngettext:1,2", "N_:1,1t", "N_:1,2,2t"])


def extracted() -> Iterator[tuple[str, object]]:
    """Yield each message, or pair of forms, with what says it."""
    for folder in CODE:
        for file, _line, message, _comments, _context in extract_from_dir(
            ROOT / folder, METHODS, keywords=KEYWORDS
        ):
            yield f"{folder}/{file}", message
    for message in (*MESSAGES.values(), *TERMS):
        yield "src/cxaudit/_model/said.py", message
    yield from of_readers()
    yield from registered()


def of_readers() -> Iterator[tuple[str, object]]:
    """Yield by which rules readers of ours tell records apart, and why they leave some out."""
    for folder in READERS:
        for _file, _line, message, _comments, _context in extract_from_dir(
            ROOT / folder, METHODS, keywords={"Skipped": None}
        ):
            yield f"readers of {folder}", message
    for source in Session().registered("source").values():
        for marker in source.markers:
            yield f"source {source.id}", marker.meaning


def registered() -> Iterator[tuple[str, str]]:
    """Yield what results hold of metrics, checklists, policies, touchpoints and lenses of ours."""
    session = Session()
    for kind in MetricKind:
        yield "kinds", kind.value.replace("_", " ")
    for metric in session.registered("metric").values():
        for text in (metric.title, str(metric.says), metric.description, metric.unit):
            yield f"metric {metric.id}", text
    for name in session.registered("checklist"):
        checklist = session.load_checklist(name)
        asked = (item.ask.unit for item in checklist.items if item.ask)
        for unit in (*asked, *(parameter.unit for parameter in checklist.parameters.values())):
            yield f"checklist {name}", unit
    for policy in session.registered("policy").values():
        rules = (policy.not_applicable, policy.unanswered, policy.critical, policy.aggregation)
        for text in (policy.title, *rules, *policy.breaks, policy.source):
            yield f"policy {policy.id}", text
        for band in policy.bands:
            yield f"policy {policy.id}", band.grade
    for touchpoint in session.registered("touchpoint").values():
        yield "touchpoints", touchpoint.title
    for lens in session.registered("lens").values():
        for text in (lens.title, *lens.keys.values()):
            yield "lenses", text


def template() -> Catalog:
    """Return the catalogue of all messages, none of them translated."""
    catalogue = Catalog()
    for file, message in extracted():
        if message:
            catalogue.add(message, locations=[(file, 1)])
    return catalogue
