"""What an output for people is written with: numbers, cells and scores in words, texts cleaned.

Every document uses these functions, so that a number reads alike wherever it stands::

    from cxaudit.documents import cleaned, numbers

    def render(report: Report) -> str:
        report = cleaned(report)
        ...
"""

from __future__ import annotations

from cxaudit._reports import numbers
from cxaudit._reports.cells import cell_words, funnel_table, score_facts, written
from cxaudit._reports.clean import clean, cleaned
from cxaudit._reports.people import groups_people, is_person

__all__ = [
    "cell_words",
    "clean",
    "cleaned",
    "funnel_table",
    "groups_people",
    "is_person",
    "numbers",
    "score_facts",
    "written",
]
