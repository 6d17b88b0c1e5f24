"""Filling a Word template: placeholders become texts, conditions keep or drop what they hold."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from cxaudit.documents import Mark, marks, own_texts
from cxaudit_reports.word.template import element

__all__ = ["fill", "put_pictures"]


def fill(document: Any, values: Mapping[str, str]) -> None:
    """Put values at a document's placeholders, in its text, headers and footers.

    Values are texts and stay texts. A placeholder has the look of the run in which it begins. Where
    a condition does not hold, the paragraphs, tables and texts between its ends are left out; so
    is a paragraph of which conditions leave nothing.

    Args:
        document: A document without template problems (`cxaudit.documents.template_problems`).
        values: Values by name; a condition holds where its name's value is not empty.
    """
    from docx.oxml.ns import qn

    for part in _stories(document):
        containers = [node for node in part.element.iter() if node.find(qn("w:p")) is not None]
        for container in containers:
            _Conditions(values).fill(container)


def _stories(document: Any) -> Iterator[Any]:
    """Yield the parts that hold texts: the document's own, headers and footers."""
    from docx.parts.story import StoryPart

    for part in document.part.package.iter_parts():
        if isinstance(part, StoryPart):
            yield part


def put_pictures(document: Any, mark: str, picture: bytes, height: int) -> None:
    """Put a picture wherever a mark stands among the texts of a document.

    Args:
        document: The document.
        mark: The text that is taken out.
        picture: PNG, JPEG or GIF.
        height: Height of the picture, in English Metric Units.
    """
    from docx.oxml.ns import qn

    for part in _stories(document):
        for text in list(part.element.iter(qn("w:t"))):
            first, *others = (text.text or "").split(mark)
            text.text, last = first, text
            for other in others:
                inline = part.new_pic_inline(io.BytesIO(picture), height=height)
                behind = element("w:t", {"xml:space": "preserve"})
                behind.text = other
                for new in (element("w:drawing", {}, inline), behind):
                    last.addnext(new)
                    last = new


class _Conditions:
    """What of a container is kept, in the order in which it is read."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self._kept = True
        self._outer: list[tuple[bool, bool]] = []
        """Per open condition: whether what it stands in is kept, and whether a branch of it was."""

    def fill(self, container: Any) -> None:
        from docx.oxml.ns import qn

        for child in list(container):
            if child.tag == qn("w:p"):
                self._paragraph(child)
            elif not self._kept and child.tag != qn("w:sectPr"):
                container.remove(child)

    def _paragraph(self, paragraph: Any) -> None:
        texts = own_texts(paragraph)
        whole = "".join(node.text or "" for node in texts)
        edits, dropped = self._edits(whole)
        if not edits and not dropped:
            return
        for piece, offset in list(_pieces(paragraph)):
            if any(start < offset < end for start, end in dropped):
                piece.getparent().remove(piece)
        edits += [(max(start, 0), min(end, len(whole)), "") for start, end in dropped]
        _replace(texts, sorted(edits, reverse=True))
        conditional = bool(dropped) or any(mark.kind != "value" for mark in marks(whole))
        if conditional and _is_bare(paragraph, texts):
            paragraph.getparent().remove(paragraph)

    def _edits(self, text: str) -> tuple[list[tuple[int, int, str]], list[tuple[int, int]]]:
        """Return what of a paragraph's text becomes what, and which stretches of it are dropped."""
        edits: list[tuple[int, int, str]] = []
        dropped: list[tuple[int, int]] = []
        begun = -1
        for mark in marks(text):
            was = self._kept
            if mark.kind != "value":
                self._turn(mark)
            if was and self._kept:
                value = self._values[mark.name] if mark.kind == "value" else ""
                edits.append((mark.start, mark.end, value))
            elif was:
                begun = mark.start
            elif self._kept:
                dropped.append((begun, mark.end))
        if not self._kept:
            dropped.append((begun, len(text) + 1))
        return edits, dropped

    def _turn(self, mark: Mark) -> None:
        """Begin, go on with or end a condition."""
        if mark.kind == "endif":
            self._kept, _chosen = self._outer.pop()
            return
        outer, chosen = (self._kept, False) if mark.kind == "if" else self._outer.pop()
        is_true = mark.kind == "else" or bool(self._values[mark.name]) != mark.negated
        self._kept = outer and is_true and not chosen
        self._outer.append((outer, chosen or is_true))


def _pieces(paragraph: Any) -> Iterator[tuple[Any, int]]:
    """Yield what a paragraph's runs hold beside texts, and after how many characters."""
    from docx.oxml.ns import qn

    offset, waiting = 0, list(reversed(paragraph))
    while waiting:
        part = waiting.pop()
        if part.tag == qn("w:t"):
            offset += len(part.text or "")
        elif part.tag != qn("w:p"):
            if part.getparent().tag == qn("w:r") and part.tag != qn("w:rPr"):
                yield part, offset
            waiting.extend(reversed(part))


def _replace(texts: list[Any], edits: list[tuple[int, int, str]]) -> None:
    """Put values at stretches of a text that lies in several elements, the last one first."""
    from docx.oxml.ns import qn

    begins = list(itertools.accumulate((len(node.text or "") for node in texts), initial=0))
    for start, end, value in edits:
        for text, begin, stop in zip(texts, begins, begins[1:], strict=False):
            if begin < end and start < stop:
                old = text.text
                put = value if begin <= start else ""
                text.text = old[: max(start - begin, 0)] + put + old[min(end, stop) - begin :]
                text.set(qn("xml:space"), "preserve")


def _is_bare(paragraph: Any, texts: list[Any]) -> bool:
    """Tell whether nothing is left of a paragraph, and it is none that has to be there."""
    from docx.oxml.ns import qn

    empty = not "".join(node.text or "" for node in texts).strip()
    last = paragraph.getnext() is None
    ends_section = paragraph.find(f"{qn('w:pPr')}/{qn('w:sectPr')}") is not None
    return empty and not last and not ends_section and not any(_pieces(paragraph))
