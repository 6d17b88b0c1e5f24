"""The shipped checklists as written, before plugins give them a meaning."""

from __future__ import annotations

from pathlib import Path

import pytest
import tomli

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "checklists" / "cxaudit_checklists"
CORE = ("conversation", "phone", "message", "pride-core")
OWN = (*CORE, "machine-agents", "voice-agents")
SHIPPED = (*OWN, "quick-scan")


def raw(name):
    """A shipped checklist as its file holds it."""
    return tomli.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def english(value):
    """Return a value with the English words in place of those of several languages."""
    if isinstance(value, dict):
        return value["en"] if "en" in value else {name: english(v) for name, v in value.items()}
    return [english(each) for each in value] if isinstance(value, list) else value


def read(name):
    return english(raw(name))


@pytest.fixture(scope="session")
def written():
    """Every shipped checklist by its short name."""
    return {name: read(name) for name in SHIPPED}


@pytest.fixture(scope="session")
def items(written):
    """The items of all but the quick scan, by id, with the checklist that holds each."""
    found = {}
    for name in OWN:
        for item in written[name]["item"]:
            assert item["id"] not in found, item["id"]
            found[item["id"]] = {"checklist": name, **item}
    return found


@pytest.fixture(scope="session")
def core(items):
    """The items that `pride-core` holds: all but those of machine agents."""
    return {name: item for name, item in items.items() if item["checklist"] in CORE}


@pytest.fixture(scope="session")
def params(written):
    found = {}
    for name in OWN:
        for param, table in written[name].get("params", {}).items():
            assert param not in found, param
            found[param] = table
    return found


@pytest.fixture(scope="session")
def cases():
    return FOLDER / "cases"
