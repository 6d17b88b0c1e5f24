"""Reading presets: TOML files of mappings, registered by plugins or beside an audit file."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxaudit._checklists.context import ROW_COLUMNS
from cxaudit._checklists.documents import Document, Problems, Step, read_document
from cxaudit._checklists.names import Registry, find_spec, name_hint, sentence
from cxaudit._checklists.validation import validate_document
from cxaudit._model.markers import Marker
from cxaudit._model.presets import Preset, RowRule
from cxaudit.errors import ExpressionError

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

__all__ = ["find_preset", "read_preset", "row_rules"]


def find_preset(
    name: str, folder: Path, registry: Registry, problems: Problems
) -> tuple[Preset | None, str]:
    """Return the preset of a name, or None with a hint where there is none of that name.

    Args:
        name: Id of a registered preset, or a path that ends in ``.toml``.
        folder: Where paths start.
        registry: What plugins registered.
        problems: Where problems in its file are added; there is no hint then.
    """
    source: Traversable
    if name.endswith(".toml"):
        source, file = folder / name, str(folder / name)
        if not source.is_file():
            return None, f"Paths start from the folder of the audit file, {folder.name!r}."
    else:
        registered = find_spec(registry, "preset", name)
        if registered is None:
            hint = name_hint(name, registry.of("preset"), "preset")
            return None, hint or "`cxaudit list preset` names all."
        spec = registered[1]
        source, file = resources.files(spec.package) / spec.file, f"{spec.package}/{spec.file}"
    return read_preset(source, file, registry, problems), ""


def read_preset(
    source: Traversable, file: str, registry: Registry, problems: Problems
) -> Preset | None:
    """Return a preset; None when it is wrong, every problem being told."""
    before = len(problems.reported)
    document = read_document(source, file, problems)
    if document is None:
        return None
    validate_document(document, "preset-1.schema.json", problems)
    if len(problems.reported) > before:
        return None
    head, columns = document.data["preset"], document.data["columns"]
    _check_names(document, head, columns, registry, problems)
    _check_texts(document, {("preset", "where"): head.get("where", "true")}, problems)
    texts: dict[tuple[Step, ...], str] = {("columns", name): columns[name] for name in columns}
    _check_texts(document, texts, problems)
    rules = row_rules(document, (), document.data.get("marker", ()), problems)
    if len(problems.reported) > before:
        return None
    return Preset(
        id=head["id"],
        title=head["title"],
        suits=head["suits"],
        source=head["source"],
        seen=head["seen"],
        traps=tuple(head["traps"]),
        reader=head["reader"],
        table=head["table"],
        zone=head.get("zone"),
        where=head.get("where"),
        options=head.get("options", {}),
        columns=columns,
        rules=rules,
        file=file,
        digest=document.digest,
    )


def row_rules(
    document: Document,
    at: tuple[Step, ...],
    markers: list[Mapping[str, Any]] | tuple[()],
    problems: Problems,
) -> tuple[RowRule, ...]:
    """Return the rules under ``[[marker]]`` at a path of a document, which fit its schema."""
    texts = {(*at, "marker", n, "when"): marker["when"] for n, marker in enumerate(markers)}
    _check_texts(document, texts, problems)
    names = [marker["rule"] for marker in markers]
    for number, name in enumerate(names):
        if name in names[:number]:
            message = f"The rule {name!r} is defined twice."
            problems.add(document, (*at, "marker", number, "rule"), message, "Join them by `or`.")
    return tuple(
        RowRule(
            marker=Marker(
                id=marker["rule"],
                effect=marker["effect"],
                meaning=marker["meaning"],
                source=marker.get("source", ""),
            ),
            when=marker["when"],
        )
        for marker in markers
    )


def _check_names(
    document: Document,
    head: Mapping[str, Any],
    columns: Mapping[str, str],
    registry: Registry,
    problems: Problems,
) -> None:
    """Report a reader or table that is not there, and columns that the table does not have."""
    for kind, key in (("source", "reader"), ("table", "table")):
        if find_spec(registry, kind, head[key]) is None:
            hint = name_hint(head[key], registry.of(kind), kind)
            message = f"There is no {key} {head[key]!r}."
            problems.add(document, ("preset", key), message, hint)
    registered = find_spec(registry, "table", head["table"])
    if registered is None:
        return
    table = registered[1]
    settable = {column.name for column in table.columns}
    settable |= {name for name in ROW_COLUMNS if not name.startswith("_")}
    for name in columns:
        if name not in settable:
            message = f"The table {table.id!r} has no column {name!r}."
            problems.add(document, ("columns", name), message, name_hint(name, settable))


def _check_texts(
    document: Document, texts: Mapping[tuple[Step, ...], str], problems: Problems
) -> None:
    """Report expressions that cannot be read at all; their columns wait for a file."""
    from cxaudit._expressions import parameters_in, text_columns_in

    for path, text in texts.items():
        try:
            for name in parameters_in(text):
                hint = "How rows are read is the same whatever was promised."
                problems.add(document, path, f"No parameter can stand here: ${name}.", hint)
                break
            else:
                text_columns_in(text)
        except ExpressionError as error:
            for problem in error.problems:
                problems.add(document, path, sentence(problem.message), problem.hint)
