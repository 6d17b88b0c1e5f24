"""OSCAL assessment results: valid, complete, referring to what is there, the same every time."""

from __future__ import annotations

import json
import re
import unicodedata
from datetime import UTC, date, datetime
from uuid import UUID

import attrs
import pytest
from oscal_bindings.v1.models import AssessmentResultsDocument

from cxaudit.errors import ResultError
from cxaudit.plugin import Ask, Findings, Flag, State
from cxaudit_reports.machine.oscal import render_oscal
from tests.support.audits import APPROVED

UUID_5 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def document(result):
    return json.loads(render_oscal(result))["assessment-results"]


def assessed(result):
    (one,) = document(result)["results"]
    return one


def props(one):
    found = {}
    for prop in one.get("props", ()):
        assert prop["ns"] == "urn:cxaudit:oscal"
        found.setdefault(prop["name"], []).append(prop["value"])
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def by_fingerprint(result, kind):
    return {props(one)["fingerprint"]: one for one in assessed(result).get(kind, ())}


def walk(value, name=""):
    """Yield each name of a field with its text."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from walk(each, key)
    elif isinstance(value, list):
        for each in value:
            yield from walk(each, name)
    elif isinstance(value, str):
        yield name, value


def only(result, **changes):
    finding = attrs.evolve(result.findings[0], **changes)
    return attrs.evolve(result, findings=Findings.of([finding]))


@pytest.mark.parametrize("name", APPROVED)
def test_it_is_as_it_was_read_and_approved(name, audit, approved):
    approved(f"{name}.oscal.json", render_oscal(audit(name)))


def test_it_fits_the_models_of_the_standard(named_audit):
    """The models are generated from NIST's schema and refuse unknown fields."""
    AssessmentResultsDocument.model_validate(json.loads(render_oscal(named_audit[1])))


def test_the_models_would_refuse_a_wrong_field(audit):
    wrong = json.loads(render_oscal(audit("mixed")))
    wrong["assessment-results"]["results"][0]["findings"][0]["verdict"] = "bad"
    with pytest.raises(ValueError, match="verdict"):
        AssessmentResultsDocument.model_validate(wrong)


def test_the_same_result_gives_the_same_bytes(audit):
    assert render_oscal(audit("mixed")) == render_oscal(audit("mixed"))


def test_every_identifier_is_unique_and_every_reference_leads_somewhere(named_audit):
    whole = document(named_audit[1])
    fields = list(walk(whole))
    own = [text for name, text in fields if name == "uuid"]
    assert len(own) == len(set(own))
    assert all(UUID_5.fullmatch(text) for text in own)
    pointing = {text for name, text in fields if name.endswith("-uuid")}
    pointing |= {text[1:] for name, text in fields if name == "href" and text.startswith("#")}
    assert pointing <= set(own)
    controls = [
        one["control-id"]
        for one in whole.get("local-definitions", {}).get("objectives-and-methods", ())
    ]
    objectives = {text for name, text in fields if name == "id"}
    assert {text for name, text in fields if name == "target-id"} <= objectives
    reviewed = whole["results"][0]["reviewed-controls"]["control-selections"][0]
    named_there = [
        one["control-id"]
        for part in ("include-controls", "exclude-controls")
        for one in reviewed.get(part, ())
    ]
    assert sorted(named_there) == sorted(controls)


def test_a_finding_keeps_its_identifier_over_runs_and_the_document_does_not(audit):
    first = audit("mixed")
    again = attrs.evolve(
        first, provenance=attrs.evolve(first.provenance, finished="2026-07-02T08:00:00Z")
    )
    ids = [[one["uuid"] for one in assessed(r)["findings"]] for r in (first, again)]
    assert ids[0] == ids[1]
    assert document(first)["uuid"] != document(again)["uuid"]
    other = attrs.evolve(first, wave=attrs.evolve(first.wave, id="2026-q3"))
    assert not set(ids[0]) & {one["uuid"] for one in assessed(other)["findings"]}
    assert UUID(ids[0][0]).version == 5


def test_every_finding_is_told_and_none_twice(named_audit):
    result = named_audit[1]
    judged = {f.fingerprint for f in result.findings if not f.state.neutral}
    assert set(by_fingerprint(result, "findings")) == judged
    assert len(assessed(result).get("findings", ())) == len(judged)
    neutral = {f.fingerprint for f in result.findings if f.state.neutral}
    assert neutral <= set(by_fingerprint(result, "observations"))


def test_numbers_are_those_of_the_result_unrounded(named_audit):
    result = named_audit[1]
    kinds = by_fingerprint(result, "findings"), by_fingerprint(result, "observations")
    names = {"score": "score", "score-low": "low", "score-high": "high", "weight": "weight"}
    names |= {"value": "value", "value-low": "value_low", "value-high": "value_high"}
    for finding in result.findings:
        told = props(kinds[finding.state.neutral][finding.fingerprint])
        for name, field in names.items():
            value = getattr(finding, field)
            assert told.get(name) == (None if value is None else repr(value))
        assert told["n"] == str(finding.n)
        assert told["state"] == finding.state.label
        overall = result.scorecard.root.overall
    told = props(assessed(result))
    overall = result.scorecard.root.overall
    for name, value in (("score", overall.value), ("coverage", overall.coverage)):
        assert told.get(name) == (None if value is None else repr(value))


@pytest.mark.parametrize(
    ("changes", "state", "reason"),
    [
        ({"state": State.MET, "score": 1.0, "flags": Flag.NONE}, "satisfied", "pass"),
        ({"state": State.MEASURED, "score": 0.9999, "flags": Flag.NONE}, "not-satisfied", "fail"),
        ({"state": State.MET, "score": 1.0, "flags": Flag.FAILED}, "not-satisfied", "fail"),
        ({"state": State.NO_TARGET, "score": None, "flags": Flag.NONE}, "not-satisfied", "other"),
    ],
)
def test_the_status_is_satisfied_only_where_all_is_met(audit, changes, state, reason):
    (one,) = assessed(only(audit("mixed"), **changes))["findings"]
    status = one["target"]["status"]
    assert (status["state"], status["reason"]) == (state, reason)
    assert ("Not assessed" in status.get("remarks", "")) == (reason == "other")


@pytest.mark.parametrize(
    ("method", "told"),
    [
        ("interview", "INTERVIEW"),
        ("document", "EXAMINE"),
        ("observe", "EXAMINE"),
        ("test", "TEST"),
        (None, "TEST"),
    ],
)
def test_an_observation_says_how_it_was_made(audit, method, told):
    result = only(audit("mixed"))
    ask = Ask(answer="yes-no", method=method) if method else None
    items = tuple(attrs.evolve(item, ask=ask) for item in result.checklist.items)
    checklist = attrs.evolve(result.checklist, items=items)
    (one,) = assessed(attrs.evolve(result, checklist=checklist))["observations"]
    assert one["methods"] == [told]


def test_what_was_not_assessed_has_no_observation(audit):
    result = only(audit("mixed"), state=State.UNANSWERED, score=None, value=None, n=0)
    one = assessed(attrs.evolve(result, evidence=()))
    assert "observations" not in one
    assert "related-observations" not in one["findings"][0]


def test_failed_critical_items_are_risks_and_a_waiver_accepts_them(audit):
    organisation, pier = assessed(audit("mixed"))["risks"]
    assert organisation["status"] == "open"
    assert "deadline" not in organisation
    advice = "Move two people to the hours from 11 to 14."
    assert organisation["remediations"][0]["description"] == advice
    assert pier["status"] == "deviation-approved"
    # The last day of the waiver is over when it is over where the organisation is.
    assert pier["deadline"] == "2026-09-30T23:59:59+02:00"
    assert "New telephone system" in {prop.get("remarks") for prop in pier["props"]}
    assert "risks" not in assessed(audit("all-good"))


def test_a_waiver_for_ever_has_a_deadline(audit):
    result = audit("mixed")
    used = result.waivers[0]
    for_ever = attrs.evolve(used, waiver=attrs.evolve(used.waiver, expires=date.max))
    _, pier = assessed(attrs.evolve(result, waivers=(for_ever,)))["risks"]
    assert pier["deadline"].startswith("9999-12-31T23:59:59")


def test_the_time_is_that_of_the_wave_where_the_organisation_is(audit):
    one = assessed(audit("mixed"))
    assert (one["start"], one["end"]) == ("2026-04-01T00:00:00+02:00", "2026-06-30T23:59:59+02:00")
    one = assessed(attrs.evolve(audit("mixed"), wave=None))
    assert (one["start"], one["end"]) == ("2026-07-01T08:00:00Z", "2026-07-01T08:00:04Z")


@pytest.mark.parametrize("time", ["", "yesterday"])
def test_a_result_without_the_times_of_its_run_is_refused(audit, time):
    result = audit("all-good")
    bare = attrs.evolve(result, provenance=attrs.evolve(result.provenance, finished=time))
    with pytest.raises(ResultError, match=r"\$\.provenance\.finished.*run finished"):
        render_oscal(bare)


def test_the_plan_is_a_resource_with_the_digests_of_the_checklist(audit):
    whole = document(audit("mixed"))
    plan = whole["back-matter"]["resources"][0]
    assert whole["import-ap"]["href"] == f"#{plan['uuid']}"
    hashes = [{"algorithm": "SHA-256", "value": "ab" * 32}]
    assert plan["rlinks"] == [{"href": "core.toml", "hashes": hashes}]


def test_evidence_leads_to_its_file_and_row(audit):
    result = audit("mixed")
    observation = by_fingerprint(result, "observations")[result.findings[0].fingerprint]
    hit, row = observation["relevant-evidence"][:2]
    resources = {one["uuid"]: one for one in document(result)["back-matter"]["resources"]}
    assert resources[row["href"][1:]]["title"] == "calls.csv"
    assert props(row) == {"kind": "row", "key": "17"}
    assert row["description"] == r"wait\_s: 312.0; queue: main; late: True"
    assert hit["description"] == "Nobody picked up, so I drove over."
    assert props(observation)["evidence-total"] == "18203"


def test_excluded_items_are_named_as_excluded(audit):
    selection = assessed(audit("mixed"))["reviewed-controls"]["control-selections"][0]
    assert selection["exclude-controls"] == [{"control-id": "online.clear"}]


def test_no_text_of_a_client_is_markup(audit):
    """Titles, descriptions, prose and remarks are Markdown in OSCAL."""
    found = 0
    for name, text in walk(document(audit("hostile"))):
        if name in {"title", "description", "prose", "remarks", "statement"}:
            found += "alert" in text
            assert not re.search(r"(?<!\\)[<>\[\]`*_{}|]", text), text
        assert not {c for c in text if unicodedata.category(c) in {"Cc", "Cs"}}
        assert not re.search("[\u200e\u200f\u202a-\u202e\u2066-\u2069]", text)
    assert found > 50


def test_the_version_is_of_the_run_and_the_policy(audit):
    metadata = document(audit("mixed"))["metadata"]
    assert metadata["version"] == "2026-07-01T08:00:04Z cxaudit.cxaudit-1"
    at = datetime(2026, 7, 1, 8, 0, 4, tzinfo=UTC)
    assert datetime.fromisoformat(metadata["last-modified"]) == at
    assert metadata["oscal-version"] == "1.1.3"
