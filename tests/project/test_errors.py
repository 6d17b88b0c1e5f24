"""Errors carry data, compare equal by it, and survive pickling."""

from __future__ import annotations

import pickle

import pytest

from cxaudit import errors
from cxaudit.errors import CxauditError, InputError, PluginError, Problem, UnknownNameError

PROBLEM = Problem("Weight is 0.", "a.toml", 3, 5, "item[0].weight", "Make it larger.")
ALL = [
    *(
        getattr(errors, name)((PROBLEM,))
        for name in errors.__all__
        if name.endswith("Error") and issubclass(getattr(errors, name), InputError)
    ),
    UnknownNameError("check", "within-targt", ("within-target",)),
    PluginError("acme", "1.0", "import", "ValueError: no"),
]


@pytest.mark.parametrize("error", ALL, ids=lambda error: type(error).__name__)
def test_an_error_equals_its_copy_and_its_pickle(error):
    copy = pickle.loads(pickle.dumps(error))
    assert copy == error
    assert str(copy) == str(error)
    assert isinstance(error, CxauditError)


def test_a_problem_says_what_where_and_what_to_do():
    assert str(PROBLEM) == "a.toml:3:5: item[0].weight: Weight is 0.\n  Hint: Make it larger."


def test_an_unknown_name_names_the_nearest():
    assert "Did you mean 'within-target'?" in str(ALL[-2])
