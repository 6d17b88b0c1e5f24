"""The registry: all that the plugins of one session add, by kind and id."""

from __future__ import annotations

import copy
import importlib
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from operator import attrgetter
from types import MappingProxyType
from typing import Any

import attrs

from cxaudit._model.detectors import Detector
from cxaudit._model.groupings import Lens, Touchpoint
from cxaudit._model.identifiers import qualified, short
from cxaudit._model.metrics import Metric
from cxaudit._model.placeholders import known_placeholders, unknown_placeholders
from cxaudit._model.presets import PresetFile
from cxaudit._model.resources import telling_what_ran_out
from cxaudit._model.result import RunProblem
from cxaudit._model.said import joined
from cxaudit._model.specs import Check, ChecklistFile, Command, Engine, Output, Policy, Source
from cxaudit._model.tables import Table
from cxaudit._plugins.containment import Containment, contained
from cxaudit._plugins.standing_in import stand_in
from cxaudit._plugins.typed import misfits_of_fields
from cxaudit.errors import CxauditError, PluginError, UnknownNameError, did_you_mean

__all__ = ["KINDS", "NameTaken", "Registry"]

KINDS: Mapping[str, type] = MappingProxyType(
    {
        "checklist": ChecklistFile,
        "check": Check,
        "metric": Metric,
        "table": Table,
        "source": Source,
        "preset": PresetFile,
        "detector": Detector,
        "engine": Engine,
        "touchpoint": Touchpoint,
        "lens": Lens,
        "policy": Policy,
        "output": Output,
        "command": Command,
    }
)
"""Kind to its class, in the order of the pipeline's words."""

_LAZY: Mapping[str, str] = {
    "check": "judge",
    "source": "read",
    "detector": "detect",
    "engine": "connect",
    "policy": "score",
    "output": "render",
    "command": "command",
}
_CXAUDIT = "cxaudit"
_PLAIN = frozenset({"table", "touchpoint", "lens"})
_REFERENCE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")
_TABLE_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_SUFFIX = re.compile(r"(\.[A-Za-z0-9_-]+)+")
_COLUMN_TYPES = ("text", "number", "boolean", "time", "date")


@attrs.frozen
class _Registration:
    """A spec, and where it comes from.

    Attributes:
        spec: The spec; of one that was refused, what stands in for it.
        plugin, version: Its plugin.
        builtin: Whether that is part of cxaudit.
        line: File and line where it was yielded, as far as known.
        refusal: Why it cannot be used; empty when it can.
    """

    spec: Any
    plugin: str
    version: str
    builtin: bool = False
    line: str = ""
    refusal: str = ""


class NameTaken(RunProblem):
    """Two plugins registered one id: each may be in order."""

    __slots__ = ()


class Registry:
    """What the plugins of one session registered.

    Names are given with or without ``cxaudit.``; ids come out in full.

    Attributes:
        plugins: Plugin to its version and why it cannot be used, each empty where there is none.
    """

    def __init__(self) -> None:
        self._registrations: dict[str, dict[str, _Registration]] = {kind: {} for kind in KINDS}
        self._references: dict[str, tuple[str, str, str, str]] = {}
        self.plugins: dict[str, tuple[str, str]] = {}
        self._refused: dict[tuple[str, str], tuple[str, str]] = {}

    def add(
        self,
        spec: object,
        plugin: str,
        *,
        version: str = "",
        builtin: bool = False,
        package: tuple[str, str] | None = None,
        line: str = "",
    ) -> RunProblem | None:
        """Add a spec, or say why it is refused. Of two with one id the first stays.

        A spec that is malformed and has an id is known by it all the same, so that what rests on
        it fails alone, with the reason.

        Args:
            spec: The spec.
            plugin: Name of the plugin that it comes from.
            version: The plugin's version.
            builtin: Whether it is part of cxaudit, whose ids begin with ``cxaudit.``.
            package: A name in lazy references and what it stands for (local plugins are
                imported under private names).
            line: File and line where it was yielded, as far as known.
        """

        def refused(cause: str, hint: str = "", cls: type[RunProblem] = RunProblem) -> RunProblem:
            subject = getattr(spec, "id", type(spec).__name__)
            return cls(
                stage="cxaudit_register",
                subject=str(subject),
                cause=cause,
                plugin=plugin,
                hint=joined([line, hint], "text"),
            )

        kind = next((kind for kind, cls in KINDS.items() if isinstance(spec, cls)), None)
        if kind is None:
            return refused(
                f"{type(spec).__name__} is nothing that can be registered",
                "Yield " + ", ".join(cls.__name__ for cls in KINDS.values()) + ".",
            )
        registration = _Registration(
            _relocated(spec, kind, package), plugin, version, builtin=builtin, line=line
        )
        if problem := _id_problem(kind, registration.spec, builtin=builtin):
            return refused(*problem)
        key = self._key(kind, registration.spec.id)
        if (earlier := self._registrations[kind].get(key)) is not None:
            both = f"plugin {earlier.plugin!r} and plugin {plugin!r}"
            return refused(
                f"{kind} {earlier.spec.id!r} is registered twice: by {both}",
                f"The one of {earlier.plugin!r} stays. Rename the other, or block its plugin.",
                NameTaken,
            )
        malformed = None if builtin else next(misfits_of_fields(registration.spec), None)
        if problem := (malformed, "") if malformed else _problem(kind, registration.spec):
            self._registrations[kind][key] = registration
            return self.refuse(kind, registration.spec.id, *problem)
        self._registrations[kind][key] = registration
        reference = getattr(registration.spec, _LAZY.get(kind, ""), None)
        if isinstance(reference, str):
            stage = f"{kind} {short(registration.spec.id)}"
            self._references.setdefault(reference, (plugin, version, stage, line))
        return None

    def refuse(self, kind: str, name: str, cause: str, hint: str = "") -> RunProblem:
        """Set a spec that cannot be used aside: what rests on it fails, with the reason.

        Returns:
            The problem, with its plugin and line.
        """
        key = self._key(kind, name)
        refused = self._registrations[kind].pop(key)
        stage = f"{kind} {short(refused.spec.id)}"
        error = PluginError(refused.plugin, refused.version, stage, cause, refused.line)
        tables = self._registrations["table"]
        spec = stand_in(kind, refused.spec, _LAZY.get(kind, ""), error, tables)
        if spec is not None:
            self._registrations[kind][key] = attrs.evolve(refused, spec=spec, refusal=cause)
        self._refused[kind, key] = refused.plugin, cause
        return RunProblem(
            stage="cxaudit_register",
            subject=refused.spec.id,
            cause=cause,
            plugin=refused.plugin,
            hint=joined([refused.line, hint], "text"),
        )

    def problem(self, kind: str, name: str, cause: str, hint: str = "") -> RunProblem:
        """Return a problem with a spec, with its plugin and line."""
        registration = self._registration(kind, name)
        return RunProblem(
            stage=f"{kind} {short(registration.spec.id)}",
            subject=registration.plugin,
            cause=cause,
            plugin=registration.plugin,
            hint=joined([registration.line, hint], "text"),
        )

    def refusal(self, kind: str, name: str) -> str:
        """Return why a spec that some plugin gave cannot be used; empty when it can."""
        return self._refused.get((kind, self._key(kind, name)), ("", ""))[1]

    def renewed(self, plugin: str, specs: Iterable[object]) -> Registry:
        """Return a registry whose specs of one plugin are those of another instance of it.

        Specs that were not registered before are left out, and those refused stay so.
        """
        registry = copy.copy(self)
        registry.begin()
        for spec in specs:
            registry.replace(spec, plugin)
        return registry

    def begin(self) -> None:
        """Let go of what is shared with the registry that this one was copied from."""
        self._registrations = {kind: dict(of) for kind, of in self._registrations.items()}

    def replace(self, spec: object, plugin: str) -> None:
        """Put a spec in the place of the one that its plugin registered under its id."""
        kind = next((kind for kind, cls in KINDS.items() if isinstance(spec, cls)), "")
        registrations = self._registrations.get(kind, {})
        key = self._key(kind, getattr(spec, "id", ""))
        earlier = registrations.get(key)
        if earlier is not None and earlier.plugin == plugin and not earlier.refusal:
            registrations[key] = attrs.evolve(earlier, spec=spec)

    def foreign(self, kind: str) -> Mapping[str, Any]:
        """Return the specs of a kind that are not cxaudit's own and may be used, by full id."""
        return {
            registration.spec.id: registration.spec
            for registration in self._kind(kind).values()
            if not registration.builtin and not registration.refusal
        }

    def lazy(self, kind: str, name: str) -> object:
        """Return the function of a spec, or the reference to it; None for kinds without."""
        return getattr(self.get(kind, name), _LAZY.get(kind, ""), None)

    def is_builtin(self, kind: str, name: str) -> bool:
        """Tell whether a name is one of cxaudit's own plugins."""
        return self._registration(kind, name).builtin

    def get(self, kind: str, name: str) -> Any:
        """Return the spec of a name.

        Raises:
            UnknownNameError: If nothing of that kind has the name.
        """
        return self._registration(kind, name).spec

    def of(self, kind: str) -> Mapping[str, Any]:
        """Return all specs of a kind by full id, sorted by id."""
        specs = {
            registration.spec.id: registration.spec for registration in self._kind(kind).values()
        }
        return MappingProxyType(dict(sorted(specs.items())))

    def origin(self, kind: str, name: str) -> str:
        """Return the name of the plugin that registered a name.

        Raises:
            UnknownNameError: If nothing of that kind has the name.
        """
        return self._registration(kind, name).plugin

    @contextmanager
    def blaming(self, kind: str, name: str, code: object = None) -> Iterator[Containment]:
        """Name the plugin that registered a name when its code fails, by `SystemExit` too.

        Errors that cxaudit raises on purpose pass, and whatever its own plugin raises.

        Args:
            kind: Kind of what is called.
            name: Its name.
            code: The function or generator, whose line is named where no other can be.

        Raises:
            PluginError: If the code of another plugin failed.
            ResourceError: If memory or disk ran out.
        """
        registration = self._registration(kind, name)
        stage = f"{kind} {registration.spec.id}"
        passing = BaseException if registration.plugin == _CXAUDIT else CxauditError
        with (
            contained(stage, name, registration.plugin, passing=passing, code=code) as containment,
            telling_what_ran_out(),
        ):
            yield containment
        if (error := containment.error) is not None:
            raise PluginError(
                registration.plugin,
                registration.version,
                stage,
                containment.cause,
                containment.hint,
            ) from error

    def resolve(self, reference: object) -> Any:
        """Return what a lazy reference names; anything but a text is returned as it is.

        Raises:
            PluginError: If it cannot be imported, with the plugin that registered it.
        """
        if not isinstance(reference, str):
            return reference
        known = self._references.get(reference, ("?", "", reference, ""))
        plugin, version, stage, line = known
        module, _, attribute = reference.partition(":")
        with contained(stage, reference, plugin) as containment:
            if not _REFERENCE.fullmatch(reference):
                msg = f"{reference!r} does not have the form 'package.module:attribute'"
                raise ValueError(msg)
            return attrgetter(attribute)(importlib.import_module(module))
        raise PluginError(
            plugin, version, stage, containment.cause, containment.hint or line
        ) from containment.error

    def _kind(self, kind: str) -> dict[str, _Registration]:
        if kind not in self._registrations:
            raise UnknownNameError(kind="kind", name=kind, known=tuple(KINDS))
        return self._registrations[kind]

    def _registration(self, kind: str, name: str) -> _Registration:
        registrations = self._kind(kind)
        registration = registrations.get(self._key(kind, name))
        # A foreign id is known by its own name only: `cxaudit.acme.x` is not `acme.x`.
        if registration is None or (
            kind not in _PLAIN and registration.spec.id not in {name, qualified(name)}
        ):
            names = sorted(short(registration.spec.id) for registration in registrations.values())
            raise UnknownNameError(kind, name, tuple(names))
        return registration

    @staticmethod
    def _key(kind: str, name: str) -> str:
        # Short and full form share a key, so that no plugin takes a short name of ours.
        return short(name) if kind in _PLAIN else qualified(name)


def _relocated(spec: Any, kind: str, package: tuple[str, str] | None) -> Any:
    """Return a spec whose references into a local plugin use its private name."""
    field = "package" if kind in {"checklist", "preset"} else _LAZY.get(kind)
    reference = getattr(spec, field, None) if field else None
    if package is None or field is None or not isinstance(reference, str):
        return spec
    public, private = package
    if re.match(rf"{re.escape(public)}(?=[.:]|$)", reference) is None:
        return spec
    return attrs.evolve(spec, **{field: private + reference[len(public) :]})


def _id_problem(kind: str, spec: Any, *, builtin: bool) -> tuple[str, str] | None:
    """Return what is wrong with the id of a spec and what to do about it."""
    if kind in _PLAIN:
        return None
    ours = spec.id.startswith("cxaudit.")
    if ours and not builtin:
        return f"id {spec.id!r} begins with 'cxaudit.', which is cxaudit's own", (
            "Begin it with a namespace of your own, such as 'acme.'."
        )
    if builtin and not ours:
        return f"id {spec.id!r} of a built-in does not begin with 'cxaudit.'", ""
    if "." not in spec.id:
        return f"id {spec.id!r} has no namespace", f"Name it 'acme.{spec.id}', for example."
    return None


def _problem(kind: str, spec: Any) -> tuple[str, str] | None:
    """Return what is wrong with a spec, its types being right, and what to do about it."""
    reference = getattr(spec, _LAZY.get(kind, ""), None)
    if isinstance(reference, str) and not _REFERENCE.fullmatch(reference):
        return f"{_LAZY[kind]} = {reference!r} is no reference", (
            "Write 'package.module:attribute', or give the function itself."
        )
    if kind == "output" and spec.takes not in {"result", "report"}:
        return f"takes = {spec.takes!r} is neither 'result' nor 'report'", ""
    if kind == "output" and not _SUFFIX.fullmatch(spec.suffix):
        return f"suffix = {spec.suffix!r} is no ending of a file's name", "Write '.html', or so."
    if kind == "metric":
        return _metric_problem(spec)
    return _table_problem(spec) if kind == "table" else None


def _metric_problem(metric: Metric) -> tuple[str, str] | None:
    unusable = [name for names in unknown_placeholders(metric).values() for name in names]
    if not unusable:
        return None
    usable = known_placeholders(metric)
    braces = ", ".join(f"{{{name}}}" for name in usable)
    return f"says: nothing is put in for {{{unusable[0]}}}", (
        did_you_mean(unusable[0], usable) or f"It may hold {braces}."
    )


def _table_problem(table: Table) -> tuple[str, str] | None:
    names = [column.name for column in table.columns]
    plain = "Use lower-case words joined by underscores."
    if not _TABLE_NAME.fullmatch(table.id):
        return f"table name {table.id!r} is no plain word", plain
    for column in table.columns:
        if not _TABLE_NAME.fullmatch(column.name):
            return f"column name {column.name!r} is no plain word", plain
        if column.type not in _COLUMN_TYPES:
            return f"column {column.name!r} has the unknown type {column.type!r}", (
                did_you_mean(column.type, _COLUMN_TYPES) or f"Types: {', '.join(_COLUMN_TYPES)}."
            )
        if names.count(column.name) > 1:
            return f"column {column.name!r} is declared twice", ""
    for name in table.key:
        if name not in names:
            return f"key column {name!r} is not declared", did_you_mean(name, names)
    return None
