"""Every indicator of phone and message is an item, and says what the list of indicators says."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

LIST = Path(__file__).parents[3] / "shared" / "indicators.csv"
BESIDES = {"R-OR-03", "I-OR-04", "X-OR-01"}
AREAS = {
    "P": "process",
    "R": "roles",
    "I": "interpersonal",
    "D": "direction",
    "X": "external",
}
KEYS = {
    "B": "broad-knowledge",
    "E1": "extreme-desire",
    "S": "sincere-interest",
    "U": "understanding",
    "R": "respect",
    "E2": "empowered",
    "L": "listen",
    "I": "identify",
    "H": "be-helpful",
    "G": "give-more",
}
PUBLISHERS = {
    "000": "not known",
    "001": "not known (a weblog)",
    "002": "team 1Source",
    "003": "KKTX FM",
    "004": "Dale Carnegie & Associates",
}


@pytest.fixture(scope="module")
def indicators():
    if not LIST.is_file():
        pytest.skip("the list of indicators is absent: there is none beside the repository")
    with LIST.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        row["id"]: row
        for row in rows
        if {"phone", "message"} & set(row["touchpoint"].split()) or row["id"] in BESIDES
    }


@pytest.fixture(scope="module")
def coded(items):
    found = [item for item in items.values() if "code" in item]
    assert len({item["code"] for item in found}) == len(found), "an indicator stands twice"
    return {item["code"]: item for item in found}


def test_each_indicator_is_one_item(indicators, coded):
    assert set(coded) == set(indicators)


def test_items_without_an_indicator_are_never_scored(core):
    """Those of machine agents are newer than the list."""
    for item in core.values():
        if "code" not in item:
            assert item["role"] in {"informative", "outcome"}, item["id"]


def test_area_place_weight_role_and_keys_are_those_of_the_indicator(indicators, coded):
    for code, row in indicators.items():
        item = coded[code]
        assert item["area"] == AREAS[row["area"]], code
        assert item["touchpoints"] == row["touchpoint"].split(), code
        assert item["weight"] == int(row["weight"]), code
        assert item.get("role", "practice") == row["role"], code
        assert item["lens"]["be-sure"] == [KEYS[row["key"]]], code
        assert item["lens"]["fundamentals"] == [KEYS[row["fundamental"]]], code


def test_measured_is_measured_and_observed_is_asked(indicators, coded):
    for code, row in indicators.items():
        assert ("check" in coded[code]) == (row["type"] == "measured"), code


def test_critical_is_what_is_marked_so(indicators, coded):
    for code, row in indicators.items():
        critical = coded[code].get("critical")
        assert (critical is not None) == (row["critical"] != "N"), code
        assert bool(critical and critical.get("compliance")) == (row["critical"] == "compliance")


def test_lower_is_better_where_the_indicator_says_so(indicators, coded):
    for code, row in indicators.items():
        item = coded[code]
        if "with" in item:
            lower = item["with"]["better"] == "lower"
            assert lower == (row["lower_is_better"] == "True"), code


def test_each_publication_behind_an_indicator_is_told(indicators, coded):
    for code, row in indicators.items():
        expected = {PUBLISHERS[seed.partition(":")[0]] for seed in row["seeds"].split()}
        told = {seed["publisher"] for seed in coded[code]["seeds"]}
        assert told == expected, code
