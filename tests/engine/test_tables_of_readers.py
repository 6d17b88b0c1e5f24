"""A plugin's reader may hand over a table in memory; the run treats it as the file it is from."""

from __future__ import annotations

import pyarrow.csv

from cxaudit.plugin import Scan, Source, hook
from tests.engine.conftest import ANSWERED, CALL_ITEM, CALLS


class Arrow:
    """A plugin whose reader reads files into Arrow tables."""

    @hook
    def cxaudit_register(self):
        yield Source(id="arrow.csv", read=self.read, summary="CSV by Arrow.")

    def read(self, request):
        tables = tuple(map(pyarrow.csv.read_csv, request.files))
        names = tuple(tables[0].column_names)
        return Scan(format="table", tables=tables, shown=request.shown, columns=names)


def test_a_run_over_tables_gives_what_one_over_files_gives(run):
    rows = [
        {"call_id": f"c{n}", "unit": unit, "outcome": outcome}
        for n, (unit, outcome) in enumerate([("quay", "answered"), ("quay", "lost")] * 3)
    ]
    files = {"calls.csv": [*rows, rows[0]]}
    checklist = ANSWERED + CALL_ITEM
    of_file = run(checklist, audit=CALLS, files=files)
    audit = CALLS.replace('"csv"', '"arrow.csv"')
    of_table = run(checklist, audit=audit, files=files, plugins=[Arrow()])
    assert of_table.result.findings == of_file.result.findings
    assert of_table.evidence("phone.answered") == of_file.evidence("phone.answered")
    (account,), (expected,) = of_table.result.accounts, of_file.result.accounts
    assert account.files == expected.files != {}
    assert (account.kept, account.rejected) == (expected.kept, expected.rejected)
    assert of_table.result.problems == ()
