"""Words, numbers and dates in the language of a report."""

from __future__ import annotations

import ast
import re
from datetime import date
from pathlib import Path

import pytest

from cxaudit._model.text import Text
from cxaudit._reports import numbers
from cxaudit._reports.language import (
    _,
    catalogues,
    has_catalogue,
    ngettext,
    right_to_left,
    speaking,
    told,
)
from cxaudit._reports.sentences import SENTENCES

WORD = re.compile(r"\w+")
ROOT = Path(__file__).parents[2]


@pytest.fixture
def german():
    """Speak German for a test."""
    with speaking("de"):
        yield


@pytest.mark.usefixtures("german")
def test_numbers_and_dates_are_written_as_in_german():
    """By DIN 5008 and the CLDR: decimal comma, point between thousands, space before per cent."""
    assert numbers.count(1_234_567) == "1.234.567"
    assert numbers.number(8.25) == "8,25"
    assert numbers.number(-1204.4) == "-1.204"
    assert numbers.number(0.00001) == "1e-05"
    assert numbers.percent(0.214) == "21,4\u00a0%"
    assert numbers.percent(0.0001) == "<0,1\u00a0%"
    assert numbers.percent(0.99999) == ">99,9\u00a0%"
    assert numbers.score(0.725, 1) == "72,5"
    assert numbers.score(0.9999) == ">99"
    assert numbers.duration(4.2) == "4,2\u00a0s"
    assert numbers.duration(3723) == "1:02:03"
    assert numbers.day(date(2026, 4, 1)) == "1. April 2026"
    assert numbers.day(date(2026, 3, 1)) == "1. März 2026"
    assert numbers.interval(0.69, 0.75) == "69 bis 75"
    assert numbers.quantity_interval(26, 36.5, "hours") == "26 bis 36,5 Stunden"


def test_a_figure_keeps_its_number_in_any_language():
    with speaking("de"):
        figure = numbers.percent(0.214)
    assert isinstance(figure, numbers.Figure)
    assert (figure.value, figure.style) == (0.214, "percent")


def test_english_is_spoken_when_nothing_is_said_and_again_afterwards():
    with speaking("de"), speaking("en"):
        assert numbers.number(8.25) == "8.25"
    assert numbers.day(date(2026, 4, 1)) == "1 April 2026"
    assert ngettext("{n} visit", "{n} visits", 1) == "1 visit"
    assert ngettext("{n} visit", "{n} visits", 1200) == "1,200 visits"


def test_a_language_without_a_catalogue_is_written_in_english():
    assert not has_catalogue("fr")
    with speaking("fr"):
        assert _("{low} to {high}", low="1", high="2") == "1 to 2"
        assert numbers.number(8.25) == "8.25"


def test_a_region_takes_the_words_of_its_language_and_writes_its_own_numbers():
    """Switzerland sets thousands apart by an apostrophe (CLDR)."""
    assert has_catalogue("de-CH")
    with speaking("de-CH"):
        assert numbers.count(1_234_567) == "1\u2019234\u2019567"
        assert numbers.interval(0.69, 0.75) == "69 bis 75"
    with speaking("de-ZZ9"):
        assert numbers.number(8.25) == "8,25"


def test_the_catalogues_are_english_and_german():
    assert catalogues() == ("de", "en")


@pytest.mark.parametrize(
    ("tag", "mirrored"),
    [("en", False), ("de", False), ("ar", True), ("he", True), ("fa-IR", True), ("xx", False)],
)
def test_languages_written_from_right_to_left_are_known(tag, mirrored):
    assert right_to_left(tag) is mirrored


@pytest.mark.usefixtures("german")
@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("no target is agreed", "kein Ziel ist vereinbart"),
        ("3 rows, 30 are needed", "3 Zeilen, nötig sind 30"),
        (
            "more than 1188.5 hours: fewer than 90 in 100 were done when the records ended",
            (
                "mehr als 1.188,5 Stunden: weniger als 90 von 100 waren erledigt, als die "
                "Aufzeichnung endete"
            ),
        ),
        (
            "no target is agreed; could not be observed in 2 of 7 cases",
            "kein Ziel ist vereinbart; in 2 von 7 Fällen nicht zu beobachten",
        ),
        ("Mill closed on 2026-03-01", "Mill schloss am 1. März 2026"),
        ("The group sends no parcels.", "The group sends no parcels."),
        ("{not} a pattern", "{not} a pattern"),
        ("", ""),
    ],
)
def test_what_a_result_says_in_english_is_told_in_german(sentence, expected):
    """A client's own words stay as they are."""
    assert told(sentence) == expected


def test_the_words_of_every_sentence_stand_in_a_module_that_says_it():
    """A sentence that was reworded there would go out in English."""
    modules = [
        set(WORD.findall(" ".join(_texts(ast.parse(file.read_text("utf-8"))))))
        for folder in ("src/cxaudit", "plugins")
        for file in sorted((ROOT / folder).rglob("*.py"))
        if file.name not in {"sentences.py", "language.py"}
    ]
    lost = []
    for sentence in SENTENCES:
        words = set(WORD.findall(re.sub(r"\{\w+\}", " ", sentence)))
        if not any(words <= said for said in modules):
            lost.append(sentence)
    assert lost == []


def _texts(tree):
    """Yield the texts of a module, docstrings too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_a_text_in_a_region_of_its_language_is_found():
    text = Text({"en": "Queue", "de": "Warteschlange"})
    assert text.within("de-AT") == "Warteschlange"
    assert text.within("fr") == "Queue"
