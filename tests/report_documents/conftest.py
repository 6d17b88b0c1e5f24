"""What documents must hold of a report, and LibreOffice to look at them."""

from __future__ import annotations

import subprocess
from collections import Counter

import attrs
import pytest

from cxaudit.documents import cleaned
from cxaudit.plugin import blocks


@pytest.fixture
def on_a_unit():
    """A report on one unit: fewer sections, tables and actions without headings."""
    table = blocks.Table(
        title="Three to keep",
        columns=("What", "How it stands"),
        rows=(("Guests are greeted", "In store: 9 of 9 visits"),),
        anchors=("item-in-store.greeted",),
    )
    figures = blocks.Table(title="Own figures", columns=("Item", "n"), rows=(("Wait", 12345),))
    said = blocks.TextBlock(text="Scores from 0 to 100.", tone="note")
    answer = (
        blocks.TextBlock(text="Pier scores 78 of 100.", tone="lead"),
        blocks.ScoreBlock(title="The score", value=0.78, low=0.65, high=0.86, coverage=1.0),
    )
    decide = (table, blocks.Action(text="Let a second phone ring.", owner="A. Roe"))
    parts = (
        ("summary", "The answer", answer),
        ("decide", "What to keep, what to do", decide),
        ("figures", "All figures", (figures,)),
        ("method", "How to read it", (said,)),
    )
    sections = tuple(blocks.Section(id=a, title=b, blocks=c) for a, b, c in parts)
    return blocks.Report(title="Pier", subtitle="Tide Bakery", sections=sections)


def _values(value):
    """Yield all texts and numbers of a report, whatever they are in."""
    if isinstance(value, str | int | float):
        yield value
        yield from getattr(value, "ends", ())
    elif isinstance(value, tuple):
        for each in value:
            yield from _values(each)
    elif attrs.has(type(value)):
        for field in attrs.fields(type(value)):
            yield from _values(getattr(value, field.name))


@pytest.fixture
def figures():
    """Give a report's figures in tables, counted by value and style."""

    def count(report):
        found = (each for each in _values(report) if isinstance(each, blocks.Figure))
        return Counter((round(each.value, 4), each.style) for each in found)

    return count


@pytest.fixture
def texts():
    """Give what a report says in words: every text that is no name of a part or tone."""

    def collect(report):
        report = cleaned(report)
        said = {report.title, report.subtitle, report.footer}
        for section in report.sections:
            said.add(section.title)
            for block in section.blocks:
                fields = attrs.asdict(block, recurse=False)
                for hidden in ("tone", "anchor", "anchors", "link", "unit"):
                    fields.pop(hidden, None)
                if isinstance(block, blocks.Matrix):
                    fields["cells"] = tuple(cell.note for row in block.cells for cell in row)
                if isinstance(block, blocks.Ranking):
                    fields["rows"] = tuple((row.name, row.note) for row in block.rows)
                found = (each for each in _values(tuple(fields.values())))
                said |= {each for each in found if type(each) is str}
        return {text for text in said if text}

    return collect


@pytest.fixture
def pictures(needs, tmp_path):
    """Give a function that has LibreOffice turn a document into a PDF, and returns its path."""
    office = needs("libreoffice")

    def convert(content, suffix, to="pdf"):
        path = tmp_path / f"document.{suffix}"
        path.write_bytes(content)
        home = f"-env:UserInstallation={(tmp_path / 'office').as_uri()}"
        command = [office, home, "--headless", "--convert-to", to, "--outdir", tmp_path, path]
        done = subprocess.run(command, capture_output=True, timeout=240, check=False)
        made = tmp_path / f"document.{to.partition(':')[0]}"
        assert made.is_file(), done.stderr.decode()
        return made

    return convert
