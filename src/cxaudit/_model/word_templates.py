"""Placeholders of Word templates: what they may be, and what else a template must not hold.

A template comes from a client. Its placeholders are names that are looked up, not a language, and
what would fetch or run something when the document is opened is refused.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator
from typing import Any

import attrs

from cxaudit._model.packages import PackageError, opened_package, parsed

__all__ = ["PLACEHOLDERS", "Mark", "marks", "own_texts", "template_problems"]

PLACEHOLDERS = ("title", "subtitle", "client", "name", "footer", "logo", "contents", "body")
"""Names that a template may hold in two pairs of braces."""

_MOST_BYTES = 50_000_000
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_W = f"{{{_WORD}}}"
_PARAGRAPH, _TEXT, _BODY = f"{_W}p", f"{_W}t", f"{_W}body"
_FILLED = {f"{_W}document", f"{_W}hdr", f"{_W}ftr"}
"""Roots of the parts whose paragraphs are filled."""
_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"

_NAME = "|".join(PLACEHOLDERS)
_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}|\{[{%#]", re.DOTALL)
_VALUE = re.compile(rf"\{{\{{\s*({_NAME})\s*\}}\}}")
_CONDITION = re.compile(
    rf"\{{%\s*(?:(if|elif)\s+(not\s+)?({_NAME})|(else|endif))\s*%\}}",
)
_MOST_SHOWN = 60

_NAMES_OF_FIELDS = """
= ADVANCE AUTHOR BIBLIOGRAPHY CITATION COMMENTS COMPARE CREATEDATE DATE DOCPROPERTY
DOCVARIABLE EDITTIME EQ FILENAME FILESIZE FORMCHECKBOX FORMDROPDOWN FORMTEXT FORMULA
HYPERLINK IF INDEX KEYWORDS LASTSAVEDBY LISTNUM MERGEFIELD NOTEREF NUMCHARS NUMPAGES
NUMWORDS PAGE PAGEREF PRINTDATE QUOTE REF REVNUM SAVEDATE SECTION SECTIONPAGES SEQ SET
STYLEREF SUBJECT SYMBOL TA TC TEMPLATE TIME TITLE TOA TOC USERADDRESS USERINITIALS
USERNAME XE
"""
_FIELDS = frozenset(_NAMES_OF_FIELDS.split())
"""Fields that fetch nothing and run nothing (ECMA-376, part 1, 17.16.5)."""
_ARGUMENTS = re.compile(r'\\[lot*@#]\s*(?:"[^"]*"|\S+)|\\.|"([^"]*)"|([^\s\\]\S*)', re.IGNORECASE)
"""Arguments of a field, without its switches and what belongs to these."""
_WEB = re.compile(r"(?:https?|mailto|tel):|#", re.IGNORECASE)
_RUNNING = {
    *("oleObject", "control", "activeXControlBinary", "vbaProject", "wordVbaData"),
    *("attachedTemplate", "attachedToolbars", "keyMapCustomizations", "aFChunk", "subDocument"),
    *("frame", "mailMergeSource", "mailMergeHeaderSource", "recipientData", "externalLink"),
    *("externalLinkPath", "extensibility", "webextension", "webextensiontaskpanes", "transform"),
}
"""Last words of relations to what fetches or runs."""
_ELEMENTS = {
    *("object", "OLEObject", "control", "mailMerge", "altChunk", "subDoc", "attachedTemplate"),
    *("entryMacro", "exitMacro", "frameset", "saveThroughXslt"),
}
_MEDIA = re.compile(
    r"(?i)image/.*|application/(?:x-font.*|font.*|vnd\.ms-opentype"
    r"|vnd\.openxmlformats-officedocument\.(?:obfuscatedFont|spreadsheetml\.sheet"
    r"|wordprocessingml\.printerSettings))"
)
"""Parts that are no XML and hold nothing that runs."""
_VML = "{urn:schemas-microsoft-com:vml}"
_FETCHED = ("src", "{urn:schemas-microsoft-com:office:office}href", "althref")


@attrs.frozen
class Mark:
    """A placeholder or condition in a text.

    Attributes:
        start, end: Where it stands.
        kind: ``value``, ``if``, ``elif``, ``else``, ``endif``, or nothing where it is none of them.
        name: The placeholder that it asks for.
        negated: Whether a condition holds where the name has no value.
    """

    start: int
    end: int
    kind: str
    name: str = ""
    negated: bool = False


def marks(text: str) -> Iterator[Mark]:
    """Yield the placeholders and conditions of a text, and all that looks like one."""
    for tag in _TAG.finditer(text):
        if match := _VALUE.fullmatch(tag[0]):
            yield Mark(*tag.span(), "value", match[1])
        elif match := _CONDITION.fullmatch(tag[0]):
            yield Mark(*tag.span(), match[1] or match[4], match[3] or "", bool(match[2]))
        else:
            yield Mark(*tag.span(), "")


def own_texts(paragraph: Any) -> list[Any]:
    """Return the ``w:t`` elements of a paragraph, without those of text boxes in it."""
    texts, waiting = [], list(reversed(paragraph))
    while waiting:
        element = waiting.pop()
        if element.tag == _TEXT:
            texts.append(element)
        elif element.tag != _PARAGRAPH:
            waiting.extend(reversed(element))
    return texts


def template_problems(content: bytes) -> tuple[str, ...]:
    """Return why a file cannot be the template of a Word document, with the place of each cause.

    Args:
        content: The file.
    """
    try:
        with opened_package(io.BytesIO(content), _MOST_BYTES) as archive:
            return tuple(dict.fromkeys(_problems(archive)))
    except PackageError as error:
        return (f"it is no Word document (.docx) that can be read: {error}",)


def _problems(archive: zipfile.ZipFile) -> Iterator[str]:
    types = _types(archive)
    if _MAIN not in types.values():
        yield "it is no Word document (.docx) that can be read: no part of it is a plain document"
        return
    for name, kind in types.items():
        if "macro" in kind.lower() or not (kind.lower().endswith("xml") or _MEDIA.fullmatch(kind)):
            yield f"{name}: a template may hold no part of the kind {kind!r}"
            continue
        if not kind.lower().endswith("xml"):
            continue
        try:
            root = parsed(archive.read(name))
        except PackageError as error:
            yield f"{name}: {error}"
            continue
        if name.lower().endswith(".rels"):
            yield from _relations(name, root)
            continue
        yield from (f"{name}, {problem}" for problem in _tags(root, main=kind == _MAIN))
        yield from (f"{name}: {problem}" for problem in (*_fields(root), *_elements(root)))


def _types(archive: zipfile.ZipFile) -> dict[str, str]:
    """Return each part's content type; one that is not named is no part that is read."""
    try:
        root = parsed(archive.read("[Content_Types].xml"))
    except KeyError as error:
        msg = "it names no types of its parts"
        raise PackageError(msg) from error
    by_name, by_ending = {}, {}
    for element in root:
        kind = element.get("ContentType", "")
        if element.tag.endswith("}Override"):
            by_name[element.get("PartName", "").lower().lstrip("/")] = kind
        else:
            by_ending[element.get("Extension", "").lower()] = kind
    kinds = {}
    for name in archive.namelist():
        if name.endswith("/") or name == "[Content_Types].xml":
            continue
        low = name.lower()
        ending = posixpath.splitext(low)[1].lstrip(".") or low.rpartition(".")[2]
        kinds[name] = by_name.get(low) or by_ending.get(ending) or "unnamed"
    return kinds


def _relations(name: str, root: Any) -> Iterator[str]:
    for relation in root:
        kind = relation.get("Type", "").rpartition("/")[2]
        target = relation.get("Target", "")
        if relation.get("TargetMode", "").lower() == "external":
            if kind != "hyperlink" or not _WEB.match(target.strip()):
                yield f"{name}: {_short(target)} is fetched from outside ({kind})"
        elif kind in _RUNNING:
            yield f"{name}: a template may hold nothing of the kind {kind!r} ({_short(target)})"


def _tags(root: Any, *, main: bool) -> Iterator[str]:
    """Yield what is wrong with placeholders and conditions, paragraph by paragraph."""
    filled: set[int] = set()
    numbers = {id(paragraph): number for number, paragraph in enumerate(root.iter(_PARAGRAPH), 1)}
    alone = dict.fromkeys(("body", "contents"), 0)
    for container in root.iter() if root.tag in _FILLED else ():
        opened: list[tuple[str, bool]] = []
        for paragraph in (child for child in container if child.tag == _PARAGRAPH):
            at = f"paragraph {numbers[id(paragraph)]}"
            texts = own_texts(paragraph)
            filled.update(map(id, texts))
            text = "".join(node.text or "" for node in texts)
            for mark in marks(text):
                tag = text[mark.start : mark.end]
                if mark.name in alone and mark.kind == "value":
                    whole = main and container.tag == _BODY and not opened
                    alone[mark.name] += 1 if whole and text.strip() == tag else 2
                elif not mark.kind:
                    yield f"{at}: {_short(tag if len(tag) > 2 else text)} is no placeholder"  # noqa: PLR2004
                elif mark.kind != "value" and not _fits(mark, opened, at):
                    yield f"{at}: {_short(tag)} belongs to no {{% if %}} before it"
        yield from (f"{at}: {{% if %}} is not ended by {{% endif %}}" for at, _ in opened)
    if main and (alone["body"] != 1 or alone["contents"] > 1):
        yield (
            "it needs {{body}} once, in a paragraph of its own outside tables and text boxes, "
            "and {{contents}} at most once, in one too"
        )
    elif not main and any(alone.values()):
        yield "{{body}} and {{contents}} stand in the text alone"
    for element in root.iter():
        words = "" if id(element) in filled else element.text or ""
        for other in (*element.attrib.values(), words):
            for tag in _TAG.findall(other):
                yield f"{_short(tag)} stands where nothing is filled in"


def _fits(mark: Mark, opened: list[tuple[str, bool]], at: str) -> bool:
    """Open, go on with or close a condition; tell whether there was one to go on with."""
    if mark.kind == "if":
        opened.append((at, False))
        return True
    if not opened or (mark.kind != "endif" and opened[-1][1]):
        return False
    begun, _ = opened.pop()
    if mark.kind != "endif":
        opened.append((begun, mark.kind == "else"))
    return True


def _fields(root: Any) -> Iterator[str]:
    """Yield fields that fetch or run, or whose kind shows only once they are evaluated."""
    open_codes: list[list[str]] = []
    separated: list[bool] = []
    for element in root.iter():
        name = element.tag.removeprefix(_W)
        if name == "fldSimple":
            yield from _field(element.get(f"{_W}instr", ""))
        elif name in {"instrText", "delInstrText"}:
            if open_codes:
                open_codes[-1].append(element.text or "")
            else:
                yield from _field(element.text or "")
        elif name == "fldChar":
            kind = element.get(f"{_W}fldCharType")
            if kind == "begin":
                if open_codes and not separated[-1]:
                    open_codes[-1].append("\ufffc")  # what a field in its code gives
                open_codes.append([])
                separated.append(False)
            elif kind == "separate" and separated:
                separated[-1] = True
            elif kind == "end" and open_codes:
                separated.pop()
                yield from _field("".join(open_codes.pop()))
    for code in open_codes:
        yield from _field("".join(code))


def _field(code: str) -> Iterator[str]:
    words = code.split(None, 1)
    if not words:
        return
    kind, rest = words[0].upper(), (*words[1:], "")[0]
    if kind.startswith("="):
        kind = "="
    targets = [a or b for a, b in _ARGUMENTS.findall(rest)] if kind == "HYPERLINK" else []
    if kind not in _FIELDS or any(target and not _WEB.match(target.strip()) for target in targets):
        yield f"the field {_short(code.strip())} may fetch or run something"


def _elements(root: Any) -> Iterator[str]:
    for element in root.iter():
        name = element.tag.rpartition("}")[2]
        if name in _ELEMENTS:
            yield f"a template may hold no {name}"
        if element.tag.startswith(_VML):
            for key in _FETCHED:
                if element.get(key):
                    yield f"{_short(element.get(key))} is fetched from outside ({name})"
            if element.get("href") and not _WEB.match(element.get("href").strip()):
                yield f"{_short(element.get('href'))} is no address of a web page ({name})"


def _short(text: str) -> str:
    return repr(text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…")
