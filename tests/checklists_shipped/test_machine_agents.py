"""Items of machine agents: over all areas, in German too, with prompts to ask them."""

from __future__ import annotations

import csv
import re
import shutil

import pytest

from cxaudit import Session
from tests.checklists_shipped.conftest import FOLDER, raw

AGENTS = {"machine-agents": ("message", 16), "voice-agents": ("phone", 13)}
"""Each checklist to the one that it stands beside, and how many prompts it has."""
AREAS = {"process", "roles", "interpersonal", "direction", "external"}
AUDIT = """cxaudit = 1
[audit]
id = "acme.bot"
title = "Bot"
client = "Acme (invented)"
checklists = ["{beside}", "{agents}"]
cases = ["{agents}.{language}.csv"]
language = "{language}"
[[unit]]
id = "acme"
kind = "organisation"
zone = "Europe/Berlin"
"""


def texts(value, path=""):
    """Yield each table of languages with its path."""
    if isinstance(value, dict) and "en" in value:
        yield path, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from texts(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from texts(inner, f"{path}.{number}")


@pytest.mark.parametrize("agents", AGENTS)
def test_each_area_has_items_and_law_stands_outside_the_score(items, agents):
    own = [item for item in items.values() if item["checklist"] == agents]
    assert {item["area"] for item in own} == AREAS
    for item in own:
        assert item["critical"]["compliance"] if item["area"] == "external" else True, item["id"]
    law = [item for item in own if item["area"] == "external"]
    assert all("50(1)" in item["seeds"][0]["title"] for item in law)


@pytest.mark.parametrize("agents", AGENTS)
def test_every_text_stands_in_german_too(agents):
    document = raw(agents)
    tables = dict(texts(document))
    assert len(tables) > 140
    for path, table in tables.items():
        assert set(table) == {"en", "de"}, path
        assert table["de"] != table["en"] or path.endswith("title"), path
    for item in document["item"]:
        for name in ("title", "fail_title"):
            assert isinstance(item[name], dict), item["id"]
        assert all(isinstance(text, dict) for text in item["guidance"].values()), item["id"]


@pytest.mark.parametrize("agents", AGENTS)
def test_it_is_noted_for_its_weights_alone(agents):
    session = Session()
    notes = session.lint(session.load_checklist(agents))
    assert all(note.path.endswith(".weight") for note in notes)


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("agents", AGENTS)
def test_the_prompts_are_cases_of_an_audit_beside_its_touchpoint(tmp_path, language, agents):
    beside, prompts = AGENTS[agents]
    name = f"{agents}.{language}.csv"
    shutil.copy(FOLDER / "prompts" / name, tmp_path / name)
    (tmp_path / "audit.toml").write_text(
        AUDIT.format(language=language, agents=agents, beside=beside), encoding="utf-8"
    )
    session = Session()
    audit = session.load(tmp_path / "audit.toml")
    result = session.run(audit, folder=tmp_path / "results")
    assert result.problems == ()
    with (tmp_path / name).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == prompts
    assert len({row["id"] for row in rows}) == prompts


@pytest.mark.parametrize("agents", AGENTS)
def test_both_languages_have_the_same_prompts(agents):
    ids = []
    for language in ("en", "de"):
        path = FOLDER / "prompts" / f"{agents}.{language}.csv"
        with path.open(encoding="utf-8", newline="") as file:
            ids.append([row["id"] for row in csv.DictReader(file)])
    assert ids[0] == ids[1]


@pytest.fixture(scope="module")
def key():
    with (FOLDER / "prompts" / "key.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_each_item_seen_in_a_talk_is_coded_on_every_talk_and_every_answer_occurs(key, items):
    tested = {
        name: item
        for name, item in items.items()
        if item["checklist"] == "machine-agents" and item.get("ask", {}).get("method") == "test"
    }
    talks = {path.stem for path in (FOLDER / "prompts").glob("talk-*.md")}
    assert {(row["item"], row["case"]) for row in key} == {
        (name, talk) for name in tested for talk in talks
    }
    for name, item in tested.items():
        answers = [row["answer"] for row in key if row["item"] == name]
        coded = [answer for answer in answers if answer != "not applicable"]
        anchors = item["ask"].get("anchors", ())
        allowed = {f"{anchor['level']:g}" for anchor in anchors} or {"yes", "no"}
        assert set(coded) == allowed, name
        assert len(coded) >= 3, name


def test_what_the_key_of_the_talks_quotes_stands_there(key):
    for row in key:
        text = (FOLDER / "prompts" / f"{row['case']}.md").read_text(encoding="utf-8")
        for quote in re.findall(r'"([^"]+)"', row["why"]):
            assert quote in text, (row["case"], quote)
        assert row["why"], row
