"""Where plugins come from: installed ones, import paths, folders, objects at hand."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import itertools
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from importlib.metadata import EntryPoint, distributions, entry_points
from pathlib import Path
from types import ModuleType

import attrs

from cxaudit._model.result import RunProblem
from cxaudit._plugins.containment import contained

__all__ = ["GROUP", "Candidate", "candidates", "code_digest", "forget"]

GROUP = "cxaudit.v1"
"""The entry-point group that plugins are installed under."""

_CXAUDIT = "cxaudit"
_PRIVATE = "_cxaudit_local"
_IMPORT_PATH = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*(:[^\W\d]\w*)?")
_numbers = itertools.count(1)


@attrs.frozen(kw_only=True)
class Candidate:
    """A plugin that is not imported yet.

    Attributes:
        name: Its name.
        load: Imports it.
        builtin: Whether it is part of cxaudit.
        entry_point: Its entry point, when it is installed.
        package: For a local plugin: its name as written in its lazy references, and the
            private name that it is imported under.
        path: For a local plugin: its file, or the folder of its package.
    """

    name: str
    load: Callable[[], object]
    builtin: bool = False
    entry_point: EntryPoint | None = None
    package: tuple[str, str] | None = None
    path: Path | None = None

    def mentions(self, word: str) -> bool:
        """Tell whether a word stands in its code, which is read and not imported.

        Code that is no UTF-8 text may hold any word.
        """
        path = self.path
        if path is None and self.entry_point is not None:
            spec = importlib.util.find_spec(self.entry_point.module.partition(".")[0])
            origin = Path((spec and spec.origin) or "")
            path = origin.parent if origin.name == "__init__.py" else origin
        if path is None:
            return False
        files = path.rglob("*.py") if path.is_dir() else [path]
        return any(_may_hold(file.read_bytes(), word) for file in files if file.is_file())

    def version(self, plugin: object) -> str:
        """Return the version of the distribution, or of the loaded plugin, as far as known."""
        if self.entry_point is not None:
            return _of_distribution(self.entry_point, "version")
        version = getattr(plugin, "__version__", "")
        return version if isinstance(version, str) else ""


def _may_hold(code: bytes, word: str) -> bool:
    try:
        text = code.decode()
    except UnicodeDecodeError:
        return True
    return word in text or "\0" in text


def candidates(
    plugins: Sequence[object | str | Path],
) -> tuple[list[Candidate], list[RunProblem]]:
    """Return the plugins of a session: cxaudit's own, other installed ones by name, and these.

    Args:
        plugins: Paths, import paths and objects.

    Returns:
        The plugins, and what cannot be looked at: distributions, paths and objects.
    """
    installed, problems = _installed()
    listed = sorted(installed, key=lambda plugin: (not plugin.builtin, plugin.name))
    if not any(plugin.builtin for plugin in listed):
        cause = "cxaudit is not installed as a distribution, so its built-ins are not found"
        hint = "Install it, for work on it with `pip install -e .`."
        problems.append(RunProblem(stage="import", subject=_CXAUDIT, cause=cause, hint=hint))
    for plugin in plugins:
        subject = str(plugin) if isinstance(plugin, Path) else type(plugin).__name__
        with contained("import", subject) as containment:
            listed += _in_path(plugin) if isinstance(plugin, Path) else [_at_hand(plugin)]
        if problem := containment.problem:
            problems.append(attrs.evolve(problem, hint=""))
    return listed, problems


def _installed() -> tuple[list[Candidate], list[RunProblem]]:
    problems: list[RunProblem] = []
    with contained("import", GROUP) as containment:
        points = list(entry_points(group=GROUP))
    if containment.error is not None:  # one broken distribution fails the whole; see which
        points = list(_one_by_one(problems))
    installed = [
        Candidate(
            name=point.name,
            load=point.load,
            builtin=_of_distribution(point, "name").lower() == _CXAUDIT,
            entry_point=point,
        )
        for point in points
    ]
    return installed, problems


def _one_by_one(problems: list[RunProblem]) -> Iterator[EntryPoint]:
    names = set()
    for distribution in distributions():
        folder = str(getattr(distribution, "_path", "?"))
        with contained("import", folder) as containment:
            name = distribution.name
            points = list(distribution.entry_points.select(group=GROUP))
        if problem := containment.problem:
            hint = "Reinstall or remove this distribution."
            problems.append(attrs.evolve(problem, hint=hint))
        elif name not in names:
            names.add(name)
            yield from points


def _of_distribution(point: EntryPoint, field: str) -> str:
    """Return name or version of an entry point's distribution; empty when it has none."""
    with contained("import", point.name):  # metadata may be damaged or missing
        return str(getattr(point.dist, field))
    return ""


def _at_hand(plugin: object) -> Candidate:
    """Return a plugin that is an object, or an import path ``module`` or ``module:attribute``."""
    if isinstance(plugin, str):
        return Candidate(name=plugin, load=lambda: _import(plugin))
    name = getattr(plugin, "__name__", None)
    return Candidate(
        name=name if isinstance(name, str) else type(plugin).__name__, load=lambda: plugin
    )


def _import(path: str) -> object:
    if not _IMPORT_PATH.fullmatch(path):
        msg = f"{path!r} is no import path; give a file or folder as a pathlib.Path"
        raise ValueError(msg)
    name, _, attribute = path.partition(":")
    module = importlib.import_module(name)
    return getattr(module, attribute) if attribute else module


def _in_path(path: Path) -> list[Candidate]:
    """Return the plugins at a path: a Python file, a package, or a folder of such.

    Names that begin with a dot or an underscore are left out.

    Raises:
        FileNotFoundError: If there is no plugin at the path.
    """
    if path.suffix == ".py" or (path / "__init__.py").is_file():
        paths = [path] if path.exists() else []
    elif path.is_dir():
        paths = [
            child
            for child in sorted(path.iterdir())
            if child.name[0] not in "._"
            and (child.suffix == ".py" or (child / "__init__.py").is_file())
        ]
    else:
        paths = []
    if not paths:
        msg = f"there is no plugin at {path}: neither a Python file nor a folder that holds one"
        raise FileNotFoundError(msg)
    return [_local(child) for child in paths]


def _local(path: Path) -> Candidate:
    path = path.absolute()  # parts of a package are imported later, wherever the program is then
    public = path.stem if path.is_file() else path.name
    # A number of its own keeps apart what two sessions load from one folder.
    private = f"{_PRIVATE}_{next(_numbers)}_{re.sub(r'[^0-9A-Za-z_]', '_', public)}"
    return Candidate(
        name=public,
        load=lambda: _load_file(path, private),
        package=(public, private),
        path=path,
    )


def _load_file(path: Path, private: str) -> ModuleType:
    folder = [str(path)] if path.is_dir() else None
    file = path / "__init__.py" if folder else path
    spec = importlib.util.spec_from_file_location(private, file, submodule_search_locations=folder)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[private] = module
    with ExitStack() as failing:
        failing.callback(forget, [private])
        spec.loader.exec_module(module)
        failing.pop_all()
    return module


def forget(names: list[str]) -> None:
    """Take local plugins and their submodules out of the table of imported modules."""
    for name in list(sys.modules):
        if any(name == private or name.startswith(f"{private}.") for private in names):
            del sys.modules[name]


def code_digest(plugin: object) -> str:
    """Return the SHA-256 of a plugin's Python files; empty when it has none that can be read.

    A module inside a package stands for the whole package; an object for its class's module.
    """
    module = plugin if isinstance(plugin, ModuleType) else sys.modules.get(type(plugin).__module__)
    file = getattr(module, "__file__", None)
    if not file:
        return ""
    path = Path(file)
    digest = hashlib.sha256()
    try:
        for name, content in _code(path, whole=bool(getattr(module, "__package__", ""))):
            digest.update(f"{name}\0{len(content)}\0".encode())
            digest.update(content)
    except OSError:
        return ""
    return digest.hexdigest()


def _code(path: Path, *, whole: bool) -> Iterator[tuple[str, bytes]]:
    files = sorted(path.parent.rglob("*.py")) if whole else [path]
    for file in files:
        yield file.relative_to(path.parent).as_posix(), file.read_bytes()
