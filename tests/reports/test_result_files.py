"""Saved results: exact round trips, the published form, and errors with their place."""

from __future__ import annotations

import copy
import json
import math
import os
import typing
from datetime import UTC, date

import attrs
import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxaudit import Session
from cxaudit._formats.json_text import json_text
from cxaudit._formats.result_json import (
    from_json,
    load_result,
    render_json,
    schema,
    to_json,
    write_file,
)
from cxaudit.errors import Problem, ResultError
from cxaudit.plugin import (
    Answer,
    AuditResult,
    Breakdown,
    Case,
    Checklist,
    Conduct,
    Evidence,
    EvidenceSet,
    Finding,
    Findings,
    Flag,
    Gate,
    GateOutcome,
    Item,
    Measurement,
    Metric,
    MetricKind,
    Parameter,
    Provenance,
    Score,
    Scorecard,
    SourceAccount,
    State,
    Text,
    Unit,
    UnitScores,
    UnitTree,
    Waiver,
    WaiverOutcome,
)


def again(result):
    return from_json(json.loads(render_json(result)))


def test_named_audits_come_back_exactly(named_audit):
    result = named_audit[1]
    assert again(result) == result
    assert again(result).checklist.items == result.checklist.items


def test_origins_come_back_although_equality_leaves_them_out(audit):
    result = audit("mixed")
    assert again(result).checklist.items[0].origins == result.checklist.items[0].origins


words = st.text(max_size=12)
ids = st.from_regex(r"[a-z0-9]{1,6}(-[a-z0-9]{1,4})?", fullmatch=True)
finite = st.floats(allow_nan=False)
maybe = st.none() | finite
unit_interval = st.floats(0, 1)
scalars = st.none() | st.booleans() | finite | words
attributes = st.booleans() | finite | words
texts = st.builds(Text, st.dictionaries(words, words, max_size=2))
scores = st.builds(
    Score, value=st.none() | unit_interval, coverage=st.none() | unit_interval, low=maybe
)
items = st.sampled_from(["first", "second"])
units = st.sampled_from(["root", "site"])
findings = st.builds(
    Finding,
    item=items,
    touchpoint=ids,
    unit=units,
    state=st.sampled_from(State),
    flags=st.integers(0, 2047).map(Flag),
    score=st.none() | unit_interval,
    low=maybe,
    high=maybe,
    weight=st.floats(0),
    value=maybe,
    value_low=maybe,
    value_high=maybe,
    n=st.integers(0, 2**62),
    reason=words,
)
counts = st.dictionaries(words, st.integers(0, 10**9), max_size=2)


def tuples(strategy):
    return st.lists(strategy, max_size=2).map(tuple)


def unit(name, parent):
    return st.builds(
        Unit,
        id=st.just(name),
        name=words,
        kind=words,
        parent=st.just(parent),
        start=st.none() | st.dates(),
        attributes=st.dictionaries(words, attributes, max_size=2),
    )


def unit_scores(name):
    return st.builds(
        UnitScores,
        unit=st.just(name),
        overall=scores,
        grade=st.none() | words,
        areas=st.dictionaries(ids, scores, max_size=2),
        touchpoints=st.just({}),
        cells=st.dictionaries(st.tuples(ids, ids), scores, max_size=2),
        lenses=st.dictionaries(st.tuples(ids, words), scores, max_size=2),
        compliance=st.none() | scores,
    )


results = st.builds(
    AuditResult,
    audit=ids,
    title=words,
    client=words,
    wave=st.none(),
    checklist=st.builds(
        Checklist,
        id=ids,
        version=words,
        title=texts,
        area_weights=st.dictionaries(ids, finite, max_size=2),
        parameters=st.dictionaries(
            ids, st.builds(Parameter, id=ids, question=texts, value=scalars), max_size=2
        ),
        items=st.just(
            tuple(
                Item(id=name, area="roles", touchpoints=("phone",), title=Text.of(name))
                for name in ("first", "second")
            )
        ),
        metrics=st.just(()),
        detectors=st.just(()),
        touchpoints=st.just(()),
        lenses=st.just(()),
    ),
    units=st.tuples(unit("root", None), unit("site", "root")).map(UnitTree),
    cases=st.tuples(
        st.builds(
            Case,
            id=st.just("visit"),
            unit=units,
            touchpoint=ids,
            at=st.none() | st.datetimes(timezones=st.just(UTC)),
        )
    ),
    answers=tuples(
        st.builds(
            Answer,
            item=items,
            touchpoint=ids,
            unit=units,
            case=st.just("visit"),
            rater=words,
            value=scalars,
        )
    ),
    metrics=st.just((Metric(id="x.share", table="calls", kind=MetricKind.COUNT),)),
    measurements=tuples(
        st.builds(
            Measurement,
            metric=st.just("x.share"),
            kind=st.sampled_from(MetricKind),
            unit=units,
            touchpoint=ids,
            statistics=st.dictionaries(words, finite, max_size=2),
            value=maybe,
            confidence=finite,
        )
    ),
    breakdowns=tuples(st.builds(Breakdown, id=ids, metrics=tuples(ids), by=words)),
    findings=st.lists(findings, max_size=4).map(Findings.of),
    scorecard=st.builds(
        Scorecard,
        policy=words,
        bands=st.just(()),
        units=st.tuples(unit_scores("root"), unit_scores("site")),
    ),
    evidence=tuples(
        st.builds(
            EvidenceSet,
            item=items,
            touchpoint=ids,
            unit=units,
            total=st.integers(0, 99),
            dropped=st.just(0),
            shown=tuples(
                st.builds(
                    Evidence,
                    kind=words,
                    source=words,
                    fields=st.dictionaries(words, scalars, max_size=3),
                )
            ),
        )
    ),
    accounts=tuples(
        st.builds(SourceAccount, source=words, table=words, rejected=counts, samples=st.just(()))
    ),
    waivers=tuples(
        st.builds(
            WaiverOutcome,
            status=words,
            waiver=st.builds(Waiver, item=words, reason=words, approver=words, expires=st.dates()),
        )
    ),
    gate=st.builds(
        GateOutcome,
        gate=st.builds(Gate, min_score=maybe),
        passed=st.booleans(),
        reasons=tuples(words),
    ),
    conduct=st.builds(Conduct, staff_told=st.none() | st.booleans(), legal_basis=words),
    provenance=st.builds(
        Provenance, cxaudit=words, python=words, plugins=st.just(()), seed=st.integers()
    ),
)


@settings(max_examples=60, deadline=None)
@given(results)
def test_any_result_comes_back_exactly(result):
    """Numbers keep every bit, infinities too; states, flags, dates and keys keep their meaning."""
    assert again(result) == result


@settings(max_examples=60, deadline=None)
@given(results)
def test_findings_and_answers_are_written_as_any_other_value_is(result):
    """By column or row by row: not a byte differs."""
    assert render_json(result) == json_text(to_json(result))


def test_numbers_of_findings_keep_their_sign_and_say_that_they_are_not_finite(audit):
    numbers = (-0.0, 0.0, math.inf, -math.inf, 1e-320, 0.1)
    rows = [
        Finding(item="a", touchpoint="b", unit="c", state=State.MET, score=1.0, value=number)
        for number in numbers
    ]
    text = render_json(attrs.evolve(audit("empty"), findings=Findings.of(rows)))
    assert [
        line.removeprefix('   "value": ').removesuffix(",")
        for line in text.splitlines()
        if line.startswith('   "value": ')
    ] == ["-0.0", "0.0", '"inf"', '"-inf"', "1e-320", "0.1"]


def test_what_is_not_known_is_null(audit):
    unanswered = next(
        each for each in to_json(audit("mixed"))["findings"] if each["state"] == "unanswered"
    )
    assert unanswered["score"] is None
    assert unanswered["flags"] == ["critical", "not_cleared", "compliance"]
    assert (
        unanswered["fingerprint"]
        == Finding(
            item="organisation.insured", touchpoint="organisation", unit="tide", state=State.MET
        ).fingerprint
    )


def test_numbers_that_are_not_finite_come_back(audit):
    result = attrs.evolve(
        audit("empty"), gate=GateOutcome(gate=Gate(min_score=math.inf), passed=True)
    )
    assert again(result) == result


def test_named_audits_follow_the_published_form(named_audit):
    jsonschema.Draft202012Validator(
        schema(), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    ).validate(json.loads(render_json(named_audit[1])))


def test_the_published_form_is_sound():
    jsonschema.Draft202012Validator.check_schema(schema())


def test_the_published_form_names_every_field_and_no_other(audit):
    """A field added to the model and not to the form would fail here."""
    form, data = schema(), to_json(audit("mixed"))

    def walk(part, value, path):
        while "$ref" in part:
            part = form["$defs"][part["$ref"].rpartition("/")[2]]
        for option in part.get("anyOf", []):
            if value is not None and option != {"type": "null"}:
                walk(option, value, path)
        if isinstance(value, dict) and "properties" in part:
            assert set(value) == set(part["properties"]), path
            for name, each in value.items():
                walk(part["properties"][name], each, f"{path}.{name}")
        elif isinstance(value, dict) and isinstance(part.get("additionalProperties"), dict):
            for name, each in value.items():
                walk(part["additionalProperties"], each, f"{path}.{name}")
        elif isinstance(value, list) and "items" in part:
            for each in value:
                walk(part["items"], each, f"{path}[]")

    walk(form, data, "$")


def test_unknown_fields_are_ignored_and_missing_ones_defaulted(audit):
    result = audit("mixed")
    data = to_json(result)
    data["from_the_future"] = {"a": 1}
    data["findings"][0]["mood"] = "sad"
    assert from_json(data) == result
    for optional in ("cases", "breakdowns", "branding", "notes"):
        del data[optional]
    del data["findings"][0]["reason"]
    read = from_json(data)
    assert (read.cases, read.breakdowns, dict(read.branding), read.notes) == ((), (), {}, ())


@pytest.mark.parametrize("name", [field.name for field in attrs.fields(AuditResult)])
def test_each_field_is_required_by_the_form_just_when_it_has_no_default(name):
    required = attrs.fields_dict(AuditResult)[name].default is attrs.NOTHING
    assert (name in schema()["required"]) is required


def wrong(data, place, value):
    changed = copy.deepcopy(data)
    target = changed
    for step in place[:-1]:
        target = target[step]
    if value is ...:
        del target[place[-1]]
    else:
        target[place[-1]] = value
    return changed


@pytest.mark.parametrize(
    ("place", "value", "path", "message"),
    [
        (("findings", 3, "score"), "high", "$.findings[3].score", "'high' is not a number"),
        (("findings", 0, "n"), 2.5, "$.findings[0].n", "2.5 is not a whole number"),
        (("findings", 0, "state"), "good", "$.findings[0].state", "'good' is not a state"),
        (("findings", 0, "flags"), ["loud"], "$.findings[0].flags", "'loud' is not a flag"),
        (
            ("findings", 0, "flags"),
            "failed",
            "$.findings[0].flags",
            "'failed' is not a list of flags",
        ),
        (("title",), 5, "$.title", "5 is not a text"),
        (("gate", "passed"), "yes", "$.gate.passed", "'yes' is not true or false"),
        (("client",), ..., "$.client", "the required field 'client' is missing"),
        (("wave", "start"), "spring", "$.wave.start", "'spring' is not a date in ISO 8601"),
        (("cases", 0, "at"), 7, "$.cases[0].at", "7 is not a time in ISO 8601"),
        (("answers", 0, "value"), [1], "$.answers[0].value", "[1] is none of"),
        (("metrics", 0, "kind"), "guess", "$.metrics[0].kind", "'guess' is not a valid MetricKind"),
        (
            ("scorecard", "units", 0, "cells"),
            {"process": {"value": 1.0, "coverage": 1.0}},
            "$.scorecard.units[0].cells",
            "'process' does not name a pair",
        ),
        (("units", 0, "id"), "Not An Id", "$.units[0]", "is not an id"),
    ],
)
def test_a_wrong_field_is_named_with_its_place(audit, place, value, path, message):
    with pytest.raises(ResultError) as caught:
        from_json(wrong(to_json(audit("mixed")), place, value), "result.json")
    (problem,) = caught.value.problems
    assert problem.path == path
    assert message in problem.message
    assert problem.file == "result.json"


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("measurements", "unit"),
        ("measurements", "metric"),
        ("cases", "unit"),
        ("answers", "unit"),
        ("answers", "item"),
        ("evidence", "unit"),
        ("evidence", "item"),
        ("findings", "unit"),
        ("findings", "item"),
        ("agreement", "item"),
    ],
)
def test_a_name_that_the_result_does_not_hold_is_placed(audit, field, name):
    data = to_json(audit("mixed"))
    entry = data[field][-1] if data[field] else {"item": "", "cases": 3, "raters": 2}
    data[field] = [*data[field], {**entry, name: "nowhere"}]
    with pytest.raises(ResultError) as caught:
        from_json(data, "result.json")
    (problem,) = caught.value.problems
    assert problem.path == f"$.{field}[{len(data[field]) - 1}].{name}"
    assert problem.message == f"the {name} 'nowhere' is not in the result"


HOSTILE = [
    ("findings", {"n": 10**400}),
    ("measurements", {"value": 10**400}),
    ("measurements", {"value": "NaN"}),
    ("measurements", {"statistics": [1]}),
    ("measurements", {"unit": None}),
    ("findings", {"score": {"number": "nan"}}),
    ("findings", {"weight": -1.0}),
    ("findings", {"score": 1e308}),
    ("findings", {"n": True}),
    ("answers", {"value": {"deep": {}}}),
    ("cases", {"at": "0000-99-99"}),
    ("cases", {"at": 1e300}),
]


@pytest.mark.parametrize(("field", "changes"), HOSTILE)
def test_hostile_values_are_refused_or_read_but_never_break(audit, field, changes):
    data = to_json(audit("mixed"))
    data[field][0] = {**data[field][0], **changes}
    with pytest.raises(ResultError) as caught:
        from_json(data)
    assert all(problem.path.startswith("$") for problem in caught.value.problems)


@pytest.mark.parametrize(
    "content",
    [
        b'{"cxaudit_result": 1, "audit": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"cxaudit_result": 1, "audit": ' + b"9" * 10_000 + b"}",
        b'{"cxaudit_result": 1, "units": NaN}',
        b"[" * 100_000,
    ],
    ids=["deep", "digits", "nan", "open"],
)
def test_hostile_files_are_errors_of_the_input(tmp_path, content):
    (tmp_path / "result.json").write_bytes(content)
    with pytest.raises(ResultError):
        load_result(tmp_path / "result.json")


def test_all_wrong_fields_are_named_at_once(audit):
    data = wrong(wrong(to_json(audit("mixed")), ("title",), 5), ("findings", 0, "score"), "x")
    with pytest.raises(ResultError) as caught:
        from_json(data)
    assert {problem.path for problem in caught.value.problems} == {"$.title", "$.findings[0].score"}


@pytest.mark.parametrize("form", [2, 0, "1", True, None, 1.5])
def test_another_form_is_refused_by_name(audit, form):
    with pytest.raises(ResultError) as caught:
        from_json({**to_json(audit("empty")), "cxaudit_result": form}, "r.json")
    (problem,) = caught.value.problems
    assert (problem.path, problem.file) == ("$.cxaudit_result", "r.json")
    assert ("newer" in problem.hint) is (form == 2)


@pytest.mark.parametrize("data", [None, [], "text", 3, {}, {"findings": []}])
def test_what_is_no_result_is_said_to_be_none(data):
    with pytest.raises(ResultError, match="not a result"):
        from_json(data)


def test_a_file_that_is_no_json_is_placed(tmp_path):
    path = tmp_path / "result.json"
    path.write_text('{\n "a": nope\n}')
    with pytest.raises(ResultError) as caught:
        load_result(path)
    assert caught.value.problems == (
        Problem("the file is not JSON: Expecting value", file=str(path), line=2, column=7),
    )


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"[" * 200_000, b""])
def test_bytes_that_are_no_json_are_an_error_of_the_input(tmp_path, content):
    path = tmp_path / "result.json"
    path.write_bytes(content)
    with pytest.raises(ResultError, match="not JSON"):
        load_result(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ResultError, match="cannot be read"):
        load_result(tmp_path / "none.json")


def test_a_saved_result_is_loaded(tmp_path, audit):
    write_file(tmp_path / "new" / "result.json", render_json(audit("mixed")))
    assert load_result(tmp_path / "new" / "result.json") == audit("mixed")


def test_an_interrupted_write_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "result.json"
    write_file(path, "before")

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_file(path, "after")
    assert [each.name for each in tmp_path.iterdir()] == ["result.json"]
    assert path.read_text() == "before"


def test_dates_are_written_as_people_read_them_in_files(audit):
    data = to_json(audit("mixed"))
    assert data["wave"] == {"id": "2026-q2", "start": "2026-04-01", "end": "2026-06-30"}
    assert data["cases"][0]["at"] == "2026-04-03T09:30:00+00:00"
    assert set(data["scorecard"]["units"][0]["lenses"]) == {"be-sure/reliable", "be-sure/warm"}
    assert typing.cast("date", from_json(data).wave.start) == date(2026, 4, 1)


def test_an_old_result_says_that_it_holds_no_directions(audit):
    """Its intervals take findings as independent, and nothing in it can mend them."""
    data = to_json(audit("mixed"))
    assert from_json(data).notes == audit("mixed").notes
    del data["directions"]
    session, old = Session(), from_json(data)
    (note,) = set(old.notes) - set(audit("mixed").notes)
    assert note.subject == "intervals"
    assert "holds no directions" in note.text
    # It stays when the result is scored anew, written and read again, and is never said twice.
    rescored = session.rescore(old, "sassie-1")
    assert from_json(to_json(rescored)).notes == old.notes
    assert "holds no directions" in session.render(rescored, "markdown")
