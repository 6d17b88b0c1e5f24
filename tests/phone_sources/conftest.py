"""What the tests of phone systems' exports share: files of their shape, and what became of them."""

from __future__ import annotations

import gzip
import json
from collections import Counter

import attrs
import pytest

from cxaudit._model.audit import SourceUse
from cxaudit._plugins.host import PluginHost
from cxaudit.plugin import ReadRequest, Skipped
from cxaudit.testing import read_source
from cxaudit_phone.sources import SOURCES

REGISTRY = PluginHost().registry
SPECS = {spec.id.removeprefix("cxaudit."): spec for spec in SOURCES}


@attrs.frozen
class Found:
    """What a reader made of its files."""

    rows: list
    places: list
    skipped: Counter
    refused: list
    notes: list
    unknown: list
    columns: tuple

    @property
    def row(self):
        (row,) = self.rows
        return row

    def of(self, **fields):
        """Return the only row with these values."""
        (row,) = [r for r in self.rows if all(r[name] == value for name, value in fields.items())]
        return row


@pytest.fixture
def export(tmp_path):
    """Return a function that writes an export and reads it."""
    count = iter(range(1000))

    def call(reader, *contents, table="calls", names=(), **options):
        folder = tmp_path / f"export-{next(count)}"
        folder.mkdir()
        files = []
        for place, content in enumerate(contents):
            name = names[place] if names else f"part-{place}"
            path = folder / name
            path.write_bytes(gzip.compress(raw(content)) if name.endswith(".gz") else raw(content))
            files.append(path)
        return read_files(reader, files, table, options, folder)

    return call


def raw(content):
    if isinstance(content, bytes):
        return content
    return (content if isinstance(content, str) else json.dumps(content)).encode()


def read_files(reader, files, table="calls", options=None, folder=None):
    spec = SPECS[reader]
    pairs = read_source(spec, files, options or {}, table=table)  # holds it to its contract
    use = SourceUse(
        name="s",
        reader=spec.id,
        table=table,
        paths=tuple(map(str, files)),
        options=options or {},
    )
    scratch = (folder or files[0].parent) / "scratch"
    request = ReadRequest(use=use, files=tuple(files), scratch=scratch)
    found = REGISTRY.resolve(spec.read)(request)
    again = list(found.rows)
    assert len(again) == len(pairs)
    rows = [fields for _, _, fields in again if not isinstance(fields, ValueError | Skipped)]
    table_columns = {column.name for column in REGISTRY.get("table", table).columns}
    for row in rows:
        assert set(row) <= table_columns, "a row uses the canonical columns' names"
        assert set(row) <= set(found.columns), "and those that the reader says it gives"
    return Found(
        rows=rows,
        places=[(file, number) for file, number, f in again if isinstance(f, dict)],
        skipped=Counter(f.reason for _, _, f in again if isinstance(f, Skipped)),
        refused=[(number, f.args[0]) for _, number, f in again if isinstance(f, ValueError)],
        notes=list(found.notes),
        unknown=list(found.unknown_fields),
        columns=found.columns,
    )
