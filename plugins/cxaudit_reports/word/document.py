"""The report as a Word document, in our template or a client's."""

from __future__ import annotations

import base64
import binascii
import copy
import io
from collections.abc import Iterator
from typing import Any

from cxaudit.documents import (
    PLACEHOLDERS,
    _,
    clean,
    cleaned,
    marks,
    own_texts,
    right_to_left,
    spoken,
    template_problems,
)
from cxaudit.errors import InputError, Problem
from cxaudit.plugin import blocks
from cxaudit_reports.drawing.office import DATE, logo, needed, packed
from cxaudit_reports.drawing.theme import Brand, brand
from cxaudit_reports.word.blocks import Writer, linked
from cxaudit_reports.word.filling import fill, put_pictures
from cxaudit_reports.word.right_to_left import turn
from cxaudit_reports.word.template import (
    complete_styles,
    default_template,
    element,
    field_runs,
)

__all__ = ["render_word"]

_PICTURE = "\ue000logo\ue000"
"""What stands for the logo until it is put there."""
_TOP = 2
"""Levels of headings in the table of contents."""
_TURNED = {"left": "top", "right": "bottom", "top": "left", "bottom": "right"}
"""Which margin takes which one's width on a page across."""
_AFTER_FIELDS = (
    *("w:hdrShapeDefaults", "w:footnotePr", "w:endnotePr", "w:compat", "w:docVars", "w:rsids"),
    *("m:mathPr", "w:attachedSchema", "w:themeFontLang", "w:clrSchemeMapping", "w:shapeDefaults"),
    *("w:decimalSymbol", "w:listSeparator"),
)
"""What the settings hold behind the setting that has fields filled anew."""
_EAST_ASIAN = {"ja", "ko", "zh"}
"""Languages whose signs Word knows by another attribute."""
_LOGO = 46
"""Height of a logo, in points."""


def render_word(report: blocks.Report) -> bytes:
    """Return the report as a Word document (DOCX).

    Raises:
        InputError: If the template of ``Report.branding`` cannot be used; it says why.
    """
    with needed("python-docx"):
        import docx

    report, language = cleaned(report), spoken().tag
    look = brand(report.branding)
    address = report.branding.get("template", "")
    template = _template_of(address) if address else default_template(look.light)
    try:
        document = docx.Document(io.BytesIO(template))
    except Exception as error:
        msg = f"the template is no Word document (.docx) that can be read: {error}"
        raise _unusable(msg) from error
    drawn, notes = logo(look)
    body, contents = _at(document, "body"), _at(document, "contents")
    _fill(document, report, look, drawn)
    complete_styles(document, look.light)
    _speak(document, language, client_template=bool(address))
    _write(document, report, look.light, notes, body, contents)
    if right_to_left(language):
        turn(document, language)
    properties = document.core_properties
    properties.language = language
    properties.title = report.title[:255]
    properties.author = properties.last_modified_by = clean(look.name)[:255]
    properties.created = properties.modified = DATE
    out = io.BytesIO()
    document.save(out)
    return packed(out.getvalue())


def _speak(document: Any, language: str, *, client_template: bool) -> None:
    """Say in which language the texts are, for spelling and reading aloud.

    A client's template in the same language keeps what it says of it, such as its country.
    """
    from docx.oxml.ns import qn

    base = language.partition("-")[0]
    scripts = ("w:val", "w:eastAsia") if base in _EAST_ASIAN else ("w:val",)
    for lang in document.styles.element.iter(qn("w:lang")):
        if not client_template or lang.get(qn("w:val"), "").partition("-")[0] != base:
            for script in scripts:
                lang.set(qn(script), language)


def _template_of(address: str) -> bytes:
    """Return a client's template from its ``data:`` address."""
    start, _comma, coded = address.partition(",")
    try:
        content = base64.b64decode(coded if start.startswith("data:") else "*", validate=True)
    except binascii.Error as error:
        msg = "the template is no data: address in base 64"
        raise _unusable(msg) from error
    if problems := template_problems(content):
        allowed = ", ".join(f"{{{{{name}}}}}" for name in PLACEHOLDERS)
        msg = f"the template cannot be used: {'; '.join(problems)}"
        raise _unusable(msg, f"It may hold {allowed} and conditions on them.")
    return content


def _unusable(message: str, hint: str = "") -> InputError:
    return InputError((Problem(message, path="branding.template", hint=hint),))


def _fill(document: Any, report: blocks.Report, look: Brand, drawn: bytes | None) -> None:
    """Fill a template's placeholders: title, subtitle, client, name, logo, footer."""
    from docx.shared import Pt

    values = {
        "title": report.title,
        "subtitle": report.subtitle,
        "client": report.subtitle.partition(" · ")[0],
        "name": clean(look.name),
        "footer": report.footer,
        "logo": _PICTURE if drawn else "",
    }
    fill(document, dict.fromkeys(PLACEHOLDERS, "") | values)
    if drawn:
        put_pictures(document, _PICTURE, drawn, Pt(_LOGO))


def _at(document: Any, name: str) -> Any:
    """Return the paragraph of the body that holds a placeholder and nothing else."""
    from docx.oxml.ns import qn

    for paragraph in document.element.body.findall(qn("w:p")):
        text = "".join(text_node.text or "" for text_node in own_texts(paragraph)).strip()
        if [(mark.name, mark.kind, mark.end) for mark in marks(text)] == [
            (name, "value", len(text))
        ]:
            return paragraph
    return None


def _write(
    document: Any,
    report: blocks.Report,
    accent: str,
    notes: tuple[str, ...],
    body: Any,
    contents: Any,
) -> None:
    """Put the report where the template has its body, and the contents where it wants them."""
    page = _page_of(document, body)
    writer = Writer(document, report, _rooms(page), accent)
    across = False
    for turned, elements in _parts(report, writer, notes):
        if elements and turned != across:
            body.addprevious(_break(page, across=across))
            across = turned
        for node in elements:
            body.addprevious(node)
    if across:
        body.addprevious(_break(page, across=True))
    for name in ("w:titlePg", "w:pgNumType"):
        if _broken(document, page):
            _without(page, name)
    entries = list(_contents(writer))
    if contents is None:
        first = _first_of(document, writer)
        for entry in entries:
            first.addprevious(entry)
    else:
        for entry in entries:
            contents.addprevious(entry)
        contents.getparent().remove(contents)
    body.getparent().remove(body)
    _updated(document)


def _updated(document: Any) -> None:
    """Have Word fill the fields anew when the document is opened."""
    from docx.oxml.ns import qn

    settings = document.settings.element
    if settings.find(qn("w:updateFields")) is None:
        new = element("w:updateFields", {"w:val": "true"})
        settings.insert_element_before(new, *_AFTER_FIELDS)


def _first_of(document: Any, writer: Writer) -> Any:
    from docx.oxml.ns import qn

    mark = writer.entries[0][2]
    for start in document.element.body.iter(qn("w:bookmarkStart")):
        if start.get(qn("w:name")) == mark:
            return start.getparent()
    raise AssertionError


def _parts(
    report: blocks.Report, writer: Writer, notes: tuple[str, ...]
) -> Iterator[tuple[bool, list[Any]]]:
    """Yield elements, and whether they stand across. Headings go where what they head goes."""
    for number, section in enumerate(report.sections):
        waiting = [writer.heading(section.title, 1, section.id, new_page=number == 0)]
        for block, elements in writer.flow(section.blocks):
            if isinstance(block, blocks.Heading):
                waiting += elements
            else:
                yield writer.wide(block), [*waiting, *elements]
                waiting = []
        yield False, waiting
    yield False, [writer.paragraph(text, "Audit Note") for text in (report.footer, *notes)]


def _contents(writer: Writer) -> Iterator[Any]:
    """Yield the table of contents: a field that Word fills anew, with page numbers, on opening.

    Until then, and in programs that do not, it is a list of links, which needs no page numbers.
    """
    entries = [entry for entry in writer.entries if entry[0] <= _TOP]
    yield writer.paragraph(_("Contents"), "TOC Heading")
    runs = list(field_runs(f'TOC \\o "1-{_TOP}" \\h \\z \\u', "", dirty=True))
    for number, (level, text, mark) in enumerate(entries):
        paragraph = writer.paragraph(text, f"toc {level}")
        linked(paragraph, mark)
        if number == 0:
            for position, run in enumerate(runs[:3], 1):
                paragraph.insert(position, run)
        if number == len(entries) - 1:
            paragraph.append(runs[-1])
        yield paragraph


def _page_of(document: Any, paragraph: Any) -> Any:
    """Return the properties of the page that a paragraph stands on."""
    from docx.oxml.ns import qn

    for following in paragraph.itersiblings():
        properties = following.find(f"{qn('w:pPr')}/{qn('w:sectPr')}")
        if properties is not None:
            return properties
    return document.element.body.sectPr


def _rooms(page: Any) -> tuple[float, float]:
    """Return the width of the text on the page, and on the page turned, in points."""
    from docx.oxml.ns import qn

    size, margins = page.find(qn("w:pgSz")), page.find(qn("w:pgMar"))
    sides = [int(margins.get(qn(f"w:{side}"))) for side in ("left", "right", "top", "bottom")]
    width, height = int(size.get(qn("w:w"))), int(size.get(qn("w:h")))
    return (width - sides[0] - sides[1]) / 20, (height - sides[2] - sides[3]) / 20


# A page's size stands in the last paragraph of its section, so a wide table between two texts takes
# two breaks: one upright, that ends the first text; one across, that ends the table.
def _break(page: Any, *, across: bool) -> Any:
    """Return the paragraph that ends the pages so far, upright or across."""
    from docx.oxml.ns import qn

    section = copy.deepcopy(page)
    if across:
        size, margins = section.find(qn("w:pgSz")), section.find(qn("w:pgMar"))
        width, height = size.get(qn("w:w")), size.get(qn("w:h"))
        size.set(qn("w:w"), height)
        size.set(qn("w:h"), width)
        size.set(qn("w:orient"), "landscape")
        sides = {name: margins.get(qn(f"w:{name}")) for name in _TURNED}
        for name, side in _TURNED.items():
            margins.set(qn(f"w:{name}"), sides[side])
        for name in ("w:titlePg", "w:pgNumType"):
            _without(section, name)
    return element("w:p", {}, element("w:pPr", {}, section))


def _broken(document: Any, page: Any) -> bool:
    return page is document.element.body.sectPr and bool(
        document.element.body.xpath("./w:p/w:pPr/w:sectPr")
    )


def _without(page: Any, name: str) -> None:
    from docx.oxml.ns import qn

    for child in page.findall(qn(name)):
        page.remove(child)
