"""Reading exports in tests: by a source alone, and through a whole session."""

from __future__ import annotations

import importlib
import json
from types import SimpleNamespace

import pytest

from cxaudit import Session
from cxaudit.plugin import ReadRequest, Skipped, SourceUse
from cxaudit.testing import read_source
from cxaudit_message.readers.sources import SOURCES

AUDIT = """\
cxaudit = 1
[audit]
id = "acme.desk"
title = "Desk"
client = "Acme (invented)"
language = "en"
checklists = ["checks.toml"]
[[unit]]
id = "acme"
name = "Acme"
kind = "organisation"
zone = "Europe/Paris"
"""
CHECKLIST = """\
cxaudit = 1
[checklist]
id = "acme.checks"
version = "1"
title = "Checks"
language = "en"
[[metric]]
id = "desk.rows"
table = "threads"
kind = "count"
lower_is_better = false
[[item]]
id = "message.threads"
area = "process"
touchpoints = ["message"]
title = "Threads"
check = "within-target"
with = { metric = "desk.rows", target = 1, limit = 0 }
"""


def source(reader):
    return next(each for each in SOURCES if each.id == f"cxaudit.{reader}")


def written(folder, files):
    """Write files: JSON of what is no text or bytes."""
    paths = []
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = content if isinstance(content, bytes | str) else json.dumps(content)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        paths.append(path)
    return paths


@pytest.fixture
def read(tmp_path):
    """Give a function that reads files by a reader into a table."""

    def reading(reader, files, table="threads", **options):
        spec = source(reader)
        paths = written(tmp_path / "files", files)
        got = read_source(spec, paths, options, table=table)
        rows = [fields for _, _, fields in got if isinstance(fields, dict)]
        module, name = spec.read.split(":")
        use = SourceUse(name="x", reader=spec.id, table=table, paths=tuple(files), options=options)
        request = ReadRequest(use=use, files=tuple(paths), scratch=tmp_path / "scratch")
        found = getattr(importlib.import_module(module), name)(request)
        list(found.rows)
        return SimpleNamespace(
            rows=rows,
            by={next(iter(row.values())): row for row in rows},
            places=[(file, number) for file, number, _ in got],
            skipped=[fields.reason for _, _, fields in got if isinstance(fields, Skipped)],
            refused=[str(fields.args[0]) for _, _, fields in got if isinstance(fields, ValueError)],
            notes=list(found.notes),
            unknown=list(found.unknown_fields),
            columns={*found.columns},
            marked=dict(found.marked),
        )

    return reading


@pytest.fixture
def run(tmp_path):
    """Give a function that runs an audit over sources and returns the accounts by name."""

    def running(files, sources):
        written(tmp_path, files)
        blocks = "".join(f"[sources.{name}]\n{text}\n" for name, text in sources.items())
        (tmp_path / "checks.toml").write_text(CHECKLIST, encoding="utf-8")
        (tmp_path / "audit.toml").write_text(AUDIT + blocks, encoding="utf-8")
        session = Session()
        result = session.run(session.load(tmp_path / "audit.toml"))
        assert not [each for each in result.problems if each.stage == "reading"]
        return {account.source: account for account in result.accounts}

    return running
