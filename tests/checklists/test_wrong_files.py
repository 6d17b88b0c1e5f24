"""Every wrong file gives exactly the message beside it: all problems, placed, with hints.

``CXAUDIT_UPDATE=1`` rewrites the messages; read each before you keep it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cxaudit._checklists import load_audit, load_checklist
from cxaudit.errors import AuditFileError, ChecklistError

WRONG = Path(__file__).parents[1] / "wrong"


def compare(message: str, golden: Path) -> None:
    if os.environ.get("CXAUDIT_UPDATE"):
        golden.write_text(f"{message}\n", "utf-8")
    assert f"{message}\n" == golden.read_text("utf-8")


@pytest.mark.parametrize("name", sorted(p.stem for p in (WRONG / "checklists").glob("*.toml")))
def test_wrong_checklist(name, registry, monkeypatch):
    monkeypatch.chdir(WRONG / "checklists")
    with pytest.raises(ChecklistError) as caught:
        load_checklist([f"{name}.toml"], folder=Path(), registry=registry)
    compare(str(caught.value), WRONG / "checklists" / f"{name}.expected")


@pytest.mark.parametrize("name", sorted(p.stem for p in (WRONG / "audits").glob("*.toml")))
def test_wrong_audit(name, registry, monkeypatch):
    monkeypatch.chdir(WRONG / "audits")
    monkeypatch.delenv("CXAUDIT_TEST_NO_SUCH_KEY", raising=False)
    with pytest.raises(AuditFileError) as caught:
        load_audit(Path(f"{name}.toml"), registry)
    compare(str(caught.value), WRONG / "audits" / f"{name}.expected")


def test_problems_are_data(registry):
    """A program reads file, line, column, path and hint without parsing the message."""
    with pytest.raises(ChecklistError) as caught:
        load_checklist(["out-of-range.toml"], folder=WRONG / "checklists", registry=registry)
    weight = next(p for p in caught.value.problems if p.path == "item[0].weight")
    assert (Path(weight.file).name, weight.line, weight.column) == ("out-of-range.toml", 17, 1)
    assert weight.hint
