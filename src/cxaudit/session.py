"""The API: load an audit, plan it, run it, render and re-score its result.

::

    from cxaudit import Session

    session = Session()
    audit = session.load("audit.toml")
    result = session.run(audit)
    session.render(result, "html", "report.html")

Everything returned is frozen. Nothing is printed, nothing exits, and two sessions in one
process share no state. A session may be used by several threads at once; between processes pass
audits, results and reports, which can be pickled, and let each process make a session of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Never, Self

import attrs

from cxaudit._audit.hosts import Hosts
from cxaudit._formats.rendering import rendered
from cxaudit._model.audit import Audit
from cxaudit._model.checklist import Checklist
from cxaudit._model.findings import Findings
from cxaudit._model.identifiers import short
from cxaudit._model.plan import Plan
from cxaudit._model.presets import Preset
from cxaudit._model.report import Report
from cxaudit._model.resources import telling_what_ran_out
from cxaudit._model.result import AuditResult, PluginRecord, RunProblem
from cxaudit._plugins.host import PluginHost
from cxaudit.errors import AuditFileError, IncompleteRunError, Problem, UnknownNameError

if TYPE_CHECKING:
    from cxaudit._checklists.doctor import Diagnosis
    from cxaudit._checklists.explain import Explanation
    from cxaudit._model.protocols import Observer

__all__ = ["Session", "finding_texts", "result_json", "run"]


class Session:
    """Plugins, loaded once, and what can be done with them."""

    def __init__(
        self, plugins: Sequence[object | str | Path] = (), block: Sequence[str] = ()
    ) -> None:
        """Load plugins.

        Args:
            plugins: Further plugins: objects or modules with hooks, import paths, or folders
                whose files are loaded by their location.
            block: Names of installed plugins that must not even be imported.
        """
        self._hosts = Hosts(PluginHost(plugins, block))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the plugins. Results stay as they are; the session can do nothing more."""
        self.__dict__.pop("_hosts", None)

    def __reduce__(self) -> Never:
        msg = "a Session stays in its process; make one in each, and pass audits and results"
        raise TypeError(msg)

    def __getattr__(self, name: str) -> Any:
        if name == "_hosts":
            msg = "the session is closed; make another one"
            raise RuntimeError(msg)
        raise AttributeError(name=name, obj=self)

    @property
    def plugins(self) -> tuple[PluginRecord, ...]:
        """Return what was loaded; of plugins that failed since, in what, too."""
        return self._hosts.plugins

    @property
    def problems(self) -> tuple[RunProblem, ...]:
        """Return what went wrong with plugins as they were loaded, and last with each audit."""
        return self._hosts.problems

    @property
    def _host(self) -> PluginHost:
        return self._hosts.loaded

    def registered(self, kind: str) -> Mapping[str, Any]:
        """Return all specs of a kind (``check``, ``metric``, ``table`` ...) by full id."""
        return self._host.registry.of(kind)

    def preset(self, name: str, folder: str | Path = ".") -> Preset:
        """Return a preset: how an export is read, with its traps.

        Args:
            name: Id of a registered preset, or a path that ends in ``.toml``.
            folder: Where paths start.

        Raises:
            UnknownNameError: If no preset has the name.
            AuditFileError: If its file is wrong.
        """
        from cxaudit._checklists.documents import Problems
        from cxaudit._checklists.presets import find_preset

        problems = Problems()
        preset, _ = find_preset(name, Path(folder), self._host.registry, problems)
        if problems.reported:
            raise AuditFileError(problems.ordered())
        if preset is None:
            known = tuple(map(short, self.registered("preset")))
            raise UnknownNameError(kind="preset", name=name, known=known)
        return preset

    def resolve(self, reference: object) -> Any:
        """Return what a spec's lazy reference names.

        Raises:
            PluginError: If it cannot be imported.
        """
        return self._host.registry.resolve(reference)

    def check_specs(self) -> None:
        """Check what plugins registered as what a checklist declares is; once, before it is used.

        What cannot be used is set aside with its plugin, and named in `problems`.
        """
        self._hosts.check_specs()

    def examine_plugins(self) -> Diagnosis:
        """Look at all that plugins registered, and import what they name, as no run does.

        Every reference is resolved, every schema and expression checked, every checklist that a
        plugin ships is loaded.
        """
        from cxaudit._checklists.doctor import examine

        return examine(self._host, self.check_specs)

    def load(self, path: str | Path) -> Audit:
        """Read and check an audit file and all that it names but the records.

        Raises:
            AuditFileError: If the audit file, or a file that it names, is wrong.
            ChecklistError: If a checklist is wrong.
        """
        from cxaudit._checklists import load_audit

        self.check_specs()
        audit: Audit = load_audit(Path(path), self._host.registry)
        with self._hosts.of_audit(audit):
            # Wherever the program is when it runs.
            return attrs.evolve(audit, path=audit.path.absolute())

    def load_data(
        self,
        content: Mapping[str, Any],
        *,
        checklists: Sequence[Mapping[str, Any] | str | Path] = (),
        sources: Mapping[str, object] | None = None,
        answers: object = (),
        cases: object = (),
        folder: str | Path = "",
    ) -> Audit:
        """Check an audit that is no file, and return it as `load` does.

        ::

            audit = session.load_data(
                {
                    "audit": {"id": "acme", "title": "Acme", "client": "Acme"},
                    "unit": [{"id": "acme", "kind": "organisation", "zone": "Europe/Paris"}],
                },
                checklists=[checklist],
                sources={"calls": frame},
            )

        Args:
            content: What the audit file would hold; ``cxaudit = 1`` may be left out. Dates are
                `datetime.date`, and what is None is left out.
            checklists: Further checklists: what a file would hold, as a mapping or as text of
                several lines; a path that ends in ``.toml``; or a registered id.
            sources: Name to records at hand, as `Audit.with_sources` takes them. What else is to
                be said of a source stands in ``content["sources"][name]``, without ``reader`` and
                ``path``; its table is the one of its own name where none is named.
            answers: Answers at hand, as `Audit.with_answers` takes them.
            cases: Cases at hand, likewise.
            folder: Where the paths in it start; the working directory when left out.

        Raises:
            AuditFileError: With every problem of the audit and its checklists.
            TypeError: If records, answers, cases or checklists are of a type that cannot be used.
        """
        from cxaudit._checklists import audit_of

        self.check_specs()
        audit = audit_of(
            content,
            self._host.registry,
            folder=Path(folder),
            checklists=checklists,
            sources=sources,
        ).with_answers(answers, cases)
        with self._hosts.of_audit(audit):
            return audit

    def validate(self, audit: str | Path | Audit) -> Audit:
        """Read and check an audit as `load` does, and all that a run would refuse beside it.

        That is its cases and answers, weights of units that weigh nothing, and of its record files
        the columns and the mappings over them.

        Args:
            audit: The audit file, or an audit that was loaded.

        Raises:
            AuditFileError: With the problems of all files, as far as they can be read.
            PluginError: If a plugin's reader fails.
        """
        from cxaudit._audit.reading.core_tables import read_asked
        from cxaudit._audit.reading.sources import problems_of_sources
        from cxaudit._checklists.audits import read_audit
        from cxaudit._checklists.documents import Problems

        self.check_specs()
        registry = self._host.registry
        problems = Problems()
        read: Audit | None
        if isinstance(audit, Audit):
            read = audit
        else:
            read, problems = read_audit(Path(audit), registry)
        faults = list(problems.ordered())
        if read is not None:
            try:
                with self._hosts.of_audit(read):
                    pass
            except AuditFileError as error:
                faults += error.problems
            if not problems.incomplete:
                faults += read_asked(read, registry).problems
            spots = set(map(_spot, faults))
            further = problems_of_sources(read, registry)
            faults += [problem for problem in further if _spot(problem) not in spots]
        if faults or read is None:
            raise AuditFileError(tuple(dict.fromkeys(faults)))
        return read

    def load_checklist(self, checklist: str | Path | Mapping[str, Any]) -> Checklist:
        """Read and check a checklist.

        Args:
            checklist: A path that ends in ``.toml``, a registered id, or what a file would hold: a
                mapping, or text of several lines.

        Raises:
            ChecklistError: If it is wrong.
        """
        from cxaudit._checklists import load_checklist, named_checklists

        self.check_specs()
        names, contents = named_checklists([checklist])
        return load_checklist(names, folder=Path(), registry=self._host.registry, contents=contents)

    def lint(self, checklist: Checklist, language: str | None = None) -> tuple[Problem, ...]:
        """Return what is not wrong in a checklist and should still be looked at.

        Args:
            checklist: The checklist.
            language: The language of the reports on it, where that is known.
        """
        from cxaudit._checklists import lint
        from cxaudit._words.language import catalogues, has_catalogue

        notes = lint(checklist, language)
        if language is None or has_catalogue(language):
            return notes
        message = f"Reports have no catalogue for {language!r}: their own words will be English."
        hint = f"There is {', '.join(catalogues())}."
        return (Problem(message, path="audit.language", hint=hint), *notes)

    def explain(self, checklist: Checklist, item: str) -> Explanation:
        """Return each field of an item with its origin, and the item's effective weight.

        Raises:
            UnknownNameError: If there is no such item.
        """
        from cxaudit._checklists.explain import explain

        return explain(checklist, item)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of checklists, with the live plugins' checks and settings."""
        from cxaudit._checklists import schema

        return schema(self._host.registry)

    def plan(
        self, audit: Audit, *, cases: int | None = None, last: AuditResult | None = None
    ) -> Plan:
        """Return what a run would read and ask, without reading any data.

        Args:
            audit: A loaded audit.
            cases: Cases planned for each asked item, for how sure its share would be; None takes
                as many as last time, else the item's ``min_cases``.
            last: An earlier result of the audit, for how much its days differed.
        """
        from cxaudit._audit.planning.levels import applicability
        from cxaudit._audit.planning.plan import make_plan
        from cxaudit._audit.planning.planner import Planner
        from cxaudit._audit.planning.precision import precision

        engine = _connected(self._host, audit.engine)
        try:
            planner = Planner(audit, self._host.registry, applies=applicability(audit))
            plan = make_plan(audit, planner, self._host.registry, engine)
            return attrs.evolve(plan, precision=precision(audit, cases, last))
        finally:
            engine.close()

    def run(
        self,
        audit: Audit,
        observer: Observer | None = None,
        *,
        folder: str | Path | None = None,
        strict: bool = False,
    ) -> AuditResult:
        """Run an audit.

        Args:
            audit: A loaded audit.
            observer: Called with an `Event` as the run goes on, several times a second while a
                statement lasts. To end the run it raises `RunCancelled`.
            folder: Where refused rows are kept; without it they are only counted and sampled.
            strict: Whether what fails in a check, plugin or source is an error. By itself the run
                goes on, and the result's ``problems`` say what failed.

        Raises:
            IncompleteRunError: If something failed in a strict run; it holds the result.
            AuditFileError: If a plugin that the audit relies on is not active.
            AnswersError: If cases or answers are wrong.
            SourceError: If records cannot be read at all.
            ResourceError: If memory or disk ran out.
        """
        from cxaudit._audit.run import Run

        with self._hosts.of_audit(audit) as host, telling_what_ran_out():
            result = Run(
                audit,
                host,
                connect=lambda: _connected(self._host, audit.engine),
                observer=observer,
                folder=Path(folder) if folder is not None else None,
            ).result()
        if strict and result.problems:
            raise IncompleteRunError(result.problems, result)
        return result

    def rescore(self, result: AuditResult, policy: str) -> AuditResult:
        """Return a result scored under another policy, from what the result holds alone.

        Raises:
            UnknownNameError: If there is no such policy.
        """
        from cxaudit._audit.run import rescored

        spec = self._host.registry.get("policy", policy)
        checklist = attrs.evolve(result.checklist, policy=spec.id)
        return rescored(attrs.evolve(result, checklist=checklist), self._hosts.of_result(result))

    def report(
        self,
        result: AuditResult,
        audience: str = "client",
        *,
        files: str | Path | None = None,
        release: Sequence[str] = (),
    ) -> Report:
        """Return the report on a result.

        Args:
            result: The result.
            audience: ``client``, ``internal`` or ``public``.
            files: Where the paths of evidence start. An internal report shows the pictures that
                it finds there, small and without what cameras write beside a picture.
            release: Pictures among the evidence that clients or the public may see.

        Raises:
            InputError: If one of these is no picture among the evidence, or cannot be shown.
            ValueError: If there is no such audience.
            TypeError: If ``release`` is a single text.
        """
        from cxaudit._report.audiences import checked_audience
        from cxaudit._report.build import build_report
        from cxaudit._report.pictures import thumbnails
        from cxaudit._words.language import speaking

        if isinstance(release, str):
            msg = f"release takes a list of names, not a text; write release=[{release!r}]"
            raise TypeError(msg)
        folder = Path(files) if files is not None else None
        pictures, unshown = thumbnails(result, checked_audience(audience), folder, release)
        hook = "cxaudit_report_sections"
        host = self._hosts.of_result(result)
        with speaking(result.language):
            sections = [section for _, section in host.call(hook, result=result, audience=audience)]
        # A plugin that failed in an earlier report is missing from this one as well.
        failed = (problem for problem in host.problems if problem.stage == hook)
        problems = tuple(dict.fromkeys((*result.problems, *failed)))
        result = attrs.evolve(result, problems=problems)
        policy = self._host.registry.get("policy", result.scorecard.policy)
        return build_report(
            result,
            audience=audience,
            sections=sections,
            policy=policy,
            pictures=pictures,
            unshown=unshown,
        )

    def render(
        self,
        result: AuditResult,
        output: str,
        path: str | Path | None = None,
        *,
        audience: str = "client",
        files: str | Path | None = None,
        release: Sequence[str] = (),
    ) -> str | bytes | Mapping[str, str | bytes]:
        """Return a result in an output format, and write it to a file when one is given.

        A file appears whole or not at all. A format may make several files of a huge result
        (names to contents); they are written to a folder of the file's name without its ending.
        ``audience``, ``files`` and ``release`` are for formats of the report: see `report`.
        Other formats hold the whole result, which the public sees only when it was published.

        Raises:
            InputError: If a picture cannot be released.
            ValueError: If there is no such audience, or it may not see the whole result.
            UnknownNameError: If there is no such output.
            PluginError: If a plugin's output fails.
        """
        from cxaudit._report.audiences import AudienceError, must_withhold

        spec = self._host.registry.get("output", output)
        if spec.takes == "result":
            if must_withhold(result, audience):
                msg = f"{output} holds the whole result; `cxaudit publish` makes one for the public"
                raise AudienceError(msg)
            return rendered(self._host, spec, result, path)
        report = self.report(result, audience, files=files, release=release)
        return rendered(self._host, spec, report, path)

    def render_units(
        self, result: AuditResult, output: str, folder: str | Path, *, audience: str = "client"
    ) -> tuple[Path, ...]:
        """Write a report of its own for each unit below the root, and return the files.

        A unit's report holds its own figures and the band of its peers, and names no other unit.

        Raises:
            UnknownNameError: If there is no such output.
            ValueError: If the output is none of a report, or there is no such audience.
            PluginError: If a plugin's output fails.
        """
        from cxaudit._report.sections.units import unit_reports

        spec = self._host.registry.get("output", output)
        if spec.takes != "report":
            msg = f"{output} is made from a result; name an output of a report, such as html"
            raise ValueError(msg)
        written = []
        for unit, report in unit_reports(result, audience):
            path = Path(folder) / f"{unit.id}{spec.suffix}"
            rendered(self._host, spec, report, path)
            written.append(path)
        return tuple(written)

    def read_result(self, path: str | Path) -> AuditResult:
        """Read a saved ``result.json``.

        Raises:
            ResultError: If it cannot be read.
        """
        from cxaudit._formats.result_json import load_result

        return load_result(Path(path))


def _connected(host: PluginHost, engine: str) -> Any:
    """Return a session of an engine, which is not open yet."""
    spec = host.registry.get("engine", engine)
    connect = host.registry.resolve(spec.connect)
    with host.registry.blaming("engine", spec.id):
        return connect()


def _spot(problem: Problem) -> tuple[str, int | str]:
    """Return where a problem is: values stand in no line, but have a path."""
    return Path(problem.file).name, problem.line or problem.path


def result_json(result: AuditResult) -> dict[str, Any]:
    """Return a result as the JSON values of its file, for outputs that write parts of them."""
    from cxaudit._formats.result_json import to_json

    return to_json(result)


def finding_texts(findings: Findings, field: Callable[[str, str], str]) -> Iterator[str]:
    """Yield findings as text, each with the fields that `result_json` gives, in their order.

    However many findings there are, a value that recurs in them is written once.

    Args:
        findings: The findings.
        field: Returns a field as it stands in a finding, by its name and its value as JSON.
    """
    from cxaudit._formats.json_text import row_texts

    for batch in row_texts(findings, field):
        yield from batch


def run(path: str | Path, plugins: Sequence[object | str | Path] = ()) -> AuditResult:
    """Load and run an audit file with the plugins that are installed, and return its result."""
    session = Session(plugins)
    return session.run(session.load(path))
