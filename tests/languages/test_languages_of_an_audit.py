"""The language that an audit file asks for: told when it cannot be had, refused when it is none."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cxaudit import Session
from cxaudit._cli import main
from cxaudit.documents import numbers
from cxaudit.plugin import Section, blocks, hook

EXAMPLE = Path(__file__).parents[2] / "examples" / "quick-scan"


@pytest.fixture
def audit(tmp_path):
    """Give a function that writes an audit in a language and returns its file."""

    def write(language):
        shutil.copytree(EXAMPLE, tmp_path / "audit", ignore=shutil.ignore_patterns("results"))
        file = tmp_path / "audit" / "audit.toml"
        text = file.read_text("utf-8")
        file.write_text(text.replace('language = "en"', f'language = "{language}"'), "utf-8")
        return file

    return write


def test_a_language_without_a_catalogue_is_told(audit, capsys):
    assert main(["validate", str(audit("xx"))]) == 0
    told = capsys.readouterr().err
    assert "Reports have no catalogue for 'xx': their own words will be English." in told
    assert "There is de, en" in told


def test_a_checklist_without_a_text_in_the_language_is_told_once(audit, capsys):
    assert main(["validate", str(audit("de"))]) == 0
    told = capsys.readouterr().err
    assert told.count("no text in 'de'") == 1
    assert "catalogue" not in told


def test_nothing_is_told_of_english(audit, capsys):
    assert main(["validate", str(audit("en"))]) == 0
    assert "'en'" not in capsys.readouterr().err


@pytest.mark.parametrize("language", ["German!", "", "d", "de_DE", "DE"])
def test_what_is_no_language_tag_is_refused(audit, capsys, language):
    assert main(["validate", str(audit(language))]) == 2
    assert "audit.language" in capsys.readouterr().err


def test_the_terminal_speaks_the_language_of_the_audit(audit, capsys, tmp_path):
    assert main(["run", str(audit("de")), "--results", str(tmp_path / "results")]) in {0, 1}
    shown = capsys.readouterr().out
    assert "DIE ANTWORT" in shown
    assert "THE ANSWER" not in shown


class Taste:
    """A plugin whose section holds a number."""

    @hook
    def cxaudit_report_sections(self):
        """Yield the section."""
        text = blocks.TextBlock(text=numbers.percent(0.214))
        yield Section(id="taste", title="Geschmack", blocks=(text,))


def test_numbers_of_a_plugins_section_are_written_in_the_language(audit):
    session = Session([Taste()])
    report = session.report(session.run(session.load(audit("de"))))
    (section,) = [each for each in report.sections if each.id == "taste"]
    assert section.blocks[0].text == "21,4\u00a0%"
