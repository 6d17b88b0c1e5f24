"""Records that a delivery stream writes one behind the other are read like any others."""

from __future__ import annotations

import gzip

import pytest

from cxaudit._model.audit import SourceUse
from cxaudit.plugin import ReadRequest
from cxaudit.records import json_records


def records(tmp_path, content, name="a.json"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    use = SourceUse(name="s", reader="r", table="calls", paths=(str(path),), options={})
    request = ReadRequest(use=use, files=(path,), scratch=tmp_path / "scratch")
    return [found for _, _, found in json_records(request, "calls")]


@pytest.mark.parametrize("between", ["", " ", "\n", "\n\n"])
@pytest.mark.parametrize("inner", ["", "\n  "])
def test_objects_with_nothing_between_them_are_all_read(tmp_path, between, inner):
    text = between.join(f'{{{inner}"n": {n}}}' for n in range(4))
    assert records(tmp_path, text) == [{"n": n} for n in range(4)]


def test_pages_one_behind_the_other_give_all_their_records(tmp_path):
    text = '{"calls": [{"n": 1}]}{"calls": [{"n": 2}, {"n": 3}]}'
    assert records(tmp_path, text) == [{"n": 1}, {"n": 2}, {"n": 3}]


def test_a_stream_that_breaks_off_keeps_its_whole_records_and_shows_the_rest(tmp_path):
    *whole, rest = records(tmp_path, '{"n": 1}{"n": 2}{"n": ')
    assert whole == [{"n": 1}, {"n": 2}]
    assert rest.args == ("the file breaks off or is damaged here", '{"n": ')


def test_a_broken_line_loses_only_that_line_of_a_stream(tmp_path):
    found = records(tmp_path, '{"n": 1}{"n": 2}\n{"n": oops}\n{"n": 3}{"n": 4}\n')
    assert [each for each in found if isinstance(each, dict)] == [{"n": n} for n in (1, 2, 3, 4)]
    assert sum(isinstance(each, ValueError) for each in found) == 1


def test_a_packed_stream_is_read(tmp_path):
    assert records(tmp_path, gzip.compress(b'{"n": 1}{"n": 2}'), "a.gz") == [{"n": 1}, {"n": 2}]
