"""Findings as OSCAL assessment results, the format of NIST in which assessments are exchanged.

Items are controls, described by local objectives; units are components, the subjects of
observations. Texts are Markdown there, so whatever a client wrote is escaped. Identifiers are
UUIDs of version 5, from fingerprints: the same audit and wave give the same ones.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time
from typing import Any
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

import attrs

from cxaudit.documents import facts_of
from cxaudit.errors import Problem, ResultError
from cxaudit.plugin import AuditResult, Evidence, EvidenceSet, Finding, Flag, Item, Score, Text
from cxaudit_reports.drawing.one_line import one_line
from cxaudit_reports.machine.text import (
    facts,
    file_uri,
    has_failed,
    json_text,
    labels,
    met,
    moment,
    waiver_of,
    without,
)

__all__ = ["render_oscal"]

_NAMESPACE = "urn:cxaudit:oscal"
"""Namespace of our properties and parts: those of OSCAL itself mean what NIST says."""
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>~^|&$])")
_NOT_TOKEN = re.compile(r"[^\w.\-]")
_VERSION = "1.1.3"
_ROOT = uuid5(NAMESPACE_URL, _NAMESPACE)
"""Root of our identifiers."""
_LAST_SECOND = time(23, 59, 59)
"""Of a day: the midnight after the last possible day cannot be written."""
_METHODS = {"interview": "INTERVIEW", "document": "EXAMINE", "observe": "EXAMINE", "test": "TEST"}
_READING = (
    "A state of not-satisfied with the reason other means that an item was not assessed. Items "
    "that do not apply, and outcomes beside the score, are observations without a finding."
)


def render_oscal(result: AuditResult) -> str:
    """Return the findings as OSCAL assessment results in JSON.

    Raises:
        ResultError: If the result does not say when its run began and ended, which OSCAL asks.
    """
    body = _Document(result).as_json()
    content = json.dumps(body, ensure_ascii=True, sort_keys=True).encode()
    # Another content is another document; the same content is the same one.
    name = uuid5(_ROOT, hashlib.sha256(content).hexdigest())
    return json_text({"assessment-results": {"uuid": str(name), **body}}, frozenset({"results"}))


@attrs.frozen(kw_only=True)
class _Record:
    """A finding with what several parts of the document say of it."""

    finding: Finding
    item: Item
    fingerprint: str
    facts: str
    evidence: EvidenceSet | None

    @property
    def seen(self) -> bool:
        """Tell whether it rests on anything: what was not assessed may rest on nothing."""
        finding = self.finding
        assessed = not finding.state.unknown or finding.n > 0 or finding.value is not None
        return assessed or self.evidence is not None

    @property
    def title(self) -> Text:
        """Return what to call it: what went wrong, where something did."""
        item = self.item
        return item.fail_title if has_failed(self.finding) and item.fail_title else item.title


class _Document:
    def __init__(self, result: AuditResult) -> None:
        self.result = result
        self.wave = result.wave.id if result.wave else ""
        self.items = {item.id: item for item in result.checklist.items}
        self.fact = facts_of(result)
        self.evidence = {(e.item, e.touchpoint, e.unit): e for e in result.evidence}
        self.scores = {card.unit: card for card in result.scorecard.units}
        self.started = self._moment("started")
        self.finished = self._moment("finished")
        self.resources = dict(self._resources())

    def as_json(self) -> dict[str, Any]:
        """Return the document without its own identifier."""
        result = self.result
        plan = self._uuid("plan")
        party = {"uuid": self._uuid("client"), "type": "organization", "name": plain(result.client)}
        definitions = [objective(item, result.language) for item in result.checklist.items]
        metadata = {
            "title": title_line(result.title),
            "last-modified": self.finished,
            "version": plain(f"{self.finished} {result.scorecard.policy}"),
            "oscal-version": _VERSION,
            "props": props_of({"audit": result.audit, "language": result.language}),
            "parties": [without(party)],
        }
        return without(
            {
                "metadata": metadata,
                "import-ap": {
                    "href": f"#{plan}",
                    "remarks": "No separate assessment plan exists: the checklist is the plan.",
                },
                "local-definitions": without({"objectives-and-methods": definitions}),
                "results": [self._result()],
                "back-matter": {"resources": [self._plan(plan), *self.resources.values()]},
            }
        )

    def _uuid(self, *parts: str) -> str:
        return str(uuid5(_ROOT, "\x1f".join((self.result.audit, self.wave, *parts))))

    def _moment(self, name: str) -> str:
        if stated := moment(getattr(self.result.provenance, name)):
            return stated
        problem = Problem(
            f"the result does not say when its run {name}, and OSCAL needs that",
            path=f"$.provenance.{name}",
            hint="Run the audit again.",
        )
        raise ResultError((problem,))

    def _at(self, day: date, clock: time = time.min) -> str:
        """Return when a day begins, or another time of it, where the organisation is."""
        zone = ZoneInfo(self.result.units.root.zone)
        return datetime.combine(day, clock, zone).isoformat()

    def _plan(self, uuid: str) -> dict[str, Any]:
        checklist = self.result.checklist
        title = plain(checklist.title.within(self.result.language))
        return {
            "uuid": uuid,
            "title": title_line(f"Checklist {checklist.id} {checklist.version}"),
            "description": markdown(
                f"{title}: the checklist by which the audit was planned and judged. "
                "Its items are described as local objectives of this document."
            ),
            "props": props_of({"checklist": checklist.id, "version": checklist.version}),
            **without({"rlinks": [file_link(*file) for file in checklist.digests.items()]}),
        }

    def _resources(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the files that the findings rest on, by name."""
        result = self.result
        files: dict[str, str] = {}
        for account in result.accounts:
            files.update(account.files)
        for name, digest in result.provenance.files.items():
            files.setdefault(name, digest)
        for evidence in result.evidence:
            for piece in evidence.shown:
                files[piece.source] = files.get(piece.source) or piece.digest
        for name, digest in files.items():
            if plain(name):
                yield (
                    name,
                    {
                        "uuid": self._uuid("file", name),
                        "title": title_line(name),
                        "rlinks": [file_link(name, digest)],
                    },
                )

    def _result(self) -> dict[str, Any]:
        result = self.result
        wave = result.wave
        about = "the time that was audited" if wave else "the run, as the audit names no wave"
        records = [self._record(finding) for finding in result.findings]
        judged = [p for p in records if not p.finding.state.neutral]
        failed = [p for p in records if p.finding.flags & Flag.FAILED]
        return without(
            {
                "uuid": self._uuid("result", result.scorecard.policy),
                "title": title_line(result.title),
                "description": markdown(
                    f"Findings of a customer-experience audit of {result.client}."
                ),
                "start": self._at(wave.start) if wave else self.started,
                "end": self._at(wave.end, _LAST_SECOND) if wave else self.finished,
                "props": _result_props(result),
                "local-definitions": {"components": [self._component(u.id) for u in result.units]},
                "reviewed-controls": _reviewed(result.checklist.items),
                "observations": [self._observation(record) for record in records if record.seen],
                "risks": [self._risk(record) for record in failed],
                "findings": [self._finding(record) for record in judged],
                "remarks": f"Start and end are those of {about}. {_READING}",
            }
        )

    def _component(self, name: str) -> dict[str, Any]:
        unit = self.result.units[name]
        props = {"unit": unit.id, "parent": unit.parent, "comparator": "yes" * unit.comparator}
        scores = self.scores.get(name)
        return {
            "uuid": self._uuid("unit", name),
            "type": plain(unit.kind) or "unit",
            "title": title_line(unit.name),
            "description": markdown(f"{unit.kind} {unit.name}"),
            "props": props_of({**props, **score_values(scores.overall if scores else None)}),
            "status": {"state": "operational"},
        }

    def _record(self, finding: Finding) -> _Record:
        return _Record(
            finding=finding,
            item=self.items[finding.item],
            fingerprint=finding.fingerprint,
            facts=markdown(facts(finding, self.result, self.fact(finding))),
            evidence=self.evidence.get((finding.item, finding.touchpoint, finding.unit)),
        )

    def _related(self, record: _Record) -> list[dict[str, str]]:
        uuid = self._uuid("observation", record.fingerprint)
        return [{"observation-uuid": uuid}] if record.seen else []

    def _observation(self, record: _Record) -> dict[str, Any]:
        evidence, ask = record.evidence, record.item.ask
        props = {
            "fingerprint": record.fingerprint,
            "evidence-total": evidence.total if evidence else None,
            "evidence-dropped": evidence.dropped if evidence and evidence.dropped else None,
        }
        subject = {"subject-uuid": self._uuid("unit", record.finding.unit), "type": "component"}
        return without(
            {
                "uuid": self._uuid("observation", record.fingerprint),
                "title": title_line(record.item.title.within(self.result.language)),
                "description": record.facts,
                # Where there is no finding, the observation holds the numbers.
                "props": props_of(props) + _numbers(record) * record.finding.state.neutral,
                "methods": [_METHODS.get(ask.method, "EXAMINE") if ask else "TEST"],
                "types": ["control-objective"],
                "subjects": [subject],
                "relevant-evidence": [self._piece(piece) for piece in evidence.shown]
                if evidence
                else [],
                "collected": self.finished,
                "remarks": markdown(record.finding.reason),
            }
        )

    def _piece(self, piece: Evidence) -> dict[str, Any]:
        resource = self.resources.get(piece.source)
        parts = [f"{name}: {value}" for name, value in piece.fields.items()]
        words = plain(piece.quote) or plain("; ".join(parts)) or plain(piece.kind)
        props = {"kind": piece.kind, "key": piece.key, "place": piece.place}
        return without(
            {
                "href": f"#{resource['uuid']}" if resource else None,
                "description": markdown(words),
                "props": props_of({**props, "sha-256": piece.digest}),
            }
        )

    def _finding(self, record: _Record) -> dict[str, Any]:
        finding = record.finding
        short, failed = has_failed(finding), bool(finding.flags & Flag.FAILED)
        unknown = finding.state.unknown and not short
        status = {
            "state": "satisfied" if met(finding) else "not-satisfied",
            "reason": "other" if unknown else "fail" if short else "pass",
            "remarks": f"Not assessed: {finding.state.label.replace('_', ' ')}."
            if unknown
            else None,
        }
        return without(
            {
                "uuid": self._uuid("finding", record.fingerprint),
                "title": title_line(record.title.within(self.result.language)),
                "description": record.facts,
                "props": props_of({"fingerprint": record.fingerprint}) + _numbers(record),
                "target": {
                    "type": "objective-id",
                    "target-id": objective_id(finding.item),
                    "status": without(status),
                },
                "related-observations": self._related(record),
                "related-risks": [{"risk-uuid": self._uuid("risk", record.fingerprint)}] * failed,
            }
        )

    def _risk(self, record: _Record) -> dict[str, Any]:
        """Return a failed critical or compliance finding as a risk; accepted where waived."""
        title = (record.item.fail_title or record.item.title).within(self.result.language)
        flags = record.finding.flags
        waiver = waiver_of(record.finding, self.result)
        advice = record.item.guidance.advice
        kind = "compliance" if flags & Flag.COMPLIANCE else "critical"
        props = props_of({"class": kind, "waived-by": waiver.approver if waiver else ""})
        if waiver and (reason := markdown(waiver.reason)):
            props += [{**prop, "remarks": reason} for prop in props_of({"waiver": waiver.item})]
        remediation = {
            "uuid": self._uuid("advice", record.fingerprint),
            "lifecycle": "recommendation",
            "title": "Advice",
            "description": markdown(advice.within(self.result.language)) if advice else "",
        }
        return without(
            {
                "uuid": self._uuid("risk", record.fingerprint),
                "title": title_line(title),
                "description": record.facts,
                "statement": markdown(f"{title}: a {kind} item failed."),
                "props": props,
                "status": "deviation-approved" if flags & Flag.WAIVED else "open",
                "deadline": self._at(waiver.expires, _LAST_SECOND) if waiver else None,
                "remediations": [remediation] if advice else [],
                "related-observations": self._related(record),
            }
        )


def _reviewed(items: Iterable[Item]) -> dict[str, Any]:
    """Return which items were assessed, and which were left out on purpose."""
    into = [token(item.id) for item in items if item.excluded is None]
    out = [token(item.id) for item in items if item.excluded is not None]
    selection = {
        "include-controls": [{"control-id": name} for name in into],
        "exclude-controls": [{"control-id": name} for name in out],
    }
    if not into:
        none = {"description": "The checklist has no item that is in.", "include-all": {}}
        return {"control-selections": [none]}
    return {"control-selections": [without(selection)]}


def _result_props(result: AuditResult) -> list[dict[str, Any]]:
    provenance = result.provenance
    card = result.scorecard
    root = card.root if card.units else None
    gate = result.gate
    outcome = "passed" if gate.passed else "failed"
    return props_of(
        {
            "wave": result.wave.id if result.wave else "",
            "policy": card.policy,
            "grade": (root.grade if root else "") or "",
            "gate": outcome if gate.enough else "not enough basis",
            "cxaudit": provenance.cxaudit,
            "engine": provenance.engine,
            **score_values(root.overall if root else None),
        }
    )


def _numbers(record: _Record) -> list[dict[str, Any]]:
    finding, item = record.finding, record.item
    return props_of(
        {
            "item": finding.item,
            "code": item.code,
            "area": item.area,
            "touchpoint": finding.touchpoint,
            "unit": finding.unit,
            "state": finding.state.label,
            "flag": labels(finding.flags),
            "score": finding.score,
            "score-low": finding.low,
            "score-high": finding.high,
            "weight": finding.weight,
            "value": finding.value,
            "value-low": finding.value_low,
            "value-high": finding.value_high,
            "n": finding.n,
        }
    )


def score_values(score: Score | None) -> dict[str, float | str | None]:
    """Return a score as values of properties; nothing for None."""
    if score is None:
        return {}
    return {
        "score": score.value,
        "score-low": score.low,
        "score-high": score.high,
        "coverage": score.coverage,
        "lowest": score.lowest,
        "highest": score.highest,
        "partial": "yes" * score.partial,
        "scored": score.scored,
        "not-assessed": score.unknown,
        "neutral": score.neutral,
    }


def file_link(name: str, digest: str) -> dict[str, Any]:
    """Return a link to a file, with its SHA-256 where that is known."""
    value = plain(digest)
    hashes = [{"algorithm": "SHA-256", "value": value}] if value else []
    return without({"href": file_uri(name), "hashes": hashes})


def props_of(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return properties in our namespace; several where a value is a list, none where unknown."""
    props = []
    for name, value in values.items():
        for part in value if isinstance(value, (list, tuple)) else (value,):
            text = "" if part is None else repr(part) if type(part) is float else plain(str(part))
            if text:
                props.append({"name": name, "ns": _NAMESPACE, "value": text})
    return props


def plain(text: str) -> str:
    """Return a text on one line, without spaces at its ends."""
    return one_line(text).strip()


def markdown(text: str) -> str:
    """Return a client's text so that it is no markup in Markdown."""
    return _MARKDOWN.sub(r"\\\1", plain(text))


def title_line(text: str) -> str:
    """Return a title, which must not be empty."""
    return markdown(text) or "-"


def token(name: str) -> str:
    """Return an id as OSCAL allows it: letters, digits, dot, hyphen, underscore."""
    text = _NOT_TOKEN.sub("_", name)
    return text if text[:1].isalpha() or text[:1] == "_" else f"_{text}"


def objective_id(item: str) -> str:
    """Return the id of the objective that describes an item."""
    return f"{token(item)}_objective"


def objective(item: Item, language: str) -> dict[str, Any]:
    """Return an item as a control with the local objective that describes it."""
    guidance = item.guidance
    texts = (("counts", guidance.counts), ("does-not-count", guidance.does_not_count))
    parts = [
        {"name": name, "ns": _NAMESPACE, "prose": markdown(text.within(language))}
        for name, text in (*texts, ("advice", guidance.advice))
        if text
    ]
    described = {
        "id": objective_id(item.id),
        "name": "item",
        "ns": _NAMESPACE,
        "title": title_line(item.title.within(language)),
        "prose": markdown((guidance.question or item.title).within(language)),
        "parts": parts,
    }
    critical = item.critical
    props = {
        "code": item.code,
        "area": item.area,
        "touchpoint": item.touchpoints,
        "lens": [f"{lens}/{key}" for lens, keys in item.lenses.items() for key in keys],
        "role": item.role,
        "weight": item.weight,
        "critical": ("compliance" if critical.compliance else "yes") if critical else "",
        "fail-below": critical.fail_below if critical else None,
        "excluded": item.excluded,
    }
    return {
        "control-id": token(item.id),
        "props": props_of(props),
        "parts": [without(described)],
    }
