"""Finding checklist files and all they extend, each read once, bases before who extends them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from cxaudit._checklists.documents import Document, Problems, Step, document_of, read_document
from cxaudit._checklists.names import Registry, find_spec, name_hint
from cxaudit._checklists.validation import validate_document
from cxaudit.errors import Problem

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

__all__ = ["Blame", "Contents", "Layer", "read_layers"]

Contents = Mapping[str, Mapping[str, Any] | str]
"""Name to what stands in the place of a checklist's file: TOML text, or the values it would hold.

No name ends in ``.toml`` or is an id."""

Blame = Callable[[int], tuple[Document, tuple[Step, ...]]]
"""Says where the n-th name of a list of checklists was written."""


@attrs.define(eq=False)
class Layer:
    """One checklist file, as a layer of the merged checklist.

    Attributes:
        document: The file.
        wrong: Paths of its values that the schema refused.
        bases: Layers that it extends, left to right.
    """

    document: Document
    wrong: frozenset[tuple[Step, ...]]
    bases: list[Layer] = attrs.field(factory=list)
    incomplete: bool = False
    """Whether something that it extends could not be read."""

    def head(self, key: str, default: str = "") -> str:
        """Return a text of ``[checklist]``."""
        head = self.document.data.get("checklist")
        value = head.get(key, default) if isinstance(head, dict) else default
        return value if isinstance(value, str) else default

    @property
    def id(self) -> str:
        """Return the checklist's id."""
        return self.head("id")

    @property
    def language(self) -> str:
        """Return the language of its plain texts."""
        return self.head("language", "en")

    def is_wrong(self, path: tuple[Step, ...]) -> bool:
        """Tell whether the schema refused something at a path or under it."""
        return any(wrong[: len(path)] == path for wrong in self.wrong)

    def tables(self, key: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield the tables of an array of tables, with their index."""
        entries = self.document.data.get(key)
        if isinstance(entries, list):
            for index, entry in enumerate(entries):
                if isinstance(entry, dict):
                    yield index, entry

    def closure(self) -> set[int]:
        """Return the identities of this layer and all below it."""
        identities = {id(self)}
        for base in self.bases:
            identities |= base.closure()
        return identities


@attrs.frozen
class _Folder:
    """Where the names of a file start from, and how files there are shown."""

    source: Traversable
    path: str

    def show(self, name: str) -> str:
        return str(Path(self.path) / name)


@attrs.define
class _Reader:
    registry: Registry
    problems: Problems
    contents: Contents = attrs.field(factory=dict)
    layers: dict[str, Layer | None] = attrs.field(factory=dict)
    order: list[Layer] = attrs.field(factory=list)
    open: list[tuple[str, str]] = attrs.field(factory=list)

    def locate(self, name: str, folder: _Folder) -> tuple[Traversable, str, _Folder] | Problem:
        """Return a checklist's file, how it is shown, and its own folder."""
        if name.endswith(".toml"):
            source, file = folder.source.joinpath(name), folder.show(name)
            if isinstance(source, Path) and source.exists() and not source.is_file():
                return Problem(f"{file} is no regular file.", hint="Name a TOML file.")
            if not source.is_file():
                return Problem(f"There is no file {file}.", hint=_beside(source, name))
            parent = source.parent if isinstance(source, Path) else folder.source
            return source, file, _Folder(parent, str(Path(file).parent))
        registered = find_spec(self.registry, "checklist", name)
        if registered is None:
            names = self.registry.of("checklist")
            return Problem(
                f"There is no checklist {name!r}.",
                hint=f"{name_hint(name, names, 'checklist')} The path of a file ends in .toml.",
            )
        from importlib import resources

        spec = registered[1]
        try:
            package = resources.files(spec.package)
        except ModuleNotFoundError:
            return Problem(f"Checklist {name!r} lies in {spec.package}, which is not installed.")
        base = _Folder(package, spec.package.replace(".", "/"))
        return package.joinpath(spec.file), base.show(spec.file), base

    def read(self, name: str, folder: _Folder, report: Callable[[str, str], None]) -> Layer | None:
        """Return the layer of a checklist, its bases read before it."""
        if name in self.contents:
            document = document_of(self.contents[name], name, self.problems)
            return self.layer(name, name, document, folder)
        location = self.locate(name, folder)
        if isinstance(location, Problem):
            report(location.message, location.hint)
            return None
        source, file, base_folder = location
        key = str(source.resolve()) if isinstance(source, Path) else str(source)
        names = [open_key for open_key, _ in self.open]
        if key in names:
            circle = [open_file for _, open_file in self.open[names.index(key) :]]
            report(
                f"Checklists extend each other in a circle: {' -> '.join([*circle, file])}.",
                "Take one of these `extends` out.",
            )
            return None
        if key in self.layers:
            return self.layers[key]
        document = read_document(source, file, self.problems)
        return self.layer(key, file, document, base_folder)

    def layer(
        self, key: str, file: str, document: Document | None, folder: _Folder
    ) -> Layer | None:
        """Return the layer of a document, whose names start from a folder, its bases before it."""
        if document is None:
            self.layers[key] = None
            return None
        wrong = validate_document(document, "checklist-1.schema.json", self.problems)
        layer = Layer(document, frozenset(wrong))
        self.open.append((key, file))
        head = document.data.get("checklist")
        extends = head.get("extends", []) if isinstance(head, dict) else []
        for index, base in enumerate(extends if isinstance(extends, list) else []):
            path: tuple[Step, ...] = ("checklist", "extends", index)
            if isinstance(base, str) and path not in wrong:
                base_layer = self.read(
                    base,
                    folder,
                    lambda message, hint, path=path: self.problems.add(  # type: ignore[misc]
                        document, path, message, hint
                    ),
                )
                if base_layer is not None:
                    layer.bases.append(base_layer)
                layer.incomplete |= base_layer is None or base_layer.incomplete
        self.open.pop()
        self.layers[key] = layer
        self.order.append(layer)
        return layer


def _beside(source: Traversable, name: str) -> str:
    parent = source.parent if isinstance(source, Path) else None
    if parent is None or not parent.is_dir():
        return "Paths start from the folder of the file that names them."
    beside = sorted(path.name for path in parent.glob("*.toml"))
    return name_hint(Path(name).name, beside) if beside else "There is no .toml file beside it."


def read_layers(
    locations: Sequence[str],
    *,
    folder: Path,
    registry: Registry,
    problems: Problems,
    blame: Blame | None = None,
    contents: Contents | None = None,
) -> tuple[list[Layer], list[Layer]]:
    """Read checklists and all they extend.

    Args:
        locations: Paths (ending in ``.toml``) and ids, merged left to right.
        folder: Where relative paths start.
        registry: What plugins registered.
        problems: Where problems are added.
        blame: Where each location was written, when that was in a file.
        contents: What stands in the place of files, by the location that names it.

    Returns:
        All layers in the order in which they are merged; and those of the locations alone.
    """
    reader = _Reader(registry, problems, contents or {})
    top: list[Layer] = []
    for index, name in enumerate(locations):

        def report(message: str, hint: str, index: int = index) -> None:
            if blame is None:
                problems.reported.append(Problem(message, hint=hint))
            else:
                problems.add(*blame(index), message, hint)

        layer = reader.read(name, _Folder(folder, str(folder)), report)
        if layer is not None and layer not in top:
            top.append(layer)
    return reader.order, top
