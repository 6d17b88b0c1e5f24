"""Two sets of rated dialogues, by one audit file, give the reference's figures."""

from __future__ import annotations

import csv
import gzip

import pytest

EXACT = 1e-6
SETS = ("mwoz", "sgd")
METRICS = {
    "conversations": "dialogues",
    "user_turns_rated": "dialogues.turns-rated",
    "dialogues_rated": "dialogues.rated",
    "turn_mean_rating": "cxaudit.message.turn-rating.mean",
    "dialogue_mean_rating": "cxaudit.message.conversation-rating.mean",
}
OTHERS = {
    "raters_per_item",
    "kripp_ordinal_turns",
    "turn_share_mean_below_2_5",
    "distribution_rounded_mean",
}


def write_answers(records, folder):
    """Write the ratings of turns as cases and answers, one row for each rater."""
    with (
        gzip.open(records, "rt", encoding="utf-8", newline="") as file,
        (folder / "cases.csv").open("w", newline="") as cases,
        (folder / "answers.csv").open("w", newline="") as answers,
    ):
        case_rows, answer_rows = csv.writer(cases), csv.writer(answers)
        case_rows.writerow(["id", "touchpoint"])
        answer_rows.writerow(["item", "case", "rater", "value"])
        for row in csv.DictReader(file):
            if row["text"] == "OVERALL" or not row["satisfaction"]:
                continue
            case = f"{row['conversation_id'].lower()}-{row['turn']}"
            case_rows.writerow([case, "message"])
            for rater, rating in enumerate(row["satisfaction"].split(","), start=1):
                level = (int(rating) - 1) / 4
                answer_rows.writerow(["dialogues.content", case, f"rater {rater}", level])


@pytest.fixture(scope="module")
def measured(real, tmp_path_factory):
    runs = {}
    for name in SETS:
        folder = tmp_path_factory.mktemp(name)
        records = real.data / "uss_satisfaction" / name
        write_answers(records.with_suffix(".csv.gz"), folder)
        runs[name] = real.run(real.prepare("dialogues", records, folder))
    return runs


@pytest.fixture
def expected(reference):
    return reference["uss_satisfaction"]


def test_every_figure_of_the_reference_is_compared(expected):
    assert set(expected) == set(SETS)
    for name in SETS:
        assert set(expected[name]) == set(METRICS) | OTHERS


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("figure", METRICS)
def test_counts_and_means(measured, expected, name, figure):
    found = measured[name].value(METRICS[figure])
    assert found == pytest.approx(expected[name][figure], abs=EXACT)


@pytest.mark.parametrize("name", SETS)
def test_turns_rated_low(measured, expected, name):
    share = expected[name]["turn_share_mean_below_2_5"]
    measured[name].assert_share(share, "cxaudit.message.low-rated-turns")


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize(
    ("figure", "metric", "breakdown"),
    [
        ("raters_per_item", "dialogues.ratings", "by-raters"),
        ("distribution_rounded_mean", "dialogues.turns-rated", "by-rating"),
    ],
)
def test_counts_by_group(measured, expected, name, figure, metric, breakdown):
    groups = measured[name].groups(metric, breakdown)
    assert {group: m.value for group, m in groups.items() if m.value} == expected[name][figure]


@pytest.mark.parametrize("name", SETS)
def test_agreement_on_turns(measured, expected, name):
    (found,) = measured[name].result.agreement
    assert found.alpha == pytest.approx(expected[name]["kripp_ordinal_turns"], abs=EXACT)
    assert found.cases == expected[name]["user_turns_rated"]
