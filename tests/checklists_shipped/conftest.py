"""The shipped checklists as written, before plugins give them a meaning."""

from __future__ import annotations

from pathlib import Path

import pytest
import tomli

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "checklists" / "cxaudit_checklists"
OWN = ("conversation", "phone", "message", "pride-core")
SHIPPED = (*OWN, "quick-scan")


def read(name):
    return tomli.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


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
