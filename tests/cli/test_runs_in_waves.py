"""A wave's results are those of its last run; ``--period`` judges another wave."""

from __future__ import annotations

import json

import cxaudit as library


def test_a_second_run_of_a_wave_replaces_the_first(cxaudit, files):
    cxaudit("run", files.audit)
    files.change("audit.toml", '["html", "json", "markdown"]', '["csv"]')
    files.write("answers.csv", "item,case,rater,value\nin-store.greeted,v2,ann,no\n")
    said = cxaudit("run", files.audit)
    assert [path.name for path in files.results.iterdir()] == ["q2"]
    names = {path.name for path in files.result.parent.iterdir()}
    assert names == {"result.json", "evidence.jsonl", "findings.csv"}
    assert "25.0 of 100" in said.out
    assert len(library.Session().read_result(files.result).answers) == 1


def test_notes_that_a_person_put_beside_the_results_stay(cxaudit, files):
    cxaudit("run", files.audit)
    (files.result.parent / "notes.txt").write_text("mine")
    cxaudit("run", files.audit)
    assert (files.result.parent / "notes.txt").read_text() == "mine"


def test_refused_rows_are_those_of_the_last_run(cxaudit, files):
    files.add("calls.csv", "c1,2026-04-02 10:00:00,5,answered\n")
    cxaudit("run", files.audit)
    kept = files.result.parent / "quarantine" / "calls.jsonl"
    (line,) = kept.read_text("utf-8").splitlines()
    assert json.loads(json.loads(line)["raw"])["wait"] == "5"
    (account,) = json.loads(files.result.read_text("utf-8"))["accounts"]
    assert account["quarantined_to"] == "quarantine/calls.jsonl"
    text = (files.folder / "calls.csv").read_text()
    files.write("calls.csv", text.removesuffix("c1,2026-04-02 10:00:00,5,answered\n"))
    cxaudit("run", files.audit)
    assert not kept.exists()


def test_period_judges_another_wave_beside_it(cxaudit, files):
    cxaudit("run", files.audit)
    q2 = files.result.read_bytes()
    said = cxaudit("run", files.audit, "--period", "q1", "--json")
    result = json.loads(said.out)
    assert result["wave"]["id"] == "q1"
    assert [case["id"] for case in result["cases"]] == ["v1"]
    assert sorted(path.name for path in files.results.iterdir()) == ["q1", "q2"]
    assert files.result.read_bytes() == q2


def test_a_wave_that_is_not_there_names_those_that_are(cxaudit, files):
    said = cxaudit("run", files.audit, "--period", "q9")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("audit.toml: there is no wave 'q9'\n  Hint: It has q1, q2.\n")


def test_without_a_wave_each_run_has_a_folder_of_its_own(cxaudit, files):
    files.change("audit.toml", 'wave = "q2"\n', "")
    cxaudit("run", files.audit)
    (folder,) = files.results.iterdir()
    assert folder.name[:2] == "20"
    assert folder.name.endswith("Z")
