"""What an output for people is written with: numbers, cells and scores in words, texts cleaned.

Every document uses these functions, so that a number reads alike wherever it stands. Words go
through gettext: while a report is rendered, ``_`` and ``numbers`` speak its language::

    from cxaudit.documents import _, cleaned, numbers
    from cxaudit.plugin import Report

    def render(report: Report) -> str:
        report = cleaned(report)
        assessed = _("{share} of it was assessed.", share=numbers.percent(0.87))
        return f"{report.title}: {assessed}"
"""

from __future__ import annotations

from cxaudit._audit.scratch import scratch_folder
from cxaudit._model.drawings import logo_problem, sized_drawing
from cxaudit._model.pictures import picture_problem
from cxaudit._model.word_templates import PLACEHOLDERS, Mark, marks, own_texts, template_problems
from cxaudit._report.audiences import MINIMUM
from cxaudit._report.facts import facts_of
from cxaudit._report.people import groups_people, is_person
from cxaudit._report.pictures import Released, is_picture, released_pictures
from cxaudit._words import numbers
from cxaudit._words.cells import (
    cell_words,
    chart_table,
    ranking_table,
    score_facts,
    widest,
    written,
)
from cxaudit._words.clean import clean, cleaned
from cxaudit._words.language import N_, _, ngettext, right_to_left, speaking, spoken, translated

__all__ = [
    "MINIMUM",
    "N_",
    "PLACEHOLDERS",
    "Mark",
    "Released",
    "_",
    "cell_words",
    "chart_table",
    "clean",
    "cleaned",
    "facts_of",
    "groups_people",
    "is_person",
    "is_picture",
    "logo_problem",
    "marks",
    "ngettext",
    "numbers",
    "own_texts",
    "picture_problem",
    "ranking_table",
    "released_pictures",
    "right_to_left",
    "score_facts",
    "scratch_folder",
    "sized_drawing",
    "speaking",
    "spoken",
    "template_problems",
    "translated",
    "widest",
    "written",
]
