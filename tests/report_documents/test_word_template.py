"""Templates of Word documents: a client's is filled, its styles are used, and it runs nothing."""

from __future__ import annotations

import base64
import io
import re
import subprocess
import sys

import docx
import pytest
from docx.oxml.ns import qn
from docx.shared import RGBColor

from cxaudit.errors import InputError
from cxaudit.plugin import blocks
from cxaudit_reports.word.document import render_word

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path d="M0 0h9v9"/></svg>'


def opened(report):
    return docx.Document(io.BytesIO(render_word(report)))


def words(element):
    return "".join(each.text or "" for each in element.iter(qn("w:t")))


def one(*found, **given):
    section = blocks.Section(id="own", title="Own", blocks=found)
    return blocks.Report(title="By hand", sections=(section,), **given)


def template(*paragraphs, styled=()):
    """Return a client's template with paragraphs, and with styles in a colour of its own."""
    made = docx.Document()
    made.sections[0].header.paragraphs[0].text = "Prepared for {{client}}"
    for text in paragraphs:
        made.add_paragraph(text)
    for name in styled:
        made.styles[name].font.color.rgb = RGBColor(0xAB, 0x12, 0xCD)
    out = io.BytesIO()
    made.save(out)
    return "data:x;base64," + base64.b64encode(out.getvalue()).decode()


def test_a_branded_template_is_filled_and_its_styles_are_used(report):
    given = template(
        "Ours since 1901",
        "{{title}} for {{client}}",
        "{{body}}",
        "The end",
        styled=("Heading 1", "Caption"),
    )
    made = report("mixed")
    branded = blocks.Report(
        title=made.title,
        subtitle=made.subtitle,
        sections=made.sections,
        footer=made.footer,
        branding={"template": given, "colour": "#aa0000", "name": "Roe"},
    )
    document = opened(branded)
    said = [paragraph.text for paragraph in document.paragraphs]
    assert said[0] == "Ours since 1901"
    assert said[1] == "Tide Bakery, spring 2026 for Tide Bakery"
    assert said[-1] == "The end"
    assert said.index("Contents") == 2
    assert document.sections[0].header.paragraphs[0].text == "Prepared for Tide Bakery"
    heading = next(p for p in document.paragraphs if p.style.name == "Heading 1")
    assert str(heading.style.font.color.rgb) == "AB12CD"
    assert str(document.styles["Audit Lead"].base_style.name) == "Normal"
    assert str(document.styles["Audit Action"].font.color.rgb) == "AA0000"
    assert document.core_properties.author == "Roe"
    assert not [text for text in said if "{{" in text or "\ue000" in text]


def test_a_template_in_another_language_keeps_its_names_of_styles():
    """German Word calls the style of headings "berschrift1" in the file."""
    made = docx.Document()
    made.add_paragraph("{{body}}")
    xml = made.styles["Heading 1"].element
    xml.set(qn("w:styleId"), "berschrift1")
    out = io.BytesIO()
    made.save(out)
    given = "data:x;base64," + base64.b64encode(out.getvalue()).decode()
    document = opened(one(branding={"template": given}))
    heading = next(p for p in document.element.body if words(p) == "Own" and "pageBreak" in p.xml)
    assert heading.find(f"{qn('w:pPr')}/{qn('w:pStyle')}").get(qn("w:val")) == "berschrift1"


def test_contents_stand_where_the_template_wants_them():
    given = template("{{body}}", "Before the contents", "{{contents}}")
    said = [p.text for p in opened(one(branding={"template": given})).paragraphs]
    assert said.index("Own") < said.index("Before the contents") < said.index("Contents")


@pytest.mark.parametrize(
    ("paragraphs", "told"),
    [
        (("No place",), "needs {{body}} once, in a paragraph of its own"),
        (("before {{body}}",), "needs {{body}} once, in a paragraph of its own"),
        (("{{body}}", "{{body}}"), "needs {{body}} once, in a paragraph of its own"),
        (("{{body}}", "{{contents}}", "{{contents}}"), "{{contents}} at most once"),
        (("{{body}}", "{{address}}"), "paragraph 2: '{{address}}' is no placeholder"),
        (("{{body}}", "{{ title.__class__ }}"), "paragraph 2: '{{ title.__class__ }}' is no"),
        (("{{body}}", "{{ logo.tpl.docx }}"), "paragraph 2: '{{ logo.tpl.docx }}' is no"),
        (("{{ title|upper }}", "{{body}}"), "paragraph 1: '{{ title|upper }}' is no"),
        (("{{ title() }}", "{{body}}"), "paragraph 1: '{{ title() }}' is no"),
        (("{{body}}", "{% if %}"), "paragraph 2: '{% if %}' is no"),
        (("{% for x in y %}", "{{body}}"), "'{% for x in y %}' is no placeholder"),
        (("{% set title = 1 %}", "{{body}}"), "'{% set title = 1 %}' is no placeholder"),
        (("{{body}}", "{# why #}"), "'{# why #}' is no placeholder"),
        (("{{body}}", "{{ title"), "paragraph 2: '{{ title' is no placeholder"),
        (("{{body}}", "{% if name %}x"), "paragraph 2: {% if %} is not ended"),
        (("{{body}}", "x{% endif %}"), "'{% endif %}' belongs to no {% if %}"),
        (("{% if name %}", "{{body}}", "{% endif %}"), "needs {{body}} once"),
    ],
)
def test_a_template_that_cannot_be_used_says_why(paragraphs, told):
    with pytest.raises(InputError, match=re.escape(told)):
        render_word(one(branding={"template": template(*paragraphs)}))


def test_a_template_that_is_no_document_says_so():
    text = "data:x;base64," + base64.b64encode(b"no document").decode()
    with pytest.raises(InputError, match="is no Word document"):
        render_word(one(branding={"template": text}))
    for given in ("data:x;base64,***", "house.docx"):
        with pytest.raises(InputError, match="is no data: address in base 64"):
            render_word(one(branding={"template": given}))


def test_the_texts_of_a_report_are_no_templates(report):
    """What a client wrote is filled in once, and never read as a placeholder."""
    made = blocks.Report(title="{{body}} {{ 7 * 7 }} <b>&", sections=report("empty").sections)
    document = opened(made)
    title = next(p for p in document.paragraphs if p.style.name == "Title")
    assert title.text == made.title


def test_a_logo_and_a_colour_are_taken_from_the_branding():
    logo = "data:image/png;base64," + base64.b64encode(PNG).decode()
    content = render_word(one(branding={"logo": logo, "colour": "#336699", "name": "Roe & Co"}))
    document = docx.Document(io.BytesIO(content))
    assert len(document.inline_shapes) == 1
    assert str(document.styles["Heading 1"].font.color.rgb) == "336699"
    assert "Roe & Co" in [paragraph.text for paragraph in document.paragraphs]


def test_our_template_can_be_written_to_start_from(tmp_path):
    path = tmp_path / "ours.docx"
    command = [sys.executable, "-m", "cxaudit_reports.word.template", path]
    subprocess.run(command, check=True, timeout=60)
    assert "{{body}}" in [paragraph.text for paragraph in docx.Document(path).paragraphs]
    given = "data:x;base64," + base64.b64encode(path.read_bytes()).decode()
    assert "Own" in [p.text for p in opened(one(branding={"template": given})).paragraphs]


@pytest.mark.parametrize(
    ("kind", "data", "count"), [("svg+xml", SVG, 1), ("png", b"broken", 0), ("svg+xml", b"<no", 0)]
)
def test_a_logo_of_any_kind_is_drawn_or_its_absence_told(kind, data, count):
    pytest.importorskip("vl_convert")
    logo = f"data:image/{kind};base64," + base64.b64encode(data).decode()
    document = opened(one(branding={"logo": logo}))
    assert len(document.inline_shapes) == count
    told = [p.text for p in document.paragraphs if p.text.startswith("The logo is left out")]
    assert len(told) == 1 - count
