"""The longest field of separated text is a setting of the whole program: it is put back."""

from __future__ import annotations

import csv
import threading

import pytest

from cxaudit._model.long_fields import long_fields


@pytest.fixture(autouse=True)
def usual():
    """Start from Python's own limit, and see that it is there again."""
    before = csv.field_size_limit()
    yield
    assert csv.field_size_limit() == before


def test_a_long_field_is_read_within_a_block_and_not_behind_it():
    line = "x" * 500_000
    with long_fields(1_000_000):
        assert list(csv.reader([line])) == [[line]]
    with pytest.raises(csv.Error, match="field larger"):
        list(csv.reader([line]))


def test_of_blocks_within_one_another_the_longest_holds_until_the_last_ends():
    with long_fields(1_000_000):
        with long_fields(200_000):
            assert csv.field_size_limit() == 1_000_000
        assert csv.field_size_limit() == 1_000_000


def test_blocks_of_threads_do_not_end_one_another():
    inside, leave = threading.Event(), threading.Event()

    def hold():
        with long_fields(700_000):
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    assert inside.wait(10)
    with long_fields(900_000):
        pass
    assert csv.field_size_limit() >= 700_000
    leave.set()
    thread.join()


def test_a_block_that_fails_puts_it_back():
    with pytest.raises(FileNotFoundError), long_fields(900_000):
        raise FileNotFoundError
