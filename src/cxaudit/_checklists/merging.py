"""The merge law: bases left to right, own items, ``tailor`` in file order.

Tables merge by key, arrays replace, ids never change. A file that is extended twice counts once.
Every value keeps where it was written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any

import attrs

from cxaudit._checklists.documents import Problems, Step
from cxaudit._checklists.layers import Layer
from cxaudit._checklists.names import name_hint
from cxaudit._model.checklist import Origin

__all__ = ["JUDGING", "Entry", "Merged", "Origins", "merge_layers", "value_at"]

Path = tuple[Step, ...]

JUDGING: tuple[tuple[str, ...], ...] = (
    ("weight",),
    *(("with", key) for key in ("target", "limit", "bands", "at_least")),
    *(("ask", "curve", key) for key in ("target", "limit", "bands")),
)
"""What decides a score: who changes it by ``tailor`` says why."""

_ANSWER_KEYS = ("anchors", "choices", "curve", "met", "unit")
"""Keys of ``ask`` that belong to one kind of answer."""


@attrs.define(eq=False)
class Entry:
    """A table as merged so far, and where each of its values was written.

    Attributes:
        layer, path: Where it was first defined.
        values: Its values.
        sources: Path inside the table to the layer and path of its value; later changes last.
        broken: Whether the schema refused a part, so that it cannot be resolved.
        tailored: Path of each value of `JUDGING` that was tailored, to what the checklist had
            (None when nothing, or something else was measured), and the last rationale.
    """

    layer: Layer
    path: Path
    values: dict[str, Any] = attrs.field(factory=dict)
    sources: dict[Path, tuple[Layer, Path]] = attrs.field(factory=dict)
    broken: bool = False
    tailored: dict[tuple[str, ...], tuple[Any, str]] = attrs.field(factory=dict)

    def source(self, *keys: Step) -> tuple[Layer, Path]:
        """Return where a value, or the nearest one around it, was written."""
        path = keys
        while path:
            if path in self.sources:
                layer, written = self.sources[path]
                return layer, (*written, *keys[len(path) :])
            inner = [at for at in self.sources if at[: len(path)] == path]
            if inner:
                layer, written = self.sources[inner[-1]]
                return layer, written[: len(written) - len(inner[-1]) + len(path)]
            path = path[:-1]
        return self.layer, self.path

    def problem(self, problems: Problems, keys: Path, message: str, hint: str = "") -> None:
        """Add a problem placed where the value was written."""
        layer, path = self.source(*keys)
        problems.add(layer.document, path, message, hint)

    def drop(self, *keys: str) -> None:
        """Take a value out."""
        table: Any = self.values
        for key in keys[:-1]:
            table = table.get(key, {})
        table.pop(keys[-1], None)
        self._forget(keys)

    def _forget(self, keys: Path) -> None:
        for path in [at for at in self.sources if at[: len(keys)] == keys]:
            del self.sources[path]

    def put(self, new: Mapping[str, Any], layer: Layer, at: Path, keys: Path = ()) -> None:
        """Merge a table in, by key; anything but a table replaces."""
        table: Any = self.values
        for key in keys:
            table = table[key]
        for key, value in new.items():
            here = (*keys, key)
            if isinstance(value, Mapping):
                if not isinstance(table.get(key), dict):
                    if key in table:
                        self._forget(here)
                    table[key] = {}
                    if not value:
                        self.sources[here] = layer, (*at, *here)
                self.put(value, layer, at, here)
                continue
            if key in table:
                self._forget(here)
            table[key] = value
            self.sources[here] = layer, (*at, *here)


class Origins(Mapping[str, Origin]):
    """Field to where its value was written; places are worked out when they are asked for."""

    def __init__(self, entry: Entry) -> None:
        self._entry = entry

    @cached_property
    def _paths(self) -> dict[str, Path]:
        paths: dict[str, Path] = {}
        for path in self._entry.sources:
            for length in range(1, len(path) + 1):  # the latest change stands for what holds it
                paths[".".join(str(step) for step in path[:length])] = path
        return paths

    def __getitem__(self, field: str) -> Origin:
        layer, path = self._entry.sources[self._paths[field]]
        line, column = layer.document.position(path)
        return Origin(layer.id, layer.document.file, line, column)

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)

    def __reduce__(self) -> tuple[type[dict[str, Origin]], tuple[dict[str, Origin]]]:
        return dict, (dict(self),)

    def __repr__(self) -> str:
        return repr(dict(self))


@attrs.define(eq=False)
class Merged:
    """All layers merged, nothing resolved yet; everything by id."""

    items: dict[str, Entry] = attrs.field(factory=dict)
    params: dict[str, Entry] = attrs.field(factory=dict)
    metric: dict[str, Entry] = attrs.field(factory=dict)
    detector: dict[str, Entry] = attrs.field(factory=dict)
    touchpoint: dict[str, Entry] = attrs.field(factory=dict)
    lens: dict[str, Entry] = attrs.field(factory=dict)
    scoring: Entry | None = None


def merge_layers(layers: list[Layer], problems: Problems) -> Merged:
    """Merge layers, bases first.

    Args:
        layers: In the order of `read_layers`.
        problems: Where problems are added.
    """
    merged = Merged()
    for layer in layers:
        visible = layer.closure()
        scoring = layer.document.data.get("scoring")
        if isinstance(scoring, dict) and not layer.is_wrong(("scoring",)):
            if merged.scoring is None:
                merged.scoring = Entry(layer, ("scoring",))
            merged.scoring.put(scoring, layer, ("scoring",))
        _merge_params(merged, layer)
        for kind in ("metric", "detector", "touchpoint", "lens"):
            _add(getattr(merged, kind), kind, layer, visible, problems)
        _add(merged.items, "item", layer, visible, problems)
        for index, table in layer.tables("tailor"):
            _tailor(merged.items, index, table, layer, visible, problems)
    return merged


def _merge_params(merged: Merged, layer: Layer) -> None:
    params = layer.document.data.get("params")
    for name, table in params.items() if isinstance(params, dict) else ():
        path = ("params", name)
        entry = merged.params.setdefault(name, Entry(layer, path))
        if not isinstance(table, dict) or layer.is_wrong(path):
            entry.broken = True
            continue
        question = table.get("question")
        if isinstance(question, str):
            table = {**table, "question": {layer.language: question}}  # noqa: PLW2901
        entry.put(table, layer, path)


def _add(
    entries: dict[str, Entry], kind: str, layer: Layer, visible: set[int], problems: Problems
) -> None:
    for index, table in layer.tables(kind):
        path = (kind, index)
        name = table.get("id")
        if not isinstance(name, str):
            continue
        if name in entries:
            _report_double(entries[name], kind, name, layer, index, visible, problems)
            continue
        entry = entries[name] = Entry(layer, path, broken=layer.is_wrong(path))
        entry.put(_by_language(table, layer) if kind == "item" else table, layer, path)


def _report_double(
    first: Entry,
    kind: str,
    name: str,
    layer: Layer,
    index: int,
    visible: set[int],
    problems: Problems,
) -> None:
    location = first.layer.document.locate((*first.path, "id"))
    if first.layer is layer:
        message = f"The {kind} {name!r} is defined twice: here and at {location}."
        hint = "Give each its own id."
    elif id(first.layer) in visible:
        message = f"The {kind} {name!r} is inherited: {location} defines it."
        hint = (
            f'To change it write `[[tailor]]` with item = "{name}"; '
            "for something else choose another id."
            if kind == "item"
            else "Choose another id, and tailor the items to use it."
        )
    else:
        message = f"The {kind} {name!r} is defined in both checklists: here and at {location}."
        hint = "Checklists that are merged cannot share ids, unless they extend the same file."
    problems.add(layer.document, (kind, index, "id"), message, hint)


def _by_language(table: Mapping[str, Any], layer: Layer) -> dict[str, Any]:
    """Return an item's table with its plain texts put under the checklist's language."""

    def put(text: Any) -> Any:
        return {layer.language: text} if isinstance(text, str) else text

    changed = dict(table)
    for key in ("title", "fail_title"):
        if key in table:
            changed[key] = put(table[key])
    if isinstance(table.get("guidance"), Mapping):
        changed["guidance"] = {key: put(text) for key, text in table["guidance"].items()}
    return changed


def _tailor(
    items: dict[str, Entry],
    index: int,
    table: Mapping[str, Any],
    layer: Layer,
    visible: set[int],
    problems: Problems,
) -> None:
    path = ("tailor", index)
    glob = table.get("item")
    if not isinstance(glob, str) or not glob:
        return
    seen = {name: entry for name, entry in items.items() if id(entry.layer) in visible}
    matched = [entry for name, entry in seen.items() if fnmatchcase(name, glob)]
    if not matched and not layer.incomplete:
        problems.add(
            layer.document, (*path, "item"), f"No item matches {glob!r}.", name_hint(glob, seen)
        )
    if layer.is_wrong(path):
        for entry in matched:
            entry.broken = True
        return
    if not _tailor_is_sound(path, table, layer, problems):
        return
    excluded = table.get("exclude")
    changes = {k: v for k, v in table.items() if k not in {"item", "exclude", "rationale"}}
    for entry in matched:
        if excluded is not None:
            entry.drop("excluded")
        if excluded:
            entry.values["excluded"] = table["rationale"]
            entry.sources["excluded",] = layer, (*path, "exclude")
        _keep_originals(entry, changes, table.get("rationale", ""))
        _make_room(entry, changes)
        entry.put(_by_language(changes, layer), layer, path)


def _tailor_is_sound(
    path: Path, table: Mapping[str, Any], layer: Layer, problems: Problems
) -> bool:
    sound = True

    def refuse(key: str, message: str, hint: str) -> None:
        nonlocal sound
        sound = False
        problems.add(layer.document, (*path, key), message, hint)

    if table.get("exclude") and "rationale" not in table:
        refuse(
            "exclude",
            "An exclusion needs a rationale.",
            'Add `rationale = "..."`: reports print it beside the items left out.',
        )
    changed = [path for path in JUDGING if value_at(table, path) is not None]
    if changed and "rationale" not in table:
        sound = False
        problems.add(
            layer.document,
            (*path, *changed[0]),
            f"A change of {' and '.join(path[-1] for path in changed)} needs a rationale.",
            'Add `rationale = "..."`: reports print it beside what the checklist had.',
        )
    if "ask" in table and ("check" in table or "with" in table):
        refuse("ask", "An item has either `ask` or `check`, not both.", "Take one of them out.")
    if set(table) <= {"item", "rationale"}:
        refuse("item", "This tailor changes nothing.", "Add what shall change, or remove it.")
    return sound


def value_at(table: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    """Return the value at a path of nested tables; None when there is none."""
    value: Any = table
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _keep_originals(entry: Entry, changes: Mapping[str, Any], rationale: str) -> None:
    """Note what the checklist had where a tailor changes what decides a score."""
    measured = (("check",), ("with", "metric"), ("ask", "answer"))
    other = any(
        value_at(changes, path) not in {None, value_at(entry.values, path)} for path in measured
    )
    for path in JUDGING:
        if value_at(changes, path) is None:
            continue
        original = None if other and path != ("weight",) else value_at(entry.values, path)
        before = entry.tailored.get(path, (original, ""))
        entry.tailored[path] = before[0], rationale


def _make_room(entry: Entry, changes: Mapping[str, Any]) -> None:
    """Take out what a change of kind leaves without meaning."""
    if "ask" in changes:
        entry.drop("check")
        entry.drop("with")
        answer = changes["ask"].get("answer")
        if "ask" in entry.values and answer not in {None, entry.values["ask"].get("answer")}:
            for key in _ANSWER_KEYS:
                entry.drop("ask", key)
    if "check" in changes:
        entry.drop("ask")
        if changes["check"] != entry.values.get("check"):
            entry.drop("with")
