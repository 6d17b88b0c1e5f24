"""A new plugin, from templates: one file or a package, with the parts that were asked for.

The templates import all that some part of them needs; what is not used is taken out.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Collection, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from cxaudit._scaffold.tidying import tidy

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["NewPlugin", "name_problem"]

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_OVER_A_METRIC = {"check", "policy", "output", "section"}
_OVER_A_TABLE = {"metric", "source", "detector", "touchpoint"}
_MODULES = {
    "check": "quiet_hours",
    "source": "frontdesk",
    "detector": "shouting",
    "policy": "points",
    "output": "card",
    "section": "report",
}
_SPECS = {
    "touchpoint": ("DESK",),
    "table": ("VISITS",),
    "metric": ("ATTENDED", "QUIET"),
    "check": ("QUIET_HOURS",),
    "source": ("BOOKS",),
    "detector": ("BRUSH_OFFS", "SHOUTING"),
    "policy": ("POINTS",),
    "output": ("CARD",),
}


def name_problem(name: str) -> str:
    """Return why a plugin cannot be called so; empty when it can."""
    if not _NAME.fullmatch(name):
        return f"{name!r} is no name. Join lower-case words by hyphens, as in acme-audit."
    package = name.replace("-", "_")
    if keyword.iskeyword(package) or find_spec(package) is not None:
        return f"{name!r} is the name of a module already. Add a word, such as {name}-audit."
    return ""


@attrs.frozen(kw_only=True)
class NewPlugin:
    """A plugin that is to be written.

    Attributes:
        name: Its name, such as ``acme-audit``.
        kinds: What it begins with, of those in `cxaudit._scaffold.kinds`; what these rest
            on comes with them.
        one_file: Whether it is one file, or a package to be installed.
    """

    name: str
    kinds: Collection[str]
    one_file: bool = False

    @property
    def package(self) -> str:
        """Return the name under which it is imported."""
        return self.name.replace("-", "_")

    @property
    def namespace(self) -> str:
        """Return what its ids begin with: its name without what every such name has."""
        return self.name.removeprefix("cxaudit-").removesuffix("-audit").removesuffix("-cxaudit")

    def files(self) -> Mapping[str, str]:
        """Return its files: path in its folder, and content."""
        parts = self._parts()
        modules = {kind: name for kind, name in _MODULES.items() if kind in parts}
        main = self._rendered("plugin.py")
        bodies = {name: self._rendered(f"{name}.py") for name in modules.values()}
        files = {"README.md": self._rendered("README.md")}
        if self.one_file:
            files[f"{self.package}.py"] = tidy(main, *bodies.values())
        else:
            folder = f"src/{self.package}"
            files["pyproject.toml"] = self._rendered("pyproject.toml")
            files[f"{folder}/__init__.py"] = tidy(main)
            files[f"{folder}/py.typed"] = ""
            files |= {f"{folder}/{name}.py": tidy(body) for name, body in bodies.items()}
        files[f"tests/test_{self.package}.py"] = tidy(self._rendered("test_plugin.py"))
        if parts & {"check", "source", "detector"}:
            files[f"tests/{self.package}.cases.toml"] = self._rendered("cases.toml")
        if "metric" in parts:
            records = "quay.desk" if "source" in parts else "visits.csv"
            for name in ("audit.toml", "checklist.toml", records):
                files[f"example/{name}"] = self._rendered(name)
        return dict(sorted(files.items()))

    def write(self, folder: Path) -> list[Path]:
        """Write its files under a folder, and return them.

        Raises:
            FileExistsError: If the folder holds something already.
        """
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            msg = f"{folder} is there already. Name another folder with --to, or another plugin."
            raise FileExistsError(msg)
        paths = []
        for name, content in self.files().items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode())
            paths.append(path)
        return paths

    def _parts(self) -> set[str]:
        parts = set(self.kinds)
        if parts & _OVER_A_METRIC:
            parts.add("metric")
        if parts & _OVER_A_TABLE:
            parts.add("table")
        return parts

    def _rendered(self, template: str) -> str:
        parts = self._parts()

        def reference(module: str, function: str) -> str:
            return function if self.one_file else f'"{self.package}.{module}:{function}"'

        return (
            _environment()
            .get_template(f"{template}.j2")
            .render(
                dict.fromkeys(parts, True),
                name=self.name,
                package=self.package,
                namespace=self.namespace,
                words=self.namespace.replace("-", "_"),
                title=self.namespace.replace("-", " ").title(),
                one_file=self.one_file,
                reference=reference,
                specs=[spec for kind, specs in _SPECS.items() if kind in parts for spec in specs],
                parts=list(self._rows(parts)),
            )
        )

    def _rows(self, parts: Collection[str]) -> Iterator[tuple[str, str]]:
        """Yield what its README says of each part, and where that is."""
        space, words = self.namespace, self.namespace.replace("-", "_")
        subjects = {
            "touchpoint": f"touchpoint `{space}-desk`",
            "table": f"table `{words}_visits`",
            "metric": f"metrics `{space}.visits.attended` and `{space}.visits.quiet`",
            "check": f"check `{space}.quiet-hours`",
            "source": f"source `{space}.frontdesk`, which reads the book",
            "detector": f"detectors `{space}.brush-offs`, by phrases, and `{space}.shouting`",
            "policy": f"scoring policy `{space}.points-1`",
            "output": f"output `{space}.card`",
            "section": "a section of the report",
            "redactor": "a redactor that takes out room numbers",
        }
        for kind, subject in subjects.items():
            if kind in parts and self.one_file:
                yield subject, f"`{self.package}.py`"
            elif kind in parts:
                module = f", `{_MODULES[kind]}.py`" if kind in _MODULES else ""
                yield subject, f"`__init__.py`{module}"


def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader

    return Environment(
        loader=PackageLoader("cxaudit._scaffold"),
        autoescape=False,  # noqa: S701 - Python, TOML and Markdown of our own
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
