"""Questions and titles ask one thing, plainly, in one direction; facts come before scales."""

from __future__ import annotations

import re

import pytest

VAGUE = re.compile(r"\b(appropriate|proper|properly|good|timely|adequate)\b", re.IGNORECASE)
JOINED = re.compile(r"\b(and|or)\b", re.IGNORECASE)
GRADE = 8.0
SHORT = {
    "Written promises are broken",
    "Customers are left unnoticed",
    "Customers are not interrupted",
}
"""Titles of the quick scan that are plain, and too few words for the formula."""
ONE_ACT = {
    "How many seconds passed until a member of staff looked at you, nodded or spoke?",
    "What happened while you talked, ate or chose?",
}
"""Questions of the quick scan whose "or" names ways of one act, not two judgements."""


def syllables(word):
    """Count the syllables of an English word by its groups of vowels, silent endings left out."""
    word = re.sub(r"[^a-z]", "", word.lower())
    count = len(re.findall(r"[aeiouy]+", word))
    silent = (
        (word.endswith("e") and not word.endswith("le"))
        or re.search(r"[^aeiouytd]ed$", word)
        or (re.search(r"[^aeiouyscxzg]es$", word) and not re.search(r"(sh|ch)es$", word))
    )
    return max(1, count - 1 if silent else count)


def grade(text):
    """Return the reading grade of a text.

    0.39 words per sentence + 11.8 syllables per word - 15.59: Kincaid, Fishburne, Rogers and
    Chissom (1975), Derivation of new readability formulas for Navy enlisted personnel.
    """
    sentences = max(1, len(re.findall(r"[.!?;:](?:\s|$)", f"{text} ")))
    words = re.findall(r"[A-Za-z0-9'-]+", text)
    return 0.39 * len(words) / sentences + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def ended(text):
    return text if text[-1] in '.?!"' else f"{text}."


@pytest.fixture(scope="module")
def asked(written):
    """Every question and title: the checklist, what it belongs to, its words."""
    found = []
    for name, checklist in written.items():
        for item in checklist["item"]:
            texts = (item["title"], item["fail_title"], item["guidance"]["question"])
            found += [(name, item["id"], text) for text in texts]
        for param, table in checklist.get("params", {}).items():
            found.append((name, param, table["question"]))
    return found


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("call", 1), ("called", 1), ("waited", 2), ("promise", 2), ("promises", 3),
        ("customer", 3), ("times", 1), ("people", 2), ("cut", 1), ("answered", 2), ("reached", 1),
        ("unanswered", 3), ("messages", 3), ("name", 1), ("the", 1), ("department", 3),
    ],
)  # fmt: skip
def test_syllables_are_those_of_a_dictionary(word, count):
    assert syllables(word) == count


def test_the_grade_tells_plain_from_heavy():
    assert grade("The cat sat on the mat.") < 1
    heavy = "Organisational responsibility necessitates comprehensive documentation."
    assert grade(heavy) > 20


def test_questions_and_titles_ask_one_thing(asked):
    for name, what, text in asked:
        assert text in ONE_ACT or not JOINED.search(text), (name, what, text)


def test_questions_and_titles_use_no_vague_word(asked):
    for name, what, text in asked:
        assert not VAGUE.search(text), (name, what, text)


def test_questions_and_titles_are_read_at_grade_eight(asked):
    heavy = {(name, text) for name, _, text in asked if grade(text) > GRADE}
    assert heavy == {("quick-scan", text) for text in SHORT}


def test_guidance_is_read_at_grade_eight(items):
    for item in items.values():
        text = " ".join(ended(each) for each in item["guidance"].values())
        assert grade(text) <= GRADE, (item["id"], grade(text))


def test_facts_come_before_scales_in_each_area(items):
    """Anchored scales stand after what is measured or answered by yes or no."""
    areas = {}
    for item in items.values():
        scale = item.get("ask", {}).get("answer") == "levels"
        areas.setdefault((item["checklist"], item["area"]), []).append(scale)
    for place, scales in areas.items():
        assert scales == sorted(scales), place


def test_what_is_measured_comes_before_what_is_asked(items):
    areas = {}
    for item in items.values():
        areas.setdefault((item["checklist"], item["area"]), []).append("ask" in item)
    for place, asked_ones in areas.items():
        assert asked_ones == sorted(asked_ones), place


def test_no_two_items_have_one_title(items):
    titles = [item["title"] for item in items.values()]
    assert len(set(titles)) == len(titles)
