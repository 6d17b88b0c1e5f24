"""The invented cases let newcomers code every asked item, and their key rests on their words."""

from __future__ import annotations

import csv
import re
import shutil

import pytest

from cxaudit import Session

HEADERS = ["item", "case", "answer", "why"]
NEUTRAL = {"not applicable", "could not be observed"}
QUOTED = re.compile(r'"([^"]+)"')


@pytest.fixture(scope="module")
def texts(cases):
    """Each case's text by its id, quotation marks of Markdown and line ends left out."""
    found = {}
    for path in sorted(cases.glob("*-[0-9][0-9].md")):
        text = path.read_text(encoding="utf-8")
        title = text.partition("\n")[0]
        assert title.startswith(f"# {path.stem}: "), path.name
        found[path.stem] = text
    return found


@pytest.fixture(scope="module")
def key(cases):
    with (cases / "key.csv").open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
        assert reader.fieldnames == HEADERS
    return rows


def asked(items, touchpoint):
    """Return the items that somebody judges at a touchpoint."""
    return {
        item["id"]: item
        for item in items.values()
        if "ask" in item and touchpoint in item["touchpoints"]
    }


def allowed(item):
    if item["ask"]["answer"] == "yes-no":
        return {"yes", "no"}
    return {f"{anchor['level']:g}" for anchor in item["ask"]["anchors"]}


def flat(text):
    return re.sub(r"\s+", " ", re.sub(r"^> ?", "", text, flags=re.MULTILINE)).lower()


def test_there_are_twenty_each_said_to_be_invented(texts):
    assert len(texts) == 20
    for name, text in texts.items():
        assert "\nInvented. " in text, name
        assert "**Answer key**" in text, name
        assert len(text) < 3500, (name, "a page at most")


def test_every_item_of_its_touchpoint_has_an_answer_for_every_case(texts, key, core):
    expected = {(item, case) for case in texts for item in asked(core, case.partition("-")[0])}
    given = [(row["item"], row["case"]) for row in key]
    assert len(set(given)) == len(given)
    assert set(given) == expected


def test_answers_are_among_those_that_the_item_takes(key, core):
    for row in key:
        assert row["answer"] in allowed(core[row["item"]]) | NEUTRAL, row
        assert row["why"], row


@pytest.mark.parametrize("touchpoint", ["phone", "message"])
def test_every_asked_item_can_be_coded_on_five_cases_and_every_answer_occurs(key, core, touchpoint):
    for name, item in asked(core, touchpoint).items():
        values = [
            row["answer"]
            for row in key
            if row["item"] == name and row["case"].startswith(touchpoint)
        ]
        values = [value for value in values if value not in NEUTRAL]
        assert len(values) >= 5, (name, touchpoint)
        assert set(values) == allowed(item), (name, touchpoint)


def test_what_the_key_quotes_stands_in_the_case(key, texts):
    quoted = 0
    for row in key:
        text = flat(texts[row["case"]])
        for quote in QUOTED.findall(row["why"]):
            for part in quote.split(" ... "):
                quoted += 1
                assert flat(part).rstrip(".,?") in text, (row["item"], row["case"], part)
    assert quoted > 70


def test_times_that_the_key_names_stand_in_the_case(key, texts):
    for row in key:
        for time in re.findall(r"\b\d{1,2}:\d{2}\b", row["why"]):
            assert time in texts[row["case"]], (row["item"], row["case"], time)


def runs(text, length=4):
    """Every run of so many words in a text."""
    words = re.findall(r"[a-z0-9']+", text.lower())
    return {tuple(words[at : at + length]) for at in range(len(words) - length + 1)}


def test_no_case_can_be_looked_up_among_the_examples(texts, core):
    """Newcomers judge by what an item means: its examples speak of other matters."""
    told = {name: runs(text) for name, text in texts.items()}
    for touchpoint in ("phone", "message"):
        for name, item in asked(core, touchpoint).items():
            for kind in ("example_met", "example_not_met"):
                example = runs(item["guidance"][kind])
                shared = {case: example & found for case, found in told.items() if example & found}
                assert not shared, (name, kind, shared)


def test_the_audit_of_the_cases_shows_how_far_newcomers_agree(cases, key, core, tmp_path):
    """Two who answer as the key agree on all; one who turns an item round is seen on that one."""
    folder = tmp_path / "cases"
    shutil.copytree(cases, folder)
    turned = "conversation.said-back"
    for rater in ("ana", "ben"):
        with (folder / f"answers-{rater}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["item", "case", "rater", "value", "reason", "comment"])
            for row in key:
                answer = row["answer"]
                if rater == "ben" and row["item"] == turned:
                    answer = {"yes": "no", "no": "yes"}.get(answer, answer)
                reason = row["why"] if answer in NEUTRAL else ""
                writer.writerow([row["item"], row["case"], rater, answer, reason, ""])
    session = Session()
    result = session.run(session.load(folder / "audit.toml"), folder=tmp_path / "results")
    found = {agreement.item: agreement for agreement in result.agreement}
    assert set(found) == {name for name, item in core.items() if "ask" in item}
    assert {name for name, agreement in found.items() if agreement.flagged} == {turned}
    assert all(agreement.cases >= 5 for agreement in found.values())
    agreed = {name for name, each in found.items() if 1 in {each.ac1, each.ac2}}
    assert agreed == {*found} - {turned}
