"""Catalogues are whole: every message of a report has its translation, with the same values in it.

``CXAUDIT_UPDATE=1 pytest tests/languages`` brings the catalogues up to date with the code: new
messages come in empty, those that nothing says any more go. A translator fills the empty ones.
"""

from __future__ import annotations

import ast
import io
import os
import re
from pathlib import Path

import pytest
from babel import Locale
from babel.messages import Catalog
from babel.messages.pofile import read_po, write_po

from cxaudit._words.language import CATALOGUES
from tests.support.messages import CODE, ROOT, template

VALUE = re.compile(r"\{([\w-]+)\}")


def catalogues() -> list[Path]:
    """Return the catalogues that there are."""
    return sorted(CATALOGUES.glob("*.po"))


def read(path: Path) -> Catalog:
    """Return a catalogue."""
    with path.open("rb") as file:
        return read_po(file, locale=path.stem.replace("-", "_"))


HEAD = """# {name}: the words of reports. Missing ones are English.
msgid ""
msgstr ""
"Language: {tag}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {forms}\\n"

"""


def written(catalogue: Catalog, tag: str) -> str:
    """Return a catalogue as the text of its file, without dates, in the order of places."""
    out = io.BytesIO()
    write_po(
        out,
        catalogue,
        width=100,
        include_lineno=False,
        ignore_obsolete=True,
        sort_by_file=True,
        omit_header=True,
    )
    name = Locale.parse(tag, sep="-").get_display_name("en")
    head = HEAD.format(name=name, tag=tag, forms=catalogue.plural_forms.rstrip(";") + ";")
    return head + out.getvalue().decode()


@pytest.mark.parametrize("path", catalogues(), ids=lambda path: path.stem)
def test_a_catalogue_holds_all_messages_and_no_others(path):
    known = {message.id for message in template() if message.id}
    catalogue = read(path)
    if os.environ.get("CXAUDIT_UPDATE"):
        catalogue.update(template(), no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        path.write_text(written(catalogue, path.stem), "utf-8")
    found = {message.id for message in catalogue if message.id}
    assert sorted(map(str, known - found)) == []
    assert sorted(map(str, found - known)) == []


@pytest.mark.parametrize("path", catalogues(), ids=lambda path: path.stem)
def test_every_message_is_translated_with_its_values(path):
    wrong = []
    for message in read(path):
        if not message.id:
            continue
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        values = [set(VALUE.findall(text)) for text in texts]
        wanted = set(VALUE.findall(ids[-1]))
        # "1 visit" may do without its number; the forms of many may not.
        if (
            not all(texts)
            or message.fuzzy
            or any(found != wanted for found in values[1:] or values)
        ):
            wrong.append(message.id)
    assert wrong == []


def test_no_message_hides_inside_an_f_string():
    """Extractors do not look there."""
    hidden = [
        f"{file.name}:{outer.lineno}"
        for folder in CODE
        for file in sorted((ROOT / folder).rglob("*.py"))
        for outer in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(outer, ast.JoinedStr) and any(map(_says, ast.walk(outer)))
    ]
    assert hidden == []


def _says(node: ast.AST) -> bool:
    """Tell whether a piece of code names a message."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"_", "ngettext", "N_"}
        and isinstance(node.args[0], ast.Constant)
    )
