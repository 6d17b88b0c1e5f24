"""The report as a PDF, set by typst: tagged (PDF/UA-1), with bookmarks, links and the shipped font.

typst runs in this process, without network, system fonts or files: the report reaches it as JSON,
and the template prints texts as they are, so that no text of a client becomes markup or code.
"""

from __future__ import annotations

import functools
import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from cxaudit.documents import _, cleaned
from cxaudit.plugin import Report
from cxaudit_reports.drawing.office import needed
from cxaudit_reports.drawing.theme import FONTS
from cxaudit_reports.pdf.tree import tree

if TYPE_CHECKING:
    import typst

__all__ = ["render_pdf"]

_FOLDER = Path(__file__).with_name("templates")
_THREAD = threading.local()
"""Each thread's compiler: one sets one document at a time, and several threads several."""
_UNDRAWN = "PDF/UA-1 error: the text "
"""How typst begins to say that no font has a sign."""


def render_pdf(report: Report) -> bytes:
    """Return the report as a PDF. The same report gives the same bytes.

    Where a text holds signs that none of the fonts has, it is no PDF/UA-1 and says so at its end.

    Raises:
        ImportError: If typst is missing; the extra ``reports`` brings it.
        ValueError: If a picture cannot be read.
    """
    with needed("typst"):
        import typst
    report = cleaned(report)
    document = tree(report)
    try:
        return _set(document, accessible=True)
    except typst.TypstError as error:
        if not error.message.startswith(_UNDRAWN):
            raise _explained(error, document) from error
    document["notes"].append(
        _(
            "Signs that no font of this document has are printed as empty boxes; the page shows "
            "them."
        )
    )
    try:
        return _set(document, accessible=False)
    except typst.TypstError as error:
        raise _explained(error, document) from error


def _set(document: dict[str, Any], *, accessible: bool) -> bytes:
    inputs = {"report": json.dumps(document, ensure_ascii=False, separators=(",", ":"))}
    # PDF/UA-1 (ISO 14289-1): typst writes nothing that breaks a rule of it that it can see.
    standard: Literal["ua-1"] | None = "ua-1" if accessible else None
    content = _compiler().compile(format="pdf", sys_inputs=inputs, pdf_standards=standard)
    assert isinstance(content, bytes)
    return content


def _compiler() -> typst.Compiler:
    import typst

    if not hasattr(_THREAD, "compiler"):
        # No file outside the root can be read, not even by a picture in a picture.
        _THREAD.compiler = typst.Compiler(
            input=str(_FOLDER / "report.typ"), root=str(_FOLDER), font_paths=_fonts()
        )
    compiler: typst.Compiler = _THREAD.compiler
    return compiler


@functools.cache
def _fonts() -> typst.Fonts:
    import typst

    return typst.Fonts(include_system_fonts=False, font_paths=[str(FONTS)])


def _explained(error: typst.TypstError, document: dict[str, Any]) -> ValueError:
    """Return an error that names the picture that cannot be read, if it is one."""
    import typst

    sections = [*document["first"], *document["rest"]]
    blocks = [block for section in sections for block in section["blocks"]]
    blocks += [reason for block in blocks for reason in block.get("why", ())]
    photos = [photo for block in blocks for photo in block.get("photos", ())]
    for node in filter(None, (document["logo"], *photos)):
        alone = {**document, "first": [], "rest": [], "logo": node}
        try:
            _set(alone, accessible=False)
        except typst.TypstError as reason:
            name = "logo" if node is document["logo"] else f"picture {node['text']!r}"
            return ValueError(f"the {name} cannot be read: {reason.message}")
    return ValueError(f"typst cannot set the report: {error.message}")
