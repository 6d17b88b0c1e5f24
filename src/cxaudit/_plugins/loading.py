"""Where plugins come from: installed ones, import paths, folders, objects at hand."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import itertools
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib.metadata import EntryPoint, distributions, entry_points
from pathlib import Path
from types import ModuleType

import attrs

from cxaudit._plugins.containment import contained

__all__ = ["GROUP", "Candidate", "code_digest", "forget", "found_in", "given", "installed"]

GROUP = "cxaudit.v1"
"""The entry-point group that plugins are installed under."""

_OWN = "cxaudit"
_PRIVATE = "_cxaudit_local"
_IMPORT_PATH = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*(:[^\W\d]\w*)?")
_numbers = itertools.count(1)


@attrs.frozen(kw_only=True)
class Candidate:
    """A plugin that was found and is not imported yet.

    Attributes:
        name: Its name.
        load: Imports it.
        own: Whether it is cxaudit's own.
        installed: Its entry point, when it is installed.
        package: For a local plugin: its name as written in its lazy references, and the
            private name that it is imported under.
        local: Where a local plugin lies: a file, or the folder of a package.
    """

    name: str
    load: Callable[[], object]
    own: bool = False
    installed: EntryPoint | None = None
    package: tuple[str, str] | None = None
    local: Path | None = None

    def mentions(self, word: str) -> bool:
        """Tell whether a word stands in its code, which is read and not imported.

        Code that is no UTF-8 text may hold any word.
        """
        code = self.local
        if code is None and self.installed is not None:
            spec = importlib.util.find_spec(self.installed.module.partition(".")[0])
            origin = Path((spec and spec.origin) or "")
            code = origin.parent if origin.name == "__init__.py" else origin
        if code is None:
            return False
        files = code.rglob("*.py") if code.is_dir() else [code]
        return any(_may_hold(file.read_bytes(), word) for file in files if file.is_file())

    def version(self, plugin: object) -> str:
        """Return the version of the distribution, or of the loaded plugin, as far as known."""
        if self.installed is not None:
            return _distribution(self.installed, "version")
        version = getattr(plugin, "__version__", "")
        return version if isinstance(version, str) else ""


def _may_hold(code: bytes, word: str) -> bool:
    try:
        text = code.decode()
    except UnicodeDecodeError:
        return True
    return word in text or "\0" in text


def installed() -> tuple[list[Candidate], list[tuple[str, BaseException]]]:
    """Return the installed plugins: cxaudit's own first, then the others by name.

    Returns:
        The plugins, and folder and error of each distribution whose metadata cannot be read.
    """
    faults: list[tuple[str, BaseException]] = []
    with contained("import", GROUP) as reading:
        points = list(entry_points(group=GROUP))
    if reading.error is not None:  # one broken distribution fails the whole; see which
        points = list(_one_by_one(faults))
    found = [
        Candidate(
            name=point.name,
            load=point.load,
            own=_distribution(point, "name").lower() == _OWN,
            installed=point,
        )
        for point in points
    ]
    return sorted(found, key=lambda plugin: (not plugin.own, plugin.name)), faults


def _one_by_one(faults: list[tuple[str, BaseException]]) -> Iterator[EntryPoint]:
    seen = set()
    for distribution in distributions():
        with contained("import", GROUP) as reading:
            name = distribution.name
            points = list(distribution.entry_points.select(group=GROUP))
        if reading.error is not None:
            faults.append((str(getattr(distribution, "_path", "?")), reading.error))
        elif name not in seen:
            seen.add(name)
            yield from points


def _distribution(point: EntryPoint, field: str) -> str:
    """Return name or version of an entry point's distribution; empty when it has none."""
    with contained("import", point.name):  # metadata may be damaged or missing
        return str(getattr(point.dist, field))
    return ""


def given(plugin: object) -> Candidate:
    """Return a plugin given as an object, or as an import path ``module`` or ``module:attr``."""
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
    module, _, attribute = path.partition(":")
    found: object = importlib.import_module(module)
    return getattr(found, attribute) if attribute else found


def found_in(path: Path) -> list[Candidate]:
    """Return the plugins at a path: a Python file, a package, or a folder of such.

    Names that begin with a dot or an underscore are left out.

    Raises:
        FileNotFoundError: If there is no plugin at the path.
    """
    if path.suffix == ".py" or (path / "__init__.py").is_file():
        places = [path] if path.exists() else []
    elif path.is_dir():
        places = [
            place
            for place in sorted(path.iterdir())
            if place.name[0] not in "._"
            and (place.suffix == ".py" or (place / "__init__.py").is_file())
        ]
    else:
        places = []
    if not places:
        msg = f"there is no plugin at {path}: neither a Python file nor a folder that holds one"
        raise FileNotFoundError(msg)
    return [_local(place) for place in places]


def _local(place: Path) -> Candidate:
    public = place.stem if place.is_file() else place.name
    # A number of its own keeps apart what two sessions load from one folder.
    private = f"{_PRIVATE}_{next(_numbers)}_{re.sub(r'[^0-9A-Za-z_]', '_', public)}"
    return Candidate(
        name=public,
        load=lambda: _load_file(place, private),
        package=(public, private),
        local=place,
    )


def _load_file(place: Path, private: str) -> ModuleType:
    folder = [str(place)] if place.is_dir() else None
    file = place / "__init__.py" if folder else place
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
