"""Rows that share a key are never overlooked."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxaudit._engines.duckdb.loading import may_repeat

KEYS = st.one_of(st.sampled_from(["", "a", "b", "c-17"]), st.text(max_size=3))


@pytest.mark.parametrize("most", [1, 3, 1000])
@given(st.lists(st.tuples(KEYS, KEYS), max_size=12))
def test_repeats_are_found_in_parts_of_any_size(most, keys):
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE t AS SELECT unnest($1::VARCHAR[]) AS a, unnest($2::VARCHAR[]) AS b",
            [[a for a, _ in keys], [b for _, b in keys]],
        )
        repeat = may_repeat(connection, "t", "a, b", len(keys), most)
    assert repeat == (len({*keys}) < len(keys))
