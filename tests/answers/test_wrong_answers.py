"""Every wrong file of cases or answers gives all its problems, in words that were read."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import pytest

from cxaudit.errors import AnswersError

FOLDER = Path(__file__).parents[1] / "wrong" / "answers"
FILES = sorted(
    path for path in FOLDER.iterdir() if path.suffix != ".expected" and path.name != "photo.txt"
)


def test_there_are_many():
    assert len(FILES) >= 20


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_message_is_the_golden_one(
    path, checklist, units, cases, touchpoints, waves, read_cases, read_answers
):
    if path.name.startswith("cases-"):
        read = partial(read_cases, units=units, touchpoints=touchpoints, waves=waves)
    else:
        read = partial(read_answers, checklist=checklist, units=units, cases=cases)
    with pytest.raises(AnswersError) as error:
        read([path])
    message = f"{error.value}\n"
    golden = path.with_name(f"{path.name}.expected")
    if os.environ.get("CXAUDIT_UPDATE"):
        golden.write_text(message, encoding="utf-8")
    assert message == golden.read_text(encoding="utf-8")
    assert all(problem.file == path.name for problem in error.value.problems)


def test_problems_of_all_files_come_at_once(checklist, units, cases, read_answers):
    files = [FOLDER / "answers-no-rater.csv", FOLDER / "answers-unknown-case.csv"]
    with pytest.raises(AnswersError) as error:
        read_answers(files, checklist=checklist, units=units, cases=cases)
    assert [problem.file for problem in error.value.problems] == [file.name for file in files]


def test_a_missing_file_is_a_problem(tmp_path, units, touchpoints, read_cases):
    with pytest.raises(AnswersError, match="There is no such file"):
        read_cases([tmp_path / "gone.csv"], units=units, touchpoints=touchpoints)
