"""Saved runs: what the folder holds, and that a result scores again from its file alone."""

from __future__ import annotations

import hashlib
import json
import stat

import attrs
import jsonschema
import pytest

from cxaudit._cli.saving import run_and_save
from cxaudit._formats.result_json import schema
from cxaudit.errors import SourceError
from cxaudit.session import Session

CHECKLIST = """
[[metric]]
id = "answered"
table = "calls"
kind = "share"
value = "outcome = 'answered'"
lower_is_better = false
[[item]]
id = "phone.answered"
area = "process"
touchpoints = ["phone"]
per = "site"
title = "Calls are answered"
check = "within-target"
with = { metric = "answered", target = 0.9, limit = 0.1 }
critical = { fail_below = 0.2 }
[[item]]
id = "greeted"
area = "interpersonal"
touchpoints = ["in-store"]
per = "site"
title = "Greeted"
ask = { answer = "yes-no" }
"""

AUDIT = """
[sources.calls]
reader = "csv"
table = "calls"
path = "calls.csv"
quarantine = "{quarantine}"
[gate]
min_score = 0.5
"""

CALLS = "call_id,unit,outcome\n" + "".join(
    f"c{n},{unit},{outcome}\n"
    for n, (unit, outcome) in enumerate(
        [("quay", "answered")] * 9 + [("quay", "abandoned")] + [("pier", "abandoned")] * 9
    )
)
FILES = {
    # The last call repeats a key, so it is refused.
    "calls.csv": CALLS + "c0,quay,Anna Secret\n",
    "cases.csv": "id,unit,touchpoint,status\nv1,quay,in-store,\nv2,pier,in-store,disputed\n",
    "answers.csv": "item,case,rater,value,comment\n"
    "greeted,v1,Anna,yes,\ngreeted,v2,Bob,no,call anna@example.org\n",
    "identity.csv": "key,customer,channel\nk1,p1,phone\nk2,p1,message\n",
}
HEAD = 'cases = ["cases.csv"]\nanswers = ["answers.csv"]\nidentity = "identity.csv"\n'


@pytest.fixture
def saved(build, tmp_path):
    def start(quarantine="rows", wave="", files=FILES, **given):
        session = Session()
        waves = '[[wave]]\nid = "spring"\nstart = 2026-04-01\nend = 2026-06-30\n' if wave else ""
        path = build(
            CHECKLIST,
            head=HEAD + (f'wave = "{wave}"\n' if wave else ""),
            audit=AUDIT.format(quarantine=quarantine) + waves,
            files=files,
            **given,
        )
        audit = session.load(path)
        result, files = run_and_save(session, audit, tmp_path / "results", lambda _: None)
        return session, result, files[0].parent

    return start


def test_the_folder_of_a_run(saved, tmp_path):
    _, result, folder = saved(wave="spring")
    assert folder == tmp_path / "results" / "test" / "spring"
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert found == {"result.json", "evidence.jsonl", "quarantine/calls.jsonl"}
    rows = [json.loads(line) for line in (folder / "evidence.jsonl").read_text().splitlines()]
    assert len(rows) == len(result.evidence) > 0
    assert "anna@example.org" not in (folder / "evidence.jsonl").read_text()
    assert "anna@example.org" not in (folder / "result.json").read_text()
    assert not list(folder.parent.glob(".unfinished*"))


def test_refused_rows_are_kept_for_their_owner_alone(saved):
    _, result, folder = saved()
    kept = folder / "quarantine" / "calls.jsonl"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    (row,) = [json.loads(line) for line in kept.read_text().splitlines()]
    assert row["reason"] == "the key repeats: call_id"
    assert "Anna Secret" in row["raw"]
    (account,) = [a for a in result.accounts if a.source == "calls"]
    assert (account.read, account.kept) == (20, 19)
    assert dict(account.rejected) == {"the key repeats: call_id": 1}
    assert account.quarantined_to == "quarantine/calls.jsonl"
    assert [(row.row, row.raw) for row in account.samples] == [(20, "")]
    assert "Anna Secret" not in (folder / "result.json").read_text()


def test_refused_rows_are_only_counted_when_the_audit_says_so(saved):
    _, result, folder = saved(quarantine="count")
    assert not (folder / "quarantine").exists()
    (account,) = [a for a in result.accounts if a.source == "calls"]
    assert dict(account.rejected) == {"the key repeats: call_id": 1}
    assert account.quarantined_to == ""
    assert "Anna Secret" not in (folder / "result.json").read_text()


def test_a_second_run_of_a_wave_takes_the_place_of_the_first(saved):
    _, _, folder = saved(wave="spring")
    _, _, again = saved(quarantine="count", wave="spring")
    assert again == folder
    assert not (folder / "quarantine").exists()


def test_a_saved_result_holds_to_the_published_schema(saved):
    _, _, folder = saved()
    data = json.loads((folder / "result.json").read_text())
    jsonschema.Draft202012Validator(schema()).validate(data)


def test_a_saved_result_keeps_what_disputes_would_change_and_older_ones_are_read(saved):
    session, result, folder = saved()
    path = folder / "result.json"
    # Greeted in one of two visits, the other disputed; calls 9 of 19, so (9/19 - 0.1) / 0.8.
    calls = (9 / 19 - 0.1) / 0.8
    assert result.scorecard.root.overall.value == pytest.approx((1 / 2 + calls) / 2)
    assert result.disputed.score == pytest.approx((1 + calls) / 2)
    assert session.read_result(path).disputed == result.disputed
    data = json.loads(path.read_text())
    del data["disputed"]
    path.write_text(json.dumps(data))
    older = session.read_result(path)
    assert older.disputed is None
    assert session.rescore(older, "cxaudit-1").scorecard == result.scorecard


def test_a_saved_result_scores_again_to_the_same(saved):
    session, result, folder = saved()
    loaded = session.read_result(folder / "result.json")
    assert loaded == result
    again = session.rescore(loaded, "cxaudit-1")
    assert again.scorecard == result.scorecard
    assert again.gate == result.gate
    assert again == result


def test_every_policy_scores_a_saved_result_from_the_file_alone(saved, tmp_path):
    _, _, folder = saved()
    data = (folder / "result.json").read_bytes()
    alone = tmp_path / "elsewhere" / "result.json"
    alone.parent.mkdir()
    alone.write_bytes(data)
    for name in FILES:
        (tmp_path / name).unlink()
    session = Session()
    policies = session.registered("policy")
    assert len(policies) > 1
    for policy in policies:
        scored = session.rescore(session.read_result(alone), policy)
        assert scored.scorecard.policy == policy
        assert scored.provenance.policy == policy
        assert scored.scorecard.root.unit == "harbour"
        jsonschema.Draft202012Validator(schema()).validate(
            json.loads(session.render(scored, "json"))
        )


def test_findings_keep_their_fingerprints_over_runs(saved):
    _, first, _ = saved()
    worse = FILES | {"calls.csv": "call_id,unit,outcome\nc1,quay,abandoned\n"}
    _, second, _ = saved(files=worse)
    before = {f.fingerprint: f for f in first.findings}
    after = {f.fingerprint: f for f in second.findings}
    assert before.keys() == after.keys()
    assert len(before) == len(first.findings)
    assert [f.score for f in before.values()] != [f.score for f in after.values()]


def test_two_runs_of_the_same_are_the_same(saved):
    _, first, _ = saved()
    _, second, _ = saved()
    same = attrs.evolve(first.provenance, started="", finished="")
    assert same == attrs.evolve(second.provenance, started="", finished="")
    assert attrs.evolve(first, provenance=same) == attrs.evolve(second, provenance=same)


def test_measurements_come_by_unit_whatever_the_engine_gives_first(saved):
    _, result, _ = saved()
    measured = [measurement.unit for measurement in result.measurements]
    assert measured == ["harbour", "mole", "north", "pier", "quay", "south"]


def test_all_files_that_were_read_are_named_with_their_digests(saved, tmp_path):
    _, result, _ = saved()
    named = {name.rpartition("/")[2]: digest for name, digest in result.provenance.files.items()}
    for name in (*FILES, "checklist.toml", "units.csv", "audit.toml"):
        assert named[name] == hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()


def test_the_identity_file_fills_its_table(saved):
    _, result, _ = saved()
    (account,) = [a for a in result.accounts if a.table == "identity"]
    assert (account.read, account.kept) == (2, 2)


def test_an_identity_file_without_its_columns_is_told(saved):
    with pytest.raises(SourceError, match="customer"):
        saved(files=FILES | {"identity.csv": "key,channel\nk1,phone\n"})


def test_no_words_of_a_rater_enter_a_result_unredacted(saved):
    """Reasons become those of findings; comments and texts are kept with the answers."""
    answers = (
        "item,case,rater,value,reason,comment\n"
        "greeted,v1,Anna,not applicable,ask anna@example.org,\n"
        "greeted,v2,Bob,could not be observed,bob@example.org was there,see bob@example.org\n"
    )
    _, result, folder = saved(files=FILES | {"answers.csv": answers})
    reasons = {f.unit: f.reason for f in result.findings if f.item == "greeted"}
    assert reasons["quay"].startswith("ask ")
    assert reasons["pier"].endswith(" was there")
    for name in ("result.json", "evidence.jsonl"):
        assert "@example.org" not in (folder / name).read_text()
