"""A template of somebody else's runs nothing, fetches nothing, and is refused with the place."""

from __future__ import annotations

import base64
import io
import re
import zipfile
from pathlib import Path

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import RGBColor

from cxaudit.documents import template_problems
from cxaudit.errors import InputError
from cxaudit.plugin import blocks
from cxaudit_reports.word.document import render_word
from cxaudit_reports.word.template import default_template, field_runs

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RUNS = "{{ cycler.__init__.__globals__.os.popen('echo > owned.txt').read() }}"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def saved(document):
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def written(*paragraphs):
    """Return a document with paragraphs, the last of which takes the report."""
    made = docx.Document()
    for text in (*paragraphs, "{{body}}"):
        made.add_paragraph(text)
    return made


def rendered(template, **branding):
    address = "data:x;base64," + base64.b64encode(template).decode()
    section = blocks.Section(id="own", title="Own", blocks=())
    report = blocks.Report(
        title="Tides & <b>",
        subtitle="Roe Ltd · Spring",
        sections=(section,),
        footer="Foot",
        branding={"template": address, **branding},
    )
    return docx.Document(io.BytesIO(render_word(report)))


def texts(document):
    """Return the texts of a template's own paragraphs: those before the contents."""
    found = [paragraph.text for paragraph in document.paragraphs]
    return found[: found.index("Contents")]


def with_parts(content, parts=(), **changed):
    """Return a package with texts in its parts replaced, and further parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            for was, now in changed.get(re.sub(r"\W", "_", name.strip("[")), ()):
                assert was in data
                data = data.replace(was, now)
            new.writestr(name, data)
        for name, data in parts:
            new.writestr(name, data)
    return out.getvalue()


def in_xml(content, xml):
    """Return a document with XML put before its last paragraph's end."""
    return with_parts(content, word_document_xml=[(b"<w:sectPr", xml.encode() + b"<w:sectPr")])


def runs_in_a_header():
    made = written()
    made.sections[0].header.paragraphs[0].text = RUNS
    return saved(made)


def runs_in_a_cell():
    made = written()
    made.add_table(1, 1).cell(0, 0).text = RUNS
    return saved(made)


def runs_in_split_runs():
    made = written()
    paragraph = made.add_paragraph()
    for letter in RUNS:
        paragraph.add_run(letter)
    return saved(made)


def runs_in_a_text_box():
    box = f"<w:p><w:r><w:t>{RUNS}</w:t></w:r></w:p>"
    xml = f"<w:p><w:r><w:pict><w:txbxContent>{box}</w:txbxContent></w:pict></w:r></w:p>"
    return in_xml(saved(written()), xml)


def runs_in_a_property():
    made = written()
    made.core_properties.subject = RUNS
    return saved(made)


def runs_in_a_comment():
    made = written("x")
    made.add_comment(made.paragraphs[0].runs, text=RUNS)
    return saved(made)


def runs_in_an_alternative_text():
    made = written()
    made.add_picture(io.BytesIO(PNG))
    next(made.element.body.iter(qn("wp:docPr"))).set("descr", RUNS)
    return saved(made)


@pytest.mark.parametrize(
    ("template", "place"),
    [
        (saved(written(RUNS)), "word/document.xml, paragraph 1: "),
        (saved(written("{{ logo.tpl }}")), "paragraph 1: '{{ logo.tpl }}' is no"),
        (runs_in_a_header(), "word/header1.xml, paragraph 1: "),
        (runs_in_a_cell(), "word/document.xml, paragraph 2: "),
        (runs_in_split_runs(), "word/document.xml, paragraph 2: "),
        (runs_in_a_text_box(), "word/document.xml, paragraph 3: "),
        (runs_in_a_property(), "docProps/core.xml, "),
        (runs_in_a_comment(), "word/comments.xml, "),
        (runs_in_an_alternative_text(), "word/document.xml, "),
    ],
)
def test_a_template_that_runs_a_program_is_refused(template, place, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="cannot be used") as caught:
        rendered(template, logo="data:image/png;base64," + base64.b64encode(PNG).decode())
    assert place in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_every_problem_is_told_at_once():
    problems = template_problems(saved(written("{{ a }}", "{% for x in y %}", "{{title}}")))
    assert problems == (
        "word/document.xml, paragraph 1: '{{ a }}' is no placeholder",
        "word/document.xml, paragraph 2: '{% for x in y %}' is no placeholder",
    )


def with_field(code):
    made = written("x")
    for run in field_runs(code, "1"):
        made.paragraphs[0]._p.append(run)
    return saved(made)


def with_simple_field(code):
    xml = f'<w:p {nsdecls("w")}><w:fldSimple w:instr="{code}"/></w:p>'
    made = written()
    made.element.body.insert(0, parse_xml(xml))
    return saved(made)


def with_reckoned_field():
    """Return a template with a field whose code is what another field gives."""
    made = written("x")
    outer, inner = list(field_runs("", "1")), list(field_runs("QUOTE 68 68 69", "DDE"))
    for run in [outer[0], *inner, *outer[1:]]:
        made.paragraphs[0]._p.append(run)
    return saved(made)


@pytest.mark.parametrize(
    "code",
    [
        'DDEAUTO c:\\\\windows\\\\system32\\\\cmd.exe "/k calc"',
        'INCLUDEPICTURE "https://elsewhere.example/a.png"',
        'includetext "file:///etc/passwd"',
        "MACROBUTTON AutoOpen press",
        'DATABASE \\d "x"',
        'HYPERLINK "file://server/share"',
        'HYPERLINK \\o "a tip" "javascript:x"',
        'HYPERLINK \\n "\\\\server\\share"',
        "AUTOTEXT x",
        "NOSUCHFIELD",
    ],
)
def test_a_field_that_fetches_or_runs_is_refused(code):
    [problem] = template_problems(with_field(code))
    assert problem.startswith("word/document.xml: the field ")
    assert problem.endswith("may fetch or run something")
    if '"' not in code:
        assert template_problems(with_simple_field(code)) == (problem,)


def test_a_field_whose_kind_is_reckoned_is_refused():
    [problem] = template_problems(with_reckoned_field())
    assert problem.endswith("may fetch or run something")


@pytest.mark.parametrize(
    "code",
    [
        *(
            "PAGE",
            "NUMPAGES \\* Arabic",
            'TOC \\o "1-2" \\h',
            'DATE \\@ "d MMMM yyyy"',
            "REF a \\h",
        ),
        *('STYLEREF "Heading 1"', "SEQ Table \\* ARABIC", 'HYPERLINK \\l "part" \\o "tip"'),
        *('HYPERLINK "https://roe.example" \\* MERGEFORMAT', 'HYPERLINK "mailto:a@roe.example"'),
    ],
)
def test_an_ordinary_field_is_allowed(code):
    assert template_problems(with_field(code)) == ()


def with_relation(kind, target, mode="External"):
    made = written()
    if mode == "External":
        made.part.relate_to(target, f"{OFFICE}/{kind}", is_external=True)
        return saved(made)
    xml = f'<Relationship Id="x9" Type="{OFFICE}/{kind}" Target="{target}"/></Relationships>'
    relations = [(b"</Relationships>", xml.encode())]
    return with_parts(saved(made), word__rels_document_xml_rels=relations)


@pytest.mark.parametrize(
    ("kind", "target", "mode"),
    [
        ("attachedTemplate", "https://elsewhere.example/a.dotm", "External"),
        ("image", "https://elsewhere.example/a.png", "External"),
        ("oleObject", "file:///c:/a.exe", "External"),
        ("frame", "https://elsewhere.example", "External"),
        ("hyperlink", "file://server/share/a.exe", "External"),
        ("hyperlink", "javascript:x", "External"),
        ("oleObject", "embeddings/a.bin", "Internal"),
        ("aFChunk", "a.html", "Internal"),
    ],
)
def test_what_is_fetched_on_opening_is_refused(kind, target, mode):
    [problem] = template_problems(with_relation(kind, target, mode))
    assert problem.startswith("word/_rels/document.xml.rels: ")
    assert target in problem


def test_a_link_to_a_page_is_allowed():
    assert template_problems(with_relation("hyperlink", "https://roe.example")) == ()
    assert template_problems(with_relation("hyperlink", "mailto:a@roe.example")) == ()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"no package", "it is no Word document (.docx) that can be read"),
        (b"", "it is no Word document (.docx) that can be read"),
        (saved(written())[:-300], "it is no Word document (.docx) that can be read"),
        (
            with_parts(
                saved(written()),
                Content_Types__xml=[
                    (
                        b"openxmlformats-officedocument.wordprocessingml.document.main",
                        b"ms-word.document.macroEnabled.main",
                    )
                ],
            ),
            "no part of it is a plain document",
        ),
        (
            with_parts(saved(written()), [("word/vbaProject.bin", b"\xd0\xcf")]),
            "word/vbaProject.bin: a template may hold no part of the kind",
        ),
        (
            with_parts(
                saved(written()),
                word_document_xml=[
                    (b"<w:document", b'<!DOCTYPE d [<!ENTITY a "aaaa">]><w:document'),
                ],
            ),
            "word/document.xml: it declares a document type",
        ),
        (in_xml(saved(written()), "<w:p><w:r><w:object/></w:r></w:p>"), "no object"),
        (in_xml(saved(written()), "<w:p>"), "word/document.xml: it is not well formed"),
    ],
)
def test_what_is_no_plain_document_is_refused(content, told):
    [problem] = template_problems(content)
    assert told in problem


def test_a_package_that_swells_is_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", b" " * 60_000_000)
    assert len(out.getvalue()) < 100_000
    [problem] = template_problems(out.getvalue())
    assert "60,000,000 bytes unpacked, more than 50,000,000" in problem


def test_a_part_may_not_be_there_twice():
    """Programs differ in which of the two they read."""
    with pytest.warns(UserWarning, match="Duplicate name"):
        content = with_parts(saved(written()), [("word/document.xml", b"<x/>")])
    [problem] = template_problems(content)
    assert "has the part 'word/document.xml' twice" in problem


def test_our_own_template_has_no_problem():
    assert template_problems(default_template()) == ()


def test_a_placeholder_split_over_runs_has_the_look_of_the_first():
    made = written()
    paragraph = made.paragraphs[0].insert_paragraph_before("For ")
    first = paragraph.add_run("{{ cl")
    first.font.color.rgb = RGBColor(0xAA, 0, 0)
    for piece in ("i", "ent }", "} in {{", "title}}", "."):
        paragraph.add_run(piece)
    document = rendered(saved(made))
    [paragraph] = [each for each in document.paragraphs if each.text.startswith("For")]
    assert paragraph.text == "For Roe Ltd in Tides & <b>."
    [coloured] = [run.text for run in paragraph.runs if run.font.color.rgb is not None]
    assert coloured == "Roe Ltd"


def test_values_are_put_in_tables_headers_footers_and_text_boxes():
    made = written()
    made.add_table(1, 2).cell(0, 1).text = "{{subtitle}}"
    made.sections[0].footer.paragraphs[0].text = "{{footer}}, {{footer}}"
    box = "<w:p><w:r><w:t>{{name}}</w:t></w:r></w:p>"
    xml = f"<w:p><w:r><w:pict><w:txbxContent>{box}</w:txbxContent></w:pict></w:r></w:p>"
    document = rendered(in_xml(saved(made), xml), name="Roe & Co")
    assert document.tables[-1].cell(0, 1).text == "Roe Ltd · Spring"
    assert document.sections[0].footer.paragraphs[0].text == "Foot, Foot"
    [boxed] = document.element.body.iter(qn("w:txbxContent"))
    assert "".join(each.text for each in boxed.iter(qn("w:t"))) == "Roe & Co"


def test_a_logo_is_put_where_its_marks_stand():
    logo = "data:image/png;base64," + base64.b64encode(PNG).decode()
    made = written("by {{logo}} and {{ logo }}.")
    made.sections[0].header.paragraphs[0].text = "{{logo}}"
    document = rendered(saved(made), logo=logo)
    [paragraph] = [each for each in document.paragraphs if each.text.startswith("by")]
    assert paragraph.text == "by  and ."
    assert len(list(paragraph._p.iter(qn("w:drawing")))) == 2
    header = document.sections[0].header
    [blip] = header.part.element.iter(qn("a:blip"))
    assert header.part.related_parts[blip.get(qn("r:embed"))].content_type == "image/png"
    assert "\ue000" not in "".join(texts(document))


CONDITIONS = (
    "{% if name %}By {{name}}{% else %}By nobody{% endif %}!",
    "{% if not name %}Unnamed{% elif client %}For {{client}}{% endif %}",
    "{% if name %}",
    "Prepared by",
    "{% if logo %}",
    "with a logo",
    "{% endif %}",
    "{{ name }}",
    "{% endif %}",
    "end",
)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Roe", ["By Roe!", "For Roe Ltd", "Prepared by", "Roe", "end"]),
        ("", ["By nobody!", "Unnamed", "end"]),
    ],
)
def test_conditions_keep_or_drop_what_they_hold(name, shown):
    assert texts(rendered(saved(written(*CONDITIONS)), name=name)) == shown


def test_a_condition_drops_tables_and_pictures_and_keeps_formats():
    made = written("{% if name %}")
    made.add_table(1, 1)
    last = made.add_paragraph()
    last.add_run().add_picture(io.BytesIO(PNG))
    last.add_run("{% endif %}")
    last.add_run("bold").bold = True
    body = made.paragraphs[1]._p
    made.element.body.insert(list(made.element.body).index(last._p) + 1, body)
    document = rendered(saved(made))
    assert texts(document) == ["bold"]
    assert document.paragraphs[0].runs[-1].bold
    assert not document.inline_shapes
    assert not document.tables


def test_a_condition_may_not_end_in_another_cell():
    made = written()
    cells = made.add_table(1, 2).rows[0].cells
    cells[0].text, cells[1].text = "{% if name %}", "{% endif %}"
    assert template_problems(saved(made)) == (
        "word/document.xml, paragraph 2: {% if %} is not ended by {% endif %}",
        "word/document.xml, paragraph 3: '{% endif %}' belongs to no {% if %} before it",
    )


def test_nothing_of_the_handling_knows_a_template_language():
    import cxaudit_reports

    for path in (Path(cxaudit_reports.__file__).parent / "word").glob("*.py"):
        assert "jinja" not in path.read_text(encoding="utf-8"), path.name
