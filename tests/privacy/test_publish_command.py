"""`cxaudit publish`: a new folder that others may see, whole or not at all."""

from __future__ import annotations

import csv
import html.parser
import io
import json
import re

import attrs
import pytest

from cxaudit import Session
from cxaudit._cli import main
from cxaudit.plugin import Output, hook
from cxaudit_reports.publish.folder import publish_result
from cxaudit_reports.publish.open_data import COLUMNS, column_guide, findings_table
from cxaudit_reports.publish.plain_words import as_html, as_markdown, plain_words
from cxaudit_reports.publish.result import publication
from tests.support import rows as made
from tests.support.audits import NAMES, audit_of


def shown(name, audience="public"):
    return publication(audit_of(name), made.scored, audience=audience, minimum=10)


@pytest.fixture(scope="module")
def result():
    rows = {("all.r0.s0", "q", atom): 300 for atom in made.ATOMS}
    rows |= {("all.r0.s1", "q", atom): 2 for atom in made.ATOMS}
    rows |= {("all.r0.s2", "q", atom): 60 for atom in made.ATOMS}
    return made.result_of(made.tree(3), rows)


@pytest.fixture(scope="module")
def saved(result, tmp_path_factory):
    path = tmp_path_factory.mktemp("results") / "result.json"
    made.SESSION.render(result, "json", path)
    return path


def published(saved, to, *more):
    return main(["publish", str(saved), "--to", str(to), *more])


@pytest.fixture(scope="module")
def folder(saved, tmp_path_factory):
    to = tmp_path_factory.mktemp("out") / "public"
    assert published(saved, to, "--audience", "public") == 0
    return to


def test_all_formats_are_made_from_the_published_result(folder):
    files = {path.name for path in folder.iterdir()}
    wanted = {
        ("report" if spec.takes == "report" else "findings") + spec.suffix
        for name, spec in made.SESSION.registered("output").items()
        if name not in {"cxaudit.json", "cxaudit.terminal"}
    }
    assert files >= wanted | {"result.json", "README.md", "summary.md", "summary.html"}
    again = made.SESSION.read_result(folder / "result.json")
    assert made.SESSION.render(again, "csv") == (folder / "findings.csv").read_bytes().decode()
    assert {unit.id for unit in again.units} == {"all", "all.r0", "all.r0.s0"}


def test_no_format_tells_of_what_is_kept_back(folder):
    texts = [path for path in folder.rglob("*") if path.suffix not in {".pdf", ".docx"}]
    for path in texts:
        if path.is_file():
            assert b"all.r0.s1" not in path.read_bytes(), path.name


def test_the_minimum_and_what_is_missing_are_said(folder, saved, tmp_path, capsys):
    readme = (folder / "README.md").read_text("utf-8")
    assert "fewer than 10 rows or cases" in readme
    assert "2 of 5 units are left out" in readme
    assert "fewer than 10 rows" in (folder / "report.md").read_text("utf-8")
    assert "fewer than 10 rows" in (folder / "open-data" / "columns.md").read_text("utf-8")
    assert published(saved, tmp_path / "x", "--audience", "client", "--minimum", "3", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert "fewer than 3 rows" in told["notes"][0]
    assert "report.html" in told["files"]
    assert "0 of 5 units are left out" in told["notes"][1]


def test_only_the_public_gets_open_data_and_is_told_that_a_licence_is_missing(
    folder, saved, tmp_path
):
    licence = (folder / "open-data" / "LICENCE.txt").read_text("utf-8")
    assert licence.startswith("No licence has been chosen yet.")
    assert "No licence has been chosen yet" in (folder / "README.md").read_text("utf-8")
    assert published(saved, tmp_path / "client", "--audience", "client") == 0
    assert not (tmp_path / "client" / "open-data").exists()


def test_a_folder_with_something_in_it_is_refused(saved, tmp_path, capsys):
    (tmp_path / "old.csv").write_text("left over")
    assert published(saved, tmp_path, "--audience", "public") == 2
    assert "not empty" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["old.csv"]


@pytest.mark.parametrize(
    "given",
    [
        ["--audience", "internal"],
        ["--audience", "public", "--minimum", "0"],
        ["--audience", "public", "--release", "photo.jpg"],
        [],
    ],
)
def test_wrong_wishes_write_nothing(saved, tmp_path, given, capsys):
    assert published(saved, tmp_path / "out", *given) == 2
    assert list(tmp_path.iterdir()) == []
    assert "Traceback" not in capsys.readouterr().err


class Broken:
    """A plugin whose output always fails."""

    @hook
    def cxaudit_register(self):
        yield Output(id="acme.broken", takes="report", render=lambda _: 1 / 0, suffix=".broken")


def test_an_output_that_fails_is_told_and_the_others_are_written(result, tmp_path):
    session = Session([Broken()])
    done = publish_result(session, result, tmp_path / "out", audience="public")
    assert [name for name, _ in done.failed] == ["acme.broken"]
    assert "ZeroDivisionError" in (tmp_path / "out" / "README.md").read_text("utf-8")
    assert (tmp_path / "out" / "report.html").is_file()


def test_an_interruption_leaves_nothing(result, tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("cxaudit_reports.publish.folder._words_and_data", interrupted)
    with pytest.raises(KeyboardInterrupt):
        publish_result(made.SESSION, result, tmp_path / "out", audience="public")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", NAMES)
def test_open_data_are_tidy_guided_and_safe(name):
    made_of = shown(name)
    rows = list(csv.reader(io.StringIO(findings_table(made_of.result, set()))))
    assert rows[0] == [column for column, _, _ in COLUMNS]
    assert {len(row) for row in rows} == {len(COLUMNS)}
    assert len(rows) == 1 + len(made_of.result.findings)
    assert not [text for row in rows for text in row if text.startswith(("=", "+", "@"))]
    guide = column_guide(made_of.result, 10)
    assert re.findall(r"^\| `(\w+)` \|", guide, re.MULTILINE) == rows[0]


def test_open_data_tell_hidden_rows_from_those_not_assessed(folder):
    table = (folder / "open-data" / "findings.csv").read_bytes().decode()
    rows = list(csv.DictReader(io.StringIO(table)))
    assert {row["unit"] for row in rows} == {"all", "all.r0", "all.r0.s0"}
    assert {row["kept_back"] for row in rows} <= {"true", "false"}
    assert not [
        row for row in rows if row["kept_back"] == "true" and (row["n"] != "0" or row["score"])
    ]


def syllables(word):
    """Count groups of vowels, a silent e at the end left out (an upper bound is fine here)."""
    groups = len(re.findall(r"[aeiouy]+", word))
    silent = word.endswith("e") and not word.endswith("le") and groups > 1
    return max(1, groups - silent)


def grade(text):
    """Return the Flesch-Kincaid grade (Kincaid and others 1975)."""
    sentences = [part for part in re.split(r"[.!?:]+\s", text) if re.search(r"[a-z]", part)]
    words = re.findall(r"[a-z']+|\d+", text.lower())
    sounds = sum(1 if word.isdigit() else syllables(word) for word in words)
    return 0.39 * len(words) / len(sentences) + 11.8 * sounds / len(words) - 15.59


def test_the_reading_grade_is_measured_rightly():
    """Grades that others publish for these sentences: -1.5 and 16 or so."""
    assert grade("The cat sat on the mat. ") == pytest.approx(-1.45, abs=0.1)
    assert (
        grade("The Australian platypus is seemingly a hybrid of a mammal and reptilian creature. ")
        > 11
    )


@pytest.mark.parametrize("name", ["all-good", "mixed", "mostly-not-assessed", "empty"])
def test_the_summary_reads_at_grade_8_or_below(name):
    parts = plain_words(shown(name).result, 10)
    sentences = " ".join(f"{' '.join(said)} " for _, said, _ in parts)
    assert grade(sentences) <= 8
    longest = max(re.split(r"[.!?:]\s", sentences), key=lambda part: len(part.split()))
    assert len(longest.split()) <= 20


def test_the_summary_says_the_score_its_range_and_what_is_hidden(result):
    made_of = publication(result, made.scored, audience="public", minimum=10).result
    text = as_markdown(plain_words(made_of, 10))
    overall = made_of.scorecard.root.overall
    assert f"The score is {round(overall.value * 100)} out of 100" in text
    assert "fewer than 10 cases" in text
    assert "No one is named here" in text
    nothing = attrs.evolve(shown("empty").result)
    assert "can not give a score" in as_markdown(plain_words(nothing, 10))


def test_what_people_read_is_in_the_language_of_the_result(result, tmp_path, invented):
    """Every word of ours is in capitals there; titles, names and keys are not."""
    invented("de")
    to = tmp_path / "out"
    publish_result(made.SESSION, attrs.evolve(result, language="de"), to, audience="public")
    readme, _, files = (to / "README.md").read_text("utf-8").partition("`")
    assert readme.startswith("# WHAT THIS FOLDER HOLDS")
    assert not re.search("[a-z]", readme)
    assert "`result.json`" in f"`{files}"
    summary = (to / "summary.md").read_text("utf-8")
    assert set(re.findall(r"[a-z]\S*", summary)) <= {
        "ier",
        "t.answer-rate",
        "t.quick",
        "t.quick-of-all",
    }
    assert '<html lang="de">' in (to / "summary.html").read_text("utf-8")
    guide = re.sub(r"`\w+`", "", (to / "open-data" / "columns.md").read_text("utf-8"))
    assert set(re.findall(r"[a-z]\S*", guide)) <= {"ier"}
    assert not re.search("[a-z]", (to / "open-data" / "LICENCE.txt").read_text("utf-8"))
    rows = (to / "open-data" / "findings.csv").read_text("utf-8").splitlines()
    assert rows[0].startswith("audit,wave,first_day")
    notes = made.SESSION.read_result(to / "result.json").notes
    assert notes[0].text.startswith("Made for the public.")


class Page(html.parser.HTMLParser):
    """Collects the tags and the text of a page."""

    def __init__(self):
        super().__init__()
        self.tags, self.text = [], ""

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def test_hostile_texts_are_only_words_in_the_summary():
    parts = plain_words(shown("hostile").result, 10)
    page = Page()
    page.feed(as_html(parts))
    assert {tag for tag, _ in page.tags} <= {
        *("html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "p", "ul", "li"),
    }
    assert dict(page.tags[0][1])["lang"] == "en"
    assert "<script>" in page.text
    assert "<script>" not in as_markdown(parts)
    assert "\x1b" not in as_markdown(parts)


@pytest.mark.parametrize("name", ["unit", "metric"])
def test_a_measurement_of_nothing_known_is_refused(saved, tmp_path, capsys, name):
    data = json.loads(saved.read_text("utf-8"))
    data["measurements"].append({**data["measurements"][0], name: "nowhere"})
    wrong = tmp_path / "result.json"
    wrong.write_text(json.dumps(data), encoding="utf-8")
    assert published(wrong, tmp_path / "out", "--audience", "public") == 2
    told = capsys.readouterr().err
    assert f".{name}: the {name} 'nowhere' is not in the result" in told
    assert not (tmp_path / "out").exists()
