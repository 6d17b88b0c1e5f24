"""The words that belong to the page and not to the report, by language."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["RIGHT_TO_LEFT", "SCRIPT", "words"]

RIGHT_TO_LEFT = {"ar", "dv", "fa", "he", "ks", "ku", "ps", "sd", "ug", "ur", "yi"}
"""Languages that are written from right to left."""

SCRIPT = ("search", "nothing", "filter", "filter_in", "kept", "all", "fewer")
"""The words that the page's script uses."""

_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "skip": "Skip to the answer",
        "navigation": "Page",
        "page_one": "Page one",
        "contents": "Contents",
        "in_report": "In this report",
        "of_hundred": "of 100",
        "not_assessed": "not assessed",
        "critical_failed": "a critical item failed",
        "none": "none",
        "rank": "Rank",
        "name": "Name",
        "drawn": "Drawn",
        "score": "Score",
        "interval": "Interval",
        "in_words": "In words",
        "point": "Point",
        "value": "Value",
        "count": "Count",
        "numbers_of": "The numbers:",
        "under": "under {0}",
        "between": "{0} to {1}",
        "from": "{0} and more",
        "score_of": "Score {0} of 100.",
        "undrawn": "Charts are drawn when the extra is installed: pip install 'cxaudit[reports]'.",
        "search": "Search",
        "nothing": "Nothing found",
        "filter": "Filter rows",
        "filter_in": "Filter rows: {0}",
        "kept": "{0} of {1} rows",
        "all": "Show all {0} rows",
        "fewer": "Show fewer rows",
        "points_text": "{0} points; from {1} ({2}) to {3} ({4}); "
        "lowest {5} ({6}), highest {7} ({8}).",
        "bins_text": "{0} in {1} groups; most in {2} ({3}).",
        "ranks_text": "{0} ranked, from {1} ({2}) to {3} ({4}).",
        "funnel_text": "{0} by the number of cases; mean {1}; outside the limits: {2}.",
        "cases_axis": "Cases",
        "nothing_drawn": "No value is known.",
        "nobody": "none",
        "printed": "{0} of {1} rows are printed; the page and the files of findings hold all.",
        "boxes": "Signs that no font of this document has are printed as empty boxes; the page "
        "shows them.",
    },
}


def words(language: str) -> Mapping[str, str]:
    """Return the page's words in a language, in English where there are none."""
    return _WORDS.get(language.partition("-")[0].lower(), _WORDS["en"])
