"""Checklists: what is judged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from cxaudit._model.curves import Curve
from cxaudit._model.detectors import Detector
from cxaudit._model.groupings import Lens, Touchpoint
from cxaudit._model.identifiers import validate_id
from cxaudit._model.metrics import Metric
from cxaudit._model.text import Text

__all__ = [
    "AREAS",
    "Anchor",
    "Ask",
    "CheckUse",
    "Checklist",
    "Choice",
    "Critical",
    "Guidance",
    "Item",
    "Origin",
    "Parameter",
    "Reference",
    "Seed",
    "Tailored",
]

AREAS: tuple[str, ...] = ("process", "roles", "interpersonal", "direction", "external")
"""The PRIDE areas, in their order."""


@attrs.frozen
class Origin:
    """Where the value of a field was written.

    Attributes:
        checklist: Id of the checklist that holds it.
        file: The file, as the user would find it.
        line: Line in the file, counted from 1; None when not placed.
        column: Column in the line, counted from 1; None when not placed.
    """

    checklist: str
    file: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line is not None else self.file


@attrs.frozen(kw_only=True)
class Reference:
    """A published figure to compare with. It never decides anything.

    Attributes:
        text: The figure in words, with its population.
        source: Where it was published.
        low: Lower end, in the unit of the item, when it is a number.
        high: Upper end, likewise.
    """

    text: Text
    source: str
    low: float | None = None
    high: float | None = None


@attrs.frozen(kw_only=True)
class Seed:
    """Why an item is asked: a publication and what it says, in our words."""

    title: str
    publisher: str
    says: Text


@attrs.frozen(kw_only=True)
class Parameter:
    """A number or word that only the client can give: a promise, a policy, a limit in law.

    Attributes:
        id: Name, used as ``$id``.
        type: ``number``, ``text`` or ``boolean``.
        question: What the client is asked, in plain words.
        unit: Unit of a number, such as ``working hours``.
        value: The answer, or None while nobody gave one.
        basis: ``promise``, ``policy``, ``law`` or ``reference``; None while unanswered.
        agreed_by: Who agreed the value.
        references: Published figures, shown beside and never used as the value.
        minimum, maximum: What a number must not be below or above; None where there is no bound.
    """

    id: str = attrs.field(validator=validate_id)
    type: str = "number"
    question: Text
    unit: str = ""
    value: float | str | bool | None = None
    basis: str | None = None
    agreed_by: str = ""
    references: tuple[Reference, ...] = ()
    minimum: float | None = None
    maximum: float | None = None


@attrs.frozen
class Anchor:
    """One level of a scale, described by what is seen or heard."""

    level: float
    text: Text


@attrs.frozen
class Choice:
    """One option of a choice, with its score when the choice is scored."""

    id: str
    text: Text
    score: float | None = None


@attrs.frozen(kw_only=True)
class Ask:
    """A question that a person answers.

    Attributes:
        answer: ``yes-no``, ``levels``, ``number``, ``count``, ``time`` (a duration; seconds,
            ``m:ss`` or ``h:mm:ss``), ``choice`` or ``text``.
        method: ``interview``, ``document``, ``observe`` or ``test``. A document is seen whole,
            so its answer carries no sampling interval.
        met: For yes-no, the answer that meets the item.
        unit: Unit of a number.
        anchors: Own levels, for ``levels``.
        choices: Options, for ``choice``.
        curve: How a number, count or time scores; None leaves it ``no_target``.
        curve_settings: The curve as written, parameters not yet put in.
        evidence: ``required``, ``optional`` or ``none``.
        raters: How many people judge a case that is judged more than once.
        raters_share: Share of cases judged by that many, in (0, 1].
        min_cases: Fewer cases than this are ``insufficient``.
    """

    answer: str
    method: str = "observe"
    met: bool = True
    unit: str = ""
    anchors: tuple[Anchor, ...] = ()
    choices: tuple[Choice, ...] = ()
    curve: Curve | None = None
    curve_settings: Mapping[str, Any] = attrs.field(factory=dict)
    evidence: str = "optional"
    raters: int = 1
    raters_share: float = 0.1
    min_cases: int = 1


@attrs.frozen(kw_only=True)
class CheckUse:
    """A registered check with its settings; ``$name`` values are already put in.

    Attributes:
        check: Full id of the check.
        settings: The settings as resolved. A parameter nobody answered is None.
        written: The settings as written, with their ``$name``.
    """

    check: str
    settings: Mapping[str, Any]
    written: Mapping[str, Any] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class Critical:
    """When a bad item fails the audit by itself.

    Attributes:
        fail_below: The item has failed when its score interval lies below this.
        event: One proven case is enough (``severity = "event"``).
        compliance: The item is a matter of law: a class of its own, outside the grade.
    """

    fail_below: float | None = None
    event: bool = False
    compliance: bool = False


@attrs.frozen(kw_only=True)
class Guidance:
    """What an auditor needs to judge alike, and a client to act; each text may be missing."""

    question: Text | None = None
    where: Text | None = None
    counts: Text | None = None
    does_not_count: Text | None = None
    example_met: Text | None = None
    example_not_met: Text | None = None
    not_applicable: Text | None = None
    advice: Text | None = None


@attrs.frozen(kw_only=True)
class Tailored:
    """A weight, target or limit that a checklist changed by ``tailor``.

    Attributes:
        field: Its name as files write it, such as ``weight`` or ``with.target``.
        value: The value that holds; bands as words.
        original: What the checklist had that is extended; None when it had none.
        rationale: Why it was changed.
    """

    field: str
    value: float | str | None
    original: float | str | None
    rationale: str


@attrs.frozen(kw_only=True)
class Item:
    """One thing that is judged.

    Attributes:
        id: Its id, never reused for another meaning.
        code: A short code for tables, such as ``P-MS-02``.
        area: One of the PRIDE areas.
        touchpoints: Where the customer meets it; at least one.
        per: Kind of unit at which it is judged; None is the root.
        role: ``practice`` (scored), ``outcome`` (shown beside the score) or ``informative``.
        weight: Above 0.
        ask: The question, for an asked item (then ``check`` is None).
        check: The check, for a judged item (then ``ask`` is None).
        when: Expression over the unit's attributes; units where it is false are neutral.
        critical: When it fails the audit by itself.
        lenses: Lens id to the keys of it that the item belongs to.
        excluded: Rationale of an exclusion; None when the item is in.
        tailored: What was changed of its weight, targets and limits, with original and rationale.
        origins: Field to where its value was written.
    """

    id: str = attrs.field(validator=validate_id)
    area: str
    touchpoints: tuple[str, ...]
    title: Text
    fail_title: Text | None = None
    code: str = ""
    per: str | None = None
    role: str = "practice"
    weight: float = 1.0
    ask: Ask | None = None
    check: CheckUse | None = None
    when: str | None = None
    critical: Critical | None = None
    lenses: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict)
    guidance: Guidance = Guidance()
    seeds: tuple[Seed, ...] = ()
    references: tuple[Reference, ...] = ()
    excluded: str | None = None
    version: str = "1"
    replaces: tuple[str, ...] = ()
    same_meaning: bool = False
    tailored: tuple[Tailored, ...] = ()
    origins: Mapping[str, Origin] = attrs.field(factory=dict, eq=False)


@attrs.frozen(kw_only=True)
class Checklist:
    """A checklist with all it extends merged in, parameters put in, and origins kept.

    Attributes:
        id: Its id.
        version: Its version.
        title: Its title.
        language: Language of its plain strings.
        policy: Id of the scoring policy.
        area_weights: Area to weight; areas left out weigh 1.
        min_coverage: An area under this coverage is marked, and the overall called partial.
        parameters: By id.
        items: In file order, bases first; excluded items are kept, with their rationale.
        metrics, detectors: What the checklist itself defines.
        touchpoints, lenses: Likewise; and those of plugins that its items name.
        digests: File to SHA-256 of every file that was read.
    """

    id: str
    version: str
    title: Text
    language: str = "en"
    policy: str = "cxaudit.cxaudit-1"
    area_weights: Mapping[str, float] = attrs.field(factory=dict)
    min_coverage: float = 0.8
    parameters: Mapping[str, Parameter] = attrs.field(factory=dict)
    items: tuple[Item, ...] = ()
    metrics: tuple[Metric, ...] = ()
    detectors: tuple[Detector, ...] = ()
    touchpoints: tuple[Touchpoint, ...] = ()
    lenses: tuple[Lens, ...] = ()
    digests: Mapping[str, str] = attrs.field(factory=dict)

    def item(self, item_id: str) -> Item:
        """Return an item by its id.

        Raises:
            KeyError: If there is none.
        """
        for item in self.items:
            if item.id == item_id:
                return item
        raise KeyError(item_id)

    def parameter_values(self) -> dict[str, float | str | bool | None]:
        """Return the value of each parameter; None where nobody gave one."""
        return {name: parameter.value for name, parameter in self.parameters.items()}
