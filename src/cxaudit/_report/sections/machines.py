"""Machines that rate, beside people on the same cases."""

from __future__ import annotations

from statistics import fmean

from cxaudit._audit.judging.answers import case_scores
from cxaudit._model.evidence import RaterKind
from cxaudit._model.report import Table
from cxaudit._report.context import Context
from cxaudit._words import numbers
from cxaudit._words.language import _

__all__ = ["machines"]


def machines(context: Context) -> Table | None:
    """Return what machines that rate gave each item, beside what people gave the same cases.

    On fewer cases than may be shown nothing is, as single cases could be told.
    """
    result, least = context.result, max(context.minimum, 1)
    counting = {case.id for case in result.cases if case.counts}
    given = result.answers.where(result.answers.among("rater_kind", {RaterKind.MACHINE}))
    given = given.where(given.among("case", counting))
    people = result.answers.of_people
    rows = []
    for item in result.checklist.items:
        if item.ask is None or item.id not in given.tables["item"]:
            continue
        of_item = given.where(given.among("item", {item.id}))
        by_people = case_scores(item.ask, people.where(people.among("item", {item.id})))
        for rater in sorted(of_item.tables["rater"]):
            by_machine = case_scores(item.ask, of_item.where(of_item.among("rater", {rater})))
            if len(by_machine) < least:
                continue
            rows.append((context.name(item), rater, *_beside(by_machine, by_people, least)))
    if not rows:
        return None
    return Table(
        title=_("Machines that rate"),
        columns=(
            _("Item"),
            _("Rater"),
            _("Cases"),
            _("Its score"),
            _("Cases that people rated too"),
            _("Its score there"),
            _("Score of people there"),
            _("Alike"),
        ),
        rows=tuple(rows),
        numeric=(False, False, True, True, True, True, True, True),
        note=_(
            "Answers of machines count in no score and in no agreement of raters; they stand here "
            "beside those of people on the same cases."
        ),
    )


def _beside(
    by_machine: dict[str, float], by_people: dict[str, float], least: int
) -> tuple[int | str, ...]:
    """Return cases and score of a machine, and both scores on the cases that people rated too."""
    both = by_machine.keys() & by_people.keys()
    alone = (len(by_machine), numbers.score(fmean(by_machine.values())), len(both))
    if len(both) < least:
        return (*alone, numbers.DASH, numbers.DASH, numbers.DASH)
    return (
        *alone,
        numbers.score(fmean(by_machine[case] for case in both)),
        numbers.score(fmean(by_people[case] for case in both)),
        numbers.percent(sum(by_machine[case] == by_people[case] for case in both) / len(both)),
    )
