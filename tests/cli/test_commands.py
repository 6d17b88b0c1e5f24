"""Every command does what its help says; stdout is the artefact, stderr the talk."""

from __future__ import annotations

import json
import subprocess

import pytest

import cxaudit as library

OUTPUTS = ("json", "csv", "html", "markdown", "junit", "terminal")
COMMANDS = ("run", "plan", "validate", "explain", "schema", "list", "rescore", "report", "plugins")


def test_version_is_one_line_without_loading_anything(program):
    done = subprocess.run(
        [*program[:1], "-X", "importtime", *program[1:], "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"cxaudit {library.__version__}\n"
    assert not {"duckdb", "click", "numpy"} & {
        line.rpartition("|")[2].strip() for line in done.stderr.splitlines()
    }


def test_version_among_other_options(cxaudit):
    said = cxaudit("--block", "none", "--version")
    assert (said.code, said.out) == (0, f"cxaudit {library.__version__}\n")


def test_help_names_every_command_and_each_has_help(cxaudit):
    said = cxaudit("--help")
    assert said.code == 0
    assert said.err == ""
    for command in COMMANDS:
        assert f"\n  {command} " in said.out
        own = cxaudit(command, "--help")
        assert own.code == 0
        assert own.out.startswith(f"Usage: cxaudit {command} ")


def test_help_loads_no_plugin(cxaudit, files):
    files.write("plugins/loud.py", "raise SystemExit('loaded')\n")
    said = cxaudit("--plugins", files.folder / "plugins", "--help")
    assert (said.code, said.err) == (0, "")


def test_run_shows_the_report_and_says_where_files_lie(cxaudit, files):
    said = cxaudit("run", files.audit)
    assert said.code == 0
    assert said.out.startswith("Harbour in spring\n")
    assert "75.0 of 100" in said.out
    names = ["result.json", "report.html", "report.md"]
    assert said.err.splitlines() == [
        "",
        *(f"Written: {files.results / 'q2' / name}" for name in names),
    ]
    assert sorted(path.name for path in files.result.parent.iterdir()) == sorted(
        [*names, "evidence.jsonl"]
    )


def test_run_json_is_the_saved_result(cxaudit, files):
    said = cxaudit("run", files.audit, "--json")
    assert json.loads(said.out) == json.loads(files.result.read_text("utf-8"))


def test_results_go_where_they_are_told(cxaudit, files, tmp_path):
    assert cxaudit("run", files.audit, "--results", tmp_path / "elsewhere").code == 0
    assert (tmp_path / "elsewhere" / "harbour.spring" / "q2" / "result.json").is_file()
    assert not (files.folder / "results").exists()


def test_plan_prints_the_statement(cxaudit, files):
    said = cxaudit("plan", files.audit)
    assert (said.code, said.err) == (0, "")
    counted = "rows of 2026-04-01 to 2026-06-30 count, by queued_at"
    assert f"-- read calls from calls.csv (calls; {counted})" in said.out
    assert "-- phone.in-time\nSELECT" in said.out


def test_plan_says_how_sure_a_share_would_be(cxaudit, files):
    """Of 30 visits Wilson's interval of 80 %, t for z, over 29 cases is 29 points wide."""
    said = cxaudit("plan", files.audit, "--cases", "30")
    assert "in-store: 1 item  30 cases        30   14.7 points      86" in said.out
    (item,) = json.loads(cxaudit("plan", files.audit, "--json").out)["precision"]
    assert (item["item"], item["n"], item["half_width"]) == ("in-store.greeted", 1, None)


def test_plan_takes_how_much_days_differed_from_the_newest_result(cxaudit, files):
    assert cxaudit("run", files.audit, "--quiet").code == 0
    plan = json.loads(cxaudit("plan", files.audit, "--json").out)
    of_item, of_metric = plan["precision"]
    assert (of_item["item"], of_item["n"]) == ("in-store.greeted", 2)
    (measurement,) = json.loads(files.result.read_bytes())["measurements"][:1]
    assert (of_metric["metric"], of_metric["n"]) == ("phone.in-time", 40)
    assert of_metric["design_effect"] == measurement["design_effect"]
    assert cxaudit("plan", files.audit, "--last", files.result).out == (
        cxaudit("plan", files.audit).out
    )
    files.result.write_text("{}", encoding="utf-8")
    said = cxaudit("plan", files.audit)
    assert (said.code, "Not used for how sure it would be" in said.err) == (0, True)
    assert cxaudit("plan", files.audit, "--last", files.result).code == 2


def test_plan_tells_it_in_the_language_of_the_audit(cxaudit, files):
    files.change("audit.toml", 'language = "en"', 'language = "de"')
    out = cxaudit("plan", files.audit).out.replace("\u00a0", " ")
    assert "Wie sicher ein Anteil von 80 % wäre" in out


def test_plan_json_holds_sources_statements_and_what_cannot_be_measured(cxaudit, files):
    plan = json.loads(cxaudit("plan", files.audit, "--json").out)
    assert [source["paths"] for source in plan["sources"]] == [["calls.csv"]]
    assert [one["metrics"] for one in plan["statements"]] == [["phone.in-time"]]
    assert plan["unavailable"] == {}


def test_plan_reads_no_data(cxaudit, files):
    """The same plan, whatever records, cases and answers hold."""
    before = cxaudit("plan", files.audit)
    for name in ("calls.csv", "cases.csv", "answers.csv"):
        (files.folder / name).write_bytes(b"\x00\xffgarbage")
    assert cxaudit("plan", files.audit) == before
    assert cxaudit("run", files.audit).code == 2


OPENED = """
import sys
opened = []
sys.addaudithook(lambda event, given: event == "open" and opened.append(str(given[0])))
from cxaudit._cli import main
code = main(["plan", sys.argv[1]])
sys.stderr.write("\\n".join(opened))
sys.exit(code)
"""


def test_plan_does_not_even_open_data(program, files):
    done = subprocess.run(
        [program[0], "-c", OPENED, str(files.audit)], capture_output=True, text=True, check=True
    )
    opened = {line.rpartition("/")[2] for line in done.stderr.splitlines()}
    assert {"audit.toml", "harbour.toml"} <= opened
    assert not {"calls.csv", "cases.csv", "answers.csv"} & opened


def test_validate_counts_items_and_notes_go_to_stderr(cxaudit, files):
    said = cxaudit("validate", files.folder / "harbour.toml")
    assert said.code == 0
    assert said.out == f"{files.folder / 'harbour.toml'}: no errors. 2 items, 0 excluded.\n"
    assert "Note: " in said.err


def test_validate_takes_an_audit_file_and_an_id(cxaudit, files):
    assert "2 items" in cxaudit("validate", files.audit).out
    assert cxaudit("validate", "quick-scan").code == 0


def test_validate_json(cxaudit, files):
    said = cxaudit("validate", files.audit, "--json")
    found = json.loads(said.out)
    assert found["items"] == 2
    assert {"message", "file", "line", "column", "path", "hint"} == set(found["notes"][0])
    assert said.err == ""


def test_validate_tells_all_problems_at_once(cxaudit, files):
    files.change("harbour.toml", 'area = "process"', 'area = "processes"')
    files.change("harbour.toml", 'check = "within-target"', 'check = "within-targets"')
    said = cxaudit("validate", files.audit)
    assert (said.code, said.out) == (2, "")
    assert "Did you mean 'process'?" in said.err
    assert "Did you mean 'within-target'?" in said.err
    assert said.err.endswith("2 problems. Nothing was run.\n")


def test_explain(cxaudit, files):
    said = cxaudit("explain", files.audit, "phone.in-time")
    assert said.code == 0
    assert "harbour.toml" in said.out
    explained = json.loads(cxaudit("explain", files.audit, "phone.in-time", "--json").out)
    assert "phone.in-time" in json.dumps(explained)


def test_explain_names_the_items_that_there_are(cxaudit, files):
    said = cxaudit("explain", files.audit, "phone.in-tim")
    assert (said.code, said.out) == (2, "")
    assert "Did you mean 'phone.in-time'?" in said.err
    assert "phone.in-time, in-store.greeted" in cxaudit("explain", files.audit, "xyz").err


def test_schema_is_a_json_schema_that_the_checklist_fits(cxaudit, files, tmp_path):
    import jsonschema
    import tomli

    said = cxaudit("schema")
    schema = json.loads(said.out)
    jsonschema.Draft202012Validator.check_schema(schema)
    checklist = tomli.loads((files.folder / "harbour.toml").read_text("utf-8"))
    jsonschema.validate(checklist, schema, jsonschema.Draft202012Validator)
    assert cxaudit("schema", "--json") == said
    written = cxaudit("schema", "--write", tmp_path)
    assert written.out == ""
    assert json.loads((tmp_path / "checklist-1.schema.json").read_text("utf-8")) == schema


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("check", "within-target"),
        ("table", "calls"),
        ("lens", "be-sure"),
        ("output", "terminal"),
        ("policy", "cxaudit-1"),
        ("source", "csv"),
        ("engine", "duckdb"),
        ("checklist", "quick-scan"),
        ("touchpoint", "in-store"),
    ],
)
def test_list(cxaudit, kind, name):
    lines = cxaudit("list", kind).out.splitlines()
    assert name in {line.split()[0] for line in lines}
    listed = json.loads(cxaudit("list", kind, "--json").out)
    assert list(listed) == [line.split()[0] for line in lines]


def test_list_of_no_kind_names_the_kinds(cxaudit):
    said = cxaudit("list", "colour")
    assert (said.code, said.out) == (2, "")
    assert "policy" in said.err


def test_plugins_list_and_doctor(cxaudit):
    assert cxaudit("plugins", "list").out.startswith(f"cxaudit {library.__version__} loaded\n")
    records = json.loads(cxaudit("plugins", "list", "--json").out)
    assert records[0]["name"] == "cxaudit"
    said = cxaudit("plugins", "doctor")
    assert said.code == 0
    assert said.out == f"{len(records)} plugins, none with a problem.\n"
    assert cxaudit("plugins", "doctor", "--json").out == "[]\n"


@pytest.mark.parametrize("output", OUTPUTS)
def test_report_of_a_saved_result_equals_the_render_of_the_run(cxaudit, files, output):
    session = library.Session()
    audit = session.load(files.audit)
    result = session.run(audit)
    path = files.folder / "saved.json"
    session.render(result, "json", path)
    for name in ("calls.csv", "cases.csv", "answers.csv", "harbour.toml", "audit.toml"):
        (files.folder / name).unlink()
    said = cxaudit("report", path, "--output", output)
    assert (said.code, said.err) == (0, "")
    assert said.out == session.render(result, output)


def test_report_to_a_file(cxaudit, files, tmp_path):
    cxaudit("run", files.audit)
    said = cxaudit("report", files.result, "--output", "html", "--to", tmp_path / "r.html")
    assert (said.code, said.out) == (0, "")
    assert (tmp_path / "r.html").read_bytes() == (files.results / "q2/report.html").read_bytes()


def test_report_json_is_the_result(cxaudit, files):
    cxaudit("run", files.audit)
    assert cxaudit("report", files.result, "--json").out == files.result.read_text("utf-8")


def policies():
    return sorted(library.Session().registered("policy"))


def test_there_are_vendor_policies():
    assert len(policies()) >= 5


@pytest.mark.parametrize("policy", policies())
def test_rescore_equals_a_run_under_that_policy(cxaudit, files, policy):
    cxaudit("run", files.audit)
    saved = json.loads(files.result.read_text("utf-8"))
    said = cxaudit("rescore", files.result, policy, "--json")
    assert said.code in {0, 4}, said.err
    rescored = json.loads(said.out)
    files.change("harbour.toml", "[[metric]]", f'[scoring]\npolicy = "{policy}"\n\n[[metric]]')
    run = json.loads(cxaudit("run", files.audit, "--json").out)
    assert rescored["scorecard"] == run["scorecard"]
    assert rescored["gate"] == run["gate"]
    assert rescored["scorecard"]["policy"] == policy
    assert rescored["findings"] == saved["findings"]


def test_rescore_under_no_policy(cxaudit, files):
    cxaudit("run", files.audit)
    said = cxaudit("rescore", files.result, "sasie-1")
    assert (said.code, said.out) == (2, "")
    assert "Did you mean 'sassie-1'" in said.err
