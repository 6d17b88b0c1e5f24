"""A report too long for one page is saved as a folder, and the folder is replaced as a whole."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import attrs
import pytest

from cxaudit import Session
from cxaudit._cli.saving import run_and_save
from cxaudit.plugin import Wave
from cxaudit_reports.html import page

ROOT = Path(__file__).parents[2]


@pytest.fixture
def saved(tmp_path):
    session = Session()
    audit = session.load(ROOT / "examples/quick-scan/audit.toml")
    # A wave gives the folder a name; without one each run has its own.
    audit = attrs.evolve(audit, wave=Wave(id="q2", start=date(2026, 4, 1), end=date(2026, 6, 30)))
    return lambda: run_and_save(session, audit, tmp_path, lambda _: None)[1]


def test_a_folder_is_saved_named_and_replaced(saved, monkeypatch):
    monkeypatch.setattr(page, "LARGEST", 1000)
    first = next(path for path in saved() if path.suffix == ".html")
    assert first.parts[-2:] == ("report", "index.html")
    stale = first.with_name("stale.html")
    stale.write_text("of an earlier run", "utf-8")
    assert first in saved()
    assert first.exists()
    assert not stale.exists()
    monkeypatch.undo()
    whole = next(path for path in saved() if path.suffix == ".html")
    assert whole.name == "report.html"
    assert whole.exists()
    assert not first.exists()
