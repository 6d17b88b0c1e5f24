"""200,000 findings in every format: what each document holds of them, as a file that one can read.

Formats that write a kilobyte or two for each finding, hundreds of megabytes in all, get 20,000. The
documents themselves would be many megabytes, so the golden file tells their outline: sections,
tables and their rows. ``CXAUDIT_UPDATE=1`` rewrites it.
"""

from __future__ import annotations

import functools
import io
import json
import re
from xml.etree import ElementTree as ET

import attrs
import pytest
from bench import report_page

from cxaudit import Session

WORDY = {"oscal", "sarif"}


@functools.cache
def result_of(units):
    result = report_page.result(units)
    assert len(result.findings) == 100 * units
    times = {"started": "2026-07-01T08:00:00Z", "finished": "2026-07-01T08:00:04Z"}
    return attrs.evolve(result, provenance=attrs.evolve(result.provenance, **times))


def render(output):
    return Session().render(result_of(200 if output in WORDY else 2000), output)


def html(page):
    page = page if isinstance(page, str) else "".join(each.decode() for each in page.values())
    yield f"{page.count('<tr')} rows of tables"
    for anchor, body in re.findall(r'<section id="([^"]+)"(.*?)</section>', page, re.DOTALL):
        yield f"{anchor}: {body.count('<tr')} rows"


def markdown(text):
    for part in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        title, _, body = part.partition("\n")
        rows = sum(line.startswith("| ") for line in body.splitlines())
        yield f"{title}: {rows} rows"


def terminal(text):
    yield from text.splitlines()[:60]


def docx(content):
    from docx import Document

    document = Document(io.BytesIO(content))
    for paragraph in document.paragraphs:
        if paragraph.style.name.startswith("Heading 1"):
            yield paragraph.text
    yield f"{len(document.tables)} tables"


def xlsx(content):
    from openpyxl import load_workbook

    for sheet in load_workbook(io.BytesIO(content), read_only=True):
        yield f"{sheet.title}: {sheet.max_row} x {sheet.max_column}"


def pptx(content):
    from pptx import Presentation

    for slide in Presentation(io.BytesIO(content)).slides:
        yield slide.shapes.title.text if slide.shapes.title is not None else "(no title)"


def pdf(content):
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(content))
    for entry in reader.outline:
        if not isinstance(entry, list):
            yield f"{entry.title}: page {reader.get_destination_page_number(entry) + 1}"
    yield f"{len(reader.pages)} pages"


def csv(text):
    yield f"{len(text.splitlines()) - 1} rows"


def junit(text):
    yield f"{sum(1 for _ in ET.fromstring(text).iter('testcase'))} test cases"


def sarif(text):
    (run,) = json.loads(text)["runs"]
    yield f"{len(run['results'])} results, {len(run['tool']['driver']['rules'])} rules"


def oscal(text):
    (result,) = json.loads(text)["assessment-results"]["results"]
    for name in ("findings", "observations"):
        yield f"{len(result.get(name, ()))} {name}"


def compact(text):
    yield f"{len(json.loads(text)['findings'])} findings"


def parquet(content):
    from pyarrow import BufferReader
    from pyarrow.parquet import read_metadata

    found = read_metadata(BufferReader(content))
    yield f"{found.num_rows} rows x {found.num_columns}"


OUTLINES = {
    "html": html,
    "markdown": markdown,
    "terminal": terminal,
    "docx": docx,
    "xlsx": xlsx,
    "pptx": pptx,
    "pdf": pdf,
    "csv": csv,
    "junit": junit,
    "sarif": sarif,
    "oscal": oscal,
    "json-compact": compact,
    "findings-parquet": parquet,
}


@pytest.mark.parametrize("output", OUTLINES)
def test_every_format_holds_what_it_was_read_and_approved_to_hold(needs, approved, output):
    for tool in {"findings-parquet": ["pyarrow"], "pdf": ["pypdf", "typst"]}.get(output, []):
        needs(tool)
    approved(f"{output}.txt", "\n".join(OUTLINES[output](render(output))) + "\n")


def test_every_output_has_an_outline():
    """But the whole result, which is the data itself."""
    short = {name.removeprefix("cxaudit.") for name in Session().registered("output")}
    assert short - set(OUTLINES) == {"json"}
