"""Whoever watches a run hears how far it is, and may end it."""

from __future__ import annotations

import duckdb
import pytest

from cxaudit._engines.duckdb.session import connect
from cxaudit.errors import RunCancelled
from cxaudit.plugin import Rows, Source, hook
from cxaudit.session import Session
from tests.engine.conftest import ANSWERED, CALL_ITEM, CALLS

LONG = "SELECT count(DISTINCT hash(i, j)) FROM range(30000) a(i), range(30000) b(j)"


def test_a_long_statement_tells_its_share_and_ends_when_it_is_cancelled(tmp_path):
    shares = []

    def progress(share):
        shares.append(share)
        if len(shares) == 5:
            raise RunCancelled

    session = connect()
    session.open([], tmp_path / "scratch", progress=progress)
    with pytest.raises(RunCancelled):
        session._connection.fetched(LONG)
    assert len(shares) == 5
    assert all(share is None or 0 <= share <= 1 for share in shares)
    with pytest.raises(duckdb.ConnectionException):
        session._connection.unguarded.execute("SELECT 1")


def test_an_error_of_who_watches_ends_the_statement_and_is_raised(tmp_path):
    def progress(share):
        raise LookupError(share)

    session = connect()
    session.open([], tmp_path / "scratch", progress=progress)
    with pytest.raises(LookupError):
        session._connection.fetched(LONG)
    assert session._connection.unguarded.execute("SELECT 1").fetchall() == [(1,)]
    session.close()


class Slow:
    """A plugin whose reader gives many rows."""

    @hook
    def cxaudit_register(self):
        yield Source(id="slow.rows", read=self.read, tables=(), summary="Many rows.")

    def read(self, request):
        (path,) = request.files
        rows = ((path.name, n, {"call_id": f"c{n}", "unit": "quay"}) for n in range(1, 35_000))
        return Rows(rows=rows, columns=("call_id", "unit", "outcome"))


@pytest.mark.parametrize("cancelled", [False, True])
def test_rows_of_a_reader_are_counted_and_a_run_is_cancelled_meanwhile(build, cancelled):
    events = []

    def observer(event):
        events.append(event)
        if cancelled and event.rows == 20_000:
            raise RunCancelled

    session = Session([Slow()])
    path = build(
        ANSWERED + CALL_ITEM,
        audit=CALLS.replace('"csv"', '"slow.rows"'),
        files={"calls.csv": [{"call_id": "c", "unit": "quay", "outcome": ""}]},
    )
    audit = session.load(path)
    if cancelled:
        with pytest.raises(RunCancelled):
            session.run(audit, observer)
        assert events[-1].rows == 20_000
        assert events[-1].text == "opening calls"
    else:
        result = session.run(audit, observer)
        assert [event.rows for event in events if event.rows] == [10_000, 20_000, 30_000]
        assert result.accounts[0].kept == 34_999
    assert not session.problems
