"""Records come out of the pages of APIs, whatever lists a page or a record has."""

from __future__ import annotations

import json

import pytest

from cxaudit.plugin import ReadRequest, SourceUse
from cxaudit.records import json_records


@pytest.fixture
def records(tmp_path):
    def read(text, *places):
        path = tmp_path / "page.json"
        path.write_text(text, encoding="utf-8")
        use = SourceUse(name="x", reader="acme.x", table="threads", paths=("page.json",))
        request = ReadRequest(use=use, files=(path,), scratch=tmp_path / "scratch")
        return [found for _, _, found in json_records(request, *places)]

    return read


def test_a_page_with_several_lists_gives_the_records_of_all(records):
    page = {"users": [{"id": 7}], "tickets": [{"id": 1}, {"id": 2}], "count": 2}
    assert records(json.dumps(page), "tickets", "users") == [{"id": 1}, {"id": 2}, {"id": 7}]


def test_a_record_keeps_a_list_that_is_called_as_a_place(records):
    ticket = {"id": 1, "comments": [{"id": 9}]}
    assert records(json.dumps(ticket), "comments") == [ticket]
    assert records(json.dumps(ticket) + "\n" + json.dumps(ticket), "comments") == [ticket] * 2


def test_a_page_inside_an_object_is_found(records):
    page = {"data": {"meta": {"count": 1}, "payload": [{"id": 1}]}}
    assert records(json.dumps(page), "data", "payload") == [{"id": 1}]


def test_a_number_of_thousands_of_digits_refuses_its_line_only(records):
    good, bad = records('{"id": 1}\n{"id": ' + "9" * 5000 + "}\n")
    assert good == {"id": 1}
    assert isinstance(bad, ValueError)
