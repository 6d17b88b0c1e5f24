"""Findings as SARIF 2.1.0, the OASIS format in which tools exchange what they found.

Items are rules, findings are results, units and touchpoints are logical locations, files are
artifacts. Section numbers are those of the standard (OASIS, 2020, with Errata 01 of 2023).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from cxaudit.documents import facts_of
from cxaudit.plugin import AuditResult, Evidence, EvidenceSet, Finding, Flag, Item, State, Waiver
from cxaudit_reports.drawing.one_line import one_line
from cxaudit_reports.machine.text import (
    exact,
    facts,
    file_uri,
    has_failed,
    json_text,
    labels,
    moment,
    waiver_of,
    without,
)

__all__ = ["render_sarif"]

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_LANGUAGE = re.compile(r"[a-zA-Z]{2}(-[a-zA-Z]{2})?")
_LINE = re.compile(r"line ([1-9]\d{0,8})\b")
_NUMBERS = ("score", "low", "high", "weight", "value", "value_low", "value_high")
_CHANGES = {Flag.NEW: "new", Flag.FIXED: "updated", Flag.UNCHANGED: "unchanged"}
_HALF = 0.5


def render_sarif(result: AuditResult) -> str:
    """Return the findings as a SARIF log of one run."""
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [_Run(result).as_json()]}
    return json_text(log, frozenset({"runs"}))


class _Run:
    """One run: tables of rules, artifacts and logical locations, and results that point there."""

    def __init__(self, result: AuditResult) -> None:
        self.result = result
        self.items = {item.id: item for item in result.checklist.items}
        self.fact = facts_of(result)
        self.rules = {name: number for number, name in enumerate(self.items)}
        self.evidence = {(e.item, e.touchpoint, e.unit): e for e in result.evidence}
        self.artifacts: dict[str, dict[str, Any]] = {}
        self.locations: list[dict[str, Any]] = []
        self.location_index: dict[tuple[str, str], int] = {}
        self._find_artifacts()
        self.artifact_of = {uri: number for number, uri in enumerate(self.artifacts)}
        self._find_locations()

    def as_json(self) -> dict[str, Any]:
        """Return the run as JSON values."""
        result = self.result
        language = result.language if _LANGUAGE.fullmatch(result.language) else None
        run = {
            "tool": without({"driver": self._driver(), "extensions": _extensions(result)}),
            "language": language,
            "automationDetails": {"id": self._id(), "description": _message(result.title)},
            "invocations": [self._invocation()],
            "artifacts": [
                {**artifact, "location": {"uri": uri}} for uri, artifact in self.artifacts.items()
            ],
            "logicalLocations": self.locations,
            "columnKind": "unicodeCodePoints",
            "properties": self._properties(),
        }
        # An empty list says that there is nothing; none would say that nothing was looked for.
        return {**without(run), "results": [self._result(finding) for finding in result.findings]}

    def _id(self) -> str:
        wave = self.result.wave
        return f"{self.result.audit}/{wave.id}" if wave else f"{self.result.audit}/"

    def _driver(self) -> dict[str, Any]:
        version = one_line(self.result.provenance.cxaudit)
        rules = [self._rule(item) for item in self.items.values()]
        return without({"name": "cxaudit", "version": version, "rules": rules})

    def _rule(self, item: Item) -> dict[str, Any]:
        language = self.result.language
        guidance = item.guidance
        texts = (
            ("", guidance.question),
            ("Where to look: ", guidance.where),
            ("What counts: ", guidance.counts),
            ("What does not count: ", guidance.does_not_count),
            ("What to do: ", guidance.advice),
        )
        help_text = "\n\n".join(
            before + one_line(text.within(language)) for before, text in texts if text
        )
        critical = item.critical
        properties = {
            "tags": _tags(item),
            "code": one_line(item.code),
            "weight": exact(item.weight),
            "role": item.role,
            "per": item.per and one_line(item.per),
            "failBelow": critical.fail_below if critical else None,
            "excluded": item.excluded and one_line(item.excluded),
        }
        rule = {
            "id": item.id,
            "deprecatedIds": list(dict.fromkeys(item.replaces)),
            "name": one_line(item.code),
            "shortDescription": _message(item.title.within(language)),
            "fullDescription": _message(guidance.question.within(language))
            if guidance.question
            else {},
            "help": {"text": _escaped(help_text)} if help_text else {},
            "defaultConfiguration": {
                "enabled": item.excluded is None,
                "level": "error" if critical else "warning",
            },
            "properties": without(properties),
        }
        return without(rule)

    def _invocation(self) -> dict[str, Any]:
        """Return how the run went. A notification at level error means that it failed (3.20.21)."""
        result, provenance = self.result, self.result.provenance
        notifications = [
            {"level": "error", "message": _message(": ".join(filter(None, parts)))}
            for problem in result.problems
            for parts in [(problem.stage, problem.subject, problem.cause, problem.hint)]
        ]
        notifications += [
            {"level": "note", "message": _message(f"{note.subject}: {note.text}")}
            for note in result.notes
        ]
        invocation = {
            "startTimeUtc": moment(provenance.started),
            "endTimeUtc": moment(provenance.finished),
            "toolExecutionNotifications": notifications,
        }
        return {"executionSuccessful": not result.problems, **without(invocation)}

    def _properties(self) -> dict[str, Any]:
        result, card = self.result, self.result.scorecard
        root = card.root if card.units else None
        overall = root.overall if root else None
        wave = result.wave
        provenance = result.provenance
        return without(
            {
                "client": one_line(result.client),
                "wave": wave.id if wave else None,
                "waveStart": wave.start.isoformat() if wave else None,
                "waveEnd": wave.end.isoformat() if wave else None,
                "checklist": result.checklist.id,
                "checklistVersion": one_line(result.checklist.version),
                "policy": card.policy,
                "engine": one_line(provenance.engine),
                "seed": provenance.seed,
                "score": overall.value if overall else None,
                "scoreLow": overall.low if overall else None,
                "scoreHigh": overall.high if overall else None,
                "coverage": overall.coverage if overall else None,
                "lowest": overall.lowest if overall else None,
                "highest": overall.highest if overall else None,
                "grade": one_line(root.grade) if root and root.grade else None,
                "gatePassed": result.gate.passed,
                "gateEnough": result.gate.enough,
                "gateReasons": [one_line(reason) for reason in result.gate.reasons],
            }
        )

    def _find_artifacts(self) -> None:
        result = self.result
        for account in result.accounts:
            for name, digest in account.files.items():
                self._artifact(name, digest, "analysisTarget")
        for name, digest in result.checklist.digests.items():
            self._artifact(name, digest, "userSpecifiedConfiguration")
        for name, digest in result.provenance.files.items():
            self._artifact(name, digest)
        for answer in result.answers:
            for file in answer.files:
                self._artifact(file.path, file.digest, "attachment")
        for evidence in result.evidence:
            for piece in evidence.shown:
                self._artifact(piece.source, piece.digest)

    def _artifact(self, name: str, digest: str, role: str = "") -> None:
        if not (uri := file_uri(name)):
            return
        artifact = self.artifacts.setdefault(uri, {})
        if digest:
            artifact.setdefault("hashes", {"sha-256": one_line(digest)})
        if role:
            artifact.setdefault("roles", [role])

    def _find_locations(self) -> None:
        """Fill the tables of units, parents first, and touchpoints."""
        units = self.result.units
        for unit in units:
            path = "/".join(reversed(units.path(unit.id)))
            parent = (
                {"parentIndex": self.location_index["unit", unit.parent]} if unit.parent else {}
            )
            names = {"name": one_line(unit.name), "fullyQualifiedName": path}
            self._add_location("unit", unit.id, {**names, "kind": one_line(unit.kind), **parent})
        for touchpoint in sorted({*self.result.findings.touchpoints}):
            names = {"name": touchpoint, "fullyQualifiedName": f"touchpoint/{touchpoint}"}
            self._add_location("touchpoint", touchpoint, {**names, "kind": "touchpoint"})

    def _add_location(self, kind: str, name: str, location: dict[str, Any]) -> None:
        self.location_index[kind, name] = len(self.locations)
        self.locations.append(location)

    def _result(self, finding: Finding) -> dict[str, Any]:
        result, item = self.result, self.items[finding.item]
        kind, level = _kind(finding)
        title = item.fail_title if kind == "fail" and item.fail_title else item.title
        headline = one_line(title.within(result.language)).rstrip(".")
        evidence = self.evidence.get((finding.item, finding.touchpoint, finding.unit))
        changes = [name for flag, name in _CHANGES.items() if finding.flags & flag]
        return without(
            {
                "ruleId": finding.item,
                "ruleIndex": self.rules[finding.item],
                "kind": kind,
                "level": level,
                "message": _message(f"{headline}. {facts(finding, result, self.fact(finding))}"),
                "locations": [self._location(finding, evidence)],
                "relatedLocations": self._related(evidence),
                "partialFingerprints": {"cxauditFinding/v1": finding.fingerprint},
                "baselineState": changes[0] if changes else None,
                "properties": _result_properties(finding, evidence),
            }
        ) | {"suppressions": self._suppressions(finding)}

    def _location(self, finding: Finding, evidence: EvidenceSet | None) -> dict[str, Any]:
        """Return where a finding is: its unit and touchpoint, and the first file it rests on."""
        keys = (("unit", finding.unit), ("touchpoint", finding.touchpoint))
        logical = [
            {"index": index, "fullyQualifiedName": self.locations[index]["fullyQualifiedName"]}
            for index in (self.location_index[key] for key in keys)
        ]
        physical = self._physical(evidence.shown[0]) if evidence and evidence.shown else {}
        return without({"logicalLocations": logical, "physicalLocation": physical})

    def _related(self, evidence: EvidenceSet | None) -> list[dict[str, Any]]:
        if evidence is None:
            return []
        return [
            without(
                {
                    "id": number,
                    "message": _message(_describe(piece)),
                    "physicalLocation": self._physical(piece),
                    "properties": without(
                        {
                            "kind": piece.kind,
                            "key": one_line(piece.key),
                            "place": one_line(piece.place),
                            "fields": _fields(piece.fields),
                        }
                    ),
                }
            )
            for number, piece in enumerate(evidence.shown, start=1)
        ]

    def _physical(self, piece: Evidence) -> dict[str, Any]:
        """Return the file of a piece of evidence; its line only where the evidence names one.

        A row's number is no line: a file has a header, and a quoted cell may have line ends.
        """
        if not (uri := file_uri(piece.source)):
            return {}
        line = _LINE.match(piece.place)
        location = {"uri": uri, "index": self.artifact_of[uri]}
        region = {"startLine": int(line[1])} if line else {}
        return without({"artifactLocation": location, "region": region})

    def _suppressions(self, finding: Finding) -> list[dict[str, Any]]:
        """Return the waiver as a suppression; an empty list says that there is none (3.27.23)."""
        if not finding.flags & Flag.WAIVED:
            return []
        waiver = waiver_of(finding, self.result)
        justification = _justified(waiver) if waiver else ""
        suppression = {"kind": "external", "status": "accepted", "justification": justification}
        return [without(suppression)]


def _extensions(result: AuditResult) -> list[dict[str, Any]]:
    plugins = result.provenance.plugins
    return [
        without({"name": one_line(plugin.name), "version": one_line(plugin.version)})
        for plugin in plugins
        if not plugin.quarantined
    ]


def _kind(finding: Finding) -> tuple[str, str]:
    """Return kind and level; only what failed has a level (3.27.10)."""
    if has_failed(finding):
        if finding.flags & Flag.FAILED:
            return "fail", "error"
        low = finding.score is not None and finding.score < _HALF
        return "fail", "warning" if low or finding.flags & Flag.SUSPECTED else "note"
    if finding.state.unknown:
        return "open", "none"
    if finding.state is State.INFORMATIVE:
        return "informational", "none"
    return ("notApplicable" if finding.state.neutral else "pass"), "none"


def _tags(item: Item) -> list[str]:
    tags = [f"area/{item.area}", *(f"touchpoint/{name}" for name in item.touchpoints)]
    tags += [f"lens/{lens}/{key}" for lens, keys in item.lenses.items() for key in keys]
    if item.critical:
        tags.append("compliance" if item.critical.compliance else "critical")
    return list(dict.fromkeys(one_line(tag) for tag in tags))


def _result_properties(finding: Finding, evidence: EvidenceSet | None) -> dict[str, Any]:
    return without(
        {
            "state": finding.state.label,
            "flags": list(labels(finding.flags)),
            **{name: exact(getattr(finding, name)) for name in _NUMBERS},
            "n": finding.n,
            "reason": one_line(finding.reason),
            "evidenceTotal": evidence.total if evidence else None,
            "evidenceShown": len(evidence.shown) if evidence else None,
            "evidenceDropped": evidence.dropped if evidence else None,
        }
    )


def _describe(piece: Evidence) -> str:
    where = " ".join(filter(None, (piece.kind, piece.key, piece.place)))
    return f"{where}: {piece.quote}" if piece.quote else where


def _fields(fields: Mapping[str, str | float | bool | None]) -> dict[str, Any]:
    return {
        one_line(name): one_line(value)
        if isinstance(value, str)
        else exact(value)
        if isinstance(value, float)
        else value
        for name, value in fields.items()
    }


def _justified(waiver: Waiver) -> str:
    return one_line(
        f"{waiver.reason} (accepted by {waiver.approver} until {waiver.expires.isoformat()})"
    )


def _message(text: str) -> dict[str, str]:
    return {"text": _escaped(one_line(text))}


def _escaped(text: str) -> str:
    """Return a text in which no viewer sees a placeholder (3.11.5) or a link (3.11.6)."""
    return text.replace("{", "{{").replace("}", "}}").replace("](", "] (")
