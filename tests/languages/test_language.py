"""Words, numbers and dates in the language of a report."""

from __future__ import annotations

import ast
import re
from datetime import date
from pathlib import Path

import pytest
from babel.numbers import get_group_symbol

from cxaudit._model.text import Text
from cxaudit._words import numbers
from cxaudit._words.language import (
    _,
    catalogues,
    has_catalogue,
    ngettext,
    right_to_left,
    speaking,
    told,
)
from cxaudit._words.sentences import SENTENCES

WORD = re.compile(r"\w+")
ROOT = Path(__file__).parents[2]
ROLES = {"outcome", "informative"}
"""What an item may be, by the schema of checklists; it stands as a reason in results."""
VALUE = re.compile(r"\{\w+\}")


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
    assert not has_catalogue("xx")
    with speaking("xx"):
        assert _("{low} to {high}", low="1", high="2") == "1 to 2"
        assert numbers.number(8.25) == "8.25"


def test_a_region_takes_the_words_of_its_language_and_writes_its_own_numbers():
    """Switzerland sets thousands apart by an apostrophe; which of the two, CLDR says by release."""
    assert has_catalogue("de-CH")
    apostrophe = get_group_symbol("de_CH")
    assert apostrophe in {"'", "\u2019"}
    with speaking("de-CH"):
        assert numbers.count(1_234_567) == f"1{apostrophe}234{apostrophe}567"
        assert numbers.interval(0.69, 0.75) == "69 bis 75"
    with speaking("de-ZZ9"):
        assert numbers.number(8.25) == "8,25"


def test_english_and_german_have_a_catalogue():
    assert {"de", "en"} <= set(catalogues())


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
        (
            (
                "Critical and failed: a.b. So the grade is at best 'fails its word'; the score "
                "alone says 'keeps its word'."
            ),
            (
                "Kritisch und verfehlt: a.b. Daher lautet die Note bestenfalls „hält nicht Wort“; "
                "die Punktzahl allein ergäbe „hält Wort“."
            ),
        ),
        (
            (
                "Left out: 2 answers, 1 of 3 pieces of evidence, names of files, and the "
                "statements that were run."
            ),
            (
                "Ausgelassen: 2 Antworten, 1 von 3 Belegen, Namen von Dateien und die ausgeführten "
                "Anweisungen."
            ),
        ),
        (
            "detector x.y cannot run: no target is agreed",
            "der Detektor x.y kann nicht laufen: kein Ziel ist vereinbart",
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


def test_every_sentence_stands_in_a_function_that_says_it():
    """A sentence that was reworded there would go out in English."""
    said = [
        words
        for folder in ("src/cxaudit", "plugins")
        for file in sorted((ROOT / folder).rglob("*.py"))
        if file.name not in {"sentences.py", "language.py"}
        for words in _said(ast.parse(file.read_text("utf-8")))
    ]
    lost = [
        sentence
        for sentence in set(SENTENCES) - ROLES
        if not any(_plain(VALUE.sub(" ", sentence)) <= words for words in said)
    ]
    assert lost == []


def _said(tree):
    """Yield the words of each function of a module, with those of the module's constants."""
    constants = [node for node in tree.body if isinstance(node, ast.Assign)]
    common = set().union(*map(_words, constants))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            yield common | _words(node)


def _words(tree):
    """Return the words of the texts in a piece of code, docstrings left out."""
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and isinstance(node.body[0], ast.Expr)
    }
    texts = (
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in docstrings
    )
    return _plain(" ".join(texts))


def _plain(text):
    """Return the words of a text, singular and plural alike."""
    return {word.rstrip("s") for word in WORD.findall(text)}


@pytest.mark.usefixtures("german")
@pytest.mark.parametrize(
    "text",
    [
        "The shop closed on Monday",
        "Kitchen and 3 more",
        "item price",
        "2026-02-30",
        "2025",
        "4.2",
        "no",
        "page",
        "critical item 4.2 failed",
    ],
)
def test_a_clients_own_words_are_told_as_they_stand(text):
    assert told(text) == text


@pytest.mark.usefixtures("german")
def test_names_that_look_like_numbers_and_dates_stay():
    assert told("1012 has no touchpoint phone") == "1012 hat keinen Kontaktpunkt phone"
    assert told("Mill closed on 2026-02-30") == "Mill schloss am 2026-02-30"


@pytest.mark.usefixtures("german")
@pytest.mark.parametrize(
    "text",
    [
        "; ".join(f"reason {n}" for n in range(20_000)),
        "item " * 4_000,
        "x and 1 more" * 2_000,
        "Left out: " + ", ".join(f"column {n}" for n in range(2_000)),
        "detector a reads a, and not " * 500,
        "Left out: " + ", ".join("1 answer" for n in range(30)),
    ],
    ids=range(6),
)
def test_hostile_texts_are_told_at_once(text):
    """Within the time limit of a test, and no deeper than the stack."""
    assert told(text) == text


def test_a_text_in_a_region_of_its_language_is_found():
    text = Text({"en": "Queue", "de": "Warteschlange", "zh-Hant": "\u968a\u5217"})
    assert text.within("de-AT") == "Warteschlange"
    assert text.within("zh-Hant-TW") == "\u968a\u5217"
    assert text.within("fr") == "Queue"
