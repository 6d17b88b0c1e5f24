"""Fixtures that all folders share; those of `tests.support` are its plugins."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import pytest
from hypothesis import settings

pytest_plugins = ("tests.support.audits", "tests.support.tools", "tests.support.words")

# A slow machine is no failed promise: speed is measured in bench/.
settings.register_profile("cxaudit", deadline=None)
settings.load_profile("cxaudit")

_PACKAGES = itertools.count(1)


def pytest_make_parametrize_id(val):
    """Number packages: their bytes hold the time of packing, and workers must name tests alike."""
    packed = isinstance(val, bytes) and val.startswith(b"PK\x03\x04")
    return f"package-{next(_PACKAGES)}" if packed else None


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
