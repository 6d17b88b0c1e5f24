"""The PDF in other languages than English: no word of ours stays behind, numbers are theirs."""

from __future__ import annotations

import re
import subprocess

import attrs
import pytest

from cxaudit.documents import speaking
from cxaudit.plugin import Section, blocks
from cxaudit_reports.pdf.document import render_pdf

EVERY_BLOCK = (
    blocks.TextBlock(text="TEXT"),
    blocks.ScoreBlock(title="SCORE", value=0.494, low=0.25, high=0.75, coverage=0.5),
    blocks.Table(title="LONG", columns=("A", "N"), rows=(("ROW", 1234.0),) * 500),
    blocks.Table(title="NOTHING", columns=("A", "N"), rows=()),
    blocks.Quote(text="QUOTE", source="SOURCE"),
    blocks.Series(title="WAITS", points=(("MAY", 61.5), ("JUNE", None)), unit="cases"),
    blocks.Distribution(title="STARS", bins=(("1", 1204), ("5", 3))),
    blocks.Ranking(title="RANKS", rows=(blocks.RankingRow(rank=1, name="U", value=0.5),)),
    blocks.Ranking(title="NO RANKS", rows=()),
    blocks.Funnel(title="FUNNEL", points=(blocks.FunnelPoint(name="P", n=9, value=0.5),), mean=0.6),
    blocks.Action(text="MEND IT", owner="A. ROE", due="1.5."),
)
VERSIONS = {"1.2", "2.0", "2026.1", "312.0"}
"""Versions in the named audit, and a record as its source wrote it."""


@pytest.fixture
def abroad(report, invented, reworded):
    """Give a named audit's report in a language of which there is an invented catalogue."""

    def made(language, word=str.upper):
        invented(language.partition("-")[0], word)
        own = Section(id="own", title="ALL", blocks=EVERY_BLOCK)
        found = report("mixed", language=language)
        return reworded(attrs.evolve(found, sections=(*found.sections, own)), word)

    return made


@pytest.fixture
def path(needs, tmp_path):
    """Give a function that sets a report as a PDF in a file, in the report's language."""
    needs("typst")

    def done(report):
        file = tmp_path / "report.pdf"
        with speaking(report.language):
            file.write_bytes(render_pdf(report))
        return file

    return done


def test_no_word_of_ours_stays_english_and_numbers_are_those_of_the_language(abroad, path, needs):
    """All words are in capitals, the client's too: small letters would be words of ours."""
    made = abroad("de-AT")
    signs = Section(id="signs", title="SIGNS", blocks=(blocks.TextBlock(text="客户"),))
    made = attrs.evolve(made, sections=(*made.sections, signs))
    pdf = needs("pypdf").PdfReader(path(made))
    text = "\n".join(page.extract_text() for page in pdf.pages)
    assert re.findall("[a-z]+", text.replace("#", "")) == []
    assert "49,4" in text
    assert "300 OF 500 ROWS ARE PRINTED" in text
    assert "SIGNS THAT NO FONT" in text
    assert "1.234" in text
    assert set(re.findall(r"(?<![\w.])\d+\.\d{1,2}(?![\w.])", text)) <= VERSIONS
    told = [node["/Alt"] for node in _figures(pdf)]
    assert told
    assert not any(re.search("[a-z]", each) for each in told)
    assert pdf.trailer["/Root"]["/Lang"] == "de-AT"


def _figures(pdf):
    """Yield the elements of the structure that have a text alternative."""
    for number in range(1, len(pdf.xref[0]) + 1):
        found = pdf.get_object(number)
        if isinstance(found, dict) and "/Alt" in found:
            yield found


@pytest.mark.parametrize(
    ("score", "before", "behind"), [("VON 100: {score}", "VON 100:", ""), ("{score}/C", "", "/C")]
)
def test_what_is_said_around_a_score_stands_where_the_language_has_it(
    monkeypatch, sheet, path, needs, score, before, behind
):
    from cxaudit_reports.drawing import layout as page_layout

    known = page_layout._
    monkeypatch.setattr(
        page_layout,
        "_",
        lambda text, **values: known(text.replace("{score} of 100", score), **values),
    )
    made = sheet(blocks.ScoreBlock(title="S", value=0.5))
    [page] = needs("pypdf").PdfReader(path(made)).pages
    assert re.search(rf"{before}\s*50\.0\s*{behind}", page.extract_text())


def test_without_a_catalogue_the_paper_is_english_as_its_words_are(report, path, needs):
    pdf = needs("pypdf").PdfReader(path(report("mixed", language="ar")))
    assert pdf.trailer["/Root"]["/Lang"] == "en"
    assert "90 and more" in "".join(page.extract_text() for page in pdf.pages)


def test_a_report_from_right_to_left_is_turned(abroad, arabic, path, needs):
    file = path(abroad("ar", arabic))
    pdf = needs("pypdf").PdfReader(file)
    assert pdf.trailer["/Root"]["/Lang"] == "ar"
    assert pdf.trailer["/Root"]["/ViewerPreferences"]["/Direction"] == "/R2L"
    assert b"<pdfuaid:part>1</pdfuaid:part>" in pdf.trailer["/Root"]["/Metadata"].get_data()
    command = [needs("poppler"), "-bbox", file, "-"]
    text = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    for page in text.split("<page ")[1:]:
        edges = [float(each) for each in re.findall(r'xMax="([\d.]+)"', page)]
        assert 520 < max(edges) <= 595 - 51 + 1
