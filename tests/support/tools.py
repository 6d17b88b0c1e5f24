"""Tools that some tests need: without one its tests skip, or fail where it is required.

``CXAUDIT_REQUIRE`` names the tools that must be there, with commas between them, such as
``calamine,pyarrow,chromium,libreoffice``. Tests ask for a tool by the fixture `needs`.
"""

from __future__ import annotations

import importlib
import os
import shutil
from types import ModuleType

import pytest

MODULES = {
    "calamine": "python_calamine",
    "pyarrow": "pyarrow",
    "xlsxwriter": "xlsxwriter",
    "playwright": "playwright",
    "pypdf": "pypdf",
    "typst": "typst",
    "hatchling": "hatchling",
}
"""Tools that are Python packages, and the module of each."""
PROGRAMS = {
    "chromium": ("chromium", "chromium-browser", "google-chrome"),
    "libreoffice": ("soffice", "libreoffice"),
    "poppler": ("pdftotext",),
}
"""Tools that are programs, and the names that each goes by."""


def required() -> set[str]:
    """Return the names of the tools that must be there."""
    names = os.environ.get("CXAUDIT_REQUIRE", "").split(",")
    return {name.strip() for name in names} - {""}


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
            if path := shutil.which(program):
                return path
        missing = f"no program named {' or '.join(PROGRAMS[name])}"
    if name in required():
        pytest.fail(f"{name} is required by CXAUDIT_REQUIRE: {missing}", pytrace=False)
    pytest.skip(f"needs {name}: {missing}")


@pytest.fixture
def needs():
    """Give a function that returns a tool by its name, or skips the test."""
    return tool


def pytest_configure() -> None:
    """Refuse names that no test asks for: a misspelt one would require nothing."""
    tools = (*MODULES, *PROGRAMS)
    if unknown := sorted(required() - {*tools}):
        msg = f"CXAUDIT_REQUIRE names {', '.join(unknown)}; tests know {', '.join(tools)}"
        raise pytest.UsageError(msg)
