"""Cases in TOML: records in, verdict out; a test, and documentation that cannot be out of date."""

from __future__ import annotations

import math
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from cxaudit._model.findings import State
from cxaudit._testing.loading import load_plugin
from cxaudit._testing.parts import read_source, run_detector
from cxaudit._testing.runs import run_plugin
from cxaudit.errors import CxauditError, did_you_mean

__all__ = ["Case", "cases_markdown", "read_cases"]

_KEYS = {
    "item": ("name", "records", "item", "verdict", "metrics", "settings", "audit", "checklist"),
    "detector": ("name", "records", "detector", "hits"),
    "source": ("name", "source", "text", "options", "rows", "refused"),
}
_VERDICT = ("state", "score", "low", "high", "value", "value_low", "value_high", "n", "reason")
_HIT = ("row", "label", "quote", "start", "end", "score")
_CLOSE = 1e-9


@attrs.frozen(kw_only=True)
class Case:
    """One ``[[case]]`` of a file ``NAME.cases.toml``.

    A case is of one of three kinds:

    .. code-block:: toml

        plugin = "acme_audit"  # an import path, or a path from this file's folder

        [[case]]
        name = "one guest in two came at night"
        records.visits = [
          { arrived_at = "2026-04-03T09:12:00" },
          { arrived_at = "2026-04-03T23:40:00" },
        ]
        item = { check = "acme.quiet", with = { metric = "acme.visits.quiet", at_most = 0.2 } }
        metrics = { "acme.visits.quiet" = 0.5 }
        verdict = { state = "not_met", score = 0, n = 2 }

        [[case]]
        name = "words that send a guest away"
        detector = "acme.brush-offs"
        records.visits = [{ note = "come back later" }]
        hits = [{ row = 1, label = "come-back", quote = "come back later" }]

        [[case]]
        name = "a line without a time is refused"
        source = "acme.books"
        text = \"\"\"
        frontdesk 1
        nonsense
        \"\"\"
        rows = []
        refused = [2]

    Of verdicts, hits and rows only what is stated is compared; numbers up to 1e-9, a reason by
    what it begins with. ``metrics = { x = "none" }`` is one without a value. An item, its
    ``settings``, ``audit`` and ``checklist`` are those of `run_plugin`.

    Attributes:
        file: The file.
        name: Its name.
        plugin: The plugin: an import path, or a ``Path``.
        content: The table as it stands in the file.
    """

    file: Path
    name: str
    plugin: str | Path
    content: Mapping[str, Any]

    @property
    def kind(self) -> str:
        """Return ``item``, ``detector`` or ``source``."""
        return next(kind for kind in _KEYS if kind in self.content)

    def check(self) -> None:
        """Run the case.

        Raises:
            AssertionError: If something is otherwise than stated; the message lists all.
        """
        compare = {"item": _differences_of_item, "detector": _of_hits, "source": _of_rows}
        try:
            differences = list(compare[self.kind](self))
        except CxauditError as error:
            differences = [str(error)]
        if differences:
            raise AssertionError("\n".join([f"{self.file.name}: {self.name}", *differences]))


def read_cases(path: Path) -> list[Case]:
    """Return the cases of a file.

    Raises:
        ValueError: If the file is none of cases; the message lists all that is wrong.
    """
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        msg = f"{path.name}: {error}"
        raise ValueError(msg) from error
    entries = document.get("case")
    plugin = document.get("plugin")
    faults = []
    if not isinstance(plugin, str):
        faults.append('it names no plugin; write `plugin = "acme_audit"` above the cases')
    if not (isinstance(entries, list) and entries and all(isinstance(e, dict) for e in entries)):
        faults.append("it holds no [[case]]")
        entries = []
    unknown = [key for key in document if key not in {"plugin", "case"}]
    faults += [f"{key!r} is no key here" for key in unknown]
    for number, entry in enumerate(entries, 1):
        faults += [f"case {number}: {fault}" for fault in _faults(entry)]
    if faults:
        raise ValueError("\n".join(f"{path.name}: {fault}" for fault in faults))
    assert isinstance(plugin, str)
    # A path from the file's folder has a slash or a file's ending; else it is an import path.
    is_path = "/" in plugin or plugin.endswith(".py")
    tested = (path.parent / plugin).resolve() if is_path else plugin
    return [Case(file=path, name=entry["name"], plugin=tested, content=entry) for entry in entries]


def _faults(entry: Mapping[str, Any]) -> Iterator[str]:
    if not isinstance(entry.get("name"), str):
        yield "it has no name"
    kinds = [kind for kind in _KEYS if kind in entry]
    if len(kinds) != 1:
        yield f"it needs one of item, detector and source, and has {' and '.join(kinds) or 'none'}"
        return
    usable = _KEYS[kinds[0]]
    for key in entry:
        if key not in usable:
            yield f"{key!r} is no key of it. {did_you_mean(key, usable)}".rstrip()
    if not {"verdict", "metrics", "hits", "rows", "refused"} & entry.keys():
        yield "it states nothing that comes out: verdict, metrics, hits, rows or refused"
    for key, fields in (("verdict", _VERDICT), ("hits", _HIT)):
        stated = entry.get(key, {})
        for table in stated if isinstance(stated, list) else [stated]:
            for field in table:
                if field not in fields:
                    yield f"{key} has no {field!r}. {did_you_mean(field, fields)}".rstrip()


def _differences_of_item(case: Case) -> Iterator[str]:
    content = case.content
    run = run_plugin(
        case.plugin,
        tables=content.get("records"),
        items=[content["item"]],
        settings=content.get("settings"),
        audit=content.get("audit"),
        checklist=content.get("checklist"),
    )
    for metric, expected in content.get("metrics", {}).items():
        value = run.value(metric)
        yield from _difference(metric, value, None if expected == "none" else expected)
    finding = run.finding(content["item"].get("id", "item-1"))
    verdict = {name: getattr(finding, name) for name in _VERDICT}
    verdict["state"] = State(finding.state).label
    expected = content.get("verdict", {})
    yield from _differences("verdict", verdict, expected)
    if verdict["state"] != expected.get("state", verdict["state"]) and finding.reason:
        yield f"  reason: {finding.reason}"


def _of_hits(case: Case) -> Iterator[str]:
    host = load_plugin(case.plugin)
    detector = host.registry.get("detector", case.content["detector"])
    rows = [row for table in case.content.get("records", {}).values() for row in table]
    hits = [{name: getattr(hit, name) for name in _HIT} for hit in run_detector(detector, rows)]
    yield from _in_order("hit", hits, case.content.get("hits", ()))


def _of_rows(case: Case) -> Iterator[str]:
    host = load_plugin(case.plugin)
    source = host.registry.get("source", case.content["source"])
    with tempfile.TemporaryDirectory(prefix="cxaudit-") as folder:
        file = Path(folder) / f"case{next(iter(source.suffixes), '.txt')}"
        file.write_text(case.content["text"], "utf-8")
        rows = read_source(source, [file], case.content.get("options"))
    fields = [row for _, _, row in rows if isinstance(row, Mapping)]
    refused = [number for _, number, row in rows if isinstance(row, ValueError)]
    if "rows" in case.content:
        yield from _in_order("row", fields, case.content["rows"])
    if refused != case.content.get("refused", refused):
        yield f"refused: {refused}, not {case.content['refused']}"


def _in_order(
    what: str, values: Sequence[Mapping[str, Any]], expected: Sequence[Mapping[str, Any]]
) -> Iterator[str]:
    if len(values) != len(expected):
        yield f"{len(values)} {what}s, not {len(expected)}: {values}"
        return
    for number, (value, stated) in enumerate(zip(values, expected, strict=True), 1):
        yield from _differences(f"{what} {number}", value, stated)


def _differences(
    what: str, values: Mapping[str, Any], expected: Mapping[str, Any]
) -> Iterator[str]:
    for name, stated in expected.items():
        yield from _difference(f"{what}: {name}", values.get(name), stated)


def _difference(what: str, value: Any, expected: Any) -> Iterator[str]:
    same = value == expected
    if isinstance(value, int | float) and isinstance(expected, int | float):
        same = math.isclose(value, expected, rel_tol=_CLOSE, abs_tol=_CLOSE)
    if what.endswith(": reason"):
        same = str(value).startswith(str(expected))
    if not same:
        yield f"{what}: {value!r}, not {expected!r}"


def cases_markdown(path: Path) -> str:
    """Return the cases of a file as a table in Markdown, for a README or a page."""
    lines = ["| case | what goes in | what comes out |", "|---|---|---|"]
    for case in read_cases(path):
        content = case.content
        item = content.get("item", {})
        subject = {
            "item": ", ".join(
                [f"`{item.get('check', '')}`"]
                + [f"{name} {_plain(value)}" for name, value in item.get("with", {}).items()]
            ),
            "detector": f"`{content.get('detector')}`",
            "source": f"`{content.get('source')}`",
        }[case.kind]
        counted = [
            f"{len(rows)} of `{table}`" for table, rows in content.get("records", {}).items()
        ]
        outcome = [
            *(f"{name} {_plain(value)}" for name, value in content.get("verdict", {}).items()),
            *(f"`{name}` {_plain(value)}" for name, value in content.get("metrics", {}).items()),
            *(
                f"{hit.get('label', 'hit')}: “{hit.get('quote', '')}”"
                for hit in content.get("hits", ())
            ),
            *([f"{len(content['rows'])} rows"] if "rows" in content else []),
            *(f"line {number} refused" for number in content.get("refused", ())),
        ]
        cells = (case.name, "; ".join([subject, *counted]), ", ".join(outcome))
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _plain(value: object) -> str:
    return f"`{value}`" if isinstance(value, str) and "." in value else str(value)
