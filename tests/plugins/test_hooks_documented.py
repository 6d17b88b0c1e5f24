"""The reference of hooks names every hook, in order, with its exact signature."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from cxaudit import hookspecs
from cxaudit._plugins.registry import KINDS

ROOT = Path(__file__).parents[2]
REFERENCE = (ROOT / "docs" / "reference" / "hooks.md").read_text(encoding="utf-8")
GUIDE = (ROOT / "docs" / "how-to" / "write-a-plugin.md").read_text(encoding="utf-8")
SECTION = re.compile(r"^## (cxaudit_\w+)\n\n```python\ndef (.+)\n```$", re.MULTILINE)


def test_every_hook_has_a_section_with_its_signature():
    expected = [
        (name, f"{name}{inspect.signature(function)}".replace("'", ""))
        for name, function in vars(hookspecs).items()
        if inspect.isfunction(function) and hasattr(function, "cxaudit_spec")
    ]
    assert SECTION.findall(REFERENCE) == expected


def test_every_spec_that_can_be_registered_is_named():
    section = REFERENCE.partition("## cxaudit_register")[2].partition("## cxaudit_configure")[0]
    assert set(re.findall(r"`([A-Z]\w+)`", section)) == {cls.__name__ for cls in KINDS.values()}


@pytest.mark.parametrize("text", [REFERENCE, GUIDE], ids=["reference", "guide"])
def test_links_lead_to_files(text):
    folder = ROOT / "docs" / "reference"
    links = re.findall(r"\]\((\.\./[^)]+)\)", text)
    assert links
    assert [link for link in links if not (folder / link).exists()] == []
