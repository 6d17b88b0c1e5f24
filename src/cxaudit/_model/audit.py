"""The audit: one client, one period, one checklist, and where the evidence is."""

from __future__ import annotations

import glob
from collections.abc import Mapping
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import attrs

from cxaudit._model.checklist import Checklist
from cxaudit._model.identifiers import validate_id
from cxaudit._model.metrics import Breakdown
from cxaudit._model.presets import Preset, RowRule
from cxaudit._model.pseudonyms import Pseudonyms
from cxaudit._model.records import held_records
from cxaudit._model.schedules import Schedule
from cxaudit._model.themes import Codebook
from cxaudit._model.units import UnitTree
from cxaudit.errors import Problem, UnknownNameError

__all__ = [
    "TABLE_READER",
    "Audit",
    "Conduct",
    "EvaluationUse",
    "Gate",
    "SourceUse",
    "Waiver",
    "Wave",
    "Worth",
    "matching",
]

TABLE_READER = "cxaudit.table"
"""Full id of the source that reads records at hand."""


@attrs.frozen(kw_only=True)
class Wave:
    """A round of an audit, first and last day included."""

    id: str = attrs.field(validator=validate_id)
    start: date
    end: date


@attrs.frozen(kw_only=True)
class SourceUse:
    """A source as the audit file sets it up.

    Attributes:
        name: Its name in the audit file.
        reader: Full id of the registered source.
        table: Table that it fills.
        paths: Files, globs allowed, relative to the audit file.
        zone: Zone of times without offsets: an IANA name or ``unit``; None when they have one.
        columns: Table column to expression over raw columns; empty means the same names.
        where: Expression over raw columns: rows to read at all.
        unit: Unit of all its rows; None when a column says it.
        wave: Whether the audit's wave bounds its rows; otherwise all of them count.
        cluster: What varies by chance as a whole (see `Metric`); empty for what is usual.
        quarantine: ``rows`` keeps refused rows, ``count`` only counts them.
        options: Options of the reader, such as ``separator`` and ``encoding``.
        rules: Markers by expressions over raw columns.
        preset: The preset that it is read by, whose settings those above are; or None.
        line: Line in the audit file, for messages.
        records: What was handed over in the place of files (see `held_records`), or None.
    """

    name: str
    reader: str
    table: str
    paths: tuple[str, ...]
    zone: str | None = None
    columns: Mapping[str, str] = attrs.field(factory=dict)
    where: str | None = None
    unit: str | None = None
    wave: bool = True
    cluster: str = ""
    quarantine: str = "rows"
    options: Mapping[str, Any] = attrs.field(factory=dict)
    rules: tuple[RowRule, ...] = ()
    preset: Preset | None = None
    line: int | None = None
    records: Any = attrs.field(default=None, eq=False, repr=False)


@attrs.frozen(kw_only=True)
class EvaluationUse:
    """How evaluations that another system made become answers.

    Attributes:
        source: Name of the source that fills the table ``evaluations`` with them.
        touchpoint: Where the contacts took place; empty for what the source says.
        items: Their question, by its id or its words, to the item that it answers.
        values: Item to their answers, each with what it is called here; others stay.
    """

    source: str
    touchpoint: str = ""
    items: Mapping[str, str] = attrs.field(factory=dict)
    values: Mapping[str, Mapping[str, str]] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class Waiver:
    """An accepted, justified, expiring exception; it acts on the gate only.

    Attributes:
        item: Id of an item, or a glob over ids.
        unit: Id of a unit, or None for all.
        touchpoint: Id of a touchpoint, or None for all.
        reason: Why the exception is accepted.
        approver: Who accepted it.
        expires: Last day on which it holds.
    """

    item: str
    reason: str
    approver: str
    expires: date
    unit: str | None = None
    touchpoint: str | None = None

    def covers(self, item: str, touchpoint: str, unit: str) -> bool:
        """Tell whether it speaks of an item at a touchpoint of a unit."""
        return (
            fnmatchcase(item, self.item)
            and self.unit in {None, unit}
            and self.touchpoint in {None, touchpoint}
        )


@attrs.frozen(kw_only=True)
class Conduct:
    """How people were treated by the audit itself; what is missing is said first in the method.

    Attributes:
        staff_told: Whether staff knew that such audits happen; None when not stated.
        legal_basis: On what basis personal data were used.
        retention: Until when evidence is kept.
        individual_results: Whether results of single people may be shown.
    """

    staff_told: bool | None = None
    legal_basis: str = ""
    retention: str = ""
    individual_results: bool = False


@attrs.frozen(kw_only=True)
class Gate:
    """The rule that makes a run pass or fail.

    Attributes:
        min_score: Overall score (0 to 1) under which it fails; None does not ask.
        min_coverage: Coverage (0 to 1) under which the basis is not enough (exit code 4).
        critical: Whether a failed critical item that is not waived fails it.
        compliance: Whether a failed compliance item that is not waived fails it.
    """

    min_score: float | None = None
    min_coverage: float | None = None
    critical: bool = True
    compliance: bool = True


@attrs.frozen(kw_only=True)
class Worth:
    """The client's own figure of what a contact that went wrong costs.

    Attributes:
        currency: Such as ``EUR``.
        per_contact: Id of an item, or a glob over ids, to the sum for one contact.
        basis: Where the figures come from, in words; printed beside them.
    """

    currency: str
    per_contact: Mapping[str, float]
    basis: str


@attrs.frozen(kw_only=True)
class Audit:
    """An audit, read and checked, ready to run.

    Attributes:
        id: Its id.
        title: Its title.
        client: Who is audited.
        path: The audit file.
        language: Language of its reports.
        wave: The round that is judged, or None.
        as_of: Last day that the records cover; None takes their last instant.
        waves: All rounds.
        checklist: The merged checklist, with the audit's parameters put in.
        units: What is audited.
        sources: Where records are.
        cases, answers: Files of cases and answers, relative to the audit file.
        evaluations: Evaluations of other systems that are answers.
        unit_aliases: Source name (or ``*``) to unit code to unit id.
        schedules: When units are open.
        identity: File with the ``identity`` table, or None.
        pseudonyms: How keys of people are hashed, or None.
        codebook: What customers write about, or None.
        breakdowns: Metrics by a grouping.
        waivers, conduct, gate: As named.
        plugins: Plugin name to its settings.
        redactors: Names of plugins without whose redactors nothing may be run.
        outputs: Full ids of outputs to write after a run.
        seed: Seed of every draw.
        engine: Full id of the engine.
        memory: The most bytes that the engine may use; None takes a share of what there is.
        quantile_error: By how much, as a share of its size, a value may be moved before quantiles
            are taken of it, in memory that does not grow with the rows; None for exact ones.
        time_limit: Seconds that one call of a plugin's check, and the reading of one source by a
            plugin, may take; None for any time.
        worth: What contacts that went wrong cost by the client's own figures, or None.
        branding: Free settings for documents, such as a logo's path.
        digests: File to SHA-256 of the audit file and what it names.
        case_records, answer_records: Cases and answers handed over beside those files.
        idle_weights: Unit to what is wrong with its weight, when it is a comparator or has no cases
            of its own.
    """

    id: str = attrs.field(validator=validate_id)
    title: str
    client: str
    path: Path
    language: str = "en"
    wave: Wave | None = None
    as_of: date | None = None
    waves: tuple[Wave, ...] = ()
    checklist: Checklist
    units: UnitTree
    sources: tuple[SourceUse, ...] = ()
    cases: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    evaluations: tuple[EvaluationUse, ...] = ()
    unit_aliases: Mapping[str, Mapping[str, str]] = attrs.field(factory=dict)
    schedules: tuple[Schedule, ...] = ()
    identity: str | None = None
    pseudonyms: Pseudonyms | None = None
    codebook: Codebook | None = None
    breakdowns: tuple[Breakdown, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    conduct: Conduct = Conduct()
    gate: Gate = Gate()
    worth: Worth | None = None
    plugins: Mapping[str, Mapping[str, Any]] = attrs.field(factory=dict)
    redactors: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    seed: int = 0
    engine: str = "cxaudit.duckdb"
    memory: int | None = None
    quantile_error: float | None = None
    time_limit: float | None = None
    branding: Mapping[str, str] = attrs.field(factory=dict)
    digests: Mapping[str, str] = attrs.field(factory=dict)
    case_records: Any = attrs.field(default=(), eq=False, repr=False)
    answer_records: Any = attrs.field(default=(), eq=False, repr=False)
    idle_weights: Mapping[str, Problem] = attrs.field(factory=dict, repr=False)

    @property
    def folder(self) -> Path:
        """Return the folder that relative paths start from."""
        return self.path.parent

    @property
    def has_answers(self) -> bool:
        """Tell whether cases or answers are to be read, from files or at hand."""
        at_hand = (self.case_records, self.answer_records)
        return bool(self.cases or self.answers) or any(
            not isinstance(records, tuple) or records for records in at_hand
        )

    def with_sources(self, sources: Mapping[str, object]) -> Audit:
        """Return the audit with records at hand in the place of the files of some sources.

        What the audit says of a source stays: its table, zone, unit, mapping and wave. The records
        are checked as those of files, when the audit is run or validated.

        Args:
            sources: Name of a source of the audit to its records: a data frame of pandas or polars,
                whatever exports an Arrow stream, a relation of DuckDB, a mapping of names to arrays
                of numpy, or dicts.

        Raises:
            UnknownNameError: If the audit has no such source.
            TypeError: If records are none of these.
        """
        kind, names = "source of the audit", tuple(use.name for use in self.sources)
        for name in sources:
            if name not in names:
                raise UnknownNameError(kind, name, names)
        uses = (
            attrs.evolve(
                use,
                reader=TABLE_READER,
                paths=(),
                options={},
                records=held_records(sources[use.name], f"the source {use.name!r}"),
            )
            if use.name in sources
            else use
            for use in self.sources
        )
        return attrs.evolve(self, sources=tuple(uses))

    def with_answers(self, answers: object, cases: object = ()) -> Audit:
        """Return the audit with answers at hand, and cases, beside those of its files.

        They are checked as rows of a file are, when the audit is run or validated.

        Args:
            answers: Dicts, or a table such as a data frame, with the columns of a file of answers.
                Paths of evidence start from the audit's folder.
            cases: Likewise, with the columns of a file of cases.

        Raises:
            TypeError: If they are no rows.
        """
        return attrs.evolve(
            self,
            answer_records=held_records(answers, "answers"),
            case_records=held_records(cases, "cases"),
        )


def matching(folder: Path, pattern: str) -> list[Path]:
    """Return what a path or glob names, from a folder on and in order; nothing if it is not there.

    A file whose own name looks like a glob (``calls[1].csv``) is that file.
    """
    if (folder / pattern).exists():
        return [folder / pattern]
    # Path.glob takes no absolute patterns; marks of globs in the folder's own name are none.
    names = glob.glob(pattern, root_dir=folder, recursive=True)  # noqa: PTH207
    return [folder / name for name in sorted(names)]
