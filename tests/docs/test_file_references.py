"""The references of the two files name every key, and their examples use every key and load."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import tomli

from cxaudit import Session
from cxaudit_reports.word.template import default_template

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
ITEM = "$defs/item"
SECTIONS = {
    "checklist": {
        "The file": "",
        "[checklist]": "$defs/head",
        "[scoring]": "$defs/scoring",
        "scoring.weights": "$defs/scoring/properties/weights",
        "[params.NAME]": "$defs/param",
        "references": "$defs/references/items",
        "[[item]]": ITEM,
        "ask": "$defs/ask",
        "anchors": "$defs/ask/properties/anchors/items",
        "choices": "$defs/ask/properties/choices/items",
        "curve": "$defs/curve",
        "bands": "$defs/curve/properties/bands/items",
        "critical": "$defs/critical",
        "guidance": "$defs/guidance",
        "seeds": "$defs/seeds/items",
        "[[tailor]]": "$defs/tailor",
        "[[metric]]": "$defs/metric",
        "[[detector]]": "$defs/detector",
        "[[touchpoint]]": "$defs/touchpoint",
        "[[lens]]": "$defs/lens",
    },
    "audit-file": {
        "The file": "",
        "[audit]": "$defs/audit",
        "[[wave]]": "$defs/wave",
        "[[unit]]": "$defs/unit",
        "[params]": "properties/params/additionalProperties",
        "[sources.NAME]": "$defs/source",
        "[[sources.NAME.marker]]": "$defs/marker",
        "[evaluations.SOURCE]": "$defs/evaluation",
        "[pseudonyms]": "$defs/pseudonyms",
        "[privacy]": "$defs/privacy",
        "[engine]": "$defs/engine",
        "[worth]": "$defs/worth",
        "[branding]": "$defs/branding",
        "[[schedule]]": "$defs/schedule",
        "[[schedule.exception]]": "$defs/exception",
        "[[breakdown]]": "$defs/breakdown",
        "[[waiver]]": "$defs/waiver",
        "[conduct]": "$defs/conduct",
        "[gate]": "$defs/gate",
    },
}
PLACES = [(page, title) for page, sections in SECTIONS.items() for title in sections]


def schema_of(page):
    name = "checklist-1" if page == "checklist" else "audit-1"
    folder = resources.files("cxaudit._checklists.schemas")
    return json.loads((folder / f"{name}.schema.json").read_text(encoding="utf-8"))


def text_of(page):
    return (REFERENCE / f"{page}.md").read_text(encoding="utf-8")


def described(page, place):
    """Return the schema of a section."""
    found = schema_of(page)
    for step in filter(None, SECTIONS[page][place].split("/")):
        found = found[step]
    return found


def rows(page, title):
    """Return key to (type, default) of a section's table."""
    section = text_of(page).partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    cells = [line.strip("| ").split(" | ") for line in section.splitlines() if line[:3] == "| `"]
    return {key: row[1:3] for row in cells for key in re.findall(r"`([^`]+)`", row[0])}


@pytest.mark.parametrize(("page", "title"), PLACES)
def test_every_key_is_there_and_no_other(page, title):
    assert sorted(rows(page, title)) == sorted(described(page, title)["properties"])


@pytest.mark.parametrize(("page", "title"), PLACES)
def test_what_is_required_is_said(page, title):
    said = {key for key, (_, default) in rows(page, title).items() if default == "required"}
    assert said == set(described(page, title).get("required", ())) | (
        {"answer"} if title == "ask" else set()
    )


@pytest.mark.parametrize(("page", "title"), PLACES)
def test_words_that_may_be_chosen_are_all_named(page, title):
    definitions = schema_of(page)["$defs"]
    shown = rows(page, title)
    for key, given in described(page, title)["properties"].items():
        target = definitions.get(given.get("$ref", "").removeprefix("#/$defs/"), given)
        if "enum" in target and title != "[[tailor]]":
            assert re.findall(r'"([^"]+)"', shown[key][0]) == target["enum"], key


@pytest.mark.parametrize("page", SECTIONS)
def test_every_table_of_the_schema_has_a_section(page):
    """Tables whose keys are free (such as lens keys) have none of their own."""
    schema = schema_of(page)
    described_ones = {id(each) for each in fixed_tables(schema)}
    covered = 0
    for path in SECTIONS[page].values():
        found = schema
        for step in filter(None, path.split("/")):
            found = found[step]
        covered += id(found) in described_ones
    assert covered == len(described_ones)


def fixed_tables(node: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(node, dict):
        if isinstance(node.get("properties"), dict) and "additionalProperties" in node:
            yield node
        for each in node.values():
            yield from fixed_tables(each)
    elif isinstance(node, list):
        for each in node:
            yield from fixed_tables(each)


def example(page):
    return re.search(r"## An example.*?```toml\n(.*?)```", text_of(page), re.DOTALL)[1]


@pytest.mark.parametrize("page", SECTIONS)
def test_the_example_uses_every_key(page):
    used = set(keys_of(tomli.loads(example(page))))
    wanted = {key for title in SECTIONS[page] for key in described(page, title)["properties"]}
    # Plugins have names of their own.
    assert wanted - used == ({"plugins"} if page == "audit-file" else set())


def keys_of(value):
    if isinstance(value, dict):
        yield from value
        for each in value.values():
            yield from keys_of(each)
    elif isinstance(value, list):
        for each in value:
            yield from keys_of(each)


def test_the_examples_load(tmp_path, monkeypatch):
    monkeypatch.setenv("HARBOUR_KEY", "0123456789abcdef")
    (tmp_path / "harbour.toml").write_text(example("checklist"), encoding="utf-8")
    (tmp_path / "audit.toml").write_text(example("audit-file"), encoding="utf-8")
    beside = ("cases.csv", "visits-1.csv", "identity.csv", "calls-1.csv")
    themes = (REFERENCE.parent / "how-to" / "count-themes.md").read_text("utf-8")
    (tmp_path / "themes.toml").write_text(themes.split("```toml")[1].split("```")[0], "utf-8")
    for name in beside:
        (tmp_path / name).write_text("", encoding="utf-8")
    (tmp_path / "letter.docx").write_bytes(default_template())
    logo = '<svg xmlns="http://www.w3.org/2000/svg"/>'
    (tmp_path / "logo.svg").write_text(logo, encoding="utf-8")
    audit = Session().load(tmp_path / "audit.toml")
    assert audit.checklist.parameter_values()["answer-seconds"] == 20
    assert {item.id for item in audit.checklist.items if item.excluded} >= {"online.form-answered"}
