"""Tools that some tests need: without one its tests skip, or fail where it is required.

``CXAUDIT_REQUIRE`` names the tools that must be there, with commas between them, such as
``calamine,pyarrow,chromium,libreoffice``. Tests ask for a tool by the fixture `needs`.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import itertools
import os
import re
import shutil
from pathlib import Path
from types import ModuleType

import attrs
import pytest
from babel.messages import Catalog
from babel.messages.pofile import write_po
from hypothesis import settings

# A slow machine is no failed promise: speed is measured in bench/.
settings.register_profile("cxaudit", deadline=None)
settings.load_profile("cxaudit")

MODULES = {
    "calamine": "python_calamine",
    "pyarrow": "pyarrow",
    "xlsxwriter": "xlsxwriter",
    "playwright": "playwright",
    "pypdf": "pypdf",
    "typst": "typst",
}
"""Tools that are Python packages, and the module of each."""
PROGRAMS = {
    "chromium": ("chromium", "chromium-browser", "google-chrome"),
    "libreoffice": ("soffice", "libreoffice"),
    "poppler": ("pdftotext",),
}
"""Tools that are programs, and the names that each goes by."""


_PACKAGES = itertools.count(1)


def pytest_make_parametrize_id(val):
    """Number packages: their bytes hold the time of packing, and workers must name tests alike."""
    packed = isinstance(val, bytes) and val.startswith(b"PK\x03\x04")
    return f"package-{next(_PACKAGES)}" if packed else None


def tool(name: str) -> ModuleType | str:
    """Return a tool: a package's module, or a program's path.

    Skips the test without the tool; fails it when ``CXAUDIT_REQUIRE`` names the tool.
    """
    if name in MODULES:
        try:
            return importlib.import_module(MODULES[name])
        except ImportError as error:
            missing = str(error)
    else:
        for program in PROGRAMS[name]:
            if found := shutil.which(program):
                return found
        missing = f"no program named {' or '.join(PROGRAMS[name])}"
    required = os.environ.get("CXAUDIT_REQUIRE", "").split(",")
    if name in {each.strip() for each in required}:
        pytest.fail(f"{name} is required by CXAUDIT_REQUIRE: {missing}", pytrace=False)
    pytest.skip(f"needs {name}: {missing}")


@pytest.fixture
def needs():
    """Give a function that returns a tool by its name, or skips the test."""
    return tool


@pytest.fixture
def approved(request):
    """Compare a text with its golden file beside the test; ``CXAUDIT_UPDATE=1`` rewrites it."""
    golden = request.path.with_name("golden")

    def compare(file, text):
        path = golden / file
        if os.environ.get("CXAUDIT_UPDATE") == "1":
            golden.mkdir(exist_ok=True)
            path.write_bytes(text.encode())
        assert path.read_bytes().decode() == text, f"CXAUDIT_UPDATE=1 rewrites {file}"

    return compare


@functools.cache
def _messages() -> Catalog:
    path = Path(__file__).parent / "languages" / "test_catalogues.py"
    spec = importlib.util.spec_from_file_location("catalogues_of_reports", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.template()


@pytest.fixture
def invented(tmp_path, monkeypatch):
    """Give a function that invents the catalogue of a language: each word of each message changed.

    It is in capitals if nothing else is asked for. Then small letters in a document are those of a
    client, or of a word that no translator can reach.
    """
    from cxaudit._words import language

    folder = tmp_path / "languages"
    folder.mkdir()
    monkeypatch.setattr(language, "CATALOGUES", folder)
    language.language_of.cache_clear()

    def invent(tag, word=str.upper):
        made = Catalog(locale=tag)
        for message in _messages():
            if isinstance(message.id, tuple):
                one, many = (_reworded(form, word) for form in message.id)
                forms = made.num_plurals
                made.add(message.id, (one, many) if forms == 2 else (many,) * forms)
            elif message.id:
                made.add(message.id, _reworded(message.id, word))
        with (folder / f"{tag}.po").open("wb") as file:
            write_po(file, made)
        language.language_of.cache_clear()

    yield invent
    language.language_of.cache_clear()


@pytest.fixture
def reworded():
    """Give a function that changes each word that a report says, a client's or ours."""
    return _reworded


_ARABIC = dict(zip("abcdefghijklmnopqrstuvwxyz", "ابثدهفغحيجكلمنوپقرستوڤخشيز", strict=True))


@pytest.fixture
def arabic():
    """Give a function that returns a word in letters of Arabic: what it means does not matter."""
    return lambda word: "".join(_ARABIC.get(letter, letter) for letter in word.casefold())


_UNSAID = {
    *("anchor", "anchors", "audience", "branding", "data", "id", "language", "link"),
    *("media_type", "side", "tone", "unit"),
}
"""Fields of reports that are no texts, or that documents put into words of their own."""
_WORD = re.compile(r"(\{\w+\})|[^\W\d_]+")


def _reworded(value, word):
    if isinstance(value, str):
        text = _WORD.sub(lambda found: found[1] or word(found[0]), value)
        if hasattr(value, "ends"):
            return type(value)(text, *_reworded(value.ends, word))
        figure = hasattr(value, "style")
        return type(value)(text, value.value, value.style) if figure else text
    if isinstance(value, tuple):
        return tuple(_reworded(each, word) for each in value)
    if attrs.has(type(value)):
        fields = (field.name for field in attrs.fields(type(value)) if field.name not in _UNSAID)
        return attrs.evolve(
            value, **{name: _reworded(getattr(value, name), word) for name in fields}
        )
    return value


SLOW = (
    *("examples", "hostile", "real", "report_huge", "report_page"),
    *("docs/test_tutorial.py", "duckdb_session/test_pseudonyms.py", "expressions/test_hostile.py"),
    *("open_hours/test_minutes.py", "phone/test_bench.py", "plugins/test_example_plugin.py"),
    *("privacy/test_attack.py", "privacy/test_suppression.py", "privacy/test_thumbnails.py"),
    *("project/test_required_tools.py", "reports/test_result_files.py"),
)
"""Folders and files whose tests start programs, read long logs or try very many inputs."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests that are slow: ``-m "not slow"`` leaves them out."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here) and item.path.relative_to(here).as_posix().startswith(
            SLOW
        ):
            item.add_marker(pytest.mark.slow)


def pytest_configure() -> None:
    """Refuse names that no test asks for: a misspelt one would require nothing."""
    required = {each.strip() for each in os.environ.get("CXAUDIT_REQUIRE", "").split(",")} - {""}
    if unknown := sorted(required - {*MODULES, *PROGRAMS}):
        known = ", ".join((*MODULES, *PROGRAMS))
        msg = f"CXAUDIT_REQUIRE names {', '.join(unknown)}; tests know {known}"
        raise pytest.UsageError(msg)
