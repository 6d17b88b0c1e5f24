"""What cxaudit adds to pytest: golden files, and cases in TOML as tests.

pytest imports it in every session of an environment with cxaudit; it imports nothing of cxaudit
before it is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from _pytest._code.code import TerminalRepr

    from cxaudit._testing.cases import Case

__all__ = ["Golden", "golden"]

_CASES = ".cases.toml"
_UPDATE = "--update"


class Golden:
    """Compares contents with files in the folder ``golden`` beside a test."""

    def __init__(self, folder: Path, *, update: bool) -> None:
        self._folder = folder
        self._update = update

    def __call__(self, name: str, content: str | bytes) -> None:
        """Compare a content with its golden file; ``pytest --update`` writes it.

        Args:
            name: Name of the file.
            content: What it should hold.

        Raises:
            AssertionError: If it holds something else, or is not there.
        """
        __tracebackhide__ = True
        path = self._folder / name
        written = content.encode() if isinstance(content, str) else content
        if self._update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(written)
            return
        hint = "`pytest --update` writes it; read every changed line"
        if not path.is_file():
            pytest.fail(f"there is no golden file {path}: {hint}", pytrace=False)
        golden: str | bytes = path.read_bytes()
        if isinstance(content, str) and isinstance(golden, bytes):
            golden = golden.decode()
        assert content == golden, f"{path.name} holds something else: {hint}"


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compare contents with files in the folder ``golden`` beside the test."""
    return Golden(request.path.parent / "golden", update=bool(request.config.getoption(_UPDATE)))


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(parser: pytest.Parser) -> Iterator[None]:
    """Add ``--update``, unless a project's own conftest or another plugin has one already."""
    yield
    _, unknown = parser.parse_known_and_unknown_args([_UPDATE])
    if unknown:
        group = parser.getgroup("cxaudit", "cxaudit")
        group.addoption(_UPDATE, action="store_true", help="Write golden files anew.")


def pytest_collect_file(parent: pytest.Collector, file_path: Path) -> pytest.Collector | None:
    """Collect ``*.cases.toml``."""
    if file_path.name.endswith(_CASES):
        return CasesFile.from_parent(parent, path=file_path)
    return None


class CasesFile(pytest.File):
    """A file of cases."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield its cases as tests.

        Raises:
            CollectError: If the file is none of cases.
        """
        from cxaudit._testing.cases import read_cases

        try:
            cases = read_cases(self.path)
        except ValueError as error:
            raise self.CollectError(str(error)) from None
        for case in cases:
            yield CaseItem.from_parent(self, name=case.name, case=case)


class CaseItem(pytest.Item):
    """A case as a test."""

    def __init__(self, *, case: Case, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._case = case

    def runtest(self) -> None:
        """Run the case."""
        self._case.check()

    def repr_failure(
        self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None
    ) -> str | TerminalRepr:
        """Return the message of a case that fails, and the traceback of anything else."""
        if isinstance(excinfo.value, AssertionError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Return where the case stands, and its name."""
        return self.path, None, self.name
