"""SARIF: valid, complete, safe, the same every time."""

from __future__ import annotations

import json
import re
import unicodedata
from urllib.parse import unquote

import attrs
import pytest
from sarif_pydantic import Sarif

from cxaudit.plugin import Evidence, EvidenceSet, Findings, Flag, Note, State
from cxaudit_reports.machine.sarif import render_sarif
from tests.support.audits import APPROVED

PLACEHOLDER = re.compile(r"(?<!\{)(\{\{)*\{(?!\{)")


def run_of(result):
    (run,) = json.loads(render_sarif(result))["runs"]
    return run


def results_of(result):
    run = run_of(result)
    assert len(run["results"]) == len(result.findings)
    return list(zip(result.findings, run["results"], strict=True))


def unknown_fields(model, path="$"):
    """Yield the fields that the model of the standard does not have."""
    for name in model.model_extra or {}:
        yield f"{path}.{name}"
    for name in type(model).model_fields:
        value = getattr(model, name)
        for number, each in enumerate(value if isinstance(value, list) else [value]):
            if hasattr(each, "model_extra"):
                yield from unknown_fields(each, f"{path}.{name}[{number}]")


def texts(value):
    if isinstance(value, dict):
        for key, each in value.items():
            yield key
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)
    elif isinstance(value, str):
        yield value


def one(result, **changes):
    finding = attrs.evolve(result.findings[0], **changes)
    return results_of(attrs.evolve(result, findings=Findings.of([finding])))[0][1]


@pytest.mark.parametrize("name", APPROVED)
def test_it_is_as_it_was_read_and_approved(name, audit, approved):
    approved(f"{name}.sarif", render_sarif(audit(name)))


def test_it_has_the_fields_of_the_standard_and_no_other(named_audit):
    log = Sarif.model_validate_json(render_sarif(named_audit[1]))
    # The model does not know three properties that the standard defines: 3.14.27, 3.20.21, 3.27.23.
    assert {re.sub(r"\[\d+\]", "", path) for path in unknown_fields(log)} <= {
        "$.runs.columnKind",
        "$.runs.invocations.toolExecutionNotifications",
        "$.runs.results.suppressions",
    }


def test_the_same_result_gives_the_same_bytes(audit):
    assert render_sarif(audit("mixed")) == render_sarif(audit("mixed"))


def test_each_finding_is_a_result_of_its_rule_at_its_place(named_audit):
    result = named_audit[1]
    run = run_of(result)
    rules = run["tool"]["driver"].get("rules", [])
    assert [rule["id"] for rule in rules] == [item.id for item in result.checklist.items]
    for finding, each in results_of(result):
        assert each["ruleId"] == rules[each["ruleIndex"]]["id"] == finding.item
        assert each["partialFingerprints"] == {"cxauditFinding/v1": finding.fingerprint}
        unit, touchpoint = each["locations"][0]["logicalLocations"]
        for place in (unit, touchpoint):
            known = run["logicalLocations"][place["index"]]
            assert place["fullyQualifiedName"] == known["fullyQualifiedName"]
        assert unit["fullyQualifiedName"].split("/")[-1] == finding.unit
        assert touchpoint["fullyQualifiedName"] == f"touchpoint/{finding.touchpoint}"


def test_a_rule_says_what_is_asked_and_what_to_do(audit):
    result = audit("mixed")
    first, *others = result.checklist.items
    renamed = attrs.evolve(first, replaces=("phone.picked-up", "phone.picked-up"))
    checklist = attrs.evolve(result.checklist, items=(renamed, *others))
    rules = run_of(attrs.evolve(result, checklist=checklist))["tool"]["driver"]["rules"]
    assert rules[0]["deprecatedIds"] == ["phone.picked-up"]
    assert rules[0]["shortDescription"] == {"text": "Calls are answered in time"}
    assert rules[0]["help"]["text"].splitlines() == [
        "Are calls answered in the time you promise?",
        "",
        "What to do: Move two people to the hours from 11 to 14.",
    ]
    assert rules[0]["properties"]["tags"] == [
        "area/process",
        "touchpoint/phone",
        "lens/be-sure/reliable",
        "critical",
    ]
    enabled = {rule["id"]: rule["defaultConfiguration"]["enabled"] for rule in rules}
    assert [name for name, on in enabled.items() if not on] == ["online.clear"]


def test_texts_are_in_the_language_of_the_result(audit):
    run = run_of(attrs.evolve(audit("mixed"), language="de"))
    assert run["language"] == "de"
    titles = [rule["shortDescription"]["text"] for rule in run["tool"]["driver"]["rules"]]
    assert titles[:2] == ["Anrufe werden angenommen", "Waits are short"]
    assert "language" not in run_of(attrs.evolve(audit("mixed"), language="not a tag"))


def test_units_point_at_their_parents(audit):
    places = run_of(audit("mixed"))["logicalLocations"]
    pier = next(place for place in places if place["name"] == "Pier")
    assert places[pier["parentIndex"]]["name"] == "Tide Bakery"


def test_numbers_are_those_of_the_result(named_audit):
    for finding, entry in results_of(named_audit[1]):
        for name in ("score", "low", "high", "weight", "value", "value_low", "value_high", "n"):
            assert entry["properties"].get(name) == getattr(finding, name)


@pytest.mark.parametrize(
    ("changes", "kind", "level"),
    [
        ({"state": State.NOT_MET, "score": 0.0, "flags": Flag.NONE}, "fail", "warning"),
        ({"state": State.PARTLY, "score": 0.4999, "flags": Flag.NONE}, "fail", "warning"),
        ({"state": State.PARTLY, "score": 0.5, "flags": Flag.NONE}, "fail", "note"),
        ({"state": State.MEASURED, "score": 0.9999, "flags": Flag.TENTATIVE}, "fail", "note"),
        ({"state": State.PARTLY, "score": 0.8, "flags": Flag.SUSPECTED}, "fail", "warning"),
        ({"state": State.PARTLY, "score": 0.8, "flags": Flag.FAILED}, "fail", "error"),
        ({"state": State.MET, "score": 1.0, "flags": Flag.NONE}, "pass", "none"),
        ({"state": State.MEASURED, "score": 1.0, "flags": Flag.NONE}, "pass", "none"),
        ({"state": State.MET, "score": 1.0, "flags": Flag.FAILED}, "fail", "error"),
        ({"state": State.INSUFFICIENT, "score": None, "flags": Flag.NONE}, "open", "none"),
        ({"state": State.ERROR, "score": None, "flags": Flag.NOT_CLEARED}, "open", "none"),
        ({"state": State.INFORMATIVE, "score": None, "flags": Flag.NONE}, "informational", "none"),
        ({"state": State.EXCLUDED, "score": None, "flags": Flag.NONE}, "notApplicable", "none"),
        (
            {"state": State.NOT_APPLICABLE, "score": None, "flags": Flag.NONE},
            "notApplicable",
            "none",
        ),
    ],
)
def test_kind_and_level_say_how_bad_it_is(audit, changes, kind, level):
    each = one(audit("mixed"), **changes)
    assert (each["kind"], each["level"]) == (kind, level)


def test_a_waiver_is_a_suppression_with_its_reason_and_nothing_else_is(audit):
    suppressed = {f.unit: r["suppressions"] for f, r in results_of(audit("mixed"))}
    assert suppressed.pop("tide.pier") == []  # the last finding of Pier is another item
    waived = [r["suppressions"] for f, r in results_of(audit("mixed")) if f.flags & Flag.WAIVED]
    reason = "New telephone system (accepted by M. Roe until 2026-09-30)"
    assert waived == [[{"kind": "external", "status": "accepted", "justification": reason}]]
    others = [r["suppressions"] for f, r in results_of(audit("mixed")) if not f.flags & Flag.WAIVED]
    assert others == [[]] * len(others)


def test_a_waiver_that_expired_justifies_nothing(audit):
    result = audit("mixed")
    expired = tuple(attrs.evolve(each, status="expired") for each in result.waivers)
    each = one(attrs.evolve(result, waivers=expired), flags=Flag.WAIVED)
    assert each["suppressions"] == [{"kind": "external", "status": "accepted"}]


def test_evidence_leads_to_its_file_and_row(audit):
    run = run_of(audit("mixed"))
    first = run["results"][0]
    hit, row = first["relatedLocations"][:2]
    assert row["properties"] == {
        "kind": "row",
        "key": "17",
        "fields": {"wait_s": 312.0, "queue": "main", "late": True},
    }
    where = row["physicalLocation"]["artifactLocation"]
    assert where["uri"] == run["artifacts"][where["index"]]["location"]["uri"] == "calls.csv"
    assert "Nobody picked up" in hit["message"]["text"]
    counts = {name: first["properties"][name] for name in ("evidenceTotal", "evidenceShown")}
    assert counts == {"evidenceTotal": 18203, "evidenceShown": 5}


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("line 12", 12),
        ("line 3, column 4", 3),
        ("row 12", None),
        ("12-48", None),
        ("line 0", None),
        ("line 12x", None),
        ("", None),
    ],
)
def test_a_line_is_named_only_where_the_evidence_names_one(audit, place, line):
    result = audit("mixed")
    finding = result.findings[0]
    piece = Evidence(kind="file", source="notes.txt", key="17", place=place)
    found = EvidenceSet(
        item=finding.item, touchpoint=finding.touchpoint, unit=finding.unit, total=1, shown=(piece,)
    )
    each = one(attrs.evolve(result, evidence=(found,)))
    region = each["locations"][0]["physicalLocation"].get("region")
    assert region == ({"startLine": line} if line else None)


def test_files_carry_their_digests(audit):
    hashes = {a["location"]["uri"]: a.get("hashes") for a in run_of(audit("mixed"))["artifacts"]}
    assert hashes == {
        "calls.csv": {"sha-256": "ef" * 32},
        "core.toml": {"sha-256": "ab" * 32},
        "audit.toml": {"sha-256": "12" * 32},
        "messages.csv": None,
    }


@pytest.mark.parametrize(
    "name",
    [
        "C:\\Users\\Zoë\\calls 2026.csv",
        "a:b.csv",
        "//host/share.csv",
        "///three.csv",
        "100%.csv",
        "q?x=1#y.csv",
        "שלום.csv",
        "a\nb.csv",
        "../up.csv",
        "https://example.org/a b?x=1",
    ],
)
def test_whatever_a_file_is_called_its_address_is_relative_and_valid(audit, name):
    result = audit("mixed")
    files = attrs.evolve(result.provenance, files={name: "ab" * 32})
    run = run_of(attrs.evolve(result, provenance=files))
    uri = next(
        a["location"]["uri"]
        for a in run["artifacts"]
        if a.get("hashes")
        and a["hashes"]["sha-256"] == "ab" * 32
        and a["location"]["uri"] != "core.toml"
    )
    assert re.fullmatch(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+", uri)
    if not name.startswith("https:"):
        assert not uri.startswith("//")
        assert ":" not in uri
        assert unquote(uri) == re.sub(r"\s", " ", name.replace("\\", "/"))


def test_what_went_wrong_in_the_run_is_told(audit):
    (invocation,) = run_of(audit("mixed"))["invocations"]
    assert invocation["executionSuccessful"] is False
    assert [n["level"] for n in invocation["toolExecutionNotifications"]] == ["error", "note"]
    assert invocation["startTimeUtc"] == "2026-07-01T08:00:00Z"
    (fine,) = run_of(audit("all-good"))["invocations"]
    assert fine["executionSuccessful"] is True


def test_a_time_that_nobody_stated_is_left_out(audit):
    result = audit("all-good")
    bare = attrs.evolve(result.provenance, started="", finished="soon")
    (invocation,) = run_of(attrs.evolve(result, provenance=bare))["invocations"]
    assert invocation == {"executionSuccessful": True}


def test_no_message_holds_a_link_or_a_placeholder(audit):
    result = audit("hostile")
    note = Note(subject="{0}", text="[click](http://bad.example) {1} }{ {{2}}")
    run = run_of(attrs.evolve(result, notes=(*result.notes, note)))

    def messages(value):
        if isinstance(value, dict):
            for key, each in value.items():
                if key == "text":
                    yield each
                elif key != "properties":
                    yield from messages(each)
        elif isinstance(value, list):
            for each in value:
                yield from messages(each)

    found = list(messages(run))
    assert len(found) > len(result.findings)
    for text in found:
        assert "](" not in text
        assert not PLACEHOLDER.search(text)
    assert any("{{0}}" in text and "{{{{2}}}}" in text for text in found)


def test_hostile_text_is_kept_as_text_without_controls_and_direction_marks(audit, hostile_text):
    run = run_of(audit("hostile"))
    assert run["properties"]["client"].startswith(hostile_text)
    for text in texts(run):
        bad = {char for char in text if unicodedata.category(char) in {"Cc", "Cs"}} - {"\n"}
        assert not bad
        assert not re.search("[\u200e\u200f\u202a-\u202e\u2066-\u2069]", text)


def test_numbers_that_are_not_finite_stay_json(audit):
    each = one(audit("mixed"), value=float("inf"), value_low=float("-inf"))
    assert each["properties"]["value"] == "inf"
    assert each["properties"]["value_low"] == "-inf"


def test_what_is_new_since_the_last_run_is_told(audit):
    assert one(audit("mixed"), flags=Flag.NEW)["baselineState"] == "new"
    assert one(audit("mixed"), flags=Flag.UNCHANGED)["baselineState"] == "unchanged"
    assert "baselineState" not in one(audit("mixed"), flags=Flag.NONE)
